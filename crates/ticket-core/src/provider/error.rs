//! One error for every provider: what a caller can act on, and whether the vendor may have acted.
//!
//! No foreign error type is part of it: a transport's error is kept as [`source`](std::error::Error::source).

mod debug;
mod kind;
mod stored;
#[cfg(test)]
mod tests;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use ecow::EcoString;
use jiff::civil::Time;

pub use self::kind::{Effect, ErrorKind};

use crate::model::text::is_misleading;
use crate::model::ticket::TicketId;
use crate::provider::operation::Operation;

/// The result of every operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// How many characters of a vendor's own words are kept.
const MAX_VENDOR_MESSAGE: usize = 300;

/// A daily span of time that a vendor named in an error, without date or zone. It may cross midnight.
///
/// A hint only: OneCloud's "try again tomorrow at 18:00 - 06:00" does not say in whose zone, nor for
/// certain whether calls are allowed or refused in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub struct DailyWindow {
    /// The first moment of the window.
    pub start: Time,
    /// The moment at which it ends.
    pub end: Time,
}

impl DailyWindow {
    /// The window from `start` to `end`.
    pub const fn new(start: Time, end: Time) -> Self {
        Self { start, end }
    }
}

/// Why an operation failed.
///
/// `Display` is one line: where, on which ticket, what failed, and the vendor's own words (control characters
/// escaped; of the id at most 40 characters, of what failed 600, of the vendor's words 300). It never holds a
/// secret, a URL or a whole body. It can be written to storage and read back, all but its cause.
///
/// ```
/// use ticket_core::{Effect, Error, ErrorKind, Operation};
///
/// let error = Error::new(ErrorKind::NotFound, "there is no such ticket")
///     .with_status(404)
///     .with_vendor_message("Ticket not found")
///     .in_operation("sweeppea", Operation::Delete)
///     .on_ticket(&"2531581".into());
/// assert_eq!(error.effect(), Effect::None);
/// assert_eq!(
///     error.to_string(),
///     r#"sweeppea delete 2531581: there is no such ticket (HTTP 404); the vendor says: "Ticket not found""#
/// );
/// ```
/// `Debug` is one line too, since that is what a `main` that returns this error prints: what `Display` says, the kind,
/// the effect and, where they say more, the causes.
#[derive(Clone, thiserror::Error)]
#[error("{inner}")]
pub struct Error {
    inner: Box<Inner>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    effect: Effect,
    message: String,
    provider: Option<EcoString>,
    operation: Option<Operation>,
    ticket: Option<TicketId>,
    status: Option<u16>,
    vendor_message: Option<String>,
    retry_after: Option<Duration>,
    quota_window: Option<DailyWindow>,
    attempts: u32,
    not_attempted: bool,
}

impl Error {
    /// An error of this kind. `message` says what failed and, where it can, what to do; it must hold no
    /// secret and no ticket text.
    ///
    /// The effect starts as the kind's usual one: unknown for `Unavailable`, `Timeout`, `Server` and
    /// `BadResponse`, none for all others.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self {
            inner: Box::new(Inner {
                kind,
                effect: kind.usual_effect(),
                message: message.into(),
                provider: None,
                operation: None,
                ticket: None,
                status: None,
                vendor_message: None,
                retry_after: None,
                quota_window: None,
                attempts: 0,
                not_attempted: false,
            }),
            source: None,
        }
    }

    /// An argument was refused before anything was sent.
    pub fn invalid_input(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::InvalidInput, message)
    }

    /// The configuration is incomplete or wrong.
    pub fn config(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Config, message)
    }

    /// The provider has no such operation. Nothing was sent.
    pub fn unsupported(provider: &str, operation: Operation) -> Self {
        Self::new(
            ErrorKind::Unsupported,
            format!("the vendor documents no way to {}", operation.description()),
        )
        .in_operation(provider, operation)
    }

    /// States the effect where more is known than the kind tells.
    #[must_use]
    pub fn with_effect(mut self, effect: Effect) -> Self {
        self.inner.effect = effect;
        self
    }

    /// Adds the HTTP status of the reply.
    #[must_use]
    pub fn with_status(mut self, status: u16) -> Self {
        self.inner.status = Some(status);
        self
    }

    /// Adds the vendor's own words: at most 300 characters, control characters escaped, a cut marked.
    /// Empty words are left out.
    #[must_use]
    pub fn with_vendor_message(mut self, message: &str) -> Self {
        let message = message.trim();
        if !message.is_empty() {
            self.inner.vendor_message = Some(bounded(message, MAX_VENDOR_MESSAGE));
        }
        self
    }

    /// Adds how long the vendor asks to wait.
    #[must_use]
    pub fn with_retry_after(mut self, wait: Duration) -> Self {
        self.inner.retry_after = Some(wait);
        self
    }

    /// Adds the daily window that the vendor named.
    #[must_use]
    pub fn with_quota_window(mut self, window: DailyWindow) -> Self {
        self.inner.quota_window = Some(window);
        self
    }

    /// The same reason for not doing something else, which is said first.
    pub(crate) fn with_context(&self, consequence: &str) -> Self {
        let mut error = self.clone().with_effect(Effect::None).with_attempts(0);
        error.inner.message = format!("{consequence}: {}", error.inner.message);
        error
    }

    /// Says that the call ended before it was made: it was called off, or there was no free call in time.
    pub(crate) fn not_attempted(mut self) -> Self {
        self.inner.not_attempted = true;
        self
    }

    /// Whether the call ended before it was made.
    pub(crate) fn is_not_attempted(&self) -> bool {
        self.inner.not_attempted
    }

    /// Says one thing more.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        self.inner.message = format!("{}; {note}", self.inner.message);
        self
    }

    /// Says how often it was tried.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.inner.attempts = attempts;
        self
    }

    /// Adds the cause. It must show no secret, neither in `Display` nor in `Debug`.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Says where it happened. An error of a read has no effect, whatever went wrong.
    #[must_use]
    pub fn in_operation(mut self, provider: &str, operation: Operation) -> Self {
        self.inner.provider = Some(provider.into());
        self.inner.operation = Some(operation);
        if !operation.is_write() {
            self.inner.effect = Effect::None;
        }
        self
    }

    /// Says on which ticket it happened.
    #[must_use]
    pub fn on_ticket(mut self, ticket: &TicketId) -> Self {
        self.inner.ticket = Some(ticket.clone());
        self
    }

    /// What went wrong.
    pub fn kind(&self) -> ErrorKind {
        self.inner.kind
    }

    /// Whether the vendor may have acted.
    pub fn effect(&self) -> Effect {
        self.inner.effect
    }

    /// What failed, in our words, without place and vendor's words.
    pub fn message(&self) -> &str {
        &self.inner.message
    }

    /// The provider that failed, as in [`ProviderInfo::id`](crate::ProviderInfo::id).
    pub fn provider(&self) -> Option<&str> {
        self.inner.provider.as_deref()
    }

    /// The operation that failed.
    pub fn operation(&self) -> Option<Operation> {
        self.inner.operation
    }

    /// The ticket that it was about, where it was about one.
    pub fn ticket(&self) -> Option<&TicketId> {
        self.inner.ticket.as_ref()
    }

    /// The HTTP status of the reply, where there was one.
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// The vendor's own words, at most 300 characters, control characters escaped.
    pub fn vendor_message(&self) -> Option<&str> {
        self.inner.vendor_message.as_deref()
    }

    /// How long to wait before the next call: as the vendor says in this reply or, where it does not,
    /// as it documents.
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// The daily window that the vendor named with an exhausted quota. A hint only.
    pub fn quota_window(&self) -> Option<DailyWindow> {
        self.inner.quota_window
    }

    /// How often it was tried, where somebody counted: [`Retry`](crate::Retry) does. Otherwise 0.
    pub fn attempts(&self) -> u32 {
        self.inner.attempts
    }

    /// Whether the same call may succeed later, unchanged.
    ///
    /// This says nothing about whether repeating it is *safe*: for a write, look at
    /// [`effect`](Self::effect) as well.
    pub fn is_transient(&self) -> bool {
        self.inner.kind.is_transient()
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut place = Vec::new();
        place.extend(self.provider.as_ref().map(ToString::to_string));
        place.extend(self.operation.map(|operation| operation.to_string()));
        place.extend(
            self.ticket
                .as_ref()
                .filter(|ticket| !ticket.as_str().trim().is_empty())
                .map(|ticket| bounded(ticket.as_str(), 40)),
        );
        if !place.is_empty() {
            write!(f, "{}: ", place.join(" "))?;
        }
        f.write_str(&bounded(&self.message, 2 * MAX_VENDOR_MESSAGE))?;
        match (self.status, self.attempts) {
            (Some(status), 0 | 1) => write!(f, " (HTTP {status})")?,
            (Some(status), often) => write!(f, " (HTTP {status}, after {often} attempts)")?,
            (None, 0 | 1) => {}
            (None, often) => write!(f, " (after {often} attempts)")?,
        }
        // Of what was asked: before that is known, the effect is not either.
        if self.effect == Effect::Unknown && self.operation.is_some() {
            f.write_str("; the vendor may have acted")?;
        }
        if let Some(words) = &self.vendor_message {
            write!(f, "; the vendor says: \"{words}\"")?;
        }
        Ok(())
    }
}

/// At most `limit` characters of `text`, escapes and all, on one line: misleading characters are escaped, a
/// cut is marked.
pub(crate) fn bounded(text: &str, limit: usize) -> String {
    let mut line = String::with_capacity(text.len().min(limit));
    let mut room = limit;
    for character in text.chars() {
        let shown = if is_misleading(character) {
            character.escape_default().to_string()
        } else {
            character.to_string()
        };
        let length = shown.chars().count();
        if length >= room {
            line.push('…');
            break;
        }
        room -= length;
        line.push_str(&shown);
    }
    line
}
