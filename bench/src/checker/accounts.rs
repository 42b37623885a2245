//! An account at each vendor, in this process, and the words for what they answer.

use std::sync::Arc;

use ticket_http::HttpConfig;
use ticket_leadsquared::{LeadSquared, LeadSquaredConfig};
use ticket_onecloud::{OneCloud, OneCloudConfig};
use ticket_redmine::{Redmine, RedmineConfig};
use ticket_rt::{Rt, RtConfig};
use ticket_sandbox::{Sandbox, Vendor, credentials};
use ticket_sweeppea::{Sweeppea, SweeppeaConfig};
use ticket_zendesk::{Zendesk, ZendeskConfig};
use tickets::call::StackOptions;
use tickets::{ProviderInfo, TicketProvider, Tickets};

use super::flaw::Flaw;
use super::plan::Plan;
use super::provider::Checked;
use super::recorder::Recorder;

pub(super) struct Account {
    pub(super) vendor: Vendor,
    pub(super) tickets: Tickets,
    pub(super) info: ProviderInfo,
}

/// An account at each vendor: the real provider in the standard stack.
pub(super) fn connect(
    plan: &Plan,
    flaw: Option<Flaw>,
    sandbox: &Sandbox,
    recorder: &Recorder,
) -> Result<Vec<Account>, crate::Error> {
    let http = || HttpConfig::default().transport(recorder.clone());
    let mut accounts = Vec::new();
    for vendor in plan.vendors.iter().copied() {
        let base = sandbox.base_url(vendor);
        let provider = provider(vendor, base, http(), Some(plan.delete_batch))?;
        let mut quotas = plan.quotas.iter();
        let quota = quotas
            .find(|(of, _)| *of == vendor)
            .map(|(_, quota)| *quota);
        let mut provider = Checked::new(provider, plan.declared, quota, flaw);
        if matches!(vendor, Vendor::Rt | Vendor::Zendesk) {
            provider.delete_at_most(plan.delete_batch);
        }
        let provider = Arc::new(provider);
        let info = provider.info().clone();
        let mut options = StackOptions::default();
        options.seed = (flaw != Some(Flaw::JitterIsNotSeeded)).then_some(plan.retry_seed);
        options.retry.max_attempts = plan.max_attempts;
        let takes_size = !matches!(vendor, Vendor::Sweeppea | Vendor::LeadSquared);
        options.page_size = takes_size.then_some(plan.page_size);
        accounts.push(Account {
            vendor,
            tickets: Tickets::with_options(provider, &options),
            info,
        });
    }
    Ok(accounts)
}

/// The real provider of a vendor with the credentials of a sandbox, at most so many tickets in a delete at LeadSquared.
///
/// # Errors
///
/// Those of the provider's constructor.
pub fn provider(
    vendor: Vendor,
    base: String,
    http: HttpConfig,
    delete_batch: Option<usize>,
) -> tickets::Result<Arc<dyn TicketProvider>> {
    Ok(match vendor {
        Vendor::Sweeppea => {
            let config = SweeppeaConfig::new(credentials::SWEEPPEA_API_KEY).base_url(base);
            Arc::new(Sweeppea::new(&config.http(http))?)
        }
        Vendor::LeadSquared => {
            let config = LeadSquaredConfig::new(
                base,
                credentials::LEADSQUARED_ORG_ID,
                credentials::LEADSQUARED_ACCESS_KEY,
                credentials::LEADSQUARED_SECRET_KEY,
            );
            let config = match delete_batch {
                Some(tickets) => config.delete_batch(tickets),
                None => config,
            };
            Arc::new(LeadSquared::new(&config.http(http))?)
        }
        Vendor::Redmine => {
            let config = RedmineConfig::new(base, credentials::REDMINE_API_KEY);
            let config = config.project(credentials::REDMINE_PROJECT);
            Arc::new(Redmine::new(&config.http(http))?)
        }
        Vendor::Rt => {
            let config = RtConfig::new(base, credentials::RT_TOKEN);
            Arc::new(Rt::new(&config.http(http))?)
        }
        Vendor::Zendesk => {
            let (email, token) = (credentials::ZENDESK_EMAIL, credentials::ZENDESK_API_TOKEN);
            let config = ZendeskConfig::new(base, email, token);
            Arc::new(Zendesk::new(&config.http(http))?)
        }
        _ => {
            let config = OneCloudConfig::with_login(
                base,
                credentials::ONECLOUD_EMAIL,
                credentials::ONECLOUD_PASSWORD,
                credentials::ONECLOUD_SITE_ID,
            );
            Arc::new(OneCloud::new(&config.http(http))?)
        }
    })
}

pub(super) fn vendor_of(account: &str) -> Vendor {
    let known = Vendor::ALL
        .into_iter()
        .find(|vendor| vendor.prefix() == account);
    known.unwrap_or(Vendor::OneCloud)
}
