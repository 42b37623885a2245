//! Decodes JSON. Error messages never quote values, because a reply holds personal data and a message may be
//! logged.

use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_path_to_error::{Path, Segment};
use ticket_core::model::RawJson;

/// Maximum number of path segments in a message, and of characters in a name.
const MAX_PATH: usize = 16;
const MAX_NAME: usize = 60;

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
    // Tracking the path is slower than decoding, so only an invalid body is decoded again with the path.
    let read = text(body).and_then(|text| serde_json::from_str(text).ok());
    read.map_or_else(|| read_telling_where(body), Ok)
}

/// Checks UTF-8 once for the whole body, so that `serde_json` does not check each string.
fn text(body: &[u8]) -> Option<&str> {
    std::str::from_utf8(body).ok()
}

fn read_telling_where<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
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
        serde_json::from_str(json).or_else(|_| read_telling_where(json.as_bytes()))
    } else {
        Err("a part of the reply is not an object".to_owned())
    };
    read.map_err(|why| format!("{PART}{why}"))
}

/// Decodes a body as `T` and keeps the JSON, or returns the reason for the failure.
pub(crate) fn read_and_keep<T: DeserializeOwned>(body: &[u8]) -> Result<(T, RawJson), String> {
    let Some(text) = text(body) else {
        // Finds the invalid UTF-8, which may be in a field that `T` does not decode.
        let damaged = serde_json::from_slice::<&RawValue>(body).map(drop);
        return Err(why_not(
            damaged.map_err(|error| describe(&error, "the reply")),
        ));
    };
    RawJson::read(text).map_err(|_| why_not(read_telling_where::<T>(body).map(drop)))
}

/// Decoding the same text has failed before.
fn why_not(read: Result<(), String>) -> String {
    let unlikely = || "the reply cannot be read".to_owned();
    read.err().unwrap_or_else(unlikely)
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
