//! The life of a ticket: what is filed, changed, resolved and written is what is read.

use ticket_core::{Field, Operation, PageRequest, Status, Ticket, TicketId, TicketPatch};

use crate::fixture::Plant;
use crate::lab::{Lab, Tried, ensure, fail, said, skip, told};

/// What was asked for, which must have worked.
fn done<T>(what: &str, result: ticket_core::Result<T>) -> Tried<T> {
    result.or_else(|error| fail(what, "success", told(&error)))
}

async fn create(lab: &Lab) -> Tried<TicketId> {
    lab.wants(Operation::Create)?;
    let new = lab.new_ticket()?;
    Ok(done("a ticket was filed", lab.provider.create(&new).await)?.id)
}

async fn get(lab: &Lab, id: &TicketId) -> Tried<Ticket> {
    lab.wants(Operation::Get)?;
    done("a ticket that exists was read", lab.provider.get(id).await)
}

pub(crate) async fn created_tickets_exist(lab: &Lab) -> Tried {
    let id = create(lab).await?;
    ensure(
        lab.exists(&id).await?,
        "a ticket was filed",
        format!("a ticket {id}"),
        "there is none of this id",
    )
}

pub(crate) async fn created_tickets_read_back(lab: &Lab) -> Tried {
    let id = create(lab).await?;
    let ticket = get(lab, &id).await?;
    let filed = lab.new_ticket()?.subject;
    ensure(
        ticket.id == id && ticket.subject.as_deref() == Some(filed.as_str()),
        "a ticket was filed and read",
        format!("ticket {id} with the subject {filed:?}"),
        format!("ticket {} with the subject {:?}", ticket.id, ticket.subject),
    )
}

pub(crate) async fn each_create_is_a_ticket_of_its_own(lab: &Lab) -> Tried {
    let (first, second) = (create(lab).await?, create(lab).await?);
    ensure(
        first != second,
        "the same was filed twice",
        "two ids",
        format!("{first} twice"),
    )
}

pub(crate) async fn get_gives_the_ticket_asked_for(lab: &Lab) -> Tried {
    lab.wants(Operation::Get)?;
    let ids = [lab.ticket().await?, lab.ticket().await?];
    // The first one once more: what was kept from the second must not come in its place.
    for id in [&ids[0], &ids[1], &ids[0]] {
        let found = get(lab, id).await?.id;
        ensure(
            found == *id,
            format!("the ticket {id} was read"),
            id.as_str(),
            found.as_str(),
        )?;
    }
    Ok(())
}

pub(crate) async fn updates_change_what_they_name(lab: &Lab) -> Tried {
    let fields = lab.fields(Operation::Update)?;
    lab.wants(Operation::Get)?;
    let mut tried = false;
    for field in [Field::Subject, Field::Description] {
        if !fields.carried().contains(&field) {
            continue;
        }
        tried = true;
        let id = lab.ticket().await?;
        let text = "Changed by the suite";
        let patch = match field {
            Field::Subject => TicketPatch::new().subject(text),
            _ => TicketPatch::new().description(text),
        };
        let what = format!("the {field} of a ticket was changed");
        done(&what, lab.provider.update(&id, &patch).await)?;
        let ticket = get(lab, &id).await?;
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
            lab.info().title
        ));
    }
    Ok(())
}

pub(crate) async fn updates_leave_the_rest(lab: &Lab) -> Tried {
    let fields = lab.fields(Operation::Update)?;
    lab.wants(Operation::Get)?;
    if !fields.carried().contains(&Field::Subject) {
        return skip(format!("{} cannot change a subject", lab.info().title));
    }
    let id = lab.ticket().await?;
    let rest = |ticket: &Ticket| {
        format!(
            "{:?} {:?} {:?} {:?} {:?} {:?}",
            ticket.description,
            ticket.status,
            ticket.priority,
            ticket.category,
            ticket.requester,
            ticket.assignee
        )
    };
    let before = rest(&get(lab, &id).await?);
    let patch = TicketPatch::new().subject("Changed by the suite");
    done(
        "the subject of a ticket was changed",
        lab.provider.update(&id, &patch).await,
    )?;
    let after = rest(&get(lab, &id).await?);
    ensure(
        before == after,
        "the subject of a ticket was changed",
        before.clone(),
        after.clone(),
    )
}

pub(crate) async fn resolved_tickets_are_not_open(lab: &Lab) -> Tried {
    lab.wants(Operation::Resolve)?;
    lab.wants(Operation::Get)?;
    let id = lab.ticket().await?;
    done("a ticket was resolved", lab.provider.resolve(&id).await)?;
    let status = get(lab, &id).await?.status;
    ensure(
        !matches!(status, None | Some(Status::Open | Status::OnHold)),
        "a ticket was resolved and read",
        "a status that is not open",
        format!("{status:?}"),
    )
}

pub(crate) async fn messages_are_read(lab: &Lab) -> Tried {
    lab.wants(Operation::Messages)?;
    let planted = lab.plant(Plant::Message).await?;
    let page = lab
        .provider
        .messages(&planted.id, &PageRequest::first())
        .await;
    let bodies: Vec<_> = match &page {
        Ok(page) => page
            .items
            .iter()
            .map(|message| message.body.as_str())
            .collect(),
        Err(_) => return fail("messages were read", "success", said(&page)),
    };
    ensure(
        bodies.contains(&planted.text.as_str()),
        "the messages of a ticket were read",
        format!("{:?} among them", planted.text),
        format!("{bodies:?}"),
    )
}

pub(crate) async fn messages_are_the_tickets_own(lab: &Lab) -> Tried {
    lab.wants(Operation::Messages)?;
    let planted = lab.plant(Plant::Message).await?;
    let other = lab.ticket().await?;
    let what = "the messages of a ticket were read on which nothing was written";
    let page = lab.provider.messages(&other, &PageRequest::first()).await;
    let page = done(what, page)?;
    let strange = page
        .items
        .iter()
        .any(|message| message.body == planted.text);
    ensure(
        !strange,
        what,
        "not those of another one",
        "one of another ticket",
    )
}
