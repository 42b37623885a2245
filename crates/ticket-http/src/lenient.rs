//! Deserializers for which one odd thing in a reply costs itself only: a decoration of another type is absent, a row
//! that cannot be read is `None`. For `#[serde(default, deserialize_with = "…")]`, from JSON text only.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{self, DeserializeOwned, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;

use crate::reply::Reply;

/// A value: absent if it is not what the vendor documents. It is read from its own text, so that nothing in it spoils
/// the rest of the reply. For texts, [`text`] is faster.
///
/// ```
/// #[derive(serde::Deserialize)]
/// struct Row {
///     #[serde(default, deserialize_with = "ticket_http::lenient::value")]
///     count: Option<u32>,
/// }
///
/// let row: Row = serde_json::from_str(r#"{"count":{"n":[1]}}"#)?;
/// assert_eq!(row.count, None);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// # Errors
///
/// Only for text that is no JSON.
pub fn value<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = <&'de RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(value.get()).ok())
}

/// A text: absent if it is anything else.
///
/// # Errors
///
/// Only for text that is no JSON.
pub fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    let json = <&'de RawValue>::deserialize(deserializer)?.get();
    let Some(text) = json
        .strip_prefix('"')
        .and_then(|json| json.strip_suffix('"'))
    else {
        return Ok(None);
    };
    if memchr::memchr(b'\\', text.as_bytes()).is_some() {
        return Ok(serde_json::from_str(json).ok());
    }
    Ok(Some(text.to_owned()))
}

/// The rows of a list, each with its own JSON: `None` for a row that cannot be read.
///
/// # Errors
///
/// If it is no list.
pub fn rows<'de, D, T>(deserializer: D) -> Result<Vec<Option<Reply<T>>>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    deserializer.deserialize_seq(Rows(PhantomData))
}

/// Like [`rows`]; null stands for no rows.
///
/// # Errors
///
/// If it is neither a list nor null.
pub fn rows_or_none<'de, D, T>(deserializer: D) -> Result<Vec<Option<Reply<T>>>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    deserializer.deserialize_any(Rows(PhantomData))
}

struct Rows<T>(PhantomData<T>);

impl<'de, T: DeserializeOwned> Visitor<'de> for Rows<T> {
    type Value = Vec<Option<Reply<T>>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_unit<E: de::Error>(self) -> Result<Self::Value, E> {
        Ok(Vec::new())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut rows = Vec::new();
        while let Some(row) = items.next_element::<&'de RawValue>()? {
            rows.push(serde_json::from_str(row.get()).ok());
        }
        Ok(rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize)]
    struct Row {
        #[serde(default, deserialize_with = "text")]
        name: Option<String>,
        #[serde(default, deserialize_with = "value")]
        count: Option<u32>,
    }

    #[test]
    fn odd_value_is_absent_and_other_fields_are_read() {
        for odd in [
            "null",
            "true",
            "-1",
            "1e3",
            "7.5",
            "[1,[2]]",
            r#"{"a":{"b":[]}}"#,
        ] {
            let row = format!(r#"{{"name":{odd},"count":7}}"#);
            let row: Row = serde_json::from_str(&row).unwrap();
            assert_eq!((row.name, row.count), (None, Some(7)), "{odd}");
        }
        for odd in ["null", "-1", r#""7""#, "[1]", r#"{"a":1}"#] {
            let row = format!(r#"{{"count":{odd},"name":"n\"\u00e9"}}"#);
            let row: Row = serde_json::from_str(&row).unwrap();
            assert_eq!(
                (row.name.as_deref(), row.count),
                (Some("n\"é"), None),
                "{odd}"
            );
        }
    }
}
