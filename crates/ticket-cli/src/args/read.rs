//! The arguments of commands that read tickets.

use std::path::PathBuf;

use clap::Args;

use super::Reading;

#[derive(Debug, Args)]
pub(crate) struct Get {
    /// The tickets, as ACCOUNT:ID; several are printed as a list
    #[arg(value_name = "REF", required = true)]
    pub(crate) tickets: Vec<String>,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, Args)]
pub(crate) struct Attachments {
    /// The ticket, as ACCOUNT:ID
    #[arg(value_name = "REF")]
    pub(crate) ticket: String,
    /// Save all files in this folder
    ///
    /// The folder must exist. Each file is named ID-NAME; existing files are not overwritten.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) download: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) paging: Paging,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, Args)]
pub(crate) struct View {
    /// The ticket, as ACCOUNT:ID
    #[arg(value_name = "REF")]
    pub(crate) ticket: String,
    /// Open the ticket's page in the browser
    ///
    /// Without a browser, or if standard output is not a terminal, its address is printed.
    #[arg(long)]
    pub(crate) web: bool,
    #[command(flatten)]
    pub(crate) paging: Paging,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, Args)]
pub(crate) struct Messages {
    /// The ticket, as ACCOUNT:ID
    #[arg(value_name = "REF")]
    pub(crate) ticket: String,
    #[command(flatten)]
    pub(crate) paging: Paging,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, Args)]
pub(crate) struct Paging {
    /// Do not use a pager
    ///
    /// On a terminal, conversations and tables are shown in the pager that the variable `TICKETS_PAGER` or `PAGER` names, or
    /// else in less. `cat` means none.
    #[arg(hide_short_help = true, long)]
    pub(crate) no_pager: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The report: its folder, or its outcomes.ndjson
    ///
    /// `tickets job report` writes it.
    #[arg(value_name = "REPORT")]
    pub(crate) report: PathBuf,
}
