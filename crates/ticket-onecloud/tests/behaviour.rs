//! What the recorded exchanges do not show: both sides of a call, against the sandbox.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;
use jiff::civil::time;
use ticket_core::{
    Attachment, DailyWindow, DeleteOutcome, Direction, Effect, ErrorKind, NewComment, NewTicket,
    PageRequest, Person, Priority, Ticket, TicketId, TicketPatch, TicketProvider as _, TicketQuery,
    Tickets,
};
use ticket_onecloud::{HttpConfig, OneCloud, OneCloudConfig};
use ticket_sandbox::credentials::ONECLOUD_TOKEN;
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor};

async fn connected() -> (Sandbox, OneCloud) {
    let sandbox = Sandbox::start().await.unwrap();
    let config = OneCloudConfig::new(sandbox.base_url(Vendor::OneCloud), ONECLOUD_TOKEN);
    let provider = OneCloud::new(&config).unwrap();
    (sandbox, provider)
}

fn new_ticket() -> NewTicket {
    NewTicket::new("Card refused")
        .description("The till says: declined.")
        .category("Request")
        .requester(Person::named("A customer").email("customer@example.com"))
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
    assert!(sandbox.exists(Vendor::OneCloud, id.as_str()));
    let ticket = provider.get(&id).await.unwrap();
    assert_eq!(ticket.subject.as_deref(), Some("Card refused"));
    assert_eq!(
        ticket.description.as_deref(),
        Some("The till says: declined.")
    );
    assert!(
        provider
            .delete(std::slice::from_ref(&id))
            .await
            .unwrap()
            .all_deleted()
    );
    assert!(!sandbox.exists(Vendor::OneCloud, id.as_str()));
    let again = provider.delete(std::slice::from_ref(&id)).await.unwrap();
    assert!(matches!(
        again.outcome(&id),
        Some(DeleteOutcome::NotFound(_))
    ));
    assert_eq!(
        provider.get(&id).await.unwrap_err().kind(),
        ErrorKind::NotFound
    );
}

#[tokio::test]
async fn what_the_vendor_cannot_carry_is_refused_by_name_and_nothing_is_sent() {
    let (sandbox, provider) = connected().await;
    let attachment = Attachment::new("brochure.jpg", *b"x");
    for (ticket, field, kind) in [
        (
            new_ticket().attachment(attachment),
            "attachments",
            ErrorKind::Unsupported,
        ),
        (
            new_ticket().priority(Priority::High),
            "priority",
            ErrorKind::InvalidInput,
        ),
        (
            new_ticket().assignee("admin22"),
            "assignee",
            ErrorKind::InvalidInput,
        ),
        (new_ticket().tag("spam"), "tags", ErrorKind::InvalidInput),
        (
            new_ticket().custom("file", "x"),
            "file",
            ErrorKind::InvalidInput,
        ),
        (
            new_ticket().requester(Person::named("A customer")),
            "requester_email",
            ErrorKind::InvalidInput,
        ),
        (
            NewTicket::new("Card refused"),
            "description",
            ErrorKind::InvalidInput,
        ),
    ] {
        let error = provider.create(&ticket).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (kind, Effect::None),
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
async fn hostile_ids_never_reach_another_address() {
    let (sandbox, provider) = connected().await;
    let before = sandbox.tickets(Vendor::OneCloud).len();
    let long = "1".repeat(10_000);
    let ids = [
        "../x",
        "..",
        ".",
        "",
        "a/b",
        "1?x=2",
        "%2e%2e",
        "1#f",
        "1\0",
        "1\n2",
        &long,
        "über/../1",
        "121/",
        "/121",
        " ",
    ];
    for id in ids {
        let id = TicketId::new(id);
        let seen = sandbox.journal().len();
        let deleted = provider.delete(std::slice::from_ref(&id)).await;
        assert!(
            deleted.is_err()
                || matches!(
                    deleted.unwrap().outcome(&id),
                    Some(DeleteOutcome::NotFound(_))
                ),
            "{id:?}"
        );
        assert!(provider.get(&id).await.is_err(), "{id:?}");
        for request in &sandbox.journal()[seen..] {
            let segment = request
                .path
                .strip_prefix("/onecloud/api/ticketrz/")
                .unwrap();
            assert!(
                !segment.is_empty() && !segment.contains(['/', '?', '#']),
                "{id:?} was sent as {}",
                request.path
            );
        }
    }
    assert_eq!(sandbox.tickets(Vendor::OneCloud).len(), before);
}

#[tokio::test]
async fn a_quota_is_told_from_an_expired_token_and_its_window_kept_as_a_hint() {
    let (sandbox, provider) = connected().await;
    sandbox.exhaust_quota();
    let error = provider.get(&"121".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::QuotaExhausted);
    assert_eq!(
        error.quota_window(),
        Some(DailyWindow::new(time(18, 0, 0, 0), time(6, 0, 0, 0)))
    );
    assert!(
        error.vendor_message().unwrap().contains("18:00 - 06:00"),
        "{error}"
    );
    assert!(!error.is_retryable());

    let (sandbox, provider) = connected().await;
    sandbox.expire_token();
    let error = provider.delete(&["121".into()]).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::TokenExpired, Effect::None)
    );
    assert!(sandbox.exists(Vendor::OneCloud, "121"));
}

#[tokio::test]
async fn a_reply_of_the_wrong_shape_names_the_field() {
    let (sandbox, provider) = connected().await;
    for (body, field) in [
        (r#"{"Id":"1","Subject":{"a":1}}"#, "Subject"),
        (r#"{"Id":"1","Content":7}"#, "Content"),
        (r#"{"Id":["1"]}"#, "Id"),
        (r#"{"Id":""}"#, "Id"),
        (r#"{"Subject":"x"}"#, "Id"),
    ] {
        answer(&sandbox, 200, body);
        let error = provider.get(&"1".into()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.status()),
            (ErrorKind::BadResponse, Some(200)),
            "{body}"
        );
        assert!(
            error.to_string().contains(&format!("`{field}`")),
            "{body}: {error}"
        );
    }
    for body in ["[]", "null", "7", "\"x\"", "{", "[[[[", "<html>", "\0"] {
        answer(&sandbox, 200, body);
        assert_eq!(
            provider.get(&"1".into()).await.unwrap_err().kind(),
            ErrorKind::BadResponse,
            "{body}"
        );
        answer(&sandbox, 200, body);
        let deleted = provider.delete(&["1".into()]).await;
        let error = deleted.expect_err(&format!("{body:?} confirms nothing"));
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{body}"
        );
    }
}

#[tokio::test]
async fn an_error_code_is_read_as_text_and_as_number() {
    let (sandbox, provider) = connected().await;
    for code in ["403", "\"403\"", "\" 403 \""] {
        let body = format!(
            r#"{{"_meta":{{"status":"ERROR","count":1}},"records":{{"errorCode":{code},"userMessage":"no"}}}}"#
        );
        answer(&sandbox, 200, &body);
        let error = provider.delete(&["1".into()]).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Forbidden, Effect::None),
            "{code}"
        );
    }
    // A byte order mark hides nothing.
    answer(
        &sandbox,
        200,
        "\u{feff}{\"_meta\":{\"status\":\"ERROR\"},\"records\":{\"errorCode\":401,\"userMessage\":\"Expired token\"}}",
    );
    let error = provider.delete(&["1".into()]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenExpired);
    // An error that does not say which one confirms nothing.
    for records in [
        "null",
        "{}",
        r#"{"errorCode":null}"#,
        r#"{"errorCode":"x"}"#,
        r#"{"errorCode":200}"#,
        r#"{"errorCode":-1}"#,
        r#""Expired token""#,
        "[]",
    ] {
        answer(
            &sandbox,
            200,
            &format!(r#"{{"_meta":{{"status":"ERROR"}},"records":{records}}}"#),
        );
        let error = provider.delete(&["1".into()]).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{records}"
        );
    }
}

#[test]
fn a_time_zone_that_does_not_exist_is_refused() {
    let config =
        OneCloudConfig::new("https://onecloud.example.com", "token").time_zone("Asia/Nowhere");
    let error = OneCloud::new(&config).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("Asia/Nowhere"), "{error}");
}

#[tokio::test]
async fn a_list_goes_by_the_rows_that_arrive() {
    // The vendor's own sample has one row more than its limit.
    for extra in [false, true] {
        let sandbox = Sandbox::builder()
            .seed_tickets(false)
            .onecloud_extra_row(extra)
            .start()
            .await
            .unwrap();
        let config = OneCloudConfig::new(sandbox.base_url(Vendor::OneCloud), ONECLOUD_TOKEN);
        let provider = OneCloud::new(&config).unwrap();
        sandbox.add_tickets(Vendor::OneCloud, 61);
        let query = TicketQuery::new().page(PageRequest::first().limit(20));
        let tickets: Vec<Ticket> = Tickets::new(provider)
            .list_all(query)
            .try_collect()
            .await
            .unwrap();
        let ids: BTreeSet<_> = tickets.iter().map(|ticket| ticket.id.to_string()).collect();
        let truth: BTreeSet<_> = sandbox.ticket_ids(Vendor::OneCloud).into_iter().collect();
        assert_eq!((tickets.len(), &ids), (61, &truth));
        assert_eq!(sandbox.journal().len(), if extra { 3 } else { 4 });
    }
}

#[tokio::test]
async fn a_new_ticket_has_its_text_as_the_customers_message() {
    let (_sandbox, provider) = connected().await;
    let id = provider.create(&new_ticket()).await.unwrap().id;
    let page = provider.messages(&id, &PageRequest::first()).await.unwrap();
    assert_eq!(page.items[0].body, "The till says: declined.");
    assert_eq!(page.items[0].direction, Some(Direction::Inbound));
    assert!(page.next.is_none());
}

#[tokio::test]
async fn what_is_not_documented_is_unsupported_and_nothing_is_sent() {
    let (sandbox, provider) = connected().await;
    let id = TicketId::new("121");
    for error in [
        provider
            .update(&id, &TicketPatch::new().subject("x"))
            .await
            .unwrap_err(),
        provider.resolve(&id).await.unwrap_err(),
        provider
            .comment(&id, &NewComment::internal("x"))
            .await
            .unwrap_err(),
    ] {
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Unsupported, Effect::None)
        );
    }
    assert!(sandbox.journal().is_empty());
}

#[tokio::test]
async fn nothing_but_the_documented_reply_confirms_a_removal() {
    let (sandbox, provider) = connected().await;
    for body in [
        r#"{"error":"ticket is locked"}"#,
        r#"{"success":false}"#,
        r#"{"_meta":{"status":"FAILED"},"records":{"errorCode":"403"}}"#,
        r#"{"_meta":{"status":"ERROR"},"_meta":{"status":"ERROR"},"records":{"errorCode":"403"}}"#,
        r#"{"response_code":"200","response_status":"Failed"}"#,
        r#"{"response_code":"Failed"}"#,
        r#"{"sites":[1]}"#,
    ] {
        answer(&sandbox, 200, body);
        let error = provider.delete(&["1".into()]).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{body}"
        );
    }
    answer(&sandbox, 202, "{}");
    assert_eq!(
        provider.delete(&["1".into()]).await.unwrap_err().effect(),
        Effect::Unknown
    );
    // PHP's usual content type.
    sandbox.inject(Rule::new(Fault::Reply {
        status: 200,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: b"{}".to_vec(),
    }));
    assert!(provider.delete(&["1".into()]).await.unwrap().all_deleted());
}

#[tokio::test]
async fn the_words_of_expiry_and_quota_count_with_401_alone() {
    let (sandbox, provider) = connected().await;
    let envelope = |code: &str, words: &str| {
        format!(
            r#"{{"_meta":{{"status":"ERROR"}},"records":{{"errorCode":{code},"userMessage":"{words}"}}}}"#
        )
    };
    for (status, code, words, kind, effect) in [
        (
            200,
            "\"504\"",
            "Gateway timeout while saving, please try again",
            ErrorKind::Unavailable,
            Effect::Unknown,
        ),
        (
            503,
            "null",
            "please try again",
            ErrorKind::Unavailable,
            Effect::Unknown,
        ),
        (
            500,
            "null",
            "Saved; mailer failed: Expired token for smtp",
            ErrorKind::Server,
            Effect::Unknown,
        ),
        (
            200,
            "401",
            "Expired token",
            ErrorKind::TokenExpired,
            Effect::None,
        ),
        (
            401,
            "null",
            "expired TOKEN",
            ErrorKind::TokenExpired,
            Effect::None,
        ),
        // An application's own code does not hide the status.
        (
            404,
            "\"1001\"",
            "no such ticket",
            ErrorKind::NotFound,
            Effect::None,
        ),
    ] {
        answer(&sandbox, status, &envelope(code, words));
        let error = provider.create(&new_ticket()).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (kind, effect),
            "{status} {code} {words}"
        );
    }
    // An unknown effect is no answer about the ticket, whatever the code says.
    answer(&sandbox, 500, &envelope("\"404\"", "x"));
    let error = provider.delete(&["1".into()]).await.unwrap_err();
    assert_eq!(error.effect(), Effect::Unknown);
}

#[tokio::test]
async fn a_web_page_says_nothing_about_a_ticket() {
    let (sandbox, provider) = connected().await;
    sandbox.inject(Rule::new(Fault::HtmlPage { status: 404 }));
    let error = provider.delete(&["121".into()]).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::BadResponse, Effect::None)
    );
    assert!(error.to_string().contains("base URL"), "{error}");
}

#[tokio::test]
async fn no_ticket_and_no_credential_reaches_an_error() {
    let (sandbox, provider) = connected().await;
    answer(
        &sandbox,
        500,
        r#"{"Subject":"my illness","Email":"jane@example.com"}"#,
    );
    let error = provider.get(&"1".into()).await.unwrap_err();
    assert!(!format!("{error} {error:?}").contains("illness"), "{error}");
    let words = format!(
        r#"{{"_meta":{{"status":"ERROR"}},"records":{{"errorCode":401,"userMessage":"bad jwt {ONECLOUD_TOKEN}"}}}}"#
    );
    answer(&sandbox, 401, &words);
    let error = provider.get(&"1".into()).await.unwrap_err();
    assert_eq!(error.vendor_message(), Some("bad jwt [a credential]"));
    let config = OneCloudConfig::with_login(
        "https://me:s3cret@h/?key=s3cret",
        "jane@example.com",
        "s3cret",
        "1",
    );
    let shown = format!("{config:?}");
    assert!(
        !shown.contains("s3cret") && !shown.contains("jane"),
        "{shown}"
    );
}

#[tokio::test]
async fn a_list_that_ends_before_its_total_is_no_end() {
    let (sandbox, provider) = connected().await;
    answer(&sandbox, 200, r#"{"total":45,"data":[]}"#);
    let error = provider.list(&TicketQuery::new()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadResponse);
    // Without a total, a page with rows is followed by another.
    answer(
        &sandbox,
        200,
        r#"{"data":[{"Id":"1","DueDate":"2020-01-01 00:00:00"}]}"#,
    );
    let page = provider.list(&TicketQuery::new()).await.unwrap();
    assert_eq!(page.next.unwrap().as_str(), "1");
    assert_eq!(
        page.items[0].due_at.unwrap().to_string(),
        "2019-12-31T17:00:00Z"
    );
    answer(&sandbox, 200, r#"{"data":[]}"#);
    assert!(
        provider
            .list(&TicketQuery::new())
            .await
            .unwrap()
            .next
            .is_none()
    );
}

#[tokio::test]
async fn a_bare_provider_checks_its_arguments_itself() {
    let (sandbox, provider) = connected().await;
    let page = PageRequest::first().limit(1);
    for error in [
        provider
            .delete(&["1".into(), "2".into()])
            .await
            .unwrap_err(),
        provider.messages(&"1".into(), &page).await.unwrap_err(),
        provider.get(&" 1".into()).await.unwrap_err(),
    ] {
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    assert!(sandbox.journal().is_empty());
}

#[tokio::test]
async fn a_message_has_its_text_wherever_it_stands_and_its_author_by_id_or_address() {
    let (sandbox, provider) = connected().await;
    let message = |rest: &str| format!(r#"{{"data":[{{"Id":"1",{rest}}}]}}"#);
    for (rest, body, email) in [
        (r#""Content":"a","Description":"b""#, "a", None),
        (
            r#""Content":null,"Contents":[{"BodyText":"c"}],"Description":"b""#,
            "c",
            None,
        ),
        (
            r#""Description":"b","From":"jane@example.com","FromName":"Jane""#,
            "b",
            Some("jane@example.com"),
        ),
    ] {
        answer(&sandbox, 200, &message(rest));
        let page = provider
            .messages(&"1".into(), &PageRequest::first())
            .await
            .unwrap();
        assert_eq!(page.items[0].body, body);
        assert_eq!(
            page.items[0]
                .author
                .as_ref()
                .and_then(|author| author.email.as_deref()),
            email
        );
        assert!(!format!("{page:?}").contains("jane"), "{page:?}");
    }
}

#[tokio::test]
async fn the_applications_own_user_agent_arrives() {
    let sandbox = Sandbox::start().await.unwrap();
    let http = HttpConfig::default().user_agent("acme-desk/7.1");
    let config = OneCloudConfig::new(sandbox.base_url(Vendor::OneCloud), ONECLOUD_TOKEN);
    OneCloud::new(&config.clone().http(http))
        .unwrap()
        .get(&"121".into())
        .await
        .unwrap();
    OneCloud::new(&config)
        .unwrap()
        .get(&"121".into())
        .await
        .unwrap();
    let journal = sandbox.journal();
    assert!(
        journal[0]
            .header("user-agent")
            .unwrap()
            .starts_with("acme-desk/7.1 ")
    );
    assert!(
        journal[1]
            .header("user-agent")
            .unwrap()
            .starts_with("ticket-onecloud/")
    );
}
