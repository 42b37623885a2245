//! Conversations at a terminal: their width, and the pager. The terminal is that of `script`, which Linux systems have.
#![cfg(target_os = "linux")]
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::common::{Run, sandbox};
use tempfile::TempDir;
use ticket_sandbox::{MessageKind, Sandbox, TicketSeed, Vendor};
use unicode_width::UnicodeWidthStr as _;

const TICKETS: &str = env!("CARGO_BIN_EXE_tickets");

fn in_shell(sandbox: &Sandbox, columns: u16, line: &str) -> Run {
    crate::common::in_terminal(sandbox, &crate::common::state_folder(), columns, line, "")
}

/// A program in a folder of its own that runs these lines of a shell.
fn program(folder: &TempDir, name: &str, lines: &str) -> PathBuf {
    let path = folder.path().join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{lines}\n")).unwrap();
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o755)).unwrap();
    path
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_default()
}

/// The text without escape sequences for colours.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut sequences = text.split("\u{1b}[");
    plain.extend(sequences.next());
    for sequence in sequences {
        plain.push_str(sequence.split_once('m').unwrap().1);
    }
    plain.replace("\r\n", "\n")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_conversation_is_wider_than_the_terminal_or_drives_it() {
    let texts = [
        "A sentence that is long enough for any terminal, whoever reads it at whatever time of the day",
        "> > A quotation that is long enough for any terminal, whoever reads it at whatever time",
        &"世界".repeat(50),
        &"👩\u{200d}👩\u{200d}👧 ❤\u{fe0f} ".repeat(10),
        &"e\u{301}".repeat(90),
        &"x".repeat(100_000),
        "<table><tr><td>one cell of a table</td><td>and another cell of that table</td></tr></table>",
        "\u{1b}[2J\u{9b}31m\u{202e}\u{7f}\u{7}\r",
        "a\tb\tc\td\te\tf\tg\th\ti\tj\tk",
    ];
    for columns in [40, 80] {
        let sandbox = sandbox().await;
        let ticket = TicketSeed::new(texts[0]).description(texts[1]);
        let id = sandbox.add_ticket(Vendor::LeadSquared, ticket);
        for text in texts {
            sandbox.add_message(Vendor::LeadSquared, &id, MessageKind::Outgoing, text);
        }
        for verb in ["view", "messages"] {
            let line = format!("exec '{TICKETS}' {verb} leadsquared:{id} --no-pager");
            let run = in_shell(&sandbox, columns, &line);
            assert_eq!(run.code, 0, "{run:?}");
            let shown = plain(&run.stdout);
            let widest = shown.lines().max_by_key(|line| line.width()).unwrap();
            assert!(widest.width() <= columns.into(), "{columns} {widest}");
            let is_control = |character: char| character.is_control() && character != '\n';
            assert!(!shown.contains(is_control), "{shown:?}");
            assert!(!shown.contains('\u{202e}'), "{shown:?}");
            // Nothing is lost, and no message begins where headings do.
            let joined: String = shown.split_whitespace().collect();
            assert!(joined.contains(&"x".repeat(100_000)) && joined.contains(&"世界".repeat(50)));
            let headings = shown.lines().filter(|line| line.starts_with("── Message"));
            assert_eq!(headings.count(), texts.len(), "{shown}");
            assert!(
                shown.contains("ago)") || shown.contains("just now)"),
                "{shown}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_cannot_look_like_a_heading() {
    let sandbox = sandbox().await;
    let forged = format!("{}\u{a0}\n── Message 7 · internal note ──", "x".repeat(78));
    sandbox.add_message(Vendor::LeadSquared, "143", MessageKind::Incoming, &forged);
    let line = format!("exec '{TICKETS}' view leadsquared:143 --no-pager");
    let run = in_shell(&sandbox, 80, &line);
    let shown = plain(&run.stdout);
    assert!(
        shown.contains("  ── Message 7 · internal note ──"),
        "{shown}"
    );
    assert!(!shown.contains("\n── Message 7"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pager_is_the_first_variable_that_is_set_and_gets_the_whole_conversation() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let pager = program(
        &folder,
        "a pager",
        &format!("echo \"$1 $LESS\" >'{0}'; cat >>'{0}'", seen.display()),
    );
    let pager = format!("\"'{}' one\"", pager.display());
    for (variables, is_paged) in [
        (format!("PAGER={pager}"), true),
        (format!("TICKETS_PAGER={pager} PAGER=no/such/pager"), true),
        (format!("TICKETS_PAGER=cat PAGER={pager}"), false),
        (format!("TICKETS_PAGER= PAGER={pager}"), false),
        (format!("PAGER={pager} TERM=dumb"), true),
        ("TERM=dumb".to_owned(), false),
        ("PAGER=no/such/pager".to_owned(), false),
    ] {
        for verb in ["view", "messages"] {
            let sandbox = sandbox().await;
            let _ = std::fs::remove_file(&seen);
            let run = in_shell(
                &sandbox,
                80,
                &format!("{variables} '{TICKETS}' {verb} leadsquared:143"),
            );
            assert_eq!(run.code, 0, "{variables} {run:?}");
            let (by_pager, direct) = (plain(&read(&seen)), plain(&run.stdout));
            let (shown, other) = if is_paged {
                (by_pager, direct)
            } else {
                (direct, by_pager)
            };
            assert!(
                shown.contains("\n  Example message\n"),
                "{variables} {shown:?}"
            );
            assert!(
                shown.contains("\n  Example answer\n"),
                "{variables} {shown:?}"
            );
            assert_eq!(other, "", "{variables}");
            assert_eq!(
                shown.starts_with("one FRX\n"),
                is_paged,
                "{variables} {shown:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn log_in_a_file_is_whole_while_a_pager_has_the_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let [seen, log] = ["seen", "log"].map(|name| folder.path().join(name));
    let pager = program(&folder, "pager", &format!("cat >'{}'", seen.display()));
    let sandbox = sandbox().await;
    let line = format!(
        "PAGER='{}' '{TICKETS}' -v view leadsquared:143 2>'{}'",
        pager.display(),
        log.display()
    );
    let run = in_shell(&sandbox, 80, &line);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    // The ticket is read before the pager is there, its messages after that.
    let requests = sandbox.journal().len();
    assert!(requests > 1);
    assert_eq!(
        read(&log).matches(": done after").count(),
        requests,
        "{}",
        read(&log)
    );
    assert!(plain(&read(&seen)).contains("Example message"));
}

#[tokio::test(flavor = "multi_thread")]
async fn list_goes_through_the_pager_as_a_conversation_does() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let pager = program(&folder, "pager", &format!("cat >'{}'", seen.display()));
    let sandbox = sandbox().await;
    sandbox.add_tickets(Vendor::OneCloud, 250);
    let all = sandbox.ticket_ids(Vendor::OneCloud).len();
    let rows = |text: &str| {
        let text = plain(text);
        let is_row = |line: &&str| line.starts_with("onecloud:");
        text.lines().filter(is_row).count()
    };
    let line = format!("PAGER='{}' '{TICKETS}' list onecloud", pager.display());
    let run = in_shell(&sandbox, 80, &line);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    assert_eq!(rows(&read(&seen)), all);
    assert!(plain(&read(&seen)).starts_with("TICKET"));
    for (without, is_printed) in [
        ("--no-pager", true),
        ("--output ndjson", false),
        ("| cat", true),
    ] {
        std::fs::remove_file(&seen).ok();
        let run = in_shell(&sandbox, 80, &format!("{line} {without}"));
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(rows(&run.stdout), if is_printed { all } else { 0 });
        assert!(!run.stdout.is_empty() && !seen.exists(), "{without}");
    }
    // A reader who leaves ends the list, and nothing is read any more.
    let first = program(&folder, "first", "head -n 1 >/dev/null");
    let line = format!("PAGER='{}' '{TICKETS}' list onecloud", first.display());
    let run = in_shell(&sandbox, 80, &line);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    // An error is told after the pager has ended.
    let line = format!("PAGER='{}' '{TICKETS}' list leadsquared", pager.display());
    let run = in_shell(&sandbox, 80, &line);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stdout.contains("no way to list tickets"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_through_the_pager_unless_they_are_saved() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let pager = program(&folder, "pager", &format!("cat >'{}'", seen.display()));
    let sandbox = sandbox().await;
    let note = folder.path().join("note.txt");
    std::fs::write(&note, "x").unwrap();
    let comment = format!(
        "'{TICKETS}' comment rt:1 --body x --attach '{}'",
        note.display()
    );
    assert_eq!(in_shell(&sandbox, 80, &comment).code, 0);
    let line = format!("PAGER='{}' '{TICKETS}' attachments rt:1", pager.display());
    let run = in_shell(&sandbox, 80, &line);
    assert_eq!((run.code, run.stdout.as_str()), (0, ""), "{run:?}");
    assert!(plain(&read(&seen)).starts_with("ID"), "{}", read(&seen));
    std::fs::remove_file(&seen).unwrap();
    let line = format!("{line} --download '{}'", folder.path().display());
    let run = in_shell(&sandbox, 80, &line);
    assert_eq!((run.code, seen.exists()), (0, false), "{run:?}");
    assert!(!run.stdout.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_pager_is_used_for_pipes_programs_and_whoever_wants_none() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let pager = program(&folder, "pager", &format!("cat >'{}'", seen.display()));
    for line in [
        "--no-pager",
        "--output json",
        "--output ndjson",
        "--web",
        "| cat",
        ">/dev/null",
    ] {
        let sandbox = sandbox().await;
        let line = format!("PAGER='{}' '{TICKETS}' view rt:1 {line}", pager.display());
        let run = in_shell(&sandbox, 80, &line);
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(run.stdout.is_empty(), line.ends_with("null"), "{run:?}");
        assert!(!seen.exists(), "{line}");
        if line.ends_with("cat") {
            // For a file: not wrapped, and without times that are true only now.
            assert!(
                !run.stdout.contains("ago)") && !run.stdout.contains('\u{1b}'),
                "{run:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reader_who_leaves_the_pager_ends_the_reading_and_that_is_success() {
    let folder = tempfile::tempdir().unwrap();
    let pager = program(&folder, "pager", "head -n 1");
    let sandbox = sandbox().await;
    for number in 1..=3_000 {
        let text = format!("Number {number}. {}", "word ".repeat(200));
        sandbox.add_message(Vendor::Rt, "1", MessageKind::Outgoing, text);
    }
    let run = in_shell(
        &sandbox,
        80,
        &format!("PAGER='{}' exec '{TICKETS}' view rt:1", pager.display()),
    );
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(plain(&run.stdout), "Printer on fire\n");
    // 30 pages, of which it has read those that the pipe had room for.
    assert!(sandbox.journal().len() < 30, "{}", sandbox.journal().len());
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_is_for_the_pager_and_only_ends_the_reading() {
    let folder = tempfile::tempdir().unwrap();
    let [seen, read_all] = ["seen", "all"].map(|name| folder.path().join(name));
    // Like less, it goes on after Ctrl-C.
    let lines = format!(
        "cat >'{}'; echo all >'{}'; exit 7",
        seen.display(),
        read_all.display()
    );
    let pager = program(&folder, "pager", &lines);
    let sandbox = sandbox().await;
    for number in 1..=150 {
        sandbox.add_message(
            Vendor::Rt,
            "1",
            MessageKind::Outgoing,
            format!("Number {number}."),
        );
    }
    // Commands in the background ignore Ctrl-C unless they listen for it. No more than the first page may be read.
    let line = format!(
        "{{ PAGER='{}' '{TICKETS}' view rt:1 --rate 6/60 & \
         until grep -q 'Number 90' '{}' 2>/dev/null; do :; done; kill -INT $!; wait $!; echo code $?; }}",
        pager.display(),
        seen.display()
    );
    let run = in_shell(&sandbox, 80, &line);
    assert!(
        run.stdout
            .contains("stopped before the end of the conversation"),
        "{run:?}"
    );
    assert!(run.stdout.contains("code 1"), "{run:?}");
    assert_eq!(
        read(&read_all),
        "all\n",
        "it has waited for the pager: {run:?}"
    );
    assert!(run.stdout.contains("failed (exit code 7)"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn pager_that_fails_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let pager = program(&folder, "pager", "cat >/dev/null; exit 3");
    let sandbox = sandbox().await;
    let run = in_shell(
        &sandbox,
        80,
        &format!("PAGER='{}' exec '{TICKETS}' view rt:1", pager.display()),
    );
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("failed (exit code 3)"), "{run:?}");
    assert!(run.stdout.contains("--no-pager"), "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_reach_the_pager_unless_nobody_wants_them() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    let pager = program(&folder, "pager", &format!("cat >'{}'", seen.display()));
    for (variables, has_colours) in [("", true), ("NO_COLOR=1", false)] {
        let sandbox = sandbox().await;
        let line = format!(
            "{variables} PAGER='{}' '{TICKETS}' view rt:1",
            pager.display()
        );
        assert_eq!(in_shell(&sandbox, 80, &line).code, 0);
        assert_eq!(
            read(&seen).contains("\u{1b}[1mPrinter on fire\u{1b}[0m"),
            has_colours
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn browser_is_opened_at_a_terminal_with_a_display_only() {
    let folder = tempfile::tempdir().unwrap();
    let seen = folder.path().join("seen");
    // The browser may outlive the command: the test waits until this file is opened.
    let made = std::process::Command::new("mkfifo").arg(&seen).status();
    assert!(made.unwrap().success());
    program(
        &folder,
        "xdg-open",
        &format!("echo \"$@\" >'{}'", seen.display()),
    );
    let sandbox = sandbox().await;
    let address = format!("{}/issues/1", sandbox.base_url(Vendor::Redmine));
    let path = format!("PATH='{}':\"$PATH\"", folder.path().display());
    let line = format!("{path} DISPLAY=:0 exec '{TICKETS}' view redmine:1 --web");
    let (tell, opened) = std::sync::mpsc::channel();
    std::thread::spawn(move || tell.send(read(&seen)));
    let run = in_shell(&sandbox, 200, &line);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(
        run.stdout.trim_end(),
        format!("Opening {address} in your browser.")
    );
    // The limit only keeps a failing test from hanging.
    let opened = opened.recv_timeout(std::time::Duration::from_secs(60));
    assert!(opened.unwrap().trim_end().ends_with(&address));
    let run = in_shell(
        &sandbox,
        200,
        &format!("{path} exec '{TICKETS}' view redmine:1 --web"),
    );
    assert_eq!(run.stdout.trim_end(), address, "{run:?}");
    assert!(sandbox.journal().is_empty());
}
