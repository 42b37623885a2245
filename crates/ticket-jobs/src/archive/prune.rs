//! Removes old entries from an archive.

use std::fs;
use std::io;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;
use ticket_core::{Result, TicketRef};

use super::Archive;
use super::draft::Draft;
use crate::folder::{create_folder, sync_folder};

/// Something that was removed from an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Removed {
    /// A ticket.
    Entry(TicketRef),
    /// An attached file that no entry used any more, by its digest.
    File(String),
}

/// What was removed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Pruned {
    /// How many tickets.
    pub entries: u64,
    /// How many attached files.
    pub files: u64,
}

impl Archive {
    /// Removes the tickets that were archived before this time, and attached files that no entry uses any more. Calls `tell`
    /// after each. Writers wait until it is done. Blocks.
    ///
    /// # Errors
    ///
    /// `Config` if the archive cannot be written. If an entry cannot be read, no attached file is removed, since nobody
    /// knows which ones that entry uses.
    pub fn prune(&self, before: Timestamp, mut tell: impl FnMut(Removed)) -> Result<Pruned> {
        let draft = Draft::begin(&self.folder)?;
        let unwritable = |error: io::Error| self.folder.unwritable(&error);
        let _lock = self.folder.lock().map_err(unwritable)?;
        let mut pruned = Pruned::default();
        let mut entries = self.entries();
        while let Some(path) = entries.next_path() {
            let path = path?;
            // What is wrong with it is told below, and by `verify`.
            let Ok(Some(archived)) = self.folder.entry(&path) else {
                continue;
            };
            if archived.written_at >= before {
                continue;
            }
            self.remove(&path, &draft.gone()).map_err(unwritable)?;
            pruned.entries += 1;
            tell(Removed::Entry(TicketRef::new(
                archived.entry.account,
                archived.entry.id,
            )));
        }
        self.each_files(|archive, mut some| {
            if let Some(error) = archive.retain_unused(&mut some) {
                return Err(error);
            }
            for (name, path) in some {
                fs::remove_file(archive.folder.dir.join(path)).map_err(unwritable)?;
                pruned.files += 1;
                tell(Removed::File(name));
            }
            Ok(())
        })?;
        Ok(pruned)
    }

    /// Removes an entry, so that a reader sees all of it or nothing, and the folder of its account if that is empty now.
    fn remove(&self, path: &Path, gone: &Path) -> io::Result<()> {
        create_folder(gone)?;
        let folder = self.folder.dir.join(path);
        let gone = gone.join("entry");
        fs::rename(&folder, &gone)?;
        if let Some(account) = folder.parent() {
            sync_folder(account)?;
            match fs::remove_dir(account) {
                Err(error) if error.kind() != io::ErrorKind::DirectoryNotEmpty => {
                    return Err(error);
                }
                _ => {}
            }
        }
        fs::remove_dir_all(gone)
    }
}
