//! Makes up a job of so many tickets, and writes its report: what it looks like, how large it is, how long it takes and how
//! much memory.
//!
//! ```text
//! cargo run --release -p ticket-jobs --features report --example report -- 100000 /tmp/report
//! ```
//!
//! No ticket system is involved: the rows are those that a run would have recorded, half of them one call a ticket.

#![allow(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "an example prints what it measures"
)]

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::json;
use ticket_core::provider::{Limit, Quota, Removal};
use ticket_core::{Change, Effect, Error, ErrorKind, Operation, Outcome, TicketId};
use ticket_jobs::plan;
use ticket_jobs::report::{Options, write};
use ticket_jobs::{
    Claim, Claimed, Clock, Confirmed, Ended, Event, EventKind, Guards, JobAccount, JobId, Ledger,
    Listed, MaxFailures, NewCall, NewJob, Seen, SqliteLedger, Taken, Which, Work,
};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// When the job begins.
const BEGIN: i64 = 1_795_903_200;

/// A ledger, and its time in milliseconds since the begin.
struct Story {
    ledger: SqliteLedger,
    now: Arc<AtomicI64>,
    random: fastrand::Rng,
}

#[tokio::main]
async fn main() -> Result {
    let mut arguments = std::env::args().skip(1);
    let tickets = arguments
        .next()
        .map_or(Ok(10_000), |number| number.parse())?;
    let folder = arguments.next().unwrap_or_else(|| "report".to_owned());
    let now = Arc::new(AtomicI64::new(0));
    let clock = Arc::clone(&now);
    let clock = Clock::new(move || at(clock.load(Ordering::Relaxed)));
    let mut story = Story {
        ledger: SqliteLedger::temporary_with_clock(clock)?,
        now,
        random: fastrand::Rng::with_seed(7),
    };
    let job = story.plan(tickets).await?;
    story.run(&job).await?;

    let options = Options::new(story.ledger.now(), "carol@ops1.example", "tickets 0.1.0")
        .limits("sweeppea", vec![limit()])
        .signed(true);
    forget_most();
    let (before, begun) = (most(), tokio::time::Instant::now());
    let (report, files) = write(&story.ledger, &job, Path::new(&folder), &options).await?;
    let took = begun.elapsed();
    println!(
        "{} tickets, {} calls: {:.2} s, {} MiB more memory than before",
        report.tickets.distinct,
        report.calls.recorded,
        took.as_secs_f64(),
        most().saturating_sub(before) / 1024
    );
    for file in files {
        println!("{:>12} {}", file.bytes, file.name);
    }
    Ok(())
}

fn at(millis: i64) -> Timestamp {
    let begin = Timestamp::from_second(BEGIN).unwrap_or_default();
    let time = begin.checked_add(SignedDuration::from_millis(millis));
    time.unwrap_or(Timestamp::MAX)
}

/// What the second account allows.
fn limit() -> Limit {
    Limit::new().window(Quota::new(150, Duration::from_secs(60)))
}

impl Story {
    fn wait(&self, millis: i64) {
        self.now.fetch_add(millis, Ordering::Relaxed);
    }

    async fn note(&self, job: &JobId, what: EventKind, by: &str) -> Result {
        let mut event = Event::new(self.ledger.now(), what);
        event.by = Some(format!("{by}, tickets 0.1.0"));
        Ok(self.ledger.note(job, event).await?)
    }

    /// Plans a job, which another person approves.
    async fn plan(&mut self, tickets: u64) -> Result<JobId> {
        let ledger = &self.ledger;
        let mut guards = Guards::default();
        guards.only_state = Some(ticket_core::model::State::Closed);
        guards.max_failures = Some(MaxFailures::Tickets(tickets / 20));
        guards.canary = Some(20);
        let new = NewJob::new(Change::Delete).created_by("alice@ops1.example");
        let new = new.guards(guards).awaiting_confirmation();
        let job = ledger.create(new).await?;
        let names = ["onecloud-eu", "sweeppea"];
        let mut list = Vec::new();
        let mut seen = Vec::new();
        for seq in 0..tickets {
            let account = names.get(usize::from(seq % 2 == 1)).unwrap_or(&"");
            list.push(Listed {
                seq,
                account: (*account).to_owned(),
                id: TicketId::from((2_400_000 + seq).to_string()),
                version: None,
                people: Vec::new(),
            });
            seen.push((seq, self.seen(seq)?));
            if list.len() == 5_000 || seq + 1 == tickets {
                self.ledger.add(&job, std::mem::take(&mut list)).await?;
                self.ledger.see(&job, std::mem::take(&mut seen)).await?;
            }
        }
        let mut accounts = names.map(|name| JobAccount::new(name, name, 100));
        let facts = [
            ("onecloud", "api.onecloud.example"),
            ("sweeppea", "api.sweeppea.example"),
        ];
        for (account, (provider, host)) in accounts.iter_mut().zip(facts) {
            provider.clone_into(&mut account.provider);
            account.host = Some(host.to_owned());
            account.removal = Removal::Permanent;
        }
        if let Some(first) = accounts.first_mut() {
            first.removal = Removal::Trash {
                restorable_for: Some(Duration::from_secs(30 * 24 * 3600)),
            };
            first.takes_along = vec!["subtasks".to_owned(), "time entries".to_owned()];
        }
        let ledger = &self.ledger;
        let mut planned = ledger.job(&job).await?;
        planned.accounts = accounts.to_vec();
        let list = ticket_jobs::tickets(ledger, &job, Which::Named);
        let digest = plan::digest(&planned, list).await?;
        ledger
            .seal(&job, planned.accounts, Some(digest.clone()))
            .await?;
        self.note(&job, EventKind::Planned, "alice@ops1.example")
            .await?;
        self.wait(40 * 60_000);
        let approval = json!({
            "job": job, "digest": digest, "tickets": tickets, "change": "delete", "reason": "DSR-4711, retention 24 months",
            "approved_by": "bob@desk7.example", "approved_at": self.ledger.now(),
        });
        self.wait(3 * 60_000);
        let confirmed = Confirmed::new(self.ledger.now(), "alice@ops1.example").approval(approval);
        self.ledger.confirm(&job, confirmed).await?;
        self.note(&job, EventKind::Confirmed, "alice@ops1.example")
            .await?;
        Ok(job)
    }

    fn seen(&mut self, seq: u64) -> Result<Seen> {
        let subjects = [
            "Cannot log in since this morning",
            "Rechnung 2026-4711 fehlt",
            "WIN A FREE CRUISE!!! click here",
            "=HYPERLINK(\"http://spam.example\",\"Refund\")",
            "<script>alert('ticket')</script> order never arrived",
            "طلب استرداد المبلغ",
            "Where is my parcel? \u{202e}gnp.exe",
        ];
        let subject = self.random.choice(subjects).unwrap_or_default();
        Ok(serde_json::from_value(json!({
            "at": at(0), "sha256": format!("{seq:064x}"), "subject": subject, "status": "closed",
        }))?)
    }

    async fn run(&mut self, job: &JobId) -> Result {
        self.wait(60_000);
        self.note(job, EventKind::Began, "alice@ops1.example")
            .await?;
        let worker = self.ledger.begin(job).await?;
        self.ledger.steer(job, ticket_jobs::Step::Release).await?;
        self.note(job, EventKind::Released, "alice@ops1.example")
            .await?;
        let mut is_open = [true, true];
        while is_open.contains(&true) {
            for (index, name) in ["onecloud-eu", "sweeppea"].into_iter().enumerate() {
                let claim = self.ledger.claim(worker, name).await?;
                let Claim::Tickets(claimed) = claim else {
                    if let Some(open) = is_open.get_mut(index) {
                        *open = false;
                    }
                    continue;
                };
                let work = Work {
                    job: job.clone(),
                    worker,
                    account: name.to_owned(),
                };
                let together = if index == 0 { 100 } else { 1 };
                for claimed in claimed.chunks(together) {
                    self.change(&work, claimed).await?;
                }
            }
        }
        self.ledger.finish(worker).await?;
        self.note(job, EventKind::Ended, "alice@ops1.example").await
    }

    /// Calls the vendor about these tickets, and records what came of it.
    async fn change(&mut self, work: &Work, claimed: &[Claimed]) -> Result {
        let ids: Vec<_> = claimed.iter().map(|claimed| claimed.id.clone()).collect();
        let is_single = ids.len() == 1;
        let luck = self.random.u32(..1_000);
        let mut outcomes = Vec::new();
        match luck {
            // The answer is lost, and a read tells what came of it.
            0..5 if is_single => {
                let lost = Ended::Failed {
                    kind: ErrorKind::Timeout,
                    effect: Effect::Unknown,
                    status: None,
                };
                self.call(work, Operation::Delete, &ids, 10_000, lost.clone())
                    .await?;
                let gone = Ended::Failed {
                    kind: ErrorKind::NotFound,
                    effect: Effect::None,
                    status: Some(404),
                };
                let (end, is_gone) = match luck {
                    0 => (lost, false),
                    _ => (gone, true),
                };
                self.call(work, Operation::Get, &ids, 150, end).await?;
                outcomes.extend(claimed.iter().map(|one| {
                    if is_gone {
                        (one.seq, Outcome::AlreadyDone)
                    } else {
                        (one.seq, Outcome::Unknown(unknown(&one.id)))
                    }
                }));
            }
            _ => {
                self.call(work, Operation::Delete, &ids, 180, Ended::Answered)
                    .await?;
                for one in claimed {
                    let outcome = match self.random.u32(..1_000) {
                        0..4 => Outcome::NotFound(not_found(&one.id)),
                        4..7 => Outcome::Failed(locked(&one.id)),
                        _ => Outcome::Done,
                    };
                    outcomes.push((one.seq, outcome));
                }
            }
        }
        Ok(self.ledger.settle(work.worker, outcomes).await?)
    }

    async fn call(
        &self,
        work: &Work,
        operation: Operation,
        ids: &[TicketId],
        millis: i64,
        ended: Ended,
    ) -> Result {
        let call = NewCall {
            account: work.account.clone(),
            limits: if work.account == "sweeppea" {
                vec![limit()]
            } else {
                Vec::new()
            },
            operation,
            requests: 1,
            tickets: ids.to_vec(),
            longest: Duration::from_secs(30),
            work: Some(work.clone()),
        };
        loop {
            self.ledger.beat(work.worker).await?;
            match self.ledger.take(call.clone()).await? {
                Taken::Slot(id, _) => {
                    self.wait(millis);
                    return Ok(self.ledger.end(id, ended).await?);
                }
                Taken::Full(wait) | Taken::Closed(wait) | Taken::Busy(wait) => {
                    let wait = wait.min(Duration::from_secs(5)).as_millis();
                    self.wait(i64::try_from(wait)? + 1);
                }
            }
        }
    }
}

fn unknown(id: &TicketId) -> Error {
    let message = "no answer within 10 s, and neither of the reads afterwards";
    Error::new(ErrorKind::Timeout, message).on_ticket(id)
}

fn not_found(id: &TicketId) -> Error {
    let words = format!("Ticket {id} Not Found, Already Closed, or Not Owned");
    let error = Error::new(
        ErrorKind::NotFound,
        "there is no such ticket, or it is not yours",
    );
    error
        .with_status(404)
        .with_vendor_message(&words)
        .on_ticket(id)
}

fn locked(id: &TicketId) -> Error {
    let error = Error::new(ErrorKind::Conflict, format!("ticket {id} is locked"));
    error
        .with_status(409)
        .with_vendor_message("Locked by <b>j.doe</b>")
        .on_ticket(id)
}

/// The most memory that this process had since [`forget_most`], in KiB; 0 where that is not known.
fn most() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let words = line.unwrap_or_default().split_whitespace();
    let digits = words.take(1).collect::<String>();
    digits.parse().unwrap_or(0)
}

fn forget_most() {
    // Only Linux has it, and only there is memory told.
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}
