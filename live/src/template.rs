//! The empty database of a system. It takes long to make, so it is kept with the build output and copied.

use std::fs;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io;
use std::path::{Path, PathBuf};

use crate::system::System;

/// In a server's folder: put there before the start, or made by the server.
const NAME: &str = "template.db";

/// Puts the kept database into a server's folder, if there is one.
pub(crate) fn provide(system: &System, folder: &Path) -> io::Result<()> {
    let kept = kept(system);
    if kept.exists() {
        fs::copy(kept, folder.join(NAME))?;
    }
    Ok(())
}

/// Keeps the database that a server has made. Whoever finds the copy finds it whole.
pub(crate) fn keep(system: &System, folder: &Path) -> io::Result<()> {
    let kept = kept(system);
    if kept.exists() {
        return Ok(());
    }
    let beside = kept.parent().unwrap_or(&kept);
    fs::create_dir_all(beside)?;
    let copy = tempfile::NamedTempFile::new_in(beside)?;
    fs::copy(folder.join(NAME), copy.path())?;
    copy.persist(kept)?;
    Ok(())
}

/// Its name says of which version of the system it is, and which scripts made it.
fn kept(system: &System) -> PathBuf {
    let mut hasher = DefaultHasher::new();
    let version = fs::read(system.version).unwrap_or_default();
    (version, system.files).hash(&mut hasher);
    let target = std::env::var_os("CARGO_TARGET_DIR").map(PathBuf::from);
    let target = target.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../target"));
    let name = format!("{:016x}-{}", hasher.finish(), system.database);
    target.join("live").join(name)
}
