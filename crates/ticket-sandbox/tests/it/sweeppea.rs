use serde_json::{Value, json};
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, TicketSeed, Vendor, Wording};

use crate::client::{send, sweeppea};

fn create_body() -> Value {
    json!({ "Title": "Entry page", "Description": "Cannot submit", "Priority": 2 })
}

#[tokio::test]
async fn a_created_ticket_can_be_read_and_deleted_once() {
    let sandbox = Sandbox::start().await.unwrap();

    let created = sweeppea(&sandbox, "/tickets/create", create_body()).await;
    assert_eq!(created.status, 201);
    assert_eq!(
        created.json(),
        json!({
            "Response": true, "Message": "Ticket Created Successfully",
            "Data": {
                "CaseNumber": "2650479", "Subject": "Entry page", "Priority": 2,
                "ResourceAffected": "General", "AssignedTo": null,
                "CreationDate": created.json()["Data"]["CreationDate"], "Status": "Open",
            },
            "Telemetry": { "DataConsumed": 0, "APICalls": 1, "MaxAPICalls": 100_000 },
        })
    );
    assert_eq!(
        sandbox
            .ticket(Vendor::Sweeppea, "2650479")
            .unwrap()
            .created_from,
        Some(create_body())
    );

    let body = json!({ "caseNumber": "2650479" });
    let read = sweeppea(&sandbox, "/tickets/fetchSingleTicket", body).await;
    let data = &read.json()["Data"];
    assert_eq!(data["CaseNumber"], "2650479");
    assert_eq!(data["Subject"], "Entry page");
    assert_eq!(data["Description"], "Cannot submit");
    assert_eq!(data["Status"], false);
    assert_eq!(data["Date"], created.json()["Data"]["CreationDate"]);

    let body = json!({ "CaseId": "2650479" });
    let deleted = sweeppea(&sandbox, "/tickets/delete", body.clone()).await;
    assert_eq!(deleted.status, 200);
    assert_eq!(
        deleted.json(),
        json!({ "Response": true, "Message": "Ticket Deleted Successfully" })
    );
    assert!(!sandbox.exists(Vendor::Sweeppea, "2650479"));
    let again = sweeppea(&sandbox, "/tickets/delete", body).await;
    assert_eq!((again.status, &again.json()["Code"]), (404, &json!(404)));

    let journal = sandbox.journal();
    // Reading is a POST here, and no write all the same.
    assert_eq!(journal[1].endpoint, Some(Endpoint::Get));
    assert!(!journal[1].is_write);
    let effects: Vec<_> = journal.iter().map(|seen| seen.took_effect).collect();
    assert_eq!(effects, [true, false, true, false]);
}

#[tokio::test]
async fn delete_of_closed_foreign_or_missing_ticket_is_the_same_404() {
    let sandbox = Sandbox::start().await.unwrap();
    for id in ["2490017", "2490018", "0000000"] {
        let answer = sweeppea(&sandbox, "/tickets/delete", json!({ "CaseId": id })).await;
        assert_eq!(answer.status, 404, "{id}");
        assert_eq!(
            answer.json(),
            json!({
                "Response": false, "Code": 404,
                "Message": "Ticket Not Found, Already Closed, or Not Owned by User",
            })
        );
    }
    assert!(sandbox.exists(Vendor::Sweeppea, "2490017"));
    assert!(sandbox.exists(Vendor::Sweeppea, "2490018"));

    // Reading tells a closed one from the others.
    for (id, status) in [("2490017", 200), ("2490018", 404), ("0000000", 404)] {
        let body = json!({ "caseNumber": id });
        let answer = sweeppea(&sandbox, "/tickets/fetchSingleTicket", body).await;
        assert_eq!(answer.status, status, "{id}");
    }
}

#[tokio::test]
async fn a_locked_ticket_is_a_conflict() {
    let sandbox = Sandbox::start().await.unwrap();
    let id = sandbox.add_ticket(Vendor::Sweeppea, TicketSeed::new("Locked").locked());
    assert_eq!(id.len(), 7);
    let answer = sweeppea(&sandbox, "/tickets/delete", json!({ "CaseId": id })).await;
    assert_eq!((answer.status, &answer.json()["Code"]), (409, &json!(409)));
    let message = answer.json()["Message"].to_string();
    assert!(
        message.contains(&format!("Ticket {id} is locked")),
        "{message}"
    );
    assert!(sandbox.exists(Vendor::Sweeppea, &id));
}

#[tokio::test]
async fn missing_fields_are_named_in_the_error() {
    let sandbox = Sandbox::start().await.unwrap();
    for body in [
        json!({}),
        json!({ "CaseId": 2_531_581 }),
        json!({ "CaseId": "" }),
        json!([]),
    ] {
        let answer = sweeppea(&sandbox, "/tickets/delete", body).await;
        assert_eq!(answer.status, 400);
        assert_eq!(
            answer.json()["Message"],
            "Missing Required Field: CaseId is required"
        );
        assert!(answer.json()["Help"]["ExpectedBody"]["CaseId"].is_string());
    }
    let answer = sweeppea(&sandbox, "/tickets/fetchSingleTicket", json!({})).await;
    assert_eq!(
        (answer.status, &answer.json()["Message"]),
        (400, &json!("Missing caseNumber"))
    );
    for missing in ["Title", "Description", "Priority"] {
        let mut body = create_body();
        body.as_object_mut().unwrap().remove(missing);
        let answer = sweeppea(&sandbox, "/tickets/create", body).await;
        assert_eq!(
            answer.json()["Message"],
            "Missing Required Fields: Title, Description and Priority are required"
        );
    }
    assert!(sandbox.journal().iter().all(|seen| !seen.took_effect));
}

#[tokio::test]
async fn create_enforces_its_limits_in_characters() {
    let sandbox = Sandbox::start().await.unwrap();
    for (field, value, status) in [
        ("Title", json!("ü".repeat(200)), 201),
        ("Title", json!("ü".repeat(201)), 400),
        ("Description", json!("ü".repeat(20_000)), 201),
        ("Description", json!("ü".repeat(20_001)), 400),
        ("Priority", json!(1), 201),
        ("Priority", json!(3), 201),
        ("Priority", json!(0), 400),
        ("Priority", json!(4), 400),
        ("Priority", json!("2"), 400),
        ("AssignTo", json!("admin USER"), 201),
        ("AssignTo", json!("support@yourdomain.com"), 201),
        ("AssignTo", json!("SUPPORT@yourdomain.com"), 400),
    ] {
        let mut body = create_body();
        body[field] = value;
        let before = sandbox.tickets(Vendor::Sweeppea).len();
        let answer = sweeppea(&sandbox, "/tickets/create", body.clone()).await;
        assert_eq!(answer.status, status, "{field}");
        let made = sandbox.tickets(Vendor::Sweeppea).len() - before;
        assert_eq!(made, usize::from(status == 201));
        assert_eq!(sandbox.journal().pop().unwrap().took_effect, status == 201);
    }
}

#[tokio::test]
async fn missing_and_unknown_keys_are_refused_in_both_wordings() {
    let seen = async |wording, headers: &[(&str, &str)]| {
        let sandbox = Sandbox::builder()
            .sweeppea_wording(wording)
            .start()
            .await
            .unwrap();
        let body = r#"{"CaseId":"2531581"}"#;
        let answer = send(&sandbox, "POST", "/sweeppea/tickets/delete", headers, body)
            .await
            .unwrap();
        assert!(sandbox.exists(Vendor::Sweeppea, "2531581"));
        (
            answer.status,
            answer.json()["Message"].as_str().unwrap().to_owned(),
        )
    };
    let unknown = [("authorization", "Bearer nobody")];
    let basic = [("authorization", "Basic bm9ib2R5")];
    let (status, message) = seen(Wording::New, &[]).await;
    assert_eq!(status, 401);
    assert!(
        message.starts_with("Missing or invalid Bearer token."),
        "{message}"
    );
    assert_eq!(seen(Wording::New, &basic).await.0, 401);
    let (status, message) = seen(Wording::New, &unknown).await;
    assert_eq!(status, 403);
    assert!(message.starts_with("Invalid API token."), "{message}");
    let old = seen(Wording::Old, &[]).await;
    assert_eq!(old, (401, "Invalid or Missing Bearer Token".to_owned()));
    let old = seen(Wording::Old, &unknown).await;
    assert_eq!(old, (403, "Invalid API Token".to_owned()));
}

#[tokio::test]
async fn the_old_wording_has_no_help_no_telemetry_and_no_assignee() {
    let sandbox = Sandbox::builder()
        .sweeppea_wording(Wording::Old)
        .start()
        .await
        .unwrap();
    let created = sweeppea(&sandbox, "/tickets/create", create_body())
        .await
        .json();
    assert_eq!(created.get("Telemetry"), None);
    assert_eq!(created["Data"].get("AssignedTo"), None);
    let refused = sweeppea(&sandbox, "/tickets/delete", json!({}))
        .await
        .json();
    assert_eq!(refused.get("Help"), None);
}

#[tokio::test]
async fn unknown_path_is_not_a_missing_ticket() {
    let sandbox = Sandbox::start().await.unwrap();
    let answer = sweeppea(
        &sandbox,
        "/v3/tickets/delete",
        json!({ "CaseId": "2531581" }),
    )
    .await;
    assert_eq!(answer.status, 404);
    assert_eq!(answer.json().get("Response"), None);
    assert_eq!(sandbox.journal()[0].endpoint, None);
    assert!(sandbox.exists(Vendor::Sweeppea, "2531581"));
}

#[tokio::test]
async fn injected_404_has_the_message_of_a_missing_ticket() {
    let sandbox = Sandbox::start().await.unwrap();
    for (path, body) in [
        ("/tickets/fetchSingleTicket", json!({ "caseNumber": "0" })),
        ("/tickets/update", json!({ "CaseId": "0", "Title": "T" })),
        ("/tickets/resolve", json!({ "CaseId": "0" })),
        ("/tickets/delete", json!({ "CaseId": "0" })),
    ] {
        let missing = sweeppea(&sandbox, path, body.clone()).await;
        sandbox.inject(Rule::new(Fault::Status(404)));
        let injected = sweeppea(&sandbox, path, body).await;
        assert_eq!(injected, missing, "{path}");
        assert!(injected.json()["Message"].is_string(), "{path}");
    }
}
