//! What a call is told that is not sent, and why.

use tokio::time::Instant;

use super::{WaitReason, Waiting};
use crate::provider::error::{Error, ErrorKind};
use crate::provider::limit::Quota;

/// Why a call does not pass.
pub(super) enum Refused {
    TooLate(Waiting),
    NoSlots(Error),
}

/// The deadline comes before the call's turn.
pub(super) fn too_late<'a>(
    blocked_by: Option<Waiting>,
    windows: impl IntoIterator<Item = &'a Quota>,
) -> Error {
    let message = match blocked_by.map(|waiting| waiting.reason) {
        None => "the deadline has passed; nothing was sent".to_owned(),
        Some(WaitReason::Quota) => format!(
            "the account's quota ({}) leaves no free call within the deadline; nothing was sent",
            in_words(windows)
        ),
        Some(WaitReason::Closed) => {
            "the vendor said that there were too many calls, and its pause outlasts the deadline; \
             nothing was sent"
                .to_owned()
        }
        Some(WaitReason::Concurrency) => {
            "no more calls may be on their way at once, and none ended within the deadline; nothing was sent"
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

fn in_words<'a>(windows: impl IntoIterator<Item = &'a Quota>) -> String {
    let words = windows.into_iter().map(Quota::to_string);
    words.collect::<Vec<_>>().join(", ")
}
