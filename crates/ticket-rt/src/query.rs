//! Filters in RT's query language `TicketSQL`.
//!
//! Observed on a real server: the last `AND` or `OR` of a level of parentheses joins all of that level, so every condition
//! stands in its own; a backslash keeps the next character of a literal; a literal that begins with `CF.` is taken for the
//! name of a custom field; a time with a `Z` is read as its day alone, and any other in the zone of RT's user, which RT
//! does not tell. So times are widened to all zones, and the rows are filtered.

use jiff::{SignedDuration, Timestamp};
use ticket_core::model::{State, Times};
use ticket_core::{Error, Result, TicketQuery};

use crate::{mapping, wire};

/// Zones are at most this far from UTC, and a second for parts of one.
const ZONE: SignedDuration = SignedDuration::from_secs(14 * 60 * 60 + 1);

/// The query for these filters, for tickets after the one with this id.
pub(crate) fn ticket_sql(query: &TicketQuery, after: Option<u64>) -> Result<String> {
    let mut conditions = vec![format!("id > {}", after.unwrap_or_default())];
    match query.state {
        None => {}
        Some(State::Open) => conditions.push("Status = '__Active__'".to_owned()),
        Some(State::Closed) => conditions.push("Status = '__Inactive__'".to_owned()),
        Some(_) => {
            let message = "Request Tracker finds no deleted tickets; read them by their ids";
            return Err(Error::invalid_input(message));
        }
    }
    if let Some(text) = &query.search {
        // `LIKE` looks for it anywhere, so that the sign in front changes nothing but what RT takes for a field.
        conditions.push(format!("Subject LIKE {}", literal(&format!("%{text}"))));
    }
    if let Some(queue) = &query.category {
        conditions.push(format!("Queue = {}", equal("category", queue)?));
    }
    if let Some(requester) = &query.requester {
        let name = equal("requester", requester)?;
        conditions.push(if requester.contains('@') {
            // Of a user whose address RT does not have, the login name may be it.
            format!("Requestor.EmailAddress = {name} OR Requestor.Name = {name}")
        } else {
            format!("Requestor.Name = {name}")
        });
    }
    for (name, value) in &query.custom {
        let is_plain = |letter: char| !letter.is_control() && !"{}'\"\\".contains(letter);
        if name.trim().is_empty() || !name.chars().all(is_plain) {
            let message = format!("Request Tracker cannot search for the custom field `{name}`");
            return Err(Error::invalid_input(message));
        }
        conditions.push(format!("CF.{{{name}}} = {}", equal(name, value)?));
    }
    for (field, times) in [("Created", &query.created), ("LastUpdated", &query.updated)] {
        conditions.extend(times.from.map(|from| wide(field, ">=", from, -ZONE)));
        conditions.extend(times.before.map(|before| wide(field, "<=", before, ZONE)));
    }
    if let Some(raw) = &query.raw {
        check_raw(raw)?;
        conditions.push(raw.clone());
    }
    let conditions = conditions
        .into_iter()
        .map(|condition| format!("({condition})"));
    Ok(conditions.collect::<Vec<_>>().join(" AND "))
}

/// A time as a condition that holds in whatever zone RT reads it.
fn wide(field: &str, operator: &str, time: Timestamp, by: SignedDuration) -> String {
    let time = time.saturating_add(by).unwrap_or(time);
    format!(
        "{field} {operator} '{}'",
        time.strftime("%Y-%m-%d %H:%M:%S")
    )
}

/// A text in quotes, from which nothing leads out.
fn literal(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('\'');
    for letter in text.chars() {
        if matches!(letter, '\'' | '"' | '\\') {
            quoted.push('\\');
        }
        quoted.push(letter);
    }
    quoted.push('\'');
    quoted
}

/// A literal to compare with. RT takes some texts for something else.
fn equal(field: &str, text: &str) -> Result<String> {
    let lower = text.to_lowercase();
    if lower.starts_with("cf.") || (lower.starts_with("__") && lower.ends_with("__")) {
        let message = format!("Request Tracker cannot search for this text in `{field}`");
        return Err(Error::invalid_input(message));
    }
    Ok(literal(text))
}

/// Refuses a query that would not stay inside its parentheses.
fn check_raw(raw: &str) -> Result<()> {
    let mut depth: usize = 0;
    let mut quote = None;
    let mut letters = raw.chars();
    let unbalanced =
        || Error::invalid_input("the parentheses or quotes of the `query` do not match");
    while let Some(letter) = letters.next() {
        match (quote, letter) {
            (Some(_), '\\') => drop(letters.next()),
            (Some(open), _) if letter == open => quote = None,
            (None, '\'' | '"') => quote = Some(letter),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.checked_sub(1).ok_or_else(unbalanced)?,
            _ => {}
        }
    }
    if depth > 0 || quote.is_some() || raw.trim().is_empty() {
        return Err(unbalanced());
    }
    Ok(())
}

/// Whether rows must be filtered, so that RT's total is not that of the list.
pub(crate) fn filters_rows(query: &TicketQuery) -> bool {
    let search = query.search.as_deref().unwrap_or_default();
    let has_times = [&query.created, &query.updated]
        .into_iter()
        .any(|times| times.from.is_some() || times.before.is_some());
    has_times || search.contains(['%', '_']) || address(query).is_some()
}

/// The address of the requester, if that is what is asked for.
fn address(query: &TicketQuery) -> Option<&str> {
    let requester = query.requester.as_deref()?;
    requester.contains('@').then_some(requester)
}

/// Whether a row matches the filters that RT applies too widely.
pub(crate) fn takes(query: &TicketQuery, row: &wire::Ticket) -> bool {
    let within = |times: &Times, time: Option<Timestamp>| {
        let from = times
            .from
            .is_none_or(|from| time.is_some_and(|time| time >= from));
        let before = times
            .before
            .is_none_or(|before| time.is_some_and(|time| time < before));
        from && before
    };
    let has_text = |text: &String| {
        // `%` and `_` stand for anything in `LIKE`.
        let subject = row.subject.as_deref().unwrap_or_default().to_lowercase();
        !text.contains(['%', '_']) || subject.contains(&text.to_lowercase())
    };
    within(&query.created, row.created)
        && within(&query.updated, row.last_updated)
        && query.search.as_ref().is_none_or(has_text)
}

/// Whether a row that RT found by an address is of users who all show another one: the address is a login name, or that of
/// a user who was merged into another.
pub(crate) fn is_of_others(query: &TicketQuery, row: &wire::Ticket) -> bool {
    let (Some(address), Some(users)) = (address(query), &row.requestor) else {
        return false;
    };
    let is_other = |user: &wire::User| {
        mapping::address(user).is_some_and(|own| !own.eq_ignore_ascii_case(address))
    };
    !users.is_empty() && users.iter().all(is_other)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions_stand_in_parentheses_of_their_own() {
        let query = TicketQuery::new()
            .state(State::Open)
            .search("it's 100%")
            .category("General")
            .requester("ann@example.com")
            .custom("Order", "A-1")
            .raw("Priority > 5 OR Owner = 'root'");
        assert_eq!(
            ticket_sql(&query, Some(7)).unwrap(),
            r"(id > 7) AND (Status = '__Active__') AND (Subject LIKE '%it\'s 100%') AND (Queue = 'General') AND (Requestor.EmailAddress = 'ann@example.com' OR Requestor.Name = 'ann@example.com') AND (CF.{Order} = 'A-1') AND (Priority > 5 OR Owner = 'root')"
        );
        assert_eq!(ticket_sql(&TicketQuery::new(), None).unwrap(), "(id > 0)");
    }

    #[test]
    fn row_is_of_others_only_if_all_its_requesters_show_another_address() {
        let query = TicketQuery::new().requester("ann@example.com");
        for (requestor, expected) in [
            (r#"[{"id":"ann","EmailAddress":"Ann@Example.com"}]"#, false),
            (r#"[{"id":"ann@example.com","EmailAddress":""}]"#, false),
            (
                r#"[{"id":"ann@example.com","EmailAddress":"new@example.com"}]"#,
                true,
            ),
            // What does not show an address may be hers.
            (r#"[{"id":"bob@example.com"},{"id":"desk"}]"#, false),
            ("[]", false),
            ("null", false),
        ] {
            let row = format!(r#"{{"id":"1","Requestor":{requestor}}}"#);
            let row: wire::Ticket = serde_json::from_str(&row).unwrap();
            assert_eq!(is_of_others(&query, &row), expected, "{requestor}");
            assert!(!is_of_others(&TicketQuery::new(), &row));
        }
    }

    #[test]
    fn times_hold_in_every_zone() {
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        let query = TicketQuery::new()
            .created_after(time("2026-11-28T12:00:00Z"))
            .updated_before(time("2026-11-28T12:00:00Z"));
        assert_eq!(
            ticket_sql(&query, None).unwrap(),
            "(id > 0) AND (Created >= '2026-11-27 21:59:59') AND (LastUpdated <= '2026-11-29 02:00:01')"
        );
        assert!(filters_rows(&query));
    }

    #[test]
    fn what_would_mean_something_else_is_refused() {
        for query in [
            TicketQuery::new().category("CF.{Order}"),
            TicketQuery::new().category("cf.order"),
            TicketQuery::new().requester("__CurrentUser__"),
            TicketQuery::new().custom("Or}der", "x"),
            TicketQuery::new().custom("O'x", "x"),
            TicketQuery::new().custom("Order", "CF.x"),
            TicketQuery::new().raw("id = 1) OR (id > 0"),
            TicketQuery::new().raw("Subject = 'x"),
            TicketQuery::new().raw(r"Subject = 'x\'"),
            TicketQuery::new().raw("(id = 1"),
            TicketQuery::new().state(State::Deleted),
        ] {
            assert!(ticket_sql(&query, None).is_err(), "{query:?}");
        }
        let balanced = TicketQuery::new().raw(r"(Subject = 'a)\'b' OR id = 1)");
        assert!(ticket_sql(&balanced, None).is_ok());
    }
}
