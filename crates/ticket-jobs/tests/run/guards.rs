//! Plans and guards: what is looked at, confirmed, checked, archived, held back.

use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use futures_util::StreamExt as _;
use ticket_core::bulk::{BulkOptions, Notice};
use ticket_core::model::{State, Status};
use ticket_core::provider::{Capabilities, Limit, NotFound, Support};
use ticket_core::{CallContext, Change, Error, ErrorKind, Operation, Stop, TicketRef};
use ticket_jobs::archive::Archive;
use ticket_jobs::{
    ArchiveGuard, Confirmed, EventKind, Guards, JobId, JobState, Jobs, Loading, Look, NewJob,
    PLAN_LASTS, Step, Which,
};
use tokio::time::{Instant, advance};

use crate::vendor::{Accounts, Answer, Vendor};
use crate::{jobs, recorded, run, run_with, state, told};

pub(crate) async fn list(jobs: &Jobs, job: NewJob, tickets: &[&str]) -> Loading {
    let mut list = jobs.load(job).await.unwrap();
    for ticket in tickets {
        let ticket: TicketRef = ticket.parse().unwrap();
        list.push(ticket, None).await.unwrap();
    }
    list.close().await.unwrap();
    list
}

pub(crate) async fn guarded(
    jobs: &Jobs,
    accounts: &Accounts,
    guards: Guards,
    tickets: &[&str],
) -> JobId {
    let job = NewJob::new(Change::Delete).guards(guards);
    let list = list(jobs, job, tickets).await;
    list.seal(accounts).await.unwrap()
}

fn no_answer() -> Error {
    Error::new(ErrorKind::Connect, "no connection")
}

pub(crate) fn deletes(vendor: &Vendor) -> Vec<String> {
    let mut log = vendor.log();
    log.retain(|line| line.starts_with("delete"));
    log
}

#[tokio::test(start_paused = true)]
async fn only_tickets_in_the_state_are_changed() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2", "3"]);
    let own = Status::Other("waiting for Godot".to_owned());
    vendor.state().statuses = [("2".to_owned(), Status::Closed), ("3".to_owned(), own)].into();
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let mut guards = Guards::default();
    guards.only_state = Some(State::Closed);
    let id = guarded(&jobs, &accounts, guards, &["eu:1", "eu:2", "eu:3"]).await;
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(
        told(&outcomes),
        ["eu:1 failed", "eu:2 deleted", "eu:3 failed"]
    );
    assert_eq!(deletes(&vendor), ["delete 2"]);
    assert_eq!(state(&jobs, &id).await, JobState::Completed);
}

#[tokio::test(start_paused = true)]
async fn ticket_that_changed_since_it_was_looked_at_is_not_changed() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let mut guards = Guards::default();
    guards.if_unchanged = true;
    let job = NewJob::new(Change::Delete).guards(guards);
    let list = list(&jobs, job, &["eu:1", "eu:2", "eu:9"]).await;
    let looked = list
        .look(&*accounts, &CallContext::new(), Look::All, |_| {})
        .await
        .unwrap();
    assert_eq!((looked.found, looked.missing, looked.failed), (2, 1, 0));
    let id = list.seal(&*accounts).await.unwrap();
    let on_hold = ("2".to_owned(), Status::OnHold);
    vendor.state().statuses.extend([on_hold]);
    // Another ticket has the id now.
    vendor.state().there.insert("9".to_owned());
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(
        told(&outcomes),
        ["eu:1 deleted", "eu:2 failed", "eu:9 failed"]
    );
    assert_eq!(deletes(&vendor), ["delete 1"]);
}

#[tokio::test(start_paused = true)]
async fn ticket_that_could_not_be_looked_at_is_not_changed_also_where_the_vendor_compares_versions()
{
    let jobs = jobs();
    let mut vendor = Vendor::new(&["1"]);
    let delete = Support::new().not_found(NotFound::Gone).conditional();
    let get = Support::new().not_found(NotFound::Gone);
    vendor.info.capabilities = Capabilities::none()
        .with(Operation::Get, get)
        .with(Operation::Delete, delete);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let mut guards = Guards::default();
    guards.if_unchanged = true;
    let job = NewJob::new(Change::Delete).guards(guards);
    let list = list(&jobs, job, &["eu:1"]).await;
    vendor.state().reads_fail = Some(no_answer());
    let context = CallContext::new();
    let looked = list.look(&*accounts, &context, Look::All, |_| {}).await;
    assert_eq!(looked.unwrap().failed, 1);
    vendor.state().reads_fail = None;
    let id = list.seal(&*accounts).await.unwrap();
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(told(&outcomes), ["eu:1 failed"]);
    assert!(deletes(&vendor).is_empty());
}

#[tokio::test(start_paused = true)]
async fn sample_looks_at_the_ends_of_each_account() {
    let jobs = jobs();
    let ids: Vec<_> = (1..=30).map(|id| id.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let (eu, us) = (Vendor::new(&ids), Vendor::new(&["7"]));
    let accounts = Accounts::new(&jobs, [("eu", &eu), ("us", &us)]);
    let mut tickets: Vec<_> = ids.iter().map(|id| format!("eu:{id}")).collect();
    tickets.push("us:7".to_owned());
    let tickets: Vec<_> = tickets.iter().map(String::as_str).collect();
    let job = NewJob::new(Change::Delete).awaiting_confirmation();
    let list = list(&jobs, job, &tickets).await;
    assert_eq!(list.reads(Look::Sample), 11);
    let context = CallContext::new();
    let looked = list.look(&*accounts, &context, Look::Sample, |_| {});
    assert_eq!(looked.await.unwrap().found, 11);
    let mut log = eu.log();
    log.sort_by_key(|line| line.split(' ').nth(1).unwrap().parse::<u32>().unwrap());
    let ends = (1..=5).chain(26..=30).map(|id| format!("get {id}"));
    assert_eq!(log, ends.collect::<Vec<_>>());
    let id = list.seal(&*accounts).await.unwrap();
    let rows = jobs.ledger().tickets(&id, Which::Named, None, 99).await;
    let rows = rows.unwrap();
    let seen: Vec<_> = rows.iter().filter_map(|row| row.seen.as_ref()).collect();
    assert_eq!(seen.len(), 11);
    assert_eq!(seen[0].subject.as_deref(), Some("Subject of 1"));
    assert!(!format!("{seen:?}").contains("Subject"), "{seen:?}");
}

#[tokio::test(start_paused = true)]
async fn plan_is_confirmed_only_as_it_was_made() {
    let jobs = jobs().acting_as("alice@ops1");
    let vendor = Vendor::new(&["1"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let plan = async || {
        let job = NewJob::new(Change::Delete).awaiting_confirmation();
        list(&jobs, job, &["eu:1"])
            .await
            .seal(&*accounts)
            .await
            .unwrap()
    };
    let by = || Confirmed::new(jobs.ledger().now(), "bob@ops1");
    let id = plan().await;
    assert_eq!(state(&jobs, &id).await, JobState::AwaitingConfirmation);
    let digest = jobs.ledger().job(&id).await.unwrap().digest.unwrap();
    assert_eq!(digest.len(), 64);
    let outcomes = run(&jobs, &id, &accounts).await;
    assert!(outcomes[0].is_err(), "{outcomes:?}");
    // The account's name leads elsewhere.
    let elsewhere = Arc::new(Accounts {
        keys: "other#".to_owned(),
        vendors: accounts.vendors.clone(),
        jobs: jobs.clone(),
        read_only: false,
        max_delete: None,
    });
    let refused = jobs.confirm(&id, &*elsewhere, by()).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Conflict, "{refused}");
    // Too old.
    advance(PLAN_LASTS + Duration::from_secs(1)).await;
    let refused = jobs.confirm(&id, &*accounts, by()).await.unwrap_err();
    assert!(
        refused.message().contains("older than 24 hours"),
        "{refused}"
    );
    assert!(vendor.log().is_empty());
    let id = plan().await;
    jobs.confirm(&id, &*accounts, by()).await.unwrap();
    assert!(jobs.confirm(&id, &*accounts, by()).await.is_err());
    assert_eq!(told(&run(&jobs, &id, &accounts).await), ["eu:1 deleted"]);
    let events = jobs.ledger().events(&id).await.unwrap();
    let happened: Vec<_> = events.iter().map(|event| event.what).collect();
    let expected = [
        EventKind::Planned,
        EventKind::Confirmed,
        EventKind::Began,
        EventKind::Ended,
    ];
    assert_eq!(happened, expected);
    assert!(
        events
            .iter()
            .all(|event| event.by.as_deref() == Some("alice@ops1"))
    );
}

#[tokio::test(start_paused = true)]
async fn rest_of_the_list_waits_for_the_end_of_the_canary() {
    let jobs = jobs();
    let (eu, us) = (Vendor::new(&["1", "2", "3"]), Vendor::new(&["1", "2"]));
    let accounts = Accounts::new(&jobs, [("eu", &eu), ("us", &us)]);
    let mut guards = Guards::default();
    guards.canary = Some(2);
    let tickets = ["eu:1", "eu:1", "us:1", "us:2", "eu:2", "eu:3"];
    let id = guarded(&jobs, &accounts, guards, &tickets).await;
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(told(&outcomes), ["eu:1 deleted", "us:1 deleted"]);
    assert_eq!(
        (eu.log(), us.log()),
        (vec!["delete 1".to_owned()], vec!["delete 1".to_owned()])
    );
    assert_eq!(jobs.ledger().job(&id).await.unwrap().held_from, Some(3));
    assert!(run(&jobs, &id, &accounts).await.is_empty());
    jobs.steer(&id, Step::Release).await.unwrap();
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(
        told(&outcomes),
        ["us:2 deleted", "eu:2 deleted", "eu:3 deleted"]
    );
    assert_eq!(state(&jobs, &id).await, JobState::Completed);
}

pub(crate) fn archived_in(folder: &std::path::Path) -> Guards {
    let mut guards = Guards::default();
    guards.archive = Some(ArchiveGuard {
        folder: folder.to_str().unwrap().to_owned(),
        missing_ok: false,
    });
    guards
}

#[tokio::test(start_paused = true)]
async fn what_is_deleted_is_archived_and_recorded_so_before() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let guards = archived_in(&folder.path().join("archive"));
    let id = guarded(&jobs, &accounts, guards, &["eu:1", "eu:2", "eu:9"]).await;
    vendor.answer(Answer::Never);
    // The process is gone while the delete is on its way.
    let mut work = jobs.run(
        &id,
        accounts.clone(),
        CallContext::new(),
        &BulkOptions::default(),
    );
    let in_a_second = Duration::from_secs(1);
    while let Ok(Some(_)) = tokio::time::timeout(in_a_second, work.next()).await {}
    drop(work);
    assert_eq!(deletes(&vendor), ["delete 1,2"]);
    let archive = Archive::open(folder.path().join("archive")).unwrap();
    let rows = jobs
        .ledger()
        .tickets(&id, Which::Named, None, 9)
        .await
        .unwrap();
    for row in &rows[..2] {
        let entry = archive.find("eu", &row.id).unwrap().unwrap().entry;
        assert_eq!(entry.id, row.id);
        assert_eq!(row.archived.as_ref().unwrap().sha256.len(), 64);
    }
    // There is no such ticket: nothing is sent about it.
    assert_eq!(rows[2].outcome.as_ref().unwrap().as_str(), "not_found");
    assert!(rows[2].archived.is_none());
    advance(Duration::from_secs(60)).await;
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(told(&outcomes), ["eu:1 already_gone", "eu:2 already_gone"]);
    assert_eq!(archive.verify(|_| {}).unwrap().contradictions, 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_deleted_where_nothing_can_be_archived() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let guards = archived_in(&folder.path().join("archive"));
    let id = guarded(&jobs, &accounts, guards, &["eu:1", "eu:2"]).await;
    // A file stands where the folder of the account would be.
    Archive::open(folder.path().join("archive")).unwrap();
    std::fs::write(folder.path().join("archive/eu"), "").unwrap();
    let outcomes = run(&jobs, &id, &accounts).await;
    let told = told(&outcomes);
    assert_eq!(told, ["eu:1 (unattempted)", "eu:2 (unattempted)"]);
    assert!(deletes(&vendor).is_empty());
    assert_eq!(recorded(&jobs, &id).await, ["1 open", "2 open"]);
}

#[tokio::test(start_paused = true)]
async fn outage_of_reads_is_waited_for_and_a_long_one_leaves_the_rest() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let mut guards = Guards::default();
    guards.only_state = Some(State::Open);
    let id = guarded(&jobs, &accounts, guards, &["eu:1", "eu:2"]).await;
    vendor.state().reads_fail = Some(no_answer());
    let options = BulkOptions::default();
    let work = jobs.run(&id, accounts.clone(), CallContext::new(), &options);
    let first: Vec<_> = work.collect().await;
    assert_eq!(told(&first), ["eu:1 (unattempted)", "eu:2 (unattempted)"]);
    assert!(deletes(&vendor).is_empty());
    let mut work = jobs.run(&id, accounts.clone(), CallContext::new(), &options);
    let in_half_a_minute = tokio::time::timeout(Duration::from_secs(30), work.next()).await;
    assert!(in_half_a_minute.is_err(), "{in_half_a_minute:?}");
    vendor.state().reads_fail = None;
    let rest: Vec<_> = work.collect().await;
    assert_eq!(told(&rest), ["eu:1 deleted", "eu:2 deleted"]);
}

#[tokio::test(start_paused = true)]
async fn pause_of_reads_is_told_once_and_ends_with_a_stop() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2", "3"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let mut guards = Guards::default();
    guards.only_state = Some(State::Open);
    let id = guarded(&jobs, &accounts, guards, &["eu:1", "eu:2", "eu:3"]).await;
    vendor.state().reads_fail = Some(no_answer());
    let (told_pauses, notices) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    let (pauses, resumed) = (Arc::clone(&told_pauses), Arc::clone(&notices));
    let options = BulkOptions::default().notify(move |account, notice| {
        assert_eq!(account, "eu");
        match notice {
            Notice::Paused { .. } => pauses.fetch_add(1, Ordering::Relaxed),
            Notice::Resumed => resumed.fetch_add(1, Ordering::Relaxed),
            _ => 0,
        };
    });
    let stop = Stop::new();
    let context = CallContext::new().stop(stop.clone());
    let begun = Instant::now();
    let mut work = jobs.run(&id, accounts.clone(), context, &options);
    let in_half_a_minute = tokio::time::timeout(Duration::from_secs(30), work.next()).await;
    assert!(in_half_a_minute.is_err(), "{in_half_a_minute:?}");
    stop.finish();
    let rest: Vec<_> = work.collect().await;
    assert_eq!(rest.len(), 3);
    // The pause that was under way is as long as all before it.
    assert!(
        begun.elapsed() < Duration::from_secs(31),
        "{:?}",
        begun.elapsed()
    );
    assert_eq!(told_pauses.load(Ordering::Relaxed), 1);
    vendor.state().reads_fail = None;
    let again: Vec<_> = jobs
        .run(&id, accounts, CallContext::new(), &options)
        .collect()
        .await;
    assert_eq!(
        told(&again),
        ["eu:1 deleted", "eu:2 deleted", "eu:3 deleted"]
    );
    assert_eq!(notices.load(Ordering::Relaxed), 0);
}

/// The vendor documents no form of *not found*, and no other read is answered either.
#[tokio::test(start_paused = true)]
async fn not_found_of_a_gateway_is_no_outcome() {
    let jobs = jobs();
    let tickets: Vec<_> = (1..=40).map(|id| id.to_string()).collect();
    let ids: Vec<_> = tickets.iter().map(String::as_str).collect();
    let mut vendor = Vendor::new(&ids);
    let get = Support::new().not_found(NotFound::Undocumented);
    vendor.info.capabilities = vendor.info.capabilities.with(Operation::Get, get);
    vendor.state().reads_fail = Some(Error::new(ErrorKind::NotFound, "no route"));
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let mut guards = Guards::default();
    guards.only_state = Some(State::Open);
    let named: Vec<_> = ids.iter().map(|id| format!("eu:{id}")).collect();
    let named: Vec<_> = named.iter().map(String::as_str).collect();
    let id = guarded(&jobs, &accounts, guards, &named).await;
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(outcomes.len(), 40);
    let told = told(&outcomes);
    assert!(
        told.iter().all(|line| line.ends_with("(unattempted)")),
        "{told:?}"
    );
    assert!(vendor.log().len() <= 8 && deletes(&vendor).is_empty());
}

#[tokio::test(start_paused = true)]
async fn plan_takes_no_gateways_not_found_for_the_vendors() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2"]).with_list();
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let no_route = Error::new(ErrorKind::NotFound, "no route");
    for (reads_fail, expected) in [(Some(no_route), (0, 0, 3)), (None, (2, 1, 0))] {
        vendor.state().reads_fail = reads_fail;
        let list = list(
            &jobs,
            NewJob::new(Change::Delete),
            &["eu:1", "eu:2", "eu:9"],
        )
        .await;
        let context = CallContext::new();
        let looked = list.look(&*accounts, &context, Look::All, |_| {});
        let looked = looked.await.unwrap();
        assert_eq!((looked.found, looked.missing, looked.failed), expected);
        let errors = looked.errors.iter().map(|(_, error)| error.message());
        let unproven = "not proven gone, since no other read is answered: no route";
        assert!(errors.into_iter().all(|message| message == unproven));
        let id = list.seal(&*accounts).await.unwrap();
        let rows = jobs.ledger().tickets(&id, Which::Named, None, 9).await;
        let seen = rows.unwrap().into_iter().filter_map(|row| row.seen);
        let missing: Vec<_> = seen.map(|seen| seen.sha256.is_none()).collect();
        let recorded: &[_] = if expected.2 == 0 {
            &[false, false, true]
        } else {
            &[]
        };
        assert_eq!(missing, recorded);
        // The other read is made once for all that were not found before it.
        let lists = vendor.log().iter().filter(|call| *call == "list").count();
        assert!((1..=3).contains(&lists), "{:?}", vendor.log());
        vendor.state().log.clear();
    }
    assert!(deletes(&vendor).is_empty());
}

/// The vendor is not asked about more tickets than it takes to see that somebody else answers.
#[tokio::test(start_paused = true)]
async fn plan_at_a_gateway_reads_a_few_tickets_only() {
    let jobs = jobs();
    let vendor = Vendor::new(&[]).with_list();
    vendor.state().reads_fail = Some(Error::new(ErrorKind::NotFound, "no route"));
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let named: Vec<_> = (1..=60).map(|id| format!("eu:{id}")).collect();
    let named: Vec<_> = named.iter().map(String::as_str).collect();
    let list = list(&jobs, NewJob::new(Change::Delete), &named).await;
    let context = CallContext::new();
    let looked = list.look(&*accounts, &context, Look::All, |_| {});
    let looked = looked.await.unwrap();
    assert_eq!((looked.missing, looked.failed), (0, 60));
    let log = vendor.log();
    let reads = log.iter().filter(|call| call.starts_with("get"));
    assert!(reads.count() <= 13, "{log:?}");
}

#[tokio::test(start_paused = true)]
async fn wrong_credentials_end_the_checks_at_once() {
    let jobs = jobs();
    let vendor = Vendor::new(&[
        "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12",
    ]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let mut guards = Guards::default();
    guards.only_state = Some(State::Open);
    let tickets: Vec<_> = (1..=12).map(|id| format!("eu:{id}")).collect();
    let tickets: Vec<_> = tickets.iter().map(String::as_str).collect();
    let id = guarded(&jobs, &accounts, guards, &tickets).await;
    vendor.state().reads_fail = Some(Error::new(ErrorKind::Unauthenticated, "the key is wrong"));
    let outcomes = run_with(&jobs, &id, &accounts, CallContext::new()).await;
    assert_eq!(outcomes.len(), 12);
    assert!(
        told(&outcomes)
            .iter()
            .all(|line| line.ends_with("(unattempted)"))
    );
    // Those that were on their way together.
    assert!(vendor.log().len() <= 8, "{:?}", vendor.log());
    let suspended = jobs.ledger().accounts().await.unwrap();
    assert!(suspended[0].suspended.is_some());
}

#[tokio::test(start_paused = true)]
async fn reads_before_changes_do_not_keep_the_changes_waiting() {
    let jobs = jobs();
    let ids: Vec<_> = (1..=16).map(|id| id.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let mut vendor = Vendor::new(&ids);
    let delete = Support::new().not_found(NotFound::Gone);
    let capabilities = vendor.info.capabilities.clone();
    vendor.info.capabilities = capabilities.with(Operation::Delete, delete);
    let four = NonZeroUsize::new(4).unwrap();
    vendor.info.limits = vec![Limit::new().max_concurrent(four)];
    vendor.state().latency = Duration::from_millis(100);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let mut guards = Guards::default();
    guards.only_state = Some(State::Open);
    let named: Vec<_> = ids.iter().map(|id| format!("eu:{id}")).collect();
    let named: Vec<_> = named.iter().map(String::as_str).collect();
    let id = guarded(&jobs, &accounts, guards, &named).await;
    let options = BulkOptions::default().concurrency(four);
    let source = Arc::clone(&accounts);
    let work = jobs.run(&id, source, CallContext::new(), &options);
    let outcomes = tokio::time::timeout(Duration::from_secs(60), work.collect::<Vec<_>>()).await;
    let outcomes = outcomes.expect("the reads and the deletes end");
    assert_eq!(outcomes.len(), 16);
    assert!(outcomes.iter().flatten().all(|one| one.outcome.is_done()));
    assert!(vendor.state().there.is_empty());
}
