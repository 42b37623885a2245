//! The sandbox's settings, drawn at random, and the names of all modes.

use std::ops::RangeInclusive;
use std::time::Duration;

use fastrand::Rng;
use ticket_sandbox::{LimitHeaders, Quota, Sandbox, SandboxBuilder, Vendor, WindowModel, Wording};

const MODELS: [(&str, WindowModel); 4] = [
    ("sliding window", WindowModel::Sliding),
    ("fixed window", WindowModel::Fixed),
    ("token bucket", WindowModel::TokenBucket),
    (
        "window that counts refusals",
        WindowModel::SlidingCountingRefused,
    ),
];

/// A quota of so many calls in so many seconds.
fn draw_quota(
    random: &mut Rng,
    modes: &mut Vec<&'static str>,
    calls: RangeInclusive<u32>,
    seconds: u64,
) -> Quota {
    let (name, counting) = random.choice(MODELS).unwrap_or(("", WindowModel::Sliding));
    modes.push(name);
    Quota {
        calls: random.u32(calls),
        window: Duration::from_secs(seconds),
        model: counting,
    }
}

pub(super) fn draw_hosted(
    random: &mut Rng,
    modes: &mut Vec<&'static str>,
) -> (SandboxBuilder, Vec<(Vendor, Quota)>) {
    let sweeppea = draw_quota(random, modes, 2..=150, 60);
    let leadsquared = draw_quota(random, modes, 2..=25, 5);
    let mut builder = Sandbox::builder()
        .seed_tickets(false)
        .sweeppea_quota(sweeppea)
        .leadsquared_quota(leadsquared);
    let mut draw = |name, change: &mut dyn FnMut(SandboxBuilder, &mut Rng) -> SandboxBuilder| {
        if random.u8(0..6) == 0 {
            modes.push(name);
            builder = change(std::mem::take(&mut builder), random);
        }
    };
    draw("onecloud_calls", &mut |builder, random| {
        builder.onecloud_calls(random.u64(0..40))
    });
    draw("onecloud_extra_row", &mut |builder, _| {
        builder.onecloud_extra_row(true)
    });
    draw("onecloud_largest_page", &mut |builder, random| {
        builder.onecloud_largest_page(random.usize(1..6))
    });
    draw("onecloud_nested_messages", &mut |builder, _| {
        builder.onecloud_nested_messages(true)
    });
    draw("sweeppea_wording old", &mut |builder, _| {
        builder.sweeppea_wording(Wording::Old)
    });
    draw("sweeppea_one_at_a_time off", &mut |builder, _| {
        builder.sweeppea_one_at_a_time(false)
    });
    draw("leadsquared_retry_after", &mut |builder, random| {
        builder.leadsquared_retry_after(random.u64(1..20))
    });
    draw("leadsquared_max_delete", &mut |builder, random| {
        builder.leadsquared_max_delete(random.usize(1..12))
    });
    draw("leadsquared_statuses", &mut |builder, _| {
        builder.leadsquared_statuses(["Open", "Resolved"])
    });
    draw("leadsquared_required_fields", &mut |builder, _| {
        builder.leadsquared_required_fields(["Title", "CustomData.Shop"])
    });
    (
        builder,
        vec![
            (Vendor::Sweeppea, sweeppea),
            (Vendor::LeadSquared, leadsquared),
        ],
    )
}

/// Self-hosted vendors have no quota of their own, but a proxy in front of them may. One operation takes up to four
/// requests.
pub(super) fn draw_self_hosted(
    random: &mut Rng,
    modes: &mut Vec<&'static str>,
) -> (SandboxBuilder, Vec<(Vendor, Quota)>) {
    let rt = draw_quota(random, modes, 4..=30, 5);
    let redmine = draw_quota(random, modes, 4..=30, 5);
    let mut builder = Sandbox::builder()
        .seed_tickets(false)
        .rt_quota(rt)
        .redmine_quota(redmine);
    if random.u8(0..3) == 0 {
        modes.push("redmine_forbidden_statuses");
        builder = builder.redmine_forbidden_statuses(["Feedback", "Rejected"]);
    }
    (builder, vec![(Vendor::Rt, rt), (Vendor::Redmine, redmine)])
}

/// Of Zendesk, which carries out the delete of several tickets as a job.
pub(super) fn draw_accepting(
    random: &mut Rng,
    modes: &mut Vec<&'static str>,
) -> (SandboxBuilder, Vec<(Vendor, Quota)>) {
    let quota = draw_quota(random, modes, 4..=60, 10);
    let mut builder = Sandbox::builder()
        .seed_tickets(false)
        .zendesk_quota(quota)
        // Shorter than a ticket is looked at whose change was accepted.
        .zendesk_job_time(Duration::from_millis(random.u64(1..20_000)));
    let headers = random.choice([
        ("zendesk_limit_headers older", LimitHeaders::Older),
        ("zendesk_limit_headers absent", LimitHeaders::Absent),
    ]);
    if let Some((mode, headers)) = headers.filter(|_| random.bool()) {
        modes.push(mode);
        builder = builder.zendesk_limit_headers(headers);
    }
    if random.u8(0..3) == 0 {
        modes.push("zendesk_jobs_at_once");
        builder = builder.zendesk_jobs_at_once(random.usize(1..4));
    }
    if random.u8(0..3) == 0 {
        modes.push("zendesk_endpoint_limits off");
        builder = builder.zendesk_endpoint_limits(false);
    }
    (builder, vec![(Vendor::Zendesk, quota)])
}

/// The modes that can be drawn.
pub(super) const MODES: [&str; 27] = [
    "answers are lost besides",
    "merged before",
    "reads always lag",
    "deletes are always accepted for later",
    "a gateway answers for a time",
    "ids are given out again",
    "sliding window",
    "fixed window",
    "token bucket",
    "window that counts refusals",
    "onecloud_calls",
    "onecloud_extra_row",
    "onecloud_largest_page",
    "onecloud_nested_messages",
    "sweeppea_wording old",
    "sweeppea_one_at_a_time off",
    "leadsquared_retry_after",
    "leadsquared_max_delete",
    "leadsquared_statuses",
    "leadsquared_required_fields",
    "redmine_forbidden_statuses",
    "tickets are restored",
    "abandoned after it was asked to finish",
    "zendesk_limit_headers older",
    "zendesk_limit_headers absent",
    "zendesk_jobs_at_once",
    "zendesk_endpoint_limits off",
];
