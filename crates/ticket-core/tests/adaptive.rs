//! How many calls are made at once where no window is documented: against a vendor in memory, on a paused clock.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::num::NonZeroUsize;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_core::future::BoxFuture;
use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::BulkOptions;
use ticket_core::call::{CallIntent, NoSlot, Pacer, Slot, Slots, StackOptions, WaitReason};
use ticket_core::provider::{Capabilities, Concurrency, Limit, Quota, Support};
use ticket_core::{
    CallContext, Change, DeleteReport, DeleteTarget, Error, ErrorKind, Operation, Outcome,
    ProviderInfo, Result, TicketProvider, Tickets,
};
use tokio::time::{Instant, sleep};

const LATENCY: Duration = Duration::from_millis(100);

/// How a vendor answers a call, by how many it has at once with this one, and by the number of the call.
type Answers = dyn Fn(usize, usize) -> Result<Duration> + Send + Sync;

/// A vendor that deletes one ticket with each call.
struct Vendor {
    info: ProviderInfo,
    answers: Box<Answers>,
    seen: Arc<Mutex<Seen>>,
}

/// What the vendor saw.
#[derive(Debug, Default)]
struct Seen {
    in_flight: usize,
    /// How many calls there were at once when each began.
    at_once: Vec<usize>,
}

impl Seen {
    fn most(&self) -> usize {
        self.at_once.iter().copied().max().unwrap_or_default()
    }
}

impl std::fmt::Debug for Vendor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vendor")
    }
}

impl Vendor {
    fn new(answers: impl Fn(usize, usize) -> Result<Duration> + Send + Sync + 'static) -> Self {
        let capabilities = Capabilities::none().with(Operation::Delete, Support::new());
        Self {
            info: ProviderInfo::new("desk", "Desk", capabilities).never_reuses_ids(),
            answers: Box::new(answers),
            seen: Arc::default(),
        }
    }

    /// Twice as slow with more than `most` calls at once.
    fn doubling_above(most: usize) -> Self {
        Self::new(move |calls, _| Ok(if calls > most { LATENCY * 2 } else { LATENCY }))
    }

    /// Works on `workers` calls at once; the others wait.
    fn queueing(workers: usize) -> Self {
        let number = |calls| u32::try_from(calls).unwrap();
        Self::new(move |calls, _| Ok(LATENCY * number(calls.max(workers)) / number(workers)))
    }

    /// Refuses a call while there are more than `most` at once.
    fn refusing_above(most: usize, kind: ErrorKind) -> Self {
        Self::new(move |calls, _| {
            if calls > most {
                Err(Error::new(kind, "too many calls at once"))
            } else {
                Ok(LATENCY)
            }
        })
    }
}

#[async_trait]
impl TicketProvider for Vendor {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn delete(&self, _: &CallContext, targets: &[DeleteTarget]) -> Result<DeleteReport> {
        let (calls, number) = {
            let mut seen = self.seen.lock().unwrap();
            seen.in_flight += 1;
            let calls = seen.in_flight;
            seen.at_once.push(calls);
            (calls, seen.at_once.len())
        };
        let answer = (self.answers)(calls, number);
        sleep(*answer.as_ref().unwrap_or(&LATENCY)).await;
        self.seen.lock().unwrap().in_flight -= 1;
        answer.map(|_| DeleteReport::from_fn(targets, |_| Outcome::Done))
    }
}

fn fixed(calls: usize) -> BulkOptions {
    BulkOptions::default().concurrency(NonZeroUsize::new(calls).unwrap())
}

/// Deletes so many tickets, all of which are deleted, and returns how long that takes.
async fn delete(account: &Tickets, tickets: usize, options: &BulkOptions) -> Duration {
    let start = Instant::now();
    let ids = stream::iter((0..tickets).map(|id| ((), id.to_string())));
    let mut work = account.apply(Change::Delete, ids, options);
    while let Some(settled) = work.next().await {
        assert!(settled.outcome.is_done(), "{:?}", settled.outcome);
    }
    start.elapsed()
}

/// The time that a change takes, and the most calls at once.
async fn timed(vendor: Vendor, tickets: usize, options: &BulkOptions) -> (Duration, usize) {
    let seen = Arc::clone(&vendor.seen);
    let took = delete(&Tickets::new(vendor), tickets, options).await;
    let most = seen.lock().unwrap().most();
    (took, most)
}

/// The time by the best fixed number's, and that number.
async fn by_best_fixed(vendor: impl Fn() -> Vendor, near: usize) -> (f64, usize) {
    let (auto, _) = timed(vendor(), 2_000, &BulkOptions::default()).await;
    let mut best = (Duration::MAX, 0);
    for calls in [4, 8, near, 32] {
        let (took, _) = timed(vendor(), 2_000, &fixed(calls)).await;
        best = best.min((took, calls));
    }
    (auto.as_secs_f64() / best.0.as_secs_f64(), best.1)
}

#[tokio::test(start_paused = true)]
async fn auto_where_latency_doubles_above_some_calls_takes_at_most_a_fifth_longer_than_the_best() {
    for most in [17, 25] {
        let (ratio, best) = by_best_fixed(|| Vendor::doubling_above(most), most).await;
        assert_eq!(best, most);
        assert!(ratio <= 1.2, "{most}: {ratio:.3}");
    }
}

#[tokio::test(start_paused = true)]
async fn auto_where_calls_queue_takes_at_most_a_fifth_longer_than_the_best_with_a_short_queue() {
    for workers in [4, 12] {
        let (ratio, _) = by_best_fixed(|| Vendor::queueing(workers), workers).await;
        assert!(ratio <= 1.2, "{workers}: {ratio:.3}");
        let vendor = Vendor::queueing(workers);
        let seen = Arc::clone(&vendor.seen);
        delete(&Tickets::new(vendor), 2_000, &BulkOptions::default()).await;
        let seen = seen.lock().unwrap();
        let sum: usize = seen.at_once.iter().sum();
        let mean = sum / seen.at_once.len();
        assert!(mean <= 2 * workers, "{workers}: {mean}");
    }
}

#[tokio::test(start_paused = true)]
async fn auto_without_trouble_begins_with_four_and_reaches_thirty_two_by_one_more_each_round() {
    let vendor = Vendor::new(|_, _| Ok(LATENCY));
    let seen = Arc::clone(&vendor.seen);
    let account = Tickets::new(vendor);
    delete(&account, 2_000, &BulkOptions::default()).await;
    let at_once = &seen.lock().unwrap().at_once;
    let mut waves = at_once.chunk_by(|one, next| one < next).map(<[_]>::len);
    assert_eq!(waves.next(), Some(4));
    // A wave has one call more than the one before it; the rest of the 2,000 come at the ceiling.
    let rounds: Vec<_> = at_once
        .iter()
        .scan(0, |most, calls| {
            *most = (*most).max(*calls);
            Some(*most)
        })
        .collect();
    assert!(rounds.windows(2).all(|pair| pair[1] <= pair[0] + 4));
    assert_eq!(rounds.last(), Some(&32));
    let at_ceiling = rounds.iter().filter(|most| **most == 32).count();
    assert!(at_ceiling > 1_300, "{at_ceiling}");
    assert_eq!(
        account.pacer().unwrap().at_once(Operation::Delete),
        Some(32)
    );
}

#[tokio::test(start_paused = true)]
async fn auto_with_replies_of_any_length_reaches_thirty_two() {
    // Between a half and two and a half times the usual, without a pattern.
    let latency = |number: usize| {
        let mixed = number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40;
        LATENCY / 2 + LATENCY * u32::try_from(mixed % 1000).unwrap() / 500
    };
    let vendor = Vendor::new(move |_, number| Ok(latency(number)));
    let seen = Arc::clone(&vendor.seen);
    delete(&Tickets::new(vendor), 6_000, &BulkOptions::default()).await;
    let at_once = &seen.lock().unwrap().at_once;
    let later = &at_once[at_once.len() / 2..];
    let mean = later.iter().sum::<usize>() / later.len();
    assert!(mean >= 24, "{mean}");
}

#[tokio::test(start_paused = true)]
async fn auto_is_halved_by_each_refusal_and_does_not_come_near_it_for_a_while() {
    for kind in [
        ErrorKind::RateLimited,
        ErrorKind::Unavailable,
        ErrorKind::Timeout,
    ] {
        let vendor = Vendor::refusing_above(12, kind);
        let seen = Arc::clone(&vendor.seen);
        let account = Tickets::new(vendor);
        let pacer = Arc::clone(account.pacer().unwrap());
        let ids = stream::iter((0..400).map(|id| ((), id.to_string())));
        let mut work = account.apply(Change::Delete, ids, &BulkOptions::default());
        let mut limits = Vec::new();
        while let Some(settled) = work.next().await {
            assert!(settled.outcome.is_done(), "{:?}", settled.outcome);
            limits.extend(pacer.at_once(Operation::Delete));
        }
        limits.dedup();
        let before = limits.iter().position(|limit| *limit == 13).unwrap();
        assert_eq!(limits[..=before], [4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
        assert_eq!(limits[before + 1], 6, "{kind:?} {limits:?}");
        assert!(
            limits[before + 1..].iter().all(|limit| *limit <= 12),
            "{limits:?}"
        );
        let refused = seen
            .lock()
            .unwrap()
            .at_once
            .iter()
            .filter(|calls| **calls > 12)
            .count();
        assert_eq!(refused, 1, "{kind:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn auto_at_a_vendor_that_becomes_slow_for_good_is_lowered_and_recovers() {
    let vendor = Vendor::new(|_, number| Ok(if number < 1_500 { LATENCY } else { LATENCY * 5 }));
    let account = Tickets::new(vendor);
    let pacer = Arc::clone(account.pacer().unwrap());
    let ids = stream::iter((0..5_000).map(|id| ((), id.to_string())));
    let mut work = account.apply(Change::Delete, ids, &BulkOptions::default());
    let mut limits = Vec::new();
    while work.next().await.is_some() {
        limits.extend(pacer.at_once(Operation::Delete));
    }
    limits.dedup();
    assert_eq!(limits.iter().max(), Some(&32));
    assert!(
        limits
            .iter()
            .skip_while(|limit| **limit < 32)
            .any(|limit| *limit == 4),
        "{limits:?}"
    );
    assert_eq!(limits.last(), Some(&32), "{limits:?}");
}

#[tokio::test(start_paused = true)]
async fn fixed_number_of_the_account_or_the_change_holds_instead() {
    let vendor = || Vendor::doubling_above(4);
    assert_eq!(timed(vendor(), 300, &fixed(64)).await.1, 64);
    let eight = StackOptions::default().concurrency(NonZeroUsize::new(8).unwrap());
    for (options, expected) in [
        (BulkOptions::default(), 8..=8),
        (fixed(2), 2..=2),
        // Adapts, and takes some rounds to notice that the vendor has become slow.
        (
            BulkOptions::default().concurrency(Concurrency::Auto),
            5..=12,
        ),
    ] {
        let vendor = vendor();
        let seen = Arc::clone(&vendor.seen);
        let account = Tickets::with_options(Arc::new(vendor), &eight);
        delete(&account, 300, &options).await;
        let most = seen.lock().unwrap().most();
        assert!(expected.contains(&most), "{expected:?}: {most}");
    }
}

#[tokio::test(start_paused = true)]
async fn window_decides_instead_where_one_is_documented() {
    let mut vendor = Vendor::new(|_, _| Ok(LATENCY));
    vendor.info.limits = vec![Limit::new().window(Quota::new(1_000, LATENCY))];
    let seen = Arc::clone(&vendor.seen);
    let account = Tickets::new(vendor);
    delete(&account, 200, &BulkOptions::default()).await;
    assert_eq!(seen.lock().unwrap().most(), 4);
    assert_eq!(account.pacer().unwrap().at_once(Operation::Delete), None);
}

/// Slots that several pacers share, of which only the calls at once are limited.
#[derive(Debug, Default)]
struct Shared {
    in_flight: Arc<Mutex<usize>>,
}

#[derive(Debug)]
struct Taken(Arc<Mutex<usize>>);

impl Slot for Taken {
    fn end(self: Box<Self>, _: Option<&Error>) -> BoxFuture<'static, ()> {
        *self.0.lock().unwrap() -= 1;
        Box::pin(std::future::ready(()))
    }
}

impl Slots for Shared {
    fn take<'a>(
        &'a self,
        intent: &'a CallIntent<'a>,
    ) -> BoxFuture<'a, Result<Box<dyn Slot>, NoSlot>> {
        let mut in_flight = self.in_flight.lock().unwrap();
        let most = intent.at_once.map_or(usize::MAX, NonZeroUsize::get);
        let taken: Result<Box<dyn Slot>, _> = if *in_flight < most {
            *in_flight += 1;
            Ok(Box::new(Taken(Arc::clone(&self.in_flight))))
        } else {
            Err(NoSlot::Wait {
                reason: WaitReason::Concurrency,
                at_least: Duration::from_millis(37),
            })
        };
        Box::pin(std::future::ready(taken))
    }

    fn close_for(&self, _: Duration) {}
}

#[tokio::test(start_paused = true)]
async fn two_processes_stay_below_the_ceiling_together_and_both_go_on() {
    let slots = Arc::new(Shared::default());
    let seen: Arc<Mutex<Seen>> = Arc::default();
    let account = || {
        let mut vendor = Vendor::new(|_, _| Ok(LATENCY));
        vendor.seen = Arc::clone(&seen);
        let pacer = Pacer::with_slots([], Arc::clone(&slots) as _);
        Tickets::with_options(
            Arc::new(vendor),
            &StackOptions::default().pacer(Arc::new(pacer)),
        )
    };
    let (one, other) = (account(), account());
    let options = BulkOptions::default();
    let took = tokio::join!(
        delete(&one, 2_000, &options),
        delete(&other, 2_000, &options)
    );
    let seen = seen.lock().unwrap();
    assert_eq!(seen.at_once.len(), 4_000);
    assert_eq!(seen.most(), 32);
    // Alone, one of them would take 7 s, and both of them 13 s.
    let slower = took.0.max(took.1);
    assert!(slower < Duration::from_secs(21), "{took:?}");
    assert!(took.0.min(took.1) * 2 > slower, "{took:?}");
}
