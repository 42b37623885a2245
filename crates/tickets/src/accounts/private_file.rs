//! Writes files that hold or name secrets: whole, readable by their owner alone, in folders that nobody else can write.

use std::fs::{self, DirBuilder};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use secrecy::SecretString;
use tempfile::NamedTempFile;
use ticket_core::Error;

use crate::diagnosis::Diagnosis;
use crate::file_mode::FileMode;

/// A configuration file, and the folder in which it and its secrets are.
pub(super) struct Place {
    /// The file itself, not a link to it.
    path: PathBuf,
    folder: PathBuf,
    /// The folder from which the paths in the file begin: that of the link, if it is one.
    base: PathBuf,
}

impl Place {
    /// Finds the file, or makes the folder for it.
    pub(super) fn prepare(path: &Path) -> Result<Self, Diagnosis> {
        let parent = |path: &Path| match path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
            _ => PathBuf::from("."),
        };
        let base = parent(path);
        make(&base)?;
        // A file that is kept elsewhere stays there.
        let path = match fs::canonicalize(path) {
            Ok(path) => path,
            Err(error) if error.kind() == io::ErrorKind::NotFound => path.to_owned(),
            Err(error) => return Err(wrong(path, "cannot be read", &error)),
        };
        let folder = parent(&path);
        refuse_foreign(&folder)?;
        Ok(Self { path, folder, base })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// The text of the file; empty if there is none.
    pub(super) fn read(&self) -> Result<String, Diagnosis> {
        match fs::read_to_string(&self.path) {
            Ok(text) => Ok(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
            Err(error) => Err(wrong(&self.path, "cannot be read", &error)),
        }
    }

    /// Replaces the file. It keeps its mode.
    pub(super) fn write(&self, text: &str) -> Result<PathBuf, Diagnosis> {
        let mode = fs::metadata(&self.path).ok().map(|old| old.permissions());
        replace(&self.folder, &self.path, text, mode)?;
        Ok(self.path.clone())
    }

    /// Writes a secret to a file in a folder of the configuration's folder.
    pub(super) fn write_secret(&self, relative: &str, secret: &str) -> Result<PathBuf, Diagnosis> {
        refuse_foreign(&self.base)?;
        let path = self.base.join(relative);
        let folder = path.parent().unwrap_or(&self.base);
        make(folder)?;
        refuse_foreign(folder)?;
        replace(folder, &path, &format!("{secret}\n"), None)?;
        Ok(path)
    }

    /// What the file of a secret holds, if there is one.
    pub(super) fn read_secret(&self, relative: &str) -> Result<Option<SecretString>, Diagnosis> {
        let path = self.base.join(relative);
        match fs::read_to_string(&path) {
            Ok(text) => Ok(Some(text.into())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(wrong(&path, "cannot be read", &error)),
        }
    }

    /// Removes the file of a secret, and returns its path if there was one.
    pub(super) fn remove(&self, relative: &str) -> Result<Option<PathBuf>, Diagnosis> {
        let path = self.base.join(relative);
        match fs::remove_file(&path) {
            Ok(()) => Ok(Some(path)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(wrong(&path, "cannot be removed", &error)),
        }
    }
}

/// Makes a folder for this user alone, unless it exists.
fn make(folder: &Path) -> Result<(), Diagnosis> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.create(folder);
    made.map_err(|error| wrong(folder, "cannot be made", &error))
}

/// Whoever can write to a folder can put another file in the place of one.
fn refuse_foreign(folder: &Path) -> Result<(), Diagnosis> {
    match FileMode::public(folder).remedy {
        Some(remedy) => Err(Diagnosis::from(Error::config(format!(
            "other users can write to the folder {}, so no secret is stored there; run: {remedy}",
            folder.display()
        )))),
        None => Ok(()),
    }
}

/// Writes a file beside, and moves it into its place when it is on the disk.
fn replace(
    folder: &Path,
    path: &Path,
    text: &str,
    mode: Option<fs::Permissions>,
) -> Result<(), Diagnosis> {
    let write = || -> io::Result<()> {
        // Its owner alone can read it from the start.
        let mut file = NamedTempFile::new_in(folder)?;
        file.write_all(text.as_bytes())?;
        if let Some(mode) = mode {
            file.as_file().set_permissions(mode)?;
        }
        file.as_file().sync_all()?;
        file.persist(path)?;
        #[cfg(unix)]
        fs::File::open(folder)?.sync_all()?;
        Ok(())
    };
    write().map_err(|error| wrong(path, "cannot be written", &error))
}

fn wrong(path: &Path, what: &str, error: &io::Error) -> Diagnosis {
    // The message of tempfile has a random name, which tells the user nothing.
    let error = match error.raw_os_error() {
        Some(code) => io::Error::from_raw_os_error(code),
        None => io::Error::from(error.kind()),
    };
    Diagnosis::from(Error::config(format!("it {what}: {error}"))).at(path.display().to_string())
}
