//! What searches rely on: replies tell whole what is declared to be decided by them, and exact filters are exact.

use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;
use ticket_core::model::{Direction, Person, State};
use ticket_core::provider::{Field, Request};
use ticket_core::{
    CallContext, Message, NewTicket, Operation, Ticket, TicketId, TicketQuery, Tickets,
};

use crate::harness::{CaseResult, Harness, describe, ensure, fail, skip};

const ADDRESS: &str = "ann.suite@example.com";

/// Creates a ticket and returns its id.
async fn created(harness: &Harness, new: &NewTicket) -> CaseResult<TicketId> {
    let result = harness.provider.create(&CallContext::new(), new).await;
    match result {
        Ok(created) => Ok(created.id),
        Err(_) => fail("a ticket was created", "success", describe(&result)),
    }
}

/// All tickets that the query lists.
async fn listed(harness: &Harness, query: TicketQuery) -> CaseResult<Vec<Ticket>> {
    let tickets = Tickets::bare(harness.provider.clone());
    let result = tickets.list_all(query).try_collect().await;
    match result {
        Ok(tickets) => Ok(tickets),
        Err(_) => fail("all tickets were listed", "success", describe(&result)),
    }
}

fn carries(harness: &Harness, operation: Operation, field: Field) -> bool {
    let fields = harness.info().capabilities.fields(operation);
    fields.is_some_and(|fields| fields.carried().contains(&field))
}

fn decides(harness: &Harness, operation: Operation) -> Vec<Field> {
    let support = harness.info().capabilities.support(operation);
    support.map_or_else(Vec::new, |support| support.decides.to_vec())
}

/// A new ticket with a subject as long as many vendors cut in lists, and a requester with an address where it can have one.
fn long_ticket(harness: &Harness) -> CaseResult<NewTicket> {
    let mut new = harness.new_ticket()?;
    for length in [300, 200, 120, 100] {
        let mut long = new.clone();
        long.subject = "A long subject ".repeat(30).chars().take(length).collect();
        long.subject = long.subject.replace(' ', "-");
        if harness.info().check(&Request::Create(&long)).is_ok() {
            new = long;
            break;
        }
    }
    if carries(harness, Operation::Create, Field::RequesterEmail) {
        let requester = new.requester.take().unwrap_or_default();
        new.requester = Some(requester.email(ADDRESS));
    }
    Ok(new)
}

pub(crate) async fn decided_fields_are_told(harness: &Harness) -> CaseResult {
    harness.require(Operation::Create)?;
    let replies = [Operation::List, Operation::Get, Operation::Messages];
    if replies
        .iter()
        .all(|reply| decides(harness, *reply).is_empty())
    {
        return skip(format!(
            "{} declares no reply that decides a field",
            harness.info().title
        ));
    }
    let new = long_ticket(harness)?;
    let id = created(harness, &new).await?;
    for operation in replies {
        let fields = decides(harness, operation);
        if fields.is_empty() {
            continue;
        }
        let what = format!("a created ticket was read by `{operation}`, which decides {fields:?}");
        let untold = match operation {
            Operation::Messages => {
                let messages = Tickets::bare(harness.provider.clone());
                let messages: Result<Vec<Message>, _> =
                    messages.messages_all(id.clone()).try_collect().await;
                let Ok(messages) = messages else {
                    return fail(what, "success", describe(&messages));
                };
                untold(&fields, |field| {
                    is_in_messages(harness, field, &new, &messages)
                })
            }
            Operation::Get => {
                let ticket = harness.provider.get(&CallContext::new(), &id).await;
                let Ok(ticket) = ticket else {
                    return fail(what, "success", describe(&ticket));
                };
                untold(&fields, |field| is_in_ticket(harness, field, &new, &ticket))
            }
            _ => {
                let rows = listed(harness, TicketQuery::new()).await?;
                let Some(row) = rows.iter().find(|row| row.id == id) else {
                    return fail(what, "the ticket", "a list without it");
                };
                untold(&fields, |field| is_in_ticket(harness, field, &new, row))
            }
        };
        ensure(
            untold.is_empty(),
            what,
            "each of them as it was given",
            format!("{untold:?} cut, changed or missing"),
        )?;
    }
    Ok(())
}

fn untold(fields: &[Field], is_told: impl Fn(Field) -> bool) -> Vec<Field> {
    let fields = fields.iter().copied();
    fields.filter(|field| !is_told(*field)).collect()
}

/// What was given of the requester. Where it cannot be given, there must be any.
fn is_told(given: Option<&String>, told: &[Option<&String>]) -> bool {
    let mut told = told.iter().flatten();
    match given {
        Some(given) => told.any(|told| told.eq_ignore_ascii_case(given)),
        None => true,
    }
}

fn is_in_ticket(harness: &Harness, field: Field, new: &NewTicket, ticket: &Ticket) -> bool {
    let given = new.requester.as_ref();
    let given = given.filter(|_| carries(harness, Operation::Create, field));
    let people: Vec<&Person> = ticket.requesters().collect();
    match field {
        Field::Subject => ticket.subject.as_ref() == Some(&new.subject),
        Field::Description => {
            let given = new.description.as_deref().unwrap_or_default();
            ticket
                .description
                .as_deref()
                .unwrap_or_default()
                .contains(given)
        }
        Field::RequesterEmail => is_told(
            given.and_then(|person| person.email.as_ref()),
            &people
                .iter()
                .map(|person| person.email.as_ref())
                .collect::<Vec<_>>(),
        ),
        Field::RequesterName => is_told(
            given.and_then(|person| person.name.as_ref()),
            &people
                .iter()
                .map(|person| person.name.as_ref())
                .collect::<Vec<_>>(),
        ),
        Field::RequesterId => is_told(
            given.and_then(|person| person.id.as_ref()),
            &people
                .iter()
                .map(|person| person.id.as_ref())
                .collect::<Vec<_>>(),
        ),
        Field::State => {
            let status = ticket.status.as_ref();
            status.and_then(|status| State::Open.covers(status)) == Some(true)
        }
        Field::CreatedAfter => ticket.created_at.is_some(),
        Field::UpdatedAfter => ticket.updated_at.is_some(),
        Field::Tags => new.tags.iter().all(|tag| ticket.tags.contains(tag)),
        Field::Custom => new.custom.iter().all(|(name, value)| {
            let told = ticket.custom.get(name);
            told.is_some_and(|told| told.is_same(value))
        }),
        _ => true,
    }
}

fn is_in_messages(harness: &Harness, field: Field, new: &NewTicket, messages: &[Message]) -> bool {
    let given = new.requester.as_ref();
    let given = given.filter(|_| carries(harness, Operation::Create, field));
    match field {
        Field::Description => {
            let given = new.description.as_deref().unwrap_or_default();
            let first = messages.iter().min_by_key(|message| message.created_at);
            given.is_empty() || first.is_some_and(|first| first.body.contains(given))
        }
        Field::RequesterEmail => {
            let inbound = messages
                .iter()
                .filter(|message| message.direction == Some(Direction::Inbound));
            let told = inbound.filter_map(|message| message.author.as_ref()?.email.as_ref());
            let told: Vec<_> = told.map(Some).collect();
            is_told(given.and_then(|person| person.email.as_ref()), &told)
        }
        _ => true,
    }
}

pub(crate) async fn exact_filters_are_exact(harness: &Harness) -> CaseResult {
    let list = harness.fields(Operation::List)?;
    harness.require(Operation::Create)?;
    let mut checked = false;
    if list.is_exact(Field::RequesterEmail)
        && carries(harness, Operation::Create, Field::RequesterEmail)
    {
        checked = true;
        let mut ids = Vec::new();
        for address in [
            ADDRESS.to_owned(),
            format!("jo{ADDRESS}"),
            format!("{ADDRESS}.suite.example.net"),
            ADDRESS.replacen('@', "+suite@", 1),
        ] {
            let mut new = harness.new_ticket()?;
            let requester = new.requester.take().unwrap_or_default();
            new.requester = Some(requester.email(address));
            ids.push(created(harness, &new).await?);
        }
        let query = TicketQuery::new().requester(ADDRESS.to_uppercase());
        only_first(
            harness,
            "by the requester's address, in another case",
            &ids,
            query,
        )
        .await?;
    }
    if list.is_exact(Field::CreatedAfter) && list.is_exact(Field::CreatedBefore) {
        checked = true;
        let id = created(harness, &harness.new_ticket()?).await?;
        let rows = listed(harness, TicketQuery::new()).await?;
        let row = rows.iter().find(|row| row.id == id);
        let Some(time) = row.and_then(|row| row.created_at) else {
            return fail(
                "a created ticket was listed",
                "its time of creation",
                "none",
            );
        };
        let from = TicketQuery::new().created_after(time);
        only_first(
            harness,
            "from the time of its creation on",
            std::slice::from_ref(&id),
            from,
        )
        .await?;
        let rows = listed(harness, TicketQuery::new().created_before(time)).await?;
        ensure(
            rows.iter().all(|row| row.id != id),
            "tickets were listed from before the creation of one",
            "not that one",
            "it, too",
        )?;
    }
    if !checked {
        let title = &harness.info().title;
        return skip(format!(
            "{title} declares no exact filter that can be tried"
        ));
    }
    Ok(())
}

/// Lists tickets and ensures that of these the first is there, and no other.
async fn only_first(
    harness: &Harness,
    how: &str,
    ids: &[TicketId],
    query: TicketQuery,
) -> CaseResult {
    let rows = listed(harness, query).await?;
    let found: BTreeSet<_> = rows.iter().map(|row| &row.id).collect();
    let found: Vec<_> = ids.iter().filter(|id| found.contains(id)).collect();
    ensure(
        found == ids.iter().take(1).collect::<Vec<_>>(),
        format!("tickets were listed {how}"),
        format!("of {ids:?} the first"),
        format!("{found:?}"),
    )
}
