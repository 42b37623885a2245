//! Purges that did not settle every ticket: what is purged once more, what is asked about, and what stays unknown.

use ticket_core::provider::{NotFound, Support, VendorJob};
use ticket_core::{Effect, Error, ErrorKind, Operation, Outcome};

use crate::common::error;
use crate::purging::{calls, fake, not_found, purge, words};
use crate::reason;

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
