//! Recorded exchanges: what a client must send, what the vendor answers, and what the client must return.
//!
//! Each file is one case of the vendor's contract. The test has a table with the expected result of each. The
//! requests and results of the client are compared with both, over a real socket.
//!
//! ```no_run
//! # use ticket_core::{ProviderInfo, TicketProvider};
//! # use ticket_core::provider::Capabilities;
//! # #[derive(Debug)] struct Acme;
//! # impl Acme { fn new(_: &str, _: &str) -> Self { Self } }
//! # impl TicketProvider for Acme { fn info(&self) -> &ProviderInfo { unimplemented!() } }
//! use ticket_testkit::Call;
//! use ticket_testkit::contract::{Contract, Recording};
//!
//! /// Of a success the result, of a failure the vendor's words.
//! #[rustfmt::skip]
//! const CASES: &[(&str, &str)] = &[
//!     ("get-ok",        r#"{ "id": "17", "subject": "Card refused", "status": "open", "raw": "the reply" }"#),
//!     ("get-not-found", "no such ticket"),
//!     ("delete-ok",     "17 deleted"),
//! ];
//!
//! /// The call of a recording, with values of its own: the file must ask for just this.
//! fn call(recording: &Recording) -> Call {
//!     match recording.operation.as_str() {
//!         "get" => Call::Get("17".into()),
//!         "delete" => Call::delete(["17"]),
//!         other => panic!("no such operation: {other}"),
//!     }
//! }
//!
//! # async fn test() {
//! Contract::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/contract"))
//!     .secrets(&["<key>"])
//!     .assert(CASES, |base_url| Acme::new(base_url, "<key>"), async |acme, recording| call(recording).on(acme).await)
//!     .await;
//! # }
//! ```
//!
//! # A file
//!
//! `OPERATION-CASE.json` holds `provider`, `operation`, `case`, `provenance` (`public` where the vendor's page has
//! it, `observed` at a real server, `seed` where it came with the first version, `inferred` otherwise), `request`,
//! `response`, and `expect`: `{"ok": true}` or `{"error": kind, "effect": effect, "retry_after_s": seconds or null}`.
//! A call that takes several requests has `exchanges` in place of `request` and `response`: a list of both, in order.
//! A `body` of `null` means no body; `raw_body` is a body that is not JSON. Without `expect`, the table contains the
//! whole failure: `not_found, effect none: no such ticket`.
//!
//! # What is compared
//!
//! * Method and path; the query in any order; JSON bodies by value; forms by their parts, of a file the name alone; where
//!   no content type is recorded, the fields in any encoding.
//! * Of the headers `authorization`, `content-type`, `cookie`, and each that any file of the folder names: a file that
//!   does not state them says that they are not sent.
//! * The result as serde writes it, nulls and empty lists left out. `raw` is where it stands in the latest reply that has it:
//!   `the reply`, or a JSON pointer such as `/data/0`.
//! * Kind, effect, wait and words of an error, its provider, and that it shows no secret.

mod compare;
mod outcome;
mod recording;

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;
use ticket_core::{Error, ErrorKind, Operation, Result};

use crate::call::CallOutput;
use crate::loopback::Loopback;
use outcome::{Failure, Outcome};
use recording::Expectation;
pub use recording::{Provenance, RecordedExchange, RecordedPart, RecordedRequest, Recording};

/// Headers that are always compared, even if no file names them.
const STATED_HEADERS: &[&str] = &["authorization", "content-type", "cookie"];

/// A folder of recordings and the settings for replaying them.
#[derive(Clone, Debug)]
pub struct Contract {
    folder: PathBuf,
    secrets: Vec<String>,
    usual_wait: Option<Duration>,
}

impl Contract {
    /// Creates a contract from every `.json` file in this folder.
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self {
            folder: folder.into(),
            secrets: Vec::new(),
            usual_wait: None,
        }
    }

    /// Sets the secrets that no error may show.
    #[must_use]
    pub fn secrets(mut self, secrets: &[&str]) -> Self {
        self.secrets = secrets.iter().copied().map(str::to_owned).collect();
        self
    }

    /// Sets how long the provider waits if a rate-limit reply does not say how long.
    #[must_use]
    pub fn usual_wait(mut self, wait: Duration) -> Self {
        self.usual_wait = Some(wait);
        self
    }

    /// Calls [`replay`](Self::replay) and panics on differences.
    ///
    /// # Panics
    ///
    /// If there are differences. The message lists all of them.
    pub async fn assert<P>(
        &self,
        cases: &[(&str, &str)],
        connect: impl Fn(&str) -> P,
        perform: impl AsyncFn(&P, &Recording) -> Result<CallOutput>,
    ) {
        let problems = match self.replay(cases, connect, perform).await {
            Ok(problems) => problems,
            Err(error) => vec![error.to_string()],
        };
        assert!(
            problems.is_empty(),
            "{} disagreements\n\n{}\n",
            problems.len(),
            problems.join("\n")
        );
    }

    /// Replays every recording: `connect` creates the client for a base URL, and `perform` makes its call.
    ///
    /// `cases` lists every file, without its extension, with the expected result: for a success the result as JSON,
    /// or the text if it is a string, or an empty text for null; for a failure the vendor's message. Returns a line
    /// per difference.
    ///
    /// # Errors
    ///
    /// Returns the errors of [`Recording::read_dir`], and an error if no port can be bound.
    pub async fn replay<P>(
        &self,
        cases: &[(&str, &str)],
        connect: impl Fn(&str) -> P,
        perform: impl AsyncFn(&P, &Recording) -> Result<CallOutput>,
    ) -> io::Result<Vec<String>> {
        let recordings = Recording::read_dir(&self.folder)?;
        let mut problems = Vec::new();
        for (index, (name, _)) in cases.iter().enumerate() {
            if !recordings.iter().any(|recording| recording.name() == *name) {
                problems.push(format!("{name}: the case has no file"));
            }
            if cases.iter().take(index).any(|(known, _)| known == name) {
                problems.push(format!("{name}: the case is there twice"));
            }
        }
        let stated = stated_headers(&recordings);
        let server = Loopback::scripted().await?;
        let provider = connect(&server.base_url());
        let mut before = 0;
        for recording in &recordings {
            let name = recording.name();
            let Some((_, value)) = cases.iter().find(|(known, _)| *known == name) else {
                problems.push(format!("{name}: the file has no case"));
                continue;
            };
            for exchange in &recording.exchanges {
                server.answer_next(exchange.response.reply());
            }
            let concluded = perform(&provider, recording).await;
            // An unused reply must not be sent to the next case.
            server.forget_answers();
            let requests = server.requests();
            let sent = requests.get(before..).unwrap_or_default();
            before = requests.len();
            let mut report = |line: String| problems.push(format!("{name}: {line}"));
            if sent.len() == recording.exchanges.len() {
                for (exchange, sent) in recording.exchanges.iter().zip(sent) {
                    exchange.request.compare(sent, &stated, &mut report);
                }
            } else {
                let (sent, recorded) = (sent.len(), recording.exchanges.len());
                report(format!("{sent} requests instead of {recorded}"));
            }
            if let Err(error) = &concluded {
                self.check_error(error, recording, &mut report);
            }
            let concluded = recording.outcome(concluded);
            let expected = self.expected(recording, value, &concluded);
            if concluded != expected {
                report(format!("expected {expected}, concluded {concluded}"));
            }
        }
        Ok(problems)
    }

    /// Checks what every error must satisfy.
    fn check_error(&self, error: &Error, recording: &Recording, report: &mut impl FnMut(String)) {
        // The error of a call that is not in the trait may have no provider.
        let of_trait = Operation::ALL.iter();
        let mut of_trait = of_trait.filter(|operation| operation.as_str() == recording.operation);
        let is_named = error.provider().is_some() || of_trait.next().is_some();
        if is_named && error.provider() != Some(recording.provider.as_str()) {
            report(format!("the error is of {:?}", error.provider()));
        }
        let shown = format!("{error} {error:?}");
        let mut secrets = self.secrets.iter();
        if secrets.any(|secret| shown.contains(secret)) {
            report(format!("the error shows a secret: {shown}"));
        }
    }

    /// If the file expects nothing, the table alone decides whether it is a failure.
    fn expected(&self, recording: &Recording, value: &str, concluded: &Outcome) -> Outcome {
        let failed = |expect: &Expectation| {
            let kind = expect.error.clone().unwrap_or_default();
            let stated = expect.retry_after_s.map(Duration::from_secs);
            let is_told = kind == ErrorKind::RateLimited.as_str();
            Failure {
                retry_after: stated.or(self.usual_wait.filter(|_| is_told)),
                effect: expect.effect.clone().unwrap_or_default(),
                words: value.to_owned(),
                kind,
            }
        };
        match &recording.expect {
            Some(expect) if !expect.ok => Outcome::Failed(failed(expect).to_string()),
            None if matches!(concluded, Outcome::Failed(_)) => Outcome::Failed(value.to_owned()),
            _ if value.is_empty() => Outcome::Returned(Value::Null),
            _ => Outcome::Returned(serde_json::from_str(value).unwrap_or_else(|_| value.into())),
        }
    }
}

/// In lower case.
fn stated_headers(recordings: &[Recording]) -> BTreeSet<String> {
    let exchanges = recordings.iter().flat_map(|recording| &recording.exchanges);
    let names = exchanges.flat_map(|exchange| exchange.request.headers.keys());
    let names = names.map(|name| name.to_ascii_lowercase());
    let always = STATED_HEADERS.iter().map(|name| (*name).to_owned());
    names.chain(always).collect()
}
