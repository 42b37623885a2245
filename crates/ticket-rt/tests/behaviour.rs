//! What the suite does not ask: RT's own ways, against the sandbox. Each test looks at both sides.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

use std::collections::BTreeSet;

use futures_util::StreamExt as _;
use proptest::prelude::*;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use serde_json::json;
use ticket_core::model::{Attachment, Direction, Order, PageRequest, Person, Sort, State, Status};
use ticket_core::{
    CallContext, DeleteTarget, Effect, ErrorKind, NewComment, NewTicket, Outcome, TicketPatch,
    TicketProvider, TicketQuery, Tickets,
};
use ticket_rt::{Rt, RtConfig};
use ticket_sandbox::credentials::{RT_AGENT_TOKEN, RT_PASSWORD, RT_TOKEN, RT_USER};
use ticket_sandbox::{
    Endpoint, Fault, MessageKind, Rule, Sandbox, TicketFault, TicketSeed, Vendor,
};

async fn start() -> (Sandbox, Rt) {
    let sandbox = Sandbox::builder()
        .seed_tickets(false)
        .start()
        .await
        .unwrap();
    let rt = client(&sandbox, RT_TOKEN);
    (sandbox, rt)
}

fn client(sandbox: &Sandbox, token: &str) -> Rt {
    Rt::new(&RtConfig::new(sandbox.base_url(Vendor::Rt), token)).unwrap()
}

fn context() -> CallContext {
    CallContext::new()
}

/// The writes that the sandbox has seen.
fn writes(sandbox: &Sandbox) -> usize {
    sandbox
        .journal()
        .iter()
        .filter(|seen| seen.is_write)
        .count()
}

#[tokio::test]
async fn second_run_over_a_list_ends_with_the_truth() {
    let (sandbox, rt) = start().await;
    sandbox.add_tickets(Vendor::Rt, 70);
    let tickets = Tickets::new(rt);
    let ids: Vec<String> = sandbox.ticket_ids(Vendor::Rt);
    let report = tickets.delete(&ids[..40]).await;
    assert!(report.all_deleted());
    let again = tickets.delete(&ids).await;
    let words: Vec<&str> = again.iter().map(|(_, outcome)| outcome.as_str()).collect();
    assert_eq!(words[..40], ["already_done"; 40]);
    assert_eq!(words[40..], ["done"; 30]);
    assert_eq!(sandbox.ticket_ids(Vendor::Rt).len(), 0);
    assert_eq!(sandbox.deletions(Vendor::Rt).len(), 70);
}

#[tokio::test]
async fn merged_ticket_is_refused_by_every_write_and_its_target_stays() {
    let (sandbox, rt) = start().await;
    sandbox.add_tickets(Vendor::Rt, 2);
    let merged = TicketFault::MergedInto(Some("2".to_owned()));
    sandbox.set_ticket_fault(Vendor::Rt, "1", merged);
    let (context, id) = (context(), "1".into());
    let patch = TicketPatch::new().subject("x");
    let comment = NewComment::internal("x");
    for error in [
        rt.update(&context, &id, &patch).await.unwrap_err(),
        TicketProvider::resolve(&rt, &context, &id)
            .await
            .unwrap_err(),
        rt.restore(&context, &id).await.unwrap_err(),
        TicketProvider::comment(&rt, &context, &id, &comment)
            .await
            .unwrap_err(),
    ] {
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Conflict, Effect::None)
        );
        assert!(error.message().contains("merged into 2"), "{error}");
    }
    let report = Tickets::new(rt).delete(["1"]).await;
    let outcome = report.outcome(&id).unwrap();
    assert_eq!(outcome.as_str(), "failed");
    assert!(
        outcome.error().unwrap().to_string().contains('2'),
        "{outcome}"
    );
    assert_eq!(writes(&sandbox), 0);
    assert!(sandbox.exists(Vendor::Rt, "2"));
}

#[tokio::test]
async fn merged_ticket_shows_neither_messages_nor_files_of_its_target() {
    let (sandbox, rt) = start().await;
    sandbox.add_tickets(Vendor::Rt, 1);
    let other = NewTicket::new("The other one")
        .category("General")
        .description("Not yours")
        .attachment(Attachment::new("private.txt", *b"Not yours"));
    let other = rt.create(&context(), &other).await.unwrap().id;
    let merged = TicketFault::MergedInto(Some(other.to_string()));
    sandbox.set_ticket_fault(Vendor::Rt, "1", merged);
    let (context, id, page) = (context(), "1".into(), PageRequest::first());
    let before = sandbox.journal().len();
    for error in [
        rt.attachments(&context, &id, &page).await.unwrap_err(),
        rt.messages(&context, &id, &page).await.unwrap_err(),
    ] {
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Conflict, Effect::None)
        );
        let words = format!("merged into {other}");
        assert!(error.message().contains(&words), "{error}");
    }
    // The list was that of the other ticket, and only the ticket itself tells.
    let seen = sandbox.journal().split_off(before);
    let paths: Vec<&str> = seen
        .iter()
        .map(|seen| seen.path.split('?').next().unwrap())
        .collect();
    let ticket = "/rt/REST/2.0/ticket/1";
    assert_eq!(paths, [&format!("{ticket}/attachments"), ticket, ticket]);
    let files = rt.attachments(&context, &other, &page).await.unwrap();
    assert_eq!(files.items.len(), 1);
}

#[tokio::test]
async fn target_that_a_bulk_delete_removed_in_place_of_a_merged_ticket_is_reported() {
    let (sandbox, rt) = start().await;
    sandbox.add_tickets(Vendor::Rt, 3);
    let merged = TicketFault::MergedInto(Some("2".to_owned()));
    sandbox.set_ticket_fault(Vendor::Rt, "1", merged);
    let targets = ["1", "3"].map(DeleteTarget::from);
    let report = rt.delete(&context(), &targets).await.unwrap();
    let words: Vec<&str> = report.iter().map(|(_, outcome)| outcome.as_str()).collect();
    assert_eq!(words, ["failed", "done"]);
    assert_eq!(report.unasked(), ["2".into()]);
    let deleted = &sandbox.journal()[0].deleted;
    assert_eq!(deleted.iter().collect::<BTreeSet<_>>().len(), 2);
    assert!(deleted.contains(&"2".to_owned()) && deleted.contains(&"3".to_owned()));
}

#[tokio::test]
async fn delete_without_the_right_is_refused_in_the_vendors_words() {
    let (sandbox, _) = start().await;
    sandbox.add_tickets(Vendor::Rt, 1);
    let agent = client(&sandbox, RT_AGENT_TOKEN);
    let report = Tickets::new(agent).delete(["1"]).await;
    let error = report
        .outcome(&"1".into())
        .and_then(Outcome::error)
        .unwrap();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Forbidden, Effect::None)
    );
    assert_eq!(error.vendor_message(), Some("Ticket 1: Permission Denied"));
    assert!(sandbox.exists(Vendor::Rt, "1"));
}

#[tokio::test]
async fn restore_of_a_ticket_that_is_not_deleted_leaves_it_closed() {
    let (sandbox, rt) = start().await;
    let closed = sandbox.add_ticket(Vendor::Rt, TicketSeed::new("Solved").closed());
    let deleted = TicketSeed::new("Gone").attribute("Status", "deleted");
    let deleted = sandbox.add_ticket(Vendor::Rt, deleted);
    rt.restore(&context(), &closed.as_str().into())
        .await
        .unwrap();
    assert_eq!(writes(&sandbox), 0);
    assert!(sandbox.ticket(Vendor::Rt, &closed).unwrap().closed);
    rt.restore(&context(), &deleted.as_str().into())
        .await
        .unwrap();
    assert_eq!(writes(&sandbox), 1);
    assert!(sandbox.exists(Vendor::Rt, &deleted));
}

/// A status that is no text tells nothing of whether RT would restore the ticket.
#[tokio::test]
async fn ticket_without_a_readable_status_is_not_said_to_be_restored_and_not_resolved() {
    let (sandbox, rt) = start().await;
    let deleted = TicketSeed::new("Gone").attribute("Status", "deleted");
    let deleted = sandbox.add_ticket(Vendor::Rt, deleted);
    let id = deleted.as_str().into();
    sandbox.inject(
        Rule::new(Fault::WrongTypes)
            .endpoint(Endpoint::Get)
            .always(),
    );
    let outbound = NewComment::outbound("Hello");
    let reopened = TicketPatch::new().status(Status::Open);
    for error in [
        rt.restore(&context(), &id).await.unwrap_err(),
        rt.update(&context(), &id, &reopened).await.unwrap_err(),
        TicketProvider::resolve(&rt, &context(), &id)
            .await
            .unwrap_err(),
        TicketProvider::comment(&rt, &context(), &id, &outbound)
            .await
            .unwrap_err(),
    ] {
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::BadResponse, Effect::None)
        );
    }
    assert_eq!(writes(&sandbox), 0);
    assert!(sandbox.ticket(Vendor::Rt, &deleted).unwrap().deleted);
}

#[tokio::test]
async fn list_with_an_unreadable_address_of_the_next_page_is_read_to_its_end() {
    let (sandbox, rt) = start().await;
    // More than one page.
    sandbox.add_tickets(Vendor::Rt, 125);
    sandbox.inject(Rule::new(Fault::WrongTypes).endpoint(Endpoint::List));
    let listed = Tickets::new(rt).list_all(TicketQuery::new());
    let rows: Vec<_> = listed.collect().await;
    let ids: Vec<_> = rows
        .into_iter()
        .flatten()
        .map(|row| row.id.to_string())
        .collect();
    assert_eq!(ids, sandbox.ticket_ids(Vendor::Rt));
}

#[tokio::test]
async fn update_that_would_delete_is_refused() {
    let (sandbox, rt) = start().await;
    let id = sandbox.add_ticket(Vendor::Rt, TicketSeed::new("Stays"));
    for status in [Status::Deleted, Status::Other("Deleted".to_owned())] {
        let patch = TicketPatch::new().status(status);
        let refused = rt.update(&context(), &id.as_str().into(), &patch).await;
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput);
    }
    assert_eq!(writes(&sandbox), 0);
    assert!(sandbox.exists(Vendor::Rt, &id));
}

#[tokio::test]
async fn update_with_a_status_restores_no_deleted_ticket() {
    let (sandbox, rt) = start().await;
    let deleted = TicketSeed::new("Gone").attribute("Status", "deleted");
    let id = sandbox.add_ticket(Vendor::Rt, deleted);
    let reopened = TicketPatch::new().status(Status::Open);
    let sent = rt.update(&context(), &id.as_str().into(), &reopened).await;
    let error = sent.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Conflict, Effect::None)
    );
    assert_eq!(writes(&sandbox), 0);
    let renamed = TicketPatch::new().subject("Still gone");
    rt.update(&context(), &id.as_str().into(), &renamed)
        .await
        .unwrap();
    let ticket = sandbox.ticket(Vendor::Rt, &id).unwrap();
    assert_eq!(
        (ticket.subject.as_str(), ticket.deleted),
        ("Still gone", true)
    );
}

#[tokio::test]
async fn message_to_the_customer_of_a_deleted_ticket_is_not_sent() {
    let (sandbox, rt) = start().await;
    let deleted = TicketSeed::new("Gone").attribute("Status", "deleted");
    let id = sandbox.add_ticket(Vendor::Rt, deleted);
    let outbound = NewComment::outbound("Hello");
    let sent = TicketProvider::comment(&rt, &context(), &id.as_str().into(), &outbound).await;
    assert_eq!(sent.unwrap_err().kind(), ErrorKind::Conflict);
    assert_eq!(writes(&sandbox), 0);
    assert!(sandbox.ticket(Vendor::Rt, &id).unwrap().deleted);
    let internal = NewComment::internal("Hello");
    TicketProvider::comment(&rt, &context(), &id.as_str().into(), &internal)
        .await
        .unwrap();
    assert_eq!(sandbox.ticket(Vendor::Rt, &id).unwrap().messages.len(), 1);
}

#[tokio::test]
async fn list_that_is_deleted_while_it_is_read_skips_nothing() {
    let (sandbox, rt) = start().await;
    sandbox.add_tickets(Vendor::Rt, 12);
    let (context, mut page) = (context(), PageRequest::first().limit(4));
    let mut read = Vec::new();
    loop {
        let query = TicketQuery::new().state(State::Open).page(page);
        let listed = rt.list(&context, &query).await.unwrap();
        let targets: Vec<_> = listed
            .items
            .iter()
            .map(|ticket| DeleteTarget::new(&ticket.id))
            .collect();
        rt.delete(&context, &targets).await.unwrap();
        read.extend(targets);
        let Some(next) = listed.next else { break };
        page = PageRequest::first().limit(4).at(next);
    }
    assert_eq!(read.len(), 12);
    assert_eq!(sandbox.ticket_ids(Vendor::Rt), [""; 0]);
}

#[tokio::test]
async fn page_out_of_order_says_that_the_list_may_be_incomplete() {
    let (sandbox, rt) = start().await;
    for _ in 0..9 {
        sandbox.add_ticket(Vendor::Rt, TicketSeed::new("One of many"));
    }
    let first = TicketQuery::new().page(PageRequest::first().limit(7));
    let in_order = rt.list(&context(), &first).await.unwrap();
    assert_eq!(in_order.gaps, [""; 0]);
    // The next page begins behind the highest id, so 1 and 2 are never listed.
    sandbox.inject(Rule::new(Fault::ReversedOrder).endpoint(Endpoint::List));
    let page = rt.list(&context(), &first).await.unwrap();
    assert_eq!(page.items[0].id.as_str(), "9");
    assert_eq!(page.gaps, ["the server does not list in the order of ids"]);
}

#[tokio::test]
async fn filters_take_what_they_name_and_nothing_else() {
    let (sandbox, rt) = start().await;
    let seed = |subject: &str, who: &str, order: &str| {
        TicketSeed::new(subject)
            .attribute("Requestor", json!([who]))
            .attribute("CustomFields", json!({ "Order": [order] }))
    };
    for seed in [
        seed("100% cotton", "ann@example.com", "A-1"),
        seed("100 shirts", "bob@example.com", "A-2").attribute("Queue", "Billing"),
        seed("it's \"late\" \\ lost", "ann@example.com", "A-2").closed(),
        seed("Old", "eve@example.com", "A-3").attribute("Created", "2020-05-05T10:00:00Z"),
    ] {
        sandbox.add_ticket(Vendor::Rt, seed);
    }
    let time = |text: &str| text.parse().unwrap();
    for (query, expected) in [
        (TicketQuery::new(), vec!["1", "2", "3", "4"]),
        (TicketQuery::new().state(State::Open), vec!["1", "2", "4"]),
        (TicketQuery::new().state(State::Closed), vec!["3"]),
        (TicketQuery::new().search("100%"), vec!["1"]),
        (TicketQuery::new().search("it's \"late\" \\"), vec!["3"]),
        (TicketQuery::new().category("Billing"), vec!["2"]),
        (
            TicketQuery::new().requester("ann@example.com"),
            vec!["1", "3"],
        ),
        (TicketQuery::new().custom("Order", "A-2"), vec!["2", "3"]),
        (
            TicketQuery::new().created_before(time("2020-05-05T10:00:01Z")),
            vec!["4"],
        ),
        (
            TicketQuery::new().created_before(time("2020-05-05T10:00:00Z")),
            vec![],
        ),
        (
            TicketQuery::new().created_after(time("2020-05-05T10:00:01Z")),
            vec!["1", "2", "3"],
        ),
        (TicketQuery::new().raw("id = 1 OR id = 2"), vec!["1", "2"]),
        (
            TicketQuery::new()
                .requester("ann@example.com")
                .raw("id = 1 OR id = 2"),
            vec!["1"],
        ),
        (
            TicketQuery::new()
                .raw("id < 4")
                .order(Order::Descending(Sort::Created)),
            vec!["3", "2", "1"],
        ),
    ] {
        let page = rt.list(&context(), &query).await.unwrap();
        let ids: Vec<&str> = page.items.iter().map(|ticket| ticket.id.as_str()).collect();
        assert_eq!(ids, expected, "{query:?}");
    }
    assert_eq!(writes(&sandbox), 0);
}

/// Texts with all that means something in RT's query language.
fn text() -> impl Strategy<Value = String> {
    let parts = prop_oneof![
        Just("'".to_owned()),
        Just("\"".to_owned()),
        Just("\\".to_owned()),
        Just(")".to_owned()),
        Just("(".to_owned()),
        Just(" OR ".to_owned()),
        Just(" AND ".to_owned()),
        Just("id > 0".to_owned()),
        Just("CF.{Order}".to_owned()),
        "[a-z%_=<> {}.]{1,4}",
        any::<char>().prop_map(String::from),
    ];
    prop::collection::vec(parts, 1..6).prop_map(|parts| parts.concat())
}

#[test]
fn no_text_leaves_its_literal() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (sandbox, rt) = runtime.block_on(start());
    sandbox.add_tickets(Vendor::Rt, 2);
    let mut config = Config::with_cases(150);
    config.failure_persistence = None;
    config.rng_seed = RngSeed::Fixed(5);
    let checked = TestRunner::new(config).run(&text(), |text| {
        for query in [
            TicketQuery::new().search(&text),
            TicketQuery::new().category(&text),
            TicketQuery::new().requester(&text),
            TicketQuery::new().custom("Order", &text),
            TicketQuery::new().custom(&text, "A-1"),
        ] {
            let listed = runtime.block_on(rt.list(&context(), &query));
            match listed {
                // Refused before anything is sent.
                Err(error) => prop_assert_eq!(error.status(), None, "{}", error),
                Ok(page) => {
                    let text = text.to_lowercase();
                    let has_it = page.items.iter().all(|ticket| {
                        let subject = ticket.subject.as_deref().unwrap_or_default();
                        query.search.is_some() && subject.to_lowercase().contains(&text)
                    });
                    prop_assert!(has_it, "{:?}", page.items);
                }
            }
        }
        Ok(())
    });
    checked.unwrap();
    assert!(
        sandbox
            .journal()
            .iter()
            .any(|seen| seen.status == Some(200))
    );
    assert!(
        sandbox
            .journal()
            .iter()
            .all(|seen| seen.status == Some(200))
    );
}

#[tokio::test]
async fn messages_of_a_long_history_are_read_once_each_and_tell_who_wrote() {
    let (sandbox, rt) = start().await;
    let seed = TicketSeed::new("Printer").description("Smoke.");
    let id = sandbox.add_ticket(
        Vendor::Rt,
        seed.attribute("Requestor", json!(["ann@example.com"])),
    );
    for number in 0..130 {
        let kind = match number % 3 {
            0 => MessageKind::Incoming,
            1 => MessageKind::Outgoing,
            _ => MessageKind::Note,
        };
        sandbox
            .add_message(Vendor::Rt, &id, kind, format!("Message {number}"))
            .unwrap();
    }
    let (context, id) = (context(), id.as_str().into());
    let mut page = PageRequest::first().limit(50);
    let mut read = Vec::new();
    loop {
        let messages = rt.messages(&context, &id, &page).await.unwrap();
        read.extend(messages.items);
        let Some(next) = messages.next else { break };
        page = PageRequest::first().limit(50).at(next);
    }
    let bodies: Vec<&str> = read.iter().map(|message| message.body.as_str()).collect();
    let expected: Vec<String> = (0..130).map(|number| format!("Message {number}")).collect();
    assert_eq!(bodies[0], "Smoke.");
    assert_eq!(bodies[1..], expected);
    let directions: Vec<_> = read[1..4]
        .iter()
        .map(|message| message.direction.unwrap())
        .collect();
    assert_eq!(
        directions,
        [Direction::Inbound, Direction::Outbound, Direction::Internal]
    );
}

#[tokio::test]
async fn file_comes_back_as_it_was_sent() {
    let (sandbox, rt) = start().await;
    let bytes: Vec<u8> = (0..=255).cycle().take(5000).collect();
    let ticket = NewTicket::new("With a file")
        .category("General")
        .requester(Person::default().email("ann@example.com"))
        .attachment(Attachment::new("a.bin", bytes.clone()).media_type("application/octet-stream"));
    let created = rt.create(&context(), &ticket).await.unwrap();
    let comment = NewComment::internal("And one more").attachment(Attachment::new("b.txt", *b"b"));
    TicketProvider::comment(&rt, &context(), &created.id, &comment)
        .await
        .unwrap();
    let page = PageRequest::first();
    let files = rt
        .attachments(&context(), &created.id, &page)
        .await
        .unwrap()
        .items;
    let names: Vec<_> = files
        .iter()
        .map(|file| file.name.as_deref().unwrap())
        .collect();
    assert_eq!(names, ["a.bin", "b.txt"]);
    assert_eq!(files[0].size, Some(5000));
    let download = rt.download(&context(), &files[0]).await.unwrap();
    assert_eq!(download.read(10_000).await.unwrap().unwrap(), bytes);
    let kept = sandbox.ticket(Vendor::Rt, created.id.as_str()).unwrap();
    assert_eq!(kept.attachments[0].bytes, bytes);
}

#[tokio::test]
async fn change_of_another_version_is_refused() {
    let (sandbox, rt) = start().await;
    sandbox.add_tickets(Vendor::Rt, 1);
    let (context, id) = (context(), "1".into());
    let version = rt.get(&context, &id).await.unwrap().version.unwrap();
    let patch = |subject: &str| {
        TicketPatch::new()
            .subject(subject)
            .if_version(version.clone())
    };
    rt.update(&context, &id, &patch("First")).await.unwrap();
    let stale = rt
        .update(&context, &id, &patch("Second"))
        .await
        .unwrap_err();
    assert_eq!(
        (stale.kind(), stale.effect()),
        (ErrorKind::Conflict, Effect::None)
    );
    let target = DeleteTarget::new("1").version(version);
    let report = rt.delete(&context, &[target]).await.unwrap();
    assert_eq!(report.outcome(&id).unwrap().as_str(), "failed");
    let kept = sandbox.ticket(Vendor::Rt, "1").unwrap();
    assert_eq!((kept.subject.as_str(), kept.deleted), ("First", false));
    let endpoints: Vec<_> = sandbox
        .journal()
        .iter()
        .filter_map(|seen| seen.endpoint)
        .collect();
    assert_eq!(
        endpoints
            .iter()
            .filter(|at| **at == Endpoint::Delete)
            .count(),
        1
    );
}

#[tokio::test]
async fn password_works_in_place_of_a_token() {
    let (sandbox, _) = start().await;
    sandbox.add_tickets(Vendor::Rt, 1);
    let base_url = sandbox.base_url(Vendor::Rt);
    let config = RtConfig::with_login(&base_url, RT_USER, RT_PASSWORD);
    let ticket = Rt::new(&config)
        .unwrap()
        .get(&context(), &"1".into())
        .await
        .unwrap();
    assert_eq!(ticket.status, Some(Status::Open));
    let mut nothing = RtConfig::new(&base_url, "x");
    nothing.token = None;
    assert_eq!(Rt::new(&nothing).unwrap_err().kind(), ErrorKind::Config);
}

#[test]
fn address_of_a_page_follows_from_the_id() {
    let rt = Rt::new(&RtConfig::new("https://example.com/rt/", "token")).unwrap();
    let address = rt.web_url(&"14".into());
    let expected = "https://example.com/rt/Ticket/Display.html?id=14";
    assert_eq!(address.as_deref(), Some(expected));
    for id in ["", "1&user=root", "../1", "one"] {
        assert_eq!(rt.web_url(&id.into()), None, "{id}");
    }
}

#[tokio::test]
async fn subject_of_more_bytes_than_rt_keeps_is_refused() {
    let (sandbox, rt) = start().await;
    let context = CallContext::new();
    let new = |subject: String| NewTicket::new(subject).category("General");
    let whole = "ü".repeat(100);
    let created = rt.create(&context, &new(whole.clone())).await.unwrap();
    let kept = sandbox.ticket(Vendor::Rt, created.id.as_str()).unwrap();
    assert_eq!(kept.subject, whole);
    let before = sandbox.journal().len();
    for long in ["ü".repeat(101), "x".repeat(201)] {
        let error = rt.create(&context, &new(long.clone())).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert!(error.message().contains("`subject`"), "{error}");
    }
    assert_eq!(sandbox.journal().len(), before);
    // An update reads the ticket first, and then writes nothing.
    let patch = TicketPatch::new().subject("ü".repeat(101));
    let error = rt.update(&context, &created.id, &patch).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(
        sandbox
            .ticket(Vendor::Rt, created.id.as_str())
            .unwrap()
            .subject,
        whole
    );
}
