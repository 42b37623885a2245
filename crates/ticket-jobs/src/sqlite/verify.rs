//! Recounts a job from its rows.

use super::read::Read;
use super::values::{Result, state};
use crate::model::{JobId, JobState};

/// Each finds contradictions of a job; its columns fill the sentence.
const CHECKS: &[(&str, &str)] = &[
    (
        "the job says {} tickets, but has {}",
        "SELECT tickets, (SELECT count(*) FROM ticket WHERE job = ?1) AS n FROM job
            WHERE number = ?1 AND tickets <> n",
    ),
    (
        "the job says {} repetitions, but has {}",
        "SELECT repeated, (SELECT count(*) FROM repeated WHERE job = ?1) AS n FROM job
            WHERE number = ?1 AND repeated <> n",
    ),
    (
        "the account {} says {} tickets, but has {}",
        "SELECT name, tickets, (SELECT count(*) FROM ticket
                WHERE job = ?1 AND ticket.account = job_account.number) AS n
            FROM job_account WHERE job = ?1 AND tickets <> n
                AND (SELECT is_closed FROM job WHERE number = ?1)",
    ),
    (
        "the outcome {} of account {} is counted {} times, but {} tickets have it",
        "SELECT outcome, account, max(said), max(n) FROM (
                SELECT outcome, account, n AS said, 0 AS n FROM count WHERE job = ?1
                UNION ALL
                SELECT outcome, account, 0, count(*) FROM ticket
                    WHERE job = ?1 AND outcome IS NOT NULL GROUP BY outcome, account
            ) GROUP BY outcome, account HAVING max(said) <> max(n)",
    ),
    (
        "the ticket at place {} has an outcome without a time, or a time without an outcome",
        "SELECT seq FROM ticket WHERE job = ?1 AND (outcome IS NULL) <> (decided_at IS NULL)",
    ),
    (
        "the ticket at place {} is of account number {}, which the job does not have",
        "SELECT seq, account FROM ticket WHERE job = ?1 AND account NOT IN
            (SELECT number FROM job_account WHERE job = ?1)",
    ),
    (
        "place {} repeats place {}, which does not come before it or has no ticket",
        "SELECT seq, of_seq FROM repeated WHERE job = ?1 AND (of_seq >= seq
            OR NOT EXISTS (SELECT 1 FROM ticket WHERE job = ?1 AND ticket.seq = of_seq))",
    ),
    (
        "the ticket at place {} cannot be found by its id",
        "SELECT seq FROM ticket WHERE job = ?1
            AND (SELECT is_closed FROM job WHERE number = ?1)
            AND NOT EXISTS (SELECT 1 FROM place WHERE place.job = ticket.job
                AND place.account = ticket.account AND place.id = ticket.id
                AND place.seq = ticket.seq)",
    ),
    (
        "place {} has a ticket and a repetition",
        "SELECT seq FROM ticket JOIN repeated USING (job, seq) WHERE job = ?1",
    ),
    (
        "the claim from place {} says {} open tickets, but has {}",
        "SELECT first_seq, open, (SELECT count(*) FROM ticket
                WHERE job = ?1 AND seq BETWEEN first_seq AND last_seq
                    AND ticket.account = claim.account AND outcome IS NULL) AS n
            FROM claim WHERE job = ?1 AND open <> n",
    ),
    (
        "the claim from place {} belongs to worker {}, which has ended",
        "SELECT first_seq, worker FROM claim JOIN worker ON worker.id = claim.worker
            WHERE claim.job = ?1 AND worker.ended_at IS NOT NULL",
    ),
    (
        "the open ticket at place {} is neither claimed nor left to claim",
        "SELECT seq FROM ticket
            JOIN job_account a ON a.job = ?1 AND a.number = ticket.account
            WHERE ticket.job = ?1 AND outcome IS NULL AND seq < next_seq
                AND NOT EXISTS (SELECT 1 FROM claim WHERE claim.job = ?1
                    AND claim.account = ticket.account AND seq BETWEEN first_seq AND last_seq)",
    ),
    (
        "the ticket at place {} is in doubt by call {}, which is not there or was without effect",
        "SELECT seq, call FROM doubt WHERE job = ?1 AND NOT EXISTS (SELECT 1 FROM call
            WHERE call.id = doubt.call AND call.job = ?1 AND effect IS NOT 'none')",
    ),
    (
        "call {} ended before it was taken, expires before that, or acts until another time",
        "SELECT id FROM call WHERE job = ?1 AND (ended_at < taken_at OR expires_at < taken_at
            OR acts_until <> coalesce(ended_at, expires_at))",
    ),
    (
        "the ticket at place {} says {} calls, the last one {}, but {} name it, the last one {}",
        "SELECT ticket.seq, attempts, last_call, coalesce(n, 0), last FROM ticket
            LEFT JOIN (SELECT place.seq, count(DISTINCT call.id) AS n, max(call.id) AS last
                FROM call CROSS JOIN json_each(call.tickets) CROSS JOIN place
                    ON place.job = ?1 AND place.account = call.job_account
                        AND place.id = json_each.value
                WHERE call.job = ?1 GROUP BY place.seq) AS named ON named.seq = ticket.seq
            WHERE job = ?1 AND (attempts <> coalesce(n, 0) OR last_call IS NOT last)",
    ),
    (
        "the ticket at place {} is archived without a time or without a digest",
        "SELECT seq FROM ticket
            WHERE job = ?1 AND (archived_at IS NULL) <> (archived_sha256 IS NULL)",
    ),
    (
        "the ticket at place {} is of people or was looked at again, but the job is no erasure",
        "SELECT seq FROM job JOIN ticket ON job = number
            WHERE number = ?1 AND erasure IS NULL
                AND (people IS NOT NULL OR looked_again IS NOT NULL)",
    ),
    (
        "the ticket at place {} was looked at again, but has no outcome",
        "SELECT seq FROM ticket
            WHERE job = ?1 AND looked_again IS NOT NULL AND outcome IS NULL",
    ),
    (
        "the job awaits confirmation, but has {} outcomes and {} workers",
        "SELECT (SELECT count(*) FROM ticket WHERE job = ?1 AND outcome IS NOT NULL) AS outcomes,
                (SELECT count(*) FROM worker WHERE job = ?1) AS workers
            FROM job WHERE number = ?1 AND state = 'awaiting_confirmation'
                AND outcomes + workers > 0",
    ),
    (
        "the job is {}, but is confirmed",
        "SELECT state FROM job WHERE number = ?1 AND confirmed IS NOT NULL
            AND (NOT awaits_confirmation OR state IN ('loading', 'awaiting_confirmation'))",
    ),
    (
        "the job is {}, but nobody confirmed it",
        "SELECT state FROM job WHERE number = ?1 AND awaits_confirmation AND confirmed IS NULL
            AND (state IN ('ready', 'paused')
                OR state NOT IN ('loading', 'awaiting_confirmation') AND EXISTS
                    (SELECT 1 FROM ticket WHERE job = ?1 AND outcome <> 'unattempted'))",
    ),
    (
        "the job is {} and holds back tickets from place {} on",
        "SELECT state, held_from FROM job WHERE number = ?1 AND held_from IS NOT NULL
            AND (state NOT IN ('awaiting_confirmation', 'ready', 'paused')
                OR NOT EXISTS (SELECT 1 FROM ticket WHERE job = ?1 AND seq = held_from))",
    ),
    (
        "the ticket at place {} is held back, but was claimed or has an outcome",
        "SELECT seq FROM job JOIN ticket ON job = number
            WHERE number = ?1 AND seq >= held_from AND (outcome IS NOT NULL
                OR EXISTS (SELECT 1 FROM claim WHERE claim.job = ?1
                    AND claim.account = ticket.account AND seq BETWEEN first_seq AND last_seq))",
    ),
];

/// How many contradictions of one kind are told.
const MOST: i64 = 100;

impl Read<'_> {
    pub(super) fn verify(&self, id: &JobId) -> Result<Vec<String>> {
        let job = self.number(id)?;
        let mut found = self.all("PRAGMA quick_check(10)", [], |row| row.get::<_, String>(0))?;
        found.retain(|line| line != "ok");
        for (sentence, sql) in CHECKS {
            let sql = format!("{sql} LIMIT {MOST}");
            found.extend(self.all(&sql, [job], |row| {
                let mut told = (*sentence).to_owned();
                let mut column = 0;
                while let Some(place) = told.find("{}") {
                    told.replace_range(place..place + 2, &text(row.get_ref(column)?));
                    column += 1;
                }
                Ok(told)
            })?);
        }
        let sql = "SELECT state, (SELECT count(*) FROM ticket WHERE job = ?1 AND outcome IS NULL)
            FROM job WHERE number = ?1";
        let counted = self.first(sql, [job], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, u64>(1)?))
        })?;
        if let Some((name, open)) = counted {
            let state = state(&name)?;
            if state.is_over() && open > 0 {
                found.push(format!("the job is {state}, but {open} tickets are open"));
            }
            if !state.is_over() && state != JobState::Loading && open == 0 {
                found.push(format!("the job is {state}, but no ticket is open"));
            }
        }
        Ok(found)
    }
}

fn text(value: rusqlite::types::ValueRef<'_>) -> String {
    use rusqlite::types::ValueRef;
    match value {
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Null => "nothing".to_owned(),
        ValueRef::Real(_) | ValueRef::Blob(_) => "something else".to_owned(),
    }
}
