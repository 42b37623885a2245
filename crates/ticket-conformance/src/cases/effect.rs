//! The effect of an error is correct: `None` means that the vendor certainly did not act, otherwise it is `Unknown`.

use ticket_core::{Effect, Operation};

use super::common::{errors_of, faults};
use crate::fault::{Fault, FaultTarget};
use crate::harness::{
    CaseResult, Harness, NotPassed, describe, describe_error, ensure, reads, skip, writes,
};

async fn are_of_effect(
    harness: &Harness,
    among: fn(Operation) -> bool,
    fault: &Fault,
    effect: Effect,
) -> CaseResult {
    for (operation, error) in errors_of(harness, among, fault).await? {
        ensure(
            error.effect() == effect,
            format!("`{operation}` was called, with {fault:?}"),
            format!("effect {effect}"),
            describe_error(&error),
        )?;
    }
    Ok(())
}

pub(crate) async fn never_sent_is_no_effect(harness: &Harness) -> CaseResult {
    are_of_effect(harness, writes, &Fault::NoConnection, Effect::None).await
}

pub(crate) async fn refusals_are_no_effect(harness: &Harness) -> CaseResult {
    for fault in [
        Fault::Status(401),
        Fault::Status(403),
        Fault::Status(409),
        Fault::RateLimited { retry_after: None },
    ] {
        are_of_effect(harness, writes, &fault, Effect::None).await?;
    }
    Ok(())
}

pub(crate) async fn lost_responses_are_unknown(harness: &Harness) -> CaseResult {
    are_of_effect(harness, writes, &Fault::LostResponse, Effect::Unknown).await
}

pub(crate) async fn failures_are_unknown(harness: &Harness) -> CaseResult {
    for status in [500, 502, 503] {
        let fault = Fault::StatusAfterEffect(status);
        are_of_effect(harness, writes, &fault, Effect::Unknown).await?;
    }
    Ok(())
}

pub(crate) async fn late_refusals_are_unknown(harness: &Harness) -> CaseResult {
    for status in [408, 499] {
        let fault = Fault::StatusAfterEffect(status);
        are_of_effect(harness, writes, &fault, Effect::Unknown).await?;
    }
    Ok(())
}

pub(crate) async fn errors_in_a_success_are_unknown(harness: &Harness) -> CaseResult {
    are_of_effect(harness, writes, &Fault::ErrorInSuccess, Effect::Unknown).await
}

pub(crate) async fn only_the_documented_status_confirms(harness: &Harness) -> CaseResult {
    for operation in harness.declared(writes)? {
        let id = harness.ticket_for(operation).await?;
        let before = harness.journal()?.len();
        let result = harness.call_on(operation, &id).await?;
        let seen = harness.decisive_since(before, operation)?;
        let (Ok(()), Some(documented)) = (&result, seen.and_then(|seen| seen.status)) else {
            return skip(format!(
                "the fixture's journal does not say which status confirms `{operation}`"
            ));
        };
        for status in [201, 202, 203, 205, 206, 207] {
            if status == documented {
                continue;
            }
            let fault = Fault::UnconfirmedStatus(status);
            let result = harness.call_with_fault(operation, &fault).await?;
            let is_unknown = result
                .as_ref()
                .is_err_and(|error| error.effect() == Effect::Unknown);
            ensure(
                is_unknown,
                format!("`{operation}` was called, with {fault:?} in place of {documented}"),
                "an error of effect unknown",
                describe(&result),
            )?;
        }
    }
    Ok(())
}

pub(crate) async fn only_the_documented_word_confirms(harness: &Harness) -> CaseResult {
    let confirmed = harness.fixture.writes_confirmed_by_a_word();
    let mut operations = harness.declared(writes)?;
    operations.retain(|operation| confirmed.contains(operation));
    if operations.is_empty() {
        return skip("the fixture knows no write that a word confirms");
    }
    for operation in operations {
        let result = harness
            .call_with_fault(operation, &Fault::OtherWord)
            .await?;
        let is_unknown = result
            .as_ref()
            .is_err_and(|error| error.effect() == Effect::Unknown);
        ensure(
            is_unknown,
            format!(
                "`{operation}` was called, and the reply had another word than the one that confirms it"
            ),
            "an error of effect unknown",
            describe(&result),
        )?;
    }
    Ok(())
}

pub(crate) async fn failed_preparing_reads_have_no_effect(harness: &Harness) -> CaseResult {
    let mut tried = false;
    for operation in harness.declared(writes)? {
        let id = harness.ticket_for(operation).await?;
        let before = harness.journal()?.len();
        _ = harness.call_on(operation, &id).await?;
        let seen = harness.requests_since(before)?;
        if seen.first().is_none_or(|first| first.is_write) {
            continue;
        }
        tried = true;
        for fault in [
            Fault::Status(500),
            Fault::Status(503),
            Fault::LostResponse,
            Fault::Malformed,
            Fault::Truncated,
        ] {
            let id = harness.ticket_for(operation).await?;
            let before = harness.journal()?.len();
            harness
                .inject_into(FaultTarget::NextRead, fault.clone())
                .await?;
            let result = harness.call_on(operation, &id).await?;
            let seen = harness.requests_since(before)?;
            // What it read before, it may know by now; then the fault hit a read that confirms.
            if seen.first().is_some_and(|first| first.is_write) {
                continue;
            }
            let writes = seen.iter().filter(|seen| seen.is_write).count();
            let is_none = result
                .as_ref()
                .is_err_and(|error| error.effect() == Effect::None);
            ensure(
                is_none && writes == 0,
                format!("`{operation}` was called, with {fault:?} in the read before the write"),
                "an error of effect none, and no write",
                format!("{} and {writes} writes", describe(&result)),
            )?;
        }
    }
    if !tried {
        return skip(format!(
            "{} does not read before it writes",
            harness.info().title
        ));
    }
    Ok(())
}

pub(crate) async fn unreadable_replies_are_unknown(harness: &Harness) -> CaseResult {
    for fault in [
        Fault::Malformed,
        Fault::Truncated,
        Fault::Oversized,
        Fault::WebPage { status: 200 },
    ] {
        are_of_effect(harness, writes, &fault, Effect::Unknown).await?;
    }
    Ok(())
}

pub(crate) async fn errors_of_no_effect_changed_nothing(harness: &Harness) -> CaseResult {
    let mut known = false;
    for fault in faults() {
        for operation in harness.declared(writes)? {
            let id = harness.ticket_for(operation).await?;
            let before = harness.journal()?.len();
            match harness.inject(operation, fault.clone()).await {
                Err(NotPassed::Skip(_)) => break,
                other => other?,
            }
            let result = harness.call_on(operation, &id).await?;
            let effects = harness.requests_since(before)?.into_iter();
            let effects: Vec<_> = effects.filter_map(|seen| seen.took_effect).collect();
            known |= !effects.is_empty();
            let Err(error) = result else { continue };
            ensure(
                error.effect() == Effect::Unknown || !effects.contains(&true),
                format!("`{operation}` was called, with {fault:?}, and the vendor did it"),
                "effect unknown",
                describe_error(&error),
            )?;
        }
    }
    if !known {
        return skip("the fixture's journal does not say what took effect");
    }
    Ok(())
}

pub(crate) async fn reads_have_no_effect(harness: &Harness) -> CaseResult {
    for fault in [
        Fault::LostResponse,
        Fault::Status(500),
        Fault::Malformed,
        Fault::Truncated,
    ] {
        are_of_effect(harness, reads, &fault, Effect::None).await?;
    }
    Ok(())
}
