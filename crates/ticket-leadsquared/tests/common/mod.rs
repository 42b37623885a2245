//! A client of the sandbox, scripted answers, and what a request carried.

#![allow(
    dead_code,
    reason = "every test file is a program of its own, and none uses all of this"
)]

use serde_json::Value;
use ticket_leadsquared::{LeadSquared, LeadSquaredConfig};
use ticket_sandbox::credentials::{
    LEADSQUARED_ACCESS_KEY, LEADSQUARED_ORG_ID, LEADSQUARED_SECRET_KEY,
};
use ticket_sandbox::{Exchange, Fault, Rule, Sandbox, Vendor};
use ticket_testkit::Part;

pub(crate) fn config(sandbox: &Sandbox) -> LeadSquaredConfig {
    LeadSquaredConfig::new(
        sandbox.base_url(Vendor::LeadSquared),
        LEADSQUARED_ORG_ID,
        LEADSQUARED_ACCESS_KEY,
        LEADSQUARED_SECRET_KEY,
    )
}

pub(crate) async fn connected() -> (Sandbox, LeadSquared) {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = LeadSquared::new(&config(&sandbox)).unwrap();
    (sandbox, provider)
}

/// Answers the next request so.
pub(crate) fn answer(sandbox: &Sandbox, status: u16, body: impl AsRef<[u8]>) {
    sandbox.inject(Rule::new(Fault::Reply {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.as_ref().to_vec(),
    }));
}

/// The parts of a form; `None` where the body is none.
pub(crate) fn form(seen: &Exchange) -> Option<Vec<Part>> {
    Part::parse(seen.header("content-type")?, &seen.body)
}

/// The ticket that a create or an update sent, in a form or as JSON.
pub(crate) fn ticket_dto(seen: &Exchange) -> Value {
    match form(seen) {
        None => seen.json().unwrap(),
        Some(parts) => {
            let ticket = parts.first().unwrap();
            assert_eq!(
                (ticket.name.as_str(), &ticket.file_name),
                ("ticketDTO", &None)
            );
            serde_json::from_slice(&ticket.content).unwrap()
        }
    }
}
