//! Answers within the size that clients take.

use serde_json::{Map, Value};

use crate::text;

/// The most bytes of an answer, with its envelope. Clients cut longer ones, or hand them to the model whole.
pub(crate) const LONGEST: usize = 32_000;

/// Kept free for the envelope and for what ends an answer.
const ENVELOPE: usize = 6_000;

/// The fields of an object.
pub(crate) type Fields = Map<String, Value>;

/// Sets fields by their names.
pub(crate) trait Set {
    /// Sets a field.
    fn set(&mut self, name: &str, value: impl Into<Value>);
}

impl Set for Fields {
    fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.insert(name.to_owned(), value.into());
    }
}

/// The fields of a value; none if it is no object.
pub(crate) fn fields(value: Value) -> Fields {
    match value {
        Value::Object(fields) => fields,
        _ => Fields::new(),
    }
}

/// An answer that grows until it is full.
#[derive(Debug)]
pub(crate) struct Answer {
    fields: Fields,
    rows: Vec<Value>,
    left: usize,
}

impl Answer {
    /// An answer with these fields.
    pub(crate) fn new(fields: Fields) -> Self {
        let used = fields
            .iter()
            .map(|(name, value)| 2 * name.len() + 8 + text::size(value));
        let left = (LONGEST - ENVELOPE).saturating_sub(used.sum());
        Self {
            fields,
            rows: Vec::new(),
            left,
        }
    }

    /// How many bytes are left.
    pub(crate) const fn room(&self) -> usize {
        self.left
    }

    /// Adds a row, if it fits.
    pub(crate) fn push(&mut self, row: Value) -> bool {
        let Some(left) = self.left.checked_sub(text::size(&row) + 2) else {
            return false;
        };
        self.left = left;
        self.rows.push(row);
        true
    }

    /// How many rows it has.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }

    /// The answer, with its rows under this name.
    pub(crate) fn finish(mut self, name: &str) -> Fields {
        self.fields.set(name, self.rows);
        self.fields
    }
}
