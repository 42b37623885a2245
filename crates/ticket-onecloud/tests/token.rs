//! Tokens: renewed once for all who wait, never for a quota, never shown.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::future::join_all;
use secrecy::SecretString;
use ticket_core::{
    CallContext, Effect, Error, ErrorKind, Outcome, Result, TicketProvider as _, Tickets,
};
use ticket_onecloud::{OneCloud, OneCloudConfig, TokenSource};
use ticket_sandbox::credentials::{
    ONECLOUD_EMAIL, ONECLOUD_PASSWORD, ONECLOUD_SITE_ID, ONECLOUD_TOKEN,
};
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};

use common::{answer, new_ticket, reply};

const EXPIRED: &str =
    r#"{"_meta":{"status":"ERROR"},"records":{"errorCode":401,"userMessage":"Expired token"}}"#;

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
    let context = CallContext::new();
    let tickets = join_all((0..50).map(|_| provider.get(&context, &id))).await;
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
async fn nobody_logs_in_for_an_id_that_cannot_be_sent() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = sandbox.base_url(Vendor::OneCloud);
    let config =
        OneCloudConfig::with_login(url, ONECLOUD_EMAIL, ONECLOUD_PASSWORD, ONECLOUD_SITE_ID);
    let provider = OneCloud::new(&config).unwrap();
    for id in ["..", "../x", "1\n2"] {
        let native = provider.get_ticket(id).await.unwrap_err();
        let error = provider
            .get(&CallContext::new(), &id.into())
            .await
            .unwrap_err();
        for error in [native, error] {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert_eq!(error.effect(), Effect::None);
        }
    }
    assert_eq!(sandbox.journal(), []);
}

#[tokio::test]
async fn every_call_that_waits_is_told_of_a_wrong_password() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = with_login(&sandbox, "wrong");
    sandbox.expire_token();
    let id = "121".into();
    let context = CallContext::new();
    let tickets = join_all((0..50).map(|_| provider.get(&context, &id))).await;
    for error in tickets.iter().map(|ticket| ticket.as_ref().unwrap_err()) {
        assert_eq!(error.kind(), ErrorKind::Unauthenticated, "{error}");
        assert!(error.to_string().contains("ONECLOUD_PASSWORD"), "{error}");
    }
    // The failure is not for ever.
    let before = requests(&sandbox, Endpoint::Authenticate);
    provider.get(&CallContext::new(), &id).await.unwrap_err();
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
    provider
        .get(&CallContext::new(), &"121".into())
        .await
        .unwrap();
    provider
        .get(&CallContext::new(), &"121".into())
        .await
        .unwrap();
    assert_eq!(requests(&sandbox, Endpoint::Authenticate), 1);
    sandbox.expire_token();
    // It is no longer fresh.
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(10)).await;
    tokio::time::resume();
    provider
        .get(&CallContext::new(), &"121".into())
        .await
        .unwrap();
    assert_eq!(requests(&sandbox, Endpoint::Authenticate), 2);
}

#[tokio::test]
async fn a_write_refused_for_its_token_is_sent_again_and_takes_effect_once() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = with_login(&sandbox, ONECLOUD_PASSWORD);
    sandbox.expire_token();
    let before = sandbox.tickets(Vendor::OneCloud).len();
    provider
        .create(&CallContext::new(), &new_ticket())
        .await
        .unwrap();
    assert_eq!(requests(&sandbox, Endpoint::Create), 2);
    assert_eq!(sandbox.tickets(Vendor::OneCloud).len(), before + 1);
}

#[tokio::test]
async fn a_lost_answer_to_the_login_says_that_nothing_was_done() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = with_login(&sandbox, ONECLOUD_PASSWORD);
    sandbox.expire_token();
    sandbox.inject(Rule::new(Fault::LostResponse).endpoint(Endpoint::Authenticate));
    let error = provider
        .delete(&CallContext::new(), &["121".into()])
        .await
        .unwrap_err();
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
    let error = provider
        .get(&CallContext::new(), &"121".into())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaExhausted);
    assert_eq!(requests(&sandbox, Endpoint::Authenticate), 0);
    assert_eq!(sandbox.journal().len(), 1);
}

/// Gives the same token over and over, and counts.
#[derive(Default)]
struct Same(Arc<AtomicUsize>);

#[async_trait]
impl TokenSource for Same {
    async fn token(&self) -> Result<SecretString> {
        self.0.fetch_add(1, Ordering::Relaxed);
        Ok(SecretString::from(ONECLOUD_TOKEN))
    }
}

/// The vendor's other servers may not know it yet.
#[tokio::test]
async fn a_fresh_token_that_is_refused_is_kept_and_the_call_may_be_repeated_with_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let asked = Arc::<AtomicUsize>::default();
    let url = sandbox.base_url(Vendor::OneCloud);
    let config = OneCloudConfig::with_source(url, Same(Arc::clone(&asked)));
    let provider = OneCloud::new(&config).unwrap();
    for _ in 0..5 {
        answer(&sandbox, 401, EXPIRED);
        let error = provider
            .delete(&CallContext::new(), &["121".into()])
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect(), error.status()),
            (ErrorKind::Unavailable, Effect::None, Some(401))
        );
        assert!(error.is_transient());
        assert!(error.message().contains("just issued"), "{error}");
        assert_eq!(error.vendor_message(), Some("Expired token"));
    }
    let report = provider.delete(&CallContext::new(), &["121".into()]).await;
    assert!(report.unwrap().all_deleted());
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_token_got_for_an_expired_one_is_fresh_as_well() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = with_login(&sandbox, ONECLOUD_PASSWORD);
    sandbox.inject(
        Rule::new(reply(401, EXPIRED))
            .endpoint(Endpoint::Get)
            .times(2),
    );
    let id = "121".into();
    let error = provider.get(&CallContext::new(), &id).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);
    provider.get(&CallContext::new(), &id).await.unwrap();
    assert_eq!(requests(&sandbox, Endpoint::Authenticate), 1);
}

#[tokio::test]
async fn twenty_calls_at_once_log_in_once_although_the_fresh_token_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = sandbox.base_url(Vendor::OneCloud);
    let config =
        OneCloudConfig::with_login(url, ONECLOUD_EMAIL, ONECLOUD_PASSWORD, ONECLOUD_SITE_ID);
    let provider = OneCloud::new(&config).unwrap();
    for _ in 0..20 {
        sandbox.inject(Rule::new(reply(401, EXPIRED)).endpoint(Endpoint::Get));
    }
    let (context, id) = (CallContext::new(), "121".into());
    let refused = join_all((0..20).map(|_| provider.get(&context, &id))).await;
    for ticket in refused {
        assert_eq!(ticket.unwrap_err().kind(), ErrorKind::Unavailable);
    }
    let got = join_all((0..20).map(|_| provider.get(&context, &id))).await;
    assert!(got.iter().all(Result::is_ok), "{got:?}");
    assert_eq!(requests(&sandbox, Endpoint::Authenticate), 1);
}

#[tokio::test]
async fn a_write_of_unknown_effect_is_never_sent_again_for_its_token() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = with_login(&sandbox, ONECLOUD_PASSWORD);
    let words = r#"{"_meta":{"status":"ERROR"},"records":{"errorCode":401,"userMessage":"Saved; Expired token for smtp"}}"#;
    answer(&sandbox, 500, words);
    let error = provider
        .create(&CallContext::new(), &new_ticket())
        .await
        .unwrap_err();
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
        .get(&CallContext::new(), &"121".into())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert_eq!(requests(&sandbox, Endpoint::Authenticate), 0);
}

#[tokio::test]
async fn an_application_s_own_source_is_asked_and_its_error_told() {
    struct Failing(Error);

    #[async_trait]
    impl TokenSource for Failing {
        async fn token(&self) -> Result<SecretString> {
            Err(self.0.clone())
        }
    }

    let sandbox = Sandbox::start().await.unwrap();
    let failed = async |error: Error| {
        let config =
            OneCloudConfig::with_source(sandbox.base_url(Vendor::OneCloud), Failing(error));
        let provider = OneCloud::new(&config).unwrap();
        provider
            .delete(&CallContext::new(), &["121".into()])
            .await
            .unwrap_err()
    };
    let error = failed(Error::new(ErrorKind::Unavailable, "the vault is sealed")).await;
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Unavailable, Effect::None)
    );
    assert_eq!(
        error.to_string(),
        "onecloud delete 121: the vault is sealed"
    );
    // A vault without the secret is no vendor without the ticket.
    let error = failed(Error::new(ErrorKind::NotFound, "no such secret").with_status(404)).await;
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Unauthenticated, Effect::None)
    );
    let told = "onecloud delete 121: no token can be got: no such secret (HTTP 404)";
    assert_eq!(error.to_string(), told);
    // Nor is it a provider without the operation.
    let error = failed(Error::new(ErrorKind::Unsupported, "no vault here")).await;
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(sandbox.journal().is_empty());
}

#[derive(Debug)]
#[expect(dead_code, reason = "what `Debug` would print")]
struct Vault(&'static str);

#[async_trait]
impl TokenSource for Vault {
    async fn token(&self) -> Result<SecretString> {
        Ok(SecretString::from("t0ken"))
    }
}

#[tokio::test]
async fn neither_password_nor_token_is_ever_shown() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = sandbox.base_url(Vendor::OneCloud);
    let mut config = OneCloudConfig::with_login(url, ONECLOUD_EMAIL, "pass-w0rd", ONECLOUD_SITE_ID);
    config.token = Some(SecretString::from("t0ken"));
    let provider = OneCloud::new(&config).unwrap();
    let error = provider
        .get(&CallContext::new(), &"121".into())
        .await
        .unwrap_err();
    let login = provider
        .authenticate("x", &SecretString::from("pass-w0rd"), "1")
        .await
        .unwrap_err();
    let own = OneCloudConfig::with_source(sandbox.base_url(Vendor::OneCloud), Vault("pass-w0rd"));
    let with_own = OneCloud::new(&own).unwrap();
    let shown =
        format!("{config:?} {provider:?} {error:?} {error} {login:?} {login} {own:?} {with_own:?}");
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
        answer(&sandbox, status, body);
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
        assert_eq!(error.effect(), Effect::None);
    }
}

/// Taken for the vendor's word about the ticket, it would be counted as gone.
#[tokio::test]
async fn a_login_that_is_not_found_says_nothing_about_the_ticket() {
    let sandbox = Sandbox::start().await.unwrap();
    let tickets = Tickets::new(with_login(&sandbox, ONECLOUD_PASSWORD));
    // An attempt of unknown effect; then the token has expired and the login is away.
    sandbox.inject(Rule::new(Fault::Status(500)).endpoint(Endpoint::Delete));
    sandbox.inject(Rule::new(reply(401, EXPIRED)).endpoint(Endpoint::Delete));
    sandbox.inject(Rule::new(Fault::Status(404)).endpoint(Endpoint::Authenticate));
    let report = tickets.delete(["121"]).await;
    assert!(sandbox.exists(Vendor::OneCloud, "121"));
    let outcome = report.outcome(&"121".into()).unwrap();
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome:?}");
    let error = outcome.error().unwrap();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
    assert!(error.to_string().contains("ONECLOUD_BASE_URL"), "{error}");
}

#[tokio::test]
async fn a_refused_login_is_about_the_account_whatever_its_status() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = with_login(&sandbox, ONECLOUD_PASSWORD);
    sandbox.expire_token();
    for status in [400, 401, 404, 409, 422] {
        sandbox.inject(Rule::new(Fault::Status(status)).endpoint(Endpoint::Authenticate));
        let error = provider
            .delete(&CallContext::new(), &["121".into()])
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect(), error.status()),
            (ErrorKind::Unauthenticated, Effect::None, Some(status))
        );
        assert!(error.message().contains("the login is"), "{error}");
    }
    // Whether the login is right is not known then.
    for (status, kind) in [
        // Not in the vendor's form: a firewall's.
        (403, ErrorKind::BadResponse),
        (429, ErrorKind::RateLimited),
        (500, ErrorKind::Server),
        (503, ErrorKind::Unavailable),
    ] {
        sandbox.inject(Rule::new(Fault::Status(status)).endpoint(Endpoint::Authenticate));
        let error = provider
            .delete(&CallContext::new(), &["121".into()])
            .await
            .unwrap_err();
        assert_eq!((error.kind(), error.effect()), (kind, Effect::None));
    }
    let quota = EXPIRED.replace("Expired token", "time limit reached");
    sandbox.inject(Rule::new(reply(401, quota)).endpoint(Endpoint::Authenticate));
    let error = provider
        .delete(&CallContext::new(), &["121".into()])
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaExhausted);
    assert!(sandbox.exists(Vendor::OneCloud, "121"));
}

#[tokio::test]
async fn an_empty_token_is_none() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = with_login(&sandbox, ONECLOUD_PASSWORD);
    sandbox.expire_token();
    for token in ["", " "] {
        let body = format!(r#"{{"response_code":"200","token":"{token}"}}"#);
        sandbox.inject(Rule::new(reply(200, body)).endpoint(Endpoint::Authenticate));
        let error = provider
            .get(&CallContext::new(), &"121".into())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        assert!(error.to_string().contains("empty token"), "{error}");
    }
}
