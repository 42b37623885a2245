//! Commands about one ticket or one list, where something goes wrong at the vendor's or on the way.

use std::time::Duration;

use ticket_sandbox::{Endpoint, Fault, Rule, Vendor};

use crate::golden::case::{Case, case};

/// An answer that no endpoint of the vendor gives.
fn reply(status: u16, content_type: &str, body: &str) -> Fault {
    Fault::Reply {
        status,
        headers: vec![("content-type".to_owned(), content_type.to_owned())],
        body: body.as_bytes().to_vec(),
    }
}

pub(crate) fn single_faults() -> Vec<Case> {
    let wait = |seconds| Fault::RateLimited {
        retry_after: seconds,
    };
    vec![
        case("get-not-found-table", "get sweeppea:9"),
        case("get-not-found-json", "get sweeppea:9 --output json"),
        case("get-not-found-csv", "get leadsquared:9 --output csv"),
        case("get-unauthorised", "get sweeppea:2531581").env("SWEEPPEA_API_KEY", "wrong"),
        case("get-unauthorised-json", "get onecloud:121 --output json")
            .env("ONECLOUD_TOKEN", "wrong"),
        case("get-unauthorised-leadsquared", "get leadsquared:160")
            .env("LEADSQUARED_SECRET_KEY", "wrong"),
        case("get-expired-token", "get onecloud:121")
            .prepare(ticket_sandbox::Sandbox::expire_token),
        case("get-forbidden", "get leadsquared:160").always(Fault::Status(403)),
        case(
            "get-connection-refused",
            "get onecloud:121 --max-attempts 1",
        )
        .refusing_connections(),
        case(
            "get-connection-refused-json",
            "get onecloud:121 --max-attempts 1 --output json",
        )
        .refusing_connections(),
        case("get-connection-reset", "get onecloud:121 --max-attempts 1")
            .always(Fault::ConnectionReset),
        case("get-lost-response", "get onecloud:121 --max-attempts 1").always(Fault::LostResponse),
        case("get-cut-body", "get onecloud:121 --max-attempts 1").always(Fault::CutBody),
        case(
            "get-timeout",
            "get onecloud:121 --max-attempts 1 --timeout 0.5 --output json",
        )
        .always(Fault::Delay(Duration::from_secs(3600))),
        case("get-500", "get onecloud:121 --max-attempts 1").always(Fault::Status(500)),
        case(
            "get-503-once-retried",
            "get sweeppea:2531581 --max-attempts 2",
        )
        .once(Fault::Status(503), Endpoint::Get),
        case(
            "get-503-retried-in-vain",
            "get sweeppea:2531581 --max-attempts 2 --output json",
        )
        .always(Fault::Status(503)),
        case("get-429", "get leadsquared:160 --max-attempts 1").always(wait(None)),
        case(
            "get-429-retry-after",
            "get leadsquared:160 --max-attempts 1 --output json",
        )
        .always(wait(Some(7))),
        case("get-429-long-retry-after", "get leadsquared:160").always(wait(Some(86_400))),
        case("get-over-daily-quota", "get onecloud:121 --max-attempts 1")
            .prepare(ticket_sandbox::Sandbox::exhaust_quota),
        case("get-html-login-wall", "get onecloud:121").always(Fault::HtmlPage { status: 200 }),
        case("get-html-gateway", "get sweeppea:2531581 --max-attempts 1")
            .always(Fault::HtmlPage { status: 502 }),
        case(
            "get-truncated-json",
            "get sweeppea:2531581 --max-attempts 1",
        )
        .always(Fault::TruncatedJson),
        case("get-empty-body", "get leadsquared:160 --max-attempts 1").always(Fault::EmptyBody),
        case("get-wrong-types", "get sweeppea:2531581 --max-attempts 1").always(Fault::WrongTypes),
        case("get-error-inside-200", "get onecloud:121 --max-attempts 1")
            .always(Fault::ErrorInside200),
        case("get-oversized-body", "get onecloud:121 --max-attempts 1")
            .always(Fault::OversizedBody(64 * 1024 * 1024)),
        case("get-redirect", "get onecloud:121 --max-attempts 1").always(Fault::Reply {
            status: 302,
            headers: vec![("location".to_owned(), "http://127.0.0.1:9/".to_owned())],
            body: Vec::new(),
        }),
        case("get-other-ticket", "get onecloud:121").always(reply(
            200,
            "application/json",
            "{\"Id\":\"122\",\"Subject\":\"x\",\"New\":[1.10, 12345678901234567890123]}",
        )),
        case(
            "get-vendor-words-with-controls",
            "get sweeppea:2531581 --max-attempts 1",
        )
        .always(reply(
            400,
            "application/json",
            "{\"Response\":false,\"Message\":\"no\\u001b[2J\\nway\"}",
        )),
        case(
            "list-error-at-start",
            "list onecloud --max-attempts 1 --output json",
        )
        .always(Fault::Status(500)),
        case(
            "list-error-in-the-middle",
            "list onecloud --page-size 20 --max-attempts 1 --output csv",
        )
        .settings(|builder| builder.seed_tickets(false))
        .prepare(|sandbox| sandbox.add_tickets(Vendor::OneCloud, 25))
        .rule(Rule::new(Fault::Status(500)).skip(1).times(u64::MAX)),
        case(
            "list-error-in-the-middle-table",
            "list onecloud --page-size 20 --max-attempts 1",
        )
        .settings(|builder| builder.seed_tickets(false))
        .prepare(|sandbox| sandbox.add_tickets(Vendor::OneCloud, 25))
        .rule(Rule::new(Fault::Status(500)).skip(1).times(u64::MAX)),
        case("messages-not-found", "messages leadsquared:9 --output json"),
        case(
            "create-lost-response",
            "create sweeppea --subject x --description y --priority low",
        )
        .always(Fault::LostResponse),
        case(
            "create-lost-response-json",
            "create sweeppea --subject x --description y --priority low --output json",
        )
        .always(Fault::LostResponse),
        case(
            "create-refused-by-vendor",
            "create leadsquared --subject x --requester-email a@example.com",
        )
        .settings(|builder| builder.leadsquared_required_fields(["Title", "Shop"])),
        case(
            "create-500",
            "create sweeppea --subject x --description y --priority low --max-attempts 2",
        )
        .always(Fault::Status(500)),
        case(
            "create-empty-body",
            "create leadsquared --subject x --requester-email a@example.com",
        )
        .always(Fault::EmptyBody),
        case(
            "update-not-found",
            "update leadsquared:9 --subject x --output json",
        ),
        case(
            "update-lost-response",
            "update sweeppea:2531581 --subject x --max-attempts 2",
        )
        .once(Fault::LostResponse, Endpoint::Update),
        case("comment-not-found", "comment leadsquared:9 --body x"),
        case("comment-lost-response", "comment leadsquared:160 --body x")
            .always(Fault::LostResponse),
    ]
}
