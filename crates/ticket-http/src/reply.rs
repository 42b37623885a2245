//! Decoded replies together with their JSON, and ids on the wire.

use std::fmt;

use serde::de::{DeserializeOwned, Error as _, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use ticket_core::model::RawJson;
use ticket_core::{ErrorKind, Result, TicketId};

use crate::json;
use crate::response::HttpResponse;

/// A vendor's reply, or a part of it such as a row of a list: the decoded value and the unmodified JSON.
/// `Debug` prints only the decoded value.
///
/// As a field of another type it keeps the JSON of that field, including everything that the type does not
/// model:
///
/// ```
/// use ticket_http::{Reply, WireId};
///
/// #[derive(serde::Deserialize)]
/// struct Row {
///     id: WireId,
/// }
///
/// #[derive(serde::Deserialize)]
/// struct List {
///     rows: Vec<Reply<Row>>,
/// }
///
/// let list: List = serde_json::from_str(r#"{"rows":[{"id":160,"extra":  1.0}]}"#)?;
/// assert_eq!(list.rows[0].value.id.as_str(), "160");
/// assert_eq!(list.rows[0].raw.get(), r#"{"id":160,"extra":  1.0}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone)]
#[non_exhaustive]
pub struct Reply<T> {
    /// The decoded reply.
    pub value: T,
    /// The whole reply, unmodified, unless it could not be decoded without replacing half surrogate pairs or invalid
    /// UTF-8 by U+FFFD.
    pub raw: RawJson,
}

impl<T> Reply<T> {
    /// Maps the value and keeps the raw reply.
    pub fn map<U>(self, turn: impl FnOnce(T) -> U) -> Reply<U> {
        Reply {
            value: turn(self.value),
            raw: self.raw,
        }
    }
}

impl<T: fmt::Debug> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Reply")
            .field("value", &self.value)
            .finish_non_exhaustive()
    }
}

/// Decodes an object, from JSON text only. Rejects a JSON array, because serde would read its items as the
/// fields, in order. Errors name fields relative to this object.
impl<'de, T: DeserializeOwned> Deserialize<'de> for Reply<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        let value = json::read_part(raw.get()).map_err(D::Error::custom)?;
        let raw = raw.into();
        Ok(Self { value, raw })
    }
}

impl HttpResponse {
    /// Decodes the body and keeps its JSON.
    ///
    /// # Errors
    ///
    /// The errors of [`json`](Self::json) and [`expect_object`](Self::expect_object).
    pub fn reply<T: DeserializeOwned>(&self) -> Result<Reply<T>> {
        self.expect_object()?;
        let (value, raw) = json::read_and_keep(self.json_text()?)
            .map_err(|why| self.error_of(ErrorKind::BadResponse, &why))?;
        Ok(Reply { value, raw })
    }
}

/// An id on the wire: a string or an integer, kept as text, never empty.
///
/// ```
/// use ticket_http::WireId;
///
/// let ids: Vec<WireId> = serde_json::from_str(r#"[160, "161"]"#).unwrap();
/// assert_eq!(ids[0].as_str(), "160");
/// assert!(serde_json::from_str::<WireId>(r#""""#).is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct WireId(TicketId);

impl WireId {
    /// The id's text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The id's text.
    pub fn into_string(self) -> String {
        self.as_str().to_owned()
    }
}

impl From<WireId> for TicketId {
    fn from(id: WireId) -> Self {
        id.0
    }
}

impl<'de> Deserialize<'de> for WireId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Id;

        impl Visitor<'_> for Id {
            type Value = WireId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id, as a text or a whole number")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> std::result::Result<WireId, E> {
                match text.trim() {
                    "" => Err(E::invalid_value(serde::de::Unexpected::Str(""), &self)),
                    _ => Ok(WireId(text.into())),
                }
            }

            fn visit_u64<E: serde::de::Error>(self, number: u64) -> std::result::Result<WireId, E> {
                Ok(WireId(number.to_string().into()))
            }

            fn visit_i64<E: serde::de::Error>(self, number: i64) -> std::result::Result<WireId, E> {
                Ok(WireId(number.to_string().into()))
            }
        }

        deserializer.deserialize_any(Id)
    }
}
