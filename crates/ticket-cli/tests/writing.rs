//! What people write: drafts as JSON, texts in an editor, and what a ticket lacks.
#![cfg(target_os = "linux")]
use std::path::{Path, PathBuf};

use crate::common::{Run, at, execute, execute_with_input, sandbox};
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, TicketSeed, Vendor};

#[tokio::test(flavor = "multi_thread")]
async fn everything_that_a_ticket_lacks_is_told_at_once_by_the_names_of_the_options() {
    let sandbox = sandbox().await;
    for (arguments, lacks) in [
        (
            &["onecloud"][..],
            "OneCloud needs --subject, --description, --category, --requester-name and --requester-email",
        ),
        (
            &["onecloud", "--subject", "x", "--category", "Request"],
            "OneCloud needs --description, --requester-name and --requester-email",
        ),
        (
            &["sweeppea", "--description", " "],
            "Sweeppea needs --subject, --description and --priority",
        ),
        (&["rt"], "Request Tracker needs --subject and --category"),
        (
            &["rt", "--category", "General"],
            "Request Tracker needs --subject",
        ),
    ] {
        let run = execute(&mut at(&sandbox, &[&["create"], arguments].concat()));
        let account = arguments[0];
        assert_eq!(
            (run.code, run.stderr),
            (
                2,
                format!("error: {account}: a ticket of {lacks}; nothing was sent\n")
            )
        );
    }
    // What a vendor cannot carry is named by its option too.
    let run = execute(&mut at(&sandbox, &["list", "onecloud", "--search", "x"]));
    assert!(run.stderr.contains("cannot carry --search"), "{run:?}");
    assert!(sandbox.journal().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn priority_that_a_vendor_does_not_have_is_refused_with_those_it_has() {
    let sandbox = sandbox().await;
    for (account, name, told) in [
        (
            "sweeppea",
            "urgent",
            "it has low, medium and high, or 1, 2 and 3",
        ),
        (
            "sweeppea",
            "eilig",
            "it has low, medium and high, or 1, 2 and 3",
        ),
        ("rt", "eilig", "it has low, medium, high and numbers"),
        (
            "leadsquared",
            "hihg",
            "there is no priority \"hihg\"; did you mean high?",
        ),
    ] {
        let ticket = ["create", account, "--subject", "x", "--description", "y"];
        let more: &[&str] = match account {
            "sweeppea" => &[],
            "rt" => &["--category", "General"],
            _ => &["--requester-email", "a@example.com"],
        };
        let priority = ["--priority", name];
        let run = execute(&mut at(&sandbox, &[&ticket, more, &priority].concat()));
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(told), "{run:?}");
    }
    assert!(sandbox.journal().is_empty());
    // LeadSquared's accounts name theirs as they like.
    for priority in [["--priority", "P1"], ["--field", "Priority=Slow"]] {
        let ticket = [
            "create",
            "leadsquared",
            "--subject",
            "x",
            "--requester-email",
        ];
        let ticket = [&ticket[..], &["a@example.com", "--field", "Channel=Chat"]].concat();
        let run = execute(&mut at(&sandbox, &[&ticket[..], &priority].concat()));
        assert_eq!(run.code, 0, "{run:?}");
    }
    assert_eq!(crate::common::deletes(&sandbox), 2);
}

fn created(sandbox: &Sandbox, run: &Run) -> ticket_sandbox::TicketRecord {
    assert_eq!(run.code, 0, "{run:?}");
    sandbox.tickets(Vendor::Rt).last().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn draft_is_filed_from_a_file_or_standard_input_and_options_replace_its_values() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let draft = r#"{"subject":"Fire","description":"It\nburns.","category":"General","priority":"high",
        "requester":{"email":"ann@example.com"}}"#;
    let file = folder.path().join("draft.json");
    std::fs::write(&file, draft).unwrap();
    let from_file = ["create", "rt", "--from-json", file.to_str().unwrap()];
    let run = execute(&mut at(&sandbox, &from_file));
    let ticket = created(&sandbox, &run);
    assert_eq!(
        (ticket.subject.as_str(), ticket.description.as_str()),
        ("Fire", "It\nburns.")
    );
    let from_input = ["create", "rt", "--from-json", "-", "--subject", "Water"];
    let run = execute_with_input(&mut at(&sandbox, &from_input), draft);
    let ticket = created(&sandbox, &run);
    assert_eq!(
        (ticket.subject.as_str(), ticket.description.as_str()),
        ("Water", "It\nburns.")
    );
    let creates = sandbox.journal();
    let creates = creates.iter().filter(|exchange| exchange.is_write);
    assert_eq!(creates.count(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn draft_with_a_wrong_name_or_value_is_refused_and_nothing_is_sent() {
    let sandbox = sandbox().await;
    for (draft, named) in [
        (
            r#"{"subject":"x","titel":"y"}"#,
            "there is no field \"titel\"",
        ),
        (
            r#"{"requester":{"mail":"a@example.com"}}"#,
            "there is no field \"requester.mail\"",
        ),
        (
            r#"{"tags":"x"}"#,
            "\"tags\" must be an array of strings, and is a string",
        ),
        (r#"{"subject":"x""#, "the JSON ends too early"),
        (r#"["x"]"#, "must be one object, such as"),
        (
            r#"{"subject":"x","attachments":["/etc/hostname"]}"#,
            "cannot name files",
        ),
        (r#"{"description":"x"}"#, "needs --subject and --category"),
        (
            r#"{"subject":"x","category":"General","priority":"eilig"}"#,
            "low, medium, high and numbers",
        ),
        (
            r#"{"subject":"x","category":"General","priority":"hihg"}"#,
            "there is no priority \"hihg\"; did you mean high?",
        ),
    ] {
        let create = ["create", "rt", "--from-json", "-"];
        let run = execute_with_input(&mut at(&sandbox, &create), draft);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(run.stderr.contains(named), "{named}: {run:?}");
    }
    assert!(sandbox.journal().is_empty());
}

/// An editor that notes the mode and the content of its file, and writes this in place of it.
fn editor(folder: &Path, written: &str) -> PathBuf {
    let editor = folder.join("editor");
    let script = format!(
        "#!/bin/sh\nstat -c %a \"$2\" > '{0}/mode'\ncp \"$2\" '{0}/shown'\nprintf '%s' '{written}' > \"$2\"\n",
        folder.display()
    );
    std::fs::write(&editor, script).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&editor, mode).unwrap();
    editor
}

/// Runs the command at a terminal with this editor, whose files are in `folder`.
fn edit(sandbox: &Sandbox, folder: &Path, written: &str, arguments: &str) -> Run {
    let editor = editor(folder, written);
    let line = format!(
        "export TMPDIR='{0}/tmp' VISUAL=\"'{1}' -x\" && mkdir -p '{0}/tmp' && exec '{2}' {arguments}",
        folder.display(),
        editor.display(),
        env!("CARGO_BIN_EXE_tickets"),
    );
    crate::common::in_terminal(sandbox, &crate::common::state_folder(), 80, &line, "")
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder.join("tmp")).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

fn shown(folder: &Path) -> String {
    let mode = std::fs::read_to_string(folder.join("mode")).unwrap();
    assert_eq!(mode, "600\n");
    std::fs::read_to_string(folder.join("shown")).unwrap()
}

const WRITTEN: &str = "\nIt burns.\n\n # not left out\n# left out\n\n";

const TEXT: &str = "It burns.\n\n # not left out";

#[tokio::test(flavor = "multi_thread")]
async fn text_that_no_option_gives_is_written_in_the_editor() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let create = "create rt --subject 'Fire #1' --category General";
    let run = edit(&sandbox, folder, WRITTEN, create);
    let ticket = created(&sandbox, &run);
    assert_eq!(ticket.description, TEXT);
    let explained = shown(folder);
    assert!(explained.starts_with("\n\n# Describe the ticket \"Fire #1\" above."));
    assert!(explained.contains("Lines that begin with # are left out."));

    let run = edit(&sandbox, folder, WRITTEN, "comment leadsquared:160");
    assert_eq!(run.code, 0, "{run:?}");
    let messages = sandbox.ticket(Vendor::LeadSquared, "160").unwrap().messages;
    assert_eq!(messages.last().unwrap().text, TEXT);
    assert!(
        shown(folder).contains("# Write the comment on leadsquared:160 above (an internal note).")
    );
    assert_eq!(files(folder), [] as [PathBuf; 0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn update_without_a_change_edits_the_description() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let seed = TicketSeed::new("Fire").description("# It smokes.");
    let id = sandbox.add_ticket(Vendor::Redmine, seed);
    let update = format!("update redmine:{id}");
    let run = edit(&sandbox, folder, WRITTEN, &update);
    assert_eq!(run.code, 0, "{run:?}");
    // `#` is a part of the text here.
    let expected = format!("{TEXT}\n# left out");
    let description = sandbox.ticket(Vendor::Redmine, &id).unwrap().description;
    assert_eq!(description.replace("\r\n", "\n"), expected);
    assert!(shown(folder).starts_with("# It smokes.\n\n; Edit the description"));
    // Not at a terminal, it is refused.
    let before = sandbox.journal().len();
    let run = execute(&mut at(&sandbox, &["update", &format!("redmine:{id}")]));
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("no change is named"), "{run:?}");
    let run = execute(&mut at(&sandbox, &["comment", &format!("redmine:{id}")]));
    assert_eq!(run.code, 2, "{run:?}");
    assert!(run.stderr.contains("--body or --body-file"), "{run:?}");
    assert_eq!(sandbox.journal().len(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn empty_text_or_a_failed_editor_sends_nothing() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let create = "create rt --subject Fire --category General";
    for empty in ["", "\n# left out\n \n"] {
        let run = edit(&sandbox, folder, empty, create);
        assert_eq!(run.code, 2, "{run:?}");
        let cancelled = "cancelled: the text is empty; nothing was sent";
        assert!(run.stdout.contains(cancelled), "{run:?}");
        assert_eq!(files(folder), [] as [PathBuf; 0]);
    }
    // What is missing is told before anybody writes.
    std::fs::remove_file(folder.join("shown")).unwrap();
    let run = edit(&sandbox, folder, WRITTEN, "create rt --subject Fire");
    assert!(run.stdout.contains("needs --category;"), "{run:?}");
    assert!(!folder.join("shown").exists());
    let line = format!(
        "EDITOR=/no/editor exec '{}' {create}",
        env!("CARGO_BIN_EXE_tickets")
    );
    let run = crate::common::in_terminal(&sandbox, &crate::common::state_folder(), 80, &line, "");
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.stdout.contains("/no/editor cannot be started"),
        "{run:?}"
    );
    assert!(sandbox.journal().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn file_of_an_editor_that_fails_is_kept_only_if_somebody_wrote_in_it() {
    let sandbox = sandbox().await;
    for (lines, kept) in [("exit 1", 0), ("echo 'It burns.' > \"$1\"; exit 1", 1)] {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let editor = folder.join("failing");
        std::fs::write(&editor, format!("#!/bin/sh\n{lines}\n")).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&editor, mode).unwrap();
        let line = format!(
            "export TMPDIR='{0}/tmp' VISUAL='{1}' && mkdir '{0}/tmp' && exec '{2}' comment rt:1",
            folder.display(),
            editor.display(),
            env!("CARGO_BIN_EXE_tickets"),
        );
        let run =
            crate::common::in_terminal(&sandbox, &crate::common::state_folder(), 80, &line, "");
        assert_eq!(run.code, 2, "{run:?}");
        assert_eq!(files(folder).len(), kept, "{run:?}");
        assert_eq!(run.stdout.contains("your text is in"), kept == 1, "{run:?}");
    }
    let journal = sandbox.journal();
    assert!(journal.iter().all(|exchange| !exchange.is_write));
}

#[tokio::test(flavor = "multi_thread")]
async fn text_that_could_not_be_sent_is_kept_and_named() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let refused = Rule::new(Fault::Status(403)).endpoint(Endpoint::Create);
    sandbox.inject(refused.always());
    let create = "create rt --subject Fire --category General";
    let run = edit(&sandbox, folder, WRITTEN, create);
    assert_eq!(run.code, 1, "{run:?}");
    let kept = files(folder);
    assert_eq!(kept.len(), 1, "{run:?}");
    let said = run.stdout.replace(['\r', '\n', ' '], "");
    let named = format!("yourtextisin{}", kept[0].display());
    assert!(said.contains(&named), "{run:?}");
    assert_eq!(std::fs::read_to_string(&kept[0]).unwrap(), WRITTEN);
}
