//! `cargo run --release -p ticket-bench --bin felt`: how fast the command `tickets` feels beside scripts as people write them.
//!
//! Whole runs, start-up included, against the bare server with late replies. All contestants take turns in each round, so
//! that ratios hold on a machine that has other work. `--write` renews the first tables of BENCHMARKS.md.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tables, and how far it has come"
)]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

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

/// All runs by what was done, how late replies were, and who did it.
type Sheet = BTreeMap<(&'static str, u32, &'static str), Vec<Took>>;

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

impl Lab {
    fn serve(&self, latency: u32) -> Result<Server, Error> {
        let mut child = Command::new(&self.server)
            .arg(latency.to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut address = String::new();
        if let Some(stdout) = child.stdout.take() {
            BufReader::new(stdout).read_line(&mut address)?;
        }
        let address = address.trim().to_owned();
        Ok(Server { child, address })
    }

    /// A file with so many tickets, one per line.
    fn tickets(&self, account: &str, tickets: usize) -> Result<PathBuf, Error> {
        let path = self.folder.join(format!("{account}{tickets}"));
        let prefix = if account.is_empty() {
            String::new()
        } else {
            format!("{account}:")
        };
        let lines = (1..=tickets).map(|id| format!("{prefix}{id}\n"));
        std::fs::write(&path, lines.collect::<String>())?;
        Ok(path)
    }

    /// Runs `program` and notes what it took.
    fn run(
        &mut self,
        of: (&'static str, u32, &'static str),
        program: &Path,
        arguments: &[&str],
    ) -> Result<(), Error> {
        let output = Command::new(&self.options.python)
            .arg(self.script("measured.py"))
            .arg(program)
            .args(arguments)
            .env("XDG_STATE_HOME", &self.folder)
            .output()?;
        let took: Took = serde_json::from_slice(&output.stdout)?;
        if took.code != 0 {
            return Err(format!(
                "{} {} ended with {}",
                program.display(),
                arguments.join(" "),
                took.code
            )
            .into());
        }
        self.sheet.entry(of).or_default().push(took);
        Ok(())
    }

    fn script(&self, name: &str) -> PathBuf {
        self.root.join("bench/felt").join(name)
    }

    fn run_script(
        &mut self,
        of: (&'static str, u32, &'static str),
        name: &str,
        arguments: &[&str],
    ) -> Result<(), Error> {
        let script = self.script(name);
        let program = if Path::new(name).extension().is_some_and(|kind| kind == "py") {
            self.options.python.clone()
        } else {
            "node".into()
        };
        let script = script.to_string_lossy();
        let arguments = [&[&*script], arguments].concat();
        self.run(of, &program, &arguments)
    }

    /// Runs the command with a ledger of its own.
    fn run_command(
        &mut self,
        of: (&'static str, u32, &'static str),
        server: &Server,
        arguments: &[&str],
    ) -> Result<(), Error> {
        let config = self.folder.join("accounts.toml");
        let at = &server.address;
        std::fs::write(
            &config,
            format!(
                "[accounts.onecloud]\nprovider = \"onecloud\"\nbase_url = \"{at}\"\ntoken = \"k\"\n\
                 [accounts.leadsquared]\nprovider = \"leadsquared\"\nbase_url = \"{at}\"\naccess_key = \"k\"\n\
                 secret_key = \"k\"\norg_id = \"22824\"\nrate = \"1000000/1\"\n"
            ),
        )?;
        let ledger = self.folder.join("tickets");
        if ledger.exists() {
            std::fs::remove_dir_all(&ledger)?;
        }
        let config = config.to_string_lossy();
        let arguments = [&["--config", &*config], arguments].concat();
        let command = self.command.clone();
        self.run(of, &command, &arguments)
    }

    fn deletes(&mut self, latency: u32, round: usize) -> Result<(), Error> {
        let server = self.serve(latency)?;
        let many = self.tickets("", self.options.tickets)?;
        let few = self.tickets("", few(latency))?;
        let ours = self.tickets("onecloud", self.options.tickets)?;
        let [many, few, ours] = [&many, &few, &ours].map(|path| path.to_string_lossy());
        let delete = ["delete", "--yes", "--max", "10000000", "--from", &ours];
        // Who begins changes from round to round.
        for turn in 0..5 {
            match (turn + round) % 5 {
                0 => {
                    let fixed = [&delete[..], &["--concurrency", "32"]].concat();
                    self.run_command(("delete", latency, OURS), &server, &fixed)?;
                }
                1 => self.run_command(("delete", latency, AUTO), &server, &delete)?,
                2 => self.run_script(
                    ("delete", latency, AIOHTTP),
                    "delete-aiohttp.py",
                    &[&server.address, &many],
                )?,
                3 => self.run_script(
                    ("delete", latency, REQUESTS),
                    "delete-requests.py",
                    &[&server.address, &few],
                )?,
                _ => self.run_script(
                    ("delete", latency, FETCH),
                    "delete-fetch.mjs",
                    &[&server.address, &few],
                )?,
            }
        }
        Ok(())
    }

    fn lists(&mut self, latency: u32, round: usize) -> Result<(), Error> {
        let server = self.serve(latency)?;
        for turn in 0..3 {
            match (turn + round) % 3 {
                0 => {
                    let list = [
                        "list",
                        "onecloud",
                        "--output",
                        "ndjson",
                        "--page-size",
                        "100",
                    ];
                    self.run_command(("list", latency, AUTO), &server, &list)?;
                }
                1 => self.run_script(
                    ("list", latency, REQUESTS),
                    "list-requests.py",
                    &[&server.address],
                )?,
                _ => self.run_script(
                    ("list", latency, FETCH),
                    "list-fetch.mjs",
                    &[&server.address],
                )?,
            }
        }
        Ok(())
    }

    fn starts(&mut self) -> Result<(), Error> {
        let command = self.command.clone();
        let python = self.options.python.clone();
        for _ in 0..10 {
            self.run(("start", 0, AUTO), &command, &["providers"])?;
            self.run(("start", 0, REQUESTS), &python, &["-c", "import requests"])?;
            self.run(("start", 0, FETCH), Path::new("node"), &["-e", "0"])?;
        }
        Ok(())
    }

    fn memory(&mut self) -> Result<(), Error> {
        let server = self.serve(0)?;
        for (load, tickets) in [(0, 10_000), (1, self.options.many)] {
            eprintln!("memory for {tickets} tickets");
            let path = self.tickets("leadsquared", tickets)?;
            let path = path.to_string_lossy();
            let delete = ["delete", "--yes", "--max", "10000000", "--from", &path];
            self.run_command(("memory", load, OURS), &server, &delete)?;
        }
        Ok(())
    }

    /// How many tickets who deletes.
    fn count(&self, latency: u32, who: &str) -> f64 {
        let count = if [REQUESTS, FETCH].contains(&who) {
            few(latency)
        } else {
            self.options.tickets
        };
        f64::from(u32::try_from(count).unwrap_or(u32::MAX))
    }

    /// The median of a figure of each run.
    fn median(&self, of: (&'static str, u32, &'static str), figure: impl Fn(&Took) -> f64) -> f64 {
        middle(
            self.sheet
                .get(&of)
                .into_iter()
                .flatten()
                .map(figure)
                .collect(),
        )
    }

    /// The median of the ratio of a figure to that of another of the same round.
    fn ratio(
        &self,
        (of, by): (
            (&'static str, u32, &'static str),
            (&'static str, u32, &'static str),
        ),
        figure: impl Fn(&Took) -> f64,
    ) -> f64 {
        let runs = |of| self.sheet.get(&of).into_iter().flatten();
        middle(
            runs(of)
                .zip(runs(by))
                .map(|(of, by)| figure(of) / figure(by))
                .collect(),
        )
    }

    /// How many times as many tickets in the same time.
    fn faster(&self, latency: u32, who: &'static str, than: &'static str) -> f64 {
        let share = self.count(latency, who) / self.count(latency, than);
        share
            / self.ratio(
                (("delete", latency, who), ("delete", latency, than)),
                |took| took.wall_s,
            )
    }

    fn tables(&self, load: &str) -> Result<String, Error> {
        let mut text = self.goals(load)?;
        self.write_deletes(&mut text);
        self.write_lists(&mut text);
        self.write_starts_and_memory(&mut text);
        Ok(text)
    }

    /// What was aimed at.
    fn goals(&self, load: &str) -> Result<String, Error> {
        let mut text = format!("\nLoad before: {load}; {} rounds.\n\n", self.options.rounds);
        let _ = writeln!(text, "| goal | | measured | reached |\n|---|--:|---|---|");
        let by_latency = |figure: &dyn Fn(u32) -> f64| LATENCIES.map(figure);
        let mut goal = |what: &str, bound: f64, most: bool, figures: &[f64]| {
            let shown: Vec<_> = figures
                .iter()
                .map(|figure| format!("{figure:.2}"))
                .collect();
            let reached = figures.iter().all(|figure| {
                if most {
                    *figure <= bound
                } else {
                    *figure >= bound
                }
            });
            let sign = if most { "≤" } else { "≥" };
            let word = if reached { "yes" } else { "**no**" };
            let _ = writeln!(
                text,
                "| {what} | {sign} {bound} | {} | {word} |",
                shown.join(" · ")
            );
        };
        goal(
            "delete, by aiohttp with as many calls at once",
            0.95,
            false,
            &by_latency(&|latency| self.faster(latency, OURS, AIOHTTP)),
        );
        goal(
            "delete with defaults, by requests as vendors print it",
            3.0,
            false,
            &by_latency(&|latency| self.faster(latency, AUTO, REQUESTS)),
        );
        goal(
            "delete with defaults, by fetch as vendors print it",
            3.0,
            false,
            &by_latency(&|latency| self.faster(latency, AUTO, FETCH)),
        );
        goal(
            "delete: time of `auto` by that of 32 at once",
            1.2,
            true,
            &by_latency(&|latency| {
                self.ratio(
                    (("delete", latency, AUTO), ("delete", latency, OURS)),
                    |took| took.wall_s,
                )
            }),
        );
        goal(
            "list: time by pages × latency (20 ms, 100 ms)",
            1.1,
            true,
            &[20, 100].map(|latency| {
                self.median(("list", latency, AUTO), |took| took.wall_s)
                    / (PAGES * f64::from(latency) / 1e3)
            }),
        );
        goal(
            "start, ms",
            5.0,
            true,
            &[self.median(("start", 0, AUTO), |took| took.wall_s) * 1e3],
        );
        goal(
            &format!(
                "memory for {} tickets by that for 10,000",
                self.options.many
            ),
            1.1,
            true,
            &[
                self.ratio((("memory", 1, OURS), ("memory", 0, OURS)), |took| {
                    took.peak_mib
                }),
            ],
        );
        let bytes = u32::try_from(std::fs::metadata(&self.command)?.len())?;
        goal(
            "size of the command, MB",
            12.0,
            true,
            &[f64::from(bytes) / 1e6],
        );
        let _ = writeln!(text, "\nThree figures are those at 0, 20 and 100 ms.\n");
        Ok(text)
    }

    fn write_deletes(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "| delete, latency | who | tickets/s | × aiohttp | CPU µs/ticket | MiB |\n|---|---|--:|--:|--:|--:|"
        );
        for latency in LATENCIES {
            for who in [OURS, AUTO, AIOHTTP, REQUESTS, FETCH] {
                let (of, count) = (("delete", latency, who), self.count(latency, who));
                let _ = writeln!(
                    text,
                    "| {latency} ms | {who} | {:.0} | {:.2} | {:.0} | {:.1} |",
                    count / self.median(of, |took| took.wall_s),
                    self.faster(latency, who, AIOHTTP),
                    self.median(of, |took| took.cpu_s) / count * 1e6,
                    self.median(of, |took| took.peak_mib)
                );
            }
        }
    }

    fn write_lists(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "\n| list of {ROWS} rows, latency | who | s | CPU s | MiB |\n|---|---|--:|--:|--:|"
        );
        for latency in LATENCIES {
            for (who, name) in [(AUTO, "tickets"), (REQUESTS, "requests"), (FETCH, "fetch")] {
                let of = ("list", latency, who);
                let _ = writeln!(
                    text,
                    "| {latency} ms | {name} | {:.2} | {:.2} | {:.1} |",
                    self.median(of, |took| took.wall_s),
                    self.median(of, |took| took.cpu_s),
                    self.median(of, |took| took.peak_mib)
                );
            }
        }
    }

    fn write_starts_and_memory(&self, text: &mut String) {
        let _ = writeln!(text, "\n| start | ms | MiB |\n|---|--:|--:|");
        for (who, name) in [
            (AUTO, "tickets providers"),
            (REQUESTS, "python, import requests"),
            (FETCH, "node"),
        ] {
            let of = ("start", 0, who);
            let _ = writeln!(
                text,
                "| {name} | {:.1} | {:.1} |",
                self.median(of, |took| took.wall_s) * 1e3,
                self.median(of, |took| took.peak_mib)
            );
        }
        let _ = writeln!(text, "\n| memory | tickets | MiB | s |\n|---|--:|--:|--:|");
        for (load, tickets) in [(0, 10_000), (1, self.options.many)] {
            let of = ("memory", load, OURS);
            let _ = writeln!(
                text,
                "| delete, 100 a call | {tickets} | {:.1} | {:.1} |",
                self.median(of, |took| took.peak_mib),
                self.median(of, |took| took.wall_s)
            );
        }
    }
}

/// How many tickets a script deletes that makes one call at a time.
fn few(latency: u32) -> usize {
    if latency == 0 { 300 } else { 100 }
}

fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A bare server with late replies. It ends with this.
struct Server {
    child: Child,
    address: String,
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
