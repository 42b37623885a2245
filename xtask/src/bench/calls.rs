//! The parts `calls` and `counts`: the same documented calls, made by each contestant in turn.

use super::machine::Machine;
use super::programs::{Figures, Programs, words};
use super::sheet::{Cell, Metric, Sheet, count};
use super::snippets::{self, Snippet};
use super::{CONTESTANTS, PER_CALL, Part, REQWEST, has_program, progress, rotated, say};
use crate::Result;
use crate::workspace::Workspace;

/// The calls that are compared.
pub(super) const CALLS: &[&str] = &["sweeppea-delete", "leadsquared-delete", "onecloud-get"];
/// The one that a vendor prints code for.
pub(super) const PRINTED: &str = "sweeppea-delete";
/// How many calls are on their way at once.
pub(super) const LOADS: &[u64] = &[1, 16, 64];
/// A ticket with all fields, and one with its id only.
pub(super) const GET: &str = "onecloud-get";
pub(super) const SHORT: &str = "onecloud-get-short";
/// A reply of 10,000 tickets.
pub(super) const LIST: &str = "onecloud-list";
pub(super) const ROWS: u64 = 10_000;

/// With so many calls at once nobody waits, and CPU times by call differ least: for a difference of two of them.
pub(super) const STEADY: u64 = 64;

/// A run that takes longer than that tells no more.
const RUN_NS: f64 = 300_000_000.0;
/// Every call of theirs makes a connection, and ports are finite.
const CONNECTIONS: u64 = 100;
/// Calls of the short and the long run under callgrind; the difference leaves out start and end.
const COUNTED: (u64, u64) = (100, 600);
/// The same for a reply of 10,000 tickets.
const COUNTED_LISTS: (u64, u64) = (1, 3);

/// One contestant in one cell.
#[derive(Clone, Copy)]
struct Run<'a> {
    who: &'static str,
    snippet: Option<&'a Snippet>,
    calls: u64,
}

/// Calls at several loads, and the vendors' snippets.
pub(super) fn calls(
    ws: &Workspace,
    programs: &Programs,
    sheet: &mut Sheet,
    machine: &mut Machine,
    rounds: usize,
) -> Result<()> {
    let snippets = snippets::find(ws, sheet, machine);
    let mut plan = Vec::new();
    for case in CALLS {
        for load in LOADS {
            let cell = Cell::new(Part::Calls, case, *load);
            let mut runs = contestants(programs, cell)?;
            if *load == 1 {
                runs.push(Run {
                    who: PER_CALL,
                    snippet: None,
                    calls: CONNECTIONS,
                });
            }
            if *load == 1 && *case == PRINTED {
                for snippet in &snippets {
                    let tried = snippet.run(programs, 100)?;
                    runs.push(Run {
                        who: snippet.who,
                        snippet: Some(snippet),
                        calls: enough(&tried).min(snippet.most),
                    });
                }
            }
            plan.push((cell, runs));
        }
    }
    interleave(programs, sheet, &plan, rounds)
}

/// Allocations, instructions and decoding.
pub(super) fn counts(programs: &Programs, sheet: &mut Sheet, rounds: usize) -> Result<()> {
    let cells: Vec<Cell> = CALLS
        .iter()
        .chain(&[SHORT, LIST])
        .map(|case| Cell::new(Part::Counts, case, 1))
        .collect();
    for (done, cell) in cells.iter().enumerate() {
        progress("counts: allocations", done + 1, cells.len());
        for who in CONTESTANTS {
            let made = if cell.case == LIST { 3 } else { 500 };
            let figures = programs.counted(&task(who, *cell, made, made / 2))?;
            for (metric, value) in [
                (Metric::Allocations, figures.allocations),
                (Metric::AllocatedBytes, figures.allocated_bytes),
            ] {
                let value = value.ok_or("the contestant counts no allocations")?;
                sheet.add(*cell, (who, metric), count(value) / count(made));
            }
        }
    }
    if has_program("valgrind") {
        for (done, cell) in cells.iter().enumerate() {
            progress("counts: instructions", done + 1, cells.len());
            for who in CONTESTANTS {
                let value = instructions(programs, who, *cell)?;
                sheet.add(*cell, (who, Metric::Instructions), value);
            }
        }
    } else {
        say("counts: there is no valgrind, so instructions are not counted");
        sheet.skip(
            Part::Counts,
            Some(super::INSTRUCTIONS),
            "there is no valgrind",
        );
    }
    let mut plan = Vec::new();
    for (case, load) in [(GET, STEADY), (SHORT, STEADY), (LIST, 1)] {
        let cell = Cell::new(Part::Counts, case, load);
        plan.push((cell, contestants(programs, cell)?));
    }
    interleave(programs, sheet, &plan, rounds)
}

/// By call, without start and end.
fn instructions(programs: &Programs, who: &str, cell: Cell) -> Result<f64> {
    let (few, many) = if cell.case == LIST {
        COUNTED_LISTS
    } else {
        COUNTED
    };
    let of = |calls| programs.instructions(&task(who, cell, calls, 0));
    let (less, more) = (of(few)?, of(many)?);
    let difference = more
        .checked_sub(less)
        .ok_or("more calls took fewer instructions")?;
    Ok(count(difference) / count(many - few))
}

/// The contestants of a cell, each with as many calls as reqwest makes in a good time.
fn contestants(programs: &Programs, cell: Cell) -> Result<Vec<Run<'static>>> {
    let few = if cell.case == LIST { 3 } else { 300 };
    let tried = programs.contestant(&task(REQWEST, cell, few, few))?;
    let calls = if cell.case == LIST {
        enough(&tried).clamp(5, 10)
    } else {
        enough(&tried)
    };
    let runs = CONTESTANTS.iter().map(|who| Run {
        who,
        snippet: None,
        calls,
    });
    Ok(runs.collect())
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

fn task(who: &str, cell: Cell, calls: u64, warm_up: u64) -> Vec<String> {
    let Cell { case, load, .. } = cell;
    words(&format!(
        "--threads 0 calls --who {who} --call {case} --calls {calls} --warm-up {warm_up} --concurrency {load}"
    ))
}

/// Round by round, cell by cell, everybody in turn; who begins changes from round to round.
fn interleave(
    programs: &Programs,
    sheet: &mut Sheet,
    plan: &[(Cell, Vec<Run<'_>>)],
    rounds: usize,
) -> Result<()> {
    let part = plan.first().map_or("", |(cell, _)| cell.part.name());
    for round in 0..rounds {
        progress(&format!("{part}: round"), round + 1, rounds);
        for (cell, runs) in plan {
            for run in rotated(runs, round) {
                let figures = if let Some(snippet) = run.snippet {
                    snippet.run(programs, run.calls)?
                } else {
                    let warm_up = (run.calls / 10).max(2);
                    programs.contestant(&task(run.who, *cell, run.calls, warm_up))?
                };
                note(sheet, *cell, run.who, &figures);
            }
        }
    }
    Ok(())
}

/// What a run tells, by call.
pub(super) fn note(sheet: &mut Sheet, cell: Cell, who: &'static str, figures: &Figures) {
    let calls = count(figures.calls);
    sheet.add(cell, (who, Metric::CpuNs), count(figures.cpu_ns) / calls);
    let per_second = calls / (count(figures.wall_ns) / 1e9);
    sheet.add(cell, (who, Metric::PerSecond), per_second);
    if let Some(median) = figures.median_ns {
        sheet.add(cell, (who, Metric::LatencyNs), count(median));
    }
    if let Some(peak) = figures.peak_rss_kib {
        sheet.add(cell, (who, Metric::PeakRssKib), count(peak));
    }
    if let Some(share) = figures.share_of_rate {
        sheet.add(cell, (who, Metric::ShareOfRate), share);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tried(calls: u64, wall_ns: u64) -> Figures {
        Figures {
            calls,
            wall_ns,
            cpu_ns: 1,
            ..Figures::default()
        }
    }

    #[test]
    fn a_run_is_long_enough_on_any_machine_and_not_endless() {
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
            median_ns: Some(7),
            peak_rss_kib: Some(9),
            ..Figures::default()
        };
        note(&mut sheet, cell, "stack", &figures);
        for (metric, value) in [
            (Metric::CpuNs, 200.0),
            (Metric::PerSecond, 2.0),
            (Metric::LatencyNs, 7.0),
            (Metric::PeakRssKib, 9.0),
        ] {
            assert_eq!(
                sheet.rounds(cell, ("stack", metric)),
                Some(&[value][..]),
                "{metric:?}"
            );
        }
        assert_eq!(sheet.rounds(cell, ("stack", Metric::ShareOfRate)), None);
    }

    #[test]
    fn a_contestant_runs_on_one_core() {
        let task = task("stack", Cell::new(Part::Calls, GET, 64), 10, 1).join(" ");
        assert_eq!(
            task,
            "--threads 0 calls --who stack --call onecloud-get --calls 10 --warm-up 1 --concurrency 64"
        );
    }
}
