//! Finds and lists the tickets of an archive.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::vec;

use jiff::Timestamp;
use ticket_core::{Error, Result, Ticket, TicketId};

use super::disk::{FILES, Folder, MARK};
use super::draft::measure;
use super::entry::{Entry, LackReason, TicketState};
use super::{Archive, KeepOptions};

/// After its last change a ticket may change again with the same time, because vendors round it. An entry that was written
/// earlier after the change than this may be of the state in between.
const SETTLED: jiff::SignedDuration = jiff::SignedDuration::from_secs(2);

/// A ticket in an archive, and when it was archived.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Found {
    /// What the archive says of it.
    pub entry: Entry,
    /// When its `entry.json` was written, as the file system says.
    pub written_at: Timestamp,
}

impl Archive {
    /// The ticket with this id of this account; `None` if it is not in the archive.
    ///
    /// # Errors
    ///
    /// `Config` if its entry cannot be read. The digests of its parts are not compared: see [`verify`](Self::verify).
    pub fn find(&self, account: &str, id: &TicketId) -> Result<Option<Found>> {
        let path = Folder::entry_path(account, id.as_str());
        self.folder.entry(&path)
    }

    /// All tickets of the archive, sorted by the names of their folders. Entries that cannot be read are errors, and the
    /// iteration goes on after them. Memory does not grow with the number of tickets.
    pub fn entries(&self) -> Entries {
        Entries {
            folder: Arc::clone(&self.folder),
            accounts: Names::new(PathBuf::new()),
            tickets: None,
        }
    }

    /// The ticket with this id of this account, if the archive has it and its parts are as they were written.
    pub(crate) fn whole(&self, account: &str, id: &TicketId) -> Option<Found> {
        let found = self.find(account, id).unwrap_or_default();
        found.filter(|found| self.folder.is_whole(&found.entry))
    }

    /// Whether the archive has this ticket whole and as it is now, so that it need not be read again.
    pub(crate) fn is_current(
        &self,
        archived: &Found,
        ticket: &Ticket,
        options: KeepOptions,
    ) -> bool {
        let entry = &archived.entry;
        let is_lacking = entry.lacks.iter().any(|lack| match lack.because {
            LackReason::Unsupported => false,
            LackReason::NotAsked => options.attachments,
            LackReason::Unreadable => !options.missing_ok,
        });
        !is_lacking && is_same(archived, ticket) && self.folder.is_whole(entry)
    }
}

/// Whether the ticket has not changed since it was archived. A row of a list may have fewer fields than the archived ticket.
fn is_same(archived: &Found, ticket: &Ticket) -> bool {
    let (before, now) = (&archived.entry.ticket, TicketState::of(ticket));
    let version = before.version.as_ref().zip(now.version.as_ref());
    let updated = before.updated_at.zip(now.updated_at);
    let has_changed = version.is_some_and(|(before, now)| before != now)
        || updated.is_some_and(|(before, now)| before != now)
        || (now.subject.is_some() && before.subject != now.subject)
        || (now.status.is_some() && before.status != now.status);
    if has_changed {
        return false;
    }
    match (version, updated) {
        (_, Some((updated, _))) => archived.written_at.duration_since(updated) > SETTLED,
        (Some(_), None) => true,
        (None, None) => Archive::holds(&archived.entry, ticket),
    }
}

impl Folder {
    /// The entry in this folder.
    pub(super) fn entry(&self, path: &Path) -> Result<Option<Found>> {
        let file = self.dir.join(path).join("entry.json");
        let unreadable = |why: String| {
            Error::config(format!(
                "the entry {} of the archive: {why}",
                file.display()
            ))
        };
        let written_at = match fs::metadata(&file).and_then(|found| found.modified()) {
            Ok(time) => time,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(format!("it cannot be read: {error}"))),
        };
        let json = match fs::read_to_string(&file) {
            Ok(json) => json,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(unreadable(format!("it cannot be read: {error}"))),
        };
        let entry = Entry::of_json(&json).map_err(unreadable)?;
        let own = Self::entry_path(&entry.account, entry.id.as_str());
        if own != path {
            return Err(unreadable(format!(
                "it is of the ticket {}:{}",
                entry.account, entry.id
            )));
        }
        let written_at = Timestamp::try_from(written_at).unwrap_or(Timestamp::UNIX_EPOCH);
        Ok(Some(Found { entry, written_at }))
    }

    /// Whether the parts of an entry are as they were written, and the attached files have their lengths.
    fn is_whole(&self, entry: &Entry) -> bool {
        let path = self
            .dir
            .join(Self::entry_path(&entry.account, entry.id.as_str()));
        let mut parts = entry.parts.iter();
        let mut files = entry.files();
        parts.all(|part| {
            let found = measure(&path.join(&part.name));
            found.is_ok_and(|found| (found.sha256, found.size) == (part.sha256.clone(), part.size))
        }) && files.all(|(sha256, size)| {
            let found = fs::metadata(self.dir.join(FILES).join(sha256));
            found.is_ok_and(|found| found.len() == size)
        })
    }

    /// Whether a name in the archive's folder can be that of an account's.
    pub(super) fn is_accounts(name: &str) -> bool {
        name != MARK && name != FILES && !Self::is_writers(name)
    }
}

/// The tickets of an archive: see [`Archive::entries`].
#[derive(Debug)]
pub struct Entries {
    folder: Arc<Folder>,
    accounts: Names,
    tickets: Option<Names>,
}

impl Entries {
    /// The next folder of an entry.
    pub(super) fn next_path(&mut self) -> Option<Result<PathBuf>> {
        loop {
            if let Some(tickets) = &mut self.tickets {
                match tickets.next(&self.folder) {
                    Some(found) => return Some(found),
                    None => self.tickets = None,
                }
            }
            let account = match self.accounts.next(&self.folder)? {
                Ok(account) => account,
                Err(error) => return Some(Err(error)),
            };
            let is_accounts = account.to_str().is_some_and(Folder::is_accounts);
            if is_accounts && self.folder.dir.join(&account).is_dir() {
                self.tickets = Some(Names::new(account));
            }
        }
    }
}

impl Iterator for Entries {
    type Item = Result<Found>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let path = match self.next_path()? {
                Ok(path) => path,
                Err(error) => return Some(Err(error)),
            };
            // One that was removed since is not there.
            if let Some(found) = self.folder.entry(&path).transpose() {
                return Some(found);
            }
        }
    }
}

/// The names in a folder, sorted, as paths in the archive.
#[derive(Debug)]
pub(super) struct Names {
    folder: PathBuf,
    last: Option<String>,
    some: vec::IntoIter<String>,
    is_over: bool,
}

impl Names {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            last: None,
            some: Vec::new().into_iter(),
            is_over: false,
        }
    }

    pub(super) fn next(&mut self, archive: &Folder) -> Option<Result<PathBuf>> {
        if let Some(name) = self.some.next() {
            return Some(Ok(self.folder.join(name)));
        }
        if self.is_over {
            return None;
        }
        match archive.names(&self.folder, self.last.as_deref()) {
            Ok(names) => {
                self.is_over = names.is_empty();
                self.last = names.last().cloned();
                self.some = names.into_iter();
                let name = self.some.next()?;
                Some(Ok(self.folder.join(name)))
            }
            // It was removed since.
            Err(error)
                if error.kind() == io::ErrorKind::NotFound && self.folder != Path::new("") =>
            {
                self.is_over = true;
                None
            }
            Err(error) => {
                self.is_over = true;
                Some(Err(archive.unreadable(&error)))
            }
        }
    }
}
