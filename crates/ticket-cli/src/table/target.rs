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

/// The height of the terminal that stderr is, if it is one and says so.
pub(crate) fn rows_of_stderr() -> Option<u16> {
    let (_, rows) = size_of(io::stderr())?;
    // Terminals of unknown size report 0.
    rows.filter(|rows| *rows > 0)
}

#[cfg(unix)]
fn columns_of(stream: impl io::IsTerminal + std::os::fd::AsFd) -> Option<u16> {
    let (columns, _) = size_of(stream)?;
    Some(columns.filter(|columns| *columns > 0).unwrap_or(USUAL))
}

#[cfg(windows)]
fn columns_of(stream: impl io::IsTerminal + std::os::windows::io::AsHandle) -> Option<u16> {
    let (columns, _) = size_of(stream)?;
    Some(columns.unwrap_or(USUAL))
}

/// The columns and the rows of a terminal, as it reports them; `None` if it is none.
#[cfg(unix)]
fn size_of(stream: impl io::IsTerminal + std::os::fd::AsFd) -> Option<(Option<u16>, Option<u16>)> {
    if !stream.is_terminal() {
        return None;
    }
    let size = rustix::termios::tcgetwinsize(stream).ok();
    Some((size.map(|size| size.ws_col), size.map(|size| size.ws_row)))
}

#[cfg(windows)]
fn size_of(
    stream: impl io::IsTerminal + std::os::windows::io::AsHandle,
) -> Option<(Option<u16>, Option<u16>)> {
    if !stream.is_terminal() {
        return None;
    }
    let size = terminal_size::terminal_size_of(stream);
    Some((
        size.map(|(width, _)| width.0),
        size.map(|(_, height)| height.0),
    ))
}
