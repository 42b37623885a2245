//! No field is dropped silently: every supported field reaches the vendor, completely and in its place.

use std::fmt::Debug;

use ticket_core::model::{Attachment, PageRequest, Priority, State};
use ticket_core::provider::Field;
use ticket_core::{
    CallContext, ErrorKind, NewComment, Operation, Result, TicketPatch, TicketQuery,
};

use super::refused::{MARK, patches_with_each_field, tickets_with_each_field};
use crate::canary;
use crate::fixture::ReceivedRequest;
use crate::harness::{CaseResult, Harness, describe, describe_error, ensure, fail, skip};

/// The mark of the second value in a field that holds several.
const SECOND: &str = "conformancesecond";
/// The contents of the two files.
const CONTENTS: [&str; 2] = ["bytesofthefirstfile", "bytesofthesecondfile"];

fn files() -> [Attachment; 2] {
    let file =
        |name: &str, content: &str| Attachment::new(format!("{name}.txt"), content.as_bytes());
    [file(MARK, CONTENTS[0]), file(SECOND, CONTENTS[1])]
}

/// The texts that the request must contain for the field.
fn marks(field: Field) -> &'static [&'static str] {
    match field {
        Field::RequesterPhone => &["49305550199"],
        Field::Tags => &[MARK, SECOND],
        Field::Attachments => &[MARK, SECOND, CONTENTS[0], CONTENTS[1]],
        _ => &[MARK],
    }
}

/// Checks that the request contains each mark of the field. If no request was sent, checks that the field was refused
/// by name.
fn was_sent(
    harness: &Harness,
    before: usize,
    operation: Operation,
    field: Field,
    marks: &[&str],
    result: &Result<()>,
) -> CaseResult {
    let what = format!("`{operation}` was called with a `{field}`, which is supported");
    let Some(seen) = harness.decisive_since(before, operation)? else {
        return was_refused(what, field, result);
    };
    let mut sent = text_of(seen)?;
    let support = harness.info().capabilities.support(operation);
    if field == Field::Attachments && support.is_some_and(|support| support.requests_per_file > 0) {
        // Files are sent before the request that attaches them.
        for staged in harness.requests_since(before)? {
            sent.push_str(&text_of(staged)?);
        }
    }
    for mark in marks {
        ensure(
            // The contents of a file may be encoded.
            !canary::find(&sent, [*mark]).is_empty(),
            what.clone(),
            format!("{mark:?} in the request"),
            "the request does not contain it",
        )?;
    }
    Ok(())
}

/// If nothing was sent for a supported field, the error must name the field.
fn was_refused<T: Debug>(what: String, field: Field, result: &Result<T>) -> CaseResult {
    let named = result.as_ref().is_err_and(|error| {
        error.kind() == ErrorKind::InvalidInput && error.message().contains(field.as_str())
    });
    ensure(
        named,
        what,
        "a request, or a refusal that names the field",
        describe(result),
    )
}

/// Path and body of a request.
fn text_of(seen: ReceivedRequest) -> CaseResult<String> {
    let Some(text) = seen.text else {
        return skip("the fixture's journal has no texts");
    };
    Ok(format!("{}\n{text}", seen.path.unwrap_or_default()))
}

pub(crate) async fn given_fields_of_a_ticket_are_sent(harness: &Harness) -> CaseResult {
    let fields = harness.fields(Operation::Create)?;
    let base = harness.new_ticket()?;
    let mut probes = tickets_with_each_field(&base);
    let mut subject = base.clone();
    MARK.clone_into(&mut subject.subject);
    probes.push((Field::Subject, subject));
    for (field, mut ticket) in probes {
        // The vendor decides how a priority is encoded; another case reads it back.
        if field == Field::Priority || !fields.carried().contains(&field) {
            continue;
        }
        match field {
            Field::Tags => ticket = ticket.tag(SECOND),
            Field::Attachments => ticket.attachments = files().into(),
            _ => {}
        }
        let before = harness.journal()?.len();
        let result = harness
            .provider
            .create(&CallContext::new(), &ticket)
            .await
            .map(drop);
        was_sent(
            harness,
            before,
            Operation::Create,
            field,
            marks(field),
            &result,
        )?;
    }
    Ok(())
}

pub(crate) async fn given_fields_of_a_patch_are_sent(harness: &Harness) -> CaseResult {
    let fields = harness.fields(Operation::Update)?;
    for (field, mut patch) in patches_with_each_field(&TicketPatch::new()) {
        // The vendor decides how these are encoded.
        let coded = [Field::Priority, Field::Status].contains(&field);
        if coded || !fields.carried().contains(&field) {
            continue;
        }
        if field == Field::Attachments {
            patch.attachments = files().into();
        }
        let id = harness.ticket().await?;
        let before = harness.journal()?.len();
        let result = harness
            .provider
            .update(&CallContext::new(), &id, &patch)
            .await;
        was_sent(
            harness,
            before,
            Operation::Update,
            field,
            marks(field),
            &result,
        )?;
    }
    Ok(())
}

pub(crate) async fn comments_are_sent_whole(harness: &Harness) -> CaseResult {
    let fields = harness.fields(Operation::Comment)?;
    let id = harness.ticket().await?;
    // The mark is at the end, because truncation would remove it first.
    let body = format!("{} {MARK}", "x".repeat(500));
    let mut sent: Vec<(Field, String)> = Vec::new();
    for (field, comment) in [
        (Field::Internal, NewComment::internal(&body)),
        (Field::Inbound, NewComment::inbound(&body)),
        (Field::Outbound, NewComment::outbound(&body)),
    ] {
        if !fields.carried().contains(&field) {
            continue;
        }
        let before = harness.journal()?.len();
        let result = harness
            .provider
            .comment(&CallContext::new(), &id, &comment)
            .await;
        if let Err(error) = &result {
            return fail(
                format!("a comment was written, `{field}`"),
                "success",
                describe_error(error),
            );
        }
        was_sent(
            harness,
            before,
            Operation::Comment,
            field,
            &[&body],
            &result,
        )?;
        if let Some(seen) = harness.decisive_since(before, Operation::Comment)? {
            let text = text_of(seen)?;
            if let Some((other, _)) = sent.iter().find(|(_, known)| *known == text) {
                return fail(
                    format!("the same comment was written as `{other}` and then `{field}`"),
                    "two requests that differ",
                    "the same request twice: the vendor cannot distinguish the recipients",
                );
            }
            sent.push((field, text));
        }
        if fields.carried().contains(&Field::Attachments) {
            let [first, second] = files();
            let comment = comment.attachment(first).attachment(second);
            let before = harness.journal()?.len();
            let result = harness
                .provider
                .comment(&CallContext::new(), &id, &comment)
                .await;
            let (field, marks) = (Field::Attachments, marks(Field::Attachments));
            was_sent(harness, before, Operation::Comment, field, marks, &result)?;
        }
    }
    Ok(())
}

pub(crate) async fn given_filters_are_sent(harness: &Harness) -> CaseResult {
    let fields = harness.fields(Operation::List)?;
    let query = TicketQuery::new;
    let limit = |limit| query().page(PageRequest::first().limit(limit));
    // The vendor decides how a filter is encoded, but two different filters must differ.
    let filters = [
        (Field::Search, query().search(MARK), query().search(SECOND)),
        (
            Field::Category,
            query().category(MARK),
            query().category(SECOND),
        ),
        (
            Field::Priority,
            query().priority(Priority::High),
            query().priority(Priority::Low),
        ),
        (
            Field::State,
            query().state(State::Open),
            query().state(State::Closed),
        ),
        (Field::PageLimit, limit(1), limit(2)),
    ];
    let mut tried = false;
    for (field, one, other) in filters {
        if !fields.carried().contains(&field) {
            continue;
        }
        tried = true;
        let one = list(harness, field, &one).await?;
        let other = list(harness, field, &other).await?;
        ensure(
            one != other || one.is_empty(),
            format!("lists were read by two different filters, `{field}`"),
            "two requests that differ",
            "the same request twice",
        )?;
    }
    if !tried {
        return skip(format!("{}'s lists have no filter", harness.info().title));
    }
    Ok(())
}

/// The requests of a list call. Its result does not matter.
async fn list(harness: &Harness, field: Field, query: &TicketQuery) -> CaseResult<Vec<String>> {
    let before = harness.journal()?.len();
    let result = harness.provider.list(&CallContext::new(), query).await;
    let seen = harness.requests_since(before)?;
    if seen.is_empty() {
        let what = format!("a list was read with a `{field}`, which is supported");
        was_refused(what, field, &result)?;
    }
    seen.into_iter().map(text_of).collect()
}
