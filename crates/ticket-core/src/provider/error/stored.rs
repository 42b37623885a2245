//! The serialized form of errors.

use std::time::Duration;

use ecow::EcoString;
use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Effect, Error, ErrorKind, Inner};
use crate::model::ticket::TicketId;
use crate::provider::operation::Operation;
use crate::provider::vendor_job::VendorJob;

/// The fields of an error, without its source.
#[derive(Serialize, Deserialize)]
struct Stored {
    kind: ErrorKind,
    effect: Effect,
    message: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    provider: Option<EcoString>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    operation: Option<Operation>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ticket: Option<TicketId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    vendor_message: Option<String>,
    /// Seconds and nanoseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<Duration>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    available_at: Option<Timestamp>,
    attempts: u32,
    not_attempted: bool,
    #[serde(default)]
    confirmed: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    job: Option<VendorJob>,
}

/// Serializes everything but the [source](std::error::Error::source).
impl Serialize for Error {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Inner {
            kind,
            effect,
            message,
            provider,
            operation,
            ticket,
            status,
            vendor_message,
            retry_after,
            available_at,
            attempts,
            // Whoever reads it back knows of all attempts from their records.
            earlier_attempts: _,
            not_attempted,
            confirmed,
            // By then, more may have been tried.
            seen_unchanged: _,
            job,
        } = (*self.inner).clone();
        Stored {
            kind,
            effect,
            message,
            provider,
            operation,
            ticket,
            status,
            vendor_message,
            retry_after,
            available_at,
            attempts,
            not_attempted,
            confirmed,
            job,
        }
        .serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Error {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Stored {
            kind,
            effect,
            message,
            provider,
            operation,
            ticket,
            status,
            vendor_message,
            retry_after,
            available_at,
            attempts,
            not_attempted,
            confirmed,
            job,
        } = Stored::deserialize(deserializer)?;
        Ok(Self {
            inner: Box::new(Inner {
                kind,
                effect,
                message,
                provider,
                operation,
                ticket,
                status,
                vendor_message,
                retry_after,
                available_at,
                attempts,
                earlier_attempts: Effect::None,
                not_attempted,
                confirmed,
                seen_unchanged: false,
                job,
            }),
            source: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_is_read_back_as_it_was_written() {
        let error = Error::new(ErrorKind::RateLimited, "too many calls")
            .with_effect(Effect::Unknown)
            .with_status(429)
            .with_vendor_message("Slow down")
            .with_retry_after(Duration::from_millis(1500))
            .with_available_at(Timestamp::constant(1_792_148_400, 0))
            .with_attempts(3)
            .in_operation("sweeppea", Operation::Delete)
            .on_ticket(&"2531581".into())
            .with_job(VendorJob::new("V3-291e720c"))
            .not_attempted();
        let written = serde_json::to_string(&error).unwrap();
        let read: Error = serde_json::from_str(&written).unwrap();
        assert_eq!(format!("{read:?}"), format!("{error:?}"));
        assert_eq!(read.to_string(), error.to_string());
        assert_eq!(read.available_at(), error.available_at());
        assert_eq!(read.job(), error.job());
        assert_eq!(serde_json::to_string(&read).unwrap(), written);
        // Names, not numbers: they stay what they are whatever is added.
        for word in ["\"rate_limited\"", "\"unknown\"", "\"delete\""] {
            assert!(written.contains(word), "{written}");
        }
        let short: Error = serde_json::from_str(
            r#"{"kind":"config","effect":"none","message":"m","attempts":0,"not_attempted":false}"#,
        )
        .unwrap();
        assert_eq!(short.to_string(), "m");
        assert_eq!(short.available_at(), None);
    }
}
