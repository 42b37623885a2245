//! The arguments of commands that write tickets: what they set and say.

use std::path::PathBuf;

use clap::Args;

use super::many::Condition;
use super::values::field;
use super::{Many, Reading};

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The account to create it in [default: as in `tickets list`]
    pub(crate) account: Option<String>,
    /// Subject line
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: Option<String>,
    /// Read the ticket from this JSON file
    ///
    /// An object with subject, description, requester (id, name, email, phone), category, priority, assignee, tags, attachments
    /// (names of files) and custom (values by name). Options replace its values, and add to its tags and attachments. `-` is
    /// standard input, which cannot name files.
    #[arg(long, value_name = "FILE")]
    pub(crate) from_json: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) content: Content,
    /// Requester's name
    #[arg(long, value_name = "NAME")]
    pub(crate) requester_name: Option<String>,
    /// Requester's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) requester_email: Option<String>,
    /// Requester's phone number
    #[arg(hide_short_help = true, long, value_name = "NUMBER")]
    pub(crate) requester_phone: Option<String>,
    /// Requester's id in the vendor's system
    #[arg(hide_short_help = true, long, value_name = "ID")]
    pub(crate) requester_id: Option<String>,
    /// A tag; repeatable
    #[arg(hide_short_help = true, long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// A key of your own for this ticket, to give again in a repeat
    ///
    /// Where the vendor keeps such keys, the same command with the same key creates no second ticket, also after a crash. Zendesk
    /// keeps them for 2 hours. Refused for other vendors.
    #[arg(hide_short_help = true, long, value_name = "KEY")]
    pub(crate) idempotency_key: Option<String>,
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// New subject line
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: Option<String>,
    /// New status, e.g. open or resolved
    ///
    /// open, on-hold, resolved, closed, or the vendor's own word.
    #[arg(long, value_name = "NAME")]
    pub(crate) status: Option<String>,
    #[command(flatten)]
    pub(crate) content: Content,
    #[command(flatten)]
    pub(crate) many: Many,
    /// Update only if this is still its version
    ///
    /// `tickets get` shows the version of a ticket. Without VERSION: update tickets only if they are still as they were when
    /// they were read. All are read before anything is changed; where the vendor compares versions, those of the rows of
    /// `tickets list` count.
    #[arg(
        long,
        hide_short_help = true,
        value_name = "VERSION",
        help_heading = "Guards"
    )]
    #[allow(
        clippy::option_option,
        reason = "clap's form of an option whose value can be left out"
    )]
    pub(crate) if_unchanged: Option<Option<String>>,
}

/// What can be said of a ticket both when it is filed and when it is changed.
#[derive(Debug, Args)]
pub(crate) struct Content {
    /// Text of the ticket
    ///
    /// [default on a terminal: what you write in the editor that `VISUAL` or `EDITOR` names; in an update, only if nothing
    /// else is changed]
    #[arg(long, value_name = "TEXT", conflicts_with = "description_file")]
    pub(crate) description: Option<String>,
    /// Read the text from this file; `-` is stdin
    #[arg(hide_short_help = true, long, value_name = "FILE")]
    pub(crate) description_file: Option<PathBuf>,
    /// Category, topic or request type
    ///
    /// By the vendor's name for it.
    #[arg(long, value_name = "NAME")]
    pub(crate) category: Option<String>,
    /// low, medium, high, urgent or the vendor's own
    #[arg(long, value_name = "NAME")]
    pub(crate) priority: Option<String>,
    /// Assignee, in the vendor's form
    #[arg(hide_short_help = true, long, value_name = "WHO")]
    pub(crate) assignee: Option<String>,
    /// A field of this vendor or account; repeatable
    #[arg(hide_short_help = true, long = "field", value_parser = field, value_name = "NAME=VALUE")]
    pub(crate) fields: Vec<(String, String)>,
    /// Attach this file; repeatable
    #[arg(long = "attach", value_name = "FILE")]
    pub(crate) attachments: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Comment {
    /// Text of the comment
    ///
    /// [default on a terminal: what you write in the editor that `VISUAL` or `EDITOR` names]
    #[arg(long, value_name = "TEXT", conflicts_with = "body_file")]
    pub(crate) body: Option<String>,
    /// Read the text from this file; `-` is stdin
    #[arg(long, value_name = "FILE")]
    pub(crate) body_file: Option<PathBuf>,
    /// Record it as a message from the customer
    #[arg(long, conflicts_with = "outbound")]
    pub(crate) inbound: bool,
    /// Send it to the customer
    #[arg(long)]
    pub(crate) outbound: bool,
    /// Attach this file, to one ticket; repeatable
    #[arg(long = "attach", value_name = "FILE")]
    pub(crate) attachments: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) many: Many,
    #[command(flatten)]
    pub(crate) condition: Condition,
}
