//! The key that turns addresses into what a ledger may keep.

use std::fmt;
use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::Path;

use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, ExposeSecretMut as _, SecretSlice, SecretString};
use sha2::Sha256;
use ticket_core::{Error, Result};

use crate::digest::{from_hex, hex};
use crate::folder;
use crate::model::PersonHash;

/// What begins the file, so that another one is not taken for a key.
const BEGIN: &str = "tickets-erasure-key ";

/// How many bytes a key has.
const BYTES: usize = 32;

/// The key by which addresses are hashed: 32 random bytes. `Debug` does not show it.
///
/// It is in a file of its own, apart from the ledger: whoever has both can try addresses, and whoever has only the ledger
/// cannot. **If the file is lost**, nobody can tell any more which tickets of an erasure were whose; the tickets, their
/// outcomes and the report stay.
pub struct ErasureKey {
    key: SecretSlice<u8>,
}

impl ErasureKey {
    /// The key in this file. If there is none, one is made at random, for its owner alone. Several processes may do so at once:
    /// all get the same key.
    ///
    /// # Errors
    ///
    /// `Config` if others can read the file, if it holds something else, or if it cannot be read or written.
    pub fn load_or_create(path: &Path) -> Result<Self> {
        match read(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                create(path).map_err(|error| {
                    let path = path.display();
                    Error::config(format!(
                        "the key of erasures {path} cannot be created: {error}"
                    ))
                })?;
                Self::load(path)
            }
            text => Self::parse(path, text),
        }
    }

    /// The key in this file, which must be there.
    ///
    /// # Errors
    ///
    /// `Config` if it is missing, if others can read it, if it holds something else, or if it cannot be read.
    pub fn load(path: &Path) -> Result<Self> {
        Self::parse(path, read(path))
    }

    /// Whose tickets are those of this address: blanks around it and the case of ASCII letters make no
    /// difference, and everything else does.
    ///
    /// ```
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("erasure.key");
    /// use ticket_jobs::erase::ErasureKey;
    ///
    /// let key = ErasureKey::load_or_create(&path)?;
    /// assert_eq!(key.person("ada@example.org"), key.person(" Ada@Example.org\n"));
    /// assert_ne!(key.person("ada@example.org"), key.person("ada+x@example.org"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn person(&self, address: &str) -> PersonHash {
        PersonHash(self.hash(address.trim().to_ascii_lowercase().as_bytes()))
    }

    /// Tells this key from others, and tells nothing about it: 16 hexadecimal digits.
    pub fn id(&self) -> String {
        let hash = self.hash(BEGIN.as_bytes());
        hex(hash.get(..8).unwrap_or_default())
    }

    fn hash(&self, bytes: &[u8]) -> [u8; 32] {
        let mut hash = Hmac::<Sha256>::new_from_slice(self.key.expose_secret())
            .unwrap_or_else(|_| unreachable!("a key of any length is taken"));
        hash.update(bytes);
        hash.finalize().into_bytes().into()
    }

    fn parse(path: &Path, text: io::Result<SecretString>) -> Result<Self> {
        let shown = path.display();
        let text = text.map_err(|error| {
            Error::config(match error.kind() {
                ErrorKind::NotFound => format!(
                    "the key of erasures {shown} is missing: without it nobody can tell whose tickets were erased; put it \
                     back from a backup"
                ),
                _ => format!("the key of erasures {shown} cannot be used: {error}"),
            })
        })?;
        let digits = text.expose_secret().strip_prefix(BEGIN);
        let digits = digits.map(|digits| digits.trim_end_matches(['\r', '\n']));
        let key = digits.and_then(from_hex).map(SecretSlice::from);
        let key = key.filter(|key| key.expose_secret().len() == BYTES);
        let key = key.ok_or_else(|| {
            Error::config(format!(
                "{shown} holds no key of erasures; name another file, or put the key back from a backup"
            ))
        })?;
        Ok(Self { key })
    }
}

impl fmt::Debug for ErasureKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErasureKey").finish_non_exhaustive()
    }
}

/// The file's text, if nobody else can read or write it.
fn read(path: &Path) -> io::Result<SecretString> {
    let metadata = fs::metadata(path)?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no file"));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if metadata.permissions().mode() & 0o077 != 0 {
            let path = folder::quoted(path);
            let message = format!("others can read or write it; run: chmod 600 {path}");
            return Err(io::Error::other(message));
        }
    }
    fs::read_to_string(path).map(SecretString::from)
}

/// Writes a key at random. The file appears whole, and never in place of another one.
fn create(path: &Path) -> io::Result<()> {
    let mut key = SecretSlice::from(vec![0; BYTES]);
    getrandom::fill(key.expose_secret_mut()).map_err(io::Error::other)?;
    let text = SecretString::from(format!("{BEGIN}{}\n", hex(key.expose_secret())));
    let path = std::path::absolute(path)?;
    let parent = path.parent().unwrap_or(Path::new("/"));
    folder::create_lasting_folder(parent)?;
    // For its owner alone.
    let mut file = tempfile::NamedTempFile::new_in(parent)?;
    file.write_all(text.expose_secret().as_bytes())?;
    file.as_file().sync_all()?;
    match file.persist_noclobber(&path) {
        Ok(_) => folder::sync_folder(parent),
        // Another process was faster: its key is the key.
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error.error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_is_that_of_the_standard() {
        // RFC 4231, test case 2, whose key is shorter than a block as well.
        let key = ErasureKey {
            key: SecretSlice::from(b"Jefe".to_vec()),
        };
        let hash = key.hash(b"what do ya want for nothing?");
        assert_eq!(
            hex(&hash),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }
}
