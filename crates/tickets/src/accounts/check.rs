//! One check of an account, and what came of it.

use serde::Serialize;

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// All is well.
    Ok,
    /// Something that one should know.
    Note,
    /// Something is wrong.
    Wrong,
}

/// One check, and what came of it.
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct Check {
    /// What was checked, in one word: `reachability`, `clock`, `credentials`, `rights`, `drift`, `filters`, `trash`, or the
    /// caller's own.
    pub check: &'static str,
    /// How it went.
    pub level: Level,
    /// What was found, on one line.
    pub message: String,
}

impl Check {
    /// What came of a check.
    pub fn new(check: &'static str, level: Level, message: impl AsRef<str>) -> Self {
        Self {
            check,
            level,
            message: crate::diagnosis::one_line(message.as_ref()),
        }
    }
}
