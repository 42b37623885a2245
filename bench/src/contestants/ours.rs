//! This workspace's crates.

use std::hint::black_box;
use std::sync::Arc;

use ticket_leadsquared::{LeadSquared, LeadSquaredConfig};
use ticket_onecloud::{OneCloud, OneCloudConfig};
use ticket_sweeppea::{Sweeppea, SweeppeaConfig};
use tickets::call::{Pacer, StackOptions};
use tickets::model::PageRequest;
use tickets::provider::{Limit, Quota};
use tickets::{
    AccountConfig, CallContext, DeleteTarget, TicketId, TicketProvider, TicketQuery, Tickets,
};

use super::{Contestant, expect};
use crate::Error;
use crate::call::{self, CASE, Call, KEY, ORG, ROWS, SHORT_TICKET, TICKET};

/// The tickets of the calls, as an application would hold them.
#[derive(Debug)]
struct Ids {
    case: [DeleteTarget; 1],
    batch: Vec<DeleteTarget>,
    ticket: TicketId,
    short_ticket: TicketId,
    list: TicketQuery,
}

impl Ids {
    fn new() -> Self {
        Self {
            case: [CASE.into()],
            batch: call::batch().into_iter().map(DeleteTarget::from).collect(),
            ticket: TICKET.into(),
            short_ticket: SHORT_TICKET.into(),
            list: TicketQuery::new().page(PageRequest::first().limit(ROWS)),
        }
    }
}

/// The providers through the trait.
#[derive(Debug)]
pub struct Provider {
    sweeppea: Sweeppea,
    leadsquared: LeadSquared,
    onecloud: OneCloud,
    ids: Ids,
}

impl Provider {
    /// Calls the server at this address.
    ///
    /// # Errors
    ///
    /// Where it is no address.
    pub fn new(server: &str) -> Result<Self, Error> {
        Ok(Self {
            sweeppea: Sweeppea::new(&SweeppeaConfig::new(KEY).base_url(server))?,
            leadsquared: LeadSquared::new(&LeadSquaredConfig::new(server, ORG, KEY, KEY))?,
            onecloud: OneCloud::new(&OneCloudConfig::new(server, KEY))?,
            ids: Ids::new(),
        })
    }
}

impl Contestant for Provider {
    async fn call(&self, call: Call) -> Result<(), Error> {
        let ids = &self.ids;
        match call {
            Call::SweeppeaDelete => expect(
                self.sweeppea
                    .delete(&CallContext::new(), &ids.case)
                    .await?
                    .all_deleted(),
            ),
            Call::LeadsquaredDelete => expect(
                self.leadsquared
                    .delete(&CallContext::new(), &ids.batch)
                    .await?
                    .all_deleted(),
            ),
            Call::OnecloudGet => {
                let ticket = black_box(self.onecloud.get(&CallContext::new(), &ids.ticket).await?);
                expect(ticket.id == ids.ticket)
            }
            Call::OnecloudGetShort => {
                let ticket = black_box(
                    self.onecloud
                        .get(&CallContext::new(), &ids.short_ticket)
                        .await?,
                );
                expect(ticket.id == ids.short_ticket)
            }
            Call::OnecloudList => {
                let page = black_box(self.onecloud.list(&CallContext::new(), &ids.list).await?);
                expect(page.items.len() == ROWS as usize)
            }
        }
    }
}

/// Handles with all layers, as an application holds them.
#[derive(Debug)]
pub struct Stack {
    sweeppea: Tickets,
    leadsquared: Tickets,
    onecloud: Tickets,
    ids: Ids,
}

impl Stack {
    /// Calls the server at this address.
    ///
    /// # Errors
    ///
    /// Where it is no address.
    pub fn new(server: &str) -> Result<Self, Error> {
        let Provider {
            sweeppea,
            leadsquared,
            onecloud,
            ids,
        } = Provider::new(server)?;
        Ok(Self {
            sweeppea: stacked(sweeppea)?,
            leadsquared: stacked(leadsquared)?,
            onecloud: stacked(onecloud)?,
            ids,
        })
    }
}

impl Contestant for Stack {
    async fn call(&self, call: Call) -> Result<(), Error> {
        let ids = &self.ids;
        match call {
            Call::SweeppeaDelete => expect(
                self.sweeppea
                    .delete(ids.case.iter().map(|target| &target.id))
                    .await
                    .all_deleted(),
            ),
            Call::LeadsquaredDelete => expect(
                self.leadsquared
                    .delete(ids.batch.iter().map(|target| &target.id))
                    .await
                    .all_deleted(),
            ),
            Call::OnecloudGet => {
                let ticket = black_box(self.onecloud.get(&ids.ticket).await?);
                expect(ticket.id == ids.ticket)
            }
            Call::OnecloudGetShort => {
                let ticket = black_box(self.onecloud.get(&ids.short_ticket).await?);
                expect(ticket.id == ids.short_ticket)
            }
            Call::OnecloudList => {
                let page = black_box(self.onecloud.list(&ids.list).await?);
                expect(page.items.len() == ROWS as usize)
            }
        }
    }
}

/// The standard stack. The quota is one that is counted and never reached; without the one call at a time that
/// Sweeppea wants, 64 at once could not be measured.
fn stacked(provider: impl TicketProvider) -> Result<Tickets, Error> {
    let quotas = Limit::new().window(far_quota()?);
    let options = StackOptions::default().pacer(Arc::new(Pacer::new([quotas])));
    Ok(Tickets::with_options(Arc::new(provider), &options))
}

/// A quota that nobody here reaches.
pub(crate) fn far_quota() -> Result<Quota, Error> {
    Ok("1000000/1".parse()?)
}

/// An account at one of the providers.
pub(crate) fn account(provider: &str, server: &str) -> AccountConfig {
    let account = AccountConfig::new(provider).setting("base_url", server);
    match provider {
        "sweeppea" => account.setting("api_key", KEY),
        "leadsquared" => account
            .setting("org_id", ORG)
            .setting("access_key", KEY)
            .setting("secret_key", KEY),
        _ => account.setting("token", KEY),
    }
}
