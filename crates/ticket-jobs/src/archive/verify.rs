//! Compares an archive with its own digests.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use ticket_core::Result;

use super::Archive;
use super::disk::{FILES, Folder, MARK, MARK_TEXT};
use super::draft::measure;
use super::entry::Entry;
use super::read::Names;

/// How many attached files are compared with the entries at once.
const TOGETHER: usize = 50_000;

/// Something in an archive that contradicts its entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Contradiction {
    /// The file or folder, as a path in the archive.
    pub path: String,
    /// What is wrong with it, in words.
    pub what: String,
}

/// What was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Verified {
    /// How many tickets.
    pub entries: u64,
    /// How many attached files.
    pub files: u64,
    /// How many of them no entry uses any more: their entries were replaced or removed. [`Archive::prune`] removes them.
    pub unused: u64,
    /// How many contradictions were told.
    pub contradictions: u64,
}

impl Archive {
    /// Compares all parts of all entries with their digests, and calls `tell` for each contradiction: what is missing, what
    /// has other bytes, and what is there and belongs to nothing. Blocks, and reads the whole archive.
    ///
    /// # Errors
    ///
    /// `Config` if a folder of the archive cannot be read.
    pub fn verify(&self, mut tell: impl FnMut(Contradiction)) -> Result<Verified> {
        let mut counts = Verified::default();
        let mut told = 0;
        let mut tell = |path: &Path, what: String| {
            told += 1;
            let path = path.display().to_string();
            tell(Contradiction { path, what });
        };
        self.verify_folder(&mut tell)?;
        let mut entries = self.entries();
        while let Some(path) = entries.next_path() {
            self.verify_entry(&path?, &mut counts, &mut tell);
        }
        self.verify_files(&mut counts, &mut tell)?;
        counts.contradictions = told;
        Ok(counts)
    }

    /// What is beside the folders of the accounts.
    fn verify_folder(&self, tell: &mut impl FnMut(&Path, String)) -> Result<()> {
        let mut names = Names::new(PathBuf::new());
        while let Some(path) = names.next(&self.folder) {
            let path = path?;
            let name = path.to_string_lossy();
            if Folder::is_writers(&name) {
                if self.folder.is_left_over(&name) {
                    let what = "a writer that was killed left this behind; the next one removes it";
                    tell(&path, what.to_owned());
                }
            } else if name == MARK {
                if fs::read(self.folder.dir.join(&path)).ok().as_deref()
                    != Some(MARK_TEXT.as_bytes())
                {
                    tell(&path, "its bytes have changed".to_owned());
                }
            } else if !self.folder.dir.join(&path).is_dir() {
                tell(&path, "it does not belong to the archive".to_owned());
            }
        }
        Ok(())
    }

    /// Compares an entry, again if somebody replaced it in the meantime.
    fn verify_entry(
        &self,
        path: &Path,
        counts: &mut Verified,
        tell: &mut impl FnMut(&Path, String),
    ) {
        let stored = self.folder.dir.join(path).join("entry.json");
        loop {
            let before = fs::read(&stored).ok();
            let wrong = self.contradictions(path);
            if !wrong.is_empty() && fs::read(&stored).ok() != before {
                continue;
            }
            counts.entries += u64::from(before.is_some());
            for (path, what) in wrong {
                tell(&path, what);
            }
            return;
        }
    }

    fn contradictions(&self, path: &Path) -> Vec<(PathBuf, String)> {
        let entry = match self.folder.entry(path) {
            Ok(Some(archived)) => archived.entry,
            Ok(None) if !self.folder.dir.join(path).exists() => return Vec::new(),
            Ok(None) => return vec![(path.to_owned(), "it has no entry.json".to_owned())],
            Err(error) => return vec![(path.join("entry.json"), error.message().to_owned())],
        };
        let mut wrong = Vec::new();
        for part in &entry.parts {
            let path = path.join(&part.name);
            match measure(&self.folder.dir.join(&path)) {
                Ok(found) if (&found.sha256, found.size) == (&part.sha256, part.size) => {}
                Ok(found) => wrong.push((path, other_bytes(&found.sha256, &part.sha256))),
                Err(error) => wrong.push((path, format!("it cannot be read: {error}"))),
            }
        }
        for (sha256, size) in entry.files() {
            let file = Path::new(FILES).join(sha256);
            match fs::metadata(self.folder.dir.join(&file)) {
                // Its bytes are compared with its name, once, however many entries use it.
                Ok(found) if found.len() == size => {}
                Ok(found) => {
                    let what = format!(
                        "it has {} bytes, and {} says {size}",
                        found.len(),
                        path.display()
                    );
                    wrong.push((file, what));
                }
                Err(error) => {
                    let what =
                        format!("it cannot be read, and {} uses it: {error}", path.display());
                    wrong.push((file, what));
                }
            }
        }
        wrong.extend(self.strangers(path, &entry));
        wrong
    }

    /// What is in the folder of an entry and not named there.
    fn strangers(&self, path: &Path, entry: &Entry) -> Vec<(PathBuf, String)> {
        let mut wrong = Vec::new();
        let mut names = Names::new(path.to_owned());
        while let Some(Ok(path)) = names.next(&self.folder) {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            if name != "entry.json" && entry.parts.iter().all(|part| part.name != *name) {
                wrong.push((path, "its entry does not name it".to_owned()));
            }
        }
        wrong
    }

    /// Compares the attached files with their names, and counts those that no entry uses.
    fn verify_files(
        &self,
        counts: &mut Verified,
        tell: &mut impl FnMut(&Path, String),
    ) -> Result<()> {
        self.each_files(|archive, mut some| {
            for (name, path) in &some {
                counts.files += 1;
                match measure(&archive.folder.dir.join(path)) {
                    Ok(found) if found.sha256 == *name => {}
                    Ok(found) => tell(path, other_bytes(&found.sha256, name)),
                    Err(error) => tell(path, format!("it cannot be read: {error}")),
                }
            }
            // What cannot be read was told with its entry.
            archive.retain_unused(&mut some);
            counts.unused += u64::try_from(some.len()).unwrap_or(u64::MAX);
            Ok(())
        })
    }

    /// Calls a function with the names and paths of attached files, some at a time.
    pub(super) fn each_files(
        &self,
        mut each: impl FnMut(&Self, Vec<(String, PathBuf)>) -> Result<()>,
    ) -> Result<()> {
        let mut names = Names::new(PathBuf::from(FILES));
        loop {
            let mut some = Vec::new();
            while some.len() < TOGETHER {
                let Some(path) = names.next(&self.folder) else {
                    break;
                };
                let path = path?;
                let name = path
                    .file_name()
                    .unwrap_or_default()
                    .to_string_lossy()
                    .into_owned();
                some.push((name, path));
            }
            if some.is_empty() {
                return Ok(());
            }
            each(self, some)?;
        }
    }

    /// Leaves of these files, which are sorted, those that no entry uses. Returns the first entry that cannot be read.
    pub(super) fn retain_unused(
        &self,
        files: &mut Vec<(String, PathBuf)>,
    ) -> Option<ticket_core::Error> {
        let mut unread = None;
        let mut used = vec![false; files.len()];
        for archived in self.entries() {
            match archived {
                Ok(archived) => {
                    for (sha256, _) in archived.entry.files() {
                        let place = files.binary_search_by(|(name, _)| name.as_str().cmp(sha256));
                        if let Some(used) = place.ok().and_then(|place| used.get_mut(place)) {
                            *used = true;
                        }
                    }
                }
                Err(error) => {
                    unread.get_or_insert(error);
                }
            }
        }
        let mut used = used.into_iter();
        files.retain(|_| !used.next().unwrap_or(true));
        unread
    }
}

fn other_bytes(found: &str, expected: &str) -> String {
    format!("its bytes have changed: their SHA-256 digest is {found}, not {expected}")
}
