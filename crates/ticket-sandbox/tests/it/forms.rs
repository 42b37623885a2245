//! LeadSquared's create and update as multipart forms with files, and what the account demands.

use serde_json::{Value, json};
use ticket_sandbox::{Endpoint, Sandbox, TicketRecord, Vendor};

use crate::client::{Answer, form, leadsquared, leadsquared_form, leadsquared_with};

const UPDATE: &str = "/tickets/143/update";

fn new_ticket(fields: &[(&str, &str)]) -> Value {
    let mut body = change("", fields);
    body["LeadId"] = json!("8eee83bb-0462-4d6b-b396-6afb9a4608f2");
    body.as_object_mut().unwrap().remove("Id");
    body
}

fn change(id: &str, fields: &[(&str, &str)]) -> Value {
    let fields: Vec<Value> = fields
        .iter()
        .map(|(name, value)| json!({ "SchemaName": name, "Value": value }))
        .collect();
    json!({ "TypeId": "1", "Id": id, "Fields": fields, "RelatedTicketTypeId": 1 })
}

fn field(record: &TicketRecord, name: &str) -> Value {
    let fields = record.attributes["Fields"].as_array().unwrap();
    let field = fields.iter().find(|field| field["SchemaName"] == name);
    field.map_or(Value::Null, |field| field["Value"].clone())
}

fn ticket(sandbox: &Sandbox, id: &str) -> TicketRecord {
    sandbox.ticket(Vendor::LeadSquared, id).unwrap()
}

#[tokio::test]
async fn a_ticket_is_created_with_its_files() {
    let sandbox = Sandbox::start().await.unwrap();
    let body = new_ticket(&[
        ("Title", "With files"),
        ("Description", "Two"),
        ("Channel", "Email"),
    ]);
    let files = [
        ("screenshot.png", "image/png", "\r\n--limi\0t"),
        ("größe 1.txt", "text/plain", ""),
    ];
    let answer = leadsquared_form(&sandbox, "POST", "/tickets", &body, &files).await;
    assert_eq!(answer.status, 200);
    let guid = answer.json()["TicketId"].clone();
    assert!(guid.is_string());
    assert_eq!(
        answer.json(),
        json!({
            "Status": "Success", "ReasonForFailure": null, "Id": "163", "Key": "#163",
            "Message": "Ticket has been created successfully", "TicketId": guid,
        })
    );
    let record = ticket(&sandbox, "163");
    assert_eq!(record.subject, "With files");
    assert_eq!(field(&record, "Channel"), "Email");
    assert_eq!(record.created_from, Some(body));
    let kept: Vec<_> = record
        .attachments
        .iter()
        .map(|file| {
            let media_type = file.media_type.as_deref();
            (file.name.as_str(), media_type, file.bytes.as_slice())
        })
        .collect();
    let sent: Vec<_> = files
        .iter()
        .map(|(name, kind, content)| (*name, Some(*kind), content.as_bytes()))
        .collect();
    assert_eq!(kept, sent);
    assert!(
        !format!("{record:?}").contains("limi"),
        "no content in Debug"
    );
    let seen = sandbox.journal().pop().unwrap();
    assert_eq!(
        (seen.endpoint, seen.took_effect),
        (Some(Endpoint::Create), true)
    );
}

#[tokio::test]
async fn an_update_merges_fields_and_adds_files() {
    let sandbox = Sandbox::start().await.unwrap();
    let fields = [
        ("Status", "On Hold"),
        ("CustomData.Shop", "North"),
        ("Title", "New"),
    ];
    let body = change("143", &fields);
    let files = [("a.txt", "text/plain", "one")];
    let answer = leadsquared_form(&sandbox, "PUT", UPDATE, &body, &files).await;
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.json(),
        json!({
            "Status": "Success", "ReasonForFailure": null, "Id": "143", "Key": "#143",
            "Message": "Ticket properties have been updated successfully", "TicketId": null,
        })
    );
    let record = ticket(&sandbox, "143");
    assert_eq!((record.subject.as_str(), record.closed), ("New", false));
    assert_eq!(record.description, "Example description");
    assert_eq!(field(&record, "Status"), "On Hold");
    assert_eq!(field(&record, "CustomData.Shop"), "North");
    assert_eq!(field(&record, "Priority"), "Medium");
    assert_eq!(record.attachments.len(), 1);

    let resolved = change("143", &[("Status", "Resolved")]);
    leadsquared_form(&sandbox, "PUT", UPDATE, &resolved, &files).await;
    let record = ticket(&sandbox, "143");
    assert!(record.closed);
    assert_eq!(record.attachments.len(), 2);
    let read = leadsquared(&sandbox, "GET", "/tickets/143", Value::Null).await;
    let fields = read.json()["Fields"].clone();
    let expected = json!({ "SchemaName": "Status", "Value": "Resolved", "SubFields": null });
    assert!(fields.as_array().unwrap().contains(&expected));

    leadsquared_form(&sandbox, "PUT", UPDATE, &change("143", &[]), &[]).await;
    let journal = sandbox.journal();
    let effects: Vec<_> = journal
        .iter()
        .map(|seen| (seen.endpoint.unwrap(), seen.is_write, seen.took_effect))
        .collect();
    assert_eq!(
        effects,
        [
            (Endpoint::Update, true, true),
            (Endpoint::Update, true, true),
            (Endpoint::Get, false, false),
            (Endpoint::Update, true, false),
        ]
    );
}

#[tokio::test]
async fn update_that_is_not_a_form_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let before = ticket(&sandbox, "143");
    let body = change("143", &[("Status", "On Hold")]);
    let text = body.to_string();
    let ticket_dto = ("ticketDTO", text.as_str());
    let broken = form(&[ticket_dto], &[]).1;
    let broken = broken[..broken.len() - 10].to_owned();
    for (case, sent) in [
        ("JSON", ("application/json", text.clone())),
        ("no ticketDTO", form(&[], &[("a", "text/plain", "b")])),
        ("two", form(&[ticket_dto, ticket_dto], &[])),
        (
            "a part of another name",
            form(&[ticket_dto, ("file", "x")], &[]),
        ),
        (
            "files without a name",
            form(&[ticket_dto, ("files", "x")], &[]),
        ),
        ("no JSON", form(&[("ticketDTO", "Status")], &[])),
        ("a list", form(&[("ticketDTO", "[]")], &[])),
        ("cut", ("multipart/form-data; boundary=limit", broken)),
        (
            "no boundary",
            ("multipart/form-data", form(&[ticket_dto], &[]).1),
        ),
        (
            "another boundary",
            (
                "multipart/form-data; boundary=x",
                form(&[ticket_dto], &[]).1,
            ),
        ),
    ] {
        let answer = leadsquared_with(&sandbox, "PUT", UPDATE, sent).await;
        assert_eq!((answer.status, answer.text()), (400, ""), "{case}");
    }
    assert_eq!(ticket(&sandbox, "143"), before);
    assert!(sandbox.journal().iter().all(|seen| !seen.took_effect));
}

async fn updated(sandbox: &Sandbox, body: Value) -> Answer {
    leadsquared_form(sandbox, "PUT", UPDATE, &body, &[]).await
}

#[tokio::test]
async fn an_update_needs_its_three_ids_in_their_types() {
    let sandbox = Sandbox::start().await.unwrap();
    let good = || change("143", &[("Status", "On Hold")]);
    for name in ["TypeId", "Id", "RelatedTicketTypeId"] {
        let mut body = good();
        body[name] = Value::Null;
        let answer = updated(&sandbox, body).await;
        assert_eq!(answer.status, 500);
        let message = format!("'{name}' is mandatory for updating ticket");
        assert_eq!(
            answer.json(),
            json!({
                "Status": "Error", "ExceptionType": "MXMandatoryAttributeMissingException",
                "ExceptionMessage": message,
            })
        );
    }
    for (name, value) in [
        ("TypeId", json!(1)),
        ("RelatedTicketTypeId", json!("1")),
        ("Id", json!("144")),
        ("Id", json!("#143")),
        ("Fields", json!([{ "SchemaName": "Status", "Value": 1 }])),
    ] {
        let mut body = good();
        body[name] = value;
        assert_eq!(updated(&sandbox, body).await.status, 400, "{name}");
    }
    let path = "/tickets/999/update";
    let unknown = leadsquared_form(&sandbox, "PUT", path, &change("999", &[]), &[]).await;
    assert_eq!((unknown.status, unknown.text()), (404, ""));
    assert_eq!(field(&ticket(&sandbox, "143"), "Status"), "Open");
    assert!(sandbox.journal().iter().all(|seen| !seen.took_effect));
}

#[tokio::test]
async fn required_fields_depend_on_the_account() {
    let builder = Sandbox::builder().leadsquared_required_fields(["Title", "CustomData.Shop"]);
    let sandbox = builder.start().await.unwrap();
    let without = new_ticket(&[("Title", "A")]);
    let empty = new_ticket(&[("Title", "A"), ("CustomData.Shop", "")]);
    for body in [without, empty] {
        let answer = leadsquared(&sandbox, "POST", "/tickets", body).await;
        assert_eq!(answer.status, 500);
        assert_eq!(
            answer.json()["ExceptionMessage"],
            "'CustomData.Shop' is mandatory for creating ticket"
        );
    }
    let body = new_ticket(&[("Title", "A"), ("CustomData.Shop", "North")]);
    assert_eq!(
        leadsquared(&sandbox, "POST", "/tickets", body).await.status,
        200
    );

    let emptied = updated(&sandbox, change("143", &[("CustomData.Shop", "")])).await;
    assert_eq!(emptied.status, 500);
    // What is not among the changes stays as it is.
    let other = updated(&sandbox, change("143", &[("Status", "On Hold")])).await;
    assert_eq!(other.status, 200);
    assert_eq!(sandbox.tickets(Vendor::LeadSquared).len(), 5);

    let none: [&str; 0] = [];
    let builder = Sandbox::builder().leadsquared_required_fields(none);
    let sandbox = builder.start().await.unwrap();
    let answer = leadsquared(&sandbox, "POST", "/tickets", new_ticket(&[])).await;
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn unknown_status_is_a_failure_with_status_200() {
    let builder = Sandbox::builder().leadsquared_statuses(["Open", "Resolved"]);
    let sandbox = builder.start().await.unwrap();
    let reason = "'Done' is no value of Status";
    let answer = updated(&sandbox, change("143", &[("Status", "Done")])).await;
    assert_eq!(
        (answer.status, answer.json()),
        (
            200,
            json!({
                "Status": "Failure", "ReasonForFailure": reason, "Id": "143", "Message": null,
                "Key": "#143", "TicketId": null,
            })
        )
    );
    let body = new_ticket(&[("Title", "A"), ("Status", "Done")]);
    let answer = leadsquared(&sandbox, "POST", "/tickets", body).await;
    assert_eq!(
        (answer.status, answer.json()),
        (
            200,
            json!({
                "Status": "Failure", "ReasonForFailure": reason, "Id": null, "Message": null,
                "Key": null, "TicketId": null,
            })
        )
    );
    assert_eq!(field(&ticket(&sandbox, "143"), "Status"), "Open");
    assert_eq!(sandbox.tickets(Vendor::LeadSquared).len(), 4);
    let answer = updated(&sandbox, change("143", &[("Status", "Resolved")])).await;
    assert_eq!(answer.json()["Status"], "Success");
    let effects: Vec<_> = sandbox
        .journal()
        .iter()
        .map(|seen| seen.took_effect)
        .collect();
    assert_eq!(effects, [false, false, true]);
}
