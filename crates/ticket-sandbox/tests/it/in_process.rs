//! The sandbox without sockets.

use std::time::Duration;

use hyper::body::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};
use ticket_sandbox::{Endpoint, Fault, Lost, Rule, Sandbox, SandboxBuilder, Vendor, credentials};
use tokio::time::Instant;

use crate::client::{Answer, call};

/// A call with the sandbox's credentials.
pub(crate) fn request(vendor: Vendor, method: &str, path: &str, body: &Value) -> Request<Bytes> {
    let body = match body {
        Value::Null => String::new(),
        body => body.to_string(),
    };
    let token = match vendor {
        Vendor::OneCloud => credentials::ONECLOUD_TOKEN,
        _ => credentials::SWEEPPEA_API_KEY,
    };
    Request::builder()
        .method(method)
        .uri(format!("http://127.0.0.1:1/{}{path}", vendor.prefix()))
        .header("authorization", format!("Bearer {token}"))
        .header("x-lsq-access-key", credentials::LEADSQUARED_ACCESS_KEY)
        .header("x-lsq-secret-key", credentials::LEADSQUARED_SECRET_KEY)
        .header("content-type", "application/json")
        .body(body.into())
        .unwrap()
}

pub(crate) fn delete(vendor: Vendor, id: &str) -> Request<Bytes> {
    match vendor {
        Vendor::OneCloud => request(
            vendor,
            "DELETE",
            &format!("/api/ticketrz/{id}"),
            &Value::Null,
        ),
        Vendor::Sweeppea => request(vendor, "POST", "/tickets/delete", &json!({ "CaseId": id })),
        _ => request(
            vendor,
            "PUT",
            "/api/tenants/22824/tickets/trash",
            &json!({ "TicketIds": [id] }),
        ),
    }
}

const DELETES: [(Vendor, &str); 3] = [
    (Vendor::OneCloud, "121"),
    (Vendor::Sweeppea, "2531581"),
    (Vendor::LeadSquared, "160"),
];

/// What a client saw, to be compared.
fn seen(result: Result<Response<Bytes>, Lost>) -> String {
    match result {
        Ok(response) => format!(
            "{} {:?} {}",
            response.status(),
            response.headers(),
            String::from_utf8_lossy(response.body())
        ),
        Err(lost) => format!("{lost:?}"),
    }
}

#[tokio::test]
async fn answers_are_those_of_the_socket() {
    let faults = [
        Fault::Delay(Duration::ZERO),
        Fault::Status(503),
        Fault::EmptyBody,
        Fault::TruncatedJson,
        Fault::OversizedBody(70_000),
        Fault::SlowDrip(Duration::ZERO),
        Fault::RateLimited {
            retry_after: Some(7),
        },
    ];
    for (vendor, id) in DELETES {
        for fault in &faults {
            let sockets = Sandbox::start().await.unwrap();
            let in_process = Sandbox::builder().in_process();
            for sandbox in [&sockets, &in_process] {
                sandbox.inject(Rule::new(fault.clone()));
            }
            let there: Answer = crate::faults::delete(&sockets, vendor, id).await.unwrap();
            let here = in_process.send(delete(vendor, id)).await.unwrap();
            assert_eq!(there.status, here.status().as_u16(), "{fault:?}");
            assert_eq!(there.body, here.body().to_vec(), "{fault:?}");
            let header = |name: &str| {
                here.headers()
                    .get(name)
                    .map(|value| value.to_str().unwrap())
            };
            for name in ["content-type", "content-length", "retry-after"] {
                assert_eq!(there.header(name), header(name), "{fault:?}");
            }
            let (there, here) = (sockets.journal(), in_process.journal());
            assert_eq!(there[0].path, here[0].path);
            assert_eq!(there[0].status, here[0].status);
            assert_eq!(there[0].took_effect, here[0].took_effect);
        }
    }
}

#[tokio::test]
async fn lost_answer_says_how_and_not_whether_it_took_effect() {
    for (fault, effect) in [
        (Fault::LostResponse, true),
        (Fault::ConnectionReset, false),
        (Fault::CutBody, true),
    ] {
        let sandbox = Sandbox::builder().in_process();
        sandbox.inject(Rule::new(fault.clone()));
        let lost = sandbox
            .send(delete(Vendor::Sweeppea, "2531581"))
            .await
            .unwrap_err();
        match fault {
            Fault::LostResponse => assert!(matches!(lost, Lost::Closed)),
            Fault::ConnectionReset => assert!(matches!(lost, Lost::Reset)),
            _ => {
                let Lost::Cut(received) = lost else {
                    panic!("{lost:?}")
                };
                let promised: usize = received.headers()["content-length"]
                    .to_str()
                    .unwrap()
                    .parse()
                    .unwrap();
                assert_eq!(received.body().len(), promised / 2);
            }
        }
        assert_eq!(!sandbox.exists(Vendor::Sweeppea, "2531581"), effect);
        assert_eq!(sandbox.journal()[0].took_effect, effect);
    }
}

#[tokio::test]
async fn connection_stays_closed_after_a_lost_answer() {
    let sandbox = Sandbox::builder().in_process();
    let connection = sandbox.connect();
    connection
        .send(delete(Vendor::OneCloud, "121"))
        .await
        .unwrap();
    sandbox.inject(Rule::new(Fault::ConnectionReset));
    for _ in 0..2 {
        let lost = connection.send(delete(Vendor::OneCloud, "1212")).await;
        assert!(matches!(lost, Err(Lost::Reset)));
    }
    assert_eq!(sandbox.journal().len(), 2);
    sandbox
        .connect()
        .send(delete(Vendor::OneCloud, "1212"))
        .await
        .unwrap();
}

#[tokio::test]
async fn request_after_an_unannounced_close_is_lost_without_effect() {
    for fault in [Fault::CloseAfterReply, Fault::ResetAfterReply] {
        let sandbox = Sandbox::builder().in_process();
        sandbox.inject(Rule::new(fault));
        let connection = sandbox.connect();
        let first = connection.send(delete(Vendor::OneCloud, "121")).await;
        assert_eq!(first.unwrap().headers().get("connection"), None);
        connection
            .send(delete(Vendor::OneCloud, "1212"))
            .await
            .unwrap_err();
        assert!(sandbox.exists(Vendor::OneCloud, "1212"));
        assert_eq!(sandbox.journal().len(), 1);
    }
}

#[tokio::test]
async fn refused_connections_are_refused_without_a_socket() {
    let sandbox = Sandbox::builder().in_process();
    sandbox.refuse_connections().await.unwrap();
    let refused = sandbox.send(delete(Vendor::OneCloud, "121")).await;
    assert!(matches!(refused, Err(Lost::Refused)));
    assert_eq!(sandbox.journal(), []);
    sandbox.accept_connections().await.unwrap();
    sandbox.send(delete(Vendor::OneCloud, "121")).await.unwrap();
}

#[tokio::test]
async fn control_api_answers_without_a_socket() {
    let sandbox = Sandbox::builder().in_process();
    let request = Request::post("/control/faults").body(r#"{"fault": "lost_response"}"#.into());
    let answer = sandbox.send(request.unwrap()).await.unwrap();
    assert_eq!(answer.status(), 204);
    let lost = sandbox.send(delete(Vendor::OneCloud, "121")).await;
    assert!(matches!(lost, Err(Lost::Closed)));
}

#[tokio::test(start_paused = true)]
async fn delays_quotas_tokens_and_dates_follow_the_paused_clock() {
    let sandbox = Sandbox::builder().in_process();
    let hour = Duration::from_secs(3600);
    sandbox.inject(Rule::new(Fault::Delay(hour)));
    let begun = Instant::now();
    sandbox.send(delete(Vendor::OneCloud, "121")).await.unwrap();
    assert_eq!(begun.elapsed(), hour);

    let get = || {
        request(
            Vendor::LeadSquared,
            "GET",
            "/api/tenants/22824/tickets/143",
            &Value::Null,
        )
    };
    let mut statuses = Vec::new();
    for _ in 0..26 {
        statuses.push(sandbox.send(get()).await.unwrap().status().as_u16());
    }
    assert_eq!((statuses[24], statuses[25]), (200, 429));
    tokio::time::advance(Duration::from_secs(5)).await;
    assert_eq!(sandbox.send(get()).await.unwrap().status(), 200);

    let login = format!(
        "email={}&password={}&siteId={}",
        credentials::ONECLOUD_EMAIL,
        credentials::ONECLOUD_PASSWORD,
        credentials::ONECLOUD_SITE_ID
    );
    let login = Request::post("/onecloud/api/authenticate").body(login.into());
    let reply = sandbox.send(login.unwrap()).await.unwrap();
    let reply: Value = serde_json::from_slice(reply.body()).unwrap();
    let bearer = format!("Bearer {}", reply["token"].as_str().unwrap());
    let get = || {
        let get =
            Request::get("/onecloud/api/ticketrz/1212").header("authorization", bearer.as_str());
        get.body(Bytes::new()).unwrap()
    };
    let last = Duration::from_secs(900);
    tokio::time::advance(last.checked_sub(Duration::from_nanos(1)).unwrap()).await;
    assert_eq!(sandbox.send(get()).await.unwrap().status(), 200);
    tokio::time::advance(Duration::from_nanos(1)).await;
    assert_eq!(sandbox.send(get()).await.unwrap().status(), 401);
    let id = sandbox.add_ticket(Vendor::OneCloud, ticket_sandbox::TicketSeed::new("Late"));
    let created = sandbox
        .ticket(Vendor::OneCloud, &id)
        .unwrap()
        .attributes
        .remove("CreateDate");
    assert_eq!(created, Some(json!("2026-01-26 13:47:34")));
}

/// The same requests under the same seed give the same answers, byte by byte.
#[tokio::test(start_paused = true)]
async fn same_requests_get_the_same_answers() {
    async fn run(builder: SandboxBuilder) -> Vec<String> {
        let sandbox = builder.in_process();
        for vendor in Vendor::ALL {
            sandbox.add_tickets(vendor, 50);
        }
        let faults = vec![
            Fault::LostResponse,
            Fault::CutBody,
            Fault::Status(500),
            Fault::WrongTypes,
            Fault::Delay(Duration::from_secs(1)),
        ];
        sandbox.random_faults(7, 0.5, faults);
        let mut answers = Vec::new();
        for vendor in Vendor::ALL {
            for id in sandbox.ticket_ids(vendor) {
                answers.push(seen(sandbox.send(delete(vendor, &id)).await));
            }
        }
        for path in ["/onecloud/api/ticketrz?limit=100", "/control/journal"] {
            let get = Request::get(path).header("authorization", "Bearer sandbox-onecloud-token");
            answers.push(seen(sandbox.send(get.body(Bytes::new()).unwrap()).await));
        }
        answers
    }
    let first = run(Sandbox::builder()).await;
    assert!(first.iter().any(|answer| answer == "Closed"));
    assert_eq!(first, run(Sandbox::builder()).await);
}

#[tokio::test]
async fn sandbox_with_a_socket_has_the_same_state_in_process() {
    let sandbox = Sandbox::start().await.unwrap();
    sandbox.send(delete(Vendor::OneCloud, "121")).await.unwrap();
    let answer = call(
        &sandbox,
        Vendor::OneCloud,
        "GET",
        "/api/ticketrz/121",
        Value::Null,
    )
    .await;
    assert_eq!(answer.unwrap().status, 404);
    assert_eq!(sandbox.journal()[0].endpoint, Some(Endpoint::Delete));
}
