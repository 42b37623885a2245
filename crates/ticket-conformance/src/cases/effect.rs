//! The effect is true: `None` promises that the vendor did not act; who is not sure says `Unknown`.

use ticket_core::{Effect, Operation};

use super::common::{errors_of, faults};
use crate::fault::Fault;
use crate::lab::{Lab, Stop, Tried, ensure, reads, skip, told, writes};

async fn are_of_effect(
    lab: &Lab,
    among: fn(Operation) -> bool,
    fault: &Fault,
    effect: Effect,
) -> Tried {
    for (operation, error) in errors_of(lab, among, fault).await? {
        ensure(
            error.effect() == effect,
            format!("`{operation}` was called, with {fault:?}"),
            format!("effect {effect}"),
            told(&error),
        )?;
    }
    Ok(())
}

pub(crate) async fn never_sent_is_no_effect(lab: &Lab) -> Tried {
    are_of_effect(lab, writes, &Fault::NoConnection, Effect::None).await
}

pub(crate) async fn refusals_are_no_effect(lab: &Lab) -> Tried {
    for fault in [
        Fault::Status(401),
        Fault::Status(403),
        Fault::Status(409),
        Fault::RateLimited { retry_after: None },
    ] {
        are_of_effect(lab, writes, &fault, Effect::None).await?;
    }
    Ok(())
}

pub(crate) async fn lost_responses_are_unknown(lab: &Lab) -> Tried {
    are_of_effect(lab, writes, &Fault::LostResponse, Effect::Unknown).await
}

pub(crate) async fn failures_are_unknown(lab: &Lab) -> Tried {
    for status in [500, 502, 503] {
        let fault = Fault::StatusAfterEffect(status);
        are_of_effect(lab, writes, &fault, Effect::Unknown).await?;
    }
    Ok(())
}

pub(crate) async fn unreadable_replies_are_unknown(lab: &Lab) -> Tried {
    for fault in [
        Fault::Malformed,
        Fault::Truncated,
        Fault::Oversized,
        Fault::WebPage { status: 200 },
    ] {
        are_of_effect(lab, writes, &fault, Effect::Unknown).await?;
    }
    Ok(())
}

pub(crate) async fn no_effect_is_true(lab: &Lab) -> Tried {
    let mut known = false;
    for fault in faults() {
        for operation in lab.declared(writes)? {
            let id = lab.subject_of(operation).await?;
            let before = lab.journal()?.len();
            match lab.inject(fault.clone()).await {
                Err(Stop::Skip(_)) => break,
                other => other?,
            }
            let result = lab.call_on(operation, &id).await?;
            let effects = lab.seen_since(before)?.into_iter();
            let effects: Vec<_> = effects.filter_map(|seen| seen.took_effect).collect();
            known |= !effects.is_empty();
            let Err(error) = result else { continue };
            ensure(
                error.effect() == Effect::Unknown || !effects.contains(&true),
                format!("`{operation}` was called, with {fault:?}, and the vendor did it"),
                "effect unknown",
                told(&error),
            )?;
        }
    }
    if !known {
        return skip("the fixture's journal does not say what took effect");
    }
    Ok(())
}

pub(crate) async fn reads_have_no_effect(lab: &Lab) -> Tried {
    for fault in [
        Fault::LostResponse,
        Fault::Status(500),
        Fault::Malformed,
        Fault::Truncated,
    ] {
        are_of_effect(lab, reads, &fault, Effect::None).await?;
    }
    Ok(())
}
