//! Words on the page.

use maud::{Markup, html};
use ticket_core::model::bounded;
use ticket_core::{Change, Error, ErrorKind, Outcome};

/// The longest text of somebody else.
pub(super) const LONGEST: usize = 300;

/// A text of somebody else: its direction does not change that of its neighbours, what cannot be seen is made visible, and
/// what is too long is cut.
pub(in crate::report) fn text(words: &str) -> Markup {
    html! { bdi { (bounded(words, LONGEST)) } }
}

/// An outcome of this report's change: its class, which does not depend on the change, and its word.
pub(super) fn classes(change: &Change) -> [(&'static str, String); 8] {
    let none = || Error::new(ErrorKind::Cancelled, "");
    let word = |outcome: Outcome| change.word(&outcome).to_owned();
    [
        ("done", word(Outcome::Done)),
        ("already", word(Outcome::AlreadyDone)),
        ("not_found", word(Outcome::NotFound(none()))),
        ("failed", word(Outcome::Failed(none()))),
        ("unknown", word(Outcome::Unknown(none()))),
        ("in_doubt", "in_doubt".to_owned()),
        ("unattempted", word(Outcome::Unattempted(none()))),
        ("open", "open".to_owned()),
    ]
}

pub(super) fn spaced(word: &str) -> String {
    word.replace('_', " ")
}

pub(super) fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}
