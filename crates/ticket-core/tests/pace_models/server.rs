//! Four ways in which a vendor may count, and a server far away that counts so.

use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use ticket_core::{Error, ErrorKind, ProviderInfo, Quota, Result, TicketId, TicketProvider};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, sleep_until};

/// How a server counts the calls of a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Model {
    /// Those admitted in the latest window's time.
    Sliding,
    /// Those made in the latest window's time, refused ones too.
    SlidingCountingRefused,
    /// Those admitted since the window began; one begins as the other ends.
    Fixed,
    /// Each takes a token; they come back evenly.
    TokenBucket,
}

pub(crate) const MODELS: [Model; 4] = [
    Model::Sliding,
    Model::SlidingCountingRefused,
    Model::Fixed,
    Model::TokenBucket,
];

/// One window of a server.
#[derive(Debug)]
pub(crate) struct Counter {
    model: Model,
    quota: Quota,
    /// So much of the first fixed window was over at the start.
    phase: Duration,
    start: Instant,
    counted: Vec<Instant>,
    /// In nanoseconds times calls: a whole token is a window's nanoseconds. Nothing is rounded.
    tokens: u128,
    refilled: Instant,
}

impl Counter {
    pub(crate) fn new(model: Model, quota: Quota, phase: Duration) -> Self {
        Self {
            model,
            quota,
            phase,
            start: Instant::now(),
            counted: Vec::new(),
            tokens: u128::from(quota.calls) * quota.window.as_nanos(),
            refilled: Instant::now(),
        }
    }

    fn admits(&mut self) -> bool {
        let now = Instant::now();
        if self.model == Model::TokenBucket {
            return self.takes_token(now);
        }
        let window_of = |at: Instant| {
            (at.duration_since(self.start) + self.phase).as_nanos() / self.quota.window.as_nanos()
        };
        let still_counts = |at: &Instant| match self.model {
            Model::Fixed => window_of(*at) == window_of(now),
            _ => now.duration_since(*at) < self.quota.window,
        };
        let counted = self.counted.iter().rev().take_while(|at| still_counts(at));
        let admitted = counted.count() < self.quota.calls as usize;
        if admitted || self.model == Model::SlidingCountingRefused {
            self.counted.push(now);
        }
        admitted
    }

    fn takes_token(&mut self, now: Instant) -> bool {
        let (calls, token) = (u128::from(self.quota.calls), self.quota.window.as_nanos());
        let back = now.duration_since(self.refilled).as_nanos() * calls;
        self.tokens = (self.tokens + back).min(calls * token);
        self.refilled = now;
        let admitted = self.tokens >= token;
        if admitted {
            self.tokens -= token;
        }
        admitted
    }
}

/// How long the next request takes to the server, and its answer back.
pub(crate) type Ways = Box<dyn FnMut() -> (Duration, Duration) + Send>;

pub(crate) struct Server {
    counters: Mutex<Vec<Counter>>,
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
    pub(crate) fn new(counters: Vec<Counter>, shortest: Duration, ways: Ways) -> Arc<Self> {
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
        let mut counters = self.counters.lock().unwrap();
        let answers: Vec<_> = counters.iter_mut().map(Counter::admits).collect();
        let admitted = answers.iter().all(|admitted| *admitted);
        let mut tally = self.tally.lock().unwrap();
        *if admitted {
            &mut tally.admitted
        } else {
            &mut tally.refused
        } += 1;
        tally.late += u32::from(late);
        tally.first.get_or_insert_with(Instant::now);
        tally.last = Some(Instant::now());
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

    async fn resolve(&self, _id: &TicketId) -> Result<()> {
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
