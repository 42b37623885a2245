//! Works on a job. Ctrl-C, the deadline and a closed output end the work in order: requests in flight are finished, and
//! each ticket is answered. What is left can be done by a later run.

use std::num::NonZeroU32;
use std::time::Duration;

use futures_util::stream::StreamExt as _;
use ticket_jobs::{Job, JobId, JobState, Step, Unasked};
use tickets::CallContext;
use tickets::bulk::BulkOptions;

use super::canary::{self, Canary};
use super::end::End;
use super::notices::Notices;
use super::plan::Plan;
use super::progress::Progress;
use super::remaining::Remaining;
use super::report::{Answers, Report};
use crate::accounts::Accounts;
use crate::args::{Global, WorkOptions};
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::ledger::Ledger;
use crate::output::Output;
use crate::status::say;
use crate::stdout;
use crate::text;

/// The work on a job in this process.
pub(crate) struct Work<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) accounts: &'a Accounts,
    pub(crate) plan: &'a Plan,
    pub(crate) job: JobId,
    pub(crate) answers: Answers,
    /// Whether nobody is asked at the end of the canary.
    pub(crate) yes: bool,
    pub(crate) options: &'a WorkOptions,
    pub(crate) remaining: Option<Remaining>,
}

impl Work<'_> {
    /// The command that lists all tickets of the job with their outcomes.
    fn all(&self) -> Option<String> {
        self.ledger.command("show --tickets", &self.job)
    }

    pub(crate) async fn run(mut self, global: &Global, output: &Output) -> Result<Exit, Failure> {
        let interruption = interrupt::stop_on_ctrl_c()?;
        let end = End::of(self.options);
        let ledger = &**self.ledger.jobs.ledger();
        let mut report = Report::new(self.plan, self.answers, output, self.all().is_some());
        let mut progress = Progress::new(self.plan);
        let mut failures = Vec::new();
        let job = loop {
            let stop = &interruption.stop;
            let working = self.work(&mut report, &mut progress, stop, end.as_ref(), global);
            failures.extend(working.await);
            let job = ledger.job(&self.job).await?;
            let is_held = job.held_from.is_some() && job.state == JobState::Ready;
            if !is_held || !failures.is_empty() || interruption.stop.is_finishing() {
                break job;
            }
            let asking = Canary {
                ledger: self.ledger,
                accounts: self.accounts,
                yes: self.yes,
            };
            if !canary::passes(&asking, &job, &interruption.stop, output).await? {
                break ledger.job(&self.job).await?;
            }
            self.ledger.jobs.steer(&self.job, Step::Release).await?;
        };
        let waits = job.held_from.map(|_| {
            let message = "not attempted because it waits for the end of the canary";
            tickets::Error::new(tickets::ErrorKind::Cancelled, message)
        });
        report.explain(failures.first().or(waits.as_ref()));
        failures.extend(report.complete(ledger, &job).await.err());
        match ledger.events(&self.job).await {
            // Also what another process was told.
            Ok(events) if !Unasked::of(&events).is_empty() => report.fail(),
            Ok(_) => {}
            Err(error) => failures.push(error),
        }
        let is_sent = match ledger.calls(&self.job, None, 1).await {
            Ok(calls) => !calls.is_empty(),
            Err(_) => true,
        };
        let exit = self.end(report, &job, output).await?;
        let failures: Vec<_> = failures.iter().map(Failure::from).collect();
        let first = failures.iter().map(Failure::exit).next();
        for failure in failures {
            failure.print(output.format);
        }
        Ok(match (interruption.exit(), first) {
            (Some(stopped), _) if job.open > 0 => stopped,
            (_, Some(exit)) if !is_sent => exit,
            (_, Some(_)) => Exit::Failed,
            (_, None) => exit,
        })
    }

    /// Works until the job is over or the work ends early. Returns the errors that are about no ticket.
    async fn work(
        &self,
        report: &mut Report<'_>,
        progress: &mut Progress<'_>,
        stop: &tickets::Stop,
        end: Option<&End>,
        global: &Global,
    ) -> Vec<tickets::Error> {
        progress.begin();
        let mut context = CallContext::new().stop(stop.clone());
        context.deadline = end.and_then(End::first);
        let (mut notices, options) = Notices::of(self.plan, self.bulk_options(global));
        let accounts = self.accounts.source();
        let mut outcomes = self.ledger.jobs.run(&self.job, accounts, context, &options);
        let mut failures = Vec::new();
        let mut told = false;
        loop {
            tokio::select! {
                biased;
                () = stop.finishing(), if !told => {
                    told = true;
                    say("stopping: waiting for requests in flight; Ctrl-C again quits at once");
                }
                why = reached(end), if !told => {
                    told = true;
                    if end.is_some_and(End::is_ahead) {
                        stop.finish();
                    }
                    let waits = "waiting for requests in flight; Ctrl-C twice quits at once";
                    say(&format!("{why}: {waits}"));
                }
                notice = notices.next() => say(&notice),
                () = progress.due() => progress.renew(told),
                outcome = outcomes.next() => {
                    match outcome {
                        None => break,
                        Some(Err(error)) => failures.push(error),
                        Some(Ok(outcome)) => {
                            if report.take(&outcome) {
                                progress.advance(&outcome);
                            }
                        }
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
        progress.end();
        notices.drain().iter().for_each(|notice| say(notice));
        failures
    }

    fn bulk_options(&self, global: &Global) -> BulkOptions {
        let mut options = BulkOptions::default();
        options.concurrency = self.options.concurrency;
        let no_retries = global.max_attempts == Some(NonZeroU32::MIN);
        let patience = no_retries.then_some(Duration::ZERO);
        if let Some(time) = self.options.give_up_after.or(patience) {
            options.give_up_after = time;
        }
        options
    }

    /// Ends the report and prints the summary for people.
    async fn end(
        &mut self,
        mut report: Report<'_>,
        job: &Job,
        output: &Output,
    ) -> Result<Exit, Failure> {
        let written = report.finish();
        let remaining = match &mut self.remaining {
            Some(remaining) => {
                let ledger = &**self.ledger.jobs.ledger();
                report.write_remaining(remaining, ledger, job).await
            }
            None => Ok(()),
        };
        if written.is_err() {
            say("some results could not be written");
        }
        let going_on = (job.open > 0).then(|| self.ledger.command("run", &self.job));
        let going_on = going_on.flatten();
        let hidden = self.all().and_then(|all| report.hidden(&all));
        if let Some(hidden) = hidden {
            say(&hidden);
        }
        // In every format: a log in which nothing stands would leave open whether the work has ended.
        say(&report.summary());
        report.say_hints(self.remaining.as_ref(), going_on.is_some());
        if let Some(command) = going_on {
            let are = if job.open == 1 { "is" } else { "are" };
            let left = format!("{} {are} left", text::tickets(job.open));
            let all = self.all().filter(|_| job.state == JobState::Paused);
            say(&match all {
                Some(all) if job.guards.max_failures.is_some() => format!(
                    "hint: the job is paused, and {left}; see what failed with `{all}` before you continue with `{command}`, \
                     which counts failures anew"
                ),
                Some(_) => {
                    format!("hint: the job is paused, and {left}; continue with `{command}`")
                }
                None => format!("hint: {left}; continue with `{command}`"),
            });
        }
        if let Err(failure) = &remaining {
            failure.print(output.format);
        }
        written.map_err(|error| Failure::output(&error).after_a_change())?;
        Ok(if remaining.is_err() {
            Exit::Failed
        } else {
            report.exit()
        })
    }
}

/// Waits for the end, if there is one. Returns what is said then.
pub(crate) async fn reached(end: Option<&End>) -> String {
    match end {
        Some(end) => end.reached().await,
        None => std::future::pending().await,
    }
}
