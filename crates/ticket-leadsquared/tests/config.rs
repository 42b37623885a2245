//! The configuration: what it is read from, what it changes, what of it is refused and never shown.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use std::time::Duration;

use secrecy::ExposeSecret as _;
use ticket_core::provider::{Limit, Quota, Settings};
use ticket_core::{CallContext, ErrorKind, TicketProvider as _};
use ticket_leadsquared::{
    HttpConfig, LeadSquared, LeadSquaredConfig, SETTINGS, info, pro_plan_limit, super_plan_limit,
};
use ticket_sandbox::Sandbox;

use common::config;

#[test]
fn each_setting_reaches_its_field() {
    let settings = Settings::new()
        .with("base_url", "https://apigw.example.com")
        .with("org_id", "22824")
        .with("access_key", "an access key")
        .with("secret_key", "a secret key");
    let read = |settings: &Settings| -> LeadSquaredConfig {
        settings.read("leadsquared", SETTINGS).unwrap()
    };
    let config = read(&settings);
    assert_eq!(config.base_url, "https://apigw.example.com");
    assert_eq!(config.org_id, "22824");
    assert_eq!(config.access_key.expose_secret(), "an access key");
    assert_eq!(config.secret_key.expose_secret(), "a secret key");
    assert_eq!(config.delete_batch, 100);
    assert_eq!(config.time_zone, "UTC");
    assert_eq!(config.resolved_status, "Resolved");
    assert_eq!(config.closed_status, "Closed");
    assert_eq!(config.max_attachment_bytes, 25 * 1024 * 1024);
    let settings = settings
        .with("delete_batch", "7")
        .with("time_zone", "Asia/Kolkata")
        .with("resolved_status", "Solved")
        .with("closed_status", "Done")
        .with("max_attachment_bytes", "8");
    let config = read(&settings);
    assert_eq!((config.delete_batch, config.max_attachment_bytes), (7, 8));
    assert_eq!(config.time_zone, "Asia/Kolkata");
    assert_eq!(config.resolved_status, "Solved");
    assert_eq!(config.closed_status, "Done");
    let variables: Vec<_> = SETTINGS.iter().map(|setting| setting.env).collect();
    assert_eq!(
        variables,
        [
            "LEADSQUARED_BASE_URL",
            "LEADSQUARED_ORG_ID",
            "LEADSQUARED_ACCESS_KEY",
            "LEADSQUARED_SECRET_KEY",
            "LEADSQUARED_DELETE_BATCH",
            "LEADSQUARED_TIMEZONE",
            "LEADSQUARED_RESOLVED_STATUS",
            "LEADSQUARED_CLOSED_STATUS",
            "LEADSQUARED_MAX_ATTACHMENT_BYTES",
        ]
    );
}

/// A container often has no zones of its own, not even UTC.
#[test]
fn the_zones_come_along() {
    let zones = jiff::tz::TimeZoneDatabase::bundled();
    for zone in ["UTC", "Asia/Kolkata"] {
        assert!(zones.get(zone).is_ok(), "{zone}");
    }
}

#[test]
fn the_limits_are_those_of_the_vendors_pages() {
    let five = Duration::from_secs(5);
    let day = Duration::from_secs(86_400);
    let of = |calls| Limit::new().window(Quota::new(calls, five));
    assert_eq!(info().limits, [of(25)]);
    assert_eq!(pro_plan_limit(), of(10).window(Quota::new(10_000, day)));
    assert_eq!(super_plan_limit(), of(20).window(Quota::new(100_000, day)));
}

#[tokio::test]
async fn the_applications_own_user_agent_arrives() {
    let sandbox = Sandbox::start().await.unwrap();
    let http = HttpConfig::default().user_agent("acme-desk/7.1");
    for config in [config(&sandbox).http(http), config(&sandbox)] {
        let provider = LeadSquared::new(&config).unwrap();
        provider
            .get(&CallContext::new(), &"143".into())
            .await
            .unwrap();
    }
    let journal = sandbox.journal();
    let agents: Vec<_> = journal
        .iter()
        .map(|seen| seen.header("user-agent").unwrap())
        .collect();
    assert!(agents[0].starts_with("acme-desk/7.1 "), "{agents:?}");
    assert!(agents[1].starts_with("ticket-leadsquared/"), "{agents:?}");
}

#[test]
fn debug_shows_no_key_and_no_password_of_the_url() {
    let url = "https://user:hunter2@apigw.example.com";
    let config = LeadSquaredConfig::new(url, "22824", "s3cret-access", "s3cret-key");
    let shown = format!("{config:?}");
    assert!(shown.contains("22824"), "{shown}");
    for secret in ["s3cret", "hunter2"] {
        assert!(!shown.contains(secret), "{shown}");
    }
}

#[test]
fn an_unusable_configuration_is_refused() {
    let config =
        || LeadSquaredConfig::new("https://apigw.example.com", "22824", "access", "secret");
    let of_org = |id| LeadSquaredConfig::new("https://apigw.example.com", id, "access", "secret");
    for (config, word) in [
        (config().delete_batch(0), "delete_batch"),
        (config().time_zone("Nowhere"), "Nowhere"),
        (config().resolved_status(""), "resolved_status"),
        (config().closed_status(" "), "closed_status"),
        (of_org(" "), "org_id"),
        (of_org("."), "org_id"),
        (of_org(".."), "org_id"),
        (of_org("1\u{0}2"), "org_id"),
        (
            LeadSquaredConfig::new("http://apigw.example.com", "1", "access", "secret"),
            "http",
        ),
        (
            LeadSquaredConfig::new("https://apigw.example.com", "1", "access", ""),
            "x-lsq-secret-key",
        ),
    ] {
        let error = LeadSquared::new(&config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(word), "{error} names {word}");
    }
}
