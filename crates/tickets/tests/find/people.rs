//! Whose tickets are found.

use proptest::prelude::*;
use serde_json::json;
use ticket_sandbox::{Endpoint, MessageKind, TicketSeed, Vendor};
use tickets::ErrorKind;
use tickets::find::Find;

use crate::{LISTING, account, asked, lists, of, sandbox, search};

/// Somebody's address, and others that contain it.
const ADDRESSES: [&str; 4] = [
    "Ann@Example.com",
    "joann@example.com",
    "ann@example.com.evil.example",
    "bob@example.com",
];

#[tokio::test]
async fn address_matches_whole_in_any_case_at_every_vendor_that_lists() {
    for vendor in LISTING {
        let sandbox = sandbox().await;
        let ids = ADDRESSES.map(|address| sandbox.add_ticket(vendor, of(vendor, address)));
        // Who is only spoken of is no requester.
        let other = of(vendor, "bob@example.com").description("Write to ann@example.com");
        sandbox.add_ticket(vendor, other);
        let find = Find::new().requester(" ANN@example.COM ");
        let searched = search(&find, &account(&sandbox, vendor)).await;
        assert_eq!(searched.whole(), [&ids[0]], "{vendor:?}");
        assert_eq!(searched.found[0].1, [0]);
        let reads = [Endpoint::Get, Endpoint::Messages].map(|endpoint| asked(&sandbox, endpoint));
        let counts = searched.counts;
        assert_eq!([counts.read, counts.conversations], reads);
        let expected = match vendor {
            Vendor::OneCloud => (5, [0, 5]),
            Vendor::Sweeppea => (5, [5, 0]),
            _ => (1, [0, 0]),
        };
        assert_eq!((counts.listed, reads), expected, "{vendor:?}");
    }
}

#[tokio::test]
async fn vendor_filters_by_address_where_its_filter_is_exact() {
    let sandbox = sandbox().await;
    let find = Find::new().requester("Ann@Example.com");
    for vendor in [Vendor::Rt, Vendor::Redmine] {
        sandbox.add_ticket(vendor, of(vendor, "Ann@Example.com"));
        assert_eq!(
            search(&find, &account(&sandbox, vendor))
                .await
                .whole()
                .len(),
            1
        );
    }
    let lists = lists(&sandbox);
    assert!(
        lists[0].contains("Requestor.EmailAddress = 'ann@example.com' OR "),
        "{lists:?}"
    );
    // Of the user who has the address, whose account is locked.
    assert!(lists[1].contains("v[author_id][]=6"), "{lists:?}");
    assert_eq!(lists.len(), 2);
    let journal = sandbox.journal();
    let lookup = journal
        .iter()
        .find(|exchange| exchange.endpoint == Some(Endpoint::Lookup));
    let path = &lookup.unwrap().path;
    assert!(
        path.contains("/users.json?name=ann%40example.com&status="),
        "{path}"
    );
}

#[tokio::test]
async fn ticket_of_two_requesters_is_found_once_by_either() {
    let sandbox = sandbox().await;
    let two =
        TicketSeed::new("Two").attribute("Requestor", vec!["bob@example.com", "ann@example.com"]);
    let two = sandbox.add_ticket(Vendor::Rt, two);
    let one = sandbox.add_ticket(Vendor::Rt, of(Vendor::Rt, "ann@example.com"));
    let rt = account(&sandbox, Vendor::Rt);
    let both = Find::new()
        .requester("ann@example.com")
        .requester("bob@example.com")
        .requester("ANN@EXAMPLE.COM");
    let searched = search(&both, &rt).await;
    assert_eq!(searched.whole(), [&two, &one]);
    assert_eq!(searched.found[0].1, [0, 1, 2]);
    assert_eq!(searched.found[1].1, [0, 2]);
    // One list for each address, however often it is named.
    assert_eq!(lists(&sandbox).len(), 2);
    let second = search(&Find::new().requester("bob@example.com"), &rt).await;
    assert_eq!(second.whole(), [&two]);
}

#[tokio::test]
async fn plus_tag_is_a_part_of_the_address_unless_it_is_ignored() {
    for vendor in [Vendor::OneCloud, Vendor::Sweeppea, Vendor::Rt] {
        let sandbox = sandbox().await;
        let tagged = sandbox.add_ticket(vendor, of(vendor, "Ann+Shop@example.com"));
        let plain = sandbox.add_ticket(vendor, of(vendor, "ann@example.com"));
        sandbox.add_ticket(vendor, of(vendor, "joann+shop@example.com"));
        let account = account(&sandbox, vendor);
        let exact = Find::new().requester("ann@example.com");
        assert_eq!(search(&exact, &account).await.whole(), [&plain]);
        let tag = Find::new().requester("ann+shop@example.com");
        assert_eq!(search(&tag, &account).await.whole(), [&tagged]);
        let mut any = search(&exact.ignoring_plus_tags(), &account).await;
        any.found.sort();
        assert_eq!(any.whole(), [&tagged, &plain], "{vendor:?}");
        let mut any = search(&tag.ignoring_plus_tags(), &account).await;
        any.found.sort();
        assert_eq!(any.whole(), [&tagged, &plain]);
    }
    // Redmine looks users up by a whole address.
    let sandbox = sandbox().await;
    let find = Find::new()
        .requester("ann@example.com")
        .ignoring_plus_tags();
    let searched = search(&find, &account(&sandbox, Vendor::Redmine)).await;
    assert_eq!(searched.errors[0].kind(), ErrorKind::Unsupported);
    assert!(sandbox.journal().is_empty());
}

#[tokio::test]
async fn domain_matches_whole_without_its_subdomains() {
    for vendor in [Vendor::OneCloud, Vendor::Sweeppea, Vendor::Rt] {
        let sandbox = sandbox().await;
        let id = sandbox.add_ticket(vendor, of(vendor, "ann@Example.com"));
        for other in [
            "ann@mail.example.com",
            "ann@notexample.com",
            "example.com@x.example",
        ] {
            sandbox.add_ticket(vendor, of(vendor, other));
        }
        let find = Find::new().domain("@example.com");
        let searched = search(&find, &account(&sandbox, vendor)).await;
        assert_eq!(searched.whole(), [&id], "{vendor:?}");
        assert!(searched.found[0].1.is_empty());
    }
}

#[tokio::test]
async fn requester_without_an_at_sign_is_a_name_or_an_id() {
    let sandbox = sandbox().await;
    let of_ann = json!({ "id": 6, "name": "Ann Example" });
    let redmine = sandbox.add_ticket(
        Vendor::Redmine,
        TicketSeed::new("x").attribute("author", of_ann),
    );
    sandbox.add_ticket(Vendor::Redmine, TicketSeed::new("y"));
    let account = account(&sandbox, Vendor::Redmine);
    for (requester, expected) in [("Ann Example", 1), ("6", 1), ("Ann", 0), ("ann example", 0)] {
        let searched = search(&Find::new().requester(requester), &account).await;
        assert_eq!(searched.whole().len(), expected, "{requester}");
        assert!(searched.ids().iter().all(|id| **id == *redmine));
    }
    // By the id, Redmine filters; by a name, every row is looked at.
    let lists = lists(&sandbox);
    let is_filtered: Vec<_> = lists
        .iter()
        .map(|list| list.contains("author_id"))
        .collect();
    assert_eq!(is_filtered, [false, true, false, false]);
}

#[tokio::test]
async fn ticket_without_a_requester_is_undecided_where_the_rows_are_looked_at() {
    let sandbox = sandbox().await;
    let nobodys = sandbox.add_ticket(Vendor::Rt, TicketSeed::new("x"));
    sandbox.add_ticket(Vendor::Rt, of(Vendor::Rt, "bob@example.com"));
    let rt = account(&sandbox, Vendor::Rt);
    for find in [
        Find::new().requester("Ann"),
        Find::new().domain("example.org"),
    ] {
        let searched = search(&find, &rt).await;
        assert!(searched.ids().is_empty());
        let [error] = &searched.errors[..] else {
            panic!("{:?}", searched.errors);
        };
        assert_eq!(error.ticket().unwrap().as_str(), nobodys);
    }
    // The vendor's own filter knows better.
    let by_address = search(&Find::new().requester("ann@example.com"), &rt).await;
    assert!(by_address.whole().is_empty());
}

#[tokio::test]
async fn name_at_onecloud_is_in_the_rows_and_the_id_of_the_contact_in_each_ticket() {
    let sandbox = sandbox().await;
    let vendor = Vendor::OneCloud;
    let ann = TicketSeed::new("x").attribute("Requestor", "Ann Example");
    let ann = sandbox.add_ticket(vendor, ann);
    let other = sandbox.add_ticket(vendor, TicketSeed::new("y"));
    let account = account(&sandbox, vendor);
    let by_name = search(&Find::new().requester("Ann Example"), &account).await;
    assert_eq!(by_name.whole(), [&ann]);
    assert_eq!(asked(&sandbox, Endpoint::Get), 0);
    let by_id = search(&Find::new().requester("31329"), &account).await;
    assert_eq!(by_id.whole(), [&other]);
    assert_eq!(asked(&sandbox, Endpoint::Get), 2);
}

#[tokio::test]
async fn requester_at_onecloud_wrote_the_first_message_and_no_later_one() {
    let sandbox = sandbox().await;
    let vendor = Vendor::OneCloud;
    let ids = ["ann@example.com", "bob@example.com"].map(|address| {
        let id = sandbox.add_ticket(vendor, of(vendor, address));
        sandbox.add_message(vendor, &id, MessageKind::Outgoing, "To ann@example.com");
        id
    });
    let searched = search(
        &Find::new().requester("ann@example.com"),
        &account(&sandbox, vendor),
    )
    .await;
    assert_eq!(searched.whole(), [&ids[0]]);
}

#[tokio::test]
async fn ticket_whose_requester_the_vendor_does_not_tell_is_undecided() {
    let sandbox = sandbox().await;
    let vendor = Vendor::OneCloud;
    // From a chat, without an address.
    let chat = sandbox.add_ticket(vendor, TicketSeed::new("x").description("A text"));
    let silent = sandbox.add_ticket(vendor, TicketSeed::new("y"));
    let ann = sandbox.add_ticket(vendor, of(vendor, "ann@example.com"));
    let searched = search(
        &Find::new().requester("ann@example.com"),
        &account(&sandbox, vendor),
    )
    .await;
    assert_eq!(searched.ids(), [&ann]);
    let undecided: Vec<_> = searched
        .errors
        .iter()
        .map(|error| error.ticket().unwrap().as_str())
        .collect();
    assert_eq!(undecided, [&chat, &silent]);
    assert_eq!((searched.counts.undecided, searched.counts.found), (2, 1));
    assert!(
        searched
            .errors
            .iter()
            .all(|error| error.kind() == ErrorKind::Incomplete)
    );
}

#[tokio::test]
async fn address_at_redmine_that_is_not_shown_or_may_not_be_looked_up_is_refused() {
    let sandbox = sandbox().await;
    let find = Find::new().requester("bob@example.org");
    let searched = search(&find, &account(&sandbox, Vendor::Redmine)).await;
    assert_eq!(searched.errors[0].kind(), ErrorKind::Unsupported);
    assert!(
        searched.errors[0]
            .message()
            .contains("that Redmine does not show"),
        "{:?}",
        searched.errors
    );
    // Eve's address has Dora's in it: whether she has that too, Redmine does not show.
    let dora = Find::new().requester("dora@example.com");
    let searched = search(&dora, &account(&sandbox, Vendor::Redmine)).await;
    assert_eq!(searched.ids(), [] as [&str; 0]);
    assert_eq!(searched.errors[0].kind(), ErrorKind::Incomplete);
    let agent = tickets::AccountConfig::new("redmine")
        .setting("base_url", sandbox.base_url(Vendor::Redmine))
        .setting(
            "api_key",
            ticket_sandbox::credentials::REDMINE_AGENT_API_KEY,
        );
    let searched = search(&find, &tickets::connect(&agent).unwrap()).await;
    assert_eq!(searched.errors[0].kind(), ErrorKind::Forbidden);
    assert_eq!(searched.errors[0].ticket(), None);
    assert!(lists(&sandbox).is_empty());
    // Nobody's address: nothing is listed.
    let nobody = search(
        &Find::new().requester("nobody@example.net"),
        &account(&sandbox, Vendor::Redmine),
    )
    .await;
    assert!(nobody.whole().is_empty());
    assert!(lists(&sandbox).is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// The answer of a plain comparison over all tickets is the answer of each vendor's own way.
    #[test]
    fn every_way_finds_what_a_plain_comparison_finds(
        addresses in proptest::collection::vec("(a|b|A|ab|a\\+b)@(x|X|y|x\\.y)\\.example", 0..12),
        asked in proptest::collection::vec("(a|b|AB|a\\+b)@(x|y)\\.example", 1..4),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for vendor in [Vendor::OneCloud, Vendor::Rt] {
                let sandbox = sandbox().await;
                let mut expected = Vec::new();
                for address in &addresses {
                    let id = sandbox.add_ticket(vendor, of(vendor, address));
                    let is_asked = |asked: &&String| asked.eq_ignore_ascii_case(address);
                    if asked.iter().any(|asked| is_asked(&asked)) {
                        expected.push(id);
                    }
                }
                let find = asked.iter().fold(Find::new(), Find::requester);
                let searched = search(&find, &account(&sandbox, vendor)).await;
                let mut found = searched.whole();
                found.sort_unstable();
                expected.sort_unstable();
                assert_eq!(found, expected, "{vendor:?}");
            }
        });
    }
}

#[tokio::test]
async fn address_with_something_around_it_may_be_the_one_looked_for() {
    for odd in [
        "Ann ann@example.com",
        "ann@example.com, bob@example.com",
        "mailto:ann@example.com",
        "ann@example.com (Ann)",
        "ann@exam\u{200b}ple.com",
    ] {
        let sandbox = sandbox().await;
        let vendor = Vendor::Sweeppea;
        sandbox.add_ticket(vendor, of(vendor, odd));
        let find = Find::new().requester("ann@example.com");
        let searched = search(&find, &account(&sandbox, vendor)).await;
        assert_eq!(
            (searched.found.len(), searched.counts.undecided),
            (0, 1),
            "{odd}"
        );
    }
}

#[tokio::test]
async fn requester_without_an_address_beside_another_one_may_be_of_the_domain() {
    let sandbox = sandbox().await;
    let vendor = Vendor::Rt;
    let people = json!([
        { "id": "bob@other.example", "type": "user" },
        { "id": "ann", "type": "user" },
    ]);
    let seed = TicketSeed::new("A subject").attribute("Requestor", people);
    sandbox.add_ticket(vendor, seed);
    let find = Find::new().domain("example.com");
    let searched = search(&find, &account(&sandbox, vendor)).await;
    assert_eq!((searched.found.len(), searched.counts.undecided), (0, 1));
}

#[tokio::test]
async fn subtasks_of_redmine_are_told_by_a_read() {
    let sandbox = sandbox().await;
    let vendor = Vendor::Redmine;
    let parent = sandbox.add_ticket(vendor, TicketSeed::new("Above"));
    let above: u64 = parent.parse().unwrap();
    let seed = TicketSeed::new("Below").attribute("parent", json!({ "id": above }));
    let below = sandbox.add_ticket(vendor, seed);
    let read = account(&sandbox, vendor)
        .get(parent.as_str())
        .await
        .unwrap();
    let ids: Vec<_> = read
        .subtickets
        .iter()
        .map(tickets::TicketId::as_str)
        .collect();
    assert_eq!(ids, [below.as_str()]);
}
