//! An id reaches only its own ticket and its own endpoint.

use ticket_core::model::PageRequest;
use ticket_core::provider::Request;
use ticket_core::{
    CallContext, DeleteTarget, Effect, Error, ErrorKind, Operation, Outcome, TicketId,
};

use crate::harness::{
    CaseResult, Harness, describe, describe_error, ensure, fail, is_accepted, only_outcome, skip,
};

/// Matches the operations that take an id.
pub(super) fn takes_an_id(operation: Operation) -> bool {
    !matches!(
        operation,
        Operation::Create | Operation::List | Operation::Download | Operation::Job
    )
}

/// Calls the operation. `Ok(true)` is a success that refers to a ticket.
pub(super) async fn act(
    harness: &Harness,
    operation: Operation,
    id: &TicketId,
) -> CaseResult<Result<bool, Error>> {
    Ok(match operation {
        Operation::Get => harness
            .provider
            .get(&CallContext::new(), id)
            .await
            .map(|_| true),
        // A vendor may return an empty page of messages for a ticket that does not exist.
        Operation::Messages => {
            let page = harness
                .provider
                .messages(&CallContext::new(), id, &PageRequest::first())
                .await;
            page.map(|page| !page.items.is_empty())
        }
        Operation::Delete | Operation::Purge => {
            let (context, targets) = (CallContext::new(), [DeleteTarget::from(id)]);
            let report = match operation {
                Operation::Purge => harness.provider.purge(&context, &targets).await,
                _ => harness.provider.delete(&context, &targets).await,
            };
            match report {
                Err(error) if operation == Operation::Purge && is_accepted(&error) => Ok(true),
                Err(error) => Err(error),
                Ok(report) => match only_outcome(&report)?.1 {
                    Outcome::Done | Outcome::AlreadyDone => Ok(true),
                    outcome => outcome
                        .error()
                        .map_or(Ok(false), |error| Err(error.clone())),
                },
            }
        }
        Operation::Update => {
            let patch = harness.patch()?;
            harness
                .provider
                .update(&CallContext::new(), id, &patch)
                .await
                .map(|()| true)
        }
        Operation::Resolve => harness
            .provider
            .resolve(&CallContext::new(), id)
            .await
            .map(|()| true),
        Operation::Comment => {
            let comment = harness.comment("Written by the suite")?;
            harness
                .provider
                .comment(&CallContext::new(), id, &comment)
                .await
                .map(|()| true)
        }
        Operation::Attachments => {
            let page = harness
                .provider
                .attachments(&CallContext::new(), id, &PageRequest::first())
                .await;
            page.map(|page| !page.items.is_empty())
        }
        Operation::Restore => harness
            .provider
            .restore(&CallContext::new(), id)
            .await
            .map(|()| true),
        _ => Ok(false),
    })
}

/// Texts that change the meaning of a path, a query or JSON if they are inserted without encoding.
fn hostile(id: &str) -> Vec<String> {
    let mut ids: Vec<String> = [
        "../x",
        "a/b",
        "/",
        "//",
        "?",
        "#",
        "1?x=2",
        "1#x",
        "%2e%2e",
        "%2E%2E%2F",
        "..%2f",
        "1;x=2",
        "1&x=2",
        "*",
        "\\",
        "..\\x",
        "\"",
        "'",
        "1' OR '1'='1",
        "{id}",
        "$(id)",
        "null",
        "[]",
        "ä",
        "\u{202e}1",
    ]
    .map(str::to_owned)
    .into();
    ids.extend([
        format!("{id}?x=2"),
        format!("{id}#x"),
        format!("{id}/"),
        format!("/{id}"),
        format!("./{id}"),
        format!("{id}/../{id}"),
        format!("../{id}"),
        format!("{id}/x"),
        format!("{id}%00"),
        format!("{id},{id}"),
        format!("{id}&x=2"),
        format!("\"{id}\""),
        format!("[{id}]"),
        format!("{id}\",\"x\":\""),
        format!("+{id}"),
        format!("0{id}"),
        format!("{id}.0"),
    ]);
    ids.extend(super::common::other_forms(id));
    ids
}

pub(crate) async fn invalid_ids_are_refused(harness: &Harness) -> CaseResult {
    let long = "1".repeat(257);
    for operation in harness.declared(takes_an_id)? {
        // The other arguments are not checked, because the id is refused first.
        let comment = match operation {
            Operation::Comment => Some(harness.comment("Written by the suite")?),
            _ => None,
        };
        for text in [
            "",
            " ",
            "\t",
            ".",
            "..",
            "1\n2",
            "\0",
            " 1",
            "1 ",
            long.as_str(),
        ] {
            let id = TicketId::new(text);
            let request = Request::Get(&id);
            // ticket-core decides which ids are valid. Its check is the same for all operations, even if `get` is not
            // declared.
            let expected = ticket_core::ProviderInfo::new(
                "any",
                "Any",
                ticket_core::provider::Capabilities::none().get(),
            )
            .check(&request);
            if expected.is_ok() {
                continue;
            }
            let before = harness.journal()?.len();
            let patch = ticket_core::TicketPatch::new()
                .subject("x")
                .description("x");
            let provider = &harness.provider;
            let result = match operation {
                Operation::Get => provider.get(&CallContext::new(), &id).await.map(drop),
                Operation::Update => provider.update(&CallContext::new(), &id, &patch).await,
                Operation::Resolve => provider.resolve(&CallContext::new(), &id).await,
                Operation::Delete => provider
                    .delete(&CallContext::new(), &[DeleteTarget::from(&id)])
                    .await
                    .map(drop),
                Operation::Messages => {
                    let page = PageRequest::first();
                    provider
                        .messages(&CallContext::new(), &id, &page)
                        .await
                        .map(drop)
                }
                Operation::Restore => provider.restore(&CallContext::new(), &id).await,
                Operation::Purge => provider
                    .purge(&CallContext::new(), &[DeleteTarget::from(&id)])
                    .await
                    .map(drop),
                Operation::Attachments => {
                    let page = PageRequest::first();
                    provider
                        .attachments(&CallContext::new(), &id, &page)
                        .await
                        .map(drop)
                }
                _ => match &comment {
                    Some(comment) => provider.comment(&CallContext::new(), &id, comment).await,
                    None => continue,
                },
            };
            let right = result.as_ref().is_err_and(|error| {
                error.kind() == ErrorKind::InvalidInput && error.effect() == Effect::None
            });
            let seen = harness.requests_since(before)?.len();
            ensure(
                right && seen == 0,
                format!("`{operation}` was called with the id {text:?}"),
                "invalid_input of effect none, and no request",
                format!("{}, {seen} requests", describe(&result)),
            )?;
        }
    }
    Ok(())
}

pub(crate) async fn hostile_ids_stay_one_path_segment(harness: &Harness) -> CaseResult {
    for operation in harness.declared(takes_an_id)? {
        let id = harness.ticket_for(operation).await?;
        let before = harness.journal()?.len();
        harness.call_on_with_patch(operation, &id).await?;
        let usual = harness.requests_since(before)?;
        let Some(models) = usual
            .into_iter()
            .map(|one| one.path)
            .collect::<Option<Vec<_>>>()
        else {
            return skip("the fixture's journal has no paths");
        };
        if models.is_empty() {
            continue;
        }
        let is_usual = |path: &str| {
            let mut models = models.iter();
            models.any(|model| same_endpoint(model, path, id.as_str()))
        };
        for text in hostile(id.as_str()) {
            let before = harness.journal()?.len();
            let result = act(harness, operation, &TicketId::new(&text)).await?;
            for seen in harness.requests_since(before)? {
                let path = seen.path.unwrap_or_default();
                ensure(
                    is_usual(&path),
                    format!(
                        "`{operation}` was called with the id {text:?}, and came to {}",
                        describe(&result)
                    ),
                    format!("a request to {}, but for the id", models.join(" or ")),
                    format!("a request to {path}"),
                )?;
            }
        }
    }
    Ok(())
}

/// Whether two requests went to the same address, except for the segment or value with the id.
fn same_endpoint(model: &str, path: &str, id: &str) -> bool {
    let parts = |path: &str| -> (Vec<String>, String) {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let segments = path.split('/').map(str::to_owned).collect();
        (segments, query.to_owned())
    };
    let ((model, model_query), (path, query)) = (parts(model), parts(path));
    let segments = model.len() == path.len()
        && model
            .iter()
            .zip(&path)
            .all(|(model, path)| model == path || model.contains(id));
    // Servers and proxies resolve dot segments, encoded or not.
    let no_dots = path.iter().all(|segment| {
        let dots = segment.to_ascii_lowercase().replace("%2e", ".");
        dots != "." && dots != ".."
    });
    let names = |query: &str| -> Vec<String> {
        let pairs = query.split('&');
        pairs
            .map(|pair| pair.split('=').next().unwrap_or_default().to_owned())
            .collect()
    };
    segments
        && no_dots
        && !path.iter().any(|part| part.contains('#'))
        && names(&model_query) == names(&query)
}

pub(crate) async fn hostile_ids_affect_no_ticket(harness: &Harness) -> CaseResult {
    for operation in harness.declared(takes_an_id)? {
        let id = harness.ticket().await?;
        for text in hostile(id.as_str()) {
            let result = act(harness, operation, &TicketId::new(&text)).await?;
            let what =
                format!("`{operation}` was called with the id {text:?}, which no ticket has");
            match &result {
                Ok(false) => {}
                Err(error)
                    if error.effect() == Effect::None && error.kind() != ErrorKind::Unsupported => {
                }
                _ => {
                    return fail(what, "an error of effect none", describe(&result));
                }
            }
            ensure(
                harness.exists(&id).await?,
                what,
                format!("the ticket {id} still exists"),
                "it is gone",
            )?;
        }
    }
    Ok(())
}

pub(crate) async fn missing_tickets_are_not_found(harness: &Harness) -> CaseResult {
    harness.require(Operation::Get)?;
    let id = harness.missing_id()?;
    let result = harness.provider.get(&CallContext::new(), &id).await;
    let right = result
        .as_ref()
        .is_err_and(|error| error.kind() == ErrorKind::NotFound && error.effect() == Effect::None);
    ensure(
        right,
        "a ticket was read that does not exist",
        "not_found of effect none",
        describe(&result),
    )
}

pub(crate) async fn missing_tickets_cannot_be_changed(harness: &Harness) -> CaseResult {
    let changes = |operation: Operation| {
        matches!(
            operation,
            Operation::Update | Operation::Resolve | Operation::Comment | Operation::Restore
        )
    };
    let id = harness.missing_id()?;
    for operation in harness.declared(changes)? {
        let result = act(harness, operation, &id).await?;
        let what = format!("`{operation}` was called on a ticket that does not exist");
        match &result {
            Err(error) if error.effect() == Effect::None && !error.is_transient() => {}
            Err(error) => {
                return fail(
                    what,
                    "an error of effect none that is not retryable",
                    describe_error(error),
                );
            }
            Ok(_) => return fail(what, "an error", "success"),
        }
    }
    Ok(())
}

impl Harness {
    /// Calls the operation on a ticket that exists.
    async fn call_on_with_patch(&self, operation: Operation, id: &TicketId) -> CaseResult {
        match act(self, operation, id).await? {
            Ok(_) => Ok(()),
            Err(error) => fail(
                format!("`{operation}` was called on a ticket that exists"),
                "success",
                describe_error(&error),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_that_differ_in_the_id_only_are_the_same_endpoint() {
        let same = |path| same_endpoint("/api/tickets/77/notes?all=1", path, "77");
        assert!(same("/api/tickets/a%2Fb/notes?all=2"));
        for other in [
            "/api/tickets/a/b/notes?all=1",
            "/api/tickets/../notes?all=1",
            "/api/tickets/%2e%2E/notes?all=1",
            "/api/tickets/77?x=2/notes?all=1",
            "/api/tickets/77/notes?all=1&x=2",
            "/api/tickets/77",
            "/api/users/77/notes?all=1",
        ] {
            assert!(!same(other), "{other}");
        }
    }
}
