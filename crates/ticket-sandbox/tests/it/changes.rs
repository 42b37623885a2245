//! Sweeppea's update and resolve.

use serde_json::{Value, json};
use ticket_sandbox::{Endpoint, Fault, MessageKind, Rule, Sandbox, TicketSeed, Vendor, Wording};

use crate::client::{Answer, send, sweeppea};

async fn update(sandbox: &Sandbox, body: Value) -> Answer {
    sweeppea(sandbox, "/tickets/update", body).await
}

async fn resolve(sandbox: &Sandbox, id: &str) -> Answer {
    sweeppea(sandbox, "/tickets/resolve", json!({ "CaseId": id })).await
}

async fn read(sandbox: &Sandbox, id: &str) -> Value {
    let body = json!({ "caseNumber": id });
    let answer = sweeppea(sandbox, "/tickets/fetchSingleTicket", body).await;
    assert_eq!(answer.status, 200);
    answer.json()["Data"].clone()
}

/// A refused update, which must say exactly this, without a code, and change nothing.
async fn assert_refused(sandbox: &Sandbox, body: Value, status: u16, message: &str) {
    let before = sandbox.tickets(Vendor::Sweeppea);
    let answer = update(sandbox, body.clone()).await;
    assert_eq!(answer.status, status, "{body}");
    assert_eq!(
        answer.json(),
        json!({ "Response": false, "Message": message })
    );
    assert_eq!(sandbox.tickets(Vendor::Sweeppea), before);
    let seen = sandbox.journal().pop().unwrap();
    assert_eq!(seen.endpoint, Some(Endpoint::Update));
    assert!(seen.is_write && !seen.took_effect);
}

#[tokio::test]
async fn an_update_changes_the_texts_that_are_given() {
    let sandbox = Sandbox::start().await.unwrap();
    let answer = update(&sandbox, json!({ "CaseId": "2650478", "Title": "New" })).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({
            "Response": true, "Message": "Ticket updated successfully",
            "Ticket": {
                "CaseNumber": "2650478", "Subject": "New", "Priority": 2, "Status": false,
                "Description": "Users are unable to submit entries",
            },
        })
    );
    let body = json!({ "CaseId": "2650478", "Description": "<b>Text</b>" });
    assert_eq!(
        update(&sandbox, body).await.json()["Ticket"]["Subject"],
        "New"
    );
    let ticket = sandbox.ticket(Vendor::Sweeppea, "2650478").unwrap();
    assert_eq!(ticket.subject, "New");
    assert_eq!(ticket.description, "<b>Text</b>");
    assert!(sandbox.journal().iter().all(|seen| seen.took_effect));
}

#[tokio::test]
async fn refused_update_has_its_own_message_and_no_code() {
    let sandbox = Sandbox::start().await.unwrap();
    let with = |id: &str| json!({ "CaseId": id, "Title": "New" });
    let fields = "At least one field (Title or Description) must be provided";
    let foreign = "You do not have permission to update this ticket";
    for (body, status, message) in [
        (json!({ "Title": "New" }), 400, "CaseId is required"),
        (json!({ "CaseId": "2650478" }), 400, fields),
        (json!({ "CaseId": "2650478", "Title": "" }), 400, fields),
        (with("2490017"), 400, "Cannot update closed ticket"),
        (with("2490018"), 403, foreign),
        (with("0000000"), 404, "Ticket not found"),
    ] {
        assert_refused(&sandbox, body, status, message).await;
    }
    for (field, length) in [("Title", 200), ("Description", 20_000)] {
        let mut body = json!({ "CaseId": "2650478" });
        body[field] = json!("ü".repeat(length));
        assert_eq!(update(&sandbox, body.clone()).await.status, 200);
        body[field] = json!("ü".repeat(length + 1));
        let message = format!("{field} is longer than {length} characters");
        assert_refused(&sandbox, body, 400, &message).await;
    }
}

#[tokio::test]
async fn update_without_key_and_failed_update_have_no_code() {
    for wording in [Wording::Old, Wording::New] {
        let builder = Sandbox::builder().sweeppea_wording(wording);
        let sandbox = builder.start().await.unwrap();
        let path = "/sweeppea/tickets/update";
        let refused = send(&sandbox, "POST", path, &[], "{}").await.unwrap();
        assert_eq!(refused.status, 401);
        assert_eq!(
            refused.json(),
            json!({ "Response": false, "Message": "Unauthorized: Missing token" })
        );
        let unknown = [("authorization", "Bearer nobody")];
        let unknown = send(&sandbox, "POST", path, &unknown, "{}").await.unwrap();
        assert_eq!(
            (unknown.status, &unknown.json()["Code"]),
            (403, &json!(403))
        );
        sandbox.inject(Rule::new(Fault::StatusAfterEffect(500)));
        let failed = update(&sandbox, json!({ "CaseId": "2650478", "Title": "New" })).await;
        assert_eq!((failed.status, failed.json().get("Code")), (500, None));
        let ticket = sandbox.ticket(Vendor::Sweeppea, "2650478").unwrap();
        assert_eq!(ticket.subject, "New");
    }
}

#[tokio::test]
async fn a_resolved_ticket_is_closed_with_a_note_and_moves_to_the_other_list() {
    let sandbox = Sandbox::start().await.unwrap();
    let answer = resolve(&sandbox, "2650478").await;
    assert_eq!(answer.status, 200);
    let closed_at = answer.json()["Data"]["CloseDate"].clone();
    assert!(closed_at.as_str().unwrap().starts_with("2026-01-26T12:"));
    assert_eq!(
        answer.json(),
        json!({
            "Response": true, "Message": "Ticket Resolved Successfully",
            "Data": {
                "CaseNumber": "2650478", "Subject": "Issue with sweepstakes entry",
                "Status": true, "CloseDate": closed_at, "ClosedBy": "John Doe",
            },
        })
    );
    let data = read(&sandbox, "2650478").await;
    assert_eq!(data["Status"], true);
    assert_eq!(data["Completion"], 100);
    assert_eq!(data["ClosedBy"], "John Doe");
    assert_eq!(data["CloseDate"], closed_at);
    assert_eq!(data["Notes"][0]["Date"], closed_at);
    assert!(data["Notes"][0]["Note"].is_string());
    assert_eq!(data["Statistics"][1]["Action"], "resolve");

    let record = sandbox.ticket(Vendor::Sweeppea, "2650478").unwrap();
    assert!(record.closed);
    assert_eq!(record.messages[0].kind, MessageKind::Note);
    assert_eq!(record.messages[0].text, data["Notes"][0]["Note"]);
    for (path, ids) in [
        (
            "/tickets/fetchOpenTickets",
            vec!["ABC1234", "HYXTNJV", "2531581"],
        ),
        ("/tickets/fetchClosedTickets", vec!["2490017", "2650478"]),
    ] {
        let listed = sweeppea(&sandbox, path, json!({})).await.json();
        let rows = listed["Data"]["Tickets"].as_array().unwrap();
        let listed: Vec<_> = rows.iter().map(|row| &row["CaseNumber"]).collect();
        assert_eq!(listed, ids);
    }
    let seen = &sandbox.journal()[0];
    assert_eq!(seen.endpoint, Some(Endpoint::Resolve));
    assert!(seen.is_write && seen.took_effect);
}

#[tokio::test]
async fn resolve_of_missing_foreign_or_closed_ticket_is_the_same_404() {
    let sandbox = Sandbox::start().await.unwrap();
    resolve(&sandbox, "2650478").await;
    for id in ["2650478", "2490017", "2490018", "0000000"] {
        let answer = resolve(&sandbox, id).await;
        assert_eq!(answer.status, 404, "{id}");
        assert_eq!(
            answer.json(),
            json!({
                "Response": false, "Message": "Ticket Not Found or Already Closed", "Code": 404,
            })
        );
        assert!(!sandbox.journal().pop().unwrap().took_effect);
    }
    let notes = read(&sandbox, "2650478").await["Notes"].clone();
    assert_eq!(notes.as_array().unwrap().len(), 1);
    let missing = sweeppea(&sandbox, "/tickets/resolve", json!({})).await;
    assert_eq!(missing.status, 400);
    assert_eq!(
        missing.json()["Message"],
        "Missing Required Field: CaseId is required"
    );
    assert_eq!(missing.json()["Code"], 400);
}

#[tokio::test]
async fn locked_ticket_cannot_be_updated_or_resolved() {
    let sandbox = Sandbox::start().await.unwrap();
    let before = sandbox.ticket(Vendor::Sweeppea, "ABC1234");
    let body = json!({ "CaseId": "ABC1234", "Title": "New" });
    for answer in [
        update(&sandbox, body).await,
        resolve(&sandbox, "ABC1234").await,
    ] {
        assert_eq!((answer.status, &answer.json()["Code"]), (409, &json!(409)));
    }
    assert_eq!(sandbox.ticket(Vendor::Sweeppea, "ABC1234"), before);
}

#[tokio::test]
async fn added_notes_and_attributes_are_in_the_ticket() {
    let sandbox = Sandbox::start().await.unwrap();
    let seed = TicketSeed::new("Seen").attribute("Views", 5).closed();
    let id = sandbox.add_ticket(Vendor::Sweeppea, seed);
    let note = "Investigating the issue...";
    let added = sandbox.add_message(Vendor::Sweeppea, &id, MessageKind::Note, note);
    let data = read(&sandbox, &id).await;
    assert_eq!(data["Notes"][0]["Id"], json!(added));
    assert_eq!(data["Notes"][0]["Note"], note);
    assert_eq!(
        (&data["Views"], &data["Completion"]),
        (&json!(5), &json!(100))
    );
    let nobody = sandbox.add_message(Vendor::Sweeppea, "0000000", MessageKind::Note, note);
    assert_eq!(nobody, None);
}

#[tokio::test]
async fn update_and_resolve_with_lost_response_take_effect() {
    let sandbox = Sandbox::start().await.unwrap();
    for (path, body) in [
        (
            "/tickets/update",
            json!({ "CaseId": "HYXTNJV", "Title": "New" }),
        ),
        ("/tickets/resolve", json!({ "CaseId": "HYXTNJV" })),
    ] {
        sandbox.inject(Rule::new(Fault::LostResponse).vendor(Vendor::Sweeppea));
        let lost = crate::client::call(&sandbox, Vendor::Sweeppea, "POST", path, body).await;
        assert!(lost.is_err());
        let seen = sandbox.journal().pop().unwrap();
        assert_eq!((seen.status, seen.took_effect), (None, true));
    }
    let ticket = sandbox.ticket(Vendor::Sweeppea, "HYXTNJV").unwrap();
    assert_eq!((ticket.subject.as_str(), ticket.closed), ("New", true));
}
