//! The settings of a sandbox before it starts.
//!
//! Changes while it runs are in `sandbox.rs`.

use std::time::Duration;

use crate::quota::Quota;
use crate::settings::Settings;
use crate::vendors::{LimitHeaders, Wording};

/// Settings of a [`Sandbox`](crate::Sandbox), created by [`Sandbox::builder`](crate::Sandbox::builder).
#[derive(Debug, Clone, Default)]
pub struct SandboxBuilder {
    pub(crate) port: u16,
    pub(crate) settings: Settings,
}

impl SandboxBuilder {
    /// The port on 127.0.0.1. Default 0: the system chooses a free port.
    #[must_use]
    pub fn port(mut self, port: u16) -> Self {
        self.port = port;
        self
    }

    /// Whether the sandbox starts with sample tickets. Default true.
    #[must_use]
    pub fn seed_tickets(mut self, seed: bool) -> Self {
        self.settings.seed_tickets = seed;
        self
    }

    /// The approximate maximum size of the journal in memory. Default 256 MiB, about 350,000 requests. If it is
    /// exceeded, the oldest entries are dropped and counted in
    /// [`Sandbox::journal_dropped`](crate::Sandbox::journal_dropped); the newest entry is always kept.
    #[must_use]
    pub fn journal_bytes(mut self, bytes: usize) -> Self {
        self.settings.journal_bytes = bytes;
        self
    }

    /// How many authenticated calls OneCloud answers before its daily quota is exhausted. Default unlimited: the
    /// vendor documents no number.
    #[must_use]
    pub fn onecloud_calls(mut self, calls: u64) -> Self {
        self.settings.onecloud_calls = Some(calls);
        self
    }

    /// Whether OneCloud's lists return one row more than requested, as the vendor's sample does. Default false.
    #[must_use]
    pub fn onecloud_extra_row(mut self, extra: bool) -> Self {
        self.settings.onecloud_extra_row = extra;
        self
    }

    /// The maximum number of rows in a OneCloud page, even if `limit` is larger. Default unlimited: the vendor
    /// documents no maximum.
    #[must_use]
    pub fn onecloud_largest_page(mut self, rows: usize) -> Self {
        self.settings.onecloud_largest_page = Some(rows);
        self
    }

    /// Whether OneCloud nests the messages after the first one in another object, as the vendor's sample does.
    /// Default false.
    #[must_use]
    pub fn onecloud_nested_messages(mut self, nested: bool) -> Self {
        self.settings.onecloud_nested_messages = nested;
        self
    }

    /// Sweeppea's quota, or `None` for no quota. Default 150 calls per 60 seconds, in a sliding window.
    #[must_use]
    pub fn sweeppea_quota(mut self, quota: impl Into<Option<Quota>>) -> Self {
        self.settings.sweeppea_quota = quota.into();
        self
    }

    /// Which edition of the vendor's documentation Sweeppea's replies follow. Default the later one.
    #[must_use]
    pub fn sweeppea_wording(mut self, wording: Wording) -> Self {
        self.settings.sweeppea_wording = wording;
        self
    }

    /// Whether each Sweeppea endpoint processes one request at a time and answers concurrent ones with a 503 without
    /// a body. Default true.
    ///
    /// An endpoint is busy only while [`Fault::Delay`](crate::Fault::Delay) or
    /// [`Fault::SlowDrip`](crate::Fault::SlowDrip) delays its answer; other answers take no time. If the caller gives
    /// up, the endpoint stays busy until the sandbox notices that the connection is closed.
    #[must_use]
    pub fn sweeppea_one_at_a_time(mut self, one_at_a_time: bool) -> Self {
        self.settings.sweeppea_one_at_a_time = one_at_a_time;
        self
    }

    /// LeadSquared's quota, or `None` for no quota. Default 25 calls per 5 seconds, in a sliding window.
    #[must_use]
    pub fn leadsquared_quota(mut self, quota: impl Into<Option<Quota>>) -> Self {
        self.settings.leadsquared_quota = quota.into();
        self
    }

    /// The `Retry-After` header of LeadSquared's 429 replies, in seconds. Default none: the vendor documents none.
    #[must_use]
    pub fn leadsquared_retry_after(mut self, seconds: u64) -> Self {
        self.settings.leadsquared_retry_after = Some(seconds);
        self
    }

    /// The maximum number of ids in one LeadSquared delete. Default 100, which is inferred: the vendor documents no
    /// number.
    #[must_use]
    pub fn leadsquared_max_delete(mut self, ids: usize) -> Self {
        self.settings.leadsquared_max_delete = ids;
        self
    }

    /// The fields that LeadSquared requires of a ticket, by schema name. Default only `Title`. The list differs per
    /// account.
    #[must_use]
    pub fn leadsquared_required_fields<T: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = T>,
    ) -> Self {
        self.settings.leadsquared_required_fields = names.into_iter().map(Into::into).collect();
        self
    }

    /// The values that LeadSquared accepts for the field `Status`. Default empty, which accepts any value. The list
    /// differs per account.
    #[must_use]
    pub fn leadsquared_statuses<T: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = T>,
    ) -> Self {
        self.settings.leadsquared_statuses = names.into_iter().map(Into::into).collect();
        self
    }

    /// A quota for Redmine, or `None`. Default none: Redmine has no quota, but a proxy in front of it may. A refused
    /// call gets a 429 without a body.
    #[must_use]
    pub fn redmine_quota(mut self, quota: impl Into<Option<Quota>>) -> Self {
        self.settings.redmine_quota = quota.into();
        self
    }

    /// The statuses that Redmine's workflow leads to from no other, by name. An update to one of them is answered 204,
    /// and the status stays. Default none: any status can follow any other.
    #[must_use]
    pub fn redmine_forbidden_statuses<T: Into<String>>(
        mut self,
        names: impl IntoIterator<Item = T>,
    ) -> Self {
        self.settings.redmine_forbidden_statuses = names.into_iter().map(Into::into).collect();
        self
    }

    /// Gives the reporter of Redmine the right to edit tickets, but not that to add notes: an update with a note is
    /// answered 204, and the note is dropped. Default off: the reporter adds public notes, and edits nothing.
    #[must_use]
    pub fn redmine_reporter_edits(mut self, edits: bool) -> Self {
        self.settings.redmine_reporter_edits = edits;
        self
    }

    /// RT's quota, or `None` for no quota. Default none: RT itself has no limit, but a proxy in front of it may.
    #[must_use]
    pub fn rt_quota(mut self, quota: impl Into<Option<Quota>>) -> Self {
        self.settings.rt_quota = quota.into();
        self
    }

    /// The quota of Zendesk's plan, or `None` for no quota. Default 700 calls per minute (Enterprise), in a sliding
    /// window.
    #[must_use]
    pub fn zendesk_quota(mut self, quota: impl Into<Option<Quota>>) -> Self {
        self.settings.zendesk_quota = quota.into();
        self
    }

    /// Whether single endpoints of Zendesk have the limits that the vendor documents, such as 400 deletes per minute.
    /// Default true.
    #[must_use]
    pub fn zendesk_endpoint_limits(mut self, has_limits: bool) -> Self {
        self.settings.zendesk_endpoint_limits = has_limits;
        self
    }

    /// The names of the headers in which Zendesk's replies tell its limits. Default the current ones.
    #[must_use]
    pub fn zendesk_limit_headers(mut self, headers: LimitHeaders) -> Self {
        self.settings.zendesk_limit_headers = headers;
        self
    }

    /// How long a job of Zendesk takes from its beginning to its end. Default 2 seconds.
    #[must_use]
    pub fn zendesk_job_time(mut self, time: Duration) -> Self {
        self.settings.zendesk_job_time = time;
        self
    }

    /// How many jobs of Zendesk may be queued or working. Default 30, as the vendor documents.
    #[must_use]
    pub fn zendesk_jobs_at_once(mut self, jobs: usize) -> Self {
        self.settings.zendesk_jobs_at_once = jobs;
        self
    }
}
