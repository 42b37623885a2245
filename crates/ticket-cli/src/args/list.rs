//! The arguments of `tickets list`.

use std::num::{NonZeroU32, NonZeroUsize};

use clap::{Args, ValueEnum};

use super::Reading;
use super::filters::Filters;
use super::read::Paging;
use super::values::count;

#[derive(Debug, Args)]
pub(crate) struct List {
    /// The account: a name from the configuration, or a provider
    ///
    /// [default: the variable `TICKETS_ACCOUNT`, or `default_account` of the configuration file, or the only account that is
    /// configured]
    pub(crate) account: Option<String>,
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// Only what the vendor's own search finds
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Only tickets of this priority
    ///
    /// low, medium, high, urgent, or the vendor's own word.
    #[arg(long, value_name = "NAME")]
    pub(crate) priority: Option<String>,
    /// Only this category, by the vendor's name
    #[arg(hide_short_help = true, long, value_name = "NAME")]
    pub(crate) category: Option<String>,
    /// Only tickets of this requester
    ///
    /// An e-mail address, a name or an id, whichever the vendor accepts.
    #[arg(long, value_name = "WHO")]
    pub(crate) requester: Option<String>,
    /// Only tickets that match this query in the vendor's language
    #[arg(hide_short_help = true, long, value_name = "QUERY")]
    pub(crate) query: Option<String>,
    /// Sort by time, oldest first: created or updated
    #[arg(long, value_enum, hide_possible_values = true, value_name = "BY")]
    pub(crate) sort: Option<Sort>,
    /// Sort newest first
    #[arg(hide_short_help = true, long, requires = "sort")]
    pub(crate) newest_first: bool,
    /// Stop after this many tickets
    #[arg(long, value_parser = count::<NonZeroUsize>, value_name = "N")]
    pub(crate) limit: Option<NonZeroUsize>,
    /// Tickets per request to the vendor
    ///
    /// [default: the account's own, or the largest page that the vendor documents]
    #[arg(hide_short_help = true, long, value_parser = count::<NonZeroU32>, value_name = "N")]
    pub(crate) page_size: Option<NonZeroU32>,
    #[command(flatten)]
    pub(crate) paging: Paging,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    Created,
    Updated,
}
