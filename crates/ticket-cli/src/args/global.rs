//! What every command takes.

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use tickets::provider::Quota;

use super::values::{count, rate, seconds};

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Format: table, json, ndjson or csv
    ///
    /// The variable `TICKETS_OUTPUT` sets another default. In delete, resolve and restore, table and json are printed at
    /// the end, in the order of the input; ndjson and csv are printed ticket by ticket as the results arrive, in constant
    /// memory. In csv, a cell that a spreadsheet could take for a formula starts with a '.
    #[arg(
        hide_possible_values = true,
        short = 'o',
        long,
        global = true,
        value_enum,
        default_value_t,
        value_name = "FORM"
    )]
    pub(crate) output: OutputFormat,
    /// Use a private sandbox instead of the vendors
    ///
    /// It runs inside this process, ignores all configuration, and is forgotten when the command ends. `tickets sandbox`
    /// keeps one running.
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,
    /// Configuration file
    ///
    /// [default: the variable `TICKETS_CONFIG`, or tickets/config.toml in the user's configuration folder]
    // Not clap's `env`, which refuses a variable that is set but empty.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// File in which jobs and calls are recorded, or the database of a fleet
    ///
    /// `postgres://USER@HOST/DATABASE` is a database; its password comes from the variable `PGPASSWORD`, a service file or a
    /// password file. With a ledger, jobs survive a crash, and all processes of a user share one quota for each account
    /// [default: the variable `TICKETS_LEDGER`, or tickets/jobs.db in the user's state folder]
    #[arg(long, global = true, hide_short_help = true, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// Time limit of one request [default: 30, or the account's own]
    #[arg(long, global = true, hide_short_help = true, value_parser = seconds, value_name = "SECONDS")]
    pub(crate) timeout: Option<Duration>,
    /// Maximum attempts per call on temporary failures, including the first; 1 disables retries [default: 4, or the
    /// account's own]
    #[arg(long, global = true, hide_short_help = true, value_parser = count::<NonZeroU32>, value_name = "N")]
    pub(crate) max_attempts: Option<NonZeroU32>,
    /// Limit calls per account, e.g. 25/5 for 25 calls per 5 seconds
    ///
    /// Replaces the quota that the vendor documents and the account's own. Repeatable; all limits apply.
    #[arg(long = "rate", global = true, hide_short_help = true, value_parser = rate, value_name = "CALLS/SECONDS")]
    pub(crate) rates: Vec<Quota>,
    /// Say on stderr what is done; -vv says more
    ///
    /// In sentences that name accounts and tickets; with -vv also requests and short waits.
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
    /// Format of what -v says: text, json or otel
    ///
    /// Sentences, one JSON object per line, or spans with the names of OpenTelemetry. Implies -v.
    #[arg(
        long,
        global = true,
        value_enum,
        hide_short_help = true,
        hide_possible_values = true,
        value_name = "FORM"
    )]
    pub(crate) log_format: Option<LogFormat>,
}

/// The format of what `-v` says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum LogFormat {
    #[default]
    Text,
    Json,
    Otel,
}

/// The output format: a table for people (plain text if it goes to a file), one JSON document, one JSON
/// document per line as results arrive, or comma-separated values with a header line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum OutputFormat {
    #[default]
    Table,
    Json,
    Ndjson,
    Csv,
}

impl Global {
    /// The configuration file that was asked for: by the argument, or else by the environment, where an empty
    /// variable counts as absent.
    pub(crate) fn config(&self) -> Option<PathBuf> {
        let variable = || std::env::var_os("TICKETS_CONFIG").filter(|path| !path.is_empty());
        self.config
            .clone()
            .or_else(|| variable().map(PathBuf::from))
    }
}

impl OutputFormat {
    /// Whether errors are printed as JSON too.
    pub(crate) fn is_json(self) -> bool {
        matches!(self, Self::Json | Self::Ndjson)
    }
}
