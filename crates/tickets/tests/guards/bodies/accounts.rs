//! Any account file: it is connected or refused, and no value in it is shown.

use tickets::{AccountConfig, ErrorKind, Registry};

use super::guesses;
use super::vendor::{CREDENTIAL, SECOND_CREDENTIAL, assert_fit_to_show};

/// What an application reads from TOML, and connects.
pub(crate) fn check(text: &str) {
    thread_local! {
        static REGISTRY: Registry = Registry::new();
    }
    if guesses(text.as_bytes(), &[CREDENTIAL, SECOND_CREDENTIAL]) {
        return;
    }
    let Ok(account) = toml::from_str::<AccountConfig>(text) else {
        return;
    };
    assert!(account.timeout.is_none_or(|timeout| !timeout.is_zero()));
    for rate in account.rates.iter().flatten() {
        assert!(rate.calls > 0 && !rate.window.is_zero());
    }
    let names: Vec<_> = account.settings.names().map(str::to_owned).collect();
    let table: toml::Table = toml::from_str(text).unwrap();
    let debug = format!("{account:?}");
    for name in &names {
        // Long ones only: a short one may stand in a name.
        let value = table.get(name).and_then(toml::Value::as_str);
        if let Some(value) = value.filter(|value| value.len() > 12) {
            let in_a_name = names.iter().any(|name| format!("{name:?}").contains(value));
            let in_the_provider = format!("{:?}", account.provider).contains(value);
            assert!(
                !debug.contains(value) || in_a_name || in_the_provider,
                "{debug}"
            );
        }
    }
    if let Err(error) = REGISTRY.with(|registry| registry.connect(&account)) {
        assert_eq!(error.kind(), ErrorKind::Config, "{error}");
        assert_fit_to_show(&error);
    }
}
