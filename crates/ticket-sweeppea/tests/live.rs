//! The conformance suite on a real account, where its environment variables are set; it only reads, unless it is told
//! otherwise. CONTRIBUTING.md, "On a real server or account", says how.

use ticket_conformance::FixtureResult;
use ticket_core::model::Priority;
use ticket_core::{NewTicket, Operation};
use ticket_sweeppea::Sweeppea;
use ticket_testkit::{RealAccount, assert_real_account};

struct Live;

impl RealAccount for Live {
    type Provider = Sweeppea;
    const OPERATIONS: &'static [Operation] = &[
        Operation::Get,
        Operation::List,
        Operation::Create,
        Operation::Update,
        Operation::Resolve,
        Operation::Delete,
        Operation::Messages,
    ];
    const MISSING_ID: &'static str = "9999999";

    fn new_ticket() -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("Entry page down")
            .description("Nobody can enter.")
            .priority(Priority::High))
    }
}

#[tokio::test]
async fn real_account_keeps_the_contract() {
    assert_real_account::<Live>(&[]).await;
}
