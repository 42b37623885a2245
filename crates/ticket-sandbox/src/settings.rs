//! What a sandbox is started with, as plain data. In JSON it is the body of `/control/reset`.
//!
//! What the settings mean is documented in `builder.rs`.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tokio::time::Instant;

use crate::calendar::{Date, seconds};
use crate::quota::{Counter, Quota, WindowModel};
use crate::vendors::{
    Account, JobSettings, LeadSquared, LimitHeaders, Limits, OneCloud, Quirks, Redmine, Rt,
    Sweeppea, Vendors, Wording, Zendesk,
};

#[expect(
    clippy::struct_excessive_bools,
    reason = "independent switches with names, not states"
)]
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Settings {
    pub(crate) seed_tickets: bool,
    pub(crate) journal_bytes: usize,
    pub(crate) onecloud_calls: Option<u64>,
    pub(crate) onecloud_extra_row: bool,
    pub(crate) onecloud_largest_page: Option<usize>,
    pub(crate) onecloud_nested_messages: bool,
    pub(crate) sweeppea_quota: Option<Quota>,
    pub(crate) sweeppea_wording: Wording,
    pub(crate) sweeppea_one_at_a_time: bool,
    pub(crate) leadsquared_quota: Option<Quota>,
    pub(crate) leadsquared_retry_after: Option<u64>,
    pub(crate) leadsquared_max_delete: usize,
    pub(crate) leadsquared_required_fields: Vec<String>,
    pub(crate) leadsquared_statuses: Vec<String>,
    pub(crate) redmine_quota: Option<Quota>,
    pub(crate) redmine_forbidden_statuses: Vec<String>,
    pub(crate) redmine_reporter_edits: bool,
    pub(crate) rt_quota: Option<Quota>,
    pub(crate) zendesk_quota: Option<Quota>,
    pub(crate) zendesk_endpoint_limits: bool,
    pub(crate) zendesk_limit_headers: LimitHeaders,
    #[serde(with = "seconds")]
    pub(crate) zendesk_job_time: Duration,
    pub(crate) zendesk_jobs_at_once: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed_tickets: true,
            journal_bytes: 256 * 1024 * 1024,
            onecloud_calls: None,
            onecloud_extra_row: false,
            onecloud_largest_page: None,
            onecloud_nested_messages: false,
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
            leadsquared_retry_after: None,
            leadsquared_max_delete: 100,
            leadsquared_required_fields: vec!["Title".to_owned()],
            leadsquared_statuses: Vec::new(),
            redmine_quota: None,
            redmine_forbidden_statuses: Vec::new(),
            redmine_reporter_edits: false,
            rt_quota: None,
            zendesk_quota: Some(Quota {
                calls: 700,
                window: Duration::from_secs(60),
                model: WindowModel::Sliding,
            }),
            zendesk_endpoint_limits: true,
            zendesk_limit_headers: LimitHeaders::Current,
            zendesk_job_time: Duration::from_secs(2),
            zendesk_jobs_at_once: 30,
        }
    }
}

impl Settings {
    /// These settings with other values for the ones that are named.
    pub(crate) fn with(&self, changes: Map<String, Value>) -> serde_json::Result<Self> {
        let mut settings = serde_json::to_value(self)?;
        if let Some(settings) = settings.as_object_mut() {
            settings.extend(changes);
        }
        serde_json::from_value(settings)
    }

    /// The vendors in their initial state.
    pub(crate) fn vendors(&self, start: Instant) -> Vendors {
        let counter = |quota: Quota| Counter::new(quota, start);
        let quirks = Quirks {
            extra_row: self.onecloud_extra_row,
            largest_page: self.onecloud_largest_page,
            nested_messages: self.onecloud_nested_messages,
        };
        let account = Account {
            retry_after: self.leadsquared_retry_after,
            max_delete: self.leadsquared_max_delete,
            required_fields: self.leadsquared_required_fields.clone(),
            statuses: self.leadsquared_statuses.clone(),
        };
        let mut vendors = Vendors {
            onecloud: OneCloud::new(self.onecloud_calls, quirks),
            sweeppea: Sweeppea::new(
                self.sweeppea_quota.map(counter),
                self.sweeppea_wording,
                self.sweeppea_one_at_a_time,
            ),
            leadsquared: LeadSquared::new(self.leadsquared_quota.map(counter), account),
            redmine: Redmine::new(
                self.redmine_quota.map(counter),
                self.redmine_forbidden_statuses.clone(),
                self.redmine_reporter_edits,
            ),
            rt: Rt::new(self.rt_quota.map(counter)),
            zendesk: Zendesk::new(
                Limits::new(
                    self.zendesk_quota.map(counter),
                    self.zendesk_endpoint_limits,
                    self.zendesk_limit_headers,
                    start,
                ),
                JobSettings {
                    time: self.zendesk_job_time,
                    at_once: self.zendesk_jobs_at_once,
                },
            ),
        };
        if self.seed_tickets {
            vendors.seed(Date::at(start, start));
        }
        vendors
    }
}
