//! A client of the sandbox, and scripted answers.

#![allow(
    dead_code,
    reason = "every test file is a program of its own, and none uses all of this"
)]

use ticket_core::NewTicket;
use ticket_core::model::Priority;
use ticket_sandbox::credentials::SWEEPPEA_API_KEY;
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor};
use ticket_sweeppea::{Sweeppea, SweeppeaConfig};

pub(crate) fn config(sandbox: &Sandbox) -> SweeppeaConfig {
    SweeppeaConfig::new(SWEEPPEA_API_KEY).base_url(sandbox.base_url(Vendor::Sweeppea))
}

pub(crate) fn client(sandbox: &Sandbox) -> Sweeppea {
    Sweeppea::new(&config(sandbox)).unwrap()
}

pub(crate) async fn connected() -> (Sandbox, Sweeppea) {
    let sandbox = Sandbox::builder().sweeppea_quota(None).start();
    let sandbox = sandbox.await.unwrap();
    let client = client(&sandbox);
    (sandbox, client)
}

/// Answers the next request so.
pub(crate) fn answer(sandbox: &Sandbox, status: u16, body: impl AsRef<[u8]>) {
    answer_with(
        sandbox,
        status,
        &[("content-type", "application/json")],
        body,
    );
}

/// Answers the next request so, with these headers.
pub(crate) fn answer_with(
    sandbox: &Sandbox,
    status: u16,
    headers: &[(&str, &str)],
    body: impl AsRef<[u8]>,
) {
    let headers = headers.iter();
    sandbox.inject(Rule::new(Fault::Reply {
        status,
        headers: headers
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        body: body.as_ref().to_vec(),
    }));
}

/// The least that a new ticket needs.
pub(crate) fn new_ticket() -> NewTicket {
    NewTicket::new("Entry page down")
        .description("Nobody can enter.")
        .priority(Priority::High)
}
