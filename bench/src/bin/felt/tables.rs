//! The tables of what was measured, and whether the goals are reached.

use std::fmt::Write as _;

use ticket_bench::Error;

use super::{
    AIOHTTP, AUTO, EMPTY, FETCH, LATENCIES, Lab, OURS, Of, PAGES, REQUESTS, ROWS, Took, few,
};

impl Lab {
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
    fn median(&self, of: Of, figure: impl Fn(&Took) -> f64) -> f64 {
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
    fn ratio(&self, (of, by): (Of, Of), figure: impl Fn(&Took) -> f64) -> f64 {
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

    pub(super) fn tables(&self, load: &str) -> Result<String, Error> {
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
            (EMPTY, "true, which does nothing"),
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

fn middle(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
