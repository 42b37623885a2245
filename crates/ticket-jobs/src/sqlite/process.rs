//! Which processes still exist: each that works on a job holds a lock on a file of its own beside the ledger.
//!
//! The operating system gives a lock up when its process ends, however it ends. The files are made and removed while the
//! ledger's write lock is held, so none is taken for abandoned before its owner has locked it.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use crate::folder::create_folder;

/// The file of this process, as long as it has workers.
#[derive(Debug)]
pub(super) struct Process {
    folder: PathBuf,
    name: String,
    lock: Option<File>,
}

impl Process {
    /// A process with the ledger at this path. Its file is made when it is needed.
    pub(super) fn new(ledger: &Path) -> Self {
        let mut folder = ledger.as_os_str().to_owned();
        folder.push(".workers");
        Self {
            folder: folder.into(),
            name: format!("{:016x}", fastrand::u64(..)),
            lock: None,
        }
    }

    /// The name of its file, which exists and is locked from now on. Files of processes that are gone are removed.
    pub(super) fn name(&mut self) -> io::Result<&str> {
        if self.lock.is_none() {
            create_folder(&self.folder)?;
            let file = File::create_new(self.folder.join(&self.name))?;
            file.try_lock().map_err(io::Error::from)?;
            self.lock = Some(file);
            for entry in fs::read_dir(&self.folder)?.flatten() {
                if entry.file_name() != *self.name && is_abandoned(&entry.path()) {
                    let _ = fs::remove_file(entry.path());
                }
            }
        }
        Ok(&self.name)
    }

    /// Whether the process with this name is gone.
    pub(super) fn is_gone(&self, name: &str) -> bool {
        name != self.name && is_abandoned(&self.folder.join(name))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if self.lock.is_some() {
            let _ = fs::remove_file(self.folder.join(&self.name));
        }
    }
}

/// Whether nobody holds the lock of this file. One that cannot be asked is taken for held.
fn is_abandoned(path: &Path) -> bool {
    let lock = match File::open(path) {
        Ok(file) => file.try_lock_shared(),
        Err(error) => return error.kind() == io::ErrorKind::NotFound,
    };
    match lock {
        Ok(()) => true,
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => false,
    }
}
