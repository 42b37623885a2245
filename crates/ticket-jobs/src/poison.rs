//! Tickets that take down what works on them: a provider's panic, or the end of the whole process. They get an outcome of
//! their own, and the others go on.

use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU32, Ordering};

use futures_util::FutureExt as _;
use ticket_core::call::{Call, Layer, Next, Reply};
use ticket_core::provider::Request;
use ticket_core::{Effect, Error, ErrorKind, Outcome, Result};

use crate::model::Claimed;

/// From how many lost calls on a ticket is worked on alone, so that it takes no other one with it.
const ALONE: u32 = 2;

/// After how many lost calls a ticket is not tried again.
const MOST: u32 = 5;

/// How many calls in a row may panic as if their tickets were the reason.
const PANICS: u32 = 5;

/// Whether the calls about a ticket were lost with their processes so often that it is worked on alone.
pub(crate) const fn is_suspect(claimed: &Claimed) -> bool {
    claimed.lost_calls >= ALONE
}

/// The outcome of a ticket that is not tried again, since its calls were lost with their processes too often.
pub(crate) fn given_up(claimed: &Claimed) -> Option<Outcome> {
    let calls = claimed.lost_calls;
    if calls < MOST {
        return None;
    }
    let message = format!(
        "not tried again: {calls} processes or more ended while they worked on it, so it may be the reason; look at it at the vendor"
    );
    let error = Error::new(ErrorKind::Conflict, message).on_ticket(&claimed.id);
    Some(match claimed.in_doubt {
        Some(_) => Outcome::Unknown(error.with_effect(Effect::Unknown)),
        // It was only read.
        None => Outcome::Failed(error),
    })
}

/// Makes a panic of the provider the error of the call in which it happens. If it happens in each call, it is taken for an
/// answer that is not the vendor's, so that the account is left alone after some.
#[derive(Debug, Default)]
pub(crate) struct CatchPanics {
    in_a_row: AtomicU32,
}

impl Layer for CatchPanics {
    async fn call<T: Reply>(&self, call: Call<'_>, next: &impl Next<T>) -> Result<T> {
        if let Ok(called) = AssertUnwindSafe(next.call(call)).catch_unwind().await {
            self.in_a_row.store(0, Ordering::Relaxed);
            return called;
        }
        let is_of_one = !matches!(call.request(), Request::Delete(targets) if targets.len() > 1);
        let kind = match self.in_a_row.fetch_add(1, Ordering::Relaxed) {
            ..PANICS if is_of_one => ErrorKind::Conflict,
            // Its tickets are tried apart.
            ..PANICS => ErrorKind::Server,
            _ => ErrorKind::BadResponse,
        };
        let effect = if call.operation().is_write() {
            Effect::Unknown
        } else {
            Effect::None
        };
        let message = "the provider panicked, which is a mistake of this program";
        let error = Error::new(kind, message).with_effect(effect);
        Err(error.in_operation(&call.info().id, call.operation()))
    }
}
