//! How tickets get their outcomes, and jobs their end.

use std::collections::BTreeMap;

use ticket_core::Outcome;

use super::values::{Result, conflict, json};
use super::work::Working;
use super::writer::Write;
use crate::model::{JobState, WorkerId};

impl Write<'_> {
    pub(super) fn settle(&self, worker: WorkerId, outcomes: &[(u64, Outcome)]) -> Result<()> {
        let Working { job, state } = self.working(worker)?;
        let mut claims = self.all(
            "SELECT account, first_seq, last_seq, open FROM claim INDEXED BY claim_worker
                WHERE job = ?1 AND worker = ?2",
            (job, worker.0),
            |row| {
                Ok(Held {
                    account: row.get(0)?,
                    first: row.get(1)?,
                    last: row.get(2)?,
                    open: row.get(3)?,
                    settled: 0,
                })
            },
        )?;
        let mut counts = BTreeMap::<(i64, &str), i64>::new();
        let mut update = self.connection.prepare_cached(
            "UPDATE ticket SET outcome = ?4, error = ?5, decided_at = ?6
                WHERE job = ?1 AND seq = ?2 AND account = ?3 AND outcome IS NULL",
        )?;
        for (seq, outcome) in outcomes {
            let seq = seq.cast_signed();
            let error = outcome.error().map(json).transpose()?;
            let mut is_settled = false;
            for claim in claims.iter_mut().filter(|claim| claim.covers(seq)) {
                let (account, word) = (claim.account, outcome.as_str());
                if update.execute((job, seq, account, word, &error, self.now))? > 0 {
                    claim.settled += 1;
                    *counts.entry((account, word)).or_default() += 1;
                    is_settled = true;
                    break;
                }
            }
            if !is_settled {
                self.has_outcome(job, seq)?;
            }
        }
        let seqs = || outcomes.iter().map(|(seq, _)| seq.cast_signed());
        self.execute(
            "DELETE FROM doubt WHERE job = ?1 AND seq BETWEEN ?2 AND ?3
                AND EXISTS (SELECT 1 FROM ticket WHERE ticket.job = doubt.job
                    AND ticket.seq = doubt.seq AND outcome IS NOT NULL)",
            (job, seqs().min(), seqs().max()),
        )?;
        for claim in claims.iter().filter(|claim| claim.settled > 0) {
            let place = (job, claim.account, claim.first);
            if claim.open > claim.settled {
                let sql = "UPDATE claim SET open = open - ?4
                    WHERE job = ?1 AND account = ?2 AND first_seq = ?3";
                self.execute(sql, (place.0, place.1, place.2, claim.settled))?;
            } else {
                let sql = "DELETE FROM claim WHERE job = ?1 AND account = ?2 AND first_seq = ?3";
                self.execute(sql, place)?;
            }
        }
        for ((account, outcome), n) in counts {
            self.count(job, account, outcome, n)?;
        }
        match state {
            JobState::Cancelling => self.leave_undone(job),
            _ => self.complete(job),
        }
    }

    /// Fails if the ticket at this place is open: the worker does not have it.
    fn has_outcome(&self, job: i64, seq: i64) -> Result<()> {
        let sql = "SELECT 1 FROM ticket WHERE job = ?1 AND seq = ?2 AND outcome IS NOT NULL";
        match self.first(sql, (job, seq), |_| Ok(()))? {
            Some(()) => Ok(()),
            None => Err(conflict(format!(
                "this worker does not have the ticket at place {seq}"
            ))),
        }
    }

    /// Adds to the number of tickets that have an outcome.
    fn count(&self, job: i64, account: i64, outcome: &str, n: i64) -> Result<()> {
        self.execute(
            "INSERT INTO count VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT DO UPDATE SET n = n + excluded.n",
            (job, account, outcome, n),
        )?;
        Ok(())
    }

    /// Ends a job none of whose tickets is open.
    fn complete(&self, job: i64) -> Result<()> {
        self.execute(
            "UPDATE job SET state = iif(state = 'cancelling', 'cancelled', 'completed')
                WHERE number = ?1 AND state IN ('ready', 'paused', 'cancelling')
                    AND tickets = (SELECT coalesce(sum(n), 0) FROM count WHERE job = ?1)",
            [job],
        )?;
        Ok(())
    }

    /// Gives the tickets of a job that is being cancelled their outcome, unless they are in doubt or a worker has them that is
    /// not lost.
    pub(super) fn leave_undone(&self, job: i64) -> Result<()> {
        let sql = "SELECT 1 FROM job WHERE number = ?1 AND state = 'cancelling'";
        if self.first(sql, [job], |_| Ok(()))?.is_none() {
            return Ok(());
        }
        self.free_lost(job, None)?;
        let ranges = self.all(
            "SELECT account, first_seq, last_seq, 1 FROM claim WHERE job = ?1 AND worker IS NULL
                UNION ALL
                SELECT number, next_seq, last_seq, 0 FROM job_account
                WHERE job = ?1 AND next_seq <= last_seq",
            [job],
            |row| {
                let is_claim: bool = row.get(3)?;
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, is_claim))
            },
        )?;
        for (account, first, last, is_claim) in ranges {
            let (account, first, last): (i64, i64, i64) = (account, first, last);
            let undone = self.execute(
                "UPDATE ticket SET outcome = 'unattempted', decided_at = ?5
                    WHERE job = ?1 AND seq BETWEEN ?3 AND ?4 AND account = ?2 AND outcome IS NULL
                        AND NOT EXISTS (SELECT 1 FROM doubt
                            WHERE doubt.job = ticket.job AND doubt.seq = ticket.seq)",
                (job, account, first, last, self.now),
            )?;
            let undone = i64::try_from(undone).unwrap_or(i64::MAX);
            if undone > 0 {
                self.count(job, account, "unattempted", undone)?;
            }
            if is_claim {
                self.execute(
                    "UPDATE claim SET open = open - ?4
                        WHERE job = ?1 AND account = ?2 AND first_seq = ?3",
                    (job, account, first, undone),
                )?;
            } else {
                // What is still open here is in doubt.
                self.execute(
                    "UPDATE job_account SET next_seq = coalesce(
                            (SELECT min(doubt.seq) FROM doubt JOIN ticket USING (job, seq)
                                WHERE job = ?1 AND account = ?2 AND seq BETWEEN ?3 AND ?4
                                    AND outcome IS NULL),
                            last_seq + 1)
                        WHERE job = ?1 AND number = ?2",
                    (job, account, first, last),
                )?;
            }
        }
        self.execute("DELETE FROM claim WHERE job = ?1 AND open <= 0", [job])?;
        self.complete(job)
    }
}

/// What a worker has.
struct Held {
    account: i64,
    first: i64,
    last: i64,
    open: i64,
    settled: i64,
}

impl Held {
    const fn covers(&self, seq: i64) -> bool {
        self.first <= seq && seq <= self.last
    }
}
