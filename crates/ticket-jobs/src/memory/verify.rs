//! Recounts a job from its rows.

use std::collections::{BTreeMap, BTreeSet};

use ticket_core::Outcome;

use super::rows::{Calls, JobRow};
use super::state::State;
use crate::model::{CallId, JobId, JobState};

impl State {
    pub(super) fn contradictions(&self, id: &JobId) -> ticket_core::Result<Vec<String>> {
        let job = self.job(id)?;
        let mut found = Vec::new();
        job.check_tickets(&self.calls, &mut found);
        job.check_state(&mut found);
        let has_workers = self.workers.values().any(|worker| worker.job == *id);
        if job.state == JobState::AwaitingConfirmation && has_workers {
            found.push("the job awaits confirmation, but has a worker".to_owned());
        }
        Ok(found)
    }
}

impl JobRow {
    fn check_tickets(&self, calls: &Calls, found: &mut Vec<String>) {
        let open = self.tickets.iter().filter(|row| row.1.outcome.is_none());
        let open: BTreeSet<_> = open.map(|(seq, _)| *seq).collect();
        if open != self.open().collect() {
            found.push("the open tickets are not those without an outcome".to_owned());
        }
        let state = self.state;
        if state.is_over() && !open.is_empty() {
            let open = open.len();
            found.push(format!("the job is {state}, but {open} tickets are open"));
        }
        if !state.is_over() && state != JobState::Loading && open.is_empty() {
            found.push(format!("the job is {state}, but no ticket is open"));
        }
        let named = self.named(calls);
        for (seq, ticket) in &self.tickets {
            let name = &ticket.account;
            if state != JobState::Loading && self.account(name).is_none() {
                found.push(format!(
                    "ticket {seq} is of {name}, which the job does not have"
                ));
            }
            if ticket.looked_again.is_some() && !ticket.is_decided() {
                found.push(format!("ticket {seq} was looked at again, but is open"));
            }
            let is_of_an_erasure = ticket.looked_again.is_some() || !ticket.people.is_empty();
            if is_of_an_erasure && self.erasure.is_none() {
                found.push(format!(
                    "ticket {seq} is of an erasure, which the job is not"
                ));
            }
            let by = named.get(seq).map_or(&[][..], Vec::as_slice);
            if ticket.calls != by {
                let said = numbers(&ticket.calls);
                let by = numbers(by);
                found.push(format!(
                    "ticket {seq} has the calls {said}, but {by} name it"
                ));
            }
        }
        for (seq, of) in &self.repeated {
            if of >= seq || !self.tickets.contains_key(of) {
                found.push(format!(
                    "ticket {seq} repeats {of}, which is no earlier ticket"
                ));
            }
        }
    }

    /// The calls that name each ticket.
    fn named(&self, calls: &Calls) -> BTreeMap<u64, Vec<CallId>> {
        let mut named = BTreeMap::<u64, Vec<CallId>>::new();
        for (id, call) in calls.iter().filter(|(_, call)| call.is_of(&self.id)) {
            let account = call.work.as_ref().map(|work| work.account.as_str());
            let place = |ticket| self.place(account?, ticket);
            for seq in call.tickets.iter().filter_map(place) {
                let by = named.entry(seq).or_default();
                if by.last() != Some(id) {
                    by.push(*id);
                }
            }
        }
        named
    }

    /// Whether its state is possible with its confirmation and its canary.
    fn check_state(&self, found: &mut Vec<String>) {
        let state = self.state;
        let outcomes = || {
            self.tickets
                .values()
                .filter_map(|ticket| ticket.outcome.as_ref())
        };
        let is_attempted = |outcome: &Outcome| !matches!(outcome, Outcome::Unattempted(_));
        if state == JobState::AwaitingConfirmation && outcomes().next().is_some() {
            found.push("the job awaits confirmation, but has outcomes".to_owned());
        }
        let waits = matches!(state, JobState::Loading | JobState::AwaitingConfirmation);
        if self.confirmed.is_some() && (waits || !self.awaits_confirmation) {
            found.push(format!("the job is {state}, but is confirmed"));
        }
        let is_worked_on = matches!(state, JobState::Ready | JobState::Paused)
            || outcomes().any(|(outcome, _)| is_attempted(outcome));
        if self.awaits_confirmation && self.confirmed.is_none() && !waits && is_worked_on {
            found.push(format!("the job is {state}, but nobody confirmed it"));
        }
        let Some(held_from) = self.held_from else {
            return;
        };
        let may_hold = matches!(
            state,
            JobState::AwaitingConfirmation | JobState::Ready | JobState::Paused
        );
        if !may_hold || !self.tickets.contains_key(&held_from) {
            found.push(format!(
                "the job is {state} and holds back tickets from {held_from} on"
            ));
        }
        for (seq, ticket) in self.tickets.range(held_from..) {
            if ticket.outcome.is_some() || ticket.claimed_by.is_some() {
                found.push(format!("ticket {seq} is held back, but was claimed"));
            }
        }
    }
}

fn numbers(calls: &[CallId]) -> String {
    let numbers: Vec<_> = calls.iter().map(|call| call.0.to_string()).collect();
    format!("[{}]", numbers.join(", "))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use jiff::Timestamp;
    use ticket_core::{Change, Operation};

    use super::*;
    use crate::ledger::Ledger as _;
    use crate::memory::MemoryLedger;
    use crate::model::{
        Again, Confirmed, Erasure, Guards, JobAccount, Listed, LookedAgain, NewCall, NewJob,
        PersonHash, Work, WorkerId,
    };

    /// What `verify` says after this damage. The job awaits confirmation, and has the tickets 0 and 1, a repetition and the
    /// ticket 3, which waits for the canary.
    async fn damaged_plan(damage: impl FnOnce(&mut State, &JobId)) -> Vec<String> {
        let ledger = MemoryLedger::new();
        let guards = Guards {
            canary: Some(2),
            ..Guards::default()
        };
        let new = NewJob::new(Change::Delete).guards(guards);
        let job = ledger.create(new.awaiting_confirmation()).await.unwrap();
        let ticket = |(seq, id): (u64, &str)| Listed {
            seq,
            account: "desk".to_owned(),
            id: id.into(),
            version: None,
            people: Vec::new(),
        };
        let tickets = [(0, "1"), (1, "2"), (2, "1"), (3, "3")].map(ticket);
        ledger.add(&job, tickets.to_vec()).await.unwrap();
        let accounts = vec![JobAccount::new("desk", "key", 2)];
        ledger.seal(&job, accounts, None).await.unwrap();
        assert_eq!(ledger.verify(&job).await.unwrap(), Vec::<String>::new());
        damage(&mut ledger.state(), &job);
        ledger.verify(&job).await.unwrap()
    }

    /// What `verify` says after this damage. The job is confirmed, and a call named its first ticket.
    async fn damaged(damage: impl FnOnce(&mut State, &JobId)) -> Vec<String> {
        damaged_plan(|state, job| {
            let confirmed = Confirmed::new(state.now, "ada@host");
            state.confirm(job, confirmed).unwrap();
            let worker = state.begin(job).unwrap();
            state.claim(worker, "desk").unwrap();
            state.take(call(job, worker)).unwrap();
            assert_eq!(state.contradictions(job).unwrap(), Vec::<String>::new());
            damage(state, job);
        })
        .await
    }

    fn call(job: &JobId, worker: WorkerId) -> NewCall {
        NewCall {
            account: "key".to_owned(),
            limits: Vec::new(),
            operation: Operation::Delete,
            requests: 1,
            tickets: vec!["1".into()],
            longest: Duration::from_secs(1),
            work: Some(Work {
                job: job.clone(),
                worker,
                account: "desk".to_owned(),
            }),
        }
    }

    fn row<'a>(state: &'a mut State, job: &JobId) -> &'a mut JobRow {
        state.jobs.get_mut(job).unwrap()
    }

    #[tokio::test]
    async fn verify_finds_a_job_that_is_over_with_open_tickets() {
        let found = damaged(|state, job| {
            let row = row(state, job);
            (row.state, row.held_from) = (JobState::Completed, None);
        });
        let expected = ["the job is completed, but 3 tickets are open"];
        assert_eq!(found.await, expected);
    }

    #[tokio::test]
    async fn verify_finds_a_call_that_is_missing() {
        let found = damaged(|state, _| state.calls.clear());
        let expected = ["ticket 0 has the calls [1], but [] name it"];
        assert_eq!(found.await, expected);
    }

    #[tokio::test]
    async fn verify_finds_a_call_that_is_not_counted() {
        let found = damaged(|state, job| {
            let ticket = row(state, job).tickets.get_mut(&0).unwrap();
            ticket.calls.clear();
        });
        let expected = ["ticket 0 has the calls [], but [1] name it"];
        assert_eq!(found.await, expected);
    }

    #[tokio::test]
    async fn verify_finds_a_call_that_names_another_ticket() {
        let found = damaged(|state, job| {
            let ticket = row(state, job).tickets.get_mut(&1).unwrap();
            ticket.calls.push(CallId(1));
        });
        let expected = ["ticket 1 has the calls [1], but [] name it"];
        assert_eq!(found.await, expected);
    }

    #[tokio::test]
    async fn verify_finds_a_ticket_that_is_missing() {
        let found = damaged(|state, job| {
            row(state, job).tickets.remove(&0);
        });
        let expected = [
            "the open tickets are not those without an outcome",
            "ticket 2 repeats 0, which is no earlier ticket",
        ];
        assert_eq!(found.await, expected);
    }

    #[tokio::test]
    async fn verify_finds_work_on_a_job_that_awaits_confirmation() {
        let found = damaged_plan(|state, job| {
            row(state, job).decide(0, Outcome::Done, Timestamp::MIN);
        });
        let expected = ["the job awaits confirmation, but has outcomes"];
        assert_eq!(found.await, expected);
        let found = damaged(|state, job| {
            let row = row(state, job);
            (row.state, row.confirmed) = (JobState::AwaitingConfirmation, None);
        });
        let expected = ["the job awaits confirmation, but has a worker"];
        assert_eq!(found.await, expected);
    }

    #[tokio::test]
    async fn verify_finds_a_confirmation_that_is_missing_or_too_much() {
        let found = damaged(|state, job| row(state, job).confirmed = None);
        let expected = ["the job is ready, but nobody confirmed it"];
        assert_eq!(found.await, expected);
        let found = damaged(|state, job| {
            let row = row(state, job);
            row.decide(0, Outcome::Done, Timestamp::MIN);
            (row.state, row.confirmed, row.held_from) = (JobState::Cancelling, None, None);
        });
        let expected = ["the job is cancelling, but nobody confirmed it"];
        assert_eq!(found.await, expected);
        let found = damaged(|state, job| row(state, job).awaits_confirmation = false);
        assert_eq!(found.await, ["the job is ready, but is confirmed"]);
    }

    #[tokio::test]
    async fn verify_finds_an_erasure_that_is_none() {
        let found = damaged(|state, job| {
            let ticket = row(state, job).tickets.get_mut(&0).unwrap();
            ticket.people.push(PersonHash([1; 32]));
        });
        let expected = ["ticket 0 is of an erasure, which the job is not"];
        assert_eq!(found.await, expected);
        let found = damaged(|state, job| {
            let row = row(state, job);
            row.erasure = Some(Erasure::new("key", []));
            let ticket = row.tickets.get_mut(&0).unwrap();
            ticket.looked_again = Some(LookedAgain::new(Timestamp::MIN, Again::Gone));
        });
        let expected = ["ticket 0 was looked at again, but is open"];
        assert_eq!(found.await, expected);
    }

    #[tokio::test]
    async fn verify_finds_a_canary_that_is_impossible() {
        let found = damaged(|state, job| row(state, job).held_from = Some(2));
        let expected = ["the job is ready and holds back tickets from 2 on"];
        assert_eq!(found.await, expected);
        let found = damaged(|state, job| row(state, job).state = JobState::Cancelling);
        let expected = ["the job is cancelling and holds back tickets from 3 on"];
        assert_eq!(found.await, expected);
        let found = damaged(|state, job| row(state, job).held_from = Some(1));
        let expected = ["ticket 1 is held back, but was claimed"];
        assert_eq!(found.await, expected);
    }
}
