//! Tickets that the vendor's list leaves out, and another list of it has.

use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};
use tickets::ErrorKind;
use tickets::find::Find;

use super::{account, asked, of, sandbox, search};

const OLD: &str = "2020-01-01T00:00:00Z";

/// A ticket of Ann that is listed, one that is archived, and one of somebody else that is archived.
async fn desk() -> (Sandbox, String, String) {
    let sandbox = sandbox().await;
    let hers = || of(Vendor::Zendesk, "ann@example.com");
    let listed = sandbox.add_ticket(Vendor::Zendesk, hers().attribute("updated_at", OLD));
    let archived = hers().attribute("updated_at", OLD).archived();
    let archived = sandbox.add_ticket(Vendor::Zendesk, archived);
    let other = of(Vendor::Zendesk, "bob@example.com");
    sandbox.add_ticket(
        Vendor::Zendesk,
        other.attribute("updated_at", OLD).archived(),
    );
    (sandbox, listed, archived)
}

/// The paths that were asked for, without their queries.
fn paths(sandbox: &Sandbox) -> Vec<String> {
    let seen = sandbox.journal().into_iter();
    seen.filter(|seen| seen.endpoint == Some(Endpoint::List))
        .map(|seen| seen.path.split('?').next().unwrap_or_default().to_owned())
        .collect()
}

#[tokio::test]
async fn archived_tickets_are_found_and_those_in_both_lists_once() {
    let (sandbox, listed, archived) = desk().await;
    let find = Find::new().requester("ann@example.com");
    let searched = search(&find, &account(&sandbox, Vendor::Zendesk)).await;
    assert_eq!(searched.whole(), [listed.as_str(), archived.as_str()]);
    // The listed one came a second time and was neither counted nor read again.
    assert_eq!((searched.counts.listed, searched.counts.read), (3, 3));
    assert_eq!(asked(&sandbox, Endpoint::Get), 3);
    assert_eq!(
        paths(&sandbox),
        [
            "/zendesk/api/v2/tickets",
            "/zendesk/api/v2/incremental/tickets/cursor"
        ]
    );
}

#[tokio::test]
async fn one_list_is_enough_where_the_filter_leaves_nothing_out() {
    let (sandbox, listed, archived) = desk().await;
    let before = "2021-01-01T00:00:00Z".parse().unwrap();
    let find = Find::new().subject("subject").updated_before(before);
    let searched = search(&find, &account(&sandbox, Vendor::Zendesk)).await;
    let whole = searched.whole();
    assert!(
        whole.contains(&listed.as_str()) && whole.contains(&archived.as_str()),
        "{whole:?}"
    );
    assert_eq!(
        paths(&sandbox),
        ["/zendesk/api/v2/incremental/tickets/cursor"]
    );
}

#[tokio::test]
async fn search_that_may_not_read_the_archived_tickets_is_incomplete_and_says_so() {
    let (sandbox, listed, _) = desk().await;
    let refused = Rule::new(Fault::Status(403));
    sandbox.inject(refused.endpoint(Endpoint::List).skip(1));
    let find = Find::new().subject("subject");
    let searched = search(&find, &account(&sandbox, Vendor::Zendesk)).await;
    assert_eq!(searched.ids(), [listed.as_str()]);
    let [error] = searched.errors.as_slice() else {
        panic!("{:?}", searched.errors);
    };
    assert_eq!(error.kind(), ErrorKind::Incomplete);
    assert!(
        error
            .message()
            .starts_with("not all archived tickets were searched: "),
        "{error}"
    );
    assert_eq!(paths(&sandbox).len(), 2);
}
