//! `Debug` of errors, which a `main` that returns an error prints.

use std::error::Error as _;
use std::fmt;

use super::{Error, bounded};

/// Maximum length of a source, in characters.
const MAX_CAUSE: usize = 300;

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut line = format!("{self} [{}, effect {}", self.kind(), self.effect());
        let mut next = self.source();
        while let Some(cause) = next {
            let words = bounded(&cause.to_string(), MAX_CAUSE);
            if !words.is_empty() && !line.contains(&words) {
                line.push_str("; cause: ");
                line.push_str(&words);
            }
            next = cause.source();
        }
        write!(f, "{line}]")
    }
}
