//! Replies that cannot be the vendor's own: pages, redirects and compressed bodies of other servers, and statuses
//! that confirm nothing.

use reqwest::header::{CONTENT_ENCODING, LOCATION};
use serde::de::IgnoredAny;
use ticket_core::{Error, ErrorKind, Result};

use crate::response::HttpResponse;
use crate::status::kind_of_foreign;

/// How much of a page is searched for its title, in bytes.
const HEAD_OF_A_PAGE: usize = 16 * 1024;

/// Maximum length of a title and of a coding, in characters.
const MAX_TITLE: usize = 80;
const MAX_CODING: usize = 40;

/// What a body compressed with gzip begins with.
pub(crate) const GZIP: &[u8] = b"\x1f\x8b";

impl HttpResponse {
    /// Rejects a status that does not confirm a write. `documented` lists the statuses that the vendor documents
    /// as *done*, for most vendors `[200]`. The body may still report an error.
    ///
    /// # Errors
    ///
    /// `BadResponse` with unknown effect for any other 2xx status: 202 only promises, 207 is mixed, 203 may have
    /// been changed on the way. For other statuses the [meaning of the status](crate::meaning_of_status).
    pub fn expect_confirmed(&self, documented: &[u16]) -> Result<()> {
        if documented.contains(&self.status) {
            return Ok(());
        }
        Err(self.error(match self.status {
            202 => "the vendor accepted the request but did not confirm it",
            200..=299 => "the vendor's status does not confirm the request",
            _ => "the vendor did not carry out the request, or did not confirm it",
        }))
    }

    /// Rejects a reply that cannot be the vendor's own, where the vendor documents JSON for this status: an HTML
    /// page, plain text, an empty body. Call it before the status is read: a gateway's 404 says nothing about a
    /// ticket, a firewall's 403 nothing about an account.
    ///
    /// JSON of another form passes; only the provider knows the vendor's form. For that case see
    /// [`foreign`](Self::foreign).
    ///
    /// # Errors
    ///
    /// Those of [`foreign`](Self::foreign). The message says what came, for example `an HTML page (title: Sign in),
    /// not the vendor's JSON`.
    pub fn expect_json(&self) -> Result<()> {
        let body = self.trimmed();
        let what = match body.first() {
            None => "an empty body".to_owned(),
            // Most bodies, without reading them twice. One that is cut off is still the vendor's.
            Some(b'{' | b'[') => return Ok(()),
            Some(_) if self.is_html() => self.page(),
            Some(_) if serde_json::from_slice::<IgnoredAny>(body).is_ok() => return Ok(()),
            Some(_) => "text".to_owned(),
        };
        Err(self.instead_of_json(&what))
    }

    /// Like [`expect_json`](Self::expect_json), but rejects only HTML pages. For vendors that document statuses
    /// without bodies.
    ///
    /// # Errors
    ///
    /// Those of [`foreign`](Self::foreign).
    pub fn expect_no_page(&self) -> Result<()> {
        if self.is_html() {
            return Err(self.instead_of_json(&self.page()));
        }
        Ok(())
    }

    /// Creates the error of a reply that another server sent in the vendor's place, saying what came instead of the
    /// vendor's JSON: a page, text, nothing, or JSON of another form.
    ///
    /// | Status | Kind | Effect |
    /// |---|---|---|
    /// | 5xx, 408, 499 | that of the status: an outage is one, whoever reports it | unknown |
    /// | 425, 429 | that of the status | none |
    /// | 413, 414, 431 | `InvalidInput`: the request is too large for a server on the way | none |
    /// | any other 4xx | `BadResponse` | none: the request did not reach the vendor |
    /// | 301, 302, 307, 308 | `BadResponse` | none |
    /// | any other, such as 200 | `BadResponse` | unknown |
    pub fn foreign(&self) -> Error {
        match self.expect_json() {
            Ok(()) => self.instead_of_json("JSON of another form"),
            Err(error) => error,
        }
    }

    fn instead_of_json(&self, what: &str) -> Error {
        let hint = match self.status {
            200..=299 | 400..=403 => {
                "check the base URL, and for a login page or firewall before the vendor"
            }
            300..=399 | 404..=407 | 410 => "check the base URL",
            _ => "check the base URL; a server before the vendor may have answered",
        };
        let message = format!("the reply is {what}, not the vendor's JSON; {hint}");
        self.rejection(kind_of_foreign(self.status), &message, &self.text())
    }

    /// Rejects a redirect, naming its host only: its path and query may hold secrets.
    pub(crate) fn redirect(&self) -> Error {
        let to = self.headers.get(LOCATION).and_then(|to| to.to_str().ok());
        let host = to
            .and_then(|to| reqwest::Url::parse(to).ok())
            .and_then(|to| Some(self.without_secrets(to.host_str()?)));
        let to = host.map_or_else(String::new, |host| format!(" to {host}"));
        let message =
            format!("the server redirects{to}; redirects are not followed; check the base URL");
        self.error_of(ErrorKind::BadResponse, &message)
    }

    /// Rejects a compressed reply. Nothing of its body may be shown.
    pub(crate) fn expect_uncompressed(&self) -> Result<()> {
        let mut codings: Vec<String> = Vec::new();
        for value in self.headers.get_all(CONTENT_ENCODING) {
            let value = String::from_utf8_lossy(value.as_bytes());
            let named = value.split(',').map(str::trim);
            let named =
                named.filter(|name| !name.is_empty() && !name.eq_ignore_ascii_case("identity"));
            codings.extend(named.map(ToOwned::to_owned));
        }
        if codings.is_empty() && self.body.starts_with(GZIP) {
            codings.push("gzip".to_owned());
        }
        if codings.is_empty() {
            return Ok(());
        }
        let coding: String = codings.join(", ").chars().take(MAX_CODING).collect();
        let message = format!(
            "the reply is compressed with {} although `identity` was asked for",
            self.without_secrets(&coding)
        );
        Err(self.error_of(kind_of_foreign(self.status), &message))
    }

    /// The words for an HTML page, with its title.
    pub(crate) fn page(&self) -> String {
        match self.title() {
            Some(title) => format!("an HTML page (title: {title})"),
            None => "an HTML page".to_owned(),
        }
    }

    /// The title of an HTML page, unless it may contain an address.
    fn title(&self) -> Option<String> {
        let head = self.trimmed();
        let head = head.get(..HEAD_OF_A_PAGE).unwrap_or(head);
        let text = String::from_utf8_lossy(head);
        // Only ASCII letters change, so that places are the same in both.
        let lower = text.to_ascii_lowercase();
        let begin = lower.find("<title")?;
        let begin = begin + lower.get(begin..)?.find('>')? + 1;
        let end = begin + lower.get(begin..)?.find('<')?;
        let words: Vec<_> = text.get(begin..end)?.split_whitespace().collect();
        // Before it is cut: part of a credential would not be recognised.
        let title = self.without_secrets(&words.join(" "));
        if title.is_empty() || title.contains("://") || title.contains('@') {
            return None;
        }
        Some(title.chars().take(MAX_TITLE).collect())
    }
}
