//! The result of a call in the form in which it is compared.

use std::fmt::{self, Display};
use std::time::Duration;

use serde_json::Value;
use ticket_core::{Change, DeleteReport, Effect, Error, Result};

use super::recording::Recording;
use crate::call::CallOutput;

/// The actual or expected result of a call.
#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    Returned(Value),
    /// The whole line of a [`Failure`].
    Failed(String),
}

impl Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned(value) => write!(f, "{value}"),
            Self::Failed(line) => write!(f, "failure `{line}`"),
        }
    }
}

pub(super) struct Failure {
    pub(super) kind: String,
    pub(super) effect: String,
    pub(super) retry_after: Option<Duration>,
    pub(super) words: String,
}

impl Failure {
    fn of(error: &Error) -> Self {
        Self {
            kind: error.kind().to_string(),
            effect: error.effect().to_string(),
            retry_after: error.retry_after(),
            words: error.vendor_message().unwrap_or_default().to_owned(),
        }
    }
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, effect {}", self.kind, self.effect)?;
        if let Some(wait) = self.retry_after {
            write!(f, ", retry after {} s", wait.as_secs_f64())?;
        }
        write!(f, ": {}", self.words)
    }
}

/// The failure of a delete that is not complete. Its effect is none only if every ticket was refused.
fn partial_failure(report: &DeleteReport) -> Failure {
    let outcomes = report.iter().map(|(_, outcome)| outcome.error());
    let is_refused =
        |error: Option<&Error>| error.is_some_and(|error| error.effect() == Effect::None);
    let mut refused = outcomes.map(is_refused);
    let effect = if refused.all(|refused| refused) {
        Effect::None
    } else {
        Effect::Unknown
    };
    Failure {
        kind: "partial_failure".to_owned(),
        effect: effect.to_string(),
        retry_after: None,
        words: words(report),
    }
}

fn words(report: &DeleteReport) -> String {
    let outcomes = report.iter();
    let outcomes = outcomes.map(|(id, outcome)| format!("{id} {}", Change::Delete.word(outcome)));
    outcomes.collect::<Vec<_>>().join(", ")
}

impl Recording {
    /// The result of the call in the form in which it is compared.
    pub(super) fn outcome(&self, concluded: Result<CallOutput>) -> Outcome {
        let expects_report = self
            .expect
            .as_ref()
            .is_some_and(|expect| expect.error.as_deref() == Some("partial_failure"));
        match concluded {
            Err(error) => Outcome::Failed(Failure::of(&error).to_string()),
            Ok(CallOutput::Json(json)) => Outcome::Returned(match serde_json::from_str(&json) {
                Ok(value) => self.plain(value),
                Err(_) => json.into(),
            }),
            Ok(CallOutput::Report(report)) if report.all_deleted() => {
                Outcome::Returned(words(&report).into())
            }
            Ok(CallOutput::Report(report)) => {
                let mut outcomes = report.iter();
                let failure = match (outcomes.next(), outcomes.next()) {
                    // For a single ticket, its own error is compared.
                    (Some((_, only)), None) if !expects_report => only.error().map(Failure::of),
                    _ => None,
                };
                let failure = failure.unwrap_or_else(|| partial_failure(&report));
                Outcome::Failed(failure.to_string())
            }
        }
    }

    /// Removes nulls and empty lists, and replaces the content of `raw` by its location.
    fn plain(&self, value: Value) -> Value {
        match value {
            Value::Object(fields) => {
                let fields = fields.into_iter().map(|(name, value)| {
                    let value = if name == "raw" {
                        self.location_of(&value).into()
                    } else {
                        self.plain(value)
                    };
                    (name, value)
                });
                fields.filter(|(_, value)| !is_empty(value)).collect()
            }
            Value::Array(items) => items.into_iter().map(|item| self.plain(item)).collect(),
            other => other,
        }
    }

    /// Where a value occurs in the latest reply that has it.
    fn location_of(&self, raw: &Value) -> String {
        let replies = self.exchanges.iter().rev();
        let mut bodies = replies.filter_map(|exchange| exchange.response.json());
        match bodies.find_map(|body| pointer_to(&body, raw)).as_deref() {
            Some("") => "the reply".to_owned(),
            Some(pointer) => pointer.to_owned(),
            None => format!("not in the reply: {raw}"),
        }
    }
}

fn is_empty(value: &Value) -> bool {
    value.is_null() || value.as_array().is_some_and(Vec::is_empty)
}

/// The JSON pointer to the first place of a value.
fn pointer_to(within: &Value, wanted: &Value) -> Option<String> {
    if within == wanted {
        return Some(String::new());
    }
    let below = |name: &dyn Display, value| {
        pointer_to(value, wanted).map(|pointer| format!("/{name}{pointer}"))
    };
    match within {
        Value::Array(items) => {
            let mut items = items.iter().enumerate();
            items.find_map(|(index, item)| below(&index, item))
        }
        Value::Object(fields) => fields.iter().find_map(|(name, value)| below(name, value)),
        _ => None,
    }
}
