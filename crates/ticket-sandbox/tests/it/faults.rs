use std::io::ErrorKind;
use std::time::Duration;

use serde_json::{Value, json};
use ticket_sandbox::{Endpoint, Exchange, Fault, Rule, Sandbox, Vendor};
use tokio::time::Instant;

use crate::client::{Answer, call};

/// A delete that the vendor would carry out, one per vendor, with the id it is about.
const DELETES: [(Vendor, &str); 3] = [
    (Vendor::OneCloud, "121"),
    (Vendor::Sweeppea, "2531581"),
    (Vendor::LeadSquared, "160"),
];

pub(crate) async fn delete(sandbox: &Sandbox, vendor: Vendor, id: &str) -> std::io::Result<Answer> {
    let (method, path, body) = match vendor {
        Vendor::OneCloud => ("DELETE", format!("/api/ticketrz/{id}"), Value::Null),
        Vendor::Sweeppea => ("POST", "/tickets/delete".into(), json!({ "CaseId": id })),
        _ => (
            "PUT",
            "/api/tenants/22824/tickets/trash".into(),
            json!({ "TicketIds": [id] }),
        ),
    };
    call(sandbox, vendor, method, &path, body).await
}

/// One delete under a fault: what the client got, what the journal says, whether the ticket is gone.
struct Outcome {
    answer: std::io::Result<Answer>,
    seen: Exchange,
    gone: bool,
}

impl Outcome {
    fn answer(&self) -> &Answer {
        self.answer.as_ref().unwrap()
    }

    /// The journal agrees with the state and with what the client saw.
    fn assert_consistent(&self) {
        assert_eq!(self.seen.took_effect, self.gone);
        assert_eq!(
            self.seen.status,
            self.answer.as_ref().ok().map(|answer| answer.status)
        );
        assert_eq!(self.seen.endpoint, Some(Endpoint::Delete));
        assert!(self.seen.is_write);
        assert!(self.seen.faulted);
    }
}

async fn delete_under(fault: Fault, vendor: Vendor, id: &str) -> Outcome {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Rule::new(fault));
    let answer = delete(&sandbox, vendor, id).await;
    let outcome = Outcome {
        answer,
        seen: sandbox.journal().pop().unwrap(),
        gone: !sandbox.exists(vendor, id),
    };
    outcome.assert_consistent();
    outcome
}

#[tokio::test]
async fn lost_response_takes_effect_and_sends_nothing() {
    for (vendor, id) in DELETES {
        let outcome = delete_under(Fault::LostResponse, vendor, id).await;
        assert_eq!(outcome.answer.unwrap_err().kind(), ErrorKind::UnexpectedEof);
        assert!(outcome.gone);
    }
}

#[tokio::test]
async fn connection_reset_has_no_effect() {
    for (vendor, id) in DELETES {
        let outcome = delete_under(Fault::ConnectionReset, vendor, id).await;
        assert_eq!(
            outcome.answer.unwrap_err().kind(),
            ErrorKind::ConnectionReset
        );
        assert!(!outcome.gone);
    }
}

#[tokio::test]
async fn a_status_comes_with_or_without_the_effect() {
    for (vendor, id) in DELETES {
        for status in [500, 502, 503, 504] {
            let before = delete_under(Fault::Status(status), vendor, id).await;
            assert_eq!(before.answer().status, status);
            assert!(!before.gone);
            let after = delete_under(Fault::StatusAfterEffect(status), vendor, id).await;
            assert_eq!(after.answer(), before.answer());
            assert!(after.gone);
        }
    }
}

#[tokio::test]
async fn a_status_that_http_does_not_have_becomes_500() {
    for status in [0, 42, 100, 1000, u16::MAX] {
        let outcome = delete_under(Fault::Status(status), Vendor::OneCloud, "121").await;
        assert_eq!(outcome.answer().status, 500);
    }
}

#[tokio::test]
async fn rate_limited_has_optional_retry_after() {
    for (vendor, id) in DELETES {
        for (retry_after, header) in [(None, None), (Some(7), Some("7"))] {
            let outcome = delete_under(Fault::RateLimited { retry_after }, vendor, id).await;
            assert_eq!(outcome.answer().status, 429);
            assert_eq!(outcome.answer().header("retry-after"), header);
            assert!(!outcome.gone);
        }
    }
}

#[tokio::test]
async fn an_html_page_can_have_any_status() {
    for (vendor, id) in DELETES {
        for status in [200, 404, 502] {
            let outcome = delete_under(Fault::HtmlPage { status }, vendor, id).await;
            assert_eq!(outcome.answer().status, status);
            assert_eq!(outcome.answer().header("content-type"), Some("text/html"));
            assert!(outcome.answer().text().starts_with("<html>"));
            assert!(!outcome.gone);
        }
    }
}

#[tokio::test]
async fn truncated_json_has_matching_length_and_does_not_parse() {
    for (vendor, id) in DELETES {
        let outcome = delete_under(Fault::TruncatedJson, vendor, id).await;
        let answer = outcome.answer();
        assert!(answer.complete && !answer.body.is_empty());
        assert!(serde_json::from_slice::<Value>(&answer.body).is_err());
        assert!(outcome.gone);
    }
}

#[tokio::test]
async fn cut_body_announces_more_than_it_sends() {
    for (vendor, id) in DELETES {
        let whole = delete_under(Fault::Delay(Duration::ZERO), vendor, id).await;
        let outcome = delete_under(Fault::CutBody, vendor, id).await;
        let answer = outcome.answer();
        assert!(!answer.complete && !answer.body.is_empty());
        assert_eq!(
            answer.header("content-length"),
            whole.answer().header("content-length")
        );
        assert!(whole.answer().body.starts_with(&answer.body));
        assert!(outcome.gone);
    }
}

#[tokio::test]
async fn even_an_answer_without_a_body_can_be_cut() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.inject(Rule::new(Fault::CutBody));
    let answer = delete(&sandbox, Vendor::OneCloud, "no-such-ticket")
        .await
        .unwrap();
    assert_eq!((answer.status, answer.complete), (404, false));
}

#[tokio::test]
async fn an_empty_body_keeps_the_status() {
    for (vendor, id) in DELETES {
        let outcome = delete_under(Fault::EmptyBody, vendor, id).await;
        let answer = outcome.answer();
        assert_eq!(
            (answer.status, answer.text(), answer.complete),
            (200, "", true)
        );
        assert!(outcome.gone);
    }
}

#[tokio::test]
async fn error_inside_200_has_status_200() {
    for (vendor, id) in DELETES {
        let outcome = delete_under(Fault::ErrorInside200, vendor, id).await;
        assert_eq!(outcome.answer().status, 200);
        let body = outcome.answer().json();
        match vendor {
            Vendor::OneCloud => assert_eq!(body["_meta"]["status"], "ERROR"),
            Vendor::Sweeppea => assert_eq!(body["Response"], false),
            _ => assert_eq!(body["Status"], "Failure"),
        }
        assert!(!outcome.gone);
    }
}

#[tokio::test]
async fn wrong_types_keep_the_keys() {
    let outcome = delete_under(Fault::WrongTypes, Vendor::Sweeppea, "2531581").await;
    assert_eq!(
        outcome.answer().json(),
        json!({ "Response": "true", "Message": 27 })
    );
    assert!(outcome.gone);
    let outcome = delete_under(Fault::WrongTypes, Vendor::LeadSquared, "160").await;
    assert_eq!(
        outcome.answer().json(),
        json!({ "SuccessfulIds": ["160"], "FailedIds": [] })
    );
    assert!(outcome.gone);
}

#[tokio::test]
async fn an_oversized_body_is_streamed_without_a_length() {
    for (vendor, id) in DELETES {
        let outcome = delete_under(Fault::OversizedBody(5_000_001), vendor, id).await;
        let answer = outcome.answer();
        assert_eq!((answer.body.len(), answer.complete), (5_000_001, true));
        assert_eq!(answer.header("content-length"), None);
        assert!(answer.json().is_object());
        assert!(outcome.gone);
    }
}

#[tokio::test(start_paused = true)]
async fn a_slow_drip_takes_its_time_for_each_byte() {
    let begun = Instant::now();
    let pause = Duration::from_secs(60);
    let outcome = delete_under(Fault::SlowDrip(pause), Vendor::LeadSquared, "160").await;
    let answer = outcome.answer();
    assert!(answer.complete);
    assert_eq!(answer.json()["SuccessfulIds"], json!([160]));
    let bytes = u32::try_from(answer.body.len()).unwrap();
    assert!(begun.elapsed() >= pause * bytes);
    assert!(outcome.gone);
}

#[tokio::test(start_paused = true)]
async fn a_delayed_answer_has_taken_effect_before_it_comes() {
    let sandbox = Sandbox::start().await.unwrap();
    let hour = Duration::from_secs(3600);
    sandbox.inject(Rule::new(Fault::Delay(hour)));
    let begun = Instant::now();
    let minute = Duration::from_secs(60);
    let impatient = delete(&sandbox, Vendor::OneCloud, "121");
    assert!(tokio::time::timeout(minute, impatient).await.is_err());
    assert!(!sandbox.exists(Vendor::OneCloud, "121"));
    assert!(sandbox.journal()[0].took_effect);

    sandbox.inject(Rule::new(Fault::Delay(hour)));
    let patient = delete(&sandbox, Vendor::OneCloud, "1212").await.unwrap();
    assert_eq!(patient.status, 200);
    assert!(begun.elapsed() >= minute + hour);
}

#[tokio::test]
async fn a_given_reply_is_sent_as_it_is() {
    let fault = Fault::Reply {
        status: 418,
        headers: vec![
            ("date".into(), "Wed, 21 Oct 2026 07:28:00 GMT".into()),
            ("x-two".into(), "one".into()),
            ("x-two".into(), "two".into()),
            ("content-length".into(), "9999".into()),
            ("no header\n".into(), "x".into()),
        ],
        body: b"\xff{".to_vec(),
    };
    for (vendor, id) in DELETES {
        let outcome = delete_under(fault.clone(), vendor, id).await;
        let answer = outcome.answer();
        assert_eq!((answer.status, answer.complete), (418, true));
        assert_eq!(answer.body, b"\xff{");
        let mut headers = answer.headers.clone();
        headers.retain(|(name, _)| name != "connection");
        let expected = [
            ("date", "Wed, 21 Oct 2026 07:28:00 GMT"),
            ("x-two", "one"),
            ("x-two", "two"),
            ("content-length", "2"),
        ];
        assert_eq!(
            headers,
            expected.map(|(name, value)| (name.to_owned(), value.to_owned()))
        );
        assert!(!outcome.gone);
    }
}

#[tokio::test]
async fn a_given_reply_has_no_header_of_the_sandbox_but_the_framing() {
    let (headers, body) = (Vec::new(), Vec::new());
    let fault = Fault::Reply {
        status: 429,
        headers,
        body,
    };
    let outcome = delete_under(fault, Vendor::OneCloud, "121").await;
    let headers = &outcome.answer().headers;
    let mut names: Vec<_> = headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    assert_eq!(names, ["connection", "content-length"]);
}

#[tokio::test]
async fn a_reply_that_may_not_have_a_body_has_none() {
    for status in [204, 304] {
        let (headers, body) = (Vec::new(), b"{}".to_vec());
        let fault = Fault::Reply {
            status,
            headers,
            body,
        };
        let outcome = delete_under(fault, Vendor::OneCloud, "121").await;
        assert_eq!(
            (outcome.answer().status, outcome.answer().text()),
            (status, "")
        );
    }
}

#[tokio::test]
async fn credentials_are_checked_if_the_call_reaches_the_vendor() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.expire_token();
    sandbox.inject(Rule::new(Fault::LostResponse));
    delete(&sandbox, Vendor::OneCloud, "121").await.unwrap_err();
    assert!(sandbox.exists(Vendor::OneCloud, "121"));
    assert!(!sandbox.journal()[0].took_effect);
}

#[tokio::test]
async fn rule_for_reads_or_writes_passes_the_other_kind_whatever_the_method() {
    let sandbox = Sandbox::start().await.unwrap();
    let list = async || {
        let path = "/tickets/fetchOpenTickets";
        let answer = call(&sandbox, Vendor::Sweeppea, "POST", path, json!({})).await;
        answer.unwrap().status
    };
    let delete_one = async |id| delete(&sandbox, Vendor::Sweeppea, id).await.unwrap().status;
    sandbox.inject(Rule::new(Fault::Status(503)).writes());
    assert_eq!((list().await, delete_one("2531581").await), (200, 503));
    assert!(sandbox.exists(Vendor::Sweeppea, "2531581"));
    sandbox.inject(Rule::new(Fault::Status(503)).reads());
    assert_eq!((delete_one("2531581").await, list().await), (200, 503));
    sandbox.inject(Rule::new(Fault::Status(503)));
    sandbox.withdraw_faults();
    assert_eq!(list().await, 200);
    // A request for a token is neither.
    sandbox.inject(Rule::new(Fault::Status(503)).writes());
    sandbox.inject(Rule::new(Fault::Status(503)).reads());
    let path = "/api/authenticate";
    let token = call(&sandbox, Vendor::OneCloud, "POST", path, json!({})).await;
    assert_ne!(token.unwrap().status, 503);
    let deleted = delete(&sandbox, Vendor::OneCloud, "121").await;
    assert_eq!(deleted.unwrap().status, 503);
}
