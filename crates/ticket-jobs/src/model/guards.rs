//! Guards: what is checked before the tickets of a job are changed, and when the work stops.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use ticket_core::Error;
use ticket_core::model::State;

use super::seconds;

/// What is checked before the tickets of a job are changed, and when the work stops so that a person can look.
///
/// Guards belong to the job: whoever works on it keeps them, and they are a part of what is confirmed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
#[non_exhaustive]
pub struct Guards {
    /// Change a ticket only while it is in this state. A ticket with a status of the vendor's own is not changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub only_state: Option<State>,
    /// Change a ticket only while it is as it was [seen](crate::Seen) when the job was planned.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub if_unchanged: bool,
    /// Pause the job when more tickets than this failed, are unknown or were not found since it was created or last resumed,
    /// whichever workers found it. One that is to be tried again, or waits for a look at the end that may find it done, counts
    /// as well, for the process that tried it. What is in flight ends, and one call may be about many tickets.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_failures: Option<MaxFailures>,
    /// Stop after this many tickets, until the rest is [released](crate::Step::Release).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub canary: Option<u64>,
    /// Delete only what is archived.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub archive: Option<ArchiveGuard>,
    /// For how long a [worker of a fleet](crate::Worker) tries tickets again that fail for a passing reason, from the first
    /// time that it put them back; `None` is [`RETRY_FOR`](Self::RETRY_FOR). With zero it puts nothing back. In whole seconds, as
    /// `retry_for_s`.
    #[serde(
        rename = "retry_for_s",
        with = "seconds::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub retry_for: Option<Duration>,
}

impl Guards {
    /// For how long tickets are tried again, unless the guards say it.
    pub const RETRY_FOR: Duration = Duration::from_secs(24 * 3600);
}

/// How many tickets of a job may fail. Written as `20` or `5%`, and in JSON as `20` or `"5%"`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum MaxFailures {
    /// So many.
    Tickets(u64),
    /// So many of 100.
    Percent(Percent),
}

impl MaxFailures {
    /// The number, for a job of so many tickets; rounded down.
    pub fn of(self, tickets: u64) -> u64 {
        match self {
            Self::Tickets(most) => most,
            Self::Percent(Percent(percent)) => {
                let most = u128::from(tickets) * u128::from(percent) / 100;
                u64::try_from(most).unwrap_or(u64::MAX)
            }
        }
    }
}

impl fmt::Display for MaxFailures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tickets(most) => most.fmt(f),
            Self::Percent(percent) => percent.fmt(f),
        }
    }
}

impl FromStr for MaxFailures {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.ends_with('%') {
            return text.parse().map(Self::Percent);
        }
        text.parse().map(Self::Tickets).map_err(|_| {
            Error::invalid_input(
                "a number of failures is a whole number, such as 20, or a share, such as 5%",
            )
        })
    }
}

/// Whole percent, from 0 to 100.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Percent(u8);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}%", self.0)
    }
}

impl FromStr for Percent {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let number = text
            .strip_suffix('%')
            .and_then(|number| number.parse().ok());
        let percent = number.filter(|percent| *percent <= 100);
        let wrong = || Error::invalid_input("a share is whole percent from 0% to 100%");
        percent.map(Self).ok_or_else(wrong)
    }
}

impl TryFrom<String> for Percent {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<Percent> for String {
    fn from(percent: Percent) -> Self {
        percent.to_string()
    }
}

/// The archive of a job: a ticket that is not archived there is not deleted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveGuard {
    /// The archive's folder, as an absolute path.
    pub folder: String,
    /// Whether a ticket is deleted although some of its messages or attachments could not be read.
    pub missing_ok: bool,
}
