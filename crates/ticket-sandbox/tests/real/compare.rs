//! Two replies, without what no two servers agree on, and the differences that are left.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::http::{Reply, Side};

/// The headers that are compared.
const HEADERS: [&str; 6] = [
    "content-type",
    "location",
    "allow",
    "etag",
    "last-modified",
    "www-authenticate",
];

/// Fields that tell of the server and not of the ticket: when somebody signed in, keys, and mails' headers.
const OF_SERVER: [&str; 6] = [
    "last_login_on",
    "passwd_changed_on",
    "api_key",
    "mail",
    "Headers",
    "MessageId",
];

/// Fields whose lists have no order.
const UNORDERED: [&str; 2] = ["CustomFields", "_hyperlinks"];

/// A reply as JSON, made comparable.
pub(crate) fn comparable(side: &Side, reply: &Reply) -> Value {
    let headers = HEADERS.iter().filter_map(|name| {
        let value = reply.headers.get(*name)?;
        let value = match *name {
            "etag" => "<etag>".to_owned(),
            "last-modified" => "<time>".to_owned(),
            name => text(side, name, value),
        };
        Some(((*name).to_owned(), value.into()))
    });
    let headers: Map<String, Value> = headers.collect();
    json!({ "status": reply.status, "headers": headers, "body": neutral(side, "", reply.body()) })
}

fn text(side: &Side, key: &str, text: &str) -> String {
    let origin = side.base_url.split('/').take(3).collect::<Vec<_>>();
    let prefix = side.base_url.strip_prefix(&origin.join("/"));
    let mut text = text.replace(&side.base_url, "~");
    if let Some(prefix) = prefix.filter(|prefix| !prefix.is_empty()) {
        if let Some(rest) = text.strip_prefix(prefix) {
            text = String::from(rest);
        }
    }
    let path = text.strip_prefix('~').unwrap_or(&text);
    let path = path.strip_prefix("/REST/2.0").unwrap_or(path);
    if key == "TransactionId" || path.starts_with("/transaction/") {
        return "<transaction>".to_owned();
    }
    let digit = |c: char| if c.is_ascii_digit() { '0' } else { c };
    let shape: String = text.chars().map(digit).collect();
    let is_time = ["0000-00-00T00:00:00Z", "0000-00-00"].contains(&shape.as_str());
    if is_time && !text.starts_with("1970") {
        return "<time>".to_owned();
    }
    let digest = text.rsplit('.').next().unwrap_or_default();
    if digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit()) {
        text.truncate(text.len() - 64);
    }
    text
}

fn neutral(side: &Side, key: &str, value: Value) -> Value {
    match value {
        Value::String(value) => text(side, key, &value).into(),
        Value::Array(values) => {
            let values = values.into_iter().map(|value| neutral(side, key, value));
            let mut values: Vec<Value> = values.collect();
            if UNORDERED.contains(&key) || values.iter().all(Value::is_string) {
                values.sort_by_key(ToString::to_string);
            }
            values.into()
        }
        Value::Object(fields) => {
            let of_ticket = |name: &String| !OF_SERVER.contains(&name.as_str());
            let fields = fields.into_iter().filter(|(name, _)| of_ticket(name));
            let fields = fields.map(|(name, value)| {
                let value = neutral(side, &name, value);
                (name, value)
            });
            let mut fields: Map<String, Value> = fields.collect();
            // Numbers of the log, which has entries that no reply shows.
            if fields.get("type") == Some(&json!("transaction")) {
                fields.insert("id".into(), "<transaction>".into());
            }
            if key == "journals" {
                fields.remove("id");
            }
            fields.into()
        }
        other => other,
    }
}

/// Collects what differs, each with its place: `EXCHANGE/part/field`.
pub(crate) fn differences(place: &str, real: &Value, ours: &Value, found: &mut Vec<String>) {
    match (real, ours) {
        (Value::Object(real), Value::Object(ours)) => {
            let names: BTreeSet<_> = real.keys().chain(ours.keys()).collect();
            for name in names {
                let place = format!("{place}/{name}");
                match (real.get(name), ours.get(name)) {
                    (Some(real), Some(ours)) => differences(&place, real, ours, found),
                    (Some(real), None) => found.push(format!("{place}: real {real}, ours nothing")),
                    (_, ours) => found.push(format!("{place}: real nothing, ours {ours:?}")),
                }
            }
        }
        (Value::Array(real), Value::Array(ours)) if real.len() == ours.len() => {
            for (at, (real, ours)) in real.iter().zip(ours).enumerate() {
                differences(&format!("{place}/{at}"), real, ours, found);
            }
        }
        (Value::String(real), Value::String(ours))
            if without_lines(real) == without_lines(ours) => {}
        _ if real == ours => {}
        _ => found.push(format!("{place}: real {real}, ours {ours}")),
    }
}

/// A message without the number of the line of the server's program that wrote it: updates move it.
fn without_lines(message: &str) -> String {
    let mut parts = message.split(" line ");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        format!("{text} line {rest}")
    })
}

/// A difference that stays: the place where it begins, and why.
pub(crate) type Named = (&'static str, &'static str);

/// Prints the named differences. Fails for every other one, and for a name that nothing is found for.
pub(crate) fn judge(server: &str, exchanges: usize, found: &[String], named: &[Named]) {
    assert!(named.len() <= 10, "at most ten differences are named");
    for (place, why) in named {
        println!("{server} differs at {place}: {why}");
    }
    let is_of = |difference: &String, (place, _): &Named| difference.starts_with(place);
    let others = found.iter();
    let others = others.filter(|difference| !named.iter().any(|named| is_of(difference, named)));
    let others: Vec<_> = others.map(String::as_str).collect();
    println!(
        "{server}: {exchanges} exchanges, {} named differences, {} others",
        named.len(),
        others.len()
    );
    assert!(others.is_empty(), "{}", others.join("\n"));
    let stale = named.iter();
    let stale = stale.filter(|named| !found.iter().any(|difference| is_of(difference, named)));
    assert_eq!(stale.collect::<Vec<_>>(), Vec::<&Named>::new());
}
