//! What of each record is printed for programs: all of it, the fields of `--json`, or the outputs of `--jq`.

use std::fmt;
use std::io;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use tickets::diagnosis::{Diagnosis, nearest};
use tickets::find::Jq;
use tickets::model::RawValue;

use crate::args::{OutputFormat, Reading};
use crate::failure::Failure;
use crate::text;

/// A field of a record by name, and the fields of its value, where these can be named too. [`ANY`] allows all names.
pub(crate) type Known = (&'static str, &'static [&'static str]);

/// The fields of a person.
pub(crate) const PERSON: &[&str] = &["id", "name", "email", "phone"];

/// Fields whose names the account decides.
pub(crate) const ANY: &[&str] = &["*"];

/// The vendor's own JSON.
const RAW: &str = "raw";

#[derive(Debug, Default)]
pub(crate) struct Shape {
    /// In the order asked; `None` for all.
    fields: Option<Vec<Wanted>>,
    has_raw: bool,
    jq: Option<Jq>,
    pub(crate) has_no_headers: bool,
}

/// A field that is printed: its value, or these fields of it.
#[derive(Debug)]
struct Wanted {
    name: String,
    inner: Option<Vec<String>>,
}

impl Shape {
    /// What was asked for. `known` are the fields of the command's records.
    pub(crate) fn new(
        asked: &Reading,
        known: &[Known],
        format: OutputFormat,
    ) -> Result<Self, Failure> {
        let is_for_programs = !asked.fields.is_empty() || asked.jq.is_some();
        if is_for_programs && format == OutputFormat::Csv {
            let message = "--json and --jq print JSON, which --output csv is not; nothing was sent";
            return Err(Failure::refused(message));
        }
        if asked.raw && matches!(format, OutputFormat::Table | OutputFormat::Csv) {
            let message =
                "--raw adds the vendor's JSON, which tables and csv cannot hold; nothing was sent";
            let hint = "give --output json or ndjson too".to_owned();
            return Err(Failure::refused(message).hinting(hint));
        }
        let fields = asked.fields.iter();
        let fields: Vec<_> = fields.map(|field| field.trim()).collect();
        let wanted = if fields.is_empty() {
            None
        } else {
            Some(wanted(&fields, known)?)
        };
        let jq = asked.jq.as_deref().map(Jq::compile).transpose();
        Ok(Self {
            fields: wanted,
            has_raw: asked.raw,
            jq: jq.map_err(|error| Failure::from(error).at("--jq"))?,
            has_no_headers: asked.no_headers,
        })
    }

    /// Whether an expression decides what is printed.
    pub(crate) fn is_filtered(&self) -> bool {
        self.jq.is_some()
    }

    /// Whether the field of this name is to be printed.
    pub(crate) fn wants(&self, name: &str) -> bool {
        let fields = self.fields.as_ref();
        fields.is_none_or(|fields| fields.iter().any(|field| field.name == name))
    }

    /// The record, of which what is not wanted is left out. Fields of the names `later` are not expected in it.
    pub(crate) fn select(&self, record: String, later: &[&str]) -> serde_json::Result<String> {
        if self.fields.is_none() && self.has_raw {
            return Ok(record);
        }
        let Fields(found) = serde_json::from_str(&record)?;
        let Some(wanted) = &self.fields else {
            return object(found.iter().filter(|(name, _)| name != RAW).map(pair));
        };
        let schema = found.iter().filter(|(name, _)| name == "schema").map(pair);
        let mut selected: Vec<_> = schema.collect();
        for field in wanted {
            if !later.contains(&field.name.as_str()) {
                selected.push((&field.name, field.of(&found)?));
            }
        }
        object(selected.into_iter())
    }

    /// An item of a list inside a record.
    pub(crate) fn select_item(&self, item: String) -> serde_json::Result<String> {
        if self.has_raw {
            return Ok(item);
        }
        let Fields(found) = serde_json::from_str(&item)?;
        object(found.iter().filter(|(name, _)| name != RAW).map(pair))
    }

    /// The outputs of the expression for this JSON.
    pub(crate) fn filter(&self, json: &str) -> io::Result<Vec<String>> {
        let Some(jq) = &self.jq else {
            return Ok(vec![json.to_owned()]);
        };
        jq.outputs(json).map_err(|error| {
            let ticket = serde_json::from_str(json).ok().and_then(|Fields(found)| {
                let (_, ticket) = found.into_iter().find(|(name, _)| name == "ticket")?;
                serde_json::from_str::<String>(ticket.get()).ok()
            });
            let place = ticket.map(|ticket| format!(", for {ticket}"));
            let mut wrong = Diagnosis::from(error);
            wrong.place = Some(format!("--jq{}", place.unwrap_or_default()));
            io::Error::other(wrong)
        })
    }
}

fn wanted(fields: &[&str], known: &[Known]) -> Result<Vec<Wanted>, Failure> {
    let mut wanted: Vec<Wanted> = Vec::new();
    for field in fields.iter().filter(|field| **field != "schema") {
        let (name, inner) = match field.split_once('.') {
            Some((name, inner)) => (name, Some(inner)),
            None => (*field, None),
        };
        let is_known = known.iter().any(|(known, of)| {
            *known == name && inner.is_none_or(|inner| of == &ANY || of.contains(&inner))
        });
        if !is_known {
            let meant = nearest(name, known.iter().map(|(known, _)| *known));
            let meant = meant.filter(|meant| *meant != name);
            let meant = meant.map(|meant| format!(" (did you mean {meant}?)"));
            let message = format!(
                "there is no field {field:?}{}; there are {}",
                meant.unwrap_or_default(),
                names(known)
            );
            return Err(Failure::refused(message).at("--json"));
        }
        let inner = inner.map(str::to_owned);
        match wanted.iter_mut().find(|wanted| wanted.name == name) {
            None => wanted.push(Wanted {
                name: name.to_owned(),
                inner: inner.map(|inner| vec![inner]),
            }),
            Some(before) => match (&mut before.inner, inner) {
                (Some(all), Some(inner)) => all.push(inner),
                (whole, _) => *whole = None,
            },
        }
    }
    Ok(wanted)
}

fn names(known: &[Known]) -> String {
    let names = known.iter().map(|(name, of)| match *of {
        [] => (*name).to_owned(),
        of if of == ANY => format!("{name}, {name}.NAME"),
        of => {
            let of: Vec<_> = of.iter().map(|inner| format!("{name}.{inner}")).collect();
            format!("{name}, {}", of.join(", "))
        }
    });
    names.collect::<Vec<_>>().join(", ")
}

impl Wanted {
    /// The value of this field, or what is wanted of it; null if it is absent.
    fn of(&self, found: &[(String, &RawValue)]) -> serde_json::Result<String> {
        let value = value(found, &self.name);
        let (Some(inner), true) = (&self.inner, value.starts_with('{')) else {
            return Ok(value.to_owned());
        };
        let Fields(found) = serde_json::from_str(value)?;
        let values = inner.iter().map(|name| (name, value_of(&found, name)));
        object(values)
    }
}

fn value<'j>(found: &[(String, &'j RawValue)], name: &str) -> &'j str {
    let field = found.iter().find(|(found, _)| found == name);
    field.map_or("null", |(_, value)| value.get())
}

fn value_of(found: &[(String, &RawValue)], name: &str) -> String {
    value(found, name).to_owned()
}

fn pair<'f>((name, value): &'f (String, &RawValue)) -> (&'f String, String) {
    (name, value.get().to_owned())
}

/// An object of these fields, whose values are JSON.
fn object<'f>(fields: impl Iterator<Item = (&'f String, String)>) -> serde_json::Result<String> {
    let fields =
        fields.map(|(name, value)| Ok(format!("{}:{value}", serde_json::to_string(name)?)));
    let fields: serde_json::Result<Vec<_>> = fields.collect();
    Ok(format!("{{{}}}", fields?.join(",")))
}

/// The fields of an object in their order, with their values as they are written.
struct Fields<'j>(Vec<(String, &'j RawValue)>);

impl<'de: 'j, 'j> Deserialize<'de> for Fields<'j> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// An output of an expression as it is printed: a string without its quotes.
pub(crate) fn printed(output: &str, is_terminal: bool) -> String {
    match serde_json::from_str::<String>(output) {
        Ok(string) if is_terminal => text::lines(&string),
        Ok(string) => string,
        Err(_) if is_terminal => text::visible_json(output),
        Err(_) => output.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: &[Known] = &[
        ("id", &[]),
        ("requester", PERSON),
        ("custom", ANY),
        ("raw", &[]),
    ];

    fn shape(fields: &[&str]) -> Result<Shape, Failure> {
        let asked = Reading {
            fields: fields.iter().map(|&field| field.to_owned()).collect(),
            ..Reading::default()
        };
        Shape::new(&asked, KNOWN, OutputFormat::Json)
    }

    #[test]
    fn fields_are_printed_in_the_order_asked_with_their_values_unchanged() {
        let record = r#"{"schema":1,"id":12345678901234567890123,"requester":{"id":null,"name":"\u00e4"},"raw":{"a":1.10}}"#;
        let select = |fields: &[&str]| {
            shape(fields)
                .unwrap()
                .select(record.to_owned(), &[])
                .unwrap()
        };
        assert_eq!(
            select(&["requester.name", "id", "requester.email", "custom.A b"]),
            r#"{"schema":1,"requester":{"name":"\u00e4","email":null},"id":12345678901234567890123,"custom":null}"#
        );
        assert_eq!(
            select(&["raw", "schema"]),
            r#"{"schema":1,"raw":{"a":1.10}}"#
        );
        assert_eq!(
            select(&["requester.name", "requester"]),
            r#"{"schema":1,"requester":{"id":null,"name":"\u00e4"}}"#
        );
        assert!(!select(&[]).contains("raw"));
    }

    #[test]
    fn unknown_field_is_refused_with_the_known_ones() {
        for wrong in ["titel", "requester.titel", "id.x", ""] {
            let sentence = shape(&["id", wrong]).unwrap_err().sentence();
            assert!(sentence.contains(&format!("{wrong:?}")), "{sentence}");
            assert!(
                sentence.contains("requester.email, requester.phone, custom, custom.NAME"),
                "{sentence}"
            );
        }
    }
}
