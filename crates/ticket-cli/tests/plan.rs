//! Plans and the guards of jobs: what is looked at, confirmed, held back, archived. Held against what the vendors saw.

use crate::common::shells::Shells;
use crate::common::{deletes, json, sandbox};
use serde_json::Value;
use ticket_sandbox::{Sandbox, Vendor};

/// An RT with so many tickets, named in order.
async fn rt(tickets: usize) -> (Sandbox, Vec<String>) {
    let sandbox = Sandbox::builder().seed_tickets(false).start().await;
    let sandbox = sandbox.unwrap();
    sandbox.add_tickets(Vendor::Rt, tickets);
    let ids = sandbox.ticket_ids(Vendor::Rt).into_iter();
    let names = ids.map(|id| format!("rt:{id}")).collect();
    (sandbox, names)
}

/// `delete` with these options and tickets.
fn delete<'a>(options: &[&'a str], tickets: &'a [String]) -> Vec<&'a str> {
    let tickets = tickets.iter().map(String::as_str);
    let delete = std::iter::once("delete").chain(options.iter().copied());
    delete.chain(tickets).collect()
}

/// How many tickets were deleted.
fn gone(sandbox: &Sandbox, tickets: &[String]) -> usize {
    let is_gone = |name: &&String| {
        let id = name.strip_prefix("rt:").unwrap();
        !sandbox.exists(Vendor::Rt, id)
    };
    tickets.iter().filter(is_gone).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_is_run_only_after_a_person_has_typed_the_number_of_its_tickets() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let tickets = ["onecloud:121", "leadsquared:160", "onecloud:121"];
    let run = shells.run(&[&["delete", "--plan"], &tickets[..]].concat());
    assert_eq!(run.code, 0, "{run:?}");
    let subject = sandbox.ticket(Vendor::OneCloud, "121").unwrap().subject;
    assert!(run.stderr.contains(&subject), "{run:?}");
    let reads = sandbox.journal().len();
    assert_eq!((reads, deletes(&sandbox)), (2, 0));
    let job = shells.job();
    assert_eq!(shells.show(&job)["state"], "awaiting_confirmation");

    let run = shells.run(&["job", "run", &job]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.stderr.contains("is not confirmed; nothing was sent"),
        "{run:?}"
    );
    let run = shells.run(&["job", "confirm", &job]);
    assert_eq!(run.code, 2, "{run:?}");
    assert!(
        run.stderr.contains("there is no terminal to ask on"),
        "{run:?}"
    );
    for wrong in ["y\n", "3\n", "\n", ""] {
        let run = shells.at_terminal(&["job", "confirm", &job], wrong);
        assert_eq!(run.code, 2, "{wrong:?} {run:?}");
        assert!(
            run.stdout.contains("the job still awaits confirmation"),
            "{run:?}"
        );
    }
    assert_eq!(shells.show(&job)["state"], "awaiting_confirmation");
    let run = shells.at_terminal(&["job", "confirm", &job], "2\n");
    assert_eq!(run.code, 0, "{run:?}");
    assert!(run.stdout.contains(&subject), "{run:?}");
    assert_eq!(sandbox.journal().len(), reads);

    let run = shells.run(&["job", "run", &job, "--output", "ndjson"]);
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(deletes(&sandbox), 2);
    assert!(!sandbox.exists(Vendor::OneCloud, "121"));
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_workers_try_again_is_planned_shown_approved_and_reported() {
    let (sandbox, tickets) = rt(2).await;
    let shells = Shells::new(&sandbox);
    let plan = delete(&["--plan", "--retry-for", "1h30m"], &tickets);
    let run = shells.run(&plan);
    assert_eq!(run.code, 0, "{run:?}");
    let words = "workers try temporary failures again for 1 h 30 min";
    assert!(run.stderr.contains(words), "{run:?}");
    let job = shells.job();
    let retry_for = |guards: &Value| guards["retry_for_s"].as_u64();
    assert_eq!(retry_for(&shells.show(&job)["guards"]), Some(5400));
    assert!(shells.run(&["job", "show", &job]).stdout.contains(words));
    // What a second person signs.
    let exported = shells.run(&["job", "export", &job]).stdout;
    assert_eq!(retry_for(&json(&exported)["guards"]), Some(5400));
    let digest = |exported: &str| json(exported)["digest"].as_str().unwrap().to_owned();
    let other = shells.run(&delete(&["--plan", "--retry-for", "0"], &tickets));
    assert!(
        other
            .stderr
            .contains("workers try no temporary failure again")
    );
    let other = shells.run(&["job", "export", &shells.job()]).stdout;
    assert_ne!(digest(&exported), digest(&other));
    assert_eq!(shells.show(&job)["digest"], digest(&exported));
    assert_eq!(gone(&sandbox, &tickets), 0);
    let confirmed = shells.at_terminal(&["job", "confirm", &job], "2\n");
    assert!(confirmed.stdout.contains(words), "{confirmed:?}");
    assert_eq!(shells.run(&["job", "run", &job]).code, 0);
    assert_eq!(gone(&sandbox, &tickets), 2);
    let folder = shells.state.join("report");
    let to = folder.to_str().unwrap();
    assert_eq!(shells.run(&["job", "report", &job, "--to", to]).code, 0);
    let read = |name: &str| std::fs::read_to_string(folder.join(name)).unwrap();
    let guards = json(&read("report.json"))["job"]["guards"].clone();
    assert_eq!(retry_for(&guards), Some(5400));
    let page = read("report.html");
    assert!(page.contains("workers try temporary failures again for 90 min"));
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_can_be_cancelled_and_then_confirmed_by_nobody() {
    let (sandbox, tickets) = rt(2).await;
    let shells = Shells::new(&sandbox);
    let plan = delete(&["--plan", "--look", "none"], &tickets);
    assert_eq!(shells.run(&plan).code, 0);
    let job = shells.job();
    assert_eq!(shells.run(&["job", "cancel", &job]).code, 0);
    let run = shells.at_terminal(&["job", "confirm", &job], "2\n");
    assert_eq!(run.code, 2, "{run:?}");
    assert!(sandbox.journal().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn rest_follows_the_canary_without_a_question_only_if_all_of_it_is_well() {
    let (sandbox, tickets) = rt(6).await;
    let shells = Shells::new(&sandbox);
    let mut with_stranger = tickets.clone();
    with_stranger.insert(1, "rt:999999".to_owned());
    let options = ["--yes", "--canary", "3", "--output", "ndjson"];
    let run = shells.run(&delete(&options, &with_stranger));
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(run.lines().len(), 7);
    assert!(
        run.stderr.contains("canary: rt:999999: not_found"),
        "{run:?}"
    );
    assert!(
        run.stderr.contains("the other 4 are not changed"),
        "{run:?}"
    );
    assert_eq!(gone(&sandbox, &tickets), 2);
    // A later run asks again, and cannot.
    let job = shells.job();
    let run = shells.run(&["job", "run", &job]);
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(gone(&sandbox, &tickets), 2);

    let run = shells.run(&delete(&options, &tickets[2..]));
    assert_eq!(run.code, 0, "{run:?}");
    assert!(
        run.stderr.contains("looked at again: as they should be"),
        "{run:?}"
    );
    assert_eq!(gone(&sandbox, &tickets), 6);
}

#[tokio::test(flavor = "multi_thread")]
async fn person_decides_after_the_canary() {
    let (sandbox, tickets) = rt(5).await;
    let shells = Shells::new(&sandbox);
    let run = shells.at_terminal(&delete(&["--canary", "2"], &tickets), "y\nn\n");
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("Delete the other 3? [y/N]"), "{run:?}");
    assert_eq!(gone(&sandbox, &tickets), 2);
    let job = shells.job();
    let run = shells.at_terminal(&["job", "run", &job], "y\n");
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(gone(&sandbox, &tickets), 5);
}

#[tokio::test(flavor = "multi_thread")]
async fn job_is_paused_when_too_many_tickets_fail() {
    // A vendor that deletes one ticket a call: what is in a call is all sent.
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    let strangers = (0..40).map(|n| format!("onecloud:{}", 900_000 + n));
    let list: Vec<_> = strangers.chain(["onecloud:121".to_owned()]).collect();
    let options = ["--yes", "--max-failures", "5%", "--concurrency", "1"];
    let run = shells.run(&delete(&options, &list));
    assert_eq!(run.code, 1, "{run:?}");
    assert!(run.stdout.contains("and at most 2 may"), "{run:?}");
    let paused = "tickets are left; see what failed with `tickets job show --tickets";
    assert!(
        run.stderr.contains("hint: the job is paused") && run.stderr.contains(paused),
        "{run:?}"
    );
    assert!(sandbox.exists(Vendor::OneCloud, "121"));
    assert_eq!(shells.show(&shells.job())["state"], "paused");
}

#[tokio::test(flavor = "multi_thread")]
async fn ticket_that_changed_since_the_plan_is_not_deleted() {
    let (sandbox, tickets) = rt(2).await;
    let shells = Shells::new(&sandbox);
    let run = shells.run(&delete(&["--plan", "--if-unchanged"], &tickets));
    assert_eq!(run.code, 0, "{run:?}");
    let job = shells.job();
    let update = ["update", &tickets[0], "--subject", "changed meanwhile"];
    assert_eq!(shells.run(&update).code, 0);
    assert_eq!(shells.at_terminal(&["job", "confirm", &job], "2\n").code, 0);
    let run = shells.run(&["job", "run", &job, "--output", "ndjson"]);
    assert_eq!(run.code, 1, "{run:?}");
    assert_eq!(gone(&sandbox, &tickets[..1]), 0);
    assert_eq!(gone(&sandbox, &tickets[1..]), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_is_in_the_archive_and_an_unusable_one_deletes_nothing() {
    let (sandbox, tickets) = rt(3).await;
    let shells = Shells::new(&sandbox);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let file = file.to_str().unwrap();
    for how in ["--yes", "--plan"] {
        let run = shells.run(&delete(&[how, "--archive", file], &tickets));
        assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{run:?}");
    }
    assert!(sandbox.journal().is_empty());
    assert_eq!(shells.jobs(), [] as [Value; 0]);

    let archive = folder.path().join("archive");
    let archive = archive.to_str().unwrap();
    let run = shells.run(&delete(&["--yes", "--archive", archive], &tickets));
    assert_eq!(run.code, 0, "{run:?}");
    assert_eq!(gone(&sandbox, &tickets), 3);
    let run = shells.run(&["archive", "show", archive, "--output", "json"]);
    let shown = json(&run.stdout);
    assert_eq!(shown.as_array().unwrap().len(), 3, "{run:?}");
    assert_eq!(shells.run(&["archive", "verify", archive]).code, 0);
}
