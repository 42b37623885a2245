//! The handle of a running sandbox: addresses, faults, the journal and the true state.
//!
//! Not for setting it up: see `builder.rs`.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::builder::SandboxBuilder;
use crate::credentials;
use crate::fault::{Fault, Rule};
use crate::journal::Exchange;
use crate::server::{self, Shared};
use crate::state::State;
use crate::ticket::{MessageKind, TicketRecord, TicketSeed};
use crate::vendor::Vendor;

/// A running sandbox. Dropping it stops the server and closes its connections.
pub struct Sandbox {
    address: SocketAddr,
    shared: Shared,
    listener: Mutex<Listener>,
}

/// Whether clients get in.
#[derive(Debug)]
enum Listener {
    Open {
        stop: oneshot::Sender<()>,
        server: JoinHandle<()>,
    },
    /// The port is held by a socket that does not listen: connecting to it is refused, and the
    /// system gives it to nobody who asks for any free port.
    Closed { reserved: TcpSocket },
    /// Neither: something failed while the listener was being moved.
    Broken,
}

impl Sandbox {
    /// Starts a sandbox with the default settings: a free port on 127.0.0.1, sample tickets,
    /// the documented limits.
    ///
    /// # Errors
    ///
    /// The system's error where no port can be had.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Settings for a sandbox that differs from the defaults.
    pub fn builder() -> SandboxBuilder {
        SandboxBuilder::default()
    }

    pub(crate) async fn serve(port: u16, state: State) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let shared = Shared::new(state);
        Ok(Self {
            address,
            listener: Mutex::new(Listener::open(listener, shared.clone())),
            shared,
        })
    }

    /// Address and port that the sandbox listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL of a vendor, without a slash at its end: `http://127.0.0.1:PORT/onecloud`.
    pub fn base_url(&self, vendor: Vendor) -> String {
        format!("http://{}/{}", self.address, vendor.prefix())
    }

    /// Names and values of environment variables that point the command and the facade here.
    ///
    /// The values are no secrets: see [`credentials`].
    pub fn environment(&self) -> Vec<(&'static str, String)> {
        let constant = str::to_owned;
        vec![
            ("ONECLOUD_BASE_URL", self.base_url(Vendor::OneCloud)),
            ("ONECLOUD_TOKEN", constant(credentials::ONECLOUD_TOKEN)),
            ("SWEEPPEA_BASE_URL", self.base_url(Vendor::Sweeppea)),
            ("SWEEPPEA_API_KEY", constant(credentials::SWEEPPEA_API_KEY)),
            ("LEADSQUARED_BASE_URL", self.base_url(Vendor::LeadSquared)),
            (
                "LEADSQUARED_ORG_ID",
                constant(credentials::LEADSQUARED_ORG_ID),
            ),
            (
                "LEADSQUARED_ACCESS_KEY",
                constant(credentials::LEADSQUARED_ACCESS_KEY),
            ),
            (
                "LEADSQUARED_SECRET_KEY",
                constant(credentials::LEADSQUARED_SECRET_KEY),
            ),
        ]
    }

    /// Adds a scripted fault. Rules are tried in the order they were added, before random faults.
    pub fn inject(&self, rule: Rule) {
        self.shared.lock().faults.add(rule);
    }

    /// From now on makes each request fail with this probability (0.0 to 1.0) by one of these faults.
    ///
    /// The same seed gives the same faults to the same requests, counted in order of arrival.
    /// Replaces the random faults set before; a probability of 0.0 ends them.
    pub fn random_faults(&self, seed: u64, probability: f64, faults: Vec<Fault>) {
        self.shared
            .lock()
            .faults
            .set_random(seed, probability, faults);
    }

    /// Every request that arrived whole, in order of arrival.
    pub fn journal(&self) -> Vec<Exchange> {
        self.shared.lock().journal.clone()
    }

    /// All tickets that really exist at a vendor, oldest first.
    pub fn tickets(&self, vendor: Vendor) -> Vec<TicketRecord> {
        let state = self.shared.lock();
        let vendor = state.vendors.of(vendor);
        let tickets = vendor.store().iter();
        tickets.map(|ticket| vendor.record(ticket)).collect()
    }

    /// The ids of all tickets that really exist at a vendor, oldest first.
    pub fn ticket_ids(&self, vendor: Vendor) -> Vec<String> {
        let state = self.shared.lock();
        let tickets = state.vendors.of(vendor).store().iter();
        tickets.map(|ticket| ticket.id.clone()).collect()
    }

    /// A ticket as it really is; `None` where there is none with this id.
    pub fn ticket(&self, vendor: Vendor, id: &str) -> Option<TicketRecord> {
        let state = self.shared.lock();
        let vendor = state.vendors.of(vendor);
        vendor.store().get(id).map(|ticket| vendor.record(ticket))
    }

    /// Whether a ticket really exists, whoever owns it.
    pub fn exists(&self, vendor: Vendor, id: &str) -> bool {
        self.shared
            .lock()
            .vendors
            .of(vendor)
            .store()
            .get(id)
            .is_some()
    }

    /// Puts a ticket at a vendor without a request and returns its id.
    pub fn add_ticket(&self, vendor: Vendor, ticket: TicketSeed) -> String {
        self.shared
            .lock()
            .add_ticket(vendor, ticket, Instant::now())
    }

    /// Puts this many open tickets at a vendor, named `Ticket 1` and so on, without a text.
    ///
    /// They are cheap: a hundred thousand take some 40 MB, and a page of a list costs no more
    /// than the tickets on it.
    pub fn add_tickets(&self, vendor: Vendor, count: usize) {
        let mut state = self.shared.lock();
        let now = Instant::now();
        for number in 1..=count {
            state.add_ticket(vendor, TicketSeed::new(format!("Ticket {number}")), now);
        }
    }

    /// Writes on a ticket without a request and returns the vendor's id of what was written;
    /// `None` where there is no ticket with this id.
    pub fn add_message(
        &self,
        vendor: Vendor,
        id: &str,
        kind: MessageKind,
        text: impl AsRef<str>,
    ) -> Option<String> {
        self.shared
            .lock()
            .add_message(vendor, id, kind, text.as_ref(), Instant::now())
    }

    /// Makes every token that OneCloud has given out expire, the constant one included. A token
    /// asked for afterwards is good again.
    pub fn expire_token(&self) {
        self.shared.lock().vendors.onecloud.expire_token();
    }

    /// Uses up OneCloud's daily quota.
    pub fn exhaust_quota(&self) {
        self.shared.lock().vendors.onecloud.exhaust_quota();
    }

    /// Closes the listening socket and every connection: connecting is refused until
    /// [`accept_connections`](Self::accept_connections). Does nothing where it is so already.
    ///
    /// # Errors
    ///
    /// The system's error where the port cannot be held for later.
    pub async fn refuse_connections(&self) -> io::Result<()> {
        let mut listener = self.listener.lock().await;
        match std::mem::replace(&mut *listener, Listener::Broken) {
            Listener::Open { stop, server } => {
                drop(stop);
                // It only fails if the server panicked, and then it is closed as well.
                let _ = server.await;
            }
            closed @ Listener::Closed { .. } => {
                *listener = closed;
                return Ok(());
            }
            Listener::Broken => {}
        }
        *listener = Listener::Closed {
            reserved: reserve_port(self.address)?,
        };
        Ok(())
    }

    /// Listens again, on the same port. Does nothing where it does already.
    ///
    /// # Errors
    ///
    /// The system's error where the port cannot be had again.
    pub async fn accept_connections(&self) -> io::Result<()> {
        let mut listener = self.listener.lock().await;
        let reserved = match std::mem::replace(&mut *listener, Listener::Broken) {
            open @ Listener::Open { .. } => {
                *listener = open;
                return Ok(());
            }
            Listener::Closed { reserved } => reserved,
            Listener::Broken => reserve_port(self.address)?,
        };
        *listener = Listener::open(reserved.listen(1024)?, self.shared.clone());
        Ok(())
    }
}

impl fmt::Debug for Sandbox {
    /// The address alone: the state and the journal would be pages of it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sandbox")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}

impl Listener {
    fn open(listener: TcpListener, shared: Shared) -> Self {
        let (stop, stopped) = oneshot::channel();
        Self::Open {
            stop,
            server: tokio::spawn(server::run(listener, shared, stopped)),
        }
    }
}

fn reserve_port(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
