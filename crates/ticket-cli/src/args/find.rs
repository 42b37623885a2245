//! The arguments of `tickets find` and `tickets erase`, and the filters that `tickets list` shares with them.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgGroup, Args};
use jiff::Timestamp;

use super::values::{count, duration, field, moment, patience};
use super::{ArchiveMissing, Brakes, State};

/// Filters of `list` and `find`.
#[derive(Debug, Args)]
pub(crate) struct Filters {
    /// Only tickets in this state
    #[arg(long, value_enum)]
    pub(crate) state: Option<State>,
    /// Only tickets created at this time or later: 2026-11-28, 2026-11-28T09:00:00Z, or a time ago such as 30d
    #[arg(long, value_parser = moment, value_name = "TIME")]
    pub(crate) created_after: Option<Timestamp>,
    /// Only tickets created before this time
    #[arg(long, value_parser = moment, value_name = "TIME")]
    pub(crate) created_before: Option<Timestamp>,
    /// Only tickets that last changed at this time or later
    #[arg(long, value_parser = moment, value_name = "TIME")]
    pub(crate) updated_after: Option<Timestamp>,
    /// Only tickets that last changed before this time
    #[arg(long, value_parser = moment, value_name = "TIME")]
    pub(crate) updated_before: Option<Timestamp>,
    /// Only tickets with this label; may be given more than once, and then with all of them
    #[arg(long = "tag", value_name = "TAG")]
    pub(crate) tags: Vec<String>,
    /// Only tickets with this value of a custom field; may be given more than once
    #[arg(long = "field", value_parser = field, value_name = "NAME=VALUE")]
    pub(crate) fields: Vec<(String, String)>,
}

/// Whose tickets are looked for.
#[derive(Debug, Args)]
pub(crate) struct People {
    /// The tickets of this requester: an e-mail address, which is compared as a whole, without regard to case; may be
    /// given more than once, and then of any of them. `-` reads them from standard input, one per line, so that no address
    /// stands in the history of the shell
    #[arg(long = "requester", value_name = "ADDRESS")]
    pub(crate) requesters: Vec<String>,
    /// Take jo+anything@example.com for jo@example.com
    #[arg(long)]
    pub(crate) ignore_plus_tags: bool,
}

#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("accounts").required(true).args(["account", "all_accounts"]),
    group = ArgGroup::new("criteria").required(true).multiple(true).args([
        "requesters", "domains", "subject", "text", "state", "created_after", "created_before", "updated_after",
        "updated_before", "tags", "fields", "condition",
    ]),
    after_help = FIND_HELP,
    override_usage = "tickets find [OPTIONS] <CRITERIA> <--account ACCOUNT|--all-accounts>"
)]
pub(crate) struct Find {
    #[command(flatten)]
    pub(crate) people: People,
    /// The tickets of requesters whose e-mail address is of this domain, such as example.com; may be given more than once,
    /// and then of any of them
    #[arg(long = "domain", value_name = "DOMAIN")]
    pub(crate) domains: Vec<String>,
    /// Only tickets with this text in their subject, without regard to case
    #[arg(long, value_name = "TEXT")]
    pub(crate) subject: Option<String>,
    /// Only tickets with this text in their subject or description, without regard to case
    #[arg(long, value_name = "TEXT")]
    pub(crate) text: Option<String>,
    #[command(flatten)]
    pub(crate) filters: Filters,
    /// Only tickets for which this jq expression is true, such as '.priority == "high" and (.tags | length) > 2'. It sees
    /// each ticket as `tickets list --output ndjson` prints it, without `schema` and `ticket`
    #[arg(long = "where", value_name = "EXPR")]
    pub(crate) condition: Option<String>,
    /// Search this account; may be given more than once
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Vec<String>,
    /// Search all accounts of the configuration file, and those whose variables the environment has
    #[arg(long)]
    pub(crate) all_accounts: bool,
}

const FIND_HELP: &str = "\
All criteria must hold. Where the vendor's own filter is exact, it is used; otherwise all tickets are listed, and read one \
by one if the list does not tell enough, within the account's quota. At the end, standard error says how each account was \
searched and what could not be searched: with --output json or ndjson as one JSON object per account.

A --requester without an @ is a name or an id, which is compared letter by letter, where the vendor tells it.

Exit code 4 if an account could not be searched, or not completely.

  tickets find --requester jo@example.com --all-accounts
  tickets find --domain spam.example --created-after 7d --account rt --output ndjson | tickets delete --from - --plan
  tickets find --all-accounts --requester - < addresses.txt";

#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("persons").required(true).args(["requesters", "from"]),
    group = ArgGroup::new("archiving").required(true).args(["archive", "no_archive"]),
    after_help = ERASE_HELP,
    override_usage = "tickets erase [OPTIONS] <--requester ADDRESS|--from FILE --column NAME> <--archive DIR --keep TIME|--no-archive>"
)]
pub(crate) struct Erase {
    #[command(flatten)]
    pub(crate) people: People,
    #[command(flatten)]
    pub(crate) from: OptionalIdentifiers,
    /// Erase in this account; may be given more than once [default: all accounts of the configuration file, and those
    /// whose variables the environment has]
    #[arg(long, value_name = "ACCOUNT")]
    pub(crate) account: Vec<String>,
    /// Erase these tickets too, which are known otherwise to be of these persons, such as those of a system that cannot be
    /// searched: one account:id per line; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) tickets: Option<PathBuf>,
    /// Write each ticket to this archive before it is deleted, with its messages and files; what cannot be archived is not
    /// deleted
    #[arg(long, value_name = "DIR", requires = "keep")]
    pub(crate) archive: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) missing: ArchiveMissing,
    /// How long the archive is kept, such as 30d: `tickets archive prune DIR --older-than 30d` ends that
    #[arg(long, value_parser = duration, value_name = "TIME", requires = "archive", conflicts_with = "no_archive")]
    pub(crate) keep: Option<Duration>,
    /// Keep no copy
    #[arg(long)]
    pub(crate) no_archive: bool,
    /// How long after the last delete each ticket is looked at again: only then it is called erased
    #[arg(long, value_parser = patience, value_name = "TIME", default_value = "5m")]
    pub(crate) look_again_after: Duration,
    /// Make no job if more tickets than this are found
    #[arg(long, value_parser = count::<NonZeroUsize>, value_name = "N")]
    pub(crate) max: Option<NonZeroUsize>,
    #[command(flatten)]
    pub(crate) brakes: Brakes,
}

const ERASE_HELP: &str = "\
Nothing is deleted by this command: it makes a job that awaits confirmation, and says what is next. \
`tickets job run` deletes, waits, and looks at each ticket again.

Neither the ledger nor reports or logs hold an address: only its keyed hash, whose key is the file erasure.key beside the \
ledger.

Exit code 4 if an account could not be searched, or not completely; of what was found a job is made all the same. If nothing \
was found, the job is over at once: its report proves the search.

  tickets erase --requester jo@example.com --archive archive/ --keep 30d
  tickets erase --from identifiers.csv --column email --no-archive";

/// A table of persons.
#[derive(Debug, Args)]
pub(crate) struct Identifiers {
    /// A CSV file with a header and a row for each person, as privacy platforms exchange them; `-` reads standard input
    #[arg(long, value_name = "FILE")]
    pub(crate) from: PathBuf,
    /// The column with the e-mail addresses
    #[arg(long, value_name = "NAME")]
    pub(crate) column: String,
}

/// The same where it may be left out.
#[derive(Debug, Args)]
pub(crate) struct OptionalIdentifiers {
    /// Erase the tickets of the persons in this CSV file, which has a header and a row for each of them, as privacy
    /// platforms exchange it; `-` reads standard input. `tickets job identifiers` prints it again, with what came of it
    #[arg(long, value_name = "FILE", requires = "column")]
    pub(crate) from: Option<PathBuf>,
    /// The column with the e-mail addresses
    #[arg(long, value_name = "NAME", requires = "from")]
    pub(crate) column: Option<String>,
}
