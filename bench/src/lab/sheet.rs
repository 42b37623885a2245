//! What was measured, as numbers: every figure of every round, with the maths of the tables.

use std::collections::BTreeMap;

use crate::Part;

/// What a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Metric {
    /// Half of the calls took no longer.
    LatencyNs,
    /// User and system time, by call or ticket.
    CpuNs,
    /// Calls, or tickets.
    PerSecond,
    /// The largest memory of the process.
    PeakRssKib,
    /// By call, as the next two.
    Allocations,
    AllocatedBytes,
    Instructions,
    /// Of the allowed rate, 1 being all of it.
    ShareOfRate,
    /// User and system time of a build.
    BuildCpuSeconds,
    BuildWallSeconds,
    /// Compiled for a program, itself not counted.
    Crates,
    BinaryBytes,
    StrippedBytes,
}

/// Where a figure belongs: a part, a call or program, and how many at once or in all.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Cell {
    pub(crate) part: Part,
    pub(crate) case: &'static str,
    pub(crate) load: u64,
}

impl Cell {
    pub(crate) const fn new(part: Part, case: &'static str, load: u64) -> Self {
        Self { part, case, load }
    }
}

/// Whose figure of what.
pub(crate) type Of = (Cell, &'static str, Metric);

/// All of it.
#[derive(Debug, Default)]
pub(crate) struct Sheet {
    figures: BTreeMap<Of, Vec<f64>>,
    /// What was not measured, and why, by the block of the document that lacks it.
    pub(crate) skipped: Vec<(&'static str, String)>,
}

impl Sheet {
    /// Adds the figure of one more round.
    pub(crate) fn add(&mut self, of: Of, value: f64) {
        self.figures.entry(of).or_default().push(value);
    }

    /// Notes why something is missing, once.
    pub(crate) fn skip(&mut self, block: &'static str, reason: String) {
        eprintln!("{block}: skipped, {reason}");
        if !self.skipped.contains(&(block, reason.clone())) {
            self.skipped.push((block, reason));
        }
    }

    /// A figure over all rounds.
    pub(crate) fn summary(&self, of: Of) -> Option<Summary> {
        Summary::of(self.figures.get(&of)?.clone())
    }

    /// A figure by another's, each pair from the same round.
    pub(crate) fn ratio(&self, of: Of, by: Of) -> Option<Summary> {
        Summary::of(self.pairs(of, by, |a, b| a / b)?)
    }

    /// Adds a figure less another one, each pair from the same round.
    pub(crate) fn subtract(&mut self, to: Of, of: Of, less: Of) {
        if let Some(differences) = self.pairs(of, less, |a, b| a - b) {
            self.figures.insert(to, differences);
        }
    }

    fn pairs(&self, of: Of, with: Of, both: impl Fn(f64, f64) -> f64) -> Option<Vec<f64>> {
        let (ours, theirs) = (self.figures.get(&of)?, self.figures.get(&with)?);
        let pairs = ours.iter().zip(theirs).map(|(a, b)| both(*a, *b));
        (ours.len() == theirs.len()).then(|| pairs.collect())
    }
}

/// Half of the rounds lie between the quartiles.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Summary {
    pub(crate) median: f64,
    pub(crate) lower: f64,
    pub(crate) upper: f64,
}

impl Summary {
    /// Nothing where there is nothing, or something that is no number.
    fn of(mut values: Vec<f64>) -> Option<Self> {
        values.sort_by(f64::total_cmp);
        let is_whole = values.iter().all(|value| value.is_finite());
        is_whole.then_some(Self {
            median: quantile(&values, 0.5)?,
            lower: quantile(&values, 0.25)?,
            upper: quantile(&values, 0.75)?,
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
pub(crate) fn count(things: impl TryInto<u64>) -> f64 {
    things.try_into().unwrap_or(u64::MAX) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(who: &'static str) -> Of {
        (Cell::new(Part::Calls, "get", 1), who, Metric::CpuNs)
    }

    fn ratio(ours: &[f64], theirs: &[f64]) -> Option<Summary> {
        let mut sheet = Sheet::default();
        for (who, values) in [("stack", ours), ("reqwest", theirs)] {
            for value in values {
                sheet.add(of(who), *value);
            }
        }
        sheet.ratio(of("stack"), of("reqwest"))
    }

    #[test]
    fn median_and_quartiles_are_what_a_statistician_expects() {
        for (values, lower, median, upper) in [
            (vec![7.0], 7.0, 7.0, 7.0),
            (vec![9.0, 1.0, 5.0], 3.0, 5.0, 7.0),
            (vec![4.0, 1.0, 3.0, 2.0], 1.75, 2.5, 3.25),
            (vec![5.0, 1.0, 1000.0, 3.0, 2.0], 2.0, 3.0, 5.0),
        ] {
            let expected = Summary {
                median,
                lower,
                upper,
            };
            assert_eq!(Summary::of(values), Some(expected));
        }
    }

    #[test]
    fn ratio_pairs_the_figures_of_one_round() {
        // The machine gets slower from round to round; the ratio is 2 in each.
        let steady = ratio(&[2.0, 20.0, 200.0], &[1.0, 10.0, 100.0]);
        assert_eq!(steady, Summary::of(vec![2.0]));
        // It is the median of the ratios, 2, not the ratio of the medians, 3.
        let mixed = ratio(&[2.0, 30.0, 6.0], &[1.0, 10.0, 6.0]);
        assert_eq!(mixed, Summary::of(vec![2.0, 3.0, 1.0]));
        assert_eq!(ratio(&[1.0, 2.0], &[1.0]), None);
        assert_eq!(ratio(&[1.0], &[0.0]), None);
        assert_eq!(ratio(&[], &[]), None);
    }
}
