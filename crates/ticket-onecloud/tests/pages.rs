//! Lists and messages: where a page ends, and where a text stands.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use std::collections::BTreeSet;

use futures_util::TryStreamExt as _;
use ticket_core::model::{Cursor, Direction, PageRequest};
use ticket_core::{CallContext, Ticket, TicketProvider as _, TicketQuery, Tickets};
use ticket_onecloud::{OneCloud, OneCloudConfig};
use ticket_sandbox::credentials::ONECLOUD_TOKEN;
use ticket_sandbox::{Sandbox, Vendor};

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
        // 21, 21 and 19 rows, or 20, 20, 20 and 1.
        assert_eq!(sandbox.journal().len(), if extra { 3 } else { 4 });
    }
}

#[tokio::test]
async fn list_all_asks_for_the_largest_page_and_a_server_that_gives_fewer_rows_loses_none() {
    // None, a row fewer than asked for, and far fewer; as asked for, the last page is full, so another one is read.
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

/// A page of a list that starts behind `start`, answered with `rows` rows and this total.
async fn page(start: u64, rows: u64, total: &str) -> ticket_core::Page<Ticket> {
    let (sandbox, provider) = connected().await;
    let row = |n| format!(r#"{{"Id":"{n}"}}"#);
    let rows: Vec<_> = (1..=rows).map(row).collect();
    answer(
        &sandbox,
        200,
        format!(r#"{{{total}"data":[{}]}}"#, rows.join(",")),
    );
    let page = PageRequest::first().at(Cursor::new(start.to_string()));
    let query = TicketQuery::new().page(page);
    provider.list(&CallContext::new(), &query).await.unwrap()
}

#[tokio::test]
async fn a_full_page_is_followed_by_another_whatever_the_total_says() {
    for (start, rows, total, next) in [
        // Full: 20 rows, the vendor's default.
        (0, 20, r#""total":20,"#, Some("20")),
        (0, 20, r#""total":5,"#, Some("20")),
        (0, 20, r#""total":0,"#, Some("20")),
        (0, 20, "", Some("20")),
        (20, 21, r#""total":41,"#, Some("41")),
        // Not full, but not the end by the total.
        (20, 3, r#""total":45,"#, Some("23")),
        (20, 3, r#""total":7,"#, Some("23")),
        (20, 3, "", Some("23")),
        (20, 3, r#""total":"many","#, Some("23")),
        // The end.
        (20, 3, r#""total":23,"#, None),
        (20, 0, r#""total":20,"#, None),
        (20, 0, r#""total":7,"#, None),
        (20, 0, "", None),
    ] {
        let page = page(start, rows, total).await;
        let next_page = page.next.as_ref().map(Cursor::as_str);
        assert_eq!(next_page, next, "{start} {rows} {total}");
        assert_eq!(page.gaps, Vec::<String>::new(), "{start} {rows} {total}");
    }
}

#[tokio::test]
async fn a_list_that_ends_before_its_total_has_a_gap() {
    let page = page(20, 0, r#""total":45,"#).await;
    assert_eq!(
        (page.items.len(), page.next, page.total),
        (0, None, Some(45))
    );
    let gap = "the list ends after 20 tickets, before the total of 45 that the vendor states";
    assert_eq!(page.gaps, [gap]);
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
