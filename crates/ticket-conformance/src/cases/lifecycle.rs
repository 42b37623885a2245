//! The life of a ticket: reads return what was created, changed and resolved. Messages are in `messages.rs`.

use ticket_core::model::{Person, Priority, Status};
use ticket_core::provider::Field;
use ticket_core::{
    CallContext, Effect, ErrorKind, NewTicket, Operation, Ticket, TicketId, TicketPatch,
};

use crate::harness::{CaseResult, Harness, describe_error, ensure, fail, skip};

/// The value of a call that must succeed.
pub(super) fn done<T>(what: &str, result: ticket_core::Result<T>) -> CaseResult<T> {
    result.or_else(|error| fail(what, "success", describe_error(&error)))
}

async fn create(harness: &Harness) -> CaseResult<TicketId> {
    harness.require(Operation::Create)?;
    let new = harness.new_ticket()?;
    Ok(done(
        "a ticket was created",
        harness.provider.create(&CallContext::new(), &new).await,
    )?
    .id)
}

pub(super) async fn get(harness: &Harness, id: &TicketId) -> CaseResult<Ticket> {
    harness.require(Operation::Get)?;
    done(
        "a ticket that exists was read",
        harness.provider.get(&CallContext::new(), id).await,
    )
}

pub(crate) async fn created_tickets_exist(harness: &Harness) -> CaseResult {
    let id = create(harness).await?;
    ensure(
        harness.exists(&id).await?,
        "a ticket was created",
        format!("a ticket {id}"),
        "no ticket has this id",
    )
}

pub(crate) async fn created_tickets_read_back(harness: &Harness) -> CaseResult {
    let id = create(harness).await?;
    let ticket = get(harness, &id).await?;
    let filed = harness.new_ticket()?.subject;
    ensure(
        ticket.id == id && ticket.subject.as_deref() == Some(filed.as_str()),
        "a ticket was created and read",
        format!("ticket {id} with the subject {filed:?}"),
        format!("ticket {} with the subject {:?}", ticket.id, ticket.subject),
    )?;
    fields_keep_their_places(harness).await?;
    priorities_read_back(harness).await
}

/// A vendor may reformat a text or not return it, but it must not return it in another field.
async fn fields_keep_their_places(harness: &Harness) -> CaseResult {
    let fields = harness.fields(Operation::Create)?;
    let carried = |field| fields.carried().contains(&field);
    let mut new = harness.new_ticket()?;
    let mut person = new.requester.take().unwrap_or_default();
    let subject = "Filed as the subject";
    subject.clone_into(&mut new.subject);
    let mut filed = vec![(Field::Subject, subject.to_owned())];
    for (field, text) in [
        (Field::Description, "Filed as the text"),
        (Field::RequesterName, "Filed as the name"),
        (Field::RequesterEmail, "filed.as.the.address@example.com"),
        (Field::RequesterPhone, "49305550199"),
    ] {
        if !carried(field) {
            continue;
        }
        filed.push((field, text.to_owned()));
        match field {
            Field::Description => new = new.description(text),
            Field::RequesterName => person = person.name(text),
            Field::RequesterEmail => person = person.email(text),
            _ => person = person.phone(text),
        }
    }
    if person != Person::default() {
        new = new.requester(person);
    }
    let what = "a ticket was created with a text in each field";
    // A vendor may accept only people and phone numbers that it knows.
    let Some(created) = taken(
        what,
        harness.provider.create(&CallContext::new(), &new).await,
    )?
    else {
        return Ok(());
    };
    let ticket = get(harness, &created.id).await?;
    let person = ticket.requester.unwrap_or_default();
    for (field, found) in [
        (Field::Subject, ticket.subject),
        (Field::Description, ticket.description),
        (Field::RequesterName, person.name),
        (Field::RequesterEmail, person.email),
        (Field::RequesterPhone, person.phone),
    ] {
        let elsewhere = filed
            .iter()
            .find(|(other, text)| *other != field && found.as_ref() == Some(text));
        if let Some((other, _)) = elsewhere.filter(|_| carried(field)) {
            return fail(
                what,
                format!("`{field}` has the value that was created for it"),
                format!("`{field}` has the value of `{other}`"),
            );
        }
    }
    Ok(())
}

async fn priorities_read_back(harness: &Harness) -> CaseResult {
    let fields = harness.fields(Operation::Create)?;
    if !fields.carried().contains(&Field::Priority) {
        return Ok(());
    }
    for priority in PRIORITIES {
        let new: NewTicket = harness.new_ticket()?.priority(priority.clone());
        let what = format!("a ticket with the priority `{priority}` was created");
        let Some(created) = taken(
            &what,
            harness.provider.create(&CallContext::new(), &new).await,
        )?
        else {
            continue;
        };
        let found = get(harness, &created.id).await?.priority;
        ensure(
            found.as_ref().is_none_or(|found| *found == priority),
            format!("{what} and read"),
            format!("`{priority}`"),
            format!("{found:?}"),
        )?;
    }
    Ok(())
}

const PRIORITIES: [Priority; 4] = [
    Priority::Low,
    Priority::Medium,
    Priority::High,
    Priority::Urgent,
];

/// The value of a call that a vendor may refuse; `None` if it was refused.
fn taken<T>(what: &str, result: ticket_core::Result<T>) -> CaseResult<Option<T>> {
    match result {
        Err(error)
            if matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Conflict | ErrorKind::NotFound
            ) =>
        {
            Ok(None)
        }
        result => done(what, result).map(Some),
    }
}

pub(crate) async fn each_create_makes_its_own_ticket(harness: &Harness) -> CaseResult {
    let (first, second) = (create(harness).await?, create(harness).await?);
    ensure(
        first != second,
        "the same ticket was created twice",
        "two ids",
        format!("{first} twice"),
    )
}

pub(crate) async fn get_returns_the_requested_ticket(harness: &Harness) -> CaseResult {
    harness.require(Operation::Get)?;
    let ids = [harness.ticket().await?, harness.ticket().await?];
    // The first one again: a cached second one must not be returned instead.
    for id in [&ids[0], &ids[1], &ids[0]] {
        let found = get(harness, id).await?.id;
        ensure(
            found == *id,
            format!("the ticket {id} was read"),
            id.as_str(),
            found.as_str(),
        )?;
    }
    Ok(())
}

pub(crate) async fn updates_change_the_given_fields(harness: &Harness) -> CaseResult {
    let fields = harness.fields(Operation::Update)?;
    harness.require(Operation::Get)?;
    let mut tried = false;
    for field in [Field::Subject, Field::Description] {
        if !fields.carried().contains(&field) {
            continue;
        }
        tried = true;
        let id = harness.ticket().await?;
        // Something cached by this read must not be returned after the change.
        get(harness, &id).await?;
        let text = "Changed by the suite";
        let patch = match field {
            Field::Subject => TicketPatch::new().subject(text),
            _ => TicketPatch::new().description(text),
        };
        let what = format!("the {field} of a ticket was changed");
        done(
            &what,
            harness
                .provider
                .update(&CallContext::new(), &id, &patch)
                .await,
        )?;
        let ticket = get(harness, &id).await?;
        let found = match field {
            Field::Subject => ticket.subject,
            _ => ticket.description,
        };
        ensure(
            found.as_deref() == Some(text),
            what,
            format!("{text:?}"),
            format!("{found:?}"),
        )?;
    }
    if !tried {
        return skip(format!(
            "{} changes neither subject nor text",
            harness.info().title
        ));
    }
    codes_change(harness, fields.carried()).await
}

/// Every status and priority that the vendor accepts.
async fn codes_change(harness: &Harness, carried: &[Field]) -> CaseResult {
    let statuses = [Status::OnHold, Status::Resolved, Status::Closed];
    let statuses = statuses.map(|status| TicketPatch::new().status(status));
    let priorities = PRIORITIES.map(|priority| TicketPatch::new().priority(priority));
    for patch in statuses.into_iter().chain(priorities) {
        let field = match patch.status {
            Some(_) => Field::Status,
            None => Field::Priority,
        };
        if !carried.contains(&field) {
            continue;
        }
        let id = harness.ticket().await?;
        let what = format!("the {field} of a ticket was changed");
        if taken(
            &what,
            harness
                .provider
                .update(&CallContext::new(), &id, &patch)
                .await,
        )?
        .is_none()
        {
            continue;
        }
        let ticket = get(harness, &id).await?;
        let status = ticket.status.filter(|_| field == Field::Status);
        let priority = ticket.priority.filter(|_| field == Field::Priority);
        // Many vendors have one value for both.
        let is_done =
            |status: &Option<Status>| matches!(status, Some(Status::Resolved | Status::Closed));
        let is_status = status == patch.status || is_done(&status) && is_done(&patch.status);
        ensure(
            (status.is_none() || is_status) && (priority.is_none() || priority == patch.priority),
            what,
            format!("{:?} {:?}", patch.status, patch.priority),
            format!("{status:?} {priority:?}"),
        )?;
    }
    Ok(())
}

/// The fields of the ticket but its subject.
pub(super) fn rest(ticket: &Ticket) -> String {
    format!(
        "{:?} {:?} {:?} {:?} {:?} {:?}",
        ticket.description,
        ticket.status,
        ticket.priority,
        ticket.category,
        ticket.requester,
        ticket.assignee
    )
}

pub(crate) async fn updates_change_no_other_field(harness: &Harness) -> CaseResult {
    let fields = harness.fields(Operation::Update)?;
    harness.require(Operation::Get)?;
    if !fields.carried().contains(&Field::Subject) {
        return skip(format!("{} cannot change a subject", harness.info().title));
    }
    let id = harness.ticket().await?;
    let before = rest(&get(harness, &id).await?);
    let patch = TicketPatch::new().subject("Changed by the suite");
    done(
        "the subject of a ticket was changed",
        harness
            .provider
            .update(&CallContext::new(), &id, &patch)
            .await,
    )?;
    let after = rest(&get(harness, &id).await?);
    ensure(
        before == after,
        "the subject of a ticket was changed",
        before.clone(),
        after.clone(),
    )
}

pub(crate) async fn what_an_update_drops_is_reported(harness: &Harness) -> CaseResult {
    harness.require(Operation::Update)?;
    let (id, patch, field) = harness.dropped_update().await?;
    let reads = harness.info().capabilities.supports(Operation::Get);
    let before = if reads {
        Some(get(harness, &id).await?)
    } else {
        None
    };
    let what = format!("a ticket was updated, and the vendor dropped the field `{field}`");
    let updated = harness
        .provider
        .update(&CallContext::new(), &id, &patch)
        .await;
    let Err(error) = updated else {
        return fail(what, format!("a conflict that names `{field}`"), "success");
    };
    ensure(
        error.kind() == ErrorKind::Conflict && error.message().contains(&format!("`{field}`")),
        what.clone(),
        format!("a conflict that names `{field}`"),
        describe_error(&error),
    )?;
    let Some(before) = before.filter(|_| error.effect() == Effect::None) else {
        return Ok(());
    };
    let after = get(harness, &id).await?;
    ensure(
        after.subject == before.subject && rest(&after) == rest(&before),
        what,
        "effect unknown, because other fields changed",
        describe_error(&error),
    )
}

pub(crate) async fn resolved_tickets_are_not_open(harness: &Harness) -> CaseResult {
    harness.require(Operation::Resolve)?;
    harness.require(Operation::Get)?;
    let id = harness.ticket().await?;
    done(
        "a ticket was resolved",
        harness.provider.resolve(&CallContext::new(), &id).await,
    )?;
    let status = get(harness, &id).await?.status;
    ensure(
        !matches!(status, None | Some(Status::Open | Status::OnHold)),
        "a ticket was resolved and read",
        "a status that is not open",
        format!("{status:?}"),
    )
}
