//! Every fault of the sandbox, with values drawn at random, and their names.

use std::time::Duration;

use fastrand::Rng;
use serde_json::Value;
use ticket_sandbox::{
    Fault, Gateway, JobFault, OddId, OddRetryAfter, OddRow, TicketFault, Vendor, WrongTotal,
};

/// Statuses of a refusal without effect. Not 401, which ends an account and is drawn apart, and not 404 and 410, which
/// would be the vendor's own word that a ticket is not there.
const REFUSED: [u16; 12] = [400, 403, 405, 408, 409, 413, 422, 499, 500, 502, 503, 504];

/// Statuses that say nothing of the effect.
const AFTER_EFFECT: [u16; 6] = [408, 499, 500, 502, 503, 504];

/// Statuses of a call that is accepted and not confirmed.
const ACCEPTED: [u16; 6] = [201, 202, 203, 205, 206, 207];

pub(super) const GATEWAYS: [Gateway; 9] = [
    Gateway::SignIn,
    Gateway::Firewall,
    Gateway::Redirect,
    Gateway::WrongPath,
    Gateway::PageNotFound,
    Gateway::NoRoute,
    Gateway::DefaultBackend,
    Gateway::Framework,
    Gateway::Empty,
];

/// What is odd about the jobs of a vendor that accepts work. Drawn apart, so that older seeds keep their meaning.
pub const JOBS: [JobFault; 5] = [
    JobFault::Vanishes,
    JobFault::Fails,
    JobFault::Partial,
    JobFault::NoResults,
    JobFault::OneResult,
];

fn one<T: Copy>(random: &mut Rng, of: &[T]) -> Option<T> {
    random.choice(of).copied()
}

fn seconds(random: &mut Rng, most: u64) -> Duration {
    Duration::from_millis(random.u64(1..=most * 1000))
}

/// One of each kind. The kinds and their order are always the same, their values are not.
pub fn every(random: &mut Rng) -> Vec<Fault> {
    let mut faults = vec![
        Fault::LostResponse,
        Fault::ConnectionReset,
        Fault::ClosedBeforeEffect,
        Fault::ResetAfterEffect,
        Fault::CloseAfterReply,
        Fault::ResetAfterReply,
        Fault::Status(401),
        Fault::RateLimited { retry_after: None },
        Fault::RateLimited {
            retry_after: Some(random.u64(0..90)),
        },
        Fault::HtmlPage { status: 200 },
        Fault::HtmlPage { status: 503 },
        Fault::TruncatedJson,
        Fault::CutBody,
        Fault::EmptyBody,
        Fault::ErrorInside200,
        Fault::ErrorInside200AfterEffect,
        Fault::LaggingReads(seconds(random, 20)),
        Fault::IdsGivenOutAgain,
        Fault::TicketsFiled(random.usize(1..4)),
        Fault::TicketsRemoved(random.usize(1..4)),
        Fault::ReversedOrder,
        Fault::Gzip,
        Fault::WrongTypes,
        Fault::OversizedBody(5_000_000),
        Fault::SlowDrip(Duration::from_millis(random.u64(1..400))),
        Fault::Delay(seconds(random, 50)),
        Fault::FreshTokenRefused(seconds(random, 3)),
        Fault::Outage {
            duration: seconds(random, 120),
            status: None,
        },
        Fault::Outage {
            duration: seconds(random, 120),
            status: Some(503),
        },
        Fault::Reply {
            status: 200,
            headers: vec![("content-type".to_owned(), "text/plain".to_owned())],
            body: b"OK".to_vec(),
        },
        Fault::Ticket(TicketFault::Refused(409)),
        Fault::Ticket(TicketFault::GoneIsError(500)),
        Fault::Ticket(TicketFault::OwnedByOther),
    ];
    // Weighed by their number, so that no kind crowds out the others.
    faults.extend(one(random, &REFUSED).map(Fault::Status));
    faults.extend(one(random, &AFTER_EFFECT).map(Fault::StatusAfterEffect));
    faults.extend(one(random, &ACCEPTED).map(Fault::AcceptedNotDone));
    let after = seconds(random, 30);
    let later = |status| Fault::AcceptedForLater { status, after };
    faults.extend(one(random, &ACCEPTED).map(later));
    faults.extend(GATEWAYS.map(Fault::Gateway));
    faults.extend(
        [
            OddRetryAfter::Zero,
            OddRetryAfter::Negative,
            OddRetryAfter::Past,
            OddRetryAfter::Huge,
            OddRetryAfter::Garbage,
        ]
        .map(Fault::OddRetryAfter),
    );
    faults.extend(
        [
            WrongTotal::PageSize,
            WrongTotal::Zero,
            WrongTotal::TooSmall,
            WrongTotal::TooLarge,
            WrongTotal::Changing,
        ]
        .map(Fault::WrongTotal),
    );
    faults.extend(
        [
            OddRow::LoneSurrogate,
            OddRow::EmptyDate,
            OddRow::YearOneDate,
            OddRow::NumberDate,
            OddRow::ZonelessDate,
            OddRow::MissingId,
            OddRow::NullId,
            OddRow::Null,
            OddRow::Repeated,
        ]
        .map(Fault::OddRow),
    );
    faults.extend(
        [
            OddId::Null,
            OddId::Float,
            OddId::Text,
            OddId::Missing,
            OddId::Unasked,
        ]
        .map(Fault::OddId),
    );
    faults
}

/// The name of a fault: that of the sandbox's JSON, with the kind where it has kinds.
pub(super) fn name(fault: &Fault) -> String {
    let kind = |value: &Value| match value {
        Value::String(kind) => kind.clone(),
        Value::Object(kind) => kind.keys().next().cloned().unwrap_or_default(),
        _ => String::new(),
    };
    match serde_json::to_value(fault) {
        Ok(Value::String(name)) => name,
        Ok(Value::Object(fields)) => match fields.into_iter().next() {
            Some((name, value)) => match name.as_str() {
                "gateway" | "odd_retry_after" | "wrong_total" | "odd_row" | "odd_id" | "ticket"
                | "job" => format!("{name} {}", kind(&value)),
                _ => name,
            },
            None => String::new(),
        },
        _ => String::new(),
    }
}

/// Whether a vendor of the later plans can have the fault with this name.
pub(super) fn concerns(vendor: Vendor, name: &str) -> bool {
    let is_of_rt = name.starts_with("odd_id ") || name == "ticket merged_into";
    let is_of_zendesk = name.starts_with("job ");
    name != "fresh_token_refused"
        && (vendor == Vendor::Rt || !is_of_rt)
        && (vendor == Vendor::Zendesk || !is_of_zendesk)
}
