//! Vendors with a trash, merged tickets and versions: what is sent, and what it is called afterwards.
#![allow(
    clippy::unwrap_used,
    clippy::panic_in_result_fn,
    reason = "helpers of tests may panic"
)]

mod common;

use std::sync::{Arc, Mutex};

use common::error;
use ticket_core::call::StackOptions;
use ticket_core::model::{AttachedFile, FieldValue, RawValue, Status, Version};
use ticket_core::provider::{
    Capabilities, Download, Fields, MockTicketProvider, NotFound, Request, Support,
};
use ticket_core::{
    Change, DeleteReport, DeleteTarget, Effect, Error, ErrorKind, NewTicket, Operation, Outcome,
    Page, ProviderInfo, Ticket, TicketPatch, TicketProvider, Tickets,
};

fn ticket(id: &str, status: Status) -> Ticket {
    let mut ticket = Ticket::new(id, RawValue::NULL.to_owned());
    ticket.status = Some(status);
    ticket
}

fn info() -> ProviderInfo {
    let delete = Support::new()
        .max_batch(50)
        .not_found(NotFound::Gone)
        .conditional();
    let capabilities = Capabilities::none()
        .get()
        .restore()
        .with(Operation::Delete, delete);
    ProviderInfo::new("mock", "Mock", capabilities).never_reuses_ids()
}

/// A provider of which `9` is in the trash, `63` is merged into `64`, and all others are open. Deletes succeed; the
/// ids of each call are written down.
fn vendor(info: ProviderInfo) -> (MockTicketProvider, Arc<Mutex<Vec<String>>>) {
    let mut provider = MockTicketProvider::new();
    let log = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&log);
    provider.expect_info().return_const(info);
    provider.expect_get().returning(|_, id| match id.as_str() {
        "9" => Ok(ticket("9", Status::Deleted)),
        "63" => Ok(ticket("64", Status::Open)),
        id => Ok(ticket(id, Status::Open)),
    });
    provider.expect_delete().returning(move |_, targets| {
        let ids: Vec<_> = targets.iter().map(|target| target.id.as_str()).collect();
        seen.lock().unwrap().push(ids.join(","));
        Ok(DeleteReport::from_fn(targets, |_| Outcome::Done))
    });
    (provider, log)
}

fn words(report: &DeleteReport) -> Vec<String> {
    let words = report.iter();
    words
        .map(|(id, outcome)| format!("{id} {}", Change::Delete.word(outcome)))
        .collect()
}

#[tokio::test(start_paused = true)]
async fn batch_is_read_first_where_ids_lead_elsewhere_and_the_rest_is_deleted_together() {
    let (provider, log) = vendor(info().redirects_ids());
    let report = Tickets::new(provider).delete(["1", "9", "63", "2"]).await;
    assert_eq!(
        words(&report),
        ["1 deleted", "9 already_gone", "63 failed", "2 deleted"]
    );
    assert_eq!(*log.lock().unwrap(), ["1,2"]);
}

#[tokio::test(start_paused = true)]
async fn tickets_that_are_all_in_the_trash_send_no_delete() {
    let (provider, log) = vendor(info().redirects_ids());
    let report = Tickets::new(provider).delete(["9"]).await;
    assert_eq!(words(&report), ["9 already_gone"]);
    assert!(log.lock().unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn batch_that_is_not_answered_is_sent_again_without_those_that_are_settled() {
    let mut provider = MockTicketProvider::new();
    provider.expect_info().return_const(info().redirects_ids());
    provider.expect_get().returning(|_, id| match id.as_str() {
        "9" => Ok(ticket("9", Status::Deleted)),
        id => Ok(ticket(id, Status::Open)),
    });
    let log = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&log);
    provider.expect_delete().returning(move |_, targets| {
        let mut log = seen.lock().unwrap();
        log.push(targets.len());
        match log.len() {
            1 => Err(error(ErrorKind::Connect, Effect::None)),
            _ => Ok(DeleteReport::from_fn(targets, |_| Outcome::Done)),
        }
    });
    let tickets = Tickets::bare(Arc::new(provider));
    let ids = futures_util::stream::iter(["1", "9", "2"].map(|id| ((), id)));
    let options = ticket_core::bulk::BulkOptions::default();
    let work = tickets.apply(Change::Delete, ids, &options);
    let mut settled: Vec<_> = futures_util::StreamExt::collect::<Vec<_>>(work).await;
    settled.sort_by(|one, other| one.id.cmp(&other.id));
    let words: Vec<_> = settled
        .iter()
        .map(|settled| Change::Delete.word(&settled.outcome))
        .collect();
    assert_eq!(words, ["deleted", "deleted", "already_gone"]);
    assert_eq!(*log.lock().unwrap(), [2, 2]);
}

#[tokio::test(start_paused = true)]
async fn refused_credentials_end_the_change_at_the_first_read() {
    let mut provider = MockTicketProvider::new();
    provider.expect_info().return_const(info().redirects_ids());
    provider
        .expect_get()
        .times(1)
        .returning(|_, _| Err(error(ErrorKind::Unauthenticated, Effect::None)));
    let ids: Vec<String> = (0..40).map(|id| id.to_string()).collect();
    let report = Tickets::bare(Arc::new(provider)).delete(&ids).await;
    assert_eq!(report.len(), 40);
    assert!(report.iter().all(|(_, outcome)| outcome.is_left_to_do()));
}

/// One sign-in page among the reads before a batch is deleted.
#[tokio::test(start_paused = true)]
async fn odd_answer_to_the_read_before_a_delete_costs_its_ticket_only() {
    let mut provider = MockTicketProvider::new();
    provider.expect_info().return_const(info().redirects_ids());
    provider.expect_get().returning(|_, id| match id.as_str() {
        "2" => Err(error(ErrorKind::BadResponse, Effect::Unknown)),
        id => Ok(ticket(id, Status::Open)),
    });
    let log = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&log);
    provider.expect_delete().returning(move |_, targets| {
        seen.lock().unwrap().push(targets.len());
        Ok(DeleteReport::from_fn(targets, |_| Outcome::Done))
    });
    let report = Tickets::bare(Arc::new(provider))
        .delete(["1", "2", "3"])
        .await;
    assert_eq!(words(&report), ["1 deleted", "2 failed", "3 deleted"]);
    assert_eq!(*log.lock().unwrap(), [2]);
}

#[tokio::test(start_paused = true)]
async fn reads_before_a_delete_end_after_five_answers_of_somebody_else() {
    let mut provider = MockTicketProvider::new();
    provider.expect_info().return_const(info().redirects_ids());
    provider
        .expect_get()
        .times(5)
        .returning(|_, _| Err(error(ErrorKind::BadResponse, Effect::Unknown)));
    let ids: Vec<String> = (0..40).map(|id| id.to_string()).collect();
    let report = Tickets::bare(Arc::new(provider)).delete(&ids).await;
    assert_eq!(report.len(), 40);
    assert!(
        report
            .iter()
            .all(|(_, outcome)| outcome.as_str() == "failed")
    );
}

#[tokio::test(start_paused = true)]
async fn target_with_a_version_is_a_call_of_its_own() {
    let (provider, log) = vendor(info());
    let version = |id: &str| DeleteTarget::new(id).version(Version::new("\"34\""));
    let targets = [
        DeleteTarget::new("1"),
        version("2"),
        DeleteTarget::new("3"),
        version("4"),
    ];
    let provider: Arc<dyn TicketProvider> = Arc::new(provider);
    let report = Tickets::with_options(Arc::clone(&provider), &StackOptions::default())
        .delete(targets.clone())
        .await;
    assert!(report.all_deleted());
    assert_eq!(*log.lock().unwrap(), ["2", "4", "1,3"]);
    let refused = provider
        .info()
        .check(&Request::Delete(&targets))
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::InvalidInput);
}

#[tokio::test(start_paused = true)]
async fn lost_delete_whose_ticket_is_in_the_trash_is_gone_and_a_lost_restore_is_seen() {
    let mut provider = MockTicketProvider::new();
    provider.expect_info().return_const(info());
    let lost = || error(ErrorKind::BadResponse, Effect::Unknown);
    provider.expect_get().returning(|_, id| match id.as_str() {
        "9" => Ok(ticket("9", Status::Deleted)),
        id => Ok(ticket(id, Status::Open)),
    });
    provider.expect_delete().returning(move |_, _| Err(lost()));
    provider
        .expect_restore()
        .returning(move |_, id| match id.as_str() {
            "7" => Ok(()),
            _ => Err(lost()),
        });
    let tickets = Tickets::bare(Arc::new(provider));
    let report = tickets.delete(["8", "9"]).await;
    assert_eq!(words(&report), ["8 unknown", "9 already_gone"]);
    let ids = futures_util::stream::iter(["7", "8", "9"].map(|id| ((), id)));
    let options = ticket_core::bulk::BulkOptions::default();
    let work = tickets.apply(Change::Restore, ids, &options);
    let mut settled: Vec<_> = futures_util::StreamExt::collect::<Vec<_>>(work).await;
    settled.sort_by(|one, other| one.id.cmp(&other.id));
    let words: Vec<_> = settled
        .iter()
        .map(|settled| Change::Restore.word(&settled.outcome))
        .collect();
    assert_eq!(words, ["restored", "already_restored", "unknown"]);
}

#[tokio::test(start_paused = true)]
async fn update_of_a_version_is_refused_where_the_vendor_has_none() {
    let fields = Fields::carrying(&[ticket_core::provider::Field::Subject]);
    let update = |update: Support| {
        let capabilities = Capabilities::none().with(Operation::Update, update);
        let info = ProviderInfo::new("mock", "Mock", capabilities);
        let patch = TicketPatch::new()
            .subject("x")
            .if_version(Version::new("7"));
        info.check(&Request::Update(&"1".into(), &patch))
    };
    assert!(update(Support::new().fields(fields.clone()).conditional()).is_ok());
    let refused = update(Support::new().fields(fields)).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "mock update 1: Mock cannot update a ticket only if its version is unchanged"
    );
}

#[test]
fn custom_field_with_several_values_is_refused_where_one_is_carried() {
    let check = |fields: Fields| {
        let info = ProviderInfo::new("mock", "Mock", Capabilities::none().create(fields));
        let ticket = NewTicket::new("x").custom("Labels", vec!["vip", "late"]);
        info.check(&Request::Create(&ticket))
    };
    let carried = [ticket_core::provider::Field::Subject];
    assert!(
        check(
            Fields::carrying(carried.to_vec())
                .any_custom()
                .many_values()
        )
        .is_ok()
    );
    let refused = check(Fields::carrying(carried.to_vec()).any_custom()).unwrap_err();
    assert_eq!(
        refused.to_string(),
        "mock create: Mock cannot carry several values of the custom field `Labels`"
    );
}

#[test]
fn requests_of_a_call_are_counted_with_its_files() {
    let create = Support::new().requests(2).requests_per_file(1);
    let capabilities = Capabilities::none().get().with(Operation::Create, create);
    let info = ProviderInfo::new("mock", "Mock", capabilities);
    let file = |name: &str| ticket_core::model::Attachment::new(name, *b"x");
    let ticket = NewTicket::new("x")
        .attachment(file("a"))
        .attachment(file("b"));
    assert_eq!(info.requests(&Request::Create(&ticket)), 4);
    assert_eq!(info.requests(&Request::Get(&"1".into())), 1);
}

#[test]
fn what_an_update_did_not_change_is_named() {
    let mut read = ticket("1", Status::Open);
    read.subject = Some("old".to_owned());
    read.custom.insert("Order".to_owned(), "A-1".into());
    let labels = FieldValue::from(vec!["late", "vip"]);
    read.custom.insert("Labels".to_owned(), labels);
    let patch = TicketPatch::new()
        .subject("new")
        .status(Status::Open)
        .assignee("ann")
        .custom("Order", "A-1")
        .custom("Labels", vec!["vip", "late"])
        .custom("Nope", "1");
    let dropped = patch.not_in(&read);
    assert_eq!(dropped, ["subject", "assignee", "Nope"]);
    let error = Error::not_applied(&dropped, true);
    assert_eq!(
        error.to_string(),
        "the vendor accepted the update but did not change `subject`, `assignee`, `Nope`; the other fields are changed"
    );
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Conflict, Effect::Unknown)
    );
    assert_eq!(Error::not_applied(&dropped, false).effect(), Effect::None);
}

#[tokio::test]
async fn download_is_read_within_a_limit() {
    let parts = || {
        let parts = [Ok(b"abc".to_vec()), Ok(b"de".to_vec())];
        Download::new(Box::pin(futures_util::stream::iter(parts)))
    };
    assert_eq!(parts().read(5).await.unwrap().unwrap(), b"abcde");
    assert!(parts().read(4).await.unwrap().is_none());
    let failing = [
        Ok(b"abc".to_vec()),
        Err(error(ErrorKind::Timeout, Effect::None)),
    ];
    let failing = Download::new(Box::pin(futures_util::stream::iter(failing)));
    assert_eq!(
        failing.read(9).await.unwrap_err().kind(),
        ErrorKind::Timeout
    );
    let mut provider = MockTicketProvider::new();
    let capabilities = Capabilities::none().attachments(Fields::default());
    provider
        .expect_info()
        .return_const(ProviderInfo::new("mock", "Mock", capabilities));
    provider
        .expect_download()
        .returning(move |_, _| Ok(parts()));
    let file = AttachedFile::new("7", RawValue::NULL.to_owned());
    let download = Tickets::new(provider).download(&file).await.unwrap();
    assert_eq!(download.read(5).await.unwrap().unwrap(), b"abcde");
}

#[tokio::test]
async fn vendor_answers_only_if_a_ticket_that_it_lists_can_be_read() {
    for (reads, listed, answers) in [
        (true, true, true),
        (false, true, false),
        (false, false, true),
    ] {
        let mut provider = MockTicketProvider::new();
        let capabilities = Capabilities::none().get().list(Fields::default());
        provider
            .expect_info()
            .return_const(ProviderInfo::new("mock", "Mock", capabilities));
        provider.expect_list().returning(move |_, _| {
            let rows = listed.then(|| ticket("1", Status::Open));
            Ok(Page::last(rows.into_iter().collect()))
        });
        provider.expect_get().returning(move |_, id| {
            if reads {
                Ok(ticket(id.as_str(), Status::Open))
            } else {
                Err(error(ErrorKind::NotFound, Effect::None))
            }
        });
        let tickets = Tickets::new(provider);
        assert_eq!(tickets.is_answered().await, answers, "{reads} {listed}");
    }
}
