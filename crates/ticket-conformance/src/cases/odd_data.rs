//! One odd thing in a reply costs itself only, and is told where something is missing because of it.

use std::collections::BTreeSet;

use ticket_core::{
    CallContext, DeleteReport, Operation, Outcome, Page, Ticket, TicketId, TicketQuery,
};

use super::delete::{require_batch, targets};
use crate::fault::{Fault, OddId, OddRow};
use crate::harness::{
    CaseResult, Harness, NotPassed, describe, describe_error, describe_report, ensure, fail, skip,
};

async fn page(harness: &Harness, what: &str) -> CaseResult<Page<Ticket>> {
    let query = TicketQuery::new();
    match harness.provider.list(&CallContext::new(), &query).await {
        Ok(page) => Ok(page),
        Err(error) => fail(what, "a page", describe_error(&error)),
    }
}

/// The first page without a fault, and with each of these rows that the fixture can make.
async fn pages_with(
    harness: &Harness,
    rows: &[OddRow],
) -> CaseResult<(Page<Ticket>, Vec<(OddRow, Page<Ticket>)>)> {
    harness.require(Operation::List)?;
    harness.fill(3).await?;
    let usual = page(harness, "a list was read").await?;
    let (mut odd, mut reason) = (Vec::new(), String::new());
    for row in rows {
        match harness.inject(Operation::List, Fault::OddRow(*row)).await {
            Err(NotPassed::Skip(why)) => reason = why,
            Err(failed) => return Err(failed),
            Ok(()) => {
                let what = format!("a list was read, with {row:?} in one row");
                odd.push((*row, page(harness, &what).await?));
            }
        }
    }
    if odd.is_empty() {
        return skip(reason);
    }
    Ok((usual, odd))
}

fn ids(page: &Page<Ticket>) -> BTreeSet<&TicketId> {
    page.items.iter().map(|ticket| &ticket.id).collect()
}

pub(crate) async fn odd_row_affects_no_other_row(harness: &Harness) -> CaseResult {
    let rows = [
        OddRow::EmptyDate,
        OddRow::YearOneDate,
        OddRow::NumberDate,
        OddRow::ZonelessDate,
        OddRow::Repeated,
    ];
    let (usual, pages) = pages_with(harness, &rows).await?;
    for (row, page) in pages {
        // The copy takes the place of another row.
        let lost = usize::from(row == OddRow::Repeated);
        let (found, usual) = (ids(&page), ids(&usual));
        ensure(
            found.is_subset(&usual) && found.len() + lost == usual.len(),
            format!("a list was read, with {row:?} in one row"),
            "every ticket",
            format!("{found:?} of {usual:?}"),
        )?;
    }
    Ok(())
}

pub(crate) async fn half_characters_are_replaced(harness: &Harness) -> CaseResult {
    let (usual, pages) = pages_with(harness, &[OddRow::LoneSurrogate]).await?;
    for (_, page) in pages {
        let subjects = page.items.iter().map(|ticket| ticket.subject.as_deref());
        let subjects: Vec<_> = subjects.collect();
        let is_replaced = subjects
            .iter()
            .any(|subject| subject.is_some_and(|subject| subject.ends_with('\u{fffd}')));
        ensure(
            is_replaced && ids(&page) == ids(&usual),
            "a list was read in which a subject ends with half of a surrogate pair",
            "every ticket, and U+FFFD at the end of that subject",
            format!("{:?} with the subjects {subjects:?}", ids(&page)),
        )?;
    }
    Ok(())
}

pub(crate) async fn rows_without_an_id_are_reported(harness: &Harness) -> CaseResult {
    let rows = [OddRow::MissingId, OddRow::NullId, OddRow::Null];
    let (usual, pages) = pages_with(harness, &rows).await?;
    for (row, page) in pages {
        let (found, usual) = (ids(&page), ids(&usual));
        ensure(
            found.is_subset(&usual) && found.len() + 1 == usual.len() && !page.gaps.is_empty(),
            format!("a list was read, with {row:?} in one row"),
            "every other ticket, and the row among the `gaps` of the page",
            format!("{found:?} of {usual:?}, gaps: {:?}", page.gaps),
        )?;
    }
    Ok(())
}

async fn delete_with(harness: &Harness, ids: &[TicketId], odd: OddId) -> CaseResult<DeleteReport> {
    harness.inject(Operation::Delete, Fault::OddId(odd)).await?;
    let result = harness.delete(&targets(ids)).await;
    match result {
        Ok(report) => Ok(report),
        Err(_) => fail(
            format!(
                "{} tickets were deleted, with {odd:?} in the reply",
                ids.len()
            ),
            "a report",
            describe(&result),
        ),
    }
}

pub(crate) async fn odd_id_affects_no_other_outcome(harness: &Harness) -> CaseResult {
    require_batch(harness, 3)?;
    for odd in [OddId::Null, OddId::Float, OddId::OtherType, OddId::Missing] {
        let ids = [
            harness.ticket().await?,
            harness.ticket().await?,
            harness.ticket().await?,
        ];
        let report = delete_with(harness, &ids, odd).await?;
        let count = |wanted: fn(&Outcome) -> bool| {
            report.iter().filter(|(_, outcome)| wanted(outcome)).count()
        };
        let done = count(Outcome::is_done);
        let unknown = count(|outcome| matches!(outcome, Outcome::Unknown(_)));
        ensure(
            done >= 2 && done + unknown == ids.len(),
            format!("3 tickets were deleted, with {odd:?} in the reply"),
            "`deleted` for all, or `unknown` for the odd one",
            describe_report(&report),
        )?;
    }
    Ok(())
}

pub(crate) async fn unrequested_deleted_ids_are_reported(harness: &Harness) -> CaseResult {
    harness.require(Operation::Delete)?;
    let id = harness.ticket().await?;
    let report = delete_with(harness, std::slice::from_ref(&id), OddId::Unasked).await?;
    let unasked = TicketId::new(OddId::UNASKED.to_string());
    let is_done = report.outcome(&id).is_some_and(Outcome::is_done);
    ensure(
        is_done && report.unasked() == [unasked],
        "a ticket was deleted, and the reply named another one, too",
        format!("`deleted`, and {} among `unasked`", OddId::UNASKED),
        format!(
            "{}; unasked: {:?}",
            describe_report(&report),
            report.unasked()
        ),
    )
}
