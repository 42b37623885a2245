//! Arguments of the commands that show a conversation.

use clap::Args;

use super::Reading;

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
    /// On a terminal, the conversation is shown in the pager that the variable `TICKETS_PAGER` or `PAGER` names, or else
    /// in less. `cat` means none.
    #[arg(long)]
    pub(crate) no_pager: bool,
}
