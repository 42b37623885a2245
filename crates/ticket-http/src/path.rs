//! Encodes path segments: an id stays one segment of its endpoint, or it is rejected.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use ticket_core::{Error, Result};

/// All characters except the unreserved ones of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Maximum length of a segment in bytes, before encoding. Three times that length still fits the request line
/// limit of every server.
const MAX_SEGMENT: usize = 1024;

/// Encodes a segment so that every proxy and server sees one segment.
pub(crate) fn encode_segment(segment: &str) -> Result<Cow<'_, str>> {
    let refused = |why: &str| {
        Err(Error::invalid_input(format!(
            "an id {why}; nothing was sent"
        )))
    };
    if segment.is_empty() {
        return refused("is empty");
    }
    if segment.len() > MAX_SEGMENT {
        return refused("is longer than 1,024 bytes");
    }
    if segment.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        // Most ids and all endpoint names: nothing to encode or decode.
        return Ok(segment.into());
    }
    if segment.chars().any(char::is_control) {
        return refused("contains a control character");
    }
    // URL parsers, proxies and servers remove dot segments, many of them after decoding, some after decoding
    // twice. So a segment is checked after each round of decoding.
    let mut form = segment.as_bytes().to_vec();
    loop {
        if form.iter().any(u8::is_ascii_control) {
            return refused("contains an encoded control character");
        }
        if climbs(&form) {
            return refused("would lead to another address (`.` or `..`)");
        }
        let decoded: Vec<u8> = percent_decode(&form).collect();
        if decoded == form {
            return Ok(encode(segment));
        }
        form = decoded;
    }
}

/// Encodes a name or a value of a query or a form.
pub(crate) fn encode(text: &str) -> Cow<'_, str> {
    utf8_percent_encode(text, RESERVED).into()
}

/// Encodes names and values as `a=1&b=2`. A space is `%20`, which every server understands, unlike `+`.
pub(crate) fn encode_pairs<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> String {
    let pairs: Vec<_> = pairs
        .into_iter()
        .map(|(name, value)| format!("{}={}", encode(name), encode(value)))
        .collect();
    pairs.join("&")
}

/// Whether a server that splits at `/` or `\` would find a dot segment. For some servers, a parameter follows
/// a semicolon, so `..;x` is `..`.
fn climbs(form: &[u8]) -> bool {
    form.split(|byte| matches!(byte, b'/' | b'\\')).any(|part| {
        let name = part.split(|byte| *byte == b';').next().unwrap_or(part);
        matches!(name, b"." | b"..")
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn segment_that_changes_the_path_is_refused() {
        for segment in [
            "",
            ".",
            "..",
            "../x",
            "x/..",
            "a/./b",
            "..\\x",
            "%2e",
            "%2E%2e",
            ".%2e",
            "%252e%252e",
            "%25252e%25252E",
            "..%2f",
            "..%2fx",
            "x%2f..%5cy",
            "x%252f..",
            "..;",
            "..;v=1/x",
            ".%3b",
            "\0",
            "a\nb",
            "a\rb",
            "\u{7f}",
            "\u{85}",
            "%00",
            "1%0d%0ax",
            "1%250a",
        ] {
            let error = encode_segment(segment).unwrap_err();
            assert_eq!(error.kind(), ticket_core::ErrorKind::InvalidInput);
            assert_eq!(error.effect(), ticket_core::Effect::None);
        }
        assert!(encode_segment(&"9".repeat(1025)).is_err());
    }

    #[test]
    fn special_characters_in_a_segment_are_encoded() {
        for (segment, encoded) in [
            ("121", "121"),
            ("ABC-1_2.3~4", "ABC-1_2.3~4"),
            ("a/b", "a%2Fb"),
            ("a\\b", "a%5Cb"),
            ("1?x=2", "1%3Fx%3D2"),
            ("1#f", "1%23f"),
            ("1;v=2", "1%3Bv%3D2"),
            ("50%", "50%25"),
            ("%31", "%2531"),
            ("a b+c", "a%20b%2Bc"),
            ("...", "..."),
            ("1..2", "1..2"),
            ("ä", "%C3%A4"),
            ("%ff", "%25ff"),
        ] {
            assert_eq!(encode_segment(segment).unwrap(), encoded);
        }
        assert_eq!(encode_segment(&"9".repeat(1024)).unwrap().len(), 1024);
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            rng_seed: proptest::test_runner::RngSeed::Fixed(1),
            ..ProptestConfig::default()
        })]

        #[test]
        fn an_accepted_segment_is_one_segment_to_the_url_parser(
            segment in prop_oneof![".*", "[./\\\\%2eEfF5cC;]{1,12}"],
        ) {
            if let Ok(encoded) = encode_segment(&segment) {
                let url = reqwest::Url::parse(&format!("http://x/base/{encoded}/tail")).unwrap();
                prop_assert_eq!(url.path(), format!("/base/{encoded}/tail"));
                prop_assert_eq!(percent_decode(encoded.as_bytes()).decode_utf8().unwrap(), segment.as_str());
            }
        }

        #[test]
        fn a_segment_of_harmless_characters_is_accepted(segment in "[A-Za-z0-9 #?&=+äß-]{1,80}") {
            prop_assert!(encode_segment(&segment).is_ok());
        }
    }
}
