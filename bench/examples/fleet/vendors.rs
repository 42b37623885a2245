//! The vendors, the tickets of theirs that a job deletes, and what is true of both in the end.
//!
//! The example `kills` uses it too.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::time::Duration;

use ticket_jobs::{JobId, JobState, Ledger, Which};
use ticket_sandbox::{Endpoint, Fault, JobFault, Quota, Rule, Sandbox, Vendor, WindowModel};
use tickets::Outcome;

/// Each vendor, its share of the tickets in percent, and its quota: so many calls in so many seconds.
pub(crate) type Shares = &'static [(Vendor, usize, Option<(u32, u64)>)];

/// How many tickets each vendor has that nobody names.
const STRANGERS: usize = 3;

#[derive(Clone, Debug, clap::Args)]
pub(crate) struct VendorsArgs {
    /// How many tickets in all.
    #[arg(long, default_value_t = 20_000)]
    pub(crate) tickets: usize,
    /// How long each answer takes, in milliseconds.
    #[arg(long, default_value_t = 150)]
    pub(crate) latency: u64,
    /// The share of answers that are lost.
    #[arg(long, default_value_t = 0.02)]
    pub(crate) lost: f64,
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
}

pub(crate) struct Vendors {
    pub(crate) sandbox: Sandbox,
    shares: Shares,
    folder: tempfile::TempDir,
    named: Vec<(Vendor, String)>,
}

impl Vendors {
    pub(crate) async fn new(args: &VendorsArgs, shares: Shares) -> Self {
        let quota = |vendor| {
            let of = shares.iter().find(|(one, ..)| *one == vendor);
            of.and_then(|(_, _, quota)| *quota)
                .map(|(calls, seconds)| Quota {
                    calls,
                    window: Duration::from_secs(seconds),
                    model: WindowModel::SlidingCountingRefused,
                })
        };
        let sandbox = Sandbox::builder()
            .seed_tickets(false)
            .journal_bytes(2 << 30)
            .redmine_quota(quota(Vendor::Redmine))
            .sweeppea_quota(quota(Vendor::Sweeppea))
            .leadsquared_quota(quota(Vendor::LeadSquared))
            .zendesk_quota(quota(Vendor::Zendesk))
            .start()
            .await
            .unwrap();
        let mut named = Vec::new();
        for (vendor, share, _) in shares {
            let each = args.tickets * share / 100;
            sandbox.add_tickets(*vendor, each + STRANGERS);
            let ids = sandbox.ticket_ids(*vendor).into_iter().take(each);
            named.extend(ids.map(|id| (*vendor, id)));
        }
        fastrand::shuffle(&mut named);
        // Before the rule that delays each answer: of the rules that match, the first one applies.
        let mut requests = 0;
        while args.lost > 0.0 && requests < 2 * args.tickets as u64 {
            requests += 1 + (fastrand::f64().ln() / (-args.lost).ln_1p()) as u64;
            sandbox.inject(Rule::new(Fault::LostResponse).skip(requests).times(1));
        }
        odd_jobs(&sandbox, args.tickets / 100);
        let latency = Fault::Delay(Duration::from_millis(args.latency));
        sandbox.inject(Rule::new(latency).always());
        let vendors = Self {
            sandbox,
            shares,
            folder: tempfile::tempdir().unwrap(),
            named,
        };
        vendors.write_config();
        vendors
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.folder().join("config.toml")
    }

    /// Keeps the folder, with the logs.
    pub(crate) fn keep(self) -> PathBuf {
        self.folder.keep()
    }

    fn write_config(&self) {
        let environment = self.sandbox.environment();
        let accounts = self.shares.iter().map(|(vendor, _, quota)| {
            let prefix = vendor.prefix();
            let rate = quota.map(|(calls, seconds)| format!("rate = \"{calls}/{seconds}\"\n"));
            let settings = environment.iter().filter_map(|(variable, value)| {
                let setting = variable.strip_prefix(&format!("{}_", prefix.to_uppercase()))?;
                let setting = setting.to_lowercase();
                if !setting.contains("key") && !setting.contains("token") {
                    return Some(format!("{setting} = \"{value}\"\n"));
                }
                let file = self.folder().join(variable);
                std::fs::write(&file, value).unwrap();
                Some(format!("{setting}_file = \"{}\"\n", file.display()))
            });
            let settings: String = settings.collect();
            format!(
                "[accounts.{prefix}]\nprovider = \"{prefix}\"\ntimeout_s = 2\n{}{settings}\n",
                rate.unwrap_or_default()
            )
        });
        std::fs::write(self.config(), accounts.collect::<String>()).unwrap();
    }

    /// The tickets to delete, in the order of the list.
    pub(crate) fn named(&self) -> &[(Vendor, String)] {
        &self.named
    }

    /// Holds the job against the vendors. Returns the contradictions.
    pub(crate) async fn contradictions(&self, ledger: &dyn Ledger, job: &JobId) -> Vec<String> {
        let found = ledger.job(job).await.unwrap();
        println!("outcomes: {:?}", found.counts);
        let mut wrong = ledger.verify(job).await.unwrap();
        if found.state != JobState::Completed {
            wrong.push(format!("the job is {}", found.state));
        }
        let tickets = ledger
            .tickets(job, Which::Named, None, usize::MAX)
            .await
            .unwrap();
        if tickets.len() != self.named.len() {
            wrong.push(format!("{} tickets of {}", tickets.len(), self.named.len()));
        }
        for (ticket, (vendor, id)) in tickets.iter().zip(&self.named) {
            let exists = self.sandbox.exists(*vendor, id);
            let is_true = match &ticket.outcome {
                None => false,
                Some(Outcome::Done | Outcome::AlreadyDone | Outcome::NotFound(_)) => !exists,
                Some(Outcome::Failed(_) | Outcome::Unattempted(_)) => exists,
                Some(_) => true,
            };
            if !is_true {
                let (vendor, outcome) = (vendor.prefix(), &ticket.outcome);
                wrong.push(format!(
                    "{vendor}:{id} is told {outcome:?}, exists: {exists}"
                ));
            }
        }
        for (vendor, ..) in self.shares {
            if self.sandbox.tickets(*vendor).len() < STRANGERS {
                wrong.push(format!("a ticket of {vendor:?} is gone that nobody named"));
            }
        }
        let (mut refused, mut sent) = (BTreeMap::new(), 0);
        let mut deleted = BTreeSet::new();
        for seen in self.sandbox.journal() {
            sent += 1;
            let of_reused_ids = seen.vendor == Some(Vendor::Redmine) && seen.is_write;
            if of_reused_ids && !deleted.insert(seen.path.clone()) {
                wrong.push(format!("{} {} was sent twice", seen.method, seen.path));
            }
            if seen.is_above_quota() {
                *refused.entry(seen.vendor).or_insert(0) += 1;
            }
        }
        println!("requests: {sent}; above a quota by the vendors' count: {refused:?}");
        let refused = refused.iter();
        wrong.extend(
            refused.map(|(who, count)| format!("{count} calls above the quota of {who:?}")),
        );
        wrong
    }
}

/// Of so many deletes that Zendesk accepts, every fifth goes wrong later.
fn odd_jobs(sandbox: &Sandbox, deletes: usize) {
    let odd = [
        JobFault::Vanishes,
        JobFault::Fails,
        JobFault::Partial,
        JobFault::NoResults,
        JobFault::OneResult,
    ];
    for number in 0..deletes / 5 {
        let fault = Fault::Job(odd[fastrand::usize(..odd.len())]);
        let rule = Rule::new(fault).endpoint(Endpoint::Delete);
        let skipped = 5 * number + fastrand::usize(..5);
        sandbox.inject(rule.vendor(Vendor::Zendesk).skip(skipped as u64).times(1));
    }
}

/// Prints contradictions. Returns whether there is none.
pub(crate) fn tell(wrong: &[String]) -> bool {
    let first = wrong.iter().take(20);
    first.for_each(|what| println!("WRONG: {what}"));
    println!("contradictions: {}", wrong.len());
    wrong.is_empty()
}
