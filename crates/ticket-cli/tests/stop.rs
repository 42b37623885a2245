//! What becomes of a delete or a list that is stopped on its way: by Ctrl-C, or because nobody reads the
//! answers. Nothing is lost silently, and nothing is deleted unseen.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests are not covered by clippy's exemption for tests"
)]

mod common;

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use common::{at, command};
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

/// A OneCloud that answers each delete when it is told to, and not before.
struct HeldVendor {
    address: SocketAddr,
    answers: Arc<Semaphore>,
    seen: watch::Receiver<usize>,
}

impl HeldVendor {
    async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answers = Arc::new(Semaphore::new(0));
        let (tell, seen) = watch::channel(0);
        let held = Arc::clone(&answers);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&held), tell.clone()));
            }
        });
        Self {
            address,
            answers,
            seen,
        }
    }

    /// Waits until this many requests have arrived. The limit only keeps a failing test from hanging.
    async fn seen(&mut self, requests: usize) {
        let arrived = self.seen.wait_for(|seen| *seen >= requests);
        let arrived = tokio::time::timeout(Duration::from_secs(60), arrived).await;
        arrived.expect("the command sends").unwrap();
    }

    fn delete(&self, tickets: usize, form: &str) -> Child {
        let mut command = command(&["delete", "--yes", "--output", form]);
        command
            .args((1..=tickets).map(|id| format!("onecloud:{id}")))
            .env("ONECLOUD_BASE_URL", format!("http://{}", self.address))
            .env("ONECLOUD_TOKEN", "t")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command.spawn().unwrap()
    }
}

async fn serve(mut stream: TcpStream, answers: Arc<Semaphore>, tell: watch::Sender<usize>) {
    let mut received = Vec::new();
    let mut byte = [0];
    while stream.read_exact(&mut byte).await.is_ok() {
        received.push(byte[0]);
        // A delete has no body: a blank line is its end.
        if received.ends_with(b"\r\n\r\n") {
            received.clear();
            tell.send_modify(|seen| *seen += 1);
            answers.acquire().await.unwrap().forget();
            let answer =
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
            if stream.write_all(answer).await.is_err() {
                return;
            }
        }
    }
}

fn interrupt(child: &Child) {
    let sent = Command::new("kill")
        .args(["-INT", &child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// Reads the child's stderr up to the line that has these words.
fn read_until(stderr: &mut impl std::io::BufRead, words: &str) {
    let mut line = String::new();
    while !line.contains(words) {
        line.clear();
        assert_ne!(
            stderr.read_line(&mut line).unwrap(),
            0,
            "it ended without saying {words}"
        );
    }
}

fn outcomes(stdout: impl std::io::Read) -> Vec<String> {
    let lines = BufReader::new(stdout).lines();
    lines
        .map(|line| {
            common::json(&line.unwrap())["outcome"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_finishes_what_is_sent_and_sends_nothing_more() {
    let mut vendor = HeldVendor::start().await;
    let mut child = vendor.delete(4, "ndjson");
    vendor.answers.add_permits(1);
    vendor.seen(2).await;
    interrupt(&child);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    read_until(&mut stderr, "stopping");
    vendor.answers.add_permits(100);
    let said = outcomes(child.stdout.take().unwrap());
    assert_eq!(said, ["deleted", "deleted", "unattempted", "unattempted"]);
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(*vendor.seen.borrow(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_ctrl_c_does_not_wait_and_calls_what_is_in_flight_unknown() {
    let mut vendor = HeldVendor::start().await;
    let mut child = vendor.delete(3, "json");
    vendor.seen(1).await;
    interrupt(&child);
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    read_until(&mut stderr, "stopping");
    interrupt(&child);
    let mut said = String::new();
    child
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    let said = common::json(&said);
    assert_eq!(said[0]["outcome"], "unknown");
    assert_eq!(said[0]["error"]["effect"], "unknown");
    assert_eq!(
        (&said[1]["outcome"], &said[2]["outcome"]),
        (&"unattempted".into(), &"unattempted".into())
    );
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert_eq!(*vendor.seen.borrow(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_stops_the_work_and_is_told_what_was_done() {
    let mut vendor = HeldVendor::start().await;
    let mut child = vendor.delete(5, "ndjson");
    vendor.answers.add_permits(1);
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    let mut first = String::new();
    stdout.read_line(&mut first).unwrap();
    assert!(first.contains("\"deleted\""), "{first}");
    drop(stdout);
    vendor.seen(2).await;
    vendor.answers.add_permits(100);
    let output = child.wait_with_output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("5 tickets: 2 deleted, 3 unattempted"),
        "{stderr}"
    );
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert_eq!(*vendor.seen.borrow(), 2);
}

#[test]
fn a_reader_that_wants_nothing_gets_no_panic() {
    for arguments in [
        &["providers"][..],
        &["providers", "--output", "json"],
        &["--sandbox", "get", "onecloud:121"],
        &["--sandbox", "list", "onecloud"],
        &["--sandbox", "messages", "onecloud:121", "--output", "json"],
        &["demo"],
    ] {
        let mut child = command(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        // Who was quick enough to write before the pipe broke may end well.
        assert!(
            matches!(output.status.code(), Some(0 | 1)),
            "{arguments:?} {stderr}"
        );
        assert!(!stderr.contains("panicked"), "{stderr}");
    }
}

/// A list at a vendor with 1,000 tickets, of which only the first page comes at once.
fn list(sandbox: &Sandbox, form: &str) -> Child {
    sandbox.add_tickets(Vendor::OneCloud, 1000);
    let never = Fault::Delay(Duration::from_secs(3600));
    let rule = Rule::new(never).endpoint(Endpoint::List);
    sandbox.inject(rule.skip(1).times(u64::MAX));
    let mut command = at(sandbox, &["list", "onecloud", "--output", form]);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_ends_a_list_at_once_and_keeps_what_is_printed_readable() {
    for form in ["json", "ndjson"] {
        let sandbox = Sandbox::start().await.unwrap();
        let mut child = list(&sandbox, form);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut said = String::new();
        // The page's last row: from here on nothing more comes.
        while said.matches("\"ticket\"").count() < 20 {
            assert_ne!(stdout.read_line(&mut said).unwrap(), 0, "{said}");
        }
        interrupt(&child);
        stdout.read_to_string(&mut said).unwrap();
        let rows = match form {
            "json" => common::json(&said).as_array().unwrap().len(),
            _ => said.lines().map(common::json).count(),
        };
        assert_eq!(rows, 20, "{form}");
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let error = common::json(&String::from_utf8(output.stderr).unwrap());
        assert_eq!(error["message"], "stopped before the end of the list");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_that_nobody_reads_asks_for_no_more_pages() {
    for form in ["table", "json", "ndjson", "csv"] {
        let sandbox = Sandbox::builder().start().await.unwrap();
        sandbox.add_tickets(Vendor::OneCloud, 20_000);
        let mut command = at(&sandbox, &["list", "onecloud", "--output", form]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let mut first = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut first)
            .unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{form}");
        assert_eq!(String::from_utf8(output.stderr).unwrap(), "", "{form}");
        assert!(sandbox.journal().len() < 1000, "{form}");
    }
}
