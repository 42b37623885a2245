//! `find` and `erase`.

use crate::golden::case::{Case, case};

pub(crate) fn finding() -> Vec<Case> {
    let erase = |name, line| case(name, line).in_any_order();
    vec![
        case(
            "find-table",
            "find --account rt --requester ann@example.com",
        ),
        case(
            "find-json",
            "find --account rt --requester ann@example.com --output json",
        ),
        case(
            "find-all-accounts-ndjson",
            "find --all-accounts --subject issue --output ndjson",
        )
        .in_any_order(),
        case(
            "find-all-accounts-csv",
            "find --all-accounts --requester john.doe@example.com --output csv",
        )
        .in_any_order(),
        case("find-nothing", "find --account rt --text 'no such words'").in_any_order(),
        case(
            "find-unsearchable",
            "find --account leadsquared --text spam",
        ),
        case(
            "find-unsearchable-json",
            "find --account leadsquared --text spam --output json",
        ),
        case("find-without-criterion", "find --all-accounts"),
        case("find-without-account", "find --subject x"),
        case("find-blank-subject", "find --all-accounts --subject ' '"),
        case(
            "find-wrong-condition",
            "find --all-accounts --where '.subject |'",
        ),
        case("find-unconfigured", "find --all-accounts --subject x").unconfigured(),
        case("find-unknown-account", "find --account rr --subject x"),
        erase(
            "erase-table",
            "erase --no-archive --requester ann@example.com --account rt --account leadsquared",
        ),
        erase(
            "erase-json",
            "erase --no-archive --requester ann@example.com --account rt --output json",
        ),
        erase(
            "erase-nothing",
            "erase --no-archive --requester nobody@example.com --account rt",
        ),
        erase(
            "erase-without-keep",
            "erase --requester ann@example.com --archive archive",
        ),
        erase("erase-name", "erase --no-archive --requester Ann"),
        erase(
            "erase-unknown-column",
            "erase --no-archive --from people.csv --column mail",
        )
        .file("people.csv", "name;email\nAnn;ann@example.com\n"),
        erase(
            "erase-wrong-cells",
            "erase --no-archive --from people.csv --column email --output json",
        )
        .file("people.csv", "name,email\nAnn,ann example com\nBob\n"),
    ]
}
