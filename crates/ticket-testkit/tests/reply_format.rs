//! Odd rows, totals and ids: what the loopback's faults make of a vendor's replies.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use serde_json::{Value, json};
use ticket_conformance::{Fault, FaultTarget, OddId, OddRow, WrongTotal};
use ticket_testkit::{Loopback, Reply, ReplyFormat, Request, VendorApi};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// Lists three tickets, and says of every delete that two were deleted.
#[derive(Debug)]
struct Desk;

impl VendorApi for Desk {
    fn answer(&mut self, request: &Request) -> Reply {
        if request.method == "DELETE" {
            return Reply::json(200, &json!({ "deleted": [160, 161] }));
        }
        let rows = [1, 2, 3].map(
            |id| json!({ "id": id, "subject": "Card refused", "created": "2026-01-26T10:00:00Z" }),
        );
        Reply::json(200, &json!({ "tickets": rows, "total": 3 }))
    }

    fn reply_format(&self) -> ReplyFormat {
        ReplyFormat::default()
            .rows("/tickets", "id")
            .subject("subject")
            .date("created")
            .total("/total")
            .deleted_ids("/deleted")
    }
}

async fn body(method: &str, fault: Fault) -> String {
    let server = Loopback::start(Desk).await.unwrap();
    let target = match method {
        "GET" => FaultTarget::NextRead,
        _ => FaultTarget::NextWrite,
    };
    server.inject(fault, target);
    let base_url = server.base_url();
    let mut stream = TcpStream::connect(base_url.strip_prefix("http://").unwrap())
        .await
        .unwrap();
    let request = format!("{method} /tickets HTTP/1.1\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer.split_once("\r\n\r\n").unwrap().1.to_owned()
}

async fn json_body(method: &str, fault: Fault) -> Value {
    serde_json::from_str(&body(method, fault).await).unwrap()
}

#[tokio::test]
async fn odd_row_changes_the_middle_row_only() {
    let text = body("GET", Fault::OddRow(OddRow::LoneSurrogate)).await;
    assert!(text.contains(r#""subject":"Card refused\ud83d""#), "{text}");
    for (odd, expected) in [
        (OddRow::EmptyDate, json!("")),
        (OddRow::YearOneDate, json!("0001-01-01T00:00:00")),
        (OddRow::NumberDate, json!(1_737_885_600_000_u64)),
        (OddRow::ZonelessDate, json!("2025-01-26T10:00:00")),
    ] {
        let body = json_body("GET", Fault::OddRow(odd)).await;
        assert_eq!(body["tickets"][1]["created"], expected);
        assert_eq!(body["tickets"][2]["created"], "2026-01-26T10:00:00Z");
    }
    let ids = async |odd| {
        let body = json_body("GET", Fault::OddRow(odd)).await;
        let rows = body["tickets"].as_array().unwrap().iter();
        rows.map(|row| row["id"].clone()).collect::<Vec<_>>()
    };
    for odd in [OddRow::MissingId, OddRow::NullId, OddRow::Null] {
        assert_eq!(ids(odd).await, [json!(1), Value::Null, json!(3)]);
    }
    assert_eq!(ids(OddRow::Repeated).await, [json!(1), json!(1), json!(3)]);
}

#[tokio::test]
async fn wrong_total_changes_the_total_only() {
    for (wrong, expected) in [
        (WrongTotal::PageSize, 3),
        (WrongTotal::Zero, 0),
        (WrongTotal::TooSmall, 1),
        (WrongTotal::TooLarge, 10),
    ] {
        let body = json_body("GET", Fault::WrongTotal(wrong)).await;
        assert_eq!(body["total"], expected);
        assert_eq!(body["tickets"].as_array().unwrap().len(), 3);
    }
}

#[tokio::test]
async fn odd_id_changes_the_first_id_or_adds_one() {
    for (odd, expected) in [
        (OddId::Null, json!([null, 161])),
        (OddId::Float, json!([160.0, 161])),
        (OddId::OtherType, json!(["160", 161])),
        (OddId::Missing, json!([161])),
        (OddId::Unasked, json!([160, 161, OddId::UNASKED])),
    ] {
        let body = json_body("DELETE", Fault::OddId(odd)).await;
        assert_eq!(body["deleted"], expected);
    }
}
