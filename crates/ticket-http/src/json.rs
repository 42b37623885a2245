//! Decodes JSON. Error messages never quote values, because a reply holds personal data and a message may be
//! logged.

use std::borrow::Cow;
use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_path_to_error::{Path, Segment};
use ticket_core::model::RawJson;

/// Maximum number of path segments in a message, and of characters in a name.
const MAX_PATH: usize = 16;
const MAX_NAME: usize = 60;

/// Maximum number of list items in a reply.
const MAX_ITEMS: usize = 50_000;

/// Length of an escape such as `\ud83d`, in bytes.
const ESCAPE: usize = 6;

/// Prefix of our own messages about a part of a reply. serde passes on only the text of an error, and the
/// prefix tells ours from serde's. No serde message starts with it.
const PART: &str = "a part of the reply is wrong: ";

/// serde's names of the values that it found, without the values.
const FOUND: &[&str] = &[
    "null",
    "boolean",
    "integer",
    "floating point",
    "number",
    "character",
    "string",
    "sequence",
    "map",
    "unit value",
    "Option value",
    "newtype struct",
    "newtype variant",
    "tuple variant",
    "struct variant",
    "unit variant",
    "enum",
    "byte array",
];

/// Decodes a body as `T`, or returns the reason for the failure.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    decode(
        body,
        |text| serde_json::from_str(text).ok(),
        read_telling_where,
    )
}

/// Decodes a body as `T` and keeps the JSON, or returns the reason for the failure.
pub(crate) fn read_and_keep<T: DeserializeOwned>(body: &[u8]) -> Result<(T, RawJson), String> {
    let read = |text: &str| RawJson::read(text).ok();
    decode(body, read, |text| match read_telling_where::<T>(text) {
        // Decoding the same text has failed before.
        Ok(_) => Err("the reply cannot be read".to_owned()),
        Err(why) => Err(why),
    })
}

/// Decodes a body with `read`. Where that fails, half surrogate pairs become U+FFFD: one sick subject must not cost a
/// whole list. They are replaced in the text, so that the JSON that is kept can be read as well. Where it still fails,
/// `explain` tells why: tracking the path is slower than decoding.
///
/// Invalid UTF-8 becomes U+FFFD in any case. It is checked once for the whole body, so that `serde_json` does not
/// check each string.
fn decode<R>(
    body: &[u8],
    read: impl Fn(&str) -> Option<R>,
    explain: impl Fn(&str) -> Result<R, String>,
) -> Result<R, String> {
    // Checked by words where it is valid, which the lossy conversion is not.
    let text =
        std::str::from_utf8(body).map_or_else(|_| String::from_utf8_lossy(body), Cow::Borrowed);
    check_items(&text)?;
    // Before it is read: a provider that reads each field on its own would take the field for absent.
    let text = replace_half_pairs(&text).map_or(text, Cow::Owned);
    read(&text).map_or_else(|| explain(&text), Ok)
}

/// Refuses a text with more list items than any documented reply has. A row of a list is a structure of hundreds of
/// bytes, whatever little stands in it: a list of 466,000 rows `{"id":1}` is a body of 4 MiB and 126 MB in memory.
fn check_items(text: &str) -> Result<(), String> {
    let text = text.as_bytes();
    // Almost every text ends here: it is shorter, or has fewer commas, which are counted at the speed of memory.
    if text.len() < MAX_ITEMS || memchr::memchr_iter(b',', text).count() < MAX_ITEMS {
        return Ok(());
    }
    // Which of the open brackets are lists.
    let mut open = Vec::new();
    let mut items = 0;
    let mut bytes = text.iter();
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => {
                // The end of the string.
                while let Some(byte) = bytes.next().filter(|byte| **byte != b'"') {
                    if *byte == b'\\' {
                        bytes.next();
                    }
                }
            }
            b'[' => open.push(true),
            b'{' => open.push(false),
            b']' | b'}' => drop(open.pop()),
            b',' if open.last() == Some(&true) => items += 1,
            _ => {}
        }
    }
    if items < MAX_ITEMS {
        return Ok(());
    }
    Err(format!("the reply has more than {MAX_ITEMS} list items"))
}

/// Replaces escapes of half surrogate pairs (`\ud83d` without its other half, as JavaScript writes a text that was
/// cut) with `\ufffd`. `None` if there are none.
fn replace_half_pairs(text: &str) -> Option<String> {
    // Most texts have no escape, or none in this range.
    let bytes = text.as_bytes();
    memchr::memchr_iter(b'\\', bytes)
        .find(|at| matches!(bytes.get(at + 1..at + 3), Some(b"ud" | b"uD")))?;
    let mut replaced: Option<String> = None;
    // How much of the text is in `replaced`.
    let mut done = 0;
    let mut at = 0;
    while let Some(next) = text.get(at..).and_then(|rest| rest.find('\\')) {
        let escape = at + next;
        let Some(unit) = code_unit(text, escape) else {
            // Skips what is escaped: the second backslash of `\\ud83d` begins no escape.
            at = escape
                + 1
                + text
                    .get(escape + 1..)?
                    .chars()
                    .next()
                    .map_or(0, char::len_utf8);
            continue;
        };
        at = escape + ESCAPE;
        match unit {
            0xd800..=0xdbff if matches!(code_unit(text, at), Some(0xdc00..=0xdfff)) => at += ESCAPE,
            0xd800..=0xdfff => {
                let replaced = replaced.get_or_insert_with(|| String::with_capacity(text.len()));
                replaced.push_str(text.get(done..escape)?);
                replaced.push_str("\\ufffd");
                done = at;
            }
            _ => {}
        }
    }
    let mut replaced = replaced?;
    replaced.push_str(text.get(done..)?);
    Some(replaced)
}

/// The code unit of the escape that begins at this place, if one does.
fn code_unit(text: &str, at: usize) -> Option<u16> {
    let digits = text.get(at..at + ESCAPE)?.strip_prefix("\\u")?;
    // A sign would be read as part of the number.
    let hexadecimal = digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    hexadecimal.then(|| u16::from_str_radix(digits, 16).ok())?
}

fn read_telling_where<T: DeserializeOwned>(text: &str) -> Result<T, String> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let value = serde_path_to_error::deserialize(&mut deserializer)
        .map_err(|error| describe(error.inner(), &place(error.path())))?;
    deserializer
        .end()
        .map_err(|error| describe(&error, "the reply"))?;
    Ok(value)
}

/// Decodes an object that is a part of a reply, or returns the reason for the failure with the prefix for
/// serde.
pub(crate) fn read_part<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    let read = if json.starts_with('{') {
        serde_json::from_str(json).or_else(|_| read_telling_where(json))
    } else {
        Err("a part of the reply is not an object".to_owned())
    };
    read.map_err(|why| format!("{PART}{why}"))
}

fn describe(error: &serde_json::Error, place: &str) -> String {
    match error.classify() {
        Category::Eof => "the reply's JSON is cut off".to_owned(),
        Category::Syntax | Category::Io => format!(
            "the reply is not JSON (line {}, column {})",
            error.line(),
            error.column()
        ),
        Category::Data => {
            let words = error.to_string();
            // serde_json appends the position to every message.
            let words = words
                .rsplit_once(" at line ")
                .map_or(&*words, |(words, _)| words);
            match words.strip_prefix(PART) {
                Some(why) => why.to_owned(),
                None => format!("{place}{}", mismatch(words)),
            }
        }
    }
}

/// serde's message without the value that it quotes. Unknown messages are replaced.
fn mismatch(words: &str) -> String {
    let field = |start| words.strip_prefix(start)?.strip_suffix('`');
    if let Some(name) = field("missing field `") {
        return format!(" lacks the field `{name}`");
    }
    if let Some(name) = field("duplicate field `") {
        return format!(" has the field `{name}` twice");
    }
    // Split at the last occurrence: the quoted value may contain the same words, our expectations do not.
    let Some((found, expected)) = words.rsplit_once(", expected ") else {
        return ": not what the vendor documents".to_owned();
    };
    let listed = expected.starts_with('`') || expected.starts_with("one of `");
    let found = if let Some(found) = found.strip_prefix("invalid type: ") {
        FOUND
            .iter()
            .find(|name| found.starts_with(**name))
            .map_or("another type", |name| *name)
    } else if found.starts_with("invalid value: ") {
        "another value"
    } else if found.starts_with("invalid length ") {
        "another length"
    } else if found.starts_with("unknown variant ") && listed {
        "another text"
    } else if found.starts_with("unknown field ") && listed {
        "another field"
    } else {
        return ": not what the vendor documents".to_owned();
    };
    format!(": expected {}, found {found}", in_words(expected))
}

/// The expected type in words, without Rust names: readers know the vendor's documentation, not our code.
fn in_words(expected: &str) -> &str {
    match expected {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" => "a whole number",
        "f32" | "f64" => "a number",
        _ if expected.starts_with("struct ") => "an object",
        _ => expected,
    }
}

/// A path such as `Data.Tickets[2].Subject`.
fn place(path: &Path) -> String {
    let mut place = String::new();
    for segment in path.iter().take(MAX_PATH) {
        match segment {
            Segment::Seq { index } => {
                // Writing to a `String` cannot fail.
                let _ = write!(place, "[{index}]");
            }
            Segment::Map { key: name } | Segment::Enum { variant: name } => {
                if !place.is_empty() {
                    place.push('.');
                }
                place.push_str(name_or_mark(name));
            }
            Segment::Unknown => {}
        }
    }
    if place.is_empty() {
        "the reply".to_owned()
    } else {
        format!("`{place}` in the reply")
    }
}

/// A field name, or `?` if it cannot be one: keys of a map may be data.
fn name_or_mark(name: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$');
    if name.len() <= MAX_NAME && name.chars().all(plain) {
        name
    } else {
        "?"
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_half_surrogate_pairs_are_replaced() {
        for (json, expected) in [
            (r#""\ud83d""#, Some("\u{fffd}")),
            (r#""a\uD83Db""#, Some("a\u{fffd}b")),
            (r#""\ude00""#, Some("\u{fffd}")),
            (r#""\ud83d\ud83d\ude00""#, Some("\u{fffd}😀")),
            (r#""\ud83d\u0041\udc00é""#, Some("\u{fffd}A\u{fffd}é")),
            (r#""\ude00\ud83d""#, Some("\u{fffd}\u{fffd}")),
            (r#""\\\ud83d""#, Some("\\\u{fffd}")),
            (r#""\ud83d\\ude00""#, Some("\u{fffd}\\ude00")),
            (r#""\ud83d\"""#, Some("\u{fffd}\"")),
            // Neither a half nor an escape.
            (r#""\ud83d\ude00""#, None),
            (r#""\\ud83d""#, None),
            (r#""\\\\ud83d\n\ud7ff""#, None),
            (r#""ud83d \uD55C""#, None),
        ] {
            let replaced = replace_half_pairs(json);
            let text = replaced.as_deref().map(serde_json::from_str::<String>);
            assert_eq!(text.map(Result::unwrap).as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn invalid_escape_stays_an_error() {
        for json in [
            r#""\ud83""#,
            r#""\ud83g""#,
            r#""\u+d83""#,
            r#""\ud"#,
            "\"\\ud83d\\",
            "\\é\\ud",
        ] {
            let text = replace_half_pairs(json).unwrap_or_else(|| json.to_owned());
            assert!(serde_json::from_str::<String>(&text).is_err(), "{json}");
        }
    }

    #[test]
    fn only_list_items_are_limited() {
        use serde::de::IgnoredAny;

        for item in ["1", r#"",\\""#, r#"{"a":"\",[","b":[],"c":{"d":1,"e":2}}"#] {
            for (count, may) in [(MAX_ITEMS, true), (MAX_ITEMS + 1, false)] {
                let text = format!("[{}]", vec![item; count].join(","));
                let read = read::<IgnoredAny>(text.as_bytes());
                assert_eq!(read.is_ok(), may, "{item} {count}");
                let kept = read_and_keep::<IgnoredAny>(text.as_bytes());
                assert_eq!(kept.is_ok(), may, "{item} {count}");
            }
        }
        // As many commas, but no items.
        let fields = vec![r#""a":1"#; MAX_ITEMS * 2].join(",");
        let text = format!(r#"[{{{fields}}},"{}"]"#, ",".repeat(MAX_ITEMS));
        assert!(read::<IgnoredAny>(text.as_bytes()).is_ok());
        // In several lists.
        let half = vec!["1"; MAX_ITEMS / 2 + 1].join(",");
        let error = read::<IgnoredAny>(format!("[[{half}],[{half}]]").as_bytes());
        let told = "the reply has more than 50000 list items";
        assert_eq!(error.err().as_deref(), Some(told));
    }

    proptest! {
        #[test]
        fn any_utf16_text_is_read_as_its_lossy_form(units: Vec<u16>, high in 0xd800_u16..0xe000) {
            let units: Vec<_> = units.into_iter().flat_map(|unit| [unit, high]).collect();
            let mut json = String::from("\"");
            for unit in &units {
                write!(json, "\\u{unit:04x}").unwrap();
            }
            json.push('"');
            prop_assert_eq!(read::<String>(json.as_bytes()).unwrap(), String::from_utf16_lossy(&units));
        }

        #[test]
        fn replacing_half_pairs_never_panics(text in r#"[\\"ud8f0é]{0,40}"#) {
            let _ = replace_half_pairs(&text);
        }
    }
}
