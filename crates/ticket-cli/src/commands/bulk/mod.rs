//! `tickets delete`, `resolve` and `restore`, and `update` and `comment` of several: reads the tickets into a job, shows the plan, asks for
//! confirmation, works on the job and prints the outcome of each ticket.
//!
//! `input.rs`, `listed.rs` and `reported.rs` read the tickets, and `list_format.rs` names files that are no lists.
//! `reading.rs` checks the tickets and adds them to the job, and `plan.rs` says what is planned, account by account.
//! `work.rs` works on a job, also on one of an earlier command, and `report.rs` prints the outcomes.
//! The tickets are in the ledger: memory does not grow with their number.

mod canary;
mod end;
mod estimate;
mod input;
mod input_ticket;
mod list_format;
mod listed;
mod looked;
mod notices;
mod plan;
mod progress;
mod reading;
mod refused;
mod remaining;
mod report;
mod reported;
mod row;
mod unrecorded;
mod words;
mod work;

use std::io::{self, IsTerminal as _};

use futures_util::TryStreamExt as _;
use ticket_jobs::archive::Archive;
use ticket_jobs::{JobId, Loading, NewJob, Which};
use tickets::{Change, TicketRef};

use crate::accounts::Accounts;
use crate::args::{Consent, Each, Global, Many, WorkOptions};
use crate::failure::{Exit, Failure};
use crate::ledger::Ledger;
use crate::output::Output;
use crate::status::say;
use crate::stdout;
use crate::terminal;
use crate::text::{self, counted};

pub(super) use canary::{Canary, passes};
pub(super) use end::End;
pub(super) use estimate::{
    awaiting, in_words, print as print_estimate, print_none as print_no_estimate,
};
pub(super) use input::read_list;
pub(super) use input_ticket::InputTicket;
pub(super) use looked::read as read_tickets;
pub(super) use plan::{Plan, check_ticket};
pub(super) use reading::{Reading, refuse_without_trash};
pub(super) use refused::Refused;
pub(super) use remaining::Remaining;
pub(super) use report::Answers;
pub(super) use row::Row;
pub(super) use words::{counts, is_done, unasked, verb};
pub(super) use work::{Work, reached};

/// How many tickets `--yes` alone confirms.
const UNSEEN: usize = 1_000;

/// Above how many tickets a person types their number.
const TYPED: usize = 100;

/// How tickets are changed, beside what the options for many say.
#[derive(Clone, Copy, Debug)]
pub(super) struct How {
    /// Only those that are as they were when they were read.
    pub(super) if_unchanged: bool,
    /// Accounts without a trash are refused.
    pub(super) to_trash: bool,
}

/// A change that needs no more than the tickets.
pub(super) async fn each(
    change: Change,
    each: &Each,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    let how = How {
        if_unchanged: each.condition.if_unchanged,
        to_trash: false,
    };
    run(change, &each.many, how, global, output).await
}

/// Makes a job of the change and works on it, as far as the arguments say.
pub(super) async fn run(
    change: Change,
    many: &Many,
    how: How,
    global: &Global,
    output: &Output,
) -> Result<Exit, Failure> {
    if many.plan && global.sandbox {
        return Err(Failure::refused(
            "a plan is kept, and jobs of --sandbox end with their command; nothing was sent",
        )
        .hinting(
            "`tickets sandbox` serves a sandbox for several commands; --dry-run keeps nothing"
                .to_owned(),
        ));
    }
    let ledger = if many.dry_run || global.sandbox {
        Ledger::temporary()?
    } else if many.plan {
        Ledger::open_kept(global)?
    } else {
        Ledger::open(global)?
    };
    let accounts = Accounts::with_ledger(&ledger, global).await?;
    let guards = many.guards.for_job(how.if_unchanged).map_err(|error| {
        Failure::refused(format!(
            "the current folder is unknown ({error}); nothing was sent"
        ))
    })?;
    if let Some(archive) = guards.archive.as_ref().filter(|_| !many.dry_run) {
        // An archive that cannot be used is told now, and not in the night in which the plan is run.
        Archive::open(&archive.folder)?;
    }
    let mut job = NewJob::new(change.clone()).guards(guards);
    if many.plan {
        job = job.awaiting_confirmation();
    }
    let mut reading = Reading::begin(job, &accounts, &ledger.jobs).await?;
    if how.to_trash {
        reading.only_to_trash();
    }
    for asked in input::read(&change, many, &accounts) {
        match asked {
            Ok(asked) => reading.take(asked).await?,
            Err(failure) => reading.refuse(failure),
        }
    }
    let (plan, job) = reading.finish(&many.consent).await?;
    let confirmation = Confirmation {
        many: Some(many),
        consent: &many.consent,
        work: &many.work,
    };
    let look = looked::which(many, how.if_unchanged).and_then(|look| {
        // What would be refused afterwards is refused before a look, which may take hours.
        if look.is_some() && !many.plan && !many.dry_run {
            confirmation.refuse_impossible(&plan)?;
        }
        Ok(look)
    });
    let looked = match look {
        Ok(Some(look)) => looked::read(look, &plan, &job, &accounts)
            .await
            .map(|()| true),
        Ok(None) => Ok(false),
        Err(failure) => Err(failure),
    };
    let is_seen = match looked {
        Ok(is_seen) => is_seen,
        Err(failure) => {
            job.discard().await?;
            return Err(failure);
        }
    };
    if many.plan {
        let job = job.seal(&*accounts.source()).await?;
        let job = ledger.jobs.ledger().job(&job).await?;
        return estimate::print(&plan, &job, is_seen, &ledger, output).await;
    }
    if many.dry_run {
        return dry_run(&plan, many, &ledger, job.id(), is_seen, output).await;
    }
    if is_seen {
        let job = ledger.jobs.ledger().job(job.id()).await?;
        say(&looked::ends_of_list(&ledger, &job).await?);
    }
    let (remaining, job) = confirmation
        .ask(&plan, job, &ledger, &accounts, output)
        .await?;
    Work {
        ledger: &ledger,
        accounts: &accounts,
        plan: &plan,
        job,
        answers: Answers::All,
        yes: many.consent.yes,
        options: &many.work,
        remaining,
    }
    .run(global, output)
    .await
}

/// Prints what would be done to each ticket, in the order of the input.
async fn dry_run(
    plan: &Plan,
    many: &Many,
    ledger: &Ledger,
    job: &JobId,
    is_seen: bool,
    output: &Output,
) -> Result<Exit, Failure> {
    let mut writer = output.record_writer(std::slice::from_ref(&plan.longest));
    let mut named = ticket_jobs::tickets(&**ledger.jobs.ledger(), job, Which::Named);
    while let Some(ticket) = named.try_next().await? {
        let ticket = TicketRef::new(ticket.account, ticket.id);
        writer
            .push(Row::new(&plan.change, ticket, None))
            .map_err(|error| Failure::output(&error))?;
    }
    writer.finish().map_err(|error| Failure::output(&error))?;
    if !output.format.is_json() {
        say(&plan.summary(true));
        for group in &plan.groups {
            let at_once = plan::at_once(&group.account, &plan.change, many.work.concurrency);
            if let Some(at_once) = at_once {
                let account = crate::text::line(&group.account.name);
                say(&format!("No quota is known of {account}: {at_once}."));
            }
        }
        if is_seen {
            let job = ledger.jobs.ledger().job(job).await?;
            say(&looked::ends_of_list(ledger, &job).await?);
            say("Dry run: nothing was changed.");
        } else {
            say("Dry run: nothing was sent.");
        }
    }
    Ok(Exit::Done)
}

/// How a plan is confirmed.
pub(super) struct Confirmation<'a> {
    /// Where the tickets come from, if not from a job.
    pub(super) many: Option<&'a Many>,
    pub(super) consent: &'a Consent,
    pub(super) work: &'a WorkOptions,
}

impl Confirmation<'_> {
    /// Asks whether the change is to be made, unless it is not to be asked. If it is, the job can be worked on from now
    /// on; if it is not, nothing of it is kept.
    pub(super) async fn ask(
        &self,
        plan: &Plan,
        job: Loading,
        ledger: &Ledger,
        accounts: &Accounts,
        output: &Output,
    ) -> Result<(Option<Remaining>, JobId), Failure> {
        match self.confirm(plan, output) {
            Ok(remaining) => {
                let job = job.seal(&*accounts.source()).await?;
                if plan.named() > 1 {
                    ledger.announce(&job, plan.len());
                }
                Ok((remaining, job))
            }
            Err(failure) => {
                job.discard().await?;
                Err(failure)
            }
        }
    }

    fn confirm(&self, plan: &Plan, output: &Output) -> Result<Option<Remaining>, Failure> {
        let is_asked = !self.consent.yes;
        if !output.format.is_json() || is_asked && io::stderr().is_terminal() {
            say(&plan.summary(false));
        }
        self.refuse_impossible(plan)?;
        if is_asked {
            ask(plan)?;
        }
        let remaining = self.work.remaining.as_deref();
        let remaining = remaining.map(|path| Remaining::prepare(path, self.many));
        remaining.transpose()
    }
    /// Refuses what nobody can confirm here, and what nobody would see the outcome of.
    fn refuse_impossible(&self, plan: &Plan) -> Result<(), Failure> {
        if self.consent.yes {
            self.refuse_too_many(plan)?;
        } else if !terminal::is_there() {
            return Err(nobody_to_ask(plan));
        }
        stdout::refuse_unwritable()
    }

    /// A list that has grown must not be confirmed unseen.
    fn refuse_too_many(&self, plan: &Plan) -> Result<(), Failure> {
        let count = plan.len();
        if count <= UNSEEN || self.consent.max.is_some() {
            return Ok(());
        }
        let message = format!(
            "--yes alone is enough for {}, and this {} {}; nothing was sent",
            counted(UNSEEN, "ticket"),
            words::third_person(&plan.change),
            text::grouped(u64::try_from(count).unwrap_or(u64::MAX))
        );
        Err(Failure::refused(message).hinting(format!("--max {count} allows that many")))
    }
}

/// Asks for confirmation on the terminal: for the number of tickets, if there are many.
fn ask(plan: &Plan) -> Result<(), Failure> {
    let count = plan.len();
    let is_typed = count > TYPED;
    let how = if is_typed {
        "Type the number of tickets:"
    } else {
        "[y/N]"
    };
    let answer = terminal::ask(&format!("{} {how}", plan.question())).map_err(|error| {
        Failure::refused(format!(
            "no answer can be read ({error}); nothing was changed"
        ))
    })?;
    let answer = answer.ok_or_else(|| nobody_to_ask(plan))?.to_lowercase();
    let is_confirmed = if is_typed {
        answer.replace(',', "") == count.to_string()
    } else {
        answer == "y" || answer == "yes"
    };
    if is_confirmed {
        return Ok(());
    }
    Err(Failure::refused("not confirmed; nothing was changed"))
}

fn nobody_to_ask(plan: &Plan) -> Failure {
    let verb = words::verb(&plan.change);
    let max = match plan.len() {
        ..=UNSEEN => String::new(),
        count => format!(" --max {count}"),
    };
    Failure::refused("there is no terminal to ask on; nothing was sent").hinting(format!(
        "--yes{max} {verb}s without asking; --dry-run only shows what would be done"
    ))
}
