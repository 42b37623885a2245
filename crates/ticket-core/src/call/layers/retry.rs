//! `Retry`: repeats a failed call where that is safe.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tracing::Instrument as _;
use tracing::field::Empty;

use super::observe::record_failure;
use crate::call::key::{self, Kept};
use crate::call::layer::{Call, Layer, Next, Reply};
use crate::call::retry::{Budget, RetryPolicy};
use crate::provider::context::{CallContext, WaitEnded};
use crate::provider::error::{Effect, Error, ErrorKind, Result};

/// Repeats a failed call according to a [`RetryPolicy`], where [that is safe](RetryPolicy::repeats).
///
/// The result describes all attempts together. Once one attempt has an unknown effect, so has the call,
/// whatever later attempts return: an error keeps its message, but its effect is unknown, and a ticket that a
/// repeated delete rejects or does not find is `Unknown`. The error holds the number of attempts.
///
/// A create gets an idempotency key where the vendor [keeps](crate::provider::Support::keeps_keys_for) one and the context has
/// none. With its key it is repeated also after an attempt of unknown effect, as long as the vendor keeps the key; not if its
/// files are sent by requests of their own, which no key covers.
///
/// Each attempt has a tracing span, `ticket_attempt`. Each wait and giving up are events: see
/// [`Observe`](crate::call::Observe).
#[derive(Debug)]
pub struct Retry {
    policy: RetryPolicy,
    budget: Budget,
    jitter: Mutex<fastrand::Rng>,
    /// The machine's clock.
    clock: fn() -> Timestamp,
}

/// Why there is no further attempt.
#[derive(Clone, Copy, Debug)]
enum GivingUp {
    Attempts,
    RetryAfter,
    Deadline,
    Budget,
    Stopped,
}

impl Retry {
    /// Repeats calls according to this policy.
    pub fn new(policy: RetryPolicy) -> Self {
        Self::with_jitter(policy, fastrand::Rng::new())
    }

    /// Repeats calls according to this policy, with the same waits in every run.
    pub fn seeded(policy: RetryPolicy, seed: u64) -> Self {
        Self::with_jitter(policy, fastrand::Rng::with_seed(seed))
    }

    fn with_jitter(policy: RetryPolicy, jitter: fastrand::Rng) -> Self {
        let budget = Budget::new(policy.budget);
        Self {
            policy,
            budget,
            jitter: Mutex::new(jitter),
            clock: local_clock,
        }
    }

    /// The wait before the next attempt, after `attempts` attempts of which the last failed with `error`; or
    /// the reason to give up.
    fn wait(
        &self,
        error: &Error,
        attempts: u32,
        context: &CallContext,
    ) -> Result<Duration, GivingUp> {
        if attempts >= self.policy.max_attempts.get() {
            return Err(GivingUp::Attempts);
        }
        let asked = error.retry_after().unwrap_or_default();
        if asked > self.policy.max_retry_after {
            return Err(GivingUp::RetryAfter);
        }
        let longest = u64::try_from(self.policy.backoff(attempts).as_nanos()).unwrap_or(u64::MAX);
        let drawn = {
            let mut jitter = self.jitter.lock().unwrap_or_else(PoisonError::into_inner);
            Duration::from_nanos(jitter.u64(0..=longest))
        };
        let wait = drawn.max(asked);
        let until = Instant::now().checked_add(wait);
        if until.is_none_or(|until| context.is_late_at(until)) {
            return Err(GivingUp::Deadline);
        }
        // A rate-limited call is not a sign of an outage, and it waits for the vendor's pause like all other
        // calls.
        let is_pacing = (error.kind(), error.effect()) == (ErrorKind::RateLimited, Effect::None);
        if !is_pacing && !self.budget.withdraw() {
            return Err(GivingUp::Budget);
        }
        Ok(wait)
    }
}

impl Layer for Retry {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        let with_key = key::context(&call);
        let call = match &with_key {
            Some(context) => call.with_context(context),
            None => call,
        };
        let past = Past::before(&call, self.clock);
        match self.attempt(call, &past, next).await {
            Ok(reply) => Ok(reply),
            // Boxed to keep the futures small: most calls succeed at once.
            Err(error) => Box::pin(self.retry(call, next, past, error)).await,
        }
    }
}

impl Retry {
    /// Makes one attempt in its own span.
    async fn attempt<T: Reply>(
        &self,
        call: Call<'_>,
        past: &Past,
        next: &impl Next<T>,
    ) -> Result<T> {
        let span = tracing::debug_span!(
            "ticket_attempt",
            otel.kind = "internal",
            http.request.resend_count = (past.attempts > 0).then_some(past.attempts),
            ticket.effect = Empty,
            error.type = Empty,
            http.response.status_code = Empty,
            otel.status_code = Empty,
        );
        let result = next.call(call).instrument(span.clone()).await;
        #[cfg(feature = "metrics")]
        super::metrics::attempted(&call, &result);
        match result {
            Ok(reply) => {
                self.budget.deposit();
                Ok(past.read(reply))
            }
            Err(error) => {
                record_failure(&span, &error);
                Err(error)
            }
        }
    }

    /// Repeats a call whose first attempt failed.
    async fn retry<T: Reply>(
        &self,
        call: Call<'_>,
        next: &impl Next<T>,
        mut past: Past,
        mut error: Error,
    ) -> Result<T> {
        let mut context = call.context().clone();
        if let Some(Kept { until, .. }) = past.key {
            let deadline = context.deadline.map_or(until, |at| at.min(until));
            context.deadline = Some(deadline);
        }
        let may_repeat = past.key.is_some() || call.info().may_repeat(&call.request());
        loop {
            if error.is_not_attempted() {
                return Err(past.not_attempted(error));
            }
            past.add(&error);
            if !error.is_transient() {
                // The vendor replied, so it is reachable.
                self.budget.deposit();
            }
            if !RetryPolicy::repeats(error.kind(), error.effect(), may_repeat) {
                return Err(past.sum());
            }
            let wait = match self.wait(&error, past.attempts, &context) {
                Ok(wait) => wait,
                Err(reason) => return Err(past.give_up(&call, reason)),
            };
            tracing::info!(
                ticket.provider = &*call.info().id,
                ticket.operation = call.operation().as_str(),
                error.type = error.kind().as_str(),
                http.response.status_code = error.status(),
                retry.attempts = past.attempts,
                retry.max_attempts = self.policy.max_attempts.get(),
                retry.wait_ms = millis(wait),
                "retrying"
            );
            match context.wait_for(tokio::time::sleep(wait)).await {
                Ok(()) => {}
                // The clock is coarser than the wait that was compared with the deadline.
                Err(WaitEnded::Deadline) => return Err(past.give_up(&call, GivingUp::Deadline)),
                Err(WaitEnded::Stopped) => return Err(past.give_up(&call, GivingUp::Stopped)),
            }
            if past.key.is_some_and(|key| key.is_over((self.clock)())) {
                return Err(past.give_up(&call, GivingUp::Deadline));
            }
            context.earlier_attempt = past.effect;
            let attempt = self.attempt(call.with_context(&context), &past, next);
            error = match attempt.await {
                Ok(reply) => return Ok(reply),
                Err(error) => error,
            };
        }
    }
}

/// The attempts made so far.
struct Past {
    attempts: u32,
    /// Unknown once one attempt had an unknown effect, including attempts before this call.
    effect: Effect,
    last: Option<Error>,
    /// Of a create that its idempotency key makes safe to repeat: until when.
    key: Option<Kept>,
}

impl Past {
    /// The state before the first attempt of a call.
    fn before(call: &Call<'_>, clock: fn() -> Timestamp) -> Self {
        // A read changes nothing, whatever earlier attempts of a write did.
        let effect = if call.operation().is_write() {
            call.context().earlier_attempt
        } else {
            Effect::None
        };
        Self {
            attempts: 0,
            effect,
            last: None,
            key: Kept::of(call, clock),
        }
    }

    fn add(&mut self, error: &Error) {
        self.attempts += 1;
        self.last = Some(error.clone().after_attempts(self.effect));
        if error.effect() == Effect::Unknown {
            self.effect = Effect::Unknown;
        }
    }

    fn read<T: Reply>(&self, reply: T) -> T {
        if self.effect == Effect::Unknown {
            reply.after_unknown_effect()
        } else {
            reply
        }
    }

    /// The error of the whole call: the last error, with the combined effect of all attempts.
    fn sum(self) -> Error {
        let error = self
            .last
            .unwrap_or_else(|| Error::new(ErrorKind::Cancelled, "it was never attempted"));
        let error = if self.effect == Effect::Unknown {
            error.with_effect(Effect::Unknown)
        } else {
            error
        };
        error.with_attempts(self.attempts)
    }

    /// The last attempt was not made: the error of the attempt before it says more.
    fn not_attempted(mut self, error: Error) -> Error {
        let last = self.last.take().map(Error::not_attempted);
        self.last = last.or(Some(error));
        self.sum()
    }

    fn give_up(self, call: &Call<'_>, reason: GivingUp) -> Error {
        let error = self.sum();
        let error = match reason {
            GivingUp::Budget => error.with_note("not retried: the retry budget is used up"),
            // If the effect is none, the caller can safely try again later.
            GivingUp::Deadline => error
                .with_note("not retried: the deadline would pass first")
                .not_attempted(),
            GivingUp::Stopped => error.not_attempted(),
            GivingUp::Attempts | GivingUp::RetryAfter => error,
        };
        tracing::warn!(
            ticket.provider = &*call.info().id,
            ticket.operation = call.operation().as_str(),
            error.type = error.kind().as_str(),
            retry.attempts = error.attempts(),
            retry.reason = reason.as_str(),
            "giving up"
        );
        error
    }
}

impl GivingUp {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Attempts => "attempts",
            Self::RetryAfter => "retry_after",
            Self::Deadline => "deadline",
            Self::Budget => "budget",
            Self::Stopped => "stopped",
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[expect(
    clippy::disallowed_methods,
    reason = "tokio's clock stands still while the machine sleeps, and the vendor forgets keys meanwhile"
)]
fn local_clock() -> Timestamp {
    Timestamp::now()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};

    use super::*;
    use crate::model::draft::{Created, NewTicket};
    use crate::provider::capability::{Capabilities, ProviderInfo};
    use crate::provider::operation::{Operation, Request};
    use crate::provider::support::Support;

    /// The seconds that the machine's clock shows.
    static TIME: AtomicI64 = AtomicI64::new(1_800_000_000);

    /// A vendor whose answers are lost, while the machine's clock moves by so many seconds.
    struct Asleep {
        seconds: i64,
        calls: AtomicUsize,
    }

    impl Next<Created> for Asleep {
        async fn call(&self, _: Call<'_>) -> Result<Created> {
            self.calls.fetch_add(1, Ordering::Relaxed);
            TIME.fetch_add(self.seconds, Ordering::Relaxed);
            Err(Error::new(ErrorKind::Timeout, "no answer"))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn create_is_not_repeated_if_the_vendor_forgot_its_key_while_the_machine_slept() {
        let create = Support::new().keeps_keys_for(Duration::from_secs(7200));
        let capabilities = Capabilities::none().with(Operation::Create, create);
        let info = ProviderInfo::new("desk", "Desk", capabilities);
        let (context, ticket) = (CallContext::new(), NewTicket::new("a"));
        // The default is four attempts. Set back, the machine's clock tells nothing.
        for (seconds, calls) in [(0, 4), (1800, 4), (3600, 2), (8 * 3600, 1), (-3600, 4)] {
            let mut retry = Retry::seeded(RetryPolicy::default(), 1);
            retry.clock = || Timestamp::from_second(TIME.load(Ordering::Relaxed)).unwrap();
            let vendor = Asleep {
                seconds,
                calls: AtomicUsize::new(0),
            };
            let call = Call::new(&info, &context, Request::Create(&ticket));
            let error = retry.call(call, &vendor).await.unwrap_err();
            assert_eq!(error.effect(), Effect::Unknown);
            assert_eq!(vendor.calls.into_inner(), calls, "asleep for {seconds} s");
        }
    }
}
