//! `account:id`: references to tickets across accounts.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::model::text::misread;
use crate::model::ticket::TicketId;

/// A ticket of one of several accounts, written `account:id`.
///
/// The id may hold colons itself; the account may not. A character that readers cannot see or take for another
/// one (a zero-width space, a full-width digit) is refused.
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
        let text = trim(text);
        let mut characters = text.chars().enumerate();
        let misread = characters
            .find_map(|(index, character)| Some((index + 1, character, misread(character)?)));
        if let Some((position, character, what)) = misread {
            return Err(format!(
                "character {position} of \"{text}\" is U+{:04X} ({what}), which cannot be part of a ticket reference",
                u32::from(character)
            ));
        }
        match text.split_once(':') {
            Some((account, id)) if !trim(account).is_empty() && !trim(id).is_empty() => {
                Ok(Self::new(trim(account), trim(id)))
            }
            _ => Err(format!(
                "\"{text}\" is not a ticket reference; use ACCOUNT:ID, e.g. onecloud:121"
            )),
        }
    }
}

/// Without ASCII white space at both ends. Other white space is not meant to be there.
fn trim(text: &str) -> &str {
    text.trim_matches(|character: char| character.is_ascii_whitespace())
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
    fn a_character_that_cannot_be_seen_is_refused_by_its_name() {
        for (text, name) in [
            ("desk:12\u{200b}1", "is U+200B (zero-width space)"),
            ("\u{feff}desk:1", "character 1 of"),
            ("desk:1\u{a0}", "is U+00A0 (no-break space)"),
            ("desk:\u{ff11}", "is U+FF11 (full-width"),
            ("desk\u{ff1a}1", "is U+FF1A (full-width"),
            ("desk:\u{661}", "is U+0661 (digit outside 0 to 9)"),
            ("desk:1\u{0}", "is U+0000 (control character)"),
            ("desk:1\rdesk:2", "is U+000D (carriage return)"),
            ("desk:1\u{202e}", "is U+202E (direction mark)"),
            ("desk:1\u{fe0f}", "is U+FE0F (invisible"),
            ("desk:1\u{e0031}", "is U+E0031 (invisible"),
            ("desk:1\u{3000}", "is U+3000 (white space outside ASCII)"),
        ] {
            let error = text.parse::<TicketRef>().unwrap_err().to_string();
            assert!(error.contains(name), "{text:?}: {error}");
        }
        assert!("büro:Grüße-世界".parse::<TicketRef>().is_ok());
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
