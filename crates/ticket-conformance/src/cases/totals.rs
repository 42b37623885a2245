//! Totals are hints: a wrong one shortens no list, and is told.

use futures_util::StreamExt as _;
use ticket_core::{CallContext, Error, ErrorKind, Operation, TicketQuery};

use super::paging::{page, page_size, sorted};
use crate::fault::{Fault, WrongTotal};
use crate::handle::Faults;
use crate::harness::{CaseResult, Harness, ensure, skip};

pub(crate) async fn wrong_totals_do_not_shorten_a_list(harness: &Harness) -> CaseResult {
    harness.require(Operation::List)?;
    let count = 2 * page_size(harness)? + 1;
    let filled = sorted(harness.fill(count).await?);
    for wrong in [
        WrongTotal::PageSize,
        WrongTotal::Zero,
        WrongTotal::TooSmall,
        WrongTotal::TooLarge,
    ] {
        let (mut found, mut pages, mut query) = (Vec::new(), 0, TicketQuery::new());
        loop {
            harness
                .inject(Operation::List, Fault::WrongTotal(wrong))
                .await?;
            let read = page(harness, query.clone()).await?;
            found.extend(read.items.into_iter().map(|ticket| ticket.id));
            pages += 1;
            query.page.cursor = read.next;
            if query.page.cursor.is_none() || pages > count + 10 {
                break;
            }
        }
        let found = sorted(found);
        ensure(
            found == filled && query.page.cursor.is_none(),
            format!("a list of {count} tickets was walked, with the total {wrong:?} in each page"),
            "each ticket once, and an end",
            format!("{} tickets on {pages} pages", found.len()),
        )?;
    }
    Ok(())
}

pub(crate) async fn wrong_totals_are_reported(harness: &Harness) -> CaseResult {
    harness.require(Operation::List)?;
    let count = page_size(harness)? + 1;
    let filled = sorted(harness.fill(count).await?);
    let fault = Fault::WrongTotal(WrongTotal::TooLarge);
    // A fixture that cannot inject it says so here.
    harness.inject(Operation::List, fault.clone()).await?;
    let mut cursor = None;
    let mut has_total = false;
    for _ in 0..count + 10 {
        let mut query = TicketQuery::new();
        query.page.cursor = cursor;
        let page = harness.provider.list(&CallContext::new(), &query).await;
        let Ok(page) = page else { break };
        has_total |= page.total.is_some();
        cursor = page.next;
        if cursor.is_none() {
            break;
        }
    }
    if !has_total {
        return skip(format!("{} returns no total", harness.info().title));
    }
    let handle = harness.faulty_handle(Faults::OnLists(fault))?;
    let items: Vec<_> = handle.list_all(TicketQuery::new()).collect().await;
    let ids = items.iter().filter_map(|item| item.as_ref().ok());
    let ids = sorted(ids.map(|ticket| ticket.id.clone()));
    let end = items.last().and_then(|item| item.as_ref().err());
    ensure(
        ids == filled && end.map(Error::kind) == Some(ErrorKind::Incomplete),
        format!(
            "a list of {count} tickets was read with the handle, with a total of 7 more in each page"
        ),
        "every ticket, and then the error `incomplete`",
        format!("{} tickets, and then {end:?}", ids.len()),
    )
}

pub(crate) async fn wrong_totals_past_the_end_are_left_out_or_reported(
    harness: &Harness,
) -> CaseResult {
    harness.require(Operation::List)?;
    let count = 2 * page_size(harness)?;
    harness.fill(count).await?;
    let (mut found, mut query) = (0, TicketQuery::new());
    while found < count {
        let read = page(harness, query.clone()).await?;
        found += read.items.len();
        query.page.cursor = read.next;
        if query.page.cursor.is_none() {
            let title = &harness.info().title;
            return skip(format!(
                "{title}'s lists end with the page of the last ticket"
            ));
        }
    }
    let fault = Fault::WrongTotal(WrongTotal::TooLarge);
    harness.inject(Operation::List, fault).await?;
    let read = page(harness, query).await?;
    let correct = u64::try_from(count).ok();
    ensure(
        read.total.is_none() || read.total == correct || !read.gaps.is_empty(),
        format!(
            "a list of {count} tickets was read past its end, where the vendor's total is 7 more"
        ),
        "no total, or the contradiction among the `gaps` of the page",
        format!("{:?}, gaps: {:?}", read.total, read.gaps),
    )
}
