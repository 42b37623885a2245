//! Runs the change in all accounts concurrently, each with its own list. Ctrl-C, the deadline and a closed
//! output end it in order: requests in flight are finished, and each ticket has an outcome.

use std::io::{self, IsTerminal as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tickets::bulk::BulkOptions;
use tickets::{CallContext, Stop, TicketId, apply_in_each};
use tokio::time::Instant;

use super::notices::Notices;
use super::plan::{Group, Plan, unreadable};
use super::progress::Progress;
use super::report::Report;
use crate::args::OutputFormat;
use crate::failure::{Exit, Failure};
use crate::output::{Output, say};
use crate::stdout;

/// How the work ends early.
pub(super) struct EarlyEnd {
    pub(super) stop: Stop,
    pub(super) deadline: Option<Duration>,
}

pub(super) async fn run(
    plan: &Plan,
    mut report: Report<'_>,
    mut progress: Progress<'_>,
    early_end: &EarlyEnd,
    options: &BulkOptions,
    output: &Output,
) -> Result<Exit, Failure> {
    let stop = &early_end.stop;
    // A deadline that overflows counts as none.
    let deadline = early_end
        .deadline
        .and_then(|time| Instant::now().checked_add(time));
    let mut context = CallContext::new().stop(stop.clone());
    context.deadline = deadline;
    let unread = Arc::new(Mutex::new(None));
    let groups = plan.groups.iter().enumerate();
    let accounts = groups.map(|(index, group)| begin(index, group, &context, &unread));
    let accounts = accounts
        .collect::<io::Result<Vec<_>>>()
        .map_err(|error| unreadable(&error))?;
    let (mut notices, options) = Notices::of(&plan.change, options.clone());
    let mut outcomes = apply_in_each(&plan.change, accounts, &options);
    let tell = |progress: &Progress<'_>, text: &str| progress.suspend(|| say(text));
    let mut told = false;
    loop {
        tokio::select! {
            biased;
            () = stop.finishing(), if !told => {
                told = true;
                tell(
                    &progress,
                    "stopping: waiting for requests in flight; Ctrl-C again quits at once",
                );
            }
            () = reached(deadline), if !told => {
                told = true;
                tell(
                    &progress,
                    "deadline reached: waiting for requests in flight; Ctrl-C twice quits at once",
                );
            }
            notice = notices.next() => tell(&progress, &notice),
            () = progress.due() => progress.renew(told),
            settled = outcomes.next() => {
                let Some(settled) = settled else { break };
                let (group, place) = settled.key;
                let take = || report.take(group, place, settled.id.id, Some(&settled.outcome));
                progress.advance(group);
                if output.is_terminal() {
                    progress.suspend(take);
                } else {
                    take();
                }
                if report.is_broken() || stdout::is_broken() {
                    // The reader of the output is gone: do not continue unseen.
                    told = true;
                    stop.finish();
                }
            }
        }
    }
    drop(outcomes);
    progress.finish();
    notices.drain().iter().for_each(|notice| say(notice));
    if notices.has_unasked() {
        report.fail();
    }
    let unread = locked(&unread).take();
    end(report, output, unread)
}

async fn reached(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

/// The tickets of an account, each with the index of its account and its place in the input.
type Tickets<'a> = stream::Iter<Box<dyn Iterator<Item = ((usize, usize), TicketId)> + Send + 'a>>;

fn begin<'a>(
    index: usize,
    group: &'a Group,
    context: &CallContext,
    unread: &Arc<Mutex<Option<io::Error>>>,
) -> io::Result<(String, tickets::Tickets, Tickets<'a>)> {
    let mut tickets = group.tickets()?;
    let unread = Arc::clone(unread);
    let tickets = std::iter::from_fn(move || match tickets.next()? {
        Ok((place, id)) => Some(((index, place), id)),
        Err(error) => {
            *locked(&unread) = Some(error);
            None
        }
    });
    let account = group.account.tickets.with(context.clone());
    // After an error the list ends.
    let tickets: Box<dyn Iterator<Item = _> + Send> = Box::new(tickets.fuse());
    Ok((group.account.name.clone(), account, stream::iter(tickets)))
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Ends the report and prints the summary for people.
fn end(
    mut report: Report<'_>,
    output: &Output,
    unread: Option<io::Error>,
) -> Result<Exit, Failure> {
    let written = report.finish();
    let remaining = report.write_remaining();
    if written.is_err() {
        say("some results could not be written");
    }
    if written.is_err() || output.format == OutputFormat::Table || io::stderr().is_terminal() {
        say(&report.summary());
        report.say_hints();
    }
    if let Err(failure) = &remaining {
        failure.print(output.format);
    }
    written.map_err(|error| Failure::output(&error).after_a_change())?;
    match unread {
        Some(error) => Err(unreadable(&error)),
        None if remaining.is_err() => Ok(Exit::Failed),
        None => Ok(report.exit()),
    }
}
