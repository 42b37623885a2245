//! The eraser keeps no person.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use tempfile::TempDir;
use ticket_core::model::Status;
use ticket_core::provider::Removal;
use ticket_core::{CallContext, Change, Error, ErrorKind, Outcome, TicketRef};
use ticket_jobs::erase::ErasureKey;
use ticket_jobs::plan::{Plan, PlanWriter};
use ticket_jobs::{
    Clock, Erasure, Guards, JobId, JobState, Jobs, Look, NewJob, SqliteLedger, Step, Which, report,
    tickets,
};

use super::{ada, confirm, erasure, fates, vendor};
use crate::vendor::{Accounts, Answer, Vendor};
use crate::{jobs, run, state};

const ADDRESS: &str = "ada@example.org";

/// What would tell of the person: the address, plain and encoded, and what the ticket says.
const TELLING: &[&str] = &[
    ADDRESS,
    "Ada@Example.org",
    "ada%40example.org",
    "YWRhQGV4YW1wbGUub3Jn",
    "example.org",
    // Its digest without a key, which anybody can compute.
    "cfe00dde46ef942601ffafb9e2825e802858b460e586b8305b344c1eb826357d",
    "Subject of",
    "waiting for",
];

/// Which of these words are in the files of this folder, or of those in it.
fn found_in(folder: &Path, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(found_in(&path, words));
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        for word in words {
            let is_there = bytes
                .windows(word.len())
                .any(|part| part == word.as_bytes());
            found.extend(is_there.then(|| format!("{word} in {}", path.display())));
        }
    }
    found
}

fn of_the_person(kind: ErrorKind) -> Error {
    Error::new(kind, "refused: ada@example.org is waiting for an answer")
        .with_status(499)
        .with_vendor_message("Subject of Ada@Example.org")
        .with_source(std::io::Error::other(ADDRESS))
}

struct Place {
    folder: TempDir,
    jobs: Jobs,
    key: ErasureKey,
    eu: Vendor,
    accounts: Arc<Accounts>,
}

/// A ledger in a file, and a vendor all of whose words tell of the person.
fn place() -> Place {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::from(Timestamp::from_second(1_800_000_000).unwrap());
    fs::create_dir(folder.path().join("ledger")).unwrap();
    let path = folder.path().join("ledger/jobs.db");
    let jobs = Jobs::new(Arc::new(
        SqliteLedger::open_with_clock(path, clock).unwrap(),
    ));
    let key = ErasureKey::load_or_create(&folder.path().join("keys/erasure")).unwrap();
    let mut eu = vendor(&["1", "2", "3", "4", "5", "6"], Removal::Permanent);
    eu.info.limits.clear();
    for id in ["1", "2", "3", "4", "5", "6"] {
        let text = format!("{ADDRESS} is waiting for an answer");
        eu.state().texts.insert(id.to_owned(), text);
    }
    let status = Status::Other("waiting for ada@example.org".to_owned());
    eu.state().statuses.insert("2".to_owned(), status);
    let accounts = Accounts::new(&jobs, [("eu", &eu)]);
    Place {
        folder,
        jobs,
        key,
        eu,
        accounts,
    }
}

impl Place {
    fn erasure(&self) -> Erasure {
        let mut erasure = Erasure::new(self.key.id(), [self.key.person(ADDRESS)]);
        let failed = of_the_person(ErrorKind::Server);
        erasure.searches = super::erasure().searches;
        let us = ticket_jobs::AccountSearch::new("us", "desk").not_searched(&failed);
        erasure.search(us).look_again_after(Duration::ZERO)
    }

    /// An erasure of the tickets 1 to 6, of which only those in this state are deleted. One of them could not be looked at.
    async fn planned(&self, guards: Guards) -> JobId {
        let person = vec![self.key.person(ADDRESS)];
        let ids = (1..=6).map(|id| (TicketRef::new("eu", id.to_string()), person.clone()));
        let new = NewJob::erasure(self.erasure()).guards(guards);
        let list = self.jobs.erase(new, ids).await.unwrap();
        self.eu.state().reads_fail = Some(of_the_person(ErrorKind::Forbidden));
        let context = CallContext::new();
        let look = || list.look(&*self.accounts, &context, Look::All, |_| {});
        let failed = look().await.unwrap();
        assert!(failed.failed > 0);
        let shown = format!("{:?}", failed.errors);
        assert!(TELLING.iter().all(|word| !shown.contains(word)), "{shown}");
        self.eu.state().reads_fail = None;
        assert!(look().await.unwrap().found > 0);
        list.seal(&*self.accounts).await.unwrap()
    }

    /// What a second person is shown to approve.
    async fn exported(&self, job: &JobId) -> Vec<u8> {
        let ledger = self.jobs.ledger();
        let job = ledger.job(job).await.unwrap();
        let mut bytes = Vec::new();
        let mut writer = PlanWriter::new(&mut bytes, &job).unwrap();
        let mut all = tickets(&**ledger, &job.id, Which::Named);
        while let Some(ticket) = all.try_next().await.unwrap() {
            writer.push(&ticket).unwrap();
        }
        drop(all);
        writer.finish().unwrap();
        bytes
    }
}

/// The address of the person, and what their tickets say, are in no file: neither while the job is worked on nor afterwards.
#[tokio::test(start_paused = true)]
async fn nothing_that_an_erasure_writes_tells_of_the_person() {
    let place = place();
    let (jobs, eu, accounts) = (&place.jobs, &place.eu, &place.accounts);
    let mut guards = Guards::default();
    guards.only_state = Some(ticket_core::model::State::Open);
    let id = place.planned(guards.clone()).await;
    let plan = place.exported(&id).await;
    confirm(jobs, accounts, &id).await;
    // 2 has another status, 3 is refused, the call about 4 is lost, and then the credentials are refused.
    let refused = of_the_person(ErrorKind::Forbidden);
    eu.state().refused.insert("3".to_owned(), refused);
    eu.answer(Answer::Error(
        of_the_person(ErrorKind::Unauthenticated),
        false,
    ));
    let outcomes = run(jobs, &id, accounts).await;
    let mut shown = vec![format!("{outcomes:?}")];
    let suspended = jobs.ledger().accounts().await.unwrap();
    shown.push(format!("{suspended:?}"));
    assert!(
        suspended.iter().any(|one| one.suspended.is_some()),
        "{shown:?}"
    );
    eu.answer(Answer::Error(of_the_person(ErrorKind::Server), true));
    run(jobs, &id, accounts).await;
    while !state(jobs, &id).await.is_over() {
        run(jobs, &id, accounts).await;
    }
    eu.state().reads_fail = Some(of_the_person(ErrorKind::Forbidden));
    super::look_again(jobs, accounts, &id).await;
    shown.push(format!("{:?}", jobs.erased(&id).await.unwrap()));
    assert_eq!(state(jobs, &id).await, JobState::Completed);
    let job = jobs.ledger().job(&id).await.unwrap();
    let rows = jobs.ledger().tickets(&id, Which::Named, None, 9).await;
    shown.push(format!("{job:?} {:?}", rows.unwrap()));
    // One that is cancelled before it is confirmed, and one that is discarded.
    let cancelled = place.planned(guards).await;
    jobs.steer(&cancelled, Step::Cancel).await.unwrap();
    let list = jobs.erase(NewJob::erasure(place.erasure()), []).await;
    list.unwrap().discard().await.unwrap();

    let options = report::Options::new(jobs.ledger().now(), "alice@ops1", "tickets 0.1.0");
    let folder = place.folder.path().join("ledger/report");
    report::write(&**jobs.ledger(), &id, &folder, &options)
        .await
        .unwrap();
    fs::write(place.folder.path().join("ledger/plan.json"), &plan).unwrap();
    fs::write(place.folder.path().join("ledger/shown"), shown.concat()).unwrap();
    let said = fates(jobs, &id).await.join(" ");
    for fate in ["not_confirmed", "failed"] {
        assert!(said.contains(fate), "{said}");
    }
    // While the ledger is open, with what is not yet moved from its log, and closed.
    let ledger = place.folder.path().join("ledger");
    assert!(ledger.join("jobs.db-wal").metadata().unwrap().len() > 0);
    assert_eq!(found_in(&ledger, TELLING), Vec::<String>::new());
    let person = place.key.person(ADDRESS).to_string();
    let by_hash = found_in(&ledger, &[&person]);
    assert!(by_hash.len() >= 2, "{by_hash:?}");
    // The plan is what was confirmed, and stays so.
    assert_eq!(Plan::read(&*plan).unwrap().digest, job.digest.unwrap());
    assert_eq!(jobs.verify(&id).await.unwrap(), Vec::<String>::new());
    let Place { folder, .. } = place;
    assert_eq!(
        found_in(&folder.path().join("ledger"), TELLING),
        Vec::<String>::new()
    );
}

/// What the test above looks for is found where it is: the same job is no erasure, and keeps it.
#[tokio::test(start_paused = true)]
async fn any_other_job_keeps_subjects_statuses_and_what_the_vendor_says() {
    let place = place();
    let (jobs, eu, accounts) = (&place.jobs, &place.eu, &place.accounts);
    let mut list = jobs.load(NewJob::new(Change::Delete)).await.unwrap();
    for id in ["2", "3"] {
        list.push(TicketRef::new("eu", id), None).await.unwrap();
    }
    list.close().await.unwrap();
    let context = CallContext::new();
    let looked = list.look(&**accounts, &context, Look::All, |_| {});
    assert_eq!(looked.await.unwrap().found, 2);
    let id = list.seal(&**accounts).await.unwrap();
    let refused = of_the_person(ErrorKind::Forbidden);
    eu.state().refused.insert("3".to_owned(), refused);
    run(jobs, &id, accounts).await;
    let found = found_in(&place.folder.path().join("ledger"), TELLING);
    for word in [ADDRESS, "Subject of", "waiting for"] {
        assert!(found.iter().any(|one| one.starts_with(word)), "{found:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn errors_of_an_erasure_say_what_happened_in_words_of_this_program() {
    let jobs = jobs();
    let eu = vendor(&["1", "2", "3", "4", "5"], Removal::Permanent);
    let accounts = Accounts::new(&jobs, [("eu", &eu)]);
    let found = ["eu:1", "eu:2", "eu:3", "eu:4"].map(|one| (one, ada()));
    let mut guards = Guards::default();
    guards.if_unchanged = true;
    let found = found.map(|(ticket, person)| (ticket.parse().unwrap(), vec![person]));
    let list = jobs
        .erase(NewJob::erasure(erasure()).guards(guards), found)
        .await;
    let list = list.unwrap();
    let context = CallContext::new();
    let looked = list.look(&*accounts, &context, Look::All, |_| {}).await;
    assert_eq!(looked.unwrap().found, 4);
    let id = list.seal(&*accounts).await.unwrap();
    confirm(&jobs, &accounts, &id).await;
    let of_ada = |kind, status| {
        Error::new(kind, "refused for ada@example.org")
            .with_status(status)
            .with_vendor_message("Ticket of ada@example.org")
    };
    {
        let mut state = eu.state();
        state.texts.insert("1".to_owned(), "changed".to_owned());
        let refused = [
            ("2", of_ada(ErrorKind::Conflict, 409)),
            ("3", of_ada(ErrorKind::Forbidden, 403)),
        ];
        let refused = refused.map(|(id, error)| (id.to_owned(), error));
        state.refused = refused.into();
    }
    let outcomes = run(&jobs, &id, &accounts).await;
    let words = |outcome: &Outcome| outcome.error().map(ToString::to_string);
    let told = outcomes.iter().flatten().map(|one| words(&one.outcome));
    let told: Vec<_> = told.flatten().collect();
    assert!(told.len() >= 3, "{told:?}");
    assert!(told.iter().all(|words| !words.contains("ada")), "{told:?}");
    let rows = jobs.ledger().tickets(&id, Which::Named, None, 9);
    let rows = rows.await.unwrap();
    let first = rows[0].outcome.as_ref().and_then(words);
    let expected = "1: not changed: it is not as it was when it was planned";
    assert_eq!(first.as_deref(), Some(expected));
    let kept: Vec<_> = rows.iter().filter_map(|row| row.outcome.as_ref()).collect();
    let kept: Vec<_> = kept.iter().filter_map(|one| one.error()).collect();
    assert!(
        kept.iter().any(|error| error.status() == Some(403)),
        "{kept:?}"
    );
    assert!(kept.iter().all(|error| error.vendor_message().is_none()));
}
