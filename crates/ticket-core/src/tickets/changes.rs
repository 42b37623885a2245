//! Changes of many tickets.

use std::collections::HashMap;
use std::sync::Arc;

use futures_core::Stream;
use futures_core::future::BoxFuture;
use futures_util::stream::BoxStream;

use super::Tickets;
use crate::bulk::change::Change;
use crate::bulk::{self, BulkOptions, Settled};
use crate::model::ticket::TicketId;
use crate::provider::concurrency::Concurrency;
use crate::provider::context::CallContext;
use crate::provider::delete::DeleteReport;
use crate::provider::error::{Error, ErrorKind};
use crate::provider::outcome::Outcome;
use crate::provider::target::DeleteTarget;

impl Tickets {
    /// Deletes any number of tickets, in batches of the vendor's size, and returns the outcome of each.
    ///
    /// The report has exactly one outcome per requested id, in the order of `ids`. A duplicate id is sent
    /// once and has one outcome per occurrence. The delete never fails as a whole: if a call fails, each of
    /// its ids is `Failed` or `Unknown`, with the error. All ids are held in memory, and the call waits for
    /// the account's quota without a limit: for very many ids, or to stop early, use [`apply`](Self::apply).
    pub async fn delete<I>(&self, ids: I) -> DeleteReport
    where
        I: IntoIterator,
        I::Item: Into<DeleteTarget>,
    {
        let targets = ids.into_iter().map(Into::into);
        self.delete_targets(targets.collect()).await
    }

    /// Boxed, so that it is compiled here, and not once more in the caller's crate.
    fn delete_targets(&self, targets: Vec<DeleteTarget>) -> BoxFuture<'_, DeleteReport> {
        let asked: Vec<_> = targets.iter().map(|target| target.id.clone()).collect();
        let unique = bulk::distinct(targets);
        let mut context = self.bulk_context(self.concurrency);
        // A single call does not wait for others.
        let is_single = unique.len() <= Change::Delete.max_batch(self.info());
        context.one_of_many &= !is_single;
        let provider = Arc::clone(&self.provider);
        let options = || self.bulk_options(&Change::Delete, &BulkOptions::default());
        let deletes = bulk::delete(provider, context, unique, !self.read_only, options);
        Box::pin(async move {
            let (outcomes, unasked) = deletes.await;
            if bulk::is_about(&outcomes, asked.iter()) {
                return DeleteReport::from_outcomes(outcomes).with_unasked(unasked);
            }
            let outcomes: HashMap<_, _> = outcomes.into_iter().collect();
            let outcome = |id: TicketId| {
                // Each id has an outcome; a missing one would mean that the result is unknown.
                let outcome = outcomes.get(&id).cloned().unwrap_or_else(|| {
                    let error = Error::new(
                        ErrorKind::BadResponse,
                        "the provider reported no outcome for this ticket",
                    );
                    Outcome::Unknown(error.on_ticket(&id))
                });
                (id, outcome)
            };
            let outcomes = asked.into_iter().map(outcome).collect();
            DeleteReport::from_outcomes(outcomes).with_unasked(unasked)
        })
    }

    /// Applies one change to many tickets as they arrive: in batches of the vendor's size, with concurrent
    /// calls, in constant memory. Returns one outcome per ticket, in the order of completion, together with
    /// the caller's key, such as the ticket's index in a list.
    ///
    /// ```
    /// use futures_util::{StreamExt as _, stream};
    /// use ticket_core::{Change, Tickets};
    /// use ticket_core::bulk::BulkOptions;
    ///
    /// async fn erase(tickets: &Tickets, ids: Vec<String>) {
    ///     let ids = stream::iter(ids.into_iter().enumerate());
    ///     let mut work = tickets.apply(Change::Delete, ids, &BulkOptions::default());
    ///     while let Some(settled) = work.next().await {
    ///         println!("{}. {}: {}", settled.key, settled.id, settled.outcome);
    ///     }
    /// }
    /// ```
    ///
    /// * A batch that is not full is sent when no call is in flight and no further id is ready.
    /// * A duplicate id in one batch is sent once. In a later batch it is sent again, and the vendor does not
    ///   find it.
    /// * A ticket of unknown outcome is read, where the provider supports it, and once more at the end, 5 seconds
    ///   later or more. It is `AlreadyDone` if the read [proves](crate::provider::NotFound) that it is gone. If the
    ///   read finds it, it stays `Unknown`, because reads may lag behind; with [consistent
    ///   reads](crate::ProviderInfo::consistent_reads) it is `Failed` once two reads, that far apart, found it unchanged.
    ///   What the vendor accepted for later (201 to 299) is read up to 35 seconds later. A read without an answer is made again, as long as the change has patience.
    /// * A ticket that the first attempt does not find is read too: it is `Failed` if it exists.
    /// * A batch that the vendor rejects as a whole is halved until the ticket that is the reason is found: at most
    ///   2·log₂ n more calls for one of n tickets, and 2k·log₂(n/k) + 2k for k of them. Halving stops after two
    ///   batches whose tickets were all rejected in a row.
    /// * While the vendor does not answer, the change pauses and makes one call at a time, for
    ///   [`give_up_after`](BulkOptions::give_up_after) at most. Then, once the account itself fails (credentials, an
    ///   exhausted quota), and after five answers in a row that are not the vendor's, the remaining tickets are
    ///   `Unattempted`, with that error. See [`Outcome::is_left_to_do`].
    /// * [`Stop::finish`](crate::Stop::finish) and the deadline of the [context](Self::with) end the change:
    ///   calls in flight are finished, all other tickets are `Unattempted`. After the stop, tickets of unknown outcome
    ///   are read once more, without a pause, within 30 seconds; after the deadline nothing is sent. After
    ///   [`Stop::abandon`](crate::Stop::abandon) tickets in flight are `Unknown`. The input is still read to
    ///   its end, and each id has an outcome.
    ///
    /// Calls are made only while the stream is polled. Calls in flight continue in their own tasks, so a slow
    /// reader loses no reply. Dropping the stream drops these calls and their outcomes. Do not feed it from a
    /// running [`list_all`](Self::list_all).
    ///
    /// # Panics
    ///
    /// When the stream is polled outside a tokio runtime.
    pub fn apply<'a, K, T, S>(
        &self,
        change: Change,
        tickets: S,
        options: &BulkOptions,
    ) -> BoxStream<'a, Settled<K>>
    where
        K: Send + 'static,
        T: Into<DeleteTarget>,
        S: Stream<Item = (K, T)> + Send + 'a,
    {
        let provider = Arc::clone(&self.provider);
        let change = change.at(self.info());
        let options = self.bulk_options(&change, options);
        let concurrency = options.concurrency.unwrap_or(self.concurrency);
        let context = self.bulk_context(concurrency);
        bulk::run(provider, context, change, tickets, &options)
    }

    /// The context of the calls of a bulk change.
    fn bulk_context(&self, concurrency: Concurrency) -> CallContext {
        let mut context = self.context.clone();
        context.one_of_many = concurrency == Concurrency::Auto;
        context
    }

    /// These options with what the account's own settings say.
    fn bulk_options(&self, change: &Change, options: &BulkOptions) -> BulkOptions {
        let mut options = options.clone();
        let concurrency = *options.concurrency.get_or_insert(self.concurrency);
        let is_auto = concurrency == Concurrency::Auto;
        if let Some(pacer) = self.pacer.clone().filter(|_| is_auto) {
            let operation = change.operation();
            options = options.room(move || pacer.at_once(operation));
        }
        let refused = self.read_only.then(|| {
            let operation = change.operation();
            Error::read_only().in_operation(&self.info().id, operation)
        });
        options.refused(refused)
    }
}
