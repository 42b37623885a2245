//! Nothing happens to a ticket that nobody asked for; where the vendor says that it did, it is told.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use common::error;
use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::{BulkOptions, Notice};
use ticket_core::provider::{Capabilities, IdForm, MockTicketProvider};
use ticket_core::{
    CallContext, Change, DeleteReport, DeleteTarget, Effect, ErrorKind, Operation, Outcome,
    ProviderInfo, Result, Stop, Ticket, TicketId, TicketProvider, Tickets,
};

use ticket_core::model::RawValue;

fn info(form: IdForm) -> ProviderInfo {
    let capabilities = Capabilities::none().get().delete(2);
    ProviderInfo::new("mock", "Mock", capabilities).id_form(form)
}

/// A provider whose `get` answers about the ticket `answered`.
fn answering(info: ProviderInfo, answered: &'static str) -> MockTicketProvider {
    let mut provider = MockTicketProvider::new();
    provider.expect_info().return_const(info);
    provider
        .expect_get()
        .returning(move |_, _| Ok(Ticket::new(answered, RawValue::NULL.to_owned())));
    provider
}

/// Deletes a ticket that nobody asked for, says nothing of the one asked for, and does not answer a read.
#[derive(Debug)]
struct Unasked(ProviderInfo);

#[async_trait]
impl TicketProvider for Unasked {
    fn info(&self) -> &ProviderInfo {
        &self.0
    }

    async fn get(&self, _context: &CallContext, _id: &TicketId) -> Result<Ticket> {
        std::future::pending().await
    }

    async fn delete(
        &self,
        _context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        let unknown = Outcome::Unknown(error(ErrorKind::BadResponse, Effect::Unknown));
        let report = DeleteReport::from_fn(targets, |_| unknown.clone());
        Ok(report.with_unasked(["999".into()]))
    }
}

#[tokio::test(start_paused = true)]
async fn get_answered_about_another_ticket_is_a_conflict_that_names_both() {
    let tickets = Tickets::new(answering(info(IdForm::Number), "64"));
    let failed = tickets.get("63").await.unwrap_err();
    assert_eq!(
        (failed.kind(), failed.effect()),
        (ErrorKind::Conflict, Effect::None)
    );
    assert_eq!(
        failed.to_string(),
        "mock get 63: the vendor answered about another ticket, 64; this one may have been merged into it"
    );
    // The case of letters makes no other ticket.
    let tickets = Tickets::new(answering(info(IdForm::Alphanumeric), "ABC1234"));
    assert!(tickets.get("abc1234").await.is_ok());
    let tickets = Tickets::new(answering(info(IdForm::Any), "ABC1234"));
    assert!(tickets.get("abc1234").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn merged_ticket_is_not_deleted_where_ids_lead_elsewhere() {
    let mut provider = answering(info(IdForm::Number).redirects_ids(), "64");
    provider
        .expect_delete()
        .times(1)
        .withf(|_, targets| targets.iter().all(|target| target.id.as_str() == "64"))
        .returning(|_, targets| Ok(DeleteReport::from_fn(targets, |_| Outcome::Done)));
    let report = Tickets::new(provider).delete(["63", "64"]).await;
    let refused = report.outcome(&"63".into()).unwrap();
    assert_eq!(refused.as_str(), "failed");
    let error = refused.error().unwrap();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Conflict, Effect::None)
    );
    assert_eq!(error.operation(), Some(Operation::Delete));
    assert!(error.to_string().contains("64"), "{error}");
    assert_eq!(report.outcome(&"64".into()).unwrap().as_str(), "done");
}

#[tokio::test(start_paused = true)]
async fn tickets_that_nobody_asked_for_are_told() {
    let mut provider = answering(info(IdForm::Number), "1");
    provider.expect_delete().returning(|_, targets| {
        let report = DeleteReport::from_fn(targets, |_| Outcome::Done);
        Ok(report.with_unasked(["999".into()]))
    });
    let report = Tickets::new(provider).delete(["1", "2"]).await;
    assert_eq!(report.unasked(), ["999".into()]);
    assert!(report.iter().all(|(_, outcome)| outcome.is_done()));
    assert!(!report.all_deleted());
}

/// A look at the ticket of unknown outcome is on its way when the change ends.
#[tokio::test(start_paused = true)]
async fn tickets_that_nobody_asked_for_are_told_although_the_call_is_abandoned_or_dropped() {
    for drops in [false, true] {
        let (told, stop) = (Arc::new(Mutex::new(Vec::new())), Stop::new());
        let notices = Arc::clone(&told);
        let options = BulkOptions::default().notify(move |account, notice| {
            if let Notice::Unasked(tickets) = notice {
                let tickets = tickets.iter().map(|id| format!("{account}:{id}"));
                notices.lock().unwrap().extend(tickets);
            }
        });
        let tickets = Tickets::bare(Arc::new(Unasked(info(IdForm::Number))))
            .with(CallContext::new().stop(stop.clone()));
        let mut work = tickets.apply(Change::Delete, stream::iter([((), "1")]), &options);
        let waited = tokio::time::timeout(Duration::from_secs(1), work.next()).await;
        assert!(waited.is_err(), "the look does not end");
        if drops {
            drop(work);
        } else {
            stop.abandon();
            let settled: Vec<_> = work.collect().await;
            let [settled] = settled.as_slice() else {
                panic!("{settled:?}");
            };
            assert_eq!(settled.outcome.as_str(), "unknown");
        }
        assert_eq!(*told.lock().unwrap(), ["mock:999"], "dropped: {drops}");
    }
}

#[tokio::test(start_paused = true)]
async fn read_about_another_ticket_proves_nothing_of_a_lost_delete() {
    let mut provider = answering(info(IdForm::Number).never_reuses_ids(), "64");
    provider
        .expect_delete()
        .returning(|_, _| Err(error(ErrorKind::BadResponse, Effect::Unknown)));
    let provider: Arc<dyn TicketProvider> = Arc::new(provider);
    let report = Tickets::bare(provider).delete(["63"]).await;
    assert_eq!(report.outcome(&"63".into()).unwrap().as_str(), "unknown");
}
