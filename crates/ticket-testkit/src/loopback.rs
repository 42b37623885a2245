//! A vendor on loopback. A [`VendorApi`] implements the vendor's documentation; this module provides sockets, the
//! journal and faults for all vendors.

mod faults;
mod injected;

use std::collections::VecDeque;
use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ticket_conformance::{Fault, FaultTarget};
use tokio::io::{AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::message::{Reply, Request};
use crate::proxy;
use crate::vendor_api::{Scripted, VendorApi};
use crate::wire;

pub use injected::Frequency;

use injected::Injected;

/// Longer than any test waits.
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

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
    faults: Vec<Injected>,
    /// The reply to the next request of this kind.
    scripted: Option<(FaultTarget, Reply)>,
    answers: VecDeque<Reply>,
    requests: Vec<Request>,
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
            faults: Vec::new(),
            scripted: None,
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

    /// Injects a fault into the next request of this kind, in place of all that were injected before.
    /// [`Fault::NoConnection`] is [`refuse_connections`](Self::refuse_connections).
    pub fn inject(&self, fault: Fault, target: FaultTarget) {
        self.withdraw_faults();
        self.inject_at(fault, target, Frequency::Nth(1));
    }

    /// Injects a fault into requests of this kind, beside those that were injected before. A request is hit by the first
    /// fault that hits it.
    pub fn inject_at(&self, fault: Fault, target: FaultTarget, frequency: Frequency) {
        let injected = Injected::new(fault, target, frequency);
        lock(&self.shared).faults.push(injected);
    }

    /// Answers the next request of this kind with this reply, without calling the vendor.
    pub(crate) fn inject_reply(&self, reply: Reply, target: FaultTarget) {
        lock(&self.shared).scripted = Some((target, reply));
    }

    /// Withdraws the injected faults: those that no request has hit, and those that hit again and again.
    pub fn withdraw_faults(&self) {
        let mut shared = lock(&self.shared);
        shared.faults.clear();
        shared.scripted = None;
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
    let Some(request) = wire::read_request(&mut stream).await else {
        return;
    };
    let Taken {
        number,
        fault,
        step,
    } = lock(&shared).take(request);
    let (reply, is_handled) = match step {
        Step::Refused(reply) => (reply, false),
        Step::Handled(reply) => (reply, true),
        Step::Forward { base_url, request } => match proxy::forward(&base_url, &request).await {
            Ok(reply) => (reply, true),
            Err(error) => (lock(&shared).vendor.error(502, &error.to_string()), false),
        },
    };
    let reply = lock(&shared).finish(number, fault.as_ref(), reply, is_handled);
    match fault {
        Some(Fault::ConnectionReset | Fault::LostResponse) => return,
        Some(Fault::NeverAnswers) => tokio::time::sleep(DAY).await,
        Some(Fault::Slow(wait)) => tokio::time::sleep(wait).await,
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

/// A request that is in the journal.
struct Taken {
    /// Its place there.
    number: usize,
    fault: Option<Fault>,
    step: Step,
}

enum Step {
    /// A fault prevents that the request is handled.
    Refused(Reply),
    Handled(Reply),
    /// A real server handles it.
    Forward {
        base_url: String,
        request: Request,
    },
}

impl<V: VendorApi> Shared<V> {
    /// Records the request, and handles it unless a fault prevents that or a real server does.
    fn take(&mut self, request: Request) -> Taken {
        let is_write = !self.vendor.is_read(&request);
        let fault = injected::take(&mut self.faults, is_write);
        let about = match &fault {
            Some(Fault::AboutAnother { asked, other }) => {
                Some(faults::about(&request, asked.as_str(), other.as_str()))
            }
            _ => None,
        };
        let number = self.requests.len();
        self.requests.push(request.clone());
        let request = about.unwrap_or(request);
        let refused = fault.as_ref().and_then(|fault| self.refused(fault));
        let base_url = self.vendor.upstream().map(str::to_owned);
        if let (Some(_), Some(noted)) = (&base_url, self.requests.last_mut()) {
            proxy::hide_secrets(noted);
        }
        let scripted = self
            .scripted
            .take_if(|(target, _)| target.is_hit_by(is_write));
        let step = if let Some(refused) = refused {
            Step::Refused(refused)
        } else if let Some((_, reply)) = scripted {
            Step::Handled(reply)
        } else if let Some(reply) = self.answers.pop_front() {
            Step::Handled(reply)
        } else if let Some(base_url) = base_url {
            Step::Forward { base_url, request }
        } else {
            Step::Handled(self.vendor.answer(&request))
        };
        Taken {
            number,
            fault,
            step,
        }
    }

    /// Records what became of the request, and returns the bytes of the reply.
    fn finish(
        &mut self,
        number: usize,
        fault: Option<&Fault>,
        reply: Reply,
        is_handled: bool,
    ) -> Vec<u8> {
        let took_effect =
            |request: &Request| is_handled && self.vendor.took_effect(request, &reply);
        let took_effect = self.requests.get(number).is_some_and(took_effect);
        let format = self.vendor.reply_format();
        if let Some(fault) = fault.filter(|fault| format.is_about_another(fault, &reply)) {
            let again = Injected::new(fault.clone(), FaultTarget::NextRead, Frequency::Nth(1));
            self.faults.push(again);
        }
        let reply = self.faulted(fault, reply);
        let status = match fault {
            Some(Fault::ConnectionReset | Fault::LostResponse | Fault::NeverAnswers) => None,
            _ => Some(reply.status),
        };
        if let Some(request) = self.requests.get_mut(number) {
            request.took_effect = took_effect;
            request.status = status;
        }
        faults::bytes(fault, reply)
    }
}
