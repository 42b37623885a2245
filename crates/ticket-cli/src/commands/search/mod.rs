//! A search of several accounts at the same time, for `tickets find` and `tickets erase`.
//!
//! `progress.rs` says how far it is, `summary.rs` what was searched, in which way, and what could not be.

mod progress;
mod summary;

use std::collections::{BTreeMap, HashSet};
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt as _};
use ticket_jobs::erase::without_vendor_words;
use tickets::accounts::Account;
use tickets::find::{Counts, Find, Found, How, Way};
use tickets::provider::Removal;
use tickets::{CallContext, Change, Error, ErrorKind, Operation, TicketRef};
use tokio::time::Instant;

use super::bulk;
use crate::accounts::Accounts;
use crate::args::OutputFormat;
use crate::failure::{Exit, Failure};
use crate::interrupt::Interruption;
use crate::status::{Status, say};
use crate::text;

/// How long a call may wait for the account's quota: as long as it takes.
const FOREVER: Duration = Duration::from_secs(365 * 86_400);

/// How many tickets of an account are named that could not be decided.
const NAMED: usize = 3;

/// The accounts that are searched, and what came of it.
pub(super) struct Search {
    find: Find,
    accounts: Vec<Searched>,
    /// The names of accounts at the same system, by what they are at the vendor.
    alike: BTreeMap<String, Vec<String>>,
    /// What stopped it before its end.
    stopped: Option<Exit>,
}

/// An account, and how its search went.
pub(super) struct Searched {
    pub(super) name: String,
    /// Whether it is for an erasure, so that no words of the vendor's are shown: they may name the person.
    of_erasure: bool,
    /// `None` if it cannot be connected.
    pub(super) account: Option<Account>,
    /// `None` if it cannot be searched.
    way: Option<Way>,
    progress: Option<tickets::find::Progress>,
    /// Why it was not searched, or not to its end.
    pub(super) lacking: Option<Lacking>,
    /// Tickets that may be among those looked for: nobody could tell. The first few, and why.
    undecided: Vec<Failure>,
}

/// Why an account was not searched, or not to its end.
pub(super) struct Lacking {
    pub(super) error: Error,
    failure: Failure,
}

type Hits = BoxStream<'static, (usize, Result<Found, Error>)>;

impl Search {
    /// Finds out how each account is searched. Sends nothing.
    ///
    /// `named` are the accounts that were asked for: one of them that cannot be connected ends the command. If there are
    /// none, all accounts that are configured are searched, and what cannot be is told in the summary. An account that does
    /// not allow `change` is not searched.
    pub(super) fn new(
        find: Find,
        named: &[String],
        accounts: &Accounts,
        change: Option<&Change>,
    ) -> Result<Self, Failure> {
        let all = if named.is_empty() {
            accounts.configured()
        } else {
            let mut known = HashSet::new();
            let each = named.iter().filter(|name| known.insert(*name));
            each.cloned().collect()
        };
        if all.is_empty() {
            let hint = "`tickets providers` lists the environment variables; `tickets --help` shows the configuration file";
            return Err(
                Failure::unconfigured("no account is configured; nothing was sent")
                    .hinting(hint.to_owned()),
            );
        }
        let mut searched = Vec::new();
        let mut alike = BTreeMap::<_, Vec<_>>::new();
        for name in all {
            let mut one = Searched::new(name, change.is_some());
            let account = match accounts.connect(&one.name) {
                Ok(account) => account,
                Err(failure) if named.is_empty() => {
                    let error = Error::config(failure.message());
                    one.lacking = Some(Lacking { error, failure });
                    searched.push(one);
                    continue;
                }
                Err(failure) => return Err(failure),
            };
            let allowed = match change {
                Some(change) => accounts.facts(&one.name)?.check(change, 0),
                None => Ok(()),
            };
            match allowed.and_then(|()| find.way(account.tickets.info())) {
                Ok(way) => one.way = Some(way),
                Err(error) => match error.kind() {
                    // What the vendor does not tell is no mistake of whoever asks.
                    ErrorKind::Unsupported => one.lacking = Some(Lacking::of(error, &account)),
                    ErrorKind::Config if named.is_empty() => {
                        one.lacking = Some(Lacking::of(error, &account));
                    }
                    ErrorKind::Config => return Err(account.diagnose(error, None).into()),
                    _ => return Err(error.into()),
                },
            }
            if one.way.is_some() {
                let same = alike.entry(accounts.facts(&one.name)?.key);
                same.or_default().push(one.name.clone());
            }
            one.account = Some(account);
            searched.push(one);
        }
        Ok(Self {
            find,
            accounts: searched,
            alike,
            stopped: None,
        })
    }

    /// The accounts.
    pub(super) fn accounts(&self) -> &[Searched] {
        &self.accounts
    }

    /// Says what a search costs that reads tickets one by one, and which accounts may show the same tickets.
    pub(super) fn say_cost(&self) {
        // Their credentials may show different tickets, so each is searched.
        for names in self.alike.values() {
            if let [others @ .., last] = names.as_slice()
                && !others.is_empty()
            {
                let others: Vec<_> = others.iter().map(|name| text::line(name)).collect();
                say(&format!(
                    "{} and {} are accounts of the same system: a ticket that several of them can see is found under each name",
                    others.join(", "),
                    text::line(last)
                ));
            }
        }
        let costs = self.accounts.iter().filter_map(Searched::cost);
        costs.for_each(|cost| say(&cost));
    }

    /// Searches all accounts, and hands over each ticket as it is found; `None` now and then, while nothing is. A failure of
    /// `take` ends it.
    pub(super) async fn run(
        &mut self,
        interruption: &Interruption,
        format: OutputFormat,
        mut take: impl FnMut(Option<(&Account, Found)>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut hits = stream::select_all(self.start(interruption));
        let mut status = Status::beside_rows(format);
        let result = loop {
            let hit = tokio::select! {
                biased;
                // A search changes nothing, so its replies can be dropped.
                () = interruption.stop.finishing() => {
                    self.stopped = Some(interruption.exit().unwrap_or(Exit::Interrupted));
                    break Ok(());
                }
                () = status.due() => {
                    if status.is_terminal() || !format.is_json() {
                        let counts = self.counts();
                        let lines = counts.iter().map(|(name, counts)| progress::line(name, counts));
                        status.show(lines.collect());
                    } else {
                        self.print_progress();
                    }
                    match take(None) {
                        Ok(()) => continue,
                        Err(failure) => break Err(failure),
                    }
                }
                hit = hits.next() => hit,
            };
            let Some((index, hit)) = hit else {
                break Ok(());
            };
            let Some(searched) = self.accounts.get_mut(index) else {
                continue;
            };
            let Some(account) = &searched.account else {
                continue;
            };
            match hit {
                Ok(found) => {
                    if let Err(failure) = take(Some((account, found))) {
                        break Err(failure);
                    }
                }
                Err(error) => searched.fail(error),
            }
        };
        drop(hits);
        result
    }

    fn start(&mut self, interruption: &Interruption) -> Vec<Hits> {
        let mut context = CallContext::new().stop(interruption.stop.clone());
        context.deadline = Instant::now().checked_add(FOREVER);
        let mut all: Vec<Hits> = Vec::new();
        for (index, searched) in self.accounts.iter_mut().enumerate() {
            if let (Some(account), Some(_)) = (&searched.account, &searched.way) {
                let search = self.find.run(&account.tickets.with(context.clone()));
                searched.progress = Some(search.progress());
                all.push(search.map(move |hit| (index, hit)).boxed());
            }
        }
        all
    }

    /// How far each account is that is searched.
    fn counts(&self) -> Vec<(&str, Counts)> {
        let accounts = self.accounts.iter();
        accounts
            .filter_map(|one| Some((one.name.as_str(), one.counts()?)))
            .collect()
    }

    /// How many tickets were found.
    pub(super) fn found(&self) -> usize {
        self.counts().iter().map(|(_, counts)| counts.found).sum()
    }

    /// Whether each account was searched to its end.
    pub(super) fn is_complete(&self) -> bool {
        self.stopped.is_none() && self.accounts.iter().all(Searched::is_complete)
    }

    /// Whether there is an account that cannot be searched at all.
    pub(super) fn has_unsearchable(&self) -> bool {
        let kinds = self
            .accounts
            .iter()
            .filter_map(|one| Some(one.lacking.as_ref()?.error.kind()));
        kinds.into_iter().any(|kind| kind == ErrorKind::Unsupported)
    }

    /// Whether it was stopped before its end.
    pub(super) const fn is_stopped(&self) -> bool {
        self.stopped.is_some()
    }

    /// The exit code of a search.
    pub(super) fn exit(&self) -> Exit {
        match self.stopped {
            Some(exit) => exit,
            None if self.is_complete() => Exit::Done,
            None => Exit::Incomplete,
        }
    }
}

impl Searched {
    const fn new(name: String, of_erasure: bool) -> Self {
        Self {
            name,
            of_erasure,
            account: None,
            way: None,
            progress: None,
            lacking: None,
            undecided: Vec::new(),
        }
    }

    /// Takes an error: of one ticket, or the one that ended the search.
    fn fail(&mut self, error: Error) {
        let Some(account) = &self.account else {
            return;
        };
        let error = if self.of_erasure {
            without_vendor_words(&error)
        } else {
            error
        };
        let Some(ticket) = error.ticket().cloned() else {
            self.lacking = Some(Lacking::of(error, account));
            return;
        };
        if self.undecided.len() < NAMED {
            let ticket = TicketRef::new(self.name.clone(), ticket);
            let failure = account.diagnose(error, Some(&ticket)).into();
            self.undecided.push(failure);
        }
    }

    /// How far it is; `None` if it is not searched.
    pub(super) fn counts(&self) -> Option<Counts> {
        Some(self.progress.as_ref()?.counts())
    }

    fn is_complete(&self) -> bool {
        // A ticket in the trash is still at the vendor, so an erasure needs it.
        let lacks_trash = self.of_erasure && self.note().is_some();
        let decided = self.counts().is_some_and(|counts| counts.undecided == 0);
        self.lacking.is_none() && decided && !lacks_trash
    }

    /// What a complete search does not find either.
    pub(super) fn note(&self) -> Option<&'static str> {
        let capabilities = &self.account.as_ref()?.tickets.info().capabilities;
        let delete = capabilities.support(Operation::Delete)?;
        let has_trash = matches!(delete.removal, Removal::Trash { .. });
        (has_trash && self.way.is_some())
            .then_some("tickets that are in the vendor's trash already were not searched")
    }

    /// What its search costs, if that reads tickets one by one.
    fn cost(&self) -> Option<String> {
        let (what, operation) = match self.way.as_ref()?.most() {
            How::Read => ("each ticket", Operation::Get),
            How::Conversation => ("the conversation of each ticket", Operation::Messages),
            _ => return None,
        };
        let quota = bulk::in_words(self.account.as_ref()?.tickets.limits(), operation);
        Some(format!(
            "{}: this reads {what} that the list does not rule out; quota: {quota}",
            text::line(&self.name)
        ))
    }
}

impl Lacking {
    fn of(error: Error, account: &Account) -> Self {
        Self {
            failure: account.diagnose(error.clone(), None).into(),
            error,
        }
    }
}
