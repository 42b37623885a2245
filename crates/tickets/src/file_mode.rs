//! Who else can read and write a file, by its mode. Where files have none, nobody is said to.

use std::path::{Path, PathBuf};

use serde::Serialize;

/// A file that other users must not read or write, and the command that makes it so if it is not.
///
/// ```
/// use std::path::Path;
///
/// use tickets::accounts::FileMode;
///
/// let absent = FileMode::private(Path::new("no/such/file"));
/// assert_eq!((absent.mode, absent.remedy), (None, None));
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct FileMode {
    /// Its path.
    pub path: PathBuf,
    /// Its permissions as `chmod` takes them, such as `600`; `None` if the file does not exist or files have no modes.
    pub mode: Option<String>,
    /// The command that takes away what others must not have; `None` if all is well.
    pub remedy: Option<String>,
}

impl FileMode {
    /// A file that only its owner may read and write.
    pub fn private(path: &Path) -> Self {
        Self::checked(path, 0o066, "600")
    }

    /// A file that only its owner may write.
    pub(crate) fn public(path: &Path) -> Self {
        Self::checked(path, 0o022, "go-w")
    }

    /// A file that anybody may read and write.
    pub(crate) fn any(path: &Path) -> Self {
        Self::checked(path, 0, "")
    }

    fn checked(path: &Path, forbidden: u32, change: &str) -> Self {
        let mode = mode(path);
        let is_wrong = mode.is_some_and(|mode| mode & forbidden != 0);
        Self {
            path: path.to_owned(),
            mode: mode.map(|mode| format!("{mode:o}")),
            remedy: is_wrong.then(|| format!("chmod {change} {}", quoted(path))),
        }
    }
}

/// The permission bits, if files have some.
fn mode(path: &Path) -> Option<u32> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let metadata = std::fs::metadata(path).ok()?;
        Some(metadata.permissions().mode() & 0o7777)
    }
    #[cfg(not(unix))]
    {
        let _ = path;
        None
    }
}

/// A path as a shell takes it.
fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let is_plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    if !path.starts_with('-') && path.chars().all(is_plain) {
        return path;
    }
    let path = path.replace('\'', "'\\''");
    let before = if path.starts_with('-') { "./" } else { "" };
    format!("'{before}{path}'")
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn file_that_others_can_read_or_write_has_a_remedy() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("it's a key");
        std::fs::write(&path, "").unwrap();
        for (mode, private, public) in [
            (0o600, true, true),
            (0o400, true, true),
            (0o640, false, true),
            (0o604, false, true),
            (0o620, false, false),
            (0o602, false, false),
        ] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            let told = FileMode::private(&path);
            assert_eq!(told.mode, Some(format!("{mode:o}")));
            assert_eq!(told.remedy.is_none(), private, "{mode:o}");
            assert_eq!(FileMode::public(&path).remedy.is_none(), public, "{mode:o}");
        }
        let remedy = FileMode::private(&path).remedy.unwrap();
        let shell = std::process::Command::new("sh")
            .args(["-c", &remedy])
            .status();
        assert!(shell.unwrap().success());
        assert_eq!(FileMode::private(&path).mode.as_deref(), Some("600"));
    }
}
