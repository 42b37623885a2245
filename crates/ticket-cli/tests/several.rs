//! `update` and `comment` of several tickets: a job, held against what the vendor saw.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::process::Command;
use std::time::Duration;

use crate::common::shells::Shells;
use crate::common::{execute_with_input, sandbox};
use ticket_sandbox::{Endpoint, Exchange, Fault, Rule, Sandbox, Vendor};

/// An RT with so many tickets, named in order.
async fn rt(tickets: usize) -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::builder().seed_tickets(false).rt_quota(None);
    let sandbox = sandbox.start().await.unwrap();
    sandbox.add_tickets(Vendor::Rt, tickets);
    let ids = sandbox.ticket_ids(Vendor::Rt).into_iter();
    let names = ids.map(|id| format!("rt:{id}")).collect();
    (sandbox, names)
}

/// A list for `--from`, in a folder that keeps it.
fn list(tickets: &[String]) -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("list");
    std::fs::write(&path, tickets.join("\n")).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (folder, path)
}

fn writes(sandbox: &Sandbox) -> Vec<Exchange> {
    let journal = sandbox.journal().into_iter();
    journal.filter(|exchange| exchange.is_write).collect()
}

/// How many messages of this text each ticket has at the vendor.
fn comments(sandbox: &Sandbox, tickets: &[String], text: &str) -> Vec<usize> {
    let count = |name: &String| {
        let id = name.strip_prefix("rt:").unwrap();
        let messages = sandbox.ticket(Vendor::Rt, id).unwrap().messages;
        let same = messages.iter().filter(|message| message.text == text);
        same.count()
    };
    tickets.iter().map(count).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn several_tickets_get_the_same_values_by_one_write_each() {
    let (sandbox, tickets) = rt(3).await;
    let shells = Shells::new(&sandbox);
    let (_folder, path) = list(&tickets);
    let update = ["update", "--from", &path, "--subject", "Till 4", "--yes"];
    let run = shells.run(&update);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stderr.contains("This updates 3 tickets"), "{run:?}");
    assert!(run.stderr.contains("subject: Till 4"), "{run:?}");
    assert!(run.stderr.contains("3 tickets: 3 updated"), "{run:?}");
    for ticket in &tickets {
        let id = ticket.strip_prefix("rt:").unwrap();
        assert_eq!(sandbox.ticket(Vendor::Rt, id).unwrap().subject, "Till 4");
    }
    assert_eq!(writes(&sandbox).len(), 3);
    let job = shells.show(&shells.job());
    assert_eq!(job["change"], "update");
    assert_eq!(job["details"]["subject"], "Till 4");
    assert_eq!(job["outcomes"]["updated"], 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_ticket_is_one_call_without_a_job() {
    let (sandbox, tickets) = rt(1).await;
    let shells = Shells::new(&sandbox);
    let run = shells.run(&[
        "comment",
        &tickets[0],
        "--body",
        "Called",
        "--output",
        "csv",
    ]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(comments(&sandbox, &tickets, "Called"), [1]);
    assert!(shells.jobs().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_sent_without_consent_and_a_plan_shows_the_text_that_its_digest_covers() {
    let (sandbox, tickets) = rt(2).await;
    let shells = Shells::new(&sandbox);
    let names: Vec<_> = tickets.iter().map(String::as_str).collect();
    let run = shells.run(&[&["comment", "--body", "x"][..], &names].concat());
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(run.stderr.contains("This comments on 2 tickets"), "{run:?}");
    let long = "long ".repeat(1_000);
    let mut digests = Vec::new();
    for text in ["We are\nsorry \u{1b}[31m", "We are not", &long] {
        let plan = ["comment", "--plan", "--look", "none", "--body", text];
        let run = shells.run(&[&plan[..], &names].concat());
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.stderr.contains("direction: internal"), "{run:?}");
        assert!(!run.stderr.contains('\u{1b}'), "{run:?}");
        let shown = text.lines().next().unwrap().get(..10).unwrap_or("We are");
        assert!(run.stderr.contains(shown.trim()), "{run:?}");
        let job = shells.show(&shells.job());
        assert!(job["details"]["text"].as_str().unwrap().len() < 1_100);
        let table = shells.run(&["job", "show", &shells.job()]).stdout;
        assert!(table.contains("direction: internal"), "{table}");
        let digest = run.stderr.split("Digest:").nth(1).unwrap();
        digests.push(digest.split("Nothing").next().unwrap().to_owned());
        if text == long {
            assert!(run.stderr.contains("(5,000 characters)"), "{run:?}");
        }
    }
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), 3);
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn comment_whose_answer_is_lost_is_unknown_and_never_sent_again() {
    let (sandbox, tickets) = rt(4).await;
    let shells = Shells::new(&sandbox);
    let (_folder, path) = list(&tickets);
    let comment = Rule::new(Fault::LostResponse).endpoint(Endpoint::Comment);
    sandbox.inject(comment.times(2));
    let lost = Rule::new(Fault::ClosedBeforeEffect).endpoint(Endpoint::Comment);
    sandbox.inject(lost.skip(2));
    let text = [
        "comment",
        "--from",
        &path,
        "--body",
        "Sorry",
        "--yes",
        "--concurrency",
        "1",
    ];
    let run = shells.run(&[&text[..], &["--output", "ndjson"]].concat());
    assert_eq!(run.code, 1, "{run:?}");
    let mut words: Vec<_> = run.outcomes().into_iter().map(|(_, word)| word).collect();
    words.sort();
    assert_eq!(
        words,
        ["commented", "unknown", "unknown", "unknown"],
        "{run:?}"
    );
    assert!(run.stderr.contains("tickets messages rt:"), "{run:?}");
    let job = shells.job();
    // Nothing is left that another run would send.
    let again = shells.run(&["job", "run", &job]);
    assert_eq!(again.code, 1, "{again:?}");
    let again = shells.run(&["job", "retry", &job, "--yes"]);
    assert_eq!(again.code, 2, "{again:?}");
    assert_eq!(writes(&sandbox).len(), 4);
    let mut sent = comments(&sandbox, &tickets, "Sorry");
    sent.sort_unstable();
    assert_eq!(sent, [0, 1, 1, 1]);
}

/// Killed while calls are on their way: their effect is there, and their answers are not.
#[tokio::test(flavor = "multi_thread")]
async fn killed_job_goes_on_and_no_ticket_gets_a_comment_twice() {
    for kill_after in [0, 7] {
        let (sandbox, tickets) = rt(24).await;
        let shells = Shells::new(&sandbox);
        let (_folder, path) = list(&tickets);
        let hanging = Rule::new(Fault::Delay(Duration::from_secs(3600)));
        let hanging = hanging.endpoint(Endpoint::Comment).skip(kill_after);
        sandbox.inject(hanging.always());
        let comment = [
            "comment",
            "--from",
            &path,
            "--body",
            "Sorry",
            "--yes",
            "--output",
            "ndjson",
            "--concurrency",
            "4",
            "--timeout",
            "3",
        ];
        let told = usize::try_from(kill_after).unwrap();
        let (mut child, mut stdout, _) = shells.start(&comment, told);
        // The effects of the calls that hang.
        while comments(&sandbox, &tickets, "Sorry").iter().sum::<usize>() <= told {
            tokio::task::yield_now().await;
        }
        let pid = child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-KILL", &pid])
                .status()
                .unwrap()
                .success()
        );
        stdout.read_to_string(&mut String::new()).unwrap();
        child.wait().unwrap();
        sandbox.withdraw_faults();

        let job = shells.job();
        let run = shells.run(&["job", "run", &job, "--output", "ndjson"]);
        let shown = shells.show(&job);
        assert_eq!(shown["state"], "completed", "{run:?}");
        let outcomes: BTreeMap<String, usize> =
            serde_json::from_value(shown["outcomes"].clone()).unwrap();
        let sent = comments(&sandbox, &tickets, "Sorry");
        assert!(sent.iter().all(|count| *count <= 1), "{sent:?} {run:?}");
        let unknown = outcomes.get("unknown").copied().unwrap_or(0);
        assert!((1..=4).contains(&unknown), "{outcomes:?}");
        assert_eq!(outcomes["commented"] + unknown, 24, "{outcomes:?}");
        // What is told to be done is done, and each ticket got one write at most.
        let rows = shells.run(&["job", "show", &job, "--tickets", "--output", "ndjson"]);
        for (ticket, outcome) in rows.outcomes() {
            let place = tickets.iter().position(|name| *name == ticket).unwrap();
            assert!(outcome != "commented" || sent[place] == 1, "{ticket}");
        }
        assert!(writes(&sandbox).len() <= 24);
        let verified = shells.run(&["job", "verify"]);
        assert_eq!(
            (verified.code, verified.stdout.as_str()),
            (0, ""),
            "{verified:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn update_whose_answer_is_lost_is_read_and_not_sent_again() {
    let (sandbox, tickets) = rt(2).await;
    let shells = Shells::new(&sandbox);
    let update = Rule::new(Fault::LostResponse).endpoint(Endpoint::Update);
    sandbox.inject(update);
    let update = [
        "update",
        &tickets[0],
        &tickets[1],
        "--subject",
        "Till 4",
        "--yes",
    ];
    let run = shells.run(&[&update[..], &["--output", "ndjson"]].concat());
    let mut words: Vec<_> = run.outcomes().into_iter().map(|(_, word)| word).collect();
    words.sort();
    assert_eq!(
        (run.code, &*words),
        (0, &["already_updated", "updated"].map(str::to_owned)[..])
    );
    assert_eq!(writes(&sandbox).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_vendor_cannot_carry_is_refused_by_name_for_each_account_before_anything_is_sent() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let tickets = ["sweeppea:2531581", "sweeppea:2531582", "leadsquared:160"];
    for (arguments, words) in [
        (
            &["update", "--field", "Colour=red", "--subject", "x", "--yes"][..],
            &["Colour", "subject"][..],
        ),
        (&["comment", "--body", "x", "--yes"], &["sweeppea"]),
        (&["update", "--yes"], &["no change is named"]),
        (
            &["update", "--status", "open", "--attach", "Cargo.toml"],
            &["--attach is for one ticket at a time"],
        ),
        (
            &["update", "--status", "open", "--if-unchanged", "v1"],
            &["--if-unchanged VERSION is for one ticket"],
        ),
    ] {
        let run = shells.run(&[arguments, &tickets].concat());
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
        assert!(
            words.iter().any(|word| run.stderr.contains(word)),
            "{run:?}"
        );
        // Once for an account, and not for each ticket.
        assert!(run.stderr.matches("sweeppea:25315").count() <= 1, "{run:?}");
    }
    assert_eq!(sandbox.journal().len(), 0);
    assert!(shells.jobs().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn standard_input_gives_either_the_tickets_or_the_text() {
    let (sandbox, tickets) = rt(2).await;
    let shells = Shells::new(&sandbox);
    let comment = ["comment", "--from", "-", "--body-file", "-", "--yes"];
    let input = tickets.join("\n");
    let run = execute_with_input(&mut shells.command(&comment), &input);
    assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{run:?}");
    assert!(
        run.stderr.contains("both the tickets and the text"),
        "{run:?}"
    );
    assert_eq!(sandbox.journal().len(), 0);
    let comment = ["comment", "--from", "-", "--body", "Sorry", "--yes"];
    let run = execute_with_input(&mut shells.command(&comment), &input);
    assert_eq!(run.code, 0, "{run:?}");
    let comment = [
        "comment",
        &tickets[0],
        &tickets[1],
        "--body-file",
        "-",
        "--yes",
    ];
    let run = execute_with_input(&mut shells.command(&comment), "From a file");
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(comments(&sandbox, &tickets, "Sorry"), [1, 1]);
    assert_eq!(comments(&sandbox, &tickets, "From a file"), [1, 1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn row_with_an_old_version_is_not_updated_if_unchanged_is_asked_for() {
    let (sandbox, tickets) = rt(2).await;
    let shells = Shells::new(&sandbox);
    let get = ["get", &tickets[0], &tickets[1], "--output", "ndjson"];
    let rows = shells.run(&get).stdout;
    assert!(rows.contains("\"version\""), "{rows}");
    let changed = ["update", &tickets[0], "--subject", "Somebody else's"];
    assert_eq!(shells.run(&changed).code, 0);
    let before = writes(&sandbox).len();
    let update = [
        "update",
        "--from",
        "-",
        "--subject",
        "Ours",
        "--yes",
        "--output",
        "ndjson",
    ];
    let guarded = [&update[..], &["--if-unchanged"]].concat();
    let run = execute_with_input(&mut shells.command(&guarded), &rows);
    assert_eq!(run.code, 1, "{run:?}");
    let names = [&*tickets[0], &*tickets[1]];
    let outcomes = run.in_order(&names).outcomes();
    let expected = [(names[0], "failed"), (names[1], "updated")];
    let expected = expected.map(|(name, word)| (name.to_owned(), word.to_owned()));
    assert_eq!(outcomes, expected);
    let subject = |name: &str| {
        let id = name.strip_prefix("rt:").unwrap();
        sandbox.ticket(Vendor::Rt, id).unwrap().subject
    };
    assert_eq!(names.map(subject), ["Somebody else's", "Ours"]);
    assert!(writes(&sandbox).len() <= before + 2);
    // Without the guard, versions of rows do not count.
    let run = execute_with_input(&mut shells.command(&update), &rows);
    assert_eq!(run.code, 0, "{run:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn canary_of_comments_goes_on_although_nothing_can_be_looked_at_again() {
    let (sandbox, tickets) = rt(5).await;
    let shells = Shells::new(&sandbox);
    let (_folder, path) = list(&tickets);
    let comment = [
        "comment", "--from", &path, "--body", "Sorry", "--yes", "--canary", "2",
    ];
    let run = shells.run(&comment);
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stderr.contains("canary: 2 of 2 tickets commented"),
        "{run:?}"
    );
    assert_eq!(comments(&sandbox, &tickets, "Sorry"), [1; 5]);
}

#[tokio::test(flavor = "multi_thread")]
async fn report_says_what_was_set() {
    let (sandbox, tickets) = rt(2).await;
    let shells = Shells::new(&sandbox);
    let update = [
        "update",
        &tickets[0],
        &tickets[1],
        "--subject",
        "<b>Till</b>",
        "--yes",
    ];
    assert_eq!(shells.run(&update).code, 0);
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("report");
    let to = to.to_str().unwrap();
    let run = shells.run(&["job", "report", &shells.job(), "--to", to]);
    assert_eq!(run.code, 0, "{run:?}");
    let page = std::fs::read_to_string(format!("{to}/report.html")).unwrap();
    assert!(page.contains("&lt;b&gt;Till&lt;/b&gt;"), "{page}");
    let run = shells.run(&["verify", to]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(writes(&sandbox).len(), 2);
}
