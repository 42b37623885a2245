//! The body of a request, serialised once. Reply bodies are `response.rs`.

use std::fmt::Write as _;

use serde::Serialize;
use ticket_core::{Error, Result};

use crate::path::encode_pairs;

/// Bytes and what they are.
pub(crate) struct Body {
    pub(crate) content_type: String,
    pub(crate) bytes: Vec<u8>,
}

impl Body {
    pub(crate) fn json(value: &(impl Serialize + ?Sized)) -> Result<Self> {
        // The serialiser's own message may quote a value.
        let bytes = serde_json::to_vec(value).map_err(|_| {
            Error::invalid_input("the request cannot be written as JSON; nothing was sent")
        })?;
        Ok(Self {
            content_type: "application/json".to_owned(),
            bytes,
        })
    }

    pub(crate) fn form(fields: &[(&str, &str)]) -> Self {
        Self {
            content_type: "application/x-www-form-urlencoded".to_owned(),
            bytes: encode_pairs(fields.iter().copied()).into_bytes(),
        }
    }

    pub(crate) fn multipart(parts: &[(&str, &str)]) -> Self {
        let boundary = boundary_outside(parts);
        let mut text = String::new();
        for (name, value) in parts {
            let name = name
                .replace('"', "%22")
                .replace('\r', "%0D")
                .replace('\n', "%0A");
            // Writing to a `String` cannot fail.
            let _ = write!(
                text,
                "--{boundary}\r\ncontent-disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
            );
        }
        let _ = write!(text, "--{boundary}--\r\n");
        Self {
            content_type: format!("multipart/form-data; boundary={boundary}"),
            bytes: text.into_bytes(),
        }
    }
}

/// A boundary that occurs in no part.
fn boundary_outside(parts: &[(&str, &str)]) -> String {
    let mut boundary = String::from("ticket-http");
    while parts
        .iter()
        .any(|(name, value)| name.contains(&boundary) || value.contains(&boundary))
    {
        boundary.push_str("-x");
    }
    boundary
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_cannot_end_its_own_body() {
        let body = Body::multipart(&[
            ("a\"\r\nb", "1\r\n--ticket-http--\r\n"),
            ("c", "ticket-http-x"),
        ]);
        assert_eq!(
            body.content_type,
            "multipart/form-data; boundary=ticket-http-x-x"
        );
        let text = String::from_utf8(body.bytes).unwrap();
        assert_eq!(text.matches("--ticket-http-x-x").count(), 3, "{text}");
        assert!(text.contains("name=\"a%22%0D%0Ab\"\r\n\r\n1\r\n"), "{text}");
        assert!(text.ends_with("\r\n--ticket-http-x-x--\r\n"), "{text}");
    }

    #[test]
    fn form_fields_cannot_add_fields() {
        let body = Body::form(&[("email", "a&b=c d@example.com"), ("siteId", "")]);
        assert_eq!(body.bytes, b"email=a%26b%3Dc%20d%40example.com&siteId=");
    }
}
