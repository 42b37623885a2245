//! Whole replies beside what the vendors print: the same keys with the same JSON types, and the same
//! values where the sample ticket is the printed one.

use serde_json::{Value, json};
use ticket_sandbox::{MessageKind, Sandbox, TicketSeed, Vendor};

use crate::client::{leadsquared, onecloud, sweeppea};

#[tokio::test]
async fn sweeppea_ticket_matches_the_documented_sample() {
    let sandbox = Sandbox::start().await.unwrap();
    let number = json!({ "caseNumber": "HYXTNJV" });
    let reply = sweeppea(&sandbox, "/tickets/fetchSingleTicket", number).await;
    let ticket = &reply.json()["Data"];
    let (created, noted) = (&ticket["Date"], &ticket["Notes"][0]["Date"]);
    for date in [created, noted] {
        let date = date.as_str().unwrap();
        assert_eq!((date.len(), date.ends_with('Z')), (24, true), "{date}");
    }
    let token = &ticket["AccountInfo"]["UserToken"];
    assert!(token.is_string());
    assert_eq!(
        reply.json(),
        json!({
            "Response": true,
            "Data": {
                "CaseNumber": "HYXTNJV", "Date": created,
                "AccountInfo": {
                    "UserToken": token, "FullName": "John Doe", "Email": "john.doe@example.com",
                    "MobileNumber": "5551234567", "UserType": "Administrator",
                    "UserAgent": "Mozilla/5.0...", "IpAddress": "192.168.1.1", "Language": "en",
                    "GeoLat": 40.7128, "GeoLon": -74.006, "SweepstakesName": "Summer Giveaway 2025",
                },
                "Subject": "Issue with sweepstakes configuration",
                "Description": "<p>Unable to configure the entry page settings...</p>",
                "Priority": 2, "NotifyUsers": ["support@example.com"], "Collaborators": [],
                "ClosedBy": null, "CloseDate": null,
                "Notes": [{ "Id": "1", "Date": noted, "Note": "Investigating the issue..." }],
                "Files": [], "Survey": {}, "Pin": false, "Views": 5, "Completion": 50,
                "ResourceAffected": "renaissance", "Documentation": [],
                "Statistics": [
                    { "Id": "1", "Date": created, "UserToken": token, "Action": "create" },
                ],
                "Status": false, "AttachmentInfo": {}, "GitHubIssue": {},
            },
            "Telemetry": { "DataConsumed": 0, "APICalls": 1, "MaxAPICalls": 100_000 },
        })
    );
}

#[tokio::test]
async fn leadsquared_ticket_matches_the_documented_sample_except_its_custom_field() {
    let sandbox = Sandbox::start().await.unwrap();
    let reply = leadsquared(&sandbox, "GET", "/tickets/143", Value::Null).await;
    let mut reply = reply.json();
    let fields = reply["Fields"].as_array_mut().unwrap();
    fields.sort_by_key(|field| field["SchemaName"].to_string());
    let due = fields[3]["Value"].as_str().unwrap().to_owned();
    // No zone and no fractions, unlike the date of a message.
    assert_eq!((due.len(), due.find('T')), (19, Some(10)), "{due}");
    let expected: Vec<Value> = [
        ("CcEmails", json!("")),
        ("Channel", json!("Email")),
        ("Description", json!("Example description")),
        ("DueDate", json!(due)),
        ("Priority", json!("Medium")),
        ("Status", json!("Open")),
        ("SubType", Value::Null),
        ("Tags", json!("")),
        ("TicketKey", json!("#143")),
        ("Title", json!("Update Email Id")),
        ("Type", json!("General")),
    ]
    .map(|(name, value)| json!({ "SchemaName": name, "Value": value, "SubFields": null }))
    .into();
    assert_eq!(
        reply,
        json!({
            "TypeId": "null", "Id": "143", "TicketId": "03913666-6ab8-4355-9a50-a63fe3204d0a",
            "LeadId": "330fba67-6795-46c2-9dad-077794077f70", "OpportunityId": null,
            "Association": 0, "BulkUpdate": false, "Dispose": false, "Fields": expected,
        })
    );
}

#[tokio::test]
async fn onecloud_message_matches_the_documented_sample() {
    let sandbox = Sandbox::start().await.unwrap();
    let ticket = TicketSeed::new("Hello onebox")
        .id("515090")
        .description("Hello onebox");
    sandbox.add_ticket(Vendor::OneCloud, ticket);
    let path = "/api/ticket/conversations/515090";
    let reply = onecloud(&sandbox, "GET", path, Value::Null).await;
    let message = &reply.json()["data"][0];
    let (id, before, date) = (&message["Id"], &message["PreviousId"], &message["Date"]);
    assert!(id.is_string() && before.is_string());
    assert_eq!(date.as_str().unwrap().len(), 19, "{date}");
    assert_eq!(
        given(message),
        json!({
            "Id": id, "SiteId": "188", "ConnectionId": "630", "ObjectName": "Ticket",
            "ObjectId": "515090", "Subject": "Hello onebox", "Date": date, "ReceiveDate": date,
            "MediaId": "FCBK", "MethodId": "COMMENT", "PriorityValue": "0", "PriorityId": "MSP1",
            "TypeId": "MST2", "Incoming": "1", "From": "1000000000000001",
            "To": "2000000000000002", "StatusId": "MSS3", "Retry": "0", "Attachment": "0",
            "Spam": "0", "Processing": 1, "RemoteId": "3000000000000003_4000000000000004",
            "PreviousId": before, "CreateDate": date, "Creator": "1", "ModifyDate": date,
            "Modifier": 1, "ExpireDate": "3000-01-01 00:00:00", "ConversationId": "1244514",
            "Reply": "0", "PrevRemoteId": "2000000000000002_3000000000000003",
            "Content": "Hello onebox", "Contents": message["Contents"],
            "FromName": "Agung Januar",
        })
    );
    let nulls = "BatchId Bcc Cc Description ParentId ParentRemoteId Remarks SecrecyId SendDate \
                 SourceId ViewDate";
    assert_eq!(missing(message), nulls);
    let content = &message["Contents"][0];
    assert_eq!(
        given(content),
        json!({
            "Id": id, "Body": "Hello onebox", "BodyText": "Hello onebox",
            "ContentType": "text/html",
        })
    );
    assert_eq!(
        missing(content),
        "Encoding Meta ObjectId ObjectName TemplateId"
    );
}

/// What has a value.
fn given(object: &Value) -> Value {
    let mut object = object.as_object().unwrap().clone();
    object.retain(|_, value| !value.is_null());
    Value::Object(object)
}

/// The names of what is null, sorted.
fn missing(object: &Value) -> String {
    let object = object.as_object().unwrap().iter();
    let nulls = object.filter(|(_, value)| value.is_null());
    let mut names: Vec<&str> = nulls.map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names.join(" ")
}

#[tokio::test]
async fn closed_onecloud_ticket_matches_the_documented_sample() {
    let sandbox = Sandbox::start().await.unwrap();
    let reply = onecloud(&sandbox, "GET", "/api/ticketrz/1234", Value::Null).await;
    let reply = reply.json();
    assert_eq!(
        given(&reply),
        json!({
            "Id": "1234", "SiteId": "169", "Requestor": "31329", "Subject": "brosur",
            "Content": "xxx", "Description": "", "Remarks": "", "ContactId": "31329",
            "PriorityId": "TP1", "PriorityValue": "0", "CategoryId": "332", "Progress": "0",
            "OrganizationId": "245", "ViewDate": "2017-07-10 07:48:55",
            "OpenDate": "2017-07-12 09:18:16", "OpenUser": "268",
            "CloseDate": "2018-10-17 01:53:21", "Comment": "1", "Viewer": "268",
            "MessageId": "53370", "TypeId": "TT1", "MediaId": "EMAIL", "StatusId": "TS7",
            "Responder": "268", "CommentDate": "2017-07-10 07:08:46", "UnseenComment": "0",
            "IsAgentSaveContact": "1", "ModifyDate": "2018-10-17 01:53:21",
            "ResolutionTime": "40070675", "CloseUser": "55", "SolveUser": "55",
            "StatusDate": "2018-10-17 01:53:21", "Modifier": "55", "Creator": "1",
            "CreateDate": "2017-07-10 07:08:46", "ExpireDate": "3000-01-01 00:00:00",
            "AssigneeList": "268", "AssigneeTextList": "admin22",
        })
    );
    let nulls = "AssignDate Assignee BranchId Cc DueDate Handler HandlingTime LocationId \
                 PendingDate ProductId ProjectId ReOpenDate RegionId ResponseTime Solution \
                 SolveDate WaitingTime";
    assert_eq!(missing(&reply), nulls);
}

#[tokio::test]
async fn new_onecloud_ticket_has_the_documented_codes() {
    let sandbox = Sandbox::start().await.unwrap();
    let reply = onecloud(&sandbox, "GET", "/api/ticketrz/121", Value::Null).await;
    let reply = reply.json();
    let date = &reply["CreateDate"];
    assert_eq!(
        given(&reply),
        json!({
            "Id": "121", "SiteId": "169", "Requestor": "31329", "Subject": "Subscribe to onebox",
            "Content": "Hello", "Description": "", "ContactId": "31329", "PriorityId": "TP1",
            "PriorityValue": "0", "CategoryId": "332", "Progress": "0", "Comment": "0",
            "TypeId": "TT1", "MediaId": "EMAIL", "StatusId": "TS1", "UnseenComment": "0",
            "IsAgentSaveContact": "1", "ModifyDate": date, "StatusDate": date, "Creator": "1",
            "CreateDate": date, "ExpireDate": "3000-01-01 00:00:00",
        })
    );
}

#[tokio::test]
async fn leadsquared_has_four_kinds_of_conversation() {
    let sandbox = Sandbox::start().await.unwrap();
    let kinds = [
        (MessageKind::Incoming, "InboundEmail"),
        (MessageKind::Outgoing, "OutboundEmail"),
        (MessageKind::PortalIncoming, "PortalInbound"),
        (MessageKind::PortalOutgoing, "PortalOutbound"),
    ];
    for (kind, name) in kinds {
        sandbox.add_message(Vendor::LeadSquared, "160", kind, name);
    }
    for (_, name) in kinds {
        let body = json!({ "TicketId": 160, "OrgId": 22824, "ActivityType": [name] });
        let reply = leadsquared(&sandbox, "POST", "/conversation/filter", body).await;
        let reply = reply.json();
        assert_eq!(reply["Total"], 1, "{name}");
        let row = &reply["ConversationList"][0];
        assert_eq!(
            (&row["RelatedActivityType"], &row["Text"]),
            (&json!(name), &json!(name))
        );
    }
}

#[tokio::test]
async fn sweeppea_knows_its_twenty_platforms_and_their_other_spellings() {
    let sandbox = Sandbox::builder().seed_tickets(false).start();
    let sandbox = sandbox.await.unwrap();
    let names = "general renaissance overture winners soprano symphony sonata papyrus website blog \
                 enewsletter socialmedia api aws shopify instakes mcp-server sweeppea-cli n8n other";
    let names: Vec<&str> = names.split_whitespace().collect();
    for name in &names {
        let seed = TicketSeed::new(*name).attribute("ResourceAffected", *name);
        sandbox.add_ticket(Vendor::Sweeppea, seed);
    }
    let spelt = names.iter().map(|name| (name.to_uppercase(), *name));
    let other = [
        ("Shopify App", "shopify"),
        ("mcp", "mcp-server"),
        ("cli", "sweeppea-cli"),
        ("Command Line Interface (CLI)", "sweeppea-cli"),
    ];
    let other = other.map(|(spelling, name)| (spelling.to_owned(), name));
    for (spelling, name) in spelt.chain(other) {
        let body = json!({ "platform": spelling });
        let reply = sweeppea(&sandbox, "/tickets/fetchOpenTickets", body).await;
        let data = &reply.json()["Data"];
        assert_eq!(data["TotalTickets"], 1, "{spelling}");
        assert_eq!(data["Tickets"][0]["ResourceAffected"], name, "{spelling}");
    }
    let unknown = json!({ "platform": "windows" });
    let refused = sweeppea(&sandbox, "/tickets/fetchOpenTickets", unknown).await;
    let list = format!(
        "Invalid platform value. Must be one of: {}",
        names.join(", ")
    );
    assert_eq!(refused.json()["Message"], list);
}
