//! An account at each vendor, in this process, and the words for what they answer.

use std::sync::Arc;

use ticket_http::HttpConfig;
use ticket_leadsquared::{LeadSquared, LeadSquaredConfig};
use ticket_onecloud::{OneCloud, OneCloudConfig};
use ticket_sandbox::{Sandbox, Vendor, credentials};
use ticket_sweeppea::{Sweeppea, SweeppeaConfig};
use tickets::call::StackOptions;
use tickets::{Effect, Error, ErrorKind, ProviderInfo, TicketProvider, Tickets};

use super::VENDORS;
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
    for vendor in VENDORS {
        let base = sandbox.base_url(vendor);
        let provider: Arc<dyn TicketProvider> = match vendor {
            Vendor::Sweeppea => Arc::new(Sweeppea::new(
                &SweeppeaConfig::new(credentials::SWEEPPEA_API_KEY)
                    .base_url(base)
                    .http(http()),
            )?),
            Vendor::LeadSquared => Arc::new(LeadSquared::new(
                &LeadSquaredConfig::new(
                    base,
                    credentials::LEADSQUARED_ORG_ID,
                    credentials::LEADSQUARED_ACCESS_KEY,
                    credentials::LEADSQUARED_SECRET_KEY,
                )
                .delete_batch(plan.delete_batch)
                .http(http()),
            )?),
            _ => Arc::new(OneCloud::new(
                &OneCloudConfig::with_login(
                    base,
                    credentials::ONECLOUD_EMAIL,
                    credentials::ONECLOUD_PASSWORD,
                    credentials::ONECLOUD_SITE_ID,
                )
                .http(http()),
            )?),
        };
        let mut quotas = plan.quotas.iter();
        let quota = quotas
            .find(|(of, _)| *of == vendor)
            .map(|(_, quota)| *quota);
        let provider = Arc::new(Checked::new(provider, plan.declared, quota, flaw));
        let info = provider.info().clone();
        let mut options = StackOptions::default();
        options.seed = (flaw != Some(Flaw::JitterIsNotSeeded)).then_some(plan.retry_seed);
        options.retry.max_attempts = plan.max_attempts;
        options.page_size = (vendor == Vendor::OneCloud).then_some(plan.page_size);
        accounts.push(Account {
            vendor,
            tickets: Tickets::with_options(provider, &options),
            info,
        });
    }
    Ok(accounts)
}

pub(super) fn told_error(error: &Error) -> String {
    let unknown = if error.effect() == Effect::Unknown {
        ", effect unknown"
    } else {
        ""
    };
    let incomplete = if error.kind() == ErrorKind::Incomplete {
        "incomplete: "
    } else {
        ""
    };
    format!("{incomplete}{}{unknown}: {error}", error.kind().as_str())
}

pub(super) fn vendor_of(account: &str) -> Vendor {
    let known = VENDORS
        .into_iter()
        .find(|vendor| vendor.prefix() == account);
    known.unwrap_or(Vendor::OneCloud)
}
