//! What was measured, as numbers: every figure of every round, with the maths that the tables, the goals and the
//! chart share. It knows no program and no text.

use std::fmt;

use serde::Serialize;

use super::Part;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Metric {
    /// Half of the calls took no longer.
    LatencyNs,
    /// User and system time, by call or ticket.
    CpuNs,
    /// Calls, or tickets.
    PerSecond,
    /// The largest memory of the process.
    PeakRssKib,
    /// By call.
    Allocations,
    /// By call.
    AllocatedBytes,
    /// By call.
    Instructions,
    /// Of the allowed rate, 1 being all of it.
    ShareOfRate,
    /// User and system time of a build.
    BuildCpuSeconds,
    /// A build on the clock.
    BuildWallSeconds,
    /// Compiled for a program, itself not counted.
    Crates,
    /// A program.
    BinaryBytes,
    /// A program without its symbols.
    StrippedBytes,
}

/// Where a figure belongs: a part, a call or program, and how many at once or in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Cell {
    pub(super) part: Part,
    /// The call, or what is done.
    pub(super) case: &'static str,
    /// Calls at once, or tickets.
    pub(super) load: u64,
}

impl Cell {
    pub(super) const fn new(part: Part, case: &'static str, load: u64) -> Self {
        Self { part, case, load }
    }
}

/// Who, and what of it.
pub(super) type Of = (&'static str, Metric);

/// One figure, round by round.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Series {
    #[serde(flatten)]
    pub(super) cell: Cell,
    pub(super) who: &'static str,
    pub(super) metric: Metric,
    pub(super) rounds: Vec<f64>,
}

/// Something that was not measured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Skipped {
    pub(super) part: Part,
    /// A contestant or a column, or nothing where it is the whole part.
    pub(super) what: Option<&'static str>,
    pub(super) reason: String,
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.what {
            Some(what) => write!(f, "{what}: skipped, {}", self.reason),
            None => write!(f, "skipped, {}", self.reason),
        }
    }
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) series: Vec<Series>,
    pub(super) skipped: Vec<Skipped>,
}

impl Sheet {
    /// Adds the figure of one more round.
    pub(super) fn add(&mut self, cell: Cell, (who, metric): Of, value: f64) {
        let mut known = self.series.iter_mut();
        let known = known
            .find(|series| series.cell == cell && series.who == who && series.metric == metric);
        match known {
            Some(series) => series.rounds.push(value),
            None => self.series.push(Series {
                cell,
                who,
                metric,
                rounds: vec![value],
            }),
        }
    }

    /// Notes why something is missing, once.
    pub(super) fn skip(&mut self, part: Part, what: Option<&'static str>, reason: &str) {
        let skipped = Skipped {
            part,
            what,
            reason: reason.to_owned(),
        };
        if !self.skipped.contains(&skipped) {
            self.skipped.push(skipped);
        }
    }

    /// Why there is no such figure.
    pub(super) fn reason(&self, part: Part, of: &[&str]) -> String {
        let known = self.skipped.iter().find(|skipped| {
            skipped.part == part && skipped.what.is_none_or(|what| of.contains(&what))
        });
        known.map_or_else(
            || "it was not measured".to_owned(),
            |skipped| skipped.reason.clone(),
        )
    }

    /// Every round of a figure.
    pub(super) fn rounds(&self, cell: Cell, (who, metric): Of) -> Option<&[f64]> {
        let mut known = self.series.iter();
        let known = known
            .find(|series| series.cell == cell && series.who == who && series.metric == metric)?;
        Some(&known.rounds)
    }

    /// A figure over all rounds.
    pub(super) fn summary(&self, cell: Cell, of: Of) -> Option<Summary> {
        Summary::of(self.rounds(cell, of)?)
    }

    /// A figure by another's, each pair from the same round.
    pub(super) fn ratio(&self, (cell, of): (Cell, Of), (base, by): (Cell, Of)) -> Option<Summary> {
        pairs(self.rounds(cell, of)?, self.rounds(base, by)?, |a, b| a / b)
    }

    /// A figure less another one, each pair from the same round.
    pub(super) fn difference(&self, of: Of, cell: Cell, less: Cell) -> Option<Summary> {
        pairs(self.rounds(cell, of)?, self.rounds(less, of)?, |a, b| a - b)
    }
}

fn pairs(ours: &[f64], theirs: &[f64], of: impl Fn(f64, f64) -> f64) -> Option<Summary> {
    if ours.len() != theirs.len() {
        return None;
    }
    let values = ours.iter().zip(theirs).map(|(a, b)| of(*a, *b));
    Summary::of(&values.collect::<Vec<_>>())
}

/// Half of the rounds lie between the quartiles.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(super) struct Summary {
    pub(super) median: f64,
    pub(super) lower: f64,
    pub(super) upper: f64,
}

impl Summary {
    /// Nothing where there is nothing, or something that is no number.
    pub(super) fn of(values: &[f64]) -> Option<Self> {
        if values.iter().any(|value| !value.is_finite()) {
            return None;
        }
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        Some(Self {
            median: quantile(&sorted, 0.5)?,
            lower: quantile(&sorted, 0.25)?,
            upper: quantile(&sorted, 0.75)?,
        })
    }
}

/// Between the two values around it, as most programs for statistics do it.
fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = share * count(last);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a place between 0 and the last"
    )]
    let below = place.floor() as usize;
    let low = *sorted.get(below)?;
    let high = *sorted.get((below + 1).min(last))?;
    Some(low + (high - low) * (place - place.floor()))
}

/// A number of things, to reckon with.
#[expect(
    clippy::cast_precision_loss,
    reason = "exact up to 2^53, and nobody counts that far here"
)]
pub(super) fn count(things: impl TryInto<u64>) -> f64 {
    things.try_into().unwrap_or(u64::MAX) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: Cell = Cell::new(Part::Calls, "get", 1);
    const OTHER: Cell = Cell::new(Part::Calls, "get-short", 1);

    fn sheet(figures: &[(Cell, &'static str, &[f64])]) -> Sheet {
        let mut sheet = Sheet::default();
        for (cell, who, rounds) in figures {
            for value in *rounds {
                sheet.add(*cell, (who, Metric::CpuNs), *value);
            }
        }
        sheet
    }

    fn ratio(sheet: &Sheet) -> Option<Summary> {
        let of = |who| (CELL, (who, Metric::CpuNs));
        sheet.ratio(of("stack"), of("reqwest"))
    }

    #[test]
    fn median_and_quartiles_are_what_a_statistician_expects() {
        let of = |values: &[f64]| {
            let summary = Summary::of(values).unwrap();
            (summary.lower, summary.median, summary.upper)
        };
        assert_eq!(of(&[7.0]), (7.0, 7.0, 7.0));
        assert_eq!(of(&[4.0, 2.0]), (2.5, 3.0, 3.5));
        assert_eq!(of(&[9.0, 1.0, 5.0]), (3.0, 5.0, 7.0));
        assert_eq!(of(&[4.0, 1.0, 3.0, 2.0]), (1.75, 2.5, 3.25));
        assert_eq!(of(&[5.0, 1.0, 1000.0, 3.0, 2.0]), (2.0, 3.0, 5.0));
    }

    #[test]
    fn nothing_and_what_is_no_number_have_no_median() {
        assert_eq!(Summary::of(&[]), None);
        assert_eq!(Summary::of(&[1.0, f64::NAN]), None);
        let none = sheet(&[(CELL, "stack", &[1.0]), (CELL, "reqwest", &[0.0])]);
        assert_eq!(ratio(&none), None);
    }

    #[test]
    fn a_ratio_pairs_the_figures_of_one_round() {
        // The machine gets slower from round to round; the ratio is 2 in each.
        let slower = sheet(&[
            (CELL, "stack", &[2.0, 20.0, 200.0]),
            (CELL, "reqwest", &[1.0, 10.0, 100.0]),
        ]);
        assert_eq!(ratio(&slower), Summary::of(&[2.0]));
        // It is the median of the ratios, 2, not the ratio of the medians, 3.
        let mixed = sheet(&[
            (CELL, "stack", &[2.0, 30.0, 6.0]),
            (CELL, "reqwest", &[1.0, 10.0, 6.0]),
        ]);
        assert_eq!(ratio(&mixed), Summary::of(&[2.0, 3.0, 1.0]));
    }

    #[test]
    fn rounds_that_do_not_pair_have_no_ratio() {
        let lost = sheet(&[(CELL, "stack", &[1.0, 2.0]), (CELL, "reqwest", &[1.0])]);
        assert_eq!(ratio(&lost), None);
        assert_eq!(ratio(&sheet(&[(CELL, "stack", &[1.0])])), None);
    }

    #[test]
    fn a_difference_is_taken_round_by_round() {
        let sheet = sheet(&[(CELL, "stack", &[5.0, 9.0]), (OTHER, "stack", &[1.0, 7.0])]);
        let decode = sheet.difference(("stack", Metric::CpuNs), CELL, OTHER);
        assert_eq!(decode, Summary::of(&[4.0, 2.0]));
    }

    #[test]
    fn growth_is_the_ratio_of_two_loads_of_the_same_round() {
        let (few, many) = (
            Cell::new(Part::Bulk, "delete", 10_000),
            Cell::new(Part::Bulk, "delete", 1_000_000),
        );
        let sheet = sheet(&[(few, "stack", &[2.0, 4.0]), (many, "stack", &[2.2, 4.4])]);
        let of = ("stack", Metric::CpuNs);
        let growth = sheet.ratio((many, of), (few, of)).unwrap();
        assert!((growth.median - 1.1).abs() < 1e-9, "{growth:?}");
    }

    #[test]
    fn what_is_missing_has_its_own_reason() {
        let mut sheet = Sheet::default();
        for _ in 0..2 {
            sheet.skip(Part::Counts, Some("instructions"), "no valgrind");
        }
        sheet.skip(Part::Build, None, "no network");
        assert_eq!(sheet.skipped.len(), 2);
        let reason = |part, of: &[&str]| sheet.reason(part, of);
        assert_eq!(
            reason(Part::Counts, &["stack", "instructions"]),
            "no valgrind"
        );
        assert_eq!(reason(Part::Counts, &["stack"]), "it was not measured");
        assert_eq!(reason(Part::Build, &["with-tickets"]), "no network");
        let texts: Vec<_> = sheet.skipped.iter().map(ToString::to_string).collect();
        assert_eq!(
            texts,
            ["instructions: skipped, no valgrind", "skipped, no network"]
        );
    }
}
