//! What a secret looks like in a log when somebody encoded it first.

use std::collections::HashSet;
use std::fmt::Write as _;

/// The forms in which a text may stand in a log: as it is, percent-encoded, in hex, as a list of numbers, and in
/// base64, whatever stands before and behind it.
pub(crate) fn disguises(text: &str) -> Vec<(String, String)> {
    let bytes = text.as_bytes();
    let mut forms = vec![
        ("plain".to_owned(), text.to_owned()),
        ("percent".to_owned(), percent(text, "%20")),
        ("form".to_owned(), percent(text, "+")),
        ("hex".to_owned(), hex(bytes, |byte| format!("{byte:02x}"))),
        ("HEX".to_owned(), hex(bytes, |byte| format!("{byte:02X}"))),
        ("bytes".to_owned(), {
            let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
            numbers.join(", ")
        }),
    ];
    for (name, end) in [("base64", b"+/"), ("base64url", b"-_")] {
        for before in 0..3 {
            forms.push((
                format!("{name} behind {before}"),
                base64(bytes, before, *end),
            ));
        }
    }
    let mut known = HashSet::new();
    forms.retain(|(_, form)| known.insert(form.clone()));
    forms
}

fn percent(text: &str, space: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b' ' => out.push_str(space),
            b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            _ => write!(out, "%{byte:02X}").unwrap(),
        }
        out
    })
}

fn hex(bytes: &[u8], digits: impl Fn(u8) -> String) -> String {
    bytes.iter().copied().map(digits).collect()
}

/// The digits that stand for nothing but `bytes` where `before` bytes (modulo 3) precede them. What shares a digit with
/// a neighbour is left out at both ends.
fn base64(bytes: &[u8], before: usize, end: [u8; 2]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    // Of the group that a neighbour begins, the rest is skipped; a group that is not full is left out.
    let own = bytes.get((3 - before) % 3..).unwrap_or_default();
    let mut out = String::new();
    for group in own.chunks_exact(3) {
        let bits = group
            .iter()
            .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        for shift in [18, 12, 6, 0] {
            let digit = bits >> shift & 63;
            let digit = DIGITS
                .get(digit)
                .copied()
                .unwrap_or_else(|| end[digit - 62]);
            out.push(char::from(digit));
        }
    }
    out
}
