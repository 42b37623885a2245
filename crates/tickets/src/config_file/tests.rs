//! Which files are understood, and where a mistake is told to be.

use super::*;

fn parse(text: &str) -> Result<BTreeMap<String, AccountConfig>, Diagnosis> {
    ConfigFile::parse(text, Path::new("c.toml")).map(|file| file.accounts)
}

fn error(text: &str) -> String {
    let wrong = parse(text).unwrap_err();
    assert!(!format!("{wrong:?}").contains("s3cret"), "{wrong:?}");
    wrong.to_string()
}

#[test]
fn accounts_are_read_by_name() {
    let text = "[accounts.eu]\nprovider = \"sweeppea\"\napi_key_env = \"EU_KEY\"\n\
                [accounts.us]\nprovider = \"sweeppea\"\napi_key = \"k\"\ntimeout_s = 2.5\n\
                read_only = true\nmax_delete = 10_000\n";
    let accounts = parse(text).unwrap();
    let names: Vec<_> = accounts.keys().map(String::as_str).collect();
    assert_eq!(names, ["eu", "us"]);
    let us = accounts.get("us").unwrap();
    assert_eq!(us.provider, "sweeppea");
    assert_eq!(us.timeout.unwrap().as_millis(), 2500);
    assert!(us.read_only && !accounts.get("eu").unwrap().read_only);
    assert_eq!(us.max_delete, Some(10_000));
    assert_eq!(us.settings.names().collect::<Vec<_>>(), ["api_key"]);
    assert!(parse("").unwrap().is_empty());
}

#[test]
fn account_name_that_cannot_be_listed_is_refused() {
    for name in [
        "",
        " eu",
        "e u",
        "#eu",
        "-eu",
        "e:u",
        "e,u",
        "{eu}",
        "e\\tu",
        "e\\u001bu",
        "e\\\"u",
    ] {
        let text = format!("[accounts.\"{name}\"]\nprovider = \"x\"\n");
        let error = error(&text);
        assert!(
            error.contains("c.toml:1:11") && error.contains("an account's name must not"),
            "{name}: {error}"
        );
    }
    for name in ["eu", "support-eu", "größe.2", "a#b", "世界"] {
        let text = format!("[accounts.\"{name}\"]\nprovider = \"x\"\n");
        assert!(parse(&text).is_ok(), "{name}");
    }
}

/// Texts with a mistake, where it is, and what is said of it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (
        "[accounts.eu]\nprovider = \"x\"\ntoken = s3cret\n",
        "c.toml:3:9",
        "not TOML",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\ntoken = \"s3cret\n",
        "c.toml:3:",
        "not TOML",
    ),
    (
        "[accounts.eu]\ntoken = \"s3cret\"\n",
        "c.toml:1:11",
        "`provider` is missing",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\ntoken = [\"s3cret\"]\n",
        "c.toml:3:1",
        "`token` must be",
    ),
    (
        "[accounts.eu]\nprovider = 1\n",
        "c.toml:2:1",
        "`provider` must be",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\ntimeout_s = \"s3cret\"\n",
        "c.toml:3:1",
        "`timeout_s` must be",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\ntimeout_s = 0\n",
        "c.toml:3:1",
        "`timeout_s` must be",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\nmax_attempts = 0\n",
        "c.toml:3:1",
        "`max_attempts` must be",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\nconcurrency = 0\n",
        "c.toml:3:1",
        "`concurrency` must be a whole number above 0, or \"auto\"",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\npage_size = \"s3cret\"\n",
        "c.toml:3:1",
        "`page_size` must be a whole number above 0",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\nrate = \"s3cret\"\n",
        "c.toml:3:1",
        "`rate` must be",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\nrate = [\"25/5\", [\"1/60\"]]\n",
        "c.toml:3:1",
        "`rate` must be",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\nquota_key = \" \"\n",
        "c.toml:3:1",
        "`quota_key` must be",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\nquota_key = 5\n",
        "c.toml:3:1",
        "`quota_key` must be",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\nread_only = \"s3cret\"\n",
        "c.toml:3:1",
        "`read_only` must be true or false",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\nmax_delete = -1\n",
        "c.toml:3:1",
        "`max_delete` must be a whole number",
    ),
    (
        "[accounts]\neu = \"s3cret\"\n",
        "c.toml:2:1",
        "[accounts.eu]",
    ),
    (
        "[account.eu]\nprovider = \"x\"\n",
        "c.toml:1:2",
        "[account] is not known",
    ),
    ("token = \"s3cret\"\n", "c.toml:1:1", "`token` is not known"),
    (
        "[accounts.eu]\nprovider = \"x\"\nkey_command = \"s3cret\"\n",
        "c.toml:3:1",
        "`key_command` must be a list of words",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\nkey_command = [\"s3cret\", 1]\n",
        "c.toml:3:1",
        "`key_command` must be a list of words",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\nkey_command = []\n",
        "c.toml:3:1",
        "`key_command` must be a list of words",
    ),
    (
        "default_account = [\"s3cret\"]\n",
        "c.toml:1:1",
        "`default_account` must be the name of an account",
    ),
    (
        "[accounts.eu]\nprovider = \"x\"\ndefault_account = \"s3cret\"\n",
        "c.toml:3:1",
        "`default_account` must be above the first",
    ),
];

#[test]
fn mistake_is_reported_with_position_and_without_value() {
    for (text, place, words) in MISTAKES {
        let error = error(text);
        assert!(
            error.contains(place) && error.contains(words),
            "{text}\n{error}"
        );
        assert!(!error.contains("s3cret"), "{error}");
    }
}

#[test]
fn columns_are_counted_in_characters() {
    assert_eq!(position("ä = 1\nüü = x", 12), (2, 4));
    assert_eq!(position("", 0), (1, 1));
    assert_eq!(position("abc", 99), (1, 4));
}
