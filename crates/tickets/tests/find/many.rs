//! Many tickets, with a provider in memory on a paused clock.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::StreamExt as _;
use tickets::find::Find;
use tickets::model::{Cursor, Person, RawJson, RawValue};
use tickets::provider::{Capabilities, Field, Fields, Support};
use tickets::{
    CallContext, Operation, Page, ProviderInfo, Result, Ticket, TicketId, TicketProvider,
    TicketQuery, Tickets,
};
use tokio::time::Instant;

use crate::search;

/// Lists tickets in pages of 100. A read takes up to a second, and tells the requester.
#[derive(Debug)]
struct Desk {
    info: ProviderInfo,
    tickets: usize,
    sent: Arc<Sent>,
}

#[derive(Debug, Default)]
struct Sent {
    pages: AtomicUsize,
    reads: AtomicUsize,
    at_once: AtomicUsize,
    most_at_once: AtomicUsize,
}

fn desk(tickets: usize) -> (Tickets, Arc<Sent>) {
    let list = Support::new()
        .fields(Fields::carrying(&[Field::Cursor]))
        .decides(&[Field::Subject, Field::Tags]);
    let get = Support::new().decides(&[Field::RequesterEmail]);
    let capabilities = Capabilities::none()
        .with(Operation::List, list)
        .with(Operation::Get, get);
    let sent = Arc::new(Sent::default());
    let desk = Desk {
        info: ProviderInfo::new("desk", "Desk", capabilities),
        tickets,
        sent: Arc::clone(&sent),
    };
    (Tickets::new(desk), sent)
}

fn ticket(number: usize) -> Ticket {
    let raw = RawValue::from_string("{}".to_owned()).unwrap();
    let mut ticket = Ticket::new(number.to_string(), RawJson::from(raw));
    ticket.subject = Some(format!("Ticket {number}"));
    ticket.tags = vec!["all".to_owned(), format!("last-{}", number % 10)];
    ticket
}

#[async_trait]
impl TicketProvider for Desk {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn list(&self, _context: &CallContext, query: &TicketQuery) -> Result<Page<Ticket>> {
        self.sent.pages.fetch_add(1, SeqCst);
        let cursor = query.page.cursor.as_ref();
        let from: usize = cursor.map_or(0, |cursor| cursor.as_str().parse().unwrap());
        let to = (from + 100).min(self.tickets);
        let next = (to < self.tickets).then(|| Cursor::new(to.to_string()));
        Ok(Page::last((from..to).map(ticket).collect()).next(next))
    }

    async fn get(&self, _context: &CallContext, id: &TicketId) -> Result<Ticket> {
        let at_once = self.sent.at_once.fetch_add(1, SeqCst) + 1;
        self.sent.most_at_once.fetch_max(at_once, SeqCst);
        let number: usize = id.as_str().parse().unwrap();
        // Every other read is faster.
        let wait = if number % 2 == 0 { 1000 } else { 500 };
        tokio::time::sleep(Duration::from_millis(wait)).await;
        self.sent.at_once.fetch_sub(1, SeqCst);
        self.sent.reads.fetch_add(1, SeqCst);
        let mut ticket = ticket(number);
        let name = if number % 5 == 0 { "ann" } else { "bob" };
        ticket.requester = Some(Person::default().email(format!("{name}@example.com")));
        Ok(ticket)
    }
}

#[tokio::test(start_paused = true)]
async fn tickets_are_read_several_at_once_and_found_in_the_order_of_the_list() {
    let (desk, sent) = desk(640);
    let start = Instant::now();
    let searched = search(&Find::new().requester("ann@example.com"), &desk).await;
    let expected: Vec<_> = (0..128).map(|n| (n * 5).to_string()).collect();
    assert_eq!(searched.whole(), expected);
    assert_eq!(sent.reads.load(SeqCst), 640);
    // 32 at once, since the provider documents no quota.
    assert_eq!(sent.most_at_once.load(SeqCst), 32);
    assert_eq!(start.elapsed(), Duration::from_secs(20));
}

#[tokio::test(start_paused = true)]
async fn search_reads_no_further_than_it_is_asked_to() {
    let (desk, sent) = desk(1_000_000);
    let mut search = Find::new().tag("last-7").tag("all").run(&desk);
    let progress = search.progress();
    for _ in 0..15 {
        search.next().await.unwrap().unwrap();
    }
    assert_eq!(sent.pages.load(SeqCst), 2);
    let counts = progress.counts();
    assert_eq!(counts.found, 15);
    assert!((148..=148 + 32).contains(&counts.listed), "{counts:?}");
    drop(search);
    assert_eq!(progress.counts(), counts);
}

#[tokio::test(start_paused = true)]
async fn labels_must_all_be_there() {
    let (desk, _) = desk(20);
    let find = Find::new().tag("all").tag("last-3");
    assert_eq!(search(&find, &desk).await.whole(), ["3", "13"]);
    assert!(search(&find.tag("last-4"), &desk).await.whole().is_empty());
}
