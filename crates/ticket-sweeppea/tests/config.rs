//! The configuration: what it is read from, what it changes, what of it is refused and never shown.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use std::num::NonZeroUsize;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use ticket_core::model::PageRequest;
use ticket_core::provider::{Limit, Quota, Settings};
use ticket_core::{CallContext, ErrorKind, Operation, TicketProvider as _, Tickets};
use ticket_sandbox::{Fault, Rule, Sandbox, TicketSeed, Vendor};
use ticket_sweeppea::{HttpConfig, SETTINGS, Sweeppea, SweeppeaConfig, info};

use common::{client, config};

#[test]
fn each_setting_reaches_its_field() {
    let settings = Settings::new().with("api_key", "a key");
    let read = |settings: &Settings| settings.read::<SweeppeaConfig>("sweeppea", SETTINGS);
    let config = read(&settings).unwrap();
    assert_eq!(config.base_url, "https://api-v3.sweeppea.com");
    assert_eq!(config.api_key.expose_secret(), "a key");
    let elsewhere = settings.with("base_url", "https://desk.example.com");
    let config = read(&elsewhere).unwrap();
    assert_eq!(config.base_url, "https://desk.example.com");
    let error = read(&Settings::new()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("SWEEPPEA_API_KEY"), "{error}");
    let variables: Vec<_> = SETTINGS.iter().map(|setting| setting.env).collect();
    assert_eq!(
        variables,
        ["SWEEPPEA_BASE_URL", "SWEEPPEA_API_KEY", "SWEEPPEA_ID_FORM"]
    );
}

#[test]
fn a_file_with_an_unknown_key_is_refused() {
    let file = |text| serde_json::from_str::<SweeppeaConfig>(text);
    let config = file(r#"{"api_key":"k"}"#).unwrap();
    assert_eq!(config.base_url, "https://api-v3.sweeppea.com");
    assert!(file(r#"{"api_key":"k","base_ulr":"https://desk.example.com"}"#).is_err());
    assert!(file(r#"{"base_url":"https://desk.example.com"}"#).is_err());
}

#[test]
fn the_limits_are_those_of_the_vendors_pages() {
    let minute = Quota::new(150, Duration::from_secs(60));
    let limits = info().limits;
    assert_eq!(limits[0], Limit::new().window(minute));
    // One call at a time at each endpoint; a ticket and its notes come from one.
    for operation in info().capabilities.operations() {
        let endpoint: Vec<_> = limits[1..]
            .iter()
            .filter(|limit| limit.covers(operation))
            .collect();
        assert_eq!(endpoint.len(), 1, "{operation}");
        assert_eq!(endpoint[0].max_concurrent, Some(NonZeroUsize::MIN));
        let shared = matches!(operation, Operation::Get | Operation::Messages);
        assert_eq!(endpoint[0].operations.len(), 1 + usize::from(shared));
    }
}

#[tokio::test]
async fn calls_at_once_to_one_endpoint_are_sent_one_after_the_other() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = sandbox.add_ticket(Vendor::Sweeppea, TicketSeed::new("spam"));
    sandbox.inject(Rule::new(Fault::Delay(Duration::from_millis(100))));
    let tickets = Tickets::new(client(&sandbox));
    let get = || tickets.get(id.as_str());
    let page = PageRequest::first();
    let notes = tickets.messages(id.as_str(), &page);
    let (first, second, notes) = tokio::join!(get(), get(), notes);
    assert!(first.is_ok() && second.is_ok() && notes.is_ok());
    // No fourth one: a call beside another would have been answered 503, and repeated.
    let statuses: Vec<_> = sandbox.journal().iter().map(|seen| seen.status).collect();
    assert_eq!(statuses, [Some(200); 3]);
}

#[tokio::test]
async fn the_applications_own_user_agent_arrives() {
    let sandbox = Sandbox::start().await.unwrap();
    let http = HttpConfig::default().user_agent("acme-desk/7.1");
    for config in [config(&sandbox).http(http), config(&sandbox)] {
        let client = Sweeppea::new(&config).unwrap();
        let _not_found = client.get(&CallContext::new(), &"9999999".into()).await;
    }
    let journal = sandbox.journal();
    let agents = journal.iter().map(|seen| seen.header("user-agent"));
    let agents: Vec<_> = agents.map(Option::unwrap).collect();
    assert!(agents[0].starts_with("acme-desk/7.1 "), "{agents:?}");
    assert!(agents[1].starts_with("ticket-sweeppea/"), "{agents:?}");
}

#[test]
fn the_time_allowed_is_that_of_the_http_client() {
    let time = Duration::from_secs(7);
    let http = SweeppeaConfig::new("k").timeout(time).http;
    let expected = HttpConfig::default().timeout(time);
    assert_eq!(format!("{http:?}"), format!("{expected:?}"));
}

#[test]
fn a_key_that_cannot_be_sent_is_refused_unseen() {
    for key in ["", "s3cret\n", "s3cret ", "s3crét", "s3c\u{0}ret"] {
        let error = Sweeppea::new(&SweeppeaConfig::new(key)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains("authorization"), "{error}");
        assert!(!format!("{error} {error:?}").contains("s3c"), "{error}");
    }
}

#[test]
fn debug_shows_no_key_and_no_password_of_the_url() {
    let url = "https://me:s3cret@h/?key=s3cret";
    let shown = format!("{:?}", SweeppeaConfig::new("s3cret").base_url(url));
    assert!(!shown.contains("s3cret"), "{shown}");
}
