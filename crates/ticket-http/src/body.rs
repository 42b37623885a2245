//! The body of a request, serialised once. Reply bodies are in `response.rs`.

use serde::Serialize;
use ticket_core::{Error, Result};

use crate::path::encode_pairs;

/// Bytes and their content type.
pub(crate) struct Body {
    pub(crate) content_type: &'static str,
    pub(crate) bytes: Vec<u8>,
}

impl Body {
    pub(crate) fn json(value: &(impl Serialize + ?Sized)) -> Result<Self> {
        // The serialiser's message may quote a value.
        let bytes = serde_json::to_vec(value).map_err(|_| {
            Error::invalid_input("the request cannot be written as JSON; nothing was sent")
        })?;
        Ok(Self {
            content_type: "application/json",
            bytes,
        })
    }

    pub(crate) fn form(fields: &[(&str, &str)]) -> Self {
        Self {
            content_type: "application/x-www-form-urlencoded",
            bytes: encode_pairs(fields.iter().copied()).into_bytes(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn form_value_with_separators_adds_no_field() {
        let body = Body::form(&[("email", "a&b=c d@example.com"), ("siteId", "")]);
        assert_eq!(body.bytes, b"email=a%26b%3Dc%20d%40example.com&siteId=");
    }
}
