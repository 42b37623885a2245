//! Identifies the quota that an account's calls count against, without a secret.

use std::fmt;
use std::sync::Arc;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::ExposeSecret;
use ticket_core::provider::{Setting, Settings};
use ticket_core::{Error, Result};

/// Characters that are not encoded in a key.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~')
    .remove(b':')
    .remove(b'@')
    .remove(b'[')
    .remove(b']');

/// The setting that says where the API is.
const BASE_URL: &str = "base_url";

/// Which quota an account's calls count against. Handles with equal keys share their slots.
///
/// A key consists of the provider, the host of its `base_url`, and the settings that are neither secret nor a login nor
/// have a default. It contains no secret, not even as a hash. So two accounts at one provider and host that differ only in
/// who signs in, and with what, have the same key and share one quota: their calls may be slower than necessary, but
/// never exceed the limit. If the vendor gives each a quota of its own, give each a
/// [`quota_key`](crate::AccountConfig::quota_key): the key then consists of the provider and the `quota_key` only.
///
/// `Display` prints one line of ASCII that is the same on every machine and in every version, so it can be a key in a
/// database: `leadsquared://api.example.com?org_id=22824`, or `leadsquared#eu` with the `quota_key` `eu`. Different keys
/// print differently.
///
/// ```
/// use std::sync::{Arc, Mutex};
///
/// use tickets::{AccountConfig, Registry};
/// use tickets::call::Pacer;
///
/// # #[derive(Debug)]
/// # struct Shared;
/// # impl tickets::call::Slots for Shared {
/// #     fn take<'a>(&'a self, _: &'a tickets::call::CallIntent<'a>) -> std::pin::Pin<Box<dyn Future<Output = Result<Box<dyn tickets::call::Slot>, tickets::call::NoSlot>> + Send + 'a>> {
/// #         Box::pin(std::future::pending())
/// #     }
/// #     fn close_for(&self, _: std::time::Duration) {}
/// # }
/// let keys = Arc::new(Mutex::new(Vec::new()));
/// let seen = Arc::clone(&keys);
/// let registry = Registry::new().slots(move |key, _limits| {
///     seen.lock().unwrap().push(key.to_string());
///     Some(Arc::new(Shared))
/// });
/// let account = AccountConfig::new("sweeppea").setting("api_key", "s3cret");
/// let _eu = registry.connect(&account)?;
/// let _us = registry.connect(&account.quota_key("us"))?;
/// assert_eq!(*keys.lock().unwrap(), ["sweeppea://api-v3.sweeppea.com", "sweeppea#us"]);
/// # Ok::<(), tickets::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AccountKey(Arc<str>);

impl AccountKey {
    /// The key of an account with these settings, after environment variables are read.
    ///
    /// # Errors
    ///
    /// `Config` if the `quota_key` is blank.
    pub(crate) fn new(
        provider: &str,
        quota_key: Option<&str>,
        settings: &Settings,
        known: &[Setting],
    ) -> Result<Self> {
        let mut key = encoded(provider.trim());
        if let Some(quota_key) = quota_key.map(str::trim) {
            if quota_key.is_empty() {
                return Err(Error::config("`quota_key` is blank"));
            }
            return Ok(Self((key + "#" + &encoded(quota_key)).into()));
        }
        if let Some(host) = host(settings, known) {
            key = key + "://" + &encoded(&host);
        }
        let mut mark = '?';
        let others =
            open(known).filter(|one| one.default.is_none() && !one.login && one.name != BASE_URL);
        for setting in others {
            if let Some(value) = value(settings, setting) {
                key.push(mark);
                key = key + &encoded(setting.name) + "=" + &encoded(value);
                mark = '&';
            }
        }
        Ok(Self(key.into()))
    }
}

impl fmt::Display for AccountKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

pub(crate) fn encoded(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// The settings that are no secrets.
fn open(known: &[Setting]) -> impl Iterator<Item = &Setting> {
    known.iter().filter(|setting| !setting.secret)
}

fn value<'a>(settings: &'a Settings, setting: &Setting) -> Option<&'a str> {
    let given = settings.get(setting.name).map(ExposeSecret::expose_secret);
    given.or(setting.default).map(str::trim)
}

/// An account's `base_url`.
pub(crate) fn base_url(settings: &Settings, known: &[Setting]) -> Option<String> {
    let address = open(known).find(|setting| setting.name == BASE_URL)?;
    value(settings, address).map(str::to_owned)
}

/// The host of an account's `base_url`, and its port unless it is the default one.
pub(crate) fn host(settings: &Settings, known: &[Setting]) -> Option<String> {
    base_url(settings, known).as_deref().map(host_of)
}

/// The host of an address, and its port unless it is the default one. Never the part before an `@`, which may be a
/// password.
fn host_of(address: &str) -> String {
    let (scheme, rest) = address.split_once("://").unwrap_or(("", address));
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit('@').next().unwrap_or_default();
    let usual = match scheme.to_ascii_lowercase().as_str() {
        "https" => ":443",
        "http" => ":80",
        _ => "",
    };
    host.strip_suffix(usual)
        .unwrap_or(host)
        .to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Setting] = &[
        Setting::required("base_url", "X_BASE_URL", "where the API is"),
        Setting::required("org_id", "X_ORG_ID", "the tenant"),
        Setting::required("email", "X_EMAIL", "the login").login(),
        Setting::required("site", "X_SITE", "the part of it").or_others(),
        Setting::secret("token", "X_TOKEN", "the token"),
        Setting::optional("time_zone", "X_ZONE", "the zone of its times", "UTC"),
    ];

    fn key(quota_key: Option<&str>, settings: &[(&str, &str)]) -> String {
        let settings = settings.iter().fold(Settings::new(), |all, (name, value)| {
            all.with(*name, (*value).to_owned())
        });
        AccountKey::new("x", quota_key, &settings, KNOWN)
            .unwrap()
            .to_string()
    }

    #[test]
    fn account_key_has_host_and_settings_but_no_secret() {
        for (settings, expected) in [
            (
                &[
                    ("base_url", "https://api.example.com/v2"),
                    ("org_id", "1"),
                    ("token", "s3cret"),
                ][..],
                "x://api.example.com?org_id=1",
            ),
            // How an account is called, and who signs in, does not tell it from others.
            (
                &[
                    ("base_url", "https://API.example.com:443/"),
                    ("org_id", " 1 "),
                    ("token", "other"),
                    ("email", "ann@example.com"),
                    ("time_zone", "Asia/Tokyo"),
                ],
                "x://api.example.com?org_id=1",
            ),
            (
                &[
                    ("base_url", "http://me:s3cret@127.0.0.1:8080?s3cret#s3cret"),
                    ("site", "a&b=c@example.com"),
                ],
                "x://127.0.0.1:8080?site=a%26b%3Dc@example.com",
            ),
            (
                &[("base_url", "http://[::1]:80"), ("org_id", "\n#ö")],
                "x://[::1]?org_id=%23%C3%B6",
            ),
            (
                &[("base_url", "https://example.com:80")],
                "x://example.com:80",
            ),
            (&[("token", "s3cret")], "x"),
        ] {
            assert_eq!(key(None, settings), expected);
        }
    }

    #[test]
    fn quota_key_replaces_host_and_settings_but_not_the_provider() {
        let settings = [("base_url", "https://example.com"), ("org_id", "1")];
        assert_eq!(key(Some(" eu "), &settings), "x#eu");
        assert_eq!(
            key(Some("//example.com?org_id=1"), &[]),
            "x#%2F%2Fexample.com%3Forg_id%3D1"
        );
        let blank = AccountKey::new("x", Some(" "), &Settings::new(), KNOWN);
        assert_eq!(blank.unwrap_err().to_string(), "`quota_key` is blank");
    }
}
