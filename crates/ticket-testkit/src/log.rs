//! Captures what a `tracing` subscriber writes.

use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// A writer for a subscriber whose text a test can read. Clones share the text.
///
/// ```
/// use std::io::Write as _;
/// use ticket_testkit::LogCapture;
///
/// let log = LogCapture::default();
/// // A subscriber of `tracing-subscriber` takes `.with_writer(log.writer())`.
/// let mut line = log.writer()();
/// line.write_all(b"one line\n")?;
/// assert_eq!(log.text(), "one line\n");
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct LogCapture(Arc<Mutex<Vec<u8>>>);

impl LogCapture {
    /// Returns a function that creates a writer, as `tracing_subscriber::fmt().with_writer(..)` expects.
    pub fn writer(&self) -> impl Fn() -> Self + Send + Sync + 'static {
        let log = self.clone();
        move || log.clone()
    }

    /// The text written so far. Invalid UTF-8 is replaced.
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Write for LogCapture {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut log = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        log.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
