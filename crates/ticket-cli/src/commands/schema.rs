//! `tickets schema`: prints the JSON Schema of what commands print for programs. A test holds real output against it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::failure::{Exit, Failure};
use crate::output;

/// The schemas of all records, in one document.
const ALL: &str = include_str!("../../schemas.json");

/// How a schema refers to another one.
const REFERENCE: &str = "#/$defs/";

/// What is read of that document.
#[derive(Deserialize)]
struct All {
    #[serde(rename = "$defs")]
    all: BTreeMap<String, Value>,
}

/// Prints the schema of this record, or of all records.
pub(super) fn run(record: Option<&str>) -> Result<Exit, Failure> {
    let text = record.map_or_else(|| Ok(ALL.to_owned()), of);
    output::write(&text?).map_err(|error| Failure::output(&error))?;
    Ok(Exit::Done)
}

/// The schema of one record, with those that it refers to.
fn of(record: &str) -> Result<String, Failure> {
    let broken = |error: serde_json::Error| Failure::local(error.to_string());
    let All { all } = serde_json::from_str(ALL).map_err(broken)?;
    // The others are parts of records.
    let is_record = |schema: &Value| !schema["x-stream"].is_null();
    if !all.get(record).is_some_and(is_record) {
        let records = all.iter().filter(|(_, schema)| is_record(schema));
        let records: Vec<_> = records.map(|(name, _)| name.as_str()).collect();
        return Err(Failure::refused(format!(
            "there is no schema {record:?}; there are {}",
            records.join(", ")
        )));
    }
    let mut needed = BTreeMap::new();
    need(record, &all, &mut needed);
    let schema = json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$ref": format!("{REFERENCE}{record}"),
        "$defs": needed,
    });
    let text = serde_json::to_string_pretty(&schema).map_err(broken)?;
    Ok(text + "\n")
}

/// Adds a schema and all that it refers to.
fn need<'a>(
    name: &'a str,
    all: &'a BTreeMap<String, Value>,
    needed: &mut BTreeMap<&'a str, &'a Value>,
) {
    if let Some(schema) = all.get(name)
        && needed.insert(name, schema).is_none()
    {
        references(schema, &mut |name| need(name, all, needed));
    }
}

/// Calls this with each name that is referred to.
fn references<'a>(schema: &'a Value, found: &mut impl FnMut(&'a str)) {
    match schema {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(fields) => {
            for (key, value) in fields {
                let name = value.as_str().and_then(|text| text.strip_prefix(REFERENCE));
                match name {
                    Some(name) if key == "$ref" => found(name),
                    _ => references(value, found),
                }
            }
        }
        _ => {}
    }
}
