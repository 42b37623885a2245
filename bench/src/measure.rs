//! One run: calls, by so many workers at once, and what they took.

use std::alloc::System;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use stats_alloc::StatsAlloc;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::Error;
use crate::call::Call;
use crate::contestants::Contestant;

/// How many calls, and how many at once.
#[derive(Args, Clone, Copy, Debug)]
pub struct Plan {
    /// How many calls are measured.
    #[arg(long)]
    pub calls: u64,
    /// How many calls are made before.
    #[arg(long, default_value_t = 0)]
    pub warm_up: u64,
    /// How many calls are on their way at once.
    #[arg(long, default_value_t = 1)]
    pub concurrency: u64,
}

/// What a run took. What the snippets in other languages print has the same names.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// How many calls, or tickets.
    pub calls: u64,
    /// From the first to the last.
    pub wall_ns: u64,
    /// User and system time of the whole process.
    pub cpu_ns: u64,
    /// Half of the calls took no longer.
    pub median_ns: Option<u64>,
    /// The largest memory of the process so far, where the system tells.
    pub peak_rss_kib: Option<u64>,
    /// Allocations and reallocations, where they are counted.
    pub allocations: Option<u64>,
    /// Bytes of them, where they are counted.
    pub allocated_bytes: Option<u64>,
    /// What was used of the allowed rate, where there is one.
    pub share_of_rate: Option<f64>,
}

/// Makes the planned calls.
///
/// # Errors
///
/// The first call that is not answered as it was asked.
pub async fn calls(
    contestant: impl Contestant,
    call: Call,
    plan: &Plan,
    allocations: Option<&'static StatsAlloc<System>>,
) -> Result<Figures, Error> {
    let contestant = Arc::new(contestant);
    work(&contestant, call, plan.warm_up, plan.concurrency).await?;
    let counted = allocations.map(StatsAlloc::stats);
    let watch = Watch::start();
    let mut latencies = work(&contestant, call, plan.calls, plan.concurrency).await?;
    let mut figures = watch.stop(plan.calls)?;
    if let (Some(allocations), Some(before)) = (allocations, counted) {
        let now = allocations.stats();
        let since = now - before;
        figures.allocations = Some((since.allocations + since.reallocations) as u64);
        figures.allocated_bytes = Some(since.bytes_allocated as u64);
    }
    latencies.sort_unstable();
    figures.median_ns = latencies.get(latencies.len() / 2).map(|half| nanos(*half));
    Ok(figures)
}

/// Makes so many calls with so many workers and tells how long each took.
async fn work<C: Contestant>(
    contestant: &Arc<C>,
    call: Call,
    calls: u64,
    concurrency: u64,
) -> Result<Vec<Duration>, Error> {
    let begun = Arc::new(AtomicU64::new(0));
    let mut workers = JoinSet::new();
    let share = usize::try_from(calls)? / usize::try_from(concurrency)?.max(1) + 1;
    for _ in 0..concurrency {
        let (contestant, begun) = (Arc::clone(contestant), Arc::clone(&begun));
        workers.spawn(async move {
            let mut latencies = Vec::with_capacity(share * 2);
            while begun.fetch_add(1, Ordering::Relaxed) < calls {
                let start = Instant::now();
                contestant.call(call).await?;
                latencies.push(start.elapsed());
            }
            Ok::<_, Error>(latencies)
        });
    }
    let mut all = Vec::new();
    while let Some(latencies) = workers.join_next().await {
        all.extend(latencies??);
    }
    Ok(all)
}

/// Both clocks.
pub(crate) struct Watch {
    wall: Instant,
    cpu: Duration,
}

impl Watch {
    pub(crate) fn start() -> Self {
        Self {
            wall: Instant::now(),
            cpu: cpu(),
        }
    }

    pub(crate) fn stop(&self, calls: u64) -> Result<Figures, Error> {
        Ok(Figures {
            calls,
            wall_ns: nanos(self.wall.elapsed()),
            cpu_ns: nanos(cpu().saturating_sub(self.cpu)),
            peak_rss_kib: peak_rss_kib()?,
            ..Figures::default()
        })
    }
}

#[cfg(unix)]
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Not measured here.
#[cfg(not(unix))]
fn cpu() -> Duration {
    Duration::ZERO
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

/// As Linux tells it.
fn peak_rss_kib() -> Result<Option<u64>, Error> {
    let Ok(status) = std::fs::read_to_string("/proc/self/status") else {
        return Ok(None);
    };
    let mut lines = status.lines();
    let peak = lines.find_map(|line| line.strip_prefix("VmHWM:"));
    let number = peak.map(|peak| peak.trim().trim_end_matches(" kB").parse());
    Ok(number.transpose()?)
}
