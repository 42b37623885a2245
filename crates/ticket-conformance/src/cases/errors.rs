//! Error kinds: the same failure has the same kind in every provider.

use std::error::Error as _;
use std::fmt::Write as _;
use std::num::NonZeroU32;
use std::time::Duration;

use ticket_core::{CallContext, Effect, Error, ErrorKind, Operation};

use super::common::{errors_of, faults};
use crate::fault::Fault;
use crate::harness::{
    CaseResult, Harness, NotPassed, any, describe, describe_error, ensure, fail, skip,
};

async fn are_of_kind(harness: &Harness, fault: Fault, kinds: &[ErrorKind]) -> CaseResult {
    for (operation, error) in errors_of(harness, any, &fault).await? {
        let names: Vec<_> = kinds.iter().map(|kind| kind.as_str()).collect();
        ensure(
            kinds.contains(&error.kind()),
            format!("`{operation}` was called, with {fault:?}"),
            names.join(" or "),
            describe::<()>(&Err(error)),
        )?;
    }
    Ok(())
}

pub(crate) async fn refused_credentials_are_unauthenticated(harness: &Harness) -> CaseResult {
    let kinds = [ErrorKind::Unauthenticated, ErrorKind::TokenExpired];
    are_of_kind(harness, Fault::Status(401), &kinds).await
}

pub(crate) async fn forbidden_is_forbidden(harness: &Harness) -> CaseResult {
    let kinds = [
        ErrorKind::Forbidden,
        ErrorKind::Unauthenticated,
        ErrorKind::QuotaExhausted,
        // Not in the vendor's form: a gateway's or a firewall's.
        ErrorKind::BadResponse,
    ];
    are_of_kind(harness, Fault::Status(403), &kinds).await
}

pub(crate) async fn not_found_is_not_found(harness: &Harness) -> CaseResult {
    let kinds = [ErrorKind::NotFound, ErrorKind::BadResponse];
    are_of_kind(harness, Fault::Status(404), &kinds).await
}

pub(crate) async fn a_conflict_is_a_conflict(harness: &Harness) -> CaseResult {
    are_of_kind(harness, Fault::Status(409), &[ErrorKind::Conflict]).await
}

pub(crate) async fn failed_preconditions_are_conflicts(harness: &Harness) -> CaseResult {
    let fault = Fault::Status(412);
    // A new ticket has no version yet.
    let writes = |operation: Operation| operation.is_write() && operation != Operation::Create;
    for operation in harness.declared(writes)? {
        let id = harness.ticket_for(operation).await?;
        let before = harness.journal()?.len();
        harness.inject(operation, fault.clone()).await?;
        // The layers must not repeat it either: the version is of a ticket that somebody else has changed.
        let stack = harness.stack(NonZeroU32::MIN.saturating_add(3));
        let (result, _) = harness.call_with_debug(&*stack, operation, &id).await?;
        let seen = harness.requests_since(before)?;
        let writes = seen.iter().filter(|seen| seen.is_write).count();
        let is_right = result.as_ref().is_err_and(|error| {
            error.kind() == ErrorKind::Conflict && error.effect() == Effect::None
        });
        ensure(
            is_right && writes == 1,
            format!("`{operation}` was called through the standard layers, with {fault:?}"),
            "a conflict of effect none after one write",
            format!("{} after {writes} writes", describe(&result)),
        )?;
    }
    Ok(())
}

pub(crate) async fn a_bad_request_is_invalid_input(harness: &Harness) -> CaseResult {
    for status in [400, 422] {
        let kinds = [ErrorKind::InvalidInput, ErrorKind::Conflict];
        are_of_kind(harness, Fault::Status(status), &kinds).await?;
    }
    Ok(())
}

pub(crate) async fn too_many_calls_are_rate_limited(harness: &Harness) -> CaseResult {
    let kinds = [ErrorKind::RateLimited, ErrorKind::QuotaExhausted];
    are_of_kind(harness, Fault::RateLimited { retry_after: None }, &kinds).await
}

pub(crate) async fn retry_after_is_reported(harness: &Harness) -> CaseResult {
    let wait = Duration::from_secs(7);
    let fault = Fault::RateLimited {
        retry_after: Some(wait),
    };
    for (operation, error) in errors_of(harness, any, &fault).await? {
        ensure(
            error.retry_after() == Some(wait),
            format!("`{operation}` was called, with {fault:?}"),
            format!("{wait:?} to wait"),
            format!("{:?} to wait", error.retry_after()),
        )?;
    }
    Ok(())
}

pub(crate) async fn status_500_is_a_server_error(harness: &Harness) -> CaseResult {
    are_of_kind(harness, Fault::Status(500), &[ErrorKind::Server]).await
}

pub(crate) async fn an_outage_is_unavailable(harness: &Harness) -> CaseResult {
    for status in [502, 503, 504] {
        are_of_kind(harness, Fault::Status(status), &[ErrorKind::Unavailable]).await?;
    }
    Ok(())
}

pub(crate) async fn no_connection_is_connect(harness: &Harness) -> CaseResult {
    are_of_kind(harness, Fault::NoConnection, &[ErrorKind::Connect]).await
}

pub(crate) async fn a_broken_connection_is_unavailable(harness: &Harness) -> CaseResult {
    for fault in [Fault::ConnectionReset, Fault::LostResponse] {
        are_of_kind(harness, fault, &[ErrorKind::Unavailable]).await?;
    }
    Ok(())
}

pub(crate) async fn the_status_is_reported(harness: &Harness) -> CaseResult {
    for status in [401, 404, 409, 500, 503] {
        let fault = Fault::Status(status);
        for (operation, error) in errors_of(harness, any, &fault).await? {
            ensure(
                error.status() == Some(status),
                format!("`{operation}` was called, with {fault:?}"),
                format!("the status {status}"),
                format!("{:?}", error.status()),
            )?;
        }
    }
    Ok(())
}

pub(crate) async fn the_vendor_message_is_reported(harness: &Harness) -> CaseResult {
    let plain = "The desk is closed today";
    for words in [
        plain.to_owned(),
        format!("{plain}\r\n2026-01-01 forged line"),
        format!("{plain} {}", "x".repeat(5000)),
    ] {
        let fault = Fault::Words {
            status: 400,
            words: words.clone(),
        };
        for (operation, error) in errors_of(harness, any, &fault).await? {
            let shown = error.to_string();
            let told = error.vendor_message().unwrap_or_default();
            ensure(
                told.starts_with(plain) && shown.lines().count() == 1 && shown.len() < 2000,
                format!(
                    "`{operation}` was refused with {} characters of words",
                    words.len()
                ),
                format!("{plain:?}, on one line, bounded"),
                shown,
            )?;
        }
    }
    Ok(())
}

pub(crate) async fn errors_name_provider_and_operation(harness: &Harness) -> CaseResult {
    for fault in [
        Fault::Status(401),
        Fault::Status(503),
        Fault::Malformed,
        Fault::LostResponse,
    ] {
        for (operation, error) in errors_of(harness, any, &fault).await? {
            ensure(
                error.provider() == Some(&*harness.info().id)
                    && error.operation() == Some(operation),
                format!("`{operation}` was called, with {fault:?}"),
                format!("an error in {} {operation}", harness.info().id),
                format!(
                    "{error} (in {:?} {:?})",
                    error.provider(),
                    error.operation()
                ),
            )?;
        }
    }
    Ok(())
}

/// Everything that an error shows, including its causes.
pub(super) fn shown(error: &Error) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}\n");
    let mut cause = error.source();
    while let Some(error) = cause {
        // Writing to a `String` does not fail.
        _ = writeln!(text, "{error}\n{error:?}\n{error:#?}");
        cause = error.source();
    }
    text
}

/// Calls every operation with every fault that the fixture supports.
pub(super) async fn each_error(
    harness: &Harness,
    faults: &[Fault],
    mut of: impl FnMut(Operation, &Error) -> CaseResult,
) -> CaseResult {
    let mut tried = false;
    for fault in faults {
        for operation in harness.declared(any)? {
            let id = harness.ticket_for(operation).await?;
            match harness.inject(operation, fault.clone()).await {
                Err(NotPassed::Skip(_)) => break,
                other => other?,
            }
            if let Err(error) = harness.call_on(operation, &id).await? {
                tried = true;
                of(operation, &error)?;
            }
        }
    }
    if tried {
        Ok(())
    } else {
        skip("the fixture has no fault that makes an error")
    }
}

/// Like [`each_error`], and also with refused connections.
pub(super) async fn every_error(
    harness: &Harness,
    faults: &[Fault],
    mut of: impl FnMut(Operation, &Error) -> CaseResult,
) -> CaseResult {
    each_error(harness, faults, &mut of).await?;
    match errors_of(harness, any, &Fault::NoConnection).await {
        Err(NotPassed::Skip(_)) => Ok(()),
        errors => errors?
            .iter()
            .try_for_each(|(operation, error)| of(*operation, error)),
    }
}

pub(crate) async fn errors_show_no_url(harness: &Harness) -> CaseResult {
    every_error(harness, &faults(), |operation, error| {
        let shown = error.to_string();
        ensure(
            !shown.contains("://"),
            format!("`{operation}` failed: {}", error.kind()),
            "no address",
            shown,
        )
    })
    .await
}

pub(crate) async fn errors_show_no_ticket_text(harness: &Harness) -> CaseResult {
    harness.require(Operation::Create)?;
    let (subject, description) = ("kq1 planted subject", "kq2 planted description");
    let mut new = harness.new_ticket()?;
    subject.clone_into(&mut new.subject);
    new.description = new.description.map(|_| description.to_owned());
    let none = |what: &str, error: &Error| {
        let told = shown(error);
        ensure(
            !told.contains(subject) && !told.contains(description),
            format!("a ticket with seeded texts was {what}: {}", error.kind()),
            "an error without them",
            told,
        )
    };
    let id = match harness.provider.create(&CallContext::new(), &new).await {
        Ok(created) => created.id,
        Err(error) => return fail("a ticket was created", "success", describe_error(&error)),
    };
    let reads = harness.info().capabilities.supports(Operation::Get);
    let mut tried = false;
    for fault in faults() {
        match harness.inject(Operation::Create, fault.clone()).await {
            Err(NotPassed::Skip(_)) => continue,
            other => other?,
        }
        tried = true;
        if let Err(error) = harness.provider.create(&CallContext::new(), &new).await {
            none("created", &error)?;
        }
        if reads {
            harness.inject(Operation::Get, fault).await?;
            if let Err(error) = harness.provider.get(&CallContext::new(), &id).await {
                none("read", &error)?;
            }
        }
    }
    if tried {
        Ok(())
    } else {
        skip("the fixture has no fault that makes an error")
    }
}
