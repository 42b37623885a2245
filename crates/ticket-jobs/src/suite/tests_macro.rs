//! The list of cases, and a macro that creates one test for each.

use std::fmt;
use std::sync::Arc;

use super::{Case, Failure, random_schedules};
use crate::clock::Clock;
use crate::ledger::Ledger;

/// Creates one `#[tokio::test]` for each [case](crate::suite::CASES), with its name.
///
/// The argument is an asynchronous function from a [`Clock`] to a new `Arc<dyn Ledger>`; `schedules = N` after it is how
/// many schedules at random are run instead of 300. Needs `tokio` with the features `macros` and `rt` among the
/// dev-dependencies. See [`suite`](crate::suite).
#[macro_export]
macro_rules! ledger_tests {
    ($make:expr $(,)?) => {
        $crate::ledger_tests!($make, schedules = 300);
    };
    ($make:expr, schedules = $schedules:expr $(,)?) => {
        $crate::__ledger_cases! { __ledger_tests [$make, $schedules] }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __ledger_tests {
    ([$make:expr, $schedules:expr] $($module:ident $name:ident $promise:literal;)*) => {
        $(
            #[doc = $promise]
            #[tokio::test]
            async fn $name() -> ::core::result::Result<(), $crate::suite::__TestFailure> {
                $crate::suite::__test($make, stringify!($name)).await
            }
        )*

        /// Whatever happens in whatever order, the ledger says what the model says.
        #[test]
        fn random_schedules_agree_with_a_model()
        -> ::core::result::Result<(), $crate::suite::__TestFailure> {
            $crate::suite::__schedules($make, $schedules)
        }
    };
}

/// Turns the rows into [`CASES`](crate::suite::CASES).
#[doc(hidden)]
#[macro_export]
macro_rules! __ledger_table {
    ([] $($module:ident $name:ident $promise:literal;)*) => {
        &[$($crate::suite::Case {
            name: stringify!($name),
            promise: $promise,
            run: |bench| Box::pin($module::$name(bench)),
        }),*]
    };
}

/// Why a test failed. It is an error and not a panic, so that no backtrace hides the message.
#[doc(hidden)]
pub struct __TestFailure(String);

impl fmt::Debug for __TestFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\n{}\n", self.0)
    }
}

impl From<Failure> for __TestFailure {
    fn from(failure: Failure) -> Self {
        Self(failure.to_string())
    }
}

/// Checks the case with this name.
#[doc(hidden)]
pub async fn __test(
    make: impl AsyncFn(Clock) -> Arc<dyn Ledger>,
    name: &str,
) -> Result<(), __TestFailure> {
    match Case::named(name) {
        Some(case) => Ok(case.check(make).await?),
        None => Err(__TestFailure(format!("there is no case `{name}`"))),
    }
}

/// Runs as many schedules as `TICKET_JOBS_SCHEDULES` says, or `usual`, from the seed `TICKET_JOBS_SEED`.
#[doc(hidden)]
#[expect(clippy::print_stderr, reason = "so a test says what it did")]
pub fn __schedules(
    make: impl AsyncFn(Clock) -> Arc<dyn Ledger>,
    usual: u32,
) -> Result<(), __TestFailure> {
    fn number<T: std::str::FromStr>(name: &str, usual: T) -> Result<T, __TestFailure> {
        match std::env::var(name) {
            Ok(text) => text
                .parse()
                .map_err(|_| __TestFailure(format!("{name} is no number: {text}"))),
            Err(_) => Ok(usual),
        }
    }
    let schedules = number("TICKET_JOBS_SCHEDULES", usual)?;
    let seed = number("TICKET_JOBS_SEED", 1)?;
    let figures = random_schedules(make, schedules, seed)?;
    eprintln!("seed {seed}: {figures}");
    Ok(())
}

/// The rows: module, name, promise. [`CASES`](crate::suite::CASES) and the tests are generated from this list.
#[doc(hidden)]
#[macro_export]
macro_rules! __ledger_cases {
    ($then:ident $start:tt) => { $crate::$then! { $start
        jobs job_is_loading_until_it_is_sealed
            "a job is loading until it is sealed; then its list is complete";
        jobs closed_list_tells_repetitions_apart
            "a list that is closed tells tickets from repetitions, and nothing is added to it";
        jobs job_without_tickets_is_completed
            "a job without tickets is completed when it is sealed";
        jobs discarded_job_is_gone
            "a job that is loading can be discarded";
        jobs unknown_job_is_not_found
            "an unknown job is `NotFound`";
        jobs repeated_tickets_are_one_ticket
            "a ticket that is named again is one ticket, and each mention has its outcome";
        jobs job_keeps_what_it_was_created_with
            "a job, its accounts, ids and versions are read back as they were written";
        jobs jobs_are_listed_newest_first
            "jobs are listed the newest first";
        jobs lists_are_read_in_pages
            "tickets are read in pages, each once and in the order of the list";
        jobs steps_change_the_state
            "pause, resume and cancel lead to the documented states, or are a `Conflict` that changes nothing";
        jobs paused_job_makes_no_new_call
            "a paused job makes no new call, and what is in flight ends";
        jobs last_outcome_completes_the_job
            "a job is completed with the last outcome and not before";

        workers lowest_places_are_claimed_first
            "tickets are claimed in the order of the list, at most a chunk at once";
        workers claims_are_exclusive
            "no ticket is claimed by two workers";
        workers claims_are_of_one_account
            "a claim is about one account";
        workers ticket_gets_one_outcome
            "the first outcome of a ticket stays";
        workers outcomes_are_read_back
            "outcomes are read back as they were written";
        workers worker_settles_only_what_it_has
            "a worker settles only tickets that it has claimed";
        workers finished_worker_has_nothing
            "what a worker had is free once it has finished, and it can do nothing more";
        workers worker_that_beats_is_not_lost
            "a worker that tells that it is alive keeps what it has";
        workers worker_without_beats_is_lost
            "a worker that misses its beats is lost at the documented time: it can neither take nor settle, and what it had is free";
        later put_back_tickets_wait
            "tickets that were put back are free after the wait and not before";
        later put_back_tickets_are_out_of_reach
            "a worker cannot settle what it has put back";
        later put_back_tickets_tell_since_when
            "a claim tells how often tickets were put back to be tried later, and since when; what is given back at once does not count";
        later suspended_account_gives_no_tickets
            "a suspended account gives no tickets until it resumes; it still gives slots";
        later resumed_job_resumes_its_accounts
            "a job that is resumed resumes its accounts";
        priority jobs_of_higher_priority_go_first
            "nothing is claimed of a job while one of higher priority has tickets to work on at an account of the same key";
        priority jobs_that_nobody_works_on_hold_nobody_up
            "a job without a worker that is not lost and has the account, a paused one and one whose tickets wait hold nobody up";
        priority priority_can_be_changed
            "the priority of a job is read back, and can be changed";
        priority offers_are_what_can_be_claimed
            "the pairs of jobs and accounts are offered of which a worker could claim tickets now, and no others";
        priority most_urgent_offers_come_first
            "offers are told by priority, then by how many workers have tickets of them, then the oldest job first";

        workers dropped_settle_is_whole_or_nothing
            "a method whose future is dropped happens as a whole or not at all";

        doubt unsent_tickets_are_not_in_doubt
            "tickets about which nothing was sent are not in doubt";
        doubt sent_tickets_are_in_doubt
            "tickets are in doubt exactly if a write that names them has no end that is certainly without an effect";
        doubt calls_that_were_lost_are_told
            "a claim tells how many calls about a ticket were lost with their workers";
        doubt doubt_tells_how_long_the_call_may_act
            "a claim tells how long the call in doubt may still act";
        doubt reads_leave_no_doubt
            "a read leaves no doubt";
        doubt doubt_is_about_the_same_ticket
            "a call leaves no doubt about the same id of another account or job";
        doubt late_end_without_effect_ends_the_doubt
            "a late end without an effect ends the doubt";
        doubt accepted_calls_are_told_with_their_job
            "tickets of calls that the vendor only accepted are told with the vendor's job";
        doubt call_ends_once
            "the first end of a call stays";
        doubt each_call_leaves_its_own_doubt
            "a refused call does not end the doubt that an earlier one left";
        doubt doubt_stays_until_the_outcome
            "what is in doubt stays so until it has an outcome";

        quota slot_is_free_one_window_after_the_end
            "a slot is free one window after its call has ended, to the millisecond";
        quota call_in_flight_holds_its_slot
            "a call that has not ended holds its slot";
        quota dead_call_holds_its_slot_until_it_expires
            "a call whose process is gone holds its slot until one window after it expires";
        quota each_request_takes_a_slot
            "a call of several requests takes as many slots, or none";
        quota all_windows_hold_at_once
            "all windows hold at once";
        quota limit_counts_only_its_operations
            "a limit of some operations counts only these";
        quota used_slots_are_told
            "how many requests count in a window of a limit is told";
        quota calls_at_once_are_limited
            "so many calls are in flight at once, and each until it ends or expires";
        quota unsent_call_counts_nowhere
            "a call that was not sent counts nowhere";
        quota closed_account_gives_no_slots
            "a closed account gives no slots; a shorter pause does not end a longer one";
        quota accounts_have_their_own_slots
            "accounts have their own slots";
        quota all_calls_share_the_slots
            "calls of jobs and single commands share the slots of an account";
        quota calls_that_ask_at_once_keep_the_limits
            "calls that ask at the same time keep the limits";
        quota refused_call_is_not_recorded
            "a call without a slot is not recorded";
        quota long_windows_are_kept
            "a window of a day is kept";

        cancel cancelled_job_leaves_the_rest_unattempted
            "a cancelled job leaves open tickets unattempted";
        cancel cancelling_waits_for_claimed_tickets
            "a job is cancelling while a worker has tickets, and makes no write";
        cancel cancelling_job_gives_only_what_is_in_doubt
            "of a job that is being cancelled only tickets in doubt can be claimed, and looked at";
        cancel cancelling_goes_on_after_a_loss
            "a job whose worker is lost while it is being cancelled is cancelled by the next one";
        cancel cancelled_job_keeps_its_outcomes
            "the outcomes of a cancelled job stay";

        plan unconfirmed_job_cannot_be_worked_on
            "nobody can work on a job that awaits confirmation";
        plan confirmed_job_is_ready
            "a job that awaits confirmation is ready once it is confirmed; no other job can be confirmed, and none again";
        plan unconfirmed_job_can_be_cancelled
            "a job that awaits confirmation can be cancelled, and nothing of it is attempted";
        plan job_is_read_back_as_planned
            "guards, digest, the time of sealing and what is known of accounts are read back as they were written";
        plan tickets_are_read_back_as_seen
            "how tickets were seen is read back and told with claims; it is recorded only while the job is loading";
        plan archived_tickets_are_told
            "tickets that are archived are told with their digests, also to the next worker";
        plan worker_archives_only_what_it_has
            "a worker archives only tickets that it has claimed, all of a call or none";
        plan calls_about_a_ticket_are_counted
            "a ticket tells how many calls of its job name it, reads included, and the last one";
        plan unsent_call_is_no_attempt
            "a call that was not sent is no attempt: the count and the last call are those without it";
        plan events_are_read_back_in_order
            "the events of a job are read back as they were noted, in that order";

        erasure erasure_is_read_back_as_planned
            "the erasure that a job is, and whose its tickets are, is read back as it was written";
        erasure second_look_is_told_with_its_ticket
            "what the look after the pause found is told with its ticket: of an erasure, of tickets with an outcome, all of a call or nothing";

        canary canary_holds_back_the_rest
            "the distinct tickets after those of the canary cannot be claimed";
        canary released_tickets_are_claimed
            "what waited for the canary is claimed after the release, and the state stays";
        canary canary_of_a_lost_worker_is_claimed_again
            "the tickets of the canary that a lost worker had are claimed again, and no others";
        canary held_account_says_so_whatever_its_state
            "an account of which only tickets are left that wait for the canary says so, also while it is suspended";
        canary cancelled_canary_leaves_the_rest_unattempted
            "cancelling ends the canary: what waited for it is left unattempted";

        rows time_is_that_of_the_clock
            "the ledger's time is that of its clock";
        rows calls_are_recorded_with_their_ends
            "calls are recorded with their tickets, times and ends";
        rows calls_are_read_in_pages
            "the calls of a job are read in pages, each once";
        rows late_ends_of_a_lost_worker_are_recorded
            "the end of a lost worker's call is recorded, and decides nothing";
        rows counts_are_those_of_the_rows
            "counts are those of the rows";
        rows verify_finds_nothing_in_any_state
            "`verify` finds nothing in a ledger that was used well";
        rows accounts_tell_what_is_in_flight
            "an account tells how many calls are in flight, and how many of them are lost";
        rows prune_removes_what_is_over
            "old jobs that are over, never sealed or never confirmed are removed, and no others";
        rows pruned_calls_keep_their_slots
            "a call that still counts keeps its slot when its job is removed";
    }};
}
