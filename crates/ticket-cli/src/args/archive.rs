//! The arguments of `tickets export` and `tickets archive`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use jiff::Timestamp;

use super::values::{count, moment};

#[derive(Debug, Args)]
pub(crate) struct Export {
    /// Export all tickets of this account
    #[arg(value_name = "ACCOUNT", required_unless_present = "from")]
    pub(crate) account: Option<String>,
    /// Export the tickets listed in this file
    ///
    /// `-` is standard input. One ACCOUNT:ID per line, or the ndjson output of `tickets find` or `tickets list`. Blank lines and lines that begin
    /// with # are skipped.
    #[arg(long, value_name = "LIST", conflicts_with = "account")]
    pub(crate) from: Option<PathBuf>,
    /// Folder of the archive; created if it does not exist
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// Export the attached files too
    #[arg(long)]
    pub(crate) attachments: bool,
    /// Only tickets changed since, e.g. 2026-11-28 or 30d
    ///
    /// A day in UTC, a full time such as 2026-11-28T09:00:00Z, or a time ago such as 12h or 30d.
    #[arg(long, value_parser = moment, value_name = "TIME", conflicts_with = "from")]
    pub(crate) since: Option<Timestamp>,
    /// Tickets to export at the same time [default: 4]
    #[arg(long, value_parser = count::<NonZeroUsize>, value_name = "N")]
    pub(crate) concurrency: Option<NonZeroUsize>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Archive {
    /// List the tickets of an archive, or show one of them
    Show(Show),
    /// Compare all files of an archive with their digests
    Verify(Folder),
    /// Remove old tickets from an archive
    ///
    /// Attached files that no remaining ticket uses are removed too.
    Prune(Prune),
}

#[derive(Debug, Args)]
pub(crate) struct Folder {
    /// Folder of the archive
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) archive: Folder,
    /// Show this ticket, as ACCOUNT:ID
    #[arg(value_name = "REF")]
    pub(crate) ticket: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Prune {
    #[command(flatten)]
    pub(crate) archive: Folder,
    /// Remove tickets archived before this, e.g. 30d
    ///
    /// A time ago such as 12h or 30d, a day in UTC, or a full time such as 2026-11-28T09:00:00Z.
    #[arg(long, value_parser = moment, value_name = "TIME")]
    pub(crate) older_than: Timestamp,
    /// Do not ask for confirmation
    #[arg(long, short)]
    pub(crate) yes: bool,
}
