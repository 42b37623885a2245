//! Whose environment is read: an account's from the environment, and nobody else's.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::process::Command;
use std::sync::Arc;

use ticket_sandbox::{Sandbox, Vendor};
use tickets::accounts::Accounts;
use tickets::provider::Setting;
use tickets::{AccountConfig, ErrorKind, PROVIDERS, Registry};

/// Set for the child process alone.
const CHILD: &str = "TICKETS_TEST_CHILD";

const SETTINGS: &[Setting] = &[
    Setting::optional(
        "place",
        "TICKETS_TEST_PLACE",
        "where it is",
        "https://default.example",
    ),
    Setting::secret("token", "TICKETS_TEST_TOKEN", "the token"),
];

type Values = BTreeMap<String, String>;

/// The providers that the sandbox plays: one that is still being written may be ahead of it.
fn played() -> Vec<Cow<'static, str>> {
    let ids = PROVIDERS.iter().map(|known| (known.info)().id);
    ids.filter(|id| Vendor::ALL.iter().any(|vendor| vendor.prefix() == *id))
        .collect()
}

fn values(place: &str, token: &str) -> Values {
    let pairs = [("place", place), ("token", token)];
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

fn from_file(text: &str) -> AccountConfig {
    toml::from_str(text).unwrap()
}

/// Runs this test alone in a process with this environment, since a process cannot safely change its own.
fn again(test: &str, environment: &[(&str, String)]) {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", test, "--nocapture"]).env(CHILD, "1");
    child.envs(environment.iter().map(|(name, value)| (name, value)));
    let output = child.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{output:?}"
    );
}

#[test]
fn settings_come_from_the_environment_where_that_was_chosen_and_only_there() {
    if std::env::var_os(CHILD).is_none() {
        let environment = [
            ("TICKETS_TEST_PLACE", "https://env.example".to_owned()),
            ("TICKETS_TEST_TOKEN", "from-env".to_owned()),
            ("TICKETS_TEST_EU_TOKEN", "from-eu".to_owned()),
        ];
        return again(
            "settings_come_from_the_environment_where_that_was_chosen_and_only_there",
            &environment,
        );
    }
    let read = |account: &AccountConfig| account.read::<Values>("own", SETTINGS);

    let chosen = AccountConfig::from_env("own");
    assert_eq!(
        read(&chosen).unwrap(),
        values("https://env.example", "from-env")
    );
    assert_eq!(
        read(&chosen.setting("token", "given")).unwrap(),
        values("https://env.example", "given")
    );

    for (own, named) in [
        (
            AccountConfig::new("own").setting("token", "given"),
            AccountConfig::new("own").setting("token_env", "TICKETS_TEST_EU_TOKEN"),
        ),
        (
            from_file("provider = \"own\"\ntoken = \"given\""),
            from_file("provider = \"own\"\ntoken_env = \"TICKETS_TEST_EU_TOKEN\""),
        ),
    ] {
        // Another tenant's place would be told this one's token.
        assert_eq!(
            read(&own).unwrap(),
            values("https://default.example", "given")
        );
        assert_eq!(
            read(&named).unwrap(),
            values("https://default.example", "from-eu")
        );
    }
    for without in [
        AccountConfig::new("own"),
        from_file("provider = \"own\""),
        // A file cannot choose the environment.
        from_file("provider = \"own\"\nenvironment = true"),
    ] {
        let error = read(&without).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
    }
}

#[test]
fn whoever_sets_a_variable_that_is_not_read_is_told_so() {
    const TEST: &str = "whoever_sets_a_variable_that_is_not_read_is_told_so";
    if std::env::var_os(CHILD).is_none() {
        let environment = [
            ("SWEEPPEA_API_KEY", "s3cret".to_owned()),
            ("SWEEPPEA_BASE_URL", "https://example.com".to_owned()),
        ];
        return again(TEST, &environment);
    }
    let account = AccountConfig::new("sweeppea");
    let error = tickets::connect(&account).unwrap_err();
    let missing = "sweeppea is not configured: `api_key` (environment SWEEPPEA_API_KEY) missing";
    let told = "; SWEEPPEA_API_KEY is set, but is read for this account only with \
                `api_key_env` = \"SWEEPPEA_API_KEY\"";
    assert_eq!(error.to_string(), format!("{missing}{told}"));
    assert_eq!(error.kind(), ErrorKind::Config);
    tickets::connect(&account.setting("api_key_env", "SWEEPPEA_API_KEY")).unwrap();
    // Of one that is read, and of one that is not the matter, there is no word.
    let blank = AccountConfig::from_env("sweeppea").setting("base_url", " ");
    let unset = AccountConfig::new("onecloud").setting("base_url", "https://example.com");
    // Nor of one that is in the account already, however wrong.
    let given = AccountConfig::new("sweeppea").setting("api_key", " ");
    let elsewhere =
        AccountConfig::new("sweeppea").setting("api_key_env", "TICKETS_TEST_SWEEPPEA_API_KEY");
    for account in [blank, unset, given, elsewhere] {
        let error = tickets::connect(&account).unwrap_err();
        assert!(!error.to_string().contains("is set"), "{error}");
    }
}

#[test]
fn accounts_are_told_apart_by_the_addresses_in_their_variables_and_not_by_the_secrets() {
    const TEST: &str =
        "accounts_are_told_apart_by_the_addresses_in_their_variables_and_not_by_the_secrets";
    if std::env::var_os(CHILD).is_none() {
        let keys = [
            ("SWEEPPEA_API_KEY", "eu-key".to_owned()),
            ("TICKETS_TEST_EU_KEY", "eu-key".to_owned()),
            ("TICKETS_TEST_US_KEY", "us-key".to_owned()),
            ("TICKETS_TEST_US_URL", "https://us.example.com".to_owned()),
        ];
        return again(TEST, &keys);
    }
    let registry = Registry::new();
    let handle = |account: AccountConfig| registry.connect(&account).unwrap();
    let named = |variable| AccountConfig::new("sweeppea").setting("api_key_env", variable);
    let europe = handle(named("TICKETS_TEST_EU_KEY"));
    let shares = |account| {
        let (other, europe) = (handle(account), europe.pacer().unwrap());
        Arc::ptr_eq(other.pacer().unwrap(), europe)
    };
    assert!(shares(AccountConfig::from_env("sweeppea")));
    assert!(shares(named("TICKETS_TEST_EU_KEY")));
    assert!(shares(named("TICKETS_TEST_US_KEY")));
    assert!(!shares(named("TICKETS_TEST_US_KEY").quota_key("us")));
    let elsewhere = named("TICKETS_TEST_US_KEY").setting("base_url_env", "TICKETS_TEST_US_URL");
    assert!(!shares(elsewhere));
}

#[test]
fn configured_accounts_are_those_of_the_file_and_providers_with_a_variable() {
    const TEST: &str = "configured_accounts_are_those_of_the_file_and_providers_with_a_variable";
    if std::env::var_os(CHILD).is_none() {
        let variables = [
            ("ONECLOUD_BASE_URL", "https://one.example.com".to_owned()),
            ("RT_TOKEN", String::new()),
        ];
        return again(TEST, &variables);
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.toml");
    std::fs::write(&path, "[accounts.eu]\nprovider = \"sweeppea\"\n").unwrap();
    let accounts = Accounts::load(Registry::new(), Some(&path)).unwrap();
    let configured: Vec<_> = accounts.configured().collect();
    assert_eq!(configured, ["eu", "onecloud"]);
    let given = [("us".to_owned(), AccountConfig::new("sweeppea"))];
    let given = Accounts::given(Registry::new(), given);
    assert_eq!(given.configured().collect::<Vec<_>>(), ["us"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_provider_is_reached_with_its_own_variables_and_never_from_a_file_without_them() {
    if std::env::var_os(CHILD).is_some() {
        for id in played() {
            let tickets = tickets::connect(&AccountConfig::from_env(&*id)).unwrap();
            // Known to nobody; that the vendor was asked is seen on its side.
            tickets.get("9999999").await.unwrap_err();
            for without in [
                AccountConfig::new(&*id),
                from_file(&format!("provider = {id:?}")),
            ] {
                let error = tickets::connect(&without).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::Config, "{id}: {error}");
            }
        }
        return;
    }
    let sandbox = Sandbox::start().await.unwrap();
    let environment = sandbox.environment();
    tokio::task::spawn_blocking(move || {
        again(
            "every_provider_is_reached_with_its_own_variables_and_never_from_a_file_without_them",
            &environment,
        );
    })
    .await
    .unwrap();
    assert_eq!(played().len(), Vendor::ALL.len());
    assert_eq!(sandbox.journal().len(), Vendor::ALL.len());
}
