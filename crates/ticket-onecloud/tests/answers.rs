//! What confirms a call, whose answer it is, and what an odd row costs.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use ticket_core::model::PageRequest;
use ticket_core::provider::{IdForm, NotFound, Settings};
use ticket_core::{
    CallContext, Effect, Error, ErrorKind, Operation, TicketProvider as _, TicketQuery,
};
use ticket_onecloud::{OneCloud, OneCloudConfig, SETTINGS};
use ticket_sandbox::credentials::ONECLOUD_TOKEN;
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor};

use common::{answer, connected, new_ticket};

const CREATED: &str = r#"{"response_code":"200","response_status":"Success","ticketId":"7"}"#;

async fn delete(provider: &OneCloud) -> Result<(), Error> {
    let report = provider
        .delete(&CallContext::new(), &["121".into()])
        .await?;
    assert!(report.all_deleted(), "{report:?}");
    Ok(())
}

async fn create(provider: &OneCloud) -> Result<(), Error> {
    let created = provider.create(&CallContext::new(), &new_ticket()).await;
    created.map(drop)
}

fn seen(error: &Error) -> (ErrorKind, Effect) {
    (error.kind(), error.effect())
}

#[tokio::test]
async fn only_the_documented_status_confirms_a_write() {
    let (sandbox, provider) = connected().await;
    for status in [201, 202, 203, 204, 205, 206, 207] {
        answer(
            &sandbox,
            status,
            if [204, 205].contains(&status) {
                ""
            } else {
                "{}"
            },
        );
        let deleted = delete(&provider).await.unwrap_err();
        answer(
            &sandbox,
            status,
            if [204, 205].contains(&status) {
                ""
            } else {
                CREATED
            },
        );
        let created = create(&provider).await.unwrap_err();
        for error in [deleted, created] {
            assert_eq!(
                seen(&error),
                (ErrorKind::BadResponse, Effect::Unknown),
                "{error}"
            );
            assert!(error.message().contains("confirm"), "{error}");
            assert_eq!(error.status(), Some(status), "{error}");
        }
    }
    answer(&sandbox, 200, "{}");
    delete(&provider).await.unwrap();
    answer(&sandbox, 200, CREATED);
    create(&provider).await.unwrap();
}

#[tokio::test]
async fn only_the_documented_body_confirms_a_write() {
    let (sandbox, provider) = connected().await;
    for body in ["", " ", r#"{"queued":true}"#, "null", "OK"] {
        answer(&sandbox, 200, body);
        let error = delete(&provider).await.unwrap_err();
        assert_eq!(
            seen(&error),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{body:?}"
        );
    }
    for body in [
        r#"{"response_code":"200","response_status":"Queued","ticketId":"7"}"#,
        r#"{"response_code":"200","response_status":"Success","ticketId":"0"}"#,
        r#"{"response_code":"200","response_status":"Success"}"#,
        r#"{"response_code":202,"response_status":"Success","ticketId":"7"}"#,
    ] {
        answer(&sandbox, 200, body);
        let error = create(&provider).await.unwrap_err();
        assert_eq!(
            seen(&error),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{body}"
        );
    }
}

#[tokio::test]
async fn an_answer_in_another_form_is_nobodys() {
    let (sandbox, provider) = connected().await;
    let page = "<html>Sign in</html>";
    let route = r#"{"message":"no Route matched with those values"}"#;
    for (status, body) in [
        (301, ""),
        (302, page),
        (307, ""),
        (400, page),
        (401, page),
        (401, ""),
        (401, "jwt token not found"),
        (401, route),
        (403, page),
        (403, "blocked"),
        (403, route),
        (404, page),
        (405, ""),
        (405, "405 method not allowed"),
        (409, page),
    ] {
        answer(&sandbox, status, body);
        let error = delete(&provider).await.unwrap_err();
        assert_eq!(
            seen(&error),
            (ErrorKind::BadResponse, Effect::None),
            "{status} {body}"
        );
        assert!(error.message().contains("base URL"), "{error}");
    }
    answer(&sandbox, 200, page);
    let error = delete(&provider).await.unwrap_err();
    assert_eq!(seen(&error), (ErrorKind::BadResponse, Effect::Unknown));
}

/// No body is documented for an unknown ticket.
#[tokio::test]
async fn a_404_of_any_form_but_a_web_page_is_not_found() {
    let (sandbox, provider) = connected().await;
    for body in [
        "",
        "404 page not found\n",
        r#"{"status":404,"error":"Not Found"}"#,
        "[]",
    ] {
        answer(&sandbox, 404, body);
        let error = provider
            .get(&CallContext::new(), &"121".into())
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound, "{body}");
    }
}

#[tokio::test]
async fn a_timeout_on_the_way_leaves_a_write_unknown_and_a_conflict_does_not() {
    let (sandbox, provider) = connected().await;
    for status in [408, 499] {
        for body in ["", "<html>", r#"{"message":"timeout"}"#] {
            answer(&sandbox, status, body);
            let error = delete(&provider).await.unwrap_err();
            assert_eq!(
                seen(&error),
                (ErrorKind::Timeout, Effect::Unknown),
                "{status} {body}"
            );
        }
    }
    answer(&sandbox, 429, "");
    let error = delete(&provider).await.unwrap_err();
    assert_eq!(seen(&error), (ErrorKind::RateLimited, Effect::None));
    answer(&sandbox, 409, "");
    let error = create(&provider).await.unwrap_err();
    assert_eq!(seen(&error), (ErrorKind::Conflict, Effect::None));
}

#[tokio::test]
async fn odd_values_cost_themselves_only() {
    let (sandbox, provider) = connected().await;
    for odd in [
        r#""""#,
        r#""yesterday""#,
        r#""0000-00-00 00:00:00""#,
        r#""0001-01-01 00:00:00""#,
        r#""0001-01-01T00:00:00Z""#,
        "1737885600000",
        "1.5",
        "true",
        "null",
        "[1,[2]]",
        r#"{"date":"2025-01-26"}"#,
    ] {
        let decorated = format!(
            r#"{{"Id":"7","CreateDate":{odd},"DueDate":{odd},"Subject":"kept","Tags":[],"Priority":{{}}}}"#
        );
        answer(&sandbox, 200, &decorated);
        let ticket = provider
            .get(&CallContext::new(), &"7".into())
            .await
            .unwrap();
        assert_eq!((ticket.created_at, ticket.due_at), (None, None), "{odd}");
        assert_eq!(ticket.subject.as_deref(), Some("kept"), "{odd}");
        assert_eq!(ticket.raw.get(), decorated);
        let list = format!(r#"{{"total":2,"data":[{decorated},{{"Id":"8"}}]}}"#);
        answer(&sandbox, 200, list);
        let page = provider
            .list(&CallContext::new(), &TicketQuery::new())
            .await
            .unwrap();
        assert_eq!((page.items.len(), page.gaps.len()), (2, 0), "{odd}");
        assert_eq!(page.items[0].created_at, None, "{odd}");
    }
}

#[tokio::test]
async fn a_row_without_a_readable_id_is_told_as_a_gap() {
    let (sandbox, provider) = connected().await;
    let all = |page: ticket_core::Page<ticket_core::Ticket>| {
        let ids: Vec<_> = page
            .items
            .iter()
            .map(|ticket| ticket.id.to_string())
            .collect();
        (ids, page.gaps)
    };
    for row in [
        "null",
        "7",
        "[]",
        "{}",
        r#"{"Id":null}"#,
        r#"{"Id":1.5}"#,
        r#"{"Id":{}}"#,
        r#"{"Id":""}"#,
    ] {
        answer(
            &sandbox,
            200,
            format!(r#"{{"total":3,"data":[{{"Id":1}},{row},{{"Id":"3"}}]}}"#),
        );
        let page = provider
            .list(&CallContext::new(), &TicketQuery::new())
            .await
            .unwrap();
        assert_eq!(page.total, Some(3), "{row}");
        let gap = "a row of the page has no readable id".to_owned();
        assert_eq!(
            all(page),
            (vec!["1".to_owned(), "3".to_owned()], vec![gap.clone()]),
            "{row}"
        );
        for body in [
            format!(r#"{{"data":[{{"Id":1}},{row}]}}"#),
            format!(r#"{{"data":[{{"Id":1}},{{"data":[{row}]}}]}}"#),
        ] {
            answer(&sandbox, 200, &body);
            let page = provider
                .messages(&CallContext::new(), &"7".into(), &PageRequest::first())
                .await
                .unwrap();
            assert_eq!(
                (page.items.len(), page.gaps),
                (1, vec![gap.clone()]),
                "{body}"
            );
        }
    }
    // A total that is no number is none.
    answer(&sandbox, 200, r#"{"total":"many","data":[]}"#);
    let page = provider
        .list(&CallContext::new(), &TicketQuery::new())
        .await
        .unwrap();
    assert_eq!(page.total, None);
}

#[tokio::test]
async fn an_id_of_another_form_is_not_sent_unless_the_setting_allows_it() {
    let (sandbox, provider) = connected().await;
    for id in [
        "1.23E+07",
        "121;Spam",
        "130-140",
        "140.0",
        "'150",
        "0121",
        "12\u{200b}1",
        "\u{ff11}2",
    ] {
        let context = CallContext::new();
        let got = provider.get(&context, &id.into()).await.map(drop);
        let deleted = provider.delete(&context, &[id.into()]).await.map(drop);
        let page = PageRequest::first();
        let read = provider
            .messages(&context, &id.into(), &page)
            .await
            .map(drop);
        for result in [got, deleted, read] {
            assert_eq!(
                seen(&result.unwrap_err()),
                (ErrorKind::InvalidInput, Effect::None)
            );
        }
    }
    assert!(sandbox.journal().is_empty());
    let settings = Settings::new()
        .with("base_url", sandbox.base_url(Vendor::OneCloud))
        .with("token", ONECLOUD_TOKEN)
        .with("id_form", "any");
    let config: OneCloudConfig = settings.read("onecloud", SETTINGS).unwrap();
    assert_eq!(config.id_form, IdForm::Any);
    let provider = OneCloud::new(&config).unwrap();
    answer(&sandbox, 200, "{}");
    let report = provider.delete(&CallContext::new(), &["TS-7".into()]).await;
    assert!(report.unwrap().all_deleted());
    let wrong = settings.with("id_form", "digits");
    assert!(wrong.read::<OneCloudConfig>("onecloud", SETTINGS).is_err());
}

#[test]
fn the_declaration_says_what_a_404_proves_and_that_ids_are_not_reused() {
    let info = ticket_onecloud::info();
    assert_eq!(info.id_form, IdForm::Number);
    assert!(info.never_reuses_ids && !info.reads_are_consistent && !info.redirects_ids);
    for operation in [Operation::Get, Operation::Delete, Operation::Messages] {
        let support = info.capabilities.support(operation).unwrap();
        assert_eq!(support.not_found, NotFound::Undocumented, "{operation}");
    }
}

#[tokio::test]
async fn a_reply_that_looks_like_a_web_page_by_its_type_only_is_read() {
    let sandbox = Sandbox::start().await.unwrap();
    let config = OneCloudConfig::new(sandbox.base_url(Vendor::OneCloud), ONECLOUD_TOKEN);
    let provider = OneCloud::new(&config).unwrap();
    sandbox.inject(Rule::new(Fault::Reply {
        status: 401,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body:
            br#"{"_meta":{"status":"ERROR"},"records":{"errorCode":401,"userMessage":"bad jwt"}}"#
                .to_vec(),
    }));
    let error = delete(&provider).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unauthenticated);
}
