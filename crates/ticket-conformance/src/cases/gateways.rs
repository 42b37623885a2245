//! Replies of somebody else in the vendor's place, and replies that a server on the way has changed.

use ticket_core::provider::NotFound;
use ticket_core::{Effect, ErrorKind, Operation};
use tokio::time::Instant;

use super::common::errors_of;
use crate::fault::{Fault, Gateway};
use crate::harness::{CaseResult, Harness, any, describe_error, ensure};

/// Whether the vendor documents no form of *not found*, so that a gateway's cannot be told from it.
fn is_undocumented(harness: &Harness, operation: Operation) -> bool {
    let capabilities = &harness.info().capabilities;
    [operation, Operation::Get, Operation::Delete]
        .iter()
        .filter_map(|operation| capabilities.support(*operation))
        .any(|support| support.not_found == NotFound::Undocumented)
}

pub(crate) async fn gateway_replies_are_bad_responses(harness: &Harness) -> CaseResult {
    for gateway in Gateway::ALL {
        let fault = Fault::Gateway(gateway);
        for (operation, error) in errors_of(harness, any, &fault).await? {
            let may_be_missing = gateway.status() == 404 && is_undocumented(harness, operation);
            let is_right = match error.kind() {
                ErrorKind::BadResponse => true,
                ErrorKind::NotFound => may_be_missing,
                _ => false,
            };
            // A server that says 200 may have passed the request on.
            let may_be_done = gateway.status() == 200 && operation.is_write();
            ensure(
                is_right && (!may_be_done || error.effect() == Effect::Unknown),
                format!("`{operation}` was called, with {fault:?}"),
                match (may_be_missing, may_be_done) {
                    (true, _) => "bad_response or not_found",
                    (_, true) => "bad_response of effect unknown",
                    _ => "bad_response",
                },
                describe_error(&error),
            )?;
        }
    }
    Ok(())
}

pub(crate) async fn compressed_replies_are_named(harness: &Harness) -> CaseResult {
    for (operation, error) in errors_of(harness, any, &Fault::Gzip).await? {
        let effect = if operation.is_write() {
            Effect::Unknown
        } else {
            Effect::None
        };
        let is_named = error.to_string().contains("gzip");
        ensure(
            is_named && error.kind() == ErrorKind::BadResponse && error.effect() == effect,
            format!("`{operation}` was called, and the reply was compressed with gzip"),
            format!("bad_response of effect {effect}, with the word gzip"),
            describe_error(&error),
        )?;
    }
    Ok(())
}

pub(crate) async fn invalid_retry_after_is_not_a_wait_of_zero(harness: &Harness) -> CaseResult {
    let huge = "99999999999999999999999";
    for value in ["0", "-1", "Wed, 21 Oct 2015 07:28:00 GMT", "soon", "", huge] {
        let fault = Fault::RetryAfter(value.to_owned());
        for (operation, error) in errors_of(harness, any, &fault).await? {
            let kinds = [ErrorKind::RateLimited, ErrorKind::QuotaExhausted];
            let is_usable = error
                .retry_after()
                .is_none_or(|wait| !wait.is_zero() && Instant::now().checked_add(wait).is_some());
            ensure(
                kinds.contains(&error.kind()) && is_usable,
                format!("`{operation}` was called, with {fault:?}"),
                "rate_limited, and no wait or the vendor's documented one",
                format!(
                    "{}, and a wait of {:?}",
                    describe_error(&error),
                    error.retry_after()
                ),
            )?;
        }
    }
    Ok(())
}
