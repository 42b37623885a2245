//! Tickets deleted for good where a delete moves them to a trash: deleted and purged, and only the purge decides.

use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::{BulkOptions, Settled};
use ticket_core::call::{Retry, RetryPolicy};
use ticket_core::provider::{Removal, Support, VendorJob};
use ticket_core::{
    CallContext, Change, DeleteTarget, Effect, Error, ErrorKind, Operation, Outcome, ProviderInfo,
    Result, Tickets,
};

use crate::common::{Fake, Log, Seen, error};
use crate::{at_once, reason};

const TRASH: Removal = Removal::Trash {
    restorable_for: None,
};

fn info(mut info: ProviderInfo) -> ProviderInfo {
    let delete = Support::new().max_batch(100).removal(TRASH);
    let purge = Support::new().max_batch(100);
    info.capabilities = info
        .capabilities
        .with(Operation::Delete, delete)
        .with(Operation::Purge, purge)
        .with(Operation::Job, Support::new());
    info
}

pub(super) fn fake(answer: impl Fn(&Seen) -> Result<()> + Send + Sync + 'static) -> Fake {
    Fake::new(100).info(info).answering(answer)
}

/// What reached the provider: `delete 1,2`.
pub(super) fn calls(log: &Log) -> Vec<String> {
    let calls = log.calls().into_iter();
    calls
        .map(|call| format!("{} {}", call.operation, call.ids.join(",")))
        .collect()
}

pub(super) async fn apply(
    tickets: &Tickets,
    targets: Vec<DeleteTarget>,
    options: &BulkOptions,
) -> Vec<Settled<usize>> {
    let targets = stream::iter(targets).enumerate();
    let mut settled: Vec<_> = tickets
        .apply(Change::Purge, targets, options)
        .collect()
        .await;
    settled.sort_by_key(|settled| settled.key);
    settled
}

pub(super) async fn purge(fake: Fake, ids: &[&str]) -> Vec<Settled<usize>> {
    let targets = ids.iter().map(|id| DeleteTarget::new(*id)).collect();
    apply(&fake.bare(), targets, &at_once(4)).await
}

/// Goes on with tickets of a job that the vendor accepted before.
async fn resume(
    fake: Fake,
    ids: &[&str],
    job: &VendorJob,
    options: &BulkOptions,
) -> Vec<Settled<usize>> {
    let context = CallContext::new().earlier_attempt(Effect::Unknown);
    let targets = ids.iter();
    let targets = targets.map(|id| DeleteTarget::new(*id).accepted(job.clone()));
    apply(&fake.bare().with(context), targets.collect(), options).await
}

pub(super) fn words(settled: &[Settled<usize>]) -> Vec<&str> {
    let words = settled.iter();
    words
        .map(|settled| Change::Purge.word(&settled.outcome))
        .collect()
}

pub(super) fn not_found() -> Outcome {
    Outcome::NotFound(error(ErrorKind::NotFound, Effect::None))
}

#[tokio::test(start_paused = true)]
async fn what_the_delete_moved_or_did_not_find_is_purged_and_only_the_purge_decides() {
    let fake = fake(|_| Ok(())).outcomes(|id, call| match (call, id) {
        (0, "in_trash" | "missing") | (2, "missing") => not_found(),
        (0, "locked") | (1, "kept") => Outcome::Failed(error(ErrorKind::Conflict, Effect::None)),
        _ => Outcome::Done,
    });
    let log = fake.log();
    let settled = purge(fake, &["open", "in_trash", "missing", "locked", "kept"]).await;
    assert_eq!(
        words(&settled),
        ["deleted", "deleted", "not_found", "failed", "failed"]
    );
    assert_eq!(
        calls(&log),
        [
            "delete open,in_trash,missing,locked,kept",
            "purge open,kept",
            // A ticket that may not exist, apart.
            "purge in_trash,missing"
        ]
    );
    assert!(!reason(&settled[3]).message().contains("trash"));
    assert!(
        reason(&settled[4])
            .message()
            .contains("may still be in the trash")
    );
}

#[tokio::test(start_paused = true)]
async fn refused_purge_is_failed_and_says_that_the_ticket_may_be_in_the_trash() {
    let fake = fake(|call| match call.operation {
        Operation::Purge => Err(error(ErrorKind::InvalidInput, Effect::None)),
        _ => Ok(()),
    });
    let settled = purge(fake, &["1"]).await;
    assert_eq!(words(&settled), ["failed"]);
    assert!(
        reason(&settled[0])
            .message()
            .contains("may still be in the trash")
    );
}

#[tokio::test(start_paused = true)]
async fn purge_that_fails_for_a_time_begins_again_with_the_delete() {
    let fake = fake(|call| match (call.operation, call.number) {
        (Operation::Purge, 1) => Err(error(ErrorKind::Unavailable, Effect::None)),
        _ => Ok(()),
    });
    let fake = fake.outcomes(|_, call| match call {
        2 => not_found(),
        _ => Outcome::Done,
    });
    let log = fake.log();
    assert_eq!(words(&purge(fake, &["1"]).await), ["deleted"]);
    assert_eq!(calls(&log), ["delete 1", "purge 1", "delete 1", "purge 1"]);
}

#[tokio::test(start_paused = true)]
async fn both_steps_may_be_accepted_and_each_is_asked_about() {
    let fake = fake(|call| match call.operation {
        Operation::Delete => Err(Error::accepted(VendorJob::new("d"))),
        Operation::Purge => Err(Error::accepted(VendorJob::purge("p"))),
        _ => Ok(()),
    });
    let log = fake.log();
    assert_eq!(words(&purge(fake, &["1", "2"]).await), ["deleted"; 2]);
    assert_eq!(
        calls(&log),
        ["delete 1,2", "job 1,2", "purge 1,2", "job 1,2"]
    );
}

#[tokio::test(start_paused = true)]
async fn accepted_purge_of_an_earlier_run_is_asked_about_and_nothing_is_sent() {
    let fake = fake(|_| Ok(()));
    let log = fake.log();
    let settled = resume(fake, &["1", "2"], &VendorJob::purge("p"), &at_once(4)).await;
    assert_eq!(words(&settled), ["deleted"; 2]);
    assert_eq!(calls(&log), ["job 1,2"]);
}

#[tokio::test(start_paused = true)]
async fn accepted_delete_of_an_earlier_run_is_asked_about_and_then_purged() {
    let fake = fake(|_| Ok(()));
    let log = fake.log();
    let settled = resume(fake, &["1", "2"], &VendorJob::new("d"), &at_once(4)).await;
    assert_eq!(words(&settled), ["deleted"; 2]);
    assert_eq!(calls(&log), ["job 1,2", "purge 1,2"]);
}

#[tokio::test(start_paused = true)]
async fn who_only_looks_purges_nothing() {
    for (job, asked) in [(VendorJob::new("d"), "get"), (VendorJob::purge("p"), "job")] {
        let fake = fake(|call| match call.operation {
            // The vendor no longer knows it.
            Operation::Job => Err(error(ErrorKind::NotFound, Effect::None)),
            _ => Ok(()),
        });
        let log = fake.log();
        let settled = resume(fake, &["1"], &job, &at_once(4).only_look()).await;
        assert_eq!(words(&settled), ["unknown"], "{job}");
        let seen = log.calls();
        assert!(
            seen.iter().all(|call| !call.operation.is_write()),
            "{seen:?}"
        );
        assert_eq!(seen[0].operation.as_str(), asked, "{job}");
    }
}

#[tokio::test(start_paused = true)]
async fn ticket_that_the_delete_failed_for_is_not_taken_for_one_of_the_purge() {
    // The first question has no answer. The job then confirms all that is asked about.
    let fake = fake(|call| match (call.operation, call.number) {
        (Operation::Purge, _) => Err(Error::accepted(VendorJob::purge("p"))),
        (Operation::Job, 2) => Err(error(ErrorKind::Unavailable, Effect::None)),
        _ => Ok(()),
    });
    let fake = fake.outcomes(|id, call| match (id, call) {
        ("locked", 0) => Outcome::Failed(error(ErrorKind::Conflict, Effect::None)),
        _ => Outcome::Done,
    });
    let log = fake.log();
    assert_eq!(
        words(&purge(fake, &["1", "locked"]).await),
        ["deleted", "failed"]
    );
    assert_eq!(
        calls(&log),
        ["delete 1,locked", "purge 1", "job 1", "job 1"]
    );
}

#[tokio::test(start_paused = true)]
async fn tickets_of_a_purge_that_the_vendor_forgot_are_purged_once_more_each() {
    let fake = fake(|call| match (call.operation, call.number) {
        (Operation::Purge, 1) => Err(Error::accepted(VendorJob::purge("p"))),
        (Operation::Job, _) => Err(error(ErrorKind::NotFound, Effect::None)),
        _ => Ok(()),
    });
    let fake = fake.outcomes(|id, call| match (id, call) {
        // It was carried out for one of them.
        ("1", 3..) => not_found(),
        _ => Outcome::Done,
    });
    let log = fake.log();
    let settled = purge(fake, &["1", "2"]).await;
    assert_eq!(words(&settled), ["already_gone", "deleted"]);
    assert_eq!(
        calls(&log),
        ["delete 1,2", "purge 1,2", "job 1,2", "purge 1", "purge 2"]
    );
    let seen = log.calls();
    // The trash may lag.
    assert_eq!(seen[3].at, seen[2].at + crate::seconds(5));
}

#[tokio::test(start_paused = true)]
async fn ticket_that_is_not_yet_in_the_trash_is_purged_once_more() {
    let fake = fake(|_| Ok(())).outcomes(|_, call| match call {
        1 => not_found(),
        _ => Outcome::Done,
    });
    let log = fake.log();
    assert_eq!(words(&purge(fake, &["1"]).await), ["deleted"]);
    assert_eq!(calls(&log), ["delete 1", "purge 1", "purge 1"]);
}

#[tokio::test(start_paused = true)]
async fn purge_of_unknown_effect_is_not_repeated_where_ids_are_given_out_again() {
    let fake = fake(|call| match call.operation {
        Operation::Purge => Err(error(ErrorKind::BadResponse, Effect::Unknown)),
        Operation::Get => Err(error(ErrorKind::NotFound, Effect::None)),
        _ => Ok(()),
    });
    let fake = fake.info(|mut info| {
        info.never_reuses_ids = false;
        info
    });
    let log = fake.log();
    let settled = purge(fake, &["1"]).await;
    // A read does not tell what is in the trash from what is gone.
    assert_eq!(words(&settled), ["unknown"]);
    let writes = calls(&log).into_iter();
    let writes: Vec<_> = writes.filter(|call| !call.starts_with("get")).collect();
    assert_eq!(writes, ["delete 1", "purge 1"]);
}

#[tokio::test(start_paused = true)]
async fn permanent_delete_is_one_step_where_deletes_are_permanent_and_refused_without_a_way() {
    let with = |removal| {
        move |mut info: ProviderInfo| {
            let delete = Support::new().max_batch(100).removal(removal);
            info.capabilities = info.capabilities.with(Operation::Delete, delete);
            info
        }
    };
    let fake = Fake::new(100).info(with(Removal::Permanent));
    let log = fake.log();
    assert_eq!(words(&purge(fake, &["1", "2"]).await), ["deleted"; 2]);
    assert_eq!(calls(&log), ["delete 1,2"]);
    // Without a trash, a ticket that a read does not find is gone.
    let fake = Fake::new(100).info(with(Removal::Permanent));
    let fake = fake.answering(|call| match call.operation {
        Operation::Delete => Err(error(ErrorKind::BadResponse, Effect::Unknown)),
        _ => Err(error(ErrorKind::NotFound, Effect::None)),
    });
    let log = fake.log();
    assert_eq!(words(&purge(fake, &["1"]).await), ["already_gone"]);
    assert_eq!(calls(&log)[..2], ["delete 1", "get 1"]);
    for removal in [TRASH, Removal::Undocumented] {
        let tickets = Fake::new(100).info(with(removal)).bare();
        let refused = Change::Purge.check(tickets.info(), &DeleteTarget::new("1"));
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unsupported);
        assert!(error.to_string().contains("for good"), "{error}");
    }
    let both = info(ProviderInfo::new(
        "a",
        "A",
        ticket_core::provider::Capabilities::none(),
    ));
    Change::Purge.check(&both, &DeleteTarget::new("1")).unwrap();
    // A call for each step of each batch.
    assert_eq!(Change::Purge.calls(101, &both), 4);
}

/// The first purge was carried out and its answer lost; the job of the second one does not find the ticket.
#[tokio::test(start_paused = true)]
async fn what_a_purge_does_not_find_after_a_retry_may_have_been_purged_by_the_first() {
    let fake = fake(|call| match (call.operation, call.number) {
        (Operation::Purge, 1) => Err(error(ErrorKind::Unavailable, Effect::Unknown)),
        (Operation::Purge, _) => Err(Error::accepted(VendorJob::purge("j"))),
        _ => Ok(()),
    });
    let fake = fake.outcomes(|_, _| not_found());
    let log = fake.log();
    let tickets = fake.layered(Retry::seeded(RetryPolicy::default(), 1));
    let settled = apply(&tickets, vec![DeleteTarget::new("1")], &at_once(1)).await;
    assert_eq!(words(&settled), ["already_gone"]);
    assert_eq!(calls(&log)[..3], ["delete 1", "purge 1", "purge 1"]);
}
