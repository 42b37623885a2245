//! Accounts that are missing, unknown or wrong.

use crate::golden::case::{Case, case};

/// A case whose configuration file has this content.
fn configured(name: &'static str, line: &'static str, content: &'static str) -> Case {
    let case = case(name, line).file("config.toml", content);
    case.unconfigured().env("TICKETS_CONFIG", "config.toml")
}

pub(crate) fn configuration() -> Vec<Case> {
    vec![
        case("config-missing", "get onecloud:121").unconfigured(),
        case("config-missing-json", "get leadsquared:160 --output json").unconfigured(),
        case(
            "config-one-variable-missing",
            "delete --yes onecloud:121 sweeppea:2531581",
        )
        .unconfigured()
        .env("ONECLOUD_BASE_URL", "{sandbox}/onecloud")
        .env("ONECLOUD_TOKEN", "t"),
        case("config-bad-url", "get sweeppea:2531581").env("SWEEPPEA_BASE_URL", "sandbox"),
        case("config-plain-http", "get sweeppea:2531581")
            .env("SWEEPPEA_BASE_URL", "http://example.com/api"),
        case("config-bad-key", "get sweeppea:2531581").env("SWEEPPEA_API_KEY", "k-\u{1}-ODD"),
        case("config-unknown-account", "get nobody:1"),
        case("config-unknown-account-json", "list nobody --output json"),
        configured(
            "config-unknown-account-with-file",
            "delete --yes uk:1",
            "[accounts.eu]\nprovider = \"sweeppea\"\napi_key = \"k\"\n",
        ),
        case("config-no-file", "get eu:1 --config no/such/file"),
        configured(
            "config-unknown-provider",
            "get eu:1",
            "[accounts.eu]\nprovider = \"freshdesk\"\napi_key = \"k\"\n",
        ),
        configured(
            "config-unknown-setting",
            "get eu:1",
            "[accounts.eu]\nprovider = \"sweeppea\"\napi_kee = \"k-ODD\"\n",
        ),
        configured(
            "config-syntax",
            "get eu:1",
            "[accounts.eu]\nprovider = \"sweeppea\"\napi_key = k-ODD\n",
        ),
        configured(
            "config-syntax-json",
            "get eu:1 --output json",
            "[accounts.eu]\nprovider = \"sweeppea\"\napi_key = [\"k-ODD\"]\n",
        ),
        configured(
            "config-provider-missing",
            "get eu:1",
            "[accounts.eu]\napi_key = \"k-ODD\"\n",
        ),
        configured(
            "config-disguised-provider",
            "get onecloud:1",
            "[accounts.onecloud]\nprovider = \"sweeppea\"\napi_key = \"k-ODD\"\n",
        ),
        configured(
            "config-variable-of-setting-missing",
            "get eu:1",
            "[accounts.eu]\nprovider = \"sweeppea\"\napi_key_env = \"EU_KEY\"\n",
        ),
        configured(
            "config-key-missing",
            "get eu:1",
            "[accounts.eu]\nprovider = \"sweeppea\"\n",
        )
        .env("SWEEPPEA_API_KEY", "{key}"),
        configured(
            "config-bad-rate",
            "get eu:1",
            "[accounts.eu]\nprovider = \"sweeppea\"\napi_key = \"k-ODD\"\nrate = \"fast\"\n",
        ),
        configured(
            "config-wrong-key-of-account",
            "get eu:1",
            "[accounts.eu]\nprovider = \"sweeppea\"\nbase_url = \"{sandbox}/sweeppea\"\n\
             api_key = \"k-ODD\"\n",
        ),
    ]
}
