//! Jobs: what a call began and the vendor does later, on the sandbox's clock.
//!
//! A job is queued for a third of its time and then works; all that it does happens at its end.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::Instant;

use super::{Zendesk, host, id, ids, json_reply, not_found, refusal, too_many};
use crate::calendar::Date;
use crate::fault::JobFault;
use crate::reply::Reply;
use crate::vendors::call::{Call, Settled};

/// How long a job can be read.
const KEPT_FOR: Duration = Duration::from_secs(24 * 60 * 60);

#[derive(Debug, Clone, Copy)]
pub(crate) struct JobSettings {
    /// From its beginning to its end.
    pub(crate) time: Duration,
    /// How many may be queued or working.
    pub(crate) at_once: usize,
}

#[derive(Debug)]
pub(super) struct Jobs {
    settings: JobSettings,
    /// In order of their beginning.
    begun: BTreeMap<u64, Job>,
    /// When those end that are queued or working.
    due: BTreeSet<(Instant, u64)>,
    next: u64,
}

impl Jobs {
    pub(super) fn new(settings: JobSettings) -> Self {
        Self {
            settings,
            begun: BTreeMap::new(),
            due: BTreeSet::new(),
            next: 1,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Work {
    /// Moves tickets to the trash.
    Trash,
    /// Deletes tickets in the trash for good.
    Destroy,
}

#[derive(Debug)]
struct Job {
    sequence: u64,
    work: Work,
    ids: Vec<String>,
    begun: Instant,
    due: Instant,
    fault: Option<JobFault>,
    /// What it did; `None` before its end.
    ended: Option<Value>,
}

impl Zendesk {
    /// Begins a job. Nothing is done yet.
    pub(super) fn begin(&mut self, call: &Call<'_>, work: Work, ids: Vec<String>) -> Reply {
        if let Some(refused) = too_many(ids.len()) {
            return refused;
        }
        if ids.is_empty() {
            return refusal(400, "InvalidValue", "Parameter ids is required");
        }
        let jobs = &mut self.jobs;
        if jobs.due.len() >= jobs.settings.at_once {
            let why = "Too many jobs are currently queued or running. Try again later.";
            return refusal(429, "TooManyJobs", why).header("retry-after", "5");
        }
        let number = jobs.next;
        jobs.next += 1;
        let job = Job {
            sequence: call.sequence,
            work,
            ids,
            begun: call.now,
            due: call.now + jobs.settings.time,
            fault: call.job_fault,
            ended: None,
        };
        let status = job.status(number, &host(call), call.now);
        jobs.due.insert((job.due, number));
        jobs.begun.insert(number, job);
        json_reply(200, &json!({ "job_status": status }))
    }

    /// Ends the jobs whose time has come.
    pub(super) fn work(&mut self, now: Instant, date: Date) -> Vec<Settled> {
        let mut settled = Vec::new();
        while let Some((due, number)) = self.jobs.due.first().copied() {
            if due > now {
                break;
            }
            self.jobs.due.remove(&(due, number));
            let Some(mut job) = self.jobs.begun.remove(&number) else {
                continue;
            };
            let results = self.finish(&job, date);
            let deleted = self.store.take_removed();
            settled.push(Settled {
                sequence: job.sequence,
                took_effect: !deleted.is_empty(),
                deleted,
            });
            job.ended = Some(results);
            if job.fault != Some(JobFault::Vanishes) {
                self.jobs.begun.insert(number, job);
            }
        }
        while let Some(first) = self.jobs.begun.first_entry() {
            if now.duration_since(first.get().begun) < KEPT_FOR {
                break;
            }
            first.remove();
        }
        settled
    }

    fn finish(&mut self, job: &Job, date: Date) -> Value {
        if job.fault == Some(JobFault::Fails) {
            return Value::Null;
        }
        let mut all = true;
        let last = job.ids.len().saturating_sub(1);
        let mut results = Vec::new();
        for (index, id) in job.ids.iter().enumerate() {
            let ticket = self.store.get_unmerged(id);
            let wanted = ticket.filter(|ticket| ticket.deleted == (job.work == Work::Destroy));
            let number: Option<u64> = id.parse().ok();
            let is_refused = job.fault == Some(JobFault::Partial) && index == last;
            results.push(match wanted {
                Some(ticket) if ticket.locked || is_refused => {
                    all = false;
                    json!({
                        "index": index, "id": number, "error": "TicketDeleteFailed",
                        "details": "The ticket cannot be deleted now",
                    })
                }
                None => {
                    all = false;
                    json!({
                        "index": index, "id": number, "error": "RecordNotFound",
                        "details": "Not found",
                    })
                }
                Some(_) => {
                    match job.work {
                        Work::Trash => self.trash(id, date),
                        Work::Destroy => {
                            self.store.remove(id);
                        }
                    }
                    json!({
                        "action": "delete", "id": number, "index": index, "status": "Deleted",
                        "success": true,
                    })
                }
            });
        }
        match (job.work, job.fault) {
            (_, Some(JobFault::NoResults)) => Value::Null,
            (Work::Destroy, _) | (_, Some(JobFault::OneResult)) => json!({ "success": all }),
            (Work::Trash, _) => Value::Array(results),
        }
    }

    fn known_job(&self, id: &str) -> Option<(u64, &Job)> {
        let number = id.strip_prefix("V3-")?.parse().ok()?;
        let job = self.jobs.begun.get(&number)?;
        (job.fault != Some(JobFault::Vanishes)).then_some((number, job))
    }

    pub(super) fn job(&self, call: &Call<'_>) -> Reply {
        match self.known_job(&id(call)) {
            None => not_found(),
            Some((number, job)) => {
                let status = job.status(number, &host(call), call.now);
                json_reply(200, &json!({ "job_status": status }))
            }
        }
    }

    /// Those that are not known are left out.
    pub(super) fn many_jobs(&self, call: &Call<'_>) -> Reply {
        let ids = ids(call);
        if let Some(refused) = too_many(ids.len()) {
            return refused;
        }
        let known = ids.iter().filter_map(|id| self.known_job(id));
        let host = host(call);
        let known = known.map(|(number, job)| job.status(number, &host, call.now));
        json_reply(200, &json!({ "job_statuses": known.collect::<Vec<_>>() }))
    }
}

impl Job {
    fn status(&self, number: u64, host: &str, now: Instant) -> Value {
        let total = self.ids.len();
        let is_queued = now.duration_since(self.begun) <= (self.due - self.begun) / 3;
        let (status, progress, message) = match &self.ended {
            None if is_queued => ("queued", Value::Null, Value::Null),
            None => {
                let message = format!("Deleting ticket #{}", total.div_ceil(2));
                ("working", json!(total / 2), json!(message))
            }
            Some(_) if self.fault == Some(JobFault::Fails) => {
                ("failed", Value::Null, json!("The job failed"))
            }
            Some(_) => ("completed", json!(total), json!("Completed")),
        };
        let id = format!("V3-{number:032}");
        json!({
            "id": id, "job_type": "Bulk Delete Ticket",
            "url": format!("{host}/api/v2/job_statuses/{id}.json"),
            "total": total, "progress": progress, "status": status, "message": message,
            "results": self.ended,
        })
    }
}
