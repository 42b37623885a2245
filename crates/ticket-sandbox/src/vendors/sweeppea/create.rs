//! `/tickets/create`.

use serde_json::{Map, Value, json};

use super::{MAX_DESCRIPTION, MAX_TITLE, Sweeppea, Wording, refusal, text, too_long};
use crate::reply::Reply;
use crate::ticket::TicketSeed;
use crate::vendors::call::Call;

/// The only administrator: the one of the documented sample.
const ADMIN: (&str, &str) = ("Admin User", "support@yourdomain.com");

impl Sweeppea {
    pub(super) fn create(&mut self, call: &Call<'_>) -> Reply {
        let body = call.json_object().unwrap_or_default();
        let request = match self.check_create(&body) {
            Ok(request) => request,
            Err(refused) => return refused,
        };
        let seed = TicketSeed::new(request.title).description(request.description);
        let mut ticket = self.store.ticket(seed, call.date);
        ticket
            .changes
            .insert("Priority".into(), json!(request.priority));
        let mut data = json!({
            "CaseNumber": ticket.id,
            "Subject": ticket.subject,
            "Priority": request.priority,
            "ResourceAffected": "General",
            "CreationDate": call.date.utc_millis(),
            "Status": "Open",
        });
        if let (Wording::New, Some(data)) = (self.wording, data.as_object_mut()) {
            let admin = json!({ "FullName": ADMIN.0, "Email": ADMIN.1 });
            data.insert(
                "AssignedTo".into(),
                if request.assigned { admin } else { Value::Null },
            );
        }
        ticket.created_from = Some(Value::Object(body));
        self.store.insert(ticket);
        let reply = json!({
            "Response": true, "Message": "Ticket Created Successfully", "Data": data,
        });
        Reply::json(201, &self.with_telemetry(reply)).changed_state()
    }

    fn check_create<'a>(&self, body: &'a Map<String, Value>) -> Result<NewTicket<'a>, Reply> {
        let expected = json!({
            "Title": "string (required) \u{2014} Ticket subject/title, max 200 characters",
            "Description":
                "string (required) \u{2014} Detailed description of the issue, max 20,000 characters",
            "Priority": "number (required) \u{2014} Priority level: 1 (Low), 2 (Medium), 3 (High)",
            "AssignTo": "string (optional) \u{2014} Name or email of an admin user",
        });
        let (Some(title), Some(description), Some(priority)) = (
            text(body, "Title"),
            text(body, "Description"),
            body.get("Priority").filter(|priority| !priority.is_null()),
        ) else {
            return Err(self.invalid(
                "Missing Required Fields: Title, Description and Priority are required",
                &expected,
            ));
        };
        let Some(priority) = priority.as_u64().filter(|number| (1..=3).contains(number)) else {
            return Err(self.invalid(
                "Invalid Priority Value. Must be 1 (Low), 2 (Medium), or 3 (High)",
                &expected,
            ));
        };
        let texts = [
            ("Title", title, MAX_TITLE),
            ("Description", description, MAX_DESCRIPTION),
        ];
        if let Some(message) = too_long(texts) {
            return Err(self.invalid(&message, &expected));
        }
        let assign_to = text(body, "AssignTo");
        if let Some(who) = assign_to {
            if !who.eq_ignore_ascii_case(ADMIN.0) && who != ADMIN.1 {
                let message = format!(
                    "No admin user found matching \"{who}\". Only admin users can be assigned to \
                     tickets. Provide a valid admin name or email."
                );
                return Err(Reply::json(400, &refusal(400, &message)));
            }
        }
        Ok(NewTicket {
            title,
            description,
            priority,
            assigned: assign_to.is_some(),
        })
    }
}

/// A valid create request.
struct NewTicket<'a> {
    title: &'a str,
    description: &'a str,
    priority: u64,
    assigned: bool,
}
