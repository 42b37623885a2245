//! `POST /ticket` and `POST /tickets/bulk`. What RT does not know, it drops without a word.

use serde_json::{Map, Value, json};

use super::fields::{self, CUSTOM, OWNERS, ROLES, STATUSES, is_inactive};
use super::message::{self, File};
use super::{JSON_PLAIN, Rt, User, answered, base, crashed, json_body, location, record, refused};
use crate::reply::Reply;
use crate::ticket::{AttachmentRecord, TicketSeed};
use crate::vendors::call::Call;

impl Rt {
    pub(super) fn create(&mut self, call: &Call<'_>, user: User) -> Reply {
        let read = match message::multipart(call) {
            Some(read) => read,
            None => json_body(call).map(|body| (body, Vec::new())),
        };
        let (body, files) = match read {
            Ok(read) => read,
            Err(refused) => return refused,
        };
        let Value::Object(asked) = body else {
            return refused(400, "JSON object must be a HASH");
        };
        match self.file(&asked, files, call, user) {
            Err((status, message)) => refused(status, &message),
            Ok(created) => {
                let id = created
                    .get("id")
                    .and_then(Value::as_str)
                    .unwrap_or_default();
                Reply::empty(201)
                    .header("content-type", JSON_PLAIN)
                    .header("location", location(&format!("ticket/{id}")))
                    .body(created.to_string())
                    .changed_state()
            }
        }
    }

    pub(super) fn create_many(&mut self, call: &Call<'_>, user: User) -> Reply {
        let elements = match json_body(call) {
            Ok(Value::Array(elements)) => elements,
            Ok(_) => return refused(400, "JSON object must be a ARRAY"),
            Err(refused) => return refused,
        };
        if !elements.iter().all(Value::is_object) {
            return crashed().header("location", location("tickets/bulk"));
        }
        let mut changed = false;
        let elements = elements.iter().filter_map(Value::as_object).map(|asked| {
            match self.file(asked, Vec::new(), call, user) {
                Ok(created) => {
                    changed = true;
                    created
                }
                Err((_, message)) => json!({ "message": message }),
            }
        });
        let replies: Vec<Value> = elements.collect();
        let reply = answered(201, &json!(replies)).header("location", location("tickets/bulk"));
        if changed {
            reply.changed_state()
        } else {
            reply
        }
    }

    /// Creates a ticket and returns the reference to it, or the status and the message of the refusal.
    fn file(
        &mut self,
        asked: &Map<String, Value>,
        mut files: Vec<File>,
        call: &Call<'_>,
        user: User,
    ) -> Result<Value, (u16, String)> {
        let one = |name: &str| {
            let value = asked.get(name).map(fields::texts).unwrap_or_default();
            value.into_iter().next()
        };
        let Some(given) = one("Queue").filter(|queue| !queue.is_empty()) else {
            return Err((400, "Could not create ticket. Queue not set".to_owned()));
        };
        let queue = super::queue(&given).filter(|_| user != User::Stranger);
        let Some((queue, _)) = queue else {
            let message = format!("No permission to create tickets in the queue '{given}'");
            return Err((403, message));
        };
        let status = one("Status").map_or_else(|| "new".to_owned(), |status| status.to_lowercase());
        if !STATUSES.contains(&status.as_str()) {
            let message =
                format!("Status '{status}' isn't a valid status for tickets in this queue.");
            return Err((400, message));
        }
        if !["new", "open", "resolved"].contains(&status.as_str()) {
            let message = format!("New tickets can not have status '{status}' in this queue.");
            return Err((400, message));
        }
        files.extend(message::files(asked).map_err(|message| (400, message))?);

        let subject = fields::subject(&one("Subject").unwrap_or_default());
        let seed = TicketSeed::new(subject).description(one("Content").unwrap_or_default());
        let mut ticket = self.store.ticket(seed, call.date);
        let now = call.date.utc();
        let mut set = |name: &str, value: Value| ticket.changes.insert(name.to_owned(), value);
        set("Queue", queue.into());
        if status != "new" {
            set("Started", now.clone().into());
        }
        if is_inactive(&status) {
            set("Resolved", now.into());
        }
        if let Some(priority) = asked.get("Priority") {
            set("Priority", fields::priority(priority).to_string().into());
        }
        if let Some(due) = one("Due") {
            set("Due", fields::time(&due).into());
        }
        if let Some((owner, _)) = OWNERS
            .into_iter()
            .find(|(name, _)| one("Owner").as_deref() == Some(*name))
        {
            set("Owner", owner.into());
        }
        for role in ROLES {
            if let Some(people) = asked.get(role) {
                set(role, json!(fields::addresses(people)));
            }
        }
        let custom = asked.get("CustomFields").and_then(Value::as_object);
        let custom = CUSTOM.iter().filter_map(|(name, _, is_multiple)| {
            let mut values = fields::texts(custom?.get(*name)?);
            values.truncate(if *is_multiple { usize::MAX } else { 1 });
            Some(((*name).to_owned(), json!(values)))
        });
        set("CustomFields", Value::Object(custom.collect()));
        if user != User::Root {
            set("Creator", user.name().into());
            set("LastUpdatedBy", user.name().into());
        }
        ticket.closed = is_inactive(&status);
        set("Status", status.into());

        let kind = one("ContentType").unwrap_or_else(|| "text/plain".to_owned());
        let has_text = !ticket.description.is_empty() || !files.is_empty();
        let (mut parts, files) = if has_text {
            self.parts(&kind, files)
        } else {
            (Map::new(), Vec::new())
        };
        if !parts.is_empty() {
            parts.insert("Subject".into(), ticket.subject.clone().into());
        }
        let entry = self.entry("Create", call.date, user.name(), parts);
        let number = entry.number.to_string();
        ticket.attachments = files
            .into_iter()
            .map(|file| AttachmentRecord {
                message: Some(number.clone()),
                ..file
            })
            .collect();
        ticket.log.push(entry);
        ticket.created_from = Some(Value::Object(asked.clone()));
        let created = record::reference("ticket", &ticket.id, &base(call));
        self.store.insert(ticket);
        Ok(created)
    }
}
