//! Says on stderr what the command waits for, if that takes more than five seconds: nothing waits in silence,
//! whichever command it is and whether or not stderr is a terminal.
//!
//! Waits for the quota and for a pause of the vendor are known to the account's pacer; the pause of a single
//! call before its next attempt is known only from its tracing event.

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tickets::accounts::Account;
use tickets::call::{Pacer, WaitReason};
use tokio::time::{Instant, MissedTickBehavior};
use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use super::{is_paged, is_shown, is_told, say};
use crate::text;

/// How often the accounts are looked at.
const TICK: Duration = Duration::from_millis(250);

/// Shorter waits are not told. A wait that is noticed a tick late is told as well.
const LONG: Duration = Duration::from_millis(4750);

/// Shorter waits are not told either where lines are renewed all the time.
const SHORT: Duration = Duration::from_secs(1);

/// How often a wait for the same reason is told.
const AGAIN: Duration = Duration::from_secs(60);

/// The accounts that this process has connected.
static ACCOUNTS: Mutex<Vec<Watched>> = Mutex::new(Vec::new());

/// The latest pause before another attempt, by provider.
static RETRIES: Mutex<Option<HashMap<String, Pause>>> = Mutex::new(None);

/// An account whose waits are told.
struct Watched {
    name: String,
    provider: String,
    /// Not kept: it holds the ledger open.
    pacer: Weak<Pacer>,
    /// When it was told last that it waits, by the reason.
    told: BTreeMap<&'static str, Instant>,
}

/// What an account waits for, and how long.
struct Wait {
    kind: &'static str,
    /// In a sentence of its own.
    sentence: String,
    /// Beside how far the account is.
    short: String,
}

#[derive(Clone, Debug)]
struct Pause {
    /// What failed, as the kind of an error.
    kind: String,
    until: Instant,
}

/// Tells the waits of this account from now on. The first account starts the task that does so.
pub(crate) fn watch(account: &Account) {
    let Some(pacer) = account.tickets.pacer() else {
        return;
    };
    let mut accounts = locked(&ACCOUNTS);
    if accounts.is_empty() {
        tokio::spawn(report_waits());
    }
    accounts.push(Watched {
        name: account.name.clone(),
        provider: account.tickets.info().id.to_string(),
        pacer: Arc::downgrade(pacer),
        told: BTreeMap::new(),
    });
}

/// What each account waits for now, beside how far it is.
pub(crate) fn now() -> Vec<(String, String)> {
    let now = Instant::now();
    let accounts = locked(&ACCOUNTS);
    let waits = accounts
        .iter()
        .filter_map(|account| Some((account.name.clone(), account.wait(now, SHORT)?.short)));
    waits.collect()
}

async fn report_waits() {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        if is_shown() || is_paged() {
            continue;
        }
        let now = Instant::now();
        // A log is told once a minute how far the command is, and what it waits for.
        let is_repeated = !is_told();
        let mut lines = Vec::new();
        for account in locked(&ACCOUNTS).iter_mut() {
            let Some(wait) = account.wait(now, LONG) else {
                continue;
            };
            let is_due = match account.told.get(wait.kind) {
                Some(told) => is_repeated && now.duration_since(*told) >= AGAIN,
                None => true,
            };
            if is_due {
                account.told.insert(wait.kind, now);
                lines.push(format!("{}: {}", text::line(&account.name), wait.sentence));
            }
        }
        for line in lines {
            say(&line);
        }
    }
}

impl Watched {
    /// What the account waits for, if that takes longer than this.
    fn wait(&self, now: Instant, least: Duration) -> Option<Wait> {
        let status = self.pacer.upgrade()?.status();
        let long = |until: Instant| Some(until.duration_since(now)).filter(|left| *left > least);
        let blocked = status.blocked_by.and_then(|waiting| {
            let left = waiting.until.and_then(long)?;
            Wait::blocked(waiting.reason, &rounded_up(left))
        });
        if blocked.is_some() {
            return blocked;
        }
        // While other calls are made, the account does not wait.
        if status.in_flight > 0 {
            return None;
        }
        let pause = locked(&RETRIES).as_ref()?.get(&self.provider)?.clone();
        let left = rounded_up(long(pause.until)?);
        Some(match pause.kind.as_str() {
            "rate_limited" => return Wait::blocked(WaitReason::Closed, &left),
            kind => {
                let kind = kind.replace('_', " ");
                Wait {
                    kind: "retry",
                    sentence: format!("the last call failed ({kind}), trying again in {left}"),
                    short: format!("{kind}, trying again in {left}"),
                }
            }
        })
    }
}

impl Wait {
    /// A wait to be sent. `None` if it is for concurrency, because other calls make progress.
    fn blocked(reason: WaitReason, left: &str) -> Option<Self> {
        let (sentence, short) = match reason {
            WaitReason::Quota => (
                "waiting for the quota, resuming in",
                "waiting for the quota,",
            ),
            WaitReason::Closed => (
                "rate-limited by the vendor, resuming in",
                "rate-limited, resuming in",
            ),
            WaitReason::Concurrency => return None,
            _ => ("waiting, resuming in", "waiting,"),
        };
        Some(Self {
            kind: reason.as_str(),
            sentence: format!("{sentence} {left}"),
            short: format!("{short} {left}"),
        })
    }
}

/// A time in words, rounded up to whole seconds.
pub(crate) fn rounded_up(time: Duration) -> String {
    text::seconds(time.as_secs() + u64::from(time.subsec_nanos() > 0))
}

/// Collects the pauses of single calls.
pub(crate) struct RetryEvents;

impl<S: tracing::Subscriber> Layer<S> for RetryEvents {
    fn on_event(&self, event: &tracing::Event<'_>, _: Context<'_, S>) {
        let mut retry = Retry::default();
        event.record(&mut retry);
        let until = retry.wait.and_then(|wait| Instant::now().checked_add(wait));
        if let Some(until) = until {
            let pause = Pause {
                kind: retry.kind,
                until,
            };
            let mut retries = locked(&RETRIES);
            retries
                .get_or_insert_default()
                .insert(retry.provider, pause);
        }
    }
}

/// The fields of the event of `Retry`.
#[derive(Default)]
struct Retry {
    provider: String,
    kind: String,
    wait: Option<Duration>,
}

impl Visit for Retry {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "ticket.provider" => value.clone_into(&mut self.provider),
            "error.type" => value.clone_into(&mut self.kind),
            _ => {}
        }
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        if field.name() == "retry.wait_ms" {
            self.wait = Some(Duration::from_millis(value));
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn fmt::Debug) {}
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
