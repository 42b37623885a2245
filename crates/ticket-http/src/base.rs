//! The base URL: which URLs are accepted, and which are rejected before anything is sent. Paths below it are
//! in `path.rs`.

use std::net::IpAddr;

use reqwest::Url;
use ticket_core::{Error, Result};

/// A validated base URL.
#[derive(Debug)]
pub(crate) struct Base {
    /// Scheme, host, port and path.
    pub(crate) url: Url,
    /// The path, without a trailing slash; empty if there is none.
    pub(crate) path: String,
    /// Host and port, for messages.
    pub(crate) peer: String,
    /// The host alone, an IPv6 address without brackets.
    pub(crate) host: String,
    /// The port, explicit or implied by the scheme.
    pub(crate) port: Option<u16>,
    pub(crate) plain: bool,
    /// Whether the host is this computer.
    pub(crate) loopback: bool,
}

impl Base {
    /// Scheme, host, port and path, without a trailing slash.
    pub(crate) fn shown(&self) -> String {
        format!("{}{}", self.url.origin().ascii_serialization(), self.path)
    }

    /// Parses a base URL. Messages never quote it, because an invalid one may contain a password.
    pub(crate) fn parse(text: &str, allow_plain_http: bool) -> Result<Self> {
        // The parser would silently drop tabs and line feeds, and read `\` as `/`.
        if text
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || c == '\\')
        {
            return Err(Error::config(
                "the base URL contains white space, a control character or a backslash",
            ));
        }
        let url = Url::parse(text).map_err(|error| {
            let example = "https://desk.example.com";
            Error::config(format!(
                "the base URL cannot be read: {error}; use a full URL such as {example}"
            ))
        })?;
        let plain = match url.scheme() {
            "http" => true,
            "https" => false,
            _ => {
                return Err(Error::config(
                    "the base URL must begin with https:// (or http:// for this computer)",
                ));
            }
        };
        if !url.username().is_empty() || url.password().is_some() {
            return Err(Error::config(
                "the base URL must not contain a user name or a password",
            ));
        }
        if url.query().is_some() || url.fragment().is_some() {
            return Err(Error::config("the base URL must not contain ? or #"));
        }
        let Some(host) = url.host_str() else {
            return Err(Error::config("the base URL has no host"));
        };
        let loopback = is_loopback(host);
        if plain && !loopback && !allow_plain_http {
            return Err(Error::config(format!(
                "plain http to {host} is refused, nothing was sent: others on the network could read the credentials; use https"
            )));
        }
        if !plain && !cfg!(any(feature = "rustls", feature = "native-tls")) {
            return Err(Error::config(
                "https is not available: ticket-http was built without the feature `rustls` or `native-tls`",
            ));
        }
        Ok(Self {
            path: url.path().trim_end_matches('/').to_owned(),
            peer: match url.port_or_known_default() {
                Some(port) => format!("{host}:{port}"),
                None => host.to_owned(),
            },
            host: without_brackets(host).to_owned(),
            port: url.port_or_known_default(),
            plain,
            loopback,
            url,
        })
    }
}

/// Whether a host, as normalised by the URL parser, is this computer. `localhost` counts, because the client
/// resolves it without a name server.
fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || without_brackets(host)
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

fn without_brackets(host: &str) -> &str {
    host.trim_start_matches('[').trim_end_matches(']')
}

/// A base URL without user name, password, query and fragment, for the `Debug` output of unchecked
/// configurations.
///
/// ```
/// assert_eq!(ticket_http::shown_url("https://me:s3cret@example.com/api?key=s3cret"), "https://example.com/api");
/// assert_eq!(ticket_http::shown_url("no address"), "[no URL]");
/// ```
pub fn shown_url(base_url: &str) -> String {
    match Url::parse(base_url) {
        Ok(url) if url.has_host() => {
            let host = url.host_str().unwrap_or_default();
            let port = url
                .port()
                .map(|port| format!(":{port}"))
                .unwrap_or_default();
            format!("{}://{host}{port}{}", url.scheme(), url.path())
        }
        _ => "[no URL]".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base_path_with_or_without_trailing_slash_is_kept() {
        for (text, url, peer) in [
            (
                "http://127.0.0.1:8080",
                "http://127.0.0.1:8080",
                "127.0.0.1:8080",
            ),
            (
                "http://127.0.0.1:8080/",
                "http://127.0.0.1:8080",
                "127.0.0.1:8080",
            ),
            (
                "http://localhost/desk",
                "http://localhost/desk",
                "localhost:80",
            ),
            (
                "http://[::1]:1/desk/v2/",
                "http://[::1]:1/desk/v2",
                "[::1]:1",
            ),
            // Other spellings of a loopback address are the address.
            ("http://127.1/", "http://127.0.0.1", "127.0.0.1:80"),
        ] {
            let base = Base::parse(text, false).unwrap();
            assert_eq!((base.shown().as_str(), base.peer.as_str()), (url, peer));
            assert!(base.loopback, "{text}");
        }
    }

    #[test]
    fn unusable_base_url_is_refused_and_not_quoted() {
        for (text, reason) in [
            ("", "cannot be read"),
            ("api.example.com", "cannot be read"),
            ("https://", "cannot be read"),
            ("https://exa mple.com", "white space"),
            ("https://example.com\n", "white space"),
            ("https:\\\\example.com", "backslash"),
            ("ftp://example.com", "must begin with https://"),
            ("unix:/run/socket", "must begin with https://"),
            ("https://user:s3cret@example.com", "user name or a password"),
            ("https://s3cret@example.com", "user name or a password"),
            ("https://example.com/?key=s3cret", "must not contain ?"),
            ("https://example.com/?", "must not contain ?"),
            ("https://example.com/#s3cret", "must not contain ?"),
        ] {
            let error = Base::parse(text, false).unwrap_err();
            assert_eq!(error.kind(), ticket_core::ErrorKind::Config, "{text}");
            assert!(error.to_string().contains(reason), "{text}: {error}");
            assert!(
                !format!("{error:?}").contains("s3cret"),
                "{text}: {error:?}"
            );
        }
    }

    #[test]
    fn plain_http_to_another_computer_is_refused_unless_allowed() {
        for text in [
            "http://example.com",
            "http://10.0.0.1",
            "http://0.0.0.0",
            "http://localhost.example.com",
            "http://127.0.0.1.example.com",
            "http://[::ffff:127.0.0.1]",
            "HTTP://example.com",
        ] {
            let error = Base::parse(text, false).unwrap_err();
            assert!(error.to_string().contains("nothing was sent"), "{error}");
            assert!(!Base::parse(text, true).unwrap().loopback, "{text}");
        }
    }

    #[test]
    fn https_without_tls_feature_is_refused() {
        let base = Base::parse("https://example.com/api/", false);
        if cfg!(any(feature = "rustls", feature = "native-tls")) {
            assert_eq!(base.unwrap().shown(), "https://example.com/api");
        } else {
            let error = base.unwrap_err();
            assert!(error.to_string().contains("without the feature"), "{error}");
        }
    }
}
