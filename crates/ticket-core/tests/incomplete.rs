//! Lists whose pages contradict each other: everything that came is given, and the end says what may be missing.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use common::memory::{Memory, ticket};
use futures_util::StreamExt as _;
use ticket_core::model::{AttachedFile, Cursor, PageRequest, RawValue};
use ticket_core::provider::{Capabilities, Field, Fields, MockTicketProvider};
use ticket_core::{ErrorKind, Message, Page, ProviderInfo, TicketQuery, Tickets};

/// A page: the ids of its rows, and the total that it states.
type Rows = (&'static [&'static str], Option<u64>);

/// The ids of the list with these pages, and what its end says.
async fn listed(pages: &'static [Rows]) -> (Vec<String>, Option<String>) {
    let (tickets, _) = Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
        .listing(move |cursor| {
            let page: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
            let (ids, total) = pages.get(page).copied().unwrap();
            let next = (page + 1 < pages.len()).then(|| Cursor::new((page + 1).to_string()));
            Page::last(ids.iter().map(|id| ticket(id)).collect())
                .next(next)
                .total(total)
        })
        .handle();
    let mut ids = Vec::new();
    let mut end = None;
    let mut list = tickets.list_all(TicketQuery::new());
    while let Some(item) = list.next().await {
        assert!(end.is_none(), "an item after the end");
        match item {
            Ok(ticket) => ids.push(ticket.id.to_string()),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::Incomplete);
                end = Some(error.message().to_owned());
            }
        }
    }
    (ids, end)
}

#[tokio::test(start_paused = true)]
async fn list_whose_pages_agree_is_complete() {
    const AGREEING: &[&[Rows]] = &[
        &[(&["1", "2"], Some(3)), (&["3"], Some(3))],
        &[(&["1", "2"], None), (&["3"], None)],
        &[(&[], Some(0))],
        // A ticket was added, which moved another one to the next page.
        &[(&["1", "2"], Some(3)), (&["2", "3"], Some(4))],
        // A ticket was added behind the others.
        &[(&["1", "2"], Some(3)), (&["3", "4"], Some(4))],
    ];
    for pages in AGREEING {
        let (_, end) = listed(pages).await;
        assert_eq!(end, None, "{pages:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn contradictions_are_told_after_everything_that_came() {
    const CONTRADICTING: &[(&[Rows], &[&str], &str)] = &[
        // A ticket was deleted, and another one moved to the page before.
        (
            &[(&["1", "2"], Some(4)), (&["4"], Some(3))],
            &["1", "2", "4"],
            "total fell from 4 to 3",
        ),
        (
            &[(&["1", "2"], Some(2)), (&["3"], Some(2))],
            &["1", "2", "3"],
            "the vendor's total is 2, but 3 items came",
        ),
        (
            &[(&["1", "2"], Some(9))],
            &["1", "2"],
            "the vendor's total is 9, but 2 items came",
        ),
        (
            &[(&["1", "2"], None), (&["2", "3"], None)],
            &["1", "2", "3"],
            "1 items came twice",
        ),
        (
            &[(&["1", "2"], Some(3)), (&["2", "3"], Some(3))],
            &["1", "2", "3"],
            "1 items came twice",
        ),
        (
            &[(&["1", "1", "2", "2", "3"], None)],
            &["1", "2", "3"],
            ": 2 items came twice in one page, in the place of others",
        ),
        (
            &[
                (&["1", "2"], None),
                (&["3"], None),
                (&["1", "2", "4"], None),
            ],
            &["1", "2", "3", "4"],
            ": 2 items came again that had come pages before, in the place of others",
        ),
    ];
    for (pages, expected, words) in CONTRADICTING {
        let (ids, end) = listed(pages).await;
        assert_eq!(ids, *expected, "{pages:?}");
        let end = end.unwrap_or_default();
        assert!(end.contains(words), "{pages:?}: {end:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn messages_and_files_that_come_again_are_left_out() {
    let ids = |page: &PageRequest| match page.cursor {
        None => (["1", "2"], Some(Cursor::new("2"))),
        Some(_) => (["2", "3"], None),
    };
    let raw = || RawValue::NULL.to_owned();
    let fields = || Fields::carrying(&[Field::Cursor]);
    let capabilities = Capabilities::none()
        .messages(fields())
        .attachments(fields());
    let mut provider = MockTicketProvider::new();
    provider
        .expect_info()
        .return_const(ProviderInfo::new("mock", "Mock", capabilities));
    provider.expect_messages().returning(move |_, _, page| {
        let (ids, next) = ids(page);
        let messages = ids.map(|id| {
            let mut message = Message::new("", raw());
            message.id = Some(id.to_owned());
            message
        });
        Ok(Page::last(messages.to_vec()).next(next))
    });
    provider.expect_attachments().returning(move |_, _, page| {
        let (ids, next) = ids(page);
        let files = ids.map(|id| AttachedFile::new(id, raw()));
        Ok(Page::last(files.to_vec()).next(next))
    });
    let tickets = Tickets::new(provider);
    // The last item says that others may have been skipped.
    let messages: Vec<_> = tickets.messages_all("1".into()).collect().await;
    let messages = messages.iter().flatten();
    let messages: Vec<_> = messages.map(|message| message.id.as_deref()).collect();
    assert_eq!(messages, [Some("1"), Some("2"), Some("3")]);
    let files: Vec<_> = tickets.attachments_all("1".into()).collect().await;
    let files: Vec<_> = files
        .iter()
        .flatten()
        .map(|file| file.id.as_str())
        .collect();
    assert_eq!(files, ["1", "2", "3"]);
}

#[tokio::test(start_paused = true)]
async fn gap_that_a_provider_names_is_told_at_the_end() {
    let (tickets, _) = Memory::new(Capabilities::none().list(Fields::default()))
        .listing(|_| Page::last(vec![ticket("1")]).gaps(["a row has no id".to_owned()]))
        .handle();
    let items: Vec<_> = tickets.list_all(TicketQuery::new()).collect().await;
    let [Ok(_), Err(end)] = items.as_slice() else {
        panic!("{items:?}");
    };
    assert_eq!(end.message(), "the list may be incomplete: a row has no id");
}
