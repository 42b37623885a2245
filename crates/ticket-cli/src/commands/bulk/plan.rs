//! The planned change: which tickets of which accounts, what it does to them, and what it costs. `reading.rs` reads them.

use std::borrow::Cow;
use std::collections::HashMap;

use ticket_jobs::Job;
use tickets::account_source::AccountFacts;
use tickets::accounts::Account;
use tickets::call::Pacer;
use tickets::provider::{Concurrency, Removal, Support};
use tickets::{Change, DeleteTarget, Operation, TicketId, TicketRef};

use super::super::planned;
use super::refused::Refused;
use super::words;
use crate::accounts::Accounts;
use crate::clock;
use crate::failure::Failure;
use crate::text::{self, counted};

/// Number of tickets of an account that the summary lists before "and 97 more".
pub(super) const NAMED: usize = 5;

/// The planned change, with connected accounts and checked tickets.
pub(crate) struct Plan {
    pub(super) change: Change,
    /// By account, in the order of first appearance.
    pub(super) groups: Vec<Group>,
    /// The longest ticket reference.
    pub(super) longest: String,
    /// How often tickets are named again, by the place of their first mention.
    pub(super) repeats: HashMap<u64, usize>,
}

/// The tickets of one account.
pub(crate) struct Group {
    pub(super) account: Account,
    pub(super) facts: AccountFacts,
    /// The first few distinct tickets.
    pub(super) first: Vec<TicketId>,
    /// The number of distinct tickets.
    pub(super) tickets: usize,
}

impl Plan {
    /// The plan of a job that was made before, with these accounts and numbers of open tickets.
    pub(crate) fn of_job(change: Change, accounts: Vec<(Account, AccountFacts, usize)>) -> Self {
        let groups = accounts.into_iter();
        Self {
            change,
            groups: groups
                .map(|(account, facts, tickets)| Group::new(account, facts, tickets))
                .collect(),
            longest: String::new(),
            repeats: HashMap::new(),
        }
    }

    /// The plan of a whole job.
    pub(crate) fn of_whole_job(job: &Job, accounts: &Accounts) -> Result<Self, Failure> {
        let all = job.accounts.iter().map(|one| {
            let tickets = usize::try_from(one.tickets).unwrap_or(usize::MAX);
            let facts = accounts.facts(&one.name)?;
            Ok((accounts.connect(&one.name)?, facts, tickets))
        });
        let all = all.collect::<Result<_, Failure>>()?;
        Ok(Self::of_job(job.change.clone(), all))
    }

    /// Refuses what the accounts' settings do not allow.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let mut refused = Refused::default();
        for group in &self.groups {
            if let Err(failure) = group.check(&self.change) {
                refused.push(failure);
            }
        }
        refused.into_result()
    }

    /// The number of distinct tickets.
    pub(super) fn len(&self) -> usize {
        self.groups.iter().map(Group::len).sum()
    }

    /// The operation that decides how fast the change is made at an account: where deletes are permanent, no purge follows.
    pub(super) fn operation(&self, group: &Group) -> Operation {
        let capabilities = &group.account.tickets.info().capabilities;
        match self.change.operation() {
            Operation::Purge if !capabilities.supports(Operation::Purge) => Operation::Delete,
            operation => operation,
        }
    }

    /// The number of tickets in the input, including duplicates.
    pub(super) fn named(&self) -> usize {
        self.len() + self.repeats.values().sum::<usize>()
    }

    /// The account with this name.
    pub(super) fn account(&self, name: &str) -> Option<&Account> {
        let mut accounts = self.groups.iter().map(|group| &group.account);
        accounts.find(|account| account.name == name)
    }

    /// The change, its tickets, and where they are: "Delete 3 tickets of eu (desk.example.com)?"
    pub(crate) fn question(&self) -> String {
        let places = self.groups.iter().map(|group| {
            let name = text::line(&group.account.name);
            let host = group.facts.host.as_deref().map(text::line);
            host.map_or_else(|| name.clone(), |host| format!("{name} ({host})"))
        });
        let mut places: Vec<_> = places.take(NAMED).collect();
        let more = self.groups.len() - places.len();
        if more > 0 {
            places.push(format!("{more} more"));
        }
        let last = places.pop().unwrap_or_default();
        let others = match places.as_slice() {
            [] => String::new(),
            others => format!("{} and ", others.join(", ")),
        };
        format!(
            "{} {} of {others}{last}?",
            words::imperative(&self.change),
            counted(self.len(), "ticket")
        )
    }

    /// The summary of the planned change or the dry run, for people.
    pub(super) fn summary(&self, dry_run: bool) -> String {
        let does = if dry_run {
            format!("would {}", self.change.verb())
        } else {
            words::third_person(&self.change)
        };
        let grouped = |count| text::grouped(u64::try_from(count).unwrap_or(u64::MAX));
        let repeated = match self.repeats.len() {
            0 => String::new(),
            _ => format!(
                " (named {} times; each is sent once)",
                grouped(self.named())
            ),
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
        let digits = grouped(self.len()).len();
        let rows = titles.iter().zip(&self.groups).map(|(title, group)| {
            let named = group.first.iter().map(|id| text::line(id.as_str()));
            let named: Vec<_> = named.collect();
            let more = match group.len().saturating_sub(NAMED) {
                _ if named.is_empty() => String::new(),
                0 => String::new(),
                more => format!(" and {} more", grouped(more)),
            };
            let count = grouped(group.len());
            let along = match group.takes_along(&self.change) {
                [] => String::new(),
                along => format!("\n  {:width$}  each with its {}", "", along.join(", ")),
            };
            format!(
                "\n  {title:width$}  {count:>digits$}  {}{more}{along}",
                named.join(", ")
            )
        });
        let rows: String = rows.collect();
        let details = planned::details(&self.change);
        let details = details.iter().map(|line| format!("\n{line}"));
        head + &rows + &details.collect::<String>()
    }

    /// How the change can be undone, for the summary.
    fn undoing(&self) -> String {
        let to_trash = |group: &Group| matches!(group.removal(), Removal::Trash { .. });
        match self.change {
            Change::Restore => String::new(),
            Change::Delete if self.groups.iter().all(Group::restores) => {
                let now = clock::now();
                let ends = self.groups.iter();
                let ends = ends.filter_map(|group| planned::restorable_until(group.removal(), now));
                let until = ends
                    .min()
                    .map_or_else(String::new, |first| format!(" until {}", text::day(first)));
                format!(", to the vendor's trash (`tickets restore` takes them out again{until})")
            }
            Change::Delete if self.groups.iter().all(to_trash) => {
                ", to the vendor's trash, which cannot be undone from here".to_owned()
            }
            Change::Purge => ", for good, not to a trash; this cannot be undone".to_owned(),
            _ => ", which cannot be undone from here".to_owned(),
        }
    }
}

impl Group {
    pub(super) const fn new(account: Account, facts: AccountFacts, tickets: usize) -> Self {
        Self {
            account,
            facts,
            first: Vec::new(),
            tickets,
        }
    }

    /// Refuses what the account's settings do not allow.
    pub(super) fn check(&self, change: &Change) -> Result<(), Failure> {
        let tickets = u64::try_from(self.tickets).unwrap_or(u64::MAX);
        let allowed = self.facts.check(change, tickets);
        allowed.map_err(|error| self.account.diagnose(error, None).into())
    }

    /// Whether the vendor updates a ticket only if it has a version.
    pub(super) fn compares(&self, change: &Change) -> bool {
        let capabilities = &self.account.tickets.info().capabilities;
        let support = capabilities.support(change.operation());
        matches!(change, Change::Update(_)) && support.is_some_and(|support| support.is_conditional)
    }

    /// The number of distinct tickets.
    pub(super) const fn len(&self) -> usize {
        self.tickets
    }

    fn support(&self) -> Option<&Support> {
        let capabilities = &self.account.tickets.info().capabilities;
        capabilities.support(Operation::Delete)
    }

    /// Whether deleted tickets can be taken out of the trash from here.
    fn restores(&self) -> bool {
        let capabilities = &self.account.tickets.info().capabilities;
        matches!(self.removal(), Removal::Trash { .. }) && capabilities.supports(Operation::Restore)
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
            (change, Some(delete)) if change.is_delete() => &delete.takes_along,
            _ => &[],
        }
    }
}

/// Whether the change can be applied to a ticket of this account. `--dry-run`, `--plan` and runs all ask here.
pub(crate) fn check_ticket(
    change: &Change,
    account: &Account,
    ticket: &TicketRef,
) -> tickets::Result<()> {
    change.check(account.tickets.info(), &DeleteTarget::new(&ticket.id))
}

/// How many calls of the change are made at once at an account of which no quota is known, in words. `asked`: the
/// number that the command was told.
pub(super) fn at_once(
    account: &Account,
    change: &Change,
    asked: Option<Concurrency>,
) -> Option<String> {
    let (tickets, operation) = (&account.tickets, change.operation());
    let mut limits = tickets.limits().iter();
    if limits.any(|limit| limit.covers(operation) && !limit.windows.is_empty()) {
        return None;
    }
    let most = tickets.concurrency(operation).get();
    let adapts = match asked {
        Some(Concurrency::Fixed(calls)) => return Some(calls_at_once(&calls.to_string())),
        Some(Concurrency::Auto) => true,
        None => tickets.adapts(operation),
    };
    Some(if adapts && most > Pacer::FIRST_AT_ONCE {
        calls_at_once(&format!("{} to {most}", Pacer::FIRST_AT_ONCE))
    } else {
        calls_at_once(&most.to_string())
    })
}

fn calls_at_once(calls: &str) -> String {
    match calls {
        "1" => "one call at a time".to_owned(),
        calls => format!("{calls} calls at once"),
    }
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
