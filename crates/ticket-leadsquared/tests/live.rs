//! The conformance suite on a real account, where its environment variables are set; it only reads, unless it is told
//! otherwise. CONTRIBUTING.md, "On a real server or account", says how.

use ticket_conformance::FixtureResult;
use ticket_core::model::Person;
use ticket_core::{NewTicket, Operation};
use ticket_leadsquared::LeadSquared;
use ticket_testkit::{RealAccount, assert_real_account};

struct Live;

impl RealAccount for Live {
    type Provider = LeadSquared;
    const OPERATIONS: &'static [Operation] = &[
        Operation::Get,
        Operation::Create,
        Operation::Update,
        Operation::Resolve,
        Operation::Delete,
        Operation::Messages,
        Operation::Comment,
    ];
    const MISSING_ID: &'static str = "999999999";

    fn new_ticket() -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("No call back")
            .description("Since Monday.")
            .requester(Person::default().email("customer@example.com")))
    }
}

#[tokio::test]
async fn real_account_keeps_the_contract() {
    assert_real_account::<Live>(&[]).await;
}
