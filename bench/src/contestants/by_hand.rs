//! reqwest by hand: the least that a careful application writes, and the vendors' snippets in Rust.

use std::hint::black_box;

use reqwest::Client;
use serde::{Deserialize, Serialize};
use ticket_onecloud::wire;

use super::{Contestant, expect};
use crate::Error;
use crate::call::{self, CASE, Call, KEY, ORG, ROWS, SHORT_TICKET, TICKET};

/// The body of Sweeppea's delete.
#[derive(Serialize)]
pub(super) struct Case<'a> {
    #[serde(rename = "CaseId")]
    pub(super) case_id: &'a str,
}

/// The reply to it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Deleted {
    pub(super) response: bool,
    #[serde(rename = "Message")]
    _message: String,
}

/// The reply of OneCloud's list.
#[derive(Deserialize)]
pub(super) struct Found {
    pub(super) data: Vec<wire::TicketRow>,
}

/// The body of LeadSquared's delete.
#[derive(Serialize)]
pub(super) struct Trash<'a> {
    #[serde(rename = "TicketIds")]
    pub(super) ticket_ids: &'a [String],
}

/// The reply to it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Trashed {
    pub(super) successful_ids: Vec<u64>,
    pub(super) failed_ids: Vec<u64>,
}

impl Trashed {
    pub(super) fn is_all(&self, asked: &[String]) -> bool {
        self.failed_ids.is_empty() && self.successful_ids.len() == asked.len()
    }
}

/// reqwest with one client for all calls.
#[derive(Debug)]
pub struct Reqwest {
    client: Client,
    server: String,
    batch: Vec<String>,
}

impl Reqwest {
    /// Calls the server at this address.
    pub fn new(server: &str) -> Self {
        Self {
            client: Client::new(),
            server: server.to_owned(),
            batch: call::batch(),
        }
    }
}

impl Contestant for Reqwest {
    async fn call(&self, call: Call) -> Result<(), Error> {
        by_hand(&self.client, &self.server, &self.batch, call).await
    }
}

/// reqwest with a new client for each call.
#[derive(Debug)]
pub struct ReqwestPerCall {
    server: String,
    batch: Vec<String>,
}

impl ReqwestPerCall {
    /// Calls the server at this address.
    pub fn new(server: &str) -> Self {
        Self {
            server: server.to_owned(),
            batch: call::batch(),
        }
    }
}

impl Contestant for ReqwestPerCall {
    async fn call(&self, call: Call) -> Result<(), Error> {
        by_hand(&Client::new(), &self.server, &self.batch, call).await
    }
}

async fn by_hand(client: &Client, server: &str, batch: &[String], call: Call) -> Result<(), Error> {
    match call {
        Call::SweeppeaDelete => {
            let reply = client
                .post(format!("{server}/tickets/delete"))
                .bearer_auth(KEY)
                .json(&Case { case_id: CASE })
                .send()
                .await?
                .error_for_status()?;
            expect(reply.json::<Deleted>().await?.response)
        }
        Call::LeadsquaredDelete => trash(client, server, batch).await,
        Call::OnecloudGet => get(client, server, TICKET).await,
        Call::OnecloudGetShort => get(client, server, SHORT_TICKET).await,
        Call::OnecloudList => {
            let reply = client
                .get(format!("{server}/api/ticketrz?limit={ROWS}"))
                .bearer_auth(KEY)
                .send()
                .await?
                .error_for_status()?;
            let list = black_box(reply.json::<Found>().await?);
            expect(list.data.len() == ROWS as usize)
        }
    }
}

/// LeadSquared's delete of one batch.
pub(crate) async fn trash(client: &Client, server: &str, ids: &[String]) -> Result<(), Error> {
    let reply = client
        .put(format!("{server}/api/tenants/{ORG}/tickets/trash"))
        .header("x-lsq-access-key", KEY)
        .header("x-lsq-secret-key", KEY)
        .json(&Trash { ticket_ids: ids })
        .send()
        .await?
        .error_for_status()?;
    expect(reply.json::<Trashed>().await?.is_all(ids))
}

async fn get(client: &Client, server: &str, id: &str) -> Result<(), Error> {
    let reply = client
        .get(format!("{server}/api/ticketrz/{id}"))
        .bearer_auth(KEY)
        .send()
        .await?
        .error_for_status()?;
    let ticket = black_box(reply.json::<wire::Ticket>().await?);
    expect(ticket.id.as_str() == id)
}
