//! Schedules at random: what workers, single commands and people do to a ledger, and in which order.

use std::num::NonZeroUsize;
use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use ticket_core::provider::{Limit, Quota};
use ticket_core::{Effect, Error, ErrorKind, Operation, Outcome};

use crate::model::{Ended, Step};

/// How many jobs and accounts there are.
pub(super) const JOBS: usize = 2;
pub(super) const ACCOUNTS: [(&str, &str); 2] = [("left", "vendor/left"), ("right", "vendor/right")];

/// A schedule, and what is there when it begins.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    /// Which [`limits`] each account has.
    pub(super) limits: Vec<usize>,
    /// How many tickets are claimed at once.
    pub(super) chunk: usize,
    /// The tickets of each job: the index of the account, and the id.
    pub(super) jobs: Vec<Vec<(usize, u8)>>,
    /// What is planned for each job; nothing for those beyond.
    pub(super) plans: Vec<Plan>,
    pub(super) steps: Vec<Act>,
}

/// What is planned for a job.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    pub(super) awaits_confirmation: bool,
    pub(super) canary: Option<u64>,
    /// Which tickets are seen.
    pub(super) seen: u8,
}

/// One step. Workers, tickets and calls are chosen by numbers, modulo how many there are.
#[derive(Clone, Debug)]
pub(super) enum Act {
    Begin(usize),
    Beat(usize),
    Finish(usize),
    Claim(usize, usize),
    PutBack(usize, usize, u64),
    Settle {
        worker: usize,
        tickets: u8,
        stray: Option<u64>,
        outcome: usize,
    },
    Take(Take),
    End(usize, usize),
    Close(usize, u64),
    Suspend(usize, Option<u64>),
    Resume(usize),
    Steer(usize, usize),
    Prioritize(usize, i16),
    /// Milliseconds pass.
    Wait(u64),
    /// The wait passes that the ledger told last, but so many milliseconds.
    WaitAsTold(u64),
    Prune,
    Plan(PlanAct),
}

/// One step that belongs to a plan.
#[derive(Clone, Debug)]
pub(super) enum PlanAct {
    Confirm(usize),
    Release(usize),
    Cancel(usize),
    /// Tells how tickets were seen, which is too late.
    See(usize),
    Archive {
        worker: usize,
        tickets: u8,
        stray: Option<u64>,
    },
}

/// A call that is to be sent.
#[derive(Clone, Debug)]
pub(super) struct Take {
    /// `None`: a single command.
    pub(super) worker: Option<usize>,
    pub(super) account: usize,
    pub(super) operation: usize,
    pub(super) requests: usize,
    pub(super) tickets: u8,
    pub(super) longest: u64,
    /// Whether the vendor counts it as late as it can.
    pub(super) late: bool,
}

pub(super) fn schedule() -> impl Strategy<Value = Schedule> {
    let tickets = || vec((0..ACCOUNTS.len(), 0..5_u8), 1..8);
    (
        vec(0..LIMITS, ACCOUNTS.len()),
        1..4_usize,
        vec(tickets(), JOBS),
        // Most schedules begin with workers.
        prop_oneof![4 => Just(JOBS), 1 => Just(0)],
        vec(act(), 1..60),
    )
        .prop_map(|(limits, chunk, jobs, workers, steps)| Schedule {
            limits,
            chunk,
            jobs,
            plans: Vec::new(),
            steps: (0..workers).map(Act::Begin).chain(steps).collect(),
        })
}

/// A schedule whose jobs have plans. What belongs to these is drawn last.
pub(super) fn planned() -> impl Strategy<Value = Schedule> {
    let canary = prop::option::weighted(0.6, 0..5_u64);
    let plan = (prop::bool::weighted(0.4), canary, any::<u8>());
    let plan = plan.prop_map(|(awaits_confirmation, canary, seen)| Plan {
        awaits_confirmation,
        canary,
        seen,
    });
    let more = vec((any::<prop::sample::Index>(), planned_act()), 4..30);
    (schedule(), vec(plan, JOBS), more).prop_map(|(schedule, plans, more)| {
        let mut steps = schedule.steps;
        for (place, act) in more {
            steps.insert(place.index(steps.len() + 1), act);
        }
        Schedule {
            plans,
            steps,
            ..schedule
        }
    })
}

fn planned_act() -> impl Strategy<Value = Act> {
    let number = || 0..64_usize;
    let archive = (number(), any::<u8>(), prop::option::weighted(0.2, 0..8_u64));
    let archive = archive.prop_map(|(worker, tickets, stray)| {
        Act::Plan(PlanAct::Archive {
            worker,
            tickets,
            stray,
        })
    });
    prop_oneof![
        4 => (0..JOBS).prop_map(|job| Act::Plan(PlanAct::Confirm(job))),
        3 => (0..JOBS).prop_map(Act::Begin),
        3 => (number(), 0..ACCOUNTS.len()).prop_map(|(worker, account)| Act::Claim(worker, account)),
        2 => (0..JOBS).prop_map(|job| Act::Plan(PlanAct::Release(job))),
        4 => archive,
        1 => (0..JOBS).prop_map(|job| Act::Plan(PlanAct::See(job))),
        1 => (0..JOBS).prop_map(|job| Act::Plan(PlanAct::Cancel(job))),
        3 => (0..JOBS, -1..2_i16).prop_map(|(job, priority)| Act::Prioritize(job, priority)),
    ]
}

fn act() -> impl Strategy<Value = Act> {
    let account = || 0..ACCOUNTS.len();
    let number = || 0..64_usize;
    let wait = prop_oneof![
        4 => prop_oneof![Just(1), Just(500), Just(1000), Just(3000), Just(5000), Just(10_000)],
        2 => 1..6000_u64,
        1 => prop_oneof![Just(13_000), Just(29_999), Just(30_000), Just(63_000)],
    ];
    let take = (
        prop::option::weighted(0.8, number()),
        account(),
        0..OPERATIONS.len(),
        1..3_usize,
        any::<u8>(),
        prop_oneof![Just(1), Just(10), Just(40)],
        any::<bool>(),
    );
    let take = take.prop_map(
        |(worker, account, operation, requests, tickets, longest, late)| {
            Act::Take(Take {
                worker,
                account,
                operation,
                requests,
                tickets,
                longest,
                late,
            })
        },
    );
    let settle = (
        number(),
        any::<u8>(),
        prop::option::weighted(0.1, 0..8_u64),
        number(),
    );
    let settle = settle.prop_map(|(worker, tickets, stray, outcome)| Act::Settle {
        worker,
        tickets,
        stray,
        outcome,
    });
    let seconds = || 0..20_u64;
    prop_oneof![
        9 => (0..JOBS).prop_map(Act::Begin),
        6 => number().prop_map(Act::Beat),
        1 => number().prop_map(Act::Finish),
        10 => (number(), account()).prop_map(|(worker, account)| Act::Claim(worker, account)),
        2 => (number(), account(), seconds()).prop_map(|(worker, account, wait)| Act::PutBack(worker, account, wait)),
        5 => settle,
        12 => take,
        7 => (number(), 0..ENDS.len()).prop_map(|(call, end)| Act::End(call, end)),
        1 => (account(), seconds()).prop_map(|(account, wait)| Act::Close(account, wait)),
        1 => (account(), prop::option::of(seconds())).prop_map(|(account, wait)| Act::Suspend(account, wait)),
        1 => account().prop_map(Act::Resume),
        3 => (0..JOBS, 0..STEPS.len()).prop_map(|(job, step)| Act::Steer(job, step)),
        9 => wait.prop_map(Act::Wait),
        4 => (0..2_u64).prop_map(Act::WaitAsTold),
        1 => Just(Act::Prune),
    ]
}

/// What the steps choose from.
pub(super) const OPERATIONS: [Operation; 3] =
    [Operation::Delete, Operation::Delete, Operation::Get];
pub(super) const STEPS: [Step; 4] = [Step::Pause, Step::Resume, Step::Resume, Step::Cancel];
pub(super) const ENDS: [Ended; 5] = [
    Ended::Answered,
    Ended::Answered,
    Ended::Failed {
        kind: ErrorKind::RateLimited,
        effect: Effect::None,
        status: Some(429),
    },
    Ended::Failed {
        kind: ErrorKind::Timeout,
        effect: Effect::Unknown,
        status: None,
    },
    Ended::Unsent,
];

pub(super) fn outcome(number: usize) -> Outcome {
    let error = |kind| Error::new(kind, "as the vendor says");
    match number % 4 {
        0 => Outcome::Done,
        1 => Outcome::AlreadyDone,
        2 => Outcome::Failed(error(ErrorKind::Conflict)),
        _ => Outcome::Unknown(error(ErrorKind::Timeout)),
    }
}

const LIMITS: usize = 5;

/// The limits that an account may have.
pub(super) fn limits(choice: usize) -> Vec<Limit> {
    let quota = |calls, seconds| Quota::new(calls, Duration::from_secs(seconds));
    let at_once = |more| NonZeroUsize::MIN.saturating_add(more);
    match choice % LIMITS {
        0 => vec![Limit::new().window(quota(2, 5))],
        1 => vec![
            Limit::new().window(quota(3, 10)).window(quota(1, 1)),
            Limit::of([Operation::Get]).window(quota(1, 3)),
        ],
        2 => vec![Limit::new().window(quota(4, 20)).max_concurrent(at_once(1))],
        3 => vec![
            Limit::of([Operation::Delete]).max_concurrent(at_once(0)),
            Limit::new().max_concurrent(at_once(1)).window(quota(5, 60)),
        ],
        _ => Vec::new(),
    }
}
