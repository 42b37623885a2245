//! What becomes of a delete or a list that is stopped on its way: by Ctrl-C, or because nobody reads the
//! answers. Nothing is lost silently, and nothing is deleted unseen.

#![cfg(unix)]
use std::io::{BufRead as _, BufReader, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::common::held::HeldVendor;
use crate::common::{at, command, create_arguments, json};
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};

fn interrupt(child: &Child) {
    send(child, "-INT");
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill")
        .args([signal, &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// Reads the child's stderr up to the line that has these words.
fn read_until(stderr: &mut impl std::io::BufRead, words: &str) {
    let mut line = String::new();
    while !line.contains(words) {
        line.clear();
        assert_ne!(
            stderr.read_line(&mut line).unwrap(),
            0,
            "it ended without saying {words}"
        );
    }
}

fn outcomes(stdout: impl std::io::Read) -> Vec<String> {
    let lines = BufReader::new(stdout).lines();
    lines
        .map(|line| {
            crate::common::json(&line.unwrap())["outcome"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_finishes_what_is_sent_and_sends_nothing_more() {
    let mut vendor = HeldVendor::start().await;
    let mut child = vendor.delete(8, "ndjson");
    vendor.answers.add(1);
    // The first one is answered, and the next four are on their way.
    vendor.seen(5).await;
    interrupt(&child);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    read_until(&mut stderr, "stopping");
    vendor.answers.add(100);
    let said = outcomes(child.stdout.take().unwrap());
    let count = |outcome| said.iter().filter(|said| *said == outcome).count();
    assert_eq!((count("deleted"), count("unattempted")), (5, 3));
    assert_eq!(child.wait().unwrap().code(), Some(130));
    read_until(
        &mut stderr,
        "3 tickets are left; continue with `tickets job run ",
    );
    assert_eq!(*vendor.seen.borrow(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn after_the_deadline_what_is_sent_is_finished_and_nothing_more_is_sent() {
    at_the_end(
        &["--deadline", "2"],
        "deadline reached: waiting for requests",
    )
    .await;
    for more in [&[][..], &["--deadline", "1h"]] {
        let time = in_seconds(5);
        let shown = time.strftime("%Y-%m-%d %H:%M UTC");
        let words = format!("it is {shown}: waiting for requests");
        at_the_end(&[&["--until", &time.to_string()], more].concat(), &words).await;
    }
}

#[expect(clippy::disallowed_methods, reason = "a time to come is after now")]
fn in_seconds(seconds: i64) -> jiff::Timestamp {
    jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds)
}

/// Four requests are on their way when these options end the work with these words.
async fn at_the_end(options: &[&str], words: &str) {
    let mut vendor = HeldVendor::start().await;
    let options = [options, &["--concurrency", "4"]].concat();
    let mut child = vendor.delete_with(&options, 6, "ndjson");
    vendor.seen(4).await;
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    read_until(&mut stderr, words);
    vendor.answers.add(100);
    let mut said = outcomes(child.stdout.take().unwrap());
    said.sort_unstable();
    assert_eq!(said[..4], ["deleted"; 4]);
    assert_eq!(said[4..], ["unattempted"; 2]);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(*vendor.seen.borrow(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_terminal_stops_in_order_and_keeps_the_record() {
    for (signal, code) in [("-HUP", 129), ("-TERM", 143)] {
        let mut vendor = HeldVendor::start().await;
        let mut child = vendor.delete(6, "json");
        vendor.answers.add(1);
        vendor.seen(5).await;
        send(&child, signal);
        let mut stderr = BufReader::new(child.stderr.take().unwrap());
        read_until(&mut stderr, "stopping");
        vendor.answers.add(100);
        let mut said = String::new();
        let mut stdout = child.stdout.take().unwrap();
        stdout.read_to_string(&mut said).unwrap();
        let said = crate::common::json(&said);
        let outcomes: Vec<_> = (0..6).map(|row| said[row]["outcome"].as_str()).collect();
        assert_eq!(outcomes[..5], [Some("deleted"); 5], "{signal}");
        assert_eq!(outcomes[5], Some("unattempted"), "{signal}");
        assert_eq!(said[5]["error"]["kind"], "cancelled", "{signal}");
        assert_eq!(child.wait().unwrap().code(), Some(code));
        assert_eq!(*vendor.seen.borrow(), 5);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_row_is_written_when_its_answer_is_there() {
    for form in ["ndjson", "csv"] {
        let vendor = HeldVendor::start().await;
        let mut child = vendor.delete(3, form);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        for _ in 0..3 {
            vendor.answers.add(1);
            let mut line = String::new();
            while !line.contains("deleted") {
                line.clear();
                assert_ne!(stdout.read_line(&mut line).unwrap(), 0, "{form}");
            }
        }
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

/// The held account is asked for first; the answer of the other one must not wait for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_slow_account_holds_back_no_answer_of_another() {
    for form in ["ndjson", "csv"] {
        let vendor = HeldVendor::start().await;
        let sandbox = Sandbox::start().await.unwrap();
        let tickets = [
            "onecloud:1",
            "sweeppea:2531581",
            "onecloud:1",
            "sweeppea:2531581",
        ];
        let delete = [&["delete", "--yes", "--output", form][..], &tickets].concat();
        let mut command = at(&sandbox, &delete);
        vendor.point(&mut command);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        while said.matches("sweeppea:2531581").count() < 2 {
            assert_ne!(stdout.read_line(&mut said).unwrap(), 0, "{said}");
        }
        assert!(!said.contains("onecloud"), "{said}");
        vendor.answers.add(1);
        stdout.read_to_string(&mut said).unwrap();
        assert_eq!(said.matches("onecloud:1").count(), 2, "{said}");
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_ctrl_c_does_not_wait_and_calls_what_is_in_flight_unknown() {
    let mut vendor = HeldVendor::start().await;
    let mut child = vendor.delete(6, "json");
    vendor.seen(4).await;
    interrupt(&child);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    read_until(&mut stderr, "stopping");
    interrupt(&child);
    let mut said = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    let said = crate::common::json(&said);
    for row in 0..6 {
        let (outcome, effect) = if row < 4 {
            ("unknown", "unknown")
        } else {
            ("unattempted", "none")
        };
        assert_eq!(said[row]["outcome"], outcome, "{said}");
        assert_eq!(said[row]["error"]["effect"], effect, "{said}");
    }
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(*vendor.seen.borrow(), 4);
}

#[test]
fn a_reader_that_wants_nothing_gets_no_panic() {
    for arguments in [
        &["providers"][..],
        &["providers", "--output", "json"],
        &["--sandbox", "get", "onecloud:121"],
        &["--sandbox", "list", "onecloud"],
        &["--sandbox", "messages", "onecloud:121", "--output", "json"],
        &["demo"],
    ] {
        let mut child = command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        // Who was quick enough to write before the pipe broke may end well.
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{arguments:?} {stderr}"
        );
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

/// A limit on the size of files: a disk that is full only when something is written.
#[cfg(target_os = "linux")]
#[tokio::test(flavor = "multi_thread")]
async fn what_was_done_is_told_where_the_output_is_full_and_never_taken_for_undone() {
    let sandbox = crate::common::sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new("sh");
        // 4 or 8 MiB, depending on the shell: the ledger fits.
        let script = "trap '' XFSZ; ulimit -f 8192; exec \"$@\"";
        command.args(["-c", script, "sh", env!("CARGO_BIN_EXE_tickets")]);
        command.args(arguments).args(["--output", "json"]);
        command
            .env_clear()
            .envs(sandbox.environment())
            .stdin(Stdio::null());
        command.env("HOME", env!("CARGO_TARGET_TMPDIR"));
        command.env("XDG_STATE_HOME", crate::common::state_folder());
        let path = folder.path().join("out");
        std::fs::File::create(&path)
            .unwrap()
            .set_len(8 << 20)
            .unwrap();
        let out = std::fs::File::options().append(true).open(path).unwrap();
        let child = command.stdout(out).stderr(Stdio::piped());
        crate::common::Run::of(child.spawn().unwrap().wait_with_output().unwrap())
    };
    let before = sandbox.ticket_ids(Vendor::Sweeppea).len();
    let created = run(&create_arguments(Vendor::Sweeppea));
    let ids = sandbox.ticket_ids(Vendor::Sweeppea);
    assert_eq!((created.code, ids.len()), (1, before + 1), "{created:?}");
    assert_eq!(created.stderr.lines().count(), 1, "{created:?}");
    let error = json(&created.stderr);
    assert_eq!(error["effect"], "unknown");
    let message = error["message"].as_str().unwrap();
    let told = |id: &String| message.starts_with(&format!("sweeppea:{id}: created, but "));
    assert!(ids.iter().any(told), "{message}");

    let deleted = run(&["delete", "--yes", "onecloud:121"]);
    assert_eq!(deleted.code, 1, "{deleted:?}");
    assert!(!sandbox.exists(Vendor::OneCloud, "121"));
    assert!(
        deleted.stderr.contains("1 ticket: 1 deleted"),
        "{deleted:?}"
    );
    let row = json(deleted.stderr.lines().next().unwrap());
    assert_eq!(
        (&row["ticket"], &row["outcome"]),
        (&"onecloud:121".into(), &"deleted".into())
    );
    let error = json(deleted.stderr.lines().last().unwrap());
    assert_eq!(error["effect"], "unknown");

    // Reading leaves nothing behind.
    let read = run(&["get", "leadsquared:160"]);
    assert_eq!(read.code, 1, "{read:?}");
    assert_eq!(json(&read.stderr)["effect"], "none");
}

/// A list at a vendor with 1,000 tickets, of which only the first page of 20 comes at once.
fn list(sandbox: &Sandbox, form: &str) -> Child {
    sandbox.add_tickets(Vendor::OneCloud, 1000);
    let never = Fault::Delay(Duration::from_secs(3600));
    let rule = Rule::new(never).endpoint(Endpoint::List);
    sandbox.inject(rule.skip(1).times(u64::MAX));
    let mut command = at(
        sandbox,
        &["list", "onecloud", "--page-size", "20", "--output", form],
    );
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_a_list_at_once_and_keeps_what_is_printed_readable() {
    for form in ["json", "ndjson"] {
        let sandbox = Sandbox::start().await.unwrap();
        let mut child = list(&sandbox, form);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        // The page's last row: from here on nothing more comes.
        while said.matches("\"ticket\"").count() < 20 {
            assert_ne!(stdout.read_line(&mut said).unwrap(), 0, "{said}");
        }
        interrupt(&child);
        stdout.read_to_string(&mut said).unwrap();
        let rows = match form {
            "json" => crate::common::json(&said).as_array().unwrap().len(),
            _ => said.lines().map(crate::common::json).count(),
        };
        assert_eq!(rows, 20, "{form}");
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130));
        let error = json(&String::from_utf8(output.stderr).unwrap());
        assert_eq!(error["message"], "stopped before the end of the list");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_nobody_reads_asks_for_no_more_pages() {
    for form in ["table", "json", "ndjson", "csv"] {
        let sandbox = Sandbox::builder().start().await.unwrap();
        sandbox.add_tickets(Vendor::OneCloud, 20_000);
        let mut command = at(&sandbox, &["list", "onecloud", "--output", form]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{form}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{form}");
        assert!(sandbox.journal().len() < 1000, "{form}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_is_stopped_on_its_way_is_told_as_unknown() {
    for signal in ["-INT", "-TERM", "-HUP"] {
        let mut vendor = HeldVendor::start().await;
        let arguments = create_arguments(Vendor::OneCloud);
        let mut command = command(&[&arguments[..], &["--output", "json"]].concat());
        vendor.point(&mut command);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        vendor.seen(1).await;
        send(&child, signal);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{signal}");
        let error = json(&String::from_utf8(output.stderr).unwrap());
        assert_eq!(
            (&error["kind"], &error["effect"]),
            (&"local".into(), &"unknown".into())
        );
        let message = error["message"].as_str().unwrap();
        assert!(message.contains("the ticket may exist"), "{message}");
    }
}

/// The signal itself ends it, so that a loop of a shell ends too; shells show that as 130.
#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_the_read_of_one_ticket_at_once() {
    use std::os::unix::process::ExitStatusExt as _;
    let sandbox = crate::common::sandbox().await;
    let never = Fault::Delay(Duration::from_secs(3600));
    sandbox.inject(Rule::new(never).endpoint(Endpoint::Get).always());
    let mut command = at(&sandbox, &["-v", "get", "onecloud:121"]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    read_until(&mut stderr, "onecloud: reading 121");
    interrupt(&child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (output.status.code(), output.status.signal()),
        (None, Some(2))
    );
    assert!(output.stdout.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_does_not_wait_for_the_quota() {
    let sandbox = Sandbox::start().await.unwrap();
    let tickets = ["sweeppea:2531581", "sweeppea:1", "sweeppea:2"];
    let delete = ["delete", "--yes", "--output", "ndjson", "--rate", "1/30"];
    let mut command = at(&sandbox, &[&delete[..], &tickets].concat());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    interrupt(&child);
    assert_eq!(outcomes(stdout), ["unattempted", "unattempted"]);
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(first.contains("\"deleted\""), "{first}");
    assert_eq!(sandbox.journal().len(), 1);
}
