//! Comments (internal) and correspondence (to the customer), and the log of a ticket.

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};

use super::fields;
use super::paged::{self, Paged};
use super::{Rt, User, answered, base, crashed, json_body, location, record, refused};
use crate::reply::Reply;
use crate::store::{LogEntry, Message};
use crate::ticket::{AttachmentRecord, MessageKind};
use crate::vendors::call::{Call, object};

/// A file that was sent, without an id.
pub(super) type File = AttachmentRecord;

/// What the entry of a message says of it: the number and the type of its text.
pub(super) fn parts_of(text: u64, kind: &str) -> Map<String, Value> {
    object(json!({ "Text": text, "TextType": kind, "Data": "No Subject" }))
}

/// The JSON and the files of a multipart form; `None` if the body is none.
pub(super) fn multipart(call: &Call<'_>) -> Option<Result<(Value, Vec<File>), Reply>> {
    let parts = call.parts()?;
    let json = parts.iter().find(|part| part.name == "JSON");
    let json = json.and_then(|part| serde_json::from_slice(&part.bytes).ok());
    let Some(json) = json else {
        return Some(Err(refused(
            400,
            "JSON is a required field for multipart/form-data",
        )));
    };
    let files = parts.into_iter().filter(|part| part.name == "Attachments");
    let files = files.map(|part| File {
        id: String::new(),
        message: None,
        name: part.file_name.unwrap_or_default(),
        media_type: part.media_type,
        bytes: part.bytes,
    });
    Some(Ok((json, files.collect())))
}

/// The files in a JSON body, or the message of the refusal.
pub(super) fn files(asked: &Map<String, Value>) -> Result<Vec<File>, String> {
    let given = asked.get("Attachments").and_then(Value::as_array);
    let mut files = Vec::new();
    for file in given.map(Vec::as_slice).unwrap_or_default() {
        let field = |name: &str| {
            let value = file.get(name).and_then(Value::as_str);
            value.ok_or_else(|| {
                format!("{name} is a required field for each attachment in Attachments")
            })
        };
        let (name, kind) = (field("FileName")?, field("FileType")?);
        let content: String = field("FileContent")?.split_whitespace().collect();
        files.push(File {
            id: String::new(),
            message: None,
            name: name.to_owned(),
            media_type: Some(kind.to_owned()),
            bytes: BASE64_STANDARD.decode(content).unwrap_or_default(),
        });
    }
    Ok(files)
}

impl Rt {
    /// The numbers of the parts of a message: with files there is one that holds the others.
    pub(super) fn parts(
        &mut self,
        kind: &str,
        files: Vec<File>,
    ) -> (Map<String, Value>, Vec<File>) {
        let container = (!files.is_empty()).then(|| self.attachment_number());
        let mut parts = parts_of(self.attachment_number(), kind);
        if let Some(container) = container {
            parts.insert("Container".into(), container.into());
        }
        let files = files.into_iter().map(|file| File {
            id: self.attachment_number().to_string(),
            ..file
        });
        (parts, files.collect())
    }

    pub(super) fn comment(&mut self, call: &Call<'_>, user: User) -> Reply {
        let is_comment = call.last_segment() == "comment";
        let read = match (multipart(call), call.content_type()) {
            (Some(read), _) => read,
            (None, Some(kind @ ("text/plain" | "text/html"))) => {
                let text = String::from_utf8_lossy(call.body.unwrap_or_default());
                Ok((json!({ "Content": text, "ContentType": kind }), Vec::new()))
            }
            _ => json_body(call).map(|body| (body, Vec::new())),
        };
        let (asked, mut files) = match read {
            Ok((Value::Object(asked), files)) => (asked, files),
            Ok(_) => return crashed(),
            Err(refused) => return refused,
        };
        let text = |name: &str| asked.get(name).and_then(Value::as_str);
        let Some(kind) = text("ContentType") else {
            return refused(400, "ContentType is a required field for application/json");
        };
        match self::files(&asked) {
            Ok(more) => files.extend(more),
            Err(message) => return refused(400, &message),
        }
        let id = call.segments.get(3).copied().unwrap_or_default();
        let id = match self.store.get(id) {
            None => return refused(400, "Message could not be recorded"),
            Some(ticket) if !user.sees(ticket) => return refused(400, "Permission Denied"),
            Some(ticket) => ticket.id.clone(),
        };

        let (parts, files) = self.parts(kind, files);
        let word = if is_comment { "Comment" } else { "Correspond" };
        let entry = self.entry(word, call.date, user.name(), parts);
        let number = entry.number;
        let message = Message {
            number,
            kind: if is_comment {
                MessageKind::Note
            } else {
                MessageKind::Outgoing
            },
            text: text("Content").unwrap_or_default().to_owned(),
            date: call.date,
        };
        self.store.change(&id, |ticket| {
            ticket.messages.push(message);
            ticket
                .attachments
                .extend(files.into_iter().map(|file| File {
                    message: Some(number.to_string()),
                    ..file
                }));
            if !is_comment && !fields::list(ticket, "Requestor").is_empty() {
                let told = entry.date.utc();
                ticket.changes.insert("Told".into(), told.into());
            }
            fields::touch(ticket, entry);
        });
        let said = if is_comment {
            "Comments added"
        } else {
            "Correspondence added"
        };
        let mut messages = vec![said.to_owned()];
        if !is_comment {
            self.open(&id, call);
        }
        if let Some(status) = text("Status") {
            messages.extend(self.status_of_message(&id, status, call, user));
        }
        answered(201, &json!(messages))
            .header("location", location(&format!("transaction/{number}")))
            .changed_state()
    }

    /// Correspondence opens a ticket that is new or inactive, even one that was deleted.
    fn open(&mut self, id: &str, call: &Call<'_>) {
        let status = self
            .store
            .get(id)
            .map(|ticket| fields::text(ticket, "Status"));
        let status = status.unwrap_or_default();
        if status == "new" || fields::is_inactive(&status) {
            self.set_status(id, "open", call.date, User::System);
        }
    }

    /// Changes the status with a message. Here, RT's words do not name the ticket.
    fn status_of_message(
        &mut self,
        id: &str,
        status: &str,
        call: &Call<'_>,
        user: User,
    ) -> Vec<String> {
        let asked = object(json!({ "Status": status }));
        let old = self
            .store
            .get(id)
            .map(|ticket| fields::text(ticket, "Status"));
        let (messages, _) = self.apply(id, &asked, call.date, user);
        if messages.is_empty() {
            let old = old.unwrap_or_default();
            return vec![format!(
                "You can't change status from '{old}' to '{status}'."
            )];
        }
        let prefix = format!("Ticket {id}: ");
        let bare = messages
            .into_iter()
            .map(|message| match message.strip_prefix(&prefix) {
                Some(bare) => bare.to_owned(),
                None => message,
            });
        bare.collect()
    }

    pub(super) fn history(&self, call: &Call<'_>, user: User) -> Reply {
        let paged = Paged::of(call);
        let id = call.segments.get(3).copied().unwrap_or_default();
        let log = match self.store.get(id) {
            None => &[],
            Some(ticket) if !user.sees(ticket) => return paged.unseen(),
            Some(ticket) => ticket.log.as_slice(),
        };
        let base = base(call);
        let page = log
            .iter()
            .skip(paged.range().start)
            .take(paged.range().len());
        let items = page.map(|entry| {
            let id = entry.number.to_string();
            let reference = record::reference("transaction", &id, &base);
            paged::item(reference, call, |name| {
                transaction_field(entry, name, &base)
            })
        });
        paged.reply(&items.collect::<Vec<_>>(), log.len(), call)
    }
}

/// Who made an entry.
pub(super) fn creator(entry: &LogEntry) -> &str {
    let creator = entry.fields.get("Creator").and_then(Value::as_str);
    creator.unwrap_or(User::Root.name())
}

/// A field of an entry of the log. Texts are not among them: they are attachments.
fn transaction_field(entry: &LogEntry, name: &str, base: &str) -> Option<Value> {
    Some(match name {
        "Type" => entry.kind.into(),
        "Created" => entry.date.utc().into(),
        "Creator" => record::person(creator(entry), base),
        "Data" if entry.kind == "Create" => "".into(),
        "Data" | "Field" | "OldValue" | "NewValue" => entry.fields.get(name)?.clone(),
        _ => return None,
    })
}
