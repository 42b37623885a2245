//! What is refused, by the client before anything is sent and by the vendor; and what is never shown.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use ticket_core::model::{Attachment, PageRequest, Person};
use ticket_core::provider::{IdForm, NotFound};
use ticket_core::{
    CallContext, DeleteTarget, Effect, ErrorKind, NewComment, NewTicket, Operation, TicketId,
    TicketPatch, TicketProvider as _,
};
use ticket_leadsquared::wire::{ActivityType, CreateTicket, NewField, UpdateTicket};
use ticket_leadsquared::{LeadSquared, LeadSquaredConfig};
use ticket_sandbox::credentials::{LEADSQUARED_ACCESS_KEY, LEADSQUARED_SECRET_KEY};
use ticket_sandbox::{Endpoint, Sandbox, Vendor};

use common::{answer, config, connected};

/// Never a number, or not the one that it looks like.
const HOSTILE: &[&str] = &[
    "../trash", "..", ".", "", "a/b", "1?x=2", "%2e%2e", "1#f", "1\0", "trash/", "trash", "ü",
    "0143", "+143", "-143", " 143", "1e2",
];

fn new_ticket() -> NewTicket {
    NewTicket::new("No call back").requester(Person::default().email("customer@example.com"))
}

fn subject() -> TicketPatch {
    TicketPatch::new().subject("Call back")
}

#[tokio::test]
async fn an_id_that_can_be_none_is_not_sent() {
    let (sandbox, provider) = connected().await;
    for id in [" ".to_owned(), "9".repeat(257), "1\u{85}".to_owned()] {
        let id = TicketId::new(id);
        for error in [
            provider.get(&CallContext::new(), &id).await.unwrap_err(),
            provider
                .update(&CallContext::new(), &id, &subject())
                .await
                .unwrap_err(),
            provider
                .resolve(&CallContext::new(), &id)
                .await
                .unwrap_err(),
            provider
                .comment(&CallContext::new(), &id, &NewComment::inbound("Please."))
                .await
                .unwrap_err(),
            provider
                .comment(&CallContext::new(), &id, &NewComment::internal("Seen."))
                .await
                .unwrap_err(),
            provider
                .messages(&CallContext::new(), &id, &PageRequest::first())
                .await
                .unwrap_err(),
        ] {
            assert_eq!(
                (error.kind(), error.effect()),
                (ErrorKind::InvalidInput, Effect::None)
            );
        }
    }
    assert!(sandbox.journal().is_empty());
}

/// The rows of `mapping/` are not repeated here.
#[tokio::test]
async fn what_is_refused_names_the_reason_and_nothing_is_sent() {
    let (sandbox, provider) = connected().await;
    let id = TicketId::new("143");
    let file = |bytes: &[u8]| Attachment::new("a.png", bytes);
    let limited = LeadSquared::new(&config(&sandbox).max_attachment_bytes(4)).unwrap();
    let large = "the attachment \"a.png\" has 5 bytes, at most 4 are allowed";
    let missing = Attachment::from_path("no/such/file.png");
    let nameless = Attachment::new("", *b"x");
    for (result, reason) in [
        (
            provider
                .create(&CallContext::new(), &NewTicket::new("S"))
                .await
                .map(drop),
            "`requester_id`",
        ),
        (
            provider
                .create(&CallContext::new(), &NewTicket::new(" "))
                .await
                .map(drop),
            "`subject`",
        ),
        (
            provider
                .update(&CallContext::new(), &id, &TicketPatch::new())
                .await,
            "nothing to change",
        ),
        (
            limited
                .create(
                    &CallContext::new(),
                    &new_ticket().attachment(file(b"bytes")),
                )
                .await
                .map(drop),
            large,
        ),
        (
            limited
                .update(
                    &CallContext::new(),
                    &id,
                    &subject().attachment(file(b"bytes")),
                )
                .await,
            large,
        ),
        (
            provider
                .create(
                    &CallContext::new(),
                    &new_ticket().attachment(missing.clone()),
                )
                .await
                .map(drop),
            "\"file.png\" cannot be read",
        ),
        (
            provider
                .update(&CallContext::new(), &id, &subject().attachment(missing))
                .await,
            "\"file.png\" cannot be read",
        ),
        (
            provider
                .update(&CallContext::new(), &id, &subject().attachment(nameless))
                .await,
            "no file name",
        ),
        (
            provider
                .update(
                    &CallContext::new(),
                    &id,
                    &subject().attachment(file(b"x").media_type("picture")),
                )
                .await,
            "\"picture\" is not a media type",
        ),
    ] {
        let error = result.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::InvalidInput, Effect::None)
        );
        assert!(error.operation().is_some(), "{error} says where");
        assert!(error.to_string().contains(reason), "{error} names {reason}");
    }
    assert!(sandbox.journal().is_empty());
    let allowed = new_ticket().attachment(file(b"four"));
    let id = limited
        .create(&CallContext::new(), &allowed)
        .await
        .unwrap()
        .id;
    let real = sandbox.ticket(Vendor::LeadSquared, id.as_str()).unwrap();
    assert_eq!(real.attachments[0].bytes, b"four");
}

#[tokio::test]
async fn an_org_id_that_is_no_number_reads_no_messages() {
    let sandbox = Sandbox::start().await.unwrap();
    let url = sandbox.base_url(Vendor::LeadSquared);
    // Padded, it would be sent as another account's.
    for org_id in ["acme", "022824"] {
        let config =
            LeadSquaredConfig::new(&url, org_id, LEADSQUARED_ACCESS_KEY, LEADSQUARED_SECRET_KEY);
        let provider = LeadSquared::new(&config).unwrap();
        let messages = provider
            .messages(&CallContext::new(), &"143".into(), &PageRequest::first())
            .await;
        let error = messages.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Config, Effect::None)
        );
        assert!(error.to_string().contains("`org_id`"), "{error}");
    }
    assert!(sandbox.journal().is_empty());
}

#[tokio::test]
async fn hostile_ids_never_reach_another_address() {
    let builder = Sandbox::builder().leadsquared_quota(None);
    let sandbox = builder.start().await.unwrap();
    let provider = LeadSquared::new(&config(&sandbox)).unwrap();
    let before = sandbox.tickets(Vendor::LeadSquared);
    for id in HOSTILE.iter().copied().map(TicketId::from) {
        let seen = sandbox.journal().len();
        assert!(
            provider.get(&CallContext::new(), &id).await.is_err(),
            "{id:?}"
        );
        assert!(
            provider
                .update(&CallContext::new(), &id, &subject())
                .await
                .is_err(),
            "{id:?}"
        );
        assert!(
            provider.resolve(&CallContext::new(), &id).await.is_err(),
            "{id:?}"
        );
        let inbound = NewComment::inbound("Please.");
        assert!(
            provider
                .comment(&CallContext::new(), &id, &inbound)
                .await
                .is_err(),
            "{id:?}"
        );
        for request in &sandbox.journal()[seen..] {
            let known = match request.method.as_str() {
                "GET" => Endpoint::Get,
                "PUT" => Endpoint::Update,
                _ => Endpoint::Comment,
            };
            assert_eq!(
                request.endpoint,
                Some(known),
                "{id:?} was sent as {}",
                request.path
            );
        }
        // These send the id as a number, so nothing else is sent at all.
        let seen = sandbox.journal().len();
        let internal = NewComment::internal("Seen.");
        for error in [
            provider
                .comment(&CallContext::new(), &id, &internal)
                .await
                .unwrap_err(),
            provider
                .messages(&CallContext::new(), &id, &PageRequest::first())
                .await
                .unwrap_err(),
            provider
                .upload_internal_note(id.as_str(), "Seen.")
                .await
                .unwrap_err(),
            provider
                .filter_conversations(id.as_str(), &[])
                .await
                .unwrap_err(),
        ] {
            assert_eq!(
                (error.kind(), error.effect()),
                (ErrorKind::InvalidInput, Effect::None)
            );
        }
        assert_eq!(sandbox.journal().len(), seen, "{id:?}");
    }
    assert_eq!(sandbox.tickets(Vendor::LeadSquared), before);
}

#[tokio::test]
async fn debug_and_errors_show_nothing_that_people_wrote() {
    const SECRET: &str = "what people wrote";
    let (sandbox, provider) = connected().await;
    let fields = || vec![NewField::new("Title", SECRET)];
    let row = format!(
        r#"{{"Id":1,"RelatedActivityType":"InboundEmail","Text":"{SECRET}","Html":"{SECRET}"}}"#
    );
    let list = format!(r#"{{"Total":1,"ConversationList":[{row}]}}"#);
    let page = PageRequest::first();
    answer(&sandbox, 200, &list);
    let conversations = provider
        .filter_conversations("143", ActivityType::ALL)
        .await
        .unwrap();
    answer(&sandbox, 200, &list);
    let messages = provider
        .messages(&CallContext::new(), &"143".into(), &page)
        .await
        .unwrap();
    assert_eq!(messages.items[0].body, SECRET);
    let ticket = format!(r#"{{"Id":1,"Fields":[{{"SchemaName":"Title","Value":"{SECRET}"}}]}}"#);
    answer(&sandbox, 200, ticket);
    let ticket = provider.get_ticket("143").await.unwrap();
    answer(
        &sandbox,
        200,
        format!(r#"{{"ConversationList":"{SECRET}"}}"#),
    );
    let in_list = provider
        .messages(&CallContext::new(), &"143".into(), &page)
        .await
        .unwrap_err();
    answer(&sandbox, 500, "");
    let note = NewComment::internal(SECRET);
    let in_note = provider
        .comment(&CallContext::new(), &"143".into(), &note)
        .await
        .unwrap_err();
    for shown in [
        format!("{:?}", CreateTicket::new(Some(SECRET.to_owned()), fields())),
        format!("{:?}", UpdateTicket::new(Some(SECRET.to_owned()), fields())),
        format!("{conversations:?}"),
        format!("{messages:?}"),
        format!("{ticket:?} {:?}", ticket.value.fields),
        format!("{in_list} {in_list:?}"),
        format!("{in_note} {in_note:?}"),
    ] {
        assert!(!shown.contains(SECRET), "{shown}");
    }
}

#[tokio::test]
async fn a_refusal_that_names_a_new_ticket_or_a_reason_beside_a_success_is_of_unknown_effect() {
    let (sandbox, provider) = connected().await;
    let ticket = NewTicket::new("x").requester(Person::with_id("45b5fded"));
    for (body, effect) in [
        (
            r#"{"Status":"Error","ReasonForFailure":"attachment upload failed","Id":"157"}"#,
            Effect::Unknown,
        ),
        (
            r#"{"Status":"Error","ReasonForFailure":"x","Id":null,"TicketId":"g"}"#,
            Effect::Unknown,
        ),
        (
            r#"{"Status":"Success","ReasonForFailure":"no such lead","Id":"157"}"#,
            Effect::Unknown,
        ),
        (
            r#"{"Status":"Success","ExceptionType":"X","Id":"157"}"#,
            Effect::Unknown,
        ),
        (
            r#"{"Status":"Success","ExceptionMessage":"boom","Id":"157"}"#,
            Effect::Unknown,
        ),
        (
            r#"{"Status":"Error","ReasonForFailure":"x","Id":null}"#,
            Effect::None,
        ),
        (r#"{"status":"Error","Id":null}"#, Effect::None),
    ] {
        answer(&sandbox, 200, body);
        let error = provider
            .create(&CallContext::new(), &ticket)
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::InvalidInput, effect),
            "{body}"
        );
    }
    answer(
        &sandbox,
        200,
        r#"{"Status":"Success","ReasonForFailure":"Status value not found","Id":"143"}"#,
    );
    let error = provider
        .resolve(&CallContext::new(), &"143".into())
        .await
        .unwrap_err();
    assert_eq!(error.effect(), Effect::Unknown);
    // Words that are not plainly "no" may be said of what was done in part, or will be.
    for status in ["Queued", "PartialSuccess", "CompletedWithErrors"] {
        let patch = subject();
        answer(
            &sandbox,
            200,
            format!(r#"{{"Status":"{status}","Id":"143"}}"#),
        );
        let error = provider
            .update(&CallContext::new(), &"143".into(), &patch)
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::InvalidInput, Effect::Unknown),
            "{status}"
        );
    }
    // The rule about missing fields is about those that are sent.
    let mandatory =
        r#"{"ExceptionType":"MXMandatoryAttributeMissingException","ExceptionMessage":"x"}"#;
    answer(&sandbox, 500, mandatory);
    let error = provider
        .delete(&CallContext::new(), &["160".into()])
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Server, Effect::Unknown)
    );
}

#[tokio::test]
async fn a_refusal_says_what_to_look_at() {
    let (sandbox, provider) = connected().await;
    let about_another_server = "this is not the vendor's answer; check the base URL";
    let about_tickets = "no such ticket or no such address";
    let targets = [DeleteTarget::new("160")];
    let context = CallContext::new();
    // The addresses of a delete and of a create name no ticket.
    answer(&sandbox, 404, "");
    let deleted = provider.delete(&context, &targets).await.unwrap_err();
    answer(&sandbox, 404, "");
    let created = provider.create(&context, &new_ticket()).await.unwrap_err();
    answer(&sandbox, 404, "");
    let read = provider.get(&context, &targets[0].id).await.unwrap_err();
    answer(
        &sandbox,
        403,
        r#"{"ExceptionMessage":"API is not enabled"}"#,
    );
    let forbidden = provider.get(&context, &targets[0].id).await.unwrap_err();
    answer(&sandbox, 401, "");
    let keys = provider.get(&context, &targets[0].id).await.unwrap_err();
    // In the vendor's form it may be about a ticket of the batch.
    let words = r#"{"Status":"Error","ExceptionMessage":"a ticket of these is not there"}"#;
    answer(&sandbox, 404, words);
    let batch = provider.delete(&context, &targets).await.unwrap_err();
    assert_eq!(forbidden.vendor_message(), Some("API is not enabled"));
    for (error, kind, words) in [
        (deleted, ErrorKind::BadResponse, about_another_server),
        (created, ErrorKind::BadResponse, about_another_server),
        (read, ErrorKind::NotFound, about_tickets),
        (forbidden, ErrorKind::Forbidden, "IP whitelist"),
        (keys, ErrorKind::Unauthenticated, "LEADSQUARED_BASE_URL"),
        (batch, ErrorKind::NotFound, "no such address"),
    ] {
        assert_eq!((error.kind(), error.effect()), (kind, Effect::None));
        assert!(error.message().contains(words), "{error}");
    }
}

#[tokio::test]
async fn an_answer_in_another_form_is_nobodys() {
    let (sandbox, provider) = connected().await;
    let targets = [DeleteTarget::new("160")];
    let page = "<html>Sign in</html>";
    let route = r#"{"message":"no Route matched with those values"}"#;
    let framework = r#"{"status":404,"error":"Not Found","path":"/api"}"#;
    for (status, body) in [
        (301, ""),
        (302, page),
        (307, ""),
        (400, page),
        (401, page),
        (403, page),
        (403, ""),
        (403, route),
        (404, page),
        (404, ""),
        (404, route),
        (404, framework),
        (405, ""),
        (409, page),
    ] {
        answer(&sandbox, status, body);
        let error = provider
            .delete(&CallContext::new(), &targets)
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::None),
            "{status} {body}"
        );
        assert!(error.message().contains("base URL"), "{error}");
    }
    for (status, body, kind, effect) in [
        (200, page, ErrorKind::BadResponse, Effect::Unknown),
        // Documented by their status alone.
        (400, "", ErrorKind::InvalidInput, Effect::None),
        (401, route, ErrorKind::Unauthenticated, Effect::None),
        (409, "", ErrorKind::Conflict, Effect::None),
        (429, page, ErrorKind::RateLimited, Effect::None),
        (408, "", ErrorKind::Timeout, Effect::Unknown),
        (408, page, ErrorKind::Timeout, Effect::Unknown),
        (499, "", ErrorKind::Timeout, Effect::Unknown),
    ] {
        answer(&sandbox, status, body);
        let error = provider
            .delete(&CallContext::new(), &targets)
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (kind, effect),
            "{status} {body}"
        );
    }
    // A read of one ticket: no body is documented, so only a web page is another server's.
    for (body, kind) in [
        ("", ErrorKind::NotFound),
        (route, ErrorKind::NotFound),
        ("404 page not found", ErrorKind::NotFound),
        (page, ErrorKind::BadResponse),
    ] {
        answer(&sandbox, 404, body);
        let read = provider.get(&CallContext::new(), &targets[0].id).await;
        assert_eq!(read.unwrap_err().kind(), kind, "{body}");
    }
}

#[tokio::test]
async fn only_the_documented_status_confirms_a_write() {
    let (sandbox, provider) = connected().await;
    let (context, id) = (CallContext::new(), TicketId::new("143"));
    let success = r#"{"Status":"Success","Id":"143"}"#;
    let noted = r#"{"Message":"Activity Created","RelatedTicketId":"143"}"#;
    for status in [200, 201, 202, 203, 204, 205, 206, 207] {
        let body = |body| {
            if [204, 205].contains(&status) {
                ""
            } else {
                body
            }
        };
        answer(&sandbox, status, body(success));
        let create = provider.create(&context, &new_ticket()).await.map(drop);
        answer(&sandbox, status, body(success));
        let update = provider.update(&context, &id, &subject()).await;
        answer(&sandbox, status, body(success));
        let resolve = provider.resolve(&context, &id).await;
        answer(&sandbox, status, body(noted));
        let note = NewComment::internal("Seen.");
        let note = provider.comment(&context, &id, &note).await;
        answer(&sandbox, status, body(success));
        let inbound = NewComment::inbound("Please.");
        let inbound = provider.comment(&context, &id, &inbound).await;
        for result in [create, update, resolve, note, inbound] {
            if status == 200 {
                result.unwrap();
                continue;
            }
            let error = result.unwrap_err();
            assert_eq!(
                (error.kind(), error.effect()),
                (ErrorKind::BadResponse, Effect::Unknown),
                "{error}"
            );
            let told = format!("HTTP {status} does not confirm");
            assert!(error.message().contains(&told), "{error}");
        }
    }
}

#[test]
fn the_declaration_says_what_a_404_proves_and_that_ids_are_not_reused() {
    let info = ticket_leadsquared::info();
    assert_eq!(info.id_form, IdForm::Number);
    assert!(info.never_reuses_ids && !info.reads_are_consistent && !info.redirects_ids);
    for operation in info.capabilities.operations() {
        let support = info.capabilities.support(operation).unwrap();
        let expected = match operation {
            Operation::Create => NotFound::Gone,
            _ => NotFound::Undocumented,
        };
        assert_eq!(support.not_found, expected, "{operation}");
    }
}
