//! What an error promises.

use super::*;

#[test]
fn every_kind_has_a_name_of_its_own() {
    let names: std::collections::BTreeSet<_> =
        ErrorKind::ALL.iter().map(|kind| kind.as_str()).collect();
    assert_eq!(names.len(), ErrorKind::ALL.len());
}

#[test]
fn what_may_succeed_later_is_retryable() {
    let retryable: Vec<_> = ErrorKind::ALL
        .iter()
        .filter(|kind| Error::new(**kind, "").is_retryable())
        .map(|kind| kind.as_str())
        .collect();
    assert_eq!(
        retryable,
        [
            "rate_limited",
            "unavailable",
            "timeout",
            "connect",
            "server"
        ]
    );
}

#[test]
fn what_changes_something_is_a_write() {
    let writes: Vec<_> = Operation::ALL
        .iter()
        .filter(|operation| operation.is_write())
        .map(|operation| operation.as_str())
        .collect();
    assert_eq!(writes, ["create", "update", "resolve", "delete", "comment"]);
}

#[test]
fn an_error_of_a_read_has_no_effect_whatever_went_wrong() {
    for kind in ErrorKind::ALL {
        let error = Error::new(*kind, "failed").with_effect(Effect::Unknown);
        assert_eq!(
            error.clone().in_operation("x", Operation::Get).effect(),
            Effect::None
        );
        assert_eq!(
            error.in_operation("x", Operation::Delete).effect(),
            Effect::Unknown
        );
    }
}

#[test]
fn vendor_words_are_bounded_and_cannot_forge_a_line() {
    let error =
        Error::new(ErrorKind::Server, "failed").with_vendor_message(&"a\nb\u{202e}".repeat(1000));
    let line = error.to_string();
    assert!(
        line.starts_with("failed; the vendor says: \"a\\nb\\u{202e}a"),
        "{line}"
    );
    assert_eq!(line.lines().count(), 1);
    assert!(
        error.vendor_message().unwrap().chars().count() <= 300,
        "{line}"
    );
    assert!(line.ends_with("…\""), "{line}");
}

#[test]
fn a_hostile_ticket_id_is_cut_and_escaped() {
    let error =
        Error::invalid_input("refused").on_ticket(&format!("1\r\n{}", "9".repeat(10_000)).into());
    assert!(error.to_string().starts_with("1\\r\\n9"));
    assert!(error.to_string().len() < 120);
}
