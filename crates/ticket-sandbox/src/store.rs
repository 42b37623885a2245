//! The tickets of one vendor, stored so that 100,000 of them are cheap to keep and to list.
//!
//! Wire formats are in the vendors' modules.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value};

use crate::calendar::Date;
use crate::ticket::{
    AttachmentRecord, MessageKind, MessageRecord, TicketRecord, TicketSeed, TicketState,
};

/// A stored ticket.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent properties with names, not states"
)]
#[derive(Debug, Clone)]
pub(crate) struct Ticket {
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) description: String,
    pub(crate) closed: bool,
    pub(crate) owned_by_other: bool,
    pub(crate) locked: bool,
    /// Whether it is in the trash. Then it is in no list, and everything else of it is kept.
    pub(crate) deleted: bool,
    pub(crate) created: Date,
    /// The vendor's fields that differ from those of a new ticket of that date. Usually few.
    pub(crate) changes: Map<String, Value>,
    pub(crate) messages: Vec<Message>,
    pub(crate) attachments: Vec<AttachmentRecord>,
    /// The vendor's log of the ticket, oldest first. Empty at vendors that show none.
    pub(crate) log: Vec<LogEntry>,
    pub(crate) created_from: Option<Value>,
}

/// An entry of a vendor's log of a ticket: a change, or that there is a message.
#[derive(Debug, Clone)]
pub(crate) struct LogEntry {
    /// Of the same sequence as the numbers of messages. The entry of a message has the message's number.
    pub(crate) number: u64,
    /// The vendor's word for it.
    pub(crate) kind: &'static str,
    pub(crate) date: Date,
    /// What the vendor says of it, by the vendor's names.
    pub(crate) fields: Map<String, Value>,
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) number: u64,
    pub(crate) kind: MessageKind,
    pub(crate) text: String,
    pub(crate) date: Date,
}

impl Ticket {
    pub(crate) fn state(&self) -> TicketState {
        TicketState {
            id: self.id.clone(),
            subject: self.subject.clone(),
            closed: self.closed,
            owned_by_other: self.owned_by_other,
            deleted: self.deleted,
        }
    }

    /// The public record of the ticket, with all of the vendor's fields.
    pub(crate) fn record(&self, attributes: Map<String, Value>) -> TicketRecord {
        let message = |message: &Message| MessageRecord {
            id: message.number.to_string(),
            kind: message.kind,
            text: message.text.clone(),
        };
        TicketRecord {
            id: self.id.clone(),
            subject: self.subject.clone(),
            description: self.description.clone(),
            closed: self.closed,
            owned_by_other: self.owned_by_other,
            locked: self.locked,
            deleted: self.deleted,
            attributes,
            messages: self.messages.iter().map(message).collect(),
            attachments: self.attachments.clone(),
            created_from: self.created_from.clone(),
        }
    }
}

/// The list that contains a ticket, and the ticket's rank there; `None` if it is in no list. Not asked about tickets in
/// the trash. Tickets of the same rank are in order of creation.
pub(crate) type Place = fn(&Ticket) -> Option<(List, u64)>;

/// The lists that a vendor can have. A vendor with a single list uses `Open` for all tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Open,
    Closed,
}

/// A ticket's rank in its list and its age.
pub(crate) type Rank = (u64, u64);

/// A ticket as it was or will be; without a ticket where there is none.
#[derive(Debug)]
pub(crate) struct Version {
    id: String,
    age: u64,
    ticket: Option<Box<Ticket>>,
}

impl Version {
    pub(crate) fn is_ticket(&self) -> bool {
        self.ticket.is_some()
    }

    /// Whether there is no ticket, or one in the trash.
    pub(crate) fn is_deleted(&self) -> bool {
        self.ticket.as_ref().is_none_or(|ticket| ticket.deleted)
    }

    pub(crate) fn into_id(self) -> String {
        self.id
    }
}

/// Tickets by id, in order of creation and in the vendor's lists, with the next free numbers.
#[derive(Debug)]
pub(crate) struct Store {
    by_id: HashMap<String, u64>,
    /// The ids that are numbers.
    numbers: BTreeSet<u64>,
    /// Boxed, because a tree that grows only at its end leaves half of its slots empty.
    by_age: BTreeMap<u64, Box<Ticket>>,
    open: Vec<Rank>,
    closed: Vec<Rank>,
    place: Place,
    next_age: u64,
    first_number: u64,
    next_number: u64,
    next_message: u64,
    /// Whether a new ticket gets the highest id plus 1, even if a deleted ticket had it.
    pub(crate) reuses_ids: bool,
    /// The ids of merged tickets and the tickets they were merged into.
    merged: BTreeMap<String, String>,
    /// The ids removed, or moved to the trash, since the last call of `take_removed`.
    removed: Vec<String>,
    /// What has changed since the start of the recording, as it was before; `None` if it is not recorded.
    recorded: Option<Vec<Version>>,
}

impl Store {
    pub(crate) fn new(first_number: u64, first_message: u64, place: Place) -> Self {
        Self {
            by_id: HashMap::new(),
            numbers: BTreeSet::new(),
            by_age: BTreeMap::new(),
            open: Vec::new(),
            closed: Vec::new(),
            place,
            next_age: 0,
            first_number,
            next_number: first_number,
            next_message: first_message,
            reuses_ids: false,
            merged: BTreeMap::new(),
            removed: Vec::new(),
            recorded: None,
        }
    }

    /// Returns a number that this store has not used yet, or with `reuses_ids` does not use now.
    fn fresh_number(&mut self) -> u64 {
        if self.reuses_ids {
            let highest = self.numbers.last();
            return highest.map_or(self.first_number, |id| id.saturating_add(1));
        }
        while self.by_id.contains_key(&self.next_number.to_string()) {
            self.next_number += 1;
        }
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// Creates a ticket from the seed, with the seed's id or the next free number. Does not insert it.
    pub(crate) fn ticket(&mut self, seed: TicketSeed, created: Date) -> Ticket {
        Ticket {
            id: seed.id.unwrap_or_else(|| self.fresh_number().to_string()),
            subject: seed.subject,
            description: seed.description,
            closed: seed.closed,
            owned_by_other: seed.owned_by_other,
            locked: seed.locked,
            deleted: false,
            created,
            changes: seed.attributes,
            messages: Vec::new(),
            attachments: Vec::new(),
            log: Vec::new(),
            created_from: None,
        }
    }

    /// The next free number of a message or of an entry of a log.
    pub(crate) fn message_number(&mut self) -> u64 {
        self.next_message += 1;
        self.next_message - 1
    }

    /// Creates a message with the next free number. Does not add it to a ticket.
    pub(crate) fn message(&mut self, kind: MessageKind, text: &str, date: Date) -> Message {
        Message {
            number: self.message_number(),
            kind,
            text: text.to_owned(),
            date,
        }
    }

    pub(crate) fn insert(&mut self, ticket: Ticket) {
        if let Some(age) = self.by_id.get(&ticket.id).copied() {
            self.detach(age);
        }
        self.merged.remove(&ticket.id);
        let age = self.next_age;
        self.next_age += 1;
        self.record(&ticket.id, age, None);
        self.attach(age, Box::new(ticket));
    }

    /// The ticket with this id, or the one that it was merged into.
    pub(crate) fn get(&self, id: &str) -> Option<&Ticket> {
        self.by_age.get(&self.age(id)?).map(Box::as_ref)
    }

    /// The ticket with exactly this id.
    pub(crate) fn get_unmerged(&self, id: &str) -> Option<&Ticket> {
        self.by_age.get(self.by_id.get(id)?).map(Box::as_ref)
    }

    /// Changes a ticket and returns it; `None` if no ticket has this id.
    pub(crate) fn change(&mut self, id: &str, change: impl FnOnce(&mut Ticket)) -> Option<&Ticket> {
        let age = self.age(id)?;
        let mut ticket = self.detach(age)?;
        self.record(&ticket.id, age, Some(&ticket));
        change(&mut ticket);
        self.attach(age, ticket);
        self.by_age.get(&age).map(Box::as_ref)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Ticket> {
        let age = self.age(id)?;
        let ticket = self.detach(age)?;
        self.record(&ticket.id, age, Some(&ticket));
        self.removed.push(ticket.id.clone());
        Some(*ticket)
    }

    /// Moves a ticket to the trash and returns it; `None` if no ticket has this id.
    pub(crate) fn trash(&mut self, id: &str, change: impl FnOnce(&mut Ticket)) -> Option<&Ticket> {
        let id = self.get(id)?.id.clone();
        self.removed.push(id.clone());
        self.change(&id, |ticket| {
            ticket.deleted = true;
            change(ticket);
        })
    }

    /// Merges a ticket into another one, or into its neighbour by age. Does nothing if there is no such ticket.
    pub(crate) fn merge(&mut self, id: &str, into: Option<String>) {
        let Some(age) = self.by_id.get(id).copied() else {
            return;
        };
        let next = self.by_age.range(age + 1..).next();
        let neighbour = next.or_else(|| self.by_age.range(..age).next_back());
        let neighbour = neighbour.map(|(_, ticket)| ticket.id.clone());
        let Some(into) = into.or(neighbour) else {
            return;
        };
        if into != id && self.by_id.contains_key(&into) {
            self.detach(age);
            self.merged.insert(id.to_owned(), into);
        }
    }

    /// The ids of the tickets that were removed, or moved to the trash, since the last call.
    pub(crate) fn take_removed(&mut self) -> Vec<String> {
        std::mem::take(&mut self.removed)
    }

    pub(crate) fn start_recording(&mut self) {
        self.recorded = Some(Vec::new());
    }

    /// What has changed since the start of the recording, as it was before, in the order of the changes.
    pub(crate) fn stop_recording(&mut self) -> Vec<Version> {
        self.recorded.take().unwrap_or_default()
    }

    /// Whether the ticket that this is a version of exists.
    pub(crate) fn has(&self, version: &Version) -> bool {
        self.by_age.contains_key(&version.age)
    }

    /// Puts a version in the place of the current one, which is returned. Does nothing if another ticket has the id
    /// now.
    pub(crate) fn swap(&mut self, version: Version) -> Option<Version> {
        let Version { id, age, ticket } = version;
        if self.by_id.get(&id).is_some_and(|current| *current != age) {
            return None;
        }
        let current = self.detach(age);
        if let Some(ticket) = ticket {
            self.attach(age, ticket);
        }
        Some(Version {
            id,
            age,
            ticket: current,
        })
    }

    fn age(&self, id: &str) -> Option<u64> {
        let id = self.merged.get(id).map_or(id, String::as_str);
        self.by_id.get(id).copied()
    }

    fn record(&mut self, id: &str, age: u64, before: Option<&Ticket>) {
        if let Some(recorded) = &mut self.recorded {
            recorded.push(Version {
                id: id.to_owned(),
                age,
                ticket: before.cloned().map(Box::new),
            });
        }
    }

    fn attach(&mut self, age: u64, ticket: Box<Ticket>) {
        self.by_id.insert(ticket.id.clone(), age);
        self.numbers.extend(ticket.id.parse::<u64>());
        self.enlist(age, &ticket);
        self.by_age.insert(age, ticket);
    }

    fn detach(&mut self, age: u64) -> Option<Box<Ticket>> {
        let ticket = self.by_age.remove(&age)?;
        self.by_id.remove(&ticket.id);
        if let Ok(number) = ticket.id.parse() {
            self.numbers.remove(&number);
        }
        self.delist(age, &ticket);
        Some(ticket)
    }

    /// All tickets, oldest first, with those in the trash.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Ticket> {
        self.by_age.values().map(Box::as_ref)
    }

    /// The positions of a list's tickets, starting at this rank. Counting and slicing them is cheap.
    pub(crate) fn list(&self, list: List, from: u64) -> &[Rank] {
        let ranks = match list {
            List::Open => &self.open,
            List::Closed => &self.closed,
        };
        let start = ranks.partition_point(|(rank, _)| *rank < from);
        ranks.get(start..).unwrap_or_default()
    }

    /// The ticket at a position of a list.
    pub(crate) fn at(&self, (_, age): &Rank) -> Option<&Ticket> {
        self.by_age.get(age).map(Box::as_ref)
    }

    fn ranks(&mut self, list: List) -> &mut Vec<Rank> {
        match list {
            List::Open => &mut self.open,
            List::Closed => &mut self.closed,
        }
    }

    fn place_of(&self, ticket: &Ticket) -> Option<(List, u64)> {
        if ticket.deleted {
            None
        } else {
            (self.place)(ticket)
        }
    }

    fn enlist(&mut self, age: u64, ticket: &Ticket) {
        if let Some((list, rank)) = self.place_of(ticket) {
            let ranks = self.ranks(list);
            let place = ranks.partition_point(|known| *known < (rank, age));
            ranks.insert(place, (rank, age));
        }
    }

    fn delist(&mut self, age: u64, ticket: &Ticket) {
        if let Some((list, rank)) = self.place_of(ticket) {
            let ranks = self.ranks(list);
            if let Ok(place) = ranks.binary_search(&(rank, age)) {
                ranks.remove(place);
            }
        }
    }
}
