//! The life of a ticket, what is refused before anything is sent, and what the configuration changes.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use secrecy::{ExposeSecret as _, SecretString};
use ticket_core::model::PageRequest;
use ticket_core::provider::Settings;
use ticket_core::{
    CallContext, DeleteTarget, Effect, ErrorKind, NewComment, Outcome, TicketId, TicketPatch,
    TicketProvider as _,
};
use ticket_onecloud::{HttpConfig, OneCloud, OneCloudConfig, SETTINGS};
use ticket_sandbox::credentials::ONECLOUD_TOKEN;
use ticket_sandbox::{Sandbox, Vendor};

use common::{answer, connected, new_ticket};

#[tokio::test]
async fn a_ticket_lives_from_create_to_delete() {
    let (sandbox, provider) = connected().await;
    let id = provider
        .create(&CallContext::new(), &new_ticket())
        .await
        .unwrap()
        .id;
    assert!(sandbox.exists(Vendor::OneCloud, id.as_str()));
    let ticket = provider.get(&CallContext::new(), &id).await.unwrap();
    assert_eq!(ticket.subject.as_deref(), Some("Card refused"));
    assert_eq!(
        ticket.description.as_deref(),
        Some("The till says: declined.")
    );
    assert!(
        provider
            .delete(&CallContext::new(), &[DeleteTarget::from(&id)])
            .await
            .unwrap()
            .all_deleted()
    );
    assert!(!sandbox.exists(Vendor::OneCloud, id.as_str()));
    let again = provider
        .delete(&CallContext::new(), &[DeleteTarget::from(&id)])
        .await
        .unwrap();
    assert!(matches!(again.outcome(&id), Some(Outcome::NotFound(_))));
    assert_eq!(
        provider
            .get(&CallContext::new(), &id)
            .await
            .unwrap_err()
            .kind(),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn hostile_ids_never_reach_another_address() {
    let (sandbox, provider) = connected().await;
    let before = sandbox.tickets(Vendor::OneCloud).len();
    let long = "1".repeat(10_000);
    let ids = [
        "../x",
        "..",
        ".",
        "",
        "a/b",
        "1?x=2",
        "%2e%2e",
        "1#f",
        "1\0",
        "1\n2",
        &long,
        "über/../1",
        "121/",
        "/121",
        " ",
    ];
    for id in ids {
        let id = TicketId::new(id);
        let seen = sandbox.journal().len();
        let deleted = provider
            .delete(&CallContext::new(), &[DeleteTarget::from(&id)])
            .await;
        assert!(
            deleted.is_err() || matches!(deleted.unwrap().outcome(&id), Some(Outcome::NotFound(_))),
            "{id:?}"
        );
        assert!(
            provider.get(&CallContext::new(), &id).await.is_err(),
            "{id:?}"
        );
        for request in &sandbox.journal()[seen..] {
            let segment = request
                .path
                .strip_prefix("/onecloud/api/ticketrz/")
                .unwrap();
            assert!(
                !segment.is_empty() && !segment.contains(['/', '?', '#']),
                "{id:?} was sent as {}",
                request.path
            );
        }
    }
    assert_eq!(sandbox.tickets(Vendor::OneCloud).len(), before);
}

#[test]
fn a_time_zone_that_does_not_exist_is_refused() {
    let config =
        OneCloudConfig::new("https://onecloud.example.com", "token").time_zone("Asia/Nowhere");
    let error = OneCloud::new(&config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("Asia/Nowhere"), "{error}");
}

#[tokio::test]
async fn what_is_not_documented_is_unsupported_and_nothing_is_sent() {
    let (sandbox, provider) = connected().await;
    let id = TicketId::new("121");
    for error in [
        provider
            .update(&CallContext::new(), &id, &TicketPatch::new().subject("x"))
            .await
            .unwrap_err(),
        provider
            .resolve(&CallContext::new(), &id)
            .await
            .unwrap_err(),
        provider
            .comment(&CallContext::new(), &id, &NewComment::internal("x"))
            .await
            .unwrap_err(),
    ] {
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Unsupported, Effect::None)
        );
    }
    assert!(sandbox.journal().is_empty());
}

#[tokio::test]
async fn a_bare_provider_checks_its_arguments_itself() {
    let (sandbox, provider) = connected().await;
    let page = PageRequest::first().limit(1);
    for error in [
        provider
            .delete(&CallContext::new(), &["1".into(), "2".into()])
            .await
            .unwrap_err(),
        provider
            .messages(&CallContext::new(), &"1".into(), &page)
            .await
            .unwrap_err(),
        provider
            .get(&CallContext::new(), &" 1".into())
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert!(sandbox.journal().is_empty());
}

#[tokio::test]
async fn the_applications_own_user_agent_arrives() {
    let sandbox = Sandbox::start().await.unwrap();
    let http = HttpConfig::default().user_agent("acme-desk/7.1");
    let config = OneCloudConfig::new(sandbox.base_url(Vendor::OneCloud), ONECLOUD_TOKEN);
    OneCloud::new(&config.clone().http(http))
        .unwrap()
        .get(&CallContext::new(), &"121".into())
        .await
        .unwrap();
    OneCloud::new(&config)
        .unwrap()
        .get(&CallContext::new(), &"121".into())
        .await
        .unwrap();
    let journal = sandbox.journal();
    assert!(
        journal[0]
            .header("user-agent")
            .unwrap()
            .starts_with("acme-desk/7.1 ")
    );
    assert!(
        journal[1]
            .header("user-agent")
            .unwrap()
            .starts_with("ticket-onecloud/")
    );
}

#[test]
fn an_incomplete_login_is_refused_and_so_is_none_without_a_token() {
    let refused = |change: fn(&mut OneCloudConfig)| {
        let mut config = OneCloudConfig::with_login("https://onecloud.example.com", "a", "b", "c");
        change(&mut config);
        let error = OneCloud::new(&config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    };
    let changes: [fn(&mut OneCloudConfig); 3] = [
        |config| config.email = None,
        |config| config.password = None,
        |config| {
            config.token = Some("t".into());
            config.site_id = None;
        },
    ];
    for change in changes {
        let told = refused(change);
        assert!(
            told.contains("the login of onecloud is incomplete"),
            "{told}"
        );
    }
    let told = refused(|config| {
        (config.email, config.password, config.site_id) = (None, None, None);
    });
    assert!(told.contains("not configured: give `token`"), "{told}");
}

#[tokio::test]
async fn times_are_read_in_the_configured_zone() {
    let sandbox = Sandbox::start().await.unwrap();
    for (zone, utc) in [
        ("Asia/Jakarta", "2017-07-10T00:08:46Z"),
        ("Asia/Makassar", "2017-07-09T23:08:46Z"),
        ("UTC", "2017-07-10T07:08:46Z"),
    ] {
        let url = sandbox.base_url(Vendor::OneCloud);
        let config = OneCloudConfig::new(url, ONECLOUD_TOKEN).time_zone(zone);
        let body = r#"{"Id":"1","CreateDate":"2017-07-10 07:08:46"}"#;
        answer(&sandbox, 200, body);
        let provider = OneCloud::new(&config).unwrap();
        let ticket = provider
            .get(&CallContext::new(), &"1".into())
            .await
            .unwrap();
        assert_eq!(ticket.created_at.unwrap().to_string(), utc, "{zone}");
    }
}

/// A container often has no zones of its own.
#[test]
fn the_zones_come_along() {
    let zones = jiff::tz::TimeZoneDatabase::bundled();
    assert!(zones.get("Asia/Jakarta").is_ok());
}

#[test]
fn each_setting_reaches_its_field() {
    let settings = Settings::new()
        .with("base_url", "https://onecloud.example.com")
        .with("token", "a token")
        .with("email", "an address")
        .with("password", "a password")
        .with("site_id", "a site");
    let read =
        |settings: &Settings| -> OneCloudConfig { settings.read("onecloud", SETTINGS).unwrap() };
    let config = read(&settings);
    let shown = |secret: Option<SecretString>| secret.unwrap().expose_secret().to_owned();
    assert_eq!(config.base_url, "https://onecloud.example.com");
    assert_eq!(shown(config.token), "a token");
    assert_eq!(config.email.unwrap(), "an address");
    assert_eq!(shown(config.password), "a password");
    assert_eq!(config.site_id.unwrap(), "a site");
    // The vendor is in Jakarta.
    assert_eq!(config.time_zone, "Asia/Jakarta");
    assert_eq!(read(&settings.with("time_zone", "UTC")).time_zone, "UTC");
    let variables: Vec<_> = SETTINGS.iter().map(|setting| setting.env).collect();
    assert_eq!(
        variables,
        [
            "ONECLOUD_BASE_URL",
            "ONECLOUD_TOKEN",
            "ONECLOUD_EMAIL",
            "ONECLOUD_PASSWORD",
            "ONECLOUD_SITE_ID",
            "ONECLOUD_TIMEZONE",
            "ONECLOUD_ID_FORM",
        ]
    );
}
