//! The idempotency key of a create: who gives it, and until when the vendor keeps it.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

use crate::call::layer::Call;
use crate::provider::context::CallContext;
use crate::provider::error::Effect;
use crate::provider::operation::{Operation, Request};

/// How long before its end the vendor's time is over here: a repeat is on its way for a while, and clocks differ.
const MARGIN: Duration = Duration::from_secs(60);

/// For how long the vendor keeps the key of this call.
fn kept_for(call: &Call<'_>) -> Option<Duration> {
    let request = call.request();
    let Request::Create(_) = request else {
        return None;
    };
    let support = call.info().capabilities.support(Operation::Create)?;
    // Files that are sent ahead are others at each attempt, and so is what names them.
    let sends_files_ahead = support.requests_per_file > 0 && request.attachments() > 0;
    support.keeps_keys_for.filter(|_| !sends_files_ahead)
}

/// The context with a new key, where the vendor keeps keys and the caller gave none.
pub(super) fn context(call: &Call<'_>) -> Option<Box<CallContext>> {
    let context = call.context();
    if context.idempotency_key.is_some() || kept_for(call).is_none() {
        return None;
    }
    Some(Box::new(context.clone().idempotency_key(random())))
}

/// Until when the vendor keeps a key, by both clocks: tokio's stands still while the machine sleeps, and the machine's may be
/// set back.
#[derive(Clone, Copy, Debug)]
pub(super) struct Kept {
    pub(super) until: Instant,
    until_time: Timestamp,
}

impl Kept {
    /// Until when a repeat of this call is known to create nothing more, if the machine's clock shows `time` now. `None` also
    /// where an earlier attempt may have been made: nobody knows when the vendor saw its key.
    pub(super) fn of(call: &Call<'_>, time: impl Fn() -> Timestamp) -> Option<Self> {
        let context = call.context();
        if context.idempotency_key.is_none() || context.earlier_attempt == Effect::Unknown {
            return None;
        }
        let left = kept_for(call)?.checked_sub(MARGIN)?;
        Some(Self {
            until: Instant::now().checked_add(left)?,
            until_time: time()
                .checked_add(SignedDuration::try_from(left).ok()?)
                .ok()?,
        })
    }

    /// Whether that is over, if the machine's clock shows `time` now.
    pub(super) fn is_over(&self, time: Timestamp) -> bool {
        self.until <= Instant::now() || self.until_time <= time
    }
}

/// 128 random bits. The keys of the standard library's hashes come from the operating system, and no seed of an application
/// repeats them.
fn random() -> String {
    let bits = || RandomState::new().hash_one(());
    format!("{:016x}{:016x}", bits(), bits())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn random_keys_are_different_also_in_other_threads() {
        let threads = (0..4)
            .map(|_| std::thread::spawn(|| (0..1_000).map(|_| random()).collect::<BTreeSet<_>>()));
        let threads: Vec<_> = threads.collect();
        let keys = threads.into_iter().map(|thread| thread.join().unwrap());
        let keys: BTreeSet<_> = keys.flatten().collect();
        assert_eq!(keys.len(), 4_000);
        assert!(keys.iter().all(|key| key.len() == 32));
    }
}
