//! The line that people read.

use std::fmt;

use super::{Effect, Error, Inner, MAX_VENDOR_MESSAGE, bounded};

// By hand: a derive for one type would bring two crates to everybody.
impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.inner.fmt(f)
    }
}

impl fmt::Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut place = Vec::new();
        place.extend(self.provider.as_ref().map(ToString::to_string));
        place.extend(self.operation.map(|operation| operation.to_string()));
        place.extend(
            self.ticket
                .as_ref()
                .filter(|ticket| !ticket.as_str().trim().is_empty())
                .map(|ticket| bounded(ticket.as_str(), 40)),
        );
        if !place.is_empty() {
            write!(f, "{}: ", place.join(" "))?;
        }
        f.write_str(&bounded(&self.message, 2 * MAX_VENDOR_MESSAGE))?;
        match (self.status, self.attempts) {
            (Some(status), 0 | 1) => write!(f, " (HTTP {status})")?,
            (Some(status), often) => write!(f, " (HTTP {status}, after {often} attempts)")?,
            (None, 0 | 1) => {}
            (None, often) => write!(f, " (after {often} attempts)")?,
        }
        // Only with an operation: without one, the effect is not known.
        if self.effect == Effect::Unknown && self.operation.is_some() {
            f.write_str("; the vendor may have acted")?;
        }
        if let Some(words) = &self.vendor_message {
            write!(f, "; the vendor says: \"{words}\"")?;
        }
        Ok(())
    }
}
