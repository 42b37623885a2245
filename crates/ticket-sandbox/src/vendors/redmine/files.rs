//! Files: staged by an upload, attached to a ticket by its token, downloaded by the URL in the ticket.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use serde_json::{Map, Value, json};

use super::site::User;
use super::{Redmine, denied, empty, json_reply, not_found, unauthorized};
use crate::calendar::Date;
use crate::reply::Reply;
use crate::store::Ticket;
use crate::ticket::AttachmentRecord;
use crate::vendors::call::Call;

/// The largest file, by the default settings.
const MAX_BYTES: usize = 5 * 1024 * 1024;

/// A file that was sent, attached or not.
#[derive(Debug)]
pub(super) struct File {
    token: String,
    name: String,
    media_type: Option<String>,
    description: String,
    bytes: Vec<u8>,
    author: &'static User,
    date: Date,
    is_attached: bool,
}

/// The number of a staged file, and what a request says of it.
pub(super) type Upload = (u64, Map<String, Value>);

impl Redmine {
    pub(super) fn stage(&mut self, call: &Call<'_>, user: Option<&'static User>) -> Reply {
        let Some(author) = user else {
            return unauthorized();
        };
        if call.content_type() != Some("application/octet-stream") {
            return empty(406);
        }
        let bytes = call.body.unwrap_or_default().to_vec();
        if bytes.len() > MAX_BYTES {
            let message = format!(
                "This file cannot be uploaded because it exceeds the maximum allowed file size \
                 ({MAX_BYTES})"
            );
            return json_reply(422, &json!({ "errors": [message] }));
        }
        let last = self.files.last_key_value();
        let id = last.map_or(1, |(id, _)| id + 1);
        let token = format!("{id}.{}", digest(&bytes));
        let name = call.parameter("filename").filter(|name| !name.is_empty());
        let name = name.map_or_else(|| digest(&bytes), |name| file_name(&name));
        let media_type = call.parameter("content_type").or_else(|| media_type(&name));
        let file = File {
            token: token.clone(),
            media_type,
            name,
            description: String::new(),
            bytes,
            author,
            date: call.date,
            is_attached: false,
        };
        self.files.insert(id, file);
        json_reply(201, &json!({ "upload": { "id": id, "token": token } }))
    }

    /// The numbers of the files that these uploads name, each with its upload; how many are not to be had if any.
    pub(super) fn uploads(&self, uploads: &Value) -> Result<Vec<Upload>, usize> {
        let uploads: Vec<&Value> = match uploads {
            Value::Array(uploads) => uploads.iter().collect(),
            Value::Object(uploads) => uploads.values().collect(),
            _ => Vec::new(),
        };
        let mut named = Vec::new();
        let mut missing = 0;
        for upload in uploads {
            let token = upload.get("token").and_then(Value::as_str);
            let mut files = self.files.iter();
            let file = files.find(|(id, file)| {
                !file.is_attached
                    && Some(file.token.as_str()) == token
                    && named.iter().all(|(known, _)| known != *id)
            });
            match (file, upload.as_object()) {
                (Some((id, _)), Some(upload)) => named.push((*id, upload.clone())),
                _ => missing += 1,
            }
        }
        if missing > 0 { Err(missing) } else { Ok(named) }
    }

    /// Attaches a staged file. Returns its name.
    pub(super) fn attach(
        &mut self,
        id: u64,
        upload: &Map<String, Value>,
        message: Option<u64>,
        ticket: &mut Ticket,
    ) -> Option<String> {
        let file = self.files.get_mut(&id)?;
        let given = |name: &str| upload.get(name)?.as_str().filter(|text| !text.is_empty());
        if let Some(name) = given("filename") {
            file.name = file_name(name);
        }
        if let Some(media_type) = given("content_type") {
            file.media_type = Some(media_type.to_owned());
        }
        if let Some(description) = given("description") {
            description.clone_into(&mut file.description);
        }
        file.is_attached = true;
        ticket.attachments.push(AttachmentRecord {
            id: id.to_string(),
            message: message.map(|number| number.to_string()),
            name: file.name.clone(),
            media_type: file.media_type.clone(),
            bytes: std::mem::take(&mut file.bytes),
        });
        Some(file.name.clone())
    }

    /// An attachment as tickets print it.
    pub(super) fn file(&self, file: &AttachmentRecord, ticket: &Ticket, host: &str) -> Value {
        let id: u64 = file.id.parse().unwrap_or_default();
        let sent = self.files.get(&id);
        let author = sent.map_or(super::record::default_author(), |sent| sent.author);
        let date = sent.map_or(ticket.created, |sent| sent.date);
        let name = encoded(&file.name);
        json!({
            "id": id, "filename": file.name, "filesize": file.bytes.len(),
            "content_type": file.media_type,
            "description": sent.map_or("", |sent| sent.description.as_str()),
            "content_url": format!("{host}/attachments/download/{id}/{name}"),
            "author": author.named(), "created_on": date.utc(),
        })
    }

    /// An attachment's record or its content.
    pub(super) fn attachment(&self, call: &Call<'_>, user: Option<&User>) -> Reply {
        let (id, name, is_content) = match *call.segments {
            ["attachments", "download", id] => (id, None, true),
            ["attachments", "download", id, name] => (id, Some(name), true),
            ["attachments", name] => (name.strip_suffix(".json").unwrap_or(name), None, false),
            _ => return not_found(),
        };
        // The form of a refusal is that of the name, or what the request accepts.
        let accepts_json = call.header("accept") == Some("application/json");
        let missing = || match name {
            _ if accepts_json || !is_content => not_found(),
            Some(_) => Reply::text(404, ""),
            None => Reply::html(404),
        };
        let found = self.store.iter().find_map(|ticket| {
            let mut files = ticket.attachments.iter();
            Some((ticket, files.find(|file| file.id == id)?))
        });
        let Some((ticket, file)) = found else {
            return missing();
        };
        if !super::may_see(ticket, user) {
            return denied(user);
        }
        if name.is_some_and(|name| name != file.name) {
            return missing();
        }
        if !is_content {
            let file = self.file(file, ticket, &super::host(call));
            return json_reply(200, &json!({ "attachment": file }));
        }
        let ascii: String = file
            .name
            .chars()
            .map(|c| if c.is_ascii() { c } else { '?' })
            .collect();
        let disposition = format!(
            "attachment; filename=\"{ascii}\"; filename*=UTF-8''{}",
            encoded(&file.name)
        );
        let media_type = file
            .media_type
            .as_deref()
            .unwrap_or("application/octet-stream");
        Reply::empty(200)
            .header("content-type", media_type)
            .header("content-disposition", disposition)
            .body(file.bytes.clone())
    }

    /// Forgets the files of a ticket that is deleted, so that their numbers are given out again.
    pub(super) fn forget_files(&mut self, ticket: &Ticket) {
        for file in &ticket.attachments {
            if let Ok(id) = file.id.parse::<u64>() {
                self.files.remove(&id);
            }
        }
    }
}

/// The last part of a path, without characters that file systems reject.
fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let replaced = |c: char| if "%*:|\"'<>?".contains(c) { '_' } else { c };
    last.chars().map(replaced).collect()
}

fn media_type(name: &str) -> Option<String> {
    let (_, extension) = name.rsplit_once('.')?;
    let known = match extension.to_ascii_lowercase().as_str() {
        "txt" | "log" => "text/plain",
        "csv" => "text/csv",
        "pdf" => "application/pdf",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "bin" => "application/octet-stream",
        _ => return None,
    };
    Some(known.to_owned())
}

/// 64 hexadecimal digits that depend on the content, where Redmine has its SHA-256.
fn digest(bytes: &[u8]) -> String {
    let mut text = String::new();
    for part in 0_u8..4 {
        let mut hasher = DefaultHasher::new();
        (part, bytes).hash(&mut hasher);
        let _ = write!(text, "{:016x}", hasher.finish());
    }
    text
}

/// A file name as a segment of a path.
fn encoded(name: &str) -> String {
    let mut text = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}
