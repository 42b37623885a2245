//! `account:id`: references to tickets across accounts.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::model::ticket::TicketId;

/// A ticket of one of several accounts, written `account:id`.
///
/// The id may hold colons itself; the account may not.
///
/// ```
/// use ticket_core::TicketRef;
///
/// let ticket: TicketRef = "leadsquared:160".parse()?;
/// assert_eq!((ticket.account.as_str(), ticket.id.as_str()), ("leadsquared", "160"));
/// assert_eq!(ticket.to_string(), "leadsquared:160");
/// # Ok::<(), ticket_core::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub struct TicketRef {
    /// The account's name.
    pub account: String,
    /// The ticket's id there.
    pub id: TicketId,
}

impl TicketRef {
    /// The ticket `id` of `account`.
    pub fn new(account: impl Into<String>, id: impl Into<TicketId>) -> Self {
        Self {
            account: account.into(),
            id: id.into(),
        }
    }

    /// Parses `account:id`, or returns a message. `FromStr` returns the message as an
    /// [`Error`](crate::Error).
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        match text.trim().split_once(':') {
            Some((account, id)) if !account.trim().is_empty() && !id.trim().is_empty() => {
                Ok(Self::new(account.trim(), id.trim()))
            }
            _ => Err(format!(
                "\"{text}\" is not a ticket reference; use ACCOUNT:ID, e.g. onecloud:121"
            )),
        }
    }
}

impl fmt::Display for TicketRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.account, self.id)
    }
}

impl Serialize for TicketRef {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TicketRef {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::read(&text).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_first_colon_divides_and_white_space_around_is_no_part() {
        for (text, account, id) in [
            ("onecloud:121", "onecloud", "121"),
            ("desk:a:b", "desk", "a:b"),
            ("desk::b", "desk", ":b"),
            ("desk:121:", "desk", "121:"),
            (" desk : 121\n", "desk", "121"),
            ("\tdesk:a : b ", "desk", "a : b"),
        ] {
            let ticket: TicketRef = text.parse().unwrap();
            assert_eq!((ticket.account.as_str(), ticket.id.as_str()), (account, id));
            assert_eq!(ticket, TicketRef::new(account, id));
            assert_eq!(ticket.to_string().parse::<TicketRef>().unwrap(), ticket);
        }
    }

    #[test]
    fn what_is_written_can_be_read_again() {
        let refs = [TicketRef::new("desk", "a:b"), TicketRef::new("mine", "121")];
        let written = serde_json::to_string(&refs).unwrap();
        assert_eq!(written, r#"["desk:a:b","mine:121"]"#);
        assert_eq!(
            serde_json::from_str::<[TicketRef; 2]>(&written).unwrap(),
            refs
        );
        let error = serde_json::from_str::<TicketRef>(r#""121""#).unwrap_err();
        assert!(
            error.to_string().contains("is not a ticket reference"),
            "{error}"
        );
    }
}
