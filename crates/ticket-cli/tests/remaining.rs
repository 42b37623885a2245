//! `--remaining`: the file is whole or absent, and never says that less is left than is.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::common::held::HeldVendor;
use crate::common::{Run, at, deletes, execute, sandbox};
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};

/// A ticket that is there, and one more that the vendor is made to refuse for a while.
const TICKETS: &str = "onecloud:121\nsweeppea:2531581\n";

fn file(folder: &Path, name: &str, content: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

fn content(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// The names in a folder, in order.
fn names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

/// Deletes the list, and leaves what remains in `remaining`.
fn delete(sandbox: &Sandbox, list: &Path, remaining: &Path) -> Run {
    let mut command = at(sandbox, &["delete", "--yes", "--max-attempts", "1"]);
    command.arg("--from").arg(list);
    execute(command.arg("--remaining").arg(remaining))
}

/// Sweeppea refuses the next delete, with nothing done.
fn refuse_one(sandbox: &Sandbox) {
    let rule = Rule::new(Fault::RateLimited { retry_after: None });
    sandbox.inject(rule.vendor(Vendor::Sweeppea).endpoint(Endpoint::Delete));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_list_itself_becomes_what_remains_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox().await;
    let list = file(folder.path(), "left", TICKETS);
    refuse_one(&sandbox);
    let said = delete(&sandbox, &list, &folder.path().join("./left"));
    assert_eq!(said.code, 1, "{said:?}");
    assert_eq!(content(&list).unwrap(), "sweeppea:2531581\n");
    // Standard input is known for the same file as well.
    let mut redirected = at(&sandbox, &["delete", "--yes", "-", "--remaining"]);
    redirected
        .arg(&list)
        .stdin(std::fs::File::open(&list).unwrap());
    let said = execute(&mut redirected);
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(content(&list).unwrap(), "");
    if cfg!(unix) {
        assert_eq!(names(folder.path()), ["left"], "{said:?}");
    }
    assert_eq!(deletes(&sandbox), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_an_earlier_run_is_moved_aside_and_an_empty_one_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox().await;
    let list = file(folder.path(), "list", "onecloud:121\n");
    for (older, kept) in [
        ("onecloud:1\n", &["left", "left.old", "list"][..]),
        ("onecloud:2\n", &["left", "left.old", "left.old.2", "list"]),
        ("", &["left", "left.old", "left.old.2", "list"]),
    ] {
        let left = file(folder.path(), "left", older);
        let said = delete(&sandbox, &list, &left);
        assert_eq!(content(&left).unwrap(), "", "{said:?}");
        assert_eq!(names(folder.path()), kept);
        assert_eq!(
            said.stderr.contains("was there before"),
            !older.is_empty(),
            "{said:?}"
        );
    }
    let older = |name| content(&folder.path().join(name)).unwrap();
    assert_eq!(
        older("left.old") + &older("left.old.2"),
        "onecloud:1\nonecloud:2\n"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_written_is_refused_before_anything_is_sent() {
    let folder = tempfile::tempdir().unwrap();
    let sandbox = sandbox().await;
    let list = file(folder.path(), "list", TICKETS);
    for (remaining, words) in [
        (folder.path().join("no/such"), "it cannot be written"),
        (folder.path().to_owned(), "it is a folder"),
        (PathBuf::from("-"), "name a file"),
        (folder.path().join("list/x"), "it cannot be written"),
    ] {
        let said = delete(&sandbox, &list, &remaining);
        assert_eq!((said.code, said.stdout.as_str()), (2, ""), "{said:?}");
        assert!(said.stderr.contains(words), "{said:?}");
    }
    // Both would be one file.
    #[cfg(unix)]
    {
        let out = folder.path().join("out");
        let mut command = at(
            &sandbox,
            &["delete", "--yes", "onecloud:121", "--remaining"],
        );
        command
            .arg(&out)
            .stdout(std::fs::File::create(&out).unwrap());
        let said = execute(&mut command);
        assert_eq!(said.code, 2, "{said:?}");
        assert!(said.stderr.contains("standard output or"), "{said:?}");
    }
    assert_eq!(deletes(&sandbox), 0);
}

/// A process that is killed can say nothing any more: what is there must not say that nothing is left.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_run_leaves_no_file_or_the_list_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let list = file(
        folder.path(),
        "list",
        "onecloud:1\nonecloud:2\nonecloud:3\n",
    );
    let before = content(&list);
    for (remaining, kept) in [
        ("left", &["left.old", "list"][..]),
        ("list", &["left.old", "list"]),
    ] {
        let remaining = folder.path().join(remaining);
        if remaining != list {
            std::fs::write(&remaining, "onecloud:9\n").unwrap();
        }
        let mut vendor = HeldVendor::start().await;
        let mut command = crate::common::command(&["delete", "--yes", "--concurrency", "1"]);
        vendor.point(&mut command);
        command
            .arg("--from")
            .arg(&list)
            .arg("--remaining")
            .arg(&remaining);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        vendor.answers.add(1);
        vendor.seen(2).await;
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(content(&list), before);
        assert_eq!(names(folder.path()), kept);
    }
}

/// A limit on the size of files, which fails a write as a full disk does.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_does_not_fit_on_the_disk_is_kept_elsewhere_and_its_place_refused() {
    let sandbox = sandbox().await;
    // The ledger fits, which names an account once, and the list does not, which names it 600 times.
    let account = "a".repeat(8_000);
    let tickets: Vec<_> = (0..600)
        .map(|id| format!("{account}:{}", 9_000_000 + id))
        .collect();
    let environment = sandbox.environment();
    let setting = |name| {
        let (_, value) = environment
            .iter()
            .find(|(known, _)| *known == name)
            .unwrap();
        value
    };
    let config = format!(
        "[accounts.{account}]\nprovider = \"sweeppea\"\nbase_url = \"{}\"\napi_key = \"{}\"\n",
        setting("SWEEPPEA_BASE_URL"),
        setting("SWEEPPEA_API_KEY"),
    );
    let list = tickets.join("\n") + "\n";
    for is_same in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let asked = file(folder.path(), "list", &list);
        let left = folder.path().join(if is_same { "list" } else { "left" });
        let rule = Rule::new(Fault::RateLimited { retry_after: None }).times(u64::MAX);
        sandbox.inject(rule.vendor(Vendor::Sweeppea).endpoint(Endpoint::Delete));
        let mut command = crate::common::command(&[]);
        // 2 or 4 MiB, depending on the shell.
        let script = "trap '' XFSZ; ulimit -f 4096; exec \"$@\"";
        let mut limited = std::process::Command::new("sh");
        limited
            .args(["-c", script, "sh"])
            .arg(command.get_program())
            .args(command.get_args());
        limited.args([
            "delete",
            "--yes",
            "--max-attempts",
            "1",
            "--output",
            "ndjson",
        ]);
        limited
            .arg("--from")
            .arg(&asked)
            .arg("--remaining")
            .arg(&left);
        limited
            .args(["--deadline", "0.1"])
            .arg("--config")
            .arg(file(folder.path(), "config.toml", &config))
            .env_clear()
            .env("XDG_STATE_HOME", crate::common::state_folder())
            .env("HOME", env!("CARGO_TARGET_TMPDIR"))
            .stdin(Stdio::null());
        command = limited;
        let said = execute(&mut command);
        assert_eq!(said.code, 1, "{said:?}");
        assert!(
            said.stderr
                .contains("the remaining tickets cannot be written"),
            "{said:?}"
        );
        // No disk has room, so that the list itself is told.
        let told = said
            .stderr
            .lines()
            .filter(|line| tickets.iter().any(|ticket| ticket == line));
        assert_eq!(told.count(), 600, "{said:?}");
        if is_same {
            assert_eq!(content(&asked).unwrap(), list);
        } else {
            assert!(
                content(&left).unwrap().starts_with("incomplete: "),
                "{said:?}"
            );
            let again = execute(at(&sandbox, &["delete", "--dry-run", "--from"]).arg(&left));
            assert_eq!((again.code, again.stdout.as_str()), (2, ""), "{again:?}");
        }
        assert!(
            names(folder.path())
                .iter()
                .all(|name| !name.starts_with('.')),
            "{said:?}"
        );
    }
}
