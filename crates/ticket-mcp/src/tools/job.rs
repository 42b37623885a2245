//! `job_status` and `job_report`: how far a job is, and what became of its tickets.

use serde::Deserialize;
use serde_json::{Value, json};
use ticket_jobs::{Job, JobId, JobState, JobTicket, Which};

use super::{Cursor, Outcome, read};
use crate::answer::{Answer, Fields, Set as _, fields};
use crate::refusal::Refusal;
use crate::row;
use crate::shared::{Called, Shared};
use crate::text;

/// How many tickets are read from the ledger at once.
const PAGE: usize = 500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Status {
    job: Option<JobId>,
    cursor: Option<Cursor>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Report {
    job: JobId,
    #[serde(default)]
    all: bool,
    cursor: Option<Cursor>,
}

/// How far a job is; without one, all jobs that the client may see.
pub(super) async fn status(shared: &Shared, arguments: Fields, called: &mut Called) -> Outcome {
    let Status { job, cursor } = read(arguments)?;
    if let Some(id) = job {
        let job = shared.job(&id).await?;
        called.entry.of(&job);
        return Ok(told(shared, &job, true).into());
    }
    let from = usize::try_from(cursor.map_or(0, |Cursor(place)| place)).unwrap_or(usize::MAX);
    let jobs = shared.jobs.ledger().jobs().await?;
    let mut answer = Answer::new(Fields::new());
    for (place, job) in jobs.iter().enumerate().skip(from) {
        if shared.scope.covers(job) && !answer.push(told(shared, job, false).into()) {
            let mut answer = answer.finish("jobs");
            answer.set("next", place.to_string());
            return Ok(answer.into());
        }
    }
    Ok(answer.finish("jobs").into())
}

/// A job, with what a person can do about it.
fn told(shared: &Shared, job: &Job, is_alone: bool) -> Fields {
    let mut told = fields(json!({
        "job": job.id,
        "change": job.change.operation(),
        "state": job.state,
        "tickets": job.tickets,
        "open": job.open,
        "counts": job.counts,
        "created_at": job.created_at.to_string(),
    }));
    if !is_alone {
        return told;
    }
    let details = job.change.details().into_iter();
    let details: Fields = details
        .map(|(name, value)| (name, text::line(&value, 200).into()))
        .collect();
    if !details.is_empty() {
        told.set("details", Value::from(details));
    }
    let accounts = job.accounts.iter();
    let accounts = accounts
        .map(|one| json!({ "account": one.name, "tickets": one.tickets, "open": one.open }));
    told.set("accounts", accounts.collect::<Value>());
    told.set("digest", json!(job.digest));
    told.set("workers", json!(job.workers));
    told.set(
        "confirmed_at",
        json!(
            job.confirmed
                .as_ref()
                .map(|confirmed| confirmed.at.to_string())
        ),
    );
    let problems = shared.running.problems(&job.id);
    if !problems.is_empty() {
        told.set("problems", problems);
    }
    let next = match job.state {
        JobState::AwaitingConfirmation => Some(shared.person(job)),
        JobState::Ready | JobState::Paused if job.workers == 0 => shared
            .command("run", job)
            .map(|command| format!("nobody works on it; a person goes on with `{command}`")),
        _ => None,
    };
    if let Some(next) = next {
        told.set("next_step", next);
    }
    told
}

/// What became of the tickets of a job: of those that are not done, or of all.
pub(super) async fn report(shared: &Shared, arguments: Fields, called: &mut Called) -> Outcome {
    let Report { job, all, cursor } = read(arguments)?;
    let job = shared.job(&job).await?;
    called.entry.of(&job);
    let mut answer = Answer::new(told(shared, &job, false));
    let mut after = cursor.map(|Cursor(place)| place);
    let is_over = loop {
        let page = shared
            .jobs
            .ledger()
            .tickets(&job.id, Which::Named, after, PAGE)
            .await?;
        let is_last = page.len() < PAGE;
        let mut is_full = false;
        for ticket in page {
            let is_done = ticket
                .outcome
                .as_ref()
                .is_some_and(tickets::Outcome::is_done);
            let is_shown = ticket.repeats.is_none() && (all || !is_done);
            if is_shown && !answer.push(outcome(&ticket)) {
                is_full = true;
                break;
            }
            after = Some(ticket.seq);
        }
        if is_full || is_last {
            break !is_full;
        }
    };
    let mut answer = answer.finish("outcomes");
    if !is_over && let Some(after) = after {
        answer.set("next", after.to_string());
    }
    Ok(answer.into())
}

/// A ticket with its outcome.
fn outcome(ticket: &JobTicket) -> Value {
    let mut told = fields(json!({
        "ticket": row::reference(&ticket.account, &ticket.id),
        "outcome": ticket.outcome.as_ref().map_or("open", |outcome| outcome.as_str()),
    }));
    if ticket.in_doubt {
        told.set("in_doubt", true);
    }
    let error = ticket.outcome.as_ref().and_then(|outcome| outcome.error());
    if let Some(error) = error {
        told.extend(fields(Refusal::from(error.clone()).json()));
    }
    told.into()
}

/// A job as `job_status` tells it.
pub(super) async fn alone(shared: &Shared, job: &JobId) -> Outcome {
    let job = shared.job(job).await?;
    Ok(told(shared, &job, true).into())
}
