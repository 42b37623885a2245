//! Tickets filed at all vendors: each at most once, whatever was lost.

use std::collections::{BTreeMap, HashMap};

use futures_util::{StreamExt as _, stream};
use ticket_sandbox::Fault;
use tickets::model::{Person, Priority};
use tickets::{Effect, NewTicket};
use tokio::time::Instant;

use crate::{Fallible, Soak, tell, tell_calls, unreliable, vendor};

pub(crate) async fn creates(soak: &Soak, tickets: usize) -> Fallible<Vec<String>> {
    let faults = vec![
        Fault::LostResponse,
        Fault::LostResponse,
        Fault::CutBody,
        Fault::StatusAfterEffect(500),
        Fault::ConnectionReset,
        Fault::Status(503),
    ];
    let (sandbox, accounts) = unreliable(soak, faults).await?;
    let start = Instant::now();
    let calls = (0..tickets).map(|number| {
        let (account, tickets) = &accounts[number % accounts.len()];
        async move {
            let new = NewTicket::new(format!("ticket {number}")).description("a text");
            // Each vendor requires other fields.
            let new = match account.as_str() {
                "sweeppea" => new.priority(Priority::Low),
                "redmine" => new,
                "rt" => new.category("General"),
                "onecloud" => new
                    .category("Request")
                    .requester(Person::named("A customer").email("customer@example.com")),
                _ => new
                    .category("Request")
                    .requester(Person::default().email("customer@example.com")),
            };
            (number, account, tickets.create(&new).await)
        }
    });
    let created: Vec<_> = stream::iter(calls).buffer_unordered(16).collect().await;
    let elapsed = start.elapsed();

    let mut filed: HashMap<(String, String), Vec<String>> = HashMap::new();
    for (account, _) in &accounts {
        for ticket in sandbox.tickets(vendor(account)) {
            filed
                .entry((account.clone(), ticket.subject))
                .or_default()
                .push(ticket.id);
        }
    }
    let mut contradictions = Vec::new();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for (number, account, result) in &created {
        let subject = format!("ticket {number}");
        let ids = filed
            .remove(&((*account).clone(), subject.clone()))
            .unwrap_or_default();
        if ids.len() > 1 {
            contradictions.push(format!(
                "{account}: {subject} was filed {} times",
                ids.len()
            ));
        }
        let (word, is_true) = match result {
            Ok(created) => ("created", ids == [created.id.as_str()]),
            Err(error) if error.effect() == Effect::None => {
                ("failed, nothing filed", ids.is_empty())
            }
            Err(_) if ids.is_empty() => ("unknown, and not filed", true),
            Err(_) => ("unknown, and filed", true),
        };
        if !is_true {
            contradictions.push(format!(
                "{account}: {subject} is {word}, but there is {ids:?}"
            ));
        }
        *counts.entry(word).or_default() += 1;
    }
    contradictions.extend(
        filed
            .keys()
            .map(|(account, subject)| format!("{account}: who filed {subject}?")),
    );
    for (word, count) in counts {
        tell(format_args!("{count:6} {word}"))?;
    }
    tell_calls(&sandbox, elapsed)?;
    Ok(contradictions)
}
