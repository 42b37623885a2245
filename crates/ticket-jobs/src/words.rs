//! Words that an erasure may keep: those of this program.

use ticket_core::{Error, ErrorKind, Outcome};

/// Why a ticket is not changed that was not the one that was found.
pub(crate) const ANOTHER: &str = "not changed: another ticket has its id now";

/// Why a ticket is not changed that may not be the one that was found.
pub(crate) const PERHAPS_ANOTHER: &str =
    "not changed: another ticket may have its id now, since the vendor gives out ids again";

/// Why a ticket of an erasure is not deleted that has others below it: they may be somebody else's.
pub(crate) const TAKES_ALONG: &str = "not changed: its delete would take along the tickets below it; delete those \
                                      that are to go first, and move the others";

/// Why a ticket is not changed that an earlier call may have changed after it was archived.
pub(crate) const NOT_AS_ARCHIVED: &str = "not changed: it is not as it was when it was archived";

/// What is said before the reason why a ticket is not changed that an earlier call may have changed.
pub(crate) const PERHAPS_CHANGED: &str =
    "an earlier call may have changed it, and no further one was made";

/// How the message of a permanent delete ends that failed after its first step. A test runs one, to see that it does.
const IN_TRASH: &str = "it was deleted before, and may still be in the trash";

/// How our own messages begin that say more than the kind of an error, and what is kept of them.
const OWN: &[(&str, &str)] = &[
    (ANOTHER, ANOTHER),
    (PERHAPS_ANOTHER, PERHAPS_ANOTHER),
    (TAKES_ALONG, TAKES_ALONG),
    (NOT_AS_ARCHIVED, NOT_AS_ARCHIVED),
    (
        "not changed: it was not looked at",
        "not changed: it was not looked at when it was planned",
    ),
    (
        "not changed: it is not as it was",
        "not changed: it is not as it was when it was planned",
    ),
    (
        "not changed: ",
        "not changed: its status is not the one that is asked for",
    ),
    (
        "not archived, so not changed",
        "not archived, so not changed",
    ),
    (
        "it cannot be read",
        "it cannot be read, so it was not changed",
    ),
    (
        "not attempted because tickets cannot be checked",
        "not attempted because tickets cannot be checked",
    ),
    (
        "not attempted because ",
        "not attempted because too many tickets failed, are unknown or were not found",
    ),
    ("the job was cancelled", "the job was cancelled"),
];

/// What an error of this kind means.
const fn meaning(kind: ErrorKind) -> &'static str {
    match kind {
        ErrorKind::InvalidInput => "the request was refused as wrong",
        ErrorKind::Config => "the configuration is incomplete or wrong",
        ErrorKind::Unauthenticated => "the credentials were refused",
        ErrorKind::TokenExpired => "the token has run out",
        ErrorKind::Forbidden => "the credentials do not allow this",
        ErrorKind::NotFound => "there is no such ticket",
        ErrorKind::Conflict => "the ticket's state does not allow this",
        ErrorKind::RateLimited => "too many calls in a short time",
        ErrorKind::QuotaExhausted => "the quota is used up",
        ErrorKind::Unavailable => "the vendor is out of service",
        ErrorKind::Timeout => "no answer in time",
        ErrorKind::Connect => "no connection",
        ErrorKind::Server => "the vendor failed",
        ErrorKind::BadResponse => "the reply is not what the vendor documents",
        ErrorKind::Unsupported => "the vendor has no documented way to do this",
        ErrorKind::Cancelled => "stopped before it was done",
        ErrorKind::Incomplete => "something may be missing",
        _ => "it failed",
    }
}

/// Whether a permanent delete ended with this error after it moved the ticket to the trash.
pub(crate) fn is_in_trash(error: &Error) -> bool {
    error.message().ends_with(IN_TRASH)
}

/// The error without anything that somebody else said: kind, effect, status, operation and id stay.
pub(crate) fn told(error: &Error) -> Error {
    let meaning = meaning(error.kind());
    let message = error.message();
    let after = message.strip_prefix(PERHAPS_CHANGED);
    let message = after.map_or(message, |after| after.trim_start_matches(": "));
    let own = OWN.iter().find(|(begin, _)| message.starts_with(begin));
    let mut kept = own.map_or(meaning, |(_, kept)| *kept).to_owned();
    if after.is_some() {
        kept = format!("{PERHAPS_CHANGED}: {kept}");
    }
    if is_in_trash(error) {
        kept = format!("{kept}; {IN_TRASH}");
    }
    error.clone().reworded(kept)
}

/// The outcome, with its error as it may be [told](told).
pub(crate) fn without_texts(outcome: Outcome) -> Outcome {
    match outcome {
        Outcome::NotFound(error) => Outcome::NotFound(told(&error)),
        Outcome::Failed(error) => Outcome::Failed(told(&error)),
        Outcome::Unknown(error) => Outcome::Unknown(told(&error)),
        Outcome::Unattempted(error) => Outcome::Unattempted(told(&error)),
        other => other,
    }
}

/// The error of a search without anything that somebody else said, so that it can be shown and logged. What a provider says
/// of itself is kept.
#[must_use]
pub fn without_vendor_words(error: &Error) -> Error {
    let is_ours = error.kind() == ErrorKind::Unsupported;
    if is_ours && !may_hold_an_address(error.message()) {
        error.clone().reworded(error.message())
    } else {
        told(error)
    }
}

/// Why an account was not searched.
pub(crate) fn words_of(error: &Error) -> String {
    let error = without_vendor_words(error);
    match error.kind() {
        ErrorKind::Unsupported => error.message().to_owned(),
        _ => error.to_string(),
    }
}

/// Whether a text may hold an address, plain or percent-encoded.
pub(crate) fn may_hold_an_address(words: &str) -> bool {
    words.contains('@') || words.contains("%40")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_of_a_ticket_in_doubt_keeps_that_an_earlier_call_may_have_changed_it() {
        for (message, kept) in [
            (ANOTHER, ANOTHER),
            (NOT_AS_ARCHIVED, NOT_AS_ARCHIVED),
            ("locked by ann@example.com", meaning(ErrorKind::Conflict)),
        ] {
            let error = Error::new(ErrorKind::Conflict, message).with_context(PERHAPS_CHANGED);
            assert_eq!(told(&error).message(), format!("{PERHAPS_CHANGED}: {kept}"));
        }
    }

    #[test]
    fn error_of_a_search_says_nothing_of_the_vendor_and_keeps_what_a_provider_says_of_itself() {
        let of_ann = Error::new(ErrorKind::Server, "no user ann@example.com")
            .with_status(500)
            .with_vendor_message("no user ann@example.com Ann");
        let shown = format!("{:?}", without_vendor_words(&of_ann));
        assert!(!shown.contains("nn"), "{shown}");
        assert!(shown.contains("500"), "{shown}");
        let own = Error::new(ErrorKind::Unsupported, "Desk cannot list tickets");
        assert_eq!(without_vendor_words(&own).message(), own.message());
        let own = own.with_vendor_message("ann@example.com");
        assert_eq!(without_vendor_words(&own).vendor_message(), None);
        let of_ann = Error::new(ErrorKind::Unsupported, "ann%40example.com is no user");
        assert!(!without_vendor_words(&of_ann).message().contains("ann"));
    }
}
