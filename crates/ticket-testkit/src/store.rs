//! The tickets of a vendor in a test.

use serde_json::Value;

/// Tickets as the vendor's JSON, in the order in which they were made. Ids are `1`, `2`, `3`, and none is used twice.
#[derive(Clone, Debug, Default)]
pub struct TicketStore {
    tickets: Vec<(String, Value)>,
    made: usize,
}

impl TicketStore {
    /// Adds the ticket that `ticket` makes of its new id, and gives the id.
    pub fn add(&mut self, ticket: impl FnOnce(&str) -> Value) -> String {
        self.made += 1;
        let id = self.made.to_string();
        self.tickets.push((id.clone(), ticket(&id)));
        id
    }

    /// The ticket of this id.
    pub fn get(&self, id: &str) -> Option<&Value> {
        let (_, ticket) = self.tickets.iter().find(|(known, _)| known == id)?;
        Some(ticket)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Value> {
        let (_, ticket) = self.tickets.iter_mut().find(|(known, _)| known == id)?;
        Some(ticket)
    }

    /// Takes the ticket out.
    pub fn remove(&mut self, id: &str) -> Option<Value> {
        let at = self.tickets.iter().position(|(known, _)| known == id)?;
        Some(self.tickets.remove(at).1)
    }

    /// All tickets, the oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.tickets.iter().map(|(_, ticket)| ticket)
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.tickets.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.tickets.is_empty()
    }
}
