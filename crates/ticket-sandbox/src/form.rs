//! Parses forms (multipart, JSON, URL-encoded) that are completely in memory.
//!
//! What the parts mean is up to each vendor.

use std::collections::BTreeMap;

use futures_util::{FutureExt as _, stream};
use hyper::body::Bytes;
use serde_json::{Map, Value};

/// One part of a form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) name: String,
    /// `None` if the part is not a file.
    pub(crate) file_name: Option<String>,
    pub(crate) media_type: Option<String>,
    pub(crate) bytes: Vec<u8>,
}

impl Part {
    /// The text of a part that is not a file.
    pub(crate) fn text(&self) -> Option<&str> {
        match self.file_name {
            None => std::str::from_utf8(&self.bytes).ok(),
            Some(_) => None,
        }
    }
}

/// The parts of a multipart form; `None` if the content type or the body is not one.
pub(crate) fn parts(content_type: &str, body: &[u8]) -> Option<Vec<Part>> {
    let boundary = multer::parse_boundary(content_type).ok()?;
    let body = stream::iter([Ok::<_, std::io::Error>(Bytes::copy_from_slice(body))]);
    let form = multer::Multipart::new(body, boundary);
    // The body is complete, so a parser that is still pending has reached the end of a truncated form.
    read(form).now_or_never()?
}

async fn read(mut form: multer::Multipart<'static>) -> Option<Vec<Part>> {
    let mut parts = Vec::new();
    while let Some(field) = form.next_field().await.ok()? {
        parts.push(Part {
            name: field.name()?.to_owned(),
            file_name: field.file_name().map(str::to_owned),
            media_type: field.content_type().map(ToString::to_string),
            bytes: field.bytes().await.ok()?.to_vec(),
        });
    }
    Some(parts)
}

/// The fields of a form in any encoding: the texts of a multipart form, the keys of a JSON object, or the pairs of a
/// URL-encoded form. If a field is repeated, the last value is used.
pub(crate) fn fields(content_type: Option<&str>, body: &[u8]) -> BTreeMap<String, String> {
    let plain = content_type.map(without_parameters).unwrap_or_default();
    if plain.eq_ignore_ascii_case("multipart/form-data") {
        let parts = content_type.and_then(|content_type| parts(content_type, body));
        let parts = parts.unwrap_or_default();
        let texts = parts.iter();
        texts
            .filter_map(|part| Some((part.name.clone(), part.text()?.to_owned())))
            .collect()
    } else if plain.eq_ignore_ascii_case("application/json") {
        let fields: Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
        let fields = fields.into_iter();
        fields
            .map(|(name, value)| match value {
                Value::String(text) => (name, text),
                other => (name, other.to_string()),
            })
            .collect()
    } else {
        form_urlencoded::parse(body).into_owned().collect()
    }
}

/// A content type without its parameters, such as the boundary of a form.
pub(crate) fn without_parameters(content_type: &str) -> &str {
    content_type.split(';').next().unwrap_or_default().trim()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TYPE: &str = "multipart/form-data; boundary=X";
    const FORM: &str = "--X\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\none\r\n\
        --X\r\nContent-Disposition: form-data; name=\"b\"; filename=\"b.bin\"\r\n\
        Content-Type: image/png\r\n\r\n\r\n--\r\n--X--\r\n";

    #[test]
    fn form_texts_and_files_are_distinguished() {
        let parts = parts(TYPE, FORM.as_bytes()).unwrap();
        assert_eq!(parts.len(), 2);
        assert_eq!(
            (parts[0].name.as_str(), parts[0].text()),
            ("a", Some("one"))
        );
        let file = Part {
            name: "b".into(),
            file_name: Some("b.bin".into()),
            media_type: Some("image/png".into()),
            bytes: b"\r\n--".to_vec(),
        };
        assert_eq!(parts[1], file);
        assert_eq!(parts[1].text(), None);
    }

    #[test]
    fn fields_are_the_same_in_every_encoding() {
        let form = FORM.replace("name=\"b\"; filename=\"b.bin\"", "name=\"b\"");
        let form = form.replace("\r\n\r\n\r\n--\r\n", "\r\n\r\n7 &\r\n");
        for (content_type, body) in [
            (Some(TYPE), form.as_str()),
            (Some("application/json"), r#"{"a":"one","b":"7 &"}"#),
            (Some("application/x-www-form-urlencoded"), "a=one&b=7+%26"),
            (None, "b=7%20%26&a=one"),
        ] {
            let fields: Vec<_> = fields(content_type, body.as_bytes()).into_iter().collect();
            let expected = [("a", "one"), ("b", "7 &")];
            let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
            assert_eq!(fields, expected, "{content_type:?}");
        }
    }

    #[test]
    fn incomplete_form_is_rejected() {
        for length in 0..FORM.len() - 4 {
            assert_eq!(parts(TYPE, &FORM.as_bytes()[..length]), None, "{length}");
        }
        assert_eq!(parts("multipart/form-data", FORM.as_bytes()), None);
        assert_eq!(parts("application/json", FORM.as_bytes()), None);
        assert_eq!(
            parts("multipart/form-data; boundary=Y", FORM.as_bytes()),
            None
        );
    }
}
