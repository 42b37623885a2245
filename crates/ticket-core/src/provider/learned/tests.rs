//! What is learned delays calls and never lets one more through.

use super::*;

const MINUTE: Duration = Duration::from_secs(60);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn told(calls: u32, left: u32, resets_in: u64) -> ToldLimit {
    ToldLimit::new(Quota::new(calls, MINUTE), left).resets_in(seconds(resets_in))
}

/// A call that is sent and answered, if it may be sent.
fn call(learned: &LearnedLimits, operation: Operation) -> Result<(), Duration> {
    let mut place = learned.take(operation, 1)?;
    place.send();
    place.answer();
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn nonsense_is_ignored() {
    let learned = LearnedLimits::default();
    for nonsense in [
        told(0, 0, 60),
        told(10, 11, 60),
        ToldLimit::new(Quota::new(1, Duration::from_millis(999)), 0),
        ToldLimit::new(Quota::new(1, Duration::ZERO), 0),
        ToldLimit::new(Quota::new(1, Duration::MAX), 0),
    ] {
        learned.learn("a", None, nonsense);
        assert_eq!(call(&learned, Operation::Get), Ok(()), "{nonsense:?}");
    }
    learned.learn(&"a".repeat(LONGEST_NAME + 1), None, told(1, 0, 60));
    assert_eq!(call(&learned, Operation::Get), Ok(()));
    for name in 0..MOST {
        learned.learn(&name.to_string(), None, told(10, 10, 60));
    }
    learned.learn("one more", None, told(1, 0, 60));
    assert_eq!(call(&learned, Operation::Get), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn used_up_limit_is_waited_for_within_bounds() {
    for (told, wait) in [
        (told(10, 0, 41), seconds(41)),
        (told(10, 0, 0), SHORTEST),
        (told(10, 0, 1_000_000), LONGEST),
        (ToldLimit::new(Quota::new(10, MINUTE), 0), MINUTE),
        (
            ToldLimit::new(Quota::new(10, 24 * LONGEST), 0).resets_in(Duration::MAX),
            24 * LONGEST,
        ),
    ] {
        let learned = LearnedLimits::default();
        learned.learn("a", None, told);
        assert_eq!(call(&learned, Operation::Get), Err(wait), "{told:?}");
        tokio::time::advance(wait).await;
        assert_eq!(call(&learned, Operation::Get), Ok(()), "{told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_count_and_those_without_a_reply_stay_counted() {
    let learned = LearnedLimits::default();
    learned.learn("a", None, told(10, 3, 60));
    let take = || {
        let place = learned.take(Operation::Get, 1);
        place.map(|mut place| {
            place.send();
            place
        })
    };
    let mut places: Vec<Place> = (0..3).map(|_| take().unwrap()).collect();
    assert_eq!(take().unwrap_err(), SOON);
    // One was not counted there, one was, and the reply to the third is lost.
    places.remove(0).answer();
    learned.learn("a", None, told(10, 2, 60));
    places.remove(0).answer();
    drop(places);
    let last = take().unwrap();
    assert_eq!(take().unwrap_err(), SOON);
    drop(last);
    assert_eq!(take().unwrap_err(), seconds(60));
}

#[tokio::test(start_paused = true)]
async fn call_that_is_not_sent_takes_no_place() {
    let learned = LearnedLimits::default();
    learned.learn("a", None, told(10, 10, 60));
    for _ in 0..100 {
        drop(learned.take(Operation::Get, 10).unwrap());
    }
    // More than there is takes all of them.
    let _all = learned.take(Operation::Get, 11).unwrap();
    assert_eq!(learned.take(Operation::Get, 1).unwrap_err(), SOON);
}

#[tokio::test(start_paused = true)]
async fn first_call_of_a_window_is_alone_until_its_reply_tells_what_is_left() {
    let learned = LearnedLimits::default();
    learned.learn("a", None, told(10, 0, 60));
    tokio::time::advance(seconds(60)).await;
    let mut first = learned.take(Operation::Get, 1).unwrap();
    first.send();
    assert_eq!(learned.take(Operation::List, 1).unwrap_err(), SOON);
    learned.learn("a", None, told(10, 1, 3));
    first.answer();
    drop(first);
    let second = learned.take(Operation::List, 1).unwrap();
    assert_eq!(learned.take(Operation::Get, 1).unwrap_err(), SOON);
    drop(second);
    // Once it is over, a reply that says nothing of it ends it.
    tokio::time::advance(seconds(3)).await;
    call(&learned, Operation::Get).unwrap();
    let both = [Operation::Get, Operation::List].map(|one| learned.take(one, 100));
    assert!(both.iter().all(Result::is_ok));
}

#[tokio::test(start_paused = true)]
async fn replies_that_overtake_each_other_give_nothing_back_within_a_window() {
    let learned = LearnedLimits::default();
    learned.learn("a", None, told(10, 1, 59));
    learned.learn("a", None, told(10, 5, 60));
    call(&learned, Operation::Get).unwrap();
    learned.learn("a", None, told(10, 0, 59));
    assert_eq!(call(&learned, Operation::Get), Err(seconds(59)));
    // The vendor's next window may begin before it is known here.
    tokio::time::advance(seconds(58)).await;
    learned.learn("a", None, told(10, 9, 60));
    assert_eq!(call(&learned, Operation::Get), Ok(()));
}

#[tokio::test(start_paused = true)]
async fn limit_of_an_endpoint_delays_the_operations_whose_replies_told_of_it() {
    let learned = LearnedLimits::default();
    learned.learn("a", Some(Operation::List), told(10, 0, 60));
    assert_eq!(call(&learned, Operation::Get), Ok(()));
    assert_eq!(call(&learned, Operation::List), Err(seconds(60)));
    learned.learn("a", Some(Operation::Update), told(10, 0, 60));
    assert_eq!(call(&learned, Operation::Update), Err(seconds(60)));
    assert_eq!(learned.quotas(Operation::Get), []);
    assert_eq!(learned.quotas(Operation::List), [Quota::new(10, MINUTE)]);
}
