//! An application of the facade `tickets` adds this provider with one line, beside the facade's own.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use ticket_acme::Acme;
use tickets::{AccountConfig, ProviderDescriptor, Registry};

/// What the application gives to `Registry::with`.
const ACME: ProviderDescriptor = ProviderDescriptor::of::<Acme>();

#[test]
fn account_with_all_settings_is_connected_to_this_provider() {
    let account = AccountConfig::new("acme")
        .setting("base_url", "https://desk.example.com")
        .setting("api_key", "k-1234");
    let tickets = Registry::new().with(ACME).connect(&account).unwrap();
    assert_eq!(tickets.info().title, "Acme");
}

#[test]
fn account_without_settings_is_told_their_names() {
    let account = AccountConfig::new("acme");
    let error = Registry::new().with(ACME).connect(&account).unwrap_err();
    for setting in ACME.settings.iter().filter(|setting| setting.required) {
        assert!(error.to_string().contains(setting.name), "{error}");
    }
}
