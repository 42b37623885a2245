//! The forms that some faults come in. What they do is in `answer.rs`, `rewrite.rs` and `state.rs`.

use serde::{Deserialize, Serialize};

/// Who answers in place of the vendor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Gateway {
    /// A sign-in page: 200 with HTML.
    SignIn,
    /// A firewall: 403 with HTML.
    Firewall,
    /// A redirect to a sign-in page: 302 without a body.
    Redirect,
    /// The vendor's own gateway, as for a wrong base path.
    WrongPath,
    /// 404 with the text `404 page not found`.
    PageNotFound,
    /// 404 with JSON: no route matched.
    NoRoute,
    /// 404 with the text `default backend - 404`.
    DefaultBackend,
    /// 404 with the JSON of a web framework.
    Framework,
    /// 404 without a body.
    Empty,
}

/// The `Retry-After` header of a 429.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OddRetryAfter {
    /// `0`.
    Zero,
    /// `-1`.
    Negative,
    /// A date in 2015.
    Past,
    /// A number that does not fit into 64 bits.
    Huge,
    /// A word.
    Garbage,
}

impl OddRetryAfter {
    pub(crate) fn value(self) -> &'static str {
        match self {
            Self::Zero => "0",
            Self::Negative => "-1",
            Self::Past => "Wed, 21 Oct 2015 07:28:00 GMT",
            Self::Huge => "99999999999999999999999",
            Self::Garbage => "soon",
        }
    }
}

/// How the total of a list is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WrongTotal {
    /// The number of rows in the page.
    PageSize,
    /// 0.
    Zero,
    /// Half of the correct total.
    TooSmall,
    /// 7 more than the correct total.
    TooLarge,
    /// 1 to 3 more than the correct total, different in consecutive requests.
    Changing,
}

/// What is odd about one row of a list: the one in the middle of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OddRow {
    /// The subject ends with half of a surrogate pair.
    LoneSurrogate,
    /// The date is an empty string.
    EmptyDate,
    /// The date is `0001-01-01T00:00:00`.
    YearOneDate,
    /// The date is a number of milliseconds.
    NumberDate,
    /// The date has no time zone: `2025-01-26T10:00:00`.
    ZonelessDate,
    /// The row has no id.
    MissingId,
    /// The id is null.
    NullId,
    /// The row is null.
    Null,
    /// The row is a copy of the first one in the page.
    Repeated,
}

/// What is odd about a job that a call begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum JobFault {
    /// It is done, and nobody can read it: its id is not found.
    Vanishes,
    /// It ends as failed and has done nothing.
    Fails,
    /// It is completed, but its last ticket could not be changed.
    Partial,
    /// It is completed, and its results are null.
    NoResults,
    /// It is completed, and has one result for all of its tickets.
    OneResult,
}

/// What is odd about one id in the reply to a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum OddId {
    /// The first id is null.
    Null,
    /// The first id is a number with a fraction, such as `160.0`.
    Float,
    /// The first id is a string.
    Text,
    /// The first id is missing.
    Missing,
    /// There is one more id: `999999999`, which nobody asked for.
    Unasked,
}

/// A lasting fault of one ticket.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum TicketFault {
    /// Every write that names the ticket is refused with this status, a batch as a whole. Reads work.
    Refused(u16),
    /// Deletes of the ticket get this status once it is gone. Reads work.
    GoneIsError(u16),
    /// The ticket has been merged into another one: reads answer with the other ticket, and writes change or delete it.
    /// Null means the next ticket by age, or else the previous one.
    MergedInto(Option<String>),
    /// The ticket belongs to another user. Only Sweeppea distinguishes owners: it answers 404 to reads and deletes.
    OwnedByOther,
}
