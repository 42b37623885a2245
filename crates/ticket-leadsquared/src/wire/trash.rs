//! What deletes tickets, and what became of them (page `delete-tickets`).

use std::fmt;

use serde::de::Visitor;
use serde::{Deserialize, Deserializer, Serialize};
use ticket_http::WireId;

use crate::client::number;

/// The body of `PUT …/tickets/trash`: ticket numbers, as texts.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct TrashTickets<'a> {
    pub(crate) ticket_ids: &'a [&'a str],
}

/// The reply of `PUT …/tickets/trash`: ticket numbers, as numbers.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct TrashedTickets {
    /// Those deleted.
    pub successful_ids: Vec<WireId>,
    /// Those not deleted. No reason is given.
    pub failed_ids: Vec<WireId>,
}

/// The same, as far as it is needed to tell what became of each ticket.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct Trashed {
    pub(crate) successful_ids: Vec<TicketNumber>,
    pub(crate) failed_ids: Vec<TicketNumber>,
}

/// A ticket's number, as a number or a text; nothing where it is another text.
#[derive(Clone, Copy)]
pub(crate) struct TicketNumber(pub(crate) Option<u64>);

impl<'de> Deserialize<'de> for TicketNumber {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Number;

        impl Visitor<'_> for Number {
            type Value = TicketNumber;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id, as a text or a whole number")
            }

            fn visit_str<E: serde::de::Error>(
                self,
                text: &str,
            ) -> std::result::Result<TicketNumber, E> {
                Ok(TicketNumber(number(text)))
            }

            fn visit_u64<E: serde::de::Error>(
                self,
                number: u64,
            ) -> std::result::Result<TicketNumber, E> {
                Ok(TicketNumber(Some(number)))
            }

            fn visit_i64<E: serde::de::Error>(
                self,
                _: i64,
            ) -> std::result::Result<TicketNumber, E> {
                Ok(TicketNumber(None))
            }
        }

        deserializer.deserialize_any(Number)
    }
}
