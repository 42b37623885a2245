//! The tickets of a vendor in a test.

use serde_json::Value;

/// Tickets as the vendor's JSON, in order of creation. Ids are `1`, `2`, `3` and so on; none is used twice.
#[derive(Clone, Debug, Default)]
pub struct TicketStore {
    tickets: Vec<(String, Value)>,
    made: usize,
}

impl TicketStore {
    /// Adds the ticket that `ticket` creates from the new id, and returns the id.
    pub fn add(&mut self, ticket: impl FnOnce(&str) -> Value) -> String {
        self.made += 1;
        let id = self.made.to_string();
        self.tickets.push((id.clone(), ticket(&id)));
        id
    }

    /// The ticket with this id.
    pub fn get(&self, id: &str) -> Option<&Value> {
        let (_, ticket) = self.tickets.iter().find(|(known, _)| known == id)?;
        Some(ticket)
    }

    /// The ticket with this id, for changes.
    pub fn get_mut(&mut self, id: &str) -> Option<&mut Value> {
        let (_, ticket) = self.tickets.iter_mut().find(|(known, _)| known == id)?;
        Some(ticket)
    }

    /// Removes the ticket.
    pub fn remove(&mut self, id: &str) -> Option<Value> {
        let at = self.tickets.iter().position(|(known, _)| known == id)?;
        Some(self.tickets.remove(at).1)
    }

    /// All tickets, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = &Value> {
        self.tickets.iter().map(|(_, ticket)| ticket)
    }

    /// The number of tickets.
    pub fn len(&self) -> usize {
        self.tickets.len()
    }

    /// Whether there are no tickets.
    pub fn is_empty(&self) -> bool {
        self.tickets.is_empty()
    }
}
