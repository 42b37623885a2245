//! What a command answers: see [`Result`] and [`Verdict`].

/// An error that ends the program; its text is for the person at the terminal.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Whether everything that was looked at is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing to fix.
    Clean,
    /// Something is wrong and has been printed.
    Faulty,
    /// It could not be looked at here; the reason has been printed.
    Skipped,
}

impl Verdict {
    /// Clean if `holds`, else faulty.
    pub(crate) fn of(holds: bool) -> Self {
        if holds { Self::Clean } else { Self::Faulty }
    }

    /// As people read it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Clean => "ok",
            Self::Faulty => "FAILED",
            Self::Skipped => "skipped",
        }
    }
}
