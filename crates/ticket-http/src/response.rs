//! A reply with its whole body. The provider's `error.rs` interprets it.

use std::fmt;
use std::time::Duration;

use jiff::Timestamp;
use memchr::memmem;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use ticket_core::{Error, ErrorKind, Result};

use crate::status::{effect_of_status, kind_of_status};
use crate::{basic, json, retry_after};

/// Maximum length of a plain-text excerpt, in characters.
const MAX_EXCERPT: usize = 300;

/// A reply with its body. `Debug` prints only the status and the length, because the rest is personal data.
#[derive(Clone)]
pub struct HttpResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Sensitive headers of the request, to remove them from vendor messages.
    pub(crate) sensitive: Vec<HeaderValue>,
    /// Secrets in the body of the request, to remove them as well.
    pub(crate) secrets: Vec<SecretString>,
}

impl HttpResponse {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is 2xx. That confirms nothing: some vendors put errors into such replies, and 202 only
    /// promises. For writes use [`expect_confirmed`](Self::expect_confirmed).
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header with this name, case-insensitively, if its value is visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The names of its headers, in lower case, each once.
    pub fn header_names(&self) -> impl Iterator<Item = &str> {
        self.headers.keys().map(HeaderName::as_str)
    }

    /// The headers whose names begin with `prefix`, in lower case, if their values are visible ASCII: each without the
    /// prefix, and its value.
    pub fn headers_with<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a str, &'a str)> {
        let rest = move |name: &'a HeaderName| name.as_str().strip_prefix(prefix);
        let headers = self.headers.iter();
        headers.filter_map(move |(name, value)| Some((rest(name)?, value.to_str().ok()?)))
    }

    /// The body. For non-2xx replies it may be truncated.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Whether the body may contain a key that contains one of `names` (letters, digits and `_`), at any
    /// depth.
    ///
    /// `false` is certain. This is much cheaper than decoding the body for a rare field, such as an error in
    /// a 2xx reply.
    pub fn may_contain_key(&self, names: &[&str]) -> bool {
        let body = &self.body;
        let holds = |name: &&str| {
            let name = name.as_bytes();
            // A separator such as `_` is rare in a body, so that looking for it alone is faster than any search.
            let mut bytes = name.iter().enumerate();
            match bytes.find(|(_, byte)| !byte.is_ascii_alphanumeric()) {
                Some((rare, byte)) => memchr::memchr_iter(*byte, body).any(|at| {
                    let rest = at.checked_sub(rare).and_then(|begin| body.get(begin..));
                    rest.is_some_and(|rest| rest.starts_with(name))
                }),
                None => memmem::find(body, name).is_some(),
            }
        };
        // JSON may escape letters, as `\u005f`; other escapes are none of a name.
        names.iter().any(holds)
            || memchr::memchr_iter(b'\\', body).any(|at| body.get(at + 1..at + 4) == Some(b"u00"))
    }

    /// Rejects a body that is a JSON array, before it is decoded as an object: serde would read the items as
    /// the fields, in order.
    ///
    /// # Errors
    ///
    /// `BadResponse`.
    pub fn expect_object(&self) -> Result<()> {
        if self.trimmed().starts_with(b"[") {
            let why = "the reply is a list instead of an object";
            return Err(self.error_of(ErrorKind::BadResponse, why));
        }
        Ok(())
    }

    /// Decodes the body as JSON. Half surrogate pairs and invalid UTF-8 become U+FFFD.
    ///
    /// # Errors
    ///
    /// `BadResponse`. The message names the unexpected field, or says that the body is empty, cut off or an
    /// HTML page. It never quotes the body.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        json::read(self.json_text()?).map_err(|why| self.error_of(ErrorKind::BadResponse, &why))
    }

    /// The first 300 characters of a plain-text body, for use as the vendor's message. Empty for an HTML
    /// page, which comes from a gateway, and for JSON, which may be a whole ticket. Sent credentials are
    /// removed.
    pub fn text(&self) -> String {
        if self.is_html() || self.trimmed().starts_with(b"{") || self.trimmed().starts_with(b"[") {
            return String::new();
        }
        // Before truncation: a truncated credential would not be recognised.
        self.without_secrets(&String::from_utf8_lossy(self.trimmed()))
            .chars()
            .take(MAX_EXCERPT)
            .collect()
    }

    /// The wait that the reply asks for (`retry-after`): seconds, or a date relative to the reply's `date`. At
    /// most 366 days. `None` for zero, a negative number, a date that is not in the future, or a value that cannot be
    /// read: use the window that the vendor documents, or none, and the pause doubles.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after::wait(
            self.header("retry-after")?,
            self.header("date"),
            local_clock,
        )
    }

    /// The server's clock when it answered (`date`).
    pub fn date(&self) -> Option<Timestamp> {
        retry_after::http_date(self.header("date")?)
    }

    /// Creates an error with the [kind and the effect](crate::meaning_of_status) of the status, the status and the
    /// [wait](Self::retry_after).
    pub fn error(&self, message: &str) -> Error {
        self.error_of(kind_of_status(self.status), message)
    }

    /// Like [`error`](Self::error), but with a kind that is more precise than the status. The effect is
    /// [that of the status](crate::meaning_of_status) from 300 on, otherwise the kind's usual one.
    pub fn error_of(&self, kind: ErrorKind, message: &str) -> Error {
        let mut error = Error::new(kind, message).with_status(self.status);
        if let Some(effect) = effect_of_status(self.status) {
            error = error.with_effect(effect);
        }
        if let Some(wait) = self.retry_after() {
            error = error.with_retry_after(wait);
        }
        error
    }

    /// Like [`error_of`](Self::error_of), with the vendor's message `words`. Sent credentials are removed
    /// from it.
    pub fn rejection(&self, kind: ErrorKind, message: &str, words: &str) -> Error {
        let words = self.without_secrets(words);
        self.error_of(kind, message).with_vendor_message(&words)
    }

    /// `words` without the credentials that were sent.
    pub(crate) fn without_secrets(&self, words: &str) -> String {
        if words.is_empty() {
            return String::new();
        }
        let sent = self
            .sensitive
            .iter()
            .filter_map(|value| value.to_str().ok());
        let in_headers: Vec<_> = sent.flat_map(forms).map(SecretString::from).collect();
        let secrets = in_headers.iter().chain(&self.secrets);
        let secrets = secrets.map(ExposeSecret::expose_secret);
        let mut secrets: Vec<_> = secrets.filter(|secret| !secret.is_empty()).collect();
        // Longest first: a secret inside another one must not leave the rest of that one.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let hide = |words: String, secret: &&str| words.replace(*secret, "[a credential]");
        secrets.iter().fold(words.to_owned(), hide)
    }

    /// The body if it may be JSON, otherwise an error that says what it is.
    pub(crate) fn json_text(&self) -> Result<&[u8]> {
        let text = self.trimmed();
        let why = if text.is_empty() {
            "the reply has an empty body".to_owned()
        } else if self.is_html() {
            format!("the reply is {}, not the vendor's JSON", self.page())
        } else {
            return Ok(text);
        };
        Err(self.error_of(ErrorKind::BadResponse, &why))
    }

    /// The body without surrounding white space and byte order mark.
    pub(crate) fn trimmed(&self) -> &[u8] {
        self.body
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(&self.body)
            .trim_ascii()
    }

    /// Whether the body is an HTML page, from a gateway or a login page instead of the vendor's API. A body
    /// that looks like JSON is never treated as HTML, whatever its content type.
    pub fn is_html(&self) -> bool {
        let body = self.trimmed();
        let says_so = || {
            let kind = self.header("content-type").unwrap_or_default();
            kind.to_ascii_lowercase().contains("html")
        };
        body.starts_with(b"<") || (!body.starts_with(b"{") && !body.starts_with(b"[") && says_so())
    }
}

/// The forms in which a vendor may repeat a header's value: "Bearer abc" also as "abc", and the decoded parts
/// of basic authentication.
fn forms(value: &str) -> Vec<String> {
    let last_word = value.rsplit(' ').next().unwrap_or_default();
    let mut forms = basic::parts(value);
    forms.extend([value, last_word].map(str::to_owned));
    forms
}

impl fmt::Debug for HttpResponse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpResponse")
            .field("status", &self.status)
            .field("body_bytes", &self.body.len())
            .finish_non_exhaustive()
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "without the server's clock, a date can only be compared with the local clock"
)]
fn local_clock() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
