//! The arguments of `tickets find` and `tickets erase`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};

use super::filters::Filters;
use super::values::{count, duration, patience};
use super::{ArchiveMissing, Brakes, DeleteMode, Reading};

/// Whose tickets are looked for.
#[derive(Debug, Args)]
pub(crate) struct People {
    /// Tickets of this requester; repeatable
    ///
    /// An e-mail address, compared as a whole and without regard to case. With several, any of them may match. `-` reads addresses from standard input, one per
    /// line, which keeps them out of the shell's history.
    #[arg(long = "requester", value_name = "ADDRESS")]
    pub(crate) requesters: Vec<String>,
    /// Treat jo+anything@example.com as jo@example.com
    #[arg(hide_short_help = true, long)]
    pub(crate) ignore_plus_tags: bool,
}

#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("accounts").required(true).args(["account", "all_accounts"]),
    group = ArgGroup::new("criteria").required(true).multiple(true).args([
        "requesters", "domains", "subject", "text", "state", "created_after", "created_before", "updated_after",
        "updated_before", "tags", "fields", "condition",
    ]),
    override_usage = "tickets find [OPTIONS] <CRITERIA> <--account ACCOUNT|--all-accounts>"
)]
pub(crate) struct Find {
    #[command(flatten)]
    pub(crate) people: People,
    /// Tickets of requesters in this domain; repeatable
    ///
    /// The domain of their e-mail addresses, such as example.com. With several, any of them may match.
    #[arg(long = "domain", value_name = "DOMAIN")]
    pub(crate) domains: Vec<String>,
    /// Only tickets with this text in the subject
    ///
    /// In upper or lower case.
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: Option<String>,
    /// Only with this text in subject or description
    ///
    /// In upper or lower case.
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: Option<String>,
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// Only tickets for which this jq expression is true
    ///
    /// For example '.priority == "high" and (.tags | length) > 2'. The expression sees each ticket as `tickets list --output
    /// ndjson --raw` prints it, without `schema` and `ticket`.
    #[arg(long = "where", value_name = "EXPR")]
    pub(crate) condition: Option<String>,
    /// Search this account; repeatable
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Vec<String>,
    /// Search all configured accounts
    ///
    /// Those of the configuration file, and those of providers whose environment variables are set.
    #[arg(long)]
    pub(crate) all_accounts: bool,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("persons").required(true).args(["requesters", "from"]),
    group = ArgGroup::new("archiving").required(true).args(["archive", "no_archive"]),
    override_usage = "tickets erase [OPTIONS] <--requester ADDRESS|--from FILE --column NAME>\n       \
        <--archive DIR --keep TIME|--no-archive>"
)]
pub(crate) struct Erase {
    #[command(flatten)]
    pub(crate) people: People,
    #[command(flatten)]
    pub(crate) from: OptionalIdentifiers,
    /// Erase in this account; repeatable
    ///
    /// [default: all accounts of the configuration file, and those of providers whose environment variables are set]
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Vec<String>,
    /// Erase the tickets that this file lists too
    ///
    /// Use it for tickets that belong to the person but that a search cannot find. One ACCOUNT:ID per line; `-` is standard
    /// input.
    #[arg(long, value_name = "FILE")]
    pub(crate) tickets: Option<PathBuf>,
    /// Archive each ticket in this folder first
    ///
    /// It is archived with its messages and files, just before it is deleted. A ticket that cannot be archived is not deleted.
    #[arg(long, value_name = "DIR", requires = "keep")]
    pub(crate) archive: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) missing: ArchiveMissing,
    /// How long you will keep the archive, e.g. 30d
    ///
    /// `tickets archive prune DIR --older-than 30d` then removes it.
    #[arg(long, value_parser = duration, value_name = "TIME", requires = "archive", conflicts_with = "no_archive")]
    pub(crate) keep: Option<Duration>,
    /// Keep no copy of the tickets
    #[arg(long)]
    pub(crate) no_archive: bool,
    /// Time from the last delete to the second look
    ///
    /// A ticket is reported as erased only after this second look.
    #[arg(long, hide_short_help = true, value_parser = patience, value_name = "TIME", default_value = "5m")]
    pub(crate) look_again_after: Duration,
    /// Make no job if more than N tickets are found
    #[arg(long, value_parser = count::<NonZeroUsize>, value_name = "N")]
    pub(crate) max: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(crate) brakes: Brakes,
    #[command(flatten)]
    pub(crate) mode: DeleteMode,
}

/// A table of persons.
#[derive(Debug, Args)]
pub(crate) struct Identifiers {
    /// CSV file with a row for each person
    ///
    /// It has a header; `-` is standard input.
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
    /// Column with the e-mail addresses
    #[arg(long, value_name = "NAME")]
    pub(crate) column: String,
}

/// The same where it may be left out.
#[derive(Debug, Args)]
pub(crate) struct OptionalIdentifiers {
    /// Erase the tickets of all persons in this CSV file
    ///
    /// It has a header and a row for each person, as privacy platforms exchange it; `-` is standard input. `tickets job
    /// identifiers` prints it again, with the result for each person.
    #[arg(long, value_name = "FILE", requires = "column")]
    pub(crate) from: Option<PathBuf>,
    /// Column with the e-mail addresses
    #[arg(long, value_name = "NAME", requires = "from")]
    pub(crate) column: Option<String>,
}
