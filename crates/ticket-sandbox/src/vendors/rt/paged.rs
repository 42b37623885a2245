//! RT's collections: pages, and links to the pages before and after.

use std::ops::Range;

use serde_json::{Map, Value, json};

use super::{answered, base};
use crate::reply::Reply;
use crate::vendors::call::{Call, set};

const DEFAULT: usize = 20;
const MOST: usize = 100;

/// Which page a call asks for.
pub(super) struct Paged {
    page: usize,
    per_page: usize,
}

impl Paged {
    /// What is no number from 1, RT replaces by the default; too many per page, by the maximum.
    pub(super) fn of(call: &Call<'_>) -> Self {
        let number = |name: &str, default: usize| {
            let given = call.parameter(name).and_then(|text| text.parse().ok());
            given.filter(|number| *number > 0).unwrap_or(default)
        };
        Self {
            page: number("page", 1),
            per_page: number("per_page", DEFAULT).min(MOST),
        }
    }

    /// The positions of the page's items.
    pub(super) fn range(&self) -> Range<usize> {
        let start = (self.page - 1).saturating_mul(self.per_page);
        start..start.saturating_add(self.per_page)
    }

    /// The reply with these items of so many.
    pub(super) fn reply(&self, items: &[Value], total: usize, call: &Call<'_>) -> Reply {
        let pages = total.div_ceil(self.per_page);
        let mut reply = json!({
            "count": items.len(), "items": items, "page": self.page, "per_page": self.per_page,
            // An empty collection has a number with a fraction.
            "pages": if pages == 0 { json!(0.0) } else { json!(pages) }, "total": total,
        });
        if self.page < pages {
            set(&mut reply, "next_page", link(call, self.page + 1));
        }
        if self.page > 1 && pages > 0 {
            set(
                &mut reply,
                "prev_page",
                link(call, (self.page - 1).min(pages)),
            );
        }
        answered(200, &reply)
    }

    /// The reply if the caller has no right to see any.
    pub(super) fn unseen(&self) -> Reply {
        answered(
            200,
            &json!({
                "count": 0, "items": [], "page": self.page, "per_page": self.per_page,
                "pages": null, "total": null,
            }),
        )
    }
}

/// The same call for another page. A page in the middle of the query leaves an empty pair behind.
fn link(call: &Call<'_>, page: usize) -> String {
    let pairs = form_urlencoded::parse(call.query.as_bytes());
    let mut pairs: Vec<String> = pairs
        .map(|(name, value)| match &*name {
            "page" => "=".to_owned(),
            _ => format!("{}={}", escaped(&name), escaped(&value)),
        })
        .collect();
    while pairs.last().is_some_and(|pair| pair == "=") {
        pairs.pop();
    }
    pairs.push(format!("page={page}"));
    let path = call.segments.get(2..).unwrap_or_default().join("/");
    format!("{}/{path}?{}", base(call), pairs.join("&"))
}

fn escaped(text: &str) -> String {
    let mut escaped = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => escaped.push('+'),
            _ if byte.is_ascii_alphanumeric() || b"-_.~!*'()".contains(&byte) => {
                escaped.push(char::from(byte));
            }
            _ => escaped.extend(format!("%{byte:02X}").chars()),
        }
    }
    escaped
}

/// The names in `fields`, or in `fields[Name]`.
pub(super) fn asked(call: &Call<'_>, of: Option<&str>) -> Vec<String> {
    let name = of.map_or_else(|| "fields".to_owned(), |of| format!("fields[{of}]"));
    let names = call.parameter(&name).unwrap_or_default();
    let names = names.split(',').map(str::trim);
    names
        .filter(|name| !name.is_empty())
        .map(str::to_owned)
        .collect()
}

/// An item of a collection with the fields that the call asks for. RT shows a field that it does not know as empty.
pub(super) fn item(
    reference: Value,
    call: &Call<'_>,
    field: impl Fn(&str) -> Option<Value>,
) -> Value {
    let mut item: Map<String, Value> = crate::vendors::call::object(reference);
    for name in asked(call, None) {
        let value = field(&name).unwrap_or_else(|| "".into());
        item.insert(name, value);
    }
    Value::Object(item)
}
