//! Workers of a fleet: what they take of a ledger, and what the vendor saw.

mod dying;
mod later;

use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::Mutex;

use ticket_jobs::{EventKind, Guards, MaxFailures, Worker, WorkerEvent};
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::*;

/// What workers told, in words.
#[derive(Clone, Default)]
pub(crate) struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    fn add(&self, event: &WorkerEvent) {
        let words = match event {
            WorkerEvent::Answered => return,
            WorkerEvent::NoAnswer { .. } => "no answer".to_owned(),
            WorkerEvent::Began { account, .. } => format!("began {account}"),
            WorkerEvent::Refused { account, error, .. } => format!("refused {account}: {error}"),
            WorkerEvent::Ended {
                account,
                outcomes,
                left,
                ..
            } => format!("ended {account} {outcomes:?} {left}"),
            WorkerEvent::Unasked { unasked, .. } => {
                format!("unasked {} {:?}", unasked.account, unasked.tickets)
            }
            WorkerEvent::Lost { .. } => "lost".to_owned(),
            _ => "other".to_owned(),
        };
        self.0.lock().unwrap().push(words);
    }

    pub(crate) fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }
}

/// A worker that works.
pub(crate) struct Working {
    stop: Stop,
    task: JoinHandle<()>,
    pub(crate) told: Told,
}

impl Working {
    pub(crate) async fn finish(self) {
        self.stop.finish();
        self.task.await.unwrap();
    }
}

pub(crate) fn work(jobs: &Jobs, accounts: &Arc<Accounts>, lanes: usize) -> Working {
    let (stop, told) = (Stop::new(), Told::default());
    let names: Vec<_> = accounts.vendors.keys().cloned().collect();
    let tell = told.clone();
    let worker = Worker::new(jobs.clone(), accounts.clone(), names)
        .lanes(NonZeroUsize::new(lanes).unwrap())
        .notify(move |event| tell.add(&event));
    let task = tokio::spawn(worker.work(stop.clone()));
    Working { stop, task, told }
}

/// A job with tickets from 1 to `count` of each of these accounts.
async fn job_of(
    jobs: &Jobs,
    accounts: &Accounts,
    names: &[&str],
    count: usize,
    new: NewJob,
) -> JobId {
    let mut list = jobs.load(new).await.unwrap();
    for name in names {
        for id in 1..=count {
            let ticket: TicketRef = format!("{name}:{id}").parse().unwrap();
            list.push(ticket, None).await.unwrap();
        }
    }
    list.seal(accounts).await.unwrap()
}

fn deleting() -> NewJob {
    NewJob::new(Change::Delete)
}

/// A vendor with tickets from 1 to `count`.
fn vendor_of(count: usize) -> Vendor {
    let ids: Vec<_> = (1..=count).map(|id| id.to_string()).collect();
    Vendor::new(&ids.iter().map(String::as_str).collect::<Vec<_>>())
}

/// How often each ticket was named in a delete.
fn deletes(vendor: &Vendor) -> BTreeMap<String, usize> {
    let mut deletes = BTreeMap::new();
    for call in vendor.log() {
        let Some(ids) = call.strip_prefix("delete ") else {
            continue;
        };
        for id in ids.split(" after").next().unwrap().split(',') {
            *deletes.entry(id.to_owned()).or_default() += 1;
        }
    }
    deletes
}

async fn open(jobs: &Jobs, job: &JobId) -> u64 {
    jobs.ledger().job(job).await.unwrap().open
}

/// Waits until the job is over, for so many seconds at most.
pub(crate) async fn over(jobs: &Jobs, job: &JobId, seconds: u64) -> JobState {
    for _ in 0..seconds {
        let state = state(jobs, job).await;
        if state.is_over() {
            return state;
        }
        sleep(Duration::from_secs(1)).await;
    }
    panic!("job {job} is {} after {seconds} s", state(jobs, job).await);
}

async fn has_event(jobs: &Jobs, job: &JobId, what: EventKind) -> bool {
    let events = jobs.ledger().events(job).await.unwrap();
    events.iter().any(|event| event.what == what)
}

fn busy() -> Error {
    Error::new(ErrorKind::Unavailable, "come back later").with_effect(Effect::None)
}

#[tokio::test(start_paused = true)]
async fn worker_does_each_job_of_its_accounts_and_leaves_those_of_others() {
    let jobs = jobs();
    let (eu, us) = (vendor_of(5), vendor_of(5));
    let everywhere = Accounts::new(&jobs, [("eu", &eu), ("us", &us)]);
    let here = Accounts::new(&jobs, [("eu", &eu)]);
    let worker = work(&jobs, &here, 4);
    sleep(Duration::from_secs(10)).await;
    let first = job_of(&jobs, &everywhere, &["eu"], 3, deleting()).await;
    let second = job_of(&jobs, &everywhere, &["eu", "us"], 5, deleting()).await;
    assert_eq!(over(&jobs, &first, 20).await, JobState::Completed);
    sleep(Duration::from_secs(20)).await;
    assert_eq!(open(&jobs, &second).await, 5);
    assert_eq!(us.log(), Vec::<String>::new());
    assert_eq!(jobs.ledger().job(&second).await.unwrap().workers, 0);
    let told = worker.told.all();
    assert_eq!(told[..2], ["began eu", "began eu"]);
    let ended = |one: &&String| one.starts_with("ended");
    assert_eq!(told.iter().filter(ended).count(), 2, "{told:?}");
    worker.finish().await;
    let elsewhere = work(&jobs, &everywhere, 4);
    assert_eq!(over(&jobs, &second, 20).await, JobState::Completed);
    elsewhere.finish().await;
    assert!(eu.state().there.is_empty() && us.state().there.is_empty());
}

#[tokio::test(start_paused = true)]
async fn two_workers_share_a_job_and_send_each_ticket_once() {
    let jobs = jobs();
    let vendor = vendor_of(600);
    vendor.state().latency = Duration::from_secs(2);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job_of(&jobs, &accounts, &["eu"], 600, deleting()).await;
    let (one, other) = (work(&jobs, &accounts, 2), work(&jobs, &accounts, 2));
    sleep(Duration::from_secs(5)).await;
    assert_eq!(jobs.ledger().job(&id).await.unwrap().workers, 2);
    assert_eq!(over(&jobs, &id, 200).await, JobState::Completed);
    sleep(Duration::from_secs(5)).await;
    let deletes = deletes(&vendor);
    assert_eq!(deletes.len(), 600);
    assert!(deletes.values().all(|times| *times == 1));
    for worker in [one, other] {
        let told = worker.told.all();
        let has_done = |one: &String| one.starts_with("ended eu {\"done\"");
        assert!(told.iter().any(has_done), "{told:?}");
        worker.finish().await;
    }
    assert_eq!(
        jobs.ledger().verify(&id).await.unwrap(),
        Vec::<String>::new()
    );
}

#[tokio::test(start_paused = true)]
async fn stopped_worker_ends_what_is_in_flight_and_leaves_the_rest_free() {
    let jobs = jobs();
    let vendor = vendor_of(9);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job_of(&jobs, &accounts, &["eu"], 9, deleting()).await;
    let go = Arc::new(Notify::new());
    for _ in 0..4 {
        vendor.answer(Answer::Held(Arc::clone(&go)));
    }
    let worker = work(&jobs, &accounts, 2);
    sleep(Duration::from_secs(1)).await;
    worker.stop.finish();
    sleep(Duration::from_secs(1)).await;
    assert!(!worker.task.is_finished());
    go.notify_waiters();
    worker.finish().await;
    assert_eq!(vendor.log().len(), 4);
    assert_eq!(recorded(&jobs, &id).await[7..], ["8 deleted", "9 open"]);
    assert_eq!(jobs.ledger().job(&id).await.unwrap().workers, 0);
    let offers = jobs.ledger().offers(&["eu".to_owned()], 9).await.unwrap();
    assert_eq!(offers.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn killed_worker_loses_nothing_and_the_next_one_resolves_what_is_in_doubt() {
    let jobs = jobs();
    let vendor = vendor_of(300);
    vendor.state().latency = Duration::from_millis(700);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job_of(&jobs, &accounts, &["eu"], 300, deleting()).await;
    let mut kills = 0;
    while !state(&jobs, &id).await.is_over() {
        let worker = work(&jobs, &accounts, 2);
        sleep(Duration::from_millis(5_300)).await;
        if !state(&jobs, &id).await.is_over() {
            kills += 1;
        }
        worker.task.abort();
        sleep(Duration::from_secs(40)).await;
    }
    assert!(kills >= 2, "{kills}");
    assert!(vendor.state().there.is_empty());
    let recorded = recorded(&jobs, &id).await;
    let gone = |one: &String| one.ends_with(" deleted") || one.ends_with(" already_gone");
    assert!(recorded.iter().all(gone), "{recorded:?}");
    let again = |call: &String| call.contains("after unknown");
    assert!(vendor.log().iter().any(again));
}

#[tokio::test(start_paused = true)]
async fn account_that_is_refused_is_left_alone_until_a_person_resumes_the_job() {
    let jobs = jobs();
    let (eu, us) = (vendor_of(5), vendor_of(5));
    let accounts = Accounts::new(&jobs, [("eu", &eu), ("us", &us)]);
    let id = job_of(&jobs, &accounts, &["eu", "us"], 5, deleting()).await;
    for _ in 0..3 {
        let refused = Error::new(ErrorKind::Unauthenticated, "the key is wrong");
        eu.answer(Answer::Error(refused, false));
    }
    let worker = work(&jobs, &accounts, 4);
    sleep(Duration::from_secs(3600)).await;
    let calls = eu.log().len();
    assert!(calls <= 3, "{calls}");
    assert!(us.state().there.is_empty());
    assert_eq!(open(&jobs, &id).await, 5);
    jobs.steer(&id, Step::Resume).await.unwrap();
    assert_eq!(over(&jobs, &id, 60).await, JobState::Completed);
    assert!(eu.state().there.is_empty());
    worker.finish().await;
}

#[tokio::test(start_paused = true)]
async fn urgent_job_is_done_before_a_long_one_that_has_begun() {
    let jobs = jobs();
    let (eu, us) = (vendor_of(4_000), vendor_of(4));
    let accounts = Accounts::new(&jobs, [("eu", &eu), ("us", &us)]);
    let long = job_of(&jobs, &accounts, &["eu"], 4_000, deleting()).await;
    // One lane, which the long job has.
    let worker = work(&jobs, &accounts, 1);
    sleep(Duration::from_secs(5)).await;
    let urgent = job_of(&jobs, &accounts, &["us"], 4, deleting().priority(1)).await;
    over(&jobs, &urgent, 30).await;
    assert!(open(&jobs, &long).await > 3_000);
    over(&jobs, &long, 600).await;
    worker.finish().await;
}

#[tokio::test(start_paused = true)]
async fn jobs_of_the_same_priority_take_turns() {
    let jobs = jobs();
    let vendors = [vendor_of(8_000), vendor_of(8_000), vendor_of(8_000)];
    let named = [("a", &vendors[0]), ("b", &vendors[1]), ("c", &vendors[2])];
    let accounts = Accounts::new(&jobs, named);
    let mut ids = Vec::new();
    for name in ["a", "b", "c"] {
        ids.push(job_of(&jobs, &accounts, &[name], 8_000, deleting()).await);
    }
    let worker = work(&jobs, &accounts, 1);
    sleep(Duration::from_secs(270)).await;
    for id in &ids {
        let open = open(&jobs, id).await;
        assert!((1..8_000).contains(&open), "{open}");
    }
    worker.finish().await;
}

#[tokio::test(start_paused = true)]
async fn worker_whose_id_is_lost_begins_anew() {
    let jobs = jobs();
    let vendor = vendor_of(400);
    vendor.state().latency = Duration::from_secs(1);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job_of(&jobs, &accounts, &["eu"], 400, deleting()).await;
    let worker = work(&jobs, &accounts, 1);
    sleep(Duration::from_secs(3)).await;
    // As after a pause of the process: the ledger takes it for lost.
    let calls = jobs.ledger().calls(&id, None, 1).await.unwrap();
    let lost = calls[0].worker.unwrap();
    jobs.ledger().finish(lost).await.unwrap();
    assert_eq!(over(&jobs, &id, 300).await, JobState::Completed);
    let told = worker.told.all();
    assert!(told.contains(&"lost".to_owned()), "{told:?}");
    assert!(vendor.state().there.is_empty());
    worker.finish().await;
}

#[tokio::test(start_paused = true)]
async fn paused_job_makes_no_call_and_goes_on_when_it_is_resumed() {
    let jobs = jobs();
    let vendor = vendor_of(400);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job_of(&jobs, &accounts, &["eu"], 400, deleting()).await;
    let worker = work(&jobs, &accounts, 1);
    sleep(Duration::from_secs(3)).await;
    jobs.steer(&id, Step::Pause).await.unwrap();
    sleep(Duration::from_secs(3)).await;
    let calls = vendor.log().len();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(vendor.log().len(), calls);
    jobs.steer(&id, Step::Resume).await.unwrap();
    assert_eq!(over(&jobs, &id, 60).await, JobState::Completed);
    worker.finish().await;
}

#[tokio::test(start_paused = true)]
async fn account_with_another_key_is_refused_and_nothing_is_sent() {
    let jobs = jobs();
    let vendor = vendor_of(3);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job_of(&jobs, &accounts, &["eu"], 3, deleting()).await;
    let mut others = Accounts {
        jobs: jobs.clone(),
        vendors: accounts.vendors.clone(),
        keys: "desk#".to_owned(),
        read_only: false,
        max_delete: None,
    };
    others.keys = "elsewhere#".to_owned();
    let worker = work(&jobs, &Arc::new(others), 1);
    sleep(Duration::from_secs(100)).await;
    let told = worker.told.all();
    assert_eq!(told.len(), 2, "once a minute: {told:?}");
    assert!(told[0].contains("was desk#eu"), "{told:?}");
    assert_eq!(vendor.log(), Vec::<String>::new());
    assert_eq!(open(&jobs, &id).await, 3);
    worker.finish().await;
}

fn failing_at_most(most: u64) -> NewJob {
    let mut guards = Guards::default();
    guards.max_failures = Some(MaxFailures::Tickets(most));
    deleting().guards(guards)
}

/// How many tickets were not found, by the ledger; the vendor was asked about as many.
async fn not_found(jobs: &Jobs, id: &JobId, vendor: &Vendor) -> usize {
    let job = jobs.ledger().job(id).await.unwrap();
    let found = usize::try_from(job.counts["not_found"]).unwrap();
    assert_eq!(deletes(vendor).len(), found);
    found
}

#[tokio::test(start_paused = true)]
async fn failures_of_all_workers_together_pause_the_job() {
    let jobs = jobs();
    let vendor = vendor_of(0);
    vendor.state().latency = Duration::from_millis(500);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job_of(&jobs, &accounts, &["eu"], 600, failing_at_most(60)).await;
    let workers = [work(&jobs, &accounts, 1), work(&jobs, &accounts, 1)];
    sleep(Duration::from_secs(60)).await;
    assert_eq!(state(&jobs, &id).await, JobState::Paused);
    let first = not_found(&jobs, &id, &vendor).await;
    // Each worker has four calls in flight, of two tickets each.
    assert!((61..=60 + 2 * 2 * 8).contains(&first), "{first}");
    for worker in &workers {
        let told = worker.told.all();
        assert!(told.iter().any(|one| one.contains("not_found")), "{told:?}");
    }
    assert!(has_event(&jobs, &id, EventKind::TooManyFailures).await);
    jobs.steer(&id, Step::Resume).await.unwrap();
    sleep(Duration::from_secs(60)).await;
    assert_eq!(state(&jobs, &id).await, JobState::Paused);
    let second = not_found(&jobs, &id, &vendor).await - first;
    assert!((61..=60 + 2 * 2 * 8).contains(&second), "{second}");
    for worker in workers {
        worker.finish().await;
    }
}

#[tokio::test(start_paused = true)]
async fn ticket_that_fails_again_and_again_counts_once_among_the_failures() {
    let jobs = jobs();
    let vendor = vendor_of(3);
    vendor.state().refused.insert("2".to_owned(), busy());
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job_of(&jobs, &accounts, &["eu"], 3, failing_at_most(1)).await;
    let worker = work(&jobs, &accounts, 4);
    sleep(Duration::from_secs(3600)).await;
    assert!(deletes(&vendor)["2"] > 2);
    assert_eq!(state(&jobs, &id).await, JobState::Ready);
    vendor.state().refused.clear();
    assert_eq!(over(&jobs, &id, 7200).await, JobState::Completed);
    worker.finish().await;
}

#[tokio::test(start_paused = true)]
async fn canary_is_released_by_no_worker() {
    let jobs = jobs();
    let vendor = vendor_of(5);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let mut guards = Guards::default();
    guards.canary = Some(2);
    let id = job_of(&jobs, &accounts, &["eu"], 5, deleting().guards(guards)).await;
    let worker = work(&jobs, &accounts, 2);
    sleep(Duration::from_secs(7200)).await;
    assert_eq!(vendor.log(), ["delete 1,2"]);
    let job = jobs.ledger().job(&id).await.unwrap();
    assert_eq!((job.state, job.open, job.workers), (JobState::Ready, 3, 0));
    jobs.steer(&id, Step::Release).await.unwrap();
    assert_eq!(over(&jobs, &id, 20).await, JobState::Completed);
    assert!(vendor.state().there.is_empty());
    worker.finish().await;
}

#[tokio::test(start_paused = true)]
async fn urgent_job_whose_workers_lack_an_account_holds_nobody_up_there() {
    let jobs = jobs();
    let (eu, us) = (vendor_of(4), vendor_of(400));
    us.state().latency = Duration::from_secs(2);
    let everywhere = Accounts::new(&jobs, [("eu", &eu), ("us", &us)]);
    let elsewhere = Accounts::new(&jobs, [("us", &us)]);
    let urgent = job_of(
        &jobs,
        &everywhere,
        &["us", "eu"],
        400,
        deleting().priority(9),
    )
    .await;
    let usual = job_of(&jobs, &everywhere, &["eu"], 4, deleting()).await;
    let worker = work(&jobs, &elsewhere, 2);
    sleep(Duration::from_secs(5)).await;
    let outcomes = run(&jobs, &usual, &everywhere).await;
    assert!(eu.state().there.is_empty(), "{outcomes:?}");
    assert_eq!(state(&jobs, &usual).await, JobState::Completed);
    let job = jobs.ledger().job(&urgent).await.unwrap();
    assert_eq!(job.workers, 1);
    assert!(job.open > 400 + 100, "{}", job.open);
    worker.finish().await;
}
