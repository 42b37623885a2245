//! The vendor, the ledger and the job, and what is true of them in the end.

use std::path::Path;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::{Duration, Instant};

use ticket_core::{Change, Outcome, TicketRef};
use ticket_jobs::{CallId, JobCall, JobId, JobState, Jobs, NewJob, SqliteLedger, Which};
use ticket_jobs_postgres::PostgresLedger;
use ticket_sandbox::{Fault, Quota, Rule, Sandbox, Vendor, WindowModel, credentials};
use tickets::Registry;
use tickets::accounts::Accounts;

use crate::Args;
use crate::process::Handlers;

const VENDOR: Vendor = Vendor::Redmine;
const WINDOW: Duration = Duration::from_secs(5);

pub struct World {
    args: Args,
    sandbox: Sandbox,
    folder: tempfile::TempDir,
    ledger: String,
    jobs: Jobs,
    named: Vec<String>,
    pub job: JobId,
    /// When the first request had arrived, and the last one that was seen: how many, and when.
    seen: Mutex<Option<(Instant, u64, Instant)>>,
}

impl World {
    /// With a ledger in a file.
    pub async fn in_file(args: &Args) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("state/jobs.db");
        let ledger = SqliteLedger::open(&file).unwrap();
        let file = file.display().to_string();
        Self::new(args, folder, file, Jobs::new(Arc::new(ledger))).await
    }

    /// With a ledger in this database.
    pub async fn in_postgres(args: &Args, url: String) -> Self {
        let ledger = PostgresLedger::connect(&url).await.unwrap();
        let folder = tempfile::tempdir().unwrap();
        Self::new(args, folder, url, Jobs::new(Arc::new(ledger))).await
    }

    /// A vendor that gives ids out again and counts what it refuses, and a job that deletes all its tickets but three.
    async fn new(args: &Args, folder: tempfile::TempDir, ledger: String, jobs: Jobs) -> Self {
        let sandbox = Sandbox::builder().seed_tickets(false).redmine_quota(Quota {
            calls: args.quota,
            window: WINDOW,
            model: WindowModel::SlidingCountingRefused,
        });
        let sandbox = sandbox.start().await.unwrap();
        sandbox.add_tickets(VENDOR, args.tickets + 3);
        let named: Vec<_> = sandbox
            .ticket_ids(VENDOR)
            .into_iter()
            .take(args.tickets)
            .collect();
        // Before the rule that delays each answer: of the rules that match, the first one applies.
        let mut random = fastrand::Rng::with_seed(args.seed);
        for request in 0..2 * args.tickets as u64 {
            if random.f64() < args.lost {
                sandbox.inject(Rule::new(Fault::LostResponse).skip(request).times(1));
            }
        }
        let latency = Fault::Delay(Duration::from_millis(args.latency));
        sandbox.inject(Rule::new(latency).always());

        let key = folder.path().join("key");
        std::fs::write(&key, credentials::REDMINE_API_KEY).unwrap();
        let config = format!(
            "[accounts.shop]\nprovider = \"redmine\"\ntimeout_s = 2\nrate = \"{}/5\"\n\
             base_url = \"{}\"\napi_key_file = \"{}\"\n",
            args.quota,
            sandbox.base_url(VENDOR),
            key.display()
        );
        let file = folder.path().join("config.toml");
        std::fs::write(&file, config).unwrap();

        let accounts = Accounts::load(Registry::new(), Some(&file)).unwrap();
        let mut list = jobs.load(NewJob::new(Change::Delete)).await.unwrap();
        for id in &named {
            list.push(TicketRef::new("shop", id.as_str()), None)
                .await
                .unwrap();
        }
        let job = list.seal(&accounts).await.unwrap();
        Self {
            args: args.clone(),
            sandbox,
            folder,
            ledger,
            jobs,
            named,
            job,
            seen: Mutex::default(),
        }
    }

    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A process with handlers for this job.
    pub fn handlers(&self) -> Handlers {
        let ledger = format!("--ledger={}", self.ledger);
        let config = format!("--config={}", self.folder().join("config.toml").display());
        Handlers::new(vec![ledger, config], self.folder())
    }

    /// Whether the job is over. Also looks how many requests have arrived.
    pub async fn is_over(&self) -> bool {
        let arrived = self.sandbox.journal().len() as u64;
        if arrived > 0 {
            let now = Instant::now();
            let mut seen = self.seen.lock().unwrap();
            match &mut *seen {
                None => *seen = Some((now, arrived, now)),
                Some((_, before, at)) if *before < arrived => (*before, *at) = (arrived, now),
                Some(_) => {}
            }
        }
        self.jobs.ledger().job(&self.job).await.unwrap().state == JobState::Completed
    }

    /// The calls that were recorded after this one.
    pub async fn calls_after(&self, call: Option<CallId>) -> Vec<JobCall> {
        let ledger = self.jobs.ledger();
        ledger.calls(&self.job, call, usize::MAX).await.unwrap()
    }

    /// Holds the job against the vendor. Returns the contradictions.
    pub async fn contradictions(&self) -> Vec<String> {
        let ledger = self.jobs.ledger();
        let journal = self.sandbox.journal();
        println!("{:?}", ledger.job(&self.job).await.unwrap().counts);
        self.tell_share();
        let mut wrong = self.jobs.verify(&self.job).await.unwrap();
        let tickets = ledger
            .tickets(&self.job, Which::Named, None, usize::MAX)
            .await
            .unwrap();
        if tickets.len() != self.named.len() {
            wrong.push(format!("{} tickets of {}", tickets.len(), self.named.len()));
        }
        for ticket in tickets {
            let exists = self.sandbox.exists(VENDOR, ticket.id.as_str());
            let is_true = match &ticket.outcome {
                None => false,
                Some(Outcome::Done | Outcome::AlreadyDone | Outcome::NotFound(_)) => !exists,
                Some(Outcome::Failed(_) | Outcome::Unattempted(_)) => exists,
                Some(_) => true,
            };
            if !is_true {
                let (id, outcome) = (ticket.id, ticket.outcome);
                wrong.push(format!("{id} is told {outcome:?}, exists: {exists}"));
            }
        }
        if self.sandbox.tickets(VENDOR).len() < 3 {
            wrong.push("a ticket is gone that nobody named".to_owned());
        }
        // No fault here gives this answer, and a delay is one of each request.
        let refused = journal.iter().filter(|one| one.status == Some(429));
        let refused = refused.count();
        if refused > 0 {
            wrong.push(format!("{refused} calls above the quota"));
        }
        wrong
    }

    /// How much of what the vendor allowed was used, from the first request to the last, after the first full window.
    fn tell_share(&self) {
        let Some((first, arrived, last)) = *self.seen.lock().unwrap() else {
            return;
        };
        let took = last.duration_since(first);
        let quota = f64::from(self.args.quota);
        let allowed = took.div_duration_f64(WINDOW) * quota;
        println!(
            "{arrived} requests in {:.1} s: {:.1} % of the quota",
            took.as_secs_f64(),
            100.0 * (arrived as f64 - quota) / allowed
        );
    }

    /// The ends of the logs.
    pub fn logs(&self) -> String {
        let files = std::fs::read_dir(self.folder()).unwrap();
        let paths = files.map(|file| file.unwrap().path());
        let logs = paths.filter(|path| path.extension().is_some_and(|kind| kind == "log"));
        let ends = logs.map(|path| {
            let log = std::fs::read_to_string(&path).unwrap_or_default();
            let skipped = log.lines().count().saturating_sub(40);
            let end: Vec<_> = log.lines().skip(skipped).collect();
            format!("{}:\n{}\n", path.display(), end.join("\n"))
        });
        ends.collect()
    }
}
