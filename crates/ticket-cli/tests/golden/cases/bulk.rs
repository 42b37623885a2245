//! `delete` and `resolve`, where nothing goes wrong on the way.

use ticket_sandbox::Vendor;

use crate::golden::case::{Case, case};

pub(crate) fn deleting() -> Vec<Case> {
    vec![
        case("delete-table", "delete --yes onecloud:121"),
        case("delete-json", "delete --yes onecloud:121 --output json"),
        case(
            "delete-ndjson",
            "delete --yes sweeppea:2531581 --output ndjson",
        ),
        case("delete-csv", "delete --yes leadsquared:160 --output csv"),
        case(
            "delete-batch",
            "delete --yes leadsquared:162 leadsquared:160 leadsquared:161",
        ),
        case(
            "delete-two-batches",
            "delete --yes --from refs.txt --output csv",
        )
        .file(
            "refs.txt",
            (163..264)
                .map(|id| format!("leadsquared:{id}"))
                .collect::<Vec<_>>()
                .join("\n"),
        )
        .prepare(|sandbox| sandbox.add_tickets(Vendor::LeadSquared, 101))
        .in_any_order(),
        case(
            "delete-several-accounts-table",
            "delete --yes leadsquared:161 sweeppea:2531581 leadsquared:160 onecloud:121 \
             sweeppea:2650478",
        )
        .in_any_order(),
        case(
            "delete-several-accounts-json",
            "delete --yes leadsquared:161 sweeppea:2531581 onecloud:121 onecloud:9 \
             --output json",
        )
        .in_any_order(),
        case(
            "delete-several-accounts-ndjson",
            "delete --yes leadsquared:161 sweeppea:2531581 onecloud:121 onecloud:9 \
             --output ndjson",
        )
        .in_any_order(),
        case(
            "delete-several-accounts-csv",
            "delete --yes leadsquared:161 sweeppea:2531581 onecloud:121 onecloud:9 \
             --output csv",
        )
        .in_any_order(),
        case(
            "delete-duplicates-table",
            "delete --yes leadsquared:160 leadsquared:161 leadsquared:160",
        ),
        case(
            "delete-duplicates-ndjson",
            "delete --yes sweeppea:2531581 sweeppea:9 sweeppea:2531581 sweeppea:9 --output \
             ndjson",
        ),
        case("delete-not-found", "delete --yes sweeppea:9"),
        case(
            "delete-locked",
            "delete --yes sweeppea:ABC1234 --output json",
        ),
        case(
            "delete-one-account-twice-named",
            "delete --yes eu:2531581 us:2650478",
        )
        .unconfigured()
        .env("TICKETS_CONFIG", "config.toml")
        .file(
            "config.toml",
            "[accounts.eu]\nprovider = \"sweeppea\"\nbase_url = \"{sandbox}/sweeppea\"\n\
                 api_key = \"{key}\"\n\
                 [accounts.us]\nprovider = \"sweeppea\"\nbase_url = \"{sandbox}/sweeppea\"\n\
                 api_key = \"{key}\"\n",
        )
        .in_any_order(),
        case("delete-without-yes", "delete onecloud:121 sweeppea:2531581"),
        case(
            "delete-without-yes-json",
            "delete onecloud:121 --output json",
        ),
        case("delete-without-yes-from-stdin", "delete --from -").stdin("onecloud:121\n"),
        case("delete-verbose", "-v delete --yes sweeppea:2531581"),
    ]
}

pub(crate) fn resolving() -> Vec<Case> {
    vec![
        case("resolve-table", "resolve --yes sweeppea:2531581"),
        case(
            "resolve-json",
            "resolve --yes leadsquared:160 --output json",
        ),
        case(
            "resolve-ndjson",
            "resolve --yes sweeppea:2531581 sweeppea:9 sweeppea:ABC1234 --output ndjson",
        ),
        case(
            "resolve-csv",
            "resolve --yes sweeppea:2531581 leadsquared:160 leadsquared:161 --output csv",
        )
        .in_any_order(),
        case("resolve-already-closed", "resolve --yes sweeppea:2490017"),
        case(
            "resolve-unsupported",
            "resolve --yes sweeppea:2531581 onecloud:121",
        ),
        case("resolve-without-yes", "resolve sweeppea:2531581"),
        case(
            "resolve-dry-run",
            "resolve --dry-run sweeppea:2531581 leadsquared:160 --output ndjson",
        ),
        case(
            "resolve-plan",
            "resolve --plan --look none sweeppea:2531581 leadsquared:160 leadsquared:161",
        ),
    ]
}

/// Tickets as editors and other systems leave them in a file.
const REFS: &str = "\u{feff}# spam wave\r\n\r\n  leadsquared:160\r\nleadsquared:161  \n\
    #sweeppea:1\nonecloud:121";

/// `--dry-run`, `--plan`, `--from` and `--remaining`.
pub(crate) fn listing() -> Vec<Case> {
    vec![
        case(
            "dry-run-table",
            "delete --dry-run onecloud:121 leadsquared:160 onecloud:121",
        ),
        case(
            "dry-run-json",
            "delete --dry-run onecloud:121 leadsquared:160 --output json",
        ),
        case(
            "dry-run-ndjson",
            "delete --dry-run onecloud:121 leadsquared:160 --output ndjson",
        ),
        case(
            "dry-run-csv",
            "delete --dry-run onecloud:121 leadsquared:160 --output csv",
        ),
        case(
            "dry-run-remaining",
            "delete --dry-run onecloud:121 --remaining rest.txt",
        )
        .file("rest.txt", "onecloud:1\n"),
        case(
            "plan-table",
            "delete --plan --look none leadsquared:160 sweeppea:1 sweeppea:2 onecloud:1",
        ),
        case(
            "plan-json",
            "delete --plan --look none leadsquared:160 sweeppea:1 onecloud:1 --output json",
        ),
        case(
            "plan-ndjson",
            "delete --plan --look none leadsquared:160 sweeppea:1 --output ndjson",
        ),
        case(
            "plan-csv",
            "delete --plan --look none leadsquared:160 sweeppea:1 --output csv",
        ),
        case(
            "plan-rates",
            "delete --plan --look none --rate 2/10 --rate 1/60 sweeppea:1 sweeppea:2 sweeppea:3",
        ),
        case(
            "plan-looked-at",
            "delete --plan --canary 1 --max-failures 5% --only-state closed onecloud:121 onecloud:121",
        ),
        case("plan-sandbox", "--sandbox delete --plan onecloud:121"),
        case(
            "plan-look-too-little",
            "delete --plan --if-unchanged --look sample onecloud:121",
        ),
        case("from-file", "delete --yes --from refs.txt")
            .file("refs.txt", REFS)
            .in_any_order(),
        case("from-stdin", "delete --yes --from - --output ndjson")
            .stdin(REFS)
            .in_any_order(),
        case(
            "from-stdin-dash",
            "delete --dry-run sweeppea:1 - --output csv",
        )
        .stdin(REFS),
        case(
            "from-file-duplicates",
            "delete --yes --from refs.txt sweeppea:2531581 --output csv",
        )
        .file(
            "refs.txt",
            "sweeppea:2650478\nsweeppea:2531581\nsweeppea:2650478\n",
        ),
        case("from-no-file", "delete --yes --from none.txt"),
        case("from-empty", "delete --yes -").stdin("# none\n\n"),
        case("from-bad-line", "delete --yes --from refs.txt")
            .file("refs.txt", "onecloud:121\n\n160\nleadsquared:160\n"),
        case(
            "from-bad-line-json",
            "delete --yes --from refs.txt --output json",
        )
        .file("refs.txt", "onecloud:121\nleadsquared:1 2\n"),
        case("from-line-of-json", "delete --yes -").stdin("{\"ticket\":\"leadsquared:160\"}\n"),
        case("from-line-with-controls", "delete --yes -").stdin("leadsquared:1\u{1b}[2J\n"),
        case("from-line-no-utf8", "delete --yes --from refs.txt")
            .file("refs.txt", b"onecloud:121\n\xff\xfe\n"),
        case("from-unknown-account", "delete --yes -").stdin("onecloud:121\nfreshdesk:1\n"),
        case(
            "remaining-nothing-left",
            "delete --yes onecloud:121 --remaining rest.txt",
        ),
        case(
            "remaining-not-for-good",
            "delete --yes onecloud:9 --remaining rest.txt --output json",
        ),
        case(
            "remaining-after-deadline",
            "delete --yes --rate 1/30 --deadline 10 --remaining rest.txt sweeppea:2531581 \
             sweeppea:2650478 sweeppea:2490017 sweeppea:2650478",
        )
        .waiting_up_to(30),
        case(
            "deadline-without-remaining",
            "delete --yes --rate 1/30 --deadline 10 sweeppea:2531581 sweeppea:2650478 \
             --output ndjson",
        )
        .waiting_up_to(30),
        case(
            "remaining-cannot-be-written",
            "delete --yes onecloud:121 --remaining no/such/folder",
        ),
        case(
            "remaining-is-the-list",
            "delete --yes --from refs.txt --remaining ./refs.txt",
        )
        .file("refs.txt", "onecloud:121\n"),
    ]
}
