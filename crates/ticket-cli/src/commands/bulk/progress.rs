//! Progress bars on stderr: one per account, with its rate, the remaining time and the reason for waiting.
//! Only if stderr is a terminal.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};
use ticket_jobs::JobOutcome;
use tickets::Change;
use tickets::accounts::Account;
use tickets::call::WaitReason;
use tokio::time::{Instant, Interval, MissedTickBehavior};

use super::plan::{Group, Plan, least_time};
use super::words;
use crate::output;
use crate::table::{USUAL, columns_of_stderr};
use crate::text;
use crate::waits;

/// Refresh interval of the text beside a bar.
const TICK: Duration = Duration::from_millis(250);

/// Maximum length of an account's name, in characters.
const NAME: usize = 16;

/// Length of a bar, in columns.
const BAR: usize = 8;

/// The bars of all accounts.
pub(super) struct Progress<'a> {
    change: Change,
    bars: MultiProgress,
    /// A blank line above the bars. The `^C` that a terminal prints for Ctrl-C moves all bars one line up;
    /// then the first line cannot be cleared.
    blank: ProgressBar,
    lines: Vec<Line<'a>>,
    /// Number of characters that fit beside a bar.
    room: usize,
    start: Instant,
    tick: Option<Interval>,
}

/// The bar of an account.
struct Line<'a> {
    account: &'a Account,
    bar: ProgressBar,
    /// Number of tickets by outcome.
    counts: BTreeMap<String, u64>,
}

impl<'a> Progress<'a> {
    /// Shows nothing if stderr is not a terminal, or for a single ticket.
    pub(super) fn new(plan: &'a Plan, hidden: bool) -> Self {
        let hidden = hidden || plan.len() < 2 || !io::stderr().is_terminal();
        let target = if hidden {
            ProgressDrawTarget::hidden()
        } else {
            ProgressDrawTarget::stderr()
        };
        let bars = MultiProgress::with_draw_target(target);
        if !hidden {
            output::set_bars(Some(bars.clone()));
        }
        let name = |group: &Group| text::cut(&text::line(&group.account.name), NAME);
        let names: Vec<_> = plan.groups.iter().map(name).collect();
        let width = names.iter().map(|name| name.chars().count()).max();
        let digits = plan.groups.iter().map(Group::len).max().unwrap_or(0);
        let digits = digits.to_string().len();
        let (style, taken) = style(width.unwrap_or(0), digits);
        let blank = bars.add(ProgressBar::new(0).with_style(styled(" ")));
        let lines = names.into_iter().zip(&plan.groups).map(|(name, group)| {
            let bar = ProgressBar::new(u64::try_from(group.len()).unwrap_or(u64::MAX));
            let bar = bars.add(bar.with_style(style.clone()).with_prefix(name));
            Line {
                account: &group.account,
                bar,
                counts: BTreeMap::new(),
            }
        });
        let lines = lines.collect();
        Self {
            change: plan.change.clone(),
            bars,
            blank,
            lines,
            room: usize::from(columns_of_stderr().unwrap_or(USUAL)).saturating_sub(taken + 1),
            start: Instant::now(),
            tick: (!hidden).then(|| {
                let mut tick = tokio::time::interval(TICK);
                tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
                tick
            }),
        }
    }

    /// Waits until it is time to [`renew`](Self::renew); forever if nothing is shown.
    pub(super) async fn due(&mut self) {
        match &mut self.tick {
            Some(tick) => {
                tick.tick().await;
            }
            None => std::future::pending().await,
        }
    }

    /// Updates the text of each bar.
    pub(super) fn renew(&self, stopping: bool) {
        self.blank.tick();
        let elapsed = self.start.elapsed();
        for Line {
            account,
            bar,
            counts,
        } in &self.lines
        {
            let left = bar.length().unwrap_or(0).saturating_sub(bar.position());
            if left == 0 || stopping {
                bar.set_message(if left == 0 { "done" } else { "stopping" });
                continue;
            }
            let left = usize::try_from(left).unwrap_or(usize::MAX);
            let calls = self.change.calls(left, account.tickets.info());
            let (waiting, wait) = waiting(account).unzip();
            let least = least_time(account, &self.change, calls);
            let state = State {
                done: bar.position(),
                left,
                elapsed,
                // The waiting call starts a new window.
                least: least.saturating_add(wait.unwrap_or_default()),
                waiting,
                counts: words::counts(&self.change, counts),
            };
            bar.set_message(text::cut(&state.within(self.room), self.room));
        }
    }

    /// Counts a ticket.
    pub(super) fn advance(&mut self, told: &JobOutcome) {
        let mut lines = self.lines.iter_mut();
        if let Some(line) = lines.find(|line| line.account.name == told.ticket.account) {
            line.bar.inc(1);
            let outcome = told.outcome.as_str().to_owned();
            *line.counts.entry(outcome).or_insert(0) += 1;
        }
    }

    /// Runs an action on the terminal without the bars.
    pub(super) fn suspend<T>(&self, action: impl FnOnce() -> T) -> T {
        self.bars.suspend(action)
    }

    /// Removes the bars.
    pub(super) fn finish(&self) {
        output::set_bars(None);
        self.blank.finish_and_clear();
        for Line { bar, .. } in &self.lines {
            bar.finish_and_clear();
        }
        // The bars are already cleared, so an error does not matter.
        let _ = self.bars.clear();
    }
}

/// The style of a bar, and the columns that it takes, including its prefix and one free column.
fn style(name: usize, digits: usize) -> (ProgressStyle, usize) {
    let template =
        format!("{{prefix:{name}}} {{pos:>{digits}}}/{{len:{digits}}} {{bar:{BAR}}} {{msg}}");
    let taken = name + 2 * digits + BAR + "  /  ".len();
    (styled(&template), taken)
}

fn styled(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

/// The reason and the length of the current wait of an account. `None` for a wait for concurrency, because
/// other calls make progress.
fn waiting(account: &Account) -> Option<(String, Duration)> {
    let waiting = account.tickets.pacer()?.status().blocked_by?;
    let reason = match waiting.reason {
        WaitReason::Quota => "waiting for the quota,",
        WaitReason::Closed => "rate-limited, resuming in",
        _ => return None,
    };
    let left = waiting.until?.duration_since(Instant::now());
    Some((format!("{reason} {}", waits::rounded_up(left)), left))
}

/// The progress of an account.
struct State {
    done: u64,
    left: usize,
    elapsed: Duration,
    /// Lower bound of the time that the quota allows for the remaining tickets.
    least: Duration,
    waiting: Option<String>,
    /// The outcomes in words.
    counts: Vec<String>,
}

impl State {
    /// The outcomes, the wait or the rate, and the time left, as far as there is room. What comes first gives way last,
    /// except that a rate says less than the time that is left.
    fn within(&self, room: usize) -> String {
        let (done, left) = (to_f64(self.done), to_f64(self.left as u64));
        let elapsed = self.elapsed.as_secs_f64();
        let rate = if elapsed > 0.0 { done / elapsed } else { 0.0 };
        let by_rate = Duration::try_from_secs_f64(left / rate).unwrap_or(Duration::ZERO);
        let expected = by_rate.max(self.least);
        let known = self.done > 0 || !self.least.is_zero();
        let left = known.then(|| format!("{} left", roughly(expected)));
        let counts = (!self.counts.is_empty()).then(|| self.counts.join(", "));
        let rate = (self.done > 0).then(|| format!("{}/s", short(rate)));
        let pace = self.waiting.clone().or(rate);
        let choices = match &self.waiting {
            Some(_) => [
                vec![&counts, &pace, &left],
                vec![&counts, &pace],
                vec![&pace, &left],
            ],
            None => [
                vec![&counts, &pace, &left],
                vec![&counts, &left],
                vec![&counts],
            ],
        };
        let mut texts = choices.into_iter().map(|parts| {
            let parts = parts.into_iter().flatten().map(String::as_str);
            parts.collect::<Vec<_>>().join("; ")
        });
        let last = pace.clone().unwrap_or_default();
        let fits = |text: &String| text.chars().count() <= room;
        texts.find(fits).unwrap_or(last)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a rate is shown with two digits"
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

/// Formats a rate.
fn short(rate: f64) -> String {
    if rate < 10.0 {
        format!("{rate:.1}")
    } else {
        format!("{rate:.0}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(done: u64, left: usize, elapsed: u64, least: u64, waiting: Option<&str>) -> String {
        state(done, left, elapsed, least, waiting).within(80)
    }

    fn state(done: u64, left: usize, elapsed: u64, least: u64, waiting: Option<&str>) -> State {
        State {
            done,
            left,
            elapsed: Duration::from_secs(elapsed),
            least: Duration::from_secs(least),
            waiting: waiting.map(str::to_owned),
            counts: Vec::new(),
        }
    }

    #[test]
    fn time_left_is_the_longer_of_rate_and_quota() {
        assert_eq!(shown(100, 900, 10, 0, None), "10/s; 1 min 30 s left");
        assert_eq!(shown(100, 900, 10, 600, None), "10/s; 10 min left");
        assert_eq!(shown(3, 1, 10, 0, None), "0.3/s; 3 s left");
    }

    #[test]
    fn time_left_before_the_first_answer_comes_from_the_quota() {
        assert_eq!(shown(0, 900, 0, 0, None), "");
        assert_eq!(shown(0, 900, 1, 60, None), "1 min left");
    }

    #[test]
    fn progress_during_a_wait_shows_the_wait_instead_of_the_rate() {
        let waiting = Some("waiting for the quota, 12 s");
        assert_eq!(shown(0, 900, 1, 0, waiting), "waiting for the quota, 12 s");
        let both = "waiting for the quota, 12 s; 34 min left";
        assert_eq!(shown(500, 500, 10, 1995, waiting), both);
    }

    #[test]
    fn outcomes_are_shown_where_there_is_room() {
        let with_counts = |waiting| State {
            counts: vec!["97 deleted".to_owned(), "3 failed".to_owned()],
            ..state(100, 900, 10, 0, waiting)
        };
        let working = with_counts(None);
        let all = "97 deleted, 3 failed; 10/s; 1 min 30 s left";
        assert_eq!(working.within(43), all);
        let without_rate = "97 deleted, 3 failed; 1 min 30 s left";
        assert_eq!(working.within(42), without_rate);
        assert_eq!(working.within(20), "97 deleted, 3 failed");
        let waiting = with_counts(Some("rate-limited, resuming in 9 s"));
        let without_time = "97 deleted, 3 failed; rate-limited, resuming in 9 s";
        assert_eq!(waiting.within(51), without_time);
        assert_eq!(
            waiting.within(50),
            "rate-limited, resuming in 9 s; 1 min 30 s left"
        );
        assert_eq!(waiting.within(40), "rate-limited, resuming in 9 s");
    }
}
