//! Creates with an idempotency key.

use std::hash::{BuildHasher as _, RandomState};

use ticket_core::{CallContext, Effect, Operation};

use crate::fault::Fault;
use crate::harness::{CaseResult, Harness, describe, ensure, skip};

pub(crate) async fn create_repeated_with_its_key_is_one_ticket(harness: &Harness) -> CaseResult {
    harness.require(Operation::Create)?;
    let info = harness.info();
    let support = info.capabilities.support(Operation::Create);
    if support.is_none_or(|support| support.keeps_keys_for.is_none()) {
        return skip(format!("{} keeps no idempotency keys", info.title));
    }
    let ticket = harness.new_ticket()?;
    let create = |key: &str| {
        let (context, ticket) = (CallContext::new().idempotency_key(key), ticket.clone());
        async move { harness.provider.create(&context, &ticket).await }
    };
    // Others at each run: a vendor that is not ours still keeps those of the last one.
    let key = format!("{:016x}", RandomState::new().hash_one(()));
    let before = harness.journal()?.len();
    harness
        .inject(Operation::Create, Fault::LostResponse)
        .await?;
    let lost = create(&key).await;
    ensure(
        lost.as_ref()
            .is_err_and(|error| error.effect() == Effect::Unknown),
        "a ticket was created with a key, and the reply was lost",
        "an error of effect unknown",
        describe(&lost),
    )?;
    let again = create(&key).await;
    ensure(
        again
            .as_ref()
            .is_ok_and(|created| created.by_earlier_attempt),
        "the same ticket was created with the same key",
        "success, told as created by the earlier attempt",
        describe(&again),
    )?;
    let other = create(&format!("{key}-other")).await;
    let is_another = match (&again, &other) {
        (Ok(again), Ok(other)) => again.id != other.id && !other.by_earlier_attempt,
        _ => false,
    };
    ensure(
        is_another,
        "the same ticket was created with another key",
        "another ticket, not told as created by an earlier attempt",
        describe(&other),
    )?;
    let effects = harness.requests_since(before)?.into_iter();
    let effects: Vec<_> = effects.filter_map(|seen| seen.took_effect).collect();
    if effects.is_empty() {
        return skip("the fixture's journal does not say what took effect");
    }
    let tickets = effects.iter().filter(|took_effect| **took_effect).count();
    ensure(
        tickets == 2,
        "a ticket was created three times, twice with the same key",
        "two tickets",
        format!("{tickets} requests that took effect"),
    )
}
