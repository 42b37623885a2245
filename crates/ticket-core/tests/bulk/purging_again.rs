//! Purges that did not settle every ticket: what is purged once more, what is asked about, and what stays unknown.

use std::sync::Arc;

use ticket_core::bulk::{BulkOptions, Settled};
use ticket_core::call::{RetryPolicy, StackOptions};
use ticket_core::provider::{Limit, NotFound, Quota, Support, VendorJob};
use ticket_core::{
    CallContext, DeleteTarget, Effect, Error, ErrorKind, Operation, Outcome, ProviderInfo, Result,
    Stop, Tickets,
};

use crate::common::{Fake, Seen, error};
use crate::purging::{apply, calls, fake, not_found, purge, words};
use crate::{at_once, reason, seconds};

#[tokio::test(start_paused = true)]
async fn job_of_the_tickets_that_were_there_is_not_asked_about_the_others() {
    // The delete finds only ticket 1. The first question about the purge of 1 has no answer. A job confirms whatever it is
    // asked about.
    let fake = fake(|call| match (call.operation, call.number) {
        (Operation::Purge, 1) => Err(Error::accepted(VendorJob::purge("p"))),
        (Operation::Job, 2) => Err(error(ErrorKind::Unavailable, Effect::None)),
        _ => Ok(()),
    });
    let fake = fake.outcomes(|id, call| match (id, call) {
        ("2", 0 | 3) => not_found(),
        _ => Outcome::Done,
    });
    let log = fake.log();
    let settled = purge(fake, &["1", "2"]).await;
    assert_eq!(words(&settled), ["deleted", "not_found"]);
    assert_eq!(
        calls(&log),
        ["delete 1,2", "purge 1", "job 1", "purge 2", "job 1"]
    );
}

#[tokio::test(start_paused = true)]
async fn refused_purge_leaves_the_words_of_a_refused_delete_alone() {
    let fake = fake(|call| match call.operation {
        Operation::Purge => Err(error(ErrorKind::InvalidInput, Effect::None)),
        _ => Ok(()),
    });
    let fake = fake.outcomes(|id, _| match id {
        "locked" => Outcome::Failed(error(ErrorKind::Conflict, Effect::None)),
        _ => Outcome::Done,
    });
    let log = fake.log();
    let settled = purge(fake, &["1", "locked"]).await;
    assert_eq!(words(&settled), ["failed", "failed"]);
    let kinds = [0, 1].map(|place: usize| reason(&settled[place]).kind());
    assert_eq!(kinds, [ErrorKind::InvalidInput, ErrorKind::Conflict]);
    assert!(!reason(&settled[1]).message().contains("trash"));
    assert_eq!(calls(&log), ["delete 1,locked", "purge 1"]);
}

#[tokio::test(start_paused = true)]
async fn purge_with_an_answer_that_is_not_the_vendors_is_made_once_more_and_only_that_decides() {
    let strange = || error(ErrorKind::BadResponse, Effect::Unknown);
    // What the second purge comes to, and what is told.
    let cases: [(fn() -> Outcome, _); 4] = [
        (|| Outcome::Done, "deleted"),
        (|| Outcome::AlreadyDone, "already_gone"),
        (not_found, "already_gone"),
        (
            || Outcome::Unknown(error(ErrorKind::BadResponse, Effect::Unknown)),
            "unknown",
        ),
    ];
    for (second, word) in cases {
        let fake = fake(move |call| match (call.operation, call.number) {
            (Operation::Purge, 1) => Err(strange()),
            // A read does not tell what is in the trash from what is gone.
            (Operation::Get, _) => Err(error(ErrorKind::NotFound, Effect::None)),
            _ => Ok(()),
        });
        let fake = fake.outcomes(move |_, call| match call {
            2 => second(),
            _ => Outcome::Done,
        });
        let log = fake.log();
        assert_eq!(words(&purge(fake, &["1"]).await), [word]);
        assert_eq!(calls(&log)[..3], ["delete 1", "purge 1", "purge 1"]);
        let seen = log.calls();
        // The trash may lag.
        assert_eq!(seen[2].at, seen[1].at + crate::seconds(5));
    }
}

#[tokio::test(start_paused = true)]
async fn not_found_settles_no_second_purge_where_it_may_be_a_gateways() {
    let fake = fake(|call| match (call.operation, call.number) {
        (Operation::Purge, 1) => Err(error(ErrorKind::BadResponse, Effect::Unknown)),
        (Operation::Get, _) => Err(error(ErrorKind::NotFound, Effect::None)),
        _ => Ok(()),
    });
    let fake = fake.outcomes(|_, call| match call {
        0 => Outcome::Done,
        _ => not_found(),
    });
    let fake = fake.info(|mut info| {
        let purge = Support::new().max_batch(100);
        let purge = purge.not_found(NotFound::Ambiguous);
        info.capabilities = info.capabilities.with(Operation::Purge, purge);
        info
    });
    assert_eq!(words(&purge(fake, &["1"]).await), ["unknown"]);
}

#[tokio::test(start_paused = true)]
async fn purge_that_nobody_answers_is_not_made_again_before_the_pause() {
    let fake = fake(|call| match (call.operation, call.number) {
        (Operation::Purge, 1) => Err(error(ErrorKind::Unavailable, Effect::Unknown)),
        _ => Ok(()),
    });
    let log = fake.log();
    assert_eq!(words(&purge(fake, &["1"]).await), ["deleted"]);
    assert_eq!(calls(&log), ["delete 1", "purge 1", "delete 1", "purge 1"]);
    let seen = log.calls();
    assert_eq!(seen[2].at, seen[1].at + crate::seconds(1));
}

#[tokio::test(start_paused = true)]
async fn vendor_that_answers_the_delete_is_waited_for_longer_than_one_that_never_answered() {
    // One that never answered is given up after a minute.
    let fake = fake(|call| match call.operation {
        Operation::Purge if call.at < crate::seconds(120) => {
            Err(error(ErrorKind::Unavailable, Effect::None))
        }
        _ => Ok(()),
    });
    let log = fake.log();
    assert_eq!(words(&purge(fake, &["1"]).await), ["deleted"]);
    let seen = log.calls();
    assert!(seen.last().unwrap().at >= crate::seconds(120), "{seen:?}");
}

/// Deletes that are carried out, and a purge that has no connection. What follows is answered as `then` says.
fn unpurged(then: impl Fn(&Seen) -> Result<()> + Send + Sync + 'static) -> Fake {
    fake(move |call| match call.number {
        0 => Ok(()),
        1 => Err(no_connection()),
        _ => then(call),
    })
}

fn no_connection() -> Error {
    error(ErrorKind::Connect, Effect::None)
}

fn one_by_one(mut info: ProviderInfo) -> ProviderInfo {
    let delete = info.capabilities.support(Operation::Delete).cloned();
    let delete = delete.unwrap().max_batch(1);
    info.capabilities = info.capabilities.with(Operation::Delete, delete);
    info
}

/// The change of these tickets, and `end` three and a half seconds after its begin.
async fn ending(tickets: &Tickets, ids: &[&str], end: impl Fn()) -> Vec<Settled<usize>> {
    let targets = ids.iter().map(|id| DeleteTarget::new(*id)).collect();
    let ending = async {
        tokio::time::sleep(seconds(3) + seconds(1) / 2).await;
        end();
    };
    let options: BulkOptions = at_once(1);
    tokio::join!(apply(tickets, targets, &options), ending).0
}

/// It is to be purged still, and the error says what was done.
fn assert_in_trash(settled: &Settled<usize>, kind: ErrorKind) {
    let error = reason(settled);
    assert_eq!(error.kind(), kind);
    let told = error.message();
    assert_eq!(told.matches("it was deleted before").count(), 1, "{told}");
    assert!(settled.outcome.is_left_to_do(), "{told}");
}

#[tokio::test(start_paused = true)]
async fn ticket_in_the_trash_is_told_so_where_the_change_is_stopped_before_its_purge() {
    let stop = Stop::new();
    let fake = unpurged(|_| Err(no_connection()));
    let log = fake.log();
    let tickets = fake.bare().with(CallContext::new().stop(stop.clone()));
    let settled = ending(&tickets, &["1", "2"], || stop.finish()).await;
    assert_eq!(words(&settled), ["failed"; 2]);
    for settled in &settled {
        assert_in_trash(settled, ErrorKind::Connect);
    }
    // The last error is one of the delete, which says nothing of the trash by itself.
    let calls = calls(&log);
    assert_eq!(
        calls,
        ["delete 1,2", "purge 1,2", "delete 1,2", "delete 1,2"]
    );
}

#[tokio::test(start_paused = true)]
async fn ticket_in_the_trash_is_told_so_where_another_one_ends_the_change() {
    // The first one is tried twice before it is another one's turn.
    let fake = unpurged(|call| match call.number {
        2 => Err(no_connection()),
        _ => Err(error(ErrorKind::Unauthenticated, Effect::None)),
    });
    let fake = fake.info(one_by_one);
    let log = fake.log();
    let settled = ending(&fake.bare(), &["1", "2", "3"], || {}).await;
    assert_eq!(words(&settled), ["failed", "failed", "unattempted"]);
    assert_in_trash(&settled[0], ErrorKind::Connect);
    for other in &settled[1..] {
        assert!(!reason(other).message().contains("trash"));
    }
    let calls = calls(&log);
    assert_eq!(calls, ["delete 1", "purge 1", "delete 1", "delete 2"]);
}

#[tokio::test(start_paused = true)]
async fn ticket_in_the_trash_is_told_so_where_its_next_delete_is_refused() {
    for (kind, effect, word) in [
        (ErrorKind::Unauthenticated, Effect::None, "failed"),
        (ErrorKind::BadResponse, Effect::None, "failed"),
    ] {
        let fake = unpurged(move |_| Err(error(kind, effect)));
        let log = fake.log();
        let settled = purge(fake, &["1"]).await;
        assert_eq!(words(&settled), [word]);
        assert_in_trash(&settled[0], kind);
        assert_eq!(calls(&log), ["delete 1", "purge 1", "delete 1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn ticket_in_the_trash_is_told_so_where_its_next_delete_is_held_back_until_a_stop() {
    // The window has room for the first two calls.
    let ends: [fn(&Stop); 2] = [Stop::finish, Stop::abandon];
    for end in ends {
        let stop = Stop::new();
        let fake = unpurged(|_| Ok(()));
        let fake = fake.info(|info| info.limit(Limit::new().window(Quota::new(2, seconds(600)))));
        let log = fake.log();
        let mut stack = StackOptions::default();
        stack.retry = RetryPolicy::default().max_attempts(1.try_into().unwrap());
        let tickets = Tickets::with_options(Arc::new(fake), &stack);
        let tickets = tickets.with(CallContext::new().stop(stop.clone()));
        let settled = ending(&tickets, &["1"], || end(&stop)).await;
        assert_eq!(words(&settled), ["failed"]);
        assert_in_trash(&settled[0], ErrorKind::Connect);
        assert_eq!(calls(&log), ["delete 1", "purge 1"]);
    }
}

#[tokio::test(start_paused = true)]
async fn ticket_that_was_moved_to_the_trash_before_is_purged_once_more_as_after_its_first_delete() {
    // The trash lags, or somebody else has purged it.
    let cases: [(fn() -> Outcome, _); 2] =
        [(|| Outcome::Done, "deleted"), (not_found, "already_gone")];
    for (second, word) in cases {
        let fake = unpurged(|_| Ok(())).outcomes(move |id, call| match (id, call) {
            ("1", 0) => Outcome::Done,
            ("1", 4..) => second(),
            _ => not_found(),
        });
        let log = fake.log();
        let settled = purge(fake, &["1", "missing"]).await;
        assert_eq!(words(&settled), [word, "not_found"]);
        let seen = log.calls();
        assert_eq!(
            calls(&log),
            [
                "delete 1,missing",
                "purge 1",
                "delete 1,missing",
                "purge 1",
                "purge 1",
                "purge missing"
            ]
        );
        assert_eq!(seen[4].at, seen[3].at + seconds(5));
    }
}
