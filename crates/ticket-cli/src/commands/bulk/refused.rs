//! What is refused of a list: all of it is told, and not only the first.

use crate::failure::Failure;

/// Number of refused tickets that are told one by one.
const REFUSED: usize = 20;

/// The tickets that are refused.
#[derive(Default)]
pub(crate) struct Refused {
    /// The first few of them.
    told: Vec<Failure>,
    pub(super) count: usize,
}

impl Refused {
    pub(crate) fn push(&mut self, failure: Failure) {
        self.count += 1;
        if self.told.len() < REFUSED {
            self.told.push(failure);
        }
    }

    pub(crate) fn into_result(self) -> Result<(), Failure> {
        let more = self.count - self.told.len();
        let end = match more {
            0 => format!("{} errors; nothing was sent", self.count),
            _ => format!("and {more} more errors; nothing was sent"),
        };
        match Failure::all(self.told, end) {
            Some(failure) => Err(failure),
            None => Ok(()),
        }
    }
}
