//! What must hold for any input, one function per kind of input. `main.rs` runs them on seeded random inputs
//! in `cargo test`; `fuzz/` at the top of the repository runs the same functions under libFuzzer.
//!
//! A body panics where the promise is broken. Each input can be read from bytes (for the fuzzer) and be made
//! in parts (for proptest).

pub(crate) mod accounts;
pub(crate) mod config_file;
pub(crate) mod documented;
pub(crate) mod replies;
pub(crate) mod requests;
pub(crate) mod sandbox;
pub(crate) mod texts;
mod vendor;

/// What the fuzzer's bytes are taken from, piece by piece. What is missing is empty.
pub(crate) struct Pieces<'a>(pub(crate) &'a [u8]);

impl<'a> Pieces<'a> {
    pub(crate) fn byte(&mut self) -> u8 {
        let (first, rest) = self.0.split_first().unwrap_or((&0, &[]));
        self.0 = rest;
        *first
    }

    /// Up to the next line feed, which is left out.
    pub(crate) fn line(&mut self) -> &'a [u8] {
        let mut parts = self.0.splitn(2, |byte| *byte == b'\n');
        let line = parts.next().unwrap_or_default();
        self.0 = parts.next().unwrap_or_default();
        line
    }

    pub(crate) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.line()).into_owned()
    }

    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }
}

/// The choice that a byte stands for.
pub(crate) fn choose<T: Copy>(among: &[T], byte: u8) -> T {
    among[usize::from(byte) % among.len()]
}

/// Whether an input holds the beginning of a word that must not be shown: a fuzzer learns such words from what
/// they are compared with, and the vendor's own words may be shown.
pub(crate) fn guesses(input: &[u8], hidden: &[&str]) -> bool {
    // Parsers of URLs leave control characters out.
    let plain: Vec<u8> = input
        .iter()
        .copied()
        .filter(|byte| !byte.is_ascii_control())
        .collect();
    let mut beginnings = hidden.iter().map(|word| &word.as_bytes()[..6]);
    beginnings.any(|beginning| plain.windows(6).any(|six| six == beginning))
}
