//! The work itself: all accounts at the same time, each account batch by batch; Ctrl-C and a reader that
//! went away stop it between batches, never in the middle of one.

use std::io::{self, IsTerminal as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::stream::{self, BoxStream, StreamExt as _};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tickets::{Error, ErrorKind, TicketId, TicketRef};

use super::deed::{Answer, Deed};
use super::plan::{Group, Plan};
use super::report::Report;
use crate::args::Form;
use crate::failure::{Exit, Failure};
use crate::interrupt::{Stop, Wish};
use crate::output::{Output, say};

/// An account's tickets on their way.
struct Begun<'a> {
    group: &'a Group,
    /// How many of its ids have been taken into a batch, and so may have been sent.
    taken: Arc<AtomicUsize>,
}

pub(super) async fn run(
    plan: &Plan,
    output: &Output,
    stop: &Stop,
    verbose: bool,
) -> Result<Exit, Failure> {
    let mut report = Report::new(plan, output);
    let groups = plan.groups.iter();
    let (begun, answers): (Vec<_>, Vec<_>) =
        groups.map(|group| begin(plan.deed, group, stop)).unzip();
    let mut answers = stream::select_all(answers);
    // A line of JSON that is not complete would be written over.
    let unfinished = output.is_terminal() && output.form == Form::Json;
    let progress = if verbose || unfinished {
        ProgressBar::hidden()
    } else {
        progress(plan.len())
    };
    let tell = |text: &str| progress.suspend(|| say(text));
    let mut told = false;
    loop {
        tokio::select! {
            biased;
            () = stop.reached(Wish::Leave) => break,
            () = stop.reached(Wish::Finish), if !told => {
                told = true;
                tell("stopping: waiting for answers on their way; Ctrl-C again leaves at once");
            }
            answer = answers.next() => {
                let Some((ticket, answer)) = answer else { break };
                progress.inc(1);
                if output.is_terminal() {
                    progress.suspend(|| report.take(ticket, answer));
                } else {
                    report.take(ticket, answer);
                }
                if report.is_broken() {
                    // Who reads the answers is gone: do not go on unseen.
                    told = true;
                    stop.at_least(Wish::Finish);
                }
            }
        }
    }
    // What is in flight is no longer waited for.
    drop(answers);
    for begun in &begun {
        begun.answer_the_rest(plan.deed, &mut report);
    }
    progress.finish_and_clear();
    end(report, output)
}

fn begin<'a>(
    deed: Deed,
    group: &'a Group,
    stop: &Stop,
) -> (Begun<'a>, BoxStream<'a, (TicketRef, Answer)>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let (counter, stop) = (Arc::clone(&taken), stop.clone());
    let ids = stream::iter(group.ids.clone())
        .take_while(move |_| std::future::ready(stop.goes_on()))
        .inspect(move |_| {
            counter.fetch_add(1, Ordering::Relaxed);
        });
    let answers = deed
        .run(group.account.tickets.clone(), ids)
        .map(|(id, answer)| (TicketRef::new(&group.account.name, id), answer));
    (Begun { group, taken }, answers.boxed())
}

impl Begun<'_> {
    /// Answers for the tickets whose answers did not come: those taken may have been sent.
    fn answer_the_rest(&self, deed: Deed, report: &mut Report<'_>) {
        let taken = self.taken.load(Ordering::Relaxed);
        for (index, id) in self.group.ids.iter().enumerate() {
            let ticket = TicketRef::new(&self.group.account.name, id);
            if report.has(&ticket) {
                continue;
            }
            report.take(
                ticket,
                if index < taken {
                    Answer::Unknown(self.left(deed, id))
                } else {
                    Answer::Unattempted
                },
            );
        }
    }

    fn left(&self, deed: Deed, id: &TicketId) -> Error {
        Error::new(ErrorKind::Timeout, "the answer was not waited for")
            .in_operation(self.group.account.tickets.info().id, deed.operation())
            .on_ticket(id)
    }
}

/// Prints the end of the report, and for people what it comes to.
fn end(mut report: Report<'_>, output: &Output) -> Result<Exit, Failure> {
    if let Err(error) = report.finish() {
        say(&format!(
            "the answers could not all be written; {}",
            report.summary()
        ));
        return Err(Failure::output(&error));
    }
    if output.form == Form::Table || io::stderr().is_terminal() {
        say(&report.summary());
        report.say_hints();
    }
    Ok(report.exit())
}

/// A bar on stderr, where somebody may be watching and there is something to watch.
fn progress(tickets: usize) -> ProgressBar {
    if tickets < 2 || !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar =
        ProgressBar::with_draw_target(u64::try_from(tickets).ok(), ProgressDrawTarget::stderr());
    match ProgressStyle::with_template("{pos}/{len} {wide_bar}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
