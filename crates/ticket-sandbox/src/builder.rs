//! How a sandbox is set up before it starts.
//!
//! Not for what changes while it runs: see `sandbox.rs`.

use std::io;
use std::time::Duration;

use tokio::time::Instant;

use crate::calendar::Date;
use crate::quota::{Counter, Quota, WindowModel};
use crate::sandbox::Sandbox;
use crate::state::State;
use crate::vendors::{Account, LeadSquared, OneCloud, Quirks, Sweeppea, Vendors, Wording};

/// Settings of a [`Sandbox`]; made by [`Sandbox::builder`].
#[derive(Debug, Clone)]
pub struct SandboxBuilder {
    port: u16,
    seed_tickets: bool,
    onecloud_calls: Option<u64>,
    sweeppea_quota: Option<Quota>,
    sweeppea_wording: Wording,
    sweeppea_one_at_a_time: bool,
    leadsquared_quota: Option<Quota>,
    leadsquared: Account,
    onecloud_quirks: Quirks,
}

impl Default for SandboxBuilder {
    fn default() -> Self {
        Self {
            port: 0,
            seed_tickets: true,
            onecloud_calls: None,
            sweeppea_quota: Some(Quota {
                calls: 150,
                window: Duration::from_secs(60),
                model: WindowModel::Sliding,
            }),
            sweeppea_wording: Wording::New,
            sweeppea_one_at_a_time: true,
            leadsquared_quota: Some(Quota {
                calls: 25,
                window: Duration::from_secs(5),
                model: WindowModel::Sliding,
            }),
            leadsquared: Account {
                retry_after: None,
                max_delete: 100,
                required_fields: vec!["Title".to_owned()],
                statuses: Vec::new(),
            },
            onecloud_quirks: Quirks::default(),
        }
    }
}

impl SandboxBuilder {
    /// The port on 127.0.0.1; 0, the default, lets the system choose a free one.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Whether the sample tickets are there from the start; default yes.
    #[must_use]
    pub fn seed_tickets(mut self, seed: bool) -> Self {
        self.seed_tickets = seed;
        self
    }

    /// How many authenticated calls OneCloud answers before its daily quota is exhausted; default
    /// unlimited, since the vendor gives no number.
    #[must_use]
    pub fn onecloud_calls(mut self, calls: u64) -> Self {
        self.onecloud_calls = Some(calls);
        self
    }

    /// Whether OneCloud's lists have one row more than was asked for, as its own sample has; default
    /// no.
    #[must_use]
    pub fn onecloud_extra_row(mut self, extra: bool) -> Self {
        self.onecloud_quirks.extra_row = extra;
        self
    }

    /// The most rows that OneCloud gives in one page, whatever `limit` asks for; default any number, since the vendor
    /// states none.
    #[must_use]
    pub fn onecloud_largest_page(mut self, rows: usize) -> Self {
        self.onecloud_quirks.largest_page = Some(rows);
        self
    }

    /// Whether OneCloud wraps the messages behind the first one once more, as its own sample does;
    /// default no.
    #[must_use]
    pub fn onecloud_nested_messages(mut self, nested: bool) -> Self {
        self.onecloud_quirks.nested_messages = nested;
        self
    }

    /// The limit of Sweeppea, or `None` for no limit; default 150 calls in 60 seconds, sliding.
    #[must_use]
    pub fn sweeppea_quota(mut self, quota: impl Into<Option<Quota>>) -> Self {
        self.sweeppea_quota = quota.into();
        self
    }

    /// Which edition of its pages Sweeppea words its answers by; default the later one.
    #[must_use]
    pub fn sweeppea_wording(mut self, wording: Wording) -> Self {
        self.sweeppea_wording = wording;
        self
    }

    /// Whether each Sweeppea endpoint takes one request at a time, and answers 503 without a body to
    /// another one in the meantime; default yes.
    ///
    /// An endpoint is busy only with an answer that [`Fault::Delay`](crate::Fault::Delay) or
    /// [`Fault::SlowDrip`](crate::Fault::SlowDrip) makes late; all others leave in no time. It stays busy for
    /// a moment after its caller has given up, until the connection is seen to be closed.
    #[must_use]
    pub fn sweeppea_one_at_a_time(mut self, one_at_a_time: bool) -> Self {
        self.sweeppea_one_at_a_time = one_at_a_time;
        self
    }

    /// The limit of LeadSquared, or `None` for no limit; default 25 calls in 5 seconds, sliding.
    #[must_use]
    pub fn leadsquared_quota(mut self, quota: impl Into<Option<Quota>>) -> Self {
        self.leadsquared_quota = quota.into();
        self
    }

    /// Seconds for a `Retry-After` header on LeadSquared's 429s; default none, as documented.
    #[must_use]
    pub fn leadsquared_retry_after(mut self, seconds: u64) -> Self {
        self.leadsquared.retry_after = Some(seconds);
        self
    }

    /// The most ids that one LeadSquared delete takes; default 100, which is inferred: the vendor
    /// gives no number.
    #[must_use]
    pub fn leadsquared_max_delete(mut self, ids: usize) -> Self {
        self.leadsquared.max_delete = ids;
        self
    }

    /// The fields that LeadSquared takes no ticket without, by their schema names; default `Title`
    /// alone. Every account has its own list.
    #[must_use]
    pub fn leadsquared_required_fields<T: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = T>,
    ) -> Self {
        self.leadsquared.required_fields = names.into_iter().map(Into::into).collect();
        self
    }

    /// The values that LeadSquared knows for the field `Status`; default none, which is to say any.
    /// Every account has its own list.
    #[must_use]
    pub fn leadsquared_statuses<T: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = T>,
    ) -> Self {
        self.leadsquared.statuses = names.into_iter().map(Into::into).collect();
        self
    }

    /// Starts the server on the current tokio runtime.
    ///
    /// # Errors
    ///
    /// The system's error where the port cannot be had.
    pub async fn start(self) -> io::Result<Sandbox> {
        Sandbox::serve(self.port, State::new(self, Instant::now())).await
    }

    /// The vendors as they are at the start.
    pub(crate) fn vendors(&self, start: Instant) -> Vendors {
        let counter = |quota: Quota| Counter::new(quota, start);
        let mut vendors = Vendors {
            onecloud: OneCloud::new(self.onecloud_calls, self.onecloud_quirks),
            sweeppea: Sweeppea::new(
                self.sweeppea_quota.map(counter),
                self.sweeppea_wording,
                self.sweeppea_one_at_a_time,
            ),
            leadsquared: LeadSquared::new(
                self.leadsquared_quota.map(counter),
                self.leadsquared.clone(),
            ),
        };
        if self.seed_tickets {
            vendors.seed(Date::at(start, start));
        }
        vendors
    }
}
