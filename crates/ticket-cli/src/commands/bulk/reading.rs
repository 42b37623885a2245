//! Reads tickets into a job: all are checked before anything is sent. The job's list is not complete before the change is
//! confirmed, so that nobody can work on it.

use std::collections::HashMap;

use futures_util::TryStreamExt as _;
use ticket_jobs::{Jobs, Loading, NewJob, Which};
use tickets::accounts::Account;
use tickets::provider::Removal;
use tickets::{Change, ErrorKind};

use super::input_ticket::InputTicket;
use super::plan::{Group, NAMED, Plan, check_ticket};
use super::refused::Refused;
use crate::accounts::Accounts;
use crate::args::Consent;
use crate::failure::Failure;
use crate::text::{self, counted};

/// Reads tickets into a job. If tickets are refused, all of them are told, and not only the first.
pub(crate) struct Reading<'a> {
    change: Change,
    if_unchanged: bool,
    accounts: &'a Accounts,
    jobs: &'a Jobs,
    job: Loading,
    groups: Vec<Group>,
    /// The index of each account's group, and whether the account cannot make the change at all; `None` for an account
    /// that cannot be connected.
    by_account: HashMap<String, Option<(usize, bool)>>,
    longest: (usize, String),
    refused: Refused,
    /// Whether accounts without a trash are refused.
    only_to_trash: bool,
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
            if_unchanged: job.guards.if_unchanged,
            accounts,
            jobs,
            job: jobs.load(job).await?,
            groups: Vec::new(),
            by_account: HashMap::new(),
            longest: (0, String::new()),
            refused: Refused::default(),
            only_to_trash: false,
        })
    }

    /// Refuses accounts where deleted tickets are in no trash.
    pub(crate) fn only_to_trash(&mut self) {
        self.only_to_trash = true;
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
            let info = group.account.tickets.info();
            let is_of_the_values =
                !self.change.details().is_empty() && info.check_id(&ticket.id).is_ok();
            let is_the_accounts = error.kind() == ErrorKind::Unsupported || is_of_the_values;
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
        let is_compared = self.if_unchanged && group.compares(&self.change);
        let version = asked.version.filter(|_| is_compared);
        Ok(self.job.push(asked.ticket, version).await?)
    }

    /// The group of an account that allows the change.
    fn group(&self, name: &str) -> Result<Group, Failure> {
        let group = Group::new(self.accounts.connect(name)?, self.accounts.facts(name)?, 0);
        group.check(&self.change)?;
        if self.only_to_trash {
            refuse_without_trash(&group.account)?;
        }
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

/// Refuses an account where deleted tickets are in no trash.
pub(crate) fn refuse_without_trash(account: &Account) -> Result<(), Failure> {
    let info = account.tickets.info();
    let why = match Change::Delete.removal(info) {
        Some(Removal::Trash { .. }) | None => return Ok(()),
        Some(Removal::Permanent) => "deletes tickets permanently",
        Some(_) => "does not document a trash",
    };
    let message = format!(
        "{} {why}, so --trash is refused; nothing was deleted",
        info.title
    );
    Err(Failure::refused(message).at(text::line(&account.name)))
}
