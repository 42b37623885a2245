//! The manner in which the crate omnitrack (0.3.0, `src/jira/transport.rs`) calls: a boxed method of a trait, the
//! body by way of a `serde_json::Value`, the reply as a text and then as JSON, up to three attempts. Its own calls
//! are other vendors', so only the manner can be compared.

use std::fmt::Debug;
use std::hint::black_box;

use futures_util::future::BoxFuture;
use reqwest::{Client, Method};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use ticket_onecloud::wire;

use super::by_hand::{Deleted, Found, Trashed};
use super::{Contestant, expect};
use crate::Error;
use crate::call::{self, CASE, Call, KEY, ORG, ROWS, SHORT_TICKET, TICKET};

const MAX_ATTEMPTS: u32 = 3;

/// A trait whose methods are boxed.
trait Desk: Debug + Send + Sync {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<(), Error>>;
}

/// A client of that manner.
#[derive(Debug)]
pub struct Omnitrack {
    desk: Box<dyn Desk>,
}

impl Omnitrack {
    /// Calls the server at this address.
    pub fn new(server: &str) -> Self {
        Self {
            desk: Box::new(Transport {
                http: Client::new(),
                base_url: server.to_owned(),
                batch: call::batch(),
            }),
        }
    }
}

impl Contestant for Omnitrack {
    async fn call(&self, call: Call) -> Result<(), Error> {
        self.desk.call(call).await
    }
}

#[derive(Debug)]
struct Transport {
    http: Client,
    base_url: String,
    batch: Vec<String>,
}

impl Transport {
    async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<String, Error> {
        let url = format!("{}{}", self.base_url.trim_end_matches('/'), path);
        let mut last_transient = String::new();
        for _ in 0..MAX_ATTEMPTS {
            let mut request = self
                .http
                .request(method.clone(), &url)
                .header("Accept", "application/json");
            request = if method == Method::PUT {
                request
                    .header("x-lsq-access-key", KEY)
                    .header("x-lsq-secret-key", KEY)
            } else {
                request.bearer_auth(KEY)
            };
            if let Some(body) = body {
                request = request.json(body);
            }
            let response = match request.send().await {
                Ok(response) => response,
                Err(error) => {
                    last_transient = format!("request failed: {error}");
                    continue;
                }
            };
            let status = response.status();
            let text = response.text().await?;
            if !status.is_success() {
                return Err(format!("{status}: {text}").into());
            }
            return Ok(text);
        }
        Err(last_transient.into())
    }

    async fn request<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<T, Error> {
        let text = self.send(method, path, body).await?;
        Ok(serde_json::from_str(&text)?)
    }

    async fn get(&self, id: &str) -> Result<(), Error> {
        let path = format!("/api/ticketrz/{id}");
        let ticket: wire::Ticket = black_box(self.request(Method::GET, &path, None).await?);
        expect(ticket.id.as_str() == id)
    }
}

impl Desk for Transport {
    fn call(&self, call: Call) -> BoxFuture<'_, Result<(), Error>> {
        Box::pin(async move {
            match call {
                Call::SweeppeaDelete => {
                    let body = json!({"CaseId": CASE});
                    let path = "/tickets/delete";
                    let reply: Deleted = self.request(Method::POST, path, Some(&body)).await?;
                    expect(reply.response)
                }
                Call::LeadsquaredDelete => {
                    let body = json!({"TicketIds": self.batch});
                    let path = format!("/api/tenants/{ORG}/tickets/trash");
                    let reply: Trashed = self.request(Method::PUT, &path, Some(&body)).await?;
                    expect(reply.is_all(&self.batch))
                }
                Call::OnecloudGet => self.get(TICKET).await,
                Call::OnecloudGetShort => self.get(SHORT_TICKET).await,
                Call::OnecloudList => {
                    let path = format!("/api/ticketrz?limit={ROWS}");
                    let list: Found = black_box(self.request(Method::GET, &path, None).await?);
                    expect(list.data.len() == ROWS as usize)
                }
            }
        })
    }
}
