//! What the commands that change one ticket promise: `update`, `comment`, and files with them and with `create`.

use std::path::Path;

use crate::common::{FORMS, Run, at, create_arguments, execute, execute_with_input, json, sandbox};
use ticket_sandbox::{Endpoint, Fault, MessageKind, Rule, Vendor};

/// Who can change tickets, and a ticket of theirs.
const CHANGING: [(Vendor, &str); 2] = [(Vendor::Sweeppea, "2531581"), (Vendor::LeadSquared, "160")];

fn assert_confirmed(run: &Run, form: &str, ticket: &str, outcome: &str) {
    assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
    let object = serde_json::json!({ "schema": 1, "ticket": ticket, "outcome": outcome });
    match form {
        "json" | "ndjson" => assert_eq!(json(&run.stdout), object),
        "csv" => assert_eq!(run.stdout, format!("ticket,outcome\n{ticket},{outcome}\n")),
        _ => assert_eq!(
            run.stdout,
            format!("ticket   {ticket}\noutcome  {outcome}\n")
        ),
    }
}

fn assert_refused(run: &Run, words: &str) {
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(run.stderr.contains(words), "{words}: {run:?}");
}

/// A file of this name with these bytes.
fn file(folder: &Path, name: &str, bytes: &[u8]) -> String {
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path.to_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_update_changes_what_is_named_and_nothing_else() {
    for (vendor, id) in CHANGING {
        let sandbox = sandbox().await;
        let ticket = format!("{}:{id}", vendor.prefix());
        let before = sandbox.ticket(vendor, id).unwrap();
        for form in FORMS {
            let subject = format!("Café {form}");
            let update = ["update", &ticket, "--subject", &subject, "--output", form];
            let run = execute(&mut at(&sandbox, &update));
            assert_confirmed(&run, form, &ticket, "updated");
            let after = sandbox.ticket(vendor, id).unwrap();
            assert_eq!(after.subject, subject);
            assert_eq!(after.description, before.description);
        }
        assert_eq!(sandbox.journal().len(), 4);
        let update = ["update", &ticket, "--description-file", "-"];
        let run = execute_with_input(&mut at(&sandbox, &update), "a\nb\n");
        assert_confirmed(&run, "table", &ticket, "updated");
        assert_eq!(sandbox.ticket(vendor, id).unwrap().description, "a\nb\n");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_field_of_an_update_reaches_the_vendor() {
    let sandbox = sandbox().await;
    let update = [
        "update",
        "leadsquared:160",
        "--status",
        "on-hold",
        "--priority",
        "high",
        "--category",
        "Billing",
        "--field",
        "Shop=12=a",
    ];
    let run = execute(&mut at(&sandbox, &update));
    assert_confirmed(&run, "table", "leadsquared:160", "updated");
    let truth = sandbox.ticket(Vendor::LeadSquared, "160").unwrap();
    let fields = truth.attributes["Fields"].as_array().unwrap();
    for (name, value) in [
        ("Status", "On Hold"),
        ("Priority", "High"),
        ("Type", "Billing"),
        ("Shop", "12=a"),
    ] {
        let field = fields.iter().find(|field| field["SchemaName"] == name);
        assert_eq!(field.unwrap()["Value"], value, "{fields:?}");
    }
    assert_eq!(sandbox.journal().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_changed_is_refused_by_name_and_nothing_is_sent() {
    let sandbox = sandbox().await;
    for (arguments, words) in [
        (&["update", "sweeppea:2531581"][..], "--subject"),
        (&["update", "--subject", "x"], "<REF>"),
        (
            &["update", "sweeppea", "--subject", "x"],
            "is not a ticket reference",
        ),
        (
            &["update", "sweeppea:2531581", "--status", "closed"],
            "--status",
        ),
        (
            &["update", "sweeppea:2531581", "--priority", "low"],
            "--priority",
        ),
        (
            &["update", "sweeppea:2531581", "--category", "x"],
            "--category",
        ),
        (&["update", "sweeppea:2531581", "--field", "a=b"], "`a`"),
        (
            &["update", "leadsquared:160", "--assignee", "x"],
            "--assignee",
        ),
        (
            &["update", "onecloud:121", "--subject", "x"],
            "no way to update",
        ),
        (&["comment", "leadsquared:160"], "--body"),
        (
            &["comment", "leadsquared:160", "--body", " \n"],
            "the comment is empty",
        ),
        (
            &["comment", "leadsquared:160", "--body", "x", "--outbound"],
            "--outbound",
        ),
        (
            &[
                "comment",
                "leadsquared:160",
                "--body",
                "x",
                "--inbound",
                "--outbound",
            ],
            "cannot be used",
        ),
        (
            &["comment", "sweeppea:2531581", "--body", "x"],
            "no way to comment",
        ),
        (
            &["comment", "onecloud:121", "--body", "x"],
            "no way to comment",
        ),
    ] {
        assert_refused(&execute(&mut at(&sandbox, arguments)), words);
    }
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_comment_is_a_note_unless_another_way_is_given() {
    let sandbox = sandbox().await;
    for (index, form) in FORMS.into_iter().enumerate() {
        let (more, kind): (&[&str], _) = match index % 2 {
            0 => (&[], MessageKind::Note),
            _ => (&["--inbound"], MessageKind::PortalIncoming),
        };
        let comment = [
            "comment",
            "leadsquared:160",
            "--body",
            "Grüße\n世界",
            "--output",
            form,
        ];
        let run = execute(&mut at(&sandbox, &[&comment, more].concat()));
        assert_confirmed(&run, form, "leadsquared:160", "commented");
        let messages = sandbox.ticket(Vendor::LeadSquared, "160").unwrap().messages;
        assert_eq!(messages.len(), index + 1);
        assert_eq!(
            (messages[index].kind, messages[index].text.as_str()),
            (kind, "Grüße\n世界")
        );
    }
    let comment = ["comment", "leadsquared:160", "--body-file", "-"];
    let run = execute_with_input(&mut at(&sandbox, &comment), "from a pipe");
    assert_confirmed(&run, "table", "leadsquared:160", "commented");
    assert_refused(
        &execute_with_input(&mut at(&sandbox, &comment), "\n"),
        "the comment is empty",
    );
    assert_eq!(sandbox.journal().len(), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_without_end_is_refused_and_does_not_fill_the_memory() {
    let sandbox = sandbox().await;
    let comment = ["comment", "leadsquared:160", "--body-file", "-"];
    // The limit cuts the last letter in two.
    let text = "é".repeat(8 * 1024 * 1024 + 1);
    assert_refused(
        &execute_with_input(&mut at(&sandbox, &comment), &text),
        "standard input: cannot be read: it has more than 16 MiB",
    );
    assert!(sandbox.journal().is_empty());
    // An editor's byte order mark is no part of it.
    let run = execute_with_input(&mut at(&sandbox, &comment), "\u{feff}Seen.");
    assert_eq!(run.code, 0, "{run:?}");
    let written = sandbox.ticket(Vendor::LeadSquared, "160").unwrap().messages;
    assert_eq!(written.last().unwrap().text, "Seen.");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_arrive_byte_by_byte_with_name_and_media_type() {
    let folder = tempfile::tempdir().unwrap();
    let bytes: Vec<u8> = (0..200_000_u32)
        .map(|number| number.to_le_bytes()[0])
        .collect();
    let picture = file(folder.path(), "Grüße 1.png", &bytes);
    let empty = file(folder.path(), "empty.unheard-of", b"");
    let sandbox = sandbox().await;
    let files = ["--attach", &picture, "--attach", &empty, "--output", "json"];
    let create = [&create_arguments(Vendor::LeadSquared)[..], &files].concat();
    let run = execute(&mut at(&sandbox, &create));
    assert_eq!(run.code, 0, "{run:?}");
    let id = json(&run.stdout)["id"].as_str().unwrap().to_owned();
    let ticket = format!("leadsquared:{id}");
    let update = ["update", &ticket, "--attach", &picture];
    assert_confirmed(
        &execute(&mut at(&sandbox, &update)),
        "table",
        &ticket,
        "updated",
    );

    let truth = sandbox
        .ticket(Vendor::LeadSquared, &id)
        .unwrap()
        .attachments;
    let names: Vec<_> = truth.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(names, ["Grüße 1.png", "empty.unheard-of", "Grüße 1.png"]);
    assert_eq!(truth[0].media_type.as_deref(), Some("image/png"));
    assert!(truth[0].bytes == bytes && truth[1].bytes.is_empty() && truth[2] == truth[0]);
    assert_eq!(sandbox.journal().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_cannot_go_along_is_told_before_anything_is_sent() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let good = file(folder.path(), "a.txt", b"a");
    let folder = folder.path().to_str().unwrap();
    let [onecloud, sweeppea, leadsquared] =
        [Vendor::OneCloud, Vendor::Sweeppea, Vendor::LeadSquared].map(create_arguments);
    let update = ["update", "leadsquared:160"];
    let comment = ["comment", "leadsquared:160", "--body", "x"];
    for command in [&leadsquared[..], &update, &comment] {
        for wrong in ["no/such/file.txt", folder] {
            let arguments = [command, &["--attach", &good, "--attach", wrong]].concat();
            let run = execute(&mut at(&sandbox, &arguments));
            assert_refused(
                &run,
                &format!("error: {wrong}: this file cannot be attached"),
            );
        }
    }
    let update = ["update", "sweeppea:2531581"];
    for command in [&sweeppea[..], &onecloud, &update, &comment] {
        let run = execute(&mut at(&sandbox, &[command, &["--attach", &good]].concat()));
        assert_refused(&run, "no way to send --attach");
    }
    assert_eq!(sandbox.journal().len(), 0);
}

#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_pipe_is_no_attachment_and_is_not_waited_for() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let pipe = folder.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&pipe).status();
    assert!(made.unwrap().success());
    let update = [
        "update",
        "leadsquared:160",
        "--attach",
        pipe.to_str().unwrap(),
    ];
    assert_refused(&execute(&mut at(&sandbox, &update)), "it is not a file");
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_is_told_as_one_and_not_repeated() {
    for (endpoint, arguments, look) in [
        (
            Endpoint::Update,
            &["update", "sweeppea:2531581", "--subject", "New"][..],
            "check with `tickets get sweeppea:2531581`",
        ),
        (
            Endpoint::Update,
            &["update", "leadsquared:160", "--subject", "New"],
            "check with `tickets get leadsquared:160`",
        ),
        (
            // Its messages do not hold its notes.
            Endpoint::Comment,
            &["comment", "leadsquared:160", "--body", "New"],
            "check in the vendor's web UI",
        ),
    ] {
        let sandbox = sandbox().await;
        sandbox.inject(
            Rule::new(Fault::LostResponse)
                .endpoint(endpoint)
                .times(u64::MAX),
        );
        let run = execute(&mut at(&sandbox, arguments));
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
        assert!(
            run.stderr.contains("the request may have succeeded"),
            "{run:?}"
        );
        assert!(run.stderr.contains(look), "{run:?}");
        let journal = sandbox.journal();
        assert_eq!(journal.len(), 1);
        assert!(journal[0].took_effect);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_of_the_vendors_ends_1() {
    let sandbox = sandbox().await;
    for (arguments, kind) in [
        (&["update", "sweeppea:9", "--subject", "x"][..], "not_found"),
        (
            &["update", "sweeppea:ABC1234", "--subject", "x"],
            "conflict",
        ),
        (&["update", "leadsquared:9", "--subject", "x"], "not_found"),
        (&["comment", "leadsquared:9", "--body", "x"], "not_found"),
    ] {
        let run = execute(&mut at(
            &sandbox,
            &[arguments, &["--output", "json"]].concat(),
        ));
        assert_eq!((run.code, run.stdout.as_str()), (1, ""), "{run:?}");
        let object = json(&run.stderr);
        assert_eq!(
            (&object["kind"], &object["effect"]),
            (&kind.into(), &"none".into()),
            "{run:?}"
        );
    }
    assert!(
        sandbox
            .journal()
            .iter()
            .all(|exchange| !exchange.took_effect)
    );
}
