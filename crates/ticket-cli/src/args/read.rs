//! Arguments of the commands that show a conversation.

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct View {
    /// The ticket, as account:id
    #[arg(value_name = "REF")]
    pub(crate) ticket: String,
    /// Open the ticket's page in a browser; without one, or if standard output is not a terminal, print its address
    #[arg(long)]
    pub(crate) web: bool,
    #[command(flatten)]
    pub(crate) paging: Paging,
}

#[derive(Debug, Args)]
pub(crate) struct Messages {
    /// The ticket, as account:id
    #[arg(value_name = "REF")]
    pub(crate) ticket: String,
    #[command(flatten)]
    pub(crate) paging: Paging,
}

#[derive(Debug, Args)]
pub(crate) struct Paging {
    /// Print directly, also on a terminal [default: through the pager that the variable `TICKETS_PAGER` or `PAGER` names,
    /// or less; `cat` is none]
    #[arg(long)]
    pub(crate) no_pager: bool,
}
