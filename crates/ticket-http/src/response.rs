//! A reply, read to its end. What a vendor means by it is the provider's `error.rs`.

use std::fmt;
use std::time::Duration;

use memchr::memmem;
use reqwest::header::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use ticket_core::{Error, ErrorKind, Result};

use crate::status::{effect_of_status, kind_of_status};
use crate::{basic, json, retry_after};

/// How many characters of a plain text are shown.
const MAX_EXCERPT: usize = 300;

/// A reply with its body. `Debug` prints the status and the length only: the rest is personal data.
#[derive(Clone)]
pub struct HttpResponse {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// The headers that were sent and must not be repeated, should the vendor do so.
    pub(crate) sensitive: Vec<HeaderValue>,
    /// What was sent in the body and must not be repeated either.
    pub(crate) secrets: Vec<SecretString>,
}

impl HttpResponse {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// Whether the status is 2xx. Some vendors put errors into such replies.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The first header of this name, in any case, where its value is visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body. That of a reply which is no success may be cut.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// Whether a field with one of these (letters, digits and `_`) in its name may stand in the body, at any depth.
    ///
    /// False is certain, and far cheaper than to read the body for a field that is seldom there, such as an error in a
    /// success.
    pub fn may_contain_key(&self, names: &[&str]) -> bool {
        let holds = |text: &str| memmem::find(&self.body, text.as_bytes()).is_some();
        // Letters may be written as numbers.
        names.iter().copied().any(holds) || holds("\\u")
    }

    /// Refuses a body that is a list, before it is read as an object: serde would take the items for the fields, by
    /// their order.
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

    /// Reads the body as JSON.
    ///
    /// # Errors
    ///
    /// `BadResponse` that says which field is not as expected, or that the body is empty, cut off or an
    /// HTML page. It never quotes the body.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T> {
        json::read(self.json_text()?).map_err(|why| self.error_of(ErrorKind::BadResponse, &why))
    }

    /// The first 300 characters of a plain-text body, to stand as the vendor's own words. Nothing for an HTML
    /// page, which is a gateway's, and for JSON, which may be somebody's whole ticket. A credential that was
    /// sent is left out.
    pub fn text(&self) -> String {
        if self.is_html() || self.trimmed().starts_with(b"{") || self.trimmed().starts_with(b"[") {
            return String::new();
        }
        // Before it is cut: half a credential would not be recognised.
        self.without_secrets(&String::from_utf8_lossy(self.trimmed()))
            .chars()
            .take(MAX_EXCERPT)
            .collect()
    }

    /// How long the reply asks to wait (`retry-after`): seconds, or a date counted from the reply's own
    /// `date`. A past date is no wait; more than 366 days is 366 days.
    pub fn retry_after(&self) -> Option<Duration> {
        retry_after::wait(
            self.header("retry-after")?,
            self.header("date"),
            local_clock,
        )
    }

    /// An error of the kind and effect that the [status stands for](kind_of_status), with status and
    /// [wait](Self::retry_after).
    pub fn error(&self, message: &str) -> Error {
        self.error_of(kind_of_status(self.status), message)
    }

    /// As [`error`](Self::error), but of a kind that the vendor's words tell better than the status. After 4xx the
    /// effect is none, after 5xx unknown, otherwise it is the kind's.
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

    /// As [`error_of`](Self::error_of), with the vendor's own `words`. Where they repeat a credential that was
    /// sent, it is left out.
    pub fn rejection(&self, kind: ErrorKind, message: &str, words: &str) -> Error {
        let words = self.without_secrets(words);
        self.error_of(kind, message).with_vendor_message(&words)
    }

    /// The words without any credential that was sent.
    fn without_secrets(&self, words: &str) -> String {
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
        // One that is part of another must not leave the rest of that one behind.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
        let hide = |words: String, secret: &&str| words.replace(*secret, "[a credential]");
        secrets.iter().fold(words.to_owned(), hide)
    }

    /// What may be JSON; otherwise says what it is.
    pub(crate) fn json_text(&self) -> Result<&[u8]> {
        let text = self.trimmed();
        let why = if text.is_empty() {
            "the reply has an empty body"
        } else if self.is_html() {
            "the reply is an HTML page instead of JSON"
        } else {
            return Ok(text);
        };
        Err(self.error_of(ErrorKind::BadResponse, why))
    }

    /// The body without white space at its ends and without a byte order mark.
    fn trimmed(&self) -> &[u8] {
        self.body
            .strip_prefix(b"\xef\xbb\xbf")
            .unwrap_or(&self.body)
            .trim_ascii()
    }

    /// Whether it is a web page: a gateway's or a login wall's, not the vendor's API. What looks like JSON is
    /// none, whatever its content type says.
    pub fn is_html(&self) -> bool {
        let body = self.trimmed();
        let says_so = || {
            let kind = self.header("content-type").unwrap_or_default();
            kind.to_ascii_lowercase().contains("html")
        };
        body.starts_with(b"<") || (!body.starts_with(b"{") && !body.starts_with(b"[") && says_so())
    }
}

/// In which forms a header's value may be repeated: "Bearer abc" also as "abc", and what basic authentication
/// encodes also in plain.
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
    reason = "a date without the server's own clock can only be held against the local one"
)]
fn local_clock() -> jiff::Timestamp {
    jiff::Timestamp::now()
}
