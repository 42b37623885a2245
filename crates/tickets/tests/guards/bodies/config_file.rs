//! Any configuration file: it is read, or refused by a message that quotes no value.

use std::path::Path;

use tickets::config_file::ConfigFile;

/// Stands where `@@` does, as a value.
const VALUE: &str = "s3cret-value-71c0";

/// A file is read, or refused by a message that quotes no value and is not the last resort, which cannot say
/// what is wrong.
pub(crate) fn check(text: &str) {
    // A fuzzer learns the word from what it is compared with.
    if text.contains(&VALUE[..6]) {
        return;
    }
    let text = text.replace("@@", &format!("\"{VALUE}\""));
    match ConfigFile::parse(&text, Path::new("c.toml")) {
        Ok(file) => {
            for (name, account) in &file.accounts {
                assert!(!name.trim().is_empty() && !name.contains(':'), "{name:?}");
                assert!(account.timeout.is_none_or(|timeout| !timeout.is_zero()));
                for rate in account.rates.iter().flatten() {
                    assert!(rate.calls > 0 && !rate.window.is_zero());
                }
                let quota_key = account.quota_key.as_deref();
                assert!(quota_key.is_none_or(|key| !key.trim().is_empty()));
            }
        }
        Err(wrong) => {
            let error = format!("{wrong:?} {wrong}");
            assert!(!error.contains("cannot be read"), "{error}\n{text}");
            // The names of keys are shown.
            let is_a_name = text.split(VALUE).skip(1).any(|rest| {
                let rest = rest.trim_start_matches('"').trim_start();
                rest.starts_with(['=', '.', ']'])
            });
            assert!(!error.contains(VALUE) || is_a_name, "{error}\n{text}");
        }
    }
}
