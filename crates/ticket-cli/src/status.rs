//! How far a command is, on stderr: lines at the bottom of a terminal that are renewed, or the same words once a minute
//! where there is no terminal. A command that is over within seconds shows nothing.

mod block;
pub(crate) mod waits;

use std::io::{self, IsTerminal as _, Write};
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use self::block::{Block, lay_out};
use crate::args::OutputFormat;
use crate::table::{USUAL, columns_of_stderr, rows_of_stderr};
use crate::text;

/// Work that is over sooner shows nothing on a terminal.
const QUIET: Duration = Duration::from_secs(2);

/// How often the lines of a terminal are renewed.
const TICK: Duration = Duration::from_millis(250);

/// How often it is told where there is no terminal.
const MINUTE: Duration = Duration::from_secs(60);

/// The lines that are on the terminal now.
static SHOWN: Mutex<Block> = Mutex::new(Block::new());

/// Whether somebody is told how far the command is.
static TOLD: AtomicBool = AtomicBool::new(false);

/// Whether a pager has the terminal, so that other lines would disturb it.
static PAGED: AtomicBool = AtomicBool::new(false);

/// Says whether a pager has the terminal from now on.
pub(crate) fn set_paged(is_paged: bool) {
    PAGED.store(is_paged, Ordering::Relaxed);
}

/// Whether a pager has the terminal.
pub(crate) fn is_paged() -> bool {
    PAGED.load(Ordering::Relaxed)
}

/// How far the work on one thing is, such as an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    /// The account; empty for the whole command.
    pub(crate) name: String,
    /// What comes first is most important.
    pub(crate) parts: Vec<String>,
}

impl Line {
    pub(crate) fn new(name: impl Into<String>, parts: Vec<String>) -> Self {
        Self {
            name: name.into(),
            parts,
        }
    }
}

/// Says how far a command is, until it is dropped.
#[derive(Debug)]
pub(crate) struct Status {
    kind: Kind,
    /// `None` if nothing is shown.
    tick: Option<Interval>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Terminal,
    /// A log, or whatever else reads stderr.
    Log,
}

impl Status {
    pub(crate) fn new() -> Self {
        let is_dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Self::of_kind(match columns_of_stderr() {
            Some(_) if !is_dumb => Kind::Terminal,
            _ => Kind::Log,
        })
    }

    /// Shows nothing.
    pub(crate) const fn hidden() -> Self {
        Self {
            kind: Kind::Log,
            tick: None,
        }
    }

    /// Beside rows in this format. On a terminal, the lines of a JSON document are unfinished while others are awaited: what
    /// is shown here would erase them.
    pub(crate) fn beside_rows(format: OutputFormat) -> Self {
        Self::unless(format == OutputFormat::Json && io::stdout().is_terminal())
    }

    /// For rows that are printed on a terminal, which say how far it is.
    pub(crate) fn unless(rows_are_seen: bool) -> Self {
        if rows_are_seen {
            Self::hidden()
        } else {
            Self::new()
        }
    }

    fn of_kind(kind: Kind) -> Self {
        let (first, every) = match kind {
            Kind::Terminal => (QUIET, TICK),
            Kind::Log => (MINUTE, MINUTE),
        };
        let mut tick = interval_at(Instant::now() + first, every);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        TOLD.store(true, Ordering::Relaxed);
        Self {
            kind,
            tick: Some(tick),
        }
    }

    pub(crate) fn is_terminal(&self) -> bool {
        self.kind == Kind::Terminal
    }

    /// Waits until it is to be [shown](Self::show) again.
    pub(crate) async fn due(&mut self) {
        match &mut self.tick {
            Some(tick) => {
                tick.tick().await;
            }
            None => std::future::pending().await,
        }
    }

    /// Shows these lines, and what each account waits for.
    pub(crate) fn show(&self, mut lines: Vec<Line>) {
        if self.tick.is_none() || is_paged() {
            return;
        }
        add_waits(&mut lines, waits::now());
        match self.kind {
            Kind::Log => lines.iter().for_each(|line| say(&block::words(line))),
            Kind::Terminal => {
                let columns = columns_of_stderr().unwrap_or(USUAL);
                let lines = lay_out(&lines, columns, rows_of_stderr());
                locked(|shown| shown.renew(&mut terminal(), lines, columns));
            }
        }
    }

    /// Waits for some work, and shows how far it is meanwhile.
    pub(crate) async fn during<T>(
        mut self,
        work: impl Future<Output = T>,
        lines: impl Fn() -> Vec<Line>,
    ) -> T {
        let mut work = pin!(work);
        loop {
            tokio::select! {
                biased;
                result = &mut work => return result,
                () = self.due() => self.show(lines()),
            }
        }
    }
}

impl Drop for Status {
    fn drop(&mut self) {
        if self.tick.is_none() {
            return;
        }
        TOLD.store(false, Ordering::Relaxed);
        if self.kind == Kind::Terminal {
            let columns = columns_of_stderr().unwrap_or(USUAL);
            locked(|shown| shown.renew(&mut terminal(), Vec::new(), columns));
        }
    }
}

/// Prints something on the terminal above the lines that are there.
pub(crate) fn beside<T>(print: impl FnOnce() -> T) -> T {
    locked(|shown| {
        if shown.is_empty() {
            return print();
        }
        let columns = columns_of_stderr().unwrap_or(USUAL);
        let lines = shown.take(&mut terminal(), columns);
        let result = print();
        shown.renew(&mut terminal(), lines, columns);
        result
    })
}

/// How an error begins, and how that looks on a terminal with colours: as the parser of the arguments prints it.
const ERROR: &str = "error:";
const RED: &str = "\u{1b}[1m\u{1b}[31m";
const PLAIN: &str = "\u{1b}[0m";

/// Prints a message for people on stderr, wrapped if that is a terminal. Errors are ignored.
pub(crate) fn say(text: &str) {
    let wrapped = columns_of_stderr().map(|columns| text::wrap(text, columns.into()));
    let text = wrapped.as_deref().unwrap_or(text);
    let (error, text) = match text.strip_prefix(ERROR) {
        Some(rest) => (ERROR, rest),
        None => ("", text),
    };
    beside(|| {
        let mut stderr = anstream::stderr().lock();
        let _ = match error {
            "" => writeln!(stderr, "{text}"),
            _ => writeln!(stderr, "{RED}{error}{PLAIN}{text}"),
        };
    });
}

/// Whether lines are on the terminal, which say also what an account waits for. Does not wait for a terminal that is
/// stopped.
pub(crate) fn is_shown() -> bool {
    SHOWN.try_lock().is_ok_and(|shown| !shown.is_empty())
}

/// Whether somebody is told now and then how far the command is, and what accounts wait for.
pub(crate) fn is_told() -> bool {
    TOLD.load(Ordering::Relaxed)
}

fn locked<T>(act: impl FnOnce(&mut Block) -> T) -> T {
    act(&mut SHOWN.lock().unwrap_or_else(PoisonError::into_inner))
}

/// Stderr, with escape sequences whatever the user thinks of colours.
fn terminal() -> impl Write {
    anstream::AutoStream::always(io::stderr())
}

/// Adds what accounts wait for to their lines; those without a line get one.
fn add_waits(lines: &mut Vec<Line>, waits: Vec<(String, String)>) {
    for (name, wait) in waits {
        match lines.iter_mut().find(|line| line.name == name) {
            Some(line) => line.parts.push(wait),
            None => lines.push(Line::new(name, vec![wait])),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn terminal_is_renewed_after_two_seconds_and_a_log_once_a_minute() {
        for (kind, expected) in [
            (Kind::Terminal, [2000, 2250, 2500]),
            (Kind::Log, [60_000, 120_000, 180_000]),
        ] {
            let (begun, mut status) = (Instant::now(), Status::of_kind(kind));
            for milliseconds in expected {
                status.due().await;
                assert_eq!(begun.elapsed().as_millis(), milliseconds, "{kind:?}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn hidden_status_is_never_due() {
        let hour = Duration::from_secs(3600);
        let due = tokio::time::timeout(hour, async { Status::hidden().due().await });
        assert!(due.await.is_err());
    }

    #[test]
    fn wait_of_an_account_is_on_its_line_or_on_one_of_its_own() {
        let mut lines = vec![Line::new("eu", vec!["3 deleted".to_owned()])];
        let waits = [
            ("eu", "rate-limited, resuming in 9 s"),
            ("us", "waiting for the quota, 2 s"),
        ];
        let waits = waits.map(|(name, wait)| (name.to_owned(), wait.to_owned()));
        add_waits(&mut lines, waits.to_vec());
        let words: Vec<_> = lines.iter().map(block::words).collect();
        assert_eq!(
            words,
            [
                "eu: 3 deleted · rate-limited, resuming in 9 s",
                "us: waiting for the quota, 2 s"
            ]
        );
    }
}
