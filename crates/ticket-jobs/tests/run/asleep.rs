//! The machine sleeps in the middle of a job: the ledger's time goes on, and tokio's clock stands still.

use std::sync::atomic::{AtomicU64, Ordering};

use ticket_core::provider::{Limit, Quota};

use super::*;

const HOUR: Duration = Duration::from_secs(3600);

/// A machine that is awake until it is told to sleep.
#[derive(Clone)]
struct Machine(Arc<AtomicU64>);

impl Machine {
    /// Jobs in a ledger of this machine, whose time includes its sleep.
    fn new() -> (Self, Jobs) {
        let slept = Arc::new(AtomicU64::new(0));
        let awake = Clock::from("2026-11-28T22:00:00Z".parse().unwrap());
        let also_asleep = Arc::clone(&slept);
        let clock = Clock::new(move || {
            awake.now() + Duration::from_secs(also_asleep.load(Ordering::SeqCst))
        });
        let jobs = Jobs::new(Arc::new(MemoryLedger::with_clock(clock)));
        (Self(slept), jobs)
    }

    /// Sleeps for so long, a moment from now.
    async fn sleep_soon(&self, time: Duration) {
        tokio::time::sleep(Duration::from_millis(100)).await;
        self.0.fetch_add(time.as_secs(), Ordering::SeqCst);
    }
}

#[tokio::test(start_paused = true)]
async fn window_that_is_over_when_the_machine_wakes_up_is_not_waited_for_again() {
    let (machine, jobs) = Machine::new();
    let mut vendor = Vendor::new(&["1", "2"]);
    vendor.info.limits = vec![Limit::new().window(Quota::new(1, 8 * HOUR))];
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let desk = ticket_core::AccountSource::connect(&*accounts, "eu").unwrap();
    assert!(desk.delete(["1"]).await.all_deleted());
    let begun = Instant::now();
    let (second, ()) = tokio::join!(desk.delete(["2"]), machine.sleep_soon(9 * HOUR));
    assert!(second.all_deleted(), "{second:?}");
    assert_eq!(vendor.log(), ["delete 1", "delete 2"]);
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(60), "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn calls_in_flight_when_the_machine_fell_asleep_are_in_doubt_and_end_once() {
    for is_safe in [true, false] {
        let (machine, jobs) = Machine::new();
        let mut vendor = Vendor::new(&["1", "2", "3"]);
        vendor.info.never_reuses_ids = is_safe;
        let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
        let id = job(&jobs, &accounts, &["eu:1", "eu:2", "eu:3"]).await;
        // One answer is lost, one call never arrived: both connections are gone when the machine wakes up.
        vendor.answer(Answer::Never);
        vendor.answer(Answer::Held(Arc::new(Notify::new())));
        let work = run(&jobs, &id, &accounts);
        let (outcomes, ()) = tokio::join!(work, machine.sleep_soon(HOUR));
        let (log, told) = (vendor.log(), told(&outcomes));
        let again = log.iter().filter(|call| call.starts_with("delete"));
        let again = again.skip(2).cloned().collect::<Vec<_>>();
        if is_safe {
            let all = ["eu:1 already_gone", "eu:2 already_gone", "eu:3 deleted"];
            assert_eq!(told, all);
            let of_both = ["delete 1,2 after unknown", "delete 3 after unknown"];
            assert_eq!(again, of_both, "{log:?}");
        } else {
            let all = ["eu:1 already_gone", "eu:2 already_gone", "eu:3 unknown"];
            assert_eq!(told, all);
            assert!(again.is_empty(), "{log:?}");
        }
        assert_eq!(state(&jobs, &id).await, JobState::Completed);
        assert_eq!(recorded(&jobs, &id).await.len(), 3);
    }
}

/// As on a disk that takes two seconds for each sync.
#[tokio::test(start_paused = true)]
async fn ledger_that_always_takes_too_long_fails_the_call_unsent() {
    let seconds = Arc::new(AtomicU64::new(1_800_000_000));
    let clock = Clock::new(move || {
        let now = seconds.fetch_add(2, Ordering::SeqCst);
        assert!(now < 1_800_010_000, "it is tried without an end");
        Timestamp::from_second(now.cast_signed()).unwrap()
    });
    let jobs = Jobs::new(Arc::new(MemoryLedger::with_clock(clock)));
    let vendor = Vendor::new(&["1"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let desk = ticket_core::AccountSource::connect(&*accounts, "eu").unwrap();
    let report = desk.delete(["1"]).await;
    let outcome = report.iter().next().unwrap().1.clone();
    let error = outcome.error().unwrap();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Config, Effect::None)
    );
    assert!(error.message().contains("the call was not sent"), "{error}");
    assert!(vendor.log().is_empty());
    assert_eq!(jobs.ledger().accounts().await.unwrap()[0].in_flight, 0);
}
