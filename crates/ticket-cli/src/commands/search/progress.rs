//! How far a search is, on stderr: a line for each account on a terminal, and one line a minute otherwise.

use std::io::{self, IsTerminal as _};
use std::time::Duration;

use indicatif::{MultiProgress, ProgressBar, ProgressStyle};
use tickets::find::Counts;
use tokio::time::{Interval, MissedTickBehavior};

use super::summary::{amounts, number};
use crate::output;
use crate::text;

/// How often the lines of a terminal are renewed.
const TICK: Duration = Duration::from_millis(250);

/// How often it is told where there is no terminal.
const MINUTE: Duration = Duration::from_secs(60);

/// Says how far a search is.
pub(in super::super) struct Progress {
    bars: MultiProgress,
    /// One for each account that is searched; none without a terminal.
    lines: Vec<ProgressBar>,
    tick: Interval,
}

impl Progress {
    /// The search of so many accounts.
    pub(super) fn new(accounts: usize) -> Self {
        let is_terminal = io::stderr().is_terminal();
        let every = if is_terminal { TICK } else { MINUTE };
        let mut tick = tokio::time::interval(every);
        // The first tick comes at once, when there is nothing to tell.
        tick.reset();
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let bars = MultiProgress::new();
        let mut lines = Vec::new();
        if is_terminal {
            let style = ProgressStyle::with_template("{wide_msg}");
            let style = style.unwrap_or_else(|_| ProgressStyle::default_spinner());
            let line = || bars.add(ProgressBar::new_spinner().with_style(style.clone()));
            lines.extend(std::iter::repeat_with(line).take(accounts));
            output::set_bars(Some(bars.clone()));
        }
        Self { bars, lines, tick }
    }

    /// Waits until it is to be told again.
    pub(super) async fn due(&mut self) {
        self.tick.tick().await;
    }

    /// Whether it is told on a terminal.
    pub(super) const fn is_terminal(&self) -> bool {
        !self.lines.is_empty()
    }

    /// Tells it on the terminal.
    pub(super) fn renew(&self, counts: &[(&str, Counts)]) {
        for (line, (name, counts)) in self.lines.iter().zip(counts) {
            line.set_message(words(name, counts));
            line.tick();
        }
    }

    /// Prints while the lines are not there.
    pub(in super::super) fn beside<T>(&self, print: impl FnOnce() -> T) -> T {
        if self.lines.is_empty() {
            print()
        } else {
            self.bars.suspend(print)
        }
    }

    pub(super) fn finish(&self) {
        output::set_bars(None);
        for line in &self.lines {
            line.finish_and_clear();
        }
    }
}

/// How far the search of an account is.
pub(super) fn words(name: &str, counts: &Counts) -> String {
    format!(
        "{}: {}, {} found",
        text::line(name),
        amounts(counts),
        number(counts.found)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_tells_what_was_listed_read_and_found() {
        let mut counts = Counts::default();
        counts.listed = 1;
        assert_eq!(words("eu", &counts), "eu: 1 ticket listed, 0 found");
        counts.listed = 12_000;
        counts.read = 300;
        counts.conversations = 20;
        counts.found = 2;
        assert_eq!(
            words("e\u{1b}u", &counts),
            "e\\u{1b}u: 12,000 tickets listed, 300 read, 20 conversations read, 2 found"
        );
    }
}
