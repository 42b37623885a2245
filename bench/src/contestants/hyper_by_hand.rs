//! hyper-util's client by hand: what there is below reqwest, as the floor.

use std::hint::black_box;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE};
use hyper::{Method, Request};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Serialize;
use ticket_onecloud::wire;

use super::by_hand::{Case, Deleted, Found, Trash, Trashed};
use super::{Contestant, expect};
use crate::Error;
use crate::call::{self, CASE, Call, KEY, ORG, ROWS, SHORT_TICKET, TICKET};

/// hyper-util with one client for all calls.
#[derive(Debug)]
pub struct Hyper {
    client: Client<HttpConnector, Full<Bytes>>,
    server: String,
    batch: Vec<String>,
}

impl Hyper {
    /// Calls the server at this address.
    pub fn new(server: &str) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        Self {
            client: Client::builder(TokioExecutor::new()).build(connector),
            server: server.to_owned(),
            batch: call::batch(),
        }
    }

    async fn send(
        &self,
        request: hyper::http::request::Builder,
        body: Option<impl Serialize>,
    ) -> Result<Bytes, Error> {
        let (request, body) = match body {
            Some(body) => (
                request.header(CONTENT_TYPE, "application/json"),
                Bytes::from(serde_json::to_vec(&body)?),
            ),
            None => (request, Bytes::new()),
        };
        let reply = self.client.request(request.body(Full::new(body))?).await?;
        expect(reply.status().is_success())?;
        Ok(reply.into_body().collect().await?.to_bytes())
    }

    fn request(&self, method: Method, path: &str) -> hyper::http::request::Builder {
        let request = Request::builder().method(method);
        request.uri(format!("{}{path}", self.server))
    }

    async fn get(&self, path: &str) -> Result<Bytes, Error> {
        let request = self.request(Method::GET, path);
        let request = request.header(AUTHORIZATION, format!("Bearer {KEY}"));
        self.send(request, None::<()>).await
    }
}

impl Contestant for Hyper {
    async fn call(&self, call: Call) -> Result<(), Error> {
        match call {
            Call::SweeppeaDelete => {
                let request = self.request(Method::POST, "/tickets/delete");
                let request = request.header(AUTHORIZATION, format!("Bearer {KEY}"));
                let reply = self.send(request, Some(Case { case_id: CASE })).await?;
                expect(serde_json::from_slice::<Deleted>(&reply)?.response)
            }
            Call::LeadsquaredDelete => {
                let path = format!("/api/tenants/{ORG}/tickets/trash");
                let request = self.request(Method::PUT, &path);
                let request = request
                    .header("x-lsq-access-key", KEY)
                    .header("x-lsq-secret-key", KEY);
                let ids = &self.batch;
                let reply = self.send(request, Some(Trash { ticket_ids: ids })).await?;
                expect(serde_json::from_slice::<Trashed>(&reply)?.is_all(ids))
            }
            Call::OnecloudGet | Call::OnecloudGetShort => {
                let id = match call {
                    Call::OnecloudGet => TICKET,
                    _ => SHORT_TICKET,
                };
                let reply = self.get(&format!("/api/ticketrz/{id}")).await?;
                let ticket = black_box(serde_json::from_slice::<wire::Ticket>(&reply)?);
                expect(ticket.id.as_str() == id)
            }
            Call::OnecloudList => {
                let reply = self.get(&format!("/api/ticketrz?limit={ROWS}")).await?;
                let list = black_box(serde_json::from_slice::<Found>(&reply)?);
                expect(list.data.len() == ROWS as usize)
            }
        }
    }
}
