//! What must hold for any configuration file. The fuzzer in `fuzz/` at the top of the repository runs the
//! same body.

use std::collections::BTreeMap;

use tickets::AccountConfig;

/// Stands where `@@` does, as a value.
const VALUE: &str = "s3cret-value-71c0";

/// A file is read, or refused by a message that quotes no value and is not the last resort, which cannot say
/// what is wrong.
pub(crate) fn check(
    text: &str,
    read: impl Fn(&str) -> Result<BTreeMap<String, AccountConfig>, String>,
) {
    // A fuzzer learns the word from what it is compared with.
    if text.contains(&VALUE[..6]) {
        return;
    }
    let text = text.replace("@@", &format!("\"{VALUE}\""));
    match read(&text) {
        Ok(accounts) => {
            for (name, account) in &accounts {
                assert!(!name.trim().is_empty() && !name.contains(':'), "{name:?}");
                assert!(account.timeout.is_none_or(|timeout| !timeout.is_zero()));
                for rate in account.rates.iter().flatten() {
                    assert!(rate.calls > 0 && !rate.window.is_zero());
                }
            }
        }
        Err(error) => {
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
