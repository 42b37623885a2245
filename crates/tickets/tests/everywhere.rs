//! Deleting in several accounts at once, with providers in memory on a paused clock.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use futures_util::{StreamExt as _, stream};
use tickets::bulk::{BulkOptions, Settled};
use tickets::provider::{Capabilities, Limit, Quota};
use tickets::{
    CallContext, Change, DeleteReport, DeleteTarget, Error, ErrorKind, Outcome, ProviderInfo,
    Result, Stop, TicketProvider, TicketRef, Tickets, apply_everywhere,
};
use tokio::time::Instant;

type Sent = Arc<Mutex<Vec<String>>>;

/// Deletes ten tickets with a call, or fails as it is told.
#[derive(Debug)]
struct Desk {
    info: ProviderInfo,
    failure: Option<ErrorKind>,
    sent: Sent,
}

#[async_trait]
impl TicketProvider for Desk {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn delete(
        &self,
        _context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        let mut sent = self.sent.lock().unwrap();
        sent.extend(targets.iter().map(|target| target.id.to_string()));
        match self.failure {
            Some(kind) => Err(Error::new(kind, "it failed")),
            None => Ok(DeleteReport::from_fn(targets, |_| Outcome::Done)),
        }
    }
}

fn desk(quota: Option<Quota>, failure: Option<ErrorKind>) -> (Tickets, Sent) {
    let limit = quota.map_or_else(Limit::new, |quota| Limit::new().window(quota));
    let info = ProviderInfo::new("desk", "Desk", Capabilities::none().delete(10)).limit(limit);
    let sent = Sent::default();
    let desk = Desk {
        info,
        failure,
        sent: Arc::clone(&sent),
    };
    (Tickets::new(desk), sent)
}

/// `count` tickets in turn at each of these accounts.
fn refs(
    accounts: &'static [&str],
    count: usize,
) -> impl futures_core::Stream<Item = (usize, TicketRef)> + Send {
    let in_turn = move |n: usize| {
        (
            n,
            TicketRef::new(accounts[n % accounts.len()], n.to_string()),
        )
    };
    stream::iter((0..count * accounts.len()).map(in_turn))
}

fn words(settled: &[Settled<usize, TicketRef>], account: &str) -> HashMap<&'static str, usize> {
    let mut words = HashMap::new();
    for settled in settled
        .iter()
        .filter(|settled| settled.id.account == account)
    {
        *words
            .entry(Change::Delete.word(&settled.outcome))
            .or_default() += 1;
    }
    words
}

#[tokio::test(start_paused = true)]
async fn every_reference_has_one_outcome_with_its_place() {
    let (first, sent_first) = desk(None, None);
    let (second, sent_second) = desk(None, None);
    let accounts = [("a".to_owned(), first), ("b".to_owned(), second)];
    let refs = refs(&["a", "b", "c"], 1000);
    let mut settled: Vec<_> =
        apply_everywhere(&Change::Delete, accounts, refs, &BulkOptions::default())
            .collect()
            .await;
    settled.sort_by_key(|settled| settled.key);
    assert_eq!(settled.len(), 3000);
    for (place, settled) in settled.iter().enumerate() {
        assert_eq!(
            (settled.key, settled.id.id.as_str()),
            (place, place.to_string().as_str())
        );
    }
    assert_eq!(words(&settled, "a"), HashMap::from([("deleted", 1000)]));
    assert_eq!(words(&settled, "b"), HashMap::from([("deleted", 1000)]));
    assert_eq!(words(&settled, "c"), HashMap::from([("unattempted", 1000)]));
    let unknown = settled[2].outcome.error().unwrap();
    assert_eq!(unknown.kind(), ErrorKind::Config);
    assert!(
        unknown.to_string().contains("there is no account \"c\""),
        "{unknown}"
    );
    let in_order: Vec<_> = (0..1000).map(|n| (3 * n).to_string()).collect();
    assert_eq!(*sent_first.lock().unwrap(), in_order);
    assert_eq!(sent_second.lock().unwrap().len(), 1000);
}

#[tokio::test(start_paused = true)]
async fn a_small_quota_of_one_account_holds_up_no_other() {
    let hour = Duration::from_secs(3600);
    let (slow, _) = desk(Some(Quota::new(1, hour)), None);
    let (quick, _) = desk(None, None);
    let accounts = [("slow".to_owned(), slow), ("quick".to_owned(), quick)];
    let start = Instant::now();
    let mut times = HashMap::new();
    let options = BulkOptions::default();
    let mut work = Box::pin(apply_everywhere(
        &Change::Delete,
        accounts,
        refs(&["slow", "quick"], 50),
        &options,
    ));
    while let Some(settled) = work.next().await {
        assert!(settled.outcome.is_done());
        times.insert(settled.id.account, start.elapsed());
    }
    assert_eq!(times["quick"], Duration::ZERO);
    assert_eq!(times["slow"], 4 * hour);
}

#[tokio::test(start_paused = true)]
async fn an_outage_or_wrong_credentials_of_one_account_are_its_own() {
    let (down, sent_down) = desk(None, Some(ErrorKind::Connect));
    let (wrong, sent_wrong) = desk(None, Some(ErrorKind::Unauthenticated));
    let (good, _) = desk(None, None);
    let accounts = [
        ("down".to_owned(), down),
        ("wrong".to_owned(), wrong),
        ("good".to_owned(), good),
    ];
    let options = BulkOptions::default().concurrency(std::num::NonZeroUsize::MIN);
    let refs = refs(&["down", "wrong", "good"], 500);
    let settled: Vec<_> = apply_everywhere(&Change::Delete, accounts, refs, &options)
        .collect()
        .await;
    assert_eq!(words(&settled, "good"), HashMap::from([("deleted", 500)]));
    assert_eq!(
        words(&settled, "wrong"),
        HashMap::from([("failed", 10), ("unattempted", 490)])
    );
    let left = settled
        .iter()
        .filter(|settled| settled.id.account == "down" && settled.outcome.is_left_to_do());
    assert_eq!(left.count(), 500);
    assert_eq!(sent_wrong.lock().unwrap().len(), 10);
    // Two calls in a row, four attempts each.
    assert_eq!(sent_down.lock().unwrap().len(), 2 * 4 * 10);
}

#[tokio::test(start_paused = true)]
async fn the_input_is_read_no_further_than_there_is_room() {
    let (slow, _) = desk(Some(Quota::new(1, Duration::from_secs(3600))), None);
    let taken = Arc::new(Mutex::new(0));
    let counter = Arc::clone(&taken);
    let endless = stream::iter(0_u64..).map(move |n| {
        *counter.lock().unwrap() += 1;
        ((), TicketRef::new("slow", n.to_string()))
    });
    let options = BulkOptions::default();
    let mut work = Box::pin(apply_everywhere(
        &Change::Delete,
        [("slow".to_owned(), slow)],
        endless,
        &options,
    ));
    assert!(work.next().await.unwrap().outcome.is_done());
    let never = tokio::time::timeout(Duration::from_secs(60), async {
        for _ in 0..10 {
            work.next().await;
        }
    });
    assert!(never.await.is_err());
    let taken = *taken.lock().unwrap();
    assert!((8192..8192 + 100).contains(&taken), "{taken}");
}

#[tokio::test(start_paused = true)]
async fn stopping_answers_for_everything_in_every_account() {
    let hour = Duration::from_secs(3600);
    let (slow, sent) = desk(Some(Quota::new(1, hour)), None);
    let stop = Stop::new();
    let slow = slow.with(CallContext::new().stop(stop.clone()));
    let options = BulkOptions::default();
    let work = apply_everywhere(
        &Change::Delete,
        [("slow".to_owned(), slow)],
        refs(&["slow"], 20_000),
        &options,
    );
    let (settled, ()) = tokio::join!(work.collect::<Vec<_>>(), async {
        tokio::time::sleep(hour + Duration::from_secs(1)).await;
        stop.finish();
    });
    assert_eq!(
        words(&settled, "slow"),
        HashMap::from([("deleted", 20), ("unattempted", 19_980)])
    );
    assert_eq!(sent.lock().unwrap().len(), 20);
}

#[tokio::test(start_paused = true)]
async fn batches_are_full_however_many_accounts_there_are() {
    const NAMES: &[&str] = &["a", "b", "c", "d", "e", "f", "g", "h"];
    let desks: Vec<_> = NAMES.iter().map(|_| desk(None, None)).collect();
    let calls: Vec<_> = desks.iter().map(|(_, sent)| Arc::clone(sent)).collect();
    let accounts = NAMES.iter().zip(desks).map(|(name, (tickets, _))| {
        let counted = tickets.layer(Calls);
        ((*name).to_owned(), counted)
    });
    let accounts: Vec<_> = accounts.collect();
    let options = BulkOptions::default();
    let work = apply_everywhere(&Change::Delete, accounts, refs(NAMES, 1000), &options);
    assert_eq!(work.count().await, 8000);
    assert!(calls.iter().all(|sent| sent.lock().unwrap().len() == 1000));
    let made = CALLS.load(std::sync::atomic::Ordering::Relaxed);
    assert_eq!(made, 800);
}

static CALLS: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

/// Counts calls.
#[derive(Debug)]
struct Calls;

impl tickets::call::Layer for Calls {
    async fn call<T: tickets::call::Reply>(
        &self,
        call: tickets::call::Call<'_>,
        next: &impl tickets::call::Next<T>,
    ) -> Result<T> {
        CALLS.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        next.call(call).await
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_comes_of_nothing() {
    let options = BulkOptions::default();
    let work = apply_everywhere(
        &Change::Delete,
        [],
        stream::empty::<((), TicketRef)>(),
        &options,
    );
    assert_eq!(work.count().await, 0);
}
