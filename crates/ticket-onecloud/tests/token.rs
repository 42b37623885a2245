//! Tokens: renewed once for all who wait, never for a quota, never shown.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use futures_util::future::join_all;
use secrecy::SecretString;
use ticket_core::{Effect, Error, ErrorKind, NewTicket, Person, Result, TicketProvider as _};
use ticket_onecloud::{OneCloud, OneCloudConfig, TokenSource};
use ticket_sandbox::credentials::{
    ONECLOUD_EMAIL, ONECLOUD_PASSWORD, ONECLOUD_SITE_ID, ONECLOUD_TOKEN,
};
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};

fn with_login(sandbox: &Sandbox, password: &str) -> OneCloud {
    let url = sandbox.base_url(Vendor::OneCloud);
    let mut config = OneCloudConfig::with_login(url, ONECLOUD_EMAIL, password, ONECLOUD_SITE_ID);
    config.token = Some(SecretString::from(ONECLOUD_TOKEN));
    OneCloud::new(&config).unwrap()
}

fn requests(sandbox: &Sandbox, endpoint: Endpoint) -> usize {
    sandbox
        .journal()
        .iter()
        .filter(|seen| seen.endpoint == Some(endpoint))
        .count()
}

#[tokio::test]
async fn fifty_calls_at_once_with_an_expired_token_cause_one_authentication() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = with_login(&sandbox, ONECLOUD_PASSWORD);
    sandbox.expire_token();
    let id = "121".into();
    let tickets = join_all((0..50).map(|_| provider.get(&id))).await;
    assert!(tickets.iter().all(Result::is_ok), "{tickets:?}");
    assert_eq!(requests(&sandbox, Endpoint::Authenticate), 1);
    // The first ones are refused, all are answered once.
    let answered = sandbox
        .journal()
        .iter()
        .filter(|seen| seen.endpoint == Some(Endpoint::Get) && seen.status == Some(200))
        .count();
    assert_eq!(answered, 50);
}

#[tokio::test]
async fn a_wrong_password_is_not_tried_by_every_call_that_waits() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = with_login(&sandbox, "wrong");
    sandbox.expire_token();
    let id = "121".into();
    let tickets = join_all((0..50).map(|_| provider.get(&id))).await;
    for error in tickets.iter().map(|ticket| ticket.as_ref().unwrap_err()) {
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
        assert!(error.to_string().contains("ONECLOUD_PASSWORD"), "{error}");
    }
    // Those that wait for one renewal share its failure; a few may come after it.
    let tries = requests(&sandbox, Endpoint::Authenticate);
    assert!(tries < 25, "{tries} authentications");
    // The failure is not for ever.
    let before = requests(&sandbox, Endpoint::Authenticate);
    provider.get(&id).await.unwrap_err();
    assert_eq!(requests(&sandbox, Endpoint::Authenticate), before + 1);
}

#[tokio::test]
async fn a_token_is_got_when_it_is_first_needed_and_again_when_it_expires() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = sandbox.base_url(Vendor::OneCloud);
    let config =
        OneCloudConfig::with_login(url, ONECLOUD_EMAIL, ONECLOUD_PASSWORD, ONECLOUD_SITE_ID);
    let provider = OneCloud::new(&config).unwrap();
    assert!(sandbox.journal().is_empty());
    provider.get(&"121".into()).await.unwrap();
    provider.get(&"121".into()).await.unwrap();
    assert_eq!(requests(&sandbox, Endpoint::Authenticate), 1);
    sandbox.expire_token();
    provider.get(&"121".into()).await.unwrap();
    assert_eq!(requests(&sandbox, Endpoint::Authenticate), 2);
}

#[tokio::test]
async fn a_write_refused_for_its_token_is_sent_again_and_takes_effect_once() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = with_login(&sandbox, ONECLOUD_PASSWORD);
    sandbox.expire_token();
    let before = sandbox.tickets(Vendor::OneCloud).len();
    let ticket = NewTicket::new("x")
        .description("x")
        .category("x")
        .requester(Person::named("x").email("x@example.com"));
    provider.create(&ticket).await.unwrap();
    assert_eq!(requests(&sandbox, Endpoint::Create), 2);
    assert_eq!(sandbox.tickets(Vendor::OneCloud).len(), before + 1);
}

#[tokio::test]
async fn a_lost_answer_to_the_login_says_that_nothing_was_done() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = with_login(&sandbox, ONECLOUD_PASSWORD);
    sandbox.expire_token();
    sandbox.inject(Rule::new(Fault::LostResponse).endpoint(Endpoint::Authenticate));
    let error = provider.delete(&["121".into()]).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Unavailable, Effect::None)
    );
    assert!(sandbox.exists(Vendor::OneCloud, "121"));
}

#[tokio::test]
async fn an_exhausted_quota_is_no_reason_for_a_new_token() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = with_login(&sandbox, ONECLOUD_PASSWORD);
    sandbox.exhaust_quota();
    let error = provider.get(&"121".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaExhausted);
    assert_eq!(requests(&sandbox, Endpoint::Authenticate), 0);
    assert_eq!(sandbox.journal().len(), 1);
}

#[tokio::test]
async fn a_token_that_stays_expired_is_renewed_once_per_call() {
    #[derive(Debug, Default)]
    struct Stale(Arc<AtomicUsize>);

    #[async_trait]
    impl TokenSource for Stale {
        async fn token(&self) -> Result<SecretString> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Ok(SecretString::from(ONECLOUD_TOKEN))
        }
    }

    let sandbox = Sandbox::start().await.unwrap();
    sandbox.expire_token();
    let asked = Arc::<AtomicUsize>::default();
    let config = OneCloudConfig::with_source(
        sandbox.base_url(Vendor::OneCloud),
        Stale(Arc::clone(&asked)),
    );
    let provider = OneCloud::new(&config).unwrap();
    let error = provider.get(&"121".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenExpired);
    // Once for the first token, once in its place.
    assert_eq!(asked.load(Ordering::Relaxed), 2);
    assert_eq!(sandbox.journal().len(), 2);
}

#[tokio::test]
async fn a_write_of_unknown_effect_is_never_sent_again_for_its_token() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = with_login(&sandbox, ONECLOUD_PASSWORD);
    let words = r#"{"_meta":{"status":"ERROR"},"records":{"errorCode":401,"userMessage":"Saved; Expired token for smtp"}}"#;
    sandbox.inject(Rule::new(Fault::Reply {
        status: 500,
        headers: Vec::new(),
        body: words.into(),
    }));
    let ticket = NewTicket::new("x")
        .description("x")
        .category("x")
        .requester(Person::named("x").email("x@example.com"));
    let error = provider.create(&ticket).await.unwrap_err();
    assert_eq!(error.effect(), Effect::Unknown);
    assert_eq!(requests(&sandbox, Endpoint::Create), 1);
}

#[tokio::test]
async fn bad_credentials_are_no_reason_for_a_new_token() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut config = OneCloudConfig::with_login(
        sandbox.base_url(Vendor::OneCloud),
        ONECLOUD_EMAIL,
        ONECLOUD_PASSWORD,
        ONECLOUD_SITE_ID,
    );
    config.token = Some(SecretString::from("nobody's"));
    let error = OneCloud::new(&config)
        .unwrap()
        .get(&"121".into())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(requests(&sandbox, Endpoint::Authenticate), 0);
}

#[tokio::test]
async fn an_application_s_own_source_is_asked_and_its_error_told() {
    #[derive(Debug)]
    struct Sealed;

    #[async_trait]
    impl TokenSource for Sealed {
        async fn token(&self) -> Result<SecretString> {
            Err(Error::new(ErrorKind::Unavailable, "the vault is sealed"))
        }
    }

    let sandbox = Sandbox::start().await.unwrap();
    let config = OneCloudConfig::with_source(sandbox.base_url(Vendor::OneCloud), Sealed);
    let error = OneCloud::new(&config)
        .unwrap()
        .get(&"121".into())
        .await
        .unwrap_err();
    assert_eq!(error.to_string(), "onecloud get: the vault is sealed");
    assert!(sandbox.journal().is_empty());
}

#[tokio::test]
async fn neither_password_nor_token_is_ever_shown() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = sandbox.base_url(Vendor::OneCloud);
    let mut config = OneCloudConfig::with_login(url, ONECLOUD_EMAIL, "pass-w0rd", ONECLOUD_SITE_ID);
    config.token = Some(SecretString::from("t0ken"));
    let provider = OneCloud::new(&config).unwrap();
    let error = provider.get(&"121".into()).await.unwrap_err();
    let login = provider
        .authenticate("x", &SecretString::from("pass-w0rd"), "1")
        .await
        .unwrap_err();
    let shown = format!("{config:?} {provider:?} {error:?} {error} {login:?} {login}");
    assert!(
        !shown.contains("pass-w0rd") && !shown.contains("t0ken"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_password_that_the_vendor_repeats_is_left_out() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = with_login(&sandbox, "pass-w0rd");
    let password = SecretString::from("pass-w0rd");
    for status in [401, 400, 500] {
        let body = r#"{"_meta":{"status":"ERROR"},"records":{"userMessage":"wrong: pass-w0rd"}}"#;
        sandbox.inject(Rule::new(Fault::Reply {
            status,
            headers: Vec::new(),
            body: body.into(),
        }));
        let error = provider
            .authenticate("x", &password, "1")
            .await
            .unwrap_err();
        assert_eq!(
            error.vendor_message(),
            Some("wrong: [a credential]"),
            "{status}"
        );
        assert!(!format!("{error:?}").contains("pass-w0rd"), "{error:?}");
    }
}

/// Half a password would not be recognised any more.
#[tokio::test]
async fn a_password_is_left_out_before_the_vendor_s_words_are_cut() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = with_login(&sandbox, "pass w0rd");
    let password = SecretString::from("pass w0rd");
    let before = "x".repeat(290);
    let json = format!(
        r#"{{"_meta":{{"status":"ERROR"}},"records":{{"errorCode":401,"userMessage":"{before} pass w0rd"}}}}"#
    );
    for body in [
        json,
        format!("{before} pass w0rd"),
        format!("{before}&p=pass%20w0rd"),
    ] {
        sandbox.inject(Rule::new(Fault::Reply {
            status: 401,
            headers: Vec::new(),
            body: body.into(),
        }));
        let error = provider
            .authenticate("x", &password, "1")
            .await
            .unwrap_err();
        let shown = format!("{error} {error:?}");
        assert!(shown.contains("xxx") && !shown.contains("pass"), "{shown}");
        assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    }
}

#[test]
fn an_incomplete_login_is_refused() {
    let mut config = OneCloudConfig::with_login("https://onecloud.example.com", "a", "b", "c");
    config.site_id = None;
    let error = OneCloud::new(&config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("ONECLOUD_SITE_ID"), "{error}");
}
