//! A job with each outcome, in a ledger in memory whose time stands still unless it is moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};
use ticket_core::provider::Removal;
use ticket_core::{Change, Effect, Error, ErrorKind, Operation, Outcome};
use ticket_jobs::plan;
use ticket_jobs::report::Options;
use ticket_jobs::{
    AccountSearch, Again, ArchiveGuard, Claim, Clock, Confirmed, Ended, Erasure, Event, EventKind,
    Guards, JobAccount, JobId, JobState, Ledger, Listed, LookedAgain, MemoryLedger, NewCall,
    NewJob, Step, Taken, Which, Work, WorkerId, tickets,
};

/// A subject that a browser could run, one that a spreadsheet could, and one that turns its direction.
pub(crate) const SCRIPT: &str = "<script>alert(1)</script><img src=x onerror=alert(2)>";
pub(crate) const FORMULA: &str = "=HYPERLINK(\"http://spam.example\",\"x\")";
pub(crate) const TURNED: &str = "invoice \u{202e}fdp.exe";

/// When the report is made.
pub(crate) const MADE_AT: i64 = 1_795_910_400;

pub(crate) struct Story {
    pub(crate) ledger: MemoryLedger,
    pub(crate) job: JobId,
    now: Arc<AtomicI64>,
    worker: WorkerId,
}

/// The end of a call that got no answer.
pub(crate) const LOST: Ended = Ended::Failed {
    kind: ErrorKind::Timeout,
    effect: Effect::Unknown,
    status: None,
};

pub(crate) const NOT_FOUND: Ended = Ended::Failed {
    kind: ErrorKind::NotFound,
    effect: Effect::None,
    status: Some(404),
};

pub(crate) fn options() -> Options {
    let at = Timestamp::from_second(MADE_AT).unwrap();
    Options::new(at, "carol@ops1", "tickets 9.9.9")
}

/// An outcome with an error, as a ledger has it.
pub(crate) fn outcome(outcome: &str, kind: &str, message: &str, vendor: Option<&str>) -> Outcome {
    let effect = if outcome == "unknown" {
        "unknown"
    } else {
        "none"
    };
    serde_json::from_value(json!({
        "outcome": outcome,
        "error": {
            "kind": kind, "effect": effect, "message": message, "vendor_message": vendor,
            "attempts": 1, "not_attempted": false,
        },
    }))
    .unwrap()
}

impl Story {
    /// Seven tickets of two accounts, one of which is named again, that nothing was sent about.
    pub(crate) async fn planned() -> Self {
        Self::planned_with(false).await
    }

    /// The same; if it is edited, its digest is another one.
    pub(crate) async fn planned_with(is_edited: bool) -> Self {
        Self::planned_as(NewJob::new(Change::Delete), is_edited).await
    }

    /// The same tickets of two people, as this job. Of an erasure no subject is recorded.
    pub(crate) async fn planned_as(new: NewJob, is_edited: bool) -> Self {
        let now = Arc::new(AtomicI64::new(1_795_903_200));
        let clock = Arc::clone(&now);
        let clock =
            Clock::new(move || Timestamp::from_second(clock.load(Ordering::Relaxed)).unwrap());
        let ledger = MemoryLedger::with_clock(clock);
        let new = new.created_by("alice@ops1");
        let is_permanent = new.change == Change::Purge;
        let people = new.erasure.as_ref().map(|erasure| erasure.people.clone());
        let people = people.unwrap_or_default();
        let job = ledger.create(new.awaiting_confirmation()).await.unwrap();
        let named = [
            "eu:11", "us:12", "eu:13", "us:14", "eu:15", "eu:16", "us:17", "eu:11",
        ];
        let listed = named.iter().zip(0..).map(|(ticket, seq)| {
            let (account, id) = ticket.split_once(':').unwrap();
            Listed {
                seq,
                account: account.to_owned(),
                id: id.into(),
                version: None,
                people: people
                    .iter()
                    .take(1 + usize::from(seq % 2 == 1))
                    .copied()
                    .collect(),
            }
        });
        ledger.add(&job, listed.collect()).await.unwrap();
        let long = "x".repeat(10_000);
        let subjects = [SCRIPT, "plain", FORMULA, TURNED, &long];
        let seen = subjects.iter().filter(|_| people.is_empty());
        let seen = seen.zip(0..).map(|(subject, seq)| {
            let seen = json!({"at": "2026-11-28T22:00:00Z", "sha256": "00", "subject": subject});
            (seq, serde_json::from_value(seen).unwrap())
        });
        ledger.see(&job, seen.collect()).await.unwrap();
        let mut eu = JobAccount::new("eu", "onecloud://eu", 100);
        "onecloud".clone_into(&mut eu.provider);
        eu.host = Some("api.example.com".to_owned());
        eu.removal = Removal::Trash {
            restorable_for: Some(Duration::from_secs(30 * 86_400)),
        };
        if is_permanent {
            eu.removal = Removal::Permanent;
        }
        let mut us = JobAccount::new("us", "sweeppea://us", 1);
        "sweeppea".clone_into(&mut us.provider);
        us.removal = Removal::Permanent;
        let accounts = vec![eu, us];
        let mut sealed = ledger.job(&job).await.unwrap();
        sealed.accounts.clone_from(&accounts);
        let named = tickets(&ledger, &job, Which::Named);
        let digest = plan::digest(&sealed, named).await.unwrap();
        let digest = if is_edited { "d1".to_owned() } else { digest };
        ledger.seal(&job, accounts, Some(digest)).await.unwrap();
        Self {
            ledger,
            job,
            now,
            worker: WorkerId(0),
        }
    }

    /// The same, confirmed, claimed, and with an approval.
    pub(crate) async fn begun() -> Self {
        Self::planned().await.confirmed().await
    }

    async fn confirmed(self) -> Self {
        let mut story = self;
        let approval = json!({
            "job": story.job, "digest": "d1", "tickets": 7, "change": "delete", "reason": "DSR-4711",
            "approved_by": "bob@desk7", "approved_at": "2026-11-28T22:00:00Z",
            "principal": "bob@example.com", "fingerprint": "SHA256:abc",
        });
        let confirmed = Confirmed::new(story.ledger.now(), "alice@ops1").approval(approval);
        story.ledger.confirm(&story.job, confirmed).await.unwrap();
        story.worker = story.ledger.begin(&story.job).await.unwrap();
        let mut began = Event::new(story.ledger.now(), EventKind::Began);
        began.by = Some("dave@ops2, tickets 9.9.8".to_owned());
        story.ledger.note(&story.job, began).await.unwrap();
        for account in ["eu", "us"] {
            while let Claim::Tickets(_) = story.ledger.claim(story.worker, account).await.unwrap() {
            }
        }
        story
    }

    /// The same with an outcome of each kind, so that the job is over.
    pub(crate) async fn ended() -> Self {
        Self::begun().await.end().await
    }

    /// The same job as an erasure whose tickets were looked at again, but one.
    pub(crate) async fn erased() -> Self {
        let people = ["0a", "ff"].map(|digits| digits.repeat(32).parse().unwrap());
        let mut eu =
            AccountSearch::new("eu", "onecloud").how("each ticket was read with its conversation");
        (eu.listed, eu.read, eu.conversations, eu.found) = (900, 900, 899, 4);
        eu.undecided = 1;
        let us = AccountSearch::new("us", "sweeppea")
            .how(SCRIPT)
            .note(TURNED);
        let unsupported = Error::unsupported("leadsquared", Operation::List);
        let crm = AccountSearch::new("crm", "leadsquared").not_searched(&unsupported);
        let erasure = Erasure::new("0123456789abcdef", people);
        let erasure = [eu, us, crm].into_iter().fold(erasure, Erasure::search);
        let erasure = erasure.keep_archive(Duration::from_secs(30 * 86_400));
        let mut guards = Guards::default();
        guards.archive = Some(ArchiveGuard {
            folder: "/srv/archive".to_owned(),
            missing_ok: false,
        });
        let new = NewJob::erasure(erasure).guards(guards);
        let story = Self::planned_as(new, false).await.confirmed().await;
        let entries = vec![(0, "aa".repeat(32))];
        story.ledger.archived(story.worker, entries).await.unwrap();
        let story = story.end().await;
        let again = |seq, found| (seq, LookedAgain::new(story.ledger.now(), found));
        let looks = vec![again(0, Again::InTrash), again(1, Again::Gone)];
        story.ledger.looked_again(&story.job, looks).await.unwrap();
        story.now.fetch_add(60, Ordering::Relaxed);
        let looks = vec![(6, LookedAgain::new(story.ledger.now(), Again::Another))];
        story.ledger.looked_again(&story.job, looks).await.unwrap();
        story
    }

    /// The same job as a permanent erasure with an archive, as far as it is begun.
    pub(crate) async fn permanent() -> Self {
        let person = "0a".repeat(32).parse().unwrap();
        let erasure = Erasure::new("0123456789abcdef", [person])
            .search(AccountSearch::new("eu", "onecloud"))
            .search(AccountSearch::new("us", "sweeppea"));
        let mut guards = Guards::default();
        guards.archive = Some(ArchiveGuard {
            folder: "/srv/archive".to_owned(),
            missing_ok: true,
        });
        let new = NewJob::erasure(erasure).permanent().guards(guards);
        Self::planned_as(new, false).await.confirmed().await
    }

    /// The same job, cancelled while a delete was under way whose answer is lost.
    pub(crate) async fn cancelled() -> Self {
        let story = Self::begun().await;
        story
            .call("us", Operation::Delete, "17", Ended::Answered)
            .await;
        story.settle(6, Outcome::Done).await;
        story
            .call("eu", Operation::Get, "13", Ended::Answered)
            .await;
        story.call("eu", Operation::Delete, "11", LOST).await;
        story.ledger.steer(&story.job, Step::Cancel).await.unwrap();
        let unknown = outcome("unknown", "timeout", "no answer", None);
        story.settle(0, unknown).await;
        story.ledger.finish(story.worker).await.unwrap();
        let job = story.ledger.job(&story.job).await.unwrap();
        assert_eq!(job.state, JobState::Cancelled);
        story
    }

    /// A job whose list names no ticket.
    pub(crate) async fn empty() -> Self {
        let ledger = MemoryLedger::new();
        let job = ledger.create(NewJob::new(Change::Delete)).await.unwrap();
        ledger.seal(&job, Vec::new(), None).await.unwrap();
        Self {
            ledger,
            job,
            now: Arc::default(),
            worker: WorkerId(0),
        }
    }

    async fn end(self) -> Self {
        let story = self;
        story
            .call("eu", Operation::Delete, "11", Ended::Answered)
            .await;
        story.settle(0, Outcome::Done).await;
        story.call("us", Operation::Delete, "12", LOST).await;
        story.call("us", Operation::Get, "12", NOT_FOUND).await;
        story.settle(1, Outcome::AlreadyDone).await;
        story.call("eu", Operation::Delete, "13", NOT_FOUND).await;
        let words = format!("{SCRIPT} 13");
        let not_found = outcome("not_found", "not_found", "no ticket 13", Some(&words));
        story.settle(2, not_found).await;
        story
            .call("us", Operation::Delete, "14", Ended::Answered)
            .await;
        let locked = outcome("failed", "conflict", "ticket 14 is locked", Some(TURNED));
        story.settle(3, locked).await;
        story.call("eu", Operation::Delete, "15", LOST).await;
        let unknown = outcome("unknown", "timeout", "no answer", None);
        story.settle(4, unknown).await;
        let stopped = outcome("unattempted", "cancelled", "stopped", None);
        story.settle(5, stopped).await;
        story
            .call("us", Operation::Delete, "17", Ended::Answered)
            .await;
        story.settle(6, Outcome::Done).await;
        story.ledger.finish(story.worker).await.unwrap();
        story
    }

    pub(crate) async fn call(&self, account: &str, operation: Operation, id: &str, end: Ended) {
        self.call_of(1, account, operation, id, end).await;
    }

    /// A call that may make so many requests.
    pub(crate) async fn call_of(
        &self,
        requests: usize,
        account: &str,
        operation: Operation,
        id: &str,
        end: Ended,
    ) {
        let key = match account {
            "eu" => "onecloud://eu",
            _ => "sweeppea://us",
        };
        let call = NewCall {
            account: key.to_owned(),
            limits: Vec::new(),
            operation,
            requests,
            tickets: vec![id.into()],
            longest: Duration::from_secs(10),
            work: Some(Work {
                job: self.job.clone(),
                worker: self.worker,
                account: account.to_owned(),
            }),
        };
        let Taken::Slot(id, _) = self.ledger.take(call).await.unwrap() else {
            panic!("there is no limit")
        };
        self.now.fetch_add(1, Ordering::Relaxed);
        self.ledger.end(id, end).await.unwrap();
    }

    /// So many minutes pass, in which the worker lives.
    pub(crate) async fn wait(&self, minutes: i64) {
        for _ in 0..minutes * 3 {
            self.now.fetch_add(20, Ordering::Relaxed);
            self.ledger.beat(self.worker).await.unwrap();
        }
    }

    pub(crate) async fn settle(&self, seq: u64, outcome: Outcome) {
        let outcomes = vec![(seq, outcome)];
        self.ledger.settle(self.worker, outcomes).await.unwrap();
    }
}

/// The lines of a file as JSON.
pub(crate) fn lines(text: &str) -> Vec<Value> {
    let lines = text.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
