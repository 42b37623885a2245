//! The limits that replies tell in their headers, whose names have changed over the years.

use std::time::Duration;

use ticket_core::Operation;
use ticket_core::provider::{LearnedLimits, Quota, ToldLimit};
use ticket_http::HttpResponse;

/// All limits are of a minute (page `usage_limits`). Where one is of a longer time, the reply tells when it begins again.
const WINDOW: Duration = Duration::from_secs(60);

/// Of an endpoint: `total=100; remaining=99; resets=41` (recordings; the second spelling is the older one).
const OF_ENDPOINTS: [&str; 2] = ["zendesk-ratelimit-", "zendesk-rate-limit-"];

/// Not of calls in a window: how many jobs may be open (seen in the notes of a public client).
const OF_JOBS: &str = "inflight-jobs";

/// Of the account: how many calls, how many are left, and in how many seconds they begin again (page `usage_limits`;
/// recordings). The first that a reply has counts, since the last does not tell when.
const OF_THE_ACCOUNT: [[&str; 3]; 3] = [
    ["ratelimit-limit", "ratelimit-remaining", "ratelimit-reset"],
    [
        "rate-limit-limit",
        "rate-limit-remaining",
        "rate-limit-reset",
    ],
    ["x-rate-limit", "x-rate-limit-remaining", ""],
];

/// Records what the reply to a call of this operation tells.
pub(crate) fn learn(learned: &LearnedLimits, operation: Operation, response: &HttpResponse) {
    let of_the_account = OF_THE_ACCOUNT.iter().find_map(|[all, left, reset]| {
        let told = |name: &str| response.header(name).and_then(number);
        Some((told(all)?, told(left)?, told(reset)))
    });
    if let Some(told) = of_the_account {
        learned.learn("", None, limit(told));
    }
    for prefix in OF_ENDPOINTS {
        let named = response.headers_with(prefix);
        for (name, value) in named.filter(|(name, _)| *name != OF_JOBS) {
            if let Some(told) = of_endpoint(value) {
                learned.learn(name, Some(operation), limit(told));
            }
        }
    }
}

/// How many calls, how many are left, and in how many seconds they begin again.
type Told = (u32, u32, Option<u32>);

fn limit((calls, left, reset): Told) -> ToldLimit {
    let told = ToldLimit::new(Quota::new(calls, WINDOW), left);
    match reset {
        Some(reset) => told.resets_in(Duration::from_secs(reset.into())),
        None => told,
    }
}

fn of_endpoint(value: &str) -> Option<Told> {
    let field = |name: &str| {
        let fields = value.split(';').filter_map(|field| field.split_once('='));
        let mut named = fields.filter(|(known, _)| known.trim() == name);
        number(named.next()?.1)
    };
    Some((field("total")?, field("remaining")?, field("resets")))
}

/// A whole number that is not negative.
fn number(text: &str) -> Option<u32> {
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limit_of_an_endpoint_is_read_and_nonsense_is_none() {
        for (value, told) in [
            (
                "total=100; remaining=99; resets=41",
                Some((100, 99, Some(41))),
            ),
            ("resets=41;remaining=0;total=10", Some((10, 0, Some(41)))),
            ("total=100; remaining=99", Some((100, 99, None))),
            (
                "total=100; remaining=99; resets=soon",
                Some((100, 99, None)),
            ),
            ("total=-100; remaining=99; resets=41", None),
            ("total=100; remaining=NaN; resets=41", None),
            ("total=99999999999; remaining=1; resets=41", None),
            ("total=100", None),
            ("", None),
        ] {
            assert_eq!(of_endpoint(value), told, "{value}");
        }
    }
}
