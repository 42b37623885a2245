//! RT's query language `TicketSQL`, as far as clients use it.
//!
//! As on a real server, the last `AND` or `OR` of a level of parentheses joins all of that level; text is compared without case, and `%` and
//! `_` match anything in `LIKE`; a time that cannot be read is 1970, and one with a `Z` is its day alone; a quoted value that begins with `CF.` is the name of
//! a custom field, not a text.

mod tokens;

use super::fields::{self, NEVER, ROLES, TIMES};
use crate::store::Ticket;
use tokens::{Condition, Parsed};

/// A query that tickets match or not.
#[derive(Debug)]
pub(super) struct Query(Parsed);

impl Query {
    /// Parses a query. The error is the message of RT's reply.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let parsed = tokens::parse(text)?;
        check(&parsed).map_err(|message| tokens::told(&message, 3187))?;
        Ok(Self(parsed))
    }

    /// A simple search: the text is in the subject of an active ticket.
    pub(super) fn simple(text: &str) -> Self {
        let is = |key: &str, operator: &str, value: &str| {
            Parsed::Is(Condition {
                key: key.to_owned(),
                operator: operator.to_owned(),
                value: value.to_owned(),
            })
        };
        let subject = is("Subject", "LIKE", text);
        Self(Parsed::All(vec![subject, is("Status", "=", "__Active__")]))
    }

    pub(super) fn takes(&self, ticket: &Ticket) -> bool {
        takes(&self.0, ticket)
    }
}

fn check(query: &Parsed) -> Result<(), String> {
    match query {
        Parsed::Is(condition) => match Field::of(&condition.key) {
            Some(_) => Ok(()),
            None => Err(format!("Unknown field: {}", condition.key)),
        },
        Parsed::All(parts) | Parsed::Any(parts) => parts.iter().try_for_each(check),
    }
}

fn takes(query: &Parsed, ticket: &Ticket) -> bool {
    match query {
        Parsed::Is(condition) => condition.takes(ticket),
        Parsed::All(parts) => parts.iter().all(|part| takes(part, ticket)),
        Parsed::Any(parts) => parts.iter().any(|part| takes(part, ticket)),
    }
}

enum Field {
    Id,
    Number(&'static str),
    Text(&'static str),
    Queue,
    Status,
    Time(&'static str),
    People(&'static str),
    Custom(String),
    /// RT searches contents only with a full-text index, which it does not have by default.
    Content,
}

impl Field {
    fn of(key: &str) -> Option<Self> {
        let lower = key.to_lowercase();
        if let Some(name) = lower
            .strip_prefix("cf.")
            .or_else(|| lower.strip_prefix("customfield."))
        {
            let name = name.trim_start_matches('{').trim_end_matches('}');
            return Some(Self::Custom(name.to_owned()));
        }
        let (first, rest) = lower.split_once('.').unwrap_or((&lower, ""));
        let people = ROLES.into_iter().find(|role| {
            let role = role.to_lowercase();
            first == role || first == format!("{role}s")
        });
        if let Some(role) = people {
            return ["", "emailaddress", "name"]
                .contains(&rest)
                .then_some(Self::People(role));
        }
        if let Some(time) = TIMES.into_iter().find(|time| time.to_lowercase() == lower) {
            return Some(Self::Time(time));
        }
        Some(match lower.as_str() {
            "id" => Self::Id,
            "queue" | "queue.name" => Self::Queue,
            "status" => Self::Status,
            "subject" => Self::Text("Subject"),
            "owner" => Self::Text("Owner"),
            "creator" => Self::Text("Creator"),
            "type" => Self::Text("Type"),
            "priority" => Self::Number("Priority"),
            "content" => Self::Content,
            _ => return None,
        })
    }
}

impl Condition {
    fn takes(&self, ticket: &Ticket) -> bool {
        let Some(field) = Field::of(&self.key) else {
            return false;
        };
        let operator = self.operator.as_str();
        let value = self.value.as_str();
        match field {
            Field::Id => number(operator, ticket.id.parse().ok(), value.parse().ok()),
            Field::Number(name) => {
                let held = fields::priority(&fields::text(ticket, name).into());
                number(operator, Some(held), Some(fields::priority(&value.into())))
            }
            Field::Text(name) => self.is_any(&[fields::text(ticket, name)]),
            Field::Queue => {
                let name = fields::queue(value).map_or(value, |(name, _)| name);
                let held = fields::text(ticket, "Queue").eq_ignore_ascii_case(name);
                if operator == "!=" {
                    !held && fields::queue(value).is_some()
                } else {
                    held
                }
            }
            Field::Status => self.is_status(&fields::text(ticket, "Status")),
            Field::Time(name) => {
                let held = fields::text(ticket, name);
                match operator {
                    "IS" => held == NEVER,
                    "IS NOT" => held != NEVER,
                    // A day alone is the whole day.
                    "=" if value.len() == 10 => held.starts_with(value),
                    // A time that is not set is before nothing and after nothing.
                    _ => (held != NEVER) && ordered(operator, &held, &time(value)),
                }
            }
            Field::People(role) => self.is_any(&fields::list(ticket, role)),
            Field::Custom(name) => self.is_any(&fields::custom(ticket, &name)),
            Field::Content => false,
        }
    }

    fn is_status(&self, held: &str) -> bool {
        let named = match self.value.as_str() {
            "__Active__" => !fields::is_inactive(held),
            "__Inactive__" => fields::is_inactive(held),
            status => held.eq_ignore_ascii_case(status),
        };
        (self.operator == "!=") != named
    }

    /// Whether one of the texts is as the condition says; for a negation, whether none is.
    fn is_any(&self, held: &[String]) -> bool {
        // A text like this is taken for the name of a custom field.
        if self.value.to_lowercase().starts_with("cf.") {
            return false;
        }
        let held = held.iter().map(|text| text.to_lowercase());
        let value = self.value.to_lowercase();
        let (operator, negated) = match self.operator.strip_prefix("NOT ") {
            Some(operator) => (operator, true),
            None if self.operator == "!=" => ("=", true),
            None => (self.operator.as_str(), false),
        };
        let mut held =
            held.filter(|text| !text.is_empty() || operator == "=" || operator == "LIKE");
        negated
            != match operator {
                "IS" => held.next().is_none(),
                "IS NOT" => held.next().is_some(),
                "LIKE" => held.any(|text| like(&text, &format!("%{value}%"))),
                "STARTSWITH" => held.any(|text| like(&text, &format!("{value}%"))),
                "ENDSWITH" => held.any(|text| like(&text, &format!("%{value}"))),
                _ => held.any(|text| ordered(operator, &text, &value)),
            }
    }
}

/// A time of a query. RT reads a time with a `Z` as its day alone.
fn time(value: &str) -> String {
    match value.strip_suffix('Z').and_then(|value| value.get(..10)) {
        Some(day) => fields::time(day),
        None => fields::time(value),
    }
}

fn number(operator: &str, held: Option<u64>, value: Option<u64>) -> bool {
    match (held, value) {
        (Some(held), Some(value)) => ordered(operator, &held, &value),
        _ => false,
    }
}

fn ordered<T: Ord + ?Sized>(operator: &str, held: &T, value: &T) -> bool {
    match operator {
        "=" => held == value,
        "!=" => held != value,
        "<" => held < value,
        ">" => held > value,
        "<=" => held <= value,
        ">=" => held >= value,
        _ => false,
    }
}

/// SQL's `LIKE` without an escape character: `%` matches any text, `_` any character.
fn like(text: &str, pattern: &str) -> bool {
    let text: Vec<char> = text.chars().collect();
    // Whether the pattern so far matches the first n characters.
    let mut matched = vec![false; text.len() + 1];
    if let Some(first) = matched.first_mut() {
        *first = true;
    }
    for wanted in pattern.chars() {
        let mut next = vec![false; matched.len()];
        let mut any = false;
        for (at, slot) in next.iter_mut().enumerate() {
            let here = matched.get(at).copied().unwrap_or_default();
            let before = at
                .checked_sub(1)
                .and_then(|at| matched.get(at))
                .copied()
                .unwrap_or_default();
            any |= here;
            *slot = match wanted {
                '%' => any,
                '_' => before,
                _ => before && at.checked_sub(1).and_then(|at| text.get(at)) == Some(&wanted),
            };
        }
        matched = next;
    }
    matched.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::like;

    #[test]
    fn wildcards_match_any_text_and_any_character() {
        for (text, pattern, expected) in [
            ("abc", "%b%", true),
            ("abc", "b%", false),
            ("abc", "a_c", true),
            ("abc", "a%", true),
            ("abc", "%c", true),
            ("abc", "_", false),
            ("", "%", true),
            ("", "_", false),
            ("100% x", "%0%x%", true),
        ] {
            assert_eq!(like(text, pattern), expected, "{text} {pattern}");
        }
    }
}
