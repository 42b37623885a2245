//! Replies that are not what the vendor documents: what is still taken for an answer, and what for none.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use ticket_core::model::PageRequest;
use ticket_core::{CallContext, Effect, ErrorKind, TicketPatch, TicketProvider as _, TicketQuery};
use ticket_sweeppea::wire::UpdateTicket;

use common::{answer, connected, new_ticket};

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
        let error = provider
            .delete(&CallContext::new(), &["1".into()])
            .await
            .unwrap_err();
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
        let error = provider
            .get(&CallContext::new(), &"1".into())
            .await
            .unwrap_err();
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
        let error = provider
            .delete(&CallContext::new(), &["1".into()])
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{body}"
        );
    }
}

#[tokio::test]
async fn odd_decorations_do_not_make_a_confirmed_write_unknown() {
    let (sandbox, provider) = connected().await;
    for code in [r#""200""#, "-1", "2.5", "[]"] {
        answer(
            &sandbox,
            200,
            format!(r#"{{"Response":true,"Code":{code}}}"#),
        );
        let report = provider
            .delete(&CallContext::new(), &["1".into()])
            .await
            .unwrap();
        assert!(report.all_deleted(), "{code}");
        let refusal = format!(r#"{{"Response":false,"Message":"Not Found","Code":{code}}}"#);
        answer(&sandbox, 404, refusal);
        let report = provider
            .delete(&CallContext::new(), &["1".into()])
            .await
            .unwrap();
        let outcome = report.outcome(&"1".into()).unwrap();
        assert_eq!(outcome.as_str(), "not_found", "{code}");
    }
    answer(
        &sandbox,
        201,
        r#"{"Response":true,"Data":{"CaseNumber":"2650478","Priority":"2","CreationDate":"yesterday","AssignedTo":"x","Status":7}}"#,
    );
    assert_eq!(
        provider
            .create(&CallContext::new(), &new_ticket())
            .await
            .unwrap()
            .id
            .as_str(),
        "2650478"
    );
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Ticket":{"CaseNumber":"ABC1234","Status":"x","Priority":{}}}"#,
    );
    // The vendor found it, whatever the letters' case.
    provider
        .update(
            &CallContext::new(),
            &"abc1234".into(),
            &TicketPatch::new().subject("x"),
        )
        .await
        .unwrap();
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Data":{"CaseNumber":"1","Subject":7,"CloseDate":"yesterday","ClosedBy":{}}}"#,
    );
    provider
        .resolve(&CallContext::new(), &"1".into())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_reply_about_another_ticket_or_one_still_open_confirms_nothing() {
    let (sandbox, provider) = connected().await;
    for (data, message) in [
        (
            r#"{"CaseNumber":"OTHER","Status":true}"#,
            "about another ticket",
        ),
        (r#"{"CaseNumber":"1","Status":false}"#, "open still"),
        (r#"{"CaseNumber":"1","Status":"Open"}"#, "`Data.Status`"),
    ] {
        answer(
            &sandbox,
            200,
            format!(r#"{{"Response":true,"Data":{data}}}"#),
        );
        let error = provider
            .resolve(&CallContext::new(), &"1".into())
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{data}"
        );
        assert!(error.message().contains(message), "{error}");
    }
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Ticket":{"CaseNumber":"OTHER"}}"#,
    );
    let error = provider
        .update(
            &CallContext::new(),
            &"1".into(),
            &TicketPatch::new().subject("x"),
        )
        .await
        .unwrap_err();
    assert_eq!(error.effect(), Effect::Unknown);
}

/// serde would take the items for the fields, by their order.
#[tokio::test]
async fn a_list_in_the_place_of_a_ticket_is_no_ticket() {
    let (sandbox, client) = connected().await;
    let id = "2531581".into();
    let row = r#"["2531581",null,null,null,null]"#;
    answer(
        &sandbox,
        200,
        format!(r#"{{"Response":true,"Data":{{"Tickets":[{row}]}}}}"#),
    );
    let list = client
        .list(&CallContext::new(), &TicketQuery::new())
        .await
        .map(drop);
    let notes =
        r#"{"Response":true,"Data":{"CaseNumber":"2531581","Notes":[["n7",null,"a note"]]}}"#;
    answer(&sandbox, 200, notes);
    let messages = client
        .messages(&CallContext::new(), &id, &PageRequest::first())
        .await
        .map(drop);
    let nulls = ",null".repeat(9);
    answer(
        &sandbox,
        200,
        format!(r#"{{"Response":true,"Data":["2531581"{nulls}]}}"#),
    );
    let get = client.get(&CallContext::new(), &id).await.map(drop);
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Ticket":["2531581",null,null,null,null]}"#,
    );
    let update = client
        .update_ticket(&UpdateTicket::new("2531581"))
        .await
        .map(drop);
    let part = "a part of the reply is not an object";
    let whole = "expected an object, found sequence";
    for (answer, message) in [
        (list, part),
        (messages, part),
        (get, whole),
        (update, whole),
    ] {
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        assert!(error.message().contains(message), "{error}");
    }
}

#[tokio::test]
async fn notes_are_read_whatever_else_the_ticket_holds_but_of_a_ticket_only() {
    let (sandbox, provider) = connected().await;
    let first = PageRequest::first();
    for (data, messages) in [
        (
            r#"{"CaseNumber":"1","Date":"yesterday","Notes":[{},{}]}"#,
            2,
        ),
        (r#"{"CaseNumber":"1","Notes":null}"#, 0),
        (r#"{"CaseNumber":"1"}"#, 0),
    ] {
        answer(
            &sandbox,
            200,
            format!(r#"{{"Response":true,"Data":{data}}}"#),
        );
        let page = provider
            .messages(&CallContext::new(), &"1".into(), &first)
            .await
            .unwrap();
        assert_eq!((page.items.len(), page.next), (messages, None), "{data}");
    }
    for (data, message) in [
        (r#"{"Notes":[]}"#, "`CaseNumber`"),
        (r#"{"CaseNumber":"1","Notes":{}}"#, "`Data.Notes`"),
        (r#"{"CaseNumber":"1","Notes":[{"Date":"x"}]}"#, "`Date`"),
        (r#"{"CaseNumber":"1","Notes":[null]}"#, "is not an object"),
    ] {
        answer(
            &sandbox,
            200,
            format!(r#"{{"Response":true,"Data":{data}}}"#),
        );
        let error = provider
            .messages(&CallContext::new(), &"1".into(), &first)
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        assert!(error.message().contains(message), "{error}");
    }
}
