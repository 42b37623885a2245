//! Tickets of unknown outcome are looked at once more at the end: what is read, how often, and what it proves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ticket_core::bulk::{BulkOptions, Notice};
use ticket_core::call::{Retry, RetryPolicy};
use ticket_core::provider::{Capabilities, Fields, NotFound, Support};
use ticket_core::{CallContext, Effect, ErrorKind, Operation, Outcome, Result, Stop};
use tokio::time::Instant;

use crate::common::{Fake, Seen, error};
use crate::{at_once, delete, reason, seconds, words};

/// A delete without an answer, of a ticket whose reads are answered as `read` says.
pub(super) fn lost(read: impl Fn(&Seen) -> Result<()> + Send + Sync + 'static) -> Fake {
    Fake::new(1).answering(move |call| match call.operation {
        Operation::Delete => Err(error(ErrorKind::BadResponse, Effect::Unknown)),
        Operation::Get => read(call),
        _ => Ok(()),
    })
}

pub(super) fn gone() -> Result<()> {
    Err(error(ErrorKind::NotFound, Effect::None))
}

fn no_answer() -> Result<()> {
    Err(error(ErrorKind::Unavailable, Effect::None))
}

#[tokio::test(start_paused = true)]
async fn look_without_an_answer_is_made_again_until_there_is_one() {
    let fake = Fake::new(1).answering(|call| match call.operation {
        Operation::Delete => Err(error(ErrorKind::BadResponse, Effect::Unknown)),
        // The ticket is still there at the first look. Then the vendor is out of reach for five minutes.
        _ if call.at < seconds(1) => Ok(()),
        _ if call.at < seconds(300) => no_answer(),
        Operation::Get => gone(),
        _ => Ok(()),
    });
    let log = fake.log();
    let settled = delete(&fake.bare(), ["1"], &at_once(1)).await;
    assert_eq!(words(&settled), ["already_gone"]);
    assert_eq!(log.deletes(), ["1"]);
    // Pauses of at most a minute.
    let calls = log.calls();
    assert!(calls.last().unwrap().at < seconds(361), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn look_that_somebody_else_answers_is_made_again() {
    let fake = Fake::new(1).answering(|call| match call.number {
        0 | 2 => Err(error(ErrorKind::BadResponse, Effect::Unknown)),
        1 => Ok(()),
        _ => Err(error(ErrorKind::NotFound, Effect::None)),
    });
    let log = fake.log();
    let settled = delete(&fake.bare(), ["1"], &at_once(1)).await;
    assert_eq!(words(&settled), ["already_gone"]);
    let calls = log.calls();
    let calls: Vec<_> = calls.iter().map(|call| call.operation.as_str()).collect();
    assert_eq!(calls, ["delete", "get", "get", "get"]);
}

#[tokio::test(start_paused = true)]
async fn ticket_whose_read_fails_again_and_again_does_not_hold_up_the_end() {
    let fake = lost(|call| match call.number {
        1 => Ok(()),
        _ => Err(error(ErrorKind::Server, Effect::None)),
    });
    let log = fake.log();
    let start = Instant::now();
    let settled = delete(&fake.bare(), ["1"], &at_once(1)).await;
    assert_eq!(words(&settled), ["unknown"]);
    let calls = log.calls();
    let reads = calls.iter().filter(|call| call.operation == Operation::Get);
    // One at once, and twelve more.
    assert_eq!(reads.count(), 13, "{calls:?}");
    assert!(start.elapsed() < seconds(30), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn read_that_is_refused_is_made_again_and_holds_up_no_other_ticket() {
    let refused = || Err(error(ErrorKind::InvalidInput, Effect::None));
    let fake = lost(move |call| match (call.ids[0].as_str(), call.number) {
        // Refused for good, refused at the second look, and never refused.
        ("1", _) => refused(),
        (_, ..6) => Ok(()),
        ("2", ..9) => refused(),
        _ => gone(),
    });
    let log = fake.log();
    let settled = delete(&fake.bare(), ["1", "2", "3"], &at_once(1)).await;
    assert_eq!(words(&settled), ["unknown", "already_gone", "already_gone"]);
    let calls = log.calls();
    let reads = |id| {
        let of_it = calls
            .iter()
            .filter(|call| call.operation == Operation::Get && call.ids == [id]);
        of_it.count()
    };
    assert_eq!((reads("1"), reads("2"), reads("3")), (4, 3, 2), "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn ticket_of_unknown_outcome_whose_repeat_is_answered_by_somebody_else_is_looked_at() {
    let fake = Fake::new(1).answering(|call| match (call.operation, call.number) {
        (Operation::Delete, 0) => Err(error(ErrorKind::Timeout, Effect::Unknown)),
        (Operation::Delete, _) => Err(error(ErrorKind::BadResponse, Effect::None)),
        (Operation::Get, 1) => no_answer(),
        (Operation::Get, _) => gone(),
        _ => Ok(()),
    });
    let log = fake.log();
    let settled = delete(&fake.bare(), ["1"], &at_once(1)).await;
    assert_eq!(words(&settled), ["already_gone"]);
    assert_eq!(log.deletes(), ["1", "1"]);
}

#[tokio::test(start_paused = true)]
async fn change_without_patience_looks_once_more() {
    let fake = lost(|_| no_answer());
    let log = fake.log();
    let options = at_once(1).give_up_after(Duration::ZERO);
    let settled = delete(&fake.bare(), ["1", "2"], &options).await;
    assert_eq!(words(&settled), ["unknown"; 2]);
    let calls = log.calls();
    let reads = calls.iter().filter(|call| call.operation == Operation::Get);
    assert!(reads.count() <= 4, "{calls:?}");
}

#[tokio::test(start_paused = true)]
async fn ticket_that_is_there_at_the_second_look_is_settled() {
    for (consistent, word) in [(true, "failed"), (false, "unknown")] {
        let fake = lost(|_| Ok(())).info(|info| {
            if consistent {
                info.consistent_reads()
            } else {
                info
            }
        });
        let log = fake.log();
        let settled = delete(&fake.bare(), ["1"], &at_once(1)).await;
        assert_eq!(words(&settled), [word]);
        assert_eq!(log.count(), 3, "{:?}", log.calls());
        assert_eq!(log.calls()[2].at, seconds(5));
    }
}

#[tokio::test(start_paused = true)]
async fn ticket_accepted_for_later_is_looked_at_for_35_seconds_and_this_is_told() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let notices = Arc::clone(&told);
    let options: BulkOptions = at_once(1).notify(move |_, notice| {
        if let Notice::Looking { tickets, until } = notice {
            let wait = until.duration_since(Instant::now());
            notices.lock().unwrap().push((*tickets, wait.as_secs()));
        }
    });
    let accepted = |carried_out: u64| {
        Fake::new(1).answering(move |call| match call.operation {
            Operation::Delete => {
                Err(error(ErrorKind::BadResponse, Effect::Unknown).with_status(202))
            }
            Operation::Get if call.at >= seconds(carried_out) => gone(),
            _ => Ok(()),
        })
    };
    let settled = delete(&accepted(30).bare(), ["1"], &options).await;
    assert_eq!(words(&settled), ["already_gone"]);
    assert_eq!(*told.lock().unwrap(), [(1, 10), (1, 20)]);
    let fake = accepted(40);
    let log = fake.log();
    let settled = delete(&fake.bare(), ["1"], &options).await;
    assert_eq!(words(&settled), ["unknown"]);
    let at: Vec<_> = log.calls().iter().map(|call| call.at.as_secs()).collect();
    assert_eq!(at, [0, 0, 5, 15, 35]);
}

#[tokio::test(start_paused = true)]
async fn failed_change_is_told_at_once_and_neither_an_accepted_one_nor_one_of_before() {
    let told = Arc::new(Mutex::new(Vec::new()));
    let unknown = |kind| error(kind, Effect::Unknown);
    let fake = Fake::new(1).answering(move |call| match (call.operation, call.ids[0].as_str()) {
        (Operation::Delete, "1") => Err(unknown(ErrorKind::Server)),
        (Operation::Delete, "2") => Err(unknown(ErrorKind::BadResponse).with_status(202)),
        _ => Ok(()),
    });
    let fake = fake.info(|mut info| {
        info.never_reuses_ids = false;
        info
    });
    let (log, tickets, notices) = (fake.log(), fake.bare(), Arc::clone(&told));
    let sent = log.clone();
    let options: BulkOptions = at_once(1).notify(move |_, notice| {
        if let Notice::Held(id) = notice {
            notices
                .lock()
                .unwrap()
                .push((id.to_string(), sent.deletes()));
        }
    });
    let settled = delete(&tickets, ["1", "2", "3"], &options).await;
    assert_eq!(words(&settled), ["unknown", "unknown", "deleted"]);
    let first = [("1".to_owned(), vec!["1".to_owned()])];
    assert_eq!(*told.lock().unwrap(), first);
    // A ticket that is only looked at: nothing failed in this change.
    let earlier = CallContext::new().earlier_attempt(Effect::Unknown);
    let settled = delete(&tickets.with(earlier), ["4"], &options).await;
    assert_eq!(words(&settled), ["unknown"]);
    assert_eq!(*told.lock().unwrap(), first);
    assert_eq!(log.deletes(), ["1", "2", "3"]);
}

/// Three tickets, a second per call; the delete of the first one is lost, and the change is stopped in its middle.
async fn stopped(end: impl Fn(&Stop)) -> (Vec<String>, Vec<String>, Duration) {
    let stop = Stop::new();
    let fake = lost(|call| if call.number < 2 { no_answer() } else { gone() }).latency(seconds(1));
    let log = fake.log();
    // A layer that sends nothing after the stop.
    let tickets = fake
        .layered(Retry::seeded(RetryPolicy::default(), 1))
        .with(CallContext::new().stop(stop.clone()));
    let start = Instant::now();
    let ending = async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        end(&stop);
    };
    let options = at_once(1);
    let (settled, ()) = tokio::join!(delete(&tickets, ["1", "2", "3"], &options), ending);
    let words = words(&settled).into_iter().map(str::to_owned).collect();
    let calls = log.calls();
    let calls = calls
        .iter()
        .map(|call| format!("{} {}", call.operation, call.ids.join(",")));
    (words, calls.collect(), start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn stopped_change_looks_once_at_what_it_began() {
    let (words, calls, took) = stopped(Stop::finish).await;
    assert_eq!(words, ["already_gone", "unattempted", "unattempted"]);
    assert_eq!(calls.last().map(String::as_str), Some("get 1"), "{calls:?}");
    assert!(calls.iter().all(|call| call.ends_with(" 1")), "{calls:?}");
    assert!(took < seconds(5), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn abandoned_change_looks_at_nothing() {
    let (words, calls, took) = stopped(Stop::abandon).await;
    assert_eq!(words, ["unknown", "unattempted", "unattempted"]);
    assert_eq!(calls, ["delete 1"]);
    assert_eq!(took, Duration::from_millis(500));
}

#[tokio::test(start_paused = true)]
async fn change_abandoned_before_the_second_look_does_not_look() {
    let stop = Stop::new();
    let fake = lost(|_| Ok(()));
    let log = fake.log();
    let tickets = fake.bare().with(CallContext::new().stop(stop.clone()));
    let abandoning = async {
        tokio::time::sleep(seconds(2)).await;
        stop.abandon();
    };
    let options = at_once(1);
    let (settled, ()) = tokio::join!(delete(&tickets, ["1"], &options), abandoning);
    assert_eq!(words(&settled), ["unknown"]);
    assert_eq!(log.count(), 2, "{:?}", log.calls());
}

/// A vendor whose *not found* proves this, to reads and deletes.
pub(super) fn proving(fake: Fake, proves: NotFound) -> Fake {
    fake.info(|mut info| {
        let support = Support::new().not_found(proves);
        info.capabilities = Capabilities::none()
            .with(Operation::Get, support.clone())
            .with(Operation::Delete, support)
            .list(Fields::default());
        info
    })
}

#[tokio::test(start_paused = true)]
async fn undocumented_not_found_proves_that_a_ticket_is_gone_only_with_a_control_read() {
    for (proves, control_passes, word) in [
        (NotFound::Gone, false, "already_gone"),
        (NotFound::Undocumented, true, "already_gone"),
        (NotFound::Undocumented, false, "unknown"),
        (NotFound::Ambiguous, true, "unknown"),
    ] {
        let fake = Fake::new(1).answering(move |call| match call.operation {
            Operation::Delete => Err(error(ErrorKind::BadResponse, Effect::Unknown)),
            Operation::List if control_passes => Ok(()),
            // A gateway without a route.
            _ => gone(),
        });
        let settled = delete(&proving(fake, proves).bare(), ["1"], &at_once(1)).await;
        assert_eq!(words(&settled), [word], "{proves:?} {control_passes}");
    }
}

#[tokio::test(start_paused = true)]
async fn ticket_is_not_looked_at_again_where_no_read_can_tell() {
    let fake = lost(|_| gone());
    let log = fake.log();
    let start = Instant::now();
    let settled = delete(
        &proving(fake, NotFound::Ambiguous).bare(),
        ["1"],
        &at_once(1),
    )
    .await;
    assert_eq!(words(&settled), ["unknown"]);
    assert_eq!(log.count(), 2, "{:?}", log.calls());
    assert_eq!(start.elapsed(), Duration::ZERO);
}

/// What an earlier process may have done is not forgotten, however this one ends.
#[tokio::test(start_paused = true)]
async fn ticket_that_an_earlier_attempt_may_have_changed_is_never_called_unattempted_or_failed() {
    let refused = || Err(error(ErrorKind::Unauthenticated, Effect::None));
    let fakes: [(&str, Fake); 2] = [
        (
            "a deadline that is over",
            Fake::new(1).answering(|_| Ok(())),
        ),
        (
            "an account that is refused",
            Fake::new(1).answering(move |_| refused()),
        ),
    ];
    for (case, fake) in fakes {
        let log = fake.log();
        let mut context = CallContext::new().earlier_attempt(Effect::Unknown);
        if case.starts_with("a deadline") {
            context = context.deadline(Instant::now());
        }
        let settled = delete(&fake.bare().with(context), ["1", "2"], &at_once(1)).await;
        assert_eq!(words(&settled), ["unknown", "unknown"], "{case}");
        assert!(log.deletes().len() <= 1, "{case}");
    }
}

/// A repeat could meet another ticket that has the id now.
#[tokio::test(start_paused = true)]
async fn ticket_that_an_earlier_attempt_may_have_changed_is_only_looked_at_where_ids_are_reused() {
    for (reuses, only_look, deletes) in [(true, false, 0), (false, true, 0), (false, false, 2)] {
        let fake = Fake::new(1).answering(|call| match call.operation {
            Operation::Get if call.ids == ["1"] => gone(),
            _ => Ok(()),
        });
        let fake = fake.info(move |mut info| {
            info.never_reuses_ids = !reuses;
            info
        });
        let log = fake.log();
        let mut options = at_once(1);
        options.only_look = only_look;
        let context = CallContext::new().earlier_attempt(Effect::Unknown);
        let settled = delete(&fake.bare().with(context), ["1", "2"], &options).await;
        let told = words(&settled);
        assert_eq!(log.deletes().len(), deletes, "{told:?}");
        if deletes == 0 {
            assert_eq!(told[0], "already_gone", "{told:?}");
            assert_ne!(told[1], "deleted", "{told:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn not_found_at_the_first_attempt_is_confirmed_only_by_what_proves_it() {
    for (proves, exists, control_passes, word, is_confirmed) in [
        (NotFound::Gone, false, true, "not_found", true),
        (NotFound::Undocumented, false, true, "not_found", true),
        (NotFound::Undocumented, false, false, "unknown", false),
        (NotFound::Undocumented, true, true, "failed", false),
        (NotFound::Ambiguous, false, true, "not_found", false),
        (NotFound::Ambiguous, true, true, "failed", false),
    ] {
        let fake = Fake::new(1)
            .answering(move |call| match call.operation {
                Operation::Get if !exists => gone(),
                Operation::List if !control_passes => gone(),
                _ => Ok(()),
            })
            .outcomes(|_, _| Outcome::NotFound(error(ErrorKind::NotFound, Effect::None)));
        let settled = delete(&proving(fake, proves).bare(), ["1"], &at_once(1)).await;
        let case = format!("{proves:?}, exists: {exists}, control: {control_passes}");
        assert_eq!(words(&settled), [word], "{case}");
        assert_eq!(reason(&settled[0]).is_confirmed(), is_confirmed, "{case}");
    }
}
