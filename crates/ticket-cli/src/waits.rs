//! Says on stderr what the command waits for, if that takes more than five seconds: nothing waits in silence,
//! whichever command it is and whether or not stderr is a terminal.
//!
//! Waits for the quota and for a pause of the vendor are known to the account's pacer; the pause of a single
//! call before its next attempt is known only from its tracing event.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use tickets::accounts::Account;
use tickets::call::{Pacer, WaitReason};
use tokio::time::{Instant, MissedTickBehavior};
use tracing::field::{Field, Visit};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::Context;

use crate::output;
use crate::text;

/// How often the accounts are looked at.
const TICK: Duration = Duration::from_millis(250);

/// Shorter waits are not told. A wait that is noticed a tick late is told as well.
const LONG: Duration = Duration::from_millis(4750);

/// How often the same wait is told.
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
    told: Option<Instant>,
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
        told: None,
    });
}

async fn report_waits() {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tick.tick().await;
        let now = Instant::now();
        let mut lines = Vec::new();
        for account in locked(&ACCOUNTS).iter_mut() {
            let is_due = account
                .told
                .is_none_or(|told| now.duration_since(told) >= AGAIN);
            if let Some(wait) = account.wait(now).filter(|_| is_due) {
                account.told = Some(now);
                lines.push(format!("{}: {wait}", text::line(&account.name)));
            }
        }
        for line in lines {
            output::print_beside_bars(&line);
        }
    }
}

impl Watched {
    /// What the account waits for, if that takes long.
    fn wait(&self, now: Instant) -> Option<String> {
        let status = self.pacer.upgrade()?.status();
        let long = |until: Instant| Some(until.duration_since(now)).filter(|left| *left > LONG);
        let blocked = status.blocked_by.and_then(|waiting| {
            let left = waiting.until.and_then(long)?;
            let words = words(waiting.reason)?;
            Some(format!("{words}, resuming in {}", rounded_up(left)))
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
            "rate_limited" => format!("rate-limited by the vendor, resuming in {left}"),
            kind => format!(
                "the last call failed ({}), trying again in {left}",
                kind.replace('_', " ")
            ),
        })
    }
}

/// What an account waits for. `None` for a wait for concurrency, because other calls make progress.
fn words(reason: WaitReason) -> Option<&'static str> {
    match reason {
        WaitReason::Quota => Some("waiting for the quota"),
        WaitReason::Closed => Some("rate-limited by the vendor"),
        WaitReason::Concurrency => None,
        _ => Some("waiting"),
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
