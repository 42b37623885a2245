//! Find: `GET /api/ticketrz`. Its rows have names where Get has ids.
//!
//! Inferred: the rows are in order of id; `sinceId` excludes that id and smaller ones, also from `total`; the
//! handling of a limit or an offset that is not a number; the name `Open`; the names of media and categories that no
//! sample shows.

use serde_json::{Value, json};

use super::OneCloud;
use super::record::{CATEGORY, CLOSED, MEDIUM, OPEN, PRIORITY, REQUESTOR};
use crate::reply::{Reply, json_array};
use crate::store::{List, Ticket};
use crate::vendors::call::Call;

const DEFAULT_LIMIT: usize = 20;

impl OneCloud {
    pub(super) fn list(&self, call: &Call<'_>) -> Reply {
        let number = |name: &str| call.parameter(name).and_then(|text| text.parse().ok());
        let since = call.parameter("sinceId").and_then(|id| id.parse().ok());
        let from = since.map_or(0, |id: u64| id.saturating_add(1));
        let offset: usize = number("offset").unwrap_or(0);
        let limit = number("limit").filter(|limit| *limit > 0);
        let limit = limit.unwrap_or(DEFAULT_LIMIT);
        let size = limit.saturating_add(usize::from(self.quirks.extra_row));
        let size = self.quirks.largest_page.map_or(size, |most| size.min(most));

        let ranks = self.store.list(List::Open, from);
        let at = |place: usize| {
            let place = if call.reversed {
                ranks.len().checked_sub(place + 1)?
            } else {
                place
            };
            ranks.get(place)
        };
        let end = offset.saturating_add(size).min(ranks.len());
        let page = (offset..end).filter_map(at);
        let count = end.saturating_sub(offset);
        let rows = page.filter_map(|rank| self.store.at(rank)).map(row);
        let rows = json_array(rows);
        // The reply repeats the limit exactly as it was sent.
        let limit = call
            .parameter("limit")
            .map_or(json!(limit), |sent| json!(sent));
        let total = ranks.len();
        Reply::json_text(
            200,
            format!(
                r#"{{"limit":{limit},"offset":{offset},"count":{count},"total":{total},"data":{rows}}}"#
            ),
        )
    }
}

/// Builds a row directly, without all 55 keys of the ticket, because lists can be long.
fn row(ticket: &Ticket) -> Value {
    let created = json!(ticket.created.spaced());
    let status = if ticket.closed { CLOSED } else { OPEN };
    let of = |name: &str, new: Value| ticket.changes.get(name).cloned().unwrap_or(new);
    let named = |name: &str, new: &str, names: &[(&str, &str)]| {
        let code = of(name, json!(new));
        let known = names.iter().find(|(known, _)| code == *known);
        known.map_or(code.clone(), |(_, name)| json!(name))
    };
    let asked = |name: &str| ticket.created_from.as_ref()?.get(name).cloned();
    let requestor = || named("Requestor", REQUESTOR, &[(REQUESTOR, "Dinni")]);
    let category = || named("CategoryId", CATEGORY, &[(CATEGORY, "Question")]);
    json!({
        "Id": ticket.id,
        "Requestor": asked("fullName").unwrap_or_else(requestor),
        "Assignee": of("AssigneeTextList", Value::Null),
        "Subject": ticket.subject,
        "Description": of("Description", json!("")),
        "Viewer": of("Viewer", Value::Null),
        "DueDate": of("DueDate", Value::Null),
        "CreateDate": of("CreateDate", created.clone()),
        "ModifyDate": of("ModifyDate", created),
        "Media": named("MediaId", MEDIUM, &[(MEDIUM, "Email")]),
        "Product": of("ProductId", Value::Null),
        "Region": of("RegionId", Value::Null),
        "Category": asked("category").unwrap_or_else(category),
        "Status": named("StatusId", status, &[(OPEN, "Open"), (CLOSED, "Closed")]),
        "Priority": named("PriorityId", PRIORITY, &[(PRIORITY, "Low")]),
        "Attachments": [],
        "Tags": "",
    })
}
