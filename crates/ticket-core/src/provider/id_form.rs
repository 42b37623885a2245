//! The form of a provider's ticket ids.

use serde::{Deserialize, Serialize};

use crate::model::names::names;
use crate::model::text::is_misleading;

/// The longest id that is sent, in bytes. No vendor's comes near.
const MAX_ID_BYTES: usize = 256;

/// The longest number that is sent, in digits: those of the largest `u64`.
const MAX_DIGITS: usize = 20;

/// The form of a provider's ticket ids. An id of another form is rejected before anything is sent: servers that
/// read `1.23E+07`, `121;spam` or `140.0` as a number act on another ticket.
///
/// ```
/// use ticket_core::provider::{Capabilities, IdForm};
/// use ticket_core::ProviderInfo;
///
/// let info = ProviderInfo::new("pear", "Pear", Capabilities::none().get()).id_form(IdForm::Number);
/// assert!(info.check_id(&"121".into()).is_ok());
/// for id in ["1.23E+07", "0121", "121;spam", "-121", "12\u{200b}1", ""] {
///     assert!(info.check_id(&id.into()).is_err());
/// }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum IdForm {
    /// Any text of 1 to 256 bytes without white space around it and without control or other misleading
    /// characters.
    #[default]
    Any,
    /// ASCII letters and digits.
    Alphanumeric,
    /// A whole decimal number of at most 20 digits, without a sign and without a leading zero.
    Number,
}

names!(IdForm {
    Any => "any",
    Alphanumeric => "alphanumeric",
    Number => "number",
});

impl IdForm {
    /// Why `id` does not have this form; `None` if it does.
    pub(super) fn objection(self, id: &str) -> Option<&'static str> {
        // Most ids are short, and there are many.
        if id.len() <= MAX_DIGITS && self.is_plain(id) {
            return None;
        }
        if id.trim().is_empty() {
            return Some("the ticket id is empty");
        }
        if id.len() > MAX_ID_BYTES {
            return Some("the ticket id is longer than 256 bytes");
        }
        if id.chars().any(is_misleading) {
            return Some("the ticket id has control or invisible characters");
        }
        if id.trim() != id {
            return Some("the ticket id begins or ends with white space");
        }
        if [".", ".."].contains(&id) {
            return Some("the ticket id is a path, not an id");
        }
        let is_number = id.len() <= MAX_DIGITS && id.bytes().all(|byte| byte.is_ascii_digit());
        match self {
            // A number's other spellings would be the same ticket twice.
            Self::Number if is_number => {
                Some("the ticket id is a number with a leading zero; this vendor writes none")
            }
            Self::Number => {
                Some("the ticket id must be a whole number, written in the digits 0 to 9")
            }
            Self::Alphanumeric if !self.is_plain(id) => {
                Some("the ticket id must consist of ASCII letters and digits")
            }
            _ => None,
        }
    }

    /// Whether `id` consists of ASCII letters and digits, or of the digits of a number, of any length.
    fn is_plain(self, id: &str) -> bool {
        let mut bytes = id.bytes();
        match (self, id.as_bytes()) {
            (_, []) | (Self::Number, [b'0', _, ..]) => false,
            (Self::Number, _) => bytes.all(|byte| byte.is_ascii_digit()),
            (Self::Any | Self::Alphanumeric, _) => bytes.all(|byte| byte.is_ascii_alphanumeric()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_another_form_are_rejected() {
        let long = "1".repeat(300);
        let digits = "1".repeat(21);
        for (form, good, bad) in [
            (
                IdForm::Number,
                ["0", "121", "18446744073709551615"].as_slice(),
                [
                    "",
                    "0160",
                    "#160",
                    "160.0",
                    "1.23E+07",
                    "121;Spam",
                    "130-140",
                    "'150",
                    "-1",
                    "+1",
                    " 1",
                    "1 ",
                    "1\u{a0}",
                    "12\u{200b}1",
                    "\u{ff11}\u{ff12}",
                    "\u{feff}121",
                    "ABC",
                    ".",
                    &digits,
                    &long,
                ]
                .as_slice(),
            ),
            (
                IdForm::Alphanumeric,
                &["2650478", "ABC1234", "0160", &digits],
                &[
                    "",
                    "AB-1",
                    "AB 1",
                    "AB1\n",
                    "ABC1234;",
                    "\u{ff21}BC1234",
                    "..",
                    &long,
                ],
            ),
            (
                IdForm::Any,
                &["a/b", "Größe", "AB-1", "121;Spam", &digits],
                &[
                    "",
                    " ",
                    ".",
                    "..",
                    "a\n",
                    " a",
                    "a\u{202e}b",
                    "a\u{200b}",
                    &long,
                ],
            ),
        ] {
            let objections = |ids: &[&str]| -> Vec<bool> {
                ids.iter().map(|id| form.objection(id).is_some()).collect()
            };
            assert_eq!(objections(good), vec![false; good.len()], "{form}");
            assert_eq!(objections(bad), vec![true; bad.len()], "{form}");
        }
    }
}
