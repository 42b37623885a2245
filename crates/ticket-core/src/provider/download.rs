//! The bytes of an attached file.

use std::fmt;

use futures_core::stream::BoxStream;
use futures_util::TryStreamExt as _;

use crate::provider::error::Result;

/// The bytes of a file, as they arrive.
///
/// The time limits of a call end with the start of the reply: a program that must not wait for a slow vendor sets a
/// limit of its own for the stream.
pub struct Download {
    bytes: BoxStream<'static, Result<Vec<u8>>>,
}

impl Download {
    /// Creates a download from the parts of a file.
    pub fn new(bytes: BoxStream<'static, Result<Vec<u8>>>) -> Self {
        Self { bytes }
    }

    /// The parts of the file, in order. The file is complete if the stream ends without an error.
    pub fn into_stream(self) -> BoxStream<'static, Result<Vec<u8>>> {
        self.bytes
    }

    /// Reads a file of at most `limit` bytes into memory; `None` if it is longer.
    ///
    /// # Errors
    ///
    /// Returns the error that ended the stream.
    pub async fn read(mut self, limit: usize) -> Result<Option<Vec<u8>>> {
        let mut all = Vec::new();
        while let Some(part) = self.bytes.try_next().await? {
            if all.len() + part.len() > limit {
                return Ok(None);
            }
            all.extend(part);
        }
        Ok(Some(all))
    }
}

impl fmt::Debug for Download {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Download").finish_non_exhaustive()
    }
}
