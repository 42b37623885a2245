//! `--plan`: prints the job that awaits confirmation, the number of calls, and the lower bound of the time that the quotas
//! allow.

use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;
use ticket_jobs::Job;
use ticket_jobs::plan::PlannedAccount;
use tickets::Operation;
use tickets::accounts::Account;
use tickets::provider::{Limit, Removal};

use super::super::planned;
use super::looked;
use super::plan::{self, Group, Plan};
use crate::args::OutputFormat;
use crate::failure::{Exit, Failure};
use crate::ledger::Ledger;
use crate::output::Output;
use crate::record::Record;
use crate::status::say;
use crate::text::{self, counted};

/// The estimate of one account.
#[derive(Debug, Serialize)]
struct Estimate {
    account: String,
    provider: String,
    tickets: usize,
    calls: u64,
    quota: String,
    /// Rounded up; absent if the quota allows no call. Zero if no quota is known.
    least_time_s: Option<u64>,
    /// The most calls that are made at once.
    at_once_most: usize,
    /// How many calls are made at once, if no quota is known: then nothing else tells how long they take.
    #[serde(skip)]
    at_once: Option<String>,
    /// What the delete does: `permanent`, `trash` or `undocumented`. Empty for another change.
    removal: &'static str,
    /// What each delete takes along.
    takes_along: Vec<Cow<'static, str>>,
    host: Option<String>,
    /// The job that awaits confirmation, and its digest.
    job: String,
    digest: Option<String>,
    /// Until when a ticket that is deleted as soon as the job is made can be taken out of the trash again.
    restorable_until: Option<String>,
}

impl Record for Estimate {
    const COLUMNS: &'static [&'static str] = &[
        "account",
        "provider",
        "tickets",
        "calls",
        "quota",
        "least_time_s",
        "at_once_most",
        "removal",
        "takes_along",
        "host",
        "job",
        "digest",
        "restorable_until",
    ];
    const TABLE_COLUMNS: &'static [&'static str] =
        &["account", "host", "tickets", "calls", "least time", "quota"];

    fn cells(&self) -> Vec<String> {
        let least = self.least_time_s.map(|seconds| seconds.to_string());
        vec![
            self.account.clone(),
            self.provider.clone(),
            self.tickets.to_string(),
            self.calls.to_string(),
            self.quota.clone(),
            least.unwrap_or_default(),
            self.at_once_most.to_string(),
            self.removal.to_owned(),
            self.takes_along.join(", "),
            self.host.clone().unwrap_or_default(),
            self.job.clone(),
            self.digest.clone().unwrap_or_default(),
            self.restorable_until.clone().unwrap_or_default(),
        ]
    }

    fn table_cells(&self) -> Vec<String> {
        vec![
            self.account.clone(),
            self.host.clone().unwrap_or_default(),
            self.tickets.to_string(),
            self.calls.to_string(),
            self.least_time(),
            self.at_once.as_ref().map_or_else(
                || self.quota.clone(),
                |at_once| format!("{}: {at_once}", self.quota),
            ),
        ]
    }
}

impl Estimate {
    fn new(plan: &Plan, group: &Group, job: &Job) -> Self {
        let info = group.account.tickets.info();
        let operation = plan.operation(group);
        let removal = plan.change.removal(info);
        let calls = plan.change.calls(group.len(), info);
        // Names of the same account share its quota.
        let sharing = plan
            .groups
            .iter()
            .filter(|other| share_quotas(&other.account, &group.account));
        let of_all = sharing
            .map(|other| plan.change.calls(other.len(), info))
            .sum();
        Self {
            account: group.account.name.clone(),
            provider: info.id.to_string(),
            tickets: group.len(),
            calls,
            quota: in_words(group.account.tickets.limits(), operation),
            least_time_s: whole_seconds(group.account.tickets.least_time(operation, of_all)),
            at_once_most: group.account.tickets.concurrency(operation).get(),
            at_once: plan::at_once(&group.account, &plan.change, None),
            removal: match removal {
                Some(Removal::Permanent) => "permanent",
                Some(Removal::Trash { .. }) => "trash",
                Some(_) => "undocumented",
                None => "",
            },
            takes_along: group.takes_along(&plan.change).to_vec(),
            host: group.facts.host.clone(),
            job: job.id.to_string(),
            digest: job.digest.clone(),
            restorable_until: removal
                .and_then(|removal| planned::restorable_until(removal, job.created_at))
                .map(|until| until.to_string()),
        }
    }

    fn least_time(&self) -> String {
        if self.at_once.is_some() {
            return "not known".to_owned();
        }
        self.least_time_s
            .map_or_else(|| "never".to_owned(), text::seconds)
    }
}

/// Whether two names share the quota of one account.
fn share_quotas(one: &Account, other: &Account) -> bool {
    match (one.tickets.pacer(), other.tickets.pacer()) {
        (Some(own), Some(others)) => Arc::ptr_eq(own, others),
        _ => one.name == other.name,
    }
}

/// Prints that there is nothing to estimate.
pub(crate) fn print_none(output: &Output) -> Result<(), Failure> {
    let mut writer = output.writer::<Estimate>();
    writer.finish().map_err(|error| Failure::output(&error))
}

/// Prints the estimate of each account, and the job that awaits confirmation.
pub(crate) async fn print(
    plan: &Plan,
    job: &Job,
    is_seen: bool,
    ledger: &Ledger,
    output: &Output,
) -> Result<Exit, Failure> {
    let estimates = plan.groups.iter();
    let estimates = estimates.map(|group| Estimate::new(plan, group, job));
    let estimates: Vec<_> = estimates.collect();
    let mut writer = output.writer();
    estimates
        .iter()
        .try_for_each(|estimate| writer.push(estimate))
        .and_then(|()| writer.finish())
        .map_err(|error| Failure::output(&error))?;
    if output.format == OutputFormat::Table {
        let calls = estimates.iter().map(|estimate| estimate.calls).sum::<u64>();
        let longest = estimates
            .iter()
            .filter(|estimate| estimate.at_once.is_none())
            .max_by_key(|estimate| estimate.least_time_s.unwrap_or(u64::MAX));
        let least = match longest.map(Estimate::least_time) {
            Some(time) if calls > 1 => {
                format!(", at least {time} with all accounts at once")
            }
            _ => String::new(),
        };
        say(&format!(
            "{}, {}{least}.",
            counted(plan.len(), "ticket"),
            counted(usize::try_from(calls).unwrap_or(usize::MAX), "call"),
        ));
        // How an erasure's accounts were searched was said when they were.
        say(&plan_of(job, ledger, false).await?);
        say(if is_seen {
            "Nothing was changed."
        } else {
            "Nothing was sent."
        });
        if let Some(command) = ledger.command("confirm", &job.id) {
            say(&format!("Confirm it within 24 hours: {command}"));
        }
    }
    Ok(Exit::Done)
}

/// What awaits confirmation: accounts, guards, the ends of the list, the digest.
pub(crate) async fn awaiting(job: &Job, ledger: &Ledger) -> Result<String, Failure> {
    plan_of(job, ledger, true).await
}

async fn plan_of(job: &Job, ledger: &Ledger, has_searches: bool) -> Result<String, Failure> {
    let mut lines = vec![format!(
        "Job {} awaits confirmation: {} {}",
        job.id,
        job.change.verb(),
        planned::tickets(job.tickets)
    )];
    let accounts = job.accounts.iter();
    lines.extend(accounts.map(|account| {
        planned::account(
            &job.change,
            &PlannedAccount::of(account),
            account.tickets,
            job.created_at,
        )
    }));
    lines.extend(planned::details(&job.change));
    lines.extend(planned::guards(&job.guards));
    if let Some(erasure) = &job.erasure {
        lines.push(planned::erasure(
            erasure,
            job.accounts.iter().map(|account| &account.removal),
        ));
        lines.extend(has_searches.then(|| planned::searches(erasure)));
    }
    lines.push(looked::ends_of_list(ledger, job).await?);
    if let Some(digest) = &job.digest {
        lines.push(planned::digest(digest));
    }
    Ok(lines.join("\n"))
}

/// The limits of calls of this operation, in words.
pub(crate) fn in_words(limits: &[Limit], operation: Operation) -> String {
    let limits: Vec<_> = limits
        .iter()
        .filter(|limit| limit.covers(operation))
        .collect();
    let windows = limits.iter().flat_map(|limit| &limit.windows);
    let mut words: Vec<_> = windows.map(ToString::to_string).collect();
    let at_once = limits.iter().filter_map(|limit| limit.max_concurrent).min();
    words.extend(at_once.map(|most| match most.get() {
        1 => "one at a time".to_owned(),
        most => format!("{most} at a time"),
    }));
    let accepted = limits.iter().filter_map(|limit| limit.max_accepted).min();
    words.extend(accepted.map(|most| format!("{most} accepted jobs at a time")));
    if words.is_empty() {
        words.push("none known".to_owned());
    }
    words.join(", ")
}

/// Rounds up, so that the estimate is never too low. `None` for an infinite time.
fn whole_seconds(time: Duration) -> Option<u64> {
    (time != Duration::MAX).then(|| time.as_secs() + u64::from(time.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use std::num::NonZeroUsize;

    use tickets::provider::Quota;

    use super::*;

    #[test]
    fn limits_are_printed_in_words() {
        let second = Duration::from_secs(1);
        let words = |limits: &[Limit]| in_words(limits, Operation::Delete);
        let limit = Limit::new().window(Quota::new(25, 5 * second));
        assert_eq!(words(std::slice::from_ref(&limit)), "25 calls in 5 s");
        let limit = limit.window(Quota::new(1, second / 2));
        let endpoint = |operation| Limit::of([operation]).max_concurrent(NonZeroUsize::MIN);
        assert_eq!(
            words(&[limit, endpoint(Operation::Delete)]),
            "25 calls in 5 s, 1 call in 0.5 s, one at a time"
        );
        assert_eq!(words(&[endpoint(Operation::Get)]), "none known");
        assert_eq!(words(&[]), "none known");
    }

    #[test]
    fn estimated_time_is_rounded_up_or_unlimited() {
        assert_eq!(whole_seconds(Duration::ZERO), Some(0));
        assert_eq!(whole_seconds(Duration::from_millis(15_001)), Some(16));
        assert_eq!(whole_seconds(Duration::MAX), None);
    }
}
