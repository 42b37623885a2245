//! The folder of a report: files are written under other names, and get their own ones once all of them are complete.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use ticket_core::{Error, Result};

use super::model::{FORMAT, Report};
use crate::digest::Hasher;
use crate::folder;
use crate::model::JobId;

/// The names of the files. The first one tells of which job a folder holds the report.
pub(super) const FILES: [&str; 5] = [
    "report.json",
    "report.html",
    "outcomes.csv",
    "outcomes.ndjson",
    "calls.ndjson",
];

/// The file of the digests, which is written last.
pub(super) const SUMS: &str = "SHA256SUMS";

/// Its signature.
pub(super) const SIGNATURE: &str = "SHA256SUMS.sig";

/// A file of a report.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Written {
    /// Its name.
    pub name: &'static str,
    /// Its size in bytes.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal digits.
    pub sha256: String,
}

/// A folder whose files are not complete yet. If it is dropped, they are removed.
#[derive(Debug)]
pub(super) struct Draft {
    folder: PathBuf,
    /// Whether the folder is new.
    is_new: bool,
    files: Vec<Written>,
}

impl Draft {
    /// Begins a report in a folder that is new or empty, or holds an earlier report of the same job.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if it holds something else; `Config` if it cannot be written.
    pub(super) fn begin(path: &Path, job: &JobId) -> Result<Self> {
        let is_new = !path.exists();
        if !is_new {
            refuse_others(path, job)?;
        }
        folder::create_folder(path).map_err(|error| unwritable(path, &error))?;
        let draft = Self {
            folder: path.to_owned(),
            is_new,
            files: Vec::new(),
        };
        draft.clean();
        Ok(draft)
    }

    pub(super) fn create(&self, name: &'static str) -> Result<Sink> {
        let path = self.hidden(name);
        let file = folder::create_file(&path).map_err(|error| unwritable(&path, &error))?;
        Ok(Sink {
            path,
            name,
            file: BufWriter::with_capacity(1 << 16, file),
            hasher: Hasher::default(),
            bytes: 0,
        })
    }

    pub(super) fn keep(&mut self, sink: Sink) -> Result<()> {
        let path = sink.path.clone();
        let written = sink.finish().map_err(|error| unwritable(&path, &error))?;
        self.files.push(written);
        Ok(())
    }

    /// Gives the files their names. Returns what is written.
    ///
    /// The digests of an earlier report go first and the new ones come last: no digest is ever that of another report's
    /// file.
    pub(super) fn publish(mut self) -> Result<Vec<Written>> {
        self.files.sort_by_key(|file| {
            let place = FILES.iter().position(|name| *name == file.name);
            place.unwrap_or(FILES.len())
        });
        let mut sums = self.create(SUMS)?;
        for file in &self.files {
            writeln!(sums, "{}  {}", file.sha256, file.name)
                .map_err(|error| unwritable(&sums.path, &error))?;
        }
        self.keep(sums)?;
        self.rename()
            .map_err(|error| unwritable(&self.folder, &error))?;
        self.is_new = false;
        Ok(std::mem::take(&mut self.files))
    }

    fn rename(&self) -> io::Result<()> {
        for name in [SIGNATURE, SUMS] {
            remove(&self.folder.join(name))?;
        }
        folder::sync_folder(&self.folder)?;
        for file in &self.files {
            fs::rename(self.hidden(file.name), self.folder.join(file.name))?;
        }
        folder::sync_folder(&self.folder)
    }

    fn hidden(&self, name: &str) -> PathBuf {
        self.folder.join(hidden(name))
    }

    /// Removes what an earlier attempt left.
    fn clean(&self) {
        for name in FILES.into_iter().chain([SUMS, SIGNATURE]) {
            // What cannot be removed cannot be created either, which is told.
            let _ = remove(&self.hidden(name));
        }
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        self.clean();
        if self.is_new {
            // Only if it is empty.
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

fn hidden(name: &str) -> String {
    format!(".{name}.part")
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Refuses a folder that holds anything but an earlier report of this job.
fn refuse_others(path: &Path, job: &JobId) -> Result<()> {
    let shown = path.display();
    let entries = fs::read_dir(path).map_err(|error| {
        Error::invalid_input(format!("the folder {shown} cannot be read: {error}"))
    })?;
    let mut is_report = false;
    for entry in entries {
        let entry = entry.map_err(|error| unwritable(path, &error))?;
        let name = entry.file_name();
        let mut known = FILES.into_iter().chain([SUMS, SIGNATURE]);
        if known.clone().any(|known| name == hidden(known).as_str()) {
            continue;
        }
        if !known.any(|known| name == known) {
            let name = name.display();
            return Err(Error::invalid_input(format!(
                "the folder {shown} is not empty: it holds {name:?}; name a new or empty folder"
            )));
        }
        is_report = true;
    }
    if !is_report {
        return Ok(());
    }
    let earlier = read(path)?;
    if earlier.job.id == *job {
        return Ok(());
    }
    Err(Error::invalid_input(format!(
        "the folder {shown} holds the report of job {}; name another folder",
        earlier.job.id
    )))
}

/// The report in a folder.
fn read(folder: &Path) -> Result<Report> {
    let path = folder.join("report.json");
    let unreadable = |error: &dyn std::fmt::Display| {
        let path = path.display();
        let message = format!("{path} is not the report of a job: {error}; name another folder");
        Error::invalid_input(message)
    };
    let text = fs::read_to_string(&path).map_err(|error| unreadable(&error))?;
    FORMAT.check(&text).map_err(|error| unreadable(&error))?;
    serde_json::from_str(&text).map_err(|error| unreadable(&error))
}

/// Writes the signature of the digests.
pub(super) fn write_signature(folder: &Path, signature: &str) -> Result<()> {
    let path = folder.join(SIGNATURE);
    let part = folder.join(hidden(SIGNATURE));
    let write = || {
        remove(&part)?;
        let mut file = folder::create_file(&part)?;
        file.write_all(signature.as_bytes())?;
        file.sync_all()?;
        fs::rename(&part, &path)?;
        folder::sync_folder(folder)
    };
    write().map_err(|error| unwritable(&path, &error))
}

pub(super) fn unwritable(path: &Path, error: &io::Error) -> Error {
    Error::config(format!("cannot write {}: {error}", path.display()))
}

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Sink {
    pub(super) path: PathBuf,
    name: &'static str,
    file: BufWriter<File>,
    hasher: Hasher,
    bytes: u64,
}

impl Sink {
    fn finish(self) -> io::Result<Written> {
        let file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.sync_all()?;
        Ok(Written {
            name: self.name,
            bytes: self.bytes,
            sha256: self.hasher.finish(),
        })
    }
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hasher.update(bytes.get(..written).unwrap_or_default());
        self.bytes += u64::try_from(written).unwrap_or(0);
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}
