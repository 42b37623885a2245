//! Quotas and calls at the same time.

use ticket_sandbox::Vendor;

use super::super::plan::Plan;
use super::super::story::Story;
use super::{Lie, rule};

pub(super) fn check(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
    quotas_are_kept(plan, story, lies);
    concurrency_is_kept(story, lies);
}

fn quotas_are_kept(plan: &Plan, story: &Story, lies: &mut Vec<Lie>) {
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
        let refused = journal.find(|seen| seen.vendor == Some(*vendor) && seen.is_above_quota());
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
