//! What a person is told: what to do about a refusal, and by `Debug` which ticket, without a word of it.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::fmt::Debug;

use ticket_core::{Cursor, ErrorKind, PageRequest, State, TicketProvider as _, TicketQuery};
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor};
use ticket_sweeppea::wire::{CreateTicket, TicketFilter, UpdateTicket};
use ticket_sweeppea::{Sweeppea, SweeppeaConfig};

async fn connected() -> (Sandbox, Sweeppea) {
    let sandbox = Sandbox::start().await.unwrap();
    let url = sandbox.base_url(Vendor::Sweeppea);
    let config = SweeppeaConfig::new("s3cret").base_url(url);
    let client = Sweeppea::new(&config).unwrap();
    (sandbox, client)
}

fn answer(sandbox: &Sandbox, status: u16, body: &str) {
    sandbox.inject(Rule::new(Fault::Reply {
        status,
        headers: Vec::new(),
        body: body.into(),
    }));
}

#[tokio::test]
async fn every_refusal_says_in_our_words_what_it_is() {
    use ErrorKind::{
        BadResponse, Conflict, Forbidden, InvalidInput, NotFound, QuotaExhausted, RateLimited,
        Server, Timeout, Unauthenticated, Unavailable,
    };
    let (sandbox, client) = connected().await;
    for (status, words, kind, message) in [
        (400, "", InvalidInput, "the request was refused"),
        (401, "", Unauthenticated, "see SWEEPPEA_API_KEY"),
        (
            403,
            "Invalid API Token",
            Unauthenticated,
            "see SWEEPPEA_API_KEY",
        ),
        (403, "", Forbidden, "the account does not allow this"),
        (403, "Quota", QuotaExhausted, "quota of calls is used up"),
        (404, "", NotFound, "not found"),
        (408, "", Timeout, "the vendor refused"),
        (423, "", Conflict, "locked or closed"),
        (429, "", RateLimited, "too many calls"),
        (500, "", Server, "the vendor failed"),
        (503, "", Unavailable, "busy or out of service"),
        (200, "", BadResponse, "without saying which"),
    ] {
        answer(
            &sandbox,
            status,
            &format!(r#"{{"Response":false,"Message":"{words}"}}"#),
        );
        let error = client.delete_ticket("2531581").await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message().contains(message), "{error}");
    }
}

fn assert_shows(value: &impl Debug, parts: &[&str]) {
    let shown = format!("{value:?}");
    for part in parts {
        assert!(shown.contains(part), "{part} in {shown}");
    }
    for hidden in ["hidden", "s3cret"] {
        assert!(!shown.contains(hidden), "{shown}");
    }
}

#[tokio::test]
async fn debug_of_every_reply_names_the_ticket_and_no_word_of_it() {
    let (sandbox, client) = connected().await;
    let data = r#"{"CaseNumber":"2531581","Subject":"hidden","Description":"hidden","Status":true,
        "AccountInfo":{"FullName":"hidden"},"AssignedTo":{"FullName":"hidden"},"ClosedBy":"hidden",
        "Notes":[{"Id":"n7","Note":"hidden"}]}"#;
    let reply = format!(r#"{{"Response":true,"Data":{data},"Ticket":{data}}}"#);
    let next = || answer(&sandbox, 200, &reply);
    let named = ["2531581"];
    next();
    let ticket = client.fetch_single_ticket("2531581").await.unwrap();
    assert_shows(&ticket, &named);
    assert_shows(&ticket.value.account_info, &["AccountInfo"]);
    assert_shows(&ticket.value.notes, &["n7"]);
    next();
    let new = CreateTicket::new("hidden", "hidden", 2).assign_to("hidden");
    let created = client.create_ticket(&new).await.unwrap();
    assert_shows(&created, &named);
    assert_shows(&created.value.assigned_to, &["AssignedTo"]);
    next();
    let update = UpdateTicket::new("2531581")
        .title("hidden")
        .description("hidden");
    assert_shows(&update, &named);
    assert_shows(&client.update_ticket(&update).await.unwrap(), &named);
    next();
    assert_shows(&client.resolve_ticket("2531581").await.unwrap(), &named);
    let list = format!(r#"{{"Response":true,"Data":{{"TotalTickets":1,"Tickets":[{data}]}}}}"#);
    answer(&sandbox, 200, &list);
    let list = client
        .fetch_open_tickets(&TicketFilter::new())
        .await
        .unwrap();
    assert_shows(&list, &["2531581", "total_tickets: Some(1)"]);
    assert_shows(&new, &["priority: 2"]);
    assert_shows(&client, &["Sweeppea"]);
}

#[test]
fn debug_of_configuration_and_filter_shows_what_was_chosen() {
    let config = SweeppeaConfig::new("s3cret");
    assert_shows(&config, &["https://api-v3.sweeppea.com", "REDACTED"]);
    let forwards = TicketFilter::new()
        .search("hidden")
        .platform("general")
        .priority(3)
        .page(2);
    let backwards = TicketFilter::new()
        .page(2)
        .priority(3)
        .platform("general")
        .search("hidden");
    for filter in [forwards, backwards] {
        assert_shows(&filter, &["general", "priority: Some(3)", "page: Some(2)"]);
        assert_eq!(filter.search.as_deref(), Some("hidden"));
    }
}

#[tokio::test]
async fn a_list_without_a_total_ends_with_its_first_empty_page() {
    let (sandbox, client) = connected().await;
    let query = TicketQuery::new().state(State::Open);
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Data":{"Tickets":[{"CaseNumber":"1"}]}}"#,
    );
    let page = client.list(&query).await.unwrap();
    assert_eq!((page.items.len(), page.total), (1, None));
    assert_eq!(page.next, Some(Cursor::new("open:2:1")));
    answer(&sandbox, 200, r#"{"Response":true,"Data":{"Tickets":[]}}"#);
    let query = query.page(PageRequest::first().at(page.next.unwrap()));
    let page = client.list(&query).await.unwrap();
    assert_eq!((page.items.len(), page.next), (0, None));
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
        &format!(r#"{{"Response":true,"Data":{{"Tickets":[{row}]}}}}"#),
    );
    let list = client.list(&TicketQuery::new()).await.map(drop);
    let notes =
        r#"{"Response":true,"Data":{"CaseNumber":"2531581","Notes":[["n7",null,"a note"]]}}"#;
    answer(&sandbox, 200, notes);
    let messages = client.messages(&id, &PageRequest::first()).await.map(drop);
    let nulls = ",null".repeat(9);
    answer(
        &sandbox,
        200,
        &format!(r#"{{"Response":true,"Data":["2531581"{nulls}]}}"#),
    );
    let get = client.get(&id).await.map(drop);
    answer(
        &sandbox,
        200,
        r#"{"Response":true,"Ticket":["2531581",null,null,null,null]}"#,
    );
    let update = client
        .update_ticket(&UpdateTicket::new("2531581"))
        .await
        .map(drop);
    let part = "something else instead of an object";
    let row = "a row of the reply is no object";
    let whole = "expected an object, found sequence";
    for (answer, message) in [(list, part), (messages, row), (get, whole), (update, whole)] {
        let error = answer.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        assert!(error.message().contains(message), "{error}");
    }
}
