//! The control API: the methods of `Sandbox` over HTTP, for other languages than Rust.
//!
//! Requests to `/control` are not in the journal, and faults do not apply to them.

mod bodies;

use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use crate::fault::TicketFault;
use crate::journal::Exchange;
use crate::reply::{Reply, json_array};
use crate::settings::Settings;
use crate::state::{Received, State};
use crate::ticket::TicketRecord;
use crate::vendor::Vendor;
use bodies::{MessageBody, RandomFaultsBody, RuleBody, SeedBody};

/// The path prefix of the control API.
pub(crate) const PREFIX: &str = "/control/";

/// The reply to a request to the control API; `None` for any other path.
pub(crate) fn answer(state: &mut State, received: &Received, now: Instant) -> Option<Reply> {
    let path = received.path.strip_prefix(PREFIX)?;
    state.settle(now);
    let segments: Vec<&str> = path.split('/').collect();
    let reply = match (received.method.as_str(), segments.as_slice()) {
        ("GET", ["journal"]) => journal(state, &received.query),
        ("GET", ["tickets", vendor]) => tickets(state, vendor),
        ("GET", ["tickets", vendor, id]) => ticket(state, vendor, id),
        ("POST", ["tickets", vendor]) => add_ticket(state, vendor, received, now),
        ("POST", ["tickets", vendor, id, "messages"]) => {
            add_message(state, vendor, id, received, now)
        }
        ("POST", ["tickets", vendor, id, "fault"]) => set_ticket_fault(state, vendor, id, received),
        ("POST", ["faults"]) => {
            read(received).map(|rule: RuleBody| done(|| state.faults.add(rule.into())))
        }
        ("PUT", ["random-faults"]) => read(received).map(|body: RandomFaultsBody| {
            done(|| {
                let faults = body.faults;
                state.faults.set_random(body.seed, body.probability, faults);
            })
        }),
        ("POST", ["expire-token"]) => Ok(done(|| state.vendors.onecloud.expire_token())),
        ("POST", ["exhaust-quota"]) => Ok(done(|| state.vendors.onecloud.exhaust_quota())),
        ("POST", ["reset"]) => {
            settings(state, received).map(|settings| done(|| state.reset(settings, now)))
        }
        (method, _) => Err(refusal(
            404,
            &format!("the control API has no {method} {}", received.path),
        )),
    };
    Some(reply.unwrap_or_else(|refused| refused))
}

fn done(change: impl FnOnce()) -> Reply {
    change();
    Reply::empty(204)
}

fn refusal(status: u16, message: &str) -> Reply {
    Reply::json(status, &json!({ "error": message }))
}

/// Deserializes the body.
fn read<T: DeserializeOwned>(received: &Received) -> Result<T, Reply> {
    let Some(body) = &received.body else {
        return Err(refusal(413, "the body is larger than 32 MiB"));
    };
    serde_json::from_slice(body).map_err(|error| refusal(400, &error.to_string()))
}

/// The settings that the sandbox was started with, changed by the body. An empty body changes none.
fn settings(state: &State, received: &Received) -> Result<Settings, Reply> {
    let changes = match received.body.as_deref() {
        Some([]) => Map::new(),
        _ => read(received)?,
    };
    let settings = state.settings().with(changes);
    settings.map_err(|error| refusal(400, &error.to_string()))
}

fn vendor(name: &str) -> Result<Vendor, Reply> {
    let mut vendors = Vendor::ALL.into_iter();
    vendors
        .find(|vendor| vendor.prefix() == name)
        .ok_or_else(|| refusal(404, &format!("unknown vendor `{name}`")))
}

fn no_ticket(vendor: Vendor, id: &str) -> Reply {
    refusal(
        404,
        &format!("there is no ticket {id} at {}", vendor.prefix()),
    )
}

/// Writes one entry at a time, so that a long list needs little memory.
fn list(entries: impl Iterator<Item = Value>) -> Reply {
    Reply::json_text(200, json_array(entries))
}

/// The whole journal, or with `?after=N` the entries after sequence number N.
fn journal(state: &State, query: &str) -> Result<Reply, Reply> {
    let mut after: u64 = 0;
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
        let number = value.parse().ok().filter(|_| name == "after");
        after = number.ok_or_else(|| refusal(400, "the journal accepts only `after=N`"))?;
    }
    let entries = list(state.journal.after(after).map(exchange));
    let dropped = state.journal.dropped().to_string();
    Ok(entries.header("x-journal-dropped", dropped))
}

fn tickets(state: &State, name: &str) -> Result<Reply, Reply> {
    let vendor = state.vendors.of(vendor(name)?);
    let tickets = vendor.store().iter().filter(|ticket| !ticket.deleted);
    Ok(list(tickets.map(|ticket| record(&vendor.record(ticket)))))
}

fn ticket(state: &State, name: &str, id: &str) -> Result<Reply, Reply> {
    let name = vendor(name)?;
    let vendor = state.vendors.of(name);
    let ticket = vendor
        .store()
        .get_unmerged(id)
        .ok_or_else(|| no_ticket(name, id))?;
    Ok(Reply::json(200, &record(&vendor.record(ticket))))
}

fn add_ticket(
    state: &mut State,
    name: &str,
    received: &Received,
    now: Instant,
) -> Result<Reply, Reply> {
    let vendor = vendor(name)?;
    let seed: SeedBody = read(received)?;
    let id = state.add_ticket(vendor, seed.into(), now);
    Ok(Reply::json(201, &json!({ "id": id })))
}

fn add_message(
    state: &mut State,
    name: &str,
    id: &str,
    received: &Received,
    now: Instant,
) -> Result<Reply, Reply> {
    let vendor = vendor(name)?;
    let message: MessageBody = read(received)?;
    let written = state.add_message(vendor, id, message.kind, &message.text, now);
    let number = written.ok_or_else(|| no_ticket(vendor, id))?;
    Ok(Reply::json(201, &json!({ "id": number })))
}

fn set_ticket_fault(
    state: &mut State,
    name: &str,
    id: &str,
    received: &Received,
) -> Result<Reply, Reply> {
    let vendor = vendor(name)?;
    let fault: TicketFault = read(received)?;
    Ok(done(|| state.set_ticket_fault(vendor, id, fault)))
}

/// Headers include the values of credentials, because the caller asks for what was sent.
fn exchange(seen: &Exchange) -> Value {
    json!({
        "sequence": seen.sequence,
        "vendor": seen.vendor,
        "endpoint": seen.endpoint,
        "method": seen.method,
        "path": seen.path,
        "headers": seen.headers,
        "body": String::from_utf8_lossy(&seen.body),
        "status": seen.status,
        "is_write": seen.is_write,
        "took_effect": seen.took_effect,
        "deleted": seen.deleted,
        "faulted": seen.faulted,
        "fault": seen.fault,
    })
}

fn record(ticket: &TicketRecord) -> Value {
    let messages = ticket.messages.iter();
    let files = ticket.attachments.iter();
    json!({
        "id": ticket.id,
        "subject": ticket.subject,
        "description": ticket.description,
        "closed": ticket.closed,
        "owned_by_other": ticket.owned_by_other,
        "locked": ticket.locked,
        "deleted": ticket.deleted,
        "attributes": ticket.attributes,
        "messages": messages
            .map(|message| json!({ "id": message.id, "kind": message.kind, "text": message.text }))
            .collect::<Vec<_>>(),
        "attachments": files
            .map(|file| {
                json!({
                    "id": file.id, "message": file.message, "name": file.name,
                    "media_type": file.media_type, "size": file.bytes.len(),
                })
            })
            .collect::<Vec<_>>(),
        "created_from": ticket.created_from,
    })
}
