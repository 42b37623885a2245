//! The examination of accounts: what is found, what the server sees of it, and that a record says nothing.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use serde_json::json;
use ticket_sandbox::{Fault, Rule, Sandbox, TicketSeed, Vendor};
use tickets::accounts::{Account, Accounts, Check, Examination, Level};
use tickets::{AccountConfig, PROVIDERS, Registry, TicketId};

/// The account of a vendor of the sandbox, at this address if there is one.
fn account(sandbox: &Sandbox, vendor: Vendor, base_url: Option<&str>) -> Account {
    let id = vendor.prefix();
    let provider = PROVIDERS.iter().find(|known| (known.info)().id == id);
    let environment = sandbox.environment();
    let mut config = AccountConfig::new(id).max_attempts(std::num::NonZeroU32::MIN);
    for setting in provider.unwrap().settings {
        if let Some((_, value)) = environment.iter().find(|(name, _)| *name == setting.env) {
            config = config.setting(setting.name, value.clone());
        }
    }
    if let Some(base_url) = base_url {
        config = config.setting("base_url", base_url);
    }
    let accounts = Accounts::given(Registry::new(), [("eu".to_owned(), config)]);
    accounts.account("eu").unwrap()
}

/// The check of this name.
fn check<'e>(examination: &'e Examination, name: &str) -> &'e Check {
    let mut checks = examination.checks.iter();
    let found = checks.find(|check| check.check == name);
    found.unwrap_or_else(|| panic!("{name}: {:?}", examination.checks))
}

/// The messages of what is wrong.
fn wrong(examination: &Examination) -> Vec<&str> {
    let wrong = examination
        .checks
        .iter()
        .filter(|check| check.level == Level::Wrong);
    wrong.map(|check| check.message.as_str()).collect()
}

/// A ticket that says what nobody else may read.
fn seed() -> TicketSeed {
    TicketSeed::new("s3cret subject")
        .description("s3cret, call Ann Example at +49 30 1234567 or ann@example.com")
}

#[tokio::test]
async fn healthy_account_is_read_only_and_its_replies_are_as_documented() {
    for vendor in Vendor::ALL {
        let sandbox = Sandbox::start().await.unwrap();
        let id: TicketId = sandbox.ticket_ids(vendor).first().unwrap().as_str().into();
        let eu = account(&sandbox, vendor, None);
        let examination = eu.examine(Some(&id)).await;
        assert_eq!(wrong(&examination), [""; 0], "{vendor:?}");
        for name in ["reachability", "credentials", "rights"] {
            assert_eq!(check(&examination, name).level, Level::Ok, "{vendor:?}");
        }
        let compared = examination.checks.iter();
        let compared = compared.filter(|check| check.message.contains(" as documented"));
        assert!(compared.count() > 0, "{vendor:?}: {:?}", examination.checks);
        let journal = sandbox.journal();
        assert!(
            (2..=14).contains(&journal.len()),
            "{vendor:?}: {}",
            journal.len()
        );
        assert!(
            journal.iter().all(|exchange| !exchange.is_write),
            "{vendor:?}"
        );
    }
}

#[tokio::test]
async fn refused_credentials_are_found_and_nothing_else_is_asked() {
    let sandbox = Sandbox::start().await.unwrap();
    let config = AccountConfig::new("sweeppea")
        .setting("base_url", sandbox.base_url(Vendor::Sweeppea))
        .setting("api_key", "wr0ng");
    let accounts = Accounts::given(Registry::new(), [("eu".to_owned(), config)]);
    let examination = accounts.account("eu").unwrap().examine(None).await;
    let credentials = check(&examination, "credentials");
    assert_eq!(credentials.level, Level::Wrong);
    assert!(
        credentials
            .message
            .contains("check api_key of the account eu"),
        "{credentials:?}"
    );
    assert!(!format!("{examination:?}").contains("wr0ng"));
    // The host's file, and one read.
    assert_eq!(sandbox.journal().len(), 2);
}

#[tokio::test]
async fn reply_that_differs_from_the_documented_ones_is_told_by_its_fields() {
    let sandbox = Sandbox::builder()
        .seed_tickets(false)
        .start()
        .await
        .unwrap();
    let odd = seed()
        .attribute("Viewer", json!(268))
        .attribute("Sentiment s3cret", json!("angry s3cret"));
    sandbox.add_ticket(Vendor::OneCloud, odd);
    let eu = account(&sandbox, Vendor::OneCloud, None);
    let examination = eu.examine(None).await;
    let wrong = wrong(&examination);
    assert!(
        wrong.contains(&"list: `Viewer` is a number, documented as a text"),
        "{wrong:?}"
    );
    let note = "get: not documented: Sentiment s3cret";
    assert!(
        examination.checks.iter().any(|check| check.message == note),
        "{:?}",
        examination.checks
    );
    let record = examination.record.to_string();
    assert!(
        !record.contains("s3cret") && record.contains("undocumented_1"),
        "{record}"
    );
}

#[tokio::test]
async fn host_that_is_not_reached_is_told_by_the_step_that_failed() {
    let sandbox = Sandbox::start().await.unwrap();
    let plain = sandbox.base_url(Vendor::OneCloud);
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let closed = format!("http://127.0.0.1:{port}/onecloud");
    let tls = plain.replace("http:", "https:");
    for (base_url, step) in [
        (&closed, "TCP: no connection to port "),
        (&tls, "TLS: port "),
    ] {
        let examination = account(&sandbox, Vendor::OneCloud, Some(base_url))
            .examine(None)
            .await;
        let [only] = examination.checks.as_slice() else {
            panic!("{:?}", examination.checks)
        };
        assert_eq!((only.check, only.level), ("reachability", Level::Wrong));
        assert!(only.message.starts_with(step), "{only:?}");
        assert!(!examination.record.to_string().contains("127.0.0.1"));
    }
    assert!(sandbox.journal().is_empty());
}

#[tokio::test]
async fn record_holds_nothing_that_a_ticket_an_account_or_a_host_says() {
    for vendor in Vendor::ALL {
        let sandbox = Sandbox::builder()
            .seed_tickets(false)
            .start()
            .await
            .unwrap();
        let id: TicketId = sandbox.add_ticket(vendor, seed()).as_str().into();
        let port = sandbox
            .base_url(vendor)
            .split(':')
            .nth(2)
            .unwrap()
            .to_owned();
        let port = port.split('/').next().unwrap().to_owned();
        let eu = account(&sandbox, vendor, None);
        let mut records = vec![eu.examine(Some(&id)).await.record];
        // What a vendor says of an error is its own, too.
        sandbox.inject(Rule::new(Fault::Status(500)).times(u64::MAX));
        records.push(
            account(&sandbox, vendor, None)
                .examine(Some(&id))
                .await
                .record,
        );
        for record in records {
            let text = record.to_string();
            assert!(text.contains("\"exchanges\""), "{text}");
            let known = sandbox.environment();
            let settings = known.iter().map(|(_, value)| value.as_str());
            let said = [
                "s3cret",
                "Ann",
                "1234567",
                "example",
                "127.0.0.1",
                &port,
                "\"eu\"",
            ];
            for word in said
                .into_iter()
                .chain(settings.filter(|value| *value != "support"))
            {
                assert!(!text.contains(word), "{vendor:?}: {word}: {text}");
            }
        }
        assert!(!sandbox.journal().is_empty());
    }
}

#[test]
fn documented_replies_of_every_provider_are_where_it_says() {
    for provider in PROVIDERS {
        let id = (provider.info)().id;
        assert!(!provider.documented.is_empty(), "{id}");
        for example in provider.documented {
            let exchange: serde_json::Value = serde_json::from_str(example.exchange).unwrap();
            let found = exchange.pointer(example.place).unwrap();
            let rows = found.as_array().map_or(1, Vec::len);
            assert!(
                rows > 0 && (found.is_object() || found.is_array()),
                "{id}: {}",
                example.place
            );
        }
    }
}

#[tokio::test]
async fn filters_and_the_trash_are_examined_where_the_vendor_has_them() {
    for is_deleted in [false, true] {
        let sandbox = Sandbox::start().await.unwrap();
        let eu = account(&sandbox, Vendor::Zendesk, None);
        let id = sandbox.ticket_ids(Vendor::Zendesk).pop().unwrap();
        if is_deleted {
            let report = eu.tickets.delete([id]).await;
            assert!(report.all_deleted(), "{report:?}");
        }
        let examination = eu.examine(None).await;
        assert_eq!(wrong(&examination), [""; 0]);
        let filters = examination.checks.iter();
        let filters = filters.filter(|check| check.check == "filters");
        assert!(filters.count() == 2, "{:?}", examination.checks);
        let trash = check(&examination, "trash");
        let expected = if is_deleted {
            (Level::Ok, "a deleted ticket is not found by a read")
        } else {
            let why = "the trash is empty, so that a read of a deleted ticket was not tried";
            (Level::Note, why)
        };
        assert_eq!((trash.level, trash.message.as_str()), expected);
    }
}
