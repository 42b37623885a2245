//! Updates and comments of many tickets: what is sent, what is never sent again, and what a read proves.

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::BulkOptions;
use ticket_core::model::{Attachment, Priority, RawValue, Status, Version};
use ticket_core::provider::{Capabilities, Field, Fields, MockTicketProvider, NotFound, Support};
use ticket_core::{
    CallContext, Change, DeleteTarget, Effect, ErrorKind, NewComment, Operation, Outcome,
    ProviderInfo, Ticket, TicketPatch, Tickets,
};

use crate::common::error;

fn info() -> ProviderInfo {
    let update = Fields::carrying(&[Field::Subject, Field::Priority]);
    let comment = Fields::carrying(&[Field::Body, Field::Internal]);
    let gone = || Support::new().not_found(NotFound::Gone);
    let capabilities = Capabilities::none()
        .with(Operation::Get, gone())
        .with(Operation::Update, gone().fields(update).conditional())
        .with(Operation::Comment, gone().fields(comment));
    ProviderInfo::new("mock", "Mock", capabilities)
        .never_reuses_ids()
        .consistent_reads()
}

fn vendor() -> MockTicketProvider {
    let mut provider = MockTicketProvider::new();
    provider.expect_info().return_const(info());
    provider
}

/// A vendor whose reads show a ticket with this priority.
fn vendor_that_shows(priority: Option<Priority>) -> MockTicketProvider {
    let mut provider = vendor();
    provider.expect_get().returning(move |_, id| {
        let mut ticket = Ticket::new(id, RawValue::NULL.to_owned());
        ticket.priority.clone_from(&priority);
        Ok(ticket)
    });
    provider
}

fn urgent() -> Change {
    Change::Update(Box::new(TicketPatch::new().priority(Priority::Urgent)))
}

fn note() -> Change {
    Change::Comment(Box::new(NewComment::internal("Called back")))
}

async fn settled(provider: MockTicketProvider, change: Change, context: CallContext) -> Outcome {
    let tickets = Tickets::bare(Arc::new(provider)).with(context);
    let target = DeleteTarget::new("9");
    let mut work = tickets.apply(
        change,
        stream::iter([((), target)]),
        &BulkOptions::default(),
    );
    work.next().await.unwrap().outcome
}

#[tokio::test(start_paused = true)]
async fn comment_with_a_lost_reply_is_unknown_and_neither_repeated_nor_looked_at() {
    for kind in [ErrorKind::Connect, ErrorKind::Timeout, ErrorKind::Server] {
        let mut provider = vendor();
        provider
            .expect_comment()
            .times(1)
            .returning(move |_, _, _| Err(error(kind, Effect::Unknown)));
        let outcome = settled(provider, note(), CallContext::new()).await;
        assert_eq!(note().word(&outcome), "unknown", "{kind}");
    }
}

#[tokio::test(start_paused = true)]
async fn comment_in_doubt_after_a_crash_is_never_sent() {
    let mut provider = vendor();
    provider.expect_comment().times(0);
    let context = CallContext::new().earlier_attempt(Effect::Unknown);
    let outcome = settled(provider, note(), context).await;
    assert_eq!(note().word(&outcome), "unknown");
    let message = outcome.error().unwrap().to_string();
    assert!(message.contains("never sent twice"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn comment_that_failed_without_an_effect_is_sent_again() {
    let mut provider = vendor();
    let mut calls = 0;
    provider
        .expect_comment()
        .times(2)
        .returning(move |_, id, comment| {
            assert_eq!((id.as_str(), &*comment.body), ("9", "Called back"));
            calls += 1;
            if calls == 1 {
                return Err(error(ErrorKind::Unavailable, Effect::None));
            }
            Ok(())
        });
    let outcome = settled(provider, note(), CallContext::new()).await;
    assert_eq!(note().word(&outcome), "commented");
}

#[tokio::test(start_paused = true)]
async fn update_with_a_lost_reply_is_done_only_if_a_read_shows_it() {
    for (shown, word) in [
        (Some(Priority::Urgent), "already_updated"),
        (Some(Priority::Low), "unknown"),
        (None, "unknown"),
    ] {
        for earlier in [Effect::None, Effect::Unknown] {
            let mut provider = vendor_that_shows(shown.clone());
            provider
                .expect_update()
                .times(usize::from(earlier == Effect::None))
                .returning(|_, _, _| Err(error(ErrorKind::Timeout, Effect::Unknown)));
            let context = CallContext::new().earlier_attempt(earlier);
            let outcome = settled(provider, urgent(), context).await;
            assert_eq!(urgent().word(&outcome), word, "{shown:?} {earlier:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn update_names_the_version_of_its_ticket() {
    let mut provider = vendor();
    provider.expect_update().times(2).returning(|_, id, patch| {
        let version = patch.if_version.as_ref().map(Version::as_str);
        assert_eq!(version, (id.as_str() == "1").then_some("v1"));
        assert_eq!(patch.priority, Some(Priority::Urgent));
        Ok(())
    });
    let tickets = Tickets::bare(Arc::new(provider));
    let targets = [
        DeleteTarget::new("1").version(Version::new("v1")),
        DeleteTarget::new("2"),
    ];
    let targets = stream::iter(targets.map(|target| ((), target)));
    let work = tickets.apply(urgent(), targets, &BulkOptions::default());
    let words: Vec<_> = work
        .map(|settled| urgent().word(&settled.outcome))
        .collect()
        .await;
    assert_eq!(words, ["updated", "updated"]);
}

#[test]
fn what_a_vendor_cannot_carry_is_refused_before_anything_is_sent() {
    let target = DeleteTarget::new("9");
    let refused = |change: Change, target: &DeleteTarget| {
        let error = change.check(&info(), target).unwrap_err();
        (error.kind(), error.effect(), error.to_string())
    };
    assert!(urgent().check(&info(), &target).is_ok());
    assert!(note().check(&info(), &target).is_ok());
    let status = TicketPatch::new().status(Status::Closed);
    let file = || Attachment::new("a.txt", *b"x");
    let with_file = TicketPatch::new().subject("x").attachment(file());
    let versioned = DeleteTarget::new("9").version(Version::new("v1"));
    for (change, target, word) in [
        (Change::Update(status.into()), &target, "`status`"),
        (
            Change::Update(TicketPatch::new().into()),
            &target,
            "nothing to change",
        ),
        (Change::Update(with_file.into()), &target, "files"),
        (
            Change::Comment(NewComment::outbound("x").into()),
            &target,
            "`outbound`",
        ),
        (
            Change::Comment(NewComment::internal("x").attachment(file()).into()),
            &target,
            "files",
        ),
        (note(), &versioned, "version"),
    ] {
        let (kind, effect, message) = refused(change, target);
        assert_eq!((kind, effect), (ErrorKind::InvalidInput, Effect::None));
        assert!(message.contains(word), "{message}");
    }
}

#[test]
fn change_is_read_back_as_it_was_written_and_hides_texts_in_debug() {
    let patch = TicketPatch::new()
        .subject("Secret subject")
        .description("Secret text")
        .status(Status::Other("In Progress".to_owned()))
        .priority(Priority::Other("HIGH".to_owned()))
        .assignee("Secret person")
        .custom("Owner", vec!["Secret owner"]);
    let comment = NewComment::outbound("Secret reply\nwith lines");
    for change in [
        Change::Update(patch.into()),
        Change::Comment(comment.into()),
    ] {
        let written = serde_json::to_string(&change).unwrap();
        let read: Change = serde_json::from_str(&written).unwrap();
        assert_eq!(read, change, "{written}");
        assert!(!format!("{change:?}").contains("Secret"), "{change:?}");
    }
    let short = serde_json::to_string(&urgent()).unwrap();
    assert_eq!(short, r#"{"update":{"priority":"urgent"}}"#);
    let newer = r#"{"update":{"priority":"urgent","due_at":"tomorrow"}}"#;
    assert!(serde_json::from_str::<Change>(newer).is_err());
    let comment = NewComment::internal("x").attachment(Attachment::new("a.txt", *b"x"));
    assert!(serde_json::to_string(&comment).is_err());
}
