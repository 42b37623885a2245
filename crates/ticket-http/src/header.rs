//! Headers that hold secrets.

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use ticket_core::{Error, Result};

/// Creates a header that is marked sensitive, so that `Debug` does not print it.
pub(crate) fn secret_header(name: &str, value: &SecretString) -> Result<(HeaderName, HeaderValue)> {
    let header_name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| Error::config("a header's name cannot be sent"))?;
    let text = value.expose_secret();
    if text.is_empty() {
        return Err(Error::config(format!("the header {name} has no value")));
    }
    // For example `Bearer ` with an empty token, or a key that was pasted with its line end.
    if text.trim() != text {
        return Err(Error::config(format!(
            "the value of the header {name} begins or ends with white space"
        )));
    }
    // The meaning of non-ASCII header values depends on the receiver; in a key they are a typing error.
    let header_value = Some(text).filter(|text| text.is_ascii());
    let mut header_value = header_value
        .and_then(|text| HeaderValue::from_str(text).ok())
        .ok_or_else(|| {
            Error::config(format!(
                "the value of the header {name} contains a character that cannot be sent"
            ))
        })?;
    header_value.set_sensitive(true);
    Ok((header_name, header_value))
}
