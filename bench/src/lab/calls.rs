//! The parts `calls` and `counts`: the same documented calls, made by each contestant in turn.

use std::path::Path;
use std::process::Command;

use ticket_bench::Error;
use ticket_bench::measure::Figures;

use super::programs::Programs;
use super::sheet::{Cell, Metric, Sheet, count};
use super::snippets::{self, Snippet};
use super::{CONTESTANTS, PER_CALL, REQWEST, machine, rotated};
use crate::Part;

/// The calls that are compared.
pub(crate) const CALLS: &[&str] = &[PRINTED, "leadsquared-delete", GET];
/// The one that a vendor prints code for.
const PRINTED: &str = "sweeppea-delete";
/// How many calls are on their way at once.
const LOADS: &[u64] = &[1, 16, STEADY];
/// A ticket with all fields, and one with its id only.
const GET: &str = "onecloud-get";
const SHORT: &str = "onecloud-get-short";
/// A reply of 10,000 tickets.
pub(crate) const LIST: &str = "onecloud-list";

/// Where the figures of such a reply are, and what the fields make up.
pub(crate) const LISTED: Cell = Cell::new(Part::Counts, LIST, 1);
pub(crate) const FIELDS: Cell = Cell::new(Part::Counts, "fields", 1);

/// With so many calls at once nobody waits, and CPU times by call differ least: for a difference of two of them.
pub(crate) const STEADY: u64 = 64;

/// A run that takes longer than that tells no more.
const RUN_NS: f64 = 300_000_000.0;

/// One contestant in one cell.
struct Run<'a> {
    who: &'static str,
    snippet: Option<&'a Snippet>,
    calls: u64,
}

impl Run<'_> {
    fn of(who: &'static str, calls: u64) -> Self {
        let snippet = None;
        Self {
            who,
            snippet,
            calls,
        }
    }
}

/// Calls at several loads, and the vendors' snippets, whose versions it gives.
pub(crate) fn calls(
    root: &Path,
    programs: &Programs,
    sheet: &mut Sheet,
    rounds: u64,
) -> Result<Vec<String>, Error> {
    let (snippets, versions) = snippets::find(root, sheet);
    let mut plan = Vec::new();
    for case in CALLS {
        for load in LOADS {
            let cell = Cell::new(Part::Calls, case, *load);
            let mut runs = contestants(programs, cell)?;
            if *load == 1 {
                // Every call of theirs makes a connection, and ports are finite.
                runs.push(Run::of(PER_CALL, 100));
            }
            for snippet in snippets.iter().filter(|_| *load == 1 && *case == PRINTED) {
                let calls = enough(&snippet.run(programs, 100)?).min(snippet.most);
                let snippet = Some(snippet);
                runs.push(Run {
                    who: snippet.map_or("", |snippet| snippet.who),
                    snippet,
                    calls,
                });
            }
            plan.push((cell, runs));
        }
    }
    interleave("calls", programs, sheet, &plan, rounds)?;
    Ok(versions)
}

/// Allocations, instructions and decoding.
pub(crate) fn counts(programs: &Programs, sheet: &mut Sheet, rounds: u64) -> Result<(), Error> {
    let has_valgrind = machine::version(Command::new("valgrind")).is_some();
    if !has_valgrind {
        sheet.skip("counts", "instructions: there is no valgrind".to_owned());
    }
    for case in CALLS.iter().chain(&[SHORT, LIST]) {
        eprintln!("counts: {case}");
        let cell = Cell::new(Part::Counts, case, 1);
        // Of a short and a long run under callgrind the difference leaves out start and end.
        let (made, few, many) = if *case == LIST {
            (3, 1, 3)
        } else {
            (500, 100, 600)
        };
        for who in CONTESTANTS {
            let figures = programs.run("contestant-counted", &task(who, cell, made, made / 2))?;
            for (metric, value) in [
                (Metric::Allocations, figures.allocations),
                (Metric::AllocatedBytes, figures.allocated_bytes),
            ] {
                let value = value.ok_or("the contestant counts no allocations")?;
                sheet.add((cell, who, metric), count(value) / count(made));
            }
            if has_valgrind {
                let of = |calls| programs.instructions(&task(who, cell, calls, 0));
                let more = count(of(many)?) - count(of(few)?);
                sheet.add((cell, who, Metric::Instructions), more / count(many - few));
            }
        }
    }
    let mut plan = Vec::new();
    for (case, load) in [(GET, STEADY), (SHORT, STEADY), (LIST, 1)] {
        let cell = Cell::new(Part::Counts, case, load);
        plan.push((cell, contestants(programs, cell)?));
    }
    interleave("counts", programs, sheet, &plan, rounds)?;
    for who in CONTESTANTS {
        for (metric, load) in [(Metric::CpuNs, STEADY), (Metric::Instructions, 1)] {
            let of = |case| (Cell::new(Part::Counts, case, load), *who, metric);
            sheet.subtract((FIELDS, who, metric), of(GET), of(SHORT));
        }
    }
    Ok(())
}

/// The contestants of a cell, each with as many calls as reqwest makes in a good time.
fn contestants(programs: &Programs, cell: Cell) -> Result<Vec<Run<'static>>, Error> {
    let is_list = cell.case == LIST;
    let few = if is_list { 3 } else { 300 };
    let calls = enough(&programs.run("contestant", &task(REQWEST, cell, few, few))?);
    let calls = if is_list { calls.clamp(5, 10) } else { calls };
    Ok(CONTESTANTS.iter().map(|who| Run::of(who, calls)).collect())
}

/// How many calls take long enough to be measured.
fn enough(tried: &Figures) -> u64 {
    let calls = RUN_NS / (count(tried.wall_ns) / count(tried.calls));
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "between the two numbers"
    )]
    let calls = calls.clamp(20.0, 100_000.0) as u64;
    calls
}

fn task(who: &str, cell: Cell, calls: u64, warm_up: u64) -> String {
    let Cell { case, load, .. } = cell;
    format!(
        "--threads 0 calls --who {who} --call {case} --calls {calls} --warm-up {warm_up} --concurrency {load}"
    )
}

/// Round by round, cell by cell, everybody in turn; who begins changes from round to round.
fn interleave(
    part: &str,
    programs: &Programs,
    sheet: &mut Sheet,
    plan: &[(Cell, Vec<Run<'_>>)],
    rounds: u64,
) -> Result<(), Error> {
    for round in 0..rounds {
        eprintln!("{part}: round {} of {rounds}", round + 1);
        for (cell, runs) in plan {
            for run in rotated(runs, round) {
                let figures = if let Some(snippet) = run.snippet {
                    snippet.run(programs, run.calls)?
                } else {
                    let warm_up = (run.calls / 10).max(2);
                    programs.run("contestant", &task(run.who, *cell, run.calls, warm_up))?
                };
                note(sheet, *cell, run.who, &figures);
            }
        }
    }
    Ok(())
}

/// What a run tells, by call.
pub(crate) fn note(sheet: &mut Sheet, cell: Cell, who: &'static str, figures: &Figures) {
    let calls = count(figures.calls);
    for (metric, value) in [
        (Metric::CpuNs, Some(count(figures.cpu_ns) / calls)),
        (
            Metric::PerSecond,
            Some(calls / (count(figures.wall_ns) / 1e9)),
        ),
        (Metric::LatencyNs, figures.median_ns.map(count)),
        (Metric::PeakRssKib, figures.peak_rss_kib.map(count)),
        (Metric::ShareOfRate, figures.share_of_rate),
    ] {
        if let Some(value) = value {
            sheet.add((cell, who, metric), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn run_is_long_enough_on_any_machine_and_not_endless() {
        let tried = |calls, wall_ns| Figures {
            calls,
            wall_ns,
            ..Figures::default()
        };
        assert_eq!(enough(&tried(300, 30_000_000)), 3_000);
        assert_eq!(enough(&tried(3, 60_000_000)), 20);
        assert_eq!(enough(&tried(300, 1)), 100_000);
    }

    #[test]
    fn figures_are_by_call() {
        let (mut sheet, cell) = (Sheet::default(), Cell::new(Part::Calls, GET, 16));
        let figures = Figures {
            calls: 4,
            wall_ns: 2_000_000_000,
            cpu_ns: 800,
            ..Figures::default()
        };
        note(&mut sheet, cell, "stack", &figures);
        let median = |metric| Some(sheet.summary((cell, "stack", metric))?.median);
        assert_eq!(median(Metric::CpuNs), Some(200.0));
        assert_eq!(median(Metric::PerSecond), Some(2.0));
        assert_eq!(median(Metric::ShareOfRate), None);
    }
}
