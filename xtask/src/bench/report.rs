//! What a run leaves behind: the tables on the terminal, `results.json` and `chart.svg` in the target folder, and
//! with `--write` BENCHMARKS.md with its chart.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::chart;
use super::goals::{self, Goal, Verdict};
use super::machine::Machine;
use super::sheet::{Series, Sheet, Skipped, Summary};
use super::table::{Table, wrapped};
use super::tables;
use super::{Part, REQWEST, build};
use crate::Result;

/// The document, beside README.md.
const DOCUMENT: &str = "BENCHMARKS.md";
/// The chart that it shows.
const CHART: &str = "bench/chart.svg";

/// Everything about a run.
pub(super) struct Report {
    machine: Machine,
    rounds: usize,
    parts: Vec<Part>,
    sheet: Sheet,
    goals: Vec<Goal>,
}

/// `results.json`.
#[derive(Serialize)]
struct Results<'a> {
    machine: &'a Machine,
    rounds: usize,
    parts: &'a [Part],
    goals: &'a [Goal],
    figures: Vec<Figure<'a>>,
    skipped: &'a [Skipped],
}

#[derive(Serialize)]
struct Figure<'a> {
    #[serde(flatten)]
    series: &'a Series,
    summary: Option<Summary>,
    /// To `reqwest`, or `with-reqwest` for a build, of the same round.
    ratio: Option<Summary>,
}

impl Report {
    pub(super) fn new(machine: Machine, rounds: usize, parts: &[Part], sheet: Sheet) -> Self {
        let goals = goals::goals(&sheet);
        Self {
            machine,
            rounds,
            parts: parts.to_vec(),
            sheet,
            goals,
        }
    }

    /// For a terminal.
    pub(super) fn text(&self) -> String {
        let mut text = format!("{}\n\n", self.head().join("\n"));
        for table in self.tables() {
            let _ = writeln!(text, "{}", table.text());
        }
        let (met, missed, skipped) = self.count();
        let _ = writeln!(text, "goals: {met} met, {missed} missed, {skipped} skipped");
        text
    }

    /// Writes the machine-readable figures and the chart.
    pub(super) fn leave(&self, folder: &Path) -> Result<[PathBuf; 2]> {
        std::fs::create_dir_all(folder)?;
        let files = [folder.join("results.json"), folder.join("chart.svg")];
        let [results, drawn] = &files;
        std::fs::write(results, self.json()?)?;
        std::fs::write(drawn, chart::svg(&self.sheet, &self.goals)?)?;
        Ok(files)
    }

    /// Writes the document with its chart.
    pub(super) fn write(&self, root: &Path) -> Result<[PathBuf; 2]> {
        let files = [root.join(DOCUMENT), root.join(CHART)];
        let [document, drawn] = &files;
        std::fs::write(document, self.markdown())?;
        std::fs::write(drawn, chart::svg(&self.sheet, &self.goals)?)?;
        Ok(files)
    }

    fn json(&self) -> Result<String> {
        let figures = self.sheet.series.iter().map(|series| {
            let base = if series.cell.part == Part::Build {
                build::PLAIN
            } else {
                REQWEST
            };
            let of = |who| (series.cell, (who, series.metric));
            Figure {
                series,
                summary: Summary::of(&series.rounds),
                ratio: self.sheet.ratio(of(series.who), of(base)),
            }
        });
        let results = Results {
            machine: &self.machine,
            rounds: self.rounds,
            parts: &self.parts,
            goals: &self.goals,
            figures: figures.collect(),
            skipped: &self.sheet.skipped,
        };
        Ok(format!("{}\n", serde_json::to_string_pretty(&results)?))
    }

    fn tables(&self) -> Vec<Table> {
        let mut tables = tables::tables(&self.sheet, &self.parts);
        let goals: Vec<&Goal> = self.asked_for().collect();
        tables.push(tables::goals(&goals));
        tables
    }

    /// The goals of the parts that were run.
    fn asked_for(&self) -> impl Iterator<Item = &Goal> {
        let goals = self.goals.iter();
        goals.filter(|goal| self.parts.contains(&goal.cell.part))
    }

    fn count(&self) -> (usize, usize, usize) {
        let count = |is: fn(&Verdict) -> bool| {
            let goals = self.asked_for();
            goals.filter(|goal| is(&goal.verdict)).count()
        };
        (
            count(|verdict| *verdict == Verdict::Met),
            count(|verdict| matches!(verdict, Verdict::Missed(_))),
            count(|verdict| matches!(verdict, Verdict::Skipped(_))),
        )
    }

    /// Machine and versions, in lines for a terminal.
    fn head(&self) -> Vec<String> {
        let machine = &self.machine;
        let versions = machine.versions.iter();
        let versions: Vec<String> = versions
            .map(|(name, version)| {
                // rustc and valgrind say their names themselves.
                if version.starts_with(name.as_str()) {
                    version.clone()
                } else {
                    format!("{name} {version}")
                }
            })
            .collect();
        let mut lines = wrapped(
            &format!(
                "{}: {}, {} cores, {}; load before: {}; {} rounds",
                machine.date,
                machine.cpu,
                machine.cores,
                machine.system,
                machine.load_before,
                self.rounds
            ),
            98,
        );
        lines.extend(machine.placing.clone());
        lines.extend(wrapped(&versions.join(", "), 98));
        lines
    }

    fn markdown(&self) -> String {
        let (met, missed, skipped) = self.count();
        let mut text = String::from("# Benchmarks\n\n");
        for line in INTRODUCTION {
            text.push_str(line);
            text.push('\n');
        }
        let _ = writeln!(text, "\n```text\n{}\n```", self.head().join("\n"));
        let mut summary = format!("\nOf the goals, {met} are met and {missed} are missed");
        if skipped > 0 {
            let _ = write!(summary, "; {skipped} were not looked at");
        }
        let _ = writeln!(text, "{summary}.\n\n![The ratios to reqwest]({CHART})\n");
        let mut tables = self.tables();
        // What was promised comes first.
        tables.rotate_right(1);
        for table in tables {
            let _ = writeln!(text, "{}", table.markdown());
        }
        let _ = writeln!(text, "## Where the rest goes\n\n{WHY}");
        for line in REPEATING {
            text.push_str(line);
            text.push('\n');
        }
        text
    }
}

/// Why goals are missed. Written by hand: no program knows.
const WHY: &str = include_str!("../../../bench/why.md");

const INTRODUCTION: &[&str] = &[
    "What a call through these crates costs beside the same call written by hand, and what a program that uses them",
    "costs to build. Written by `cargo xtask bench --write`; nobody edits it.",
    "",
    "Everybody makes the same documented calls to the same bare server on the same computer: hyper with fixed replies,",
    "as little work as possible, without TLS. The contestants run one after the other, each as a process of its own, on a",
    "core of their own where the system lets them; who begins changes from round to round. Every × is a ratio of two",
    "figures of the same round, so that a machine that gets slower or faster meanwhile changes both; shown are the medians",
    "of the rounds.",
    "",
    "| Contestant | What it is |",
    "|---|---|",
    "| `provider` | a provider of this workspace through its trait, without any layer |",
    "| `stack` | the same behind the handle `Tickets` with every standard layer on, the quota out of the way |",
    "| `reqwest` | the call by hand with reqwest and serde, one client for all calls: what all ratios refer to |",
    "| `reqwest-per-call` | the same with a new client for each call, as the vendors' snippets do |",
    "| `hyper` | the call by hand with hyper-util's client: what there is below reqwest |",
    "| `omnitrack` | the manner in which the crate omnitrack calls (its own calls are other vendors'): the reply as text and then as JSON |",
    "| `python` | the Python that one vendor prints, looped: `requests.post` for each call |",
    "| `javascript` | the JavaScript that the same vendor prints, looped: `fetch` for each call |",
];

const REPEATING: &[&str] = &[
    "## Repeat it",
    "",
    "```sh",
    "cargo xtask bench --write           # this file anew: about a quarter of an hour, on a machine that does nothing else",
    "cargo xtask bench --only counts     # one part: calls, counts, bulk, pacing or build",
    "cargo xtask bench --rounds 5        # fewer rounds than 15",
    "```",
    "",
    "What a machine lacks (valgrind, Python, Node, a network for the builds) is skipped and said so. Every figure of every",
    "round is in `target/bench/results.json`. The programs are in [bench](bench).",
    "",
    "## What is not measured",
    "",
    "* TLS, a network, and the vendor's own time. A real call takes tens to hundreds of milliseconds, of which everything",
    "  above is a small part: what is 5 % here is far less than 1 % there.",
    "* What a vendor's quota costs. It decides how long many calls take: `tickets delete --plan` tells before anything is sent.",
    "* Other platforms than the one above.",
];

#[cfg(test)]
#[path = "report_tests.rs"]
mod tests;
