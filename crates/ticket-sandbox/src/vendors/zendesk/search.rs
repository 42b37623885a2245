//! The search and its export: words and filters such as `status<solved`, of which all must hold.

use serde_json::{Value, json};

use super::list::{Asked, number};
use super::record::{STATUSES, attribute, printed};
use super::{Zendesk, host, json_reply, refusal, with};
use crate::calendar::Date;
use crate::reply::Reply;
use crate::store::{List, Ticket};
use crate::vendors::call::Call;

/// The last result that the search reaches.
const LAST_RESULT: usize = 1_000;

impl Zendesk {
    pub(super) fn search(&self, call: &Call<'_>) -> Reply {
        let found = self.found(call);
        let parameter = |name: &str| call.parameter(name)?.parse::<usize>().ok();
        let size = parameter("per_page").unwrap_or(100).clamp(1, 100);
        let page = parameter("page").unwrap_or(1).max(1);
        if page.saturating_mul(size) > LAST_RESULT {
            let why =
                "Invalid search: Requested response size was greater than Search Response Limits";
            return refusal(422, "invalid", why);
        }
        let rows = found.iter().skip((page - 1) * size).take(size);
        let rows: Vec<Value> = rows.map(|ticket| result(ticket, &host(call))).collect();
        let next = (page * size < found.len())
            .then(|| format!("{}/api/v2/search.json?page={}", host(call), page + 1));
        let count = found.len();
        let body = json!({
            "results": rows, "facets": null, "count": count, "next_page": next,
            "previous_page": null,
        });
        json_reply(200, &body)
    }

    pub(super) fn export(&self, call: &Call<'_>) -> Reply {
        if call.parameter("filter[type]").as_deref() != Some("ticket") {
            return refusal(422, "invalid", "filter[type] must be given");
        }
        let asked = match Asked::of(call, "export") {
            Ok(asked) => asked,
            Err(refused) => return refused,
        };
        let mut found = self.found(call);
        if call.reversed {
            found.reverse();
        }
        let (rows, page) = asked.page(found, |ticket| number(ticket));
        let host = host(call);
        let rows = rows.iter().map(|ticket| result(ticket, &host));
        let rows: Vec<Value> = rows.collect();
        json_reply(
            200,
            &page.body(
                "results",
                &rows,
                &format!("{host}/api/v2/search/export.json"),
            ),
        )
    }

    fn found(&self, call: &Call<'_>) -> Vec<&Ticket> {
        let query = call.parameter("query").unwrap_or_default();
        let terms = terms(&query);
        let tickets = self.store.list(List::Open, 0).iter();
        let tickets = tickets.filter_map(|rank| self.store.at(rank));
        tickets
            .filter(|ticket| terms.iter().all(|term| self.takes(ticket, term)))
            .collect()
    }

    fn takes(&self, ticket: &Ticket, (name, operator, value): &Term) -> bool {
        let text = |name: &str| {
            attribute(ticket, name)
                .as_str()
                .unwrap_or_default()
                .to_owned()
        };
        let place = |status: &str| STATUSES.iter().position(|known| *known == status);
        match name.as_str() {
            "type" => value == "ticket",
            "status" => compare(place(&text("status")).cmp(&place(value)), operator),
            "priority" => text("priority") == *value,
            "created" | "updated" => {
                let at = text(&format!("{name}_at"));
                match (Date::epoch_of(&at), Date::epoch_of(value)) {
                    (Some(at), Some(value)) => compare(at.cmp(&value), operator),
                    _ => false,
                }
            }
            "tags" => {
                let tags = attribute(ticket, "tags");
                tags.as_array()
                    .is_some_and(|tags| tags.iter().any(|tag| tag == value.as_str()))
            }
            "requester" => {
                let id = attribute(ticket, "requester_id").as_u64();
                let user = id.and_then(|id| self.users.get(&id));
                id.map(|id| id.to_string()).as_ref() == Some(value)
                    || user.is_some_and(|user| user.email.eq_ignore_ascii_case(value))
            }
            "" => [&ticket.subject, &ticket.description]
                .iter()
                .any(|text| text.to_lowercase().contains(&value.to_lowercase())),
            name => {
                let id = name
                    .strip_prefix("custom_field_")
                    .and_then(|id| id.parse::<u64>().ok());
                let fields = attribute(ticket, "custom_fields");
                let mut fields = fields.as_array().into_iter().flatten();
                fields.any(|field| {
                    field.get("id").and_then(Value::as_u64) == id
                        && field.get("value").is_some_and(|of| of == value.as_str())
                })
            }
        }
    }
}

/// A name, an operator and a value; a word has neither name nor operator.
type Term = (String, String, String);

fn compare(order: std::cmp::Ordering, operator: &str) -> bool {
    match operator {
        "<" => order.is_lt(),
        "<=" => order.is_le(),
        ">" => order.is_gt(),
        ">=" => order.is_ge(),
        _ => order.is_eq(),
    }
}

/// The terms of a query. A value may be in quotation marks.
fn terms(query: &str) -> Vec<Term> {
    let mut words: Vec<String> = vec![String::new()];
    let mut is_quoted = false;
    for c in query.chars() {
        match c {
            '"' => is_quoted = !is_quoted,
            ' ' if !is_quoted => words.push(String::new()),
            c => {
                if let Some(word) = words.last_mut() {
                    word.push(c);
                }
            }
        }
    }
    let words = words.into_iter().filter(|word| !word.is_empty());
    words
        .map(|word| {
            let end = word.find([':', '<', '>']).filter(|end| *end > 0);
            let Some((name, rest)) = end.and_then(|end| word.split_at_checked(end)) else {
                return (String::new(), String::new(), word);
            };
            let value = rest.trim_start_matches([':', '<', '>', '=']);
            let operator = rest.strip_suffix(value).unwrap_or_default();
            (name.to_owned(), operator.to_owned(), value.to_owned())
        })
        .collect()
}

fn result(ticket: &Ticket, host: &str) -> Value {
    with(printed(ticket, host), "result_type", json!("ticket"))
}
