//! Whichever way the vendor counts, it never refuses a paced call: random loads on a paused clock against four
//! ways of counting, and beside them what `governor` (GCRA) makes of the same load.
//!
//! Every run has a seed of its own, so that each repeats exactly. `--nocapture` shows the shares of the rate.
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests may panic and print"
)]

mod server;

use std::fmt;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use ticket_core::call::{Call, Layer, Next, Pace, Pacer, Reply, Stack};
use ticket_core::provider::{Capabilities, Limit, Quota};
use ticket_core::{CallContext, ProviderInfo, Result, TicketId, TicketProvider};
use ticket_testkit::window::{Window, WindowModel};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use server::{Remote, Server, Tally};

fn provider(layer: impl Layer, server: &Arc<Server>) -> Arc<dyn TicketProvider> {
    let info = ProviderInfo::new("memory", "Memory", Capabilities::none());
    let server = Arc::clone(server);
    Arc::new(Stack::new(layer, Arc::new(Remote { info, server })))
}

/// Calls of the same quota, let through by `governor`, in the order in which they come.
struct Gcra {
    limiter: governor::RateLimiter<NotKeyed, InMemoryState, SinceStart, NoOpMiddleware<Duration>>,
    start: Instant,
    queue_head: tokio::sync::Mutex<()>,
}

#[derive(Clone)]
struct SinceStart(Instant);

impl Clock for SinceStart {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

impl Gcra {
    fn new(quota: Quota) -> Self {
        let (start, calls) = (Instant::now(), NonZeroU32::new(quota.calls).unwrap());
        let quota = governor::Quota::with_period(quota.window / quota.calls).unwrap();
        let limiter =
            governor::RateLimiter::direct_with_clock(quota.allow_burst(calls), SinceStart(start));
        Self {
            limiter,
            start,
            queue_head: tokio::sync::Mutex::default(),
        }
    }
}

impl fmt::Debug for Gcra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gcra")
    }
}

impl Layer for Gcra {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        let turn = self.queue_head.lock().await;
        while let Err(not_until) = self.limiter.check() {
            sleep_until(self.start + not_until.earliest_possible()).await;
        }
        drop(turn);
        next.call(call).await
    }
}

/// A quota that the server counts so; so much of the first fixed window is over.
fn counted(model: WindowModel, quota: Quota, phase: Duration) -> Window {
    Window::new(model, quota.calls, quota.window, Instant::now()).phase(phase)
}

fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// What became of all runs together, so that no promise is kept for want of a case.
#[derive(Debug, Default)]
struct Seen {
    answered: u32,
    given_up: u32,
    cut_off: u32,
    late: u32,
    admitted: u32,
}

/// Calls at random moments, with random ways, some given up at random moments.
async fn random_run(model: WindowModel, seed: u64, all: &mut Seen) {
    let mut rng = fastrand::Rng::with_seed(seed);
    let quota = Quota::new(rng.u32(1..30), millis(rng.u64(50..8000)));
    let mut quotas = Limit::new().window(quota);
    if rng.bool() {
        let factor = rng.u32(2..6);
        quotas = quotas.window(Quota::new(quota.calls * factor / 2, quota.window * factor));
    }
    let counter = |quota: &Quota| counted(model, *quota, millis(rng.u64(0..8000)));
    let counters = quotas.windows.iter().map(counter).collect();
    let longest = [0, 20, 300, 3000];
    let shortest = millis(rng.u64(0..=300));
    let (more_there, longest_back) = (
        *rng.choice(&longest).unwrap(),
        *rng.choice(&longest).unwrap(),
    );
    let mut ways = rng.fork();
    let server = Server::new(
        counters,
        shortest,
        Box::new(move || {
            let there = shortest + millis(ways.u64(0..=more_there));
            (there, millis(ways.u64(0..=longest_back)))
        }),
    );
    let pacer = Arc::new(Pacer::new([quotas]));
    let provider = provider(Pace::new(Arc::clone(&pacer)), &server);
    let per_call = u64::try_from(quota.window.as_millis()).unwrap() / u64::from(quota.calls);
    let mut calls = Vec::new();
    for _ in 0..rng.u64(20..150) {
        // In bursts, and now and then slower or faster than the quota.
        if rng.bool() {
            sleep(millis(rng.u64(0..=3 * per_call))).await;
        }
        let patience = if rng.u8(0..3) == 0 {
            millis(rng.u64(0..10 * per_call + 2000))
        } else {
            Duration::MAX
        };
        let provider = Arc::clone(&provider);
        calls.push(tokio::spawn(async move {
            timeout(
                patience,
                provider.resolve(&CallContext::new(), &TicketId::new("121")),
            )
            .await
        }));
    }
    for call in join_all(calls).await {
        match call.unwrap() {
            Ok(answer) => {
                answer.unwrap();
                all.answered += 1;
            }
            Err(_) => all.given_up += 1,
        }
    }
    // What was given up last may still be on its way.
    sleep(shortest).await;
    let tally = *server.tally.lock().unwrap();
    assert_eq!(tally.refused, 0, "{model:?}, seed {seed}: {tally:?}");
    assert_eq!(tally.sent, tally.admitted + tally.cut_off);
    let status = pacer.status();
    assert_eq!((status.in_flight, status.waiting), (0, 0));
    all.cut_off += tally.cut_off;
    all.late += tally.late;
    all.admitted += tally.admitted;
}

#[tokio::test(start_paused = true)]
async fn no_vendor_refuses_a_paced_call_whatever_way_it_counts() {
    for (part, model) in (0..).zip(WindowModel::ALL) {
        let mut seen = Seen::default();
        for seed in 100 * part..100 * (part + 1) {
            // A call that would never be sent fails the test.
            let run = random_run(model, seed, &mut seen);
            timeout(Duration::from_secs(86_400), run).await.unwrap();
        }
        println!("{model:?}: {seen:?}");
        assert!(seen.answered > 1000);
        assert!(seen.given_up > 100);
        assert!(seen.cut_off > 10, "given up far from the server");
        assert!(seen.late > 10, "counted after being given up");
        // Given up after it was counted.
        assert!(seen.admitted > seen.answered + seen.late);
    }
}

/// All calls at once; each way takes a quarter to three quarters of the latency.
async fn saturate<L: Layer>(model: WindowModel, layer: impl FnOnce(Quota) -> L) -> (Tally, f64) {
    const LATENCY: u64 = 74;
    let quota = Quota::new(25, millis(5000));
    let counter = counted(model, quota, millis(1234));
    let mut rng = fastrand::Rng::with_seed(7);
    let mut way = move || millis(rng.u64(LATENCY / 4..=LATENCY * 3 / 4));
    let ways = Box::new(move || (way(), way()));
    let server = Server::new(vec![counter], Duration::ZERO, ways);
    let provider = provider(layer(quota), &server);
    let id = TicketId::new("121");
    let context = CallContext::new();
    let calls = join_all((0..1000).map(|_| provider.resolve(&context, &id)));
    timeout(Duration::from_secs(86_400), calls).await.unwrap();
    let tally = *server.tally.lock().unwrap();
    assert_eq!(tally.admitted + tally.refused, 1000);
    // The first calls are free to come at once; the rate is what comes after them.
    let took = tally.last.unwrap().duration_since(tally.first.unwrap());
    let allowed = took.as_secs_f64() / quota.window.as_secs_f64() * f64::from(quota.calls);
    (tally, f64::from(tally.admitted - quota.calls) / allowed)
}

#[tokio::test(start_paused = true)]
async fn almost_the_whole_rate_is_used_and_gcra_would_be_refused() {
    for model in WindowModel::ALL {
        let layer = |quota| Pace::new(Arc::new(Pacer::new([Limit::new().window(quota)])));
        let (pacer, pacer_share) = saturate(model, layer).await;
        let (gcra, gcra_share) = saturate(model, Gcra::new).await;
        println!(
            "{model:?}: pacer {} refused, {:.1} % of the rate; governor {} refused, {:.1} %",
            pacer.refused,
            100.0 * pacer_share,
            gcra.refused,
            100.0 * gcra_share
        );
        assert_eq!(pacer.refused, 0);
        // A slot is in use for its window, and 112 ms at the most.
        assert!(pacer_share > 5.0 / 5.112);
        // This is why the pacer does not count by GCRA.
        if matches!(
            model,
            WindowModel::Sliding | WindowModel::SlidingCountingRefused
        ) {
            assert!(gcra.refused > 0);
        }
    }
}

/// The limit of the promise, as `Pacer` states it.
#[tokio::test(start_paused = true)]
async fn a_request_that_lingers_after_it_was_given_up_may_cost_a_later_one() {
    let quota = Quota::new(1, millis(1000));
    let counter = counted(WindowModel::Sliding, quota, Duration::ZERO);
    let mut ways = [millis(500), Duration::ZERO].into_iter();
    let ways = Box::new(move || (ways.next().unwrap(), Duration::ZERO));
    let server = Server::new(vec![counter], millis(500), ways);
    let pacer = Arc::new(Pacer::new([Limit::new().window(quota)]));
    let provider = provider(Pace::new(pacer), &server);
    let id = TicketId::new("121");
    timeout(millis(100), provider.resolve(&CallContext::new(), &id))
        .await
        .unwrap_err();
    let context = CallContext::new();
    let later = timeout(Duration::from_secs(3600), provider.resolve(&context, &id));
    later.await.unwrap().unwrap_err();
    let tally = *server.tally.lock().unwrap();
    assert_eq!((tally.late, tally.admitted, tally.refused), (1, 1, 1));
}
