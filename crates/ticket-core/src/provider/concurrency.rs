//! How many calls are made at once: a number, or what the account answers well.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;

use serde::{Deserialize, Deserializer};

use crate::provider::error::{Error, bounded};

/// How many calls are made at once, within the account's quotas. In files and arguments a number above 0, or `auto`.
///
/// ```
/// use ticket_core::provider::Concurrency;
///
/// assert_eq!("auto".parse::<Concurrency>()?, Concurrency::Auto);
/// assert_eq!("64".parse::<Concurrency>()?.to_string(), "64");
/// # Ok::<(), ticket_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Concurrency {
    /// As many as the vendor answers well, at most 32: see [`Pacer`](crate::call::Pacer#calls-at-once). Four where the
    /// provider documents a quota.
    #[default]
    Auto,
    /// This number, whatever the vendor answers.
    Fixed(NonZeroUsize),
}

impl Concurrency {
    /// The number, if it is fixed.
    pub const fn fixed(self) -> Option<NonZeroUsize> {
        match self {
            Self::Auto => None,
            Self::Fixed(calls) => Some(calls),
        }
    }
}

impl From<NonZeroUsize> for Concurrency {
    fn from(calls: NonZeroUsize) -> Self {
        Self::Fixed(calls)
    }
}

impl fmt::Display for Concurrency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Fixed(calls) => calls.fmt(f),
        }
    }
}

impl FromStr for Concurrency {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        match text.parse() {
            _ if text == "auto" => Ok(Self::Auto),
            Ok(calls) => Ok(Self::Fixed(calls)),
            Err(_) => Err(wrong(&bounded(text, 40))),
        }
    }
}

fn wrong(text: &str) -> Error {
    Error::invalid_input(format!(
        "{text:?} is no concurrency; it must be auto or a whole number above 0"
    ))
}

impl<'de> Deserialize<'de> for Concurrency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(
            untagged,
            expecting = "concurrency must be \"auto\" or a whole number above 0"
        )]
        enum Written {
            Number(NonZeroUsize),
            Word(Auto),
        }
        #[derive(Deserialize)]
        #[serde(rename_all = "snake_case")]
        enum Auto {
            Auto,
        }
        Ok(match Written::deserialize(deserializer)? {
            Written::Number(calls) => Self::Fixed(calls),
            Written::Word(Auto::Auto) => Self::Auto,
        })
    }
}
