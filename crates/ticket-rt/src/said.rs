//! What RT says of changes, in English prose with status 200: one sentence for each change that was made, and one for
//! each that was refused.
//!
//! Only sentences that were observed prove anything. They are localised, so the client asks for English.

use serde_json::Value;
use ticket_core::{Effect, Error, ErrorKind, Operation, Outcome, TicketId, TicketPatch};

use crate::info::ID;

/// Why a sentence is not what was asked for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Sentence<'a> {
    /// `Ticket 9: Ticket deleted` (observed).
    Deleted(u64),
    /// A field of the ticket was changed: `Ticket 3: Subject changed from 'a' to 'b'` (observed).
    Changed(u64, &'a str),
    /// Anything else.
    Other(&'a str),
}

impl<'a> Sentence<'a> {
    pub(crate) fn of(words: &'a str) -> Self {
        Self::about_ticket(words).unwrap_or(Self::Other(words))
    }

    fn about_ticket(words: &'a str) -> Option<Self> {
        let (number, said) = words.strip_prefix("Ticket ")?.split_once(": ")?;
        let is_number = number.bytes().all(|byte| byte.is_ascii_digit());
        let number: u64 = number.parse().ok().filter(|_| is_number)?;
        if said == "Ticket deleted" {
            return Some(Self::Deleted(number));
        }
        let (field, rest) = said.split_once(" changed from ")?;
        let is_field = ["Subject", "Status", "Priority", "Queue", "Owner"].contains(&field);
        (is_field && rest.contains(" to ")).then_some(Self::Changed(number, field))
    }
}

/// What the reply to an update says.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// The fields of ours that RT says it changed.
    pub(crate) changed: Vec<&'static str>,
    /// Whether it says that it changed a custom field.
    pub(crate) custom: bool,
    /// Its other sentences: refusals.
    pub(crate) refusals: Vec<String>,
    /// Another ticket that it says it changed.
    pub(crate) other: Option<u64>,
}

impl Said {
    pub(crate) fn of(id: &TicketId, patch: &TicketPatch, sentences: &[String]) -> Self {
        let mut said = Self::default();
        for words in sentences {
            match Sentence::of(words) {
                Sentence::Changed(number, field) if number.to_string() == id.as_str() => {
                    said.changed.push(match field {
                        "Subject" => "subject",
                        "Status" => "status",
                        "Priority" => "priority",
                        "Queue" => "category",
                        _ => "assignee",
                    });
                }
                Sentence::Changed(number, _) | Sentence::Deleted(number) => {
                    said.other = Some(number);
                }
                Sentence::Other(words) if is_custom(words, patch) => said.custom = true,
                Sentence::Other(words) => said.refusals.push(words.to_owned()),
            }
        }
        said
    }

    fn has_changed(&self) -> bool {
        self.custom || !self.changed.is_empty()
    }

    /// The error of a reply that refuses something, or that is about another ticket.
    pub(crate) fn objection(&self, id: &TicketId) -> Option<Error> {
        if let Some(other) = self.other {
            let message = format!("the vendor changed ticket {other}, into which {id} is merged");
            return Some(
                Error::new(ErrorKind::Conflict, message)
                    .with_status(200)
                    .with_effect(Effect::Unknown),
            );
        }
        let words = self.refusals.join("; ");
        if words.is_empty() {
            return None;
        }
        let is_denied = is_denied(&words);
        let kind = if is_denied {
            ErrorKind::Forbidden
        } else {
            ErrorKind::Conflict
        };
        let is_known = |words: &String| {
            words.starts_with(&format!("Ticket {id}: ")) || crate::said::is_denied(words)
        };
        let (message, effect) = if self.has_changed() {
            (
                "the vendor refused a part of the update; the other fields are changed",
                Effect::Unknown,
            )
        } else if self.refusals.iter().all(is_known) {
            (
                "the vendor refused the update, although with status 200",
                Effect::None,
            )
        } else {
            (
                "the vendor answered the update in words that confirm nothing",
                Effect::Unknown,
            )
        };
        Some(
            Error::new(kind, message)
                .with_status(200)
                .with_effect(effect)
                .with_vendor_message(&words),
        )
    }
}

/// `Ticket 9: Permission Denied` (observed), and `Permission denied` for custom fields and roles (observed).
fn is_denied(words: &str) -> bool {
    words.to_ascii_lowercase().contains("permission denied")
}

/// Whether a sentence is one of those for a custom field of the patch: `Order A-1 changed to A-2` (observed), `Order A-1
/// added`, `Order A-1 deleted`, `vip added as a value for Labels`, `vip is no longer a value for custom field Labels`
/// (observed).
fn is_custom(words: &str, patch: &TicketPatch) -> bool {
    patch.custom.keys().any(|name| {
        let of_one = words
            .strip_prefix(name.as_str())
            .and_then(|rest| rest.strip_prefix(' '));
        let is_of_one = of_one.is_some_and(|rest| {
            rest.contains(" changed to ") || rest.ends_with("added") || rest.ends_with("deleted")
        });
        is_of_one
            || words.ends_with(&format!(" added as a value for {name}"))
            || words.ends_with(&format!(" is no longer a value for custom field {name}"))
    })
}

/// What a row of the reply to a bulk delete says of a ticket, and another ticket that it says was deleted.
pub(crate) fn of_delete(id: &TicketId, row: &[Value]) -> (Outcome, Option<u64>) {
    let words: Option<Vec<&str>> = row.iter().skip(1).map(Value::as_str).collect();
    let error = |kind, message: &str| {
        let error = Error::new(kind, message).with_status(200);
        error.in_operation(ID, Operation::Delete).on_ticket(id)
    };
    let Some(words) = words else {
        let message = "the vendor's reply about the ticket cannot be read";
        return (
            Outcome::Unknown(error(ErrorKind::BadResponse, message)),
            None,
        );
    };
    let outcome = match words.as_slice() {
        [words] => match Sentence::of(words) {
            Sentence::Deleted(number) if number.to_string() == id.as_str() => Outcome::Done,
            Sentence::Deleted(number) => {
                let message = format!(
                    "the ticket is merged into {number}, which the vendor deleted in its place"
                );
                return (
                    Outcome::Failed(error(ErrorKind::Conflict, &message)),
                    Some(number),
                );
            }
            Sentence::Other("Resource does not exist") => Outcome::NotFound(
                error(ErrorKind::NotFound, "no such ticket").with_vendor_message(words),
            ),
            _ => Outcome::Failed(refusal(error, words)),
        },
        // Nothing was changed: mostly, it was deleted before (observed). A read tells.
        [] => {
            let message = "the vendor deleted nothing; the ticket may be deleted already";
            Outcome::NotFound(error(ErrorKind::NotFound, message))
        }
        several => {
            Outcome::Unknown(refusal(error, &several.join("; ")).with_effect(Effect::Unknown))
        }
    };
    (outcome, None)
}

/// The ticket that a row says was deleted.
pub(crate) fn deleted(row: &[Value]) -> Option<u64> {
    row.iter()
        .filter_map(Value::as_str)
        .find_map(|words| match Sentence::of(words) {
            Sentence::Deleted(number) => Some(number),
            _ => None,
        })
}

fn refusal(error: impl Fn(ErrorKind, &str) -> Error, words: &str) -> Error {
    let kind = if is_denied(words) {
        ErrorKind::Forbidden
    } else {
        ErrorKind::Conflict
    };
    error(kind, "the vendor refused, although with status 200").with_vendor_message(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentence_proves_a_change_only_in_the_observed_words() {
        for (words, expected) in [
            ("Ticket 9: Ticket deleted", Sentence::Deleted(9)),
            (
                "Ticket 3: Subject changed from 'a' to 'b'",
                Sentence::Changed(3, "Subject"),
            ),
            (
                "Ticket 3: Queue changed from General to Billing",
                Sentence::Changed(3, "Queue"),
            ),
            (
                "Ticket 9: Permission Denied",
                Sentence::Other("Ticket 9: Permission Denied"),
            ),
            (
                "Ticket 9: Ticket deleted?",
                Sentence::Other("Ticket 9: Ticket deleted?"),
            ),
            (
                "Ticket +9: Ticket deleted",
                Sentence::Other("Ticket +9: Ticket deleted"),
            ),
            ("Ticket gelöscht", Sentence::Other("Ticket gelöscht")),
            (
                "Ticket 3: Status 'x changed from y to z' isn't a valid status for this ticket.",
                Sentence::Other(
                    "Ticket 3: Status 'x changed from y to z' isn't a valid status for this ticket.",
                ),
            ),
        ] {
            assert_eq!(Sentence::of(words), expected);
        }
    }
}
