//! A client of the sandbox, scripted answers, and a ticket that can be filed.

#![allow(
    dead_code,
    reason = "every test file is a program of its own, and none uses all of this"
)]

use ticket_core::NewTicket;
use ticket_core::model::Person;
use ticket_onecloud::{OneCloud, OneCloudConfig};
use ticket_sandbox::credentials::ONECLOUD_TOKEN;
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor};

pub(crate) async fn connected() -> (Sandbox, OneCloud) {
    let sandbox = Sandbox::start().await.unwrap();
    let config = OneCloudConfig::new(sandbox.base_url(Vendor::OneCloud), ONECLOUD_TOKEN);
    let provider = OneCloud::new(&config).unwrap();
    (sandbox, provider)
}

/// A ticket with every required field.
pub(crate) fn new_ticket() -> NewTicket {
    NewTicket::new("Card refused")
        .description("The till says: declined.")
        .category("Request")
        .requester(Person::named("A customer").email("customer@example.com"))
}

/// What the sandbox answers, in JSON.
pub(crate) fn reply(status: u16, body: impl AsRef<[u8]>) -> Fault {
    Fault::Reply {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.as_ref().to_vec(),
    }
}

/// Answers the next request so.
pub(crate) fn answer(sandbox: &Sandbox, status: u16, body: impl AsRef<[u8]>) {
    sandbox.inject(Rule::new(reply(status, body)));
}
