//! The planned change: all tickets are checked and read into a job before anything is sent. The job's list is not
//! complete before the change is confirmed, so that nobody can work on it.

use std::borrow::Cow;
use std::collections::HashMap;
use std::time::Duration;

use futures_util::TryStreamExt as _;
use ticket_jobs::{Job, Jobs, Loading, NewJob, Which};
use tickets::account_source::AccountFacts;
use tickets::accounts::Account;
use tickets::provider::{Limit, Removal, Support};
use tickets::{Change, DeleteTarget, ErrorKind, Operation, TicketId, TicketRef};

use super::input::InputTicket;
use super::refused::Refused;
use super::words;
use crate::accounts::Accounts;
use crate::args::Consent;
use crate::failure::Failure;
use crate::text::{self, counted};

/// Number of tickets of an account that the summary lists before "and 97 more".
const NAMED: usize = 5;

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
    first: Vec<TicketId>,
    /// The number of distinct tickets.
    tickets: usize,
}

/// Reads tickets into a job. If tickets are refused, all of them are told, and not only the first.
pub(crate) struct Reading<'a> {
    change: Change,
    accounts: &'a Accounts,
    jobs: &'a Jobs,
    job: Loading,
    groups: Vec<Group>,
    /// The index of each account's group, and whether the account cannot make the change at all; `None` for an account
    /// that cannot be connected.
    by_account: HashMap<String, Option<(usize, bool)>>,
    longest: (usize, String),
    refused: Refused,
}

impl<'a> Reading<'a> {
    pub(crate) async fn begin(
        job: NewJob,
        accounts: &'a Accounts,
        jobs: &'a Jobs,
    ) -> Result<Self, Failure> {
        let job = job.created_by(ticket_jobs::user_at_host());
        Ok(Self {
            change: job.change.clone(),
            accounts,
            jobs,
            job: jobs.load(job).await?,
            groups: Vec::new(),
            by_account: HashMap::new(),
            longest: (0, String::new()),
            refused: Refused::default(),
        })
    }

    /// Checks a ticket and adds it. Fails if the ledger does.
    pub(crate) async fn take(&mut self, asked: InputTicket) -> Result<(), Failure> {
        let ticket = &asked.ticket;
        let known = if let Some(known) = self.by_account.get(&ticket.account) {
            *known
        } else {
            let known = match self.group(&ticket.account) {
                Ok(group) => {
                    self.groups.push(group);
                    Some((self.groups.len() - 1, false))
                }
                Err(failure) => {
                    self.refused.push(asked.located(failure));
                    None
                }
            };
            self.by_account.insert(ticket.account.clone(), known);
            known
        };
        let Some((index, is_refused)) = known else {
            return Ok(());
        };
        let Some(group) = self.groups.get_mut(index) else {
            return Ok(());
        };
        if let Err(error) = check_ticket(&self.change, &group.account, ticket) {
            // Told once for each account, and once for each ticket.
            let is_the_accounts = error.kind() == ErrorKind::Unsupported;
            if !is_the_accounts || !is_refused {
                let failure = group.account.diagnose(error, Some(ticket)).into();
                self.refused.push(asked.located(failure));
            }
            let known = Some((index, is_refused || is_the_accounts));
            self.by_account.insert(asked.ticket.account, known);
            return Ok(());
        }
        if self.refused.count > 0 {
            return Ok(());
        }
        group.tickets += 1;
        if group.first.len() < NAMED && !group.first.contains(&ticket.id) {
            group.first.push(ticket.id.clone());
        }
        let length = ticket.account.chars().count() + ticket.id.as_str().chars().count();
        if length > self.longest.0 {
            self.longest = (length, ticket.to_string());
        }
        Ok(self.job.push(asked.ticket, None).await?)
    }

    /// The group of an account that allows the change.
    fn group(&self, name: &str) -> Result<Group, Failure> {
        let group = Group::new(self.accounts.connect(name)?, self.accounts.facts(name)?, 0);
        group.check(&self.change)?;
        Ok(group)
    }

    /// Adds a line that names no ticket.
    pub(crate) fn refuse(&mut self, failure: Failure) {
        self.refused.push(failure);
    }

    /// Ends reading. The job can be sealed or discarded; if tickets were refused, or there are more than the accounts and
    /// `consent` allow, it is discarded.
    pub(crate) async fn finish(mut self, consent: &Consent) -> Result<(Plan, Loading), Failure> {
        let refused = match std::mem::take(&mut self.refused).into_result() {
            Ok(()) if self.groups.is_empty() => {
                Err(Failure::refused("no ticket is given; nothing to do"))
            }
            refused => refused,
        };
        if let Err(failure) = refused {
            self.job.discard().await?;
            return Err(failure);
        }
        self.job.close().await?;
        let ledger = self.jobs.ledger();
        let mut repeats = HashMap::new();
        if ledger.job(self.job.id()).await?.repeated > 0 {
            let mut named = ticket_jobs::tickets(&**ledger, self.job.id(), Which::Named);
            while let Some(ticket) = named.try_next().await? {
                let Some(first) = ticket.repeats else {
                    continue;
                };
                *repeats.entry(first).or_insert(0) += 1;
                let mut groups = self.groups.iter_mut();
                let group = groups.find(|group| group.account.name == ticket.account);
                if let Some(group) = group {
                    group.tickets -= 1;
                }
            }
        }
        for group in &self.groups {
            if let Err(failure) = group.check(&self.change) {
                self.refused.push(failure);
            }
        }
        let distinct = self.groups.iter().map(Group::len).sum();
        if let Some(most) = consent.max.filter(|most| most.get() < distinct) {
            let message = format!(
                "--max allows {most}, and these are {}; nothing was sent",
                counted(distinct, "ticket")
            );
            self.refused.push(Failure::refused(message));
        }
        if let Err(failure) = self.refused.into_result() {
            self.job.discard().await?;
            return Err(failure);
        }
        let plan = Plan {
            change: self.change,
            groups: self.groups,
            longest: self.longest.1,
            repeats,
        };
        Ok((plan, self.job))
    }
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
            format!("would {}", words::verb(&self.change))
        } else {
            format!("{}s", words::verb(&self.change))
        };
        let repeated = match self.repeats.len() {
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
                _ if named.is_empty() => String::new(),
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
            Change::Delete if self.groups.iter().all(Group::restores) => {
                ", to the vendor's trash (`tickets restore` takes them out again)"
            }
            Change::Delete if self.groups.iter().all(to_trash) => {
                ", to the vendor's trash, which cannot be undone from here"
            }
            _ => ", which cannot be undone from here",
        }
    }
}

impl Group {
    const fn new(account: Account, facts: AccountFacts, tickets: usize) -> Self {
        Self {
            account,
            facts,
            first: Vec::new(),
            tickets,
        }
    }

    /// Refuses what the account's settings do not allow.
    fn check(&self, change: &Change) -> Result<(), Failure> {
        let tickets = u64::try_from(self.tickets).unwrap_or(u64::MAX);
        let allowed = self.facts.check(change, tickets);
        allowed.map_err(|error| self.account.diagnose(error, None).into())
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
            (Change::Delete, Some(delete)) => &delete.takes_along,
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

/// The limits of the account.
pub(crate) fn limits(account: &Account) -> &[Limit] {
    match account.tickets.pacer() {
        Some(pacer) => pacer.limits(),
        None => &account.tickets.info().limits,
    }
}

/// Lower bound of the time for this many calls.
pub(super) fn least_time(account: &Account, change: &Change, calls: u64) -> Duration {
    least_time_of(account, change.operation(), calls)
}

/// Lower bound of the time for this many calls of an operation.
pub(super) fn least_time_of(account: &Account, operation: Operation, calls: u64) -> Duration {
    let covering = limits(account)
        .iter()
        .filter(|limit| limit.covers(operation));
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
