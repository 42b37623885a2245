//! Lists: of tickets, of the trash, of what changed since a time, and of tickets by their ids.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::change::includes_users;
use super::record::{AGENT, attribute, printed};
use super::{Zendesk, host, ids, json_reply, refusal, too_many, with};
use crate::calendar::Date;
use crate::reply::Reply;
use crate::store::{List, Ticket};
use crate::vendors::call::Call;

const LARGEST_PAGE: usize = 100;

/// The last record that offset pages reach.
const LAST_RECORD: usize = 10_000;

/// How long a cursor of the search export lives, in seconds.
const EXPORT_CURSOR_S: i64 = 60 * 60;

/// What a request asks of a list: a page behind a cursor. A cursor is opaque; here it is the list, the last number of
/// the page before, and when the walk began.
pub(super) struct Asked {
    kind: &'static str,
    size: usize,
    pub(super) after: u64,
    begun: i64,
}

impl Asked {
    pub(super) fn of(call: &Call<'_>, kind: &'static str) -> Result<Self, Reply> {
        let size = call.parameter("page[size]");
        let size = size.or_else(|| call.parameter("per_page"));
        let size = size
            .and_then(|size| size.parse().ok())
            .filter(|size| *size > 0);
        let size = size.unwrap_or(LARGEST_PAGE).min(LARGEST_PAGE);
        let now = call.date.epoch();
        let cursor = call
            .parameter("page[after]")
            .or_else(|| call.parameter("cursor"));
        let Some(cursor) = cursor else {
            return Ok(Self {
                kind,
                size,
                after: 0,
                begun: now,
            });
        };
        let refused = || {
            refusal(
                400,
                "InvalidPaginationParameter",
                "page[after] is not valid",
            )
        };
        let (after, begun) = decoded(&cursor, kind).ok_or_else(refused)?;
        if kind == "export" && now - begun >= EXPORT_CURSOR_S {
            return Err(refusal(400, "InvalidCursor", "The cursor has expired"));
        }
        Ok(Self {
            kind,
            size,
            after,
            begun,
        })
    }

    fn cursor(&self, after: u64) -> String {
        BASE64_URL_SAFE_NO_PAD.encode(format!("{}|{after}|{}", self.kind, self.begun))
    }

    /// The rows of the page, and the page. Rows are in order of their numbers.
    pub(super) fn page<T>(self, rows: Vec<T>, number: impl Fn(&T) -> u64) -> (Vec<T>, Page) {
        let mut rows: Vec<T> = rows
            .into_iter()
            .filter(|row| number(row) > self.after)
            .collect();
        let has_more = rows.len() > self.size;
        rows.truncate(self.size);
        let last = rows.last().map(number);
        let page = Page {
            has_more,
            after: last.map(|last| self.cursor(last)),
        };
        (rows, page)
    }
}

fn decoded(cursor: &str, kind: &str) -> Option<(u64, i64)> {
    let text = String::from_utf8(BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (known, rest) = text.split_once('|')?;
    let (after, begun) = rest.split_once('|')?;
    (known == kind).then_some((after.parse().ok()?, begun.parse().ok()?))
}

/// Where a page ends.
pub(super) struct Page {
    has_more: bool,
    after: Option<String>,
}

impl Page {
    /// The link to the next page is there even on the last one.
    pub(super) fn body(&self, name: &str, rows: &[Value], path: &str) -> Value {
        let next = self.after.as_ref();
        let next = next.map(|after| format!("{path}?page%5Bafter%5D={after}"));
        json!({
            name: rows,
            "meta": { "has_more": self.has_more, "after_cursor": self.after, "before_cursor": null },
            "links": { "next": next, "prev": null },
        })
    }
}

impl Zendesk {
    pub(super) fn list(&self, call: &Call<'_>) -> Reply {
        if call.parameter("page[size]").is_none() && call.parameter("page[after]").is_none() {
            return self.offset_page(call);
        }
        let asked = match Asked::of(call, "tickets") {
            Ok(asked) => asked,
            Err(refused) => return refused,
        };
        let ranks = self.store.list(List::Open, asked.after + 1);
        let mut tickets: Vec<&Ticket> = if call.reversed {
            let newest = ranks.iter().rev();
            newest.filter_map(|rank| self.store.at(rank)).collect()
        } else {
            let listed = ranks.iter().filter_map(|rank| self.store.at(rank));
            let listed = listed.filter(|ticket| !is_archived(ticket));
            listed.take(asked.size + 1).collect()
        };
        tickets.retain(|ticket| !ticket.deleted && !is_archived(ticket));
        let (tickets, page) = asked.page(tickets, |ticket| number(ticket));
        let host = host(call);
        let rows = tickets.iter().map(|ticket| printed(ticket, &host));
        let rows: Vec<Value> = rows.collect();
        let mut body = page.body("tickets", &rows, &format!("{host}/api/v2/tickets.json"));
        if includes_users(call) {
            body = with(body, "users", self.people(tickets.into_iter()));
        }
        json_reply(200, &body)
    }

    /// A page by its number, up to the 10,000th record.
    fn offset_page(&self, call: &Call<'_>) -> Reply {
        let parameter = |name: &str| call.parameter(name)?.parse::<usize>().ok();
        let size = parameter("per_page")
            .unwrap_or(LARGEST_PAGE)
            .clamp(1, LARGEST_PAGE);
        let page = parameter("page").unwrap_or(1).max(1);
        if page.saturating_mul(size) > LAST_RECORD {
            return refusal(
                400,
                "InvalidPagination",
                "You can only page up to 10,000 records",
            );
        }
        let ranks = self.store.list(List::Open, 0);
        let host = host(call);
        let listed = ranks.iter().filter_map(|rank| self.store.at(rank));
        let listed: Vec<_> = listed.filter(|ticket| !is_archived(ticket)).collect();
        let rows = listed.iter().skip((page - 1) * size).take(size);
        let rows: Vec<Value> = rows.map(|ticket| printed(ticket, &host)).collect();
        let next = (page * size < listed.len())
            .then(|| format!("{host}/api/v2/tickets.json?page={}", page + 1));
        json_reply(
            200,
            &json!({
                "tickets": rows, "count": listed.len(), "next_page": next, "previous_page": null,
            }),
        )
    }

    /// Those that are not found are left out.
    pub(super) fn show_many(&self, call: &Call<'_>) -> Reply {
        let ids = ids(call);
        if let Some(refused) = too_many(ids.len()) {
            return refused;
        }
        let host = host(call);
        let tickets = ids.iter().filter_map(|id| self.live(id));
        let rows: Vec<Value> = tickets.map(|ticket| printed(ticket, &host)).collect();
        let count = rows.len();
        let body = json!({
            "tickets": rows, "count": count, "next_page": null, "previous_page": null,
        });
        json_reply(200, &body)
    }

    pub(super) fn deleted(&self, call: &Call<'_>) -> Reply {
        let asked = match Asked::of(call, "deleted_tickets") {
            Ok(asked) => asked,
            Err(refused) => return refused,
        };
        let tickets = self.store.iter();
        let tickets = tickets.filter(|ticket| ticket.deleted && !is_archived(ticket));
        let mut tickets: Vec<&Ticket> = tickets.collect();
        tickets.sort_by_key(|ticket| number(ticket));
        let (tickets, page) = asked.page(tickets, |ticket| number(ticket));
        let name = self.users.get(&AGENT).map(|user| user.name.clone());
        let rows = tickets.iter().map(|ticket| {
            json!({
                "id": number(ticket), "subject": ticket.subject,
                "actor": { "id": AGENT, "name": name },
                "deleted_at": ticket.changes.get("sandbox_deleted_at"),
                "previous_state": attribute(ticket, "status"),
            })
        });
        let path = format!("{}/api/v2/deleted_tickets.json", host(call));
        json_reply(
            200,
            &page.body("deleted_tickets", &rows.collect::<Vec<_>>(), &path),
        )
    }

    /// What changed since a time, with deleted tickets, without the last minute.
    pub(super) fn incremental(&self, call: &Call<'_>) -> Reply {
        let asked = match Asked::of(call, "incremental") {
            Ok(asked) => asked,
            Err(refused) => return refused,
        };
        let start = call
            .parameter("start_time")
            .and_then(|time| time.parse::<i64>().ok());
        if start.is_none() && asked.after == 0 {
            return refusal(400, "InvalidValue", "start_time is required");
        }
        let now = call.date.epoch();
        let mut changed: Vec<(u64, &Ticket)> = self
            .store
            .iter()
            .filter_map(|ticket| {
                let at = Date::epoch_of(attribute(ticket, "updated_at").as_str()?)?;
                let is_asked = start.is_none_or(|start| at >= start) && at < now - 60;
                // In order of time; the id tells tickets of one second apart.
                let place = u64::try_from(at).ok()? * 10_000_000 + number(ticket);
                is_asked.then_some((place, ticket))
            })
            .collect();
        changed.sort_by_key(|(place, _)| *place);
        let (rows, page) = asked.page(changed, |(place, _)| *place);
        let host = host(call);
        let rows: Vec<Value> = rows
            .iter()
            .map(|(_, ticket)| printed(ticket, &host))
            .collect();
        json_reply(
            200,
            &json!({
                "tickets": rows, "after_url": null, "after_cursor": page.after,
                "before_cursor": null, "end_of_stream": !page.has_more,
            }),
        )
        .header("date", wall_clock())
    }
}

/// The time in the header `date`. Clients ask for what changed before a time by their machine's clock, and compare it with
/// this; the sandbox's own date would always be before that.
#[expect(
    clippy::disallowed_methods,
    reason = "clients compare it with their machine's clock"
)]
fn wall_clock() -> String {
    let now = jiff::Timestamp::now();
    now.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// Whether the ticket is in the archive: it is read, searched and exported, and no other list has it.
fn is_archived(ticket: &Ticket) -> bool {
    ticket.changes.contains_key("sandbox_archived")
}

pub(super) fn number(ticket: &Ticket) -> u64 {
    ticket.id.parse().unwrap_or_default()
}
