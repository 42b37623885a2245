//! Workers of a fleet, as processes.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::time::Duration;

use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};

use super::json;
use super::shells::Shells;

/// In the line that tells that work on an account ended; a call's has no job.
#[allow(dead_code, reason = "only tests of optional features wait for it")]
pub(crate) const ENDED: &str = "\"event\":\"ended\",\"job\"";

/// A worker that works. What it says is read all the time: a full pipe would hold it up.
pub(crate) struct Worker {
    child: Child,
    lines: Receiver<String>,
    said: String,
}

impl Worker {
    pub(crate) fn start(shells: &Shells<'_>, arguments: &[&str]) -> Self {
        let mut command = shells.command(&[&["worker"], arguments].concat());
        let command = command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, lines) = mpsc::channel();
        std::thread::spawn(move || {
            for line in stderr.lines() {
                // A test that is over listens no more.
                let _ = sender.send(line.unwrap() + "\n");
            }
        });
        Self {
            child,
            lines,
            said: String::new(),
        }
    }

    /// Waits until it says a line with this. Returns that line.
    pub(crate) fn says(&mut self, text: &str) -> String {
        loop {
            let Ok(line) = self.lines.recv() else {
                panic!("{text:?} is not in: {}", self.said);
            };
            self.said.push_str(&line);
            if line.contains(text) {
                return line;
            }
        }
    }

    pub(crate) fn signal(&self, name: &str) {
        let id = self.child.id().to_string();
        let sent = Command::new("kill").args([name, &id]).status();
        assert!(sent.unwrap().success());
    }

    /// Waits for its end. Returns its exit code, and all that it said.
    pub(crate) fn end(mut self) -> (Option<i32>, String) {
        self.said.extend(self.lines.iter());
        (self.child.wait().unwrap().code(), self.said)
    }
}

/// A confirmed job that deletes so many tickets of OneCloud, beside those of earlier jobs.
pub(crate) fn job(shells: &Shells<'_>, count: usize) -> String {
    job_with(shells, count, &[])
}

/// The same, with these guards.
pub(crate) fn job_with(shells: &Shells<'_>, count: usize, guards: &[&str]) -> String {
    let before = shells.sandbox.ticket_ids(Vendor::OneCloud);
    shells.sandbox.add_tickets(Vendor::OneCloud, count);
    let ids = shells.sandbox.ticket_ids(Vendor::OneCloud);
    let ids = ids.iter().filter(|id| !before.contains(id));
    let tickets: Vec<_> = ids.map(|id| format!("onecloud:{id}")).collect();
    assert_eq!(tickets.len(), count);
    let mut delete = vec!["delete", "--plan", "--look", "none"];
    delete.extend(guards);
    delete.extend(tickets.iter().map(String::as_str));
    let run = shells.run(&delete);
    assert_eq!(run.code, 0, "{run:?}");
    let job = shells.job();
    let run = shells.at_terminal(&["job", "confirm", &job], &format!("{count}\n"));
    assert_eq!(run.code, 0, "{run:?}");
    job
}

pub(crate) fn slow(sandbox: &Sandbox, time: Duration) {
    let rule = Rule::new(Fault::Delay(time)).endpoint(Endpoint::Delete);
    sandbox.inject(rule.always());
}

/// How often each ticket was in a call that deletes.
pub(crate) fn calls(sandbox: &Sandbox) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for exchange in sandbox.journal().iter().filter(|one| one.is_write) {
        *calls.entry(exchange.path.clone()).or_default() += 1;
    }
    calls
}

/// What the worker answers to this request.
pub(crate) fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

pub(crate) fn get(address: &str, path: &str, host: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n");
    ask(address, &request)
}

/// The address at which it is served.
pub(crate) fn address(worker: &mut Worker) -> String {
    let line = worker.says("health_served");
    json(&line)["address"].as_str().unwrap().to_owned()
}
