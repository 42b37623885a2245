//! Values of custom fields.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};

use crate::model::hidden::Hidden;

/// The custom fields of a ticket, by the vendor's names.
pub type CustomFields = BTreeMap<String, FieldValue>;

/// The value of a custom field. Dates are texts, as the vendor writes them.
///
/// ```
/// use ticket_core::model::FieldValue;
///
/// let labels = FieldValue::from(vec!["vip", "late"]);
/// assert_eq!(serde_json::to_string(&labels)?, r#"["vip","late"]"#);
/// assert_eq!(FieldValue::from("A-1").to_text().as_deref(), Some("A-1"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
#[non_exhaustive]
pub enum FieldValue {
    /// Yes or no.
    Bool(bool),
    /// A number, with all its digits.
    Number(Number),
    /// A text.
    Text(String),
    /// Several values.
    Many(Vec<FieldValue>),
}

impl FieldValue {
    /// A single value as text; `None` for several values.
    pub fn to_text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Bool(value) => Some(value.to_string().into()),
            Self::Number(number) => Some(number.to_string().into()),
            Self::Text(text) => Some(text.into()),
            Self::Many(_) => None,
        }
    }

    /// Whether it has the same parts as `other`. A vendor may return a number as a text, a single value as a list of
    /// one, and a list in another order.
    pub fn is_same(&self, other: &Self) -> bool {
        let (mut own, mut others) = (Vec::new(), Vec::new());
        self.texts(&mut own);
        other.texts(&mut others);
        own.sort_unstable();
        others.sort_unstable();
        own == others
    }

    fn texts(&self, texts: &mut Vec<String>) {
        match self {
            Self::Bool(value) => texts.push(if *value { "1" } else { "0" }.to_owned()),
            Self::Number(number) => texts.push(number.to_string()),
            Self::Text(text) if text.is_empty() => {}
            Self::Text(text) => texts.push(text.clone()),
            Self::Many(values) => values.iter().for_each(|value| value.texts(texts)),
        }
    }

    /// The value of this JSON, as vendors send it; `None` for `null` and for an object.
    pub fn from_json(json: Value) -> Option<Self> {
        match json {
            Value::Null | Value::Object(_) => None,
            Value::Bool(value) => Some(Self::Bool(value)),
            Value::Number(number) => Some(Self::Number(number)),
            Value::String(text) => Some(Self::Text(text)),
            Value::Array(values) => Some(Self::Many(
                values.into_iter().filter_map(Self::from_json).collect(),
            )),
        }
    }
}

impl fmt::Debug for FieldValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Bool(_) => f.write_str("[a boolean]"),
            Self::Number(_) => f.write_str("[a number]"),
            Self::Text(text) => Hidden(text).fmt(f),
            Self::Many(values) => f.debug_list().entries(values).finish(),
        }
    }
}

impl From<&str> for FieldValue {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for FieldValue {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<bool> for FieldValue {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for FieldValue {
    fn from(number: i64) -> Self {
        Self::Number(number.into())
    }
}

impl<V: Into<FieldValue>> From<Vec<V>> for FieldValue {
    fn from(values: Vec<V>) -> Self {
        Self::Many(values.into_iter().map(Into::into).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_the_same_in_any_order_and_type_that_a_vendor_may_return() {
        let many = |values: &[&str]| FieldValue::from(values.to_vec());
        assert!(FieldValue::from(5).is_same(&"5".into()));
        assert!(FieldValue::from(true).is_same(&"1".into()));
        assert!(many(&["vip", "late"]).is_same(&many(&["late", "vip"])));
        assert!(many(&["vip"]).is_same(&"vip".into()));
        assert!(many(&[]).is_same(&"".into()));
        assert!(!many(&["vip", "vip"]).is_same(&"vip".into()));
        assert!(!FieldValue::from("a").is_same(&"b".into()));
    }
}
