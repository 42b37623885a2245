//! What a person at a terminal sees and is asked. The terminal is that of `script`, which Linux systems have.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests are not covered by clippy's exemption for tests"
)]

mod common;

use std::process::Command;

use common::{FORMS, Run, execute_with_input, json, sandbox};
use ticket_sandbox::{Sandbox, TicketSeed, Vendor};
use unicode_width::UnicodeWidthStr as _;

/// Runs the command at a terminal so many columns wide, where this is typed. What it prints, on whichever of its
/// outputs, is in `stdout`.
fn at_terminal(sandbox: &Sandbox, columns: u16, arguments: &[&str], typed: &str) -> Run {
    // What is typed is echoed whenever it arrives, which may be behind the question: so it is not.
    let line = format!(
        "stty -echo cols {columns} && exec '{}' {}",
        env!("CARGO_BIN_EXE_tickets"),
        arguments.join(" ")
    );
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    command.env_clear().envs(sandbox.environment());
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command.env("TERM", "xterm");
    command.env("HOME", env!("CARGO_TARGET_TMPDIR"));
    command.env("XDG_STATE_HOME", common::state_folder());
    execute_with_input(&mut command, typed)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_is_asked_and_only_a_yes_is_one() {
    for (typed, is_yes) in [
        ("y\n", true),
        (" YES \n", true),
        ("\n", false),
        ("n\n", false),
        ("yy\n", false),
        ("", false),
    ] {
        let sandbox = sandbox().await;
        let ticket = ["delete", "sweeppea:2531581"];
        let run = at_terminal(&sandbox, 80, &ticket, typed);
        let asked = run.stdout.find("Delete 1 ticket? [y/N]");
        assert!(asked > run.stdout.find("sweeppea  1  2531581"), "{run:?}");
        assert_eq!(run.code, if is_yes { 0 } else { 2 }, "{typed:?} {run:?}");
        assert_eq!(sandbox.journal().len(), usize::from(is_yes), "{typed:?}");
        assert_eq!(sandbox.exists(Vendor::Sweeppea, "2531581"), !is_yes);
        let refusal = "error: not confirmed; nothing was sent";
        assert_eq!(run.stdout.contains(refusal), !is_yes, "{run:?}");
        // Nobody ended the line of the question.
        let own_line = run.stdout.contains(&format!("\n{refusal}"));
        assert_eq!(own_line, typed.is_empty(), "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bar_is_shown_at_a_terminal_for_more_than_one_ticket() {
    let delete = ["delete", "--yes", "onecloud:121", "leadsquared:160"];
    let document = [&delete[..], &["--output", "json"]].concat();
    for (arguments, is_shown) in [
        (&delete[..], true),
        (&delete[..3], false),
        (&document, true),
    ] {
        let sandbox = sandbox().await;
        let run = at_terminal(&sandbox, 80, arguments, "");
        assert_eq!(run.code, 0, "{run:?}");
        // How far each was when it was drawn depends on how fast the answers came.
        assert_eq!(run.stdout.contains(['░', '█']), is_shown, "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_terminal_of_unknown_width_is_taken_for_a_usual_one() {
    let sandbox = sandbox().await;
    let texts = [0, 80].map(|columns| {
        let arguments = ["delete", "--yes", "onecloud:99999", "--output", "table"];
        let run = at_terminal(&sandbox, columns, &arguments, "");
        assert_eq!(run.code, 1, "{run:?}");
        run.stdout
    });
    assert_eq!(texts[0], texts[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_form_lets_a_ticket_drive_the_terminal() {
    let sandbox = sandbox().await;
    let evil = "\u{9b}31m\u{202e}x\u{7f}";
    let id = sandbox.add_ticket(Vendor::OneCloud, TicketSeed::new(evil));
    let ticket = format!("onecloud:{id}");
    for form in FORMS {
        let arguments = ["get", &ticket, "--output", form];
        let run = at_terminal(&sandbox, 80, &arguments, "");
        assert_eq!(run.code, 0, "{run:?}");
        assert!(
            !run.stdout.contains(['\u{9b}', '\u{202e}', '\u{7f}']),
            "{run:?}"
        );
        if form.ends_with("json") {
            assert_eq!(json(&run.stdout)["subject"], evil);
        } else {
            assert!(run.stdout.contains(r"\u{9b}31m\u{202e}x"), "{run:?}");
        }
    }
}

/// The lines at the terminal without escape sequences.
fn lines(run: &Run) -> Vec<String> {
    let mut plain = String::new();
    let mut sequences = run.stdout.split('\u{1b}');
    plain.extend(sequences.next());
    for sequence in sequences {
        let end = sequence.find(|character: char| character.is_ascii_alphabetic());
        plain.push_str(&sequence[end.map_or(0, |end| end + 1)..]);
    }
    let lines = plain
        .lines()
        .map(|line| line.rsplit('\r').next().unwrap().to_owned());
    lines.collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_wider_than_the_terminal() {
    let subjects = [
        "A subject that is long enough for any terminal, whoever reads it at whatever time"
            .to_owned(),
        "世界".repeat(50),
        "👩\u{200d}👩\u{200d}👧 ❤\u{fe0f} ".repeat(10),
        "e\u{301}".repeat(90),
        "x".repeat(300),
    ];
    for columns in [40, 80] {
        let sandbox = Sandbox::builder()
            .seed_tickets(false)
            .start()
            .await
            .unwrap();
        let mut ids = Vec::new();
        for subject in &subjects {
            ids.push(sandbox.add_ticket(Vendor::OneCloud, TicketSeed::new(subject.clone())));
        }
        let first = format!("onecloud:{}", ids[0]);
        for arguments in [
            &["list", "onecloud"][..],
            &["get", &first],
            &["messages", &first],
            &["providers"],
            &["delete", "--plan", &first, "leadsquared:160"],
            &["get", "nobody:121"],
            &[
                "delete",
                "--yes",
                &first,
                "onecloud:99999",
                "leadsquared:99999",
            ],
        ] {
            let run = at_terminal(&sandbox, columns, arguments, "");
            let lines = lines(&run);
            let widest = lines.iter().max_by_key(|line| line.width()).unwrap();
            assert!(
                widest.width() <= columns.into(),
                "{columns} {arguments:?} {widest}"
            );
            if arguments[0] == "list" {
                // The header and a line for each ticket.
                assert_eq!(lines.len(), 1 + subjects.len(), "{lines:?}");
                assert!(
                    lines[1..]
                        .iter()
                        .all(|line| line.contains('…') && line.starts_with("onecloud:"))
                );
                assert_eq!(lines[0].contains("CREATED"), columns == 80, "{lines:?}");
            }
        }
    }
}
