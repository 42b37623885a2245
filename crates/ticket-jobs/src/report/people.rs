//! Who planned, approved, confirmed and ran a job.

use super::model::Act;
use crate::approval::Statement;
use crate::model::{Event, EventKind, Job};

/// Who did what. Where the ledger has no event, what the job itself says.
pub(super) fn people(job: &Job, events: &[Event]) -> Vec<Act> {
    let mut acts: Vec<Act> = Vec::new();
    let mut add = |what: &str, by: Option<&str>, at, detail: Option<String>| {
        // Such as `user@host, tickets 0.1.0`.
        let (by, with) = match by.and_then(|by| by.split_once(", ")) {
            Some((by, with)) => (Some(by.to_owned()), Some(with.to_owned())),
            None => (by.map(str::to_owned), None),
        };
        let same = |act: &&mut Act| {
            act.what == what && act.by == by && act.with == with && act.detail == detail
        };
        if let Some(act) = acts.iter_mut().find(same) {
            act.times += 1;
            return;
        }
        acts.push(Act {
            what: what.to_owned(),
            by,
            with,
            at,
            times: 1,
            detail,
        });
    };
    let has = |what| events.iter().any(|event| event.what == what);
    if !has(EventKind::Planned) {
        add("planned", job.created_by.as_deref(), job.created_at, None);
    }
    let approval = job
        .confirmed
        .as_ref()
        .and_then(|confirmed| confirmed.approval.as_ref());
    let statement = approval.map(|value| serde_json::from_value::<Statement>(value.clone()));
    if let (Some(Ok(statement)), Some(approval)) = (statement, approval) {
        let by = Some(statement.approved_by.as_str());
        let text = |name: &str| approval.get(name)?.as_str();
        let detail = match (text("principal"), text("fingerprint")) {
            (Some(who), Some(key)) => format!("{}; signed by {who}, {key}", statement.reason),
            _ => statement.reason.clone(),
        };
        add("approved", by, statement.approved_at, Some(detail));
    }
    if let Some(confirmed) = &job.confirmed
        && !has(EventKind::Confirmed)
    {
        add("confirmed", Some(&confirmed.by), confirmed.at, None);
    }
    for event in events {
        let what = match event.what {
            EventKind::Began => "ran",
            // What the vendor did is among what is not proven.
            EventKind::Ended | EventKind::Unasked => continue,
            what => what.as_str(),
        };
        add(what, event.by.as_deref(), event.at, event.detail.clone());
    }
    acts.sort_by_key(|act| act.at);
    acts
}
