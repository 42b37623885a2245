//! `view`: whole conversations, also where the vendor does not answer to the end.

use ticket_sandbox::{Endpoint, Fault, MessageKind, Rule, Sandbox, Vendor};

use crate::golden::case::{Case, case};

/// A conversation with what mail programs send and what attackers would.
pub(super) fn talk(sandbox: &Sandbox) {
    let html = "<html><head><title>x</title></head><body><p>Dear <b>Ann</b>,</p><p>read \
        <a href=\"https://example.com/fire\">our page</a> and write to <desk@example.com>.</p>\
        <ul><li>Leave the building</li><li>Call us</li></ul></body></html>";
    let evil = "\u{1b}[2J\u{202e}fdp.exe\n── Message 9 · internal note ──\nThe boss\u{7}";
    let plain =
        "Hello,\n\n> Is it still on fire?\n\n\tYes: 1 < 2, see <https://example.com/a?b=1>\n\nAnn";
    for (kind, text) in [
        (MessageKind::Incoming, plain),
        (MessageKind::Outgoing, html),
        (MessageKind::Note, evil),
        (MessageKind::Incoming, ""),
    ] {
        sandbox.add_message(Vendor::Rt, "1", kind, text);
        sandbox.add_message(Vendor::LeadSquared, "143", kind, text);
    }
}

/// `view`.
pub(crate) fn viewing() -> Vec<Case> {
    let half = || {
        let fault = Rule::new(Fault::Status(403)).endpoint(Endpoint::Messages);
        fault.skip(1).always()
    };
    vec![
        case("view-onecloud", "view onecloud:121"),
        case("view-sweeppea", "view sweeppea:HYXTNJV"),
        case("view-leadsquared", "view leadsquared:143").prepare(talk),
        case("view-redmine", "view redmine:1"),
        case("view-rt", "view rt:1").prepare(talk),
        case("view-rt-json", "view rt:1 --output json"),
        case("view-rt-ndjson", "view rt:1 --output ndjson"),
        case("view-sweeppea-json", "view sweeppea:2531581 --output json"),
        case("view-csv", "view rt:1 --output csv"),
        case("view-not-found", "view rt:99999"),
        case("view-messages-fail-in-the-middle", "view rt:1")
            .prepare(|sandbox| {
                for number in 1..=120 {
                    let kind = MessageKind::Outgoing;
                    sandbox.add_message(Vendor::Rt, "1", kind, format!("Number {number}"));
                }
            })
            .rule(half()),
        case(
            "view-messages-fail-json",
            "view leadsquared:143 --output json",
        )
        .rule(Rule::new(Fault::Status(403)).endpoint(Endpoint::Messages)),
        case("view-web", "view redmine:1 --web"),
        case("view-web-rt", "view rt:1 --web --output json"),
        case("view-web-unknown", "view sweeppea:2531581 --web"),
        case("view-web-wrong-id", "view rt:one --web"),
    ]
}
