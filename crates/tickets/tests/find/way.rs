//! How tickets would be found, told without a request.

use tickets::find::{Criterion, Find, How};
use tickets::model::State;
use tickets::{ErrorKind, onecloud, redmine, rt, sweeppea};

#[test]
fn way_says_who_decides_what() {
    let find = Find::new()
        .requester("ann@example.com")
        .subject("printer")
        .state(State::Open);
    let words = |info| find.way(&info).unwrap().to_string();
    assert_eq!(
        words(rt::info()),
        "filtered by the vendor: requester, state; filtered here: subject"
    );
    assert_eq!(words(redmine::info()), words(rt::info()));
    assert_eq!(
        words(sweeppea::info()),
        "filtered by the vendor: state; filtered here, after reading each ticket: requester, subject"
    );
    assert_eq!(
        words(onecloud::info()),
        "filtered here: subject, state; filtered here, after reading each conversation: requester"
    );
    let two = find
        .requester("bob@example.com")
        .requester("BOB@example.com");
    let way = two.way(&rt::info()).unwrap();
    assert_eq!(way.lists, 2);
    assert_eq!(way.most(), How::Rows);
    assert_eq!(way.criteria[0], (Criterion::Requester, How::Vendor));
    assert_eq!(
        way.to_string(),
        "filtered by the vendor: requester, state (2 lists); filtered here: subject"
    );
    let json = serde_json::to_value(&way).unwrap();
    assert_eq!(
        json["criteria"][0],
        serde_json::json!(["requester", "vendor"])
    );
}

#[test]
fn what_a_provider_does_not_tell_is_named_all_at_once() {
    let find = Find::new()
        .domain("example.com")
        .tag("vip")
        .subject("printer");
    let error = find.way(&redmine::info()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unsupported);
    assert_eq!(
        error.message(),
        "Redmine does not tell the domain of the requester's address, labels"
    );
}

#[test]
fn nothing_and_blanks_are_refused() {
    for find in [
        Find::new(),
        Find::new().ignoring_plus_tags(),
        Find::new().requester(" "),
        Find::new().requester("@example.com"),
        Find::new().requester("ann@"),
        Find::new().domain("@"),
        Find::new().domain("ann@example.com"),
        Find::new().subject(" "),
        Find::new().text(""),
        Find::new().tag(""),
        Find::new().custom("Order", ""),
        Find::new().custom("", "A-1"),
    ] {
        let error = find.way(&rt::info()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{find:?}");
    }
}
