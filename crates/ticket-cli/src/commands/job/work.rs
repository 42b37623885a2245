//! `tickets job run`, `cancel` and `retry`: what works on jobs.

use futures_util::{StreamExt as _, TryStreamExt as _};
use ticket_jobs::{Erasure, Job, JobState, JobTicket, NewJob, Step, Which};
use tickets::bulk::BulkOptions;
use tickets::{CallContext, Outcome, TicketRef};

use super::super::bulk::{Answers, Confirmation, End, InputTicket, Plan, Reading, Remaining, Work};
use super::super::erase;
use super::shown::Shown;
use super::{Steered, erasure, find};
use crate::accounts::Accounts;
use crate::args::{self, Global, OutputFormat};
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::ledger::Ledger;
use crate::output::Output;
use crate::status::say;
use crate::stdout;
use crate::text::counted;

/// Among how many tickets those in doubt are counted.
const DOUBTS: usize = 5_000;

/// Continues a job in this process.
pub(super) async fn run(
    ledger: &Ledger,
    asked: &args::JobRun,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let mut job = find(ledger, &asked.job.id).await?;
    let end = End::of(&asked.work);
    refuse_loading(&job)?;
    if job.state == JobState::AwaitingConfirmation {
        let command = ledger.command("confirm", &job.id).unwrap_or_default();
        return Err(
            Failure::refused(format!("job {} is not confirmed; nothing was sent", job.id))
                .hinting(format!("confirm it with `{command}`")),
        );
    }
    let accounts = Accounts::with_ledger(ledger, global).await?;
    if job.state.is_over() {
        say(&format!("job {} is over", job.id));
        if job.erasure.is_some() {
            return erasure::finish(ledger, &job.id, &accounts, Exit::Done, end, output).await;
        }
    }
    // What cannot be connected is told by the run.
    let connected = job.accounts.iter().filter_map(|account| {
        let open = usize::try_from(account.open).unwrap_or(usize::MAX);
        let facts = accounts.facts(&account.name).ok()?;
        Some((accounts.connect(&account.name).ok()?, facts, open))
    });
    let plan = Plan::of_job(job.change.clone(), connected.collect());
    stdout::refuse_unwritable()?;
    let remaining = asked.work.remaining.as_deref();
    let remaining = remaining.map(|path| Remaining::prepare(path, None));
    let remaining = remaining.transpose()?;
    // Any worker goes on with it from here: nothing may refuse the run after this.
    if job.state == JobState::Paused {
        job.state = ledger.jobs.steer(&job.id, Step::Resume).await?;
    }
    if !job.state.is_over() {
        ledger.announce_again(&job);
        say_doubts(ledger, &job).await?;
    }
    let work = Work {
        ledger,
        accounts: &accounts,
        plan: &plan,
        job: job.id.clone(),
        answers: Answers::Open,
        yes: asked.yes,
        options: &asked.work,
        remaining,
    };
    let exit = work.run(global, output).await?;
    if job.erasure.is_none() {
        return Ok(exit);
    }
    erasure::finish(ledger, &job.id, &accounts, exit, end, output).await
}

/// Says that tickets are in doubt: they take longer than others.
async fn say_doubts(ledger: &Ledger, job: &Job) -> Result<(), Failure> {
    // Those of a worker that is alive are in flight.
    if job.workers > 0 {
        return Ok(());
    }
    // Claims are in the order of the list, so the first ones are in doubt, if any.
    let open = ledger
        .jobs
        .ledger()
        .tickets(&job.id, Which::Open, None, DOUBTS);
    let doubts = open.await?.iter().filter(|ticket| ticket.in_doubt).count();
    if doubts > 0 {
        say(&format!(
            "{} may have been changed by requests whose answers were lost: looking at the end, when no such request \
             can arrive any more",
            counted(doubts, "ticket")
        ));
    }
    Ok(())
}

/// Cancels a job, and looks at the tickets that an earlier call may have changed.
pub(super) async fn cancel(
    ledger: &Ledger,
    asked: &str,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let job = find(ledger, asked).await?;
    if job.state == JobState::Loading {
        // Nobody can work on it, so nothing was sent.
        ledger.jobs.ledger().discard(&job.id).await?;
        let state = JobState::Cancelled;
        return Steered { job: job.id, state }.print(output);
    }
    let state = ledger.jobs.steer(&job.id, Step::Cancel).await?;
    let mut failures = Vec::new();
    if !state.is_over() {
        say("looking at tickets that may have been changed; waiting for requests in flight");
        let accounts = Accounts::with_ledger(ledger, global).await?;
        let stop = interrupt::stop_on_ctrl_c()?.stop;
        let context = CallContext::new().stop(stop);
        let options = BulkOptions::default();
        let mut outcomes = ledger
            .jobs
            .run(&job.id, accounts.source(), context, &options);
        while let Some(outcome) = outcomes.next().await {
            failures.extend(outcome.err().map(Failure::from));
        }
    }
    let job = ledger.jobs.ledger().job(&job.id).await?;
    let is_over = job.state.is_over();
    if output.format == OutputFormat::Table {
        let not_done = job.counts.get("unattempted").copied().unwrap_or(0);
        let not_done = usize::try_from(not_done).unwrap_or(usize::MAX);
        say(&match (is_over, not_done) {
            (false, _) => format!(
                "{} may have been changed, and could not be looked at; try again with `{}`",
                counted(usize::try_from(job.open).unwrap_or(usize::MAX), "ticket"),
                ledger.command("cancel", &job.id).unwrap_or_default()
            ),
            (true, 0) => "Nothing was left to do.".to_owned(),
            (true, _) => format!(
                "{} not attempted; `{}` shows which",
                counted(not_done, "ticket"),
                ledger
                    .command("show --tickets", &job.id)
                    .unwrap_or_default()
            ),
        });
    }
    super::print(&Shown::new(job, ledger), output)?;
    let all = Failure::all(failures, "the job is not cancelled yet".to_owned());
    match all {
        Some(failure) => Err(failure),
        None if is_over => Ok(Exit::Done),
        None => Ok(Exit::Failed),
    }
}

/// Makes a new job of what an earlier one did not do.
pub(super) async fn retry(
    ledger: &Ledger,
    asked: &args::JobRetry,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let job = find(ledger, &asked.job.id).await?;
    refuse_loading(&job)?;
    if !job.state.is_over() {
        let command = ledger.command("run", &job.id).unwrap_or_default();
        return Err(Failure::refused(format!("job {} is not over", job.id))
            .hinting(format!("continue with `{command}`")));
    }
    let count = |outcome: &str| job.counts.get(outcome).copied().unwrap_or(0);
    let (failed, unattempted) = (count("failed"), count("unattempted"));
    if failed + unattempted == 0 {
        let message = format!("no ticket of job {} failed or was not attempted", job.id);
        return Err(Failure::refused(message));
    }
    let unknown = match count("unknown") {
        0 => String::new(),
        unknown => format!("; {unknown} unknown ones are left out"),
    };
    say(&format!(
        "job {}: {failed} failed and {unattempted} unattempted tickets{unknown}",
        job.id
    ));
    let accounts = Accounts::with_ledger(ledger, global).await?;
    if let Some(erasure) = &job.erasure {
        return retry_erasure(ledger, &job, erasure.clone(), &accounts, output).await;
    }
    let mut guards = job.guards.clone();
    if std::mem::take(&mut guards.if_unchanged) {
        say("they are not compared with how they were: plan them again for that");
    }
    let new = NewJob::new(job.change.clone()).guards(guards);
    let mut reading = Reading::begin(new, &accounts, &ledger.jobs).await?;
    let mut named = ticket_jobs::tickets(&**ledger.jobs.ledger(), &job.id, Which::Named);
    while let Some(ticket) = named.try_next().await? {
        if is_left(&ticket) {
            let ticket = TicketRef::new(ticket.account, ticket.id);
            reading.take(InputTicket::new(ticket)).await?;
        }
    }
    let (plan, loading) = reading.finish(&asked.consent).await?;
    let confirmation = Confirmation {
        many: None,
        consent: &asked.consent,
        work: &asked.work,
    };
    let (remaining, job) = confirmation
        .ask(&plan, loading, ledger, &accounts, output)
        .await?;
    let work = Work {
        ledger,
        accounts: &accounts,
        plan: &plan,
        job,
        answers: Answers::All,
        yes: asked.consent.yes,
        options: &asked.work,
        remaining,
    };
    work.run(global, output).await
}

/// Whether a ticket of a job that is over failed or was not attempted.
fn is_left(ticket: &JobTicket) -> bool {
    let is_left = matches!(
        ticket.outcome,
        Some(Outcome::Failed(_) | Outcome::Unattempted(_))
    );
    is_left && ticket.repeats.is_none()
}

/// The same for an erasure: the new job is one too, and awaits confirmation.
async fn retry_erasure(
    ledger: &Ledger,
    job: &Job,
    erasure: Erasure,
    accounts: &Accounts,
    output: &Output,
) -> Result<Exit, Failure> {
    let mut left = Vec::new();
    let mut named = ticket_jobs::tickets(&**ledger.jobs.ledger(), &job.id, Which::Named);
    while let Some(ticket) = named.try_next().await? {
        if is_left(&ticket) {
            let people = ticket.people;
            left.push((TicketRef::new(ticket.account, ticket.id), people));
        }
    }
    let guards = job.guards.clone();
    erase::make(
        erasure,
        guards,
        job.change.clone(),
        left,
        ledger,
        accounts,
        output,
    )
    .await?;
    Ok(Exit::Done)
}

pub(super) fn refuse_loading(job: &Job) -> Result<(), Failure> {
    if job.state != JobState::Loading {
        return Ok(());
    }
    let message = format!(
        "the list of job {} is not complete: its command was interrupted before anything was sent",
        job.id
    );
    Err(Failure::refused(message).hinting("run that command again".to_owned()))
}
