//! One odd thing in a reply costs itself only: a decoration of another type is absent, a row that cannot be read is
//! `None`.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeOwned, Deserializer, SeqAccess, Visitor};
use serde_json::value::RawValue;
use ticket_http::Reply;

/// A decoration: absent if it is not what the vendor documents. Read from its own text, so that nothing in it spoils the
/// rest of the reply.
pub(super) fn lenient<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let value = <&'de RawValue>::deserialize(deserializer)?;
    Ok(serde_json::from_str(value.get()).ok())
}

/// The rows of a list, each with its own JSON: `None` for a row that cannot be read.
pub(super) fn rows<'de, D, T>(deserializer: D) -> Result<Vec<Option<Reply<T>>>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    struct Rows<T>(PhantomData<T>);

    impl<'de, T: DeserializeOwned> Visitor<'de> for Rows<T> {
        type Value = Vec<Option<Reply<T>>>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut rows = Vec::new();
            while let Some(row) = items.next_element::<&'de RawValue>()? {
                rows.push(serde_json::from_str(row.get()).ok());
            }
            Ok(rows)
        }
    }

    deserializer.deserialize_seq(Rows(PhantomData))
}
