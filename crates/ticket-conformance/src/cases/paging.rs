//! Lists: walking the pages returns every ticket once and ends.

use std::collections::HashSet;

use ticket_core::model::{Cursor, PageRequest, State, Status};
use ticket_core::provider::Field;
use ticket_core::{
    CallContext, DeleteReport, DeleteTarget, Error, ErrorKind, Operation, Page, Ticket, TicketId,
    TicketQuery,
};

use super::messages::holds_text;
use crate::harness::{CaseResult, Harness, describe, ensure, fail, skip};

/// Reads a page, which must succeed.
pub(super) async fn page(harness: &Harness, query: TicketQuery) -> CaseResult<Page<Ticket>> {
    let page = harness.provider.list(&CallContext::new(), &query).await;
    page.or_else(|error| {
        fail(
            "a page was read",
            "success",
            crate::harness::describe_error(&error),
        )
    })
}

/// A walk from the first page to the last: the pages and their cursors.
struct Walk {
    pages: Vec<(Option<Cursor>, Page<Ticket>)>,
}

impl Walk {
    fn ids(&self) -> Vec<TicketId> {
        let pages = self.pages.iter();
        pages
            .flat_map(|(_, page)| page.items.iter().map(|ticket| ticket.id.clone()))
            .collect()
    }
}

/// Walks a list of this many tickets. A vendor may combine several lists, so a few extra pages are allowed, but the
/// walk must end.
async fn walk(harness: &Harness, tickets: usize, query: &TicketQuery) -> CaseResult<Walk> {
    let mut pages = Vec::new();
    let mut cursor: Option<Cursor> = None;
    loop {
        let mut query = query.clone();
        query.page.cursor.clone_from(&cursor);
        let read = page(harness, query).await?;
        let next = read.next.clone();
        pages.push((cursor, read));
        if next.is_none() {
            return Ok(Walk { pages });
        }
        ensure(
            pages.len() < tickets + 10,
            format!("a list of {tickets} tickets was walked"),
            "an end",
            format!("{} pages and a cursor for another", pages.len()),
        )?;
        cursor = next;
    }
}

pub(super) fn sorted(ids: impl IntoIterator<Item = TicketId>) -> Vec<TicketId> {
    let mut ids: Vec<_> = ids.into_iter().collect();
    ids.sort();
    ids
}

/// Fills the list, walks it and checks that it contains exactly these tickets.
async fn exactly(harness: &Harness, tickets: usize, limit: Option<u32>) -> CaseResult<Walk> {
    let filled = sorted(harness.fill(tickets).await?);
    ensure(
        filled.len() == tickets,
        format!("the fixture was asked for a list of {tickets} tickets"),
        "that many ids",
        format!("{} ids", filled.len()),
    )?;
    let mut query = TicketQuery::new();
    query.page.limit = limit;
    let walk = walk(harness, tickets, &query).await?;
    let found = sorted(walk.ids());
    let (lost, strange) = (
        filled.iter().filter(|id| !found.contains(id)).count(),
        found.iter().filter(|id| !filled.contains(id)).count(),
    );
    ensure(
        filled == found,
        format!("a list of {tickets} tickets was walked"),
        "each of them once",
        format!(
            "{} tickets on {} pages, {lost} lost, {strange} that are not of the list, {} different ones",
            found.len(),
            walk.pages.len(),
            found.iter().collect::<HashSet<_>>().len()
        ),
    )?;
    Ok(walk)
}

/// The page size; skips the case if lists are not paged.
pub(super) fn page_size(harness: &Harness) -> CaseResult<usize> {
    let fields = harness.fields(Operation::List)?;
    if fields.carried().contains(&Field::Cursor) {
        harness.page_size()
    } else {
        skip(format!("{}'s lists have one page", harness.info().title))
    }
}

pub(crate) async fn an_empty_list_is_one_empty_page(harness: &Harness) -> CaseResult {
    harness.require(Operation::List)?;
    harness.fill(0).await?;
    let walk = walk(harness, 0, &TicketQuery::new()).await?;
    let first_is_last = walk.pages.iter().all(|(_, page)| page.items.is_empty());
    ensure(
        first_is_last && walk.pages.len() <= 2,
        "an empty list was read",
        "no items, and an end",
        format!("{} items on {} pages", walk.ids().len(), walk.pages.len()),
    )
}

pub(crate) async fn a_short_list_is_one_page(harness: &Harness) -> CaseResult {
    harness.require(Operation::List)?;
    let count = match page_size(harness)? {
        1 => 1,
        size => size - 1,
    };
    let walk = exactly(harness, count, None).await?;
    let held: Vec<_> = walk
        .pages
        .iter()
        .map(|(_, page)| page.items.len())
        .collect();
    ensure(
        held.first() == Some(&count),
        format!("a list of {count} tickets was read, which is less than a page"),
        "all of them on the first page",
        format!("{held:?} on the pages"),
    )
}

pub(crate) async fn every_ticket_is_listed_once(harness: &Harness) -> CaseResult {
    harness.require(Operation::List)?;
    let size = page_size(harness)?;
    exactly(harness, 2 * size + size.div_ceil(2), None).await?;
    Ok(())
}

pub(crate) async fn a_full_last_page_ends_the_list(harness: &Harness) -> CaseResult {
    harness.require(Operation::List)?;
    let size = page_size(harness)?;
    exactly(harness, 2 * size, None).await?;
    Ok(())
}

pub(crate) async fn cursors_move_on(harness: &Harness) -> CaseResult {
    harness.require(Operation::List)?;
    let count = 3 * page_size(harness)?;
    harness.fill(count).await?;
    let walk = walk(harness, count, &TicketQuery::new()).await?;
    let mut known = HashSet::new();
    for (cursor, _) in &walk.pages {
        let Some(cursor) = cursor else { continue };
        ensure(
            known.insert(cursor.as_str()),
            "a list was walked",
            "every cursor once",
            format!("{:?} again", cursor.as_str()),
        )?;
    }
    ensure(
        !known.is_empty(),
        format!("a list of {count} tickets was walked"),
        "more than one page",
        "one page",
    )
}

pub(crate) async fn the_same_cursor_is_the_same_page(harness: &Harness) -> CaseResult {
    harness.require(Operation::List)?;
    let count = 2 * page_size(harness)?;
    harness.fill(count).await?;
    let first = page(harness, TicketQuery::new()).await?;
    let Some(next) = first.next else {
        return fail(
            format!("the first page of {count} tickets was read"),
            "a next page",
            "none",
        );
    };
    let ids = |page: &Page<Ticket>| -> Vec<String> {
        let items = page.items.iter();
        items.map(|ticket| ticket.id.to_string()).collect()
    };
    let there = TicketQuery::new().page(PageRequest::first().at(next));
    let once = ids(&page(harness, there.clone()).await?);
    let twice = ids(&page(harness, there).await?);
    ensure(
        once == twice,
        "a page was read twice by its cursor",
        format!("{once:?}"),
        format!("{twice:?}"),
    )
}

pub(crate) async fn page_limits_are_kept(harness: &Harness) -> CaseResult {
    let fields = harness.fields(Operation::List)?;
    if !fields.carried().contains(&Field::PageLimit) {
        return skip(format!("{}'s pages have one size", harness.info().title));
    }
    let limit = 2;
    let walk = exactly(harness, 5, Some(limit)).await?;
    let held: Vec<_> = walk
        .pages
        .iter()
        .map(|(_, page)| page.items.len())
        .collect();
    ensure(
        held.iter().all(|items| *items <= 2),
        "a list was walked with at most 2 items on a page",
        "at most 2 on each",
        format!("{held:?}"),
    )
}

pub(crate) async fn foreign_cursors_are_refused_or_end(harness: &Harness) -> CaseResult {
    harness.require(Operation::List)?;
    let size = page_size(harness)?;
    harness.fill(size + 1).await?;
    for text in [
        "",
        "no-such-cursor",
        "-1",
        "0",
        "999999999",
        "99999999999999999999999",
        "%2e%2e/x",
        "1&limit=9",
    ] {
        let mut cursor = Some(Cursor::new(text));
        let what = format!("a list was read from the cursor {text:?}, which no list returned");
        let mut pages = 0;
        while let Some(at) = cursor {
            let result = harness
                .provider
                .list(
                    &CallContext::new(),
                    &TicketQuery::new().page(PageRequest::first().at(at)),
                )
                .await;
            let kind = result.as_ref().err().map(Error::kind);
            cursor = match (result, kind) {
                (Ok(page), _) => page.next,
                (
                    Err(_),
                    Some(ErrorKind::InvalidInput | ErrorKind::NotFound | ErrorKind::BadResponse),
                ) => None,
                (result, _) => {
                    return fail(what, "invalid_input, or a page", describe(&result));
                }
            };
            pages += 1;
            ensure(
                pages < size + 10,
                what.clone(),
                "an end",
                format!("{pages} pages and a cursor for another"),
            )?;
        }
    }
    Ok(())
}

pub(crate) async fn totals_are_true(harness: &Harness) -> CaseResult {
    harness.require(Operation::List)?;
    let count = page_size(harness)? + 1;
    harness.fill(count).await?;
    let mut queries = vec![TicketQuery::new()];
    if harness
        .fields(Operation::List)?
        .carried()
        .contains(&Field::State)
    {
        queries.push(TicketQuery::new().state(State::Open));
    }
    let mut totals = Vec::new();
    for query in queries {
        let walk = walk(harness, count, &query).await?;
        totals.extend(walk.pages.iter().filter_map(|(_, page)| page.total));
    }
    if totals.is_empty() {
        return skip(format!("{} returns no total", harness.info().title));
    }
    ensure(
        totals
            .iter()
            .all(|total| usize::try_from(*total) == Ok(count)),
        format!("a list of {count} tickets was walked"),
        format!("{count} in every total"),
        format!("{totals:?}"),
    )
}

pub(crate) async fn listed_tickets_can_be_read(harness: &Harness) -> CaseResult {
    harness.require(Operation::List)?;
    harness.require(Operation::Get)?;
    harness.fill(2).await?;
    for listed in page(harness, TicketQuery::new()).await?.items {
        let read = harness.provider.get(&CallContext::new(), &listed.id).await;
        let same = read
            .as_ref()
            .is_ok_and(|read| read.id == listed.id && read.subject == listed.subject);
        ensure(
            same,
            format!("a listed ticket was read by its id, {}", listed.id),
            "the same ticket",
            describe(&read),
        )?;
        // The subject is the only field of a row that is known here.
        let subject = listed.subject.as_deref().unwrap_or_default();
        ensure(
            subject.is_empty() || holds_text(listed.raw.get(), subject),
            "tickets were listed",
            format!("in `raw` what the vendor sent, with {subject:?}"),
            format!("{} characters without it", listed.raw.get().chars().count()),
        )?;
    }
    Ok(())
}

pub(crate) async fn state_filters_hold(harness: &Harness) -> CaseResult {
    let fields = harness.fields(Operation::List)?;
    if !fields.carried().contains(&Field::State) {
        return skip(format!("{} has no filter by state", harness.info().title));
    }
    harness.require(Operation::Resolve)?;
    // Enough for a second page in both lists, if lists are paged.
    let each = if fields.carried().contains(&Field::Cursor) {
        harness.page_size()? + 1
    } else {
        1
    };
    let ids = harness.fill(2 * each).await?;
    let (mut open, mut resolved) = (Vec::new(), Vec::new());
    for (index, id) in ids.into_iter().enumerate() {
        if index % 2 == 0 {
            open.push(id);
            continue;
        }
        let result = harness.provider.resolve(&CallContext::new(), &id).await;
        if result.is_err() {
            return fail("a ticket was resolved", "success", describe(&result));
        }
        resolved.push(id);
    }
    for (state, inside) in [(State::Open, open), (State::Closed, resolved)] {
        let walk = walk(harness, 2 * each, &TicketQuery::new().state(state)).await?;
        let (found, inside) = (sorted(walk.ids()), sorted(inside));
        ensure(
            found == inside,
            format!(
                "of {each} open tickets and as many resolved ones, those were listed that are {state:?}, \
                 on {} pages",
                walk.pages.len()
            ),
            format!("{inside:?}"),
            format!("{found:?}"),
        )?;
    }
    Ok(())
}

pub(crate) async fn deleted_tickets_are_not_listed(harness: &Harness) -> CaseResult {
    harness.require(Operation::List)?;
    harness.require(Operation::Delete)?;
    // Something cached by this walk must not be returned after the delete.
    let mut left = exactly(harness, 3, None).await?.ids();
    let gone = left.remove(1);
    let target = DeleteTarget::from(&gone);
    let context = CallContext::new();
    let report = harness.provider.delete(&context, &[target]).await;
    if !report.as_ref().is_ok_and(DeleteReport::all_deleted) {
        return fail(
            "a listed ticket was deleted",
            "`deleted`",
            describe(&report),
        );
    }
    let walk = walk(harness, 3, &TicketQuery::new()).await?;
    let listed = walk.pages.iter().flat_map(|(_, page)| &page.items);
    let listed = listed.filter(|ticket| ticket.status != Some(Status::Deleted));
    let listed = sorted(listed.map(|ticket| ticket.id.clone()));
    ensure(
        listed == sorted(left.clone()),
        format!("of three listed tickets {gone} was deleted, and the list was walked again"),
        format!("{left:?}, or {gone} with the status `deleted`"),
        format!("{listed:?}"),
    )
}
