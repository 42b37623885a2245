//! What is offered to workers.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::Replay;
use crate::model::JobState;
use crate::suite::bench::{CaseResult, same, wrong};
use crate::suite::schedule::ACCOUNTS;

/// How a pair of a job and an account may be offered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Offered {
    Never,
    /// Of a job that is cancelling, what is not in doubt may be offered until somebody sees it.
    Maybe,
    Always,
}

impl Replay<'_> {
    pub(super) async fn compare_offers(&mut self) -> CaseResult {
        let ledger = &self.bench.ledger;
        let names = ACCOUNTS.map(|(name, _)| name.to_owned());
        let offers = ledger.offers(&names, 100).await?;
        let mut told = Vec::new();
        for offer in &offers {
            let job = self.jobs.iter().position(|job| *job == offer.job);
            let account = names.iter().position(|name| *name == offer.account);
            let (Some(job), Some(account)) = (job, account) else {
                return wrong("an offer", "a job and an account", offer);
            };
            told.push((job, account));
        }
        self.seen.offers += offers.iter().map(|_| 1).sum::<u64>();
        for job in 0..self.jobs.len() {
            for account in 0..ACCOUNTS.len() {
                let times = told.iter().filter(|pair| **pair == (job, account)).count();
                let expected = self.offered(job, account);
                let is_right = match expected {
                    Offered::Never => times == 0,
                    Offered::Maybe => times <= 1,
                    Offered::Always => times == 1,
                };
                if !is_right {
                    let what = format!("how often job {job} is offered at account {account}");
                    return wrong(what, expected, times);
                }
            }
        }
        let urgency = |(job, account): &(usize, usize)| {
            let held = self.model.within_reach(*job, *account);
            let holders = held.filter_map(|ticket| self.model.holder(*job, ticket).0);
            let workers = holders.collect::<BTreeSet<_>>().len();
            (Reverse(self.model.priority(*job)), workers, *job)
        };
        if !told.is_sorted_by_key(urgency) {
            let urgencies: Vec<_> = told.iter().map(urgency).collect();
            return wrong("the order of offers", "the most urgent first", urgencies);
        }
        if offers.len() < 2 {
            return Ok(());
        }
        let first = ledger.offers(&names, 1).await?;
        let expected = offers.into_iter().take(1).collect();
        same("the first offer", first, expected)
    }

    fn offered(&self, job: usize, account: usize) -> Offered {
        let model = &self.model;
        let state = model.state(job);
        let works = matches!(state, JobState::Ready | JobState::Cancelling);
        if !works
            || model.is_pruned(job)
            || model.is_suspended(account)
            || model.is_outranked(job, account)
        {
            return Offered::Never;
        }
        let tickets = model.within_reach(job, account);
        let free: Vec<_> = tickets
            .filter(|ticket| model.is_free(job, ticket))
            .collect();
        let in_doubt = |ticket: &&super::Ticket| model.in_doubt(job, ticket).is_some();
        if free.is_empty() {
            Offered::Never
        } else if state == JobState::Ready || free.iter().any(in_doubt) {
            Offered::Always
        } else {
            Offered::Maybe
        }
    }
}
