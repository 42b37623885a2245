//! Why a call is refused. It names what a person can do, and nothing that leads the client around the refusal.

use serde_json::{Value, json};
use tickets::{Effect, Error};

use crate::answer::{Set as _, fields};
use crate::text;

/// How long a message may be, in characters.
const LONGEST: usize = 600;

/// Why a call is refused.
#[derive(Debug)]
pub(crate) struct Refusal {
    pub(crate) kind: &'static str,
    pub(crate) effect: &'static str,
    message: String,
    /// The vendor's own words.
    vendor: Option<String>,
}

impl Refusal {
    /// What the client asks for makes no sense.
    pub(crate) fn input(message: impl AsRef<str>) -> Self {
        Self::new("invalid_input", message)
    }

    /// What the client asks for is not allowed.
    pub(crate) fn policy(message: impl AsRef<str>) -> Self {
        Self::new("not_allowed", message)
    }

    /// What the client asks for is in contradiction to how things are.
    pub(crate) fn conflict(message: impl AsRef<str>) -> Self {
        Self::new("conflict", message)
    }

    fn new(kind: &'static str, message: impl AsRef<str>) -> Self {
        Self {
            kind,
            effect: Effect::None.as_str(),
            message: text::line(message.as_ref(), LONGEST),
            vendor: None,
        }
    }

    /// The refusal in an answer.
    pub(crate) fn json(&self) -> Value {
        let mut error = fields(json!({
            "kind": self.kind,
            "effect": self.effect,
            "message": self.message,
        }));
        if let Some(words) = &self.vendor {
            error.set("untrusted", json!({ "vendor_says": words }));
        }
        if self.effect == Effect::Unknown.as_str() {
            let hint = "the request may have succeeded; read the ticket before it is repeated";
            error.set("hint", hint);
        }
        json!({ "error": error })
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        let status = error.status();
        let status = status.map_or_else(String::new, |status| format!(" (HTTP {status})"));
        Self {
            effect: error.effect().as_str(),
            vendor: error.vendor_message().map(|words| text::line(words, 300)),
            ..Self::new(
                error.kind().as_str(),
                format!("{}{status}", error.message()),
            )
        }
    }
}
