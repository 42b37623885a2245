//! Tests of the guarantees of `Error`.

use super::*;

#[test]
fn name_is_what_serde_reads_and_writes() {
    fn assert_same<T>(all: &[T])
    where
        T: Copy
            + ToString
            + PartialEq
            + std::fmt::Debug
            + serde::Serialize
            + serde::de::DeserializeOwned,
    {
        for one in all {
            let json = format!("\"{}\"", one.to_string());
            assert_eq!(serde_json::to_string(one).unwrap(), json);
            assert_eq!(serde_json::from_str::<T>(&json).unwrap(), *one);
        }
    }
    assert_same(ErrorKind::ALL);
    assert_same(Effect::ALL);
    assert_same(Operation::ALL);
}

#[test]
fn transient_kinds_are_those_that_may_succeed_later() {
    let transient: Vec<_> = ErrorKind::ALL
        .iter()
        .filter(|kind| Error::new(**kind, "").is_transient())
        .map(|kind| kind.as_str())
        .collect();
    assert_eq!(
        transient,
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
    assert_eq!(
        writes,
        [
            "create", "update", "resolve", "delete", "restore", "purge", "comment"
        ]
    );
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
fn vendor_words_are_told_as_they_came_and_blank_ones_not_at_all() {
    let error = |words| Error::new(ErrorKind::Server, "failed").with_vendor_message(words);
    assert_eq!(
        error(" out of order ").vendor_message(),
        Some("out of order")
    );
    for none in [Error::new(ErrorKind::Server, "failed"), error(" \n")] {
        assert_eq!(none.vendor_message(), None);
        assert_eq!(none.to_string(), "failed");
    }
}

#[test]
fn when_the_vendor_takes_calls_again_is_told_where_it_is_known() {
    let error = Error::new(ErrorKind::QuotaExhausted, "used up");
    assert_eq!(error.available_at(), None);
    let evening = Timestamp::constant(1_792_148_400, 0);
    let error = error.with_available_at(evening);
    assert_eq!(error.available_at(), Some(evening));
}

#[test]
fn our_own_words_may_be_twice_as_long_as_the_vendors() {
    let told = |length| Error::new(ErrorKind::Server, "x".repeat(length)).to_string();
    assert_eq!(told(599), "x".repeat(599));
    assert_eq!(told(10_000), "x".repeat(599) + "…");
}

#[test]
fn a_hostile_ticket_id_is_cut_and_escaped() {
    let error =
        Error::invalid_input("refused").on_ticket(&format!("1\r\n{}", "9".repeat(10_000)).into());
    // Forty characters in all.
    let shown = format!("1\\r\\n{}…", "9".repeat(34));
    assert_eq!(error.to_string(), format!("{shown}: refused"));
}

#[test]
fn no_character_that_misleads_reaches_a_line() {
    let signs = "\r\n\t\0\u{1b}\u{7f}\u{85}\u{61c}\u{200b}\u{200f}\u{2028}\u{2029}\u{202a}\u{202e}\u{2060}\u{2066}\u{2069}\u{feff}";
    for sign in signs.chars() {
        let text = format!("a{sign}b");
        let error = Error::new(ErrorKind::Server, &*text)
            .with_vendor_message(&text)
            .on_ticket(&(&*text).into());
        let line = error.to_string();
        assert!(!line.contains(sign), "{line:?}");
        // Its escaped form appears three times.
        let escaped = sign.escape_default().to_string();
        assert_eq!(line.matches(&escaped).count(), 3, "{line:?}");
    }
}

#[test]
fn the_cause_is_kept_and_not_part_of_the_line() {
    use std::error::Error as _;

    let error = Error::new(ErrorKind::Connect, "no connection");
    assert!(error.source().is_none());
    let error = error.with_source(std::io::Error::other("refused"));
    assert_eq!(error.source().unwrap().to_string(), "refused");
    assert_eq!(error.to_string(), "no connection");
}

#[test]
fn debug_is_one_readable_line_with_what_display_leaves_out() {
    let error = Error::new(ErrorKind::NotFound, "there is no such ticket")
        .with_status(404)
        .in_operation("sweeppea", Operation::Delete)
        .on_ticket(&"2531581".into());
    assert_eq!(
        format!("{error:?}"),
        "sweeppea delete 2531581: there is no such ticket (HTTP 404) [not_found, effect none]"
    );
    assert_eq!(format!("{error:#?}"), format!("{error:?}"));
    let error = Error::new(ErrorKind::Server, "it failed\nbadly").with_vendor_message("a\nb");
    let error = error.in_operation("sweeppea", Operation::Delete);
    assert_eq!(
        format!("{error:?}"),
        "sweeppea delete: it failed\\nbadly; the vendor may have acted; the vendor says: \"a\\nb\" \
         [server, effect unknown]"
    );
}

#[test]
fn debug_tells_a_cause_only_where_it_says_more() {
    let error = |message: &str| Error::new(ErrorKind::Connect, message);
    // A cause with its own cause.
    let inner = error("the\nname is not known");
    let outer = error("no connection").with_source(inner);
    assert_eq!(
        format!(
            "{:?}",
            error("the vendor cannot be reached").with_source(outer)
        ),
        "the vendor cannot be reached [connect, effect none; cause: no connection; cause: the\\nname is not known]"
    );
    let said = error("no connection: refused").with_source(std::io::Error::other("refused"));
    assert_eq!(
        format!("{said:?}"),
        "no connection: refused [connect, effect none]"
    );
    let long = error("no connection").with_source(std::io::Error::other("x".repeat(10_000)));
    assert!(format!("{long:?}").len() < 400);
}
