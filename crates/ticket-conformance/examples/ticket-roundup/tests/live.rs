//! The suite on a real tracker, and its real limit, where its environment variables are set: see README.md.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use ticket_conformance::FixtureResult;
use ticket_core::Operation::{self, Create, Delete, Get, List, Resolve, Restore, Update};
use ticket_core::call::{Pacer, RetryPolicy, StackOptions};
use ticket_core::provider::{Limit, Quota, Settings};
use ticket_core::{NewTicket, Tickets};
use ticket_roundup::{Roundup, SETTINGS};
use ticket_testkit::{RealAccount, assert_real_account};

struct Live;

impl RealAccount for Live {
    type Provider = Roundup;
    const OPERATIONS: &'static [Operation] = &[Get, List, Create, Update, Resolve, Delete, Restore];
    const MISSING_ID: &'static str = "999999";

    fn new_ticket() -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("Printer on fire"))
    }
}

#[tokio::test]
async fn real_account_keeps_the_contract() {
    if std::env::var("ROUNDUP_RATE").is_err() {
        assert_real_account::<Live>(&[]).await;
    }
}

/// 42 creates, 42 reads and 42 deletes of 3 requests each, at the tracker's own limit, none of them repeated.
#[tokio::test]
async fn requests_at_the_real_limit_are_never_refused() {
    let Ok(rate) = std::env::var("ROUNDUP_RATE") else {
        return;
    };
    let (requests, seconds) = rate.split_once('/').unwrap();
    let window = Duration::from_secs(seconds.parse().unwrap());
    let quota = Quota::new(requests.parse().unwrap(), window);
    let options = StackOptions::default()
        .pacer(Arc::new(Pacer::new(vec![Limit::new().window(quota)])))
        .retry(RetryPolicy::default().max_attempts(NonZeroU32::MIN));
    let config = Settings::new().or_env(SETTINGS).read("roundup", SETTINGS);
    let roundup = Roundup::new(&config.unwrap()).unwrap();
    let tickets = Tickets::with_options(Arc::new(roundup), &options);
    let mut ids = Vec::new();
    for _ in 0..42 {
        let created = tickets.create(&NewTicket::new("At the limit")).await;
        ids.push(created.unwrap().id);
    }
    for id in &ids {
        tickets.get(id.clone()).await.unwrap();
    }
    let report = tickets.delete(ids).await;
    assert!(report.all_deleted(), "{report:?}");
}
