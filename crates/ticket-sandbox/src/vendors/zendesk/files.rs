//! Files: uploaded for an hour, attached to a comment by their token, read by a content URL that needs no credentials.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Zendesk, host, id, invalid, json_reply, not_found};
use crate::reply::Reply;
use crate::store::Ticket;
use crate::ticket::AttachmentRecord;
use crate::vendors::call::Call;

const KEPT_FOR: Duration = Duration::from_secs(60 * 60);

/// A file that was uploaded and is not attached yet.
#[derive(Debug)]
pub(super) struct Upload {
    file: AttachmentRecord,
    since: Instant,
}

impl Zendesk {
    pub(super) fn upload(&mut self, call: &Call<'_>) -> Reply {
        let name = call.parameter("filename").filter(|name| !name.is_empty());
        let Some(name) = name else {
            return invalid("filename", "Filename: cannot be blank");
        };
        let number = self.next_file;
        self.next_file += 1;
        let file = AttachmentRecord {
            id: number.to_string(),
            message: None,
            name,
            media_type: call.content_type().map(str::to_owned),
            bytes: call.body.unwrap_or_default().to_vec(),
        };
        let token = format!("upload{number:08}");
        let printed = self.file(&file, &host(call));
        let since = call.now;
        self.uploads.insert(token.clone(), Upload { file, since });
        let body = json!({ "upload": {
            "token": token, "attachment": printed, "attachments": [printed],
        } });
        json_reply(201, &body)
    }

    /// Attaches uploaded files by their tokens, each once.
    pub(super) fn attach(
        &mut self,
        ticket: &mut Ticket,
        tokens: &Value,
        message: u64,
        call: &Call<'_>,
    ) -> Result<(), Reply> {
        self.uploads
            .retain(|_, upload| call.now.duration_since(upload.since) < KEPT_FOR);
        let tokens = tokens.as_array().cloned().unwrap_or_default();
        let tokens: Vec<String> = tokens
            .iter()
            .filter_map(|token| token.as_str().map(str::to_owned))
            .collect();
        if !tokens.iter().all(|token| self.uploads.contains_key(token)) {
            return Err(invalid("attachment", "Uploads: token is invalid"));
        }
        for token in tokens {
            if let Some(upload) = self.uploads.remove(&token) {
                let message = Some(message.to_string());
                ticket.attachments.push(AttachmentRecord {
                    message,
                    ..upload.file
                });
            }
        }
        Ok(())
    }

    /// A file as comments print it.
    #[expect(clippy::unused_self, reason = "as the other printers of this vendor")]
    pub(super) fn file(&self, file: &AttachmentRecord, host: &str) -> Value {
        let id: Option<u64> = file.id.parse().ok();
        let content = format!("{host}/attachments/token/content{}", file.id);
        json!({
            "url": format!("{host}/api/v2/attachments/{}.json", file.id),
            "id": id, "file_name": file.name, "content_url": content,
            "mapped_content_url": content, "content_type": file.media_type,
            "size": file.bytes.len(), "width": null, "height": null, "inline": false,
            "deleted": false, "thumbnails": [],
        })
    }

    fn stored(&self, id: &str) -> Option<&AttachmentRecord> {
        self.store
            .iter()
            .filter(|ticket| !ticket.deleted)
            .flat_map(|ticket| &ticket.attachments)
            .find(|file| file.id == id)
    }

    pub(super) fn attachment(&self, call: &Call<'_>) -> Reply {
        match self.stored(&id(call)) {
            None => not_found(),
            Some(file) => {
                let file = self.file(file, &host(call));
                json_reply(200, &json!({ "attachment": file }))
            }
        }
    }

    pub(super) fn content(&self, call: &Call<'_>) -> Reply {
        let token = call.segments.get(2).copied().unwrap_or_default();
        let file = token.strip_prefix("content").and_then(|id| self.stored(id));
        let Some(file) = file else {
            return Reply::html(404);
        };
        let media_type = file.media_type.as_deref();
        Reply::empty(200)
            .header(
                "content-type",
                media_type.unwrap_or("application/octet-stream"),
            )
            .header("content-disposition", "attachment")
            .body(file.bytes.clone())
    }
}
