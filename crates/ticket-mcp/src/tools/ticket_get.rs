//! `ticket_get`: one ticket, with its conversation on request, part by part if it is long.

use futures_util::TryStreamExt as _;
use serde::Deserialize;
use serde_json::{Value, json};
use tickets::{Message, Ticket, TicketRef, Tickets};

use super::{Outcome, read};
use crate::answer::{Answer, Fields, Set as _};
use crate::refusal::Refusal;
use crate::shared::Shared;
use crate::{row, text};

/// How many bytes of an answer the custom fields take at most.
const CUSTOM: usize = 8_000;

/// The least room for a part of a text.
const LEAST: usize = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    ticket: TicketRef,
    #[serde(default)]
    conversation: bool,
    cursor: Option<String>,
}

/// Where an answer begins: in the description (message 0) or in a message, at a character.
#[derive(Clone, Copy, Default)]
struct Place {
    message: usize,
    character: usize,
}

impl Place {
    fn parse(cursor: &str) -> Option<Self> {
        let (message, character) = cursor.split_once('.')?;
        Some(Self {
            message: message.parse().ok()?,
            character: character.parse().ok()?,
        })
    }

    fn cursor(self) -> String {
        format!("{}.{}", self.message, self.character)
    }
}

pub(super) async fn run(shared: &Shared, arguments: Fields) -> Outcome {
    let Arguments {
        ticket: of,
        conversation,
        cursor,
    } = read(arguments)?;
    let wrong = || Refusal::input("this cursor is not one of ticket_get");
    let from = cursor.map_or(Ok(Place::default()), |cursor| {
        Place::parse(&cursor).ok_or_else(wrong)
    })?;
    let account = shared.scope.reader(&of.account)?;
    let ticket = account.get(&of.id).await?;
    account.info().check_same(&of.id, &ticket.id)?;
    let mut fields = if from.message == 0 && from.character == 0 {
        whole(&of.account, &ticket)
    } else {
        let mut fields = Fields::new();
        fields.set("ticket", row::reference(&of.account, &ticket.id));
        fields
    };
    if from.message == 0 {
        let description = text::clean(ticket.description.as_deref().unwrap_or_default());
        let room = Answer::new(fields.clone()).room().saturating_sub(LEAST);
        let (shown, next) = text::part(&description, from.character, room);
        row::add_untrusted(&mut fields, "description", shown.into());
        if let Some(character) = next {
            let next = Place {
                message: 0,
                character,
            };
            fields.set("next", next.cursor());
            return Ok(fields.into());
        }
    }
    if !conversation {
        return Ok(fields.into());
    }
    let mut answer = Answer::new(fields);
    let next = messages(&account, &ticket, from, &mut answer).await?;
    let mut fields = answer.finish("messages");
    if let Some(next) = next {
        fields.set("next", next.cursor());
    }
    Ok(fields.into())
}

/// A ticket without its description.
fn whole(account: &str, ticket: &Ticket) -> Fields {
    let mut fields = row::slim(account, ticket);
    for (name, time) in [("closed_at", ticket.closed_at), ("due_at", ticket.due_at)] {
        if let Some(time) = time {
            fields.set(name, time.to_string());
        }
    }
    if !ticket.subtickets.is_empty() {
        fields.set("subtickets", ticket.subtickets.len());
    }
    if let Some(into) = &ticket.merged_into {
        fields.set("merged_into", row::reference(account, into));
    }
    if let Some(assignee) = &ticket.assignee {
        row::add_untrusted(&mut fields, "assignee", row::person(assignee));
    }
    let mut custom = Fields::new();
    let mut left = CUSTOM;
    for (name, value) in &ticket.custom {
        let value = text::value(&json!(value), 500);
        let size = text::size(&json!({ name: value }));
        let Some(rest) = left.checked_sub(size) else {
            fields.set("custom_cut", true);
            continue;
        };
        left = rest;
        custom.insert(text::line(name, 100), value);
    }
    if !custom.is_empty() {
        row::add_untrusted(&mut fields, "custom", custom.into());
    }
    fields
}

/// Adds the messages from this place on. Returns the place of what does not fit.
async fn messages(
    account: &Tickets,
    ticket: &Ticket,
    from: Place,
    answer: &mut Answer,
) -> Result<Option<Place>, Refusal> {
    let mut messages = account.messages_all(ticket.id.clone());
    let mut number = 0;
    while let Some(message) = messages.try_next().await? {
        number += 1;
        if number < from.message {
            continue;
        }
        let start = if number == from.message {
            from.character
        } else {
            0
        };
        let here = Place {
            message: number,
            character: start,
        };
        if answer.room() < 2 * LEAST {
            return Ok(Some(here));
        }
        let body = text::clean(&message.body);
        let (shown, next) = text::part(&body, start, answer.room() - LEAST);
        if !answer.push(told(number, &message, &shown)) {
            return Ok(Some(here));
        }
        if let Some(character) = next {
            return Ok(Some(Place {
                message: number,
                character,
            }));
        }
    }
    Ok(None)
}

fn told(number: usize, message: &Message, body: &str) -> Value {
    let author = message.author.as_ref().map(row::person);
    json!({
        "message": number,
        "direction": message.direction,
        "created_at": message.created_at.map(|time| time.to_string()),
        "untrusted": { "author": author, "body": body },
    })
}
