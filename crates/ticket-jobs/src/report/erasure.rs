//! What an erasure came to: what is counted of its tickets, and what is told of it.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::numbers::counted;
use crate::clock::later;
use crate::erase::{Fate, Tally};
use crate::model::{AccountSearch, Erasure, Job, JobTicket, PersonHash};

/// What nobody looks at who reads tickets at their vendors.
const NOT_LOOKED_AT: [&str; 4] = [
    "mail that tickets came by or were answered with",
    "backups",
    "the vendors' logs",
    "other systems that tickets were copied to",
];

/// What an erasure came to.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ErasureFacts {
    /// Whether each ticket that was found is erased, and each account was searched.
    pub complete: bool,
    /// How many distinct tickets have which fate, such as `erased` or `in_trash`: see [`Fate`].
    pub fates: BTreeMap<String, u64>,
    /// The accounts: how each was searched, and what became of what was found.
    pub accounts: Vec<ErasureAccount>,
    /// The people that were asked for, in their order.
    pub people: Vec<ErasurePerson>,
    /// Which key made the keyed hashes of people.
    pub key: String,
    /// How long after the last outcome tickets are looked at again, in seconds.
    pub look_again_after_s: u64,
    /// When the first one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_again_from: Option<Timestamp>,
    /// When the last one was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub looked_again_until: Option<Timestamp>,
    /// The folder of the archive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub archive: Option<String>,
    /// How long the archive may keep a ticket, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep_archive_s: Option<u64>,
    /// When the last ticket that was archived has to be pruned from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prune_archive_by: Option<Timestamp>,
    /// What was not looked at, in words.
    pub not_looked_at: Vec<String>,
}

/// An account of an erasure.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ErasureAccount {
    /// How it was searched.
    pub search: AccountSearch,
    /// How many of its tickets have which fate.
    pub fates: BTreeMap<String, u64>,
    /// How many of them the vendor has, as far as is known.
    pub still_at_vendor: u64,
    /// Until when the last of them is in the vendor's trash, if each that is there has a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_trash_until: Option<Timestamp>,
}

/// A person of an erasure.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[non_exhaustive]
pub struct ErasurePerson {
    /// Who: a keyed hash.
    #[cfg_attr(feature = "schema", schemars(with = "String"))]
    pub person: PersonHash,
    /// How many of their tickets have which fate; empty if none was found.
    pub fates: BTreeMap<String, u64>,
    /// Until when the last of them is in a vendor's trash, if each that is there has a limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub in_trash_until: Option<Timestamp>,
}

/// What is counted of the tickets for that.
#[derive(Debug, Default)]
pub(super) struct Counted {
    all: Tally,
    by_account: HashMap<String, (Tally, u64)>,
    by_person: HashMap<PersonHash, Tally>,
    looked_from: Option<Timestamp>,
    looked_until: Option<Timestamp>,
    archived_at: Option<Timestamp>,
}

impl Counted {
    /// Counts a distinct ticket.
    pub(super) fn add(&mut self, ticket: &JobTicket, fate: Fate) {
        self.all.add(fate);
        if !self.by_account.contains_key(&ticket.account) {
            let none = Default::default();
            self.by_account.insert(ticket.account.clone(), none);
        }
        if let Some((tally, still)) = self.by_account.get_mut(&ticket.account) {
            tally.add(fate);
            *still += u64::from(fate.is_at_vendor());
        }
        for person in &ticket.people {
            self.by_person.entry(*person).or_default().add(fate);
        }
        if let Some(looked) = &ticket.looked_again {
            let from = self.looked_from.unwrap_or(looked.at);
            self.looked_from = Some(from.min(looked.at));
            self.looked_until = self.looked_until.max(Some(looked.at));
        }
        let archived_at = ticket.archived.as_ref().map(|archived| archived.at);
        self.archived_at = self.archived_at.max(archived_at);
    }

    pub(super) fn finish(mut self, job: &Job, erasure: &Erasure) -> ErasureFacts {
        let is_searched = erasure.searches.iter().all(AccountSearch::is_complete);
        let accounts = erasure.searches.iter().map(|search| {
            let (tally, still_at_vendor) =
                self.by_account.remove(&search.account).unwrap_or_default();
            ErasureAccount {
                search: search.clone(),
                fates: words(&tally),
                still_at_vendor,
                in_trash_until: tally.in_trash_until,
            }
        });
        let accounts = accounts.collect();
        let people = erasure.people.iter().map(|person| {
            let tally = self.by_person.remove(person).unwrap_or_default();
            ErasurePerson {
                person: *person,
                fates: words(&tally),
                in_trash_until: tally.in_trash_until,
            }
        });
        let keep = erasure.keep_archive;
        ErasureFacts {
            complete: job.state.is_over() && is_searched && self.all.is_erased(),
            accounts,
            people: people.collect(),
            fates: words(&self.all),
            key: erasure.key.clone(),
            look_again_after_s: erasure.look_again_after.as_secs(),
            looked_again_from: self.looked_from,
            looked_again_until: self.looked_until,
            archive: job
                .guards
                .archive
                .as_ref()
                .map(|archive| archive.folder.clone()),
            keep_archive_s: keep.map(|keep| keep.as_secs()),
            prune_archive_by: self.archived_at.zip(keep).map(|(at, keep)| later(at, keep)),
            not_looked_at: NOT_LOOKED_AT.map(str::to_owned).to_vec(),
        }
    }
}

fn words(tally: &Tally) -> BTreeMap<String, u64> {
    let fates = tally.fates.iter();
    fates
        .map(|(fate, count)| ((*fate).to_owned(), *count))
        .collect()
}

/// What is missing of an erasure, in sentences, the gravest first.
pub(super) fn sentences(erasure: &ErasureFacts) -> Vec<String> {
    let mut found = Vec::new();
    for account in &erasure.accounts {
        let search = &account.search;
        let name = &search.account;
        if let Some(why) = &search.not_searched {
            found.push(format!(
                "{name} was not searched, or not to its end: {why}."
            ));
        }
        if search.undecided > 0 {
            let tickets = counted(search.undecided, "ticket");
            found.push(format!(
                "{tickets} of {name}: nobody knows whose, since they could not be read or the vendor does not tell."
            ));
        }
    }
    let mut say = |fate: &str, words: &str| {
        if let Some(count) = erasure.fates.get(fate) {
            found.push(format!("{} {words}", counted(*count, "ticket")));
        }
    };
    say(
        "still_there",
        "said to be deleted or gone, but there when looked at again.",
    );
    say(
        "not_confirmed",
        "said to be deleted or gone, which the look after the pause could not confirm.",
    );
    say(
        "not_looked_at_again",
        "said to be deleted or gone, and not looked at again yet: not erased as far as is known.",
    );
    say(
        "undocumented",
        "gone, but the vendor does not document whether it keeps a copy.",
    );
    say(
        "already_gone",
        "gone before a delete of this job was confirmed: nobody knows whether for good.",
    );
    if let (Some(archive), Some(by)) = (&erasure.archive, erasure.prune_archive_by) {
        found.push(format!(
            "The archive {archive} holds what was deleted, until it is pruned: by {by:.0} at the latest."
        ));
    }
    let not_looked_at = erasure.not_looked_at.join("; ");
    found.push(format!("Not looked at: {not_looked_at}."));
    found
}
