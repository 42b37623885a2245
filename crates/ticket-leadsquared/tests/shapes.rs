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
        (r#"{"Id":"1","Fields":[{"Value":""}]}"#, "`SchemaName`"),
        (
            r#"{"Id":"1","Fields":[{"SchemaName":"Title","Value":7}]}"#,
            "`Fields[0].Value`",
        ),
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
        (r#"{"Status":"Success","Id":"143","Key":7}"#, "`Key`"),
        (r#"{"Status":"Success","Id":"144"}"#, "another ticket"),
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
            r#"{"Message":"Activity Created","RelatedTicketId":"144"}"#,
            "another ticket",
        ),
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
        (r#"{"Total":-1,"ConversationList":[]}"#, "`Total`"),
        (r#"{"Total":"two","ConversationList":[]}"#, "`Total`"),
        (r#"{"ConversationList":[7]}"#, "the reply"),
        (r#"{"ConversationList":[{}]}"#, "`Id`"),
        (r#"{"ConversationList":[{"Id":1},{"Id":[]}]}"#, "`Id`"),
        (r#"{"ConversationList":[{"Id":1,"Text":7}]}"#, "`Text`"),
        (
            r#"{"ConversationList":[{"Id":1,"CreatedOn":7}]}"#,
            "`CreatedOn`",
        ),
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
async fn a_delete_reply_of_the_wrong_shape_confirms_nothing() {
    let shapes = [
        ("{}", "`SuccessfulIds`"),
        (r#"{"SuccessfulIds":[160]}"#, "`FailedIds`"),
        (r#"{"SuccessfulIds":160,"FailedIds":[]}"#, "`SuccessfulIds`"),
        (
            r#"{"SuccessfulIds":[{"Id":160}],"FailedIds":[]}"#,
            "`SuccessfulIds[0]`",
        ),
        (
            r#"{"SuccessfulIds":null,"FailedIds":[]}"#,
            "`SuccessfulIds`",
        ),
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
