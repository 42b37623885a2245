//! The goals: what was promised, what was found, and how much lies between. A missed goal is printed and nothing
//! else: how fast a machine is on a day is no fault of a commit.

use serde::Serialize;

use super::build::{BUILT, OURS, PLAIN, STRIPPED};
use super::calls::{CALLS, PRINTED};
use super::loads::{DELETE, REFS};
use super::sheet::{Cell, Metric, Of, Sheet, Summary};
use super::{INSTRUCTIONS, PROVIDER, PYTHON, Part, REQWEST, STACK};

/// Where the ratio has to be.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Limit {
    AtMost(f64),
    AtLeast(f64),
}

impl Limit {
    /// As the tables say it.
    pub(super) fn text(self) -> String {
        match self {
            Self::AtMost(limit) => format!("≤ {limit:.2}"),
            Self::AtLeast(limit) => format!("≥ {limit:.2}"),
        }
    }
}

/// A goal and what became of it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Goal {
    /// Whose figure; by `reqwest`'s where nothing else is said.
    pub(super) what: String,
    #[serde(flatten)]
    pub(super) cell: Cell,
    pub(super) who: &'static str,
    pub(super) metric: Metric,
    pub(super) limit: Limit,
    /// The ratio.
    pub(super) found: Option<Summary>,
    pub(super) verdict: Verdict,
}

/// What became of a goal.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Verdict {
    Met,
    /// By this part of the limit.
    Missed(f64),
    /// It was not looked at, and why.
    Skipped(String),
}

impl Verdict {
    fn of(limit: Limit, found: f64) -> Self {
        let beyond = match limit {
            Limit::AtMost(limit) => found / limit - 1.0,
            Limit::AtLeast(limit) => 1.0 - found / limit,
        };
        if beyond > 0.0 {
            Self::Missed(beyond)
        } else {
            Self::Met
        }
    }

    /// As the tables say it.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Met => "met".to_owned(),
            Self::Missed(beyond) if *beyond < 0.0005 => "missed by a hair".to_owned(),
            Self::Missed(beyond) => format!("missed by {:.1} %", beyond * 100.0),
            Self::Skipped(reason) => format!("skipped: {reason}"),
        }
    }
}

/// Every goal against what was measured.
pub(super) fn goals(sheet: &Sheet) -> Vec<Goal> {
    let mut goals = Vec::new();
    let mut add = |what: &str, limit, ours: (Cell, Of), base: (Cell, Of)| {
        goals.push(goal(sheet, what, limit, ours, base));
    };
    let (less, more) = (Limit::AtMost, Limit::AtLeast);
    for (what, limit, (part, load), (who, metric)) in [
        (
            "stack: CPU per call",
            less(1.05),
            (Part::Calls, 1),
            (STACK, Metric::CpuNs),
        ),
        (
            "stack: instructions per call",
            less(1.10),
            (Part::Counts, 1),
            (STACK, Metric::Instructions),
        ),
        (
            "stack: calls/s, 64 at once",
            more(0.95),
            (Part::Calls, 64),
            (STACK, Metric::PerSecond),
        ),
        (
            "provider: CPU per call",
            less(1.03),
            (Part::Calls, 1),
            (PROVIDER, Metric::CpuNs),
        ),
    ] {
        for case in CALLS {
            let cell = Cell::new(part, case, load);
            add(
                what,
                limit,
                (cell, (who, metric)),
                (cell, (REQWEST, metric)),
            );
        }
    }
    let printed = Cell::new(Part::Calls, PRINTED, 1);
    // Calls per CPU second are the other way round than CPU time per call.
    add(
        "stack: calls per CPU s, by python's",
        more(5.0),
        (printed, (PYTHON, Metric::CpuNs)),
        (printed, (STACK, Metric::CpuNs)),
    );
    for (what, metric) in [
        ("with-tickets: CPU time to build", Metric::BuildCpuSeconds),
        ("with-tickets: crates", Metric::Crates),
        ("with-tickets: size, stripped", Metric::StrippedBytes),
    ] {
        let of = |who| (BUILT, (who, metric));
        add(what, less(1.15), of(OURS), of(PLAIN));
    }
    if let (Some(few), Some(many)) = (REFS.first(), REFS.last()) {
        for (what, metric) in [
            ("stack: CPU per ticket, 10^6 by 10^4", Metric::CpuNs),
            ("stack: peak memory, 10^6 by 10^4", Metric::PeakRssKib),
        ] {
            let of = |refs| (Cell::new(Part::Bulk, DELETE, refs), (STACK, metric));
            add(what, less(1.10), of(*many), of(*few));
        }
    }
    goals
}

fn goal(sheet: &Sheet, what: &str, limit: Limit, (cell, of): (Cell, Of), base: (Cell, Of)) -> Goal {
    let found = sheet.ratio((cell, of), base);
    let column = match of.1 {
        Metric::Instructions => INSTRUCTIONS,
        Metric::StrippedBytes => STRIPPED,
        _ => of.0,
    };
    let verdict = found.map_or_else(
        || Verdict::Skipped(sheet.reason(cell.part, &[column])),
        |found| Verdict::of(limit, found.median),
    );
    Goal {
        what: what.to_owned(),
        cell,
        who: of.0,
        metric: of.1,
        limit,
        found,
        verdict,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(sheet: &Sheet, what: &str, case: &str) -> String {
        let goals = goals(sheet).into_iter();
        let mut goals = goals.filter(|goal| goal.what == what && goal.cell.case == case);
        let goal = goals.next().unwrap();
        assert_eq!(goals.next(), None);
        goal.verdict.text()
    }

    fn measured(
        cell: Cell,
        metric: Metric,
        ours: (&'static str, f64),
        theirs: (&'static str, f64),
    ) -> Sheet {
        let mut sheet = Sheet::default();
        for (who, value) in [ours, theirs] {
            sheet.add(cell, (who, metric), value);
        }
        sheet
    }

    #[test]
    fn a_goal_is_met_up_to_its_limit_and_missed_by_the_rest() {
        let cell = Cell::new(Part::Calls, "onecloud-get", 1);
        for (ours, text) in [
            (90.0, "met"),
            (105.0, "met"),
            (105.02, "missed by a hair"),
            (126.0, "missed by 20.0 %"),
        ] {
            let sheet = measured(cell, Metric::CpuNs, ("stack", ours), ("reqwest", 100.0));
            let what = "stack: CPU per call";
            assert_eq!(verdict(&sheet, what, "onecloud-get"), text, "{ours}");
        }
    }

    #[test]
    fn more_is_better_where_calls_per_second_are_the_goal() {
        let cell = Cell::new(Part::Calls, "leadsquared-delete", 64);
        for (ours, text) in [(200.0, "met"), (95.0, "met"), (76.0, "missed by 20.0 %")] {
            let sheet = measured(cell, Metric::PerSecond, ("stack", ours), ("reqwest", 100.0));
            let what = "stack: calls/s, 64 at once";
            assert_eq!(verdict(&sheet, what, "leadsquared-delete"), text, "{ours}");
        }
    }

    #[test]
    fn the_snippets_cpu_time_counts_against_it() {
        let cell = Cell::new(Part::Calls, "sweeppea-delete", 1);
        for (python, text) in [(500.0, "met"), (250.0, "missed by 50.0 %")] {
            let sheet = measured(cell, Metric::CpuNs, ("stack", 100.0), ("python", python));
            let what = "stack: calls per CPU s, by python's";
            assert_eq!(verdict(&sheet, what, "sweeppea-delete"), text);
        }
    }

    #[test]
    fn a_build_and_a_growth_are_judged_too() {
        let sheet = measured(BUILT, Metric::Crates, (OURS, 120.0), (PLAIN, 100.0));
        let what = "with-tickets: crates";
        assert_eq!(verdict(&sheet, what, "cold"), "missed by 4.3 %");
        let mut sheet = Sheet::default();
        for (refs, peak) in [(10_000, 100.0), (1_000_000, 100.0)] {
            let cell = Cell::new(Part::Bulk, DELETE, refs);
            sheet.add(cell, ("stack", Metric::PeakRssKib), peak);
        }
        let what = "stack: peak memory, 10^6 by 10^4";
        assert_eq!(verdict(&sheet, what, DELETE), "met");
    }

    #[test]
    fn what_was_not_measured_is_neither_met_nor_missed() {
        let mut sheet = Sheet::default();
        sheet.skip(Part::Counts, Some("instructions"), "there is no valgrind");
        sheet.skip(Part::Build, None, "not asked for");
        for (what, case, text) in [
            (
                "stack: instructions per call",
                "onecloud-get",
                "skipped: there is no valgrind",
            ),
            ("with-tickets: crates", "cold", "skipped: not asked for"),
            (
                "stack: CPU per call",
                "onecloud-get",
                "skipped: it was not measured",
            ),
        ] {
            assert_eq!(verdict(&sheet, what, case), text);
        }
    }

    #[test]
    fn the_calls_are_judged_one_by_one() {
        let goals = goals(&Sheet::default());
        for what in [
            "stack: CPU per call",
            "stack: instructions per call",
            "stack: calls/s, 64 at once",
            "provider: CPU per call",
        ] {
            let goals = goals.iter().filter(|goal| goal.what == what);
            let cases: Vec<_> = goals.map(|goal| goal.cell.case).collect();
            assert_eq!(cases, CALLS);
        }
    }
}
