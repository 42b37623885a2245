//! Reads a report: whether its files are as they were written, and the rows of its tickets one by one.

use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};

use ticket_core::{Change, Error, Outcome, Result, TicketRef};

use super::files::{FILES, SIGNATURE, SUMS};
use super::model::{FORMAT, Report, TicketRow};
use crate::digest::Hasher;
use crate::signature::{self, Namespace, Signer};

/// The file of the report for programs, and that of its rows.
const REPORT: &str = "report.json";
const ROWS: &str = "outcomes.ndjson";

/// Maximum length of a row, in bytes.
const LONGEST: u64 = 16 * 1024 * 1024;

/// A report whose files are as `SHA256SUMS` says. Whoever changes a file can change that as well, unless it is
/// [signed](Self::signer).
#[derive(Debug)]
pub struct ReportFolder {
    folder: PathBuf,
    report: Report,
    sums: Vec<u8>,
}

impl ReportFolder {
    /// The folder of the report that this path is, or a file of which it is: it holds a `report.json`.
    pub fn find(path: &Path) -> Option<PathBuf> {
        let folder = if path.is_dir() {
            path
        } else {
            let known = FILES.into_iter().chain([SUMS, SIGNATURE]);
            let name = path.file_name()?;
            known.into_iter().find(|known| name == *known)?;
            match path.parent()? {
                parent if parent.as_os_str().is_empty() => Path::new("."),
                parent => parent,
            }
        };
        folder.join(REPORT).is_file().then(|| folder.to_owned())
    }

    /// Opens the report that this path is, or a file of which it is, and checks each of its files.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if it is no report, has a newer version, or a file is missing or not as it was written; `Config` if
    /// one cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        let Some(folder) = Self::find(path) else {
            return Err(Error::invalid_input(format!(
                "{} is not the report of a job: name the folder that holds its {REPORT}",
                path.display()
            )));
        };
        let path = folder.join(REPORT);
        let text = read(&path)?;
        let text = String::from_utf8_lossy(&text);
        let refused = |error: &dyn std::fmt::Display| {
            Error::invalid_input(format!("{}: {error}", path.display()))
        };
        FORMAT.check(&text).map_err(|error| refused(&error))?;
        let sums = folder.join(SUMS);
        if !sums.is_file() {
            return Err(Error::invalid_input(format!(
                "{} is missing: nothing tells whether the report is as it was written",
                sums.display()
            )));
        }
        let sums = read(&sums)?;
        check(&folder, &sums)?;
        let report = serde_json::from_str(&text).map_err(|error| refused(&error))?;
        Ok(Self {
            folder,
            report,
            sums,
        })
    }

    /// What the report says of the whole job.
    pub const fn report(&self) -> &Report {
        &self.report
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether the report is signed.
    pub fn is_signed(&self) -> bool {
        self.folder.join(SIGNATURE).exists()
    }

    /// Checks the signature. Returns whose it is by this file of allowed signers.
    ///
    /// # Errors
    ///
    /// Those of [`signature::verify`], and `Config` if the signature cannot be read.
    pub async fn signer(&self, allowed_signers: &Path) -> Result<Signer> {
        let text = read(&self.folder.join(SIGNATURE))?;
        let text = String::from_utf8_lossy(&text);
        signature::verify(Namespace::Report, &self.sums, &text, allowed_signers).await
    }

    /// The rows of the tickets, in the order of the list: each time that a ticket is named.
    ///
    /// # Errors
    ///
    /// `Config` if the file cannot be opened.
    pub fn rows(&self) -> Result<Rows> {
        let path = self.folder.join(ROWS);
        let file = File::open(&path).map_err(|error| unreadable(&path, &error))?;
        Ok(Rows {
            path,
            input: BufReader::new(file),
            line: Vec::new(),
            number: 0,
            is_over: false,
        })
    }
}

/// Checks the files that this `SHA256SUMS` names.
fn check(folder: &Path, sums: &[u8]) -> Result<()> {
    let sums = String::from_utf8_lossy(sums);
    let mut needed = vec![REPORT, ROWS];
    for line in sums.lines() {
        let named = line.split_once("  ");
        let named = named.filter(|(_, name)| !name.is_empty() && !name.contains(['/', '\\']));
        let Some((sum, name)) = named else {
            let path = folder.join(SUMS);
            let message = format!(
                "{}: `{}` is no digest of a file",
                path.display(),
                line.escape_debug()
            );
            return Err(Error::invalid_input(message));
        };
        let path = folder.join(name);
        let shown = path.display();
        let found = sum_of(&path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                Error::invalid_input(format!("{shown} is missing: the report is not complete"))
            }
            _ => unreadable(&path, &error),
        })?;
        if found != sum {
            return Err(Error::invalid_input(format!(
                "{shown} was changed after the report was written: its SHA-256 is {found}, and {SUMS} says {}",
                sum.escape_debug()
            )));
        }
        needed.retain(|needed| *needed != name);
    }
    match needed.first() {
        None => Ok(()),
        Some(name) => Err(Error::invalid_input(format!(
            "{SUMS} does not name {name}: nothing tells whether it is as it was written"
        ))),
    }
}

fn sum_of(path: &Path) -> io::Result<String> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    let mut hasher = Hasher::default();
    loop {
        let bytes = file.fill_buf()?;
        let length = bytes.len();
        if length == 0 {
            return Ok(hasher.finish());
        }
        hasher.update(bytes);
        file.consume(length);
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(|error| unreadable(path, &error))
}

fn unreadable(path: &Path, error: &io::Error) -> Error {
    Error::config(format!("{} cannot be read: {error}", path.display()))
}

/// The rows of a report.
#[derive(Debug)]
pub struct Rows {
    path: PathBuf,
    input: BufReader<File>,
    line: Vec<u8>,
    number: u64,
    /// After the last row, or an error.
    is_over: bool,
}

impl Rows {
    /// Reads no further.
    pub(super) const fn end(&mut self) {
        self.is_over = true;
    }

    fn read(&mut self) -> Result<Option<TicketRow>> {
        self.number += 1;
        self.line.clear();
        let mut input = self.input.by_ref().take(LONGEST);
        let read = input.read_until(b'\n', &mut self.line);
        if read.map_err(|error| unreadable(&self.path, &error))? == 0 {
            return Ok(None);
        }
        let row = serde_json::from_slice(&self.line).map_err(|error| {
            let (path, number) = (self.path.display(), self.number);
            Error::invalid_input(format!("{path}, line {number}: {error}"))
        })?;
        Ok(Some(row))
    }
}

impl Iterator for Rows {
    type Item = Result<TicketRow>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.is_over {
            return None;
        }
        let row = self.read().transpose();
        self.is_over = !matches!(row, Some(Ok(_)));
        row
    }
}

impl TicketRow {
    /// The ticket.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if it is no `account:id`.
    pub fn reference(&self) -> Result<TicketRef> {
        self.ticket.parse()
    }

    /// Which change the ticket is said to be as after: of a ticket that was not found [`Change::Delete`], since there is
    /// none. `None` if nothing is said, since the change failed, is unknown or was not made, or since no read shows it.
    pub fn claim(&self, change: &Change) -> Option<Change> {
        claim(change, &self.outcome)
    }
}

/// What tickets with this outcome are said to be as after.
pub(super) fn claim(change: &Change, outcome: &str) -> Option<Change> {
    let is_done = [Outcome::Done, Outcome::AlreadyDone]
        .iter()
        .any(|done| change.word(done) == outcome);
    if is_done {
        return change.is_seen_in_reads().then(|| change.clone());
    }
    (outcome == "not_found").then_some(Change::Delete)
}
