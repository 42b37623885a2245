//! What is logged: at no level, by no crate, a secret, and not a word of a ticket, whatever goes wrong.
//!
//! Everything is captured at trace level, of this workspace as of hyper-util and reqwest, at both facades (`tracing`
//! and `log`). hyper itself logs only where a compiler flag allows it. The sandbox speaks plain http: TLS takes no part.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod calls;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use calls::{
    FILE, FILE_NAME, REPLY, SECRETS, SUBJECT, TEXTS, account, accounts, call, faults, new_ticket,
    operations, with_password,
};
use futures_util::future::join_all;
use ticket_conformance::canary::encodings;
use ticket_sandbox::{Exchange, Fault, MessageKind, Rule, Sandbox};
use ticket_testkit::LogCapture;
use tickets::call::{RetryPolicy, StackOptions};
use tickets::{ErrorKind, Operation, Registry, Tickets};
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::fmt::format::FmtSpan;
use tracing_subscriber::util::SubscriberInitExt as _;

/// Captures what this whole program logs from now on.
fn capture() -> LogCapture {
    let log = LogCapture::default();
    // Installs itself at `log` as well.
    tracing_subscriber::fmt()
        .with_max_level(LevelFilter::TRACE)
        // With all that was recorded until then.
        .with_span_events(FmtSpan::CLOSE)
        .with_ansi(false)
        .with_writer(log.writer())
        .finish()
        .init();
    log
}

/// Which of these stand in the log, and how.
fn found<'a>(log: &str, hidden: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found = Vec::new();
    for hidden in hidden {
        for (form, text) in encodings(hidden) {
            if log.contains(&text) {
                let line = log.lines().find(|line| line.contains(&text));
                found.push(format!(
                    "{hidden} ({form}) in {}",
                    line.unwrap_or("several lines")
                ));
            }
        }
    }
    found
}

async fn start() -> Sandbox {
    let sandbox = Sandbox::builder()
        .sweeppea_quota(None)
        .leadsquared_quota(None);
    sandbox.start().await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_that_is_logged_holds_a_secret_or_a_ticket_s_text() {
    let log = capture();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join(FILE_NAME);
    std::fs::write(&file, FILE).unwrap();
    let sandbox = start().await;
    let registry = Registry::new();

    // Each fault has a server of its own, so that none waits for another one's pauses.
    let faults: Vec<_> = std::iter::once(None)
        .chain(faults().into_iter().map(Some))
        .collect();
    let places = 0..accounts(&sandbox).len();
    let of_account = |place| faults.iter().map(move |fault| (place, fault));
    let all = places.flat_map(of_account).map(|(place, fault)| {
        let (registry, file) = (&registry, &file);
        async move { each_operation(registry, place, fault.as_ref(), file).await }
    });
    let (told, journals): (Vec<_>, Vec<_>) = join_all(all).await.into_iter().unzip();
    let told = told.concat();
    let (repeats, refused) = more_trouble(&sandbox, &registry, &file).await;
    assert_eq!((repeats, refused), (2, ErrorKind::Connect));

    let journal = [journals.concat(), sandbox.journal()].concat();
    assert_planted(&journal);
    // What was really sent, tokens that OneCloud gave out included.
    let sent: BTreeSet<String> = journal
        .iter()
        .flat_map(|seen| seen.headers.clone())
        .filter(|(name, _)| name == "authorization")
        .map(|(_, value)| value.trim_start_matches("Bearer ").to_owned())
        .collect();
    assert!(sent.len() > 2, "{sent:?}");
    let log = log.text();
    assert_heard(&log);
    // The caller is told the vendor's own words: it is not for want of them that none is logged.
    assert!(told.iter().any(|error| error.contains(SUBJECT)), "{told:?}");
    // Nor are addresses: each begins with the vendor's prefix.
    for (vendor, _) in accounts(&sandbox) {
        let path = format!("/{}/", vendor.prefix());
        assert!(journal.iter().any(|seen| seen.path.starts_with(&path)));
        assert!(!log.contains(&path), "{path}");
    }
    let hidden = TEXTS.iter().chain(SECRETS).copied();
    let leaks = found(&log, hidden.chain(sent.iter().map(String::as_str)));
    assert!(
        leaks.is_empty(),
        "{} leaks:\n{}",
        leaks.len(),
        leaks.join("\n")
    );
}

/// Each operation of the account at this place, well or with this fault. Returns what the caller was told of the fault, and
/// what the server saw.
async fn each_operation(
    registry: &Registry,
    place: usize,
    fault: Option<&Fault>,
    file: &Path,
) -> (Vec<String>, Vec<Exchange>) {
    let sandbox = start().await;
    let (vendor, account) = accounts(&sandbox).swap_remove(place);
    let tickets = registry.connect(&account).unwrap();
    let mut told = Vec::new();
    for operation in operations(&tickets) {
        let id = tickets.create(&new_ticket(&tickets)).await.unwrap().id;
        sandbox.add_message(vendor, id.as_str(), MessageKind::Incoming, REPLY);
        assert_eq!(
            sandbox.ticket(vendor, id.as_str()).unwrap().subject,
            SUBJECT
        );
        let before = sandbox.journal().len();
        if let Some(fault) = fault {
            sandbox.inject(Rule::new(fault.clone()).vendor(vendor));
        }
        match (call(&tickets, operation, &id, file).await, fault) {
            (Err(error), Some(_)) => told.push(error.to_string()),
            (result, Some(_)) => drop(result),
            (result, None) => drop(result.unwrap()),
        }
        let seen = sandbox.journal().split_off(before);
        assert_eq!(
            seen[0].faulted,
            fault.is_some(),
            "{vendor:?} {operation} {fault:?}"
        );
    }
    (told, sandbox.journal())
}

/// A token that runs out, a repeat, a timeout, and no server at all. Says how often the repeated call was made, and how the
/// last one failed.
async fn more_trouble(sandbox: &Sandbox, registry: &Registry, file: &Path) -> (usize, ErrorKind) {
    let by_password = registry.connect(&with_password(sandbox)).unwrap();
    let id = by_password
        .create(&new_ticket(&by_password))
        .await
        .unwrap()
        .id;
    // A token that was just issued is not renewed at once: it may be unknown to a part of the vendor's servers.
    sandbox.expire_token();
    let error = call(&by_password, Operation::Get, &id, file)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unavailable);

    // As the facade connects it, but without a wait before the second attempt.
    let leadsquared = registry.get("leadsquared").unwrap();
    let handle = || {
        let provider = (leadsquared.connect)(&account(sandbox, "leadsquared")).unwrap();
        let at_once = RetryPolicy::default().base(Duration::ZERO);
        Tickets::with_options(provider, &StackOptions::default().retry(at_once))
    };
    let twice = handle();
    let id = twice.create(&new_ticket(&twice)).await.unwrap().id;
    let before = sandbox.journal().len();
    sandbox.inject(Rule::new(Fault::ConnectionReset));
    call(&twice, Operation::Delete, &id, file).await.unwrap();
    let repeats = sandbox.journal().len() - before;

    sandbox.inject(Rule::new(Fault::Delay(Duration::from_secs(3600))));
    let hurried = account(sandbox, "sweeppea").timeout(Duration::from_secs(1));
    let hurried = registry.connect(&hurried).unwrap();
    let error = call(&hurried, Operation::Create, &id, file)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Timeout);

    sandbox.refuse_connections().await.unwrap();
    // Who has an idle connection may send before it is known to be closed; a new handle has none.
    let error = call(&handle(), Operation::Create, &id, file)
        .await
        .unwrap_err();
    (repeats, error.kind())
}

/// What was never sent could not be logged either: the vendors saw every text and every secret.
fn assert_planted(journal: &[Exchange]) {
    let seen = journal.iter().map(|seen| {
        let headers = seen.headers.iter().map(|(_, value)| value.as_str());
        let headers = headers.collect::<Vec<_>>().join("\n");
        format!("{headers}\n{}", String::from_utf8_lossy(&seen.body))
    });
    let seen = seen.collect::<Vec<_>>().join("\n");
    // The reply is what a vendor tells.
    let sent = TEXTS.iter().filter(|text| **text != REPLY);
    for planted in sent.chain(SECRETS) {
        assert!(!found(&seen, [*planted]).is_empty(), "{planted}");
    }
}

/// An empty log would hide everything: the spans, the events and the dependencies are all in it.
fn assert_heard(log: &str) {
    for provider in ["onecloud", "sweeppea", "leadsquared"] {
        for operation in ["create", "get", "messages", "delete"] {
            let span = format!("ticket.provider=\"{provider}\" ticket.operation=\"{operation}\"");
            assert!(log.contains(&span), "{span}");
        }
    }
    for part in [
        ":ticket_attempt{otel.kind=\"internal\"}:http_request{otel.name=\"GET\" otel.kind=\"client\"",
        ":ticket_attempt{otel.kind=\"internal\" http.request.resend_count=1}:http_request{",
        "http.response.status_code=503 error.type=503",
        "error.type=\"connect\"",
        "error.type=\"timeout\"",
        ": retrying ",
        ": giving up ",
        "the vendor says that there are too many calls",
        // By `tracing` and by `log`.
        " hyper_util::client::legacy::",
        " reqwest::connect: starting new connection",
    ] {
        assert!(log.contains(part), "{part}");
    }
}

#[test]
fn secret_in_any_encoding_is_recognised() {
    // Encoded by other programs: `base64`, `xxd -p` and `jq @uri`.
    let secret = "s3cret-key+1/2 x";
    for line in [
        "authorization: Bearer s3cret-key+1/2 x",
        "c3RyaW5nOnMzY3JldC1rZXkrMS8yIHg=",
        "dXNlcjpzM2NyZXQta2V5KzEvMiB4",
        "YTpzM2NyZXQta2V5KzEvMiB4Cg",
        "s3cret-key%2B1%2F2%20x",
        "s3cret-key%2B1%2F2+x",
        "00733363726574 2d6b65792b312f322078",
        "key=7333637265742D6B65792B312F322078",
        "[115, 51, 99, 114, 101, 116, 45, 107, 101, 121, 43, 49, 47, 50, 32, 120]",
    ] {
        let line = line.replace("74 2d", "742d");
        assert!(!found(&line, [secret]).is_empty(), "{line}");
    }
    assert!(found("s3cret-key and other words, c3RyaW5n", [secret]).is_empty());
}
