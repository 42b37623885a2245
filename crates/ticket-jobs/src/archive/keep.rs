//! Archives a ticket: reads what there is of it at the vendor, and writes it.

use std::io;

use futures_util::TryStreamExt as _;
use ticket_core::model::AttachedFile;
use ticket_core::{Effect, Error, ErrorKind, Operation, Result, Ticket, TicketId, Tickets};

use super::Archive;
use super::disk::FILES;
use super::draft::{Draft, PartWriter};
use super::entry::{Entry, KeptFile, Lack, LackReason, Part};
use super::place::Place;
use crate::digest::sha256;

const MESSAGES: &str = "messages";
const ATTACHMENTS: &str = "attachments";

/// What is archived of a ticket. Default: everything, and it fails if a part cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct KeepOptions {
    /// Whether attached files are archived. A ticket whose files are in the archive keeps them there in any case.
    pub attachments: bool,
    /// Whether a part that cannot be read is told in [`lacks`](Entry::lacks); it stays as it is in the archive, if it is there.
    /// If not, the ticket is not archived. What would
    /// keep other tickets from being read as well, such as wrong credentials, is an error in any case.
    pub missing_ok: bool,
}

impl Default for KeepOptions {
    fn default() -> Self {
        Self {
            attachments: true,
            missing_ok: false,
        }
    }
}

impl KeepOptions {
    /// Archives no attached files.
    #[must_use]
    pub fn without_attachments(mut self) -> Self {
        self.attachments = false;
        self
    }

    /// Archives a ticket also if a part of it cannot be read.
    #[must_use]
    pub fn missing_ok(mut self) -> Self {
        self.missing_ok = true;
        self
    }
}

/// An archived ticket.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Kept {
    /// The SHA-256 digest of its `entry.json`, in hexadecimal digits. That file has the digests of all others.
    pub sha256: String,
    /// Whether the archive had exactly this already.
    pub was_there: bool,
    /// What the archive does not have of the ticket.
    pub lacks: Vec<Lack>,
}

impl Archive {
    /// Archives a ticket that was just read: reads its messages and attached files, writes all of it, and reads it back. An
    /// earlier entry of the ticket is replaced; messages and files that it has and that cannot be read now are kept. When this
    /// returns, the entry is on the disk.
    ///
    /// If the future is dropped, the earlier entry or the new one is there, and nothing else.
    ///
    /// # Errors
    ///
    /// The ticket is not archived, and nothing was changed at the vendor. Errors of the vendor say what cannot be read.
    /// `Config` if the archive cannot be written, which is then so for every ticket.
    pub async fn keep(
        &self,
        place: &Place,
        tickets: &Tickets,
        ticket: &Ticket,
        options: KeepOptions,
    ) -> Result<Kept> {
        if place.account.is_empty() || ticket.id.as_str().is_empty() {
            return Err(Error::invalid_input(
                "a ticket without an account or an id cannot be archived",
            ));
        }
        // An entry that cannot be read is replaced.
        let earlier = self.find(&place.account, &ticket.id).unwrap_or_default();
        let earlier = earlier.map(|archived| archived.entry);
        let had_files = earlier
            .as_ref()
            .is_some_and(|entry| entry.attachments.is_some());
        let mut reading = Reading {
            draft: Draft::begin(&self.folder)?,
            archive: self,
            tickets,
            id: &ticket.id,
            missing_ok: options.missing_ok,
            entry: Entry::new(place, ticket),
            earlier,
        };
        reading.ticket(ticket)?;
        reading.messages().await?;
        if options.attachments || had_files {
            reading.attachments().await?;
        } else {
            let why = "it was not asked for";
            reading.entry.lack(ATTACHMENTS, LackReason::NotAsked, why);
        }
        let Reading {
            draft,
            entry,
            earlier,
            ..
        } = reading;
        let was_there = earlier.as_ref() == Some(&entry);
        let lacks = entry.lacks.clone();
        let written = tokio::task::spawn_blocking(move || draft.commit(&entry));
        let stopped = |_| {
            Err(Error::config(
                "the task that writes the archive was stopped",
            ))
        };
        let sha256 = written.await.unwrap_or_else(stopped);
        let sha256 = sha256.map_err(|error| error.on_ticket(&ticket.id))?;
        Ok(Kept {
            sha256,
            was_there,
            lacks,
        })
    }
}

/// A ticket whose parts are read.
struct Reading<'a> {
    draft: Draft,
    archive: &'a Archive,
    tickets: &'a Tickets,
    id: &'a TicketId,
    missing_ok: bool,
    entry: Entry,
    /// The entry that the archive has of it.
    earlier: Option<Entry>,
}

impl Reading<'_> {
    fn unwritable(&self, error: &io::Error) -> Error {
        self.archive.folder.unwritable(error).on_ticket(self.id)
    }

    fn supports(&self, operation: Operation) -> bool {
        self.tickets.info().capabilities.supports(operation)
    }

    fn unsupported(&mut self, what: &str, operation: Operation) {
        let provider = self.tickets.info().id.clone();
        let why = Error::unsupported(&provider, operation);
        self.entry
            .lack(what, LackReason::Unsupported, why.message());
    }

    fn ticket(&mut self, ticket: &Ticket) -> Result<()> {
        let written = self.draft.part("ticket.json").and_then(|mut part| {
            part.write(ticket.raw.get().as_bytes())?;
            part.finish()
        });
        let part = written.map_err(|error| self.unwritable(&error))?;
        self.entry.parts.push(part);
        Ok(())
    }

    async fn messages(&mut self) -> Result<()> {
        if !self.supports(Operation::Messages) {
            self.unsupported(MESSAGES, Operation::Messages);
            return self.earlier_messages();
        }
        let part = self.draft.part("messages.json");
        let mut part = part.map_err(|error| self.unwritable(&error))?;
        let mut messages = self.tickets.messages_all(self.id.clone());
        let mut count = 0;
        let ended = loop {
            match messages.try_next().await {
                Ok(Some(message)) => {
                    let before = if count == 0 { "[\n" } else { ",\n" };
                    let json = message.raw.get();
                    let written = part
                        .write(before.as_bytes())
                        .and_then(|()| part.write(json.as_bytes()));
                    written.map_err(|error| self.unwritable(&error))?;
                    count += 1;
                }
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        let earlier = self.earlier.as_ref().and_then(|entry| entry.messages);
        let is_whole = match ended {
            None => true,
            Some(error) => {
                self.missing(MESSAGES, &error)?;
                // Everything that came is kept, unless there was more.
                error.kind() == ErrorKind::Incomplete && earlier.is_none_or(|had| had <= count)
            }
        };
        let end = if count == 0 { "[]\n" } else { "\n]\n" };
        let written = part.write(end.as_bytes()).and_then(|()| part.finish());
        let part = written.map_err(|error| self.unwritable(&error))?;
        if is_whole {
            self.entry.parts.push(part);
            self.entry.messages = Some(count);
        } else {
            let removed = self.draft.remove_part("messages.json");
            removed.map_err(|error| self.unwritable(&error))?;
            self.earlier_messages()?;
        }
        Ok(())
    }

    /// Keeps the messages that the archive has, since they cannot be read now.
    fn earlier_messages(&mut self) -> Result<()> {
        let Some(earlier) = &self.earlier else {
            return Ok(());
        };
        let mut parts = earlier.parts.iter();
        let part = parts.find(|part| part.name == "messages.json");
        let (count, path) = (earlier.messages, earlier.path().join("messages.json"));
        let Some(part) = part.cloned() else {
            return Ok(());
        };
        let kept = self.draft.part("messages.json");
        let kept = kept.and_then(|kept| kept.copy(&self.archive.folder.dir.join(path), &part));
        if kept.map_err(|error| self.unwritable(&error))? {
            self.entry.parts.push(part);
            self.entry.messages = count;
            self.entry.kept_earlier();
            return Ok(());
        }
        let removed = self.draft.remove_part("messages.json");
        removed.map_err(|error| self.unwritable(&error))
    }

    async fn attachments(&mut self) -> Result<()> {
        if !self.supports(Operation::Attachments) {
            self.unsupported(ATTACHMENTS, Operation::Attachments);
            let kept = self.earlier_files(&[], 0)?;
            self.entry.attachments = Some(kept).filter(|kept| !kept.is_empty());
            return Ok(());
        }
        let can_download = self.supports(Operation::Download);
        let mut files = self.tickets.attachments_all(self.id.clone());
        let mut kept = Vec::new();
        let mut number = 0;
        let ended = loop {
            match files.try_next().await {
                Ok(Some(file)) if can_download => {
                    let bytes = self.file(&file, number).await?;
                    number += usize::from(bytes.is_some());
                    kept.push(kept_file(file, bytes));
                }
                Ok(Some(file)) => {
                    let bytes = self.earlier_file(&file.id, number)?;
                    number += usize::from(bytes.is_some());
                    kept.push(kept_file(file, bytes));
                }
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        if !can_download && !kept.is_empty() {
            self.unsupported(ATTACHMENTS, Operation::Download);
            if number > 0 {
                self.entry.kept_earlier();
            }
        }
        if let Some(error) = ended {
            self.missing(ATTACHMENTS, &error)?;
            let more = self.earlier_files(&kept, number)?;
            kept.extend(more);
        }
        self.entry.attachments = Some(kept);
        Ok(())
    }

    /// The files that the archive has beside these, since they cannot be listed now. The first one gets this number.
    fn earlier_files(&mut self, beside: &[KeptFile], mut number: usize) -> Result<Vec<KeptFile>> {
        let earlier = self.earlier.as_ref();
        let earlier = earlier.and_then(|entry| entry.attachments.clone());
        let mut kept = Vec::new();
        for file in earlier.unwrap_or_default() {
            if beside.iter().any(|other| other.id == file.id) {
                continue;
            }
            let bytes = self.earlier_file(&file.id, number)?;
            number += usize::from(bytes.is_some());
            let sha256 = bytes.map(|part| part.sha256);
            kept.push(KeptFile { sha256, ..file });
        }
        if !kept.is_empty() {
            self.entry.kept_earlier();
        }
        Ok(kept)
    }

    /// Keeps the file that the archive has, since it cannot be read now; `None` if the archive does not have it.
    fn earlier_file(&mut self, id: &str, number: usize) -> Result<Option<Part>> {
        let earlier = self.earlier.as_ref();
        let mut earlier = earlier
            .and_then(|entry| entry.attachments.as_ref())
            .into_iter()
            .flatten();
        let Some(KeptFile {
            sha256: Some(sha256),
            size: Some(size),
            ..
        }) = earlier.find(|file| file.id == id)
        else {
            return Ok(None);
        };
        let part = Part {
            name: String::new(),
            sha256: sha256.clone(),
            size: *size,
        };
        let path = self.archive.folder.dir.join(FILES).join(&part.sha256);
        let kept = self.draft.attachment(number);
        let kept = kept.and_then(|kept| kept.copy(&path, &part));
        if kept.map_err(|error| self.unwritable(&error))? {
            return Ok(Some(part));
        }
        let removed = self.draft.remove_attachment(number);
        removed.map_err(|error| self.unwritable(&error))?;
        Ok(None)
    }

    /// Downloads a file; `None` if it cannot be read and may be missing.
    async fn file(&mut self, file: &AttachedFile, number: usize) -> Result<Option<Part>> {
        let part = self.draft.attachment(number);
        let mut part = part.map_err(|error| self.unwritable(&error))?;
        match self.download(file, &mut part).await? {
            Ok(()) => {
                let part = part.finish().map_err(|error| self.unwritable(&error))?;
                Ok(Some(part))
            }
            Err(error) => {
                self.missing(&format!("attachment {}", file.id), &error)?;
                let removed = self.draft.remove_attachment(number);
                removed.map_err(|error| self.unwritable(&error))?;
                let earlier = self.earlier_file(&file.id, number)?;
                if earlier.is_some() {
                    self.entry.kept_earlier();
                }
                Ok(earlier)
            }
        }
    }

    /// Writes a file's bytes as they arrive. The outer error is the archive's, the inner one the vendor's.
    async fn download(&self, file: &AttachedFile, part: &mut PartWriter) -> Result<Result<()>> {
        let download = match self.tickets.download(file).await {
            Ok(download) => download,
            Err(error) => return Ok(Err(error)),
        };
        let mut bytes = download.into_stream();
        loop {
            match bytes.try_next().await {
                Ok(Some(bytes)) => part
                    .write(&bytes)
                    .map_err(|error| self.unwritable(&error))?,
                Ok(None) => break,
                Err(error) => return Ok(Err(error)),
            }
        }
        let size = part.size();
        if let Some(listed) = file.size.filter(|listed| *listed != size) {
            let message = format!("the vendor sent {size} bytes and lists the file with {listed}");
            return Ok(Err(Error::new(ErrorKind::BadResponse, message)));
        }
        Ok(Ok(()))
    }

    /// Says that a part cannot be read: in the entry if it may be missing, or else as the error.
    fn missing(&mut self, what: &str, error: &Error) -> Result<()> {
        if is_about_all(error) {
            return Err(error.clone().with_effect(Effect::None));
        }
        if !self.missing_ok {
            return Err(error
                .with_context(&format!("{what} cannot be read"))
                .on_ticket(self.id));
        }
        let status = error.status();
        let status = status.map_or_else(String::new, |status| format!(" (HTTP {status})"));
        let why = format!("it could not be read: {}{status}", error.message());
        self.entry.lack(what, LackReason::Unreadable, why);
        Ok(())
    }
}

fn kept_file(file: AttachedFile, bytes: Option<Part>) -> KeptFile {
    let (sha256, size) = bytes.map(|part| (part.sha256, part.size)).unzip();
    KeptFile {
        id: file.id,
        name: file.name,
        media_type: file.media_type,
        sha256,
        size: size.or(file.size),
    }
}

/// Whether what failed for this reason fails for other tickets as well.
pub(crate) fn is_about_all(error: &Error) -> bool {
    match error.kind() {
        // A part that this vendor does not have.
        ErrorKind::Unsupported => false,
        ErrorKind::Cancelled
        | ErrorKind::RateLimited
        | ErrorKind::Connect
        | ErrorKind::Unavailable => true,
        _ => error.is_of_the_account(),
    }
}

impl Archive {
    /// Whether this is what the entry's `ticket.json` holds.
    pub(crate) fn holds(entry: &Entry, ticket: &Ticket) -> bool {
        let mut parts = entry.parts.iter();
        let part = parts.find(|part| part.name == "ticket.json");
        part.is_some_and(|part| part.sha256 == sha256(ticket.raw.get().as_bytes()))
    }
}
