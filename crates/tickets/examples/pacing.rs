//! How well the pacer keeps within a quota, beside `governor` (GCRA): refused calls, and how much of the allowed
//! rate is used, against four ways in which a vendor may count and three latencies.
//!
//! ```sh
//! cargo run -p tickets --example pacing -- --seed 1 --calls 2000 --quota 25/5
//! ```
//!
//! The calls, rounded up to whole quotas, want to be sent all at once, and none is repeated. Each way of a call
//! takes a quarter to three quarters of the latency. The share is what was admitted after the first quota of calls,
//! of what is allowed in the time from the first arrival to the last. The clock is paused, so hours take
//! seconds, and the same options give the same table.

use std::collections::VecDeque;
use std::error::Error as StdError;
use std::fmt;
use std::io::{self, Write as _};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use clap::Parser;
use futures_util::future::{BoxFuture, join_all};
use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::{InMemoryState, NotKeyed};
use tickets::{
    Call, Capabilities, Error, ErrorKind, Layer, Layered, Pace, Pacer, ProviderInfo, Quota, Quotas,
    Reply, Result, TicketId, TicketProvider,
};
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
        for model in Model::ALL {
            let pacer = Pacer::new(Quotas::none().window(quota));
            let pacer = Pace::new(Arc::new(pacer));
            let pacer = runtime.block_on(measure(&options, model, latency, pacer));
            let gcra = runtime.block_on(async {
                let gcra = Gcra::new(quota)?;
                Ok::<_, &str>(measure(&options, model, latency, gcra).await)
            })?;
            tell(format_args!(
                "{latency:>4} ms  {:<24}  {pacer}    {gcra}",
                model.title()
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
async fn measure(options: &Options, model: Model, latency: u64, layer: impl Layer) -> Measured {
    let mut rng = fastrand::Rng::with_seed(options.seed);
    let phase = options.quota.window.mul_f64(rng.f64());
    let vendor = Arc::new(Vendor {
        info: ProviderInfo::new("memory", "Memory", Capabilities::none()),
        latency,
        rng: Mutex::new(rng),
        counter: Mutex::new(Counter::new(model, options.quota, phase)),
    });
    let provider = Layered::new(layer, Arc::clone(&vendor) as _);
    let id = TicketId::new("121");
    let calls = (0..options.calls()).map(|_| provider.resolve(&id));
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

    async fn resolve(&self, _id: &TicketId) -> Result<()> {
        sleep(self.way()).await;
        let admitted = lock(&self.counter).admits(Instant::now());
        sleep(self.way()).await;
        if admitted {
            return Ok(());
        }
        Err(Error::new(ErrorKind::RateLimited, "too many calls"))
    }
}

/// How the vendor counts. None of the three says how it does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Model {
    Sliding,
    SlidingCountingRefused,
    Fixed,
    TokenBucket,
}

impl Model {
    const ALL: [Self; 4] = [
        Self::Sliding,
        Self::SlidingCountingRefused,
        Self::Fixed,
        Self::TokenBucket,
    ];

    const fn title(self) -> &'static str {
        match self {
            Self::Sliding => "sliding window",
            Self::SlidingCountingRefused => "sliding, refused count",
            Self::Fixed => "fixed window",
            Self::TokenBucket => "token bucket",
        }
    }
}

struct Counter {
    model: Model,
    quota: Quota,
    /// When the present fixed window ends.
    ends: Instant,
    counted: VecDeque<Instant>,
    /// In nanoseconds times calls: a whole token is a window's nanoseconds. Nothing is rounded.
    tokens: u128,
    arrivals: Option<(Instant, Instant)>,
}

impl Counter {
    fn new(model: Model, quota: Quota, phase: Duration) -> Self {
        Self {
            model,
            quota,
            ends: Instant::now() + phase,
            counted: VecDeque::new(),
            tokens: u128::from(quota.calls) * quota.window.as_nanos(),
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
        let (first, last) = self.arrivals.unwrap_or((now, now));
        self.arrivals = Some((first, now));
        match self.model {
            Model::Sliding | Model::SlidingCountingRefused => {
                let window = self.quota.window;
                self.counted.retain(|at| now - *at < window);
            }
            Model::Fixed => {
                while now >= self.ends {
                    self.ends += self.quota.window;
                    self.counted.clear();
                }
            }
            Model::TokenBucket => {
                let (quota, token) = (u128::from(self.quota.calls), self.quota.window.as_nanos());
                let back = (now - last).as_nanos() * quota;
                self.tokens = (self.tokens + back).min(quota * token);
                let left = self.tokens.checked_sub(token);
                self.tokens = left.unwrap_or(self.tokens);
                return left.is_some();
            }
        }
        let admitted = self.counted.len() < self.quota.calls as usize;
        if admitted || self.model == Model::SlidingCountingRefused {
            self.counted.push_back(now);
        }
        admitted
    }
}

/// Calls let through by `governor`, in the order in which they come.
struct Gcra {
    limiter: governor::RateLimiter<NotKeyed, InMemoryState, SinceStart, NoOpMiddleware<Duration>>,
    start: Instant,
    turnstile: tokio::sync::Mutex<()>,
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
            turnstile: tokio::sync::Mutex::default(),
        })
    }
}

impl fmt::Debug for Gcra {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gcra")
    }
}

impl Layer for Gcra {
    async fn call<'a, T: Reply>(
        &'a self,
        _call: Call<'a>,
        next: impl Fn() -> BoxFuture<'a, Result<T>> + Send + Sync + 'a,
    ) -> Result<T> {
        let turn = self.turnstile.lock().await;
        while let Err(not_until) = self.limiter.check() {
            sleep_until(self.start + not_until.earliest_possible()).await;
        }
        drop(turn);
        next().await
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
