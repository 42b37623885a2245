//! Checks seed by seed that what the library tells is true. Exits with 1 on a lie, and if a fault, a mode or an outcome
//! never occurred.
//!
//! ```sh
//! cargo run --release -p ticket-bench --example checker -- --seeds 100000 --rates 5,20,50
//! cargo run --release -p ticket-bench --example checker -- --seed 17 --rate 20
//! cargo run --release -p ticket-bench --example checker -- --seeds 1000 --twice
//! cargo run --release -p ticket-bench --example checker -- --flaws
//! ```

use std::collections::BTreeMap;
use std::fmt::Display;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::{self, Write as _};
use std::num::NonZeroUsize;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use clap::Parser;
use ticket_bench::checker::{Counts, Flaw, Lie, PLANS, Verdict, check, first_seed};
use tokio::time::Instant;

#[derive(Parser)]
struct Options {
    /// How many seeds are checked, at each rate
    #[arg(long, default_value_t = 1000)]
    seeds: u64,
    /// The first seed
    #[arg(long, default_value_t = 1)]
    from: u64,
    /// How many calls of 100 fail
    #[arg(long, value_delimiter = ',', default_values_t = [5, 20, 50])]
    rates: Vec<u32>,
    /// Checks each seed twice: calls and outcomes must be the same
    #[arg(long)]
    twice: bool,
    /// Tells the story of this one seed
    #[arg(long)]
    seed: Option<u64>,
    /// The rate of `--seed`
    #[arg(long, default_value_t = 20)]
    rate: u32,
    /// Looks for the first seed that finds each planted lie
    #[arg(long)]
    flaws: bool,
    /// Exits with 0 although something never occurred, for few seeds
    #[arg(long)]
    any_coverage: bool,
    /// How many seeds of each rule that found a lie are printed
    #[arg(long, default_value_t = 10)]
    most: usize,
    /// How many threads
    #[arg(long)]
    threads: Option<NonZeroUsize>,
}

impl Options {
    fn threads(&self) -> usize {
        let given = self.threads;
        let threads = given.or_else(|| std::thread::available_parallelism().ok());
        threads.map_or(1, NonZeroUsize::get)
    }
}

/// What all threads found.
#[derive(Default)]
struct Found {
    counts: Counts,
    lies: BTreeMap<&'static str, Vec<(u64, u32, Lie)>>,
    unequal: Vec<(u64, u32)>,
    /// For each plan, all calls and outcomes of all seeds as one number, whatever their order.
    digests: [u64; PLANS.len()],
}

impl Found {
    fn add_digests(&mut self, verdict: &Verdict) {
        for (sum, fingerprint) in self.digests.iter_mut().zip(&verdict.fingerprints) {
            let mut hasher = DefaultHasher::new();
            (verdict.seed, verdict.rate, fingerprint).hash(&mut hasher);
            *sum = sum.wrapping_add(hasher.finish());
        }
    }

    fn merge(&mut self, other: Self) {
        self.counts.merge(other.counts);
        self.unequal.extend(other.unequal);
        for (rule, lies) in other.lies {
            self.lies.entry(rule).or_default().extend(lies);
        }
        for (sum, digest) in self.digests.iter_mut().zip(other.digests) {
            *sum = sum.wrapping_add(digest);
        }
    }
}

fn main() -> io::Result<ExitCode> {
    let options = Options::parse();
    if let Some(seed) = options.seed {
        return one(seed, options.rate, options.twice);
    }
    if options.flaws {
        return flaws(&options);
    }
    let begun = Instant::now();
    let found = all(&options);
    for (kind, name, count) in found.counts.iter() {
        tell(format_args!("{count:>10}  {kind:8} {name}"))?;
    }
    let runs = found.counts.get("run", "seeds").max(1);
    let seconds = begun.elapsed().as_secs_f64();
    #[expect(clippy::cast_precision_loss, reason = "a figure for people")]
    let each = 1000.0 * seconds / runs as f64;
    tell(format_args!(
        "{runs} runs in {seconds:.1} s, {each:.2} ms each"
    ))?;
    for (plan, digest) in PLANS.iter().zip(found.digests) {
        tell(format_args!("calls and outcomes, {plan}: {digest:016x}"))?;
    }
    for (rule, lies) in &found.lies {
        tell(format_args!("LIE: {rule}: {} times", lies.len()))?;
        for (seed, rate, (_, what)) in lies.iter().take(options.most) {
            tell(format_args!("     --seed {seed} --rate {rate}: {what}"))?;
        }
    }
    for (seed, rate) in found.unequal.iter().take(options.most) {
        tell(format_args!(
            "NOT THE SAME TWICE: --seed {seed} --rate {rate}"
        ))?;
    }
    if options.twice {
        tell(format_args!(
            "not the same twice: {} of {runs}",
            found.unequal.len()
        ))?;
    }
    let missing = found.counts.missing();
    for name in &missing {
        tell(format_args!("NEVER OCCURRED: {name}"))?;
    }
    let is_covered = missing.is_empty() || options.any_coverage;
    let is_good = found.lies.is_empty() && found.unequal.is_empty() && is_covered;
    tell(format_args!(
        "lies: {}",
        found.lies.values().map(Vec::len).sum::<usize>()
    ))?;
    Ok(ExitCode::from(u8::from(!is_good)))
}

fn one(seed: u64, rate: u32, twice: bool) -> io::Result<ExitCode> {
    let verdict = check(seed, rate, None, true);
    for line in &verdict.lines {
        tell(line)?;
    }
    for (rule, what) in &verdict.lies {
        tell(format_args!("LIE: {rule}: {what}"))?;
    }
    if twice {
        let again = check(seed, rate, None, true);
        let mut lines = verdict.lines.iter().zip(&again.lines);
        if let Some((first, second)) = lines.find(|(first, second)| first != second) {
            tell(format_args!("NOT THE SAME TWICE:\n  {first}\n  {second}"))?;
        }
        tell(format_args!(
            "{:016x?} {:016x?}",
            verdict.fingerprints, again.fingerprints
        ))?;
    }
    Ok(ExitCode::from(u8::from(!verdict.lies.is_empty())))
}

/// A line for each planted lie: where it is found, by which rule, and what is told there.
fn flaws(options: &Options) -> io::Result<ExitCode> {
    let next = AtomicUsize::new(0);
    let found = Mutex::new(BTreeMap::new());
    std::thread::scope(|scope| {
        for _ in 0..options.threads() {
            scope.spawn(|| {
                while let Some(flaw) = Flaw::ALL.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let seed = first_seed(*flaw, 1..=options.seeds, &options.rates);
                    let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                    found.insert(*flaw, seed);
                }
            });
        }
    });
    let found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    let missing = found.values().filter(|seed| seed.is_none()).count();
    tell(format_args!(
        "{:<24} {:>6} {:>4}  found by",
        "planted lie", "seed", "rate"
    ))?;
    for (flaw, seed) in &found {
        // A column of text, whatever `Debug` does with a width.
        let name = format!("{flaw:?}");
        match seed {
            Some((seed, rate, (rule, what))) => tell(format_args!(
                "{name:<24} {seed:>6} {rate:>4}  {rule}: {what}"
            ))?,
            None => tell(format_args!("{name:<24} NOT FOUND"))?,
        }
    }
    tell(format_args!(
        "{} planted lies, {missing} not found",
        found.len()
    ))?;
    Ok(ExitCode::from(u8::from(missing > 0)))
}

/// Checks all seeds on all threads.
fn all(options: &Options) -> Found {
    let next = AtomicU64::new(options.from);
    let end = options.from + options.seeds;
    let found = Mutex::new(Found::default());
    std::thread::scope(|scope| {
        for _ in 0..options.threads() {
            scope.spawn(|| {
                let mut own = Found::default();
                loop {
                    let seed = next.fetch_add(1, Ordering::Relaxed);
                    if seed >= end {
                        break;
                    }
                    for rate in &options.rates {
                        let verdict = check(seed, *rate, None, false);
                        if options.twice
                            && check(seed, *rate, None, false).fingerprints != verdict.fingerprints
                        {
                            own.unequal.push((seed, *rate));
                        }
                        own.add_digests(&verdict);
                        own.counts.merge(verdict.counts);
                        for lie in verdict.lies {
                            own.lies.entry(lie.0).or_default().push((seed, *rate, lie));
                        }
                    }
                }
                let mut found = found.lock().unwrap_or_else(PoisonError::into_inner);
                found.merge(own);
            });
        }
    });
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    found.unequal.sort_unstable();
    for lies in found.lies.values_mut() {
        lies.sort();
    }
    found
}

/// Prints a line. That nobody reads on (`| head`) is no reason to stop: the exit code is still to come.
fn tell(line: impl Display) -> io::Result<()> {
    match writeln!(io::stdout(), "{line}") {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        told => told,
    }
}
