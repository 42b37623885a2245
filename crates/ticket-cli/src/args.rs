//! The arguments of `tickets`. The commands themselves are in `commands`.
//!
//! No argument takes a secret, because every user of a computer can read the arguments of its processes.

mod approve;
mod archive;
mod auth;
mod doctor;
mod examples;
mod find;
mod help;
mod job;
mod list;
mod many;
#[cfg(feature = "mcp")]
mod mcp;
mod read;
mod reading;
mod tools;
mod values;
mod worker;

use std::num::NonZeroU32;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use tickets::provider::Quota;

pub(crate) use approve::Approve;
pub(crate) use archive::{Archive, Export, Prune as ArchivePrune};
pub(crate) use auth::{Auth, Login};
pub(crate) use doctor::Doctor;
pub(crate) use find::{Erase, Filters, Find, Identifiers, People};
pub(crate) use help::command;
pub(crate) use job::{Job, JobConfirm, JobIdentifiers, JobReport, JobResume, JobRetry, JobRun};
pub(crate) use list::{List, Sort, State};
pub(crate) use many::{ArchiveMissing, Brakes, Consent, Look, Many, WorkOptions};
#[cfg(feature = "mcp")]
pub(crate) use mcp::{Deletes, Mcp};
pub(crate) use read::{Messages, View};
pub(crate) use reading::Reading;
pub(crate) use tools::{Completions, Man, Sandbox, Schema};
use values::{count, field, rate, seconds};
pub(crate) use worker::Worker;

/// View, create, update and safely delete tickets across support systems
///
/// `help::command` adds what this cannot say: groups of commands, examples and pointers.
#[derive(Debug, Parser)]
#[command(name = "tickets", version, long_about = None, max_term_width = 100)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

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

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List tickets of an account
    #[command(visible_alias = "ls")]
    List(List),
    /// Find tickets in several accounts at once
    ///
    /// All criteria must match. Each account is asked with the vendor's own filter where that is exact. Otherwise its
    /// tickets are listed, and read one by one where the list does not tell enough, within the account's quota. A summary
    /// on stderr says how each account was searched and what could not be searched; with --output json or ndjson it is one
    /// JSON object per account.
    ///
    /// A --requester without an @ is a name or an id. It is compared letter by letter, where the vendor tells it.
    ///
    /// The exit code is 4 if an account could not be searched completely.
    Find(Box<Find>),
    /// Show a ticket with its whole conversation
    ///
    /// The oldest message comes first, and HTML is shown as text. If the vendor has no call for messages or attachments,
    /// that is said. json and ndjson print one object: the fields of the ticket, `messages` and `attachments` (null where
    /// the vendor has no call for them) and `complete`, which is false if an error ended one of them early.
    View(View),
    /// Show the fields of a ticket
    Get(Get),
    /// Show the messages of a ticket
    Messages(Messages),
    /// List the files of a ticket, or download them
    Attachments(Attachments),
    /// Create a ticket
    ///
    /// A field that the vendor does not support is rejected by name, never silently dropped.
    Create(Box<Create>),
    /// Update fields of a ticket
    ///
    /// Fields that are not given stay as they are.
    #[command(visible_alias = "edit")]
    Update(Box<Update>),
    /// Add a comment to a ticket (internal note by default)
    Comment(Comment),
    /// Delete tickets, and report what happened to each one
    ///
    /// The tickets may belong to several accounts, which run in parallel. Each vendor's rate limit is respected.
    ///
    /// The work is a job: after a crash, `tickets job run` continues it.
    #[command(visible_alias = "rm", after_long_help = help::OUTCOMES, override_usage = "\
        tickets delete [OPTIONS] <REF>...\n       tickets delete [OPTIONS] --from <FILE> [REF]...")]
    Delete(Many),
    /// Mark tickets as solved, and report what happened to each one
    ///
    /// The tickets may belong to several accounts. The work is a job: after a crash, `tickets job run` continues it.
    #[command(
        visible_alias = "close",
        override_usage = "\
        tickets resolve [OPTIONS] <REF>...\n       tickets resolve [OPTIONS] --from <FILE> [REF]..."
    )]
    Resolve(Many),
    /// Take tickets out of the vendor's trash
    ///
    /// The tickets may belong to several accounts. --from also takes the report of a job that deleted tickets: its folder,
    /// or its outcomes.ndjson. The work is a job: after a crash, `tickets job run` continues it.
    #[command(override_usage = "\
        tickets restore [OPTIONS] <REF>...\n       tickets restore [OPTIONS] --from <FILE> [REF]...")]
    Restore(Many),
    /// Find a person's tickets and prepare their deletion
    ///
    /// This command deletes nothing. It makes a job that waits for confirmation, and says what to do next. `tickets job run`
    /// then deletes the tickets, waits, and looks at each one again.
    ///
    /// Neither the ledger nor reports or logs hold an address, only its keyed hash. The key is the file erasure.key beside
    /// the ledger.
    ///
    /// The exit code is 4 if an account could not be searched completely; there is a job for what was found all the same. If
    /// nothing was found, the job is over at once, and its report proves the search.
    Erase(Box<Erase>),
    /// Show and control jobs, and continue them after a crash
    ///
    /// What `delete`, `resolve`, `restore` and `erase` do is a job. It is recorded in the ledger, so it can be continued.
    #[command(subcommand)]
    Job(Job),
    /// Work on the jobs of a ledger, beside other workers
    ///
    /// Any number of workers share the jobs and the quotas of a ledger. Each works on the accounts that it has, most urgent
    /// jobs first. What a worker had is worked on by others if it dies. Ctrl-C and SIGTERM end it once requests in flight
    /// have ended.
    ///
    /// It leaves an account alone whose credentials are refused, until `tickets job resume`. What fails for a passing reason
    /// is tried again later, for a day. What waits for a canary, and the second look of an erasure, are for `tickets job run`.
    Worker(Worker),
    /// Check whether the tickets of a report are still as it says
    ///
    /// Reads each ticket again; changes nothing.
    Verify(Verify),
    /// Copy tickets into an archive on disk
    ///
    /// The archive holds the vendor's own JSON of each ticket, all its messages and, with --attachments, its files.
    #[command(override_usage = "\
        tickets export [OPTIONS] --to <DIR> <ACCOUNT>\n       tickets export [OPTIONS] --to <DIR> --from <LIST>")]
    Export(Export),
    /// Show, verify and prune an archive
    #[command(subcommand)]
    Archive(Archive),
    /// Watch 40 tickets being deleted in a sandbox; needs no account
    ///
    /// With a lost reply, a kill in the middle, and how the job is resumed.
    Demo,
    /// Serve a sandbox that behaves like the vendors, until Ctrl-C
    Sandbox(Sandbox),
    /// Serve an agent over MCP, the Model Context Protocol
    ///
    /// The agent's program starts this command, and talks with it on standard input and output. The agent finds and reads
    /// tickets, and prepares bulk changes as jobs that you confirm.
    #[cfg(feature = "mcp")]
    Mcp(Mcp),
    /// Add accounts, show where their settings come from, log out
    #[command(subcommand)]
    Auth(Auth),
    /// Check accounts, their files and the ledger; changes nothing
    ///
    /// For each account: whether its host can be reached, whether the clocks agree, whether the vendor accepts the
    /// credentials, what may be read, and whether the vendor's replies still look as documented (drift). That takes at most
    /// nine reads, within the account's quota, and one request for /robots.txt without credentials. Then it checks the modes
    /// of files with secrets, the ledger, and what is left of quotas.
    ///
    /// The exit code is 1 if something is wrong.
    Doctor(Doctor),
    /// Show what each provider can do, its limits and its variables
    Providers(Reading),
    /// Print the JSON Schema of what commands print for programs
    ///
    /// That is, of --output json and ndjson. Without a name, the schemas of all records are in one document; `x-commands`
    /// names the commands that print a record.
    Schema(Schema),
    /// Print the script that completes commands in your shell
    ///
    /// The script asks the command itself, so it completes the names of your accounts, and stays up to date.
    Completions(Completions),
    /// Write the man pages
    Man(Man),
    /// Print the version
    Version,
}

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
    pub(crate) reading: Reading,
}

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
    #[command(flatten)]
    pub(crate) reading: Reading,
}

#[derive(Debug, Args)]
pub(crate) struct Update {
    /// The ticket, as ACCOUNT:ID
    #[arg(value_name = "REF")]
    pub(crate) ticket: String,
    /// New subject line
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: Option<String>,
    /// Update only if this is still its version
    ///
    /// `tickets get` shows the version of a ticket.
    #[arg(long, value_name = "VERSION")]
    pub(crate) if_unchanged: Option<String>,
    /// New status, e.g. open or resolved
    ///
    /// open, on-hold, resolved, closed, or the vendor's own word.
    #[arg(long, value_name = "NAME")]
    pub(crate) status: Option<String>,
    #[command(flatten)]
    pub(crate) content: Content,
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
    /// The ticket, as ACCOUNT:ID
    #[arg(value_name = "REF")]
    pub(crate) ticket: String,
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
    /// Attach this file; repeatable
    #[arg(long = "attach", value_name = "FILE")]
    pub(crate) attachments: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// The report: its folder, or its outcomes.ndjson
    ///
    /// `tickets job report` writes it.
    #[arg(value_name = "REPORT")]
    pub(crate) report: PathBuf,
}
