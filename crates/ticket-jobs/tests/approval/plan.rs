//! What a plan holds, and that nothing of it can be changed unseen.

use std::fs;
use std::time::Duration;

use expect_test::expect_file;
use ticket_core::{Change, ErrorKind};
use ticket_jobs::plan::Plan;
use ticket_jobs::{Again, Erasure, LookedAgain, Seen};

use crate::job::{LOOKED_AT, digest, fixture, planned, planned_erasure, text, time};

/// The error of a plan that is refused.
fn refusal(plan: &[u8]) -> String {
    let error = Plan::read(plan).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    error.to_string()
}

#[tokio::test]
async fn plan_of_version_1_is_written_and_read_as_ever() {
    let (job, tickets) = planned().await;
    let fixture = fs::read_to_string(fixture("plan-1.json")).unwrap();
    assert_eq!(text(&job, &tickets).0, fixture);
    let plan = Plan::read(fixture.as_bytes()).unwrap();
    assert_eq!(Some(&plan.digest), job.digest.as_ref());
    assert_eq!((&plan.job, &plan.change), (&job.id, &Change::Delete));
    assert_eq!(plan.guards, job.guards);
    assert_eq!(plan.planned_by.as_deref(), Some("alice@ops1"));
    assert_eq!(plan.planned_at, job.created_at);
    let accounts = plan.accounts.iter();
    let accounts: Vec<_> = accounts
        .map(|account| (&*account.name, account.host.as_deref(), account.tickets))
        .collect();
    assert_eq!(
        accounts,
        [("eu", Some("api.example.com"), 2), ("lab", None, 1)]
    );
    assert_eq!((plan.tickets(), plan.seen, plan.missing), (3, 2, 1));
    assert_eq!(plan.looked_at, Some(time(LOOKED_AT)));
    let first = plan.first.iter();
    let first: Vec<_> = first.map(|ticket| ticket.reference().to_string()).collect();
    assert_eq!(first, ["eu:121", "lab:7", "eu:122"]);
    let seen = plan.first[0].seen.as_ref().unwrap();
    assert_eq!(seen.subject.as_deref(), Some("Printer \"on\" fire 🔥"));
    assert!(plan.last.is_empty());
}

#[tokio::test]
async fn plan_of_an_erasure_has_version_2_and_is_written_and_read_as_ever() {
    let (job, tickets) = planned_erasure().await;
    let text = text(&job, &tickets).0;
    expect_file!["../fixtures/plan-2.json"].assert_eq(&text);
    assert!(text.starts_with("{\"format\":\"tickets-plan\",\"version\":2,"));
    let plan = Plan::read(text.as_bytes()).unwrap();
    assert_eq!(Some(&plan.digest), job.digest.as_ref());
    assert_eq!(plan.erasure, job.erasure);
    let people: Vec<_> = plan.first.iter().map(|one| one.people.len()).collect();
    assert_eq!(people, [1, 2, 1]);
    let seen = plan.first[0].seen.as_ref().unwrap();
    assert_eq!(seen.created_at, Some(time("2026-01-01T00:00:00Z")));
    for (from, to) in [
        ("\"version\":2,", "\"version\":1,"),
        ("it has no list", "it has a list"),
        ("\"look_again_after_s\":300", "\"look_again_after_s\":0"),
        ("\"people\":[\"0a", "\"people\":[\"0b"),
    ] {
        assert!(text.contains(from), "{from}");
        refusal(text.replacen(from, to, 1).as_bytes());
    }
}

#[tokio::test]
async fn how_long_tickets_are_tried_again_is_a_part_of_the_digest() {
    let (mut job, tickets) = planned().await;
    let mut digests = vec![digest(&job, &tickets).await];
    for seconds in [0, 3600, 24 * 3600] {
        job.guards.retry_for = Some(Duration::from_secs(seconds));
        digests.push(digest(&job, &tickets).await);
        let plan = Plan::read(text(&job, &tickets).0.as_bytes()).unwrap();
        assert_eq!(plan.guards.retry_for, job.guards.retry_for);
    }
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), 4);
}

#[tokio::test]
async fn anything_of_an_erasure_changes_the_digest() {
    let (job, tickets) = planned_erasure().await;
    let mut digests = vec![digest(&job, &tickets).await];
    let change_erasure: [fn(&mut Erasure); 7] = [
        |erasure| erasure.key.push('0'),
        |erasure| erasure.people.truncate(1),
        |erasure| erasure.people.reverse(),
        |erasure| erasure.searches[0].found = 7,
        |erasure| erasure.searches[1].not_searched = None,
        |erasure| erasure.keep_archive = None,
        |erasure| erasure.look_again_after = Duration::ZERO,
    ];
    for change in change_erasure {
        let mut job = job.clone();
        change(job.erasure.as_mut().unwrap());
        digests.push(digest(&job, &tickets).await);
    }
    let mut none = job.clone();
    none.erasure = None;
    digests.push(digest(&none, &tickets).await);
    let mut others = tickets.clone();
    others[1].people.pop();
    digests.push(digest(&job, &others).await);
    let count = digests.len();
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), count);
    // What the look after the pause found does not.
    let mut looked = tickets.clone();
    looked[0].looked_again = Some(LookedAgain::new(time(LOOKED_AT), Again::Gone));
    assert_eq!(digest(&job, &looked).await, job.digest.unwrap());
}

#[tokio::test]
async fn digest_is_that_of_all_lines_but_the_last() {
    let (job, tickets) = planned().await;
    let (text, written) = text(&job, &tickets);
    assert_eq!(digest(&job, &tickets).await, written);
    let last = text.lines().last().unwrap();
    assert_eq!(last, format!("\"digest\":\"{written}\"}}"));
    // By another program than this one, where there is one.
    let before = &text[..text.len() - last.len() - 1];
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("plan");
    fs::write(&file, before).unwrap();
    if let Ok(output) = std::process::Command::new("sha256sum").arg(&file).output() {
        let output = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.split(' ').next(), Some(&*written));
    }
    // The whole is one JSON document.
    let json: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(json["tickets"].as_array().unwrap().len(), 3);
    assert_eq!(json["counts"]["eu"], 2);
}

#[tokio::test]
async fn anything_of_the_job_changes_the_digest() {
    let (job, tickets) = planned().await;
    let mut digests = vec![digest(&job, &tickets).await];
    let change_job: [fn(&mut ticket_jobs::Job); 12] = [
        |job| job.id = "7f3a09c3".parse().unwrap(),
        |job| job.change = Change::Resolve,
        |job| job.guards.max_failures = None,
        |job| job.guards.archive = None,
        |job| job.created_at = time("2026-11-29T02:10:01Z"),
        |job| job.created_by = Some("eve@ops1".to_owned()),
        |job| job.accounts[0].host = Some("api.example.org".to_owned()),
        |job| job.accounts[0].key.push('x'),
        |job| job.accounts[0].provider.push('x'),
        |job| job.accounts[0].removal = ticket_core::provider::Removal::Permanent,
        |job| job.accounts[0].takes_along.clear(),
        |job| job.accounts.swap(0, 1),
    ];
    for change in change_job {
        let mut job = job.clone();
        change(&mut job);
        digests.push(digest(&job, &tickets).await);
    }
    let change_tickets: [fn(&mut Vec<ticket_jobs::JobTicket>); 7] = [
        |tickets| drop(tickets.pop()),
        |tickets| tickets.swap(0, 1),
        |tickets| tickets[1].id = "8".into(),
        |tickets| tickets[1].account = "eu".to_owned(),
        |tickets| tickets[1].version = Some(ticket_core::model::Version::new("1")),
        |tickets| tickets[0].seen = None,
        |tickets| tickets[1].seen = Some(Seen::missing(time("2026-11-29T02:12:00Z"))),
    ];
    for change in change_tickets {
        let mut tickets = tickets.clone();
        change(&mut tickets);
        digests.push(digest(&job, &tickets).await);
    }
    let count = digests.len();
    digests.sort();
    digests.dedup();
    assert_eq!(digests.len(), count);
    // What the work on the job changes does not.
    let (mut later, mut settled) = (job.clone(), tickets.clone());
    later.open = 0;
    later.state = ticket_jobs::JobState::Completed;
    settled[0].outcome = Some(ticket_core::Outcome::Done);
    settled[0].attempts = 3;
    assert_eq!(digest(&later, &settled).await, digest(&job, &tickets).await);
}

#[tokio::test]
async fn plan_with_one_byte_changed_is_refused_wherever_it_is() {
    let (job, tickets) = planned().await;
    let plan = text(&job, &tickets).0.into_bytes();
    assert!(Plan::read(&*plan).is_ok());
    let mut random = fastrand::Rng::with_seed(15);
    for place in 0..plan.len() {
        let mut changed = plan.clone();
        for by in [1, 32, random.u8(1..)] {
            changed[place] = plan[place] ^ by;
            refusal(&changed);
        }
        refusal(&[&plan[..place], &plan[place + 1..]].concat());
        refusal(&[&plan[..place], &[random.u8(..)], &plan[place..]].concat());
        refusal(&plan[..place]);
    }
    refusal(&[&plan[..], b"\n"].concat());
}

#[tokio::test]
async fn refusal_of_a_plan_says_what_is_wrong() {
    let (job, tickets) = planned().await;
    let (plan, digest) = text(&job, &tickets);
    let other_ticket = refusal(plan.replace("\"7\"", "\"8\"").as_bytes());
    assert!(
        other_ticket.starts_with("the plan was changed after it was written: its digest is "),
        "{other_ticket}"
    );
    let (_, digest_of_other) = other_ticket.split_once("its digest is ").unwrap();
    assert!(!digest_of_other.starts_with(&digest));
    let value: serde_json::Value = serde_json::from_str(&plan).unwrap();
    let pretty = serde_json::to_string_pretty(&job_first(&value)).unwrap();
    for (text, says) in [
        (
            pretty,
            "line 1 is not as it was; a plan must not be edited, nor formatted anew",
        ),
        (plan.replace('\n', ""), "line 1 is not as it was"),
        (plan.replace("},\n", "},\r\n"), "line 2 is not as it was"),
        (
            plan.replace(",\"seen\"", ", \"seen\""),
            "line 2 is not as it was",
        ),
        (
            plan.replace("\"id\":\"7\"", "\"id\":\"7\",\"new\":1"),
            "line 3 is not as it was",
        ),
        (
            plan.replace("\"eu\":2", "\"eu\":3"),
            "line 5 is not as it was",
        ),
        (
            plan.split_inclusive('\n').take(3).collect(),
            "the plan is cut off",
        ),
        (plan[..plan.len() - 20].to_owned(), "the plan is cut off"),
        (
            plan.replace("\"version\":1,", "\"version\":3,"),
            "this plan has version 3 of its format, and this program knows version 2: use a newer version of tickets",
        ),
        (
            plan.replace("\"version\":1,", "\"version\":2,"),
            "line 1 is not as it was",
        ),
        (
            plan.replace("tickets-plan", "tickets-approval"),
            "this is no plan",
        ),
        (String::new(), "this is no plan"),
        ("eu:121\neu:122\n".to_owned(), "this is no plan"),
    ] {
        let error = refusal(text.as_bytes());
        assert!(error.contains(says), "{says}: {error}");
    }
    assert!(refusal(b"\xff\xfe").contains("this is no plan"));
}

/// The same object with `format` and `version` before all else, as a tool that keeps the order would write it.
fn job_first(plan: &serde_json::Value) -> Ordered<'_> {
    Ordered {
        format: &plan["format"],
        version: &plan["version"],
        rest: plan,
    }
}

#[derive(serde::Serialize)]
struct Ordered<'a> {
    format: &'a serde_json::Value,
    version: &'a serde_json::Value,
    rest: &'a serde_json::Value,
}
