//! `Debug` tells which ticket, without a word of it.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::fmt::Debug;

use ticket_sweeppea::SweeppeaConfig;
use ticket_sweeppea::wire::{CreateTicket, TicketFilter, UpdateTicket};

use common::{answer, connected};

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
    answer(&sandbox, 201, &reply);
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
