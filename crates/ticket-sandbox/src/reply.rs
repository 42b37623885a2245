//! The vendors' replies, before any fault is applied.

use serde_json::{Value, json};

use crate::vendor::Endpoint;

/// The vendor's reply, before any fault is applied.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) took_effect: bool,
}

impl Reply {
    pub(crate) fn empty(status: u16) -> Self {
        Self {
            status,
            headers: Vec::new(),
            body: Vec::new(),
            took_effect: false,
        }
    }

    pub(crate) fn json(status: u16, body: &Value) -> Self {
        Self::json_text(status, body.to_string())
    }

    pub(crate) fn json_text(status: u16, body: String) -> Self {
        Self::empty(status)
            .header("content-type", "application/json")
            .body(body)
    }

    pub(crate) fn text(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self::empty(status)
            .header("content-type", "text/plain")
            .body(body)
    }

    pub(crate) fn html(status: u16) -> Self {
        let title = match status {
            200 => "Sign in",
            404 => "404 Not Found",
            502 => "502 Bad Gateway",
            503 => "503 Service Temporarily Unavailable",
            504 => "504 Gateway Time-out",
            _ => "Error",
        };
        Self::empty(status)
            .header("content-type", "text/html")
            .body(format!(
                "<html><head><title>{title}</title></head><body><h1>{title}</h1></body></html>\n"
            ))
    }

    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    pub(crate) fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self
    }

    /// Marks that the vendor's state has changed.
    pub(crate) fn changed_state(mut self) -> Self {
        self.took_effect = true;
        self
    }
}

/// Writes a JSON array one entry at a time: 100,000 entries held as `Value`s take a gigabyte.
pub(crate) fn json_array(entries: impl Iterator<Item = Value>) -> String {
    let mut text = String::from("[");
    for (index, entry) in entries.enumerate() {
        if index > 0 {
            text.push(',');
        }
        text.push_str(&entry.to_string());
    }
    text.push(']');
    text
}

/// The vendor's error formats, as needed by faults.
pub(crate) trait ErrorFormat {
    /// The vendor's error reply with this status on this endpoint.
    fn error(&self, endpoint: Option<Endpoint>, status: u16) -> Reply;
    /// A reply with status 200 whose body is an error in the vendor's format.
    fn error_inside_200(&self) -> Reply;
    /// The gateway's reply to a path that is not an endpoint.
    fn no_endpoint(&self) -> Reply;
}

/// Used for paths outside every vendor's prefix.
impl ErrorFormat for () {
    fn error(&self, _endpoint: Option<Endpoint>, status: u16) -> Reply {
        Reply::empty(status)
    }

    fn error_inside_200(&self) -> Reply {
        Reply::json(200, &json!({ "error": "internal error" }))
    }

    fn no_endpoint(&self) -> Reply {
        Reply::empty(404)
    }
}
