//! Deletes of single tickets, and what becomes of the trash.

use serde_json::json;

use super::jobs::Work;
use super::{Zendesk, id, ids, invalid, json_reply, not_found, too_many};
use crate::calendar::Date;
use crate::reply::Reply;
use crate::vendors::call::Call;

impl Zendesk {
    /// Moves one ticket to the trash.
    pub(super) fn delete(&mut self, call: &Call<'_>) -> Reply {
        let id = id(call);
        let Some(ticket) = self.live(&id) else {
            return not_found();
        };
        if ticket.locked {
            return invalid("base", "The ticket cannot be deleted now");
        }
        self.trash(&id, call.date);
        Reply::empty(204).changed_state()
    }

    pub(super) fn trash(&mut self, id: &str, date: Date) {
        self.store.trash(id, |ticket| {
            ticket
                .changes
                .insert("sandbox_deleted_at".into(), json!(date.utc()));
            ticket
                .changes
                .insert("updated_at".into(), json!(date.utc()));
        });
    }

    /// Whether there was such a ticket in the trash.
    pub(super) fn take_out(&mut self, id: &str) -> bool {
        if !self.store.get(id).is_some_and(|ticket| ticket.deleted) {
            return false;
        }
        self.store.change(id, |ticket| {
            ticket.deleted = false;
            ticket.changes.remove("sandbox_deleted_at");
        });
        true
    }

    pub(super) fn restore(&mut self, call: &Call<'_>) -> Reply {
        let id = call.segments.iter().rev().nth(1).copied();
        if self.take_out(id.unwrap_or_default()) {
            return json_reply(200, &json!({})).changed_state();
        }
        not_found()
    }

    pub(super) fn restore_many(&mut self, call: &Call<'_>) -> Reply {
        let ids = ids(call);
        if let Some(refused) = too_many(ids.len()) {
            return refused;
        }
        let mut took_effect = false;
        for id in ids {
            took_effect |= self.take_out(&id);
        }
        let reply = json_reply(200, &json!({}));
        Reply {
            took_effect,
            ..reply
        }
    }

    pub(super) fn delete_many(&mut self, call: &Call<'_>) -> Reply {
        self.begin(call, Work::Trash, ids(call))
    }

    /// Deletes tickets in the trash for good.
    pub(super) fn destroy_many(&mut self, call: &Call<'_>, is_one: bool) -> Reply {
        if !is_one {
            return self.begin(call, Work::Destroy, ids(call));
        }
        let id = id(call);
        if !self.store.get(&id).is_some_and(|ticket| ticket.deleted) {
            return not_found();
        }
        self.begin(call, Work::Destroy, vec![id])
    }
}
