//! A vendor on loopback. A [`VendorApi`] implements the vendor's documentation; this module provides sockets, the
//! journal and faults for all vendors.

mod faults;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::json;
use ticket_conformance::{Fault, FaultTarget};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::message::{Reply, Request};
use crate::reply_format::ReplyFormat;

/// Longer than any test waits.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// How a vendor answers. Write it from the vendor's documentation, not from the client: otherwise the tests pass even
/// if the client misreads the documentation.
///
/// The implementation holds the vendor's state: tickets, for example in a [`TicketStore`](crate::TicketStore), and
/// anything else.
pub trait VendorApi: Send + 'static {
    /// Handles the request and returns the reply.
    fn answer(&mut self, request: &Request) -> Reply;

    /// The vendor's error format.
    fn error(&self, status: u16, words: &str) -> Reply {
        Reply::json(status, &json!({ "message": words }))
    }

    /// Where the replies have what some faults change: rows and totals of lists, ids of deleted tickets. By default
    /// nothing is known of it, and these faults cannot be injected.
    fn reply_format(&self) -> ReplyFormat {
        ReplyFormat::default()
    }

    /// Whether a request only reads. By default `GET` and `HEAD` do.
    fn is_read(&self, request: &Request) -> bool {
        ["GET", "HEAD"].contains(&request.method.as_str())
    }
}

/// A vendor that sends only the replies given to [`Loopback::answer_next`], and 501 after those.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scripted;

impl VendorApi for Scripted {
    fn answer(&mut self, _request: &Request) -> Reply {
        self.error(501, "no answer is left")
    }
}

/// An HTTP server on loopback that answers with a [`VendorApi`] and can inject faults.
///
/// It handles one request per connection and stops when dropped.
pub struct Loopback<V> {
    address: SocketAddr,
    shared: Arc<Mutex<Shared<V>>>,
    server: Mutex<JoinHandle<()>>,
}

struct Shared<V> {
    vendor: V,
    fault: Option<(FaultTarget, Injected)>,
    answers: VecDeque<Reply>,
    requests: Vec<Request>,
}

/// What one request gets in place of the vendor's reply.
enum Injected {
    Fault(Fault),
    Reply(Reply),
}

impl Loopback<Scripted> {
    /// Starts a server that sends the replies given to [`answer_next`](Self::answer_next).
    ///
    /// # Errors
    ///
    /// If no port can be bound.
    pub async fn scripted() -> io::Result<Self> {
        Self::start(Scripted).await
    }
}

impl<V: VendorApi> Loopback<V> {
    /// Starts to listen on a free port.
    ///
    /// # Errors
    ///
    /// If no port can be bound.
    pub async fn start(vendor: V) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let shared = Arc::new(Mutex::new(Shared {
            vendor,
            fault: None,
            answers: VecDeque::new(),
            requests: Vec::new(),
        }));
        Ok(Self {
            address: listener.local_addr()?,
            server: Mutex::new(tokio::spawn(serve(listener, Arc::clone(&shared)))),
            shared,
        })
    }

    /// The address, as `http://127.0.0.1:PORT`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Reads or changes the vendor's state.
    pub fn with_vendor<T>(&self, look: impl FnOnce(&mut V) -> T) -> T {
        look(&mut lock(&self.shared).vendor)
    }

    /// Every request so far, in order of arrival.
    pub fn requests(&self) -> Vec<Request> {
        lock(&self.shared).requests.clone()
    }

    /// Answers the next request with this reply, without calling the vendor. Several replies are queued.
    pub fn answer_next(&self, reply: Reply) {
        lock(&self.shared).answers.push_back(reply);
    }

    /// Clears the queue of unused replies.
    pub fn forget_answers(&self) {
        lock(&self.shared).answers.clear();
    }

    /// Injects a fault into the next request of this kind, in place of one that no request has hit.
    /// [`Fault::NoConnection`] is [`refuse_connections`](Self::refuse_connections).
    pub fn inject(&self, fault: Fault, target: FaultTarget) {
        lock(&self.shared).fault = Some((target, Injected::Fault(fault)));
    }

    /// Answers the next request of this kind with this reply, without calling the vendor.
    pub(crate) fn inject_reply(&self, reply: Reply, target: FaultTarget) {
        lock(&self.shared).fault = Some((target, Injected::Reply(reply)));
    }

    /// Withdraws the injected fault if no request has hit it.
    pub fn withdraw_fault(&self) {
        lock(&self.shared).fault = None;
    }

    /// Refuses connections from now on.
    pub fn refuse_connections(&self) {
        lock(&self.server).abort();
    }

    /// Accepts connections again, on the same port.
    ///
    /// # Errors
    ///
    /// If another process has taken the port.
    pub async fn accept_connections(&self) -> io::Result<()> {
        self.refuse_connections();
        let listener = loop {
            // The aborted server keeps the port until it is polled.
            let is_over = lock(&self.server).is_finished();
            match TcpListener::bind(self.address).await {
                Ok(listener) => break listener,
                Err(error) if is_over => return Err(error),
                Err(_) => tokio::task::yield_now().await,
            }
        };
        *lock(&self.server) = tokio::spawn(serve(listener, Arc::clone(&self.shared)));
        Ok(())
    }
}

impl<V> Drop for Loopback<V> {
    fn drop(&mut self) {
        lock(&self.server).abort();
    }
}

impl<V> fmt::Debug for Loopback<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Loopback")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn serve<V: VendorApi>(listener: TcpListener, shared: Arc<Mutex<Shared<V>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, Arc::clone(&shared)));
    }
}

async fn answer<V: VendorApi>(stream: TcpStream, shared: Arc<Mutex<Shared<V>>>) {
    let mut stream = BufReader::new(stream);
    let Some(request) = read(&mut stream).await else {
        return;
    };
    let (fault, reply) = lock(&shared).reply_to(request);
    match fault {
        Some(Fault::ConnectionReset | Fault::LostResponse) => return,
        Some(Fault::NeverAnswers) => tokio::time::sleep(DAY).await,
        _ => {}
    }
    let mut stream = stream.into_inner();
    // A client that disconnected is not an error.
    let _ = stream.write_all(&reply).await;
    match fault {
        Some(Fault::NeverEnds) => tokio::time::sleep(DAY).await,
        _ => drop(stream.shutdown().await),
    }
}

impl<V: VendorApi> Shared<V> {
    /// Records the request, handles it unless a fault prevents that, and returns the bytes of the reply.
    fn reply_to(&mut self, mut request: Request) -> (Option<Fault>, Vec<u8>) {
        let is_write = !self.vendor.is_read(&request);
        let hit = self.fault.take_if(|(target, _)| target.is_hit_by(is_write));
        let (fault, scripted) = match hit {
            Some((_, Injected::Fault(fault))) => (Some(fault), None),
            Some((_, Injected::Reply(reply))) => (None, Some(reply)),
            None => (None, None),
        };
        let refused = fault.as_ref().and_then(|fault| self.refused(fault));
        let reply = if let Some(refused) = refused {
            refused
        } else {
            let answer = scripted.or_else(|| self.answers.pop_front());
            let reply = answer.unwrap_or_else(|| match &fault {
                Some(Fault::AboutAnother { asked, other }) => {
                    let request = faults::about(&request, asked.as_str(), other.as_str());
                    self.vendor.answer(&request)
                }
                _ => self.vendor.answer(&request),
            });
            request.took_effect = is_write && reply.status < 300;
            reply
        };
        let reply = self.faulted(fault.as_ref(), reply);
        request.status = match fault {
            Some(Fault::ConnectionReset | Fault::LostResponse | Fault::NeverAnswers) => None,
            _ => Some(reply.status),
        };
        self.requests.push(request);
        let bytes = faults::bytes(fault.as_ref(), reply);
        (fault, bytes)
    }
}

async fn read(stream: &mut BufReader<TcpStream>) -> Option<Request> {
    let line = read_line(stream).await?;
    let mut words = line.split_whitespace();
    let mut request = Request {
        method: words.next()?.to_owned(),
        path: words.next()?.to_owned(),
        ..Request::default()
    };
    loop {
        let line = read_line(stream).await?;
        let Some((name, value)) = line.trim_end().split_once(':') else {
            break;
        };
        let header = (name.to_owned(), value.trim().to_owned());
        request.headers.push(header);
    }
    if request.header("transfer-encoding") == Some("chunked") {
        loop {
            let size = usize::from_str_radix(read_line(stream).await?.trim(), 16).ok()?;
            let chunk = read_bytes(stream, size).await?;
            request.body.extend(chunk);
            read_line(stream).await?;
            if size == 0 {
                return Some(request);
            }
        }
    }
    let length = request.header("content-length").map(str::parse);
    let length = length.and_then(Result::ok).unwrap_or_default();
    request.body = read_bytes(stream, length).await?;
    Some(request)
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    stream.read_line(&mut line).await.ok()?;
    Some(line)
}

async fn read_bytes(stream: &mut BufReader<TcpStream>, length: usize) -> Option<Vec<u8>> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).await.ok()?;
    Some(bytes)
}
