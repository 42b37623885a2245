//! Values that are built step by step: what was set before stays, what is shown is what is there.

use std::num::NonZeroU32;
use std::time::Duration;

use ticket_core::bulk::BulkOptions;
use ticket_core::call::{RetryPolicy, StackOptions};
use ticket_core::model::{
    Attachment, AttachmentSource, Cursor, Direction, PageRequest, Person, Priority, State, Status,
};
use ticket_core::provider::{Capabilities, Field, Fields, NotFound, Request, Support};
use ticket_core::{
    Change, Effect, Error, ErrorKind, NewTicket, Operation, Outcome, ProviderInfo, TicketId,
    TicketPatch, TicketQuery,
};

#[test]
fn an_id_is_made_of_owned_and_of_borrowed_text() {
    let id = TicketId::new("160");
    let text = "160".to_owned();
    let made: [TicketId; 4] = [(&text).into(), (&id).into(), "160".into(), text.into()];
    assert_eq!(made, [(); 4].map(|()| id.clone()));
}

#[test]
fn builder_steps_keep_earlier_fields() {
    let file = || Attachment::new("a.txt", *b"a").media_type("text/plain");
    let ticket = NewTicket::new("subject")
        .description("description")
        .requester(Person::with_id("id"))
        .category("category")
        .priority(Priority::High)
        .assignee("assignee")
        .tag("tag")
        .attachment(file())
        .custom("name", "value");
    assert_eq!(ticket.subject, "subject");
    assert_eq!(ticket.description.as_deref(), Some("description"));
    assert_eq!(ticket.requester, Some(Person::with_id("id")));
    assert_eq!(ticket.category.as_deref(), Some("category"));
    assert_eq!(ticket.priority, Some(Priority::High));
    assert_eq!(ticket.assignee.as_deref(), Some("assignee"));
    assert_eq!(ticket.tags, ["tag"]);
    assert_eq!((ticket.attachments.len(), ticket.custom.len()), (1, 1));

    // Each of these is once the first step and once the last.
    let forwards = TicketPatch::new()
        .subject("subject")
        .description("description")
        .status(Status::OnHold)
        .priority(Priority::Low)
        .category("category")
        .assignee("assignee")
        .attachment(file())
        .custom("name", "value");
    let backwards = TicketPatch::new()
        .custom("name", "value")
        .attachment(file())
        .assignee("assignee")
        .category("category")
        .priority(Priority::Low)
        .status(Status::OnHold)
        .description("description")
        .subject("subject");
    for patch in [forwards, backwards] {
        assert_eq!(patch.subject.as_deref(), Some("subject"));
        assert_eq!(patch.description.as_deref(), Some("description"));
        assert_eq!(patch.status, Some(Status::OnHold));
        assert_eq!(patch.priority, Some(Priority::Low));
        assert_eq!(patch.category.as_deref(), Some("category"));
        assert_eq!(patch.assignee.as_deref(), Some("assignee"));
        assert_eq!((patch.attachments.len(), patch.custom.len()), (1, 1));
    }

    let forwards = Person::named("name").id("id").email("email").phone("phone");
    let backwards = Person::default()
        .phone("phone")
        .email("email")
        .name("name")
        .id("id");
    assert_eq!(forwards, backwards);
    assert_eq!(
        [forwards.id, forwards.name, forwards.email, forwards.phone].map(Option::unwrap_or_default),
        ["id", "name", "email", "phone"]
    );

    let query = TicketQuery::new()
        .state(State::Open)
        .search("search")
        .priority(Priority::Urgent)
        .category("category");
    assert_eq!(
        (query.state, query.priority),
        (Some(State::Open), Some(Priority::Urgent))
    );
    assert_eq!(query.search.as_deref(), Some("search"));
    assert_eq!(query.category.as_deref(), Some("category"));

    let forwards = PageRequest::first().at(Cursor::new("cursor")).limit(7);
    let backwards = PageRequest::first().limit(7).at(Cursor::new("cursor"));
    assert_eq!(forwards, backwards);
    assert_eq!(
        (forwards.cursor, forwards.limit),
        (Some(Cursor::new("cursor")), Some(7))
    );

    let seconds = Duration::from_secs;
    let policy = RetryPolicy::default()
        .max_attempts(NonZeroU32::MAX)
        .base(seconds(1_001))
        .cap(seconds(1_002))
        .max_retry_after(seconds(1_004))
        .budget(1_005);
    assert_eq!(
        (policy.max_attempts, policy.budget),
        (NonZeroU32::MAX, 1_005)
    );
    assert_eq!(
        [policy.base, policy.cap, policy.max_retry_after],
        [1_001, 1_002, 1_004].map(seconds)
    );
    let once_more = RetryPolicy::default().budget(7).cap(seconds(9));
    assert_eq!((once_more.budget, once_more.cap), (7, seconds(9)));
}

#[test]
fn names_are_read_and_written_alike() {
    for priority in [
        Priority::Low,
        Priority::Medium,
        Priority::High,
        Priority::Urgent,
    ] {
        assert_eq!(Priority::from_name(priority.as_str()), priority);
        assert_eq!(priority.to_string(), priority.as_str());
    }
    for effect in [Effect::None, Effect::Unknown] {
        assert_eq!(effect.to_string(), effect.as_str());
    }
    assert_eq!(Outcome::Done.to_string(), Outcome::Done.as_str());
    // The command's contract.
    for (change, done, already) in [
        (Change::Delete, "deleted", "already_gone"),
        (Change::Resolve, "resolved", "already_resolved"),
    ] {
        assert_eq!(change.word(&Outcome::Done), done);
        assert_eq!(change.word(&Outcome::AlreadyDone), already);
        let unknown = Outcome::Unknown(Error::config("x"));
        assert_eq!(change.word(&unknown), "unknown");
    }
    for operation in Operation::ALL {
        assert_eq!(operation.to_string(), operation.as_str());
    }
    for kind in ErrorKind::ALL {
        assert_eq!(kind.to_string(), kind.as_str());
    }
}

#[test]
fn debug_of_a_file_tells_its_size_and_no_name() {
    let bytes = Attachment::new("secret.txt", *b"secret");
    let file = Attachment::from_path("/home/secret.txt");
    assert_eq!(format!("{:?}", bytes.source), "[6 bytes]");
    assert!(matches!(file.source, AttachmentSource::File(_)));
    assert_eq!(format!("{:?}", file.source), "[a file]");
    for debug in [format!("{bytes:?}"), format!("{file:?}")] {
        assert!(debug.contains("[10 characters]"), "{debug}");
        assert!(!debug.contains("secret"), "{debug}");
    }
}

#[test]
fn an_error_names_its_provider_only_where_it_has_one() {
    let error = Error::new(ErrorKind::Timeout, "late");
    assert_eq!((error.provider(), error.operation()), (None, None));
    let error = error.in_operation("example", Operation::Create);
    assert_eq!(error.provider(), Some("example"));
    assert_eq!(error.operation(), Some(Operation::Create));
}

#[test]
fn the_operations_of_a_provider_are_those_declared_in_the_order_of_the_trait() {
    let capabilities = Capabilities::none().delete(3).resolve().get();
    let operations: Vec<_> = capabilities.operations().collect();
    assert_eq!(
        operations,
        [Operation::Get, Operation::Resolve, Operation::Delete]
    );
    assert_eq!(Capabilities::none().operations().count(), 0);
}

#[test]
fn an_operation_is_as_it_was_declared_last_and_a_delete_of_no_tickets_is_unsupported() {
    let ambiguous = Support::new().max_batch(3).not_found(NotFound::Ambiguous);
    let capabilities = Capabilities::none().with(Operation::Delete, ambiguous.clone());
    assert_eq!(capabilities.support(Operation::Delete), Some(&ambiguous));
    assert_eq!(capabilities.max_delete_batch(), 3);
    let again = capabilities.clone().delete(2);
    assert_eq!(again, Capabilities::none().delete(2));
    let mut none = capabilities.get().delete(0);
    assert!(!none.supports(Operation::Delete));
    assert!(none.support_mut(Operation::Delete).is_none());
    assert_eq!(none.operations().collect::<Vec<_>>(), [Operation::Get]);
    assert_eq!(none.max_delete_batch(), 0);
}

#[test]
fn a_text_of_just_the_limit_is_taken_and_one_character_more_is_not() {
    fn fields_fields() -> Fields {
        Fields::carrying(&[Field::Subject]).max_chars(&[(Field::Subject, 3)])
    }
    let info = ProviderInfo::new(
        "example",
        "Example",
        Capabilities::none().create(fields_fields()),
    );
    // Characters, not bytes.
    assert!(info.check(&Request::Create(&NewTicket::new("äöü"))).is_ok());
    let error = info
        .check(&Request::Create(&NewTicket::new("abcd")))
        .unwrap_err();
    assert!(error.to_string().contains("4 characters"), "{error}");
}

#[test]
fn the_defaults_are_those_of_the_docs() {
    let policy = RetryPolicy::default();
    let bulk = BulkOptions::default();
    let stack = StackOptions::default();
    assert_eq!(
        (
            policy.max_attempts.get(),
            policy.budget,
            bulk.concurrency,
            bulk.give_up_after.as_secs()
        ),
        (4, 100, None, 900)
    );
    let waits = [
        policy.base,
        policy.cap,
        policy.max_retry_after,
        stack.timeout,
        stack.deadline,
    ];
    assert_eq!(waits.map(|wait| wait.as_secs()), [1, 30, 3600, 35, 300]);
    assert!(stack.pacer.is_none() && stack.seed.is_none());
    assert!(stack.concurrency.fixed().is_none() && stack.page_size.is_none());
}

#[test]
fn codes_are_written_as_words_of_snake_case() {
    let other = Status::Other("TS1".to_owned());
    let statuses = [
        Status::Open,
        Status::OnHold,
        Status::Resolved,
        Status::Closed,
        other,
    ];
    assert_eq!(
        serde_json::to_string(&statuses).unwrap(),
        r#"["open","on_hold","resolved","closed","TS1"]"#
    );
    let directions = [Direction::Inbound, Direction::Outbound, Direction::Internal];
    assert_eq!(
        serde_json::to_string(&directions).unwrap(),
        r#"["inbound","outbound","internal"]"#
    );
}
