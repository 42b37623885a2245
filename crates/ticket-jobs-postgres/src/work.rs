//! What workers do.

use std::time::Duration;

use ticket_core::model::Version;
use ticket_core::provider::VendorJob;
use ticket_core::{Error, Outcome, Result, TicketId};
use ticket_jobs::store::{from_json, json, unreadable};
use ticket_jobs::{Claim, Claimed, JobId, JobState, Offer, PutBack, Suspension, WorkerId};
use tokio_postgres::Row;
use tokio_postgres::types::Type;

use crate::ledger::{PostgresLedger, get};
use crate::pool::Again::Always;
use crate::values::{duration, int, span, time, uint};

impl PostgresLedger {
    pub(crate) async fn claim_tickets(&self, worker: WorkerId, account: &str) -> Result<Claim> {
        let row = self
            .row(
                Always,
                "SELECT * FROM tickets.claim_tickets($1, $2, $3, $4)",
                &[
                    (&self.given(), Type::INT8),
                    (&int(worker.0), Type::INT8),
                    (&account, Type::TEXT),
                    (&fastrand::i64(..), Type::INT8),
                ],
            )
            .await?;
        Ok(match get::<&str>(&row, "what")? {
            "tickets" => Claim::Tickets(claimed(&row)?),
            "later" => Claim::Later(duration(get(&row, "wait_ns")?)),
            "stopped" => Claim::Stopped(JobState::Paused),
            "suspended" => Claim::Suspended(Suspension {
                because: get(&row, "because")?,
                until: get::<Option<i64>>(&row, "until")?.map(time),
            }),
            "held" => Claim::Held,
            "nothing" => Claim::Nothing,
            other => return Err(unreadable("an answer to a claim", other)),
        })
    }

    pub(crate) async fn read_offers(
        &self,
        accounts: &[String],
        limit: usize,
    ) -> Result<Vec<Offer>> {
        let rows = self
            .rows(
                Always,
                "SELECT * FROM tickets.offers($1, $2, $3)",
                &[
                    (&self.given(), Type::INT8),
                    (&accounts, Type::TEXT_ARRAY),
                    (&int(limit), Type::INT8),
                ],
            )
            .await?;
        let offers = rows.iter().map(|row| {
            Ok(Offer {
                job: get::<&str>(row, "job_id")?.parse::<JobId>()?,
                account: get(row, "account_name")?,
                priority: get(row, "rank")?,
            })
        });
        offers.collect()
    }

    pub(crate) async fn put_tickets_back(
        &self,
        worker: WorkerId,
        account: &str,
        wait: Duration,
    ) -> Result<()> {
        self.done(
            Always,
            "SELECT tickets.put_back($1, $2, $3, $4)",
            &[
                (&self.given(), Type::INT8),
                (&int(worker.0), Type::INT8),
                (&account, Type::TEXT),
                (&span(wait), Type::INT8),
            ],
        )
        .await
    }

    pub(crate) async fn archive_tickets(
        &self,
        worker: WorkerId,
        entries: &[(u64, String)],
    ) -> Result<()> {
        let seqs: Vec<i64> = entries.iter().map(|(seq, _)| int(*seq)).collect();
        let digests: Vec<&str> = entries.iter().map(|(_, digest)| &**digest).collect();
        self.done(
            Always,
            "SELECT tickets.archive($1, $2, $3, $4)",
            &[
                (&self.given(), Type::INT8),
                (&int(worker.0), Type::INT8),
                (&seqs, Type::INT8_ARRAY),
                (&digests, Type::TEXT_ARRAY),
            ],
        )
        .await
    }

    pub(crate) async fn settle_tickets(
        &self,
        worker: WorkerId,
        outcomes: &[(u64, Outcome)],
    ) -> Result<()> {
        let seqs: Vec<i64> = outcomes.iter().map(|(seq, _)| int(*seq)).collect();
        let words: Vec<&str> = outcomes
            .iter()
            .map(|(_, outcome)| outcome.as_str())
            .collect();
        let errors = outcomes
            .iter()
            .map(|(_, outcome)| outcome.error().map(json).transpose());
        let errors: Vec<Option<String>> = errors.collect::<Result<_>>()?;
        self.done(
            Always,
            "SELECT tickets.settle($1, $2, $3, $4, $5)",
            &[
                (&self.given(), Type::INT8),
                (&int(worker.0), Type::INT8),
                (&seqs, Type::INT8_ARRAY),
                (&words, Type::TEXT_ARRAY),
                (&errors, Type::TEXT_ARRAY),
            ],
        )
        .await
    }
}

/// The tickets of a claim, whose columns are arrays.
fn claimed(row: &Row) -> Result<Vec<Claimed>> {
    let seqs: Vec<i64> = get(row, "seqs")?;
    let ids: Vec<&str> = get(row, "ids")?;
    let versions: Vec<Option<&str>> = get(row, "versions")?;
    let looked: Vec<Option<&str>> = get(row, "looked")?;
    let doubts: Vec<Option<i64>> = get(row, "doubt_ns")?;
    let jobs: Vec<Option<&str>> = get(row, "jobs")?;
    let lost: Vec<i32> = get(row, "lost")?;
    let times: Option<i32> = get(row, "put_back")?;
    let times = times.and_then(|times| u32::try_from(times).ok());
    let since: Option<i64> = get(row, "since")?;
    let put_back = times.filter(|times| *times > 0).zip(since);
    let put_back = put_back.map(|(times, since)| PutBack {
        times,
        since: time(since),
    });
    let rows = seqs
        .into_iter()
        .zip(ids)
        .zip(versions)
        .zip(looked)
        .zip(doubts)
        .zip(jobs)
        .zip(lost);
    let tickets = rows.map(|((((((seq, id), version), seen), doubt), job), lost)| {
        let seen = seen.map(|seen| from_json("how a ticket was seen", seen));
        Ok(Claimed {
            seq: uint(seq),
            id: TicketId::new(id),
            version: version.map(Version::new),
            seen: seen.transpose()?,
            put_back,
            in_doubt: doubt.map(duration),
            accepted: job.map(VendorJob::stored),
            lost_calls: u32::try_from(lost).unwrap_or_default(),
        })
    });
    tickets.collect::<Result<_, Error>>()
}
