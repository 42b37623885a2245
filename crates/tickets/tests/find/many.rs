//! Many tickets, with a provider in memory on a paused clock.

use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering::SeqCst;
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use ticket_sandbox::Vendor;
use tickets::bulk::BulkOptions;
use tickets::find::Find;
use tickets::model::{Cursor, Person, RawJson, RawValue};
use tickets::provider::{Capabilities, Field, Fields, Support};
use tickets::{
    CallContext, Change, Operation, Outcome, Page, ProviderInfo, Result, Ticket, TicketId,
    TicketProvider, TicketQuery, Tickets,
};
use tokio::time::Instant;

use crate::{account, of, sandbox, search};

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
    // More than the 4 of the beginning, since the provider documents no quota: with 4 it would take 120 s.
    let most_at_once = sent.most_at_once.load(SeqCst);
    assert!((9..=32).contains(&most_at_once), "{most_at_once}");
    let took = start.elapsed();
    assert!(took < Duration::from_secs(60), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn search_reads_no_further_than_it_is_asked_to() {
    let (desk, sent) = desk(1_000_000);
    let mut search = Find::new().tag("last-7").tag("all").run(&desk);
    let progress = search.progress();
    for _ in 0..15 {
        search.next().await.unwrap().unwrap();
    }
    // Two, and one ahead.
    assert_eq!(sent.pages.load(SeqCst), 3);
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

#[tokio::test]
async fn what_is_found_can_be_deleted_while_the_search_goes_on() {
    let sandbox = sandbox().await;
    let vendor = Vendor::OneCloud;
    // More reads at once than the account allows at first: they must not hold places while nobody asks for more.
    let ids: Vec<_> = (0..40)
        .map(|_| sandbox.add_ticket(vendor, of(vendor, "ann@example.com")))
        .collect();
    let account = account(&sandbox, vendor);
    let mut search = Find::new().requester("ann@example.com").run(&account);
    while let Some(found) = search.next().await {
        let id = found.unwrap().ticket.id;
        let options = BulkOptions::default();
        let one = stream::iter([((), id)]);
        let settled: Vec<_> = account.apply(Change::Delete, one, &options).collect().await;
        assert!(matches!(settled[0].outcome, Outcome::Done), "{settled:?}");
    }
    assert!(ids.iter().all(|id| !sandbox.exists(vendor, id)));
}
