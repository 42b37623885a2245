//! The arguments of commands that need no account.

use std::path::PathBuf;

use clap::Args;

use crate::completion::Shell;

#[derive(Debug, Args)]
pub(crate) struct Schema {
    /// Only the schema of this record, e.g. ticket, outcome or error
    #[arg(value_name = "RECORD")]
    pub(crate) record: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// bash, zsh or fish
    #[arg(value_enum, hide_possible_values = true)]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Folder of the pages; created if it does not exist
    #[arg(long, value_name = "DIR")]
    pub(crate) to: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Sandbox {
    /// Port on 127.0.0.1; 0 picks a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// Add N extra tickets per vendor
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) tickets: usize,
    /// Disable rate limits
    #[arg(long)]
    pub(crate) no_quotas: bool,
    /// Serve in the background; print its variables
    ///
    /// eval "$(tickets sandbox --env)" sets them.
    #[arg(long)]
    pub(crate) env: bool,
}
