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
