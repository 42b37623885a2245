//! What the recorded exchanges do not show: a ticket's life, and what never leaves this side.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use ticket_core::model::{Attachment, PageRequest, Person, Priority, Status};
use ticket_core::provider::{IdForm, NotFound};
use ticket_core::{
    CallContext, DeleteTarget, Effect, ErrorKind, NewComment, NewTicket, Operation, Outcome,
    TicketId, TicketPatch, TicketProvider as _,
};
use ticket_sandbox::Vendor;
use ticket_sweeppea::Sweeppea;

use common::{config, connected, new_ticket};

#[tokio::test]
async fn a_ticket_lives_from_create_to_delete() {
    let (sandbox, provider) = connected().await;
    let id = provider
        .create(&CallContext::new(), &new_ticket())
        .await
        .unwrap()
        .id;
    let ticket = provider.get(&CallContext::new(), &id).await.unwrap();
    assert_eq!(ticket.subject.as_deref(), Some("Entry page down"));
    assert_eq!(ticket.priority, Some(Priority::High));
    assert!(
        provider
            .delete(&CallContext::new(), &[DeleteTarget::from(&id)])
            .await
            .unwrap()
            .all_deleted()
    );
    assert!(!sandbox.exists(Vendor::Sweeppea, id.as_str()));
    let again = provider
        .delete(&CallContext::new(), &[DeleteTarget::from(&id)])
        .await
        .unwrap();
    assert!(matches!(again.outcome(&id), Some(Outcome::NotFound(_))));
}

#[tokio::test]
async fn an_update_and_a_resolve_change_what_they_name() {
    let (sandbox, provider) = connected().await;
    let id = provider
        .create(&CallContext::new(), &new_ticket())
        .await
        .unwrap()
        .id;
    provider
        .update(
            &CallContext::new(),
            &id,
            &TicketPatch::new().subject("Entry page slow"),
        )
        .await
        .unwrap();
    let ticket = sandbox.ticket(Vendor::Sweeppea, id.as_str()).unwrap();
    assert_eq!(
        (ticket.subject.as_str(), ticket.description.as_str()),
        ("Entry page slow", "Nobody can enter.")
    );
    provider.resolve(&CallContext::new(), &id).await.unwrap();
    assert!(
        sandbox
            .ticket(Vendor::Sweeppea, id.as_str())
            .unwrap()
            .closed
    );
    let notes = provider
        .messages(&CallContext::new(), &id, &PageRequest::first())
        .await
        .unwrap();
    assert!(!notes.items.is_empty());
    // Closed: refused by an update with a reason, by a resolve as missing.
    let error = provider
        .update(&CallContext::new(), &id, &TicketPatch::new().subject("x"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Conflict, Effect::None)
    );
    assert_eq!(
        provider
            .resolve(&CallContext::new(), &id)
            .await
            .unwrap_err()
            .kind(),
        ErrorKind::NotFound
    );
    assert_eq!(
        provider.get(&CallContext::new(), &id).await.unwrap().status,
        Some(Status::Closed)
    );
}

#[tokio::test]
async fn what_the_vendor_cannot_carry_is_refused_by_name_and_nothing_is_sent() {
    let (sandbox, provider) = connected().await;
    for (ticket, field) in [
        (new_ticket().category("general"), "category"),
        (
            new_ticket().requester(Person::named("A customer")),
            "requester_name",
        ),
        (new_ticket().tag("spam"), "tags"),
        (new_ticket().custom("platform", "api"), "platform"),
        (
            new_ticket().attachment(Attachment::new("a.png", *b"x")),
            "attachments",
        ),
        (new_ticket().priority(Priority::Urgent), "priority"),
        (
            new_ticket().priority(Priority::Other("7".to_owned())),
            "priority",
        ),
        (NewTicket::new("x").description("x"), "priority"),
        (NewTicket::new("x").priority(Priority::Low), "description"),
        (
            NewTicket::new("x".repeat(201))
                .description("x")
                .priority(Priority::Low),
            "subject",
        ),
        (
            NewTicket::new("x")
                .description("x".repeat(20_001))
                .priority(Priority::Low),
            "description",
        ),
    ] {
        let error = provider
            .create(&CallContext::new(), &ticket)
            .await
            .unwrap_err();
        assert_eq!(error.effect(), Effect::None, "{error}");
        assert!(
            matches!(
                error.kind(),
                ErrorKind::InvalidInput | ErrorKind::Unsupported
            ),
            "{error}"
        );
        assert!(
            error.to_string().contains(&format!("`{field}`")),
            "{error} names {field}"
        );
    }
    assert!(sandbox.journal().is_empty());
}

#[tokio::test]
async fn the_longest_texts_that_the_vendor_documents_are_sent_whole() {
    let (sandbox, provider) = connected().await;
    let (subject, description) = ("ü".repeat(200), "ü".repeat(20_000));
    let longest = NewTicket::new(&subject)
        .description(&description)
        .priority(Priority::Low);
    let id = provider
        .create(&CallContext::new(), &longest)
        .await
        .unwrap()
        .id;
    let ticket = || sandbox.ticket(Vendor::Sweeppea, id.as_str()).unwrap();
    assert_eq!(ticket().subject, subject);
    assert_eq!(ticket().description, description);
    let (subject, description) = ("é".repeat(200), "é".repeat(20_000));
    let patch = TicketPatch::new()
        .subject(&subject)
        .description(&description);
    provider
        .update(&CallContext::new(), &id, &patch)
        .await
        .unwrap();
    assert_eq!(ticket().subject, subject);
    assert_eq!(ticket().description, description);
}

#[tokio::test]
async fn a_bare_provider_checks_its_arguments_itself() {
    let (sandbox, provider) = connected().await;
    let patch = TicketPatch::new().subject("x".repeat(201));
    let text = TicketPatch::new().description("x".repeat(20_001));
    for error in [
        provider
            .delete(&CallContext::new(), &["1".into(), "2".into()])
            .await
            .unwrap_err(),
        provider
            .update(&CallContext::new(), &"1".into(), &patch)
            .await
            .unwrap_err(),
        provider
            .update(&CallContext::new(), &"1".into(), &text)
            .await
            .unwrap_err(),
        provider
            .resolve(&CallContext::new(), &"".into())
            .await
            .unwrap_err(),
        provider
            .messages(&CallContext::new(), &"".into(), &PageRequest::first())
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert!(sandbox.journal().is_empty());
}

#[tokio::test]
async fn what_is_not_documented_is_unsupported_and_nothing_is_sent() {
    let (sandbox, provider) = connected().await;
    let comment = NewComment::internal("x");
    let error = provider
        .comment(&CallContext::new(), &"2531581".into(), &comment)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Unsupported, Effect::None)
    );
    assert!(sandbox.journal().is_empty());
}

#[tokio::test]
async fn hostile_ids_stay_in_the_body_if_the_setting_allows_them() {
    let (sandbox, _) = connected().await;
    let provider = Sweeppea::new(&config(&sandbox).id_form(IdForm::Any)).unwrap();
    let before = sandbox.tickets(Vendor::Sweeppea).len();
    for id in [
        "../x",
        "..",
        "a/b",
        "1?x=2",
        "%2e%2e",
        "1#f",
        "ü\u{1f600}",
        "\"}",
        "1\0",
        "",
        "1\n2",
    ] {
        let id = TicketId::new(id);
        let deleted = provider
            .delete(&CallContext::new(), &[DeleteTarget::from(&id)])
            .await;
        assert!(
            deleted.is_err() || !deleted.unwrap().all_deleted(),
            "{id:?}"
        );
    }
    let journal = sandbox.journal();
    assert!(!journal.is_empty());
    for request in journal {
        assert_eq!(request.path, "/sweeppea/tickets/delete");
        let sent = request.json().unwrap();
        assert_eq!(sent.as_object().unwrap().len(), 1, "{sent}");
    }
    assert_eq!(sandbox.tickets(Vendor::Sweeppea).len(), before);
}

#[tokio::test]
async fn an_id_of_another_form_is_not_sent() {
    let (sandbox, provider) = connected().await;
    let context = CallContext::new();
    for id in [
        "AB-1",
        "121;Spam",
        "140.0",
        "'150",
        "AB\u{200b}1",
        "\u{ff21}BC",
        "a b",
    ] {
        let id = TicketId::new(id);
        let patch = TicketPatch::new().subject("x");
        for result in [
            provider.get(&context, &id).await.map(drop),
            provider.update(&context, &id, &patch).await,
            provider.resolve(&context, &id).await,
            provider
                .messages(&context, &id, &PageRequest::first())
                .await
                .map(drop),
            provider
                .delete(&context, &[DeleteTarget::from(&id)])
                .await
                .map(drop),
        ] {
            let error = result.unwrap_err();
            assert_eq!(
                (error.kind(), error.effect()),
                (ErrorKind::InvalidInput, Effect::None)
            );
        }
    }
    assert!(sandbox.journal().is_empty());
}

#[test]
fn the_declaration_says_that_a_404_is_ambiguous_and_ids_are_not_reused() {
    let info = ticket_sweeppea::info();
    assert_eq!(info.id_form, IdForm::Alphanumeric);
    assert!(info.never_reuses_ids && !info.reads_are_consistent && !info.redirects_ids);
    for operation in [
        Operation::Get,
        Operation::Update,
        Operation::Resolve,
        Operation::Delete,
        Operation::Messages,
    ] {
        let support = info.capabilities.support(operation).unwrap();
        assert_eq!(support.not_found, NotFound::Ambiguous, "{operation}");
    }
}
