//! `/tickets/fetchOpenTickets` and `/tickets/fetchClosedTickets`.
//!
//! Inferred: both accept the same platforms (documented for closed tickets); the replies to an invalid page or
//! priority; an empty page after the last one.

use serde_json::{Map, Value, json};

use super::record::{platform, priority};
use super::{Sweeppea, Wording, text};
use crate::reply::Reply;
use crate::store::{List, Ticket};
use crate::vendors::call::Call;

const PAGE: usize = 20;
/// Lists truncate longer subjects.
const MAX_SUBJECT: usize = 100;
const PLATFORMS: [&str; 20] = [
    "general",
    "renaissance",
    "overture",
    "winners",
    "soprano",
    "symphony",
    "sonata",
    "papyrus",
    "website",
    "blog",
    "enewsletter",
    "socialmedia",
    "api",
    "aws",
    "shopify",
    "instakes",
    "mcp-server",
    "sweeppea-cli",
    "n8n",
    "other",
];
/// Other spellings in the later edition.
const ALIASES: [(&str, &str); 4] = [
    ("shopify app", "shopify"),
    ("mcp", "mcp-server"),
    ("cli", "sweeppea-cli"),
    ("command line interface (cli)", "sweeppea-cli"),
];

impl Sweeppea {
    pub(super) fn list(&self, call: &Call<'_>) -> Reply {
        let filter = match self.check_list(call) {
            Ok(filter) => filter,
            Err(refused) => return refused,
        };
        let list = match call.last_segment() {
            "fetchClosedTickets" => List::Closed,
            _ => List::Open,
        };
        let ranks = self.store.list(list, 0);
        let before = PAGE.saturating_mul(filter.page - 1);
        let (total, page): (usize, Vec<&Ticket>) = if filter.takes_all() {
            let at = |place: usize| {
                let place = if call.reversed {
                    place
                } else {
                    ranks.len().checked_sub(place + 1)?
                };
                ranks.get(place)
            };
            let page = before..before.saturating_add(PAGE).min(ranks.len());
            let tickets = page.filter_map(at).filter_map(|rank| self.store.at(rank));
            (ranks.len(), tickets.collect())
        } else {
            let tickets = ranks.iter().rev().filter_map(|rank| self.store.at(rank));
            let mut taken: Vec<&Ticket> = tickets.filter(|ticket| filter.takes(ticket)).collect();
            if call.reversed {
                taken.reverse();
            }
            let page = taken.iter().skip(before).take(PAGE).copied();
            (taken.len(), page.collect())
        };
        let rows: Vec<Value> = page.into_iter().map(row).collect();
        let reply = json!({
            "Response": true,
            "Data": {
                "TotalTickets": total, "Page": filter.page, "Limit": PAGE,
                "TotalPages": total.div_ceil(PAGE), "Tickets": rows,
            },
        });
        Reply::json(200, &self.with_telemetry(reply))
    }

    fn check_list(&self, call: &Call<'_>) -> Result<Filter, Reply> {
        let platforms = PLATFORMS.join(", ");
        let expected = json!({
            "search": "string (optional) \u{2014} Text matched against Subject or Description",
            "platform": format!("string (optional) \u{2014} One of: {platforms}"),
            "priority": "number (optional) \u{2014} 1 (Low), 2 (Medium), 3 (High)",
            "page": "number (optional) \u{2014} Page number, 20 tickets per page",
        });
        let refuse = |message: &str| Err(self.invalid(message, &expected));
        let body = match call.body {
            None | Some([]) => Map::new(),
            Some(_) => match call.json_object() {
                Some(body) => body,
                None => return refuse("The body must be a JSON object"),
            },
        };
        let given = |name: &str| body.get(name).filter(|value| !value.is_null());
        for name in ["search", "platform"] {
            if given(name).is_some_and(|value| !value.is_string()) {
                return refuse(&format!("Invalid {name} value. Must be a string"));
            }
        }
        let page = given("page").map_or(Some(1), Value::as_u64);
        let Some(page) = page.and_then(|page| usize::try_from(page).ok().filter(|page| *page > 0))
        else {
            return refuse("Invalid page value. Must be a number from 1");
        };
        let priority = given("priority").map(Value::as_u64);
        if priority.is_some_and(|number| !number.is_some_and(|number| (1..=3).contains(&number))) {
            return refuse("Invalid Priority Value. Must be 1 (Low), 2 (Medium), or 3 (High)");
        }
        let platform = text(&body, "platform").map(str::to_lowercase);
        let platform = match (platform, self.wording) {
            (Some(name), Wording::New) => {
                let alias = ALIASES.iter().find(|(alias, _)| *alias == name);
                let name = alias.map_or(name, |(_, name)| (*name).to_owned());
                if !PLATFORMS.contains(&name.as_str()) {
                    let message = format!("Invalid platform value. Must be one of: {platforms}");
                    return refuse(&message);
                }
                Some(name)
            }
            (platform, _) => platform,
        };
        Ok(Filter {
            search: text(&body, "search").map(str::to_lowercase),
            platform,
            priority: priority.flatten(),
            page,
        })
    }
}

/// The requested filters. Texts are in lower case.
struct Filter {
    search: Option<String>,
    platform: Option<String>,
    priority: Option<u64>,
    /// Counted from 1.
    page: usize,
}

impl Filter {
    fn takes_all(&self) -> bool {
        self.search.is_none() && self.platform.is_none() && self.priority.is_none()
    }

    fn takes(&self, ticket: &Ticket) -> bool {
        let found = |text: &String| {
            ticket.subject.to_lowercase().contains(text)
                || ticket.description.to_lowercase().contains(text)
        };
        self.search.as_ref().is_none_or(found)
            && self
                .platform
                .as_ref()
                .is_none_or(|name| platform(ticket).to_lowercase() == *name)
            && self
                .priority
                .is_none_or(|number| priority(ticket) == json!(number))
    }
}

fn row(ticket: &Ticket) -> Value {
    let subject: String = ticket.subject.chars().take(MAX_SUBJECT).collect();
    json!({
        "CaseNumber": ticket.id, "Subject": subject, "Date": ticket.created.utc_millis(),
        "Priority": priority(ticket), "ResourceAffected": platform(ticket),
    })
}
