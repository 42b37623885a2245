//! Basic authentication (RFC 7617): encodes and decodes the header value. The provider decides which name and
//! which key are sent.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use ticket_core::{Error, Result};

/// A shorter part is not a secret, for example the placeholder `X` next to a key that is sent as the user
/// name.
const MIN_SECRET: usize = 4;

/// The value of an `authorization` header for basic authentication: `Basic` and the base64 of `user:password`.
///
/// For [`HttpClient::new`](crate::HttpClient::new) or [`secret_header`](crate::HttpRequest::secret_header).
/// The value, the user and the password are removed from vendor messages that repeat them. Depending on the
/// vendor, the key is the user or the password; if it is the user, the password may be empty.
///
/// ```
/// use secrecy::{ExposeSecret as _, SecretString};
/// use ticket_http::basic_auth;
///
/// let value = basic_auth("Aladdin", &SecretString::from("open sesame"))?;
/// assert_eq!(value.expose_secret(), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
/// # Ok::<(), ticket_core::Error>(())
/// ```
///
/// # Errors
///
/// `Config`, if the user is empty or has a colon, or if the user or the password starts or ends with white
/// space or has a control character. The message contains neither of them.
pub fn basic_auth(user: &str, password: &SecretString) -> Result<SecretString> {
    let password = password.expose_secret();
    if user.is_empty() || user.contains(':') {
        return Err(Error::config(
            "the user name for basic authentication is empty or contains a colon",
        ));
    }
    for (text, name) in [(user, "user name"), (password, "password")] {
        // For example a key that was pasted with its line end.
        if text.trim() != text || text.contains(char::is_control) {
            return Err(Error::config(format!(
                "the {name} for basic authentication begins or ends with white space, or contains a control character"
            )));
        }
    }
    let encoded = STANDARD.encode(format!("{user}:{password}"));
    Ok(SecretString::from(format!("Basic {encoded}")))
}

/// The user and the password of such a value, to remove them from vendor messages.
pub(crate) fn parts(value: &str) -> Vec<String> {
    let decoded = value
        .split_once(' ')
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("basic"))
        .and_then(|(_, encoded)| STANDARD.decode(encoded).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .unwrap_or_default();
    decoded
        .splitn(2, ':')
        .filter(|part| part.len() >= MIN_SECRET)
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(user: &str, password: &str) -> Result<SecretString> {
        basic_auth(user, &SecretString::from(password))
    }

    #[test]
    fn basic_auth_gives_user_and_key_in_plain() {
        for (user, password, parts_of) in [
            (
                "ann@example.com",
                "k-1:2/3",
                &["ann@example.com", "k-1:2/3"][..],
            ),
            ("the-key", "X", &["the-key"]),
            ("the-key", "", &["the-key"]),
            ("ann", "sésame+?", &["sésame+?"]),
        ] {
            let value = value(user, password).unwrap();
            assert_eq!(parts(value.expose_secret()), parts_of);
        }
    }

    #[test]
    fn other_authorization_scheme_gives_no_parts() {
        for value in [
            "Bearer YW5uOnMzY3JldA==",
            "Basic",
            "Basic !",
            "YW5uOnMzY3JldA==",
            "",
        ] {
            assert!(parts(value).is_empty(), "{value}");
        }
    }

    #[test]
    fn ambiguous_user_or_key_is_refused_and_not_quoted() {
        for (user, password) in [
            ("", "s3cret"),
            ("ann:s3cret", "s3cret"),
            ("ann", "s3cret\n"),
            ("ann", " s3cret"),
            ("ann ", "s3cret"),
            ("ann", "s3\0cret"),
        ] {
            let error = value(user, password).unwrap_err();
            assert_eq!(error.kind(), ticket_core::ErrorKind::Config);
            let shown = format!("{error}\n{error:?}");
            assert!(!shown.contains("s3") && !shown.contains("ann"), "{shown}");
        }
    }
}
