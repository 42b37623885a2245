//! The files of an archive: how they are written, so that a reader sees all of an entry or nothing, whenever a writer is
//! killed and however many there are.
//!
//! A writer prepares an entry in a folder of its own, `.tmp-…`, which it has locked, and moves it into its place when
//! everything is on the disk. All moves happen under the lock of `archive.json`. The folders of writers that are gone are
//! removed when the archive is opened again.

use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use ticket_core::{Error, Result};

use super::name::folder_name;
use crate::folder::{create_file, create_folder, create_lasting_folder, sync_folder};
use crate::format::Format;

/// What every archive has.
pub(super) const MARK: &str = "archive.json";
pub(super) const MARK_TEXT: &str = "{\"format\":\"tickets-archive\",\"version\":1}\n";
const FORMAT: Format = Format {
    name: "tickets-archive",
    what: "archive",
    version: 1,
};

/// The folder of the attached files.
pub(super) const FILES: &str = "files";

/// How the names of writers' folders begin.
const WRITER: &str = ".tmp-";

/// How many names of a folder are in memory at once.
const NAMES: usize = 50_000;

/// The folder of an archive.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) dir: PathBuf,
    /// `None` if the archive is only read.
    writer: Option<Writer>,
}

/// The folder of this writer, as long as it exists.
#[derive(Debug)]
struct Writer {
    path: PathBuf,
    drafts: AtomicU64,
    /// Held open and locked.
    _lock: File,
}

impl Drop for Writer {
    fn drop(&mut self) {
        // What cannot be removed now is removed when the archive is opened again.
        let _ = fs::remove_dir_all(&self.path);
    }
}

impl Folder {
    /// Opens an archive to write, and creates it if there is none.
    pub(super) fn create(dir: &Path) -> Result<Self> {
        let mut folder = Self::at(dir)?;
        let unwritable = |error: io::Error| folder.unwritable(&error);
        create_lasting_folder(&folder.dir).map_err(unwritable)?;
        folder.check_access()?;
        if !folder.dir.join(MARK).exists() {
            folder.check_empty()?;
            folder.mark().map_err(unwritable)?;
        }
        folder.check_mark()?;
        let writer = folder.begin_to_write().map_err(unwritable)?;
        folder.writer = Some(writer);
        Ok(folder)
    }

    /// Opens an archive to read.
    pub(super) fn read(dir: &Path) -> Result<Self> {
        let folder = Self::at(dir)?;
        if !folder.dir.join(MARK).exists() {
            let dir = folder.dir.display();
            return Err(Error::config(format!("there is no archive in {dir}")));
        }
        folder.check_mark()?;
        Ok(folder)
    }

    fn at(dir: &Path) -> Result<Self> {
        let dir = std::path::absolute(dir)
            .map_err(|error| Error::config(format!("the archive has no folder: {error}")))?;
        Ok(Self { dir, writer: None })
    }

    /// Refuses a folder in which others can put files of their own.
    fn check_access(&self) -> Result<()> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let metadata = fs::metadata(&self.dir).map_err(|error| self.unreadable(&error))?;
            if metadata.permissions().mode() & 0o022 != 0 {
                let message = format!(
                    "others can write the archive {}; run: chmod go-w {}",
                    self.dir.display(),
                    crate::folder::quoted(&self.dir)
                );
                return Err(Error::config(message));
            }
        }
        Ok(())
    }

    fn check_empty(&self) -> Result<()> {
        let names = self
            .names(Path::new(""), None)
            .map_err(|error| self.unreadable(&error))?;
        match names.iter().find(|name| !name.starts_with(WRITER)) {
            Some(_) => Err(Error::config(format!(
                "{} is not an archive and not empty; name another folder",
                self.dir.display()
            ))),
            None => Ok(()),
        }
    }

    fn check_mark(&self) -> Result<()> {
        let text =
            fs::read_to_string(self.dir.join(MARK)).map_err(|error| self.unreadable(&error))?;
        FORMAT.check(&text).map_err(|error| {
            let mark = self.dir.join(MARK);
            Error::config(format!("{}: {}", mark.display(), error.message()))
        })
    }

    /// Writes `archive.json`, unless somebody else does it at the same time.
    fn mark(&self) -> io::Result<()> {
        let mut file = tempfile::Builder::new()
            .prefix(WRITER)
            .tempfile_in(&self.dir)?;
        file.write_all(MARK_TEXT.as_bytes())?;
        file.as_file().sync_all()?;
        let path = self.dir.join(MARK);
        match file.persist_noclobber(&path) {
            Err(error) if !path.exists() => return Err(error.error),
            _ => {}
        }
        sync_folder(&self.dir)
    }

    /// Creates the folder of this writer, and removes those of writers that are gone.
    fn begin_to_write(&self) -> io::Result<Writer> {
        let lock = self.lock()?;
        let mut after = None;
        loop {
            let names = self.names(Path::new(""), after.as_deref())?;
            for name in names.iter().filter(|name| self.is_left_over(name)) {
                self.remove_left_over(name)?;
            }
            after = names.last().cloned();
            if after.is_none() {
                break;
            }
        }
        create_folder(&self.dir.join(FILES))?;
        let path = self.dir.join(format!("{WRITER}{:016x}", fastrand::u64(..)));
        create_folder(&path)?;
        let own = create_file(&path.join("lock"))?;
        own.try_lock().map_err(io::Error::from)?;
        sync_folder(&self.dir)?;
        drop(lock);
        Ok(Writer {
            path,
            drafts: AtomicU64::new(0),
            _lock: own,
        })
    }

    /// Whether this is the folder of a writer.
    pub(super) fn is_writers(name: &str) -> bool {
        name.starts_with(WRITER)
    }

    /// Whether this is the folder of a writer that is gone.
    pub(super) fn is_left_over(&self, name: &str) -> bool {
        if !Self::is_writers(name) {
            return false;
        }
        match File::open(self.dir.join(name).join("lock")) {
            Ok(file) => file.try_lock_shared().is_ok(),
            // A writer locks its file while it has the lock of the archive.
            Err(error) => matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ),
        }
    }

    /// Puts entries back that a writer had moved away to replace them, and removes its folder.
    fn remove_left_over(&self, name: &str) -> io::Result<()> {
        let path = self.dir.join(name);
        match fs::symlink_metadata(&path) {
            Ok(found) if found.is_dir() => {}
            Ok(_) => return fs::remove_file(&path),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        }
        for draft in sub_folders(&path)? {
            for account in sub_folders(&draft.join("old"))? {
                for entry in sub_folders(&account)? {
                    let Ok(relative) = entry.strip_prefix(draft.join("old")) else {
                        continue;
                    };
                    let target = self.dir.join(relative);
                    if !target.exists() {
                        create_folder(target.parent().unwrap_or(&self.dir))?;
                        fs::rename(&entry, &target)?;
                        sync_folder(target.parent().unwrap_or(&self.dir))?;
                    }
                }
            }
        }
        match fs::remove_dir_all(&path) {
            // A writer that ends removes its folder by itself.
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Waits until nobody else moves files of the archive. The operating system gives the lock up with the file.
    pub(super) fn lock(&self) -> io::Result<File> {
        let file = OpenOptions::new()
            .read(true)
            .write(true)
            .open(self.dir.join(MARK))?;
        file.lock()?;
        Ok(file)
    }

    /// The folder of a ticket's entry, as a path in the archive.
    pub(super) fn entry_path(account: &str, id: &str) -> PathBuf {
        Path::new(&folder_name(account)).join(folder_name(id))
    }

    /// Some names in a folder of the archive, sorted, those after `after`; none if there are no more. Memory does not
    /// grow with the number of names.
    pub(super) fn names(&self, folder: &Path, after: Option<&str>) -> io::Result<Vec<String>> {
        self.some_names(folder, after, NAMES)
    }

    fn some_names(
        &self,
        folder: &Path,
        after: Option<&str>,
        most: usize,
    ) -> io::Result<Vec<String>> {
        let mut names = BTreeSet::new();
        for entry in fs::read_dir(self.dir.join(folder))? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            if after.is_some_and(|after| *name <= *after) {
                continue;
            }
            names.insert(name);
            if names.len() > most {
                names.pop_last();
            }
        }
        Ok(names.into_iter().collect())
    }

    /// A new path in the folder of this writer.
    pub(super) fn new_path(&self) -> Result<PathBuf> {
        let Some(writer) = &self.writer else {
            let dir = self.dir.display();
            return Err(Error::config(format!(
                "the archive {dir} was opened to be read"
            )));
        };
        let number = writer.drafts.fetch_add(1, Relaxed);
        Ok(writer.path.join(number.to_string()))
    }

    /// What keeps the archive from being written.
    pub(super) fn unwritable(&self, error: &io::Error) -> Error {
        use io::ErrorKind as Kind;
        let dir = self.dir.display();
        Error::config(match error.kind() {
            Kind::ReadOnlyFilesystem | Kind::PermissionDenied => {
                format!(
                    "the archive {dir} cannot be written: it is read-only; make it writable, or name another one"
                )
            }
            Kind::StorageFull | Kind::QuotaExceeded | Kind::FileTooLarge => {
                format!(
                    "the archive {dir} cannot be written: its disk is full; free some space and try again"
                )
            }
            Kind::NotADirectory | Kind::AlreadyExists => {
                format!(
                    "the archive {dir} cannot be written: a part of its path is not a folder; name another one"
                )
            }
            _ => format!("the archive {dir} cannot be written: {error}"),
        })
    }

    /// What keeps the archive from being read.
    pub(super) fn unreadable(&self, error: &io::Error) -> Error {
        Error::config(format!(
            "the archive {} cannot be read: {error}",
            self.dir.display()
        ))
    }
}

fn sub_folders(path: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push(entry.path());
        }
    }
    Ok(found)
}
