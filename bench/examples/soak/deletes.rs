//! Deletions at all vendors at once: what is said of each ticket, and what is true.

use std::collections::{BTreeMap, HashSet};

use futures_util::{StreamExt as _, stream};
use ticket_sandbox::{Fault, TicketSeed, Vendor};
use tickets::bulk::BulkOptions;
use tickets::{Change, Outcome, TicketRef, apply_everywhere};
use tokio::time::Instant;

use crate::{Fallible, Soak, tell, tell_calls, unreliable, vendor};

pub(crate) async fn deletes(soak: &Soak, tickets: usize, others: usize) -> Fallible<Vec<String>> {
    let faults = vec![
        Fault::LostResponse,
        Fault::LostResponse,
        Fault::ConnectionReset,
        Fault::Status(500),
        Fault::Status(503),
        Fault::StatusAfterEffect(500),
        Fault::StatusAfterEffect(502),
        Fault::RateLimited {
            retry_after: Some(1),
        },
    ];
    let (sandbox, accounts) = unreliable(soak, faults).await?;
    let mut refs = Vec::new();
    let mut closed = HashSet::new();
    for (account, _) in &accounts {
        let count = if account == "leadsquared" {
            tickets
        } else {
            others
        };
        sandbox.add_tickets(vendor(account), count);
        // Sweeppea does not delete closed tickets, and says that there are none.
        if account == "sweeppea" {
            for number in 0..count / 20 {
                let seed = TicketSeed::new(format!("closed {number}")).closed();
                closed.insert(sandbox.add_ticket(Vendor::Sweeppea, seed));
            }
        }
        let ids = sandbox.ticket_ids(vendor(account)).into_iter();
        refs.extend(ids.map(|id| TicketRef::new(account.clone(), id)));
    }
    fastrand::Rng::with_seed(soak.seed).shuffle(&mut refs);

    let start = Instant::now();
    let work = apply_everywhere(
        &Change::Delete,
        accounts,
        stream::iter(refs.clone()).enumerate(),
        &BulkOptions::default(),
    );
    let settled: Vec<_> = work.collect().await;
    let elapsed = start.elapsed();

    let mut contradictions = Vec::new();
    let mut counts: BTreeMap<String, BTreeMap<String, usize>> = BTreeMap::new();
    let mut places = HashSet::new();
    for settled in &settled {
        let (ticket, outcome) = (&settled.id, &settled.outcome);
        let exists = sandbox.exists(vendor(&ticket.account), ticket.id.as_str());
        // Every one was there in the beginning.
        let is_true = match outcome {
            Outcome::Done | Outcome::AlreadyDone => !exists,
            Outcome::Failed(_) | Outcome::Unattempted(_) => exists,
            Outcome::NotFound(_) => exists && closed.contains(ticket.id.as_str()),
            Outcome::Unknown(_) => true,
            _ => false,
        };
        if !is_true {
            let state = if exists { "exists" } else { "is gone" };
            contradictions.push(format!("{ticket} is said to be {outcome}, but {state}"));
        }
        if !places.insert(settled.key) || refs.get(settled.key) != Some(ticket) {
            contradictions.push(format!("{ticket} is answered in the wrong place"));
        }
        *counts
            .entry(ticket.account.clone())
            .or_default()
            .entry(Change::Delete.word(outcome).to_owned())
            .or_default() += 1;
    }
    if places.len() != refs.len() {
        contradictions.push(format!("{} of {} were answered", places.len(), refs.len()));
    }
    for (account, counts) in counts {
        let counts: Vec<_> = counts
            .into_iter()
            .map(|(word, count)| format!("{count} {word}"))
            .collect();
        tell(format_args!("{account:12} {}", counts.join(", ")))?;
    }
    tell_calls(&sandbox, elapsed)?;
    Ok(contradictions)
}
