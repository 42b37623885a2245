//! Deletes that the vendor only accepts: asked about until they are carried out, and never sent again meanwhile.

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::{BulkOptions, Notice, Settled};
use ticket_core::call::{Retry, RetryPolicy};
use ticket_core::provider::{Limit, VendorJob};
use ticket_core::{
    CallContext, Change, DeleteTarget, Effect, Error, ErrorKind, Operation, Outcome, ProviderInfo,
    Result, Stop, Tickets,
};

use crate::common::{Fake, Log, Seen, error};
use crate::{at_once, delete, reason, seconds, words};

/// Accepts each delete as a job, which is named by the number of the call.
fn accepting(job: impl Fn(&Seen) -> Result<()> + Send + Sync + 'static) -> Fake {
    Fake::new(100).answering(move |call| match call.operation {
        Operation::Delete => {
            let job = VendorJob::new(format!("j{}", call.number));
            Err(Error::accepted(job).with_status(200))
        }
        Operation::Job => job(call),
        Operation::Get => Err(error(ErrorKind::NotFound, Effect::None)),
        _ => Ok(()),
    })
}

fn running() -> Result<()> {
    Err(Error::accepted(VendorJob::new("j")))
}

fn of(log: &Log, operation: Operation) -> Vec<Seen> {
    let calls = log.calls().into_iter();
    calls.filter(|call| call.operation == operation).collect()
}

/// Goes on with these tickets, whose deletes the vendor accepted as these jobs before.
async fn resume(
    tickets: &Tickets,
    of_jobs: &[(&str, &str)],
    options: &BulkOptions,
) -> Vec<Settled<usize>> {
    let context = CallContext::new().earlier_attempt(Effect::Unknown);
    let targets = of_jobs.iter().enumerate().map(|(key, (id, job))| {
        let target = DeleteTarget::new(*id).accepted(VendorJob::new(*job));
        (key, target)
    });
    let targets: Vec<_> = targets.collect();
    let tickets = tickets.with(context);
    let work = tickets.apply(Change::Delete, stream::iter(targets), options);
    let mut settled: Vec<_> = work.collect().await;
    settled.sort_by_key(|settled| settled.key);
    settled
}

#[tokio::test(start_paused = true)]
async fn accepted_delete_is_asked_about_until_it_is_carried_out() {
    let fake = accepting(|call| match call.at {
        at if at < seconds(60) => running(),
        _ => Ok(()),
    });
    let log = fake.log();
    let told = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&told);
    let options = at_once(4).notify(move |_, notice| {
        if let Notice::Accepted { tickets: 2, .. } = notice {
            *counter.lock().unwrap() += 1;
        }
    });
    let settled = delete(&fake.bare(), ["1", "2"], &options).await;
    assert_eq!(words(&settled), ["deleted"; 2]);
    assert_eq!(log.deletes(), ["1,2"]);
    let at: Vec<_> = of(&log, Operation::Job)
        .iter()
        .map(|call| call.at)
        .collect();
    // Twice as long each time, and at most 30 s.
    assert_eq!(at, [1, 3, 7, 15, 31, 61].map(seconds));
    // Only waits of more than five seconds are told.
    assert_eq!(*told.lock().unwrap(), 3);
}

#[tokio::test(start_paused = true)]
async fn ticket_that_failed_inside_a_completed_job_is_failed_and_one_without_a_result_is_looked_at()
{
    let fake = accepting(|_| Ok(())).outcomes(|id, _| match id {
        "1" => Outcome::Done,
        "2" => Outcome::Failed(error(ErrorKind::Conflict, Effect::None)),
        _ => Outcome::Unknown(error(ErrorKind::Accepted, Effect::Unknown)),
    });
    let log = fake.log();
    let settled = delete(&fake.bare(), ["1", "2", "3"], &at_once(4)).await;
    assert_eq!(words(&settled), ["deleted", "failed", "already_gone"]);
    let looks = of(&log, Operation::Get);
    assert_eq!(looks.len(), 1);
    assert_eq!(looks[0].ids, ["3"]);
}

#[tokio::test(start_paused = true)]
async fn no_more_jobs_are_under_way_than_the_vendor_accepts_at_once() {
    let open = Arc::new(Mutex::new((0_usize, 0)));
    let counts = Arc::clone(&open);
    let fake = Fake::new(1)
        .info(|info| {
            let limit = Limit::of([Operation::Delete]);
            info.limit(limit.max_accepted(NonZeroUsize::new(3).unwrap()))
        })
        .answering(move |call| {
            let mut counts = counts.lock().unwrap();
            if call.operation != Operation::Delete {
                counts.0 -= 1;
                return Ok(());
            }
            counts.0 += 1;
            counts.1 = counts.1.max(counts.0);
            Err(Error::accepted(VendorJob::new(format!("j{}", call.number))))
        });
    let ids = (0..20).map(|id| id.to_string());
    let settled = delete(&fake.bare(), ids, &at_once(16)).await;
    assert_eq!(words(&settled), ["deleted"; 20]);
    assert_eq!(*open.lock().unwrap(), (0, 3));
}

#[tokio::test(start_paused = true)]
async fn each_ticket_of_a_job_that_the_vendor_forgot_is_looked_at() {
    let fake = accepting(|_| Err(error(ErrorKind::NotFound, Effect::None)));
    let log = fake.log();
    let settled = delete(&fake.bare(), ["1", "2"], &at_once(4)).await;
    assert_eq!(words(&settled), ["already_gone"; 2]);
    assert_eq!(log.deletes(), ["1,2"]);
    assert_eq!(of(&log, Operation::Get).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn ticket_of_a_forgotten_job_that_is_still_there_stays_unknown() {
    // It may still be carried out, so reads prove nothing, however often they agree.
    let fake = Fake::new(100)
        .info(ProviderInfo::consistent_reads)
        .answering(|call| match call.operation {
            Operation::Delete => Err(Error::accepted(VendorJob::new("j"))),
            Operation::Job => Err(error(ErrorKind::NotFound, Effect::None)),
            _ => Ok(()),
        });
    let log = fake.log();
    let settled = delete(&fake.bare(), ["1"], &at_once(4)).await;
    assert_eq!(words(&settled), ["unknown"]);
    assert!(
        reason(&settled[0]).message().contains("no longer knows"),
        "{}",
        reason(&settled[0])
    );
    assert_eq!(log.deletes(), ["1"]);
}

#[tokio::test(start_paused = true)]
async fn question_without_an_answer_is_asked_again_and_nothing_is_sent_again() {
    let fake = accepting(|call| match call.at {
        at if at < seconds(100) => Err(error(ErrorKind::Unavailable, Effect::None)),
        _ => Ok(()),
    });
    let log = fake.log();
    let settled = delete(&fake.bare(), ["1", "2"], &at_once(4)).await;
    assert_eq!(words(&settled), ["deleted"; 2]);
    assert_eq!(log.deletes(), ["1,2"]);
    let asked = of(&log, Operation::Job);
    assert!(asked.iter().all(|call| call.ids == ["1", "2"]), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn ticket_whose_job_is_asked_about_in_vain_is_looked_at_until_it_is_gone() {
    // While the job may still be carried out, reads that agree prove nothing.
    for kind in [ErrorKind::BadResponse, ErrorKind::Forbidden] {
        let fake = Fake::new(1)
            .info(ProviderInfo::consistent_reads)
            .answering(move |call| match call.operation {
                Operation::Delete => Err(Error::accepted(VendorJob::new("j"))),
                Operation::Job => Err(error(kind, Effect::Unknown).with_status(403)),
                _ if call.at < seconds(10) => Ok(()),
                _ => Err(error(ErrorKind::NotFound, Effect::None)),
            });
        let log = fake.log();
        let settled = delete(&fake.bare(), ["1"], &at_once(4)).await;
        assert_eq!(words(&settled), ["already_gone"], "{kind:?}");
        assert_eq!(log.deletes(), ["1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn accepted_delete_is_not_repeated_by_retries() {
    let fake = accepting(|_| Ok(()));
    let log = fake.log();
    let tickets = fake.layered(Retry::new(RetryPolicy::default()));
    let report = tickets.delete(["1"]).await;
    assert!(report.all_deleted(), "{report:?}");
    assert_eq!(log.deletes(), ["1"]);
}

#[tokio::test(start_paused = true)]
async fn stop_leaves_the_job_in_the_error() {
    let fake = Fake::new(1).answering(|call| match call.operation {
        Operation::Delete => Err(Error::accepted(VendorJob::new("j0"))),
        Operation::Job => running(),
        // It is still there.
        _ => Ok(()),
    });
    let log = fake.log();
    let stop = Stop::new();
    let tickets = fake.bare().with(CallContext::new().stop(stop.clone()));
    let options = at_once(4);
    let work = delete(&tickets, ["1"], &options);
    let stopping = async {
        tokio::time::sleep(seconds(10)).await;
        stop.finish();
        tokio::time::sleep(Duration::from_millis(1)).await;
        stop.abandon();
    };
    let (settled, ()) = tokio::join!(work, stopping);
    assert_eq!(words(&settled), ["unknown"]);
    assert_eq!(reason(&settled[0]).job(), Some(&VendorJob::new("j0")));
    assert_eq!(log.deletes(), ["1"]);
}

#[tokio::test(start_paused = true)]
async fn accepted_work_of_an_earlier_run_is_asked_about_before_anything_is_sent() {
    let fake = accepting(|call| match call.at {
        at if at < seconds(10) => running(),
        _ => Ok(()),
    });
    let log = fake.log();
    let jobs = [("1", "a"), ("2", "b"), ("3", "a")];
    let settled = resume(&fake.bare(), &jobs, &at_once(4)).await;
    assert_eq!(words(&settled), ["deleted"; 3]);
    assert_eq!(log.deletes(), Vec::<String>::new());
    // Each job about its own tickets.
    let asked = of(&log, Operation::Job);
    let mut ids: Vec<_> = asked.iter().map(|call| call.ids.join(",")).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids, ["1,3", "2"]);
}

#[tokio::test(start_paused = true)]
async fn who_only_looks_asks_about_accepted_work_too() {
    let fake = accepting(|_| Ok(()));
    let log = fake.log();
    let settled = resume(&fake.bare(), &[("1", "a")], &at_once(4).only_look()).await;
    assert_eq!(words(&settled), ["deleted"]);
    assert_eq!(log.deletes(), Vec::<String>::new());
}

/// The first delete was carried out and its answer lost; the vendor does not find the ticket any more.
#[tokio::test(start_paused = true)]
async fn what_a_job_does_not_find_after_an_earlier_attempt_is_looked_at() {
    let not_found = |_: &str| Outcome::NotFound(error(ErrorKind::NotFound, Effect::None));
    let fake = accepting(|_| Ok(())).outcomes(move |id, _| not_found(id));
    let log = fake.log();
    let tickets = fake.bare();
    let first = delete(&tickets, ["1"], &at_once(1)).await;
    assert_eq!(words(&first), ["not_found"]);
    let again = tickets.with(CallContext::new().earlier_attempt(Effect::Unknown));
    let second = delete(&again, ["1"], &at_once(1)).await;
    assert_eq!(words(&second), ["already_gone"]);
    let resumed = resume(&tickets, &[("1", "j1")], &at_once(1)).await;
    assert_eq!(words(&resumed), ["already_gone"]);
    assert_eq!(log.deletes().len(), 2);
}

/// As before, where a retry sent the delete again within one call.
#[tokio::test(start_paused = true)]
async fn what_a_job_does_not_find_after_a_retry_is_looked_at() {
    let fake = Fake::new(100)
        .answering(|call| match (call.operation, call.number) {
            (Operation::Delete, 0) => Err(error(ErrorKind::Unavailable, Effect::Unknown)),
            (Operation::Delete, _) => Err(Error::accepted(VendorJob::new("j"))),
            (Operation::Get, _) => Err(error(ErrorKind::NotFound, Effect::None)),
            _ => Ok(()),
        })
        .outcomes(|_, _| Outcome::NotFound(error(ErrorKind::NotFound, Effect::None)));
    let log = fake.log();
    let tickets = fake.layered(Retry::seeded(RetryPolicy::default(), 1));
    let settled = delete(&tickets, ["1"], &at_once(1)).await;
    assert_eq!(words(&settled), ["already_gone"]);
    assert_eq!(log.deletes(), ["1"; 2]);
    assert_eq!(of(&log, Operation::Get).len(), 1);
}
