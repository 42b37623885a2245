//! Errors of requests without a reply, without URLs and credentials. Replies with an error status are in
//! `response.rs`.

use std::error::Error as StdError;
use std::fmt;
use std::io;
use std::time::Duration;

use ticket_core::{Effect, Error, ErrorKind};

/// Maximum length of a cause, in characters.
const MAX_CAUSE: usize = 200;

/// Creates the error of a request that failed before or during the reply.
///
/// `own` means that the application injected the client. It may follow redirects and retry, so the request
/// may have arrived before the connection failed.
pub(crate) fn error(error: &reqwest::Error, peer: &str, limit: Duration, own: bool) -> Error {
    let (kind, message) = if own && error.is_builder() {
        // For example a redirect to an invalid URL.
        (
            ErrorKind::Unavailable,
            format!("the injected HTTP client failed, possibly after a redirect by {peer}"),
        )
    } else if error.is_builder() {
        (
            ErrorKind::InvalidInput,
            "the request cannot be built; nothing was sent".to_owned(),
        )
    } else if let Some(reason) = refused_certificate(error) {
        (
            ErrorKind::Config,
            format!(
                "the certificate of {peer} is refused, {}: {reason}; to trust a private authority, set SSL_CERT_FILE to a file with its certificate",
                if own {
                    "by the injected HTTP client"
                } else {
                    "nothing was sent"
                }
            ),
        )
    } else if error.is_connect() && !own {
        // Checked before the timeout: a connect timeout is both, and nothing was sent.
        (
            ErrorKind::Connect,
            not_connected(peer, &format!("{}; {}", root_cause(error), hint(error))),
        )
    } else if error.is_timeout() {
        (ErrorKind::Timeout, timed_out(peer, limit))
    } else if error.is_connect() {
        (
            ErrorKind::Unavailable,
            format!(
                "the injected HTTP client, which may follow redirects and retry, made no connection to {peer}: {}; {}",
                root_cause(error),
                hint(error)
            ),
        )
    } else if error.is_redirect() {
        (
            ErrorKind::BadResponse,
            "the server redirects, and the injected HTTP client stopped following".to_owned(),
        )
    } else if is_cut_short(error) {
        (
            ErrorKind::Unavailable,
            format!(
                "the request to {peer} was cut off: a file could not be read to its end ({})",
                root_cause(error)
            ),
        )
    } else if is_malformed(error) {
        (
            ErrorKind::BadResponse,
            format!("the reply from {peer} is not HTTP: {}", root_cause(error)),
        )
    } else {
        (ErrorKind::Unavailable, lost(peer))
    };
    let told = Error::new(kind, message).with_source(Cause(causes(error)));
    // It may have been refused after a redirect.
    if own && kind == ErrorKind::Config {
        return told.with_effect(Effect::Unknown);
    }
    told
}

/// The messages of failures that an injected transport can have too.
pub(crate) fn not_connected(peer: &str, why: &str) -> String {
    format!("no connection to {peer}, nothing was sent: {why}")
}

pub(crate) fn timed_out(peer: &str, limit: Duration) -> String {
    let limit = limit.as_secs_f64();
    format!("no complete reply from {peer} within {limit} s")
}

pub(crate) fn lost(peer: &str) -> String {
    format!("the connection to {peer} was lost before the reply was complete")
}

/// Whether the connection was lost, by whatever the server did.
pub(crate) fn is_loss(error: &reqwest::Error) -> bool {
    !(error.is_builder()
        || error.is_connect()
        || error.is_timeout()
        || error.is_redirect()
        || is_cut_short(error)
        || is_malformed(error))
}

/// Why the server's certificate is refused, if it is. Another attempt would be refused as well.
fn refused_certificate(error: &reqwest::Error) -> Option<String> {
    #[cfg(any(feature = "rustls", feature = "native-tls"))]
    if error.is_connect() {
        return chain(error)
            .filter(|cause| crate::certificates::is_refusal(&cause.to_string()))
            .last()
            .map(|cause| words(cause).unwrap_or_else(|| "its reason cannot be shown".to_owned()));
    }
    let _ = error;
    None
}

/// The hint for a failed connection.
fn hint(error: &reqwest::Error) -> &'static str {
    if error.is_dns() {
        "check the host name in the base URL, and the network"
    } else {
        "check the base URL, the network and the proxy settings"
    }
}

/// Whether the request body ended too early, because a file shrank or a read failed. Recognised by hyper's
/// messages, as in [`is_malformed`].
fn is_cut_short(error: &reqwest::Error) -> bool {
    chain(error).any(|cause| {
        let words = cause.to_string();
        words.starts_with("user body write aborted") || words.starts_with("error from user's Body")
    })
}

/// Whether the reply is not HTTP. hyper's error type would be exact, but it needs another dependency. If
/// hyper's messages change, the reply counts as lost.
fn is_malformed(error: &reqwest::Error) -> bool {
    chain(error).any(|cause| {
        let words = cause.to_string();
        words.starts_with("invalid HTTP")
            || words.starts_with("message head is too large")
            || words.ends_with("parsed")
            || cause.downcast_ref::<io::Error>().is_some_and(|cause| {
                matches!(
                    cause.kind(),
                    io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
                )
            })
    })
}

/// All causes, outermost first, without reqwest's own message.
pub(crate) fn causes(error: &reqwest::Error) -> String {
    let mut told: Vec<String> = Vec::new();
    for cause in chain(error).filter_map(words) {
        if told.last() != Some(&cause) {
            told.push(cause);
        }
    }
    if told.is_empty() {
        told.push("no cause is known".to_owned());
    }
    told.join(": ")
}

fn root_cause(error: &reqwest::Error) -> String {
    chain(error)
        .filter_map(words)
        .last()
        .unwrap_or_else(|| "no cause is known".to_owned())
}

fn chain(error: &reqwest::Error) -> impl Iterator<Item = &(dyn StdError + 'static)> {
    let mut next = error.source();
    std::iter::from_fn(move || {
        let cause = next?;
        next = cause.source();
        Some(cause)
    })
}

/// The message of a cause, unless it may contain a URL with credentials, such as a proxy's.
fn words(cause: &(dyn StdError + 'static)) -> Option<String> {
    shown(&cause.to_string())
}

pub(crate) fn shown(words: &str) -> Option<String> {
    (!words.contains("://") && !words.contains('@'))
        .then(|| words.chars().take(MAX_CAUSE).collect())
}

/// The cause of a transport error, as text: the original error types would show too much.
#[derive(Debug)]
struct Cause(String);

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl StdError for Cause {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failure_of_an_injected_client_has_unknown_effect() {
        let refused = reqwest::Client::new()
            .get("no address")
            .build()
            .unwrap_err();
        assert!(refused.is_builder());
        for (own, kind, effect) in [
            (false, ErrorKind::InvalidInput, Effect::None),
            (true, ErrorKind::Unavailable, Effect::Unknown),
        ] {
            let error = error(&refused, "127.0.0.1:80", Duration::from_secs(1), own);
            assert_eq!((error.kind(), error.effect()), (kind, effect));
        }
    }

    #[test]
    fn causes_that_may_contain_credentials_are_omitted() {
        let said = |text: &str| words(&io::Error::other(text.to_owned()));
        assert_eq!(
            said("connection refused").as_deref(),
            Some("connection refused")
        );
        assert_eq!(said("no way to http://desk.example.com/?key=s3cret"), None);
        assert_eq!(said("no way to user:s3cret@desk.example.com"), None);
        assert_eq!(
            said(&"x".repeat(10_000)).map(|words| words.len()),
            Some(MAX_CAUSE)
        );
    }
}
