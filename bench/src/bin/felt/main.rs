//! `cargo run --release -p ticket-bench --bin felt`: how fast the command `tickets` feels beside scripts as people write them.
//!
//! Whole runs, start-up included, against the bare server with late replies. All contestants take turns in each round, so
//! that ratios hold on a machine that has other work. `--write` renews the first tables of BENCHMARKS.md.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tables, and how far it has come"
)]

mod runs;
mod tables;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Parser;
use serde::Deserialize;
use ticket_bench::Error;

/// How late replies are, in milliseconds.
const LATENCIES: [u32; 3] = [0, 20, 100];
/// Rows of the server's list, and pages of 100: each of ours begins with the last row of the one before.
const ROWS: usize = 10_000;
const PAGES: f64 = 101.0;
const OURS: &str = "tickets, 32 at once";
const AUTO: &str = "tickets, auto";
const AIOHTTP: &str = "aiohttp, 32 at once";
const REQUESTS: &str = "requests, as printed";
const FETCH: &str = "fetch, as printed";
/// What starting any program takes here.
const EMPTY: &str = "true";

/// Measures the command beside scripts.
#[derive(Debug, Parser)]
struct Options {
    /// How often everybody takes a turn.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// A Python with requests and aiohttp.
    #[arg(long, default_value = "python3")]
    python: PathBuf,
    /// How many tickets the contestants delete that make 32 calls at once.
    #[arg(long, default_value_t = 3_200)]
    tickets: usize,
    /// How many tickets the command deletes to compare its memory with that for 10,000.
    #[arg(long, default_value_t = 1_000_000)]
    many: usize,
    /// Renews the tables of BENCHMARKS.md.
    #[arg(long)]
    write: bool,
}

/// What one run took.
#[derive(Clone, Copy, Debug, Deserialize)]
struct Took {
    code: i32,
    wall_s: f64,
    cpu_s: f64,
    peak_mib: f64,
}

/// What was done, how late replies were, and who did it.
type Of = (&'static str, u32, &'static str);

/// All runs.
type Sheet = BTreeMap<Of, Vec<Took>>;

struct Lab {
    options: Options,
    root: PathBuf,
    command: PathBuf,
    server: PathBuf,
    folder: PathBuf,
    sheet: Sheet,
}

fn main() -> Result<(), Error> {
    let options = Options::parse();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("..")
        .canonicalize()?;
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let built = Command::new(cargo)
        .current_dir(&root)
        .args(["build", "--release", "--quiet", "--package", "ticket-cli"])
        .args([
            "--package",
            "ticket-bench",
            "--bin",
            "tickets",
            "--bin",
            "bare-server",
        ])
        .status()?;
    if !built.success() {
        return Err("the programs cannot be built".into());
    }
    let programs = std::env::current_exe()?;
    let programs = programs.parent().unwrap_or(Path::new("."));
    let mut lab = Lab {
        command: programs.join("tickets"),
        server: programs.join("bare-server"),
        folder: programs.join("felt-runs"),
        root,
        options,
        sheet: Sheet::new(),
    };
    std::fs::create_dir_all(&lab.folder)?;
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    for round in 0..lab.options.rounds {
        for latency in LATENCIES {
            eprintln!("round {} at {latency} ms", round + 1);
            lab.deletes(latency, round)?;
            lab.lists(latency, round)?;
        }
        lab.starts()?;
    }
    lab.memory()?;
    let tables = lab.tables(load.trim())?;
    println!("{tables}");
    if lab.options.write {
        let path = lab.root.join("BENCHMARKS.md");
        let text = std::fs::read_to_string(&path)?;
        let (begin, end) = ("<!-- measured: felt -->\n", "<!-- end measured -->");
        let (before, rest) = text
            .split_once(begin)
            .ok_or("there is no place for the tables")?;
        let (_, after) = rest
            .split_once(end)
            .ok_or("the place for the tables has no end")?;
        std::fs::write(&path, format!("{before}{begin}{tables}{end}{after}"))?;
    }
    Ok(())
}

/// How many tickets a script deletes that makes one call at a time.
fn few(latency: u32) -> usize {
    if latency == 0 { 300 } else { 100 }
}
