use serde_json::{Value, json};
use ticket_sandbox::{Endpoint, Sandbox, Vendor, credentials};

use crate::client::{call, leadsquared, send};

fn create_body() -> Value {
    json!({
        "TypeId": "1", "Id": null, "LeadId": "45b5fded-e696-45a6-9fbb-c6af6178229e",
        "Fields": [
            { "SchemaName": "Title", "Value": "Test ticket from API" },
            { "SchemaName": "RelatedCustomerId", "Value": "45b5fded-e696-45a6-9fbb-c6af6178229e" },
            { "SchemaName": "Description", "Value": "Example description" },
            { "SchemaName": "Status", "Value": "Open" },
            { "SchemaName": "Priority", "Value": "Low" },
            { "SchemaName": "CustomData.Shop", "Value": "North" },
        ],
        "RelatedTicketTypeId": 1,
    })
}

fn field(body: &Value, name: &str) -> Option<Value> {
    let fields = body["Fields"].as_array().unwrap();
    let field = fields.iter().find(|field| field["SchemaName"] == name)?;
    Some(field["Value"].clone())
}

#[tokio::test]
async fn a_created_ticket_can_be_read_and_deleted_once() {
    let sandbox = Sandbox::start().await.unwrap();

    let created = leadsquared(&sandbox, "POST", "/tickets", create_body()).await;
    assert_eq!(created.status, 200);
    let guid = created.json()["TicketId"].clone();
    assert_eq!(
        created.json(),
        json!({
            "Status": "Success", "ReasonForFailure": null, "Id": "163", "Message": null,
            "TicketId": guid, "Key": "#163",
        })
    );
    let record = sandbox.ticket(Vendor::LeadSquared, "163").unwrap();
    assert_eq!(record.created_from, Some(create_body()));

    let read = leadsquared(&sandbox, "GET", "/tickets/163", Value::Null)
        .await
        .json();
    assert_eq!(read["TypeId"], "null");
    assert_eq!(read["Id"], "163");
    assert_eq!(read["TicketId"], guid);
    assert_eq!(read["LeadId"], create_body()["LeadId"]);
    assert_eq!(field(&read, "Title"), Some(json!("Test ticket from API")));
    assert_eq!(
        field(&read, "Description"),
        Some(json!("Example description"))
    );
    assert_eq!(field(&read, "Priority"), Some(json!("Low")));
    assert_eq!(field(&read, "CustomData.Shop"), Some(json!("North")));
    assert_eq!(field(&read, "TicketKey"), Some(json!("#163")));
    assert_eq!(field(&read, "RelatedCustomerId"), None);

    let ids = json!({ "TicketIds": ["163"] });
    let deleted = leadsquared(&sandbox, "PUT", "/tickets/trash", ids.clone()).await;
    assert_eq!(
        deleted.json(),
        json!({ "SuccessfulIds": [163], "FailedIds": [] })
    );
    let again = leadsquared(&sandbox, "PUT", "/tickets/trash", ids).await;
    assert_eq!(again.status, 200);
    assert_eq!(
        again.json(),
        json!({ "SuccessfulIds": [], "FailedIds": [163] })
    );
    assert_eq!(
        leadsquared(&sandbox, "GET", "/tickets/163", Value::Null)
            .await
            .status,
        404
    );

    let journal = sandbox.journal();
    let effects: Vec<_> = journal.iter().map(|seen| seen.took_effect).collect();
    assert_eq!(effects, [true, false, true, false, false]);
    assert_eq!(journal[2].endpoint, Some(Endpoint::Delete));
}

#[tokio::test]
async fn delete_returns_each_id_in_one_list() {
    let sandbox = Sandbox::start().await.unwrap();
    let ids = json!({ "TicketIds": ["160", "999", "160", "x", "0161", 162] });
    let answer = leadsquared(&sandbox, "PUT", "/tickets/trash", ids.clone()).await;
    assert_eq!(
        answer.json(),
        json!({ "SuccessfulIds": [160, 161, 162], "FailedIds": [999, "x"] })
    );
    assert!(sandbox.exists(Vendor::LeadSquared, "143"));
    assert_eq!(sandbox.tickets(Vendor::LeadSquared).len(), 1);
    assert_eq!(sandbox.journal()[0].json(), Some(ids));
}

#[tokio::test]
async fn delete_without_a_list_of_ids_is_refused() {
    let sandbox = Sandbox::builder()
        .leadsquared_max_delete(2)
        .start()
        .await
        .unwrap();
    for body in [
        json!({}),
        json!([]),
        json!({ "TicketIds": [] }),
        json!({ "TicketIds": "160" }),
        json!({ "TicketIds": ["160", null] }),
        json!({ "TicketIds": ["160", 1.5] }),
        json!({ "TicketIds": ["160", "161", "162"] }),
    ] {
        let answer = leadsquared(&sandbox, "PUT", "/tickets/trash", body.clone()).await;
        assert_eq!((answer.status, answer.text()), (400, ""), "{body}");
    }
    assert_eq!(sandbox.tickets(Vendor::LeadSquared).len(), 4);
    let ids = json!({ "TicketIds": ["160", "161"] });
    assert_eq!(
        leadsquared(&sandbox, "PUT", "/tickets/trash", ids)
            .await
            .status,
        200
    );
}

#[tokio::test]
async fn delete_accepts_at_most_100_ids() {
    let sandbox = Sandbox::start().await.unwrap();
    let ids = |count: u32| {
        let ids: Vec<String> = (1000..1000 + count).map(|id| id.to_string()).collect();
        json!({ "TicketIds": ids })
    };
    for (count, status) in [(100, 200), (101, 400)] {
        let answer = leadsquared(&sandbox, "PUT", "/tickets/trash", ids(count)).await;
        assert_eq!(answer.status, status, "{count}");
    }
}

#[tokio::test]
async fn a_missing_mandatory_field_is_a_500_that_names_it() {
    let sandbox = Sandbox::start().await.unwrap();
    let mut without_title = create_body();
    without_title["Fields"][0]["Value"] = json!("");
    let mut without_lead = create_body();
    without_lead["LeadId"] = Value::Null;
    let mut without_type = create_body();
    without_type["TypeId"] = Value::Null;
    let mut without_related = create_body();
    without_related
        .as_object_mut()
        .unwrap()
        .remove("RelatedTicketTypeId");
    for (body, name) in [
        (without_title, "Title"),
        (without_lead, "leadId"),
        (without_type, "TypeId"),
        (without_related, "RelatedTicketTypeId"),
    ] {
        let answer = leadsquared(&sandbox, "POST", "/tickets", body).await;
        assert_eq!(answer.status, 500);
        let body = answer.json();
        assert_eq!(body["Status"], "Error");
        assert_eq!(
            body["ExceptionType"],
            "MXMandatoryAttributeMissingException"
        );
        let message = body["ExceptionMessage"].as_str().unwrap();
        assert!(
            message.starts_with(&format!("'{name}' is mandatory")),
            "{message}"
        );
    }
    assert_eq!(sandbox.tickets(Vendor::LeadSquared).len(), 4);
}

#[tokio::test]
async fn a_lead_can_be_named_by_mail_address_or_phone() {
    let sandbox = Sandbox::start().await.unwrap();
    for name in ["LeadDetail.EmailAddress", "LeadDetail.Phone"] {
        let mut body = create_body();
        body.as_object_mut().unwrap().remove("LeadId");
        let entry = json!({ "SchemaName": name, "Value": "wim@example.com" });
        body["Fields"].as_array_mut().unwrap().push(entry);
        let answer = leadsquared(&sandbox, "POST", "/tickets", body).await;
        assert_eq!(answer.json()["Status"], "Success", "{name}");
        // It is the lead's, not the ticket's.
        let path = format!("/tickets/{}", answer.json()["Id"].as_str().unwrap());
        let read = leadsquared(&sandbox, "GET", &path, Value::Null).await;
        assert_eq!(field(&read.json(), name), None);
    }
    assert_eq!(sandbox.tickets(Vendor::LeadSquared).len(), 6);
}

#[tokio::test]
async fn body_of_another_shape_is_a_400() {
    let sandbox = Sandbox::start().await.unwrap();
    for (key, value) in [
        ("Fields", json!("Title")),
        ("Fields", json!([{ "SchemaName": "Title", "Value": 7 }])),
        ("Fields", json!(["Title"])),
        ("TypeId", json!(1)),
        ("RelatedTicketTypeId", json!("1")),
    ] {
        let mut body = create_body();
        body[key] = value;
        assert_eq!(
            leadsquared(&sandbox, "POST", "/tickets", body).await.status,
            400,
            "{key}"
        );
    }
    assert_eq!(sandbox.tickets(Vendor::LeadSquared).len(), 4);
}

#[tokio::test]
async fn keys_org_id_and_content_type_are_checked() {
    let sandbox = Sandbox::start().await.unwrap();
    let access = ("x-lsq-access-key", credentials::LEADSQUARED_ACCESS_KEY);
    let secret = ("x-lsq-secret-key", credentials::LEADSQUARED_SECRET_KEY);
    let json_type = ("content-type", "application/json");
    let path = "/leadsquared/api/tenants/22824/tickets/trash";
    let body = r#"{"TicketIds":["160"]}"#;
    for (path, headers, status) in [
        (path, vec![json_type], 401),
        (path, vec![json_type, access], 401),
        (
            path,
            vec![json_type, access, ("x-lsq-secret-key", "wrong")],
            401,
        ),
        (path, vec![access, secret], 400),
        (
            path,
            vec![access, secret, ("content-type", "text/plain")],
            400,
        ),
        (
            "/leadsquared/api/tenants/1/tickets/trash",
            vec![json_type, access, secret],
            404,
        ),
    ] {
        let answer = send(&sandbox, "PUT", path, &headers, body).await.unwrap();
        assert_eq!(
            (answer.status, answer.text()),
            (status, ""),
            "{path} {headers:?}"
        );
    }
    assert!(sandbox.exists(Vendor::LeadSquared, "160"));
    let typed = ("Content-Type", "application/json; charset=utf-8");
    let answer = send(&sandbox, "PUT", path, &[access, secret, typed], body)
        .await
        .unwrap();
    assert_eq!(answer.status, 200);
    assert!(!sandbox.exists(Vendor::LeadSquared, "160"));
}

#[tokio::test]
async fn documented_sample_ticket_exists() {
    let sandbox = Sandbox::start().await.unwrap();
    let read = leadsquared(&sandbox, "GET", "/tickets/143", Value::Null)
        .await
        .json();
    assert_eq!(read["TicketId"], "03913666-6ab8-4355-9a50-a63fe3204d0a");
    assert_eq!(field(&read, "Title"), Some(json!("Update Email Id")));
    assert_eq!(field(&read, "SubType"), Some(Value::Null));
}

#[tokio::test]
async fn unknown_path_gets_the_gateway_page() {
    let sandbox = Sandbox::start().await.unwrap();
    for path in [
        "/api/tenants/22824/tickets/",
        "/api/tenants/22824/ticket/160",
        "/",
    ] {
        let answer = call(&sandbox, Vendor::LeadSquared, "GET", path, Value::Null)
            .await
            .unwrap();
        assert_eq!(answer.status, 404);
        assert_eq!(answer.header("content-type"), Some("text/html"));
        assert_eq!(sandbox.journal().pop().unwrap().endpoint, None);
    }
}
