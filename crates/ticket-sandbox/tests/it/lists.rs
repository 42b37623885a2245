//! The lists of OneCloud and Sweeppea; LeadSquared documents none.

use serde_json::{Value, json};
use ticket_sandbox::{Endpoint, Sandbox, TicketSeed, Vendor, Wording};

use crate::client::{Answer, onecloud, send, sweeppea};

async fn find(sandbox: &Sandbox, query: &str) -> Value {
    let path = format!("/api/ticketrz{query}");
    let answer = onecloud(sandbox, "GET", &path, Value::Null).await;
    assert_eq!(answer.status, 200, "{query}");
    answer.json()
}

fn texts(rows: &Value, key: &str) -> Vec<String> {
    let rows = rows.as_array().unwrap().iter();
    rows.map(|row| row[key].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn onecloud_list_row_has_names_where_get_has_ids() {
    let sandbox = Sandbox::start().await.unwrap();
    let page = find(&sandbox, "?sinceId=1212&limit=1&offset=0").await;
    assert_eq!(
        page,
        json!({
            "limit": "1", "offset": 0, "count": 1, "total": 1,
            "data": [{
                "Id": "1234", "Requestor": "Dinni", "Assignee": "admin22", "Subject": "brosur",
                "Description": "", "Viewer": "268", "DueDate": null,
                "CreateDate": "2017-07-10 07:08:46", "ModifyDate": "2018-10-17 01:53:21",
                "Media": "Email", "Product": null, "Region": null, "Category": "Question",
                "Status": "Closed", "Priority": "Low", "Attachments": [], "Tags": "",
            }],
        })
    );
    let body = json!({
        "fullName": "Agung Januar", "contact": "agung@email.com", "category": "Request",
        "subject": "Subscribe", "content": "How?",
    });
    onecloud(&sandbox, "POST", "/api/ticket/create", body).await;
    let page = find(&sandbox, "?sinceId=1234").await;
    let row = &page["data"][0];
    assert_eq!(row["Id"], "515090");
    assert_eq!(row["Requestor"], "Agung Januar");
    assert_eq!(row["Category"], "Request");
    assert_eq!(row["Status"], "Open");
    let seen = sandbox.journal().pop().unwrap();
    assert_eq!(seen.endpoint, Some(Endpoint::List));
    assert!(!seen.is_write && !seen.took_effect);
}

#[tokio::test]
async fn onecloud_list_row_shows_changed_fields() {
    let sandbox = Sandbox::start().await.unwrap();
    let fields = [
        ("DueDate", "2026-02-01 00:00:00"),
        ("AssigneeTextList", "admin22"),
        ("Viewer", "268"),
        ("Requestor", "77"),
        ("Description", "Junk"),
        ("MediaId", "LIVECHAT"),
        ("CategoryId", "9"),
        ("StatusId", "TS3"),
        ("PriorityId", "TP3"),
        ("ProductId", "4"),
        ("RegionId", "5"),
    ];
    let seed = TicketSeed::new("Odd");
    let seed = fields
        .iter()
        .fold(seed, |seed, (name, value)| seed.attribute(*name, *value));
    sandbox.add_ticket(Vendor::OneCloud, seed);
    let page = find(&sandbox, "?sinceId=1234").await;
    let date = &page["data"][0]["CreateDate"];
    // A code without a known name stands for itself.
    assert_eq!(
        page["data"],
        json!([{
            "Id": "515090", "Requestor": "77", "Assignee": "admin22", "Subject": "Odd",
            "Description": "Junk", "Viewer": "268", "DueDate": "2026-02-01 00:00:00",
            "CreateDate": date, "ModifyDate": date, "Media": "LIVECHAT", "Product": "4",
            "Region": "5", "Category": "9", "Status": "TS3", "Priority": "TP3",
            "Attachments": [], "Tags": "",
        }])
    );
}

#[tokio::test]
async fn onecloud_pages_return_each_ticket_once_in_order_of_id() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.add_tickets(Vendor::OneCloud, 47);
    sandbox.add_ticket(Vendor::OneCloud, TicketSeed::new("late").id("500"));
    let mut ids = Vec::new();
    for offset in [0, 20, 40, 60] {
        let page = find(&sandbox, &format!("?offset={offset}")).await;
        assert_eq!((&page["limit"], &page["total"]), (&json!(20), &json!(51)));
        let rows = texts(&page["data"], "Id");
        assert_eq!(page["count"], json!(rows.len()));
        ids.extend(rows);
    }
    let mut truth = sandbox.ticket_ids(Vendor::OneCloud);
    truth.sort_by_key(|id| id.parse::<u64>().unwrap());
    assert_eq!(ids, truth);
    assert_eq!(ids[..4], ["121", "500", "1212", "1234"]);

    onecloud(&sandbox, "DELETE", "/api/ticketrz/500", Value::Null).await;
    let page = find(&sandbox, "?limit=2").await;
    assert_eq!(texts(&page["data"], "Id"), ["121", "1212"]);
    assert_eq!(page["total"], 50);
}

#[tokio::test]
async fn onecloud_echoes_the_limit_as_it_was_sent() {
    let sandbox = Sandbox::start().await.unwrap();
    for (query, limit, offset, count) in [
        ("", json!(20), 0, 3),
        ("?limit=2", json!("2"), 0, 2),
        ("?limit=2&offset=2", json!("2"), 2, 1),
        ("?limit=abc&offset=-1", json!("abc"), 0, 3),
        ("?offset=99", json!(20), 99, 0),
        (
            "?limit=18446744073709551615",
            json!("18446744073709551615"),
            0,
            3,
        ),
    ] {
        let page = find(&sandbox, query).await;
        assert_eq!(page["limit"], limit, "{query}");
        assert_eq!(page["offset"], offset, "{query}");
        assert_eq!(page["count"], count, "{query}");
        assert_eq!(page["total"], 3, "{query}");
    }
}

#[tokio::test]
async fn onecloud_can_give_one_row_more_than_asked_for() {
    let builder = Sandbox::builder().onecloud_extra_row(true);
    let sandbox = builder.start().await.unwrap();
    let page = find(&sandbox, "?limit=2").await;
    assert_eq!(page["limit"], "2");
    assert_eq!(page["count"], 3);
    assert_eq!(texts(&page["data"], "Id"), ["121", "1212", "1234"]);
}

#[tokio::test]
async fn onecloud_can_give_fewer_rows_than_asked_for() {
    let builder = Sandbox::builder().onecloud_largest_page(2);
    let sandbox = builder.start().await.unwrap();
    for (query, ids) in [
        ("?limit=100", &["121", "1212"][..]),
        ("", &["121", "1212"]),
        ("?limit=1", &["121"]),
        ("?limit=100&offset=2", &["1234"]),
    ] {
        let page = find(&sandbox, query).await;
        assert_eq!(
            (&page["count"], &page["total"]),
            (&json!(ids.len()), &json!(3))
        );
        assert_eq!(texts(&page["data"], "Id"), ids, "{query}");
    }
}

#[tokio::test]
async fn onecloud_list_counts_against_quota_and_has_its_own_errors() {
    let sandbox = Sandbox::builder().onecloud_calls(1).start().await.unwrap();
    find(&sandbox, "").await;
    let refused = onecloud(&sandbox, "GET", "/api/ticketrz", Value::Null).await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.json()["records"]["errorCode"], "401");
    sandbox.expire_token();
    let refused = onecloud(&sandbox, "GET", "/api/ticketrz", Value::Null).await;
    assert_eq!(refused.json()["records"]["userMessage"], "Expired token");
}

const OPEN: &str = "/tickets/fetchOpenTickets";
const CLOSED: &str = "/tickets/fetchClosedTickets";

async fn numbers(sandbox: &Sandbox, path: &str, body: Value) -> Vec<String> {
    let answer = sweeppea(sandbox, path, body).await;
    assert_eq!(answer.status, 200);
    texts(&answer.json()["Data"]["Tickets"], "CaseNumber")
}

#[tokio::test]
async fn sweeppea_lists_own_tickets_newest_first_and_20_a_page() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.add_tickets(Vendor::Sweeppea, 41);
    let mut listed = Vec::new();
    for page in 1..=4 {
        let answer = sweeppea(&sandbox, OPEN, json!({ "page": page })).await;
        let data = &answer.json()["Data"];
        assert_eq!(data["TotalTickets"], 45);
        assert_eq!((&data["Page"], &data["Limit"]), (&json!(page), &json!(20)));
        assert_eq!(data["TotalPages"], 3);
        assert_eq!(answer.json()["Telemetry"]["APICalls"], page);
        listed.extend(texts(&data["Tickets"], "CaseNumber"));
    }
    let mut truth = sandbox.ticket_ids(Vendor::Sweeppea);
    truth.reverse();
    // Neither the closed one nor that of somebody else.
    truth.retain(|id| id != "2490017" && id != "2490018");
    assert_eq!(listed, truth);

    assert_eq!(numbers(&sandbox, CLOSED, json!({})).await, ["2490017"]);
    let seen = sandbox.journal().pop().unwrap();
    assert_eq!(seen.endpoint, Some(Endpoint::List));
    assert!(!seen.is_write && !seen.took_effect);
}

#[tokio::test]
async fn sweeppea_list_row_truncates_the_subject() {
    let sandbox = Sandbox::start().await.unwrap();
    let seed = TicketSeed::new("ü".repeat(101))
        .attribute("Priority", 3)
        .attribute("ResourceAffected", "shopify");
    let id = sandbox.add_ticket(Vendor::Sweeppea, seed);
    let answer = sweeppea(&sandbox, OPEN, json!({})).await;
    assert_eq!(
        answer.json()["Data"]["Tickets"][0],
        json!({
            "CaseNumber": id, "Subject": "ü".repeat(100), "Date": "2026-01-26T12:32:29.600Z",
            "Priority": 3, "ResourceAffected": "shopify",
        })
        .as_object()
        .map(|row| {
            let mut row = row.clone();
            row["Date"] = answer.json()["Data"]["Tickets"][0]["Date"].clone();
            Value::Object(row)
        })
        .unwrap()
    );
}

#[tokio::test]
async fn sweeppea_filters_are_combined() {
    let sandbox = Sandbox::builder()
        .seed_tickets(false)
        .start()
        .await
        .unwrap();
    for (id, subject, text, platform, priority) in [
        ("1000001", "Login issue", "", "shopify", 1),
        ("1000002", "Other", "a LOGIN ISSUE", "shopify", 3),
        ("1000003", "Other", "", "api", 3),
    ] {
        let seed = TicketSeed::new(subject).id(id).description(text);
        let seed = seed
            .attribute("Priority", priority)
            .attribute("ResourceAffected", platform);
        sandbox.add_ticket(Vendor::Sweeppea, seed);
    }
    for (body, expected) in [
        (
            json!({ "search": "login issue" }),
            vec!["1000002", "1000001"],
        ),
        (
            json!({ "search": "" }),
            vec!["1000003", "1000002", "1000001"],
        ),
        (
            json!({ "platform": "Shopify App" }),
            vec!["1000002", "1000001"],
        ),
        (json!({ "priority": 3 }), vec!["1000003", "1000002"]),
        (
            json!({ "search": "Login", "platform": "SHOPIFY", "priority": 3, "page": 1 }),
            vec!["1000002"],
        ),
        (json!({ "search": "login", "page": 2 }), vec![]),
        (json!({ "search": "nothing like it" }), vec![]),
    ] {
        assert_eq!(
            numbers(&sandbox, OPEN, body.clone()).await,
            expected,
            "{body}"
        );
    }
    let answer = sweeppea(&sandbox, CLOSED, json!({ "search": "login" })).await;
    assert_eq!(
        answer.json()["Data"],
        json!({ "TotalTickets": 0, "Page": 1, "Limit": 20, "TotalPages": 0, "Tickets": [] })
    );
}

async fn refusal(sandbox: &Sandbox, body: Value) -> Answer {
    let answer = sweeppea(sandbox, OPEN, body).await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.json()["Code"], 400);
    answer
}

#[tokio::test]
async fn sweeppea_list_with_invalid_filter_is_refused() {
    let sandbox = Sandbox::start().await.unwrap();
    let unknown = refusal(&sandbox, json!({ "platform": "windows" }))
        .await
        .json();
    let message = unknown["Message"].as_str().unwrap();
    assert!(
        message.starts_with("Invalid platform value. Must be one of: general, renaissance, "),
        "{message}"
    );
    assert!(unknown["Help"]["ExpectedBody"]["platform"].is_string());
    for body in [
        json!({ "page": 0 }),
        json!({ "page": "1" }),
        json!({ "page": -1 }),
        json!({ "page": 1.5 }),
        json!({ "priority": 0 }),
        json!({ "priority": 4 }),
        json!({ "priority": "3" }),
        json!({ "search": 7 }),
        json!({ "platform": ["api"] }),
        json!([]),
        json!("x"),
    ] {
        refusal(&sandbox, body).await;
    }

    let old = Sandbox::builder().sweeppea_wording(Wording::Old);
    let old = old.start().await.unwrap();
    let free = sweeppea(&old, OPEN, json!({ "platform": "windows" })).await;
    assert_eq!(free.status, 200);
    assert_eq!(free.json()["Data"]["TotalTickets"], 0);
    assert_eq!(free.json().get("Telemetry"), None);
    let refused = refusal(&old, json!({ "page": 0 })).await;
    assert_eq!(refused.json().get("Help"), None);
}

#[tokio::test]
async fn sweeppea_list_needs_a_key_but_no_body() {
    let sandbox = Sandbox::start().await.unwrap();
    assert_eq!(numbers(&sandbox, OPEN, Value::Null).await.len(), 4);
    let path = "/sweeppea/tickets/fetchOpenTickets";
    let refused = send(&sandbox, "POST", path, &[], "{}").await.unwrap();
    assert_eq!(refused.status, 401);
}

#[tokio::test]
async fn list_of_100_000_tickets_can_be_walked() {
    let sandbox = Sandbox::builder().seed_tickets(false);
    let sandbox = sandbox.start().await.unwrap();
    for vendor in [Vendor::OneCloud, Vendor::Sweeppea] {
        sandbox.add_tickets(vendor, 100_000);
        assert_eq!(sandbox.ticket_ids(vendor).len(), 100_000);
    }
    let page = find(&sandbox, "?limit=3&offset=99999").await;
    assert_eq!(
        (&page["count"], &page["total"]),
        (&json!(1), &json!(100_000))
    );
    assert_eq!(page["data"][0]["Subject"], "Ticket 100000");
    let answer = sweeppea(&sandbox, OPEN, json!({ "page": 5000 })).await;
    let data = &answer.json()["Data"];
    assert_eq!(data["TotalPages"], 5000);
    assert_eq!(data["Tickets"][19]["Subject"], "Ticket 1");
}
