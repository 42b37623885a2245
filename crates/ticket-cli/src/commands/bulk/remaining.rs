//! `--remaining FILE`: writes the remaining tickets, one per line as `--from` reads them, so that a later run
//! can continue.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use tickets::TicketRef;

use super::input;
use crate::args::Many;
use crate::failure::Failure;
use crate::text;

/// The file of remaining tickets. Each ticket is written immediately and only once, even if the input
/// contains it several times.
#[derive(Debug)]
pub(super) struct Remaining {
    path: PathBuf,
    file: File,
    failure: Option<io::Error>,
}

impl Remaining {
    /// Creates the file, or empties an existing one.
    pub(super) fn create(path: &Path) -> Result<Self, Failure> {
        let file = File::create(path).map_err(|error| {
            Failure::refused(format!("it cannot be written: {error}; nothing was sent"))
                .at(path.display().to_string())
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
            failure: None,
        })
    }

    pub(super) fn add(&mut self, ticket: &TicketRef) {
        if self.failure.is_none() {
            let line = format!("{ticket}\n");
            self.failure = self.file.write_all(line.as_bytes()).err();
        }
    }

    /// The file's name, for people.
    pub(super) fn name(&self) -> String {
        text::line(&self.path.display().to_string())
    }

    /// The error if some tickets could not be written.
    pub(super) fn take_failure(&mut self) -> Option<Failure> {
        self.failure.take().map(|error| {
            let message = format!("the list of remaining tickets is incomplete: {error}");
            Failure::local(message).at(self.path.display().to_string())
        })
    }
}

/// Rejects a file that is also the input: it would be overwritten.
pub(super) fn refuse_the_list_itself(many: &Many) -> Result<(), Failure> {
    let Some(remaining) = &many.remaining else {
        return Ok(());
    };
    let from = many.from.as_deref().filter(|from| from.as_os_str() != "-");
    // The file from which standard input may be redirected.
    let stdin = input::from_stdin(many).then_some(Path::new("/dev/stdin"));
    let this = identity(remaining);
    // A file that does not exist yet cannot be the input.
    let mut lists = from.into_iter().chain(stdin);
    if this.is_none() || !lists.any(|list| identity(list) == this) {
        return Ok(());
    }
    let message = "--remaining is the file that the tickets are read from; use another file";
    Err(Failure::refused(message).at(remaining.display().to_string()))
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let about = std::fs::metadata(path).ok()?;
    // Writing to a terminal or /dev/null loses nothing.
    about.is_file().then(|| (about.dev(), about.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok()
}
