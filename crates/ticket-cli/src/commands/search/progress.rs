//! How far a search is, in words.

use tickets::find::Counts;

use super::summary::{amounts, number};
use crate::status::Line;

/// How far the search of an account is.
pub(super) fn line(name: &str, counts: &Counts) -> Line {
    let found = format!("{} found", number(counts.found));
    Line::new(name, vec![found, amounts(counts)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_tells_what_was_found_listed_and_read() {
        let mut counts = Counts::default();
        counts.listed = 1;
        let words = |counts: &Counts| line("eu", counts).parts.join(" · ");
        assert_eq!(words(&counts), "0 found · 1 ticket listed");
        counts.listed = 12_000;
        counts.read = 300;
        counts.conversations = 20;
        counts.found = 2;
        assert_eq!(
            words(&counts),
            "2 found · 12,000 tickets listed, 300 read, 20 conversations read"
        );
    }
}
