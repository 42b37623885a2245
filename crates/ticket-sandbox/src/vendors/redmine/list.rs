//! Lists and the search. The order is by id, the newest first, unless the request says otherwise.

use std::cmp::Ordering;

use serde_json::{Value, json};

use super::lookup::may_see as may_see_project;
use super::query::{Query, contains};
use super::record::{id_of, printed};
use super::site::{self, User};
use super::{Redmine, denied, host, json_reply, may_see, not_found};
use crate::reply::{Reply, json_array};
use crate::store::{List, Rank, Ticket};
use crate::vendors::call::Call;

const DEFAULT_LIMIT: usize = 25;
const MAX_LIMIT: usize = 100;

impl Redmine {
    pub(super) fn list(&self, call: &Call<'_>, user: Option<&User>) -> Reply {
        let project = match call.parameter("project_id") {
            None => None,
            Some(name) => match site::project_id(&name) {
                Some(id) if !may_see_project(id, user) => return denied(user),
                Some(id) => Some(id),
                None => return not_found(),
            },
        };
        let query = match Query::parse(call.query) {
            Ok(query) => query,
            Err(errors) => return json_reply(422, &json!({ "errors": errors })),
        };
        let (state, is_only_state) = query.state();
        let mut ranks = self.by_id(state);
        let sees_all = user.is_some_and(|user| user.is_admin);
        if !is_only_state || !sees_all || project.is_some() {
            ranks.retain(|rank| {
                self.store.at(rank).is_some_and(|ticket| {
                    may_see(ticket, user)
                        && project.is_none_or(|id| id_of(ticket, "project") == Some(id))
                        && query.takes(ticket, user)
                })
            });
        }
        self.sort(&mut ranks, call.parameter("sort").as_deref());
        if call.reversed {
            ranks.reverse();
        }
        let (offset, limit) = page(call);
        let rows = ranks.iter().skip(offset).take(limit);
        let include = call.parameter("include").unwrap_or_default();
        // Of the includes, a list has only these.
        let include = if include.split(',').any(|name| name == "attachments") {
            "attachments"
        } else {
            ""
        };
        let host = host(call);
        let rows = rows.filter_map(|rank| self.store.at(rank));
        let rows =
            rows.map(|ticket| Value::Object(self.printed_with(ticket, include, &host, user)));
        list_reply("issues", &json_array(rows), ranks.len(), offset, limit)
    }

    /// The tickets of a state or of both, the newest first.
    fn by_id(&self, state: Option<List>) -> Vec<Rank> {
        let both = [List::Open, List::Closed];
        let lists = both
            .into_iter()
            .filter(|list| state.is_none_or(|state| state == *list));
        let mut ranks: Vec<Rank> = Vec::new();
        for list in lists {
            ranks.extend(self.store.list(list, 0));
        }
        // Two sorted runs at most, which the sort merges.
        ranks.sort_unstable();
        ranks.reverse();
        ranks
    }

    /// Sorts by columns such as `updated_on:desc,id`. Unknown columns are ignored.
    fn sort(&self, ranks: &mut Vec<Rank>, columns: Option<&str>) {
        let columns: Vec<(&str, bool)> = columns
            .unwrap_or_default()
            .split(',')
            .map(|column| column.split_once(':').unwrap_or((column, "asc")))
            .map(|(column, order)| (column, order == "desc"))
            .filter(|(column, _)| COLUMNS.contains(column))
            .collect();
        match *columns {
            [] | [("id", true)] => {}
            [("id", false)] => ranks.reverse(),
            _ => {
                let mut tickets: Vec<(Rank, &Ticket)> = ranks
                    .iter()
                    .filter_map(|rank| Some((*rank, self.store.at(rank)?)))
                    .collect();
                tickets.sort_by(|(_, one), (_, other)| order(one, other, &columns));
                *ranks = tickets.into_iter().map(|(rank, _)| rank).collect();
            }
        }
    }

    pub(super) fn search(&self, call: &Call<'_>, user: Option<&User>) -> Reply {
        let words = call.parameter("q").unwrap_or_default();
        if words.trim().is_empty() {
            let (offset, limit) = page(call);
            let nothing = json!({
                "results": [], "total_count": null, "offset": offset, "limit": limit,
            });
            return json_reply(200, &nothing);
        }
        let ranks = self.by_id(None);
        let tickets = ranks.iter().filter_map(|rank| self.store.at(rank));
        let found: Vec<&Ticket> = tickets
            .filter(|ticket| may_see(ticket, user))
            .filter(|ticket| {
                contains(&ticket.subject, &words) || contains(&ticket.description, &words)
            })
            .collect();
        let (offset, limit) = page(call);
        let host = host(call);
        let rows = found.iter().skip(offset).take(limit).map(|ticket| {
            let issue = printed(ticket);
            let name = |key: &str| issue.get(key)?.get("name")?.as_str();
            let tracker = name("tracker").unwrap_or_default();
            let status = name("status").unwrap_or_default();
            json!({
                "id": issue.get("id"),
                "title": format!("{tracker} #{} ({status}): {}", ticket.id, ticket.subject),
                "type": if ticket.closed { "issue-closed" } else { "issue" },
                "url": format!("{host}/issues/{}", ticket.id),
                "description": ticket.description, "datetime": ticket.created.utc(),
            })
        });
        list_reply("results", &json_array(rows), found.len(), offset, limit)
    }
}

const COLUMNS: [&str; 5] = ["id", "created_on", "updated_on", "priority", "status"];

fn order(one: &Ticket, other: &Ticket, columns: &[(&str, bool)]) -> Ordering {
    let id = |ticket: &Ticket| ticket.id.parse::<u64>().unwrap_or_default();
    let date = |ticket: &Ticket, name: &str| {
        let changed = ticket.changes.get(name).and_then(Value::as_str);
        changed.map_or_else(|| ticket.created.utc(), str::to_owned)
    };
    let mut orders = columns.iter().map(|(column, descending)| {
        let order = match *column {
            "id" => id(one).cmp(&id(other)),
            "priority" | "status" => id_of(one, column).cmp(&id_of(other, column)),
            date_column => date(one, date_column).cmp(&date(other, date_column)),
        };
        if *descending { order.reverse() } else { order }
    });
    orders
        .find(|order| order.is_ne())
        .unwrap_or_else(|| id(other).cmp(&id(one)))
}

/// The offset and the limit that the server takes from a request.
fn page(call: &Call<'_>) -> (usize, usize) {
    let number = |name: &str| {
        call.parameter(name)
            .and_then(|text| text.parse::<usize>().ok())
    };
    let limit = number("limit").filter(|limit| *limit > 0);
    let limit = limit.unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT);
    let page = number("page").unwrap_or(1).saturating_sub(1);
    let offset = call
        .parameter("offset")
        .map(|text| text.parse().unwrap_or(0));
    (offset.unwrap_or(page.saturating_mul(limit)), limit)
}

fn list_reply(name: &str, rows: &str, total: usize, offset: usize, limit: usize) -> Reply {
    let text =
        format!(r#"{{"{name}":{rows},"total_count":{total},"offset":{offset},"limit":{limit}}}"#);
    super::json_text(200, text)
}
