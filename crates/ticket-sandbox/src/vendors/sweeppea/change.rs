//! `/tickets/update` and `/tickets/resolve`.
//!
//! They answer the same error differently: for a closed ticket, update returns 400 and resolve 404; for another
//! user's ticket, 403 and 404.

use serde_json::{Map, Value, json};

use super::record::{CLOSED_BY, priority, resolution};
use super::{MAX_DESCRIPTION, MAX_TITLE, Sweeppea, codeless, locked, text, too_long};
use crate::reply::{ErrorFormat as _, Reply};
use crate::ticket::MessageKind;
use crate::vendor::Endpoint;
use crate::vendors::call::Call;

impl Sweeppea {
    pub(super) fn update(&mut self, call: &Call<'_>) -> Reply {
        let body = call.json_object().unwrap_or_default();
        let (id, title, description) = match self.check_update(&body) {
            Ok(checked) => checked,
            Err(refused) => return refused,
        };
        let changed = self.store.change(id, |ticket| {
            if let Some(title) = title {
                title.clone_into(&mut ticket.subject);
            }
            if let Some(description) = description {
                description.clone_into(&mut ticket.description);
            }
        });
        let Some(ticket) = changed else {
            return self.error(Some(Endpoint::Update), 404);
        };
        let reply = json!({
            "Response": true,
            "Message": "Ticket updated successfully",
            "Ticket": {
                "CaseNumber": ticket.id, "Subject": ticket.subject,
                "Description": ticket.description, "Priority": priority(ticket), "Status": false,
            },
        });
        Reply::json(200, &reply).changed_state()
    }

    /// The ticket's id and its new texts.
    fn check_update<'a>(&self, body: &'a Map<String, Value>) -> Result<Update<'a>, Reply> {
        let Some(id) = text(body, "CaseId") else {
            return Err(codeless(400, "CaseId is required"));
        };
        let (title, description) = (text(body, "Title"), text(body, "Description"));
        if title.is_none() && description.is_none() {
            let message = "At least one field (Title or Description) must be provided";
            return Err(codeless(400, message));
        }
        let texts = [
            ("Title", title.unwrap_or_default(), MAX_TITLE),
            (
                "Description",
                description.unwrap_or_default(),
                MAX_DESCRIPTION,
            ),
        ];
        if let Some(message) = too_long(texts) {
            return Err(codeless(400, &message));
        }
        match self.store.get(id) {
            None => Err(self.error(Some(Endpoint::Update), 404)),
            Some(ticket) if ticket.owned_by_other => Err(codeless(
                403,
                "You do not have permission to update this ticket",
            )),
            Some(ticket) if ticket.closed => Err(codeless(400, "Cannot update closed ticket")),
            Some(ticket) if ticket.locked => Err(locked(id)),
            Some(_) => Ok((id, title, description)),
        }
    }

    pub(super) fn resolve(&mut self, call: &Call<'_>) -> Reply {
        let body = call.json_object().unwrap_or_default();
        let Some(id) = text(&body, "CaseId") else {
            return self.missing_case_id();
        };
        let changes = match self.store.get(id) {
            Some(ticket) if !ticket.closed && !ticket.owned_by_other => {
                if ticket.locked {
                    return locked(id);
                }
                resolution(ticket, call.date)
            }
            _ => return self.error(Some(Endpoint::Resolve), 404),
        };
        let note = format!("Ticket closed by {CLOSED_BY}");
        let note = self.store.message(MessageKind::Note, &note, call.date);
        let closed = self.store.change(id, |ticket| {
            ticket.closed = true;
            ticket.changes.extend(changes);
            ticket.messages.push(note);
        });
        let reply = json!({
            "Response": true,
            "Message": "Ticket Resolved Successfully",
            "Data": {
                "CaseNumber": id, "Subject": closed.map(|ticket| ticket.subject.as_str()),
                "Status": true, "CloseDate": call.date.utc_millis(), "ClosedBy": CLOSED_BY,
            },
        });
        Reply::json(200, &reply).changed_state()
    }
}

/// The id of a ticket that may be updated, with its new title and its new description.
type Update<'a> = (&'a str, Option<&'a str>, Option<&'a str>);
