//! Tickets of unknown outcome are looked at once more at the end: what is read, how often, and what it proves.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use ticket_core::bulk::{BulkOptions, Notice};
use ticket_core::call::{Retry, RetryPolicy};
use ticket_core::{CallContext, Effect, ErrorKind, Operation, Result, Stop};
use tokio::time::Instant;

use crate::common::{Fake, Seen, error};
use crate::{at_once, delete, seconds, words};

/// A delete without an answer, of a ticket whose reads are answered as `read` says.
fn lost(read: impl Fn(&Seen) -> Result<()> + Send + Sync + 'static) -> Fake {
    Fake::new(1).answering(move |call| match call.operation {
        Operation::Delete => Err(error(ErrorKind::BadResponse, Effect::Unknown)),
        Operation::Get => read(call),
        _ => Ok(()),
    })
}

fn gone() -> Result<()> {
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
