//! The arguments of `tickets`. The commands themselves are in `commands`.
//!
//! No argument takes a secret, because every user of a computer can read the arguments of its processes.

mod approve;
mod archive;
mod find;
mod job;
mod many;
mod read;
mod values;

use std::num::{NonZeroU32, NonZeroUsize};
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args, Parser, Subcommand, ValueEnum};
use tickets::provider::Quota;

pub(crate) use approve::Approve;
pub(crate) use archive::{Archive, Export, Prune as ArchivePrune};
pub(crate) use find::{Erase, Filters, Find, Identifiers, People};
pub(crate) use job::{Job, JobConfirm, JobIdentifiers, JobReport, JobRetry, JobRun};
pub(crate) use many::{ArchiveMissing, Brakes, Consent, Look, Many, WorkOptions};
pub(crate) use read::{Messages, View};
use values::{count, field, rate, seconds};

/// Look at, file, change and safely delete tickets in many support systems.
#[derive(Debug, Parser)]
#[command(name = "tickets", version, about, after_help = AFTER_HELP, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const AFTER_HELP: &str = "\
A ticket is named account:id, such as onecloud:121. The account is a name from the configuration file, \
or a provider's id: then its settings come from the environment (see `tickets providers`).

The configuration file has a part for each account:

  [accounts.support-eu]
  provider = \"sweeppea\"
  api_key_env = \"SUPPORT_EU_KEY\"

A setting with _env behind its name is read from the variable that it names, so that no secret need be in \
the file; timeout_s, max_attempts, rate, concurrency and page_size can be set as well, and for safety read_only = true, \
with which nothing is changed, and max_delete, above which no job deletes tickets of the account. A name that is wrong is refused with the right ones. Above \
the accounts may stand approvers = \"FILE\", a file of OpenSSH's allowed signers with those who may approve plans, and \
signing_key = \"FILE\", the key that signs approvals and reports.

Exit codes: 0 all done; 1 something failed or is unknown; 2 wrong usage or input, nothing sent; \
3 configuration or credentials missing, nothing sent; 4 a list or a search may be incomplete, or not everything is erased; 130 stopped by Ctrl-C, \
129 and 143 by SIGHUP and SIGTERM: a job can be continued.

Try it without any account: `tickets demo`, or any command with --sandbox.";

/// What every command takes.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// How the answer is printed: for people or for programs; delete, resolve and restore print table and json at the
    /// end, in the order asked, and ndjson and csv ticket by ticket as the answers come; a cell of csv that a
    /// spreadsheet could take for a formula has a ' before it
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORM")]
    pub(crate) output: OutputFormat,
    /// Use a sandbox inside this process instead of the vendors; ignores all configuration
    #[arg(long, global = true)]
    pub(crate) sandbox: bool,
    /// The configuration file [default: the variable `TICKETS_CONFIG`, or tickets/config.toml in the user's
    /// configuration folder]
    // Not clap's `env`, which refuses a variable that is set but empty.
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// The ledger: the file in which jobs and calls are recorded, so that jobs survive a crash and all commands keep one
    /// quota [default: the variable `TICKETS_LEDGER`, or tickets/jobs.db in the user's state folder]
    #[arg(long, global = true, value_name = "FILE")]
    pub(crate) ledger: Option<PathBuf>,
    /// How long one request may take [default: 30, or the account's own]
    #[arg(long, global = true, value_parser = seconds, value_name = "SECONDS")]
    pub(crate) timeout: Option<Duration>,
    /// How often a call is tried that fails for a reason that may pass [default: 4, or the account's own]
    #[arg(long, global = true, value_parser = count::<NonZeroU32>, value_name = "N")]
    pub(crate) max_attempts: Option<NonZeroU32>,
    /// Make at most so many calls in so many seconds at each account, such as 25/5, in place of the provider's
    /// documented quota and the account's own; may be given more than once, and then all of them hold
    #[arg(long = "rate", global = true, value_parser = rate, value_name = "CALLS/SECONDS")]
    pub(crate) rates: Vec<Quota>,
    /// Show each operation on stderr; twice for more
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub(crate) verbose: u8,
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

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Show the providers: what each can do, its limits, its environment variables
    Providers,
    /// Show a ticket with its whole conversation
    ///
    /// The oldest message comes first, HTML is shown as text, and what the vendor has no call for is said. json and
    /// ndjson print one object: the fields of the ticket, `messages` and `attachments` (null where the vendor has no
    /// call for them) and `complete`, which is false if an error ended one of them early.
    View(View),
    /// Show the fields of a ticket
    Get(One),
    /// List the tickets of an account, as they come
    List(List),
    /// Find tickets in several accounts at once, by requester, text, time and more, and say what could not be searched
    Find(Box<Find>),
    /// File a ticket
    Create(Box<Create>),
    /// Change what is named of a ticket, and nothing else
    Update(Box<Update>),
    /// Show a ticket's messages
    Messages(Messages),
    /// List the files of a ticket, or download them
    Attachments(Attachments),
    /// Write on a ticket: an internal note, unless another way is given
    Comment(Comment),
    /// Mark tickets as solved, in one or many accounts, and say what became of each
    Resolve(Many),
    /// Delete tickets, in one or many accounts, and say what became of each
    Delete(Many),
    /// Erase a person's tickets: find them in all accounts, and make one job of them, which awaits confirmation
    Erase(Box<Erase>),
    /// Take tickets out of the vendor's trash, in one or many accounts, and say what became of each
    Restore(Many),
    /// Write tickets into an archive: their JSON as the vendor sends it, all messages and, if asked, all attached files
    Export(Export),
    /// Show, verify and prune an archive of tickets
    #[command(subcommand)]
    Archive(Archive),
    /// Look at the tickets of a report again, and say whether they still are as it says; changes nothing
    Verify(Verify),
    /// Show and steer jobs: what `delete`, `resolve` and `restore` do is a job, which can be continued after a crash
    #[command(subcommand)]
    Job(Job),
    /// Serve a sandbox that speaks like the vendors, until Ctrl-C
    Sandbox(Sandbox),
    /// Show the life of a ticket in a sandbox, a lost answer and the truth included
    Demo,
}

#[derive(Debug, Args)]
pub(crate) struct One {
    /// The ticket, as account:id
    #[arg(value_name = "REF")]
    pub(crate) ticket: String,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    /// The account
    pub(crate) account: String,
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// Only tickets with this text, as the vendor's search understands it
    #[arg(long, value_name = "TEXT")]
    pub(crate) search: Option<String>,
    /// Only tickets of this priority: low, medium, high, urgent, or the vendor's own word
    #[arg(long, value_name = "NAME")]
    pub(crate) priority: Option<String>,
    /// Only tickets of this category, as the vendor names it
    #[arg(long, value_name = "NAME")]
    pub(crate) category: Option<String>,
    /// Only tickets of this requester: an e-mail address, a name or an id, as the vendor takes it
    #[arg(long, value_name = "WHO")]
    pub(crate) requester: Option<String>,
    /// Only tickets that match this query in the vendor's own query language
    #[arg(long, value_name = "QUERY")]
    pub(crate) query: Option<String>,
    /// Sort by the time of creation or of the last change, the oldest first
    #[arg(long, value_enum)]
    pub(crate) sort: Option<Sort>,
    /// Sort the newest first
    #[arg(long, requires = "sort")]
    pub(crate) newest_first: bool,
    /// At most so many tickets in all
    #[arg(long, value_parser = count::<NonZeroUsize>, value_name = "N")]
    pub(crate) limit: Option<NonZeroUsize>,
    /// Ask the vendor for so many tickets at a time [default: the account's own, or the largest page that the
    /// vendor documents]
    #[arg(long, value_parser = count::<NonZeroU32>, value_name = "N")]
    pub(crate) page_size: Option<NonZeroU32>,
}

/// The state of tickets in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum State {
    Open,
    Closed,
    /// In the vendor's trash
    Deleted,
}

impl State {
    /// The state as lists and guards take it.
    pub(crate) const fn known(self) -> tickets::model::State {
        match self {
            Self::Open => tickets::model::State::Open,
            Self::Closed => tickets::model::State::Closed,
            Self::Deleted => tickets::model::State::Deleted,
        }
    }
}

/// What a list is sorted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Sort {
    Created,
    Updated,
}

#[derive(Debug, Args)]
pub(crate) struct Attachments {
    /// The ticket, as account:id
    #[arg(value_name = "REF")]
    pub(crate) ticket: String,
    /// Save all files in this folder, each as ID-NAME; a file that is there already is not overwritten
    #[arg(long, value_name = "FOLDER")]
    pub(crate) download: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Create {
    /// The account to file it in
    pub(crate) account: String,
    /// The subject line
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: String,
    #[command(flatten)]
    pub(crate) content: Content,
    /// Who asks: the name
    #[arg(long, value_name = "NAME")]
    pub(crate) requester_name: Option<String>,
    /// Who asks: the e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) requester_email: Option<String>,
    /// Who asks: the phone number
    #[arg(long, value_name = "NUMBER")]
    pub(crate) requester_phone: Option<String>,
    /// Who asks: the id in the vendor's system
    #[arg(long, value_name = "ID")]
    pub(crate) requester_id: Option<String>,
    /// A label; may be given more than once
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("change").required(true).multiple(true).args([
    "subject", "description", "description_file", "status", "category", "priority", "assignee",
    "fields", "attachments",
]), override_usage = "tickets update [OPTIONS] <REF>")]
pub(crate) struct Update {
    /// The ticket, as account:id
    #[arg(value_name = "REF")]
    pub(crate) ticket: String,
    /// The new subject line
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: Option<String>,
    /// Change it only while it has this version, which `tickets get` shows
    #[arg(long, value_name = "VERSION")]
    pub(crate) if_unchanged: Option<String>,
    /// open, on-hold, resolved, closed, or the vendor's own word
    #[arg(long, value_name = "NAME")]
    pub(crate) status: Option<String>,
    #[command(flatten)]
    pub(crate) content: Content,
}

/// What can be said of a ticket both when it is filed and when it is changed.
#[derive(Debug, Args)]
pub(crate) struct Content {
    /// The text
    #[arg(long, value_name = "TEXT", conflicts_with = "description_file")]
    pub(crate) description: Option<String>,
    /// Read the text from a file, or from standard input with `-`
    #[arg(long, value_name = "FILE")]
    pub(crate) description_file: Option<PathBuf>,
    /// The vendor's category, topic or type of request, by name
    #[arg(long, value_name = "NAME")]
    pub(crate) category: Option<String>,
    /// low, medium, high, urgent, or the vendor's own word
    #[arg(long, value_name = "NAME")]
    pub(crate) priority: Option<String>,
    /// Who shall work on it, as the vendor takes it
    #[arg(long, value_name = "WHO")]
    pub(crate) assignee: Option<String>,
    /// A field that only this vendor or account has; may be given more than once
    #[arg(long = "field", value_parser = field, value_name = "NAME=VALUE")]
    pub(crate) fields: Vec<(String, String)>,
    /// A file to go with it; may be given more than once
    #[arg(long = "attach", value_name = "FILE")]
    pub(crate) attachments: Vec<PathBuf>,
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("text").required(true).args(["body", "body_file"]))]
pub(crate) struct Comment {
    /// The ticket, as account:id
    #[arg(value_name = "REF")]
    pub(crate) ticket: String,
    /// The text
    #[arg(long, value_name = "TEXT")]
    pub(crate) body: Option<String>,
    /// Read the text from a file, or from standard input with `-`
    #[arg(long, value_name = "FILE")]
    pub(crate) body_file: Option<PathBuf>,
    /// In the customer's name, as if it had come from them
    #[arg(long, conflicts_with = "outbound")]
    pub(crate) inbound: bool,
    /// To the customer
    #[arg(long)]
    pub(crate) outbound: bool,
    /// A file to go with it; may be given more than once
    #[arg(long = "attach", value_name = "FILE")]
    pub(crate) attachments: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The report that `tickets job report` wrote: its folder, or its outcomes.ndjson
    #[arg(value_name = "REPORT")]
    pub(crate) report: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct Sandbox {
    /// The port on 127.0.0.1; 0 takes a free one
    #[arg(long, default_value_t = 0)]
    pub(crate) port: u16,
    /// So many tickets more at every vendor, for trying long lists
    #[arg(long, default_value_t = 0, value_name = "N")]
    pub(crate) tickets: usize,
    /// Take any number of calls, whatever the vendors document
    #[arg(long)]
    pub(crate) no_quotas: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn argument_definitions_are_consistent() {
        use clap::CommandFactory as _;
        Cli::command().debug_assert();
    }
}
