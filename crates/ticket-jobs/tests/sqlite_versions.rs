//! A ledger of each version is kept as it was written: it opens, is migrated, contradicts itself nowhere and goes on.
//! `UPDATE_EXPECT=1` writes the one of the newest version anew.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]
#![cfg(feature = "sqlite")]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Connection;
use tempfile::TempDir;
use ticket_core::model::{State, Version};
use ticket_core::provider::{Removal, VendorJob};
use ticket_core::{Change, Error, ErrorKind, Operation, Outcome, TicketId};
use ticket_jobs::{
    AccountSearch, Again, ArchiveGuard, Claim, Claimed, Clock, Confirmed, Ended, Erasure, Event,
    EventKind, Guards, Job, JobAccount, JobId, JobState, JobTicket, Ledger, Listed, LookedAgain,
    NewCall, NewJob, Seen, SqliteLedger, Step, Taken, Which, Work, WorkerId,
};

const START: Timestamp = Timestamp::constant(1_800_000_000, 0);

fn fixture(version: usize) -> PathBuf {
    let fixtures = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures");
    fixtures.join(format!("ledger-{version}.db"))
}

/// The ledger of this version, copied to a folder of its own.
fn copied(version: usize) -> (PathBuf, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("jobs.db");
    fs::write(&path, fs::read(fixture(version)).unwrap()).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    }
    (path, folder)
}

/// The ledger of this version an hour later.
fn open(version: usize) -> (SqliteLedger, TempDir) {
    let (path, folder) = copied(version);
    let later = START + Duration::from_secs(3600);
    let ledger = SqliteLedger::open_with_clock(path, Clock::new(move || later)).unwrap();
    (ledger, folder)
}

/// The jobs in the order of their creation. None contradicts itself, and nobody works on one.
async fn jobs(ledger: &SqliteLedger) -> Vec<Job> {
    let mut jobs = ledger.jobs().await.unwrap();
    jobs.reverse();
    for job in &jobs {
        assert_eq!(ledger.verify(&job.id).await.unwrap(), Vec::<String>::new());
        assert_eq!((job.workers, job.change.clone()), (0, Change::Delete));
        assert_eq!(job.created_by.as_deref().unwrap(), words(job));
    }
    jobs
}

fn words(job: &Job) -> &str {
    match job.state {
        _ if job.erasure.is_some() => "erasure",
        JobState::Ready if job.guards.canary.is_none() => "ready",
        JobState::Ready if job.held_from.is_some() => "held",
        JobState::Ready => "released",
        state => state.as_str(),
    }
}

async fn named(ledger: &SqliteLedger, job: &Job) -> Vec<JobTicket> {
    let named = ledger.tickets(&job.id, Which::Named, None, 9).await;
    named.unwrap()
}

async fn claim(ledger: &SqliteLedger, worker: WorkerId) -> Vec<Claimed> {
    match ledger.claim(worker, "shop").await.unwrap() {
        Claim::Tickets(claimed) => claimed,
        other => panic!("{other:?}"),
    }
}

/// Claims and settles what is left, with nothing contradicting itself.
async fn finish(ledger: &SqliteLedger, job: &JobId) {
    let worker = ledger.begin(job).await.unwrap();
    while let Claim::Tickets(claimed) = ledger.claim(worker, "shop").await.unwrap() {
        let outcomes = claimed.iter().map(|ticket| (ticket.seq, Outcome::Done));
        ledger.settle(worker, outcomes.collect()).await.unwrap();
    }
    assert!(ledger.job(job).await.unwrap().state.is_over());
    assert_eq!(ledger.verify(job).await.unwrap(), Vec::<String>::new());
}

#[test]
fn each_version_has_a_ledger() {
    let ledger = SqliteLedger::temporary().unwrap();
    let connection = Connection::open(ledger.path()).unwrap();
    let sql = "SELECT schema_version FROM store";
    let newest: usize = connection.query_row(sql, [], |row| row.get(0)).unwrap();
    for version in 1..=newest {
        let (path, _folder) = copied(version);
        let connection = Connection::open(path).unwrap();
        let told: usize = connection.query_row(sql, [], |row| row.get(0)).unwrap();
        assert_eq!(told, version);
    }
    assert!(!fixture(newest + 1).exists());
}

#[tokio::test]
async fn ledger_of_version_1_goes_on() {
    let (ledger, _folder) = open(1);
    let jobs = jobs(&ledger).await;
    let states: Vec<_> = jobs.iter().map(|job| job.state).collect();
    let expected = [
        JobState::Loading,
        JobState::Completed,
        JobState::Ready,
        JobState::Cancelling,
    ];
    assert_eq!(states, expected);
    for job in &jobs {
        assert_eq!(job.guards, Guards::default());
        let planned = (&job.digest, &job.confirmed, job.held_from, job.sealed_at);
        assert_eq!(planned, (&None, &None, None, None));
        assert_eq!(ledger.events(&job.id).await.unwrap(), []);
        let named = named(&ledger, job).await;
        assert_eq!(named.len(), 4);
        let is_plain = |ticket: &JobTicket| ticket.seen.is_none() && ticket.archived.is_none();
        assert!(named.iter().all(is_plain));
        // A delete of the ticket at place 3 was sent of all jobs but the first.
        let calls = ledger.calls(&job.id, None, 9).await.unwrap();
        let last = calls.last().map(|call| call.id);
        let told = named
            .iter()
            .map(|ticket| (ticket.attempts, ticket.last_call));
        let expected = [
            (0, None),
            (0, None),
            (0, None),
            (u64::from(last.is_some()), last),
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }
    let named = named(&ledger, &jobs[1]).await;
    let told = |place: usize| named[place].outcome.as_ref().unwrap();
    assert_eq!(told(1).error().unwrap().status(), Some(409));
    assert_eq!((named[2].repeats, told(2).as_str()), (Some(0), "done"));
    // The worker of the last two is lost: what it had comes to another, with its doubt.
    for (job, open) in [(&jobs[2], 2), (&jobs[3], 1)] {
        let worker = ledger.begin(&job.id).await.unwrap();
        let claimed = claim(&ledger, worker).await;
        assert_eq!(claimed.len(), open);
        let last = claimed.last().unwrap();
        assert_eq!((last.seq, last.in_doubt), (3, Some(Duration::ZERO)));
        ledger.finish(worker).await.unwrap();
        finish(&ledger, &job.id).await;
    }
}

#[tokio::test]
async fn ledger_of_version_2_goes_on() {
    let (ledger, _folder) = open(2);
    let jobs = jobs(&ledger).await;
    assert!(jobs.iter().all(|job| job.erasure.is_none()));
    go_on(&ledger, &jobs).await;
}

#[tokio::test]
async fn ledger_of_version_3_goes_on() {
    let (ledger, _folder) = open(3);
    let jobs = jobs(&ledger).await;
    assert!(jobs.iter().all(|job| job.priority == 0));
    go_on_with_erasures(&ledger, jobs).await;
}

#[tokio::test]
async fn ledger_of_version_4_goes_on() {
    let (ledger, _folder) = open(4);
    let jobs = jobs(&ledger).await;
    go_on_with_later(&ledger, jobs).await;
}

#[tokio::test]
async fn ledger_of_version_5_goes_on() {
    let (ledger, _folder) = open(5);
    let jobs = jobs(&ledger).await;
    go_on_with_accepted(&ledger, jobs).await;
}

#[tokio::test]
async fn ledger_of_version_6_goes_on() {
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("jobs.db");
        write(&path).await;
        fs::copy(&path, fixture(6)).unwrap();
    }
    let (ledger, _folder) = open(6);
    let jobs = jobs(&ledger).await;
    go_on_with_accepted(&ledger, jobs).await;
}

async fn go_on_with_accepted(ledger: &SqliteLedger, mut jobs: Vec<Job>) {
    let accepted = jobs.pop().unwrap();
    let worker = ledger.begin(&accepted.id).await.unwrap();
    let job = claim(ledger, worker).await[0].accepted.clone();
    assert_eq!(job, Some(VendorJob::new("V3-1")));
    ledger.finish(worker).await.unwrap();
    finish(ledger, &accepted.id).await;
    go_on_with_later(ledger, jobs).await;
}

async fn go_on_with_later(ledger: &SqliteLedger, mut jobs: Vec<Job>) {
    let later = jobs.pop().unwrap();
    assert_eq!(later.priority, 3);
    let worker = ledger.begin(&later.id).await.unwrap();
    let put_back = claim(ledger, worker).await[0].put_back.unwrap();
    assert_eq!((put_back.times, put_back.since), (1, START));
    ledger.finish(worker).await.unwrap();
    finish(ledger, &later.id).await;
    go_on_with_erasures(ledger, jobs).await;
}

/// The jobs that a ledger of version 3 has are as they were written, and go on.
async fn go_on_with_erasures(ledger: &SqliteLedger, mut jobs: Vec<Job>) {
    let erasures = jobs.split_off(JOBS.len());
    go_on(ledger, &jobs).await;
    let looked = Some(LookedAgain::new(START, Again::Gone));
    for (job, looked) in erasures.iter().zip([None, looked]) {
        assert_eq!(job.erasure, Some(erasure()));
        let named = named(ledger, job).await;
        let told = named
            .iter()
            .map(|one| (one.people.clone(), &one.looked_again));
        let (ada, bob) = (erasure().people[0], erasure().people[1]);
        let first = (vec![ada], &looked);
        let expected = [first.clone(), (vec![ada, bob], &None), first];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        let seen = named[0].seen.as_ref().unwrap();
        assert_eq!(seen.created_at, Some(START));
    }
    assert_eq!(erasures.len(), 2);
    finish(ledger, &erasures[0].id).await;
    let looks = vec![(1, LookedAgain::new(START, Again::There))];
    for job in &erasures {
        ledger.looked_again(&job.id, looks.clone()).await.unwrap();
        let named = named(ledger, job).await;
        assert_eq!(named[1].looked_again, Some(looks[0].1.clone()));
    }
}

/// The jobs that a ledger of version 2 has are as they were written, and go on.
async fn go_on(ledger: &SqliteLedger, jobs: &[Job]) {
    let words: Vec<_> = jobs.iter().map(words).collect();
    assert_eq!(words, JOBS);
    for job in jobs {
        assert_eq!(job.guards, guards());
        let what = job.created_by.as_deref().unwrap();
        let is_sealed = what != "loading";
        assert_eq!(job.sealed_at, is_sealed.then_some(START), "{what}");
        assert_eq!(job.digest.as_deref(), is_sealed.then_some("d1"), "{what}");
        let is_confirmed = !["loading", "awaiting_confirmation", "cancelled"].contains(&what);
        assert_eq!(job.confirmed, is_confirmed.then(confirmed), "{what}");
        let held_from = ["awaiting_confirmation", "held", "paused"].contains(&what);
        assert_eq!(job.held_from, held_from.then_some(3), "{what}");
        let named = named(ledger, job).await;
        let seen: Vec<_> = named.iter().map(|ticket| ticket.seen.clone()).collect();
        let (found, missing) = (Some(found()), Some(Seen::missing(START)));
        assert_eq!(seen, [found.clone(), missing, found, None], "{what}");
        let events = ledger.events(&job.id).await.unwrap();
        assert_eq!(events.first(), Some(&planned()), "{what}");
        if !is_sealed {
            continue;
        }
        let account = &job.accounts[0];
        assert_eq!((account.tickets, account.removal), (3, trash()));
        assert_eq!(account.host.as_deref(), Some("api.example.org"));
        assert_eq!(account.takes_along, ["subtasks"]);
        let archived = named[0].archived.as_ref().map(|one| one.sha256.as_str());
        assert_eq!(archived, is_confirmed.then_some("aa"), "{what}");
        assert_eq!(named[1].attempts, u64::from(is_confirmed), "{what}");
        let calls = ledger.calls(&job.id, None, 9).await.unwrap();
        let last = calls.last().map(|call| call.id);
        assert_eq!(named[1].last_call, last, "{what}");
    }
    let job = |what: &str| {
        let place = JOBS.iter().position(|one| *one == what).unwrap();
        &jobs[place].id
    };
    let begun = ledger.begin(job("awaiting_confirmation")).await;
    assert_eq!(begun.unwrap_err().kind(), ErrorKind::Conflict);
    let awaiting = job("awaiting_confirmation");
    ledger.confirm(awaiting, confirmed()).await.unwrap();
    ledger.steer(job("paused"), Step::Resume).await.unwrap();
    for (what, in_doubt) in [
        ("awaiting_confirmation", None),
        ("held", Some(Duration::ZERO)),
        ("paused", Some(Duration::ZERO)),
    ] {
        let worker = ledger.begin(job(what)).await.unwrap();
        let claimed = claim(ledger, worker).await;
        let last = claimed.last().unwrap();
        assert_eq!((last.seq, last.in_doubt), (1, in_doubt), "{what}");
        assert_eq!(last.seen, Some(Seen::missing(START)), "{what}");
        let claim = ledger.claim(worker, "shop").await.unwrap();
        assert!(matches!(claim, Claim::Held), "{what}: {claim:?}");
        ledger.finish(worker).await.unwrap();
        ledger.steer(job(what), Step::Release).await.unwrap();
    }
    for what in [
        "awaiting_confirmation",
        "held",
        "released",
        "paused",
        "cancelling",
    ] {
        finish(ledger, job(what)).await;
    }
}

/// The jobs of the ledger of version 2, and the first ones of version 3.
const JOBS: &[&str] = &[
    "loading",
    "awaiting_confirmation",
    "held",
    "released",
    "paused",
    "completed",
    "cancelling",
    "cancelled",
];

fn guards() -> Guards {
    let mut guards = Guards::default();
    guards.only_state = Some(State::Closed);
    guards.if_unchanged = true;
    guards.max_failures = Some("3".parse().unwrap());
    guards.canary = Some(2);
    guards.archive = Some(ArchiveGuard {
        folder: "/srv/archive".to_owned(),
        missing_ok: false,
    });
    guards
}

fn confirmed() -> Confirmed {
    let approval = serde_json::json!({"reason": "DSR-4711"});
    Confirmed::new(START, "ada@host").approval(approval)
}

fn found() -> Seen {
    let mut seen = Seen::missing(START);
    seen.sha256 = Some("ab12".to_owned());
    seen.subject = Some("Printer on fire".to_owned());
    seen.status = Some("closed".to_owned());
    seen.version = Some(Version::new("7"));
    seen
}

fn planned() -> Event {
    let mut event = Event::new(START, EventKind::Planned);
    event.by = Some("ada@host, tickets 0.1.0".to_owned());
    event
}

fn trash() -> Removal {
    let restorable_for = Some(Duration::from_secs(86_400));
    Removal::Trash { restorable_for }
}

async fn write(path: &Path) {
    let ledger = SqliteLedger::open_with_clock(path, Clock::new(|| START)).unwrap();
    for what in JOBS {
        let new = NewJob::new(Change::Delete)
            .created_by(*what)
            .guards(guards())
            .awaiting_confirmation();
        let job = ledger.create(new).await.unwrap();
        let listed = [(0, "1"), (1, "2"), (2, "1"), (3, "3")].map(|(seq, id)| Listed {
            seq,
            account: "shop".to_owned(),
            id: id.into(),
            version: None,
            people: Vec::new(),
        });
        ledger.add(&job, listed.to_vec()).await.unwrap();
        ledger.close_list(&job).await.unwrap();
        let seen = vec![(0, found()), (1, Seen::missing(START))];
        ledger.see(&job, seen).await.unwrap();
        ledger.note(&job, planned()).await.unwrap();
        if *what == "loading" {
            continue;
        }
        let mut account = JobAccount::new("shop", "redmine/shop", 9);
        "redmine".clone_into(&mut account.provider);
        account.host = Some("api.example.org".to_owned());
        account.removal = trash();
        account.takes_along = vec!["subtasks".to_owned()];
        let digest = Some("d1".to_owned());
        ledger.seal(&job, vec![account], digest).await.unwrap();
        match *what {
            "awaiting_confirmation" => continue,
            "cancelled" => {
                ledger.steer(&job, Step::Cancel).await.unwrap();
                continue;
            }
            _ => ledger.confirm(&job, confirmed()).await.unwrap(),
        }
        let event = Event::new(START, EventKind::Confirmed);
        ledger.note(&job, event).await.unwrap();
        write_work(&ledger, &job, what).await;
    }
    for is_over in [false, true] {
        write_erasure(&ledger, is_over).await;
    }
    write_later(&ledger).await;
    write_accepted(&ledger).await;
}

/// A job whose ticket is to be tried later.
async fn write_later(ledger: &SqliteLedger) {
    let new = NewJob::new(Change::Delete).created_by("ready").priority(3);
    let job = ledger.create(new).await.unwrap();
    let ticket = Listed {
        seq: 0,
        account: "shop".to_owned(),
        id: "1".into(),
        version: None,
        people: Vec::new(),
    };
    ledger.add(&job, vec![ticket]).await.unwrap();
    let account = JobAccount::new("shop", "redmine/shop", 9);
    ledger.seal(&job, vec![account], None).await.unwrap();
    let worker = ledger.begin(&job).await.unwrap();
    claim(ledger, worker).await;
    let wait = Duration::from_secs(60);
    ledger.put_back(worker, "shop", wait).await.unwrap();
    ledger.finish(worker).await.unwrap();
}

/// The work of a worker that never came back, of which the vendor accepted a delete.
async fn write_accepted(ledger: &SqliteLedger) {
    let new = NewJob::new(Change::Delete).created_by("ready");
    let job = ledger.create(new).await.unwrap();
    let ticket = Listed {
        seq: 0,
        account: "shop".to_owned(),
        id: "1".into(),
        version: None,
        people: Vec::new(),
    };
    ledger.add(&job, vec![ticket]).await.unwrap();
    let account = JobAccount::new("shop", "zendesk/shop", 9);
    ledger.seal(&job, vec![account], None).await.unwrap();
    let worker = ledger.begin(&job).await.unwrap();
    claim(ledger, worker).await;
    let call = NewCall {
        account: "zendesk/shop".to_owned(),
        limits: Vec::new(),
        operation: Operation::Delete,
        requests: 1,
        tickets: vec![TicketId::new("1")],
        longest: Duration::from_secs(30),
        work: Some(Work {
            job: job.clone(),
            worker,
            account: "shop".to_owned(),
        }),
    };
    let Taken::Slot(call, _) = ledger.take(call).await.unwrap() else {
        panic!("no slot");
    };
    let ended = Ended::Accepted {
        job: VendorJob::new("V3-1"),
        status: Some(200),
    };
    ledger.end(call, ended).await.unwrap();
}

fn erasure() -> Erasure {
    let people = ["0a".repeat(32), "ff".repeat(32)];
    let people = people.iter().map(|person| person.parse().unwrap());
    let search = AccountSearch::new("shop", "redmine").how("each ticket was read");
    Erasure::new("0123456789abcdef", people)
        .search(search)
        .keep_archive(Duration::from_secs(30 * 86_400))
        .look_again_after(Duration::from_secs(90))
}

/// An erasure whose first ticket is deleted. If it is over, so is the second one, and the first was looked at again.
async fn write_erasure(ledger: &SqliteLedger, is_over: bool) {
    let new = NewJob::erasure(erasure()).created_by("erasure");
    let job = ledger.create(new).await.unwrap();
    let (ada, bob) = (erasure().people[0], erasure().people[1]);
    let tickets = [("1", vec![ada]), ("2", vec![ada, bob]), ("1", vec![bob])];
    let listed = tickets
        .into_iter()
        .zip(0..)
        .map(|((id, people), seq)| Listed {
            seq,
            account: "shop".to_owned(),
            id: id.into(),
            version: None,
            people,
        });
    ledger.add(&job, listed.collect()).await.unwrap();
    ledger.close_list(&job).await.unwrap();
    let mut seen = Seen::missing(START);
    seen.sha256 = Some("ab12".to_owned());
    seen.created_at = Some(START);
    ledger.see(&job, vec![(0, seen)]).await.unwrap();
    let account = JobAccount::new("shop", "redmine/shop", 9);
    let digest = Some("d1".to_owned());
    ledger.seal(&job, vec![account], digest).await.unwrap();
    ledger.confirm(&job, confirmed()).await.unwrap();
    let worker = ledger.begin(&job).await.unwrap();
    claim(ledger, worker).await;
    let outcomes = if is_over { 0..2 } else { 0..1 };
    let outcomes = outcomes.map(|seq| (seq, Outcome::Done)).collect();
    ledger.settle(worker, outcomes).await.unwrap();
    ledger.finish(worker).await.unwrap();
    if is_over {
        let looks = vec![(0, LookedAgain::new(START, Again::Gone))];
        ledger.looked_again(&job, looks).await.unwrap();
    }
}

/// The work of a worker that never came back: a call about the ticket at place 1, and the outcome of the one at place 0.
async fn write_work(ledger: &SqliteLedger, job: &JobId, what: &str) {
    let worker = ledger.begin(job).await.unwrap();
    claim(ledger, worker).await;
    let entries = vec![(0, "aa".to_owned())];
    ledger.archived(worker, entries).await.unwrap();
    let call = NewCall {
        account: "redmine/shop".to_owned(),
        limits: Vec::new(),
        operation: Operation::Delete,
        requests: 1,
        tickets: vec![TicketId::new("2")],
        longest: Duration::from_secs(30),
        work: Some(Work {
            job: job.clone(),
            worker,
            account: "shop".to_owned(),
        }),
    };
    ledger.take(call).await.unwrap();
    let outcomes = vec![(0, Outcome::Done)];
    ledger.settle(worker, outcomes).await.unwrap();
    match what {
        "released" => {
            ledger.steer(job, Step::Release).await.unwrap();
        }
        "paused" => {
            ledger.steer(job, Step::Pause).await.unwrap();
        }
        "completed" => {
            ledger.steer(job, Step::Release).await.unwrap();
            claim(ledger, worker).await;
            let error = Error::new(ErrorKind::Conflict, "locked").with_status(409);
            let outcomes = vec![(1, Outcome::Failed(error)), (3, Outcome::AlreadyDone)];
            ledger.settle(worker, outcomes).await.unwrap();
        }
        "cancelling" => {
            ledger.steer(job, Step::Cancel).await.unwrap();
        }
        _ => {}
    }
}
