//! A ticket that gets no answer while others do has three turns: it neither ends the change nor goes on for ever.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

mod common;

use std::num::NonZeroUsize;

use common::{Fake, error};
use futures_util::{StreamExt as _, stream};
use ticket_core::bulk::BulkOptions;
use ticket_core::{Change, Effect, ErrorKind, Outcome, TicketId};

/// The outcome of the sick ticket and its number of calls, where it is the second of ten.
async fn sick_ticket() -> (Outcome, usize) {
    let provider = Fake::new(1).answering(|seen| match seen.ids.as_slice() {
        [id] if id == "sick" => Err(error(ErrorKind::Unavailable, Effect::None)),
        _ => Ok(()),
    });
    let log = provider.log();
    let ids = ["1", "sick", "2", "3", "4", "5", "6", "7", "8", "9"];
    let asked = stream::iter(ids.map(|id| (id, TicketId::new(id))));
    let options = BulkOptions::default().concurrency(NonZeroUsize::MIN);
    let settled = provider.bare().apply(Change::Delete, asked, &options);
    let settled: Vec<_> = settled.collect().await;
    assert_eq!(settled.len(), ids.len());
    let mut sick = None;
    for settled in settled {
        if settled.key == "sick" {
            sick = Some(settled.outcome);
        } else {
            assert!(matches!(settled.outcome, Outcome::Done), "{}", settled.key);
        }
    }
    let calls = log.deletes().iter().filter(|ids| *ids == "sick").count();
    (sick.unwrap(), calls)
}

#[tokio::test(start_paused = true)]
async fn ticket_without_answers_among_answered_ones_fails_after_three_turns() {
    let (outcome, calls) = sick_ticket().await;
    assert!(matches!(outcome, Outcome::Failed(_)), "{outcome:?}");
    // After each turn but the last it is tried once more, and then a ticket that did not fail before has its turn.
    assert_eq!(calls, 5);
}
