//! What the recorded exchanges do not show: both sides of a call, against the sandbox.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::time::Duration;

use ticket_core::{
    Attachment, DeleteReport, Effect, ErrorKind, NewTicket, Person, Priority, TicketId,
    TicketProvider as _, Tickets,
};
use ticket_leadsquared::{LeadSquared, LeadSquaredConfig};
use ticket_sandbox::credentials::{
    LEADSQUARED_ACCESS_KEY, LEADSQUARED_ORG_ID, LEADSQUARED_SECRET_KEY,
};
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};

fn config(sandbox: &Sandbox) -> LeadSquaredConfig {
    LeadSquaredConfig::new(
        sandbox.base_url(Vendor::LeadSquared),
        LEADSQUARED_ORG_ID,
        LEADSQUARED_ACCESS_KEY,
        LEADSQUARED_SECRET_KEY,
    )
}

async fn connected() -> (Sandbox, LeadSquared) {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = LeadSquared::new(&config(&sandbox)).unwrap();
    (sandbox, provider)
}

fn new_ticket() -> NewTicket {
    NewTicket::new("No call back").requester(Person::default().email("customer@example.com"))
}

fn ids(ids: &[&str]) -> Vec<TicketId> {
    ids.iter().copied().map(TicketId::from).collect()
}

fn outcomes(report: &DeleteReport) -> Vec<(&str, &str)> {
    report
        .iter()
        .map(|(id, outcome)| (id.as_str(), outcome.as_str()))
        .collect()
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
    let ticket = new_ticket()
        .description("Since Monday.")
        .category("General")
        .priority(Priority::Low);
    let id = provider
        .create(&ticket.custom("Channel", "Chat"))
        .await
        .unwrap()
        .id;
    let ticket = provider.get(&id).await.unwrap();
    assert_eq!(ticket.subject.as_deref(), Some("No call back"));
    assert_eq!(ticket.priority, Some(Priority::Low));
    assert_eq!(ticket.category.as_deref(), Some("General"));
    assert!(ticket.raw.get().contains("Chat"));
    assert!(
        provider
            .delete(std::slice::from_ref(&id))
            .await
            .unwrap()
            .all_deleted()
    );
    assert!(!sandbox.exists(Vendor::LeadSquared, id.as_str()));
}

#[tokio::test]
async fn one_call_deletes_a_batch_and_answers_each_id_in_order_duplicates_too() {
    let (sandbox, provider) = connected().await;
    let report = provider
        .delete(&ids(&["161", "9999", "160", "161"]))
        .await
        .unwrap();
    assert_eq!(
        outcomes(&report),
        [
            ("161", "deleted"),
            ("9999", "failed"),
            ("160", "deleted"),
            ("161", "deleted")
        ]
    );
    let error = report.outcome(&"9999".into()).unwrap().error().unwrap();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Conflict, Effect::None)
    );
    let journal = sandbox.journal();
    assert_eq!(journal.len(), 1);
    assert_eq!(
        journal[0].json().unwrap(),
        serde_json::json!({"TicketIds": ["161", "9999", "160"]})
    );
}

#[tokio::test]
async fn the_handle_splits_what_is_more_than_a_batch() {
    let sandbox = Sandbox::start().await.unwrap();
    let provider = LeadSquared::new(&config(&sandbox).delete_batch(2)).unwrap();
    let too_many = provider
        .delete(&ids(&["143", "160", "161"]))
        .await
        .unwrap_err();
    assert_eq!(too_many.kind(), ErrorKind::InvalidInput);
    assert!(sandbox.journal().is_empty());
    let report = Tickets::new(provider).delete(["143", "160", "161"]).await;
    assert!(report.all_deleted());
    assert_eq!(sandbox.journal().len(), 2);
}

#[tokio::test]
async fn a_reply_that_contradicts_itself_or_is_silent_leaves_a_ticket_unknown() {
    let (sandbox, provider) = connected().await;
    answer(
        &sandbox,
        200,
        r#"{"SuccessfulIds":[160,161],"FailedIds":[161,7]}"#,
    );
    let report = provider
        .delete(&ids(&["160", "161", "162", "0160"]))
        .await
        .unwrap();
    assert_eq!(
        outcomes(&report),
        [
            ("160", "deleted"),
            ("161", "unknown"),
            ("162", "unknown"),
            ("0160", "unknown")
        ]
    );
}

#[tokio::test]
async fn a_delete_of_nothing_sends_nothing() {
    let (sandbox, provider) = connected().await;
    assert!(provider.delete(&[]).await.unwrap().is_empty());
    assert!(sandbox.journal().is_empty());
}

#[tokio::test]
async fn over_the_limit_the_documented_window_is_the_wait() {
    let (sandbox, provider) = connected().await;
    sandbox.inject(Rule::new(Fault::RateLimited { retry_after: None }));
    let error = provider.delete(&ids(&["160"])).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.retry_after()),
        (ErrorKind::RateLimited, Some(Duration::from_secs(5)))
    );
    sandbox.inject(Rule::new(Fault::RateLimited {
        retry_after: Some(11),
    }));
    let error = provider.delete(&ids(&["160"])).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(Duration::from_secs(11)));
    assert!(sandbox.exists(Vendor::LeadSquared, "160"));
}

#[tokio::test]
async fn what_the_vendor_cannot_carry_is_refused_by_name_and_nothing_is_sent() {
    let (sandbox, provider) = connected().await;
    for (ticket, field) in [
        (new_ticket().assignee("somebody"), "assignee"),
        (new_ticket().tag("spam"), "tags"),
        (
            new_ticket().attachment(Attachment::new("a.png", *b"x")),
            "attachments",
        ),
        (
            new_ticket().requester(Person::named("A customer")),
            "requester_name",
        ),
        (NewTicket::new("No call back"), "requester_id"),
        (new_ticket().custom("Title", "twice"), "Title"),
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
}

#[tokio::test]
async fn hostile_ids_never_reach_another_address() {
    let (sandbox, provider) = connected().await;
    for id in [
        "../trash", "..", ".", "", "a/b", "1?x=2", "%2e%2e", "1#f", "1\0", "trash/", "ü",
    ] {
        let seen = sandbox.journal().len();
        assert!(provider.get(&id.into()).await.is_err(), "{id:?}");
        for request in &sandbox.journal()[seen..] {
            assert_eq!(
                request.endpoint,
                Some(Endpoint::Get),
                "{id:?} was sent as {}",
                request.path
            );
        }
    }
}

#[tokio::test]
async fn a_reply_of_the_wrong_shape_names_the_field_and_confirms_nothing() {
    let (sandbox, provider) = connected().await;
    for (body, field) in [
        (r#"{"SuccessfulIds":[160]}"#, "FailedIds"),
        (r#"{"SuccessfulIds":160,"FailedIds":[]}"#, "SuccessfulIds"),
        (
            r#"{"SuccessfulIds":[{"Id":160}],"FailedIds":[]}"#,
            "SuccessfulIds[0]",
        ),
        (r#"{"SuccessfulIds":null,"FailedIds":[]}"#, "SuccessfulIds"),
    ] {
        answer(&sandbox, 200, body);
        let error = provider.delete(&ids(&["160"])).await.unwrap_err();
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
    for body in ["[]", "null", "7", "{", "<html>", "\0", "{}"] {
        answer(&sandbox, 200, body);
        let error = provider.delete(&ids(&["160"])).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::Unknown),
            "{body}"
        );
    }
    answer(
        &sandbox,
        200,
        r#"{"Id":"1","Fields":[{"SchemaName":"Title","Value":7}]}"#,
    );
    let error = provider.get(&"1".into()).await.unwrap_err();
    assert!(error.to_string().contains("`Fields[0].Value`"), "{error}");
}

#[test]
fn an_unusable_configuration_is_refused() {
    let config =
        || LeadSquaredConfig::new("https://apigw.example.com", "22824", "access", "secret");
    for (config, word) in [
        (config().delete_batch(0), "delete_batch"),
        (config().time_zone("Nowhere"), "Nowhere"),
        (
            LeadSquaredConfig::new("https://apigw.example.com", " ", "access", "secret"),
            "org_id",
        ),
        (
            LeadSquaredConfig::new("http://apigw.example.com", "1", "access", "secret"),
            "http",
        ),
        (
            LeadSquaredConfig::new("https://apigw.example.com", "1", "access", ""),
            "x-lsq-secret-key",
        ),
    ] {
        let error = LeadSquared::new(&config).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        assert!(error.to_string().contains(word), "{error} names {word}");
    }
}
