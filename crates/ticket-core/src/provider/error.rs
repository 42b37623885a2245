//! The error type of all providers: what went wrong, and whether the vendor may have acted.
//!
//! It exposes no foreign error types: a transport error is available as
//! [`source`](std::error::Error::source).

mod debug;
mod display;
mod kind;
mod occasions;
mod stored;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use ecow::EcoString;
use jiff::Timestamp;

pub use self::kind::{Effect, ErrorKind};

pub(crate) use crate::model::text::bounded;
use crate::model::ticket::TicketId;
use crate::provider::operation::Operation;
use crate::provider::vendor_job::VendorJob;

/// The result of every operation.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Maximum length of a vendor's message, in characters.
const MAX_VENDOR_MESSAGE: usize = 300;

/// Why an operation failed.
///
/// `Display` is one line: the provider and operation, the ticket, what failed, and the vendor's message
/// (control characters escaped; at most 40 characters of the id, 600 of our message, 300 of the vendor's
/// message). It never holds a secret, a URL or a whole body. Everything but the source can be serialized and
/// read back.
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
/// `Debug` is one line too, because a `main` that returns this error prints it: the `Display` text, the kind,
/// the effect and, if they add information, the sources.
#[derive(Clone)]
pub struct Error {
    inner: Box<Inner>,
    source: Option<Arc<dyn std::error::Error + Send + Sync>>,
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        let source = self.source.as_ref()?;
        Some(&**source)
    }
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
    available_at: Option<Timestamp>,
    attempts: u32,
    earlier_attempts: Effect,
    not_attempted: bool,
    confirmed: bool,
    seen_unchanged: bool,
    job: Option<VendorJob>,
}

impl Error {
    /// Creates an error of this kind. `message` says what failed and, if possible, what to do. It must not
    /// contain secrets or ticket texts.
    ///
    /// The effect defaults to the kind's usual effect: unknown for `Unavailable`, `Timeout`, `Server`, `BadResponse`
    /// and `Accepted`, none for all others.
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
                available_at: None,
                attempts: 0,
                earlier_attempts: Effect::None,
                not_attempted: false,
                confirmed: false,
                seen_unchanged: false,
                job: None,
            }),
            source: None,
        }
    }

    /// Sets the effect, if it differs from the kind's usual one.
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

    /// Adds the vendor's message: at most 300 characters, control characters escaped, a cut marked with `…`.
    /// An empty message is ignored.
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

    /// Adds the time at which the vendor takes calls again.
    #[must_use]
    pub fn with_available_at(mut self, time: Timestamp) -> Self {
        self.inner.available_at = Some(time);
        self
    }

    /// A copy of this error for something else that was not done because of it: with this consequence in front of its
    /// message, without an effect, and without attempts.
    ///
    /// ```
    /// use ticket_core::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Connect, "no connection").with_context("not deleted");
    /// assert_eq!(error.message(), "not deleted: no connection");
    /// ```
    #[must_use]
    pub fn with_context(&self, consequence: &str) -> Self {
        let mut error = self.clone().with_effect(Effect::None).with_attempts(0);
        error.inner.message = format!("{consequence}: {}", error.inner.message);
        error
    }

    /// The same error in other words, without those of the vendor and without its source: for records that may hold no text
    /// of a ticket.
    ///
    /// ```
    /// use ticket_core::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Conflict, "it is locked").with_vendor_message("Locked by ada@example.org");
    /// assert_eq!(error.reworded("not deleted").to_string(), "not deleted");
    /// ```
    #[must_use]
    pub fn reworded(mut self, message: impl Into<String>) -> Self {
        self.inner.message = message.into();
        self.inner.vendor_message = None;
        self.source = None;
        self
    }

    /// The same error with another message, for example one that names settings as the account gives them.
    ///
    /// ```
    /// use ticket_core::{Error, ErrorKind};
    ///
    /// let error = Error::new(ErrorKind::Unauthenticated, "see PEAR_KEY").with_vendor_message("who are you?");
    /// let error = error.with_message("see `key_file`");
    /// assert_eq!((error.message(), error.vendor_message()), ("see `key_file`", Some("who are you?")));
    /// ```
    #[must_use]
    pub fn with_message(mut self, message: impl Into<String>) -> Self {
        self.inner.message = message.into();
        self
    }

    /// Marks the call as not attempted: it was stopped, or the quota allowed no call in time.
    pub(crate) fn not_attempted(mut self) -> Self {
        self.inner.not_attempted = true;
        self
    }

    /// Whether the call was not attempted, for a reason that is not its own: it was stopped, the quota allowed no call in time,
    /// or the store of the [slots](crate::call::Slots) cannot be used.
    pub fn is_not_attempted(&self) -> bool {
        self.inner.not_attempted
    }

    /// Marks a *not found* as confirmed: a read did not find the ticket either.
    pub(crate) fn confirmed(mut self) -> Self {
        self.inner.confirmed = true;
        self
    }

    /// Whether a read confirmed this *not found* of a delete: the read proves that there is no such ticket.
    pub fn is_confirmed(&self) -> bool {
        self.inner.confirmed
    }

    /// Notes whether a read after the attempt that this error is about saw the ticket unchanged. It is not stored: by the time
    /// that it is read back, more may have been tried.
    pub(crate) fn seen_unchanged(mut self, is_unchanged: bool) -> Self {
        self.inner.seen_unchanged = is_unchanged;
        self
    }

    /// Whether a read after that attempt saw the ticket unchanged.
    pub(crate) fn is_seen_unchanged(&self) -> bool {
        self.inner.seen_unchanged
    }

    /// Says as which job the vendor accepted the change that this error is about.
    pub(crate) fn with_job(mut self, job: VendorJob) -> Self {
        self.inner.job = Some(job);
        self
    }

    /// The job as which the vendor accepted the change, if it did and what came of it is not known.
    pub fn job(&self) -> Option<&VendorJob> {
        self.inner.job.as_ref()
    }

    /// Appends a note to the message.
    pub(crate) fn with_note(mut self, note: &str) -> Self {
        self.inner.message = format!("{}; {note}", self.inner.message);
        self
    }

    /// Sets the number of attempts.
    #[must_use]
    pub fn with_attempts(mut self, attempts: u32) -> Self {
        self.inner.attempts = attempts;
        self
    }

    /// Notes the effect of the attempts before the one that this error is about.
    pub(crate) fn after_attempts(mut self, effect: Effect) -> Self {
        self.inner.earlier_attempts = effect;
        self
    }

    /// The effect of the attempts before the one that this error is about: unknown if one of them may have made the change.
    pub(crate) fn earlier_attempts(&self) -> Effect {
        self.inner.earlier_attempts
    }

    /// Sets the source. Neither its `Display` nor its `Debug` may show a secret.
    #[must_use]
    pub fn with_source(mut self, source: impl std::error::Error + Send + Sync + 'static) -> Self {
        self.source = Some(Arc::new(source));
        self
    }

    /// Sets the provider and the operation. An error of a read always has no effect.
    #[must_use]
    pub fn in_operation(mut self, provider: &str, operation: Operation) -> Self {
        self.inner.provider = Some(provider.into());
        self.inner.operation = Some(operation);
        if !operation.is_write() {
            self.inner.effect = Effect::None;
        }
        self
    }

    /// Sets the ticket.
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

    /// What failed, in our words, without the operation, the ticket and the vendor's message.
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

    /// The ticket, if the error is about one.
    pub fn ticket(&self) -> Option<&TicketId> {
        self.inner.ticket.as_ref()
    }

    /// The HTTP status of the reply, if there was a reply.
    pub fn status(&self) -> Option<u16> {
        self.inner.status
    }

    /// The vendor's message: at most 300 characters, control characters escaped.
    pub fn vendor_message(&self) -> Option<&str> {
        self.inner.vendor_message.as_deref()
    }

    /// How long to wait before the next call: as the reply says or, if it does not, as the vendor documents.
    pub fn retry_after(&self) -> Option<Duration> {
        self.inner.retry_after
    }

    /// When the vendor takes calls again, where it names a time of day or a date rather than a
    /// [wait](Self::retry_after). A hint: no layer waits for it.
    pub fn available_at(&self) -> Option<Timestamp> {
        self.inner.available_at
    }

    /// The number of attempts, if [`Retry`](crate::call::Retry) counted them. Otherwise 0.
    pub fn attempts(&self) -> u32 {
        self.inner.attempts
    }

    /// Whether the same call may succeed later, unchanged.
    ///
    /// This does not mean that repeating it is *safe*: for a write, check [`effect`](Self::effect) too.
    pub fn is_transient(&self) -> bool {
        self.inner.kind.is_transient()
    }

    /// Whether every call of this kind at the account would fail so, whatever ticket it is about: credentials, a used-up
    /// quota, settings, an operation that the provider does not have.
    pub fn is_of_the_account(&self) -> bool {
        matches!(
            self.inner.kind,
            ErrorKind::Unauthenticated
                | ErrorKind::TokenExpired
                | ErrorKind::QuotaExhausted
                | ErrorKind::Config
                | ErrorKind::Unsupported
        )
    }
}
