//! The process aborts at each boundary of a job's work, and another process goes on: each ticket ends with one outcome,
//! none that the vendor's truth denies, and no quota is exceeded by the vendor's count.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod ledger;

use std::collections::BTreeMap;
use std::process::{Command, ExitStatus};
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use ticket_jobs::{JobState, Jobs, Ledger, NewJob, SqliteLedger, Which};
use ticket_sandbox::{Fault, Quota, Rule, Sandbox, Vendor, WindowModel};
use tickets::bulk::BulkOptions;
use tickets::call::{Pacer, Stack, StackOptions};
use tickets::{
    AccountConfig, AccountSource, CallContext, Change, Outcome, PROVIDERS, Result, TicketRef,
    Tickets,
};

use ledger::{Crash, CrashingLedger, POINTS};

/// How long one call may take: after a crash, what was in flight is waited for.
const TIMEOUT: Duration = Duration::from_secs(1);

/// The accounts of the sandbox, each named like its provider. Calls are recorded in the ledger of `jobs`.
struct Accounts {
    jobs: Jobs,
    environment: BTreeMap<String, String>,
    crash: Option<Crash>,
}

impl AccountSource for Accounts {
    fn connect(&self, account: &str) -> Result<Tickets> {
        let descriptor = PROVIDERS
            .iter()
            .find(|one| (one.info)().id == account)
            .unwrap();
        let settings = descriptor.settings.iter();
        let config = settings.fold(AccountConfig::new(account), |config, setting| {
            match self.environment.get(setting.env) {
                Some(value) => config.setting(setting.name, value.clone()),
                None => config,
            }
        });
        let provider = (descriptor.connect)(&config.timeout(TIMEOUT))?;
        // As the sandbox is told below, in place of the vendors' own windows.
        let mut limits = provider.info().limits.clone();
        for quota in limits.iter_mut().flat_map(|limit| &mut limit.windows) {
            *quota = tickets::provider::Quota::new(quota.calls, Duration::from_secs(1));
        }
        let slots = self.jobs.slots(account, &limits);
        let mut options = StackOptions::default()
            .timeout(TIMEOUT)
            .pacer(Arc::new(Pacer::with_slots(limits, slots)));
        options.retry.base = Duration::from_millis(10);
        let provider = match &self.crash {
            Some(crash) => Arc::new(Stack::new(crash.clone(), provider)) as _,
            None => provider,
        };
        Ok(Tickets::with_options(provider, &options))
    }
}

/// What the child is told.
const CHILD: &str = "CRASH_TEST";

/// One process that works on a job, and aborts where it is told to. Without the variable it is no test.
#[tokio::test]
async fn child() {
    let Ok(told) = std::env::var(CHILD) else {
        return;
    };
    let told: serde_json::Value = serde_json::from_str(&told).unwrap();
    let text = |name: &str| told[name].as_str().unwrap().to_owned();
    let crash = Crash::new(text("point"), told["passes"].as_u64().unwrap());
    let inner = SqliteLedger::open(text("ledger")).unwrap();
    let jobs = Jobs::new(Arc::new(CrashingLedger {
        inner,
        crash: crash.clone(),
    }));
    let accounts = Accounts {
        jobs: jobs.clone(),
        environment: serde_json::from_value(told["environment"].clone()).unwrap(),
        crash: Some(crash),
    };
    let id = text("job").parse().unwrap();
    let options = BulkOptions::default();
    let mut work = jobs.run(&id, Arc::new(accounts), CallContext::new(), &options);
    while let Some(settled) = work.next().await {
        settled.unwrap();
    }
}

/// A vendor and a ledger that outlive the processes of a test.
struct World {
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    named: Vec<(Vendor, TicketRef)>,
}

const VENDORS: [Vendor; 5] = [
    Vendor::OneCloud,
    Vendor::Sweeppea,
    Vendor::LeadSquared,
    Vendor::Redmine,
    Vendor::Rt,
];

impl World {
    async fn new(tickets: usize) -> Self {
        let quota = |calls| Quota {
            calls,
            window: Duration::from_secs(1),
            model: WindowModel::SlidingCountingRefused,
        };
        let sandbox = Sandbox::builder()
            .seed_tickets(false)
            .sweeppea_quota(quota(150))
            .leadsquared_quota(quota(25))
            .start()
            .await
            .unwrap();
        let mut named = Vec::new();
        for vendor in VENDORS {
            // The last few stay: they are nobody's business.
            sandbox.add_tickets(vendor, tickets + 3);
            let ids = sandbox.ticket_ids(vendor);
            let ids = ids.into_iter().take(tickets);
            named.extend(ids.map(|id| (vendor, TicketRef::new(vendor.prefix(), id))));
        }
        Self {
            sandbox,
            folder: tempfile::tempdir().unwrap(),
            named,
        }
    }

    fn ledger(&self) -> std::path::PathBuf {
        self.folder.path().join("state/jobs.db")
    }

    fn environment(&self) -> BTreeMap<String, String> {
        let environment = self.sandbox.environment().into_iter();
        environment
            .map(|(name, value)| (name.to_owned(), value))
            .collect()
    }

    async fn job(&self) -> String {
        let jobs = Jobs::new(Arc::new(SqliteLedger::open(self.ledger()).unwrap()));
        let accounts = Accounts {
            jobs: jobs.clone(),
            environment: self.environment(),
            crash: None,
        };
        let mut list = jobs.load(NewJob::new(Change::Delete)).await.unwrap();
        for (_, ticket) in &self.named {
            list.push(ticket.clone(), None).await.unwrap();
        }
        list.seal(&accounts).await.unwrap().to_string()
    }

    /// A process that works on the job.
    fn process(&self, job: &str, point: &str, passes: u64) -> Command {
        let told = serde_json::json!({
            "point": point,
            "passes": passes,
            "ledger": self.ledger(),
            "job": job,
            "environment": self.environment(),
        });
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "child", "--nocapture", "--test-threads=1"])
            .env(CHILD, told.to_string())
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null());
        command
    }

    /// Holds the job against the vendors.
    async fn check(&self, job: &str) {
        let ledger = SqliteLedger::open(self.ledger()).unwrap();
        let id = job.parse().unwrap();
        let found = ledger.job(&id).await.unwrap();
        assert_eq!(found.state, JobState::Completed, "{found:?}");
        assert_eq!(ledger.verify(&id).await.unwrap(), Vec::<String>::new());
        let tickets = ledger
            .tickets(&id, Which::Named, None, usize::MAX)
            .await
            .unwrap();
        assert_eq!(tickets.len(), self.named.len());
        for (ticket, (vendor, named)) in tickets.iter().zip(&self.named) {
            assert_eq!(ticket.id, named.id);
            let exists = self.is_there(*vendor, named.id.as_str());
            let outcome = ticket.outcome.as_ref().unwrap();
            let is_true = match outcome {
                Outcome::Done | Outcome::AlreadyDone | Outcome::NotFound(_) => !exists,
                Outcome::Failed(_) | Outcome::Unattempted(_) => exists,
                _ => true,
            };
            assert!(is_true, "{named} is told {outcome}, exists: {exists}");
        }
        for vendor in VENDORS {
            let named = self.named.iter().filter(|(one, _)| *one == vendor).count();
            let all = self.sandbox.tickets(vendor).len();
            assert!(all <= named + 3, "{vendor:?}");
        }
        let refused: Vec<_> = self.sandbox.journal();
        let refused = refused.iter().filter(|seen| seen.is_above_quota());
        assert_eq!(refused.count(), 0, "calls above a quota");
    }

    /// Whether a ticket is there, and not in the trash.
    fn is_there(&self, vendor: Vendor, id: &str) -> bool {
        self.sandbox.exists(vendor, id)
    }
}

fn aborted(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt as _;
    status.signal() == Some(6)
}

/// Runs a process to its end, without blocking the sandbox.
async fn end(mut command: Command) -> ExitStatus {
    tokio::task::spawn_blocking(move || command.status().unwrap())
        .await
        .unwrap()
}

/// One process aborts at a boundary, a second one goes on.
async fn crash_at(point: &'static str, passes: u64, faults: Option<u64>) {
    let world = World::new(20).await;
    if let Some(seed) = faults {
        let lost = vec![Fault::LostResponse, Fault::Delay(Duration::from_millis(40))];
        world.sandbox.random_faults(seed, 0.1, lost);
    } else {
        let every = Rule::new(Fault::Delay(Duration::from_millis(30)));
        world.sandbox.inject(every.writes().always());
    }
    let job = world.job().await;
    let first = end(world.process(&job, point, passes)).await;
    assert!(aborted(first), "{point}: it was not reached: {first}");
    let second = end(world.process(&job, "nowhere", 0)).await;
    assert!(second.success(), "{point}: {second}");
    world.check(&job).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn job_whose_process_aborts_at_a_boundary_is_finished_by_the_next_one() {
    let mut all = tokio::task::JoinSet::new();
    for (place, point) in POINTS.iter().enumerate() {
        let is_frequent = ![
            "begun",
            "put back before",
            "put back after",
            "finish before",
            "finish after",
        ]
        .contains(point);
        all.spawn(crash_at(point, 0, None));
        if is_frequent {
            let passes = u64::try_from(place).unwrap() % 4;
            all.spawn(crash_at(
                point,
                passes,
                Some(u64::try_from(place).unwrap() + 1),
            ));
        }
    }
    while let Some(ended) = all.join_next().await {
        ended.unwrap();
    }
}
