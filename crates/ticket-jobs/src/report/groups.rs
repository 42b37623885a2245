//! Tickets that are not as the change leaves them, grouped by reason.

use std::collections::HashMap;

use ticket_core::model::bounded;
use ticket_core::{Error, ErrorKind};

use super::model::{Exception, Named, TicketRow};

/// How many tickets of a group are named.
pub(super) const NAMED: usize = 100;

/// How many groups there are at most, but for those of further messages: a vendor can say something new each time.
const GROUPS: usize = 200;

/// The longest subject and message.
const LONGEST: usize = 300;

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Reason {
    account: String,
    outcome: &'static str,
    kind: Option<ErrorKind>,
    message: Option<String>,
    vendor_message: Option<String>,
}

/// The groups so far.
#[derive(Debug, Default)]
pub(super) struct Groups {
    groups: HashMap<Reason, Exception>,
}

impl Groups {
    /// Adds a ticket. `id` is that of the vendor.
    pub(super) fn push(
        &mut self,
        account: &str,
        id: &str,
        outcome: &'static str,
        row: &TicketRow,
        error: Option<&Error>,
    ) {
        let message = error.map_or(row.evidence.as_str(), Error::message);
        let vendor_message = error.and_then(Error::vendor_message);
        let mut reason = Reason {
            account: account.to_owned(),
            outcome,
            kind: row.kind,
            message: Some(without_id(&bounded(message, LONGEST), id)),
            vendor_message: vendor_message.map(|message| without_id(message, id)),
        };
        if self.groups.len() >= GROUPS && !self.groups.contains_key(&reason) {
            reason.message = None;
            reason.vendor_message = None;
        }
        let group = self.groups.entry(reason.clone()).or_insert_with(|| {
            let Reason {
                account,
                outcome,
                kind,
                message,
                vendor_message,
            } = reason;
            Exception {
                account,
                outcome: outcome.to_owned(),
                kind,
                message,
                vendor_message,
                count: 0,
                first: Vec::new(),
            }
        });
        group.count += 1;
        if group.first.len() < NAMED {
            let subject = row.subject.as_deref();
            group.first.push(Named {
                place: row.place,
                ticket: row.ticket.clone(),
                subject: subject.map(|subject| bounded(subject, LONGEST)),
            });
        }
    }

    /// The groups, the worst outcome first, then the largest.
    pub(super) fn finish(self) -> Vec<Exception> {
        let mut groups: Vec<_> = self.groups.into_values().collect();
        let place = |group: &Exception| group.first.first().map(|first| first.place);
        groups.sort_by(|one, other| {
            severity(&one.outcome)
                .cmp(&severity(&other.outcome))
                .then(other.count.cmp(&one.count))
                .then(place(one).cmp(&place(other)))
        });
        groups
    }
}

/// How bad an outcome is: 0 is the worst.
pub(super) fn severity(outcome: &str) -> usize {
    const ORDER: [&str; 6] = [
        "unknown",
        "in_doubt",
        "failed",
        "not_found",
        "unattempted",
        "open",
    ];
    let place = ORDER.iter().position(|name| *name == outcome);
    place.unwrap_or(ORDER.len())
}

/// The text with `…` in place of an id that stands for itself.
fn without_id(text: &str, id: &str) -> String {
    if id.is_empty() {
        return text.to_owned();
    }
    let mut parts = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(id) {
        let (before, found) = rest.split_at(at);
        let after = found.get(id.len()..).unwrap_or_default();
        let is_inside = before.ends_with(char::is_alphanumeric)
            || (before.is_empty() && parts.ends_with(char::is_alphanumeric))
            || after.starts_with(char::is_alphanumeric);
        parts.push_str(before);
        parts.push_str(if is_inside { id } else { "…" });
        rest = after;
    }
    parts + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn id_is_taken_out_of_a_message_only_where_it_stands_for_itself() {
        let text = "ticket 12 (12) is locked by 123, 412 and 12a";
        let expected = "ticket … (…) is locked by 123, 412 and 12a";
        assert_eq!(without_id(text, "12"), expected);
        assert_eq!(without_id("", "12"), "");
        assert_eq!(without_id("1212", "12"), "1212");
    }
}
