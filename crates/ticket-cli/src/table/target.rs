//! What a table is written to, and how wide that is.

use std::io;

/// Width of a terminal of unknown size.
pub(crate) const USUAL: u16 = 80;

/// The target of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Plain text with lines of any length.
    File,
    /// A terminal with this many columns.
    Terminal(u16),
}

impl Target {
    /// The type of stdout.
    pub(crate) fn of_stdout() -> Self {
        columns_of(io::stdout()).map_or(Self::File, Self::Terminal)
    }
}

/// The width of the terminal that stderr is, if it is one.
pub(crate) fn columns_of_stderr() -> Option<u16> {
    columns_of(io::stderr())
}

#[cfg(unix)]
fn columns_of(stream: impl io::IsTerminal + std::os::fd::AsFd) -> Option<u16> {
    if !stream.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(stream).ok();
    // Terminals of unknown size report 0.
    let columns = size.map(|size| size.ws_col).filter(|columns| *columns > 0);
    Some(columns.unwrap_or(USUAL))
}

#[cfg(windows)]
fn columns_of(stream: impl io::IsTerminal + std::os::windows::io::AsHandle) -> Option<u16> {
    let size = |stream| terminal_size::terminal_size_of(stream);
    stream
        .is_terminal()
        .then(|| size(stream).map_or(USUAL, |(width, _)| width.0))
}
