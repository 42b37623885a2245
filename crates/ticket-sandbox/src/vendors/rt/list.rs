//! `GET /tickets`, and the queues.

use serde_json::{Value, json};

use super::fields::{self, QUEUES};
use super::paged::{self, Paged};
use super::query::Query;
use super::{Rt, User, base, record, refused};
use crate::reply::Reply;
use crate::store::Ticket;
use crate::vendors::call::Call;

impl Rt {
    /// Tickets in the trash are in no list.
    pub(super) fn list(&self, call: &Call<'_>, user: User) -> Reply {
        let paged = Paged::of(call);
        let text = call.parameter("query").unwrap_or_default();
        if text.trim().is_empty() {
            return paged.reply(&[], 0, call);
        }
        let query = match call.parameter("simple").as_deref() {
            Some("1") => Query::simple(&text),
            _ => match Query::parse(&text) {
                Ok(query) => query,
                Err(message) => return refused(400, &message),
            },
        };
        let tickets = self.store.iter();
        let mut found: Vec<&Ticket> = tickets
            .filter(|ticket| !ticket.deleted && user.sees(ticket) && query.takes(ticket))
            .collect();
        let total = found.len();
        if !sort(&mut found, call) {
            found.clear();
        }
        if call.reversed {
            found.reverse();
        }
        let base = base(call);
        let page = found
            .get(paged.range().start.min(found.len())..)
            .unwrap_or_default();
        let page = page.iter().take(paged.range().len());
        let items: Vec<Value> = page.map(|ticket| item(ticket, call, user, &base)).collect();
        paged.reply(&items, total, call)
    }
}

/// Sorts by `orderby` and `order`, by id if there are none. False if RT has no such field: then it finds nothing.
fn sort(tickets: &mut [&Ticket], call: &Call<'_>) -> bool {
    let given = |name: &str| -> Vec<String> {
        let pairs = form_urlencoded::parse(call.query.as_bytes());
        let values = pairs.filter(|(known, _)| known == name);
        values.map(|(_, value)| value.into_owned()).collect()
    };
    let (keys, orders) = (given("orderby"), given("order"));
    let number = |ticket: &Ticket| ticket.id.parse::<u64>().unwrap_or(u64::MAX);
    tickets.sort_by_key(|ticket| number(ticket));
    let orders = orders
        .iter()
        .map(String::as_str)
        .chain(std::iter::repeat("ASC"));
    let keys: Vec<_> = keys.iter().zip(orders).collect();
    for (key, order) in keys.into_iter().rev() {
        let is_id = key.eq_ignore_ascii_case("id");
        let known = |ticket: &&Ticket| fields::value(ticket, key).is_some();
        if !is_id && !tickets.iter().all(known) {
            return false;
        }
        tickets.sort_by(|one, other| {
            let ascending = if is_id {
                number(one).cmp(&number(other))
            } else {
                fields::text(one, key).cmp(&fields::text(other, key))
            };
            if order.eq_ignore_ascii_case("DESC") {
                ascending.reverse()
            } else {
                ascending
            }
        });
    }
    true
}

/// A row. Ids are texts here, apart from the one in the field `id`.
fn item(ticket: &Ticket, call: &Call<'_>, user: User, base: &str) -> Value {
    let reference = record::reference("ticket", &ticket.id, base);
    paged::item(reference, call, |name| match name {
        "id" => Some(
            ticket
                .id
                .parse::<u64>()
                .map_or_else(|_| json!(ticket.id), Value::from),
        ),
        "EffectiveId" => Some(ticket.id.clone().into()),
        _ => record::detailed(ticket, name, call, user, base),
    })
}

/// `GET /queues/all`, by name.
pub(super) fn queues(call: &Call<'_>) -> Reply {
    let mut queues = QUEUES.to_vec();
    queues.sort_unstable();
    let base = base(call);
    let items = queues.iter().map(|(name, id)| {
        let reference = record::reference("queue", id, &base);
        paged::item(reference, call, |field| {
            (field == "Name").then(|| json!(name))
        })
    });
    Paged::of(call).reply(&items.collect::<Vec<_>>(), queues.len(), call)
}
