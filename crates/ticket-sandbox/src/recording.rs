//! Recorded exchanges: what a client must send, what the vendor answers, what the client must conclude.
//!
//! For contract tests of provider crates, see [`Sandbox::replay`]. Not for how a vendor behaves by itself:
//! that is in `vendors/`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::time::Duration;
use std::{fmt, fs, io};

use serde::Deserialize;
use serde_json::Value;

use crate::fault::{Fault, Rule};
use crate::form::{self, Part};
use crate::journal::Exchange;
use crate::sandbox::Sandbox;

/// Headers that an exchange states in full: where it has none of them, none may be sent.
const STATED_HEADERS: &[&str] = &[
    "authorization",
    "content-type",
    "cookie",
    "x-lsq-access-key",
    "x-lsq-secret-key",
];

/// One exchange, as a JSON file holds it. Keys that are not needed to replay it are ignored.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct Recording {
    /// The provider's id.
    pub provider: String,
    /// The operation's name.
    pub operation: String,
    /// The name of the case, unique within provider and operation.
    pub case: String,
    /// What the client must send.
    pub request: RecordedRequest,
    response: RecordedResponse,
    expect: Expectation,
}

/// What the client must send.
#[derive(Debug, Clone, Deserialize)]
#[non_exhaustive]
pub struct RecordedRequest {
    /// The HTTP method.
    pub method: String,
    /// The path behind the base URL.
    pub path: String,
    /// The query's parameters.
    pub query: BTreeMap<String, String>,
    headers: BTreeMap<String, String>,
    /// The body, null for none or for a form.
    pub body: Value,
    /// The parts of a multipart form.
    pub multipart: Option<Vec<RecordedPart>>,
}

/// A part of a multipart form: a text or a file. The content of a file is free.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[non_exhaustive]
pub struct RecordedPart {
    /// The part's name.
    pub name: String,
    /// The text; `None` for a file.
    pub text: Option<String>,
    /// The file name; `None` for a text.
    pub file_name: Option<String>,
}

#[derive(Debug, Clone, Deserialize)]
struct RecordedResponse {
    status: u16,
    headers: BTreeMap<String, String>,
    #[serde(default)]
    body: Value,
    raw_body: Option<String>,
}

/// What the client must conclude.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
struct Expectation {
    ok: bool,
    error: Option<String>,
    effect: Option<String>,
    retry_after_s: Option<u64>,
}

/// What a client concluded from an answer that is no success.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The kind of error, in `snake_case`.
    pub kind: String,
    /// Whether the vendor may have acted: `none` or `unknown`.
    pub effect: String,
    /// The wait that the reply itself states.
    pub retry_after: Option<Duration>,
    /// The vendor's words, or whatever else the test wants to see.
    pub words: String,
}

impl Sandbox {
    /// Answers with every recording of a folder in turn, and lets `perform` make the client's call.
    ///
    /// `cases` names every recording as `(operation, case, value)`, `value` being what the call must give:
    /// of a success as `perform` returns it, of a failure its words. Gives a line per disagreement: the
    /// request that was sent, the number of requests, the conclusion, a case without a file, a file without a
    /// case. Empty means that all agree.
    ///
    /// JSON is compared by value, a form by its parts, of a file the names alone, and `authenticate` by its
    /// fields in any encoding. The base URL must be [`Sandbox::base_url`] of the recordings' provider.
    ///
    /// # Errors
    ///
    /// As [`Recording::read_dir`].
    pub async fn replay(
        &self,
        folder: impl AsRef<Path>,
        cases: &[(&str, &str, &str)],
        perform: impl AsyncFn(&Recording) -> Result<String, Failure>,
    ) -> io::Result<Vec<String>> {
        let mut problems = Vec::new();
        let recordings = Recording::read_dir(folder)?;
        for (index, (operation, case, _)) in cases.iter().enumerate() {
            let name = format!("{operation}-{case}");
            let same = |recording: &Recording| {
                recording.operation == *operation && recording.case == *case
            };
            if !recordings.iter().any(same) {
                problems.push(format!("{name}: the case has no file"));
            }
            let mut earlier = cases.iter().take(index);
            if earlier.any(|(known, other, _)| known == operation && other == case) {
                problems.push(format!("{name}: the case is there twice"));
            }
        }
        for recording in &recordings {
            let name = format!("{}-{}", recording.operation, recording.case);
            let same = |(operation, case, _): &&(&str, &str, &str)| {
                recording.operation == *operation && recording.case == *case
            };
            let Some((_, _, value)) = cases.iter().find(same) else {
                problems.push(format!("{name}: the file has no case"));
                continue;
            };
            let before = self.journal().len();
            let waiting = self.inject_after(Rule::new(recording.fault()));
            let concluded = perform(recording).await;
            // An answer that nobody asked for must not be given to the next case.
            self.withdraw_after(waiting);
            let journal = self.journal();
            match journal.get(before..).unwrap_or_default() {
                [seen] => problems.extend(
                    recording
                        .differences(seen)
                        .into_iter()
                        .map(|line| format!("{name}: {line}")),
                ),
                seen => problems.push(format!("{name}: {} requests instead of one", seen.len())),
            }
            let expected = recording.expected(value);
            if concluded != expected {
                problems.push(format!(
                    "{name}: expected {expected:?}, concluded {concluded:?}"
                ));
            }
        }
        Ok(problems)
    }
}

impl Recording {
    /// Reads every `.json` file of a folder, in the order of their names.
    ///
    /// # Errors
    ///
    /// Fails where the folder or a file cannot be read, naming the file that is no recording, and where the
    /// folder holds none.
    pub fn read_dir(folder: impl AsRef<Path>) -> io::Result<Vec<Self>> {
        let folder = folder.as_ref();
        let paths: BTreeSet<_> = fs::read_dir(folder)?
            .map(|entry| Ok(entry?.path()))
            .filter(|path: &io::Result<_>| {
                path.as_ref().map_or(true, |path| {
                    path.extension().is_some_and(|ending| ending == "json")
                })
            })
            .collect::<io::Result<_>>()?;
        if paths.is_empty() {
            let message = format!("{} holds no recording", folder.display());
            return Err(io::Error::new(io::ErrorKind::NotFound, message));
        }
        let read = |path: &std::path::PathBuf| {
            serde_json::from_slice(&fs::read(path)?).map_err(|error| {
                io::Error::new(
                    io::ErrorKind::InvalidData,
                    format!("{}: {error}", path.display()),
                )
            })
        };
        paths.iter().map(read).collect()
    }

    fn expected(&self, value: &str) -> Result<String, Failure> {
        if self.expect.ok {
            return Ok(value.to_owned());
        }
        Err(Failure {
            kind: self.expect.error.clone().unwrap_or_default(),
            effect: self.expect.effect.clone().unwrap_or_default(),
            retry_after: self.expect.retry_after_s.map(Duration::from_secs),
            words: value.to_owned(),
        })
    }

    /// The recorded answer.
    fn fault(&self) -> Fault {
        let body = match (&self.response.raw_body, &self.response.body) {
            (Some(raw), _) => raw.clone().into_bytes(),
            (None, Value::Null) => Vec::new(),
            (None, body) => body.to_string().into_bytes(),
        };
        Fault::Reply {
            status: self.response.status,
            headers: self.response.headers.clone().into_iter().collect(),
            body,
        }
    }

    /// What differs between the recorded request and the one that was seen, a line each; empty where nothing
    /// does. JSON is compared by value; of the headers those that carry credentials or describe the body.
    fn differences(&self, seen: &Exchange) -> Vec<String> {
        let mut differences = Vec::new();
        let mut compare = |what: &str, expected: &dyn fmt::Debug, found: &dyn fmt::Debug| {
            let (expected, found) = (format!("{expected:?}"), format!("{found:?}"));
            if expected != found {
                differences.push(format!("{what}: expected {expected}, found {found}"));
            }
        };
        let request = &self.request;
        compare("method", &request.method, &seen.method);
        let (path, query) = seen.path.split_once('?').unwrap_or((&seen.path, ""));
        let expected = format!("/{}{}", self.provider, request.path);
        compare("path", &expected.as_str(), &path);
        let mut pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        pairs.sort();
        compare("query", &request.query.iter().collect::<Vec<_>>(), &pairs);
        // The one request whose encoding the vendor leaves open.
        let is_encoding_free = self.operation == "authenticate";
        for name in STATED_HEADERS {
            let found = match *name {
                "content-type" if is_encoding_free => continue,
                // The boundary of a form is free; any other parameter is not.
                "content-type" if request.multipart.is_some() => {
                    seen.header(name).map(form::without_parameters)
                }
                _ => seen.header(name),
            };
            let expected = request.headers.get(*name).map(String::as_str);
            compare(name, &expected, &found);
        }
        let content_type = seen.header("content-type");
        if is_encoding_free {
            let body = request.body.to_string();
            let expected = form::fields(Some("application/json"), body.as_bytes());
            compare("body", &expected, &form::fields(content_type, &seen.body));
        } else if let Some(parts) = &request.multipart {
            let found = content_type.and_then(|kind| form::parts(kind, &seen.body));
            let found = found.map(|parts| parts.iter().map(RecordedPart::seen).collect());
            compare("parts", &Some(by_name(parts.clone())), &found.map(by_name));
        } else if seen.body.is_empty() {
            compare("body", &request.body, &Value::Null);
        } else {
            compare("body", &Some(&request.body), &seen.json().as_ref());
        }
        differences
    }
}

impl RecordedPart {
    fn seen(part: &Part) -> Self {
        let lossy = || String::from_utf8_lossy(&part.bytes).into_owned();
        Self {
            name: part.name.clone(),
            text: part.file_name.is_none().then(lossy),
            file_name: part.file_name.clone(),
        }
    }
}

/// The parts in the order of their names, since that on the wire is free, with their JSON by value.
fn by_name(mut parts: Vec<RecordedPart>) -> Vec<(String, Option<Value>, Option<String>)> {
    parts.sort();
    let value = |text: String| serde_json::from_str(&text).unwrap_or(Value::String(text));
    let parts = parts.into_iter();
    parts
        .map(|part| (part.name, part.text.map(value), part.file_name))
        .collect()
}
