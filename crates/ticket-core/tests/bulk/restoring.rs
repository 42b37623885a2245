//! Tickets taken out of the trash, at a vendor that documents no form of *not found*, and with replies whose status
//! nobody can read.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::BulkOptions;
use ticket_core::model::{RawValue, Status};
use ticket_core::provider::{Capabilities, Fields, MockTicketProvider, NotFound, Removal, Support};
use ticket_core::{
    Change, Effect, Error, ErrorKind, Operation, Outcome, Page, ProviderInfo, Ticket, Tickets,
};

use crate::common::error;

fn info() -> ProviderInfo {
    let undocumented = || Support::new().not_found(NotFound::Undocumented);
    let trash = Removal::Trash {
        restorable_for: None,
    };
    let capabilities = Capabilities::none()
        .with(Operation::Get, undocumented())
        .list(Fields::default())
        .with(Operation::Delete, undocumented().removal(trash))
        .with(Operation::Restore, undocumented());
    ProviderInfo::new("mock", "Mock", capabilities)
        .never_reuses_ids()
        .consistent_reads()
}

/// A vendor whose reads find a ticket with this status, or fail.
fn vendor(read: Result<Option<Status>, ErrorKind>) -> MockTicketProvider {
    let mut provider = MockTicketProvider::new();
    provider.expect_info().return_const(info());
    provider.expect_get().returning(move |_, id| {
        let mut ticket = Ticket::new(id, RawValue::NULL.to_owned());
        ticket.status = read.clone().map_err(|kind| error(kind, Effect::None))?;
        Ok(ticket)
    });
    provider
}

async fn settled(provider: MockTicketProvider, change: Change) -> Outcome {
    let tickets = Tickets::bare(Arc::new(provider));
    let mut work = tickets.apply(change, stream::iter([((), "9")]), &BulkOptions::default());
    work.next().await.unwrap().outcome
}

#[tokio::test(start_paused = true)]
async fn restore_that_finds_no_ticket_is_not_found_only_if_reads_confirm_it() {
    for (read, list, word, confirmed) in [
        (Err(ErrorKind::NotFound), true, "not_found", true),
        // A gateway without a route answers everything like this.
        (Err(ErrorKind::NotFound), false, "unknown", false),
        (Err(ErrorKind::Forbidden), true, "unknown", false),
        (Ok(Some(Status::Deleted)), true, "failed", false),
        (Ok(Some(Status::Open)), true, "already_restored", false),
        (Ok(None), true, "unknown", false),
    ] {
        let mut provider = vendor(read.clone());
        provider
            .expect_restore()
            .times(1)
            .returning(|_, _| Err(error(ErrorKind::NotFound, Effect::None)));
        provider.expect_list().returning(move |_, _| {
            if list {
                Ok(Page::last(Vec::new()))
            } else {
                Err(error(ErrorKind::NotFound, Effect::None))
            }
        });
        let outcome = settled(provider, Change::Restore).await;
        assert_eq!(Change::Restore.word(&outcome), word, "{read:?} {list}");
        let is_confirmed = outcome.error().is_some_and(Error::is_confirmed);
        assert_eq!(is_confirmed, confirmed, "{read:?} {list}");
    }
}

#[tokio::test(start_paused = true)]
async fn read_without_a_status_proves_neither_a_restore_nor_a_delete() {
    let lost = || error(ErrorKind::BadResponse, Effect::Unknown);
    let mut provider = vendor(Ok(None));
    provider
        .expect_restore()
        .times(1)
        .returning(move |_, _| Err(lost()));
    let restored = settled(provider, Change::Restore).await;
    assert_eq!(Change::Restore.word(&restored), "unknown");
    let mut provider = vendor(Ok(None));
    provider
        .expect_delete()
        .times(1)
        .returning(move |_, _| Err(lost()));
    let deleted = settled(provider, Change::Delete).await;
    assert_eq!(Change::Delete.word(&deleted), "unknown");
}
