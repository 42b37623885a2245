//! `cargo xtask bench`: what a call and a build cost beside what users would write instead.
//!
//! It runs the programs of `bench/` in turn, round by round, and compares figures of the same round only. A time is
//! never a failure: a missed goal is printed, and that is all. It is no part of `ci`.

mod build;
mod calls;
mod chart;
mod goals;
mod loads;
mod machine;
mod programs;
mod report;
mod sheet;
mod snippets;
mod table;
mod tables;

use std::io::{self, Write as _};
use std::process::Command;

use serde::Serialize;

use crate::workspace::Workspace;
use crate::{Result, Verdict, run};
use machine::Machine;
use programs::Programs;
use report::Report;
use sheet::Sheet;

/// Who makes every call; `reqwest` is what the others are compared with.
const CONTESTANTS: &[&str] = &[PROVIDER, STACK, REQWEST, "hyper", "omnitrack"];
const PROVIDER: &str = "provider";
const STACK: &str = "stack";
const REQWEST: &str = "reqwest";
/// Who makes a few.
const PER_CALL: &str = "reqwest-per-call";
const PYTHON: &str = "python";
const SCRIPT: &str = "javascript";
/// A column that needs valgrind.
const INSTRUCTIONS: &str = "instructions";

/// What can be asked for by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
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

const PARTS: &[Part] = &[
    Part::Calls,
    Part::Counts,
    Part::Bulk,
    Part::Pacing,
    Part::Build,
];

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::Counts => "counts",
            Self::Bulk => "bulk",
            Self::Pacing => "pacing",
            Self::Build => "build",
        }
    }
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Options {
    rounds: usize,
    parts: Vec<Part>,
    write: bool,
}

impl Options {
    fn read(arguments: &[String]) -> Result<Self> {
        let (mut rounds, mut only, mut write) = (15, Vec::new(), false);
        let mut arguments = arguments.iter().map(String::as_str);
        while let Some(argument) = arguments.next() {
            match argument {
                "--write" => write = true,
                "--rounds" => {
                    let number = arguments.next().unwrap_or_default();
                    let number = number.parse().ok().filter(|number| *number > 0);
                    rounds = number.ok_or("`--rounds` takes a number, 1 or more")?;
                }
                "--only" => {
                    let name = arguments.next().unwrap_or_default();
                    let part = PARTS.iter().find(|part| part.name() == name);
                    only.push(*part.ok_or_else(|| {
                        let names: Vec<_> = PARTS.iter().map(|part| part.name()).collect();
                        format!("`--only` takes one of {}", names.join(", "))
                    })?);
                }
                _ => return Err("`bench` takes `--rounds N`, `--only PART` and `--write`".into()),
            }
        }
        if write && !only.is_empty() {
            return Err("`--write` writes the whole of BENCHMARKS.md: leave `--only` out".into());
        }
        let is_asked_for = |part: &&Part| only.is_empty() || only.contains(part);
        Ok(Self {
            rounds,
            parts: PARTS.iter().filter(is_asked_for).copied().collect(),
            write,
        })
    }
}

/// Measures what was asked for and reports it.
pub(crate) fn command(ws: &Workspace, arguments: &[String]) -> Result<Verdict> {
    let options = Options::read(arguments)?;
    let report = measure(ws, &options)?;
    let mut files = report.leave(&run::target(ws).join("bench"))?.to_vec();
    if options.write {
        files.extend(report.write(&ws.root)?);
    }
    // Whoever reads may have read enough.
    let _ = io::stdout().write_all(report.text().as_bytes());
    for file in files {
        say(&format!("wrote {}", file.display()));
    }
    Ok(Verdict::Clean)
}

fn measure(ws: &Workspace, options: &Options) -> Result<Report> {
    let (mut machine, mut sheet) = (Machine::look(ws), Sheet::default());
    let rounds = options.rounds;
    let is_asked_for = |part| options.parts.contains(&part);
    for part in PARTS.iter().filter(|part| !is_asked_for(**part)) {
        sheet.skip(*part, None, "it was not asked for");
    }
    let is_build = |part: &Part| *part == Part::Build;
    let programs = if options.parts.iter().all(is_build) {
        None
    } else {
        Some(Programs::build(ws)?)
    };
    // First, because a program that does not build should not cost the figures of all others.
    if is_asked_for(Part::Build) {
        build::builds(ws, &mut sheet)?;
    }
    if let Some(programs) = programs {
        machine.placing = Some(programs.placing());
        for part in &options.parts {
            match part {
                Part::Calls => calls::calls(ws, &programs, &mut sheet, &mut machine, rounds)?,
                Part::Counts => calls::counts(&programs, &mut sheet, rounds)?,
                Part::Bulk => loads::bulk(&programs, &mut sheet, rounds)?,
                Part::Pacing => loads::pacing(&programs, &mut sheet, rounds)?,
                Part::Build => {}
            }
        }
    }
    Ok(Report::new(machine, rounds, &options.parts, sheet))
}

/// Tells the person who waits. Standard output is for the tables.
fn say(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

fn progress(step: &str, number: usize, of: usize) {
    say(&format!("{step} {number} of {of}"));
}

/// All of them; who begins changes from round to round.
fn rotated<T>(all: &[T], round: usize) -> impl Iterator<Item = &T> {
    let first = round.checked_rem(all.len()).unwrap_or(0);
    all.iter().cycle().skip(first).take(all.len())
}

fn has_program(name: &str) -> bool {
    let mut command = Command::new(name);
    command.arg("--version");
    programs::output(command).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> std::result::Result<Options, String> {
        Options::read(&programs::words(line)).map_err(|error| error.to_string())
    }

    #[test]
    fn everything_is_measured_unless_something_is_asked_for() {
        let all = Options {
            rounds: 15,
            parts: PARTS.to_vec(),
            write: false,
        };
        assert_eq!(read("").unwrap(), all);
        let some = read("--only bulk --rounds 3 --only calls").unwrap();
        assert_eq!(some.parts, [Part::Calls, Part::Bulk]);
        assert_eq!(some.rounds, 3);
        assert!(read("--write").unwrap().write);
    }

    #[test]
    fn wrong_options_are_refused_before_anything_is_built() {
        for (line, complaint) in [
            (
                "fast",
                "`bench` takes `--rounds N`, `--only PART` and `--write`",
            ),
            ("--rounds", "`--rounds` takes a number, 1 or more"),
            ("--rounds 0", "`--rounds` takes a number, 1 or more"),
            ("--rounds ten", "`--rounds` takes a number, 1 or more"),
            (
                "--only call",
                "`--only` takes one of calls, counts, bulk, pacing, build",
            ),
            (
                "--only",
                "`--only` takes one of calls, counts, bulk, pacing, build",
            ),
            (
                "--only calls --write",
                "`--write` writes the whole of BENCHMARKS.md: leave `--only` out",
            ),
        ] {
            assert_eq!(read(line).unwrap_err(), complaint, "{line}");
        }
    }

    #[test]
    fn each_begins_once_and_nobody_is_left_out() {
        let all = ["a", "b", "c"];
        let round = |round| rotated(&all, round).copied().collect::<String>();
        assert_eq!([0, 1, 2, 3].map(round), ["abc", "bca", "cab", "abc"]);
        assert_eq!(rotated(&all[..0], 1).count(), 0);
    }
}
