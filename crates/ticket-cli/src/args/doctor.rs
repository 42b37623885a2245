//! The arguments of `tickets doctor`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The accounts [default: all that are configured]
    #[arg(value_name = "ACCOUNT")]
    pub(crate) accounts: Vec<String>,
    /// A ticket to read as well, as account:id, for an account whose tickets cannot be listed; may be given more than once
    #[arg(long = "ticket", value_name = "REF")]
    pub(crate) tickets: Vec<String>,
    /// Write what was exchanged to this new file, to send it to the maintainers: structure and types only, no text, number, name,
    /// address or credential
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
}
