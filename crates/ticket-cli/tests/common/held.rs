//! A vendor that answers when it is told to, for commands that are stopped on their way. Its answers come in the order
//! of the tickets' ids, whatever comes first of several requests that are on their way at once.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

use super::command;

/// A OneCloud that answers each delete when it is told to, and not before.
pub(crate) struct HeldVendor {
    address: SocketAddr,
    pub(crate) answers: Answers,
    pub(crate) seen: watch::Receiver<usize>,
}

/// Up to which id requests are answered.
#[derive(Clone)]
pub(crate) struct Answers(Arc<watch::Sender<usize>>);

impl Answers {
    /// Answers about so many ids more.
    pub(crate) fn add(&self, ids: usize) {
        self.0.send_modify(|answered| *answered += ids);
    }

    async fn reach(&self, id: usize) {
        let mut answered = self.0.subscribe();
        answered.wait_for(|answered| *answered >= id).await.unwrap();
    }
}

impl HeldVendor {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answers = Answers(Arc::new(watch::Sender::new(0)));
        let (tell, seen) = watch::channel(0);
        let held = answers.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, held.clone(), tell.clone()));
            }
        });
        Self {
            address,
            answers,
            seen,
        }
    }

    /// Waits until this many requests have arrived. The limit only keeps a failing test from hanging.
    pub(crate) async fn seen(&mut self, requests: usize) {
        let arrived = self.seen.wait_for(|seen| *seen >= requests);
        let arrived = tokio::time::timeout(Duration::from_secs(60), arrived).await;
        arrived.expect("the command sends").unwrap();
    }

    /// Deletes these, four at once.
    pub(crate) fn delete(&self, tickets: usize, form: &str) -> Child {
        self.delete_with(&["--concurrency", "4"], tickets, form)
    }

    /// The same with more options.
    pub(crate) fn delete_with(&self, options: &[&str], tickets: usize, form: &str) -> Child {
        let mut command = command(&["delete", "--yes", "--output", form]);
        command
            .args(options)
            .args((1..=tickets).map(|id| format!("onecloud:{id}")))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        self.point(&mut command);
        command.spawn().unwrap()
    }

    /// The same as settings of an account.
    pub(crate) fn settings(&self) -> String {
        format!("base_url = \"http://{}\"\ntoken = \"t\"\n", self.address)
    }

    /// Lets a command take this for OneCloud.
    pub(crate) fn point(&self, command: &mut Command) {
        command
            .env("ONECLOUD_BASE_URL", format!("http://{}", self.address))
            .env("ONECLOUD_TOKEN", "t");
    }
}

async fn serve(mut stream: TcpStream, answers: Answers, tell: watch::Sender<usize>) {
    let mut received = Vec::new();
    let mut byte = [0];
    while stream.read_exact(&mut byte).await.is_ok() {
        received.push(byte[0]);
        // A delete has no body: a blank line is its end.
        if received.ends_with(b"\r\n\r\n") {
            let id = id(&received);
            received.clear();
            tell.send_modify(|seen| *seen += 1);
            answers.reach(id).await;
            let answer =
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}";
            if stream.write_all(answer).await.is_err() {
                return;
            }
        }
    }
}

/// The ticket in the path; the first one where there is none.
fn id(request: &[u8]) -> usize {
    let request = String::from_utf8_lossy(request);
    let path = request.split_whitespace().nth(1);
    let id = path.and_then(|path| path.rsplit('/').next()?.parse().ok());
    id.unwrap_or(1)
}
