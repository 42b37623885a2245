//! The body of create and update: a JSON object, by itself or as the part `ticketDTO` of a form
//! with files.
//!
//! Inferred: what is refused as malformed, and that an empty field counts as a missing one.

use serde_json::{Map, Value, json};

use super::account::{Account, failure, json_body};
use super::record::{LEAD, is_closed};
use crate::reply::Reply;
use crate::store::Ticket;
use crate::ticket::AttachmentRecord;
use crate::vendors::call::Call;

/// The body of a create or update call.
pub(super) struct Request {
    pub(super) body: Map<String, Value>,
    pub(super) is_form: bool,
    fields: Vec<(String, Value)>,
    files: Vec<AttachmentRecord>,
}

impl Request {
    pub(super) fn json(call: &Call<'_>) -> Option<Self> {
        Some(Self {
            fields: Vec::new(),
            body: json_body(call)?,
            is_form: false,
            files: Vec::new(),
        })
    }

    /// Exactly one text part `ticketDTO`, any number of files named `files`, and nothing else.
    pub(super) fn form(call: &Call<'_>) -> Option<Self> {
        let (mut body, mut files) = (None, Vec::new());
        for part in call.parts()? {
            match (part.name.as_str(), &part.file_name) {
                ("ticketDTO", None) if body.is_none() => {
                    body = serde_json::from_str(part.text()?).ok()?;
                }
                ("files", Some(name)) => files.push(AttachmentRecord {
                    id: String::new(),
                    message: None,
                    name: name.clone(),
                    media_type: part.media_type,
                    bytes: part.bytes,
                }),
                _ => return None,
            }
        }
        Some(Self {
            fields: Vec::new(),
            body: body?,
            is_form: true,
            files,
        })
    }

    /// Checks the request for a new ticket.
    pub(super) fn check(mut self, account: &Account) -> Result<Self, Reply> {
        self.check_types("creating")?;
        if self.lead().is_none()
            && self.text("LeadDetail.EmailAddress").is_none()
            && self.text("LeadDetail.Phone").is_none()
        {
            return Err(mandatory("leadId", "creating"));
        }
        let missing = |name: &&String| self.text(name).is_none();
        if let Some(name) = account.required_fields.iter().find(missing) {
            return Err(mandatory(name, "creating"));
        }
        match self.unknown_status(account) {
            Some(status) => Err(failure(None, &no_such_status(status))),
            None => Ok(self),
        }
    }

    /// Checks the request for an update of this ticket.
    pub(super) fn check_update(mut self, account: &Account, id: &str) -> Result<Self, Reply> {
        self.check_types("updating")?;
        match self.body.get("Id").filter(|id| !id.is_null()) {
            None => return Err(mandatory("Id", "updating")),
            Some(Value::String(same)) if same == id => {}
            Some(Value::Number(same)) if same.to_string() == id => {}
            Some(_) => return Err(Reply::empty(400)),
        }
        let emptied = |name: &&String| {
            let mut fields = self.fields.iter();
            fields.any(|(known, _)| known == *name) && self.text(name).is_none()
        };
        if let Some(name) = account.required_fields.iter().find(emptied) {
            return Err(mandatory(name, "updating"));
        }
        match self.unknown_status(account) {
            Some(status) => Err(failure(Some(id), &no_such_status(status))),
            None => Ok(self),
        }
    }

    /// Reads the fields and checks the two type ids, a string and a number.
    fn check_types(&mut self, doing: &str) -> Result<(), Reply> {
        match self.body.get("Fields") {
            None | Some(Value::Null) => {}
            Some(Value::Array(entries)) => {
                let fields: Option<_> = entries.iter().map(field).collect();
                self.fields = fields.ok_or_else(|| Reply::empty(400))?;
            }
            Some(_) => return Err(Reply::empty(400)),
        }
        for (name, only) in [("TypeId", json!("1")), ("RelatedTicketTypeId", json!(1))] {
            match self.body.get(name).filter(|value| !value.is_null()) {
                None => return Err(mandatory(name, doing)),
                Some(value) if *value != only => return Err(Reply::empty(400)),
                Some(_) => {}
            }
        }
        Ok(())
    }

    fn lead(&self) -> Option<&str> {
        let lead = self.body.get(LEAD)?.as_str()?;
        Some(lead).filter(|lead| !lead.is_empty())
    }

    fn text(&self, name: &str) -> Option<&str> {
        let (_, value) = self.fields.iter().find(|(known, _)| known == name)?;
        value.as_str().filter(|value| !value.is_empty())
    }

    fn unknown_status(&self, account: &Account) -> Option<&str> {
        let status = self.text("Status")?;
        let known = account.statuses.is_empty() || account.statuses.iter().any(|it| it == status);
        (!known).then_some(status)
    }

    /// Whether there is anything to change.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.files.is_empty() && self.lead().is_none()
    }

    /// Applies fields, lead and files to a ticket.
    pub(super) fn apply(self, ticket: &mut Ticket) {
        if let Some(lead) = self.lead() {
            ticket.changes.insert(LEAD.into(), json!(lead));
        }
        for (name, value) in self.fields {
            let text = value.as_str().unwrap_or_default();
            match name.as_str() {
                "Title" => text.clone_into(&mut ticket.subject),
                "Description" => text.clone_into(&mut ticket.description),
                // These belong to the lead, which has its own record.
                "RelatedCustomerId" | LEAD => {}
                _ if name.starts_with("LeadDetail.") => {}
                _ => {
                    if name == "Status" {
                        ticket.closed = is_closed(text);
                    }
                    ticket.changes.insert(name, value);
                }
            }
        }
        ticket.attachments.extend(self.files);
    }
}

fn field(entry: &Value) -> Option<(String, Value)> {
    let name = entry.get("SchemaName")?.as_str()?;
    let value = entry.get("Value").cloned().unwrap_or_default();
    matches!(value, Value::Null | Value::String(_)).then(|| (name.to_owned(), value))
}

fn no_such_status(status: &str) -> String {
    format!("'{status}' is no value of Status")
}

/// The 500 for a missing mandatory field, in the format of the vendor's core API.
fn mandatory(name: &str, doing: &str) -> Reply {
    Reply::json(
        500,
        &json!({
            "Status": "Error",
            "ExceptionType": "MXMandatoryAttributeMissingException",
            "ExceptionMessage": format!("'{name}' is mandatory for {doing} ticket"),
        }),
    )
}
