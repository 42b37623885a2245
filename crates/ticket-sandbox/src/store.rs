//! The tickets of one vendor: the true state that a test compares with what a client was told.
//!
//! Not for wire formats: a vendor's module turns a record into what its Get prints.

use std::collections::{BTreeMap, HashMap};

use serde_json::{Map, Value};

/// A ticket as it really is at a vendor.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TicketRecord {
    /// The id that the vendor's calls use: a decimal number, at Sweeppea seven characters.
    pub id: String,
    /// The subject or title.
    pub subject: String,
    /// The text.
    pub description: String,
    /// Whether it is closed (resolved).
    pub closed: bool,
    /// Whether it belongs to somebody else than the owner of the credentials (Sweeppea).
    pub owned_by_other: bool,
    /// Whether the vendor has locked it against deletion (Sweeppea).
    pub locked: bool,
    /// The vendor's other fields, by the vendor's names and in its JSON types.
    pub attributes: Map<String, Value>,
    /// The JSON body of the create call that made it; `None` for seeded and added tickets.
    pub created_from: Option<Value>,
}

/// A ticket to be put at a vendor without a request.
///
/// ```
/// let ticket = ticket_sandbox::TicketSeed::new("Printer on fire").description("Again.").closed();
/// # let _ = ticket;
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TicketSeed {
    id: Option<String>,
    subject: String,
    description: String,
    closed: bool,
    owned_by_other: bool,
    locked: bool,
}

impl TicketSeed {
    /// Makes an open ticket of the owner of the credentials, with this subject.
    pub fn new(subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            ..Self::default()
        }
    }

    /// Gives it this id instead of the next free one; a ticket of the same id is replaced.
    #[must_use]
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Gives it this text.
    #[must_use]
    pub fn description(mut self, description: impl Into<String>) -> Self {
        self.description = description.into();
        self
    }

    /// Makes it closed.
    #[must_use]
    pub fn closed(mut self) -> Self {
        self.closed = true;
        self
    }

    /// Gives it to another user. Only Sweeppea tells tickets apart by their owner.
    #[must_use]
    pub fn owned_by_other(mut self) -> Self {
        self.owned_by_other = true;
        self
    }

    /// Locks it against deletion. Only Sweeppea locks tickets.
    #[must_use]
    pub fn locked(mut self) -> Self {
        self.locked = true;
        self
    }
}

/// Tickets by id and in order of creation, with the next free number.
#[derive(Debug)]
pub(crate) struct Store {
    by_id: HashMap<String, u64>,
    by_age: BTreeMap<u64, TicketRecord>,
    next_age: u64,
    next_number: u64,
}

impl Store {
    pub(crate) fn new(first_number: u64) -> Self {
        Self {
            by_id: HashMap::new(),
            by_age: BTreeMap::new(),
            next_age: 0,
            next_number: first_number,
        }
    }

    /// A number that no ticket of this store has or had from here.
    fn fresh_number(&mut self) -> u64 {
        while self.by_id.contains_key(&self.next_number.to_string()) {
            self.next_number += 1;
        }
        let number = self.next_number;
        self.next_number += 1;
        number
    }

    /// A record of the seed, under its own id or the next free number; not inserted yet, since the
    /// vendor's own fields are still to be filled in.
    pub(crate) fn record(&mut self, seed: TicketSeed) -> TicketRecord {
        TicketRecord {
            id: seed.id.unwrap_or_else(|| self.fresh_number().to_string()),
            subject: seed.subject,
            description: seed.description,
            closed: seed.closed,
            owned_by_other: seed.owned_by_other,
            locked: seed.locked,
            attributes: Map::new(),
            created_from: None,
        }
    }

    pub(crate) fn insert(&mut self, record: TicketRecord) {
        self.remove(&record.id);
        self.by_id.insert(record.id.clone(), self.next_age);
        self.by_age.insert(self.next_age, record);
        self.next_age += 1;
    }

    pub(crate) fn get(&self, id: &str) -> Option<&TicketRecord> {
        self.by_age.get(self.by_id.get(id)?)
    }

    pub(crate) fn remove(&mut self, id: &str) -> Option<TicketRecord> {
        self.by_age.remove(&self.by_id.remove(id)?)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &TicketRecord> {
        self.by_age.values()
    }
}
