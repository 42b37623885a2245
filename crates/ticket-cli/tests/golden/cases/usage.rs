//! Command lines that are refused before anything is sent: exit code 2.

use crate::golden::case::{Case, case};

pub(crate) fn usage() -> Vec<Case> {
    vec![
        case("usage-nothing", ""),
        case("usage-unknown-command", "erase onecloud:121"),
        case(
            "usage-unknown-command-json",
            "erase onecloud:121 --output json",
        ),
        case("usage-unknown-option", "get onecloud:121 --token x"),
        case("usage-unknown-form", "get onecloud:121 --output xml"),
        case("usage-get-without-ticket", "get"),
        case("usage-get-without-ticket-json", "--output json get"),
        case("usage-get-no-account", "get 121"),
        case("usage-get-no-id", "get onecloud: --output ndjson"),
        case("usage-timeout-zero", "get onecloud:121 --timeout 0"),
        case("usage-attempts-zero", "get onecloud:121 --max-attempts 0"),
        case("usage-rate-without-seconds", "get onecloud:121 --rate 25"),
        case("usage-list-limit-zero", "list onecloud --limit 0"),
        case("usage-list-page-size-zero", "list onecloud --page-size 0"),
        case(
            "usage-list-page-size-unsupported",
            "list sweeppea --page-size 50",
        ),
        case(
            "usage-concurrency-zero",
            "delete --yes --concurrency 0 onecloud:121",
        ),
        case("usage-list-unknown-state", "list sweeppea --state any"),
        case("usage-list-unsupported-filter", "list onecloud --search x"),
        case("usage-list-unsupported", "list leadsquared --output json"),
        case("usage-create-without-subject", "create onecloud"),
        case(
            "usage-create-bad-field",
            "create sweeppea --subject x --field no-value",
        ),
        case(
            "usage-create-two-descriptions",
            "create sweeppea --subject x --description y --description-file z",
        ),
        case("usage-update-nothing", "update sweeppea:2531581"),
        case(
            "usage-comment-two-directions",
            "comment leadsquared:160 --body x --inbound --outbound",
        ),
        case(
            "usage-comment-without-body",
            "comment leadsquared:160 --output json",
        ),
        case("usage-delete-nothing", "delete --yes"),
        case(
            "usage-delete-plan-and-dry-run",
            "delete --plan --dry-run onecloud:121",
        ),
        case("usage-sandbox-port", "sandbox --port 70000"),
    ]
}
