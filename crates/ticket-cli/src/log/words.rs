//! What is said of a call, in a sentence that names the account and the tickets.

use std::time::Duration;

use super::told::Told;
use crate::status::waits;
use crate::text;

/// The sentence; `None` if there is nothing to say.
pub(super) fn sentence(told: &Told) -> Option<String> {
    let said = match told.event {
        "begun" => doing(told),
        "ended" => format!("{}: {}", doing(told), ended(told)),
        "request" => format!(
            "{} {}: {}{}",
            told.method.as_deref().unwrap_or_default(),
            told.path.as_deref().unwrap_or_default(),
            reply(told),
            after(told)
        ),
        "retrying" => {
            let next = told.attempts.unwrap_or_default() + 1;
            let most = told.max_attempts.map(|most| format!(" of {most}"));
            let wait = wait(told).map(|wait| format!(" in {wait}"));
            format!(
                "attempt {next}{}{}: {}",
                most.unwrap_or_default(),
                wait.unwrap_or_default(),
                failure(told)
            )
        }
        "gave_up" => {
            let attempts = told.attempts.unwrap_or_default();
            let attempts =
                text::counted(usize::try_from(attempts).unwrap_or(usize::MAX), "attempt");
            let why = match told.reason.as_deref() {
                Some("retry_after") => ", because the vendor asks for a longer pause",
                Some("deadline") => ", because the deadline comes first",
                Some("budget") => ", because too many calls have failed",
                Some("stopped") => ", because it was stopped",
                _ => "",
            };
            format!(
                "no further attempt after {attempts}{why}: {}",
                failure(told)
            )
        }
        "rate_limited" => match wait(told) {
            Some(wait) => format!("rate-limited by the vendor, resuming in {wait}"),
            None => "rate-limited by the vendor".to_owned(),
        },
        "waiting" => {
            let why = match told.reason.as_deref() {
                Some("quota") => "waiting for the quota",
                Some("closed") => "waiting for the end of the vendor's pause",
                Some("concurrency") => "waiting for other calls",
                _ => "waiting",
            };
            match wait(told) {
                Some(wait) => format!("{why}, about {wait}"),
                None => why.to_owned(),
            }
        }
        "waited" => format!("waited {}", wait(told)?),
        "account_ended" => format!("nothing more is sent: {}", failure(told)),
        "unasked" => "the vendor changed tickets that nobody asked for".to_owned(),
        _ => return None,
    };
    let account = told.account.as_ref().or(told.provider.as_ref());
    Some(match account {
        Some(account) => format!("{}: {said}", text::line(account)),
        None => said,
    })
}

/// What the call does, with the first of its tickets: "deleting 121, 122 and 98 more".
fn doing(told: &Told) -> String {
    let doing = match told.operation.as_deref().unwrap_or_default() {
        "list" => return "listing tickets".to_owned(),
        "create" => return "creating a ticket".to_owned(),
        "download" => return "downloading a file".to_owned(),
        "get" => "reading",
        "update" => "updating",
        "resolve" => "resolving",
        "restore" => "restoring",
        "delete" => "deleting",
        "messages" => "reading the messages of",
        "attachments" => "reading the list of files of",
        "comment" => "commenting on",
        other => other,
    };
    let named = u64::try_from(told.tickets.len()).unwrap_or(u64::MAX);
    let all = told.ticket_count.unwrap_or(named);
    let ids: Vec<_> = told.tickets.iter().map(|id| text::line(id)).collect();
    let ids = ids.join(", ");
    match all.saturating_sub(named) {
        _ if ids.is_empty() => format!("{doing} {}", text::tickets(all)),
        0 => format!("{doing} {ids}"),
        more => format!("{doing} {ids} and {} more", text::grouped(more)),
    }
}

fn ended(told: &Told) -> String {
    let after = after(told);
    if told.error.is_none() {
        return format!("done{after}");
    }
    let is_write = told.operation.as_deref().is_some_and(is_write);
    let effect = match told.effect.as_deref() {
        _ if !is_write => "",
        Some("none") => "; nothing was changed",
        _ => "; it may have been carried out",
    };
    format!("failed{after}, {}{effect}", failure(told))
}

fn is_write(operation: &str) -> bool {
    matches!(
        operation,
        "create" | "update" | "resolve" | "restore" | "delete" | "comment"
    )
}

/// What went wrong: the status of the reply, or else the kind of the error.
fn failure(told: &Told) -> String {
    match (told.status, &told.error) {
        (Some(status), _) => format!("HTTP {status}"),
        (None, Some(kind)) => text::line(&kind.replace('_', " ")),
        (None, None) => "failed".to_owned(),
    }
}

fn reply(told: &Told) -> String {
    match (told.status, &told.error) {
        (Some(status), _) => status.to_string(),
        (None, Some(kind)) => text::line(&kind.replace('_', " ")),
        (None, None) => "no reply".to_owned(),
    }
}

/// How long it took: " after 12 ms".
fn after(told: &Told) -> String {
    match told.duration_ms {
        Some(time @ 0..1000) => format!(" after {time} ms"),
        Some(time) => format!(" after {}", text::seconds(time / 1000)),
        None => String::new(),
    }
}

/// How long the wait is.
fn wait(told: &Told) -> Option<String> {
    let wait = told.wait_ms?;
    Some(if wait < 1000 {
        format!("{wait} ms")
    } else {
        waits::rounded_up(Duration::from_millis(wait))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(event: &'static str, operation: &str, tickets: &[&str]) -> Told {
        Told {
            event,
            account: Some("support-eu".to_owned()),
            operation: Some(operation.to_owned()),
            tickets: tickets.iter().map(|&id| id.to_owned()).collect(),
            ..Told::default()
        }
    }

    fn said(told: &Told) -> String {
        sentence(told).unwrap()
    }

    #[test]
    fn call_is_said_with_its_account_and_its_first_tickets() {
        let mut delete = told("begun", "delete", &["121", "122"]);
        assert_eq!(said(&delete), "support-eu: deleting 121, 122");
        delete.ticket_count = Some(12_100);
        assert_eq!(
            said(&delete),
            "support-eu: deleting 121, 122 and 12,098 more"
        );
        let get = told("begun", "get", &["1\n2"]);
        assert_eq!(said(&get), "support-eu: reading 1\\n2");
        assert_eq!(
            said(&told("begun", "list", &[])),
            "support-eu: listing tickets"
        );
    }

    #[test]
    fn end_of_a_call_says_what_may_have_been_changed() {
        let mut delete = told("ended", "delete", &["121"]);
        delete.duration(Duration::from_millis(118));
        assert_eq!(said(&delete), "support-eu: deleting 121: done after 118 ms");
        delete.error = Some("rate_limited".to_owned());
        delete.status = Some(429);
        delete.effect = Some("none".to_owned());
        delete.duration(Duration::from_millis(2_500));
        let end = "failed after 2 s, HTTP 429; nothing was changed";
        assert_eq!(said(&delete), format!("support-eu: deleting 121: {end}"));
        delete.effect = Some("unknown".to_owned());
        assert!(said(&delete).contains("; it may have been carried out"));
        let mut get = told("ended", "get", &["121"]);
        get.error = Some("not_found".to_owned());
        get.effect = Some("none".to_owned());
        assert_eq!(said(&get), "support-eu: reading 121: failed, not found");
    }

    #[test]
    fn retries_and_waits_are_said_with_their_length() {
        let mut retry = told("retrying", "delete", &["121"]);
        retry.attempts = Some(1);
        retry.max_attempts = Some(4);
        retry.wait_ms = Some(2_100);
        retry.status = Some(503);
        assert_eq!(said(&retry), "support-eu: attempt 2 of 4 in 3 s: HTTP 503");
        let mut gave_up = told("gave_up", "delete", &["121"]);
        gave_up.attempts = Some(1);
        gave_up.reason = Some("retry_after".to_owned());
        gave_up.error = Some("rate_limited".to_owned());
        assert_eq!(
            said(&gave_up),
            "support-eu: no further attempt after 1 attempt, because the vendor asks for a longer pause: rate limited"
        );
        let mut limited = told("rate_limited", "delete", &["121"]);
        limited.wait_ms = Some(58_000);
        assert_eq!(
            said(&limited),
            "support-eu: rate-limited by the vendor, resuming in 58 s"
        );
    }

    #[test]
    fn request_is_said_with_its_reply() {
        let mut request = told("request", "get", &["121"]);
        request.method = Some("GET".to_owned());
        request.path = Some("/issues/{}".to_owned());
        request.status = Some(200);
        request.duration(Duration::from_millis(12));
        assert_eq!(
            said(&request),
            "support-eu: GET /issues/{}: 200 after 12 ms"
        );
        request.status = None;
        request.error = Some("connect".to_owned());
        assert_eq!(
            said(&request),
            "support-eu: GET /issues/{}: connect after 12 ms"
        );
    }
}
