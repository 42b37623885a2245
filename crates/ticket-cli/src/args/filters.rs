//! The filters that `tickets list`, `tickets find` and `tickets erase` share.

use clap::{Args, ValueEnum};
use jiff::Timestamp;

use super::values::{field, moment};

/// Filters of `list` and `find`.
#[derive(Debug, Args)]
pub(crate) struct Filters {
    /// Only tickets that are open, closed or deleted
    ///
    /// `deleted` means in the trash.
    #[arg(long, value_enum, hide_possible_values = true)]
    pub(crate) state: Option<State>,
    /// Only created at this time or later, e.g. 30d
    ///
    /// A day in UTC such as 2026-11-28, a full time such as 2026-11-28T09:00:00Z, or a time ago such as 12h or 30d. The other times are
    /// written in the same way.
    #[arg(long, value_parser = moment, value_name = "TIME")]
    pub(crate) created_after: Option<Timestamp>,
    /// Only created before this time
    #[arg(hide_short_help = true, long, value_parser = moment, value_name = "TIME")]
    pub(crate) created_before: Option<Timestamp>,
    /// Only changed at this time or later
    #[arg(hide_short_help = true, long, value_parser = moment, value_name = "TIME")]
    pub(crate) updated_after: Option<Timestamp>,
    /// Only last changed before this time
    #[arg(hide_short_help = true, long, value_parser = moment, value_name = "TIME")]
    pub(crate) updated_before: Option<Timestamp>,
    /// Only tickets with this tag; repeatable
    ///
    /// With several tags, all must match.
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// Only tickets with this value of a custom field; repeatable
    #[arg(hide_short_help = true, long = "field", value_parser = field, value_name = "NAME=VALUE")]
    pub(crate) fields: Vec<(String, String)>,
}

/// The state of tickets in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    Open,
    Closed,
    /// In the vendor's trash
    Deleted,
}

impl State {
    /// The state as lists and guards take it.
    pub(crate) const fn known(self) -> tickets::model::State {
        match self {
            Self::Open => tickets::model::State::Open,
            Self::Closed => tickets::model::State::Closed,
            Self::Deleted => tickets::model::State::Deleted,
        }
    }
}
