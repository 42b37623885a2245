//! Everything but people.

use serde_json::json;
use ticket_sandbox::{Endpoint, MessageKind, TicketSeed, Vendor};
use tickets::find::{Find, Jq};
use tickets::model::State;
use tickets::{ErrorKind, Ticket};

use crate::{LISTING, account, asked, config, lists, of, sandbox, search};

#[tokio::test]
async fn text_is_found_in_subject_and_description_in_any_case() {
    for vendor in LISTING {
        let sandbox = sandbox().await;
        let seed = |subject: &str, text: &str| {
            let seed = of(vendor, "bob@example.com");
            let described = TicketSeed::new(subject).description(text);
            let id = sandbox.add_ticket(vendor, seed);
            sandbox.add_ticket(vendor, described.id(id))
        };
        let subject = seed("Größe 43", "x");
        let text = seed("y", "Die GRÖSSE, größe 43");
        seed("Grosse", "nothing");
        let account = account(&sandbox, vendor);
        let in_subject = search(&Find::new().subject("GRÖßE"), &account).await;
        assert_eq!(in_subject.whole(), [&subject], "{vendor:?}");
        let mut anywhere = search(&Find::new().text("größe"), &account).await;
        anywhere.found.sort();
        assert_eq!(anywhere.whole(), [&subject, &text], "{vendor:?}");
        // No search of the vendor's is trusted with it.
        let lists = lists(&sandbox);
        assert!(
            !lists
                .iter()
                .any(|list| list.contains("LIKE") || list.contains("subject")),
            "{lists:?}"
        );
        // What the subject decides is not read.
        let reads = anywhere.counts.read + anywhere.counts.conversations;
        assert_eq!(
            reads,
            match vendor {
                Vendor::Redmine => 0,
                Vendor::Sweeppea => 3,
                _ => 2,
            }
        );
    }
}

#[tokio::test]
async fn text_of_a_ticket_at_rt_is_its_first_message() {
    let sandbox = sandbox().await;
    let rt = account(&sandbox, Vendor::Rt);
    let first = sandbox.add_ticket(Vendor::Rt, TicketSeed::new("x").description("The password"));
    let later = sandbox.add_ticket(Vendor::Rt, TicketSeed::new("y").description("z"));
    sandbox.add_message(Vendor::Rt, &later, MessageKind::Incoming, "The password");
    let searched = search(&Find::new().text("password"), &rt).await;
    assert_eq!(searched.whole(), [&first]);
}

#[tokio::test]
async fn cut_subject_of_a_row_decides_nothing() {
    let sandbox = sandbox().await;
    let long = format!("{}needle", "x".repeat(120));
    let id = sandbox.add_ticket(Vendor::Sweeppea, TicketSeed::new(long));
    sandbox.add_ticket(Vendor::Sweeppea, TicketSeed::new("short"));
    let searched = search(
        &Find::new().subject("needle"),
        &account(&sandbox, Vendor::Sweeppea),
    )
    .await;
    assert_eq!(searched.whole(), [&id]);
    assert_eq!(asked(&sandbox, Endpoint::Get), 2);
}

#[tokio::test]
async fn state_is_the_vendors_or_that_of_the_rows() {
    for vendor in LISTING {
        let sandbox = sandbox().await;
        let open = sandbox.add_ticket(vendor, of(vendor, "bob@example.com"));
        let closed = sandbox.add_ticket(vendor, of(vendor, "bob@example.com").closed());
        let account = account(&sandbox, vendor);
        for (state, expected) in [(State::Open, &open), (State::Closed, &closed)] {
            let searched = search(&Find::new().state(state), &account).await;
            assert_eq!(searched.whole(), [expected], "{vendor:?}");
            let listed = if vendor == Vendor::OneCloud { 2 } else { 1 };
            assert_eq!(searched.counts.listed, listed, "{vendor:?}");
        }
    }
}

#[tokio::test]
async fn status_that_is_neither_open_nor_closed_is_undecided_where_the_vendor_does_not_filter() {
    let sandbox = sandbox().await;
    let odd = sandbox.add_ticket(
        Vendor::OneCloud,
        TicketSeed::new("x").attribute("StatusId", "Pending"),
    );
    let searched = search(
        &Find::new().state(State::Open),
        &account(&sandbox, Vendor::OneCloud),
    )
    .await;
    assert_eq!(searched.errors[0].ticket().unwrap().as_str(), odd);
    assert_eq!(searched.counts.undecided, 1);
    let rejected = TicketSeed::new("y").attribute("Status", "rejected");
    let rejected = sandbox.add_ticket(Vendor::Rt, rejected);
    let searched = search(
        &Find::new().state(State::Closed),
        &account(&sandbox, Vendor::Rt),
    )
    .await;
    assert_eq!(searched.whole(), [&rejected]);
}

#[tokio::test]
async fn times_include_their_beginning_and_not_their_end() {
    let times = [
        "2026-01-01T00:00:00Z",
        "2026-01-02T00:00:00Z",
        "2026-01-03T00:00:00Z",
    ];
    for (vendor, created, updated) in [
        (Vendor::OneCloud, "CreateDate", "ModifyDate"),
        (Vendor::Redmine, "created_on", "updated_on"),
        (Vendor::Rt, "Created", "LastUpdated"),
    ] {
        let sandbox = sandbox().await;
        let ids = times.map(|time| {
            let time = match vendor {
                Vendor::OneCloud => time.replace('T', " ").replace('Z', ""),
                _ => time.to_owned(),
            };
            let seed = TicketSeed::new("x")
                .attribute(created, time.clone())
                .attribute(updated, time);
            sandbox.add_ticket(vendor, seed)
        });
        let [_, from, before] = times.map(|time| time.parse().unwrap());
        let mut config = config(&sandbox, vendor);
        if vendor == Vendor::OneCloud {
            config = config.setting("time_zone", "UTC");
        }
        let account = tickets::connect(&config).unwrap();
        let find = Find::new().created_after(from).created_before(before);
        assert_eq!(
            search(&find, &account).await.whole(),
            [&ids[1]],
            "{vendor:?}"
        );
        let find = Find::new().updated_after(from).updated_before(before);
        assert_eq!(
            search(&find, &account).await.whole(),
            [&ids[1]],
            "{vendor:?}"
        );
    }
}

#[tokio::test]
async fn time_of_creation_at_sweeppea_is_in_the_rows_and_the_last_change_nowhere() {
    let sandbox = sandbox().await;
    let id = sandbox.add_ticket(Vendor::Sweeppea, TicketSeed::new("x"));
    let account = account(&sandbox, Vendor::Sweeppea);
    let long_ago: jiff::Timestamp = "2020-01-01T00:00:00Z".parse().unwrap();
    let after = Find::new().created_after(long_ago);
    assert_eq!(search(&after, &account).await.whole(), [&id]);
    let before = Find::new().created_before(long_ago);
    assert!(search(&before, &account).await.whole().is_empty());
    assert_eq!(asked(&sandbox, Endpoint::Get), 0);
    let changed = search(&Find::new().updated_after(long_ago), &account).await;
    assert_eq!(changed.errors[0].kind(), ErrorKind::Unsupported);
}

#[tokio::test]
async fn value_of_a_custom_field_is_compared_whole_and_one_of_many_is_enough() {
    let sandbox = sandbox().await;
    let redmine = |value: &str| {
        let fields = json!([
            { "id": 1, "name": "Order", "value": value },
            { "id": 2, "name": "Labels", "multiple": true, "value": ["vip", "late"] },
        ]);
        sandbox.add_ticket(
            Vendor::Redmine,
            TicketSeed::new("x").attribute("custom_fields", fields),
        )
    };
    let rt = |value: &str| {
        let fields = json!({ "Order": [value], "Labels": ["vip", "late"] });
        sandbox.add_ticket(
            Vendor::Rt,
            TicketSeed::new("x").attribute("CustomFields", fields),
        )
    };
    for (vendor, ids, names) in [
        (
            Vendor::Redmine,
            [redmine("A-1"), redmine("A-10")],
            ["cf_1", "cf_2"],
        ),
        (Vendor::Rt, [rt("A-1"), rt("A-10")], ["Order", "Labels"]),
    ] {
        let account = account(&sandbox, vendor);
        let find =
            |order: &str, label: &str| Find::new().custom(names[0], order).custom(names[1], label);
        assert_eq!(
            search(&find("A-1", "late"), &account).await.whole(),
            [&ids[0]],
            "{vendor:?}"
        );
        for nothing in [find("a-1", "late"), find("A-1", "lat"), find("A", "vip")] {
            assert!(
                search(&nothing, &account).await.whole().is_empty(),
                "{vendor:?}"
            );
        }
    }
}

#[tokio::test]
async fn every_criterion_must_match_and_the_cheap_ones_spare_the_reads() {
    let sandbox = sandbox().await;
    let vendor = Vendor::Sweeppea;
    let ann = sandbox.add_ticket(vendor, of(vendor, "ann@example.com"));
    sandbox.add_ticket(vendor, of(vendor, "ann@example.com").closed());
    sandbox.add_ticket(vendor, of(vendor, "bob@example.com"));
    let find = Find::new()
        .requester("ann@example.com")
        .state(State::Open)
        .condition(Jq::compile(".priority == \"medium\"").unwrap());
    let account = account(&sandbox, vendor);
    assert_eq!(search(&find, &account).await.whole(), [&ann]);
    assert_eq!(asked(&sandbox, Endpoint::Get), 2);
    // A ticket that was read is given as it was read.
    let mut search = find.run(&account);
    let found = futures_util::StreamExt::next(&mut search)
        .await
        .unwrap()
        .unwrap();
    let Ticket {
        requester,
        description,
        ..
    } = found.ticket;
    assert_eq!(requester.unwrap().email.as_deref(), Some("ann@example.com"));
    assert_eq!(description.as_deref(), Some("A text"));
    let none = find.condition(Jq::compile("false").unwrap());
    let before = asked(&sandbox, Endpoint::Get);
    assert!(crate::search(&none, &account).await.whole().is_empty());
    assert_eq!(asked(&sandbox, Endpoint::Get), before);
}
