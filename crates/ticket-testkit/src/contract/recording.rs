//! The files: their content and how they are read.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::{fs, io};

use serde::Deserialize;
use serde_json::Value;

use crate::message::Reply;

/// The source of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Provenance {
    /// The vendor's documentation.
    Public,
    /// A reply of a real server.
    Observed,
    /// It came with the first version of the provider.
    Seed,
    /// Not documented; it follows from the rest.
    Inferred,
}

/// One file: a call, its exchanges and the expected result. Other keys are ignored.
#[derive(Clone, Debug, Deserialize)]
#[serde(try_from = "RecordingFile")]
#[non_exhaustive]
pub struct Recording {
    /// The provider's id.
    pub provider: String,
    /// The operation's name.
    pub operation: String,
    /// The name of the case, unique within the operation.
    pub case: String,
    /// The source of the recording.
    pub provenance: Provenance,
    /// The exchanges, in order.
    pub exchanges: Vec<RecordedExchange>,
    pub(super) expect: Option<Expectation>,
}

#[derive(Deserialize)]
struct RecordingFile {
    provider: String,
    operation: String,
    case: String,
    provenance: Provenance,
    request: Option<RecordedRequest>,
    response: Option<RecordedResponse>,
    exchanges: Option<Vec<RecordedExchange>>,
    expect: Option<Expectation>,
}

impl TryFrom<RecordingFile> for Recording {
    type Error = &'static str;

    fn try_from(file: RecordingFile) -> std::result::Result<Self, &'static str> {
        let exchanges = match (file.exchanges, file.request, file.response) {
            (Some(exchanges), None, None) if !exchanges.is_empty() => exchanges,
            (None, Some(request), Some(response)) => vec![RecordedExchange { request, response }],
            _ => return Err("either `request` and `response`, or `exchanges`"),
        };
        Ok(Self {
            provider: file.provider,
            operation: file.operation,
            case: file.case,
            provenance: file.provenance,
            exchanges,
            expect: file.expect,
        })
    }
}

/// A request and the reply to it.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct RecordedExchange {
    /// What the client must send.
    pub request: RecordedRequest,
    pub(super) response: RecordedResponse,
}

/// What the client must send.
#[derive(Clone, Debug, Deserialize)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The method.
    pub method: String,
    /// The path after the base URL, with or without a query.
    pub path: String,
    /// The query's parameters, decoded.
    #[serde(default)]
    pub query: BTreeMap<String, String>,
    #[serde(default)]
    pub(super) headers: BTreeMap<String, String>,
    /// The body, null for none or for a form.
    #[serde(default)]
    pub body: Value,
    /// A body that is not JSON.
    #[serde(default)]
    pub(super) raw_body: Option<String>,
    /// The parts of a multipart form.
    #[serde(default)]
    pub multipart: Option<Vec<RecordedPart>>,
}

/// A part of a multipart form: a text or a file. The content of a file is free.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct RecordedPart {
    /// The part's name.
    pub name: String,
    /// The text; `None` for a file.
    pub text: Option<String>,
    /// The file name; `None` for a text.
    pub file_name: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct RecordedResponse {
    status: u16,
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Value,
    raw_body: Option<String>,
}

/// The result that the client must return.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Expectation {
    pub(super) ok: bool,
    pub(super) error: Option<String>,
    pub(super) effect: Option<String>,
    pub(super) retry_after_s: Option<u64>,
}

impl Recording {
    /// Reads every `.json` file of a folder, in the order of their names.
    ///
    /// # Errors
    ///
    /// Fails if the folder or a file cannot be read, if a file is not a recording or not named `OPERATION-CASE.json`,
    /// and if the folder contains no recording.
    pub fn read_dir(folder: impl AsRef<Path>) -> io::Result<Vec<Self>> {
        let folder = folder.as_ref();
        let mut paths = Vec::new();
        for entry in fs::read_dir(folder)? {
            paths.push(entry?.path());
        }
        paths.retain(|path| path.extension().is_some_and(|ending| ending == "json"));
        paths.sort();
        if paths.is_empty() {
            let message = format!("{} holds no recording", folder.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
        let read = |path: &PathBuf| {
            let wrong = |what: &dyn Display| {
                let message = format!("{}: {what}", path.display());
                io::Error::new(io::ErrorKind::InvalidData, message)
            };
            let recording: Self =
                serde_json::from_slice(&fs::read(path)?).map_err(|error| wrong(&error))?;
            let name = recording.name();
            if path.file_stem().is_none_or(|stem| stem != name.as_str()) {
                return Err(wrong(&format!("it is the recording {name}")));
            }
            Ok(recording)
        };
        paths.iter().map(read).collect()
    }

    /// `OPERATION-CASE`, which is the file's name.
    pub fn name(&self) -> String {
        format!("{}-{}", self.operation, self.case)
    }
}

impl RecordedResponse {
    pub(super) fn reply(&self) -> Reply {
        let body = match (&self.raw_body, &self.body) {
            (Some(raw), _) => raw.clone(),
            (None, Value::Null) => String::new(),
            (None, body) => body.to_string(),
        };
        let mut reply = Reply::new(self.status, body);
        for (name, value) in &self.headers {
            reply = reply.header(name, value);
        }
        reply
    }

    pub(super) fn json(&self) -> Option<Value> {
        match &self.raw_body {
            Some(raw) => serde_json::from_str(raw).ok(),
            None => Some(self.body.clone()),
        }
    }
}
