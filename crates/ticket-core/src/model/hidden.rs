//! What `Debug` shows in place of what people wrote.

use std::fmt;

/// Stands in `Debug` for a text that must not be printed: its length.
pub(crate) struct Hidden<'a>(pub(crate) &'a str);

impl fmt::Debug for Hidden<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} characters]", self.0.chars().count())
    }
}
