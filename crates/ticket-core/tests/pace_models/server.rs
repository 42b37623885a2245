//! A server far away that counts its calls.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ticket_core::{CallContext, Error, ErrorKind, ProviderInfo, Result, TicketId, TicketProvider};
use ticket_testkit::window::Window;
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};

/// How long the next request takes to the server, and its answer back.
pub(crate) type Ways = Box<dyn FnMut() -> (Duration, Duration) + Send>;

pub(crate) struct Server {
    counters: Mutex<Vec<Window>>,
    ways: Mutex<Ways>,
    /// The shortest way to the server. A request that its sender gives up when it is further away is cut off;
    /// a nearer one arrives all the same.
    shortest: Duration,
    pub(crate) tally: Mutex<Tally>,
}

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    pub(crate) sent: u32,
    pub(crate) admitted: u32,
    pub(crate) refused: u32,
    pub(crate) cut_off: u32,
    /// Counted after their senders had given them up.
    pub(crate) late: u32,
    pub(crate) first: Option<Instant>,
    pub(crate) last: Option<Instant>,
}

impl Server {
    pub(crate) fn new(counters: Vec<Window>, shortest: Duration, ways: Ways) -> Arc<Self> {
        Arc::new(Self {
            counters: Mutex::new(counters),
            ways: Mutex::new(ways),
            shortest,
            tally: Mutex::default(),
        })
    }

    /// A request arrives.
    fn count(&self, late: bool) -> bool {
        // Each of them counts, though another one may have refused already.
        let now = Instant::now();
        let mut counters = self.counters.lock().unwrap();
        let answers: Vec<_> = counters.iter_mut().map(|it| it.admit(now)).collect();
        let admitted = answers.iter().all(|admitted| *admitted);
        let mut tally = self.tally.lock().unwrap();
        *if admitted {
            &mut tally.admitted
        } else {
            &mut tally.refused
        } += 1;
        tally.late += u32::from(late);
        tally.first.get_or_insert(now);
        tally.last = Some(now);
        admitted
    }

    /// The request's way to the server, which goes on for a while after its sender has given it up.
    async fn receive(&self, arrival: Instant, given_up: oneshot::Receiver<()>) -> bool {
        tokio::select! {
            biased;
            () = sleep_until(arrival) => self.count(false),
            _ = given_up => {
                if arrival.duration_since(Instant::now()) > self.shortest {
                    self.tally.lock().unwrap().cut_off += 1;
                    return false;
                }
                sleep_until(arrival).await;
                self.count(true)
            }
        }
    }
}

/// The server as a provider.
pub(crate) struct Remote {
    pub(crate) info: ProviderInfo,
    pub(crate) server: Arc<Server>,
}

impl fmt::Debug for Remote {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Remote")
    }
}

#[async_trait]
impl TicketProvider for Remote {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn resolve(&self, _context: &CallContext, _id: &TicketId) -> Result<()> {
        let (there, back) = self.server.ways.lock().unwrap()();
        self.server.tally.lock().unwrap().sent += 1;
        let (_sender, given_up) = oneshot::channel();
        let (server, arrival) = (Arc::clone(&self.server), Instant::now() + there);
        let received = tokio::spawn(async move { server.receive(arrival, given_up).await });
        let admitted = received.await.unwrap();
        sleep(back).await;
        if admitted {
            return Ok(());
        }
        Err(Error::new(ErrorKind::RateLimited, "too many calls"))
    }
}
