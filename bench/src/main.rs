//! `cargo run --release -p ticket-bench`: what a call and a build cost beside what users would write instead.
//!
//! It runs the contestants in turn, round by round, and compares figures of the same round only. `--write` renews the
//! tables of BENCHMARKS.md; its words are written by hand.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tables, and how far it has come"
)]

mod lab;

use std::path::{Path, PathBuf};

use clap::{Parser, ValueEnum};
use lab::programs::Programs;
use lab::sheet::Sheet;
use lab::{build, calls, document, loads, machine};
use ticket_bench::Error;

/// What can be asked for by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
enum Part {
    /// Latency, CPU time, throughput and memory of calls.
    Calls,
    /// Allocations and instructions; decoding.
    Counts,
    /// Many tickets.
    Bulk,
    /// A quota on the real clock.
    Pacing,
    /// What a program costs to build.
    Build,
}

/// Measures calls and builds beside the same by hand.
#[derive(Debug, Parser)]
struct Options {
    /// How often everybody takes a turn.
    #[arg(long, default_value_t = 15, value_parser = clap::value_parser!(u64).range(1..))]
    rounds: u64,
    /// Measures a part alone. Repeatable.
    #[arg(long, value_name = "PART")]
    only: Vec<Part>,
    /// Renews the tables of BENCHMARKS.md.
    #[arg(long, conflicts_with = "only")]
    write: bool,
}

fn main() -> Result<(), Error> {
    let options = Options::parse();
    let is_asked_for = |part| options.only.is_empty() || options.only.contains(&part);
    let (root, mut sheet) = (root(), Sheet::default());
    let mut head = machine::look(&root, options.rounds);
    // First, because a program that does not build should not cost the figures of all others.
    if is_asked_for(Part::Build) {
        build::builds(&root, &mut sheet)?;
    }
    if options.only != [Part::Build] {
        let programs = Programs::build(&root)?;
        head.push(programs.placing());
        if is_asked_for(Part::Calls) {
            head.extend(calls::calls(&root, &programs, &mut sheet, options.rounds)?);
        }
        if is_asked_for(Part::Counts) {
            calls::counts(&programs, &mut sheet, options.rounds)?;
        }
        if is_asked_for(Part::Bulk) {
            loads::bulk(&programs, &mut sheet, options.rounds)?;
        }
        if is_asked_for(Part::Pacing) {
            loads::pacing(&programs, &mut sheet, options.rounds)?;
        }
    }
    let blocks = document::blocks(&sheet, &head, is_asked_for);
    for (name, block) in &blocks {
        println!("{name}:\n\n{block}");
    }
    if options.write {
        let path = root.join("BENCHMARKS.md");
        std::fs::write(
            &path,
            document::renewed(&std::fs::read_to_string(&path)?, &blocks)?,
        )?;
        eprintln!("wrote {}", path.display());
    }
    Ok(())
}

/// The workspace's folder.
fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = here.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    here.parent().map(Path::to_path_buf).unwrap_or(here)
}
