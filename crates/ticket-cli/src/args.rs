//! The arguments of `tickets`. The commands themselves are in `commands`.
//!
//! No argument takes a secret, because every user of a computer can read the arguments of its processes.

mod approve;
mod archive;
mod auth;
mod doctor;
mod examples;
mod filters;
mod find;
mod global;
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
mod write;

use clap::{Parser, Subcommand};

pub(crate) use approve::Approve;
pub(crate) use archive::{Archive, Export, Prune as ArchivePrune};
pub(crate) use auth::{Auth, Login};
pub(crate) use doctor::Doctor;
pub(crate) use filters::{Filters, State};
pub(crate) use find::{Erase, Find, Identifiers, People};
pub(crate) use global::{Global, LogFormat, OutputFormat};
pub(crate) use help::command;
pub(crate) use job::{Job, JobConfirm, JobIdentifiers, JobReport, JobResume, JobRetry, JobRun};
pub(crate) use list::{List, Sort};
pub(crate) use many::{
    ArchiveMissing, Brakes, Consent, Delete, DeleteMode, Each, Look, Many, WorkOptions,
};
#[cfg(feature = "mcp")]
pub(crate) use mcp::{Deletes, Mcp};
pub(crate) use read::{Attachments, Get, Messages, Verify, View};
pub(crate) use reading::Reading;
pub(crate) use tools::{Completions, Man, Sandbox, Schema};
pub(crate) use worker::Worker;
pub(crate) use write::{Comment, Content, Create, Update};

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
    /// Update fields of tickets
    ///
    /// Fields that are not given stay as they are. A field that the vendor does not support is rejected by name, before
    /// anything is sent.
    ///
    /// One ticket is updated at once. Several are a job, as in `tickets delete`: all get the same values, the command asks
    /// first, and after a crash `tickets job run` continues it. An update without an answer is not sent again; it is
    /// `already_updated` if the ticket shows all values, and otherwise `unknown`.
    #[command(
        visible_alias = "edit",
        override_usage = "\
        tickets update [OPTIONS] <REF>...\n       tickets update [OPTIONS] --from <FILE> [REF]..."
    )]
    Update(Box<Update>),
    /// Add a comment to tickets (internal note by default)
    ///
    /// One ticket gets it at once. Several are a job, as in `tickets delete`: all get the same text, the command asks first,
    /// and after a crash `tickets job run` continues it. A comment without an answer is `unknown` and never sent again, so
    /// no ticket gets it twice.
    #[command(override_usage = "\
        tickets comment [OPTIONS] <REF>...\n       tickets comment [OPTIONS] --from <FILE> [REF]...")]
    Comment(Box<Comment>),
    /// Delete tickets, and report what happened to each one
    ///
    /// The tickets may belong to several accounts, which run in parallel. Each vendor's rate limit is respected. Deleted
    /// tickets are in the vendor's trash, if it has one.
    ///
    /// The work is a job: after a crash, `tickets job run` continues it.
    #[command(visible_alias = "rm", after_long_help = help::OUTCOMES, override_usage = "\
        tickets delete [OPTIONS] <REF>...\n       tickets delete [OPTIONS] --from <FILE> [REF]...")]
    Delete(Box<Delete>),
    /// Mark tickets as solved, and report what happened to each one
    ///
    /// The tickets may belong to several accounts. The work is a job: after a crash, `tickets job run` continues it.
    #[command(
        visible_alias = "close",
        override_usage = "\
        tickets resolve [OPTIONS] <REF>...\n       tickets resolve [OPTIONS] --from <FILE> [REF]..."
    )]
    Resolve(Each),
    /// Take tickets out of the vendor's trash
    ///
    /// The tickets may belong to several accounts. --from also takes the report of a job that deleted tickets: its folder,
    /// or its outcomes.ndjson. The work is a job: after a crash, `tickets job run` continues it.
    #[command(override_usage = "\
        tickets restore [OPTIONS] <REF>...\n       tickets restore [OPTIONS] --from <FILE> [REF]...")]
    Restore(Each),
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
    /// What `delete`, `resolve`, `restore` and `erase` do is a job, as are updates and comments of several tickets. It is recorded in the ledger, so it can be continued.
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
    /// credentials, what may be read, whether the vendor's replies still look as documented (drift), whether filters are answered,
    /// and how deleted tickets are read. That takes at most 13 reads, within the account's quota, and one request for
    /// /robots.txt without credentials. Then it checks the modes of files with secrets, the ledger, and what is left of
    /// quotas.
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
