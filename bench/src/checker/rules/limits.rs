//! Quotas, calls at the same time, and calls after an abandon.

use ticket_sandbox::{Endpoint, Vendor};

use super::super::plan::Plan;
use super::super::rule::{self, Lie};
use super::super::story::Story;

pub(super) fn check(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
    quotas_are_kept(plan, story, lies);
    concurrency_is_kept(story, lies);
    nothing_is_sent_after_an_abandon(story, lies);
}

fn quotas_are_kept(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
    // Nobody can know how many jobs the vendor takes, and its refusal has the same status.
    let limits_jobs = plan.modes.contains(&"zendesk_jobs_at_once");
    for (vendor, quota) in &plan.quotas {
        let calls: Vec<_> = story
            .calls
            .iter()
            .filter(|call| call.vendor == *vendor)
            .collect();
        let most = usize::try_from(quota.calls).unwrap_or(usize::MAX);
        let too_many = calls.windows(most + 1).find_map(|window| {
            let (first, last) = (window.first()?, window.last()?);
            let within = last.began.saturating_sub(first.began);
            (within < quota.window).then(|| {
                format!(
                    "{} calls at {} in {within:?}",
                    window.len(),
                    vendor.prefix()
                )
            })
        });
        lies.extend(too_many.map(|what| (rule::WINDOWS, what)));
        let mut journal = story.journal.iter();
        let refused = journal.find(|seen| {
            let is_for_jobs = limits_jobs && seen.endpoint == Some(Endpoint::Delete);
            seen.vendor == Some(*vendor) && seen.is_above_quota() && !is_for_jobs
        });
        lies.extend(refused.map(|seen| (rule::QUOTA, format!("{} was answered 429", seen.path))));
    }
}

/// Sweeppea takes one call of an endpoint at a time; of other vendors, as many as their provider declares.
fn concurrency_is_kept(story: &Story, lies: &mut Vec<Lie>) {
    for (vendor, info) in &story.infos {
        let of_vendor = story.calls.iter().filter(|call| call.vendor == *vendor);
        let calls: Vec<_> = of_vendor.collect();
        let limits = info.limits.iter();
        let limits = limits.filter(|limit| limit.operations.is_empty());
        let declared = limits.filter_map(|limit| limit.max_concurrent).min();
        let most = match (vendor, declared) {
            (Vendor::Sweeppea, _) => 1,
            (_, Some(declared)) => declared.get(),
            _ => continue,
        };
        let too_many = calls.iter().enumerate().find(|(place, call)| {
            let before = calls.iter().take(*place);
            let running = before
                .filter(|before| *vendor != Vendor::Sweeppea || before.endpoint == call.endpoint)
                .filter(|before| before.ended.is_none_or(|ended| call.began < ended));
            running.count() >= most
        });
        lies.extend(too_many.map(|(_, call)| {
            let what = format!(
                "more than {most} calls at {}: {}",
                vendor.prefix(),
                call.path
            );
            (rule::CONCURRENCY, what)
        }));
    }
}

/// What begins at the very time of the abandon may have been ahead of it.
fn nothing_is_sent_after_an_abandon(story: &Story, lies: &mut Vec<Lie>) {
    for (since, until) in &story.abandoned {
        let mut calls = story.calls.iter();
        let sent = calls.find(|call| *since < call.began && call.began <= *until);
        lies.extend(sent.map(|call| {
            let after = call.began.saturating_sub(*since);
            let what = format!("{} at {}", call.path, call.vendor.prefix());
            (rule::ABANDONED, format!("{what}, {after:?} after it"))
        }));
    }
}
