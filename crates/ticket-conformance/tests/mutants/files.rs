//! Files: how the desk shows them, and how the flawed provider reads them.

use futures_util::{StreamExt as _, stream};
use serde_json::{Value, json};
use ticket_core::model::{AttachedFile, Attachment, PageRequest, RawValue};
use ticket_core::provider::{Download, Request as Asked};
use ticket_core::{Operation, Page, Result, TicketId};

use crate::desk::{Reply, error, plain};
use crate::flaws::Flaw;
use crate::provider::Memory;

/// The desk's list of a ticket's files. The id of a file is the ticket's and its place.
pub(crate) fn files_of(id: u64, fields: &Value) -> Reply {
    let files = fields["files"].as_array().into_iter().flatten();
    let files = files.enumerate();
    let files: Vec<_> = files
        .map(|(place, file)| json!({"id": format!("{id}-{place}"), "name": file["name"]}))
        .collect();
    plain(200, json!({ "files": files }).to_string())
}

/// The desk's copy of a file, in base64.
pub(crate) fn file_at(fields: &Value, place: &str) -> Reply {
    let place = place.parse().unwrap_or(usize::MAX);
    match &fields["files"][place]["data"] {
        Value::Null => error(404, "there is no such file"),
        data => plain(200, json!({ "data": data }).to_string()),
    }
}

impl Memory {
    pub(crate) async fn read_files(
        &self,
        id: &TicketId,
        page: &PageRequest,
    ) -> Result<Page<AttachedFile>> {
        let operation = Operation::Attachments;
        self.check(&Asked::Attachments(id, page))?;
        let path = self.path(id, "/files");
        let text = self.send(operation, "GET", path, Value::Null).await?;
        let bad = || self.bad(operation, "the files cannot be read");
        let json: Value = serde_json::from_str(&text).map_err(|_| bad())?;
        let mut items = Vec::new();
        for file in json["files"].as_array().ok_or_else(bad)? {
            let raw = RawValue::from_string(file.to_string()).map_err(|_| bad())?;
            let mut item = AttachedFile::new(file["id"].as_str().ok_or_else(bad)?, raw);
            item.name = file["name"].as_str().map(str::to_owned);
            items.push(item);
        }
        if self.has(Flaw::ListsNoFiles) {
            items.clear();
        }
        Ok(Page::last(items))
    }

    pub(crate) async fn read_file(&self, file: &AttachedFile) -> Result<Download> {
        let operation = Operation::Download;
        self.check(&Asked::Download(file))?;
        let bad = || self.bad(operation, "the file cannot be read");
        let (ticket, mut place) = file.id.split_once('-').ok_or_else(bad)?;
        if self.has(Flaw::ReadsTheFirstFile) {
            place = "0";
        }
        let path = self.path(&TicketId::new(ticket), &format!("/files/{place}"));
        let text = self.send(operation, "GET", path, Value::Null).await?;
        let json: Value = serde_json::from_str(&text).map_err(|_| bad())?;
        let mut bytes = from_base64(json["data"].as_str().ok_or_else(bad)?);
        if self.has(Flaw::CutsTheLastByte) {
            bytes.pop();
        }
        Ok(Download::new(stream::iter([Ok(bytes)]).boxed()))
    }

    /// Sends each file by itself, before the request that it belongs to.
    pub(crate) async fn stage(&self, operation: Operation, files: &[Attachment]) -> Result<()> {
        for _ in files {
            let path = "/uploads".to_owned();
            self.send(operation, "POST", path, Value::Null).await?;
        }
        Ok(())
    }
}

/// The bytes of a text that `base64` wrote, which has no padding.
fn from_base64(text: &str) -> Vec<u8> {
    let digit = |byte: u8| match byte {
        b'A'..=b'Z' => byte - b'A',
        b'a'..=b'z' => byte - b'a' + 26,
        b'0'..=b'9' => byte - b'0' + 52,
        b'+' => 62,
        _ => 63,
    };
    let mut bytes = Vec::new();
    let (mut bits, mut count) = (0_u32, 0);
    for byte in text.bytes() {
        bits = bits << 6 | u32::from(digit(byte));
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.extend(u8::try_from(bits >> count & 0xff));
        }
    }
    bytes
}
