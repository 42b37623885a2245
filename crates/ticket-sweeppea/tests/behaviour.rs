//! What the recorded exchanges do not show: both sides of a call, against the sandbox.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;
use ticket_core::{
    Attachment, DeleteOutcome, Effect, ErrorKind, NewComment, NewTicket, PageRequest, Person,
    Priority, State, Status, Ticket, TicketId, TicketPatch, TicketProvider as _, TicketQuery,
    Tickets,
};
use ticket_sandbox::credentials::SWEEPPEA_API_KEY;
use ticket_sandbox::{Fault, Rule, Sandbox, TicketSeed, Vendor};
use ticket_sweeppea::{Sweeppea, SweeppeaConfig};

async fn connected() -> (Sandbox, Sweeppea) {
    let sandbox = Sandbox::start().await.unwrap();
    let config = SweeppeaConfig::new(SWEEPPEA_API_KEY).base_url(sandbox.base_url(Vendor::Sweeppea));
    let provider = Sweeppea::new(&config).unwrap();
    (sandbox, provider)
}

fn new_ticket() -> NewTicket {
    NewTicket::new("Entry page down")
        .description("Nobody can enter.")
        .priority(Priority::High)
}

fn answer(sandbox: &Sandbox, status: u16, body: &str) {
    sandbox.inject(Rule::new(Fault::Reply {
        status,
        headers: vec![("content-type".to_owned(), "application/json".to_owned())],
        body: body.as_bytes().to_vec(),
    }));
}

#[tokio::test]
async fn a_ticket_lives_from_create_to_delete() {
    let (sandbox, provider) = connected().await;
    let id = provider.create(&new_ticket()).await.unwrap().id;
    let ticket = provider.get(&id).await.unwrap();
    assert_eq!(ticket.subject.as_deref(), Some("Entry page down"));
    assert_eq!(ticket.priority, Some(Priority::High));
    assert!(
        provider
            .delete(std::slice::from_ref(&id))
            .await
            .unwrap()
            .all_deleted()
    );
    assert!(!sandbox.exists(Vendor::Sweeppea, id.as_str()));
    let again = provider.delete(std::slice::from_ref(&id)).await.unwrap();
    assert!(matches!(
        again.outcome(&id),
        Some(DeleteOutcome::NotFound(_))
    ));
}

#[tokio::test]
async fn closed_and_foreign_tickets_look_missing_and_stay() {
    let (sandbox, provider) = connected().await;
    let closed = sandbox.add_ticket(Vendor::Sweeppea, TicketSeed::new("closed").closed());
    let foreign = sandbox.add_ticket(
        Vendor::Sweeppea,
        TicketSeed::new("foreign").owned_by_other(),
    );
    for id in [closed, foreign] {
        let report = provider.delete(&[id.as_str().into()]).await.unwrap();
        let Some(DeleteOutcome::NotFound(error)) = report.outcome(&id.as_str().into()) else {
            panic!("{report:?}");
        };
        assert!(
            error.vendor_message().unwrap().contains("Already Closed"),
            "{error}"
        );
        assert!(sandbox.exists(Vendor::Sweeppea, &id));
    }
}

#[tokio::test]
async fn a_locked_ticket_is_a_conflict_about_that_ticket() {
    let (sandbox, provider) = connected().await;
    let id = sandbox.add_ticket(Vendor::Sweeppea, TicketSeed::new("locked").locked());
    let report = provider.delete(&[id.as_str().into()]).await.unwrap();
    let error = report
        .outcome(&id.as_str().into())
        .unwrap()
        .error()
        .unwrap();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Conflict, Effect::None)
    );
    assert!(sandbox.exists(Vendor::Sweeppea, &id));
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
        let error = provider.create(&ticket).await.unwrap_err();
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
    let longest = NewTicket::new("ü".repeat(200))
        .description("ü".repeat(20_000))
        .priority(Priority::Low);
    provider.create(&longest).await.unwrap();
}

#[tokio::test]
async fn hostile_ids_stay_in_the_body() {
    let (sandbox, provider) = connected().await;
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
        let deleted = provider.delete(std::slice::from_ref(&id)).await;
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
async fn a_reply_of_the_wrong_shape_names_the_field_and_confirms_nothing() {
    let (sandbox, provider) = connected().await;
    for (body, field) in [
        (r#"{"Response":"true"}"#, "Response"),
        (r#"{"Response":1}"#, "Response"),
        (r#"{"Message":"Ticket Deleted Successfully"}"#, "Response"),
        (r#"{"Response":true,"Message":7}"#, "Message"),
    ] {
        answer(&sandbox, 200, body);
        let error = provider.delete(&["1".into()]).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{body}"
        );
        assert!(
            error.to_string().contains(&format!("`{field}`")),
            "{body}: {error}"
        );
    }
    for (body, field) in [
        (r#"{"Response":true}"#, "Data"),
        (
            r#"{"Response":true,"Data":{"CaseNumber":""}}"#,
            "Data.CaseNumber",
        ),
        (
            r#"{"Response":true,"Data":{"CaseNumber":"X","Status":"Open"}}"#,
            "Data.Status",
        ),
        (
            r#"{"Response":true,"Data":{"CaseNumber":"X","Date":"yesterday"}}"#,
            "Data.Date",
        ),
    ] {
        answer(&sandbox, 200, body);
        let error = provider.get(&"1".into()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::None),
            "{body}"
        );
        assert!(
            error.to_string().contains(&format!("`{field}`")),
            "{body}: {error}"
        );
    }
    for body in ["[]", "null", "7", "{", "<html>", "\0"] {
        answer(&sandbox, 200, body);
        let error = provider.delete(&["1".into()]).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{body}"
        );
    }
}

#[tokio::test]
async fn a_403_is_about_the_key_only_where_the_vendor_says_so() {
    let (sandbox, provider) = connected().await;
    for (words, kind) in [
        ("Invalid API Token", ErrorKind::Unauthenticated),
        (
            "Account is disabled. Please contact support.",
            ErrorKind::Forbidden,
        ),
        ("", ErrorKind::Forbidden),
    ] {
        answer(
            &sandbox,
            403,
            &format!(r#"{{"Response":false,"Message":"{words}"}}"#),
        );
        assert_eq!(
            provider.delete(&["1".into()]).await.unwrap_err().kind(),
            kind,
            "{words}"
        );
    }
}

async fn all(provider: Sweeppea, query: TicketQuery) -> Vec<Ticket> {
    Tickets::new(provider)
        .list_all(query)
        .try_collect()
        .await
        .unwrap()
}

#[tokio::test]
async fn all_tickets_are_the_open_ones_then_the_closed_ones_in_one_stream() {
    let sandbox = Sandbox::builder()
        .seed_tickets(false)
        .start()
        .await
        .unwrap();
    let config = SweeppeaConfig::new(SWEEPPEA_API_KEY).base_url(sandbox.base_url(Vendor::Sweeppea));
    let provider = Sweeppea::new(&config).unwrap();
    // Whole pages and parts of one: 40 open tickets, 21 closed ones.
    sandbox.add_tickets(Vendor::Sweeppea, 40);
    for _ in 0..21 {
        sandbox.add_ticket(Vendor::Sweeppea, TicketSeed::new("closed").closed());
    }
    let tickets = all(provider.clone(), TicketQuery::new()).await;
    let ids: BTreeSet<_> = tickets.iter().map(|ticket| ticket.id.to_string()).collect();
    let truth: BTreeSet<_> = sandbox.ticket_ids(Vendor::Sweeppea).into_iter().collect();
    assert_eq!((tickets.len(), &ids), (61, &truth));
    let closed = |ticket: &Ticket| ticket.status == Some(Status::Closed);
    assert!(!tickets[..40].iter().any(closed) && tickets[40..].iter().all(closed));
    assert_eq!(sandbox.journal().len(), 2 + 2);

    let open = all(provider.clone(), TicketQuery::new().state(State::Open)).await;
    assert_eq!(open.len(), 40);
    let closed = all(
        provider,
        TicketQuery::new().state(State::Closed).search("closed"),
    )
    .await;
    assert_eq!(closed.len(), 21);
}

#[tokio::test]
async fn a_list_goes_on_until_the_total_has_arrived_whatever_a_page_holds() {
    let (sandbox, provider) = connected().await;
    // Pages of 2 although the vendor says 20.
    for page in 1..=3 {
        let row = |n: u32| format!(r#"{{"CaseNumber":"{page}-{n}"}}"#);
        let body = format!(
            r#"{{"Response":true,"Data":{{"TotalTickets":5,"Limit":20,"Tickets":[{},{}]}}}}"#,
            row(1),
            row(2)
        );
        answer(&sandbox, 200, &body);
    }
    let tickets = all(provider, TicketQuery::new().state(State::Open)).await;
    assert_eq!(tickets.len(), 6);
    assert_eq!(sandbox.journal().len(), 3);
}

#[tokio::test]
async fn an_update_and_a_resolve_change_what_they_name() {
    let (sandbox, provider) = connected().await;
    let id = provider.create(&new_ticket()).await.unwrap().id;
    provider
        .update(&id, &TicketPatch::new().subject("Entry page slow"))
        .await
        .unwrap();
    let ticket = sandbox.ticket(Vendor::Sweeppea, id.as_str()).unwrap();
    assert_eq!(
        (ticket.subject.as_str(), ticket.description.as_str()),
        ("Entry page slow", "Nobody can enter.")
    );
    provider.resolve(&id).await.unwrap();
    assert!(
        sandbox
            .ticket(Vendor::Sweeppea, id.as_str())
            .unwrap()
            .closed
    );
    let notes = provider.messages(&id, &PageRequest::first()).await.unwrap();
    assert!(!notes.items.is_empty());
    // Closed: refused by an update with a reason, by a resolve as missing.
    let error = provider
        .update(&id, &TicketPatch::new().subject("x"))
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Conflict, Effect::None)
    );
    assert_eq!(
        provider.resolve(&id).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
    assert_eq!(
        provider.get(&id).await.unwrap().status,
        Some(Status::Closed)
    );
}

#[tokio::test]
async fn what_is_not_documented_is_unsupported_and_nothing_is_sent() {
    let (sandbox, provider) = connected().await;
    let comment = NewComment::internal("x");
    let error = provider
        .comment(&"2531581".into(), &comment)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Unsupported, Effect::None)
    );
    assert!(sandbox.journal().is_empty());
}

#[tokio::test]
async fn a_web_page_says_nothing_about_a_ticket() {
    let (sandbox, provider) = connected().await;
    sandbox.inject(Rule::new(Fault::HtmlPage { status: 404 }));
    let error = provider.delete(&["2531581".into()]).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::BadResponse, Effect::None)
    );
    assert!(error.to_string().contains("base URL"), "{error}");
}

#[tokio::test]
async fn odd_decorations_do_not_make_a_confirmed_write_unknown() {
    let (sandbox, provider) = connected().await;
    answer(
        &sandbox,
        201,
        r#"{"Response":true,"Data":{"CaseNumber":"2650478","Priority":"2","CreationDate":"yesterday","AssignedTo":"x","Status":7}}"#,
    );
    assert_eq!(
        provider.create(&new_ticket()).await.unwrap().id.as_str(),
        "2650478"
    );
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Ticket":{"CaseNumber":"1","Status":"x","Priority":{}}}"#,
    );
    provider
        .update(&"1".into(), &TicketPatch::new().subject("x"))
        .await
        .unwrap();
}

#[tokio::test]
async fn a_reply_about_another_ticket_or_one_still_open_confirms_nothing() {
    let (sandbox, provider) = connected().await;
    for data in [
        r#"{"CaseNumber":"OTHER","Status":true}"#,
        r#"{"CaseNumber":"1","Status":false}"#,
    ] {
        answer(
            &sandbox,
            200,
            &format!(r#"{{"Response":true,"Data":{data}}}"#),
        );
        let error = provider.resolve(&"1".into()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{data}"
        );
    }
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Ticket":{"CaseNumber":"OTHER"}}"#,
    );
    let error = provider
        .update(&"1".into(), &TicketPatch::new().subject("x"))
        .await
        .unwrap_err();
    assert_eq!(error.effect(), Effect::Unknown);
}

#[tokio::test]
async fn a_list_that_ends_before_its_total_or_ignores_the_page_is_an_error() {
    let (sandbox, provider) = connected().await;
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Data":{"TotalTickets":45,"Tickets":[]}}"#,
    );
    let error = provider.list(&TicketQuery::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadResponse);
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Data":{"TotalTickets":45,"Page":7,"Tickets":[{"CaseNumber":"1"}]}}"#,
    );
    let error = provider.list(&TicketQuery::new()).await.unwrap_err();
    assert!(error.to_string().contains("another page"), "{error}");
}

#[tokio::test]
async fn the_total_of_one_list_is_not_told_as_that_of_both() {
    let (_sandbox, provider) = connected().await;
    assert_eq!(
        provider.list(&TicketQuery::new()).await.unwrap().total,
        None
    );
    let open = provider
        .list(&TicketQuery::new().state(State::Open))
        .await
        .unwrap();
    assert!(open.total.is_some());
}

#[tokio::test]
async fn a_bare_provider_checks_its_arguments_itself() {
    let (sandbox, provider) = connected().await;
    let patch = TicketPatch::new().subject("x".repeat(201));
    let text = TicketPatch::new().description("x".repeat(20_001));
    for error in [
        provider
            .delete(&["1".into(), "2".into()])
            .await
            .unwrap_err(),
        provider.update(&"1".into(), &patch).await.unwrap_err(),
        provider.update(&"1".into(), &text).await.unwrap_err(),
        provider.resolve(&"".into()).await.unwrap_err(),
        provider
            .messages(&"".into(), &PageRequest::first())
            .await
            .unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert!(sandbox.journal().is_empty());
}

#[tokio::test]
async fn no_ticket_and_no_credential_reaches_an_error() {
    let (sandbox, provider) = connected().await;
    answer(
        &sandbox,
        500,
        r#"{"Subject":"my illness","AccountInfo":{"Email":"jane@example.com"}}"#,
    );
    let error = provider.get(&"1".into()).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("illness"), "{error}");
    answer(
        &sandbox,
        403,
        &format!(r#"{{"Response":false,"Message":"Invalid API Token {SWEEPPEA_API_KEY}"}}"#),
    );
    let error = provider.get(&"1".into()).await.unwrap_err();
    assert_eq!(
        error.vendor_message(),
        Some("Invalid API Token [a credential]")
    );
    let shown = format!(
        "{:?}",
        SweeppeaConfig::new("k").base_url("https://me:s3cret@h/?key=s3cret")
    );
    assert!(!shown.contains("s3cret"), "{shown}");
}
