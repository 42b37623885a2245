//! The work itself: all accounts at the same time, each from its own list. Ctrl-C, the deadline and a reader that
//! went away end it in order: what is on its way is waited for, and every single ticket is answered.

use std::collections::HashMap;
use std::io::{self, IsTerminal as _};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::stream::{self, BoxStream, StreamExt as _};
use tickets::{BulkOptions, CallContext, Stop, TicketId};
use tokio::time::Instant;

use super::deed::{Answer, Deed};
use super::plan::{Group, unreadable};
use super::progress::Progress;
use super::report::Report;
use crate::args::Form;
use crate::failure::{Exit, Failure};
use crate::output::{Output, say};

/// How the work ends early.
pub(super) struct Ends {
    pub(super) stop: Stop,
    pub(super) deadline: Option<Duration>,
}

/// What became of one ticket: its account, its place among all that were asked for, its id.
type Answered = (usize, usize, TicketId, Answer);

pub(super) async fn run(
    deed: Deed,
    groups: &[Group],
    mut report: Report<'_>,
    mut progress: Progress<'_>,
    ends: &Ends,
    output: &Output,
) -> Result<Exit, Failure> {
    let stop = &ends.stop;
    // What is beyond all measure is none.
    let deadline = ends
        .deadline
        .and_then(|time| Instant::now().checked_add(time));
    let mut context = CallContext::new().stop(stop.clone());
    context.deadline = deadline;
    let unread = Arc::new(Mutex::new(None));
    let begun = groups.iter().enumerate();
    let begun = begun.map(|(index, group)| begin(deed, index, group, &context, &unread));
    let mut answers = stream::select_all(
        begun
            .collect::<io::Result<Vec<_>>>()
            .map_err(|error| unreadable(&error))?,
    );
    let tell = |progress: &Progress<'_>, text: &str| progress.suspend(|| say(text));
    let mut told = false;
    loop {
        tokio::select! {
            biased;
            () = stop.finishing(), if !told => {
                told = true;
                tell(
                    &progress,
                    "stopping: waiting for answers on their way; Ctrl-C again leaves at once",
                );
            }
            () = reached(deadline), if !told => {
                told = true;
                tell(
                    &progress,
                    "the deadline has come: waiting for answers on their way; Ctrl-C twice leaves at once",
                );
            }
            () = progress.due() => progress.renew(told),
            answer = answers.next() => {
                let Some((group, place, id, answer)) = answer else { break };
                progress.advance(group);
                if output.is_terminal() {
                    progress.suspend(|| report.take(group, place, id, &answer));
                } else {
                    report.take(group, place, id, &answer);
                }
                if report.is_broken() {
                    // Who reads the answers is gone: do not go on unseen.
                    told = true;
                    stop.finish();
                }
            }
        }
    }
    drop(answers);
    progress.finish();
    let unread = locked(&unread).take();
    end(report, output, unread)
}

async fn reached(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn begin<'a>(
    deed: Deed,
    index: usize,
    group: &'a Group,
    context: &CallContext,
    unread: &Arc<Mutex<Option<io::Error>>>,
) -> io::Result<BoxStream<'a, Answered>> {
    // The places of what is on its way, by its number among the account's own.
    let places = Arc::new(Mutex::new(HashMap::new()));
    let mut tickets = group.tickets()?.enumerate();
    let (taken, unread) = (Arc::clone(&places), Arc::clone(unread));
    let ids = std::iter::from_fn(move || match tickets.next()? {
        (number, Ok((place, id))) => {
            locked(&taken).insert(number, place);
            Some(id)
        }
        (_, Err(error)) => {
            *locked(&unread) = Some(error);
            None
        }
    });
    // Once there was an error there is nothing more to be read.
    let answers = deed.run(
        &group.account.tickets.with(context.clone()),
        stream::iter(ids.fuse()),
        &BulkOptions::default(),
    );
    let answers = answers.map(move |(number, id, answer)| {
        let place = locked(&places).remove(&number).unwrap_or(number);
        (index, place, id, answer)
    });
    Ok(answers.boxed())
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prints the end of the report, and for people what it comes to.
fn end(
    mut report: Report<'_>,
    output: &Output,
    unread: Option<io::Error>,
) -> Result<Exit, Failure> {
    let written = report.finish();
    if written.is_err() {
        say("the answers could not all be written");
    }
    if written.is_err() || output.form == Form::Table || io::stderr().is_terminal() {
        say(&report.summary());
        report.say_hints();
    }
    if let Some(failure) = report.take_remaining_failure() {
        failure.print(output.form);
    }
    written.map_err(|error| Failure::output(&error).after_a_change())?;
    match unread {
        Some(error) => Err(unreadable(&error)),
        None => Ok(report.exit()),
    }
}
