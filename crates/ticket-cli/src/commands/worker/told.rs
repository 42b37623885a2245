//! What a worker says on stderr: sentences, or one JSON object a line.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde::Serialize;
use ticket_jobs::WorkerEvent;
use tickets::Error;

use super::super::bulk;
use crate::args::LogFormat;
use crate::clock;
use crate::failure::Failure;
use crate::status::say;
use crate::{record, text};

/// How many tickets that nobody asked for a line names.
const NAMED: usize = 20;

/// Says what a worker does.
#[derive(Clone, Debug)]
pub(super) struct Teller {
    is_json: bool,
}

/// A line for programs. `docs/formats.md` says what the fields mean.
#[derive(Default, Serialize)]
struct Line {
    time: String,
    level: &'static str,
    event: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    account: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    accounts: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    address: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    outcomes: BTreeMap<&'static str, u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    left: Option<u64>,
    /// The first few.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tickets: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket_count: Option<u64>,
    /// The kind: what a vendor says is for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<&'static str>,
    /// What a ledger or a setting is wrong with.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pause_s: Option<u64>,
}

impl Teller {
    pub(super) fn new(format: Option<LogFormat>) -> Self {
        let is_json = format == Some(LogFormat::Json);
        Self { is_json }
    }

    pub(super) fn begins(&self, accounts: &[String]) {
        let names: Vec<_> = accounts.iter().map(|name| text::line(name)).collect();
        let words = format!(
            "working on jobs of {}; Ctrl-C ends it after requests in flight",
            names.join(", ")
        );
        let line = Line {
            accounts: accounts.to_vec(),
            ..Line::of("info", "worker_began")
        };
        self.say(line, &words);
    }

    pub(super) fn serves(&self, address: SocketAddr) {
        let line = Line {
            address: Some(address.to_string()),
            ..Line::of("info", "health_served")
        };
        self.say(line, &format!("health checks are answered on {address}"));
    }

    pub(super) fn ends(&self) {
        self.say(Line::of("info", "worker_ended"), "the worker has ended");
    }

    pub(super) fn tell(&self, event: &WorkerEvent) {
        match event {
            WorkerEvent::NoAnswer { error } => {
                let words = format!(
                    "the ledger does not answer: {}; asking again",
                    sentence(error)
                );
                self.say(Line::of("warn", "ledger_failed").failed(error), &words);
            }
            WorkerEvent::Began { job, account } => {
                let line = Line::about("info", "began", job.as_str(), account);
                self.say(line, &format!("job {job}: began {}", text::line(account)));
            }
            WorkerEvent::Refused {
                job,
                account,
                error,
            } => {
                let name = text::line(account);
                let error_said = sentence(error);
                let words = format!("job {job}: {name} cannot be worked on: {error_said}");
                let line = Line::about("warn", "refused", job.as_str(), account);
                self.say(line.failed(error), &words);
            }
            WorkerEvent::Ended {
                job,
                account,
                outcomes,
                left,
                reason,
                pause,
            } => {
                let counts = outcomes
                    .iter()
                    .map(|(word, count)| format!("{} {word}", text::grouped(*count)));
                let counts: Vec<_> = counts
                    .chain(
                        (*left > 0).then(|| format!("{} to be tried later", text::grouped(*left))),
                    )
                    .collect();
                let counts = match counts.join(", ") {
                    none if none.is_empty() => "nothing done".to_owned(),
                    counts => counts,
                };
                let why = reason.as_ref().map(|why| format!(": {}", sentence(why)));
                let again =
                    pause.map(|pause| format!("; again in {}", text::seconds(pause.as_secs())));
                let words = format!(
                    "job {job}: ended {}, {counts}{}{}",
                    text::line(account),
                    why.unwrap_or_default(),
                    again.unwrap_or_default()
                );
                let line = Line {
                    outcomes: outcomes.clone(),
                    left: Some(*left),
                    error: reason.as_ref().map(|error| error.kind().as_str()),
                    pause_s: pause.map(|pause| pause.as_secs()),
                    ..Line::about("info", "ended", job.as_str(), account)
                };
                self.say(line, &words);
            }
            WorkerEvent::Unasked {
                job,
                change,
                unasked,
            } => {
                let words = format!("job {job}: {}", bulk::unasked(change, unasked));
                let (named, _) = unasked.first(NAMED);
                let line = Line {
                    tickets: named.iter().map(ToString::to_string).collect(),
                    ticket_count: Some(unasked.count),
                    ..Line::about("error", "unasked", job.as_str(), &unasked.account)
                };
                self.say(line, &words);
            }
            WorkerEvent::Lost { job, error } => {
                let words = format!(
                    "job {job}: the work was lost and is offered again: {}",
                    sentence(error)
                );
                let line = Line {
                    job: Some(job.to_string()),
                    ..Line::of("warn", "lost")
                };
                self.say(line.failed(error), &words);
            }
            _ => {}
        }
    }

    fn say(&self, mut line: Line, words: &str) {
        if !self.is_json {
            return say(words);
        }
        line.time = clock::now().to_string();
        // What cannot be logged is lost: the work goes on.
        if let Ok(line) = record::json(&line) {
            say(&line);
        }
    }
}

impl Line {
    fn of(level: &'static str, event: &'static str) -> Self {
        Self {
            level,
            event,
            ..Self::default()
        }
    }

    fn about(level: &'static str, event: &'static str, job: &str, account: &str) -> Self {
        Self {
            job: Some(job.to_owned()),
            account: Some(account.to_owned()),
            ..Self::of(level, event)
        }
    }

    fn failed(mut self, error: &Error) -> Self {
        self.error = Some(error.kind().as_str());
        self.message = Some(error.message().to_owned());
        self
    }
}

/// The error as the command tells it everywhere.
fn sentence(error: &Error) -> String {
    Failure::from(error.clone()).sentence()
}
