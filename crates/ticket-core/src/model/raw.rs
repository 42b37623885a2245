//! The vendor's JSON, unmodified.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer, ser};
use serde_json::value::RawValue;

use crate::model::hidden::Hidden;

/// JSON as the vendor sent it, unmodified: it keeps all digits of numbers, the order of keys and duplicate
/// keys. `Debug` prints only its length.
///
/// ```
/// use ticket_core::model::RawJson;
///
/// let (ids, raw): (Vec<u64>, _) = RawJson::read("[160,  161]")?;
/// assert_eq!((ids, raw.get()), (vec![160, 161], "[160,  161]"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct RawJson(Box<str>);

impl RawJson {
    /// Decodes a text and keeps it without the surrounding white space, in one pass.
    ///
    /// # Errors
    ///
    /// If the text is not JSON, or does not decode as `T`.
    pub fn read<T: DeserializeOwned>(text: &str) -> serde_json::Result<(T, Self)> {
        // Decoding any `T` checks that the whole text is JSON.
        let value = serde_json::from_str(text)?;
        let text = text.trim_matches([' ', '\n', '\r', '\t']);
        Ok((value, Self(text.into())))
    }

    /// The text.
    pub fn get(&self) -> &str {
        &self.0
    }
}

/// Keeps a part of a larger JSON value, such as a row of a list.
impl From<Box<RawValue>> for RawJson {
    fn from(raw: Box<RawValue>) -> Self {
        Self(raw.into())
    }
}

/// Writes the JSON unmodified.
impl Serialize for RawJson {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw: &RawValue = serde_json::from_str(&self.0).map_err(ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl fmt::Debug for RawJson {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hidden(&self.0).fmt(f)
    }
}

#[cfg(test)]
mod tests {
    use serde::de::IgnoredAny;

    use super::*;

    #[test]
    fn it_is_kept_and_written_as_it_came_and_never_printed() {
        let text = r#"{"b":  1.10,"a":12345678901234567890123,"b":"s3cret"}"#;
        let (_, raw) = RawJson::read::<IgnoredAny>(text).unwrap();
        assert_eq!(raw.get(), text);
        let (_, raw) = RawJson::read::<IgnoredAny>(&format!("\r\n {text}\t\n")).unwrap();
        assert_eq!(raw.get(), text);
        assert_eq!(serde_json::to_string(&raw).unwrap(), text);
        let part = RawJson::from(RawValue::from_string(text.to_owned()).unwrap());
        assert_eq!(serde_json::to_string(&[part]).unwrap(), format!("[{text}]"));
        assert!(!format!("{raw:?}").contains("s3cret"));
    }

    #[test]
    fn what_is_no_json_is_refused_whatever_is_read_from_it() {
        for text in [
            "",
            "{",
            "{} s3cret",
            "{\"a\":1,}",
            "[1] [2]",
            "{\"a\":tru}",
            "1 2",
        ] {
            assert!(RawJson::read::<IgnoredAny>(text).is_err(), "{text}");
            assert!(RawJson::read::<()>(text).is_err(), "{text}");
        }
    }
}
