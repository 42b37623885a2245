//! The conformance suite on a real account, where its environment variables are set; it only reads, unless it is told
//! otherwise. CONTRIBUTING.md, "On a real server or account", says how.

use ticket_core::Operation;
use ticket_acme::Acme;
use ticket_testkit::{RealAccount, assert_real_account};

struct Live;

impl RealAccount for Live {
    type Provider = Acme;
    const OPERATIONS: &'static [Operation] = &[
        Operation::Get,
        Operation::Delete,
    ];
    const MISSING_ID: &'static str = "999999";
}

#[tokio::test]
async fn real_account_keeps_the_contract() {
    assert_real_account::<Live>(&[]).await;
}
