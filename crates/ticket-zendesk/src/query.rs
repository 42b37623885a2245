//! Which of Zendesk's lists answers a query, and the query in the search's language.
//!
//! The names of the search's filters are those of the page `search-reference`.

use jiff::Timestamp;
use ticket_core::model::{Priority, State, Times};
use ticket_core::{Error, Result, Ticket, TicketQuery};

use crate::cursor::Walk;
use crate::mapping;

/// The list that answers a query: the search only where nothing else does, since its index lags behind (inferred).
pub(crate) fn walk(query: &TicketQuery) -> Result<Walk> {
    let is_searched = query.search.is_some()
        || query.priority.is_some()
        || query.requester.is_some()
        || query.created != Times::default()
        || !query.tags.is_empty()
        || !query.custom.is_empty()
        || query.raw.is_some();
    match query.state {
        Some(State::Deleted) if is_searched || query.updated != Times::default() => Err(
            Error::invalid_input("Zendesk's list of deleted tickets has no other filter"),
        ),
        Some(State::Deleted) => Ok(Walk::Trash),
        Some(_) => Ok(Walk::Search),
        None if is_searched => Ok(Walk::Search),
        // Other than the list of all tickets, the export has archived ones.
        None if query.updated != Times::default() => Ok(Walk::Changed),
        None => Ok(Walk::Tickets),
    }
}

/// Whether a ticket changed in the span of the query. One that does not tell when is taken.
pub(crate) fn takes(query: &TicketQuery, ticket: &Ticket) -> bool {
    ticket.updated_at.is_none_or(|at| {
        query.updated.from.is_none_or(|from| at >= from)
            && query.updated.before.is_none_or(|before| at < before)
    })
}

/// The query in the language of the search.
pub(crate) fn text(query: &TicketQuery) -> Result<String> {
    let mut terms = Vec::new();
    match query.state {
        None => {}
        Some(State::Open) => terms.push("status<solved".to_owned()),
        Some(State::Closed) => terms.push("status>=solved".to_owned()),
        Some(_) => {
            return Err(Error::invalid_input(
                "Zendesk's search finds no deleted tickets",
            ));
        }
    }
    if let Some(priority) = &query.priority {
        let name = mapping::priority_name(priority);
        let is_known = !matches!(priority, Priority::Other(_)) || is_word(name);
        if !is_known {
            return Err(Error::invalid_input("the `priority` is not a word"));
        }
        terms.push(format!("priority:{name}"));
    }
    if let Some(requester) = &query.requester {
        terms.push(format!("requester:{}", quoted(requester)?));
    }
    terms.extend(span("created", &query.created));
    terms.extend(span("updated", &query.updated));
    for tag in &query.tags {
        terms.push(format!("tags:{}", quoted(tag)?));
    }
    for (name, value) in &query.custom {
        if mapping::custom_field(name).is_none() {
            let name: String = name.chars().take(40).collect();
            return Err(Error::invalid_input(format!(
                "Zendesk has no filter {name:?}; a custom field is `custom_field_` and its id"
            )));
        }
        terms.push(format!("{name}:{}", quoted(value)?));
    }
    if let Some(search) = &query.search {
        terms.push(quoted(search)?);
    }
    if let Some(raw) = &query.raw {
        terms.push(raw.clone());
    }
    Ok(terms.join(" "))
}

/// The search compares whole seconds.
fn span(field: &str, span: &Times) -> Vec<String> {
    let shown = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let first_second = |time: Timestamp| {
        let seconds = time.as_second() + i64::from(time.subsec_nanosecond() > 0);
        Timestamp::from_second(seconds).unwrap_or(time)
    };
    let from = span
        .from
        .map(|from| format!("{field}>={}", shown(first_second(from))));
    let before = span
        .before
        .map(|before| format!("{field}<{}", shown(first_second(before))));
    from.into_iter().chain(before).collect()
}

fn is_word(text: &str) -> bool {
    !text.is_empty()
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// A value in quotation marks. One that has them itself would be another query.
fn quoted(value: &str) -> Result<String> {
    if value.contains(['"', '\\']) {
        return Err(Error::invalid_input(
            "a value of a filter has a quotation mark or a backslash, which Zendesk's search reads as its own",
        ));
    }
    Ok(format!("\"{value}\""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn query_is_the_text_of_a_search_with_quoted_values() {
        let query = TicketQuery::new()
            .state(State::Open)
            .priority(Priority::Medium)
            .requester("ann@example.com")
            .created_after("2026-01-01T00:00:00.5Z".parse().unwrap())
            .tag("vip")
            .custom("custom_field_17", "A 1")
            .search("card refused")
            .raw("-group:spam");
        assert_eq!(
            text(&query).unwrap(),
            r#"status<solved priority:normal requester:"ann@example.com" created>=2026-01-01T00:00:01Z tags:"vip" custom_field_17:"A 1" "card refused" -group:spam"#
        );
        let injected = TicketQuery::new().search(r#"x" status:closed ""#);
        assert!(text(&injected).is_err());
        assert!(text(&TicketQuery::new().custom("shelf", "7")).is_err());
    }

    #[test]
    fn the_search_answers_only_what_no_list_does() {
        let time: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let new = TicketQuery::new;
        for (query, expected) in [
            (new(), Walk::Tickets),
            (new().updated_before(time), Walk::Changed),
            (new().updated_after(time), Walk::Changed),
            (new().updated_after(time).tag("vip"), Walk::Search),
            (new().state(State::Open), Walk::Search),
            (new().state(State::Deleted), Walk::Trash),
        ] {
            assert_eq!(walk(&query).unwrap(), expected, "{query:?}");
        }
        assert!(walk(&new().state(State::Deleted).tag("vip")).is_err());
    }
}
