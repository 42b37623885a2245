//! Deletes of several tickets: RT's reply has a row for each, with its id and its sentences.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use ticket_core::{
    DeleteReport, DeleteTarget, Error, ErrorKind, Operation, Outcome, Result, TicketId,
};

use crate::client::Rt;
use crate::info::ID;
use crate::said;
use crate::wire;

impl Rt {
    /// Deletes tickets in one call and takes from its reply what became of each.
    pub(crate) async fn delete_batch(&self, targets: &[DeleteTarget]) -> Result<DeleteReport> {
        // A larger number than this is no ticket's.
        let number = |id: &TicketId| id.as_str().parse::<u64>().ok();
        let asked: BTreeSet<u64> = targets
            .iter()
            .filter_map(|target| number(&target.id))
            .collect();
        let rows = if asked.is_empty() {
            Vec::new()
        } else {
            let tickets = asked.iter().copied().map(wire::DeletedTicket::new);
            self.delete_tickets(&tickets.collect::<Vec<_>>()).await?
        };
        let mut others: BTreeSet<u64> = rows
            .iter()
            .filter(|row| row_id(row).is_none_or(|id| !asked.contains(&id)))
            .filter_map(|row| said::deleted(row))
            .collect();
        let rows: BTreeMap<u64, &Vec<Value>> = rows
            .iter()
            .filter_map(|row| Some((row_id(row)?, row)))
            .collect();
        let report = DeleteReport::from_fn(targets, |id| {
            let error = |kind, message| {
                Error::new(kind, message)
                    .in_operation(ID, Operation::Delete)
                    .on_ticket(id)
            };
            let Some(number) = number(id) else {
                let message = "no ticket has such a large number";
                return Outcome::NotFound(error(ErrorKind::NotFound, message));
            };
            let Some(row) = rows.get(&number) else {
                let message = "the vendor's reply does not mention the ticket";
                return Outcome::Unknown(error(ErrorKind::BadResponse, message).with_status(200));
            };
            let (outcome, other) = said::of_delete(id, row);
            others.extend(other);
            outcome
        });
        let others = others.difference(&asked);
        Ok(report.with_unasked(others.map(|other| TicketId::new(other.to_string()))))
    }
}

/// The id that a row begins with, as a number or a text.
fn row_id(row: &[Value]) -> Option<u64> {
    let id = row.first()?;
    id.as_u64().or_else(|| id.as_str()?.parse().ok())
}
