//! How well the pacer keeps within a quota, beside `governor` (GCRA): refused calls, and how much of the allowed
//! rate is used, against four ways in which a vendor may count and three latencies.
//!
//! ```sh
//! cargo run -p ticket-bench --example pacing -- --seed 1 --calls 2000 --quota 25/5
//! ```
//!
//! The calls, rounded up to whole quotas, want to be sent all at once, and none is repeated. Each way of a call
//! takes a quarter to three quarters of the latency. The share is what was admitted after the first quota of calls,
//! of what is allowed in the time from the first arrival to the last. The clock is paused, so hours take
//! seconds, and the same options give the same table.

use std::error::Error as StdError;
use std::fmt;
use std::io::{self, Write as _};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use clap::Parser;
use futures_util::future::join_all;
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use ticket_testkit::window::{Window, WindowModel};
use tickets::call::{Call, Layer, Next, Pace, Pacer, Reply, Stack};
use tickets::provider::{Capabilities, Limit, Quota};
use tickets::{CallContext, Error, ErrorKind, ProviderInfo, Result, TicketId, TicketProvider};
use tokio::time::{Instant, sleep, sleep_until};

const LATENCIES: [u64; 3] = [20, 74, 300];

fn main() -> Result<(), Box<dyn StdError>> {
    let options = Options::parse();
    let quota = options.quota;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()?;
    tell(format_args!(
        "{} calls, {quota} allowed, seed {}\n",
        options.calls(),
        options.seed
    ))?;
    tell("                                        pacer             governor")?;
    tell("latency  the vendor counts by      refused    rate    refused    rate")?;
    for latency in LATENCIES {
        for model in WindowModel::ALL {
            let pacer = Pacer::new([Limit::new().window(quota)]);
            let pacer = Pace::new(Arc::new(pacer));
            let pacer = runtime.block_on(measure(&options, model, latency, pacer));
            let gcra = runtime.block_on(async {
                let gcra = Gcra::new(quota)?;
                Ok::<_, &str>(measure(&options, model, latency, gcra).await)
            })?;
            tell(format_args!(
                "{latency:>4} ms  {:<24}  {pacer}    {gcra}",
                title(model)
            ))?;
        }
    }
    Ok(())
}

#[derive(Parser)]
struct Options {
    /// Chooses the latencies
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How many calls want to be sent
    #[arg(long, default_value_t = 2000)]
    calls: u32,
    /// What the vendor allows: calls/seconds
    #[arg(long, default_value = "25/5")]
    quota: Quota,
}

impl Options {
    /// As many calls as asked for, and whole quotas: a part of one would make the share look too small.
    fn calls(&self) -> u32 {
        let quotas = self.calls.div_ceil(self.quota.calls).max(2);
        quotas.saturating_mul(self.quota.calls)
    }
}

/// Sends all calls through `layer`.
async fn measure(
    options: &Options,
    model: WindowModel,
    latency: u64,
    layer: impl Layer,
) -> Measured {
    let mut rng = fastrand::Rng::with_seed(options.seed);
    let phase = options.quota.window.mul_f64(rng.f64());
    let vendor = Arc::new(Vendor {
        info: ProviderInfo::new("memory", "Memory", Capabilities::none()),
        latency,
        rng: Mutex::new(rng),
        counter: Mutex::new(Counter::new(model, options.quota, phase)),
    });
    let provider = Stack::new(layer, Arc::clone(&vendor) as _);
    let id = TicketId::new("121");
    let context = CallContext::new();
    let calls = (0..options.calls()).map(|_| provider.resolve(&context, &id));
    let answers = join_all(calls).await;
    let refused = answers.iter().filter(|answer| answer.is_err()).count();
    let took = lock(&vendor.counter).took();
    let admitted = answers.len() - refused - options.quota.calls as usize;
    let allowed = took.div_duration_f64(options.quota.window) * f64::from(options.quota.calls);
    Measured {
        refused,
        share: f64::from(u32::try_from(admitted).unwrap_or(u32::MAX)) / allowed,
    }
}

struct Measured {
    refused: usize,
    share: f64,
}

impl fmt::Display for Measured {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>7}  {:>4.1} %", self.refused, 100.0 * self.share)
    }
}

/// Refuses what is beyond its quota.
struct Vendor {
    info: ProviderInfo,
    latency: u64,
    rng: Mutex<fastrand::Rng>,
    counter: Mutex<Counter>,
}

impl Vendor {
    fn way(&self) -> Duration {
        let range = self.latency / 4..=self.latency * 3 / 4;
        Duration::from_millis(lock(&self.rng).u64(range))
    }
}

impl fmt::Debug for Vendor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Vendor")
    }
}

#[async_trait]
impl TicketProvider for Vendor {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn resolve(&self, _context: &CallContext, _id: &TicketId) -> Result<()> {
        sleep(self.way()).await;
        let admitted = lock(&self.counter).admits(Instant::now());
        sleep(self.way()).await;
        if admitted {
            return Ok(());
        }
        Err(Error::new(ErrorKind::RateLimited, "too many calls"))
    }
}

const fn title(model: WindowModel) -> &'static str {
    match model {
        WindowModel::Sliding => "sliding window",
        WindowModel::SlidingCountingRefused => "sliding, refused count",
        WindowModel::Fixed => "fixed window",
        WindowModel::TokenBucket => "token bucket",
    }
}

/// The vendor's window, and when the first and the last call came.
struct Counter {
    window: Window,
    arrivals: Option<(Instant, Instant)>,
}

impl Counter {
    /// The first fixed window ends after `phase`.
    fn new(model: WindowModel, quota: Quota, phase: Duration) -> Self {
        let window = Window::new(model, quota.calls, quota.window, Instant::now());
        Self {
            window: window.phase(quota.window.saturating_sub(phase)),
            arrivals: None,
        }
    }

    /// From the first arrival to the last.
    fn took(&self) -> Duration {
        self.arrivals
            .map(|(first, last)| last - first)
            .unwrap_or_default()
    }

    fn admits(&mut self, now: Instant) -> bool {
        let (first, _) = self.arrivals.unwrap_or((now, now));
        self.arrivals = Some((first, now));
        self.window.admit(now)
    }
}

/// Calls let through by `governor`, in the order in which they come.
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
    fn new(quota: Quota) -> Result<Self, &'static str> {
        let start = Instant::now();
        let burst = NonZeroU32::new(quota.calls).ok_or("the quota allows no calls")?;
        let quota = governor::Quota::with_period(quota.window / quota.calls)
            .ok_or("the quota is too large for governor")?
            .allow_burst(burst);
        Ok(Self {
            limiter: governor::RateLimiter::direct_with_clock(quota, SinceStart(start)),
            start,
            queue_head: tokio::sync::Mutex::default(),
        })
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

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prints a line. That nobody reads on (`| head`) is no failure.
fn tell(line: impl fmt::Display) -> io::Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        told => told,
    }
}
