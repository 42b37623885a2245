//! The job of these tests: in a ledger, as far as a ledger can be told what is in it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use ticket_core::Change;
use ticket_core::provider::Removal;
use ticket_jobs::plan::PlanWriter;
use ticket_jobs::{
    AccountSearch, ArchiveGuard, Erasure, Job, JobAccount, JobTicket, Ledger as _, Listed,
    MaxFailures, MemoryLedger, NewJob, Seen, Which,
};

/// When the last ticket was read.
pub(crate) const LOOKED_AT: &str = "2026-11-29T02:12:00Z";

pub(crate) const SEALED_AT: &str = "2026-11-29T02:13:00Z";

pub(crate) fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn fixture(name: &str) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fixtures.join(name)
}

/// A job that awaits confirmation, and its tickets: three at two accounts, one of them named twice.
pub(crate) async fn planned() -> (Job, Vec<JobTicket>) {
    let ledger = MemoryLedger::new();
    let mut job = NewJob::new(Change::Delete)
        .created_by("alice@ops1")
        .awaiting_confirmation();
    job.guards.max_failures = Some(MaxFailures::Tickets(20));
    job.guards.archive = Some(ArchiveGuard {
        folder: "/srv/archive".to_owned(),
        missing_ok: false,
    });
    let id = ledger.create(job).await.unwrap();
    let names = [("eu", "121"), ("lab", "7"), ("eu", "121"), ("eu", "122")];
    let listed = names.iter().zip(0..).map(|(name, seq)| Listed {
        seq,
        account: name.0.to_owned(),
        id: name.1.into(),
        version: None,
        people: Vec::new(),
    });
    ledger.add(&id, listed.collect()).await.unwrap();
    let seen: Seen = serde_json::from_value(json!({
        "at": "2026-11-29T02:11:00Z",
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "subject": "Printer \"on\" fire 🔥",
        "status": "open",
    }))
    .unwrap();
    let missing = Seen::missing(time(LOOKED_AT));
    ledger.close_list(&id).await.unwrap();
    let seen = vec![(0, seen), (3, missing)];
    ledger.see(&id, seen).await.unwrap();
    let mut eu = JobAccount::new("eu", "sweeppea://api.example.com", 100);
    eu.provider = String::from("sweeppea");
    eu.host = Some("api.example.com".to_owned());
    eu.removal = Removal::Trash {
        restorable_for: Some(Duration::from_secs(14 * 24 * 3600)),
    };
    eu.takes_along = vec!["subtasks".to_owned()];
    let mut lab = JobAccount::new("lab", "redmine://localhost:3000", 100);
    lab.provider = String::from("redmine");
    let mut as_it_will_be = ledger.job(&id).await.unwrap();
    as_it_will_be.accounts = vec![eu.clone(), lab.clone()];
    let tickets = ledger.tickets(&id, Which::Named, None, 100).await.unwrap();
    let digest = digest(&as_it_will_be, &tickets).await;
    ledger.seal(&id, vec![eu, lab], Some(digest)).await.unwrap();
    let mut job = ledger.job(&id).await.unwrap();
    let tickets = ledger.tickets(&id, Which::Named, None, 100).await.unwrap();
    assert_eq!(job.digest.as_ref(), Some(&text(&job, &tickets).1));
    // What is drawn at random and by the clock is the same in each test.
    job.id = "7f3a09c2".parse().unwrap();
    job.created_at = time("2026-11-29T02:10:00Z");
    job.sealed_at = Some(time(SEALED_AT));
    job.digest = Some(text(&job, &tickets).1);
    (job, tickets)
}

/// The same as an erasure, of which no text is kept.
pub(crate) async fn planned_erasure() -> (Job, Vec<JobTicket>) {
    let (mut job, mut tickets) = planned().await;
    let people = ["0a", "ff"].map(|digits| digits.repeat(32).parse().unwrap());
    let eu = AccountSearch::new("eu", "sweeppea").how("each ticket was read");
    let mut crm = AccountSearch::new("crm", "leadsquared");
    crm.not_searched = Some("it has no list".to_owned());
    let erasure = Erasure::new("0123456789abcdef", people);
    let erasure = erasure.search(eu).search(crm);
    job.erasure = Some(erasure.keep_archive(Duration::from_secs(30 * 24 * 3600)));
    for ticket in &mut tickets {
        ticket.people = vec![people[0]];
        if let Some(seen) = &mut ticket.seen {
            (seen.subject, seen.status) = (None, None);
            seen.created_at = Some(time("2026-01-01T00:00:00Z"));
        }
    }
    tickets[1].people.push(people[1]);
    job.digest = Some(text(&job, &tickets).1);
    (job, tickets)
}

/// The digest from a stream of tickets.
pub(crate) async fn digest(job: &Job, tickets: &[JobTicket]) -> String {
    let tickets = futures_util::stream::iter(tickets.iter().cloned().map(Ok));
    ticket_jobs::plan::digest(job, tickets).await.unwrap()
}

/// The plan's text and its digest.
pub(crate) fn text(job: &Job, tickets: &[JobTicket]) -> (String, String) {
    let mut text = Vec::new();
    let mut writer = PlanWriter::new(&mut text, job).unwrap();
    for ticket in tickets {
        writer.push(ticket).unwrap();
    }
    let digest = writer.finish().unwrap();
    (String::from_utf8(text).unwrap(), digest)
}
