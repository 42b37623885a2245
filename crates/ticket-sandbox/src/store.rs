//! The tickets of one vendor, stored so that 100,000 of them are cheap to keep and to list.
//!
//! Wire formats are in the vendors' modules.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

use crate::calendar::Date;
use crate::ticket::{AttachmentRecord, MessageKind, MessageRecord, TicketRecord, TicketSeed};

/// A stored ticket.
#[derive(Debug)]
pub(crate) struct Ticket {
    pub(crate) id: String,
    pub(crate) subject: String,
    pub(crate) description: String,
    pub(crate) closed: bool,
    pub(crate) owned_by_other: bool,
    pub(crate) locked: bool,
    pub(crate) created: Date,
    /// The vendor's fields that differ from those of a new ticket of that date. Usually few.
    pub(crate) changes: Map<String, Value>,
    pub(crate) messages: Vec<Message>,
    pub(crate) attachments: Vec<AttachmentRecord>,
    pub(crate) created_from: Option<Value>,
}

#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) number: u64,
    pub(crate) kind: MessageKind,
    pub(crate) text: String,
    pub(crate) date: Date,
}

impl Ticket {
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
            attributes,
            messages: self.messages.iter().map(message).collect(),
            attachments: self.attachments.clone(),
            created_from: self.created_from.clone(),
        }
    }
}

/// The list that contains a ticket, and the ticket's rank there; `None` if it is in no list. Tickets of the same rank
/// are in order of creation.
pub(crate) type Place = fn(&Ticket) -> Option<(List, u64)>;

/// The lists that a vendor can have. A vendor with a single list uses `Open` for all tickets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum List {
    Open,
    Closed,
}

/// A ticket's rank in its list and its age.
pub(crate) type Rank = (u64, u64);

/// Tickets by id, in order of creation and in the vendor's lists, with the next free numbers.
#[derive(Debug)]
pub(crate) struct Store {
    by_id: HashMap<String, u64>,
    /// Boxed, because a tree that grows only at its end leaves half of its slots empty.
    by_age: BTreeMap<u64, Box<Ticket>>,
    open: Vec<Rank>,
    closed: Vec<Rank>,
    place: Place,
    next_age: u64,
    next_number: u64,
    next_message: u64,
}

impl Store {
    pub(crate) fn new(first_number: u64, first_message: u64, place: Place) -> Self {
        Self {
            by_id: HashMap::new(),
            by_age: BTreeMap::new(),
            open: Vec::new(),
            closed: Vec::new(),
            place,
            next_age: 0,
            next_number: first_number,
            next_message: first_message,
        }
    }

    /// Returns a number that this store has not used yet.
    fn fresh_number(&mut self) -> u64 {
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
            created,
            changes: seed.attributes,
            messages: Vec::new(),
            attachments: Vec::new(),
            created_from: None,
        }
    }

    /// Creates a message with the next free number. Does not add it to a ticket.
    pub(crate) fn message(&mut self, kind: MessageKind, text: &str, date: Date) -> Message {
        self.next_message += 1;
        Message {
            number: self.next_message - 1,
            kind,
            text: text.to_owned(),
            date,
        }
    }

    pub(crate) fn insert(&mut self, ticket: Ticket) {
        self.remove(&ticket.id);
        let age = self.next_age;
        self.next_age += 1;
        self.by_id.insert(ticket.id.clone(), age);
        self.enlist(age, &ticket);
        self.by_age.insert(age, Box::new(ticket));
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Ticket> {
        self.by_age.get(self.by_id.get(id)?).map(Box::as_ref)
    }

    /// Changes a ticket and returns it; `None` if no ticket has this id.
    pub(crate) fn change(&mut self, id: &str, change: impl FnOnce(&mut Ticket)) -> Option<&Ticket> {
        let age = *self.by_id.get(id)?;
        let mut ticket = self.by_age.remove(&age)?;
        self.delist(age, &ticket);
        change(&mut ticket);
        self.enlist(age, &ticket);
        Some(self.by_age.entry(age).or_insert(ticket))
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<Ticket> {
        let age = self.by_id.remove(id)?;
        let ticket = self.by_age.remove(&age)?;
        self.delist(age, &ticket);
        Some(*ticket)
    }

    /// All tickets, oldest first.
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

    fn enlist(&mut self, age: u64, ticket: &Ticket) {
        if let Some((list, rank)) = (self.place)(ticket) {
            let ranks = self.ranks(list);
            let place = ranks.partition_point(|known| *known < (rank, age));
            ranks.insert(place, (rank, age));
        }
    }

    fn delist(&mut self, age: u64, ticket: &Ticket) {
        if let Some((list, rank)) = (self.place)(ticket) {
            let ranks = self.ranks(list);
            if let Ok(place) = ranks.binary_search(&(rank, age)) {
                ranks.remove(place);
            }
        }
    }
}
