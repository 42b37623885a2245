//! `--remaining FILE`: writes the remaining tickets, one per line as `--from` reads them, so that a later run
//! can continue.
//!
//! The file is never there half-written. It is written beside its place, flushed to the disk and renamed, at
//! the end of the run. Until then no file of this name says anything: an older one is moved aside before
//! anything is sent, so that after a crash nobody takes what an earlier run left for what this one left. Only
//! a file that is also the input stays, because what remains is a part of it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use futures_util::TryStreamExt as _;
use futures_util::stream::BoxStream;
use tempfile::{Builder, NamedTempFile};
use tickets::TicketRef;

use crate::args::Many;
use crate::failure::Failure;
use crate::status::say;
use crate::text;

/// The tickets that are left.
pub(super) type List<'a> = BoxStream<'a, tickets::Result<TicketRef>>;

/// Number of older files that are kept beside the target.
const OLDER: usize = 1000;

/// Where the remaining tickets are written at the end.
#[derive(Debug)]
pub(crate) struct Remaining {
    /// As the user wrote it.
    named: PathBuf,
    target: Target,
}

#[derive(Debug)]
enum Target {
    /// A path without symbolic links, at which no file is before the end, except the input.
    File { path: PathBuf, is_input: bool },
    /// A device or a pipe, which cannot be renamed.
    Device(File),
}

impl Remaining {
    /// Checks that the file can be written, and moves an older one aside. Nothing has been sent yet.
    pub(crate) fn prepare(named: &Path, many: Option<&Many>) -> Result<Self, Failure> {
        let target = Target::prepare(named, many).map_err(|error| {
            Failure::refused(format!("it cannot be written: {error}; nothing was sent"))
                .at(named.display().to_string())
        })?;
        Ok(Self {
            named: named.to_owned(),
            target,
        })
    }

    /// The file's name, for people.
    pub(super) fn name(&self) -> String {
        text::line(&self.named.display().to_string())
    }

    /// Writes the list. If that fails, the list goes to the folder of temporary files, or else to stderr, and
    /// the error says where it is.
    pub(super) async fn write<'l>(&mut self, list: &dyn Fn() -> List<'l>) -> Result<(), Failure> {
        let error = match self.target.write(list()).await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let elsewhere = match save_elsewhere(list()).await {
            Ok(path) => format!("in {}", path.display()),
            Err(_) => match write_lines(io::stderr(), list()).await {
                Ok(()) => "on standard error, above".to_owned(),
                Err(error) => format!("lost: {error}"),
            },
        };
        self.target.explain(&error, &elsewhere);
        let message =
            format!("the remaining tickets cannot be written: {error}; the list is {elsewhere}");
        Err(Failure::local(message).at(self.named.display().to_string()))
    }
}

impl Target {
    fn prepare(named: &Path, many: Option<&Many>) -> io::Result<Self> {
        if named.as_os_str() == "-" {
            return Err(io::Error::other(
                "standard output has the outcomes; name a file, ./- if that is its name",
            ));
        }
        // The file would be replaced, and with it what was written there.
        if is_one_of(named, [Path::new("/dev/stdout"), Path::new("/dev/stderr")]) {
            return Err(io::Error::other(
                "standard output or standard error goes to this file",
            ));
        }
        let is_input = is_input(named, many);
        let older = match std::fs::metadata(named) {
            Ok(about) if about.is_dir() => return Err(io::Error::other("it is a folder")),
            Ok(about) if !about.is_file() => {
                return OpenOptions::new().write(true).open(named).map(Self::Device);
            }
            Ok(about) => Some(about),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) => return Err(error),
        };
        let path = match older {
            // The file behind a symbolic link is replaced, not the link.
            Some(_) => std::fs::canonicalize(named)?,
            None => named.to_owned(),
        };
        // Whether a file can be made there is known only by making one.
        beside(&path)?.close()?;
        match older {
            Some(about) if about.permissions().readonly() => {
                return Err(io::Error::other("it is write-protected"));
            }
            Some(_) if is_input => {}
            // An empty file says that nothing is left, which nobody knows yet.
            Some(about) if about.len() == 0 => std::fs::remove_file(&path)?,
            Some(_) => {
                let aside = move_aside(&path)?;
                say(&format!(
                    "note: {} was there before; it is {} now",
                    text::line(&named.display().to_string()),
                    text::line(&aside.display().to_string())
                ));
            }
            None => {}
        }
        Ok(Self::File { path, is_input })
    }

    async fn write(&mut self, list: List<'_>) -> io::Result<()> {
        match self {
            Self::File { path, .. } => {
                let file = beside(path)?;
                write_lines(file.as_file(), list).await?;
                persist(file, path)
            }
            Self::Device(device) => write_lines(device, list).await,
        }
    }

    /// Leaves a note in place of the list, which `--from` refuses: a list that is absent or empty could be
    /// taken for one with nothing in it. The input stays as it is.
    fn explain(&self, error: &io::Error, elsewhere: &str) {
        if let Self::File {
            path,
            is_input: false,
        } = self
        {
            let note = format!(
                "incomplete: the remaining tickets could not be written here ({error}); the list is {elsewhere}"
            );
            let note = text::line(&note) + "\n";
            // The error is told anyway.
            let _ = beside(path).and_then(|mut file| {
                file.write_all(note.as_bytes())?;
                persist(file, path)
            });
        }
    }
}

/// A file in the same folder, which is removed unless [`persist`] puts it in its place.
fn beside(path: &Path) -> io::Result<NamedTempFile> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let prefix = format!(".{name}.");
    let mut builder = Builder::new();
    builder.prefix(&prefix).suffix(".tmp");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        // Those of a new file, which the umask reduces, or those of the file that it replaces.
        let usual = || std::fs::Permissions::from_mode(0o666);
        let older = std::fs::metadata(path).map(|about| about.permissions());
        builder.permissions(older.unwrap_or_else(|_| usual()));
    }
    let folder = folder(path);
    std::fs::metadata(folder)?;
    let made = builder.tempfile_in(folder);
    // The message of tempfile has a random name, which tells the user nothing.
    made.map_err(|error| io::Error::from(error.kind()))
}

/// Renames a file that was written, so that it is on the disk as a whole or not at all.
fn persist(file: NamedTempFile, path: &Path) -> io::Result<()> {
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    // The file is in its place. Not every file system can flush a folder.
    #[cfg(unix)]
    let _ = File::open(folder(path)).and_then(|folder| folder.sync_all());
    Ok(())
}

fn folder(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// Renames a file to a name that is free, and returns that name.
fn move_aside(path: &Path) -> io::Result<PathBuf> {
    for number in 1..OLDER {
        let mut aside = path.as_os_str().to_owned();
        aside.push(".old");
        if number > 1 {
            aside.push(format!(".{number}"));
        }
        let aside = PathBuf::from(aside);
        if std::fs::symlink_metadata(&aside).is_err() {
            std::fs::rename(path, &aside)?;
            return Ok(aside);
        }
    }
    Err(io::Error::other("there are too many older files beside it"))
}

/// Keeps the list in the folder of temporary files.
async fn save_elsewhere(list: List<'_>) -> io::Result<PathBuf> {
    let mut builder = Builder::new();
    let file = builder
        .prefix("tickets-remaining-")
        .suffix(".txt")
        .tempfile()?;
    write_lines(file.as_file(), list).await?;
    file.as_file().sync_all()?;
    let (_, path) = file.keep().map_err(|error| error.error)?;
    Ok(path)
}

async fn write_lines(target: impl io::Write, mut list: List<'_>) -> io::Result<()> {
    let mut lines = BufWriter::new(target);
    while let Some(ticket) = list.try_next().await.map_err(io::Error::other)? {
        writeln!(lines, "{ticket}")?;
    }
    lines.flush()
}

/// Whether the tickets are read from this file.
fn is_input(remaining: &Path, many: Option<&Many>) -> bool {
    let Some(many) = many else {
        return false;
    };
    let from = many.from.as_deref().filter(|from| from.as_os_str() != "-");
    // The file from which standard input may be redirected.
    let stdin = many.reads_stdin().then_some(Path::new("/dev/stdin"));
    is_one_of(remaining, from.into_iter().chain(stdin))
}

/// Whether a file that is there is also one of these.
fn is_one_of<'a>(path: &Path, others: impl IntoIterator<Item = &'a Path>) -> bool {
    let this = identity(path);
    let mut others = others.into_iter();
    this.is_some() && others.any(|other| identity(other) == this)
}

#[cfg(unix)]
fn identity(path: &Path) -> Option<(u64, u64)> {
    use std::os::unix::fs::MetadataExt as _;
    let about = std::fs::metadata(path).ok()?;
    about.is_file().then(|| (about.dev(), about.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<PathBuf> {
    std::fs::canonicalize(path).ok()
}
