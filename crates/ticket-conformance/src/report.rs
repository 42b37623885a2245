//! The results of the cases: a table for people, serde for programs.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The outcome of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The promise holds.
    Passed,
    /// Fails the case: the promise is broken.
    #[non_exhaustive]
    Failed {
        /// What the case did.
        what: String,
        /// What the contract promises.
        expected: String,
        /// What happened.
        found: String,
    },
    /// The case ran and failed, as the author of the fixture [expected](crate::Suite::differs), with a reason.
    #[non_exhaustive]
    Differs {
        /// The reason.
        reason: String,
        /// What the case did.
        what: String,
        /// What the contract promises.
        expected: String,
        /// What happened.
        found: String,
    },
    /// The case could not run.
    #[non_exhaustive]
    Skipped {
        /// The reason.
        reason: String,
    },
}

impl Outcome {
    /// The outcome in `snake_case`, as in reports.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed { .. } => "failed",
            Self::Differs { .. } => "differs",
            Self::Skipped { .. } => "skipped",
        }
    }
}

/// A case and its outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CaseReport {
    /// The case's name, see [`Case::name`](crate::Case::name).
    pub case: String,
    /// What it promises.
    pub promise: String,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl CaseReport {
    pub(crate) fn new(case: &crate::Case, outcome: Outcome) -> Self {
        Self {
            case: case.name.to_owned(),
            promise: case.promise.to_owned(),
            outcome,
        }
    }

    /// Whether the case passed. A skipped case did not pass.
    pub fn is_passed(&self) -> bool {
        self.outcome == Outcome::Passed
    }

    /// Whether the case failed.
    pub fn is_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed { .. })
    }

    /// Whether the case failed as expected.
    pub fn is_different(&self) -> bool {
        matches!(self.outcome, Outcome::Differs { .. })
    }

    /// Whether the case was skipped.
    pub fn is_skipped(&self) -> bool {
        matches!(self.outcome, Outcome::Skipped { .. })
    }
}

impl fmt::Display for CaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<7}  {}", self.outcome.as_str(), self.case)?;
        if let Outcome::Skipped { reason } | Outcome::Differs { reason, .. } = &self.outcome {
            write!(f, "\n         because {reason}")?;
        }
        match &self.outcome {
            Outcome::Passed | Outcome::Skipped { .. } => Ok(()),
            Outcome::Failed {
                what,
                expected,
                found,
            }
            | Outcome::Differs {
                what,
                expected,
                found,
                ..
            } => write!(
                f,
                "\n         promise:  {}\n         what:     {what}\n         expected: {expected}\n         found:    {found}",
                self.promise
            ),
        }
    }
}

/// The outcome of every case. `Display` prints a table and the counts below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ConformanceReport {
    /// The provider's id.
    pub provider: String,
    /// The cases, in the order of [`CASES`](crate::CASES).
    pub cases: Vec<CaseReport>,
}

impl ConformanceReport {
    pub(crate) fn new(provider: String, cases: Vec<CaseReport>) -> Self {
        Self { provider, cases }
    }

    /// The number of cases that passed.
    pub fn passed(&self) -> usize {
        self.count(CaseReport::is_passed)
    }

    /// The number of cases that failed.
    pub fn failed(&self) -> usize {
        self.count(CaseReport::is_failed)
    }

    /// The number of cases that failed as expected.
    pub fn different(&self) -> usize {
        self.count(CaseReport::is_different)
    }

    /// The number of cases that were skipped.
    pub fn skipped(&self) -> usize {
        self.count(CaseReport::is_skipped)
    }

    /// The case with this name, if there is one.
    pub fn case(&self, name: &str) -> Option<&CaseReport> {
        self.cases.iter().find(|case| case.case == name)
    }

    /// Whether no case failed and at least one passed. Check [`different`](Self::different) and
    /// [`skipped`](Self::skipped) too: the former show a promise that does not hold, the latter show nothing.
    pub fn is_success(&self) -> bool {
        self.failed() == 0 && self.passed() > 0
    }

    fn count(&self, of: fn(&CaseReport) -> bool) -> usize {
        self.cases.iter().filter(|case| of(case)).count()
    }
}

impl fmt::Display for ConformanceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for case in &self.cases {
            writeln!(f, "{case}")?;
        }
        write!(
            f,
            "{}: {} passed, {} failed, {} differ, {} skipped, {} in all",
            self.provider,
            self.passed(),
            self.failed(),
            self.different(),
            self.skipped(),
            self.cases.len()
        )
    }
}
