//! `Retry`: makes a failed call again, where that is safe.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tracing::Instrument as _;
use tracing::field::Empty;

use super::observe::record_failure;
use crate::call::layer::{Call, Layer, Next, Reply};
use crate::call::retry::{Budget, RetryPolicy};
use crate::provider::context::{CallContext, WaitEnded};
use crate::provider::error::{Effect, Error, ErrorKind, Result};

/// Makes a failed call again by a [`RetryPolicy`], where [that is safe](RetryPolicy::repeats).
///
/// What the attempts come to is told as a whole. Once an attempt had an unknown effect the call has one,
/// whatever later attempts were answered: a refusal then keeps its words, but its effect is unknown; a ticket
/// that a repeated delete does not find is `AlreadyGone` (`Unknown` where the vendor
/// [finds none also where there is one](crate::Capabilities::not_found_is_vague)). The error says how often it was tried.
///
/// Each attempt has a tracing span, `ticket_attempt`, and each wait and the end of all attempts an event: see
/// [`Observe`](crate::Observe).
#[derive(Debug)]
pub struct Retry {
    policy: RetryPolicy,
    budget: Budget,
    jitter: Mutex<fastrand::Rng>,
}

/// Why there is no other attempt.
#[derive(Clone, Copy, Debug)]
enum GivingUp {
    Attempts,
    RetryAfter,
    Deadline,
    Budget,
    Stopped,
}

impl Retry {
    /// Repeats by this policy.
    pub fn new(policy: RetryPolicy) -> Self {
        Self::with_jitter(policy, fastrand::Rng::new())
    }

    /// Repeats by this policy, with waits that are the same in every run.
    pub fn seeded(policy: RetryPolicy, seed: u64) -> Self {
        Self::with_jitter(policy, fastrand::Rng::with_seed(seed))
    }

    fn with_jitter(policy: RetryPolicy, jitter: fastrand::Rng) -> Self {
        let budget = Budget::new(policy.budget);
        Self {
            policy,
            budget,
            jitter: Mutex::new(jitter),
        }
    }

    /// How long to wait after `attempts` of them, the last with this error; or why not at all.
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
        // Who was refused for the quota is no sign of an outage, and waits for the pause with everyone else.
        let is_pacing = (error.kind(), error.effect()) == (ErrorKind::RateLimited, Effect::None);
        if !is_pacing && !self.budget.withdraw() {
            return Err(GivingUp::Budget);
        }
        Ok(wait)
    }
}

impl Layer for Retry {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        let past = Past::before(call.context());
        match self.attempt(call, &past, next).await {
            Ok(reply) => Ok(reply),
            // Boxed: most calls succeed at once, and their futures stay small.
            Err(error) => Box::pin(self.retry(call, next, past, error)).await,
        }
    }
}

impl Retry {
    /// One attempt in its span.
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
                Ok(past.read(reply, &call))
            }
            Err(error) => {
                record_failure(&span, &error);
                Err(error)
            }
        }
    }

    /// What follows a first attempt that failed.
    async fn retry<T: Reply>(
        &self,
        call: Call<'_>,
        next: &impl Next<T>,
        mut past: Past,
        mut error: Error,
    ) -> Result<T> {
        let mut context = call.context().clone();
        loop {
            if error.is_not_attempted() {
                return Err(past.not_attempted(error));
            }
            past.add(&error);
            if !error.is_transient() {
                // An answer, if not the one that was wanted: the vendor is within reach.
                self.budget.deposit();
            }
            if !RetryPolicy::repeats(error.kind(), error.effect(), call.operation()) {
                return Err(past.sum());
            }
            let wait = match self.wait(&error, past.attempts, &context) {
                Ok(wait) => wait,
                Err(reason) => return Err(past.give_up(&call, reason)),
            };
            tracing::info!(
                ticket.provider = call.info().id,
                ticket.operation = call.operation().as_str(),
                error.type = error.kind().as_str(),
                retry.attempts = past.attempts,
                retry.wait_ms = millis(wait),
                "retrying"
            );
            match context.wait_for(tokio::time::sleep(wait)).await {
                Ok(()) => {}
                // The clock's steps are coarser than the wait that was looked at.
                Err(WaitEnded::Deadline) => return Err(past.give_up(&call, GivingUp::Deadline)),
                Err(WaitEnded::Stopped) => return Err(past.give_up(&call, GivingUp::Stopped)),
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

/// What the attempts so far come to.
struct Past {
    attempts: u32,
    /// Unknown once one attempt had an unknown effect, those before the call included.
    effect: Effect,
    last: Option<Error>,
}

impl Past {
    /// Before the first attempt of a call.
    fn before(context: &CallContext) -> Self {
        Self {
            attempts: 0,
            effect: context.earlier_attempt,
            last: None,
        }
    }

    fn add(&mut self, error: &Error) {
        self.attempts += 1;
        if error.effect() == Effect::Unknown {
            self.effect = Effect::Unknown;
        }
        self.last = Some(error.clone());
    }

    fn read<T: Reply>(&self, reply: T, call: &Call<'_>) -> T {
        if self.effect == Effect::Unknown {
            reply.after_unknown_effect(call.info())
        } else {
            reply
        }
    }

    /// The error of the call as a whole: the last one, with the effect of all.
    fn sum(self) -> Error {
        let error = self
            .last
            .unwrap_or_else(|| Error::new(ErrorKind::Cancelled, "it was never tried"));
        let error = if self.effect == Effect::Unknown {
            error.with_effect(Effect::Unknown)
        } else {
            error
        };
        error.with_attempts(self.attempts)
    }

    /// The last attempt was not made: what the ones before it were told says more.
    fn not_attempted(mut self, error: Error) -> Error {
        let last = self.last.take().map(Error::not_attempted);
        self.last = last.or(Some(error));
        self.sum()
    }

    fn give_up(self, call: &Call<'_>, reason: GivingUp) -> Error {
        let error = self.sum();
        let error = match reason {
            GivingUp::Budget => error.with_note("too many calls fail, so it was given up"),
            // Where nothing has happened, nothing stands in the way of trying it another time.
            GivingUp::Deadline => error
                .with_note("there was no time left, so it was given up")
                .not_attempted(),
            GivingUp::Stopped => error.not_attempted(),
            GivingUp::Attempts | GivingUp::RetryAfter => error,
        };
        tracing::warn!(
            ticket.provider = call.info().id,
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
