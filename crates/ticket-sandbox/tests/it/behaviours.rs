//! Behaviour of servers in the field: each as a fault, in process.

use std::time::Duration;

use hyper::body::Bytes;
use hyper::{Request, Response};
use serde_json::{Value, json};
use ticket_sandbox::{
    Endpoint, Fault, Gateway, Lost, OddId, OddRetryAfter, OddRow, Rule, Sandbox, TicketFault,
    TicketSeed, Vendor, WrongTotal, credentials,
};
use tokio::time::advance;

use crate::in_process::{delete, request};

const ALL: [(Vendor, &str); 3] = [
    (Vendor::OneCloud, "121"),
    (Vendor::Sweeppea, "2531581"),
    (Vendor::LeadSquared, "160"),
];

fn sandbox_with(fault: Fault) -> Sandbox {
    let sandbox = Sandbox::builder().in_process();
    sandbox.inject(Rule::new(fault));
    sandbox
}

async fn send(sandbox: &Sandbox, request: Request<Bytes>) -> Response<Bytes> {
    sandbox.send(request).await.unwrap()
}

fn get(vendor: Vendor, id: &str) -> Request<Bytes> {
    match vendor {
        Vendor::OneCloud => request(vendor, "GET", &format!("/api/ticketrz/{id}"), &Value::Null),
        Vendor::Sweeppea => {
            let body = json!({ "caseNumber": id });
            request(vendor, "POST", "/tickets/fetchSingleTicket", &body)
        }
        _ => {
            let path = format!("/api/tenants/22824/tickets/{id}");
            request(vendor, "GET", &path, &Value::Null)
        }
    }
}

fn trash(ids: &[&str]) -> Request<Bytes> {
    let path = "/api/tenants/22824/tickets/trash";
    request(
        Vendor::LeadSquared,
        "PUT",
        path,
        &json!({ "TicketIds": ids }),
    )
}

fn onecloud_list(limit: usize, offset: usize) -> Request<Bytes> {
    let path = format!("/api/ticketrz?limit={limit}&offset={offset}");
    request(Vendor::OneCloud, "GET", &path, &Value::Null)
}

fn sweeppea_list(page: usize) -> Request<Bytes> {
    let body = json!({ "page": page });
    request(Vendor::Sweeppea, "POST", "/tickets/fetchOpenTickets", &body)
}

fn json_of(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap()
}

/// The ids of a list's rows, without what has none.
fn ids(response: &Response<Bytes>) -> Vec<String> {
    let body = json_of(response);
    let rows = body
        .pointer("/data")
        .or_else(|| body.pointer("/Data/Tickets"));
    let rows = rows.unwrap().as_array().unwrap().iter();
    rows.filter_map(|row| row.get("Id").or_else(|| row.get("CaseNumber")))
        .filter_map(|id| Some(id.as_str()?.to_owned()))
        .collect()
}

#[tokio::test]
async fn answers_of_intermediaries_come_before_or_after_the_effect() {
    for (vendor, id) in ALL {
        for status in [408, 499, 500, 502, 504] {
            for (fault, effect) in [
                (Fault::Status(status), false),
                (Fault::StatusAfterEffect(status), true),
            ] {
                let sandbox = sandbox_with(fault);
                let answer = send(&sandbox, delete(vendor, id)).await;
                assert_eq!(answer.status(), status);
                assert_eq!(!sandbox.exists(vendor, id), effect);
            }
        }
        for (fault, effect) in [
            (Fault::ClosedBeforeEffect, false),
            (Fault::LostResponse, true),
            (Fault::ConnectionReset, false),
            (Fault::ResetAfterEffect, true),
        ] {
            let sandbox = sandbox_with(fault.clone());
            let lost = sandbox.send(delete(vendor, id)).await.unwrap_err();
            let is_reset = matches!(fault, Fault::ConnectionReset | Fault::ResetAfterEffect);
            assert_eq!(matches!(lost, Lost::Reset), is_reset, "{fault:?}");
            assert_eq!(!sandbox.exists(vendor, id), effect, "{fault:?}");
        }
        let sandbox = sandbox_with(Fault::ErrorInside200AfterEffect);
        let answer = send(&sandbox, delete(vendor, id)).await;
        assert_eq!(answer.status(), 200);
        assert!(!sandbox.exists(vendor, id));
    }
}

#[tokio::test]
async fn accepted_call_is_not_done() {
    for (vendor, id) in ALL {
        let done = Sandbox::builder().in_process();
        let done = send(&done, delete(vendor, id)).await;
        for status in [200, 201, 202, 203, 207] {
            let sandbox = sandbox_with(Fault::AcceptedNotDone(status));
            let answer = send(&sandbox, delete(vendor, id)).await;
            assert_eq!(answer.status(), status);
            assert_eq!(answer.body(), done.body());
            assert!(sandbox.exists(vendor, id));
            let journal = sandbox.journal();
            assert_eq!(
                (journal[0].took_effect, journal[0].deleted.len()),
                (false, 0)
            );
        }
    }
}

#[tokio::test]
async fn refused_call_is_not_accepted() {
    let sandbox = sandbox_with(Fault::AcceptedNotDone(202));
    let answer = send(&sandbox, delete(Vendor::OneCloud, "9")).await;
    assert_eq!(answer.status(), 404);
}

#[tokio::test(start_paused = true)]
async fn accepted_call_is_done_later() {
    let after = Duration::from_secs(10);
    for (vendor, id) in ALL {
        let sandbox = sandbox_with(Fault::AcceptedForLater { status: 202, after });
        assert_eq!(send(&sandbox, delete(vendor, id)).await.status(), 202);
        let almost = after.checked_sub(Duration::from_nanos(1)).unwrap();
        advance(almost).await;
        assert!(sandbox.exists(vendor, id));
        assert!(!sandbox.journal()[0].took_effect);
        advance(Duration::from_nanos(1)).await;
        assert!(!sandbox.exists(vendor, id));
        let seen = sandbox.journal().remove(0);
        assert_eq!(
            (seen.took_effect, seen.deleted),
            (true, vec![id.to_owned()])
        );
    }
}

#[tokio::test(start_paused = true)]
async fn accepted_create_and_update_are_done_later() {
    let after = Duration::from_secs(1);
    let sandbox = sandbox_with(Fault::AcceptedForLater { status: 201, after });
    let new = json!({ "Title": "New", "Description": "Text", "Priority": 1 });
    let create = request(Vendor::Sweeppea, "POST", "/tickets/create", &new);
    send(&sandbox, create).await;
    let before = sandbox.ticket_ids(Vendor::Sweeppea).len();
    sandbox.inject(Rule::new(Fault::AcceptedForLater { status: 201, after }));
    let change = json!({ "CaseId": "2531581", "Title": "Changed" });
    let update = request(Vendor::Sweeppea, "POST", "/tickets/update", &change);
    send(&sandbox, update).await;
    let subject = || sandbox.ticket(Vendor::Sweeppea, "2531581").unwrap().subject;
    assert_ne!(subject(), "Changed");
    advance(after).await;
    assert_eq!(subject(), "Changed");
    assert_eq!(sandbox.ticket_ids(Vendor::Sweeppea).len(), before + 1);
}

#[tokio::test(start_paused = true)]
async fn accepted_update_does_not_bring_back_a_deleted_ticket() {
    let after = Duration::from_secs(1);
    let sandbox = sandbox_with(Fault::AcceptedForLater { status: 200, after });
    let change = json!({ "CaseId": "2531581", "Title": "Changed" });
    let update = request(Vendor::Sweeppea, "POST", "/tickets/update", &change);
    send(&sandbox, update).await;
    send(&sandbox, delete(Vendor::Sweeppea, "2531581")).await;
    advance(after).await;
    assert!(!sandbox.exists(Vendor::Sweeppea, "2531581"));
    assert!(!sandbox.journal()[0].took_effect);
}

#[tokio::test(start_paused = true)]
async fn reads_and_lists_lag_behind_deletes_and_updates() {
    let lag = Duration::from_secs(5);
    let sandbox = Sandbox::builder().in_process();
    sandbox.inject(Rule::new(Fault::LaggingReads(lag)).always());
    let change = json!({ "CaseId": "2650478", "Title": "Changed" });
    let update = request(Vendor::Sweeppea, "POST", "/tickets/update", &change);
    send(&sandbox, update).await;
    let old = json_of(&send(&sandbox, get(Vendor::Sweeppea, "2650478")).await);
    assert_eq!(old["Data"]["Subject"], "Issue with sweepstakes entry");
    for id in ["2650478", "2531581"] {
        let answer = send(&sandbox, delete(Vendor::Sweeppea, id)).await;
        assert_eq!(answer.status(), 200);
    }
    let again = send(&sandbox, delete(Vendor::Sweeppea, "2531581")).await;
    assert_eq!(again.status(), 404, "writes do not lag");
    for _ in 0..2 {
        let old = json_of(&send(&sandbox, get(Vendor::Sweeppea, "2650478")).await);
        assert_eq!(old["Data"]["Subject"], "Issue with sweepstakes entry");
        let list = send(&sandbox, sweeppea_list(1)).await;
        assert!(ids(&list).contains(&"2531581".to_owned()));
        assert!(!sandbox.exists(Vendor::Sweeppea, "2531581"));
    }
    advance(lag).await;
    let gone = send(&sandbox, get(Vendor::Sweeppea, "2650478")).await;
    assert_eq!(gone.status(), 404);
    let list = send(&sandbox, sweeppea_list(1)).await;
    assert!(!ids(&list).contains(&"2531581".to_owned()));
}

/// The story of a server that gives a deleted id to the next ticket: a blind repeat deletes somebody else's.
#[tokio::test]
async fn repeated_delete_hits_the_ticket_that_took_the_id() {
    let sandbox = Sandbox::builder().seed_tickets(false).in_process();
    sandbox.add_ticket(Vendor::OneCloud, TicketSeed::new("First").id("124"));
    sandbox.add_ticket(Vendor::OneCloud, TicketSeed::new("Mine").id("125"));
    sandbox.inject(Rule::new(Fault::IdsGivenOutAgain));
    send(&sandbox, get(Vendor::OneCloud, "125")).await;
    sandbox.inject(Rule::new(Fault::LostResponse));
    sandbox
        .send(delete(Vendor::OneCloud, "125"))
        .await
        .unwrap_err();
    sandbox.inject(Rule::new(Fault::TicketsFiled(1)));
    let repeated = send(&sandbox, delete(Vendor::OneCloud, "125")).await;
    assert_eq!(repeated.status(), 200);
    let deleted: Vec<_> = sandbox
        .journal()
        .into_iter()
        .map(|seen| seen.deleted)
        .collect();
    assert_eq!(
        deleted,
        [vec![], vec!["125".to_owned()], vec!["125".to_owned()]]
    );
}

#[tokio::test]
async fn merged_ticket_answers_and_is_deleted_as_the_other_one() {
    for (vendor, id) in ALL {
        let sandbox = sandbox_with(Fault::Ticket(TicketFault::MergedInto(None)));
        let all = sandbox.ticket_ids(vendor);
        let place = all.iter().position(|known| known == id).unwrap();
        let other = all[place + 1].clone();
        let id_of = |body: &Value| {
            let id = body.pointer("/Data/CaseNumber").or_else(|| body.get("Id"));
            id.unwrap().to_string()
        };
        let answer = json_of(&send(&sandbox, get(vendor, id)).await);
        assert!(id_of(&answer).contains(&other), "{answer}");
        assert!(!sandbox.exists(vendor, id) && sandbox.exists(vendor, &other));
        assert_eq!(send(&sandbox, delete(vendor, id)).await.status(), 200);
        assert!(!sandbox.exists(vendor, &other));
        assert_eq!(sandbox.journal()[1].deleted, [other]);
    }
}

#[tokio::test]
async fn one_sick_ticket_refuses_its_whole_batch_and_is_read() {
    for status in [400, 404, 409, 422, 423, 500] {
        let sandbox = Sandbox::builder().in_process();
        sandbox.set_ticket_fault(Vendor::LeadSquared, "161", TicketFault::Refused(status));
        let refused = send(&sandbox, trash(&["160", "161", "162"])).await;
        assert_eq!(refused.status(), status);
        assert!(sandbox.exists(Vendor::LeadSquared, "160"));
        assert_eq!(
            send(&sandbox, get(Vendor::LeadSquared, "161"))
                .await
                .status(),
            200
        );
        let rest = json_of(&send(&sandbox, trash(&["160", "162"])).await);
        assert_eq!(rest["SuccessfulIds"], json!([160, 162]));
    }
}

#[tokio::test]
async fn second_delete_of_a_ticket_is_an_error() {
    for (vendor, id) in ALL {
        let sandbox = sandbox_with(Fault::Ticket(TicketFault::GoneIsError(500)));
        assert_eq!(send(&sandbox, delete(vendor, id)).await.status(), 200);
        assert_eq!(send(&sandbox, delete(vendor, id)).await.status(), 500);
        assert_eq!(send(&sandbox, get(vendor, id)).await.status(), 404);
    }
}

#[tokio::test]
async fn ticket_of_another_user_is_not_found_by_get_and_delete() {
    let sandbox = sandbox_with(Fault::Ticket(TicketFault::OwnedByOther));
    for request in [
        delete(Vendor::Sweeppea, "2531581"),
        get(Vendor::Sweeppea, "2531581"),
    ] {
        assert_eq!(send(&sandbox, request).await.status(), 404);
    }
    assert!(sandbox.exists(Vendor::Sweeppea, "2531581"));
}

#[tokio::test]
async fn totals_are_wrong_and_rows_are_not() {
    for (how, expected) in [
        (WrongTotal::PageSize, [20, 20]),
        (WrongTotal::Zero, [0, 0]),
        (WrongTotal::TooSmall, [22, 22]),
        (WrongTotal::TooLarge, [51, 51]),
        // The first request is number 1.
        (WrongTotal::Changing, [46, 47]),
    ] {
        for vendor in [Vendor::OneCloud, Vendor::Sweeppea] {
            let sandbox = Sandbox::builder().seed_tickets(false).in_process();
            sandbox.add_tickets(vendor, 44);
            sandbox.inject(Rule::new(Fault::WrongTotal(how)).always());
            let mut totals = Vec::new();
            for page in 0..2 {
                let list = match vendor {
                    Vendor::OneCloud => onecloud_list(20, page * 20),
                    _ => sweeppea_list(page + 1),
                };
                let list = send(&sandbox, list).await;
                assert_eq!(ids(&list).len(), 20);
                let body = json_of(&list);
                let total = body.pointer("/total");
                let total = total.or_else(|| body.pointer("/Data/TotalTickets"));
                totals.push(total.unwrap().as_u64().unwrap());
            }
            assert_eq!(totals, expected, "{how:?}");
        }
    }
}

#[tokio::test]
async fn pages_shift_while_a_list_is_read() {
    let sandbox = Sandbox::builder().seed_tickets(false).in_process();
    sandbox.add_tickets(Vendor::Sweeppea, 60);
    let first = ids(&send(&sandbox, sweeppea_list(1)).await);
    sandbox.inject(Rule::new(Fault::TicketsFiled(3)));
    let second = ids(&send(&sandbox, sweeppea_list(2)).await);
    assert_eq!(second[..3], first[17..], "three rows come again");
    sandbox.inject(Rule::new(Fault::TicketsRemoved(5)));
    let third = ids(&send(&sandbox, sweeppea_list(3)).await);
    let number = |id: &String| id.parse::<u64>().unwrap();
    assert_eq!(
        number(&second[19]) - number(&third[0]),
        6,
        "five are missed"
    );
    assert_eq!(sandbox.ticket_ids(Vendor::Sweeppea).len(), 58);
    assert!(sandbox.journal().iter().all(|seen| seen.deleted.is_empty()));
}

#[tokio::test]
async fn opposite_order_repeats_rows_of_other_pages() {
    for vendor in [Vendor::OneCloud, Vendor::Sweeppea] {
        let sandbox = Sandbox::builder().seed_tickets(false).in_process();
        sandbox.add_tickets(vendor, 30);
        let list = |page: usize| match vendor {
            Vendor::OneCloud => onecloud_list(20, page * 20),
            _ => sweeppea_list(page + 1),
        };
        let first = ids(&send(&sandbox, list(0)).await);
        sandbox.inject(Rule::new(Fault::ReversedOrder));
        let mut second = ids(&send(&sandbox, list(1)).await);
        second.reverse();
        assert_eq!(second, first[..10]);
    }
}

#[tokio::test]
async fn one_row_is_odd_and_the_others_are_not() {
    for vendor in [Vendor::OneCloud, Vendor::Sweeppea] {
        for (how, text, left) in [
            (OddRow::LoneSurrogate, r#"\ud83d""#, None),
            (OddRow::EmptyDate, r#"Date":"","#, Some(5)),
            (
                OddRow::YearOneDate,
                r#"Date":"0001-01-01T00:00:00""#,
                Some(5),
            ),
            (OddRow::NumberDate, r#"Date":1737885600000"#, Some(5)),
            (
                OddRow::ZonelessDate,
                r#"Date":"2025-01-26T10:00:00""#,
                Some(5),
            ),
            (OddRow::MissingId, "Subject", Some(4)),
            (OddRow::NullId, ":null", Some(4)),
            (OddRow::Null, ",null,", Some(4)),
            (OddRow::Repeated, "Subject", Some(5)),
        ] {
            let sandbox = Sandbox::builder().seed_tickets(false).in_process();
            sandbox.add_tickets(vendor, 5);
            sandbox.inject(Rule::new(Fault::OddRow(how)));
            // A request that the fault does not concern does not use it up.
            send(&sandbox, get(vendor, "1")).await;
            let list = match vendor {
                Vendor::OneCloud => onecloud_list(20, 0),
                _ => sweeppea_list(1),
            };
            let list = send(&sandbox, list).await;
            let body = std::str::from_utf8(list.body()).unwrap();
            assert!(body.contains(text), "{how:?} {body}");
            match left {
                None => assert!(serde_json::from_slice::<Value>(list.body()).is_err()),
                Some(left) => {
                    let mut ids = ids(&list);
                    assert_eq!(ids.len(), left, "{how:?}");
                    ids.sort();
                    ids.dedup();
                    assert_eq!(ids.len() < left, how == OddRow::Repeated);
                }
            }
        }
    }
}

#[tokio::test]
async fn one_id_of_a_batch_is_odd() {
    for (how, expected) in [
        (OddId::Null, json!([null, 161])),
        (OddId::Float, json!([160.0, 161])),
        (OddId::Text, json!(["160", 161])),
        (OddId::Missing, json!([161])),
        (OddId::Unasked, json!([160, 161, 999_999_999])),
    ] {
        let sandbox = sandbox_with(Fault::OddId(how));
        let answer = json_of(&send(&sandbox, trash(&["160", "161"])).await);
        assert_eq!(answer["SuccessfulIds"], expected);
        assert!(!sandbox.exists(Vendor::LeadSquared, "160"));
    }
}

#[tokio::test]
async fn somebody_else_answers_in_place_of_the_vendor() {
    for (gateway, status, kind, body) in [
        (Gateway::SignIn, 200, "text/html", "<html>"),
        (Gateway::Firewall, 403, "text/html", "<html>"),
        (Gateway::Redirect, 302, "", ""),
        (Gateway::WrongPath, 404, "", ""),
        (
            Gateway::PageNotFound,
            404,
            "text/plain",
            "404 page not found\n",
        ),
        (
            Gateway::NoRoute,
            404,
            "application/json",
            "no Route matched",
        ),
        (
            Gateway::DefaultBackend,
            404,
            "text/plain",
            "default backend - 404",
        ),
        (Gateway::Framework, 404, "application/json", "Not Found"),
        (Gateway::Empty, 404, "", ""),
    ] {
        for (vendor, id) in ALL {
            let sandbox = Sandbox::builder().in_process();
            sandbox.inject(Rule::new(Fault::Gateway(gateway)).always());
            for request in [delete(vendor, id), get(vendor, id)] {
                let answer = send(&sandbox, request).await;
                assert_eq!(answer.status(), status);
                let text = std::str::from_utf8(answer.body()).unwrap();
                assert!(text.contains(body), "{text}");
                if !kind.is_empty() {
                    assert_eq!(answer.headers()["content-type"], kind);
                }
                let location = answer.headers().get("location");
                assert_eq!(location.is_some(), gateway == Gateway::Redirect);
                assert!(gateway != Gateway::Empty || text.is_empty());
            }
            assert!(sandbox.exists(vendor, id));
        }
    }
}

#[tokio::test]
async fn odd_retry_after_is_sent_as_it_is() {
    for (odd, value) in [
        (OddRetryAfter::Zero, "0"),
        (OddRetryAfter::Negative, "-1"),
        (OddRetryAfter::Past, "Wed, 21 Oct 2015 07:28:00 GMT"),
        (OddRetryAfter::Huge, "99999999999999999999999"),
        (OddRetryAfter::Garbage, "soon"),
    ] {
        for (vendor, id) in ALL {
            let sandbox = sandbox_with(Fault::OddRetryAfter(odd));
            let answer = send(&sandbox, delete(vendor, id)).await;
            assert_eq!(answer.status(), 429);
            let values = answer.headers().get_all("retry-after").iter();
            assert_eq!(values.collect::<Vec<_>>(), [value]);
            assert!(sandbox.exists(vendor, id));
        }
    }
}

#[tokio::test(start_paused = true)]
async fn fresh_token_is_refused_as_expired_at_first() {
    let time = Duration::from_millis(300);
    let sandbox = sandbox_with(Fault::FreshTokenRefused(time));
    let login = format!(
        "email={}&password={}&siteId={}",
        credentials::ONECLOUD_EMAIL,
        credentials::ONECLOUD_PASSWORD,
        credentials::ONECLOUD_SITE_ID
    );
    let mut tokens = Vec::new();
    for _ in 0..2 {
        let login = Request::post("/onecloud/api/authenticate").body(login.clone().into());
        let reply = json_of(&send(&sandbox, login.unwrap()).await);
        tokens.push(format!("Bearer {}", reply["token"].as_str().unwrap()));
    }
    let get = |token: &str| {
        let get = Request::get("/onecloud/api/ticketrz/121").header("authorization", token);
        get.body(Bytes::new()).unwrap()
    };
    let refused = send(&sandbox, get(&tokens[0])).await;
    assert_eq!(json_of(&refused)["records"]["userMessage"], "Expired token");
    assert_eq!(send(&sandbox, get(&tokens[1])).await.status(), 200);
    advance(time).await;
    assert_eq!(send(&sandbox, get(&tokens[0])).await.status(), 200);
}

#[tokio::test]
async fn body_is_compressed_although_nobody_asked() {
    let plain = Sandbox::builder().in_process();
    let plain = send(&plain, get(Vendor::OneCloud, "121")).await;
    let sandbox = sandbox_with(Fault::Gzip);
    let answer = send(&sandbox, get(Vendor::OneCloud, "121")).await;
    assert_eq!(answer.headers()["content-encoding"], "gzip");
    let gzip = answer.body();
    assert_eq!(gzip[..3], [0x1f, 0x8b, 8]);
    assert_eq!(gzip[15..gzip.len() - 8], plain.body()[..]);
}

#[tokio::test(start_paused = true)]
async fn outage_is_for_one_vendor_and_passes() {
    let duration = Duration::from_secs(10);
    for status in [None, Some(503)] {
        let sandbox = Sandbox::builder().in_process();
        let outage = Fault::Outage { duration, status };
        sandbox.inject(Rule::new(outage).vendor(Vendor::OneCloud));
        for _ in 0..3 {
            let answer = sandbox.send(delete(Vendor::OneCloud, "121")).await;
            match status {
                None => assert!(matches!(answer, Err(Lost::Refused))),
                Some(status) => assert_eq!(answer.unwrap().status(), status),
            }
            advance(Duration::from_secs(3)).await;
        }
        let other = send(&sandbox, delete(Vendor::Sweeppea, "2531581")).await;
        assert_eq!(other.status(), 200);
        assert!(sandbox.exists(Vendor::OneCloud, "121"));
        advance(Duration::from_secs(1)).await;
        let back = send(&sandbox, delete(Vendor::OneCloud, "121")).await;
        assert_eq!(back.status(), 200);
    }
}

#[tokio::test]
async fn outage_closes_connections_with_a_socket() {
    let sandbox = Sandbox::start().await.unwrap();
    let duration = Duration::from_secs(3600);
    let status = None;
    sandbox.inject(Rule::new(Fault::Outage { duration, status }));
    for _ in 0..2 {
        crate::faults::delete(&sandbox, Vendor::OneCloud, "121")
            .await
            .unwrap_err();
    }
}

#[tokio::test]
async fn control_api_gives_a_ticket_a_fault() {
    let sandbox = Sandbox::builder().in_process();
    for (fault, status) in [(r#"{"refused": 423}"#, 204), (r#"{"refuse": 423}"#, 400)] {
        let path = "/control/tickets/onecloud/121/fault";
        let control = Request::post(path).body(fault.into());
        let answer = send(&sandbox, control.unwrap()).await;
        assert_eq!(answer.status(), status);
    }
    let refused = send(&sandbox, delete(Vendor::OneCloud, "121")).await;
    assert_eq!(refused.status(), 423);
}

#[tokio::test]
async fn random_faults_are_drawn_among_those_that_concern_the_request() {
    let sandbox = Sandbox::builder().leadsquared_quota(None).in_process();
    let faults = vec![
        Fault::OddId(OddId::Unasked),
        Fault::WrongTotal(WrongTotal::Zero),
        Fault::FreshTokenRefused(Duration::ZERO),
    ];
    sandbox.random_faults(7, 1.0, faults);
    for _ in 0..10 {
        send(&sandbox, trash(&["160"])).await;
        send(&sandbox, onecloud_list(1, 0)).await;
        send(&sandbox, get(Vendor::OneCloud, "121")).await;
    }
    for seen in sandbox.journal() {
        let expected = match (seen.endpoint, seen.vendor) {
            (Some(Endpoint::Delete), _) => Some(Fault::OddId(OddId::Unasked)),
            (Some(Endpoint::List), _) => Some(Fault::WrongTotal(WrongTotal::Zero)),
            _ => None,
        };
        assert_eq!(seen.fault, expected);
    }
}
