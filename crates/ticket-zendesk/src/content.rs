//! The content of files. It may be on another host, which must never see the account's credentials (`OpenAPI` text).

use ticket_core::provider::Download;
use ticket_core::{Error, ErrorKind, Operation, Result};
use ticket_http::{HttpClient, kind_of_status};

use crate::client::Zendesk;
use crate::info::ID;

/// Where a file is: a host, the segments of a path and the parameters of a query.
struct Place {
    origin: String,
    host: String,
    path: Vec<String>,
    query: Vec<(String, String)>,
}

impl Zendesk {
    /// Reads a file from its content URL, without credentials.
    ///
    /// # Errors
    ///
    /// `BadResponse` for an address that is neither of the account's host nor of one of the configured domains; nothing is
    /// sent there.
    pub async fn content(&self, url: &str) -> Result<Download> {
        let read = async {
            let place =
                Place::of(url).ok_or_else(|| bad("the address of the file is not a URL"))?;
            let base = self.http.base_url();
            let is_own = origin(&base).is_some_and(|own| own == place.origin);
            if !is_own && !self.is_content_host(&place.host) {
                let host: String = place.host.chars().take(80).collect();
                let message = format!(
                    "the file is on {host:?}, which is none of the domains in `content_hosts`"
                );
                return Err(bad(&message));
            }
            // A client of its own: the account's one sends credentials with every request.
            let client = HttpClient::new(&place.origin, &self.config, &[])?;
            let path: Vec<&str> = place.path.iter().map(String::as_str).collect();
            let mut request = client.get(&path);
            for (name, value) in &place.query {
                request = request.query(name, value);
            }
            let (response, download) = request.download().await?;
            if response.status() == 200 {
                return Ok(download);
            }
            let kind = kind_of_status(response.status());
            Err(response.error_of(kind, "the content of the file cannot be read"))
        };
        let read: Result<Download> = read.await;
        read.map_err(|error| error.in_operation(ID, Operation::Download))
    }

    fn is_content_host(&self, host: &str) -> bool {
        self.content_hosts.iter().any(|domain| {
            host.strip_suffix(domain.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }
}

fn bad(message: &str) -> Error {
    Error::new(ErrorKind::BadResponse, message)
}

/// Scheme, host and port of a URL.
fn origin(url: &str) -> Option<String> {
    Place::of(url).map(|place| place.origin)
}

impl Place {
    fn of(url: &str) -> Option<Self> {
        let (scheme, rest) = url.split_once("://")?;
        let rest = rest.split_once('#').map_or(rest, |(rest, _)| rest);
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // A user name before the host may look like one.
        if authority.is_empty() || authority.contains(['@', '\\', ' ']) {
            return None;
        }
        let authority = authority.to_ascii_lowercase();
        let host = match authority.rsplit_once(':') {
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => host,
            _ => authority.as_str(),
        };
        let scheme = scheme.to_ascii_lowercase();
        let path = path.split('/').filter(|segment| !segment.is_empty());
        let path: Option<Vec<String>> = path.map(decoded).collect();
        let query = query.split('&').filter(|pair| !pair.is_empty());
        let query: Option<Vec<(String, String)>> = query
            .map(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
                Some((decoded(name)?, decoded(&value.replace('+', " "))?))
            })
            .collect();
        Some(Self {
            host: host.to_owned(),
            origin: format!("{scheme}://{authority}"),
            path: path?,
            query: query?,
        })
    }
}

/// A text without percent-encoding; `None` for a broken one.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        rest = tail;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, tail) = tail.split_at_checked(2)?;
        bytes.push(u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?);
        rest = tail;
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_the_host_the_path_and_the_query_of_a_url() {
        let place =
            Place::of("https://Acme.zendesk.com/attachments/token/a%2Fb/?name=x+y.png#z").unwrap();
        assert_eq!(
            (place.origin.as_str(), place.host.as_str()),
            ("https://acme.zendesk.com", "acme.zendesk.com")
        );
        assert_eq!(place.path, ["attachments", "token", "a/b"]);
        assert_eq!(place.query, [("name".to_owned(), "x y.png".to_owned())]);
        for url in [
            "",
            "acme.zendesk.com/x",
            "https://",
            "https://acme.zendesk.com@evil.example/x",
            "https://a/%zz",
        ] {
            assert!(Place::of(url).is_none(), "{url}");
        }
    }
}
