//! Finds secrets in texts, in plain or encoded form.

use std::collections::HashSet;
use std::fmt;
use std::fmt::Write as _;

/// A secret that was found in a text, and its encoding.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Leak {
    /// The encoding, such as `plain` or `base64 behind 1`.
    pub form: &'static str,
    /// The index of the secret in the list. The secret itself is not stored.
    pub index: usize,
}

impl fmt::Display for Leak {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret {} ({})", self.index, self.form)
    }
}

/// Finds the secrets that occur in the text: plain, percent-encoded, in hex, as a list of numbers, or in base64 at
/// any offset.
///
/// ```
/// use ticket_conformance::canary;
///
/// let leaks = canary::find("authorization: Basic dXNlcjpzM2NyZXQta2V5", ["s3cret-key"]);
/// assert_eq!(leaks.len(), 1);
/// assert!(canary::find("authorization: [hidden]", ["s3cret-key"]).is_empty());
/// ```
pub fn find<'a>(text: &str, secrets: impl IntoIterator<Item = &'a str>) -> Vec<Leak> {
    let mut leaks = Vec::new();
    for (index, secret) in secrets.into_iter().enumerate() {
        let found = encodings(secret)
            .into_iter()
            .find(|(_, disguised)| text.contains(disguised.as_str()));
        leaks.extend(found.map(|(form, _)| Leak { form, index }));
    }
    leaks
}

/// The encodings in which a text can occur in another text, by name. Encodings with the same result are returned
/// once; empty ones are left out.
pub fn encodings(text: &str) -> Vec<(&'static str, String)> {
    let bytes = text.as_bytes();
    let numbers: Vec<_> = bytes.iter().map(u8::to_string).collect();
    let mut forms = vec![
        ("plain", text.to_owned()),
        // Escaped, as by `Debug` or in JSON.
        ("escaped", text.escape_debug().to_string()),
        ("percent", percent(text, "%20")),
        ("form", percent(text, "+")),
        ("hex", hex(bytes, |byte| format!("{byte:02x}"))),
        ("HEX", hex(bytes, |byte| format!("{byte:02X}"))),
        ("bytes", numbers.join(", ")),
        ("base64", base64(bytes, 0, *b"+/")),
        ("base64 behind 1", base64(bytes, 1, *b"+/")),
        ("base64 behind 2", base64(bytes, 2, *b"+/")),
        ("base64url", base64(bytes, 0, *b"-_")),
        ("base64url behind 1", base64(bytes, 1, *b"-_")),
        ("base64url behind 2", base64(bytes, 2, *b"-_")),
    ];
    let mut known = HashSet::new();
    forms.retain(|(_, form)| !form.is_empty() && known.insert(form.clone()));
    forms
}

fn percent(text: &str, space: &str) -> String {
    text.bytes().fold(String::new(), |mut out, byte| {
        match byte {
            b' ' => out.push_str(space),
            b'-' | b'_' | b'.' | b'~' => out.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            // Writing to a `String` does not fail.
            _ => _ = write!(out, "%{byte:02X}"),
        }
        out
    })
}

fn hex(bytes: &[u8], digits: impl Fn(u8) -> String) -> String {
    bytes.iter().copied().map(digits).collect()
}

/// The base64 digits that depend only on `bytes` if `before` bytes (modulo 3) precede them. Digits that depend on
/// neighbouring bytes are left out at both ends.
fn base64(bytes: &[u8], before: usize, end: [u8; 2]) -> String {
    const DIGITS: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
    let digits = [DIGITS.as_slice(), end.as_slice()].concat();
    // Skips the rest of a group that starts in the preceding bytes, and drops an incomplete last group.
    let own = bytes.get((3 - before) % 3..).unwrap_or_default();
    let mut out = String::new();
    for group in own.chunks_exact(3) {
        let bits = group
            .iter()
            .fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
        for shift in [18, 12, 6, 0] {
            let digit = digits.get(bits >> shift & 63).copied();
            out.extend(digit.map(char::from));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_in_any_encoding_is_recognised() {
        // Encoded by other programs: `base64`, `xxd -p` and `jq @uri`.
        let secret = "s3cret-key+1/2 x";
        for line in [
            "authorization: Bearer s3cret-key+1/2 x",
            "c3RyaW5nOnMzY3JldC1rZXkrMS8yIHg=",
            "dXNlcjpzM2NyZXQta2V5KzEvMiB4",
            "YTpzM2NyZXQta2V5KzEvMiB4Cg",
            "s3cret-key%2B1%2F2%20x",
            "s3cret-key%2B1%2F2+x",
            "007333637265742d6b65792b312f322078",
            "key=7333637265742D6B65792B312F322078",
            "[115, 51, 99, 114, 101, 116, 45, 107, 101, 121, 43, 49, 47, 50, 32, 120]",
        ] {
            assert_eq!(find(line, ["other-secret", secret]).len(), 1, "{line}");
        }
        assert!(find("s3cret-key and other words, c3RyaW5n", [secret]).is_empty());
    }

    #[test]
    fn leak_report_does_not_contain_the_secret() {
        let leaks = find("the key is hunter2hunter2", ["hunter2hunter2"]);
        assert_eq!(leaks[0].to_string(), "secret 0 (plain)");
    }

    #[test]
    fn escaped_secret_is_recognised() {
        let text = format!("{:?}", "pass\"word\\1");
        assert_eq!(find(&text, ["pass\"word\\1"])[0].form, "escaped");
    }
}
