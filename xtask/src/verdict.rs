//! The result of a command: see [`Result`] and [`Verdict`].

/// An error that ends the program. Its text is shown to the user.
pub(crate) type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// The verdict of a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// Nothing to fix.
    Clean,
    /// Something is wrong and has been printed.
    Faulty,
    /// It could not be checked here; the reason has been printed.
    Skipped,
}

impl Verdict {
    /// Clean if `holds`, else faulty.
    pub(crate) fn of(holds: bool) -> Self {
        if holds { Self::Clean } else { Self::Faulty }
    }

    /// The word that is printed.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Clean => "ok",
            Self::Faulty => "FAILED",
            Self::Skipped => "skipped",
        }
    }
}
