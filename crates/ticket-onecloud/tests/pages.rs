//! Lists and messages: where a page ends, and where a text stands.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use std::collections::BTreeSet;

use futures_util::{StreamExt as _, TryStreamExt as _};
use ticket_core::model::{Cursor, Direction, PageRequest};
use ticket_core::{CallContext, ErrorKind, Ticket, TicketProvider as _, TicketQuery, Tickets};
use ticket_onecloud::{OneCloud, OneCloudConfig};
use ticket_sandbox::credentials::ONECLOUD_TOKEN;
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, Vendor};

use common::{answer, connected, new_ticket};

#[tokio::test]
async fn a_list_goes_by_the_rows_that_arrive() {
    // The vendor's own sample has one row more than its limit.
    for extra in [false, true] {
        let sandbox = Sandbox::builder()
            .seed_tickets(false)
            .onecloud_extra_row(extra)
            .start()
            .await
            .unwrap();
        let config = OneCloudConfig::new(sandbox.base_url(Vendor::OneCloud), ONECLOUD_TOKEN);
        let provider = OneCloud::new(&config).unwrap();
        sandbox.add_tickets(Vendor::OneCloud, 61);
        let query = TicketQuery::new().page(PageRequest::first().limit(20));
        let tickets: Vec<Ticket> = Tickets::new(provider)
            .list_all(query)
            .try_collect()
            .await
            .unwrap();
        let ids: BTreeSet<_> = tickets.iter().map(|ticket| ticket.id.to_string()).collect();
        let truth: BTreeSet<_> = sandbox.ticket_ids(Vendor::OneCloud).into_iter().collect();
        assert_eq!((tickets.len(), &ids), (61, &truth));
        // A page begins with the last row of the page before: 20, 20, 20 and 4 rows; or 21, 21 and 21, and the last
        // row once more, since the page was full.
        assert_eq!(sandbox.journal().len(), 4);
    }
}

#[tokio::test]
async fn list_all_asks_for_the_largest_page_and_a_server_that_gives_fewer_rows_loses_none() {
    // None, a row fewer than asked for, and far fewer.
    for (largest, pages) in [(None, 3), (Some(99), 3), (Some(30), 7)] {
        let builder = Sandbox::builder().seed_tickets(false);
        let builder = match largest {
            Some(rows) => builder.onecloud_largest_page(rows),
            None => builder,
        };
        let sandbox = builder.start().await.unwrap();
        let config = OneCloudConfig::new(sandbox.base_url(Vendor::OneCloud), ONECLOUD_TOKEN);
        sandbox.add_tickets(Vendor::OneCloud, 200);
        let tickets = Tickets::new(OneCloud::new(&config).unwrap());
        let found = tickets.list_all(TicketQuery::new());
        let found: Vec<Ticket> = found.try_collect().await.unwrap();
        let ids: BTreeSet<_> = found.iter().map(|ticket| ticket.id.to_string()).collect();
        let truth: BTreeSet<_> = sandbox.ticket_ids(Vendor::OneCloud).into_iter().collect();
        assert_eq!((found.len(), ids), (200, truth), "{largest:?}");
        let journal = sandbox.journal();
        assert_eq!(journal.len(), pages, "{largest:?}");
        let asked = |exchange: &ticket_sandbox::Exchange| exchange.path.contains("limit=100");
        assert!(journal.iter().all(asked), "{journal:?}");
    }
}

/// A page of a list from this cursor, answered with rows of these ids and this total.
async fn page(
    cursor: &str,
    ids: impl IntoIterator<Item = u64>,
    total: &str,
) -> ticket_core::Page<Ticket> {
    let (sandbox, provider) = connected().await;
    let row = |n| format!(r#"{{"Id":"{n}"}}"#);
    let rows: Vec<_> = ids.into_iter().map(row).collect();
    answer(
        &sandbox,
        200,
        format!(r#"{{{total}"data":[{}]}}"#, rows.join(",")),
    );
    let page = PageRequest::first().at(Cursor::new(cursor));
    let query = TicketQuery::new().page(page);
    provider.list(&CallContext::new(), &query).await.unwrap()
}

#[tokio::test]
async fn a_page_is_followed_by_another_unless_it_is_shorter_than_the_one_before_and_the_total_agrees()
 {
    for (cursor, rows, total, next) in [
        // Full: 20 rows, the vendor's default.
        ("0", 20, r#""total":20,"#, Some("19:20:20:20")),
        ("0", 20, r#""total":5,"#, Some("19:20:5:20")),
        ("0", 20, "", Some("19:20::20")),
        ("19:20:41:1", 21, r#""total":40,"#, Some("39:21:40:21")),
        // Not full, but not the end by the total.
        ("19:20:45:1", 3, r#""total":45,"#, Some("21:3:45:3")),
        ("19:20:45:1", 3, r#""total":7,"#, Some("21:3:7:3")),
        ("19:20::1", 3, "", Some("21:3::3")),
        ("19:20:45:1", 3, r#""total":"many","#, Some("21:3::3")),
        // As many rows as this server gives at most, or all there are: only the next page tells.
        ("0", 3, r#""total":3,"#, Some("2:3:3:3")),
        ("19:3:22:1", 3, r#""total":22,"#, Some("21:3:22:3")),
        // One row cannot come again on a page of one row.
        ("0", 1, r#""total":1,"#, Some("1")),
        ("19:20:45:1", 1, r#""total":45,"#, Some("20")),
        // The end.
        ("19:20:22:1", 3, r#""total":22,"#, None),
        ("2:3:3:1", 1, r#""total":3,"#, None),
        ("2:3::1", 1, "", None),
        ("20", 0, r#""total":20,"#, None),
        ("20", 0, r#""total":7,"#, None),
        ("20", 0, "", None),
    ] {
        let page = page(cursor, 1..=rows, total).await;
        let next_page = page.next.as_ref().map(Cursor::as_str);
        assert_eq!(next_page, next, "{cursor} {rows} {total}");
        assert_eq!(page.gaps, Vec::<String>::new(), "{cursor} {rows} {total}");
        let again = u64::from(cursor.contains(':'));
        assert_eq!(
            page.items.len() as u64,
            rows - again,
            "{cursor} {rows} {total}"
        );
    }
}

#[tokio::test]
async fn a_list_that_ends_before_its_total_has_a_gap() {
    let page = page("20", [], r#""total":45,"#).await;
    assert_eq!(
        (page.items.len(), page.next, page.total),
        (0, None, Some(45))
    );
    let gap = "the list ends after 20 tickets, before the total of 45 that the vendor states";
    assert_eq!(page.gaps, [gap]);
}

#[tokio::test]
async fn a_page_without_the_last_row_of_the_page_before_has_a_gap() {
    for (ids, total, items, has_gap) in [
        (vec![7, 8, 9], 12, 2, false),
        // Two were filed since, before the others.
        (vec![5, 6, 7, 8], 14, 3, false),
        // One was removed, or the order is another one.
        (vec![8, 9, 10], 11, 3, true),
        (vec![9, 8, 7], 12, 3, true),
        (vec![7, 7, 9], 12, 3, true),
        (vec![], 12, 0, true),
    ] {
        let page = page("2:3:12:7", ids.clone(), &format!(r#""total":{total},"#)).await;
        assert_eq!(page.items.len(), items, "{ids:?}");
        let gaps = page
            .gaps
            .iter()
            .filter(|gap| gap.starts_with("ticket 7, the last one"));
        assert_eq!(
            gaps.count(),
            usize::from(has_gap),
            "{ids:?}: {:?}",
            page.gaps
        );
    }
}

/// Rows change places while the list is read, and the total hides it.
#[tokio::test]
async fn a_list_whose_rows_moved_between_two_pages_is_incomplete() {
    let moved = [
        vec![Fault::TicketsRemoved(2), Fault::TicketsFiled(2)],
        vec![Fault::ReversedOrder],
    ];
    for faults in moved {
        let sandbox = Sandbox::builder()
            .seed_tickets(false)
            .start()
            .await
            .unwrap();
        let config = OneCloudConfig::new(sandbox.base_url(Vendor::OneCloud), ONECLOUD_TOKEN);
        sandbox.add_tickets(Vendor::OneCloud, 12);
        for (place, fault) in (1_u64..).zip(faults.clone()) {
            let rule = Rule::new(fault).endpoint(Endpoint::List).skip(place);
            sandbox.inject(rule);
        }
        let tickets = Tickets::new(OneCloud::new(&config).unwrap());
        let query = TicketQuery::new().page(PageRequest::first().limit(4));
        let rows: Vec<_> = tickets.list_all(query).collect().await;
        let end = rows.last().unwrap().as_ref().unwrap_err();
        assert_eq!(end.kind(), ErrorKind::Incomplete, "{faults:?}: {end}");
        let found = rows.iter().flatten().map(|ticket| ticket.id.to_string());
        let found: BTreeSet<_> = found.collect();
        let there: BTreeSet<_> = sandbox.ticket_ids(Vendor::OneCloud).into_iter().collect();
        assert!(!there.is_subset(&found), "{faults:?}: nothing is missing");
    }
}

#[tokio::test]
async fn a_new_ticket_has_its_text_as_the_customers_message() {
    let (_sandbox, provider) = connected().await;
    let id = provider
        .create(&CallContext::new(), &new_ticket())
        .await
        .unwrap()
        .id;
    let page = provider
        .messages(&CallContext::new(), &id, &PageRequest::first())
        .await
        .unwrap();
    assert_eq!(page.items[0].body, "The till says: declined.");
    assert_eq!(page.items[0].direction, Some(Direction::Inbound));
    assert!(page.next.is_none());
}

#[tokio::test]
async fn a_message_has_its_text_wherever_it_stands_and_its_author_by_id_or_address() {
    let (sandbox, provider) = connected().await;
    let message = |rest: &str| format!(r#"{{"data":[{{"Id":"1",{rest}}}]}}"#);
    for (rest, body, email) in [
        (r#""Content":"a","Description":"b""#, "a", None),
        (
            r#""Content":null,"Contents":[{"BodyText":"c"}],"Description":"b""#,
            "c",
            None,
        ),
        (
            r#""Contents":[{"BodyText":"","Body":"<p>d</p>"}]"#,
            "<p>d</p>",
            None,
        ),
        (
            r#""Description":"b","From":"jane@example.com","FromName":"Jane""#,
            "b",
            Some("jane@example.com"),
        ),
    ] {
        answer(&sandbox, 200, message(rest));
        let page = provider
            .messages(&CallContext::new(), &"1".into(), &PageRequest::first())
            .await
            .unwrap();
        assert_eq!(page.items[0].body, body);
        assert_eq!(
            page.items[0]
                .author
                .as_ref()
                .and_then(|author| author.email.as_deref()),
            email
        );
        assert!(!format!("{page:?}").contains("jane"), "{page:?}");
    }
}
