//! Commands about one ticket or one list, where nothing goes wrong at the vendor's.

use ticket_sandbox::{MessageKind, TicketSeed, Vendor};

use crate::golden::case::{Case, case};

/// Commands that need no account.
pub(crate) fn showing() -> Vec<Case> {
    vec![
        case("help", "help").unconfigured(),
        case("help-short", "-h").unconfigured(),
        case("help-delete", "help delete").unconfigured(),
        case("help-list-long", "list --help").unconfigured(),
        case("version", "--version").unconfigured(),
        case("providers-table", "providers").unconfigured(),
        case("providers-json", "providers --output json").unconfigured(),
        case("providers-ndjson", "providers --output ndjson").unconfigured(),
        case("providers-csv", "providers --output csv").unconfigured(),
        case("sandbox-table", "sandbox --tickets 3 --no-quotas")
            .unconfigured()
            .interrupted_after("LEADSQUARED_SECRET_KEY"),
        case("sandbox-ndjson", "sandbox --output ndjson")
            .unconfigured()
            .interrupted_after("LEADSQUARED_SECRET_KEY"),
        case("sandbox-port-taken", "sandbox --port {port}").unconfigured(),
        case("get-in-own-sandbox", "--sandbox get onecloud:121").unconfigured(),
        case(
            "delete-in-own-sandbox",
            "--sandbox delete --yes sweeppea:2531581",
        )
        .env("TICKETS_CONFIG", "no/such/file"),
    ]
}

/// `get`, `list` and `messages`.
pub(crate) fn reading() -> Vec<Case> {
    vec![
        case("get-table", "get onecloud:121"),
        case("get-json", "get onecloud:121 --output json"),
        case("get-ndjson", "get onecloud:121 --output ndjson"),
        case("get-csv", "get onecloud:121 --output csv"),
        case("get-sweeppea", "get sweeppea:2531581"),
        case("get-sweeppea-json", "get sweeppea:2531581 --output json"),
        case("get-leadsquared", "get leadsquared:160"),
        case("get-leadsquared-json", "get leadsquared:160 --output json"),
        case("get-control-characters", "get onecloud:evil").prepare(|sandbox| {
            let evil = "\u{1b}[2J\u{1b}]0;owned\u{7}\r\nCafé\t世界";
            let ticket = TicketSeed::new(evil).id("evil").description(evil);
            sandbox.add_ticket(Vendor::OneCloud, ticket);
        }),
        case("get-id-with-slash", "get onecloud:a/b?c"),
        case("get-verbose", "-v get onecloud:121"),
        case("get-debug", "-vv get sweeppea:2531581"),
        case("get-with-login", "get onecloud:121")
            .unconfigured()
            .env("ONECLOUD_BASE_URL", "{sandbox}/onecloud")
            .env("ONECLOUD_EMAIL", "sandbox@example.com")
            .env("ONECLOUD_PASSWORD", "sandbox-onecloud-password")
            .env("ONECLOUD_SITE_ID", "123"),
        case("get-from-configured-account", "get eu:2531581")
            .unconfigured()
            .env("TICKETS_CONFIG", "config.toml")
            .env("EU_KEY", "{key}")
            .file(
                "config.toml",
                "[accounts.eu]\nprovider = \"sweeppea\"\nbase_url = \"{sandbox}/sweeppea\"\n\
                 api_key_env = \"EU_KEY\"\n",
            ),
        case("list-table", "list onecloud"),
        case("list-json", "list onecloud --output json"),
        case("list-ndjson", "list onecloud --output ndjson"),
        case("list-csv", "list onecloud --output csv"),
        case("list-sweeppea", "list sweeppea"),
        case(
            "list-filters",
            "list sweeppea --state open --search spam --priority medium --category general",
        ),
        case("list-closed", "list sweeppea --state closed --output csv"),
        case("list-limit", "list onecloud --limit 2"),
        case("list-largest-pages", "list onecloud --output csv")
            .settings(|builder| builder.seed_tickets(false))
            .prepare(|sandbox| sandbox.add_tickets(Vendor::OneCloud, 101)),
        case("list-pages", "list onecloud --page-size 20 --output csv")
            .settings(|builder| builder.seed_tickets(false))
            .prepare(|sandbox| sandbox.add_tickets(Vendor::OneCloud, 45)),
        case("list-empty-table", "list onecloud").settings(|builder| builder.seed_tickets(false)),
        case("list-empty-json", "list onecloud --output json")
            .settings(|builder| builder.seed_tickets(false)),
        case("messages-table", "messages leadsquared:143"),
        case("messages-json", "messages leadsquared:143 --output json"),
        case(
            "messages-ndjson",
            "messages leadsquared:143 --output ndjson",
        ),
        case("messages-csv", "messages leadsquared:143 --output csv"),
        case("messages-onecloud", "messages onecloud:121").prepare(|sandbox| {
            let kind = MessageKind::Outgoing;
            sandbox.add_message(Vendor::OneCloud, "121", kind, "It is\non its way");
        }),
        case("messages-sweeppea", "messages sweeppea:HYXTNJV"),
        case("messages-empty", "messages sweeppea:2531581"),
        case("messages-long", "messages leadsquared:143").prepare(super::viewing::talk),
    ]
}

/// `create`, `update` and `comment`.
pub(crate) fn changing() -> Vec<Case> {
    vec![
        case(
            "create-onecloud",
            "create onecloud --subject 'Café — déjà vu' --description 'a b' \
             --requester-name 'A B' --requester-email a@example.com --category Request",
        ),
        case(
            "create-sweeppea-json",
            "create sweeppea --subject Fire --description-file text.txt --priority high \
             --output json",
        )
        .file("text.txt", "line 1\nline 2\n"),
        case(
            "create-leadsquared-ndjson",
            "create leadsquared --subject Fire --description-file - --priority urgent \
             --requester-email a@example.com --field Channel=Chat --output ndjson",
        )
        .stdin("from a pipe\n"),
        case(
            "create-leadsquared-csv",
            "create leadsquared --subject Fire --requester-email a@example.com --output csv",
        ),
        case(
            "create-with-attachments",
            "create leadsquared --subject Fire --requester-email a@example.com --attach \
             note.txt --attach 'odd name.png'",
        )
        .file("note.txt", "signed by hand")
        .file("odd name.png", ""),
        case(
            "create-refused-field",
            "create sweeppea --subject x --category Request",
        ),
        case(
            "create-refused-tag",
            "create onecloud --subject x --tag vip --output json",
        ),
        case(
            "create-missing-attachment",
            "create leadsquared --subject x --attach none.txt",
        ),
        case(
            "update-sweeppea",
            "update sweeppea:2531581 --subject 'New subject'",
        ),
        case(
            "update-leadsquared-json",
            "update leadsquared:160 --subject New --status on-hold --priority high \
             --category Billing --field Shop=12=a --output json",
        ),
        case(
            "update-csv",
            "update leadsquared:160 --status resolved --output csv",
        ),
        case(
            "update-ndjson-from-stdin",
            "update sweeppea:2531581 --description-file - --output ndjson",
        )
        .stdin("a\nb\n"),
        case(
            "update-attachment",
            "update leadsquared:160 --attach note.txt",
        )
        .file("note.txt", "signed by hand"),
        case("update-unsupported", "update onecloud:121 --subject x"),
        case(
            "update-unsupported-field",
            "update sweeppea:2531581 --status closed --output json",
        ),
        case("update-locked", "update sweeppea:ABC1234 --subject x"),
        case(
            "comment-table",
            "comment leadsquared:160 --body 'Grüße 世界'",
        ),
        case(
            "comment-inbound-json",
            "comment leadsquared:160 --body x --inbound --output json",
        ),
        case(
            "comment-csv",
            "comment leadsquared:160 --body-file text.txt --output csv",
        )
        .file("text.txt", "\u{feff}line 1\r\nline 2"),
        case(
            "comment-attachment",
            "comment leadsquared:160 --body x --attach note.txt --output ndjson",
        )
        .file("note.txt", "signed by hand"),
        case("comment-empty", "comment leadsquared:160 --body-file -").stdin(" \n"),
        case(
            "comment-outbound",
            "comment leadsquared:160 --body x --outbound",
        ),
        case("comment-unsupported", "comment sweeppea:2531581 --body x"),
    ]
}
