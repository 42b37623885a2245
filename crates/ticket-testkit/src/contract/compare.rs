//! Compares a sent request with the recorded one.

use std::collections::BTreeSet;
use std::fmt::Debug;

use serde_json::Value;

use super::recording::{RecordedPart, RecordedRequest};
use crate::message::{Part, Request, texts};

impl RecordedRequest {
    /// Reports each difference between the recorded request and the sent one.
    pub(super) fn compare(
        &self,
        sent: &Request,
        stated: &BTreeSet<String>,
        report: &mut impl FnMut(String),
    ) {
        let mut compare = |what: &str, expected: &dyn Debug, found: &dyn Debug| {
            let (expected, found) = (format!("{expected:?}"), format!("{found:?}"));
            if expected != found {
                report(format!("{what}: expected {expected}, found {found}"));
            }
        };
        compare("method", &self.method, &sent.method);
        let (path, query) = sent.split_path();
        let (recorded, more) = self.path.split_once('?').unwrap_or((&self.path, ""));
        compare("path", &recorded, &path);
        compare("query", &self.pairs(more), &pairs(query));
        // If no content type is recorded, any encoding is allowed.
        let kind = self.headers.iter();
        let mut kind = kind.filter(|(name, _)| name.eq_ignore_ascii_case("content-type"));
        let is_encoding_free = kind.next().is_none() && !self.body.is_null();
        for name in stated {
            let found = sent.header(name);
            let found = match name.as_str() {
                "content-type" if is_encoding_free => continue,
                // The boundary of a form is free; any other parameter is not.
                "content-type" if self.multipart.is_some() => {
                    found.map(|kind| kind.split(';').next().unwrap_or_default().trim())
                }
                _ => found,
            };
            let mut recorded = self.headers.iter();
            let recorded = recorded.find(|(known, _)| known.eq_ignore_ascii_case(name));
            let expected = recorded.map(|(_, value)| value.as_str());
            compare(name, &expected, &found);
        }
        if let Some(raw) = &self.raw_body {
            compare("body", raw, &String::from_utf8_lossy(&sent.body));
        } else if is_encoding_free {
            let expected = self.body.as_object().map(texts).unwrap_or_default();
            compare("body", &expected, &sent.fields());
        } else if let Some(parts) = &self.multipart {
            let expected = parts.iter().map(RecordedPart::plain).collect();
            let found = sent.parts();
            let found = found.map(|parts| parts.iter().map(|part| plain(part).plain()).collect());
            compare("parts", &Some(by_name(expected)), &found.map(by_name));
        } else if sent.body.is_empty() {
            compare("body", &self.body, &Value::Null);
        } else {
            compare("body", &Some(&self.body), &sent.json().as_ref());
        }
    }

    fn pairs(&self, more: &str) -> Vec<(String, String)> {
        let mut all = pairs(more);
        all.extend(self.query.clone());
        all.sort();
        all
    }
}

fn pairs(query: &str) -> Vec<(String, String)> {
    let pairs = form_urlencoded::parse(query.as_bytes());
    let mut pairs: Vec<_> = pairs.into_owned().collect();
    pairs.sort();
    pairs
}

/// Name, text and name of the file.
type PlainPart = (String, Option<Value>, Option<String>);

impl RecordedPart {
    /// A text that is JSON is compared by value.
    fn plain(&self) -> PlainPart {
        let value =
            |text: &String| serde_json::from_str(text).unwrap_or_else(|_| text.clone().into());
        (
            self.name.clone(),
            self.text.as_ref().map(value),
            self.file_name.clone(),
        )
    }
}

fn plain(part: &Part) -> RecordedPart {
    RecordedPart {
        name: part.name.clone(),
        text: part.file_name.is_none().then(|| part.text().into_owned()),
        file_name: part.file_name.clone(),
    }
}

/// Sorted by name, because their order in a request does not matter.
fn by_name(mut parts: Vec<PlainPart>) -> Vec<PlainPart> {
    parts.sort_by_key(|part| format!("{part:?}"));
    parts
}
