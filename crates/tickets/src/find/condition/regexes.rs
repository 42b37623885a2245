//! What a regular expression costs: its size for each byte of the text, and what it finds.

use std::time::{Duration, Instant};

use jaq_core::Error;
use jaq_json::Val;
use jaq_std::ValT as _;
use regex_bites::bytes::{Regex, RegexBuilder};

use super::budget::{Ended, end, spend, spend_value};
use super::counted::Counted;

/// How large a compiled expression may be, in bytes: `(a{100}){100}` is larger.
const SIZES: [usize; 4] = [1 << 10, 1 << 12, 1 << 14, 1 << 16];

/// How many bytes of a compiled expression are held against a byte of the text in a step, at worst.
const BYTES_PER_STEP: usize = 512;

/// How many steps a match is, and each of its groups: it becomes an object.
const STEPS_PER_GROUP: usize = 8;

/// How long finding may take: each match may look at the rest of the text.
const LIMIT: Duration = Duration::from_secs(2);

/// Pays for the matches of the regular expression and the flags in these arguments.
#[allow(
    clippy::disallowed_methods,
    reason = "how long a match takes cannot be counted, and no runtime is needed to evaluate an expression"
)]
pub(super) fn pay(input: &Val, arguments: &[Val]) -> Result<(), Error<Counted>> {
    spend_value(input);
    for argument in arguments {
        spend_value(argument);
    }
    let texts = arguments.iter().map(|argument| {
        let bytes = argument.as_utf8_bytes();
        bytes.and_then(|bytes| std::str::from_utf8(bytes).ok())
    });
    let texts: Option<Vec<_>> = texts.collect();
    // What is no text is refused by jaq's own filter, in its words.
    let (Some(text), Some([pattern, flags])) = (input.as_utf8_bytes(), texts.as_deref()) else {
        return Ok(());
    };
    let Some((regex, size)) = compile(pattern, flags)? else {
        return Ok(());
    };
    let places = text.len().saturating_add(1);
    spend_all(places.saturating_mul(size) / BYTES_PER_STEP + 1);
    let begun = Instant::now();
    let found = regex.find_iter(text);
    let most = if flags.contains('g') { usize::MAX } else { 1 };
    for _ in found.take(most) {
        spend_all(regex.captures_len().saturating_mul(STEPS_PER_GROUP));
        if begun.elapsed() > LIMIT {
            end(Ended::TooMuch);
        }
    }
    Ok(())
}

fn spend_all(steps: usize) {
    spend(u64::try_from(steps).unwrap_or(u64::MAX));
}

/// The expression and about how large it is; nothing if it is wrong, which jaq's own filter tells.
fn compile(pattern: &str, flags: &str) -> Result<Option<(Regex, usize)>, Error<Counted>> {
    let build = |size| {
        let mut builder = RegexBuilder::new(pattern);
        let has = |flag| flags.contains(flag);
        builder
            .case_insensitive(has('i'))
            .multi_line(has('m') || has('p'))
            .dot_matches_new_line(has('s') || has('p'))
            .swap_greed(has('l'))
            .ignore_whitespace(has('x'))
            .size_limit(size);
        builder.build()
    };
    for size in SIZES {
        match build(size) {
            Ok(regex) => return Ok(Some((regex, size))),
            Err(error) if error.to_string().contains("size limit") => {}
            Err(_) => return Ok(None),
        }
    }
    Err(Error::str("the regular expression is too large"))
}
