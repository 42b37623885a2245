//! A request as received, and the reply to it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};

/// A request that the vendor received.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The method.
    pub method: String,
    /// Path and query as sent, not decoded.
    pub path: String,
    /// Names and values, in the order in which they were sent.
    pub headers: Vec<(String, String)>,
    /// The body, without chunk framing.
    pub body: Vec<u8>,
    /// Whether the request took effect: a write that the vendor answered with a status below 300.
    pub took_effect: bool,
    /// The status of the reply, if one was sent.
    pub status: Option<u16>,
}

impl Request {
    /// The first value of a header. The name is case-insensitive.
    pub fn header(&self, name: &str) -> Option<&str> {
        header(&self.headers, name)
    }

    /// The segments of the path without its query, not decoded.
    pub fn segments(&self) -> Vec<&str> {
        let (path, _) = self.split_path();
        path.trim_start_matches('/').split('/').collect()
    }

    /// A query parameter, decoded.
    pub fn query(&self, name: &str) -> Option<String> {
        let mut pairs = form_urlencoded::parse(self.split_path().1.as_bytes());
        let (_, value) = pairs.find(|(known, _)| known == name)?;
        Some(value.into_owned())
    }

    /// The body as text. Invalid UTF-8 is replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.body)
    }

    /// The body as JSON.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The parts of a multipart form: see [`Part::parse`].
    pub fn parts(&self) -> Option<Vec<Part>> {
        Part::parse(self.header("content-type")?, &self.body)
    }

    /// The fields of a form in any encoding: multipart, a JSON object, or URL-encoded.
    pub(crate) fn fields(&self) -> BTreeMap<String, String> {
        if let Some(parts) = self.parts() {
            let parts = parts.into_iter();
            return parts
                .map(|part| (part.name.clone(), part.text().into_owned()))
                .collect();
        }
        match serde_json::from_slice::<Map<String, Value>>(&self.body) {
            Ok(fields) => texts(&fields),
            Err(_) => form_urlencoded::parse(&self.body).into_owned().collect(),
        }
    }

    pub(crate) fn split_path(&self) -> (&str, &str) {
        self.path.split_once('?').unwrap_or((&self.path, ""))
    }
}

/// The values of an object as texts.
pub(crate) fn texts(fields: &Map<String, Value>) -> BTreeMap<String, String> {
    let fields = fields.iter();
    fields
        .map(|(name, value)| {
            let text = value.as_str().map(str::to_owned);
            (name.clone(), text.unwrap_or_else(|| value.to_string()))
        })
        .collect()
}

/// The bytes before and after the mark.
fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|some| some == mark)?;
    Some((bytes.get(..at)?, bytes.get(at + mark.len()..)?))
}

/// A part of a multipart form.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part {
    /// The field's name.
    pub name: String,
    /// `None` if the part is not a file.
    pub file_name: Option<String>,
    /// The part's own content type.
    pub media_type: Option<String>,
    /// The content.
    pub content: Vec<u8>,
}

impl Part {
    /// The parts of a multipart form; `None` if the content type is another or the body is not a complete form.
    pub fn parse(content_type: &str, body: &[u8]) -> Option<Vec<Self>> {
        let (kind, parameters) = content_type.split_once(';')?;
        if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
            return None;
        }
        let boundary = parameters.trim().strip_prefix("boundary=")?;
        let boundary = boundary.trim_matches('"');
        let mut rest = body.strip_prefix(format!("--{boundary}\r\n").as_bytes())?;
        let mut parts = Vec::new();
        loop {
            let (head, body) = split(rest, b"\r\n\r\n")?;
            let (content, next) = split(body, format!("\r\n--{boundary}").as_bytes())?;
            parts.push(Self::new(std::str::from_utf8(head).ok()?, content)?);
            if next.starts_with(b"--") {
                return Some(parts);
            }
            rest = next.strip_prefix(b"\r\n")?;
        }
    }

    fn new(head: &str, content: &[u8]) -> Option<Self> {
        let parameter = |name: &str| {
            let (_, value) = head.split_once(&format!(" {name}=\""))?;
            Some(value.split('"').next()?.to_owned())
        };
        Some(Self {
            name: parameter("name")?,
            file_name: parameter("filename"),
            media_type: head.lines().find_map(|line| {
                let (name, value) = line.split_once(':')?;
                let is_type = name.eq_ignore_ascii_case("content-type");
                is_type.then(|| value.trim().to_owned())
            }),
            content: content.to_vec(),
        })
    }

    /// The content as text. Invalid UTF-8 is replaced.
    pub fn text(&self) -> Cow<'_, str> {
        String::from_utf8_lossy(&self.content)
    }
}

/// The reply to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// Names and values. The server adds the content length.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Reply {
    /// Creates a reply without a content type.
    pub fn new(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: body.as_ref().to_vec(),
        }
    }

    /// Creates a reply without a body.
    pub fn empty(status: u16) -> Self {
        Self::new(status, "")
    }

    /// Creates a reply with a JSON body.
    pub fn json(status: u16, body: &Value) -> Self {
        Self::json_text(status, body.to_string())
    }

    /// Creates a reply with this text as its JSON body. The text may be invalid JSON.
    pub fn json_text(status: u16, body: impl AsRef<[u8]>) -> Self {
        Self::new(status, body).header("content-type", "application/json")
    }

    /// Adds a header.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }
}

/// The first value of a header. The name is case-insensitive.
pub(crate) fn header<'a>(headers: &'a [(String, String)], name: &str) -> Option<&'a str> {
    let mut headers = headers.iter();
    let (_, value) = headers.find(|(known, _)| known.eq_ignore_ascii_case(name))?;
    Some(value)
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
        let parts = Part::parse(TYPE, FORM.as_bytes()).unwrap();
        let text = Part {
            name: "a".into(),
            file_name: None,
            media_type: None,
            content: b"one".to_vec(),
        };
        let file = Part {
            name: "b".into(),
            file_name: Some("b.bin".into()),
            media_type: Some("image/png".into()),
            content: b"\r\n--".to_vec(),
        };
        assert_eq!(parts, [text, file]);
    }

    #[test]
    fn incomplete_form_is_rejected() {
        for length in 0..FORM.len() - 4 {
            let cut = FORM.get(..length).unwrap();
            assert_eq!(Part::parse(TYPE, cut.as_bytes()), None, "{length}");
        }
        for other in [
            "multipart/form-data",
            "application/json",
            "multipart/form-data; boundary=Y",
        ] {
            assert_eq!(Part::parse(other, FORM.as_bytes()), None, "{other}");
        }
    }
}
