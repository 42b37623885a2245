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
    /// Export the tickets in this file, or on standard input with `-`: one account:id per line, or the rows of `tickets
    /// find` and `tickets list` in ndjson; blank lines and lines that begin with # are skipped
    #[arg(long, value_name = "LIST", conflicts_with = "account")]
    pub(crate) from: Option<PathBuf>,
    /// The folder of the archive; it is created if it does not exist
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
    /// Export the attached files too
    #[arg(long)]
    pub(crate) attachments: bool,
    /// Export only tickets that last changed at this time or later: 2026-11-28, 2026-11-28T09:00:00Z, or a time ago such
    /// as 30d
    #[arg(long, value_parser = moment, value_name = "TIME", conflicts_with = "from")]
    pub(crate) since: Option<Timestamp>,
    /// Export so many tickets of an account at once [default: 4]
    #[arg(long, value_parser = count::<NonZeroUsize>, value_name = "N")]
    pub(crate) concurrency: Option<NonZeroUsize>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Archive {
    /// List the tickets of an archive, or show one of them
    Show(Show),
    /// Compare all files of an archive with their digests, and print each contradiction
    Verify(Folder),
    /// Remove old tickets from an archive, and attached files that no ticket uses any more
    Prune(Prune),
}

#[derive(Debug, Args)]
pub(crate) struct Folder {
    /// The folder of the archive
    #[arg(value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Show {
    #[command(flatten)]
    pub(crate) archive: Folder,
    /// Show this ticket, as account:id
    #[arg(value_name = "REF")]
    pub(crate) ticket: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Prune {
    #[command(flatten)]
    pub(crate) archive: Folder,
    /// Remove tickets that were archived before this: a time ago such as 30d, or a day such as 2026-11-28
    #[arg(long, value_parser = moment, value_name = "TIME")]
    pub(crate) older_than: Timestamp,
    /// Do not ask
    #[arg(long, short)]
    pub(crate) yes: bool,
}
