//! `PUT .../tickets/{id}/update`. Always a form: the vendor documents no JSON update.
//!
//! Inferred: the id in the path is the one in `ticketDTO`; an unknown id is a 404.

use serde_json::json;

use super::LeadSquared;
use super::record::key;
use super::request::Request;
use crate::reply::Reply;
use crate::vendors::call::Call;

impl LeadSquared {
    pub(super) fn update(&mut self, call: &Call<'_>) -> Reply {
        let id = call.segments.get(4).copied().unwrap_or_default();
        let checked = Request::form(call)
            .ok_or_else(|| Reply::empty(400))
            .and_then(|request| request.check_update(&self.account, id));
        let request = match checked {
            Ok(request) => request,
            Err(refused) => return refused,
        };
        let took_effect = !request.is_empty();
        if self
            .store
            .change(id, |ticket| request.apply(ticket))
            .is_none()
        {
            return Reply::empty(404);
        }
        let reply = json!({
            "Status": "Success",
            "ReasonForFailure": null,
            "Id": id,
            "Message": "Ticket properties have been updated successfully",
            "Key": key(id),
            "TicketId": null,
        });
        Reply {
            took_effect,
            ..Reply::json(200, &reply)
        }
    }
}
