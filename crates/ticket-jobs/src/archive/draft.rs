//! An entry that is prepared beside the archive's entries, and moved into its place when all of it is on the disk.

use std::fs::{self, File};
use std::io::{self, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ticket_core::{Error, Result};

use super::disk::{FILES, Folder};
use super::entry::{Entry, Part};
use super::name::folder_name;
use crate::digest::Hasher;
use crate::folder::{create_file, create_folder, sync_folder};

/// How much of a file is read at once.
const BLOCK: usize = 64 * 1024;

/// An entry that is prepared. If it is dropped, nothing of it stays.
#[derive(Debug)]
pub(super) struct Draft {
    folder: Arc<Folder>,
    path: PathBuf,
}

impl Drop for Draft {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.path);
    }
}

impl Draft {
    pub(super) fn begin(folder: &Arc<Folder>) -> Result<Self> {
        let draft = Self {
            folder: Arc::clone(folder),
            path: folder.new_path()?,
        };
        create_folder(&draft.entry()).map_err(|error| folder.unwritable(&error))?;
        Ok(draft)
    }

    /// The folder that becomes the entry's.
    fn entry(&self) -> PathBuf {
        self.path.join("new")
    }

    /// Where an entry goes that is removed.
    pub(super) fn gone(&self) -> PathBuf {
        self.path.join("gone")
    }

    fn file(&self, number: usize) -> PathBuf {
        self.path.join(number.to_string())
    }

    /// Begins a part of the entry.
    pub(super) fn part(&self, name: &str) -> io::Result<PartWriter> {
        PartWriter::create(&self.entry().join(name), name)
    }

    pub(super) fn remove_part(&self, name: &str) -> io::Result<()> {
        fs::remove_file(self.entry().join(name))
    }

    /// Begins an attached file, the one with this number.
    pub(super) fn attachment(&self, number: usize) -> io::Result<PartWriter> {
        PartWriter::create(&self.file(number), "")
    }

    pub(super) fn remove_attachment(&self, number: usize) -> io::Result<()> {
        fs::remove_file(self.file(number))
    }

    /// Moves the entry into its place, and says what its digest is. Blocks.
    pub(super) fn commit(self, entry: &Entry) -> Result<String> {
        let unwritable = |error: io::Error| self.folder.unwritable(&error);
        let json = entry.to_json().map_err(|error| unwritable(error.into()))?;
        let stored = Part::of("entry.json", json.as_bytes());
        self.sync(entry, &json).map_err(unwritable)?;
        self.read_back(entry, &stored)?;
        let account = self.folder.dir.join(folder_name(&entry.account));
        self.put_in_place(entry, &stored).map_err(unwritable)?;
        sync_folder(&account).map_err(unwritable)?;
        Ok(stored.sha256)
    }

    /// Writes `entry.json`, after everything else, and makes all of it survive a loss of power.
    fn sync(&self, entry: &Entry, json: &str) -> io::Result<()> {
        for part in &entry.parts {
            File::open(self.entry().join(&part.name))?.sync_all()?;
        }
        for (number, _) in entry.files().enumerate() {
            File::open(self.file(number))?.sync_all()?;
        }
        let mut file = create_file(&self.entry().join("entry.json"))?;
        file.write_all(json.as_bytes())?;
        file.sync_all()?;
        sync_folder(&self.entry())
    }

    /// Compares what is on the disk with what was written.
    fn read_back(&self, entry: &Entry, stored: &Part) -> Result<()> {
        let parts = entry.parts.iter().chain([stored]);
        let parts = parts.map(|part| (self.entry().join(&part.name), &*part.sha256, part.size));
        let files = entry.files().enumerate();
        let files = files.map(|(number, (sha256, size))| (self.file(number), sha256, size));
        for (path, sha256, size) in parts.chain(files) {
            let found = measure(&path).map_err(|error| self.folder.unwritable(&error))?;
            if (&*found.sha256, found.size) != (sha256, size) {
                let message = format!(
                    "the archive {} holds something else than what was written to it; the ticket was not archived",
                    self.folder.dir.display()
                );
                return Err(Error::config(message));
            }
        }
        Ok(())
    }

    fn put_in_place(&self, entry: &Entry, stored: &Part) -> io::Result<()> {
        let dir = &self.folder.dir;
        let relative = Folder::entry_path(&entry.account, entry.id.as_str());
        let (target, old) = (dir.join(&relative), self.path.join("old").join(&relative));
        let account = dir.join(folder_name(&entry.account));
        let _lock = self.folder.lock()?;
        let files = dir.join(FILES);
        for (number, (sha256, _)) in entry.files().enumerate() {
            fs::rename(self.file(number), files.join(sha256))?;
        }
        if entry.files().next().is_some() {
            sync_folder(&files)?;
        }
        if !account.exists() {
            create_folder(&account)?;
            sync_folder(dir)?;
        }
        let is_replaced = match fs::symlink_metadata(&target) {
            Ok(found) if found.is_dir() => true,
            Ok(_) => {
                return Err(io::Error::other(format!(
                    "{} is not a folder",
                    target.display()
                )));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => false,
            Err(error) => return Err(error),
        };
        if is_replaced {
            create_folder(old.parent().unwrap_or(&self.path))?;
            fs::rename(&target, &old)?;
        }
        if let Err(error) = fs::rename(self.entry(), &target) {
            if is_replaced {
                fs::rename(&old, &target)?;
            }
            return Err(error);
        }
        let found = fs::read(target.join("entry.json"))?;
        if Part::of("entry.json", &found) != *stored {
            return Err(io::Error::other("something else changes its files"));
        }
        Ok(())
    }
}

/// Writes a file and counts and digests what it writes.
pub(super) struct PartWriter {
    name: String,
    file: BufWriter<File>,
    hasher: Hasher,
    size: u64,
}

impl PartWriter {
    fn create(path: &Path, name: &str) -> io::Result<Self> {
        Ok(Self {
            name: name.to_owned(),
            file: BufWriter::with_capacity(BLOCK, create_file(path)?),
            hasher: Hasher::default(),
            size: 0,
        })
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.write_all(bytes)?;
        self.hasher.update(bytes);
        self.size += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(())
    }

    /// Writes the bytes of a file, if they are those of this part. Returns whether they are.
    pub(super) fn copy(mut self, path: &Path, part: &Part) -> io::Result<bool> {
        let mut file = match File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(error),
        };
        let mut block = vec![0; BLOCK];
        loop {
            match file.read(&mut block) {
                Ok(0) => break,
                Ok(read) => self.write(block.get(..read).unwrap_or_default())?,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let copied = self.finish()?;
        Ok((&copied.sha256, copied.size) == (&part.sha256, part.size))
    }

    /// How much was written.
    pub(super) fn size(&self) -> u64 {
        self.size
    }

    pub(super) fn finish(mut self) -> io::Result<Part> {
        self.file.flush()?;
        Ok(Part {
            name: self.name,
            sha256: self.hasher.finish(),
            size: self.size,
        })
    }
}

/// The digest and the length of a file, as a part without a name. Constant memory.
pub(super) fn measure(path: &Path) -> io::Result<Part> {
    let mut file = File::open(path)?;
    let mut hasher = Hasher::default();
    let mut block = vec![0; BLOCK];
    let mut size = 0;
    loop {
        let read = match file.read(&mut block) {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(block.get(..read).unwrap_or_default());
        size += u64::try_from(read).unwrap_or(u64::MAX);
    }
    Ok(Part {
        name: String::new(),
        sha256: hasher.finish(),
        size,
    })
}

#[cfg(test)]
mod tests {
    use ticket_core::model::{RawJson, RawValue};
    use ticket_core::{ErrorKind, Ticket};

    use super::super::{Archive, Place};
    use super::*;

    /// A disk that does not keep what is written to it.
    #[test]
    fn part_that_is_not_on_the_disk_as_it_was_written_is_not_archived() {
        let dir = tempfile::tempdir().unwrap();
        let archive = Archive::open(dir.path()).unwrap();
        let raw = RawJson::from(RawValue::NULL.to_owned());
        let ticket = Ticket::new("7", raw);
        for text in ["changed", ""] {
            let draft = Draft::begin(&archive.folder).unwrap();
            let mut entry = Entry::new(&Place::new("eu", "desk"), &ticket);
            let mut part = draft.part("ticket.json").unwrap();
            part.write(b"written").unwrap();
            entry.parts.push(part.finish().unwrap());
            fs::write(draft.entry().join("ticket.json"), text).unwrap();
            let error = draft.commit(&entry).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            assert!(
                error
                    .message()
                    .contains("something else than what was written")
            );
            assert!(archive.find("eu", &ticket.id).unwrap().is_none());
        }
    }
}
