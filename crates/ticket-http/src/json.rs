//! Reading JSON, and saying what is wrong with it without repeating what it says: a reply holds personal
//! data, a message may end up in a log.

use std::fmt::Write as _;

use serde::de::DeserializeOwned;
use serde_json::error::Category;
use serde_json::value::RawValue;
use serde_path_to_error::{Path, Segment};
use ticket_core::RawJson;

/// How many segments of a path are told, and how many characters of a name.
const MAX_PATH: usize = 16;
const MAX_NAME: usize = 60;

/// What stands before our own words about a part of a reply: serde hands on an error's text only, and these are not
/// to be taken apart as serde's. No text of serde's begins like this.
const PART: &str = "a part of the reply is wrong: ";

/// The names that serde gives to what it found, all of them without the value.
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

/// Reads a body as `T`; otherwise says why not.
pub(crate) fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, String> {
    // To keep account of where one is takes longer than reading, so only a body that is wrong is read so.
    let read = text(body).and_then(|text| serde_json::from_str(text).ok());
    read.map_or_else(|| read_telling_where(body), Ok)
}

/// Looked at as a whole once, its strings need not be looked at one by one.
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

/// Reads an object that is a part of a reply, kept as it came; otherwise says why not, to be passed through serde.
pub(crate) fn read_part<T: DeserializeOwned>(json: &str) -> Result<T, String> {
    let read = if json.starts_with('{') {
        serde_json::from_str(json).or_else(|_| read_telling_where(json.as_bytes()))
    } else {
        Err("a part of the reply is something else instead of an object".to_owned())
    };
    read.map_err(|why| format!("{PART}{why}"))
}

/// Reads a body as `T` and keeps it as it stands; otherwise says why not.
pub(crate) fn read_and_keep<T: DeserializeOwned>(body: &[u8]) -> Result<(T, RawJson), String> {
    let Some(text) = text(body) else {
        // Where the damage is; it may be in a field that `T` passes over.
        let damaged = serde_json::from_slice::<&RawValue>(body).map(drop);
        return Err(why_not(
            damaged.map_err(|error| describe(&error, "the reply")),
        ));
    };
    RawJson::read(text).map_err(|_| why_not(read_telling_where::<T>(body).map(drop)))
}

/// The same text was read before, in vain.
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
            // serde_json's own addition at the end of every message.
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

/// serde's words without the value that they quote. What is not recognised is left out.
fn mismatch(words: &str) -> String {
    let field = |start| words.strip_prefix(start)?.strip_suffix('`');
    if let Some(name) = field("missing field `") {
        return format!(" lacks the field `{name}`");
    }
    if let Some(name) = field("duplicate field `") {
        return format!(" has the field `{name}` twice");
    }
    // Split at the last one: the quoted value may hold the same words, what our types expect does not.
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

/// What our types expect, without their names: whoever reads the message has the vendor's pages, not our code.
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

/// A name, unless it can be none of a vendor's field: keys of a map may be data.
fn name_or_mark(name: &str) -> &str {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '$');
    if name.len() <= MAX_NAME && name.chars().all(plain) {
        name
    } else {
        "?"
    }
}
