//! What happens to people, with the outcomes held against the server's own database.

use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};
use ticket_conformance::{Fault, FaultTarget};
use ticket_core::model::{Attachment, PageRequest, Status};
use ticket_core::{
    CallContext, DeleteReport, Effect, Error, ErrorKind, NewTicket, Outcome, Ticket, TicketId,
    TicketPatch, TicketProvider, TicketQuery, Tickets,
};
use ticket_live::{QUEUES, User};
use ticket_rt::{Rt, RtConfig};
use ticket_testkit::{Loopback, Upstream};

use crate::server::{file, ids, merge, send, server, token};

fn handle(base_url: &str, user: &User) -> Tickets {
    Tickets::new(Rt::new(&RtConfig::new(base_url, token(user))).unwrap())
}

/// The row of a ticket.
fn row(live: &ticket_live::Rt, id: u64) -> Value {
    let sql = format!("SELECT id, EffectiveId, Subject, Status FROM Tickets WHERE id = {id}");
    let row = live.server.rows(&sql).unwrap().into_iter().next();
    row.map_or(Value::Null, Value::Object)
}

/// The outcomes as words, printed beside the rows of the tickets.
fn told(live: &ticket_live::Rt, story: &str, report: &DeleteReport) -> Vec<&'static str> {
    let outcomes = report.iter().map(|(id, outcome)| {
        let row = row(live, id.as_str().parse().unwrap());
        println!("{story}: {id} {} | {row}", outcome.as_str());
        outcome.as_str()
    });
    outcomes.collect()
}

fn names(tickets: &[u64]) -> Vec<TicketId> {
    tickets.iter().map(|id| id.to_string().into()).collect()
}

/// Why the only ticket was not deleted.
fn failure(report: &DeleteReport) -> Error {
    match report.iter().next().unwrap().1 {
        Outcome::Failed(error) => error.clone(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn second_run_over_a_half_deleted_list_ends_with_the_truth() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let other = file(live, QUEUES[0], "Not on the list");
    let list: Vec<_> = (0..8)
        .map(|_| file(live, QUEUES[0], "On the list"))
        .collect();
    for id in &list[..4] {
        let reply = send(
            live,
            &live.root,
            "DELETE",
            &format!("ticket/{id}"),
            Value::Null,
        );
        assert_eq!(reply.status, 204);
    }
    let tickets = handle(live.server.url(), &live.root);
    let first = tickets.delete(names(&list)).await;
    let first = told(live, "first run", &first);
    assert_eq!(first[4..], ["done"; 4]);
    let second = tickets.delete(names(&list)).await;
    let second = told(live, "second run", &second);
    for word in first[..4].iter().chain(&second) {
        assert!(["not_found", "already_done"].contains(word), "{word}");
    }
    assert_eq!(ids(live), [other]);
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_of_a_merged_ticket_names_its_target_and_spares_it() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let from = file(live, QUEUES[0], "Merged");
    let into = file(live, QUEUES[0], "The other one");
    merge(live, &from.to_string(), &into.to_string());
    let report = handle(live.server.url(), &live.root)
        .delete(names(&[from]))
        .await;
    assert_eq!(told(live, "merged", &report), ["failed"]);
    let error = failure(&report);
    println!("merged: {error} | {}", row(live, into));
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains(&into.to_string()), "{error}");
    assert_eq!(ids(live), [into]);
}

#[tokio::test(flavor = "multi_thread")]
async fn merged_ticket_does_not_show_the_files_of_its_target() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let rt = Rt::new(&RtConfig::new(live.server.url(), token(&live.root))).unwrap();
    let from = file(live, QUEUES[0], "Merged").to_string();
    let new = NewTicket::new("The other one")
        .category(QUEUES[0])
        .attachment(Attachment::new("private.txt", *b"Not yours").media_type("text/plain"));
    let into = rt.create(&CallContext::new(), &new).await.unwrap().id;
    merge(live, &from, into.as_str());
    // The server lists them.
    let listed = rt.get_attachments(&from, 1, 20).await.unwrap().items;
    let mut listed = listed.into_iter().flatten();
    assert!(listed.any(|row| row.value.filename.as_deref() == Some("private.txt")));
    let page = PageRequest::first();
    let result = rt
        .attachments(&CallContext::new(), &from.into(), &page)
        .await;
    let error = result.unwrap_err();
    println!("merged: {error}");
    assert_eq!(error.kind(), ErrorKind::Conflict);
    assert!(error.to_string().contains(into.as_str()), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_with_a_lost_answer_spares_a_new_ticket() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let id = file(live, QUEUES[0], "To be deleted");
    let proxy = Loopback::start(Upstream::new(live.server.url()))
        .await
        .unwrap();
    proxy.inject(Fault::LostResponse, FaultTarget::NextWrite);
    let report = handle(&proxy.base_url(), &live.root)
        .delete(names(&[id]))
        .await;
    let newcomer = file(live, QUEUES[0], "Of somebody else");
    let word = told(live, "lost answer", &report);
    assert!(["done", "already_done"].contains(&word[0]), "{word:?}");
    assert_eq!(ids(live), [newcomer]);
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_without_the_right_is_forbidden() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let id = file(live, QUEUES[0], "Stays");
    let report = handle(live.server.url(), &live.agent)
        .delete(names(&[id]))
        .await;
    assert_eq!(told(live, "no right to delete", &report), ["failed"]);
    let error = failure(&report);
    println!("no right to delete: {error}");
    assert_eq!(error.kind(), ErrorKind::Forbidden);
    assert_eq!(ids(live), [id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn status_that_the_workflow_forbids_is_told_by_name() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let id = file(live, QUEUES[1], "Is stalled");
    let stalled = json!({ "Status": "stalled" });
    send(live, &live.root, "PUT", &format!("ticket/{id}"), stalled);

    let tickets = handle(live.server.url(), &live.agent);
    let patch = TicketPatch::new().status(Status::Resolved);
    let updated = tickets.update(id.to_string(), &patch).await;
    let resolved = tickets.resolve(id.to_string()).await;
    for (what, result) in [("update", updated), ("resolve", resolved)] {
        let error = result.unwrap_err();
        println!("forbidden status, {what}: {error} | {}", row(live, id));
        assert!(error.to_string().contains("resolved"), "{error}");
        assert_eq!(error.effect(), Effect::None);
    }
    assert_eq!(row(live, id)["Status"], "stalled");
}

#[tokio::test(flavor = "multi_thread")]
async fn field_that_does_not_exist_is_told_by_name() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let id = file(live, QUEUES[0], "As it was");
    let tickets = handle(live.server.url(), &live.root);
    let patch = TicketPatch::new().custom("Frobnicate", "1");
    let error = tickets.update(id.to_string(), &patch).await.unwrap_err();
    println!("unknown field, update: {error} | {}", row(live, id));
    assert!(error.to_string().contains("Frobnicate"), "{error}");
    assert_eq!(error.effect(), Effect::None);

    // Whatever else was asked for is done, and the error says so.
    let both = patch.subject("As it is");
    let error = tickets.update(id.to_string(), &both).await.unwrap_err();
    println!(
        "unknown field beside a known one: {error} | {}",
        row(live, id)
    );
    assert!(error.to_string().contains("Frobnicate"), "{error}");
    assert_eq!(error.effect(), Effect::Unknown);
    assert_eq!(row(live, id)["Subject"], "As it is");

    let new = NewTicket::new("New")
        .category(QUEUES[0])
        .custom("Frobnicate", "1");
    let error = tickets.create(&new).await.unwrap_err();
    println!("unknown field, create: {error} | {:?}", ids(live));
    assert!(error.to_string().contains("Frobnicate"), "{error}");
    assert_eq!(ids(live).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn ticket_is_found_by_each_of_its_requesters_whatever_the_case_of_the_address() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let of = |requesters: Value| {
        let new = json!({
            "Queue": QUEUES[0], "Subject": "Of somebody", "Requestor": requesters,
            "Content": "A text", "ContentType": "text/plain",
        });
        let reply = send(live, &live.root, "POST", "ticket", new);
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.json()["id"].as_str().unwrap().to_owned()
    };
    let one = of(json!("Ann@Example.com"));
    let two = of(json!(["bob@example.com", "ann@example.com"]));
    for other in [
        "joann@example.com",
        "ann@example.com.evil.example",
        "ann+shop@example.com",
    ] {
        of(json!(other));
    }
    of(json!([]));
    // One whose address is only the login name, and one who has another address than the login name.
    for (login, address) in [
        ("gia@example.com", ""),
        ("ida@example.com", "new@example.com"),
    ] {
        let user = json!({ "Name": login, "EmailAddress": address, "Privileged": 0 });
        let reply = send(live, &live.root, "POST", "user", user);
        assert_eq!(reply.status, 201, "{}", reply.body);
    }
    let (three, four) = (of(json!("gia@example.com")), of(json!("new@example.com")));
    let tickets = handle(live.server.url(), &live.root);
    for (address, expected) in [
        ("ann@EXAMPLE.com", vec![&one, &two]),
        ("Bob@example.com", vec![&two]),
        ("Gia@example.com", vec![&three]),
        ("new@example.com", vec![&four]),
    ] {
        let query = TicketQuery::new().requester(address);
        let found: Vec<Ticket> = tickets.list_all(query).try_collect().await.unwrap();
        let ids: Vec<_> = found.iter().map(|ticket| ticket.id.as_str()).collect();
        assert_eq!(ids, expected, "{address}");
        for ticket in &found {
            let emails = ticket
                .requesters()
                .filter_map(|person| person.email.as_deref());
            let has = emails
                .filter(|email| email.eq_ignore_ascii_case(address))
                .count();
            assert_eq!(has, 1, "{ticket:?}");
        }
    }
    // Whether a login name is the address of one who has another address now, nobody knows.
    let query = TicketQuery::new().requester("ida@example.com");
    let found: Vec<_> = tickets.list_all(query).collect().await;
    let kinds: Vec<_> = found
        .iter()
        .map(|one| one.as_ref().unwrap_err().kind())
        .collect();
    assert_eq!(kinds, [ErrorKind::Incomplete]);
}
