//! Which jobs go first, and what is offered to workers.

use super::read::Read;
use super::values::{Result, json, span};
use super::writer::Write;
use crate::ledger::LOST_AFTER;
use crate::model::Offer;

/// Whether the account `at` of a job `of` has open tickets that nobody had yet and that are not held back. Of a job that is
/// cancelling, only those in doubt are open.
const UNTOUCHED: &str = "(at.next_seq <= at.last_seq AND CASE
        WHEN of.state = 'cancelling' THEN EXISTS (SELECT 1 FROM doubt JOIN ticket USING (job, seq)
            WHERE job = at.job AND seq BETWEEN at.next_seq AND at.last_seq
                AND ticket.account = at.number AND outcome IS NULL)
        WHEN of.held_from IS NULL OR of.held_from > at.last_seq THEN 1
        ELSE EXISTS (SELECT 1 FROM ticket WHERE ticket.job = at.job
            AND seq BETWEEN at.next_seq AND of.held_from - 1 AND ticket.account = at.number) END)";

impl Write<'_> {
    /// Whether a job of a higher priority goes first at the accounts with this key.
    pub(super) fn is_outranked(&self, job: i64, key: &str) -> Result<bool> {
        let sql = format!(
            "SELECT worker.process FROM job of INDEXED BY job_working
                CROSS JOIN job_account at ON at.job = of.number
                CROSS JOIN worker ON worker.job = of.number
                WHERE of.state = 'ready'
                    AND of.priority > (SELECT priority FROM job WHERE number = ?1)
                    AND at.key = ?2 AND worker.ended_at IS NULL AND worker.beat_at > ?3
                    AND EXISTS (SELECT 1 FROM json_each(worker.accounts) WHERE value = at.number)
                    AND ({UNTOUCHED} OR EXISTS (SELECT 1 FROM claim
                        WHERE claim.job = at.job AND claim.account = at.number
                            AND (worker IS NOT NULL OR not_before <= ?4)))"
        );
        let lost_before = self.now.saturating_sub(span(LOST_AFTER));
        let processes = self.all(&sql, (job, key, lost_before, self.now), |row| {
            row.get::<_, String>(0)
        })?;
        let mut processes = processes.iter();
        Ok(processes.any(|process| !self.process.is_gone(process)))
    }
}

impl Read<'_> {
    pub(super) fn offers(&self, accounts: &[String], limit: usize) -> Result<Vec<Offer>> {
        let workers = self.all(
            "SELECT worker.id, beat_at, process FROM job INDEXED BY job_working
                CROSS JOIN worker ON worker.job = job.number
                WHERE job.state IN ('ready', 'cancelling') AND ended_at IS NULL",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get::<_, String>(2)?)),
        )?;
        let alive = workers
            .into_iter()
            .filter(|(_, beat_at, process)| !self.is_lost(*beat_at, process));
        let alive: Vec<_> = alive.map(|(worker, ..)| worker).collect();
        let sql = format!(
            "WITH alive AS MATERIALIZED (SELECT value AS worker FROM json_each(?1)),
                first AS MATERIALIZED (
                    SELECT at.key, max(of.priority) AS priority
                        FROM (SELECT DISTINCT job, value AS account
                            FROM worker CROSS JOIN json_each(worker.accounts) WHERE worker.id IN alive) worked
                        CROSS JOIN job of ON of.number = worked.job
                        CROSS JOIN job_account at ON at.job = of.number AND at.number = worked.account
                        WHERE of.state = 'ready' AND ({UNTOUCHED} OR EXISTS (SELECT 1 FROM claim
                            WHERE claim.job = at.job AND claim.account = at.number
                                AND (worker IS NOT NULL OR not_before <= ?3)))
                        GROUP BY at.key)
                SELECT of.id, at.name, of.priority,
                        (SELECT count(DISTINCT worker) FROM claim
                            WHERE claim.job = at.job AND claim.account = at.number
                                AND worker IN alive) AS workers
                    FROM job of INDEXED BY job_working
                    CROSS JOIN job_account at ON at.job = of.number
                    LEFT JOIN account ON account.key = at.key
                    LEFT JOIN first ON first.key = at.key
                    WHERE of.state IN ('ready', 'cancelling')
                        AND +at.name IN (SELECT value FROM json_each(?2))
                        AND (suspended_because IS NULL OR suspended_until <= ?3)
                        AND ifnull(first.priority <= of.priority, 1)
                        AND ({UNTOUCHED} OR EXISTS (SELECT 1 FROM claim
                            WHERE claim.job = at.job AND claim.account = at.number
                                AND iif(worker IS NULL, not_before <= ?3, worker NOT IN alive)))
                    ORDER BY of.priority DESC, workers, of.number, at.number LIMIT ?4"
        );
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let params = (json(&alive)?, json(&accounts)?, self.now, limit);
        let rows = self.all(&sql, params, |row| {
            Ok((row.get::<_, String>(0)?, row.get(1)?, row.get(2)?))
        })?;
        let offer = |(job, account, priority): (String, String, i16)| {
            let job = job.parse()?;
            Ok(Offer {
                job,
                account,
                priority,
            })
        };
        rows.into_iter().map(offer).collect()
    }
}
