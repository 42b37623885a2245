//! The planned change: all tickets are checked and grouped by account before anything is sent. The tickets
//! themselves are in `spool.rs`.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;
use std::iter::Peekable;
use std::time::Duration;

use tickets::accounts::Account;
use tickets::provider::{Limit, Removal, Support};
use tickets::{Change, DeleteTarget, ErrorKind, Operation, TicketId, TicketRef};

use super::dedup::{Duplicates, TOGETHER};
use super::spool::{Spool, SpoolReader, SpoolWriter};
use super::{input, words};
use crate::accounts::Accounts;
use crate::args::Many;
use crate::failure::Failure;
use crate::text::{self, counted};

/// Number of refused tickets that are told one by one.
const REFUSED: usize = 20;

/// Number of tickets of an account that the summary lists before "and 97 more".
const NAMED: usize = 5;

/// The planned change, with connected accounts and checked tickets.
pub(super) struct Plan {
    pub(super) change: Change,
    /// By account, in the order of first appearance.
    pub(super) groups: Vec<Group>,
    /// The longest ticket reference.
    pub(super) longest: String,
}

/// The tickets of one account.
pub(super) struct Group {
    pub(super) account: Account,
    /// The first few distinct tickets.
    first: Vec<TicketId>,
    spool: Spool,
    pub(super) duplicates: Duplicates,
}

/// The tickets of one account while the input is read.
struct AccountInput {
    account: Account,
    /// Whether it cannot make the change at all.
    is_refused: bool,
    first: Vec<TicketId>,
    spool: SpoolWriter,
}

impl Plan {
    /// Reads all tickets, connects their accounts and checks each ticket. Sends nothing. If tickets are refused,
    /// all of them are told, and not only the first.
    pub(super) fn read(change: Change, many: &Many, accounts: &Accounts) -> Result<Self, Failure> {
        let mut gathered: Vec<AccountInput> = Vec::new();
        // `None` for an account that cannot be connected.
        let mut by_account: HashMap<String, Option<usize>> = HashMap::new();
        let mut longest = (0, String::new());
        let mut refused = Refused::default();
        for (place, asked) in input::read(many).enumerate() {
            let asked = match asked {
                Ok(asked) => asked,
                Err(failure) => {
                    refused.push(failure);
                    continue;
                }
            };
            let ticket = &asked.ticket;
            let index = if let Some(index) = by_account.get(&ticket.account) {
                *index
            } else {
                let index = match accounts.connect(&ticket.account) {
                    Ok(account) => {
                        gathered.push(AccountInput {
                            account,
                            is_refused: false,
                            first: Vec::new(),
                            spool: SpoolWriter::new(),
                        });
                        Some(gathered.len() - 1)
                    }
                    Err(failure) => {
                        refused.push(asked.located(failure));
                        None
                    }
                };
                by_account.insert(ticket.account.clone(), index);
                index
            };
            let Some(group) = index.and_then(|index| gathered.get_mut(index)) else {
                continue;
            };
            if let Err(error) = check_ticket(&change, &group.account, ticket) {
                // Told once for each account, and once for each ticket.
                let is_the_accounts = error.kind() == ErrorKind::Unsupported;
                if !is_the_accounts || !std::mem::replace(&mut group.is_refused, true) {
                    let failure = group.account.diagnose(error, Some(ticket)).into();
                    refused.push(asked.located(failure));
                }
                continue;
            }
            if refused.count > 0 {
                continue;
            }
            if group.first.len() < NAMED && !group.first.contains(&ticket.id) {
                group.first.push(ticket.id.clone());
            }
            let length = ticket.account.chars().count() + ticket.id.as_str().chars().count();
            if length > longest.0 {
                longest = (length, ticket.to_string());
            }
            let kept = group.spool.push(place, &ticket.id);
            kept.map_err(|error| spool_failure(&error))?;
        }
        refused.into_result()?;
        if gathered.is_empty() {
            return Err(Failure::refused("no ticket is given; nothing to do"));
        }
        let groups = gathered.into_iter().map(AccountInput::into_group);
        Ok(Self {
            change,
            groups: groups
                .collect::<io::Result<_>>()
                .map_err(|error| spool_failure(&error))?,
            longest: longest.1,
        })
    }

    /// The number of distinct tickets.
    pub(super) fn len(&self) -> usize {
        self.groups.iter().map(Group::len).sum()
    }

    /// The number of tickets in the input, including duplicates.
    fn named(&self) -> usize {
        self.groups.iter().map(|group| group.spool.len()).sum()
    }

    /// Each distinct ticket in the order of the input: account index, place, id. An error is the last item.
    pub(super) fn in_order(&self) -> io::Result<InOrder<'_>> {
        let groups = self.groups.iter().map(Group::tickets);
        let groups = groups.map(|group| group.map(Iterator::peekable));
        Ok(InOrder {
            groups: groups.collect::<io::Result<_>>()?,
        })
    }

    pub(super) fn question(&self) -> String {
        format!(
            "{} {}? [y/N]",
            words::imperative(&self.change),
            counted(self.len(), "ticket")
        )
    }

    /// The summary of the planned change or the dry run, for people.
    pub(super) fn summary(&self, dry_run: bool) -> String {
        let does = if dry_run {
            format!("would {}", words::verb(&self.change))
        } else {
            format!("{}s", words::verb(&self.change))
        };
        let repeated = match self.named() - self.len() {
            0 => String::new(),
            _ => format!(" (named {} times; each is sent once)", self.named()),
        };
        let head = format!(
            "This {does} {}{repeated}{}:",
            counted(self.len(), "ticket"),
            self.undoing()
        );
        let titles: Vec<_> = self
            .groups
            .iter()
            .map(|group| title(&group.account))
            .collect();
        let width = titles
            .iter()
            .map(|title| title.chars().count())
            .max()
            .unwrap_or(0);
        let digits = self.len().to_string().len();
        let rows = titles.iter().zip(&self.groups).map(|(title, group)| {
            let named = group.first.iter().map(|id| text::line(id.as_str()));
            let named: Vec<_> = named.collect();
            let more = match group.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let count = group.len();
            let along = match group.takes_along(&self.change) {
                [] => String::new(),
                along => format!("\n  {:width$}  each with its {}", "", along.join(", ")),
            };
            format!(
                "\n  {title:width$}  {count:digits$}  {}{more}{along}",
                named.join(", ")
            )
        });
        head + &rows.collect::<String>()
    }

    /// How the change can be undone, for the summary.
    fn undoing(&self) -> &'static str {
        let to_trash = |group: &Group| matches!(group.removal(), Removal::Trash { .. });
        match self.change {
            Change::Restore => "",
            Change::Delete if self.groups.iter().all(to_trash) => {
                ", to the vendor's trash (`tickets restore` takes them out again)"
            }
            _ => ", which cannot be undone from here",
        }
    }
}

impl Group {
    fn support(&self) -> Option<&Support> {
        let capabilities = &self.account.tickets.info().capabilities;
        capabilities.support(Operation::Delete)
    }

    /// What a delete does at this account.
    pub(super) fn removal(&self) -> Removal {
        self.support()
            .map(|delete| delete.removal)
            .unwrap_or_default()
    }

    /// What the change takes along.
    pub(super) fn takes_along(&self, change: &Change) -> &[Cow<'static, str>] {
        match (change, self.support()) {
            (Change::Delete, Some(delete)) => &delete.takes_along,
            _ => &[],
        }
    }
}

/// Whether the change can be applied to a ticket of this account. `--dry-run`, `--plan` and runs all ask here.
fn check_ticket(change: &Change, account: &Account, ticket: &TicketRef) -> tickets::Result<()> {
    change.check(account.tickets.info(), &DeleteTarget::new(&ticket.id))
}

/// The tickets that are refused.
#[derive(Default)]
struct Refused {
    /// The first few of them.
    told: Vec<Failure>,
    count: usize,
}

impl Refused {
    fn push(&mut self, failure: Failure) {
        self.count += 1;
        if self.told.len() < REFUSED {
            self.told.push(failure);
        }
    }

    fn into_result(self) -> Result<(), Failure> {
        let more = self.count - self.told.len();
        let end = match more {
            0 => format!("{} errors; nothing was sent", self.count),
            _ => format!("and {more} more errors; nothing was sent"),
        };
        match Failure::all(self.told, end) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}

impl AccountInput {
    fn into_group(self) -> io::Result<Group> {
        let spool = self.spool.finish()?;
        Ok(Group {
            account: self.account,
            first: self.first,
            duplicates: Duplicates::find(&spool, TOGETHER)?,
            spool,
        })
    }
}

impl Group {
    /// The number of distinct tickets.
    pub(super) fn len(&self) -> usize {
        self.spool.len() - self.duplicates.len()
    }

    /// Each distinct ticket with its first place. An error is the last item.
    pub(super) fn tickets(&self) -> io::Result<Different<'_>> {
        Ok(Different {
            duplicates: &self.duplicates,
            reader: self.spool.read()?,
        })
    }

    /// The reference of the ticket with this id.
    pub(super) fn ticket(&self, id: TicketId) -> TicketRef {
        TicketRef::new(&self.account.name, id)
    }
}

/// The distinct tickets of an account.
pub(super) struct Different<'a> {
    duplicates: &'a Duplicates,
    reader: SpoolReader,
}

impl Iterator for Different<'_> {
    type Item = io::Result<(usize, TicketId)>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.duplicates.advance(&mut self.reader) {
            Ok(Some(place)) => Some(Ok((place, self.reader.id().into()))),
            Ok(None) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

/// The tickets of all accounts.
pub(super) struct InOrder<'a> {
    groups: Vec<Peekable<Different<'a>>>,
}

impl Iterator for InOrder<'_> {
    type Item = io::Result<(usize, usize, TicketId)>;

    fn next(&mut self) -> Option<Self::Item> {
        let heads = self.groups.iter_mut().enumerate();
        let heads = heads.filter_map(|(index, group)| {
            // Errors come first.
            let place = group.peek()?.as_ref().map_or(0, |(place, _)| *place);
            Some((place, index))
        });
        let (_, index) = heads.min()?;
        let ticket = self.groups.get_mut(index)?.next()?;
        Some(ticket.map(|(place, id)| (index, place, id)))
    }
}

/// The limits of the account.
pub(super) fn limits(account: &Account) -> &[Limit] {
    match account.tickets.pacer() {
        Some(pacer) => pacer.limits(),
        None => &account.tickets.info().limits,
    }
}

/// Lower bound of the time for this many calls.
pub(super) fn least_time(account: &Account, change: &Change, calls: u64) -> Duration {
    let covering = limits(account)
        .iter()
        .filter(|limit| limit.covers(change.operation()));
    let times = covering.map(|limit| limit.least_time(calls));
    times.max().unwrap_or_default()
}

/// The account for people: with its provider, if the name differs from the provider's id.
fn title(account: &Account) -> String {
    let info = account.tickets.info();
    if account.name == info.id {
        account.name.clone()
    } else {
        format!("{} ({})", text::line(&account.name), info.title)
    }
}

/// The error for a stored list that cannot be read.
pub(super) fn unreadable(error: &io::Error) -> Failure {
    Failure::local(format!(
        "the stored list of tickets cannot be read: {error}"
    ))
}

fn spool_failure(error: &io::Error) -> Failure {
    let folder = tempfile::env::temp_dir();
    let variable = if cfg!(windows) { "TMP" } else { "TMPDIR" };
    Failure::local(format!(
        "the list of tickets cannot be stored in {}: {error}; nothing was sent",
        folder.display()
    ))
    .hinting(format!(
        "set the environment variable {variable} to use another folder"
    ))
}
