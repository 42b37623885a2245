//! Replies that are not what the vendor documents: what is still taken for an answer, and what for none.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use ticket_core::model::PageRequest;
use ticket_core::{CallContext, Effect, ErrorKind, TicketPatch, TicketProvider as _};
use ticket_sweeppea::wire::UpdateTicket;

use common::{answer, connected, new_ticket};

#[tokio::test]
async fn a_reply_of_the_wrong_shape_names_the_field_and_confirms_nothing() {
    let (sandbox, provider) = connected().await;
    for (body, field) in [
        (r#"{"Response":"true"}"#, "Response"),
        (r#"{"Response":1}"#, "Response"),
        (r#"{"Message":"Ticket Deleted Successfully"}"#, "Response"),
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
        (r#"{"Response":true,"Data":{"Status":false}}"#, "Data"),
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
            format!(r#"{{"Response":true,"Message":"Ticket Deleted Successfully","Code":{code}}}"#),
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
        r#"{"Response":true,"Data":{"CaseNumber":"1","Status":true,"Subject":7,"CloseDate":"yesterday","ClosedBy":{}}}"#,
    );
    provider
        .resolve(&CallContext::new(), &"1".into())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_reply_about_another_ticket_is_a_conflict_that_names_both() {
    let (sandbox, provider) = connected().await;
    let context = CallContext::new();
    let id = "MINE1".into();
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Data":{"CaseNumber":"OTHER","Status":true}}"#,
    );
    let resolved = provider.resolve(&context, &id).await.unwrap_err();
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Ticket":{"CaseNumber":"OTHER"}}"#,
    );
    let patch = TicketPatch::new().subject("x");
    let updated = provider.update(&context, &id, &patch).await.unwrap_err();
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Data":{"CaseNumber":"OTHER","Notes":[]}}"#,
    );
    let page = PageRequest::first();
    let read = provider.messages(&context, &id, &page).await.unwrap_err();
    for (error, effect) in [
        (resolved, Effect::Unknown),
        (updated, Effect::Unknown),
        (read, Effect::None),
    ] {
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Conflict, effect)
        );
        let words = error.to_string();
        assert!(
            words.contains("OTHER") && words.contains("MINE1"),
            "{words}"
        );
    }
}

#[tokio::test]
async fn a_ticket_that_is_not_said_to_be_closed_is_not_resolved() {
    let (sandbox, provider) = connected().await;
    for status in [r#","Status":false"#, r#","Status":"Open""#, ""] {
        let body = format!(r#"{{"Response":true,"Data":{{"CaseNumber":"1"{status}}}}}"#);
        answer(&sandbox, 200, body);
        let error = provider
            .resolve(&CallContext::new(), &"1".into())
            .await
            .unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{status}"
        );
        assert!(error.message().contains("closed"), "{error}");
    }
}

/// serde would take the items for the fields, by their order.
#[tokio::test]
async fn a_list_in_the_place_of_a_ticket_is_no_ticket() {
    let (sandbox, client) = connected().await;
    let nulls = ",null".repeat(9);
    answer(
        &sandbox,
        200,
        format!(r#"{{"Response":true,"Data":["2531581"{nulls}]}}"#),
    );
    let get = client
        .get(&CallContext::new(), &"2531581".into())
        .await
        .map(drop);
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Ticket":["2531581",null,null,null,null]}"#,
    );
    let update = client
        .update_ticket(&UpdateTicket::new("2531581"))
        .await
        .map(drop);
    for answer in [get, update] {
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        let message = "expected an object, found sequence";
        assert!(error.message().contains(message), "{error}");
    }
}

#[tokio::test]
async fn notes_are_read_whatever_else_the_ticket_holds_but_of_a_ticket_only() {
    let (sandbox, provider) = connected().await;
    let first = PageRequest::first();
    for (data, messages, gaps) in [
        (
            r#"{"CaseNumber":"1","Date":"yesterday","Notes":[{},{"Date":"x","Id":7}]}"#,
            2,
            0,
        ),
        (r#"{"CaseNumber":"1","Notes":null}"#, 0, 0),
        (r#"{"CaseNumber":"1"}"#, 0, 0),
        (
            r#"{"CaseNumber":"1","Notes":[null,["n7",null,"a note"],{"Note":"x"}]}"#,
            1,
            1,
        ),
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
        let seen = (page.items.len(), page.next, page.gaps.len());
        assert_eq!(seen, (messages, None, gaps), "{data}");
    }
    for (data, message) in [
        (r#"{"Notes":[]}"#, "`CaseNumber`"),
        (r#"{"CaseNumber":"1","Notes":{}}"#, "`Data.Notes`"),
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

#[tokio::test]
async fn odd_values_of_a_ticket_are_absent() {
    let (sandbox, provider) = connected().await;
    for odd in [
        r#""""#,
        r#""2025-01-26T10:00:00""#,
        r#""0001-01-01T00:00:00.000Z""#,
        "1737885600000",
        "1e999",
        "[1,[2]]",
        r#"{"Date":"x"}"#,
    ] {
        let body = format!(
            r#"{{"Response":true,"Data":{{"CaseNumber":"1","Subject":"kept","Date":{odd},"CloseDate":{odd},"Priority":"2","Status":7,"AccountInfo":{{"FullName":"Jane","Email":{odd}}},"Notes":{odd}}}}}"#
        );
        answer(&sandbox, 200, &body);
        let ticket = provider
            .get(&CallContext::new(), &"1".into())
            .await
            .unwrap();
        assert_eq!(ticket.subject.as_deref(), Some("kept"));
        assert_eq!((ticket.created_at, ticket.closed_at), (None, None), "{odd}");
        assert_eq!((ticket.priority, ticket.status), (None, None));
        assert_eq!(ticket.requester.unwrap().name.as_deref(), Some("Jane"));
        assert_eq!(ticket.raw.get(), body);
    }
}
