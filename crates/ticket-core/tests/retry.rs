//! `Retry` on a paused clock: what is repeated, how long it waits, what the attempts come to, when it ends.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use common::{Fake, error, make, operations};
use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::BulkOptions;
use ticket_core::call::{Retry, RetryPolicy, StackOptions};
use ticket_core::model::Attachment;
use ticket_core::provider::Support;
use ticket_core::{
    CallContext, Change, Effect, Error, ErrorKind, NewTicket, Operation, Outcome, ProviderInfo,
    Stop, Tickets,
};
use tokio::time::Instant;

const SEED: u64 = 1;
const EFFECTS: [Effect; 2] = [Effect::None, Effect::Unknown];

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn attempts(attempts: u32) -> RetryPolicy {
    RetryPolicy::default().max_attempts(NonZeroU32::new(attempts).unwrap())
}

fn retry(policy: RetryPolicy) -> Retry {
    Retry::seeded(policy, SEED)
}

/// The kinds that pass, spelt out a second time.
const PASSING: [&str; 5] = [
    "rate_limited",
    "unavailable",
    "timeout",
    "connect",
    "server",
];

/// The operations that may be done twice, spelt out a second time.
const IDEMPOTENT: [&str; 8] = [
    "get",
    "list",
    "messages",
    "attachments",
    "download",
    "delete",
    "resolve",
    "restore",
];

fn expected(kind: ErrorKind, effect: Effect, operation: Operation) -> bool {
    PASSING.contains(&kind.as_str())
        && (effect == Effect::None || IDEMPOTENT.contains(&operation.as_str()))
}

#[tokio::test(start_paused = true)]
async fn retry_layer_follows_every_cell_of_the_table() {
    let mut repeated = 0;
    for &kind in ErrorKind::ALL {
        for effect in EFFECTS {
            for operation in operations() {
                let fake = Fake::new(1).answering(move |call| match call.operation {
                    made if made == operation => Err(error(kind, effect)),
                    _ => Ok(()),
                });
                let log = fake.log();
                let tickets = fake.layered(retry(attempts(3)));
                let failed = make(&tickets, operation).await.unwrap();
                let cell = format!("{kind} {effect} {operation}");
                let repeats = expected(kind, effect, operation);
                let calls = log.calls();
                let calls = calls
                    .iter()
                    .filter(|call| call.operation == operation)
                    .count();
                assert_eq!(calls, if repeats { 3 } else { 1 }, "{cell}");
                assert_eq!(failed.kind(), kind, "{cell}");
                assert_eq!(failed.attempts(), if repeats { 3 } else { 1 }, "{cell}");
                let kept = operation.is_write() && effect == Effect::Unknown;
                assert_eq!(failed.effect() == Effect::Unknown, kept, "{cell}");
                assert_eq!(
                    RetryPolicy::repeats(kind, effect, IDEMPOTENT.contains(&operation.as_str())),
                    repeats,
                    "{cell}"
                );
                repeated += usize::from(repeats);
            }
        }
    }
    assert_eq!(repeated, 5 * (11 + 8));
}

#[tokio::test(start_paused = true)]
async fn a_repeat_that_succeeds_is_a_success() {
    for effect in EFFECTS {
        let fake = Fake::new(1).answering(move |call| match call.number {
            0 => Err(error(ErrorKind::Server, effect)),
            _ => Ok(()),
        });
        let log = fake.log();
        let tickets = fake.layered(retry(RetryPolicy::default()));
        assert!(make(&tickets, Operation::Delete).await.is_none());
        assert_eq!(log.ids(), ["1", "1"]);
    }
}

/// The outcome of a delete whose first attempt had this effect and whose second is answered so.
async fn after(effect: Effect, outcome: Outcome) -> Outcome {
    let fake = Fake::new(1)
        .answering(move |call| match (call.operation, call.number) {
            (Operation::Get, _) => Err(error(ErrorKind::NotFound, Effect::None)),
            (_, 0) => Err(error(ErrorKind::Unavailable, effect)),
            _ => Ok(()),
        })
        .outcomes(move |_, _| outcome.clone());
    let report = fake
        .layered(retry(RetryPolicy::default()))
        .delete(["1"])
        .await;
    report.outcome(&"1".into()).unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn retried_delete_with_not_found_is_already_done_if_a_read_agrees() {
    let not_found = || Outcome::NotFound(error(ErrorKind::NotFound, Effect::None));
    let failed = || Outcome::Failed(error(ErrorKind::Conflict, Effect::None));
    let word = async |effect, outcome| Change::Delete.word(&after(effect, outcome).await);
    assert_eq!(word(Effect::Unknown, not_found()).await, "already_gone");
    assert_eq!(word(Effect::None, not_found()).await, "not_found");
    assert_eq!(word(Effect::Unknown, failed()).await, "already_gone");
    assert_eq!(word(Effect::None, failed()).await, "failed");
    assert_eq!(word(Effect::Unknown, Outcome::Done).await, "deleted");
}

#[tokio::test(start_paused = true)]
async fn rejection_after_a_lost_reply_has_unknown_effect_and_the_attempts() {
    let fake = Fake::new(1).answering(|call| {
        Err(match call.number {
            0 => error(ErrorKind::Timeout, Effect::Unknown),
            _ => error(ErrorKind::Forbidden, Effect::None).with_status(403),
        })
    });
    let tickets = fake.layered(retry(RetryPolicy::default()));
    let failed = make(&tickets, Operation::Resolve).await.unwrap();
    assert_eq!(
        (failed.kind(), failed.effect()),
        (ErrorKind::Forbidden, Effect::Unknown)
    );
    assert_eq!(
        failed.to_string(),
        "fake resolve 1: it failed (HTTP 403, after 2 attempts); the vendor may have acted"
    );
}

#[tokio::test(start_paused = true)]
async fn a_create_of_unknown_effect_is_made_once_and_reported() {
    let fake = Fake::new(1).answering(|_| Err(error(ErrorKind::Timeout, Effect::Unknown)));
    let log = fake.log();
    let tickets = fake.layered(retry(RetryPolicy::default()));
    let failed = tickets.create(&NewTicket::new("x")).await.unwrap_err();
    assert_eq!(failed.effect(), Effect::Unknown);
    assert_eq!(log.count(), 1);
}

/// When each of the attempts began, in milliseconds.
async fn times(policy: RetryPolicy, seed: u64, failed: Error) -> Vec<u128> {
    let fake = Fake::new(1).answering(move |_| Err(failed.clone()));
    let log = fake.log();
    make(&fake.layered(Retry::seeded(policy, seed)), Operation::Get)
        .await
        .unwrap();
    log.calls().iter().map(|call| call.at.as_millis()).collect()
}

#[tokio::test(start_paused = true)]
async fn backoff_doubles_and_is_reproducible_with_a_seed() {
    let server = || error(ErrorKind::Server, Effect::None);
    let mut longest = [0; 5];
    for seed in 0..50 {
        let times = times(attempts(6), seed, server()).await;
        assert_eq!(times.len(), 6);
        for (n, pair) in times.windows(2).enumerate() {
            longest[n] = longest[n].max(pair[1] - pair[0]);
        }
    }
    let spans = [1000, 2000, 4000, 8000, 16000];
    for (longest, span) in longest.iter().zip(spans) {
        // Never longer, and in fifty draws not always short: full jitter.
        assert!(
            *longest <= span + 1 && *longest > span * 3 / 4,
            "{longest} of {span}"
        );
    }
    let again = times(attempts(6), 7, server()).await;
    assert_eq!(times(attempts(6), 7, server()).await, again);
    assert_ne!(times(attempts(6), 8, server()).await, again);
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_asks_to_wait_is_obeyed_up_to_a_bound() {
    let asking = |wait| error(ErrorKind::RateLimited, Effect::None).with_retry_after(seconds(wait));
    assert_eq!(
        times(attempts(3), SEED, asking(60)).await,
        [0, 60_000, 120_000]
    );
    assert_eq!(times(attempts(3), SEED, asking(3600)).await.len(), 3);
    assert_eq!(times(attempts(3), SEED, asking(3601)).await, [0]);
    let patient = attempts(2).max_retry_after(seconds(4000));
    assert_eq!(times(patient, SEED, asking(3601)).await, [0, 3_601_000]);
    let hasty = attempts(2).max_retry_after(seconds(10));
    assert_eq!(times(hasty, SEED, asking(11)).await, [0]);
}

#[tokio::test(start_paused = true)]
async fn no_attempt_and_no_wait_reaches_the_deadline() {
    for deadline in [80, 100] {
        let fake = Fake::new(1).answering(|_| {
            Err(error(ErrorKind::RateLimited, Effect::None).with_retry_after(seconds(40)))
        });
        let log = fake.log();
        let start = Instant::now();
        let context = CallContext::new().deadline(start + seconds(deadline));
        let tickets = fake.layered(retry(attempts(9))).with(context);
        let failed = tickets.get("1").await.unwrap_err();
        let (attempts, took) = if deadline == 80 { (2, 40) } else { (3, 80) };
        // The wait that would have been in vain was not begun.
        assert_eq!((log.count(), start.elapsed()), (attempts, seconds(took)));
        let told =
            format!("not retried: the deadline would pass first (after {attempts} attempts)");
        assert_eq!(failed.to_string(), format!("fake get 1: it failed; {told}"));
    }
}

#[tokio::test(start_paused = true)]
async fn deadline_within_the_clock_resolution_is_not_a_stop() {
    let wait = Duration::from_micros(1200);
    let fake = Fake::new(1).answering(move |_| {
        Err(error(ErrorKind::RateLimited, Effect::None).with_retry_after(wait))
    });
    let log = fake.log();
    let context = CallContext::new().deadline(Instant::now() + Duration::from_micros(1500));
    let tickets = fake.layered(retry(attempts(9).base(Duration::ZERO)));
    let failed = tickets.with(context).get("1").await.unwrap_err();
    assert_eq!(log.count(), 1);
    assert!(
        failed.message().contains("the deadline would pass first"),
        "{failed}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_policy_means_the_same_for_a_single_call_and_in_a_bulk_change() {
    let asking = || {
        Fake::new(1).answering(|_| {
            Err(error(ErrorKind::RateLimited, Effect::None).with_retry_after(seconds(1800)))
        })
    };
    let options = StackOptions::default()
        .retry(RetryPolicy::default().max_retry_after(seconds(10)))
        .deadline(seconds(20));
    let start = Instant::now();
    let single = asking();
    let log = single.log();
    let tickets = Tickets::with_options(Arc::new(single), &options);
    assert!(tickets.get("1").await.is_err());
    assert_eq!((log.count(), start.elapsed()), (1, Duration::ZERO));
    let bulk = asking();
    let log = bulk.log();
    let tickets = Tickets::with_options(Arc::new(bulk), &options);
    let report = tickets.delete(["1"]).await;
    assert_eq!(report.outcome(&"1".into()).unwrap().as_str(), "failed");
    assert_eq!((log.count(), start.elapsed()), (1, Duration::ZERO));
}

#[tokio::test(start_paused = true)]
async fn not_found_after_an_earlier_unknown_attempt_is_already_done() {
    let missing = |_: &str, _| Outcome::NotFound(error(ErrorKind::NotFound, Effect::None));
    for (earlier, told) in [
        (Effect::None, "not_found"),
        (Effect::Unknown, "already_gone"),
    ] {
        let fake = Fake::new(1).outcomes(missing);
        let fake = fake.answering(|call| match call.operation {
            Operation::Get => Err(error(ErrorKind::NotFound, Effect::None)),
            _ => Ok(()),
        });
        let tickets = fake.layered(retry(attempts(1)));
        let context = CallContext::new().earlier_attempt(earlier);
        let report = tickets.with(context).delete(["1"]).await;
        let outcome = report.outcome(&"1".into()).unwrap();
        assert_eq!(Change::Delete.word(outcome), told);
    }
    // And a failure of a call leaves open what the earlier attempt did.
    let tickets = Fake::new(1)
        .answering(|_| Err(error(ErrorKind::Forbidden, Effect::None)))
        .layered(retry(attempts(1)));
    let context = CallContext::new().earlier_attempt(Effect::Unknown);
    let tickets = tickets.with(context);
    let failed = tickets.resolve("1").await.unwrap_err();
    assert_eq!(failed.effect(), Effect::Unknown);
    // A read has no effect, even then.
    let failed = tickets.get("1").await.unwrap_err();
    assert_eq!(failed.effect(), Effect::None);
}

#[tokio::test(start_paused = true)]
async fn the_budget_is_shared_by_clones_and_earned_by_successes() {
    let fake = Fake::new(1).answering(|call| match call.ids.concat().as_str() {
        "good" => Ok(()),
        _ => Err(error(ErrorKind::Server, Effect::None)),
    });
    let log = fake.log();
    let tickets = fake.layered(retry(attempts(4).budget(4)));
    let clone = tickets.clone();
    let calls = async |tickets: &Tickets, id: &str| {
        let before = log.count();
        let _ = tickets.get(id).await;
        log.count() - before
    };
    assert_eq!(calls(&tickets, "bad").await, 4);
    assert_eq!(calls(&clone, "bad").await, 2);
    assert_eq!(calls(&tickets, "bad").await, 1);
    for _ in 0..10 {
        assert_eq!(calls(&clone, "good").await, 1);
    }
    assert_eq!(calls(&tickets, "bad").await, 3);
    assert_eq!(calls(&tickets, "bad").await, 1);
}

#[tokio::test(start_paused = true)]
async fn stop_between_attempts_returns_the_last_error() {
    let fake = Fake::new(1).answering(|_| {
        Err(error(ErrorKind::RateLimited, Effect::None).with_retry_after(seconds(100)))
    });
    let log = fake.log();
    let tickets = fake.layered(retry(RetryPolicy::default()));
    let stop = Stop::new();
    let tickets = tickets.with(CallContext::new().stop(stop.clone()));
    let options = BulkOptions::default();
    let start = Instant::now();
    let work = tickets
        .apply(Change::Delete, stream::iter(["1"]).enumerate(), &options)
        .collect::<Vec<_>>();
    let (settled, ()) = tokio::join!(work, async {
        tokio::time::sleep(seconds(3)).await;
        stop.finish();
    });
    assert_eq!(start.elapsed(), seconds(3));
    assert_eq!(log.count(), 1);
    let error = settled[0].outcome.error().unwrap();
    assert_eq!(settled[0].outcome.as_str(), "unattempted");
    assert_eq!(
        (error.kind(), error.attempts()),
        (ErrorKind::RateLimited, 1)
    );
}

#[tokio::test(start_paused = true)]
async fn a_dropped_call_is_not_repeated() {
    let fake = Fake::new(1).answering(|_| Err(error(ErrorKind::Server, Effect::None)));
    let log = fake.log();
    let tickets = fake.layered(retry(attempts(100).budget(100).base(seconds(9))));
    let cut = tokio::time::timeout(Duration::from_millis(1), tickets.get("1")).await;
    assert!(cut.is_err());
    tokio::time::sleep(seconds(1000)).await;
    assert_eq!(log.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn rate_limit_costs_no_budget_and_every_reply_adds_some() {
    let fake = Fake::new(1).answering(|call| match call.ids.concat().as_str() {
        "missing" => Err(error(ErrorKind::NotFound, Effect::None)),
        "limited" => Err(error(ErrorKind::RateLimited, Effect::None)),
        _ => Err(error(ErrorKind::Server, Effect::None)),
    });
    let log = fake.log();
    let tickets = fake.layered(retry(attempts(4).budget(1)));
    assert_eq!(tickets.get("limited").await.unwrap_err().attempts(), 4);
    let spent = tickets.get("bad").await.unwrap_err();
    assert_eq!(spent.attempts(), 2);
    assert_eq!(
        spent.to_string(),
        "fake get bad: it failed; not retried: the retry budget is used up (after 2 attempts)"
    );
    for _ in 0..5 {
        assert_eq!(tickets.get("missing").await.unwrap_err().attempts(), 1);
    }
    assert_eq!(tickets.get("bad").await.unwrap_err().attempts(), 2);
    assert_eq!(log.count(), 4 + 2 + 5 + 2);
}

#[tokio::test(start_paused = true)]
async fn overflowing_wait_gives_up() {
    let endless = error(ErrorKind::RateLimited, Effect::None).with_retry_after(Duration::MAX);
    let obedient = attempts(3).max_retry_after(Duration::MAX);
    assert_eq!(times(obedient, SEED, endless).await, [0]);
}

/// A vendor that keeps keys for two hours and loses each answer, `latency` after the call.
fn keeping_keys(latency: Duration) -> Fake {
    let create = Support::new().keeps_keys_for(seconds(7200));
    let info = move |mut info: ProviderInfo| {
        info.capabilities = info.capabilities.with(Operation::Create, create);
        info
    };
    let fake = Fake::new(1).latency(latency).info(info);
    fake.answering(|_| Err(error(ErrorKind::Unavailable, Effect::Unknown)))
}

#[tokio::test(start_paused = true)]
async fn create_without_an_answer_is_repeated_with_one_key_where_keys_are_kept() {
    let fake = keeping_keys(Duration::ZERO);
    let log = fake.log();
    let tickets = fake.layered(retry(attempts(3)));
    let ticket = NewTicket::new("a");
    let error = tickets.create(&ticket).await.unwrap_err();
    assert_eq!((error.effect(), error.attempts()), (Effect::Unknown, 3));
    let own = CallContext::new().idempotency_key("own");
    tickets.with(own).create(&ticket).await.unwrap_err();
    tickets.create(&ticket).await.unwrap_err();
    let keys = log.ids();
    let parts: Vec<&[String]> = keys.chunks(3).collect();
    for part in &parts {
        assert!(part.iter().all(|key| *key == part[0]), "{keys:?}");
    }
    assert_eq!(parts[1][0], "own");
    assert!(parts[0][0].len() == 32 && parts[0][0] != parts[2][0]);
}

#[tokio::test(start_paused = true)]
async fn create_is_not_repeated_once_its_key_may_be_gone() {
    // Each answer is lost after 40 minutes, and the vendor keeps keys for two hours.
    let fake = keeping_keys(seconds(2400));
    let log = fake.log();
    let tickets = fake.layered(retry(attempts(10)));
    let error = tickets.create(&NewTicket::new("a")).await.unwrap_err();
    assert_eq!((error.effect(), error.attempts()), (Effect::Unknown, 3));
    assert_eq!(log.count(), 3);
    // Nobody knows when an earlier process used the key.
    let fake = keeping_keys(Duration::ZERO);
    let log = fake.log();
    let tickets = fake.layered(retry(attempts(10)));
    let context = CallContext::new()
        .idempotency_key("of an earlier process")
        .earlier_attempt(Effect::Unknown);
    let again = tickets.with(context).create(&NewTicket::new("a")).await;
    assert_eq!(again.unwrap_err().effect(), Effect::Unknown);
    assert_eq!(log.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn create_whose_files_are_sent_ahead_is_not_repeated_by_its_key() {
    for (requests_per_file, calls) in [(0, 3), (1, 1)] {
        let support = move |mut info: ProviderInfo| {
            let create = info.capabilities.support_mut(Operation::Create);
            create.unwrap().requests_per_file = requests_per_file;
            info
        };
        let fake = keeping_keys(Duration::ZERO).info(support);
        let log = fake.log();
        let ticket = NewTicket::new("a").attachment(Attachment::new("a.txt", *b"a"));
        let failed = fake.layered(retry(attempts(3))).create(&ticket).await;
        assert_eq!(failed.unwrap_err().effect(), Effect::Unknown);
        assert_eq!(log.count(), calls);
    }
}
