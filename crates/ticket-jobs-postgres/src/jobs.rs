//! The life of jobs.

use jiff::Timestamp;
use ticket_core::model::Version;
use ticket_core::{Error, Result};
use ticket_jobs::store::{self, About, json};
use ticket_jobs::{
    Confirmed, Event, JobAccount, JobId, JobState, Listed, LookedAgain, NewJob, Seen, Step,
};
use tokio_postgres::types::Type;

use crate::ledger::PostgresLedger;
use crate::pool::Again::{Always, IfNotSent};
use crate::pool::Param;
use crate::values::{int, nanos};

/// How often an id at random may be in use.
const ATTEMPTS: usize = 20;

impl PostgresLedger {
    pub(crate) async fn create_job(&self, job: &NewJob) -> Result<JobId> {
        let (change, guards) = (json(&job.change)?, json(&job.guards)?);
        let erasure = job.erasure.as_ref().map(json).transpose()?;
        for _ in 0..ATTEMPTS {
            let id = JobId::random();
            let row = self
                .row(
                    Always,
                    "SELECT tickets.create_job($1, $2, $3, $4, $5, $6, $7, $8, $9)",
                    &[
                        (&self.given(), Type::INT8),
                        (&id.as_str(), Type::TEXT),
                        (&fastrand::i64(..), Type::INT8),
                        (&change, Type::TEXT),
                        (&guards, Type::TEXT),
                        (&erasure, Type::TEXT),
                        (&job.created_by, Type::TEXT),
                        (&job.awaits_confirmation, Type::BOOL),
                        (&job.priority, Type::INT2),
                    ],
                )
                .await?;
            if row.try_get(0).unwrap_or_default() {
                return Ok(id);
            }
        }
        let message = "no id is free for another job; prune old jobs";
        Err(Error::config(message))
    }

    pub(crate) async fn add_tickets(&self, job: &JobId, tickets: &[Listed]) -> Result<()> {
        let seqs: Vec<i64> = tickets.iter().map(|ticket| int(ticket.seq)).collect();
        let names: Vec<&str> = tickets.iter().map(|ticket| &*ticket.account).collect();
        let ids: Vec<&str> = tickets.iter().map(|ticket| ticket.id.as_str()).collect();
        let versions = tickets.iter().map(|ticket| ticket.version.as_ref());
        let versions: Vec<_> = versions
            .map(|version| version.map(Version::as_str))
            .collect();
        let peoples = tickets.iter().map(|ticket| {
            let people = Some(&ticket.people).filter(|people| !people.is_empty());
            people.map(json).transpose()
        });
        let peoples: Vec<Option<String>> = peoples.collect::<Result<_>>()?;
        self.done(
            IfNotSent,
            "SELECT tickets.add_tickets($1, $2, $3, $4, $5, $6)",
            &[
                (&job.as_str(), Type::TEXT),
                (&seqs, Type::INT8_ARRAY),
                (&names, Type::TEXT_ARRAY),
                (&ids, Type::TEXT_ARRAY),
                (&versions, Type::TEXT_ARRAY),
                (&peoples, Type::TEXT_ARRAY),
            ],
        )
        .await
    }

    pub(crate) async fn see_tickets(&self, job: &JobId, seen: &[(u64, Seen)]) -> Result<()> {
        let seqs: Vec<i64> = seen.iter().map(|(seq, _)| int(*seq)).collect();
        let looked = seen.iter().map(|(_, seen)| json(seen));
        let looked: Vec<String> = looked.collect::<Result<_>>()?;
        self.done(
            Always,
            "SELECT tickets.see_tickets($1, $2, $3)",
            &[
                (&job.as_str(), Type::TEXT),
                (&seqs, Type::INT8_ARRAY),
                (&looked, Type::TEXT_ARRAY),
            ],
        )
        .await
    }

    pub(crate) async fn seal_job(
        &self,
        job: &JobId,
        accounts: &[JobAccount],
        digest: Option<&str>,
    ) -> Result<()> {
        let names: Vec<&str> = accounts.iter().map(|account| &*account.name).collect();
        let keys: Vec<&str> = accounts.iter().map(|account| &*account.key).collect();
        let chunks: Vec<i64> = accounts
            .iter()
            .map(|account| int(account.chunk.max(1)))
            .collect();
        let abouts = accounts.iter().map(|account| json(&About::of(account)));
        let abouts: Vec<String> = abouts.collect::<Result<_>>()?;
        self.done(
            IfNotSent,
            "SELECT tickets.seal($1, $2, $3, $4, $5, $6, $7)",
            &[
                (&self.given(), Type::INT8),
                (&job.as_str(), Type::TEXT),
                (&names, Type::TEXT_ARRAY),
                (&keys, Type::TEXT_ARRAY),
                (&chunks, Type::INT8_ARRAY),
                (&abouts, Type::TEXT_ARRAY),
                (&digest, Type::TEXT),
            ],
        )
        .await
    }

    pub(crate) async fn confirm_job(&self, job: &JobId, confirmed: &Confirmed) -> Result<()> {
        self.done(
            IfNotSent,
            "SELECT tickets.confirm($1, $2)",
            &[(&job.as_str(), Type::TEXT), (&json(confirmed)?, Type::TEXT)],
        )
        .await
    }

    pub(crate) async fn steer_job(&self, job: &JobId, step: Step) -> Result<JobState> {
        let step = match step {
            // Workers may do that too: after too many failures.
            Step::Pause => {
                let sql = "SELECT tickets.pause($1, $2)";
                let given = self.given();
                let params: &[Param<'_>] = &[(&given, Type::INT8), (&job.as_str(), Type::TEXT)];
                let row = self.row(Always, sql, params).await?;
                return store::state(row.try_get(0).unwrap_or_default());
            }
            Step::Resume => "resumed",
            Step::Cancel => "cancelled",
            Step::Release => "released",
            other => {
                let message = format!("this ledger does not know the step {other:?}");
                return Err(Error::invalid_input(message));
            }
        };
        let row = self
            .row(
                Always,
                "SELECT tickets.steer($1, $2, $3)",
                &[
                    (&self.given(), Type::INT8),
                    (&job.as_str(), Type::TEXT),
                    (&step, Type::TEXT),
                ],
            )
            .await?;
        store::state(row.try_get(0).unwrap_or_default())
    }

    pub(crate) async fn set_priority(&self, job: &JobId, priority: i16) -> Result<()> {
        self.done(
            Always,
            "SELECT tickets.prioritize($1, $2)",
            &[(&job.as_str(), Type::TEXT), (&priority, Type::INT2)],
        )
        .await
    }

    pub(crate) async fn look_again(&self, job: &JobId, looks: &[(u64, LookedAgain)]) -> Result<()> {
        let seqs: Vec<i64> = looks.iter().map(|(seq, _)| int(*seq)).collect();
        let looks = looks.iter().map(|(_, looked)| json(looked));
        let looks: Vec<String> = looks.collect::<Result<_>>()?;
        self.done(
            Always,
            "SELECT tickets.look_again($1, $2, $3)",
            &[
                (&job.as_str(), Type::TEXT),
                (&seqs, Type::INT8_ARRAY),
                (&looks, Type::TEXT_ARRAY),
            ],
        )
        .await
    }

    pub(crate) async fn note_event(&self, job: &JobId, event: &Event) -> Result<()> {
        self.done(
            IfNotSent,
            "SELECT tickets.note($1, $2)",
            &[(&job.as_str(), Type::TEXT), (&json(event)?, Type::TEXT)],
        )
        .await
    }

    pub(crate) async fn prune_jobs(&self, before: Timestamp) -> Result<Vec<JobId>> {
        let rows = self
            .rows(
                IfNotSent,
                "SELECT * FROM tickets.prune($1, $2)",
                &[(&self.given(), Type::INT8), (&nanos(before), Type::INT8)],
            )
            .await?;
        let ids = rows.iter().map(|row| row.try_get::<_, &str>(0));
        ids.map(|id| id.unwrap_or_default().parse()).collect()
    }
}
