//! `delete` and `resolve`, where something goes wrong at the vendor's or on the way.

use std::time::Duration;

use ticket_sandbox::{Endpoint, Fault, Quota, Rule, Vendor, WindowModel};

use crate::golden::case::{Case, case};

pub(crate) fn bulk_faults() -> Vec<Case> {
    let wait = |seconds| Fault::RateLimited {
        retry_after: seconds,
    };
    vec![
        case(
            "delete-lost-response",
            "delete --yes --max-attempts 1 onecloud:121",
        )
        .once(Fault::LostResponse, Endpoint::Delete),
        case(
            "delete-lost-response-json",
            "delete --yes --max-attempts 1 leadsquared:160 --output json",
        )
        .once(Fault::LostResponse, Endpoint::Delete),
        case(
            "delete-lost-response-retried",
            "delete --yes --max-attempts 2 sweeppea:2531581",
        )
        .once(Fault::LostResponse, Endpoint::Delete),
        case(
            "delete-lost-response-of-batch-retried",
            "delete --yes --max-attempts 2 leadsquared:160 leadsquared:161",
        )
        .once(Fault::LostResponse, Endpoint::Delete),
        case(
            "delete-connection-reset",
            "delete --yes --max-attempts 1 onecloud:121 --output ndjson",
        )
        .always(Fault::ConnectionReset),
        case(
            "delete-connection-refused",
            "delete --yes --max-attempts 1 onecloud:121 --remaining rest.txt",
        )
        .refusing_connections(),
        case(
            "delete-timeout",
            "delete --yes --max-attempts 1 --timeout 0.5 onecloud:121",
        )
        .once(Fault::Delay(Duration::from_secs(3600)), Endpoint::Delete),
        case(
            "delete-500",
            "delete --yes --max-attempts 1 sweeppea:2531581 --output csv",
        )
        .always(Fault::Status(500)),
        case(
            "delete-500-after-effect",
            "delete --yes --max-attempts 1 sweeppea:2531581 --output json",
        )
        .once(Fault::StatusAfterEffect(500), Endpoint::Delete),
        case(
            "delete-503-retried",
            "delete --yes --max-attempts 2 onecloud:121",
        )
        .once(Fault::Status(503), Endpoint::Delete),
        case("delete-400", "delete --yes leadsquared:160 leadsquared:161")
            .always(Fault::Status(400))
            .in_any_order(),
        case(
            "delete-429",
            "delete --yes --max-attempts 1 sweeppea:2531581 --remaining rest.txt --output \
             json",
        )
        .always(wait(Some(7))),
        case(
            "delete-429-without-retry-after",
            "delete --yes --max-attempts 1 sweeppea:2531581",
        )
        .always(wait(None)),
        case(
            "delete-429-retried",
            "delete --yes --max-attempts 2 sweeppea:2531581",
        )
        .once(wait(Some(1)), Endpoint::Delete),
        case(
            "delete-unauthorised",
            "delete --yes sweeppea:2531581 sweeppea:2650478 --remaining rest.txt",
        )
        .env("SWEEPPEA_API_KEY", "wrong"),
        case(
            "delete-unauthorised-one-account",
            "delete --yes sweeppea:2531581 leadsquared:160 --output json",
        )
        .env("SWEEPPEA_API_KEY", "wrong")
        .in_any_order(),
        case(
            "delete-html-page",
            "delete --yes onecloud:121 --max-attempts 1",
        )
        .always(Fault::HtmlPage { status: 200 }),
        case(
            "delete-malformed",
            "delete --yes --max-attempts 1 sweeppea:2531581 --output ndjson",
        )
        .always(Fault::TruncatedJson),
        case(
            "delete-empty-body",
            "delete --yes --max-attempts 1 leadsquared:160 --output json",
        )
        .always(Fault::EmptyBody),
        case(
            "delete-wrong-types",
            "delete --yes --max-attempts 1 leadsquared:160 leadsquared:161",
        )
        .always(Fault::WrongTypes),
        case(
            "delete-error-inside-200",
            "delete --yes --max-attempts 1 onecloud:121 --output csv",
        )
        .always(Fault::ErrorInside200),
        case(
            "delete-batch-in-part",
            "delete --yes leadsquared:160 leadsquared:9 leadsquared:161",
        ),
        case(
            "delete-batch-in-part-json",
            "delete --yes leadsquared:160 leadsquared:9 --output json",
        ),
        case(
            "delete-batch-in-part-csv",
            "delete --yes leadsquared:160 leadsquared:9 --output csv",
        ),
        case(
            "delete-batch-too-large",
            "delete --yes leadsquared:160 leadsquared:161 leadsquared:162",
        )
        .settings(|builder| builder.leadsquared_max_delete(2))
        .in_any_order(),
        case(
            "delete-batch-confirmed-in-part",
            "delete --yes leadsquared:160 leadsquared:161",
        )
        .always(Fault::Reply {
            status: 200,
            headers: vec![("content-type".to_owned(), "application/json".to_owned())],
            body: b"{\"SuccessfulIds\":[\"160\"],\"FailedIds\":[]}".to_vec(),
        }),
        case(
            "delete-quota-of-vendor",
            "delete --yes --max-attempts 1 --deadline 10 sweeppea:2531581 sweeppea:2650478 \
             sweeppea:HYXTNJV --remaining rest.txt --output ndjson",
        )
        .waiting_up_to(60)
        .settings(|builder| {
            builder.sweeppea_quota(Quota {
                calls: 1,
                window: Duration::from_secs(60),
                model: WindowModel::Sliding,
            })
        }),
        case(
            "delete-over-daily-quota",
            "delete --yes --max-attempts 1 onecloud:121 --output json",
        )
        .prepare(ticket_sandbox::Sandbox::exhaust_quota),
        case(
            "delete-random-faults",
            "delete --yes --max-attempts 1 --output ndjson sweeppea:2531581 \
             sweeppea:2650478 sweeppea:HYXTNJV sweeppea:ABC1234 sweeppea:2490017",
        )
        .prepare(|sandbox| {
            let faults = vec![
                Fault::LostResponse,
                Fault::Status(500),
                Fault::TruncatedJson,
            ];
            sandbox.random_faults(7, 0.5, faults);
        }),
        case(
            "resolve-lost-response",
            "resolve --yes --max-attempts 1 sweeppea:2531581",
        )
        .once(Fault::LostResponse, Endpoint::Resolve),
        case(
            "resolve-lost-response-retried",
            "resolve --yes --max-attempts 2 sweeppea:2531581",
        )
        .once(Fault::LostResponse, Endpoint::Resolve),
        case(
            "resolve-lost-response-leadsquared",
            "resolve --yes --max-attempts 1 leadsquared:160 --output json",
        )
        .once(Fault::LostResponse, Endpoint::Update),
        case(
            "resolve-500",
            "resolve --yes --max-attempts 1 leadsquared:160 --output csv",
        )
        .always(Fault::Status(500)),
        case(
            "resolve-429",
            "resolve --yes --max-attempts 1 leadsquared:160 --remaining rest.txt",
        )
        .always(wait(Some(7))),
        case(
            "resolve-not-found",
            "resolve --yes leadsquared:9 --output ndjson",
        ),
        case(
            "resolve-unknown-status",
            "resolve --yes leadsquared:160 --output json",
        )
        .settings(|builder| builder.leadsquared_statuses(["New", "Done"])),
        case(
            "resolve-first-of-two-fails",
            "resolve --yes --max-attempts 1 sweeppea:2531581 sweeppea:2650478",
        )
        .rule(Rule::new(Fault::Status(500)).vendor(Vendor::Sweeppea)),
    ]
}
