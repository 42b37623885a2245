//! The errors of calls that the pacer does not send.

use tokio::time::Instant;

use super::line::Waiting;
use super::slots::WaitReason;
use crate::provider::context::CallContext;
use crate::provider::error::{Error, ErrorKind};
use crate::provider::limit::Quota;

/// Why the pacer rejects a call.
pub(super) enum Refused {
    TooLate(Waiting),
    NoSlots(Error),
}

impl Waiting {
    /// Fails if the wait is known to end after the deadline.
    pub(super) fn ends_within(self, context: &CallContext) -> Result<(), Refused> {
        match self.until {
            Some(until) if context.is_late_at(until) => Err(Refused::TooLate(self)),
            _ => Ok(()),
        }
    }
}

/// The error of a call that cannot be sent before its deadline.
pub(super) fn too_late(blocked_by: Option<Waiting>, windows: &[Quota]) -> Error {
    let message = match blocked_by.map(|waiting| waiting.reason) {
        None => "the deadline has passed; nothing was sent".to_owned(),
        Some(WaitReason::Quota) => format!(
            "the account's quota ({}) allows no call before the deadline; nothing was sent",
            in_words(windows)
        ),
        Some(WaitReason::Closed) => {
            "rate-limited by the vendor until after the deadline; nothing was sent"
                .to_owned()
        }
        Some(WaitReason::Concurrency) => {
            "the concurrency limit is reached and no call ended before the deadline; nothing was sent"
                .to_owned()
        }
    };
    let error = Error::new(ErrorKind::RateLimited, message).not_attempted();
    match blocked_by.and_then(|waiting| waiting.until) {
        Some(until) => error.with_retry_after(until.duration_since(Instant::now())),
        None => error,
    }
}

pub(super) fn called_off(message: &str) -> Error {
    Error::new(ErrorKind::Cancelled, message).not_attempted()
}

fn in_words(windows: &[Quota]) -> String {
    let words = windows.iter().map(Quota::to_string);
    words.collect::<Vec<_>>().join(", ")
}
