//! What stands above the accounts of a configuration file.
#![cfg(feature = "accounts-file")]
#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests are not covered by clippy's exemption for tests"
)]

use std::path::Path;

use tickets::config_file::ConfigFile;

fn parse(path: &str, text: &str) -> ConfigFile {
    ConfigFile::parse(text, Path::new(path)).unwrap()
}

#[test]
fn path_of_a_file_begins_at_the_folder_of_the_configuration_file() {
    let text = "signing_key = \"keys/id\"\napprovers = \"/etc/approvers\"\n\
                [accounts.eu]\nprovider = \"sweeppea\"\n";
    for (path, key) in [
        ("/home/a/c.toml", "/home/a/keys/id"),
        ("conf/c.toml", "conf/keys/id"),
        ("c.toml", "keys/id"),
    ] {
        let file = parse(path, text);
        assert_eq!(file.signing_key.as_deref(), Some(Path::new(key)));
        let approvers = file.approvers.as_deref();
        assert_eq!(approvers, Some(Path::new("/etc/approvers")));
        assert_eq!(file.accounts.len(), 1);
    }
    let none = parse("c.toml", "");
    assert!(none.signing_key.is_none() && none.approvers.is_none());
}

#[test]
fn mistake_above_the_accounts_is_reported_with_its_position_and_without_value() {
    for (text, says) in [
        (
            "accounts = \"s3cret\"\n",
            "c.toml:1:1: `accounts` is not known here; there are `approvers`, `default_account`, `signing_key` and [accounts.NAME]",
        ),
        (
            "# ä\nsigning_key = \"~/s3cret\"\n",
            "c.toml:2:1: `signing_key` must be a path without ~, which only a shell knows: write the whole path",
        ),
        (
            "approvers = [\"s3cret\"]\n",
            "c.toml:1:1: `approvers` must be the path of a file, in quotes",
        ),
        (
            "approvers = \" \"\n",
            "c.toml:1:1: `approvers` must be the path of a file, in quotes",
        ),
        (
            "[signing_key]\npath = \"s3cret\"\n",
            "c.toml:1:2: `signing_key` must be the path of a file, in quotes",
        ),
        (
            "[accounts.eu]\nprovider = \"x\"\napprovers = \"s3cret\"\n",
            "c.toml:3:1: account `eu`: `approvers` must be above the first [accounts.NAME]",
        ),
    ] {
        let wrong = ConfigFile::parse(text, Path::new("c.toml")).unwrap_err();
        assert_eq!(wrong.to_string(), says);
        assert!(!format!("{wrong:?}").contains("s3cret"), "{wrong:?}");
    }
}
