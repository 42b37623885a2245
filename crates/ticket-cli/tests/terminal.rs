//! What a person at a terminal sees and is asked. The terminal is that of `script`, which Linux systems have.
#![cfg(target_os = "linux")]
use crate::common::{FORMS, Run, deletes, json, sandbox};
use ticket_sandbox::{Sandbox, TicketSeed, Vendor};
use unicode_width::UnicodeWidthStr as _;

/// What is said after an answer other than yes.
const REFUSED: &str = "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m not confirmed; nothing was changed";

/// Runs the command at a terminal so many columns wide, where this is typed. What it prints, on whichever of its
/// outputs, is in `stdout`.
fn at_terminal(sandbox: &Sandbox, columns: u16, arguments: &[&str], typed: &str) -> Run {
    let line = format!(
        "exec '{}' {}",
        env!("CARGO_BIN_EXE_tickets"),
        arguments.join(" ")
    );
    in_shell(sandbox, columns, &line, typed)
}

/// The same for a line of a shell.
fn in_shell(sandbox: &Sandbox, columns: u16, line: &str, typed: &str) -> Run {
    crate::common::in_terminal(
        sandbox,
        &crate::common::state_folder(),
        columns,
        line,
        typed,
    )
}

/// The host and the port of a vendor.
fn host(sandbox: &Sandbox, vendor: Vendor) -> String {
    let url = sandbox.base_url(vendor);
    let rest = url.strip_prefix("http://").unwrap();
    rest.split('/').next().unwrap().to_owned()
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
        let host = host(&sandbox, Vendor::Sweeppea);
        let question = format!("Delete 1 ticket of sweeppea ({host})? [y/N]");
        let asked = run.stdout.find(&question);
        assert!(asked > run.stdout.find("sweeppea  1  2531581"), "{run:?}");
        assert_eq!(run.code, if is_yes { 0 } else { 2 }, "{typed:?} {run:?}");
        assert_eq!(sandbox.journal().len(), usize::from(is_yes), "{typed:?}");
        assert_eq!(sandbox.exists(Vendor::Sweeppea, "2531581"), !is_yes);
        assert_eq!(run.stdout.contains(REFUSED), !is_yes, "{run:?}");
        // Nobody ended the line of the question.
        let own_line = run.stdout.contains(&format!("\n{REFUSED}"));
        assert_eq!(own_line, typed.is_empty(), "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn more_than_a_hundred_tickets_are_confirmed_by_their_number_only() {
    for (typed, is_confirmed) in [
        ("101\n", true),
        ("y\n", false),
        ("100\n", false),
        ("\n", false),
        ("", false),
    ] {
        let sandbox = Sandbox::builder().seed_tickets(false).start().await;
        let sandbox = sandbox.unwrap();
        sandbox.add_tickets(Vendor::LeadSquared, 101);
        let ids = sandbox.ticket_ids(Vendor::LeadSquared).into_iter();
        let names: Vec<_> = ids.map(|id| format!("leadsquared:{id}")).collect();
        let names = names.iter().map(String::as_str);
        let delete: Vec<_> = std::iter::once("delete").chain(names).collect();
        let run = at_terminal(&sandbox, 80, &delete, typed);
        let host = host(&sandbox, Vendor::LeadSquared);
        let question =
            format!("Delete 101 tickets of leadsquared ({host})? Type the number of tickets:");
        assert!(run.stdout.contains(&question), "{run:?}");
        assert_eq!(
            run.code,
            if is_confirmed { 0 } else { 2 },
            "{typed:?} {run:?}"
        );
        let left = sandbox.tickets(Vendor::LeadSquared).len();
        assert_eq!(left, if is_confirmed { 0 } else { 101 }, "{typed:?}");
        assert_eq!(sandbox.journal().is_empty(), !is_confirmed, "{typed:?}");
        assert_eq!(run.stdout.contains(REFUSED), !is_confirmed, "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn table_of_many_outcomes_on_a_terminal_lists_what_is_not_done_and_counts_the_rest() {
    let tickets = env!("CARGO_BIN_EXE_tickets");
    for (to, is_hidden) in [("", true), (" | cat", false), (" --output csv", false)] {
        let sandbox = Sandbox::builder().seed_tickets(false).start().await;
        let sandbox = sandbox.unwrap();
        sandbox.add_tickets(Vendor::LeadSquared, 150);
        let ids = sandbox.ticket_ids(Vendor::LeadSquared);
        let ids: Vec<_> = ids.iter().map(|id| format!("leadsquared:{id}")).collect();
        let named = [&ids[..], &["leadsquared:99999".to_owned()]].concat();
        let line = format!("'{tickets}' delete --yes {}{to}", named.join(" "));
        let run = in_shell(&sandbox, 80, &line, "");
        assert!(sandbox.ticket_ids(Vendor::LeadSquared).is_empty());
        let is_row = |line: &&str| line.starts_with("leadsquared:");
        let shown = run.stdout.replace('\r', "");
        let rows: Vec<_> = shown.lines().filter(is_row).collect();
        assert_eq!(rows.len(), if is_hidden { 1 } else { 151 }, "{run:?}");
        assert!(rows.iter().any(|row| row.starts_with("leadsquared:99999")));
        let said = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        let note = "150 deleted tickets are not listed here; `tickets job show --tickets ";
        assert_eq!(said.contains(note), is_hidden, "{said}");
        assert!(
            said.contains("151 tickets: 150 deleted, 1 failed"),
            "{said}"
        );
    }
}

/// The rate makes the search wait for so long that its progress is shown.
#[tokio::test(flavor = "multi_thread")]
async fn progress_is_beside_rows_on_a_terminal_but_not_inside_of_a_json_document() {
    let tickets = env!("CARGO_BIN_EXE_tickets");
    // Moves the cursor up, to erase lines.
    let up = "\u{1b}[1A";
    for (form, is_shown) in [("table", true), ("json", false)] {
        let sandbox = sandbox().await;
        let find = "find --account sweeppea --requester customer@example.com --rate 3/4";
        let line = format!("exec '{tickets}' {find} --output {form}");
        let run = in_shell(&sandbox, 80, &line, "");
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(run.stdout.contains(up), is_shown, "{run:?}");
    }
}

/// The rate makes the work after the canary take so long that its progress is shown.
#[tokio::test(flavor = "multi_thread")]
async fn progress_goes_on_after_the_canary_with_what_is_done() {
    let tickets = env!("CARGO_BIN_EXE_tickets");
    let sandbox = sandbox().await;
    let ids: Vec<_> = (0..6)
        .map(|_| sandbox.add_ticket(Vendor::Rt, TicketSeed::new("Spam")))
        .collect();
    let named: Vec<_> = ids.iter().map(|id| format!("rt:{id}")).collect();
    let options = "--yes --canary 2 --rate 3/3";
    let line = format!("exec '{tickets}' delete {options} {}", named.join(" "));
    let run = in_shell(&sandbox, 80, &line, "");
    assert_eq!(run.code, 0, "{run:?}");
    let (_, after) = run.stdout.split_once("canary: 2 of 2").unwrap();
    let shown = after.split("rt: ").filter(|part| part.contains(" left"));
    let done = shown.map(|part| part.split(' ').next().unwrap().parse::<u64>());
    let done: Vec<_> = done.filter_map(Result::ok).collect();
    assert!(!done.is_empty(), "{run:?}");
    assert!(done.iter().all(|done| *done >= 2), "{done:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn list_from_standard_input_is_confirmed_at_the_terminal() {
    let tickets = env!("CARGO_BIN_EXE_tickets");
    let line = format!("printf 'sweeppea:2531581\\nonecloud:121\\n' | '{tickets}' delete --from -");
    for (typed, is_yes) in [("y\n", true), ("n\n", false), ("", false)] {
        let sandbox = sandbox().await;
        let run = in_shell(&sandbox, 80, &line, typed);
        let [sweeppea, onecloud] =
            [Vendor::Sweeppea, Vendor::OneCloud].map(|vendor| host(&sandbox, vendor));
        let question =
            format!("Delete 2 tickets of sweeppea ({sweeppea}) and onecloud ({onecloud})? [y/N]");
        assert!(run.stdout.contains(&question), "{run:?}");
        assert_eq!(run.code, if is_yes { 0 } else { 2 }, "{typed:?} {run:?}");
        assert_eq!(
            sandbox.journal().len(),
            if is_yes { 2 } else { 0 },
            "{typed:?}"
        );
        assert_eq!(sandbox.exists(Vendor::OneCloud, "121"), !is_yes);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_asked_who_cannot_see_what_it_is_about() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let tickets = env!("CARGO_BIN_EXE_tickets");
    let line = format!(
        "exec '{tickets}' delete sweeppea:2531581 2>'{}'",
        log.display()
    );
    let run = in_shell(&sandbox, 80, &line, "y\n");
    assert_eq!(run.code, 2, "{run:?}");
    assert!(!run.stdout.contains("[y/N]"), "{run:?}");
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("there is no terminal to ask on"), "{log}");
    assert!(sandbox.journal().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_tickets_than_allowed_are_not_asked_about() {
    let sandbox = sandbox().await;
    let delete = ["delete", "--max", "1", "sweeppea:2531581", "onecloud:121"];
    let run = at_terminal(&sandbox, 80, &delete, "y\n");
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.stdout
            .contains("--max allows 1, and these are 2 tickets"),
        "{run:?}"
    );
    assert!(!run.stdout.contains("[y/N]"), "{run:?}");
    assert!(sandbox.journal().is_empty());
}

/// The quota makes the second ticket wait for three seconds.
#[tokio::test(flavor = "multi_thread")]
async fn progress_is_shown_for_work_of_some_seconds_and_fits_40_columns() {
    for (columns, expected) in [
        (80, "onecloud: 1 deleted · 0 failed · 1 left ·"),
        (40, "onecloud: 1 deleted · 0 failed · 1 left"),
    ] {
        let sandbox = sandbox().await;
        let delete = ["delete", "--yes", "onecloud:121", "onecloud:1234"];
        let slowly = [&delete[..], &["--rate", "1/3", "--output", "json"]].concat();
        let run = at_terminal(&sandbox, columns, &slowly, "");
        assert_eq!(run.code, 0, "{run:?}");
        let lines = lines(&run);
        let shown = lines.iter().position(|line| line.starts_with(expected));
        let shown = shown.unwrap_or_else(|| panic!("{lines:?}"));
        // The outcomes come after it, and are complete.
        assert!(
            lines[shown..]
                .iter()
                .any(|line| line == "2 tickets: 2 deleted"),
            "{lines:?}"
        );
        let widest = lines.iter().map(|line| line.width()).max().unwrap();
        assert!(widest <= usize::from(columns), "{columns} {lines:?}");
        assert_eq!(deletes(&sandbox), 2);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn work_that_is_over_at_once_shows_no_progress() {
    let sandbox = sandbox().await;
    let delete = ["delete", "--yes", "onecloud:121", "leadsquared:160"];
    let run = at_terminal(&sandbox, 80, &delete, "");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains("2 tickets: 2 deleted"), "{run:?}");
    assert!(!run.stdout.contains(" left"), "{run:?}");
    assert!(
        !run.stdout.contains("\u{1b}[2K"),
        "nothing is erased: {run:?}"
    );
}

/// The quota makes the second page wait for three seconds.
#[tokio::test(flavor = "multi_thread")]
async fn list_that_goes_to_a_file_is_counted_on_the_terminal() {
    let tickets = env!("CARGO_BIN_EXE_tickets");
    let list = "list onecloud --no-pager --page-size 5 --limit 10 --rate 1/3";
    for (to, is_counted) in [(" > /dev/null", true), ("", false)] {
        let sandbox = sandbox().await;
        sandbox.add_tickets(Vendor::OneCloud, 10);
        let run = in_shell(&sandbox, 80, &format!("exec '{tickets}' {list}{to}"), "");
        assert_eq!(run.code, 0, "{run:?}");
        let lines = lines(&run);
        let counted = lines.iter().any(|line| line == "5 listed");
        assert_eq!(counted, is_counted, "{run:?}");
        let has_rows = lines.iter().any(|line| line.starts_with("onecloud:121 "));
        assert_eq!(has_rows, !is_counted, "{run:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_on_a_terminal_are_sentences_in_every_format() {
    let sandbox = sandbox().await;
    for form in FORMS {
        let get = ["get", "onecloud:99999", "--output", form];
        let run = at_terminal(&sandbox, 80, &get, "");
        assert_eq!(run.code, 1, "{run:?}");
        // As the parser prints its own.
        let error = "\u{1b}[1m\u{1b}[31merror:\u{1b}[0m";
        let said = format!("{error} onecloud:99999: ");
        assert!(run.stdout.starts_with(&said), "{run:?}");
        let wrong = at_terminal(&sandbox, 80, &["get", "--nothing"], "");
        assert!(wrong.stdout.starts_with(error), "{wrong:?}");
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
            &["list", "onecloud", "--no-pager"][..],
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
