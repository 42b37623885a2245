//! The handle of a running sandbox: addresses, faults, the journal and the vendors' state.
//!
//! Settings are in `builder.rs`.

use std::fmt;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::MutexGuard;

use hyper::body::Bytes;
use hyper::{Request, Response};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::answer::Lost;
use crate::builder::SandboxBuilder;
use crate::credentials;
use crate::fault::{Fault, Rule, TicketFault};
use crate::in_process::{Connection, Shared};
use crate::journal::Exchange;
use crate::server;
use crate::state::State;
use crate::store::Ticket;
use crate::ticket::{MessageKind, TicketRecord, TicketSeed, TicketState};
use crate::vendor::Vendor;

/// A running sandbox. Dropping it stops the server and closes its connections.
pub struct Sandbox {
    address: SocketAddr,
    shared: Shared,
    listener: Mutex<Listener>,
}

/// The listening socket: open, or closed with its port reserved.
#[derive(Debug)]
enum Listener {
    /// The sandbox has no socket. Connections are refused by the state alone.
    None,
    Open {
        stop: oneshot::Sender<()>,
        server: JoinHandle<()>,
    },
    /// A socket that is bound but does not listen reserves the port: connections are refused, and the system does not
    /// assign the port to another process.
    Closed { reserved: TcpSocket },
    /// Opening or closing the listener failed.
    Broken,
}

impl Sandbox {
    /// Starts a sandbox with the default settings: a free port on 127.0.0.1, sample tickets,
    /// the documented limits.
    ///
    /// # Errors
    ///
    /// Returns the system's error if no port can be bound.
    pub async fn start() -> io::Result<Self> {
        Self::builder().start().await
    }

    /// Returns a builder for a sandbox with other settings.
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

    pub(crate) fn without_socket(state: State) -> Self {
        Self {
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            shared: Shared::new(state),
            listener: Mutex::new(Listener::None),
        }
    }

    /// Opens a connection without a socket, also to a sandbox that has one.
    pub fn connect(&self) -> Connection {
        self.shared.connect()
    }

    /// Sends one request without a socket, on a connection of its own. See [`Connection::send`].
    ///
    /// ```
    /// use hyper::{Request, body::Bytes};
    /// use ticket_sandbox::{Endpoint, Fault, Lost, Rule, Sandbox, Vendor, credentials};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() {
    /// let sandbox = Sandbox::builder().in_process();
    /// sandbox.inject(Rule::new(Fault::LostResponse).endpoint(Endpoint::Delete));
    ///
    /// let request = Request::delete("/onecloud/api/ticketrz/121")
    ///     .header("authorization", format!("Bearer {}", credentials::ONECLOUD_TOKEN))
    ///     .body(Bytes::new())
    ///     .unwrap();
    /// assert!(matches!(sandbox.send(request).await, Err(Lost::Closed)));
    /// assert!(!sandbox.exists(Vendor::OneCloud, "121"));
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Returns how the connection ended if there is no complete answer.
    pub async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Lost> {
        self.connect().send(request).await
    }

    /// The address and port that the sandbox listens on; port 0 if it has no socket.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The base URL of a vendor, without a trailing slash: `http://127.0.0.1:PORT/onecloud`.
    pub fn base_url(&self, vendor: Vendor) -> String {
        format!("http://{}/{}", self.address, vendor.prefix())
    }

    /// The environment variables (names and values) that connect the command and the facade to this sandbox.
    ///
    /// The values are not secret: see [`credentials`].
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
            ("REDMINE_BASE_URL", self.base_url(Vendor::Redmine)),
            ("REDMINE_API_KEY", constant(credentials::REDMINE_API_KEY)),
            ("REDMINE_PROJECT", constant(credentials::REDMINE_PROJECT)),
            ("RT_BASE_URL", self.base_url(Vendor::Rt)),
            ("RT_TOKEN", constant(credentials::RT_TOKEN)),
            ("ZENDESK_BASE_URL", self.base_url(Vendor::Zendesk)),
            ("ZENDESK_EMAIL", constant(credentials::ZENDESK_EMAIL)),
            (
                "ZENDESK_API_TOKEN",
                constant(credentials::ZENDESK_API_TOKEN),
            ),
        ]
    }

    /// Adds a scripted fault. Rules are matched in the order they were added, before random faults.
    pub fn inject(&self, rule: Rule) {
        self.shared.lock().faults.add(rule);
    }

    /// Removes all rules. Random faults stay.
    pub fn withdraw_faults(&self) {
        self.shared.lock().faults.clear();
    }

    /// Makes each following request fail with this probability (0.0 to 1.0), with one of these faults.
    ///
    /// The same seed gives the same faults for the same sequence of requests. Replaces earlier random faults; a
    /// probability of 0.0 turns them off.
    pub fn random_faults(&self, seed: u64, probability: f64, faults: Vec<Fault>) {
        self.shared
            .lock()
            .faults
            .set_random(seed, probability, faults);
    }

    /// Locks the state as it is now.
    fn settled(&self) -> MutexGuard<'_, State> {
        let mut state = self.shared.lock();
        state.settle(Instant::now());
        state
    }

    /// Gives a ticket a lasting fault. A ticket has one; `Refused` and `GoneIsError` replace each other.
    ///
    /// To break tickets as they are named in requests, inject [`Fault::Ticket`].
    pub fn set_ticket_fault(&self, vendor: Vendor, id: &str, fault: TicketFault) {
        self.shared.lock().set_ticket_fault(vendor, id, fault);
    }

    /// Every request that was received completely, in order of arrival. The oldest ones are dropped when the journal
    /// exceeds [`SandboxBuilder::journal_bytes`].
    pub fn journal(&self) -> Vec<Exchange> {
        self.journal_after(0)
    }

    /// The journal entries after this sequence number.
    pub fn journal_after(&self, sequence: u64) -> Vec<Exchange> {
        let state = self.settled();
        state.journal.after(sequence).cloned().collect()
    }

    /// How many entries the journal has dropped.
    pub fn journal_dropped(&self) -> u64 {
        self.shared.lock().journal.dropped()
    }

    /// The latest request in the journal that deleted a ticket with this id; `None` if no request did.
    ///
    /// It searches the journal. For many tickets, use [`deletions`](Self::deletions).
    pub fn deleted_by(&self, vendor: Vendor, id: &str) -> Option<Exchange> {
        let state = self.settled();
        let mut newest_first = state.journal.iter().rev();
        let found = newest_first.find(|seen| {
            seen.vendor == Some(vendor) && seen.deleted.iter().any(|deleted| deleted == id)
        });
        found.cloned()
    }

    /// The ids of all tickets that requests in the journal deleted, each with the sequence number of the request, in
    /// order of arrival. With [`Fault::IdsGivenOutAgain`], an id can occur more than once.
    pub fn deletions(&self, vendor: Vendor) -> Vec<(String, u64)> {
        let state = self.settled();
        let seen = state.journal.iter();
        let seen = seen.filter(|seen| seen.vendor == Some(vendor));
        let deleted = seen.flat_map(|seen| {
            let ids = seen.deleted.iter();
            ids.map(|id| (id.clone(), seen.sequence))
        });
        deleted.collect()
    }

    /// All tickets that exist at a vendor, oldest first, without those in the trash.
    pub fn tickets(&self, vendor: Vendor) -> Vec<TicketRecord> {
        let state = self.settled();
        let vendor = state.vendors.of(vendor);
        let tickets = vendor.store().iter().filter(|ticket| !ticket.deleted);
        tickets.map(|ticket| vendor.record(ticket)).collect()
    }

    /// The ids of all tickets that exist at a vendor, oldest first, without those in the trash.
    pub fn ticket_ids(&self, vendor: Vendor) -> Vec<String> {
        let state = self.settled();
        let tickets = state.vendors.of(vendor).store().iter();
        let tickets = tickets.filter(|ticket| !ticket.deleted);
        tickets.map(|ticket| ticket.id.clone()).collect()
    }

    /// The actual state of a ticket, also of one in the trash; `None` if no ticket has this id.
    pub fn ticket(&self, vendor: Vendor, id: &str) -> Option<TicketRecord> {
        let state = self.settled();
        let vendor = state.vendors.of(vendor);
        let ticket = vendor.store().get_unmerged(id)?;
        Some(vendor.record(ticket))
    }

    /// Like [`tickets`](Self::tickets), without the vendor's fields, which cost most.
    pub fn ticket_states(&self, vendor: Vendor) -> Vec<TicketState> {
        let state = self.settled();
        let tickets = state.vendors.of(vendor).store().iter();
        let tickets = tickets.filter(|ticket| !ticket.deleted);
        tickets.map(Ticket::state).collect()
    }

    /// Like [`ticket`](Self::ticket), without the vendor's fields.
    pub fn ticket_state(&self, vendor: Vendor, id: &str) -> Option<TicketState> {
        let state = self.settled();
        let ticket = state.vendors.of(vendor).store().get_unmerged(id)?;
        Some(ticket.state())
    }

    /// Whether a ticket exists, regardless of its owner. A ticket that was merged into another one does not, nor does
    /// one in the trash.
    pub fn exists(&self, vendor: Vendor, id: &str) -> bool {
        let state = self.settled();
        let store = state.vendors.of(vendor).store();
        let ticket = store.get_unmerged(id);
        ticket.is_some_and(|ticket| !ticket.deleted)
    }

    /// Adds a ticket to a vendor without a request and returns its id.
    pub fn add_ticket(&self, vendor: Vendor, ticket: TicketSeed) -> String {
        self.shared
            .lock()
            .add_ticket(vendor, ticket, Instant::now())
    }

    /// Adds this many open tickets to a vendor. Their subjects are `Ticket 1`, `Ticket 2` and so on; they have no
    /// text.
    ///
    /// 100,000 tickets take about 40 MB, and the cost of a list page depends only on the tickets in it.
    pub fn add_tickets(&self, vendor: Vendor, count: usize) {
        let mut state = self.shared.lock();
        let now = Instant::now();
        for number in 1..=count {
            state.add_ticket(vendor, TicketSeed::new(format!("Ticket {number}")), now);
        }
    }

    /// Adds a message to a ticket without a request and returns the message's id; `None` if no ticket has this id.
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

    /// Expires every token that OneCloud has issued, including the constant one. Tokens issued later are valid.
    pub fn expire_token(&self) {
        self.shared.lock().vendors.onecloud.expire_token();
    }

    /// Uses up OneCloud's daily quota.
    pub fn exhaust_quota(&self) {
        self.shared.lock().vendors.onecloud.exhaust_quota();
    }

    /// Closes the listening socket and every connection: connections are refused until
    /// [`accept_connections`](Self::accept_connections), with and without a socket. Does nothing if they already are.
    ///
    /// # Errors
    ///
    /// Returns the system's error if the port cannot be reserved.
    pub async fn refuse_connections(&self) -> io::Result<()> {
        let mut listener = self.listener.lock().await;
        self.shared.lock().refuses_connections = true;
        match std::mem::replace(&mut *listener, Listener::Broken) {
            Listener::Open { stop, server } => {
                drop(stop);
                // This fails only if the server task panicked, and then it is closed too.
                let _ = server.await;
            }
            closed @ (Listener::None | Listener::Closed { .. }) => {
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

    /// Listens again on the same port. Does nothing if it is already listening.
    ///
    /// # Errors
    ///
    /// Returns the system's error if the port cannot be bound again.
    pub async fn accept_connections(&self) -> io::Result<()> {
        let mut listener = self.listener.lock().await;
        self.shared.lock().refuses_connections = false;
        let reserved = match std::mem::replace(&mut *listener, Listener::Broken) {
            open @ (Listener::None | Listener::Open { .. }) => {
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

impl SandboxBuilder {
    /// Starts the server on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// Returns the system's error if the port cannot be bound.
    pub async fn start(self) -> io::Result<Sandbox> {
        Sandbox::serve(self.port, State::new(self.settings, Instant::now())).await
    }

    /// Creates a sandbox without a socket, for [`Sandbox::send`] and [`Sandbox::connect`]. It needs no runtime, and it
    /// is cheap: one per test case is fine.
    pub fn in_process(self) -> Sandbox {
        Sandbox::without_socket(State::new(self.settings, Instant::now()))
    }
}

impl fmt::Debug for Sandbox {
    /// Prints only the address: the state and the journal are too long.
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
