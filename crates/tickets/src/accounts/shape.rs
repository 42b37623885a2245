//! The shape of JSON: which fields there are, and of which types. Documented and observed shapes are compared, and values are
//! replaced so that only the shape is left.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};
use ticket_core::provider::Documented;

/// How many items of a list a sanitised reply shows.
const ITEMS: usize = 3;

/// The shape of several replies.
#[derive(Debug, Default)]
pub(super) struct Shape {
    /// What is known of each place, such as `.author.id` or `.tags[]`; the whole is the place without a name.
    places: BTreeMap<String, Place>,
}

#[derive(Debug, Default)]
struct Place {
    /// How often it was there.
    count: usize,
    /// How often it was an object.
    objects: usize,
    /// The types of its values, `null` aside.
    types: BTreeSet<&'static str>,
}

/// What differs.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Difference {
    /// A documented field is in none of the replies.
    Missing(String),
    /// A field has another type.
    Retyped {
        place: String,
        documented: String,
        found: String,
    },
    /// A field that is not documented.
    Undocumented(String),
}

impl Shape {
    /// The shape of documented examples.
    pub(super) fn documented(examples: impl Iterator<Item = Documented>) -> Self {
        let mut shape = Self::default();
        for example in examples {
            let exchange: Option<Value> = serde_json::from_str(example.exchange).ok();
            match exchange.as_ref().and_then(|all| all.pointer(example.place)) {
                Some(Value::Array(rows)) => {
                    for row in rows {
                        shape.add("", row);
                    }
                }
                Some(value) => shape.add("", value),
                None => {}
            }
        }
        shape
    }

    /// Adds a reply.
    pub(super) fn add(&mut self, place: &str, value: &Value) {
        let known = self.places.entry(place.to_owned()).or_default();
        known.count += 1;
        known.types.extend(type_of(value));
        match value {
            Value::Object(fields) => {
                known.objects += 1;
                for (name, value) in fields {
                    self.add(&format!("{place}.{name}"), value);
                }
            }
            Value::Array(items) => {
                let place = format!("{place}[]");
                for item in items {
                    self.add(&place, item);
                }
            }
            _ => {}
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// How these replies differ from the documented ones. A field that some documented example lacks may be missing.
    pub(super) fn differences(&self, documented: &Self) -> Vec<Difference> {
        let mut differences = Vec::new();
        for (place, example) in &documented.places {
            let parent = parent(place);
            let is_in_each = documented.objects(parent) == Some(example.count);
            match self.places.get(place) {
                // Of a list nobody knows how long it is.
                None if self.objects(parent).is_some_and(|objects| objects > 0) && is_in_each => {
                    differences.push(Difference::Missing(shown(place)));
                }
                None => {}
                Some(found) => {
                    let is_known = found.types.is_subset(&example.types);
                    if !is_known && !example.types.is_empty() {
                        differences.push(Difference::Retyped {
                            place: shown(place),
                            documented: words(&example.types),
                            found: words(&found.types),
                        });
                    }
                }
            }
        }
        for place in self.places.keys() {
            let parent = documented.places.get(parent(place));
            // Below what is not documented nothing is; neither is what was null or empty in all examples.
            let is_described = parent.is_some_and(|parent| parent.objects > 0);
            if is_described && !documented.places.contains_key(place) {
                differences.push(Difference::Undocumented(shown(place)));
            }
        }
        differences
    }

    /// How many objects there are at a place, if it is one that has fields.
    fn objects(&self, place: &str) -> Option<usize> {
        Some(self.places.get(place)?.objects)
    }

    /// The value without what it says: its structure and types, and the names of the fields that this shape has. Texts, numbers and names
    /// of other fields are replaced, and long lists cut.
    pub(super) fn sanitised(&self, value: &Value) -> Value {
        self.without_content("", value)
    }

    fn without_content(&self, place: &str, value: &Value) -> Value {
        match value {
            Value::Null => Value::Null,
            Value::Bool(_) => json!(true),
            Value::Number(number) if number.is_f64() => json!(0.5),
            Value::Number(_) => json!(0),
            Value::String(text) if text.is_empty() => json!(""),
            Value::String(_) => json!("text"),
            Value::Array(items) => {
                let place = format!("{place}[]");
                let items = items.iter().take(ITEMS);
                items
                    .map(|item| self.without_content(&place, item))
                    .collect()
            }
            Value::Object(fields) => {
                let mut others = 0;
                let mut clean = Map::new();
                for (name, value) in fields {
                    let inner = format!("{place}.{name}");
                    let name = if self.places.contains_key(&inner) {
                        name.clone()
                    } else {
                        others += 1;
                        format!("undocumented_{others}")
                    };
                    clean.insert(name, self.without_content(&inner, value));
                }
                Value::Object(clean)
            }
        }
    }
}

/// `null` may stand for any type.
fn type_of(value: &Value) -> Option<&'static str> {
    match value {
        Value::Null => None,
        Value::Bool(_) => Some("a truth value"),
        Value::Number(_) => Some("a number"),
        Value::String(_) => Some("a text"),
        Value::Array(_) => Some("a list"),
        Value::Object(_) => Some("an object"),
    }
}

/// The place that a place is in.
fn parent(place: &str) -> &str {
    match place.strip_suffix("[]") {
        Some(list) => list,
        None => place.rsplit_once('.').map_or("", |(parent, _)| parent),
    }
}

fn shown(place: &str) -> String {
    crate::diagnosis::one_line(place.trim_start_matches('.'))
}

fn words(types: &BTreeSet<&str>) -> String {
    let types: Vec<_> = types.iter().copied().collect();
    types.join(" or ")
}

#[cfg(test)]
mod tests {
    use ticket_core::Operation;

    use super::*;

    const EXAMPLE: &str = r#"{"body": [
        {"id": 1, "name": "A", "note": null, "tags": ["x"], "author": {"id": 7}, "late": true},
        {"id": "2", "name": "B", "note": null, "tags": [], "author": {"id": 8}}
    ]}"#;

    fn documented() -> Shape {
        let example = Documented::new(Operation::List, EXAMPLE, "/body");
        Shape::documented([example].into_iter())
    }

    fn differences(replies: &[Value]) -> Vec<Difference> {
        let mut shape = Shape::default();
        for reply in replies {
            shape.add("", reply);
        }
        shape.differences(&documented())
    }

    #[test]
    fn replies_as_documented_differ_in_nothing() {
        let whole = json!({"id": 3, "name": "", "note": "n", "tags": [], "author": {"id": 1}});
        assert_eq!(differences(std::slice::from_ref(&whole)), []);
        // One of them shows the field, or may have none.
        assert_eq!(differences(&[whole, json!({"id": 3, "author": null})]), []);
        assert_eq!(differences(&[]), []);
    }

    #[test]
    fn missing_retyped_and_undocumented_fields_are_told() {
        let reply = json!({"id": true, "note": 5, "tags": [1], "author": {"key": {"a": 1}}});
        let retyped = |place: &str, documented: &str, found: &str| Difference::Retyped {
            place: place.to_owned(),
            documented: documented.to_owned(),
            found: found.to_owned(),
        };
        assert_eq!(
            differences(&[reply]),
            [
                Difference::Missing("author.id".to_owned()),
                retyped("id", "a number or a text", "a truth value"),
                Difference::Missing("name".to_owned()),
                retyped("tags[]", "a text", "a number"),
                Difference::Undocumented("author.key".to_owned()),
            ]
        );
        assert_eq!(
            differences(&[json!([1])]).first(),
            Some(&retyped("", "an object", "a list"))
        );
    }

    #[test]
    fn nothing_that_a_reply_says_is_left_in_a_sanitised_one() {
        let reply = json!({
            "id": 4711, "name": "Ann s3cret", "late": false, "note": 1.25, "tags": ["a", "b", "c", "d"],
            "author": {"id": 7, "ann@example.com": {"deep s3cret": "x"}}, "s3cret": null
        });
        let clean = documented().sanitised(&reply);
        assert_eq!(
            clean,
            json!({
                "id": 0, "name": "text", "late": true, "note": 0.5, "tags": ["text", "text", "text"],
                "author": {"id": 0, "undocumented_1": {"undocumented_1": "text"}}, "undocumented_1": null
            })
        );
    }
}
