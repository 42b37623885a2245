//! The filters of a list: in the short form (`status_id=*&subject=~text`) or in the long one
//! (`f[]=subject&op[subject]=~&v[subject][]=text`). Filters that Redmine does not know are ignored, so that a
//! misspelt one lists everything.

use super::record::{custom_field, id_of};
use super::site::{self, STATUSES, User};
use crate::store::{List, Ticket};

/// A filter on one field.
#[derive(Debug)]
struct Filter {
    field: String,
    kind: Kind,
    operator: String,
    values: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    List,
    Status,
    Optional,
    Tree,
    Date,
    Text,
    String,
    Integer,
}

impl Kind {
    fn of(field: &str) -> Option<Self> {
        Some(match field {
            "status_id" => Self::Status,
            "project_id" | "tracker_id" | "priority_id" | "author_id" => Self::List,
            "assigned_to_id" | "category_id" | "cf_2" => Self::Optional,
            "parent_id" => Self::Tree,
            "created_on" | "updated_on" | "closed_on" => Self::Date,
            "subject" | "description" => Self::Text,
            "cf_1" => Self::String,
            "issue_id" => Self::Integer,
            _ => return None,
        })
    }

    /// The operators, those first that others are the beginning of. Relative dates are not played.
    fn operators(self) -> &'static [&'static str] {
        match self {
            Self::List => &["=", "!"],
            Self::Status => &["o", "c", "=", "*", "!"],
            Self::Optional => &["=", "*", "!*", "!"],
            Self::Tree => &["~", "=", "*", "!*"],
            Self::Date | Self::Integer => &["><", ">=", "=", "<=", "*", "!*"],
            Self::Text => &["~", "^", "*", "$", "!~", "!*"],
            Self::String => &["~", "^", "=", "*", "$", "!~", "!*", "!"],
        }
    }
}

/// The filters of a list.
#[derive(Debug)]
pub(super) struct Query(Vec<Filter>);

impl Query {
    /// Reads the filters of a query string. Fails with Redmine's words if one has a wrong value.
    pub(super) fn parse(query: &str) -> Result<Self, Vec<String>> {
        let pairs = form_urlencoded::parse(query.as_bytes()).into_owned();
        let pairs: Vec<(String, String)> = pairs.collect();
        let is_long = pairs.iter().any(|(name, _)| name == "f[]");
        let filters = if is_long { long(&pairs) } else { short(&pairs) };
        let errors: Vec<String> = filters.iter().filter_map(Filter::error).collect();
        if errors.is_empty() {
            Ok(Self(filters))
        } else {
            Err(errors)
        }
    }

    /// The only list that has what is asked for, if it is asked for by the state; and whether nothing else is.
    pub(super) fn state(&self) -> (Option<List>, bool) {
        let is_state = |filter: &Filter| {
            filter.kind == Kind::Status && ["o", "c", "*"].contains(&filter.operator.as_str())
        };
        let list = self
            .0
            .iter()
            .find_map(|filter| match filter.operator.as_str() {
                "o" if is_state(filter) => Some(List::Open),
                "c" if is_state(filter) => Some(List::Closed),
                _ => None,
            });
        (list, self.0.iter().all(is_state))
    }

    pub(super) fn takes(&self, ticket: &Ticket, user: Option<&User>) -> bool {
        self.0.iter().all(|filter| filter.takes(ticket, user))
    }
}

fn short(pairs: &[(String, String)]) -> Vec<Filter> {
    let mut filters = Vec::new();
    for (field, expression) in pairs {
        // The project is not a filter in this form.
        let Some(kind) = Kind::of(field).filter(|_| field != "project_id") else {
            continue;
        };
        let mut operators = kind.operators().iter();
        let named = operators.find_map(|name| Some((*name, expression.strip_prefix(name)?)));
        let (operator, values) = named.unwrap_or(("=", expression));
        filters.push(Filter {
            field: field.clone(),
            kind,
            operator: operator.to_owned(),
            values: values.split('|').map(str::to_owned).collect(),
        });
    }
    if !filters.iter().any(|filter| filter.kind == Kind::Status) {
        filters.push(Filter {
            field: "status_id".to_owned(),
            kind: Kind::Status,
            operator: "o".to_owned(),
            values: Vec::new(),
        });
    }
    filters
}

fn long(pairs: &[(String, String)]) -> Vec<Filter> {
    let all = |name: String| {
        let named = pairs.iter().filter(move |(known, _)| *known == name);
        named.map(|(_, value)| value.clone())
    };
    let fields = all("f[]".to_owned());
    let filters = fields.filter_map(|field| {
        Some(Filter {
            kind: Kind::of(&field)?,
            operator: all(format!("op[{field}]")).next()?,
            values: all(format!("v[{field}][]")).collect(),
            field,
        })
    });
    filters.collect()
}

impl Filter {
    fn error(&self) -> Option<String> {
        let name = match self.field.as_str() {
            "created_on" => "Created",
            "updated_on" => "Updated",
            "closed_on" => "Closed",
            "issue_id" => "Issue",
            "subject" => "Subject",
            "description" => "Description",
            "cf_1" => "Order",
            "cf_2" => "Labels",
            "status_id" => "Status",
            "parent_id" => "Parent task",
            _ => "Filter",
        };
        let first = self.values.first().map(String::as_str).unwrap_or_default();
        if ["*", "!*", "o", "c"].contains(&self.operator.as_str()) {
            return None;
        }
        if first.is_empty() {
            return Some(format!("{name} cannot be blank"));
        }
        let is_valid = |value: &String| match self.kind {
            Kind::Date => is_date(value),
            Kind::Integer => value.split(',').all(|id| id.parse::<i64>().is_ok()),
            _ => true,
        };
        (!self.values.iter().all(is_valid)).then(|| format!("{name} is invalid"))
    }

    fn takes(&self, ticket: &Ticket, user: Option<&User>) -> bool {
        let value = |at: usize| self.values.get(at).map(String::as_str).unwrap_or_default();
        let texts = self.texts(ticket);
        match (self.kind, self.operator.as_str()) {
            (Kind::Status, "o") => !ticket.closed,
            (Kind::Status, "c") => ticket.closed,
            (Kind::Status, "*") => true,
            (_, "*") => texts.iter().any(|text| !text.is_empty()),
            (_, "!*") => texts.iter().all(String::is_empty),
            (Kind::Integer, "=") => value(0).split(',').any(|id| id == ticket.id),
            (Kind::Integer, operator) => {
                let number = |text: &str| text.parse::<i64>().unwrap_or_default();
                let id = number(&ticket.id);
                compare(operator, &id, &number(value(0)), &number(value(1)))
            }
            (Kind::Date, operator) => texts.first().is_some_and(|date| {
                let (from, to) = (value(0), if operator == "><" { value(1) } else { value(0) });
                match operator {
                    ">=" => *date >= start(from),
                    "<=" => *date <= end(from),
                    _ => *date >= start(from) && *date <= end(to),
                }
            }),
            (Kind::Tree, _) => texts.contains(&value(0).to_owned()),
            (_, "~") => texts.iter().any(|text| contains(text, value(0))),
            (_, "!~") => !texts.iter().any(|text| contains(text, value(0))),
            (_, "^") => texts
                .iter()
                .any(|text| text.to_lowercase().starts_with(&value(0).to_lowercase())),
            (_, "$") => texts
                .iter()
                .any(|text| text.to_lowercase().ends_with(&value(0).to_lowercase())),
            (_, operator) => {
                let me = user.map_or(0, |user| user.id).to_string();
                let is_person = ["author_id", "assigned_to_id"].contains(&self.field.as_str());
                let mut values = self.values.iter();
                let known = values.any(|value| {
                    let value = if is_person && value == "me" {
                        &me
                    } else {
                        value
                    };
                    texts.contains(value)
                });
                known == (operator == "=")
            }
        }
    }

    /// What the ticket has in the field.
    fn texts(&self, ticket: &Ticket) -> Vec<String> {
        let id = |name: &str| Vec::from_iter(id_of(ticket, name).map(|id| id.to_string()));
        let date = |name: &str| {
            let changed = ticket.changes.get(name).and_then(|date| date.as_str());
            changed.map(str::to_owned)
        };
        match self.field.as_str() {
            "created_on" => vec![date("created_on").unwrap_or_else(|| ticket.created.utc())],
            "updated_on" => vec![date("updated_on").unwrap_or_else(|| ticket.created.utc())],
            "closed_on" => {
                let seeded = || ticket.closed.then(|| ticket.created.utc());
                Vec::from_iter(date("closed_on").or_else(seeded))
            }
            "subject" => vec![ticket.subject.clone()],
            "description" => vec![ticket.description.clone()],
            "cf_1" | "cf_2" => {
                let field = if self.field == "cf_1" {
                    site::ORDER
                } else {
                    site::LABELS
                };
                match custom_field(ticket, field) {
                    Some(serde_json::Value::Array(values)) => {
                        let values = values.iter().filter_map(|value| value.as_str());
                        values.map(str::to_owned).collect()
                    }
                    Some(value) => Vec::from_iter(value.as_str().map(str::to_owned)),
                    None => Vec::new(),
                }
            }
            "issue_id" => vec![ticket.id.clone()],
            field => id(field.strip_suffix("_id").unwrap_or(field)),
        }
    }
}

fn compare<T: PartialOrd>(operator: &str, value: &T, first: &T, second: &T) -> bool {
    match operator {
        ">=" => value >= first,
        "<=" => value <= first,
        _ => value >= first && value <= second,
    }
}

/// Whether a text has all words of another one that are longer than one character, at most five.
pub(super) fn contains(text: &str, words: &str) -> bool {
    let text = text.to_lowercase();
    let wanted = words.to_lowercase();
    let mut tokens: Vec<&str> = wanted.split_whitespace().collect();
    tokens.retain(|token| token.chars().count() > 1);
    tokens.truncate(5);
    if tokens.is_empty() {
        tokens.push(&wanted);
    }
    tokens.iter().all(|token| text.contains(token))
}

/// A day, or a second in UTC. Redmine takes a few more forms, and no fractions.
fn is_date(text: &str) -> bool {
    match text.split_once('T') {
        None => text.parse::<jiff::civil::Date>().is_ok() && text.len() == 10,
        Some(_) => text.len() == 20 && text.parse::<jiff::Timestamp>().is_ok(),
    }
}

fn start(date: &str) -> String {
    if date.contains('T') {
        date.to_owned()
    } else {
        format!("{date}T00:00:00Z")
    }
}

fn end(date: &str) -> String {
    if date.contains('T') {
        date.to_owned()
    } else {
        format!("{date}T23:59:59Z")
    }
}

/// Whether a status closes a ticket.
pub(super) fn closes(status: u64) -> bool {
    STATUSES
        .iter()
        .any(|(id, _, closes)| *id == status && *closes)
}
