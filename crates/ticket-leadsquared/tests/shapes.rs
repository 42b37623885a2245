//! Replies that are not what the vendor documents: each is an error that names the field, none a success.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use ticket_core::model::{Attachment, PageRequest, Person};
use ticket_core::{
    CallContext, DeleteTarget, Effect, Error, ErrorKind, NewComment, NewTicket, TicketId,
    TicketPatch, TicketProvider as _,
};
use ticket_leadsquared::LeadSquared;

use common::{answer, connected};

/// A call that gives an error for each of these replies, which names what is wrong.
async fn wrong_shapes<T: std::fmt::Debug>(
    effect: Effect,
    shapes: &[(&str, &str)],
    call: impl AsyncFn(&LeadSquared) -> Result<T, Error>,
) {
    let (sandbox, provider) = connected().await;
    let everywhere = ["[]", "null", "7", "{", "<html>", "\0", ""].map(|body| (body, ""));
    for (body, name) in everywhere.iter().chain(shapes) {
        answer(&sandbox, 200, body);
        let error = call(&provider).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, effect),
            "{body}"
        );
        assert!(error.to_string().contains(name), "{body}: {error}");
    }
    assert_eq!(sandbox.journal().len(), everywhere.len() + shapes.len());
}

#[tokio::test]
async fn a_ticket_of_the_wrong_shape_is_refused() {
    let shapes = [
        (r#"{"Fields":[]}"#, "`Id`"),
        (r#"{"Id":"","Fields":[]}"#, "`Id`"),
        (r#"{"Id":"1"}"#, "`Fields`"),
    ];
    wrong_shapes(Effect::None, &shapes, async |provider| {
        provider.get(&CallContext::new(), &"1".into()).await
    })
    .await;
}

#[tokio::test]
async fn a_confirmation_of_the_wrong_shape_confirms_nothing() {
    let id = TicketId::new("143");
    let updated = [
        (r#"{"Id":"143"}"#, "`Status`"),
        (r#"{"Status":"Success"}"#, "`Id`"),
        (r#"{"Status":"Success","Id":null}"#, "`Id`"),
        (r#"{"Status":"Success","Id":{}}"#, "`Id`"),
        (r#"{"Status":" ","Id":"143"}"#, "`Status`"),
        // What cannot be read must not hide a refusal beside it.
        (
            r#"{"Status":"Error","status":"Error","Id":"143"}"#,
            "`Status` twice",
        ),
        (
            r#"{"Status":"Error","Message":"a","Message":"b","Id":"143"}"#,
            "`Message` twice",
        ),
    ];
    let update = async |provider: &LeadSquared| {
        provider
            .update(
                &CallContext::new(),
                &id,
                &TicketPatch::new().subject("Call back"),
            )
            .await
    };
    wrong_shapes(Effect::Unknown, &updated, update).await;
    let resolve = async |provider: &LeadSquared| provider.resolve(&CallContext::new(), &id).await;
    wrong_shapes(Effect::Unknown, &updated, resolve).await;

    let created = [
        (r#"{"Status":"Success"}"#, "`Id`"),
        (r#"{"Status":"Success","Id":0}"#, "no new ticket"),
        (r#"{"Id":"157"}"#, "`Status`"),
        (r#"{"Status":"","Id":"157"}"#, "`Status`"),
    ];
    let with_file = NewTicket::new("No call back")
        .requester(Person::with_id("45b5fded"))
        .attachment(Attachment::new("a.png", *b"x"));
    let create =
        async |provider: &LeadSquared| provider.create(&CallContext::new(), &with_file).await;
    wrong_shapes(Effect::Unknown, &created, create).await;

    let noted = [
        (r#"{"Message":"Activity Created"}"#, "`RelatedTicketId`"),
        (r#"{"RelatedTicketId":null}"#, "`RelatedTicketId`"),
        (
            r#"{"Message":"Failed","RelatedTicketId":"143"}"#,
            "does not confirm",
        ),
        (
            r#"{"Message":"Activity could not be created","RelatedTicketId":"143"}"#,
            "does not confirm",
        ),
    ];
    let note = NewComment::internal("Seen.");
    let comment =
        async |provider: &LeadSquared| provider.comment(&CallContext::new(), &id, &note).await;
    wrong_shapes(Effect::Unknown, &noted, comment).await;

    let added = [
        (r#"{"Id":"1"}"#, "`Status`"),
        (r#"{"Id":"1","Status":null}"#, "`Status`"),
        (r#"{"Id":"1","Status":""}"#, "`Status`"),
        (r#"{"Id":null,"Status":"Success"}"#, "`Id`"),
    ];
    let activity = NewComment::inbound("Please.");
    let comment =
        async |provider: &LeadSquared| provider.comment(&CallContext::new(), &id, &activity).await;
    wrong_shapes(Effect::Unknown, &added, comment).await;
}

#[tokio::test]
async fn messages_of_the_wrong_shape_are_refused() {
    let shapes = [
        ("{}", "`ConversationList`"),
        (r#"{"Total":0,"ConversationList":{}}"#, "`ConversationList`"),
    ];
    let page = PageRequest::first();
    let messages = async |provider: &LeadSquared| {
        provider
            .messages(&CallContext::new(), &"143".into(), &page)
            .await
    };
    wrong_shapes(Effect::None, &shapes, messages).await;
}

#[tokio::test]
async fn a_reply_about_another_ticket_is_a_conflict_that_names_both() {
    let (sandbox, provider) = connected().await;
    let (context, id) = (CallContext::new(), TicketId::new("143"));
    let updated = r#"{"Status":"Success","Id":"144"}"#;
    answer(&sandbox, 200, updated);
    let patch = TicketPatch::new().subject("Call back");
    let update = provider.update(&context, &id, &patch).await;
    answer(&sandbox, 200, updated);
    let resolve = provider.resolve(&context, &id).await;
    answer(
        &sandbox,
        200,
        r#"{"Message":"Activity Created","RelatedTicketId":144}"#,
    );
    let note = NewComment::internal("Seen.");
    let comment = provider.comment(&context, &id, &note).await;
    for result in [update, resolve, comment] {
        let error = result.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Conflict, Effect::Unknown)
        );
        assert!(error.message().contains("144, not 143"), "{error}");
    }
}

#[tokio::test]
async fn odd_values_are_absent_and_a_message_without_a_readable_id_is_told_as_a_gap() {
    let (sandbox, provider) = connected().await;
    let (context, id) = (CallContext::new(), TicketId::new("143"));
    for odd in [
        "7",
        "{}",
        "[1]",
        "null",
        "1e999",
        r#""""#,
        r#""0001-01-01T00:00:00""#,
    ] {
        let ticket = format!(
            r#"{{"Id":"143","TicketId":{odd},"LeadId":{{}},"Fields":[null,{{"Value":"x"}},{{"SchemaName":7}},{{"SchemaName":"DueDate","Value":{odd}}},{{"SchemaName":"Title","Value":"kept"}}]}}"#
        );
        answer(&sandbox, 200, &ticket);
        let got = provider.get(&context, &id).await.unwrap();
        assert_eq!(got.subject.as_deref(), Some("kept"), "{odd}");
        assert_eq!((got.due_at, got.raw.get()), (None, ticket.as_str()));
        let list = format!(
            r#"{{"Total":{{}},"ConversationList":[{{"Id":1,"Text":"kept","CreatedOn":{odd},"CreatedBy":7}},{{"Text":"x"}},{{"Id":1.5}},null,7]}}"#
        );
        answer(&sandbox, 200, list);
        let page = PageRequest::first();
        let page = provider.messages(&context, &id, &page).await.unwrap();
        assert_eq!((page.items.len(), page.total), (1, None), "{odd}");
        assert_eq!(page.items.first().unwrap().body, "kept");
        assert_eq!(page.items.first().unwrap().created_at, None, "{odd}");
        assert_eq!(page.gaps, ["4 rows of the page have no readable id"]);
        let updated = format!(r#"{{"Status":"Success","Id":"143","Key":{odd}}}"#);
        answer(&sandbox, 200, updated);
        let patch = TicketPatch::new().subject("Call back");
        provider.update(&context, &id, &patch).await.unwrap();
    }
}

#[tokio::test]
async fn a_delete_reply_of_the_wrong_shape_confirms_nothing() {
    let shapes = [
        ("{}", "`SuccessfulIds`"),
        (r#"{"SuccessfulIds":[160]}"#, "`FailedIds`"),
        (r#"{"SuccessfulIds":160,"FailedIds":[]}"#, "`SuccessfulIds`"),
    ];
    let targets = [DeleteTarget::new("160")];
    let delete =
        async |provider: &LeadSquared| provider.delete(&CallContext::new(), &targets).await;
    wrong_shapes(Effect::Unknown, &shapes, delete).await;
}

#[tokio::test]
async fn the_first_reason_that_is_given_is_the_vendors_words() {
    let (sandbox, provider) = connected().await;
    for (body, words) in [
        (
            r#"{"ExceptionMessage":"E","ReasonForFailure":"R","Message":"M"}"#,
            Some("E"),
        ),
        (
            r#"{"ExceptionMessage":" ","ReasonForFailure":"R","Message":"M"}"#,
            Some("R"),
        ),
        (r#"{"ReasonForFailure":null,"Message":"M"}"#, Some("M")),
        (r#"{"ReasonForFailure":{"Code":7}}"#, Some(r#"{"Code":7}"#)),
        ("out of order", Some("out of order")),
        ("<html>", None),
        ("{}", None),
    ] {
        answer(&sandbox, 500, body);
        let error = provider
            .resolve(&CallContext::new(), &"143".into())
            .await
            .unwrap_err();
        assert_eq!(error.vendor_message(), words, "{body}");
    }
}
