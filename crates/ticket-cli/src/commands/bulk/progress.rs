//! How far a bulk change is: for each account how many tickets have which outcome and how many are left, what it waits
//! for, and how long it will take.

use std::collections::BTreeMap;
use std::time::Duration;

use ticket_jobs::JobOutcome;
use tickets::Change;
use tickets::accounts::Account;
use tokio::time::Instant;

use super::plan::Plan;
use super::words;
use crate::status::{Line, Status};
use crate::text;

/// Before, a rate says nothing about the time that is left.
const MEASURED: Duration = Duration::from_secs(5);

/// How far all accounts are.
pub(super) struct Progress<'a> {
    change: Change,
    accounts: Vec<Counted<'a>>,
    status: Status,
    start: Instant,
    /// How long the work took that ended before.
    before: Duration,
}

/// How far an account is.
struct Counted<'a> {
    account: &'a Account,
    tickets: u64,
    /// Number of tickets by outcome.
    counts: BTreeMap<String, u64>,
}

impl<'a> Progress<'a> {
    /// Shows nothing before it begins, and nothing for a single ticket, whose outcome says all.
    pub(super) fn new(plan: &'a Plan) -> Self {
        let accounts = plan.groups.iter().map(|group| Counted {
            account: &group.account,
            tickets: u64::try_from(group.len()).unwrap_or(u64::MAX),
            counts: BTreeMap::new(),
        });
        Self {
            change: plan.change.clone(),
            accounts: accounts.collect(),
            status: Status::hidden(),
            start: Instant::now(),
            before: Duration::ZERO,
        }
    }

    /// The work begins, or goes on after a question.
    pub(super) fn begin(&mut self) {
        let tickets: u64 = self.accounts.iter().map(|one| one.tickets).sum();
        self.status = Status::unless(tickets < 2);
        self.start = Instant::now();
    }

    /// The work ends, or is interrupted by a question: nothing is shown.
    pub(super) fn end(&mut self) {
        self.status = Status::hidden();
        self.before = self.before.saturating_add(self.start.elapsed());
    }

    /// Waits until it is time to [`renew`](Self::renew); forever if nothing is shown.
    pub(super) async fn due(&mut self) {
        self.status.due().await;
    }

    /// Tells how far each account is. Where nothing is replaced, an account that is done is told no more.
    pub(super) fn renew(&self, stopping: bool) {
        let elapsed = self.before.saturating_add(self.start.elapsed());
        let accounts = self.accounts.iter();
        let told = accounts.filter(|one| self.status.is_terminal() || one.left() > 0);
        let lines = told.map(|one| {
            let words = State {
                change: &self.change,
                counts: &one.counts,
                left: one.left(),
                to_go: one.to_go(&self.change, elapsed).filter(|_| !stopping),
                stopping,
            };
            Line::new(&one.account.name, words.parts())
        });
        self.status.show(lines.collect());
    }

    /// Counts a ticket.
    pub(super) fn advance(&mut self, told: &JobOutcome) {
        let mut accounts = self.accounts.iter_mut();
        if let Some(one) = accounts.find(|one| one.account.name == told.ticket.account) {
            let outcome = told.outcome.as_str().to_owned();
            *one.counts.entry(outcome).or_insert(0) += 1;
        }
    }
}

impl Counted<'_> {
    fn done(&self) -> u64 {
        self.counts.values().sum()
    }

    fn left(&self) -> u64 {
        self.tickets.saturating_sub(self.done())
    }

    /// The expected time for the tickets that are left, if it is known.
    fn to_go(&self, change: &Change, elapsed: Duration) -> Option<Duration> {
        let left = usize::try_from(self.left()).unwrap_or(usize::MAX);
        let calls = change.calls(left, self.account.tickets.info());
        let status = self.account.tickets.pacer().map(|pacer| pacer.status());
        let until = status.and_then(|status| status.blocked_by?.until);
        let wait = until.map(|until| until.saturating_duration_since(Instant::now()));
        // The waiting call starts a new window.
        let least = self.account.tickets.least_time(change.operation(), calls);
        let least = least.saturating_add(wait.unwrap_or_default());
        expected(self.done(), self.left(), elapsed, least)
    }
}

/// The time that is left: the longer of what the rate so far says, and what the quota allows. `None` if neither is known.
fn expected(done: u64, left: u64, elapsed: Duration, least: Duration) -> Option<Duration> {
    let is_measured = done > 0 && elapsed >= MEASURED;
    let by_rate = is_measured.then(|| {
        let time = elapsed.as_secs_f64() * to_f64(left) / to_f64(done);
        Duration::try_from_secs_f64(time).unwrap_or(Duration::MAX)
    });
    by_rate
        .into_iter()
        .chain((!least.is_zero()).then_some(least))
        .max()
}

/// How far an account is, in words.
struct State<'a> {
    change: &'a Change,
    counts: &'a BTreeMap<String, u64>,
    left: u64,
    to_go: Option<Duration>,
    stopping: bool,
}

impl State<'_> {
    /// Failures are counted even if there are none: nobody has to wonder.
    fn parts(&self) -> Vec<String> {
        let mut counts = self.counts.clone();
        counts.entry("done".to_owned()).or_insert(0);
        counts.entry("failed".to_owned()).or_insert(0);
        let mut parts = words::all_counts(self.change, &counts);
        match self.left {
            0 => parts.push("finished".to_owned()),
            left => parts.push(format!("{} left", text::grouped(left))),
        }
        if self.stopping && self.left > 0 {
            parts.push("stopping".to_owned());
        }
        if let Some(time) = self.to_go.filter(|_| self.left > 0) {
            parts.push(format!("about {} to go", roughly(time)));
        }
        parts
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "an estimate is shown with two digits"
)]
fn to_f64(count: u64) -> f64 {
    count as f64
}

/// Formats an estimated time: the longer, the more it is rounded.
fn roughly(time: Duration) -> String {
    let seconds = time.as_secs().max(1);
    let unit = match seconds {
        0..600 => 1,
        600..36_000 => 60,
        _ => 3600,
    };
    text::seconds(seconds.div_ceil(unit).saturating_mul(unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn words(counts: &[(&str, u64)], left: u64, to_go: Option<u64>, stopping: bool) -> String {
        let counts = counts
            .iter()
            .map(|(name, count)| ((*name).to_owned(), *count));
        let state = State {
            change: &Change::Delete,
            counts: &counts.collect(),
            left,
            to_go: to_go.map(Duration::from_secs),
            stopping,
        };
        state.parts().join(" · ")
    }

    #[test]
    fn failures_are_always_counted_and_numbers_grouped() {
        assert_eq!(words(&[], 2, None, false), "0 deleted · 0 failed · 2 left");
        let counts = [("done", 12_500), ("failed", 3), ("already_done", 1)];
        assert_eq!(
            words(&counts, 27_496, Some(11_000), false),
            "12,500 deleted · 1 already gone · 3 failed · 27,496 left · about 3 h 4 min to go"
        );
        let counts = [("failed", 1_000), ("not_found", 2), ("unknown", 4)];
        assert_eq!(
            words(&counts, 5, None, true),
            "0 deleted · 2 not found · 1,000 failed · 4 unknown · 5 left · stopping"
        );
        assert_eq!(
            words(&[("done", 1)], 0, Some(9), true),
            "1 deleted · 0 failed · finished"
        );
    }

    #[test]
    fn time_left_is_the_longer_of_rate_and_quota() {
        for (done, left, elapsed, least, expected_seconds) in [
            (100, 900, 10, 0, Some(90)),
            (100, 900, 10, 600, Some(600)),
            (100, 900, 10, 60, Some(90)),
            // Nothing is known of an account without a quota before its first answers.
            (0, 900, 10, 0, None),
            (100, 900, 4, 0, None),
            (0, 900, 0, 60, Some(60)),
        ] {
            let time = expected(done, left, elapsed * SECOND, least * SECOND);
            assert_eq!(
                time,
                expected_seconds.map(Duration::from_secs),
                "{done} {left}"
            );
        }
    }

    #[test]
    fn estimate_is_rounded_the_more_the_longer_it_is() {
        let times = [0, 59, 599, 601, 36_001].map(|seconds| roughly(seconds * SECOND));
        assert_eq!(times, ["1 s", "59 s", "9 min 59 s", "11 min", "11 h"]);
    }
}
