//! Any text where a person writes one: rates, ticket references, ids, names, base URLs.

use std::fmt::Write as _;

use tickets::model::Priority;
use tickets::onecloud::{OneCloud, OneCloudConfig};
use tickets::provider::{Capabilities, Quota, Request};
use tickets::{DeleteTarget, ErrorKind, ProviderInfo, TicketId, TicketRef};

use super::guesses;
use super::vendor::{CREDENTIAL, SECOND_CREDENTIAL, assert_fit_to_show};

/// Stands where a password does.
const PASSWORD: &str = "pw-93d1c7a2";

/// What is read from a text is what the text says, and what is refused is refused in one line.
pub(crate) fn check(text: &str) {
    if guesses(text.as_bytes(), &[PASSWORD, CREDENTIAL, SECOND_CREDENTIAL]) {
        return;
    }
    rate(text);
    reference(text);
    id(text);
    let name = Priority::from_name(text);
    assert!(name.as_str().eq_ignore_ascii_case(text));
    base_url(text);
}

fn rate(text: &str) {
    match text.parse::<Quota>() {
        Ok(quota) => {
            assert!(quota.calls > 0 && !quota.window.is_zero());
            let again = format!("{}/{}", quota.calls, quota.window.as_secs_f64());
            let again: Quota = again.parse().unwrap();
            assert_eq!(again.calls, quota.calls);
            // Seconds are written as a fraction: beyond a hundred days they have no more nanoseconds.
            let off = again.window.abs_diff(quota.window);
            assert!(
                off.as_secs_f64() <= quota.window.as_secs_f64() * 1e-12,
                "{quota}"
            );
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert_fit_to_show(&error);
        }
    }
}

fn reference(text: &str) {
    match text.parse::<TicketRef>() {
        Ok(ticket) => {
            assert!(!ticket.account.is_empty() && !ticket.account.contains(':'));
            assert!(!ticket.id.as_str().is_empty());
            assert_eq!(ticket.to_string().parse::<TicketRef>().unwrap(), ticket);
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert_fit_to_show(&error);
        }
    }
}

fn id(text: &str) {
    let capabilities = Capabilities::none().get().delete(1);
    let info = ProviderInfo::new("example", "Example", capabilities);
    let id = TicketId::new(text);
    let checked = info.check(&Request::Get(&id));
    let same = info.check(&Request::Delete(&[DeleteTarget::from(&id)]));
    assert_eq!(checked.is_ok(), same.is_ok());
    match checked {
        Ok(()) => {
            assert!((1..=256).contains(&text.len()) && text.trim() == text);
            assert!(!text.chars().any(char::is_control) && ![".", ".."].contains(&text));
        }
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert_fit_to_show(&error);
        }
    }
}

/// A base URL is used as it stands or refused; a password in it is shown in neither case.
fn base_url(text: &str) {
    let url = if text.len() % 2 == 0 {
        text.to_owned()
    } else {
        format!("https://user:{PASSWORD}@{text}")
    };
    let config = OneCloudConfig::new(&url, "token").time_zone("UTC");
    let mut shown = format!("{config:?}");
    // One that is good costs a client, and is no more told about.
    let quick = ["http://", "https://"];
    if url.contains('@') || !quick.iter().any(|scheme| url.starts_with(scheme)) {
        if let Err(error) = OneCloud::new(&config) {
            assert_eq!(error.kind(), ErrorKind::Config);
            assert_fit_to_show(&error);
            write!(shown, "{error}{error:?}").unwrap();
        }
    }
    assert!(!shown.contains(PASSWORD), "{shown}");
}
