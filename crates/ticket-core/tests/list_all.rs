//! Lists to their end, and lists that have none.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use std::num::{NonZeroU32, NonZeroUsize};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use common::memory::{Memory, calls, ticket};
use common::{Fake, error};
use futures_util::{StreamExt as _, TryStreamExt as _};
use ticket_core::call::StackOptions;
use ticket_core::model::{Cursor, PageRequest, State};
use ticket_core::provider::{Capabilities, Field, Fields, MockTicketProvider};
use ticket_core::{Effect, ErrorKind, Message, Page, ProviderInfo, Ticket, TicketQuery, Tickets};

#[tokio::test(start_paused = true)]
async fn list_all_reads_every_page_including_an_empty_one() {
    let (tickets, seen) =
        Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
            .listing(|cursor| match cursor {
                None => Page::last(vec![ticket("1"), ticket("2")]).next(Some(Cursor::new("x"))),
                Some("x") => Page::last(vec![]).next(Some(Cursor::new("y"))),
                _ => Page::last(vec![ticket("3")]),
            })
            .handle();
    let all: Vec<Ticket> = tickets
        .list_all(TicketQuery::new())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(
        all.iter()
            .map(|ticket| ticket.id.as_str())
            .collect::<Vec<_>>(),
        ["1", "2", "3"]
    );
    assert_eq!(
        calls(&seen),
        ["list None", "list Some(\"x\")", "list Some(\"y\")"]
    );
}

#[tokio::test(start_paused = true)]
async fn pagination_loop_ends_with_an_error() {
    // A cursor that repeats at once, and circles of several lengths that begin after a while.
    for (lead, circle) in [(0, 1), (3, 1), (0, 5), (10, 7), (50, 100)] {
        let count = AtomicUsize::new(0);
        let (tickets, seen) =
            Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
                .listing(move |cursor| {
                    let page: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
                    let next = if page + 1 >= lead + circle {
                        lead
                    } else {
                        page + 1
                    };
                    // No page begins like the one before: it is the cursors that must be found out.
                    let first = count.fetch_add(1, Ordering::Relaxed).to_string();
                    Page::last(vec![ticket(&first)]).next(Some(Cursor::new(next.to_string())))
                })
                .handle();
        let error = tickets
            .list_all(TicketQuery::new())
            .try_collect::<Vec<_>>()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        assert!(error.to_string().contains("pagination loop"), "{error}");
        let pages = calls(&seen).len();
        assert!(
            pages <= 4 * (lead + circle) + 4,
            "{pages} pages for a lead of {lead} and a circle of {circle}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_vendor_that_ignores_the_cursor_ends_the_list_with_an_error() {
    let (tickets, seen) =
        Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
            .listing(|cursor| {
                let page: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
                Page::last(vec![ticket("1"), ticket("2")])
                    .next(Some(Cursor::new((page + 1).to_string())))
            })
            .handle();
    let error = tickets
        .list_all(TicketQuery::new())
        .try_collect::<Vec<_>>()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadResponse);
    assert!(
        error
            .to_string()
            .contains("the page from ticket 1 to ticket 2 again"),
        "{error}"
    );
    assert_eq!(calls(&seen).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn empty_pages_count_only_in_a_row() {
    let (tickets, _) = Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
        .listing(|cursor| {
            let page: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
            let items = if page % 60 == 0 {
                vec![ticket(&page.to_string())]
            } else {
                vec![]
            };
            Page::last(items).next((page < 300).then(|| Cursor::new((page + 1).to_string())))
        })
        .handle();
    let all: Vec<Ticket> = tickets
        .list_all(TicketQuery::new())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 6);
}

#[tokio::test(start_paused = true)]
async fn a_list_of_empty_pages_without_end_ends_with_an_error() {
    let (tickets, seen) =
        Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
            .listing(|cursor| {
                let page: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
                Page::last(vec![]).next(Some(Cursor::new((page + 1).to_string())))
            })
            .handle();
    let error = tickets
        .list_all(TicketQuery::new())
        .try_collect::<Vec<_>>()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("does not end"), "{error}");
    assert_eq!(calls(&seen).len(), 100);
}

#[tokio::test(start_paused = true)]
async fn pages_whose_rows_the_provider_left_out_are_not_empty() {
    let (tickets, seen) =
        Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
            .listing(|cursor| match cursor.map_or(0, |at| at.parse().unwrap()) {
                250 => Page::last(vec![ticket("1")]),
                page => Page::last(vec![])
                    .left_out(100)
                    .next(Some(Cursor::new((page + 1).to_string()))),
            })
            .handle();
    let all: Vec<Ticket> = tickets
        .list_all(TicketQuery::new())
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all.len(), 1);
    assert_eq!(calls(&seen).len(), 251);
    // A cursor that comes again still ends the list.
    let (tickets, seen) =
        Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
            .listing(|_| {
                Page::last(vec![])
                    .left_out(100)
                    .next(Some(Cursor::new("x")))
            })
            .handle();
    let error = tickets
        .list_all(TicketQuery::new())
        .try_collect::<Vec<_>>()
        .await
        .unwrap_err();
    assert!(error.to_string().contains("pagination loop"), "{error}");
    assert!(calls(&seen).len() <= 3, "{:?}", calls(&seen));
}

#[tokio::test(start_paused = true)]
async fn restart_after_the_last_page_ends_with_an_error() {
    // The cursors count on for ever; the pages come again after so many.
    for (circle, is_last_empty) in [(2, false), (3, false), (4, true), (7, false), (50, true)] {
        let (tickets, seen) =
            Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
                .listing(move |cursor| {
                    let page: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
                    let ids = [0, 1].map(|row| (2 * (page % circle) + row).to_string());
                    let mut items = ids.map(|id| ticket(&id)).to_vec();
                    if is_last_empty && (page + 1) % circle == 0 {
                        items.clear();
                    }
                    Page::last(items).next(Some(Cursor::new((page + 1).to_string())))
                })
                .handle();
        let error = tickets
            .list_all(TicketQuery::new())
            .try_collect::<Vec<_>>()
            .await
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::BadResponse);
        assert!(error.to_string().contains("pagination loop"), "{error}");
        let pages = calls(&seen).len();
        assert!(
            pages <= 4 * circle + 4,
            "{pages} pages for a circle of {circle}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn page_with_the_same_first_item_is_not_a_loop() {
    // The ticket was open when the open ones were read, and closed when the closed ones were.
    let (tickets, _) = Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
        .listing(|cursor| match cursor {
            None => Page::last(vec![ticket("1"), ticket("2")]).next(Some(Cursor::new("closed"))),
            Some("closed") => {
                Page::last(vec![ticket("1"), ticket("3")]).next(Some(Cursor::new("more")))
            }
            _ => Page::last(vec![ticket("4")]),
        })
        .handle();
    let all: Vec<_> = tickets.list_all(TicketQuery::new()).collect().await;
    let ids: Vec<_> = all
        .iter()
        .flatten()
        .map(|ticket| ticket.id.as_str())
        .collect();
    assert_eq!(ids, ["1", "2", "3", "4"]);
    // But another one may have moved up unread.
    let error = all.last().unwrap().as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Incomplete);
}

/// Lets the other tasks go on as far as they can.
async fn settle() {
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
}

#[tokio::test(start_paused = true)]
async fn second_page_is_requested_halfway_through_the_first_each_later_one_with_the_first_item_before_it()
 {
    let number = |cursor: Option<&str>| cursor.map_or(0, |page| page.parse::<usize>().unwrap());
    let (tickets, seen) =
        Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
            .listing(move |cursor| {
                let page = number(cursor);
                let ids = (0..4).map(|place| ticket(&(4 * page + place).to_string()));
                let next = (page < 9).then(|| Cursor::new((page + 1).to_string()));
                Page::last(ids.collect()).next(next)
            })
            .handle();
    let mut found = tickets.list_all(TicketQuery::new());
    settle().await;
    assert_eq!(calls(&seen).len(), 0);
    for taken in 1..=16 {
        let id = found.try_next().await.unwrap().unwrap().id;
        assert_eq!(id.as_str(), (taken - 1).to_string());
        // Nobody polls the list meanwhile.
        settle().await;
        let expected = if taken == 1 { 1 } else { 2 + (taken - 1) / 4 };
        assert_eq!(calls(&seen).len(), expected, "{taken} taken");
    }
    drop(found);
    settle().await;
    assert_eq!(calls(&seen).len(), 5);
    // As many as are wanted, and no page ahead.
    for (most, pages) in [(1, 1), (4, 1), (5, 2), (8, 2), (40, 10), (99, 10)] {
        seen.lock().unwrap().clear();
        let first = tickets.list_first(TicketQuery::new(), NonZeroUsize::new(most).unwrap());
        assert_eq!(first.collect::<Vec<_>>().await.len(), most.min(40));
        settle().await;
        assert_eq!(calls(&seen).len(), pages, "{most} wanted");
    }
    // All of ten pages, each once.
    seen.lock().unwrap().clear();
    let all: Vec<_> = tickets.list_all(TicketQuery::new()).collect().await;
    assert_eq!((all.len(), calls(&seen).len()), (40, 10));
}

#[tokio::test(start_paused = true)]
async fn first_tickets_are_asked_for_in_a_small_page_only_if_nothing_is_filtered() {
    const SIZED: &[Field] = &[Field::State, Field::Cursor, Field::PageLimit];
    let fields = Fields::carrying(SIZED).largest_page(NonZeroU32::new(100).unwrap());
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sizes);
    let mut provider = MockTicketProvider::new();
    let info = ProviderInfo::new("mock", "Mock", Capabilities::none().list(fields));
    provider.expect_info().return_const(info);
    provider.expect_list().returning(move |_, query| {
        seen.lock().unwrap().push(query.page.limit);
        Ok(Page::last(Vec::new()))
    });
    let tickets = Tickets::new(provider);
    let three = NonZeroUsize::new(3).unwrap();
    for query in [TicketQuery::new(), TicketQuery::new().state(State::Open)] {
        assert!(tickets.list_first(query, three).next().await.is_none());
    }
    // The provider may drop rows of a filtered page.
    assert_eq!(*sizes.lock().unwrap(), [Some(3), Some(100)]);
}

#[tokio::test(start_paused = true)]
async fn list_ends_with_its_first_error_and_the_operation() {
    // The vendor's, and one of ours; after either the vendor is not asked again.
    let fake = Fake::new(1).answering(|_| Err(error(ErrorKind::Forbidden, Effect::None)));
    let log = fake.log();
    let list = fake.bare().list_all(TicketQuery::new()).take(9);
    let errors: Vec<_> = list
        .map(|ticket| ticket.unwrap_err().to_string())
        .collect()
        .await;
    assert_eq!(errors, ["fake list: it failed"]);
    assert_eq!(log.count(), 1);

    let cursor = "x".repeat(10_000);
    let (tickets, seen) =
        Memory::new(Capabilities::none().list(Fields::carrying(&[Field::Cursor])))
            .listing(move |_| Page::last(Vec::new()).next(Some(Cursor::new(&cursor))))
            .handle();
    let list = tickets.list_all(TicketQuery::new()).take(9);
    let errors: Vec<_> = list
        .map(|ticket| ticket.unwrap_err().to_string())
        .collect()
        .await;
    assert_eq!(errors.len(), 1);
    // However long it is, the cursor does not hide what is wrong with it.
    assert!(
        errors[0].starts_with("memory list: pagination loop: the vendor returned cursor `xxx")
            && errors[0].ends_with("x…` again"),
        "{}",
        errors[0]
    );
    assert_eq!(calls(&seen).len(), 2);
}

#[tokio::test(start_paused = true)]
async fn every_page_is_read_with_the_same_query() {
    let list = Capabilities::none().list(Fields::carrying(&[
        Field::Search,
        Field::Cursor,
        Field::PageLimit,
    ]));
    let mut provider = MockTicketProvider::new();
    provider
        .expect_info()
        .return_const(ProviderInfo::new("mock", "Mock", list));
    provider
        .expect_list()
        .times(2)
        .withf(|_, query| query.search.as_deref() == Some("x") && query.page.limit == Some(1))
        .returning(|_, query| {
            let (id, next) = match query.page.cursor {
                None => ("1", Some(Cursor::new("second"))),
                Some(_) => ("2", None),
            };
            Ok(Page::last(vec![ticket(id)]).next(next))
        });
    let page = PageRequest::first().limit(1);
    let query = TicketQuery::new().search("x").page(page);
    let list = Tickets::new(provider).list_all(query);
    assert_eq!(list.try_collect::<Vec<_>>().await.unwrap().len(), 2);
}

/// The page sizes that the vendor is asked for, of a list of two pages and of the messages in two pages.
async fn sizes_asked_for(
    capabilities: Capabilities,
    options: &StackOptions,
    query: TicketQuery,
) -> (Vec<Option<u32>>, Vec<Option<u32>>) {
    let next = |page: &PageRequest| match page.cursor {
        None => Some(Cursor::new("second")),
        Some(_) => None,
    };
    let seen = Arc::new(Mutex::new((Vec::new(), Vec::new())));
    let (lists, messages) = (Arc::clone(&seen), Arc::clone(&seen));
    let mut provider = MockTicketProvider::new();
    provider
        .expect_info()
        .return_const(ProviderInfo::new("mock", "Mock", capabilities));
    provider.expect_list().returning(move |_, query| {
        lists.lock().unwrap().0.push(query.page.limit);
        Ok(Page::last(Vec::new()).next(next(&query.page)))
    });
    provider.expect_messages().returning(move |_, _, page| {
        messages.lock().unwrap().1.push(page.limit);
        Ok(Page::last(Vec::new()).next(next(page)))
    });
    let tickets = Tickets::with_options(Arc::new(provider), options);
    let listed: Result<Vec<_>, _> = tickets.list_all(query).try_collect().await;
    // `Unpin`, as the stream of `apply` is.
    let mut read = tickets.messages_all("7".into());
    assert!(read.try_next().await.is_ok_and(|message| message.is_none()));
    let seen = seen.lock().unwrap().clone();
    match listed {
        Ok(_) => assert_eq!(seen.0.len(), 2),
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.message().contains("`limit`"), "{error}");
            assert!(seen.0.is_empty());
        }
    }
    seen
}

#[tokio::test(start_paused = true)]
async fn page_size_comes_from_query_then_account_then_provider() {
    const SIZED: &[Field] = &[Field::Cursor, Field::PageLimit];
    const HUNDRED: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);
    let largest = Fields::carrying(SIZED).largest_page(HUNDRED);
    let unsized_pages = Fields::carrying(&[Field::Cursor]);
    let default = StackOptions::default();
    let fifty = StackOptions::default().page_size(NonZeroU32::new(50).unwrap());
    let of_query = || TicketQuery::new().page(PageRequest::first().limit(7));
    let both = |fields: Fields| Capabilities::none().list(fields.clone()).messages(fields);
    for (capabilities, options, query, sizes, of_messages) in [
        (
            both(largest.clone()),
            &default,
            TicketQuery::new(),
            Some(100),
            Some(100),
        ),
        (
            both(largest.clone()),
            &fifty,
            TicketQuery::new(),
            Some(50),
            Some(50),
        ),
        (both(largest.clone()), &fifty, of_query(), Some(7), Some(50)),
        // No largest page is declared: the vendor's own size.
        (
            both(Fields::carrying(SIZED)),
            &default,
            TicketQuery::new(),
            None,
            None,
        ),
        (
            both(Fields::carrying(SIZED)),
            &fifty,
            TicketQuery::new(),
            Some(50),
            Some(50),
        ),
        // A vendor that cannot be asked for a size is not, though a largest page be declared.
        (
            both(unsized_pages.clone().largest_page(HUNDRED)),
            &default,
            TicketQuery::new(),
            None,
            None,
        ),
    ] {
        let seen = sizes_asked_for(capabilities, options, query).await;
        assert_eq!(seen, (vec![sizes; 2], vec![of_messages; 2]));
    }
    // A size that somebody named is refused there, not left out: for lists, whose size it is.
    let seen = sizes_asked_for(both(unsized_pages), &fifty, TicketQuery::new()).await;
    assert_eq!(seen, (Vec::new(), vec![None; 2]));
}

/// A ticket whose messages come in pages, each page as it is asked for by its cursor.
fn conversation(
    page: impl Fn(Option<&str>) -> Page<Message> + Send + Sync + 'static,
) -> (Tickets, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&calls);
    let messages = Capabilities::none().messages(Fields::carrying(&[Field::Cursor]));
    let mut provider = MockTicketProvider::new();
    provider
        .expect_info()
        .return_const(ProviderInfo::new("mock", "Mock", messages));
    provider
        .expect_messages()
        .withf(|_, id, _| id.as_str() == "7")
        .returning(move |_, _, request| {
            assert!(
                seen.fetch_add(1, Ordering::Relaxed) < 1000,
                "it does not end"
            );
            Ok(page(request.cursor.as_ref().map(Cursor::as_str)))
        });
    (Tickets::new(provider), calls)
}

fn message(text: &str) -> Message {
    let raw = serde_json::value::to_raw_value(text).unwrap();
    Message::new(text, raw)
}

#[tokio::test(start_paused = true)]
async fn messages_all_reads_every_page() {
    let (tickets, calls) = conversation(|cursor| match cursor {
        None => Page::last(vec![message("a"), message("b")]).next(Some(Cursor::new("2"))),
        Some(_) => Page::last(vec![message("c")]),
    });
    let all: Vec<_> = tickets
        .messages_all("7".into())
        .map_ok(|message| message.body)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(all, ["a", "b", "c"]);
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}

#[tokio::test(start_paused = true)]
async fn pagination_loop_of_messages_ends_with_an_error_without_text() {
    let count_on = |cursor: Option<&str>| {
        let page: usize = cursor.map_or(0, |cursor| cursor.parse().unwrap());
        Some(Cursor::new((page + 1).to_string()))
    };
    // The same page under new cursors, of messages that have no ids, and of such that have.
    let (tickets, calls) =
        conversation(move |cursor| Page::last(vec![message("private")]).next(count_on(cursor)));
    let all: Result<Vec<_>, _> = tickets.messages_all("7".into()).try_collect().await;
    let text = all.unwrap_err().to_string();
    assert!(
        text.starts_with("mock messages 7: pagination loop"),
        "{text}"
    );
    assert!(!text.contains("private"), "{text}");
    assert_eq!(calls.load(Ordering::Relaxed), 2);

    let (tickets, calls) = conversation(move |cursor| {
        let mut message = message("private");
        message.id = Some("m1".to_owned());
        Page::last(vec![message]).next(count_on(cursor))
    });
    let all: Result<Vec<_>, _> = tickets.messages_all("7".into()).try_collect().await;
    let text = all.unwrap_err().to_string();
    assert!(text.contains("from message m1 to message m1"), "{text}");
    assert_eq!(calls.load(Ordering::Relaxed), 2);

    let (tickets, calls) = conversation(|_| Page::last(Vec::new()).next(Some(Cursor::new("x"))));
    let all: Result<Vec<_>, _> = tickets.messages_all("7".into()).try_collect().await;
    let text = all.unwrap_err().to_string();
    assert!(text.contains("cursor `x` again"), "{text}");
    assert_eq!(calls.load(Ordering::Relaxed), 2);
}
