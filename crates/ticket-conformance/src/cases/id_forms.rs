//! The declared form of ids: the vendor's own ids have it, and ids of another form are not sent.

use ticket_core::{CallContext, Effect, ErrorKind, Operation, ProviderInfo, TicketId, TicketQuery};

use super::common::other_forms;
use super::ids::{act, takes_an_id};
use crate::harness::{
    CaseResult, Harness, NotPassed, describe, describe_error, ensure, fail, skip,
};

fn check_form(info: &ProviderInfo, id: &TicketId, source: &str) -> CaseResult {
    match info.check_id(id) {
        Ok(()) => Ok(()),
        Err(error) => fail(
            format!("the declared form of ids was compared with the id of {source}, {id}"),
            format!("the form `{}` admits it", info.id_form),
            describe_error(&error),
        ),
    }
}

/// What the fixture gives, if it can.
fn if_given<T>(given: CaseResult<T>) -> CaseResult<Option<T>> {
    match given {
        Ok(value) => Ok(Some(value)),
        Err(NotPassed::Skip(_)) => Ok(None),
        Err(failed) => Err(failed),
    }
}

pub(crate) async fn vendor_ids_have_the_declared_form(harness: &Harness) -> CaseResult {
    let supports = |operation| harness.info().capabilities.supports(operation);
    let mut given = Vec::new();
    if supports(Operation::List) && if_given(harness.fill(2).await)?.is_some() {
        let query = TicketQuery::new();
        match harness.provider.list(&CallContext::new(), &query).await {
            Ok(page) => given.extend(
                page.items
                    .into_iter()
                    .map(|one| (one.id, "a listed ticket")),
            ),
            Err(error) => return fail("a page was read", "success", describe_error(&error)),
        }
    }
    if supports(Operation::Create) {
        let new = harness.new_ticket()?;
        match harness.provider.create(&CallContext::new(), &new).await {
            Ok(created) => given.push((created.id, "a created ticket")),
            Err(error) => return fail("a ticket was created", "success", describe_error(&error)),
        }
    }
    let ticket = if_given(harness.ticket().await)?;
    given.extend(ticket.map(|id| (id, "a ticket that exists")));
    let missing = if_given(harness.missing_id())?;
    given.extend(missing.map(|id| (id, "no ticket")));
    if given.is_empty() {
        return skip("the fixture gives no id");
    }
    given
        .iter()
        .try_for_each(|(id, source)| check_form(harness.info(), id, source))
}

pub(crate) async fn ids_of_another_form_are_refused(harness: &Harness) -> CaseResult {
    for operation in harness.declared(takes_an_id)? {
        let id = harness.ticket().await?;
        for text in other_forms(id.as_str()) {
            let text = TicketId::new(text);
            if harness.info().check_id(&text).is_ok() {
                continue;
            }
            let before = harness.journal()?.len();
            let result = act(harness, operation, &text).await?;
            let is_refused = result.as_ref().is_err_and(|error| {
                error.kind() == ErrorKind::InvalidInput && error.effect() == Effect::None
            });
            let seen = harness.requests_since(before)?.len();
            ensure(
                is_refused && seen == 0,
                format!(
                    "`{operation}` was called with the id {:?}, where ids have the form `{}`",
                    text.as_str(),
                    harness.info().id_form
                ),
                "invalid_input of effect none, and no request",
                format!("{}, {seen} requests", describe(&result)),
            )?;
        }
    }
    Ok(())
}
