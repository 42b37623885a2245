//! Finding tickets at the vendors that the sandbox plays: what was found, and what the server was asked.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod archived;
mod condition;
mod criteria;
mod faults;
mod many;
mod people;
mod way;

use std::num::NonZeroU32;

use futures_util::StreamExt as _;
use ticket_sandbox::{Endpoint, Sandbox, TicketSeed, Vendor, credentials};
use tickets::find::{Counts, Find};
use tickets::{AccountConfig, Error, Tickets};

/// A sandbox without tickets.
async fn sandbox() -> Sandbox {
    let builder = Sandbox::builder().seed_tickets(false);
    builder.start().await.unwrap()
}

/// An account at the sandbox that makes each call once.
fn config(sandbox: &Sandbox, vendor: Vendor) -> AccountConfig {
    let (provider, settings): (_, &[_]) = match vendor {
        Vendor::OneCloud => ("onecloud", &[("token", credentials::ONECLOUD_TOKEN)]),
        Vendor::Sweeppea => ("sweeppea", &[("api_key", credentials::SWEEPPEA_API_KEY)]),
        Vendor::Redmine => ("redmine", &[("api_key", credentials::REDMINE_API_KEY)]),
        Vendor::Rt => ("rt", &[("token", credentials::RT_TOKEN)]),
        Vendor::Zendesk => (
            "zendesk",
            &[
                ("email", credentials::ZENDESK_EMAIL),
                ("api_token", credentials::ZENDESK_API_TOKEN),
            ],
        ),
        _ => (
            "leadsquared",
            &[
                ("org_id", credentials::LEADSQUARED_ORG_ID),
                ("access_key", credentials::LEADSQUARED_ACCESS_KEY),
                ("secret_key", credentials::LEADSQUARED_SECRET_KEY),
            ],
        ),
    };
    let mut config = AccountConfig::new(provider).setting("base_url", sandbox.base_url(vendor));
    for (name, value) in settings {
        config = config.setting(*name, *value);
    }
    config.max_attempts(NonZeroU32::MIN)
}

fn account(sandbox: &Sandbox, vendor: Vendor) -> Tickets {
    tickets::connect(&config(sandbox, vendor)).unwrap()
}

/// What a search came to.
struct Searched {
    /// The ids found, each with the places of its requesters.
    found: Vec<(String, Vec<usize>)>,
    errors: Vec<Error>,
    counts: Counts,
}

impl Searched {
    fn ids(&self) -> Vec<&str> {
        self.found.iter().map(|(id, _)| id.as_str()).collect()
    }

    /// Those found, if nothing failed.
    fn whole(&self) -> Vec<&str> {
        assert!(self.errors.is_empty(), "{:?}", self.errors);
        assert_eq!(self.counts.undecided, 0);
        assert_eq!(self.counts.found, self.found.len());
        self.ids()
    }
}

async fn search(find: &Find, account: &Tickets) -> Searched {
    let mut search = find.run(account);
    let progress = search.progress();
    let (mut found, mut errors) = (Vec::new(), Vec::new());
    while let Some(ticket) = search.next().await {
        match ticket {
            Ok(ticket) => found.push((ticket.ticket.id.to_string(), ticket.requesters)),
            Err(error) => errors.push(error),
        }
    }
    Searched {
        found,
        errors,
        counts: progress.counts(),
    }
}

/// How many requests each endpoint had.
fn asked(sandbox: &Sandbox, endpoint: Endpoint) -> usize {
    let exchanges = sandbox.journal().into_iter();
    exchanges
        .filter(|exchange| exchange.endpoint == Some(endpoint))
        .count()
}

/// The queries of the lists that were asked for, decoded.
fn lists(sandbox: &Sandbox) -> Vec<String> {
    let exchanges = sandbox.journal().into_iter();
    let lists = exchanges.filter(|exchange| exchange.endpoint == Some(Endpoint::List));
    lists
        .map(|exchange| {
            let query = exchange.path.split_once('?').map_or("", |(_, query)| query);
            let query = query.replace('+', " ");
            let query = percent_encoding::percent_decode_str(&query);
            query.decode_utf8_lossy().into_owned()
        })
        .collect()
}

/// A ticket whose requester has this address, where the vendor knows addresses.
fn of(vendor: Vendor, address: &str) -> TicketSeed {
    let seed = TicketSeed::new("A subject").description("A text");
    match vendor {
        Vendor::OneCloud => seed.attribute("From", address),
        Vendor::Zendesk => seed.attribute("requester", address),
        Vendor::Sweeppea => seed.attribute(
            "AccountInfo",
            serde_json::json!({ "FullName": "Somebody", "Email": address }),
        ),
        Vendor::Redmine => {
            let (id, name) = match address {
                "Ann@Example.com" => (6, "Ann Example"),
                "joann@example.com" => (7, "Jo Ann Example"),
                "ann@example.com.evil.example" => (8, "Eve Example"),
                _ => (9, "Bob Example"),
            };
            seed.attribute("author", serde_json::json!({ "id": id, "name": name }))
        }
        _ => seed.attribute("Requestor", vec![address]),
    }
}

/// The vendors that list tickets.
const LISTING: [Vendor; 4] = [
    Vendor::OneCloud,
    Vendor::Sweeppea,
    Vendor::Redmine,
    Vendor::Rt,
];
