//! The arguments of `tickets doctor`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// The accounts [default: all that are configured]
    #[arg(value_name = "ACCOUNT")]
    pub(crate) accounts: Vec<String>,
    /// Read this ticket too, as ACCOUNT:ID; repeatable
    ///
    /// For accounts whose tickets cannot be listed.
    #[arg(long = "ticket", value_name = "REF")]
    pub(crate) tickets: Vec<String>,
    /// Write the structure of the exchange to this new file
    ///
    /// You can send it to the maintainers: it has field names and types, but no text, number, name, address or credential.
    #[arg(long, value_name = "FILE")]
    pub(crate) record: Option<PathBuf>,
}
