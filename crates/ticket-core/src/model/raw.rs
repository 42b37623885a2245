//! What vendors sent, kept as it came.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer, ser};
use serde_json::value::RawValue;

use crate::model::hidden::Hidden;

/// JSON as a vendor sent it, unmodified: numbers have all their digits, objects their order and what stands in them
/// twice. `Debug` prints its length only.
///
/// ```
/// use ticket_core::RawJson;
///
/// let (ids, raw): (Vec<u64>, _) = RawJson::read("[160,  161]")?;
/// assert_eq!((ids, raw.get()), (vec![160, 161], "[160,  161]"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
pub struct RawJson(Box<str>);

impl RawJson {
    /// Reads a text and keeps it, but for white space around it, by looking at it once.
    ///
    /// # Errors
    ///
    /// Where it is not JSON, or not what is to be read.
    pub fn read<T: DeserializeOwned>(text: &str) -> serde_json::Result<(T, Self)> {
        // Whatever `T` makes of it, all of it was found to be JSON.
        let value = serde_json::from_str(text)?;
        let text = text.trim_matches([' ', '\n', '\r', '\t']);
        Ok((value, Self(text.into())))
    }

    /// The text.
    pub fn get(&self) -> &str {
        &self.0
    }
}

/// A part of a larger JSON, such as a row of a list.
impl From<Box<RawValue>> for RawJson {
    fn from(raw: Box<RawValue>) -> Self {
        Self(raw.into())
    }
}

/// As it stands, where JSON is written.
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
