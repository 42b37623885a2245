//! Headers of single requests and of clients.

use reqwest::header::{HeaderName, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use ticket_core::{Error, Result};

/// Creates a header that is marked sensitive, so that `Debug` does not print it.
pub(crate) fn secret_header(name: &str, value: &SecretString) -> Result<(HeaderName, HeaderValue)> {
    let (name, mut value) = checked(name, value.expose_secret()).map_err(Error::config)?;
    value.set_sensitive(true);
    Ok((name, value))
}

/// Creates a header that is no secret: a vendor's message may repeat its value.
pub(crate) fn plain_header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue)> {
    checked(name, value).map_err(Error::invalid_input)
}

/// The header, or why it cannot be sent, without its value.
fn checked(name: &str, text: &str) -> std::result::Result<(HeaderName, HeaderValue), String> {
    let header_name = HeaderName::from_bytes(name.as_bytes())
        .map_err(|_| "a header's name cannot be sent".to_owned())?;
    if text.is_empty() {
        return Err(format!("the header {name} has no value"));
    }
    // For example `Bearer ` with an empty token, or a key that was pasted with its line end.
    if text.trim() != text {
        return Err(format!(
            "the value of the header {name} begins or ends with white space"
        ));
    }
    // The meaning of non-ASCII header values depends on the receiver; in a key they are a typing error.
    let header_value = Some(text).filter(|text| text.is_ascii());
    let header_value = header_value
        .and_then(|text| HeaderValue::from_str(text).ok())
        .ok_or_else(|| {
            format!("the value of the header {name} contains a character that cannot be sent")
        })?;
    Ok((header_name, header_value))
}
