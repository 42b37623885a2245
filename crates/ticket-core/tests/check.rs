//! What is refused before anything is sent: by name, and without any effect.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::memory::{Memory, calls};
use ticket_core::model::{Attachment, Cursor, PageRequest, Person, Priority, State, Status};
use ticket_core::provider::{Capabilities, Field, Fields, Request};
use ticket_core::{
    DeleteTarget, Effect, ErrorKind, NewComment, NewTicket, Operation, ProviderInfo, TicketId,
    TicketPatch, TicketQuery,
};

fn create_fields() -> Fields {
    Fields::carrying(&[Field::Subject, Field::Description])
        .requiring(&[Field::Subject, Field::Description])
        .max_chars(&[(Field::Subject, 5)])
        .custom(["coordinate"])
}

#[test]
fn all_missing_fields_are_told_at_once() {
    const THREE: &[Field] = &[Field::Subject, Field::Description, Field::Priority];
    let fields = Fields::carrying(THREE).requiring(THREE);
    let info = ProviderInfo::new("example", "Example", Capabilities::none().create(fields));
    for (ticket, missing, told) in [
        (
            NewTicket::new(" "),
            THREE,
            "Example requires `subject`, `description` and `priority`; give them values",
        ),
        (
            NewTicket::new("x").priority(Priority::Low),
            &[Field::Description],
            "Example requires `description`; give it a value",
        ),
        (
            NewTicket::new("x").priority(Priority::Low).description("y"),
            &[],
            "",
        ),
    ] {
        let request = Request::Create(&ticket);
        assert_eq!(info.missing(&request), missing);
        let error = info.check(&request).err();
        let message = error.as_ref().map_or("", |error| error.message());
        assert_eq!(message, told);
    }
}

#[tokio::test(start_paused = true)]
async fn unsupported_field_is_rejected_by_name_before_sending() {
    let (tickets, seen) = Memory::new(Capabilities::none().create(create_fields())).handle();
    let good = || NewTicket::new("abc").description("text");
    let refused = [
        (good().priority(Priority::High), "priority"),
        (good().assignee("x"), "assignee"),
        (good().category("x"), "category"),
        (good().tag("x"), "tags"),
        (good().requester(Person::named("x")), "requester_name"),
        (good().requester(Person::with_id("x")), "requester_id"),
        (
            good().requester(Person::default().email("x")),
            "requester_email",
        ),
        (
            good().requester(Person::default().phone("x")),
            "requester_phone",
        ),
        (good().custom("colour", "red"), "colour"),
        (NewTicket::new("abc"), "description"),
        (NewTicket::new("  ").description("text"), "subject"),
        (NewTicket::new("abcdef").description("text"), "at most 5"),
    ];
    for (ticket, word) in refused {
        let error = tickets.create(&ticket).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::InvalidInput, Effect::None),
            "{error}"
        );
        assert!(
            error.to_string().contains(word),
            "{error} does not name {word}"
        );
    }
    let declared = good().custom("coordinate", "1,2");
    let info = tickets.info();
    info.check(&Request::Create(&declared)).unwrap();
    let attachment = good().attachment(Attachment::new("a.png", *b"x"));
    let error = tickets.create(&attachment).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert!(error.to_string().contains("attachments"), "{error}");
    assert_eq!(calls(&seen), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn a_filter_that_the_vendor_lacks_is_refused_by_name() {
    let list = Fields::carrying(&[Field::Search]);
    let (tickets, seen) = Memory::new(Capabilities::none().list(list)).handle();
    let error = tickets
        .list(&TicketQuery::new().state(State::Open))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`state`"), "{error}");
    let query = TicketQuery::new;
    let page = PageRequest::first;
    for (query, name) in [
        (query().priority(Priority::High), "`priority`"),
        (query().category("x"), "`category`"),
        (query().page(page().limit(5)), "`limit`"),
        (query().page(page().at(Cursor::new("x"))), "`cursor`"),
    ] {
        let error = tickets.list(&query).await.unwrap_err();
        assert!(error.to_string().contains(name), "{error}");
    }
    assert!(calls(&seen).is_empty());
    tickets.list(&TicketQuery::new().search("x")).await.unwrap();
    assert_eq!(calls(&seen), ["list None"]);
}

#[tokio::test(start_paused = true)]
async fn zero_page_limits_and_blank_filters_are_rejected() {
    fn list_fields() -> Fields {
        Fields::carrying(&[Field::Search, Field::PageLimit])
    }
    let (tickets, seen) = Memory::new(Capabilities::none().list(list_fields())).handle();
    let error = tickets
        .list(&TicketQuery::new().page(PageRequest::first().limit(0)))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`limit`"), "{error}");
    let error = tickets
        .list(&TicketQuery::new().search(" "))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("`search` is blank"), "{error}");
    assert!(calls(&seen).is_empty());
}

#[tokio::test(start_paused = true)]
async fn invalid_ids_are_rejected() {
    let (tickets, seen) = Memory::new(Capabilities::none().get()).handle();
    for id in [
        "",
        "   ",
        ".",
        "..",
        " 1",
        "1 ",
        "1\n2",
        "\0",
        &"9".repeat(257),
    ] {
        let error = tickets.get(id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{id:?}");
    }
    assert!(calls(&seen).is_empty());
    tickets.get("9".repeat(256)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_comment_is_checked_for_its_direction_its_text_and_its_files() {
    fn comment_fields() -> Fields {
        Fields::carrying(&[Field::Body, Field::Internal]).requiring(&[Field::Body])
    }
    let info = ProviderInfo::new(
        "memory",
        "Memory",
        Capabilities::none().comment(comment_fields()),
    );
    let id = TicketId::new("1");
    let check = |comment: NewComment| info.check(&Request::Comment(&id, &comment));
    check(NewComment::internal("x")).unwrap();
    for (comment, word) in [
        (NewComment::inbound("x"), "`inbound`"),
        (NewComment::outbound("x"), "`outbound`"),
        (NewComment::internal(" "), "`body`"),
        (
            NewComment::internal("x").attachment(Attachment::new("a.png", *b"x")),
            "`attachments`",
        ),
    ] {
        let error = check(comment).unwrap_err();
        assert_eq!(error.effect(), Effect::None);
        assert_eq!(error.ticket(), Some(&id));
        assert!(error.to_string().contains(word), "{error} names {word}");
    }
}

#[test]
fn update_without_any_change_is_rejected() {
    fn update_fields() -> Fields {
        Fields::carrying(&[Field::Subject]).any_custom()
    }
    let info = ProviderInfo::new(
        "memory",
        "Memory",
        Capabilities::none().update(update_fields()),
    );
    let id = TicketId::new("1");
    let check = |patch: TicketPatch| info.check(&Request::Update(&id, &patch));
    check(TicketPatch::new().subject("x")).unwrap();
    check(TicketPatch::new().custom("colour", "red")).unwrap();
    let error = check(TicketPatch::new()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "memory update 1: the update names nothing to change"
    );
}

#[test]
fn unsupported_update_is_rejected_with_the_field_name() {
    let info = ProviderInfo::new(
        "memory",
        "Memory",
        Capabilities::none().update(Fields::default()),
    );
    let patch = TicketPatch::new;
    for (patch, name) in [
        (patch().subject("x"), "`subject`"),
        (patch().description("x"), "`description`"),
        (patch().status(Status::Closed), "`status`"),
        (patch().priority(Priority::High), "`priority`"),
        (patch().category("x"), "`category`"),
        (patch().assignee("x"), "`assignee`"),
        (
            patch().attachment(Attachment::new("a.png", *b"x")),
            "`attachments`",
        ),
        (patch().custom("colour", "red"), "`colour`"),
    ] {
        let id = TicketId::new("1");
        let request = Request::Update(&id, &patch);
        let error = info.check(&request).unwrap_err();
        assert_eq!(error.ticket(), Some(&"1".into()));
        assert!(error.message().contains(name), "{error} names {name}");
    }
}

#[test]
fn one_id_more_than_a_batch_is_refused() {
    let info = ProviderInfo::new("memory", "Memory", Capabilities::none().delete(2));
    let targets = ["1", "2", "3"].map(DeleteTarget::from);
    info.check(&Request::Delete(&targets[..2])).unwrap();
    assert_eq!(
        info.check(&Request::Delete(&targets)).unwrap_err().kind(),
        ErrorKind::InvalidInput
    );
}

#[test]
fn invalid_id_is_rejected_by_every_operation_with_an_id() {
    let any = Fields::carrying(&[Field::Subject, Field::Body, Field::Internal]);
    let capabilities = Capabilities::none()
        .get()
        .update(any.clone())
        .resolve()
        .delete(2);
    let capabilities = capabilities.messages(any.clone()).comment(any);
    let info = ProviderInfo::new("memory", "Memory", capabilities);
    let (good, bad) = (TicketId::new("1"), TicketId::new(".."));
    let (patch, page) = (TicketPatch::new().subject("x"), PageRequest::first());
    let comment = NewComment::internal("x");
    let batches = [[&good, &good], [&good, &bad]].map(|batch| batch.map(DeleteTarget::from));
    for (id, batch) in [&good, &bad].into_iter().zip(&batches) {
        for request in [
            Request::Get(id),
            Request::Update(id, &patch),
            Request::Resolve(id),
            Request::Delete(batch),
            Request::Messages(id, &page),
            Request::Comment(id, &comment),
        ] {
            let refused = info.check(&request).err();
            let told = refused.map(|error| (error.kind(), error.ticket().cloned()));
            let expected = (*id == bad).then(|| (ErrorKind::InvalidInput, Some(bad.clone())));
            assert_eq!(told, expected, "{}", request.operation());
        }
    }
}

#[test]
fn a_page_of_messages_is_checked_as_a_page_of_tickets_is() {
    let info = ProviderInfo::new(
        "memory",
        "Memory",
        Capabilities::none().messages(Fields::carrying(&[Field::PageLimit])),
    );
    let id = TicketId::new("1");
    let check = |page: PageRequest| info.check(&Request::Messages(&id, &page));
    check(PageRequest::first().limit(1)).unwrap();
    let nothing = check(PageRequest::first().limit(0)).unwrap_err();
    assert!(nothing.message().contains("`limit`"), "{nothing}");
    let elsewhere = check(PageRequest::first().at(Cursor::new("x"))).unwrap_err();
    assert_eq!(
        elsewhere.to_string(),
        "memory messages 1: Memory cannot carry `cursor`; leave it out"
    );
}

#[test]
fn custom_fields_that_an_account_adds_are_carried_beside_those_declared() {
    let mut info = ProviderInfo::new(
        "memory",
        "Memory",
        Capabilities::none().create(create_fields()),
    );
    let ticket = |name: &str| NewTicket::new("abc").description("text").custom(name, "x");
    let check = |info: &ProviderInfo, name| info.check(&Request::Create(&ticket(name)));
    check(&info, "colour").unwrap_err();
    let of_account = ["colour".to_owned()];
    let create = info.capabilities.support_mut(Operation::Create).unwrap();
    create.fields.add_custom(of_account);
    check(&info, "colour").unwrap();
    check(&info, "coordinate").unwrap();
    check(&info, "shape").unwrap_err();
    assert!(info.capabilities.support_mut(Operation::Update).is_none());
}
