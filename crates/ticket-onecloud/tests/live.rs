//! The conformance suite on a real account, where its environment variables are set; it only reads, unless it is told
//! otherwise. CONTRIBUTING.md, "On a real server or account", says how.

use ticket_conformance::FixtureResult;
use ticket_core::model::Person;
use ticket_core::{NewTicket, Operation};
use ticket_onecloud::OneCloud;
use ticket_testkit::{RealAccount, assert_real_account};

struct Live;

impl RealAccount for Live {
    type Provider = OneCloud;
    const OPERATIONS: &'static [Operation] = &[
        Operation::Get,
        Operation::List,
        Operation::Create,
        Operation::Delete,
        Operation::Messages,
    ];
    const MISSING_ID: &'static str = "999999999";

    fn new_ticket() -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("Card refused")
            .description("The till says: declined.")
            .category("Request")
            .requester(Person::named("A customer").email("customer@example.com")))
    }
}

#[tokio::test]
async fn real_account_keeps_the_contract() {
    assert_real_account::<Live>(&[]).await;
}
