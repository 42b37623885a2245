//! Waits that end without a call, and the calls to a store of slots. `tests/pace` tests what the vendor sees.

use std::num::NonZeroUsize;
use std::sync::Mutex;

use futures_core::future::BoxFuture;
use futures_util::FutureExt as _;
use tokio::time::Instant;

use super::held::Held;
use super::*;
use crate::model::draft::{NewTicket, TicketPatch};
use crate::provider::context::CallContext;
use crate::provider::error::{Effect, Error, ErrorKind, Result};
use crate::provider::learned::{LearnedLimits, ToldLimit};
use crate::provider::operation::Request;
use crate::provider::stop::Stop;

const WINDOW: Duration = Duration::from_secs(5);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn pacer(calls: u32) -> Pacer {
    Pacer::new([Limit::new().window(Quota::new(calls, WINDOW))])
}

fn until(deadline: Instant) -> CallContext {
    CallContext::new().deadline(deadline)
}

const DELETE: CallIntent<'_> = CallIntent::new(Request::Delete(&[]));

/// A call that makes several requests.
fn of_several(request: Request<'_>, requests: usize) -> CallIntent<'_> {
    CallIntent {
        requests,
        ..CallIntent::new(request)
    }
}

async fn acquire<'a>(pacer: &'a Pacer, context: &CallContext) -> Result<Held<'a>> {
    let slot = pacer.acquire("mock", &DELETE, context);
    // A call that is never sent must fail its test.
    tokio::time::timeout(seconds(100_000), slot).await.unwrap()
}

/// A call that ends at once.
async fn call(pacer: &Pacer) {
    let context = CallContext::default();
    drop(acquire(pacer, &context).await.unwrap());
}

fn assert_idle(pacer: &Pacer) {
    let status = pacer.status();
    assert_eq!((status.in_flight, status.waiting), (0, 0));
    assert_eq!(status.blocked_by, None);
}

#[tokio::test(start_paused = true)]
async fn a_slot_beyond_the_deadline_is_refused_at_once() {
    let pacer = pacer(25);
    let start = Instant::now();
    for _ in 0..25 {
        call(&pacer).await;
    }
    let error = acquire(&pacer, &until(start + seconds(4)))
        .await
        .unwrap_err();
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(error.kind(), ErrorKind::RateLimited);
    assert_eq!(error.effect(), Effect::None);
    assert_eq!(error.retry_after(), Some(WINDOW));
    // Nothing is sent at the deadline itself, so waiting until the deadline is useless, too.
    let just_then = acquire(&pacer, &until(start + WINDOW)).await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(just_then.to_string(), error.to_string());
    assert_eq!(
        error.to_string(),
        "mock delete: the account's quota (25 calls in 5 s) allows no call before the deadline; nothing was sent"
    );
    assert_idle(&pacer);
    acquire(&pacer, &until(start + seconds(6))).await.unwrap();
    assert_eq!(start.elapsed(), WINDOW);
}

#[tokio::test(start_paused = true)]
async fn a_slot_that_cannot_be_given_back_in_time_is_refused_at_once() {
    let pacer = pacer(1);
    let start = Instant::now();
    let in_flight = acquire(&pacer, &CallContext::default()).await.unwrap();
    let error = acquire(&pacer, &until(start + seconds(4)))
        .await
        .unwrap_err();
    assert_eq!(error.retry_after(), Some(WINDOW));
    assert_eq!(start.elapsed(), Duration::ZERO);
    drop(in_flight);
}

#[tokio::test(start_paused = true)]
async fn whoever_stands_behind_a_wait_beyond_the_deadline_is_refused_at_once() {
    let pacer = pacer(1);
    let start = Instant::now();
    call(&pacer).await;
    let patient = CallContext::default();
    let mut first = Box::pin(acquire(&pacer, &patient));
    assert!((&mut first).now_or_never().is_none());
    let error = acquire(&pacer, &until(start + seconds(4)))
        .await
        .unwrap_err();
    assert_eq!(error.retry_after(), Some(WINDOW));
    assert_eq!(start.elapsed(), Duration::ZERO);
    drop(first.await.unwrap());
    assert_idle(&pacer);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_wait_of_unknown_length() {
    let pacer = Pacer::new([Limit::new().max_concurrent(NonZeroUsize::MIN)]);
    let start = Instant::now();
    let in_flight = acquire(&pacer, &CallContext::default()).await.unwrap();
    let error = acquire(&pacer, &until(start + seconds(4)))
        .await
        .unwrap_err();
    assert_eq!(start.elapsed(), seconds(4));
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::RateLimited, Effect::None)
    );
    assert_eq!(error.retry_after(), None);
    assert!(error.message().contains("the concurrency limit is reached"));
    drop(in_flight);
    assert_idle(&pacer);
}

#[tokio::test(start_paused = true)]
async fn the_deadline_ends_a_wait_in_line_and_says_how_long_it_would_have_been() {
    let pacer = pacer(2);
    let start = Instant::now();
    call(&pacer).await;
    tokio::time::advance(seconds(3)).await;
    call(&pacer).await;
    let patient = CallContext::default();
    let mut first = Box::pin(acquire(&pacer, &patient));
    assert!((&mut first).now_or_never().is_none());
    // The first one goes after five seconds; for the second it is then too late.
    let deadline = until(start + seconds(6));
    let mut second = Box::pin(acquire(&pacer, &deadline));
    assert!((&mut second).now_or_never().is_none());
    drop(first.await.unwrap());
    let error = second.await.unwrap_err();
    assert_eq!(start.elapsed(), WINDOW);
    assert_eq!(error.retry_after(), Some(seconds(3)));
    assert_idle(&pacer);
}

#[tokio::test(start_paused = true)]
async fn a_stop_ends_every_wait_and_leaves_nothing_behind() {
    let pacer = pacer(1);
    let start = Instant::now();
    call(&pacer).await;
    let stop = Stop::new();
    let context = CallContext::new().stop(stop.clone());
    let mut first = Box::pin(acquire(&pacer, &context));
    let mut second = Box::pin(acquire(&pacer, &context));
    assert!((&mut first).now_or_never().is_none());
    assert!((&mut second).now_or_never().is_none());
    assert_eq!(pacer.status().waiting, 2);
    stop.finish();
    for stopped in [first, second] {
        let error = stopped.await.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (ErrorKind::Cancelled, Effect::None)
        );
        assert_eq!(
            error.to_string(),
            "mock delete: cancelled while waiting for the quota; nothing was sent"
        );
    }
    assert_idle(&pacer);
    call(&pacer).await;
    assert_eq!(start.elapsed(), WINDOW);
}

#[tokio::test(start_paused = true)]
async fn after_the_deadline_not_even_a_free_slot_is_taken() {
    let pacer = pacer(1);
    let start = Instant::now();
    // Timers do not answer a task that has used up its budget; the deadline holds all the same.
    while tokio::task::consume_budget().now_or_never().is_some() {}
    let late = acquire(&pacer, &until(start)).now_or_never();
    let late = late.unwrap().unwrap_err();
    assert_eq!(
        (late.kind(), late.effect()),
        (ErrorKind::RateLimited, Effect::None)
    );
    let stop = Stop::new();
    stop.finish();
    let context = CallContext::new().stop(stop);
    let stopped = acquire(&pacer, &context).await.unwrap_err();
    assert_eq!(
        (stopped.kind(), stopped.effect()),
        (ErrorKind::Cancelled, Effect::None)
    );
    call(&pacer).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_learns_of_a_pause_that_begins_meanwhile() {
    let pacer = pacer(1);
    let start = Instant::now();
    call(&pacer).await;
    let context = until(start + seconds(10));
    let mut waiting = Box::pin(acquire(&pacer, &context));
    assert!((&mut waiting).now_or_never().is_none());
    let blocked_by = pacer.status().blocked_by.unwrap();
    assert_eq!(
        (blocked_by.reason, blocked_by.until),
        (WaitReason::Quota, Some(start + WINDOW))
    );
    pacer.close_for(Some(seconds(20)));
    let error = waiting.await.unwrap_err();
    assert_eq!(start.elapsed(), Duration::ZERO);
    assert_eq!(error.retry_after(), Some(seconds(20)));
    assert!(
        error.message().contains("rate-limited by the vendor"),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn no_pause_is_longer_than_an_hour_or_the_longest_window_nor_cut_short_by_another() {
    let pacer = pacer(1);
    assert_eq!(pacer.close_for(Some(Duration::MAX)), seconds(3600));
    assert_eq!(pacer.close_for(None), WINDOW);
    let start = Instant::now();
    call(&pacer).await;
    assert_eq!(start.elapsed(), seconds(3600));
    let daily = Pacer::new([Limit::new().window(Quota::new(1, seconds(86_400)))]);
    assert_eq!(daily.close_for(Some(Duration::MAX)), seconds(86_400));
}

#[tokio::test(start_paused = true)]
async fn an_account_without_windows_pauses_too() {
    let pacer = Pacer::new([]);
    let start = Instant::now();
    call(&pacer).await;
    assert_eq!(pacer.close_for(None), seconds(1));
    call(&pacer).await;
    call(&pacer).await;
    assert_eq!(start.elapsed(), seconds(1));
    assert_idle(&pacer);
}

#[tokio::test(start_paused = true)]
async fn a_window_of_no_length_is_none() {
    let pacer = Pacer::new([Limit::new().window(Quota::new(1, Duration::ZERO))]);
    let start = Instant::now();
    let context = CallContext::default();
    let _in_flight = acquire(&pacer, &context).await.unwrap();
    call(&pacer).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn what_is_older_than_every_window_is_forgotten() {
    let slots = InProcess::new(&[Limit::new().window(Quota::new(u32::MAX, WINDOW))]);
    for _ in 0..1_000 {
        slots.try_take(Operation::Get, 1).unwrap();
        slots.give_back(Operation::Get, 1);
    }
    assert_eq!(slots.remembered(), 1_000);
    tokio::time::advance(WINDOW).await;
    for _ in 0..1_000 {
        slots.try_take(Operation::Get, 1).unwrap();
        slots.give_back(Operation::Get, 1);
    }
    assert_eq!(slots.remembered(), 1_000);
    // Others are forgotten faster than new ones come.
    tokio::time::advance(WINDOW).await;
    slots.try_take(Operation::Get, 1).unwrap();
    slots.give_back(Operation::Get, 1);
    assert_eq!(slots.remembered(), 999);
}

/// A store with scripted answers that counts its calls.
#[derive(Debug, Default)]
struct Scripted {
    asked: Mutex<Vec<Instant>>,
    answers: Mutex<Vec<NoSlot>>,
    /// How each of its calls ended, or that it was dropped.
    ended: Arc<Mutex<Vec<String>>>,
    closed_for: Mutex<Vec<Duration>>,
}

#[derive(Debug)]
struct ScriptedSlot(Arc<Mutex<Vec<String>>>, Option<String>);

impl Slot for ScriptedSlot {
    fn end(mut self: Box<Self>, error: Option<&Error>) -> BoxFuture<'static, ()> {
        self.1 = Some(error.map_or("done".to_owned(), ToString::to_string));
        async move {
            tokio::time::sleep(Duration::from_millis(3)).await;
            drop(self);
        }
        .boxed()
    }
}

impl Drop for ScriptedSlot {
    fn drop(&mut self) {
        let ended = self.1.take().unwrap_or("dropped".to_owned());
        self.0.lock().unwrap().push(ended);
    }
}

impl Slots for Scripted {
    fn take<'a>(&'a self, _: &'a CallIntent<'a>) -> BoxFuture<'a, Result<Box<dyn Slot>, NoSlot>> {
        async {
            tokio::time::sleep(Duration::from_millis(3)).await;
            self.asked.lock().unwrap().push(Instant::now());
            match self.answers.lock().unwrap().pop() {
                Some(answer) => Err(answer),
                None => Ok(Box::new(ScriptedSlot(Arc::clone(&self.ended), None)) as _),
            }
        }
        .boxed()
    }

    fn close_for(&self, wait: Duration) {
        self.closed_for.lock().unwrap().push(wait);
    }
}

#[tokio::test(start_paused = true)]
async fn a_store_is_asked_again_when_it_said_and_gets_back_what_it_gave() {
    let store = Arc::new(Scripted::default());
    *store.answers.lock().unwrap() = vec![NoSlot::Wait {
        reason: WaitReason::Quota,
        at_least: seconds(2),
    }];
    let pacer = Pacer::with_slots([], Arc::clone(&store) as Arc<dyn Slots>);
    let start = Instant::now();
    call(&pacer).await;
    let asked: Vec<_> = store.asked.lock().unwrap().clone();
    let after = |millis| start + Duration::from_millis(millis);
    assert_eq!(asked, [after(3), after(2006)]);
    assert_eq!(*store.ended.lock().unwrap(), ["dropped"]);
    let context = CallContext::default();
    let error = Error::new(ErrorKind::Conflict, "locked");
    for error in [None, Some(&error)] {
        let held = acquire(&pacer, &context).await.unwrap();
        held.end(error).await;
    }
    assert_eq!(start.elapsed(), Duration::from_millis(2006 + 2 * 6));
    let ended = store.ended.lock().unwrap().clone();
    assert_eq!(ended, ["dropped", "done", "locked"]);
    pacer.close_for(Some(seconds(7)));
    assert_eq!(*store.closed_for.lock().unwrap(), [seconds(7)]);
}

/// The store's window is over after a sleep of the machine, in which this process's clock stood still.
#[tokio::test(start_paused = true)]
async fn a_store_that_asks_for_a_long_wait_is_asked_again_every_15_seconds() {
    let store = Arc::new(Scripted::default());
    let wait = |at_least| NoSlot::Wait {
        reason: WaitReason::Quota,
        at_least,
    };
    // The last one comes first.
    *store.answers.lock().unwrap() = vec![wait(seconds(7180)), wait(seconds(7200))];
    let pacer = Pacer::with_slots([], Arc::clone(&store) as Arc<dyn Slots>);
    let start = Instant::now();
    // What the store asks for decides whether a call comes too late.
    let soon = until(start + seconds(7000));
    let error = acquire(&pacer, &soon).await.unwrap_err();
    assert_eq!(error.retry_after(), Some(seconds(7200)));
    call(&pacer).await;
    let asked = store.asked.lock().unwrap().clone();
    let after: Vec<_> = asked.iter().map(|at| (*at - start).as_secs()).collect();
    assert_eq!(after, [0, 0, 15]);
    assert_idle(&pacer);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_cannot_be_asked_fails_the_call_unsent() {
    let store = Arc::new(Scripted::default());
    let down = Error::new(ErrorKind::Unavailable, "the store of the quota is down");
    *store.answers.lock().unwrap() = vec![NoSlot::Failed(down)];
    let pacer = Pacer::with_slots([], Arc::clone(&store) as Arc<dyn Slots>);
    let context = CallContext::default();
    let error = acquire(&pacer, &context).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Unavailable, Effect::None)
    );
    assert!(store.ended.lock().unwrap().is_empty());
    assert_idle(&pacer);
}

#[tokio::test(start_paused = true)]
async fn call_of_several_requests_takes_a_slot_for_each() {
    let pacer = pacer(5);
    let start = Instant::now();
    let context = CallContext::new();
    let id = "1".into();
    let patch = TicketPatch::default();
    let update = of_several(Request::Update(&id, &patch), 2);
    let two = || pacer.acquire("mock", &update, &context);
    let (first, second) = (two().await.unwrap(), two().await.unwrap());
    // One slot is left, and it is not enough.
    assert!(Box::pin(two()).now_or_never().is_none());
    call(&pacer).await;
    assert_eq!(start.elapsed(), Duration::ZERO);
    drop((first, second));
    tokio::time::advance(seconds(1)).await;
    drop(two().await.unwrap());
    assert_eq!(start.elapsed(), WINDOW);
    let ticket = NewTicket::new("a");
    let create = of_several(Request::Create(&ticket), 6);
    let six = pacer.acquire("mock", &create, &context);
    let error = six.await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::InvalidInput, Effect::None)
    );
    assert_eq!(
        error.to_string(),
        "mock create: the call makes 6 requests, the quota allows 5 calls in 5 s"
    );
    assert_idle(&pacer);
}

#[tokio::test(start_paused = true)]
async fn calls_ask_a_store_together_while_nobody_waits() {
    let store = Arc::new(Scripted::default());
    let pacer = Pacer::with_slots([], Arc::clone(&store) as Arc<dyn Slots>);
    let start = Instant::now();
    let context = CallContext::default();
    let calls = (0..32).map(|_| acquire(&pacer, &context));
    let held = futures_util::future::try_join_all(calls).await.unwrap();
    assert_eq!(start.elapsed(), Duration::from_millis(3));
    drop(held);
    // While one waits, the others ask after it, one at a time.
    *store.answers.lock().unwrap() = vec![NoSlot::Wait {
        reason: WaitReason::Quota,
        at_least: seconds(2),
    }];
    let mut first = Box::pin(acquire(&pacer, &context));
    assert!((&mut first).now_or_never().is_none());
    tokio::time::advance(Duration::from_millis(4)).await;
    assert!((&mut first).now_or_never().is_none());
    store.asked.lock().unwrap().clear();
    let start = Instant::now();
    let others = (0..3).map(|_| acquire(&pacer, &context));
    let (first, others) =
        futures_util::future::join(first, futures_util::future::join_all(others)).await;
    assert_eq!((first.is_ok(), others.len()), (true, 3));
    let asked = store.asked.lock().unwrap().clone();
    let after: Vec<_> = asked.iter().map(|at| (*at - start).as_millis()).collect();
    assert!(after[0] >= 2000, "{after:?}");
    assert!(
        after.windows(2).all(|pair| pair[1] - pair[0] >= 3),
        "{after:?}"
    );
}

/// The delete of a provider that learned these limits.
fn of_learned(learned: &LearnedLimits) -> CallIntent<'_> {
    CallIntent {
        learned: Some(learned),
        ..DELETE
    }
}

#[tokio::test(start_paused = true)]
async fn learned_limit_is_waited_for_before_a_store_is_asked() {
    let store = Arc::new(Scripted::default());
    let learned = LearnedLimits::default();
    let intent = of_learned(&learned);
    let with_store = Pacer::with_slots([], Arc::clone(&store) as Arc<dyn Slots>);
    for (pacer, asked) in [(with_store, 3), (Pacer::new([]), 0)] {
        let told = ToldLimit::new(Quota::new(10, seconds(60)), 0);
        learned.learn("a", None, told.resets_in(seconds(41)));
        let start = Instant::now();
        let soon = until(start + seconds(40));
        let error = pacer.acquire("mock", &intent, &soon).await.unwrap_err();
        assert_eq!(error.retry_after(), Some(seconds(41)));
        assert_eq!(
            error.to_string(),
            "mock delete: the account's quota (10 calls in 60 s) allows no call before the deadline; nothing was sent"
        );
        assert!(store.asked.lock().unwrap().is_empty());
        let context = CallContext::default();
        let mut call = Box::pin(pacer.acquire("mock", &intent, &context));
        assert!((&mut call).now_or_never().is_none());
        let waiting = pacer.status().blocked_by.unwrap();
        assert_eq!(
            (waiting.reason, waiting.until),
            (WaitReason::Quota, Some(start + seconds(41)))
        );
        drop(call.await.unwrap());
        assert_eq!(start.elapsed(), seconds(41) + Duration::from_millis(asked));
        assert_eq!(store.asked.lock().unwrap().len(), usize::from(asked > 0));
        store.asked.lock().unwrap().clear();
        assert_idle(&pacer);
    }
}

#[tokio::test(start_paused = true)]
async fn call_behind_the_last_place_is_sent_when_another_one_gives_its_place_back() {
    let pacer = Pacer::new([]);
    let learned = LearnedLimits::default();
    let intent = of_learned(&learned);
    let told = ToldLimit::new(Quota::new(10, seconds(60)), 1);
    learned.learn("a", None, told.resets_in(seconds(60)));
    let context = CallContext::default();
    let take = || pacer.acquire("mock", &intent, &context);
    let first = take().await.unwrap();
    let mut second = Box::pin(take());
    assert!((&mut second).now_or_never().is_none());
    let start = Instant::now();
    tokio::time::advance(Duration::from_millis(10)).await;
    // The vendor answered, and counted another limit.
    first.end(None).await;
    drop(second.await.unwrap());
    assert_eq!(start.elapsed(), Duration::from_millis(10));
    // That one had no answer.
    let soon = until(start + seconds(59));
    let error = pacer.acquire("mock", &intent, &soon).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::RateLimited);
}
