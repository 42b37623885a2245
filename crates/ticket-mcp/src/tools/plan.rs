//! `plan`: a bulk change as a job that awaits confirmation. Changes nothing at a vendor.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use ticket_jobs::{Job, JobTicket, Loading, Look, NewJob, Which, user_at_host};
use tickets::{AccountSource as _, CallContext, Change, DeleteTarget, TicketRef};
use tokio::time::Instant;

use super::{Outcome, read};
use crate::answer::{Answer, Fields, Set as _, fields};
use crate::policy::Deletes;
use crate::refusal::Refusal;
use crate::search::{Criteria, Next, Search};
use crate::shared::{Called, Shared};
use crate::{row, text};

/// How long the tickets of a plan are searched for.
const TIME: Duration = Duration::from_secs(45);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Arguments {
    change: Planned,
    tickets: Option<Vec<TicketRef>>,
    find: Option<Fields>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Planned {
    Delete,
    Resolve,
    Restore,
}

pub(super) async fn run(shared: &Shared, arguments: Fields, called: &mut Called) -> Outcome {
    let arguments: Arguments = read(arguments)?;
    let change = match arguments.change {
        Planned::Delete if shared.policy.deletes == Deletes::Off => {
            return Err(Refusal::policy(
                "no delete can be planned here; a person plans and runs one with `tickets delete`",
            ));
        }
        Planned::Delete => Change::Delete,
        Planned::Resolve => Change::Resolve,
        Planned::Restore => Change::Restore,
    };
    let mut told = Fields::new();
    let tickets = match (arguments.tickets, arguments.find) {
        (Some(tickets), None) => tickets,
        (None, Some(find)) => found(shared, find, &mut told).await?,
        _ => return Err(Refusal::input("give either `tickets` or `find`")),
    };
    if tickets.is_empty() {
        return Err(Refusal::input(
            "no ticket matches; there is nothing to plan",
        ));
    }
    // Repetitions count too: nobody names a ticket so often.
    if u64::try_from(tickets.len()).unwrap_or(u64::MAX) > shared.policy.max_per_plan {
        return Err(too_many(shared));
    }
    for ticket in &tickets {
        let account = shared.scope.reader(&ticket.account)?;
        change
            .check(account.info(), &DeleteTarget::new(&ticket.id))
            .map_err(|error| error.on_ticket(&ticket.id))?;
        shared.scope.facts(&ticket.account)?.check(&change, 1)?;
    }
    let new = NewJob::new(change).awaiting_confirmation();
    // Nothing more: who made a plan cannot approve it as a second person.
    let new = new.created_by(user_at_host());
    let mut job = shared.jobs.load(new).await?;
    let planned = load(shared, &mut job, tickets, &mut told).await;
    let id = match planned {
        Ok(()) => job.id().clone(),
        Err(refusal) => {
            job.discard().await?;
            return Err(refusal);
        }
    };
    if let Err(error) = job.seal(&*shared.scope).await {
        // It is loading still, and nobody can work on it.
        shared.jobs.ledger().discard(&id).await?;
        return Err(error.into());
    }
    let job = shared.jobs.ledger().job(&id).await?;
    called.entry.of(&job);
    shared.asks.planned(&job);
    answer(shared, &job, told).await
}

/// Adds the tickets to a job, and looks at the first and the last ones.
async fn load(
    shared: &Shared,
    job: &mut Loading,
    tickets: Vec<TicketRef>,
    told: &mut Fields,
) -> Result<(), Refusal> {
    for ticket in tickets {
        job.push(ticket, None).await?;
    }
    job.close().await?;
    let looked = job
        .look(&*shared.scope, &CallContext::new(), Look::Sample, |_| ())
        .await?;
    told.set(
        "looked_at",
        json!({ "found": looked.found, "not_found": looked.missing, "failed": looked.failed }),
    );
    Ok(())
}

/// The tickets that match. All of them, or none.
async fn found(
    shared: &Shared,
    find: Fields,
    told: &mut Fields,
) -> Result<Vec<TicketRef>, Refusal> {
    let criteria = Criteria::read(find)?;
    if criteria.is_empty() {
        return Err(Refusal::input(
            "`find` has no criterion: it would match every ticket",
        ));
    }
    let mut search = Search::begin(&criteria, &shared.scope)?;
    let until = Instant::now() + TIME;
    let mut tickets = Vec::new();
    loop {
        match search.next(until).await {
            Next::End => break,
            Next::Later => {
                let message = "the search takes too long for a plan; find the tickets first, and plan them by name";
                return Err(Refusal::input(message));
            }
            Next::Found(account, ticket) => tickets.push(TicketRef::new(account, ticket.id)),
        }
        if u64::try_from(tickets.len()).unwrap_or(u64::MAX) > shared.policy.max_per_plan {
            return Err(too_many(shared));
        }
    }
    search.tell(told);
    Ok(tickets)
}

fn too_many(shared: &Shared) -> Refusal {
    Refusal::policy(format!(
        "a plan has at most {} tickets here; a person plans more with `tickets delete --plan`",
        shared.policy.max_per_plan
    ))
}

async fn answer(shared: &Shared, job: &Job, mut head: Fields) -> Outcome {
    let accounts = job
        .accounts
        .iter()
        .map(|account| -> Result<Value, Refusal> {
            let tickets = shared.scope.reader(&account.name)?;
            let count = usize::try_from(account.tickets).unwrap_or(usize::MAX);
            let calls = job.change.calls(count, tickets.info());
            let least = tickets.least_time(job.change.operation(), calls);
            let mut told = fields(json!({
                "account": account.name,
                "host": account.host,
                "tickets": account.tickets,
                "calls": calls,
                "least_time_s": (least != Duration::MAX).then(|| least.as_secs_f64().ceil()),
            }));
            if job.change.is_delete() {
                told.set("delete", super::removal(account.removal));
                told.set("takes_along", json!(account.takes_along));
            }
            Ok(told.into())
        });
    let accounts = accounts.collect::<Result<Vec<_>, _>>()?;
    head.set("job", json!(job.id));
    head.set("state", json!(job.state));
    head.set("change", json!(job.change));
    head.set("tickets", job.tickets);
    head.set("digest", json!(job.digest));
    head.set("accounts", accounts);
    head.set("next_step", next_step(shared, job));
    let mut answer = Answer::new(head);
    let rows = shared
        .jobs
        .ledger()
        .tickets(&job.id, Which::Named, None, 20)
        .await?;
    for ticket in rows {
        if !answer.push(sample(&ticket)) {
            break;
        }
    }
    Ok(answer.finish("sample").into())
}

/// A ticket as it was seen.
fn sample(ticket: &JobTicket) -> Value {
    let mut shown = Fields::new();
    let name = row::reference(&ticket.account, &ticket.id);
    shown.set("ticket", name);
    if let Some(seen) = &ticket.seen {
        shown.set("found", seen.sha256.is_some());
        let words = [("subject", &seen.subject), ("status", &seen.status)];
        for (name, words) in words {
            if let Some(words) = words {
                row::add_untrusted(&mut shown, name, text::line(words, 100).into());
            }
        }
    }
    shown.into()
}

/// What has to happen before anything is changed.
fn next_step(shared: &Shared, job: &Job) -> String {
    let outside = shared.person(job);
    match shared.policy.deletes {
        Deletes::Ask => {
            format!("nothing is changed yet: job_confirm asks the person; or {outside}")
        }
        _ => format!("nothing is changed yet: {outside}"),
    }
}
