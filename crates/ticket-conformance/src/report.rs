//! What came of the cases: for people as a table, for programs by serde.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What came of one case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    /// The promise holds.
    Passed,
    /// The promise is broken.
    #[non_exhaustive]
    Failed {
        /// What was done.
        what: String,
        /// What the contract promises.
        expected: String,
        /// What happened.
        found: String,
    },
    /// Nothing is known: the case could not be run.
    #[non_exhaustive]
    Skipped {
        /// Why not.
        reason: String,
    },
}

impl Outcome {
    /// The outcome in `snake_case`, as reports print it.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::Passed => "passed",
            Self::Failed { .. } => "failed",
            Self::Skipped { .. } => "skipped",
        }
    }
}

/// A case and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct CaseReport {
    /// The case's name, see [`Case::name`](crate::Case::name).
    pub case: String,
    /// What it promises.
    pub promise: String,
    /// What came of it.
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

    /// Whether the promise was shown to hold. A skipped case has shown nothing.
    pub fn is_passed(&self) -> bool {
        self.outcome == Outcome::Passed
    }

    /// Whether the promise was shown to be broken.
    pub fn is_failed(&self) -> bool {
        matches!(self.outcome, Outcome::Failed { .. })
    }

    /// Whether it could not be run.
    pub fn is_skipped(&self) -> bool {
        matches!(self.outcome, Outcome::Skipped { .. })
    }
}

impl fmt::Display for CaseReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<7}  {}", self.outcome.as_str(), self.case)?;
        match &self.outcome {
            Outcome::Passed => Ok(()),
            Outcome::Skipped { reason } => write!(f, "\n         because {reason}"),
            Outcome::Failed {
                what,
                expected,
                found,
            } => write!(
                f,
                "\n         promise:  {}\n         what:     {what}\n         expected: {expected}\n         found:    {found}",
                self.promise
            ),
        }
    }
}

/// What came of every case. `Display` is a table with the counts below it.
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

    /// How many promises hold.
    pub fn passed(&self) -> usize {
        self.count(CaseReport::is_passed)
    }

    /// How many promises are broken.
    pub fn failed(&self) -> usize {
        self.count(CaseReport::is_failed)
    }

    /// How many cases could not be run.
    pub fn skipped(&self) -> usize {
        self.count(CaseReport::is_skipped)
    }

    /// The case of this name, where there is one.
    pub fn case(&self, name: &str) -> Option<&CaseReport> {
        self.cases.iter().find(|case| case.case == name)
    }

    /// Whether no promise is broken and at least one was shown to hold. Look at
    /// [`skipped`](Self::skipped) too: what was not run was not shown.
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
            "{}: {} passed, {} failed, {} skipped, {} in all",
            self.provider,
            self.passed(),
            self.failed(),
            self.skipped(),
            self.cases.len()
        )
    }
}
