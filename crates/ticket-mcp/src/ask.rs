//! Which plans a person may be asked about here, and what they were asked.
//!
//! A plan is asked about only by the server that made it, and one answer decides: after a refusal, a wrong number or an
//! answer that came too late, the plan can only be confirmed outside. What is asked is bound to the digest of the plan.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rmcp::model::{ElicitationAction, RequestStateCodec, SealOptions};
use serde_json::Value;
use ticket_jobs::{Job, JobId};
use tickets::{Error, Result};
use tokio::time::Instant;

use crate::random;
use crate::refusal::Refusal;

/// How long a person may take to answer.
pub(crate) const TIME: Duration = Duration::from_secs(5 * 60);

/// The name of the field that a person fills in.
pub(crate) const FIELD: &str = "number_of_tickets";

/// The plans of this server.
pub(crate) struct Asks {
    codec: RequestStateCodec,
    plans: Mutex<HashMap<JobId, Plan>>,
}

#[derive(Debug)]
struct Plan {
    digest: String,
    tickets: u64,
    state: State,
}

#[derive(Debug)]
enum State {
    NotAsked,
    /// Asked with this token, which is good for one answer.
    Asked {
        token: String,
        at: Instant,
    },
    Answered,
}

/// What a person answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    Agreed,
    Declined,
    Dismissed,
    WrongNumber,
}

impl Given {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Agreed => "agreed",
            Self::Declined => "declined",
            Self::Dismissed => "dismissed",
            Self::WrongNumber => "wrong_number",
        }
    }
}

impl Asks {
    pub(crate) fn new() -> Result<Self> {
        let codec = RequestStateCodec::try_new(random::bytes::<32>()?)
            .map_err(|error| Error::config(error.to_string()))?;
        Ok(Self {
            codec,
            plans: Mutex::default(),
        })
    }

    fn plans(&self) -> MutexGuard<'_, HashMap<JobId, Plan>> {
        self.plans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes note of a plan that this server made.
    pub(crate) fn planned(&self, job: &Job) {
        let Some(digest) = job.digest.clone() else {
            return;
        };
        let plan = Plan {
            digest,
            tickets: job.tickets,
            state: State::NotAsked,
        };
        self.plans().insert(job.id.clone(), plan);
    }

    /// Begins to ask about a plan. An earlier question about it is void. Returns the token of the question.
    pub(crate) fn begin(&self, job: &Job) -> Result<String, Refusal> {
        let token = random::token()?;
        let mut plans = self.plans();
        let plan = known(&mut plans, job)?;
        if matches!(plan.state, State::Answered) {
            return Err(Refusal::policy(
                "a person was asked about this plan before; only a person in a terminal can confirm it now",
            ));
        }
        plan.state = State::Asked {
            token: token.clone(),
            at: Instant::now(),
        };
        Ok(token)
    }

    /// Takes the answer to a question. No other answer about the plan is taken after it.
    pub(crate) fn answer(
        &self,
        job: &Job,
        token: &str,
        action: &ElicitationAction,
        content: Option<&Value>,
    ) -> Result<Given, Refusal> {
        let mut plans = self.plans();
        let plan = known(&mut plans, job)?;
        let asked = match &plan.state {
            State::Asked { token: asked, at } if asked == token => *at,
            _ => {
                return Err(Refusal::policy(
                    "this answer is to no open question; nothing is confirmed",
                ));
            }
        };
        plan.state = State::Answered;
        if asked.elapsed() > TIME {
            return Err(Refusal::policy(
                "this answer came too late; nothing is confirmed",
            ));
        }
        Ok(match action {
            ElicitationAction::Accept if number(content) == Some(plan.tickets) => Given::Agreed,
            ElicitationAction::Accept => Given::WrongNumber,
            ElicitationAction::Decline => Given::Declined,
            _ => Given::Dismissed,
        })
    }

    /// The token in a form that the client carries to its next call, bound to the plan.
    pub(crate) fn seal(&self, job: &Job, token: &str) -> String {
        let about = about(job);
        let options = SealOptions::new().associated_data(&about).ttl(TIME);
        self.codec.seal_with(token.as_bytes(), &options)
    }

    /// The token that the client carried.
    pub(crate) fn open(&self, job: &Job, sealed: &str) -> Result<String, Refusal> {
        let opened = self.codec.open_with(sealed, &about(job)).ok();
        opened.and_then(|token| String::from_utf8(token).ok()).ok_or_else(|| {
            Refusal::policy("this answer is not to a question of this server about this plan; nothing is confirmed")
        })
    }
}

/// What a token is bound to.
fn about(job: &Job) -> Vec<u8> {
    let digest = job.digest.as_deref().unwrap_or_default();
    format!("job_confirm {} {digest}", job.id).into_bytes()
}

/// The plan of a job, if it is what this server planned.
fn known<'a>(plans: &'a mut HashMap<JobId, Plan>, job: &Job) -> Result<&'a mut Plan, Refusal> {
    let plan = plans.get_mut(&job.id).ok_or_else(|| {
        Refusal::policy("this job was not planned here; only a person in a terminal can confirm it")
    })?;
    if job.digest.as_ref() != Some(&plan.digest) || job.tickets != plan.tickets {
        return Err(Refusal::conflict(
            "this plan was changed since it was made; nothing is confirmed",
        ));
    }
    Ok(plan)
}

/// The number that a person typed.
fn number(content: Option<&Value>) -> Option<u64> {
    match content?.get(FIELD)? {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().replace(',', "").parse().ok(),
        _ => None,
    }
}

impl fmt::Debug for Asks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asks").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use ticket_jobs::{JobAccount, Ledger as _, Listed, MemoryLedger, NewJob};
    use tickets::Change;

    use super::*;

    async fn planned() -> Job {
        let ledger = MemoryLedger::new();
        let job = NewJob::new(Change::Delete).awaiting_confirmation();
        let job = ledger.create(job).await.unwrap();
        let ticket = Listed {
            seq: 0,
            account: "eu".to_owned(),
            id: "1".into(),
            version: None,
            people: Vec::new(),
        };
        ledger.add(&job, vec![ticket]).await.unwrap();
        let accounts = vec![JobAccount::new("eu", "eu", 1)];
        let digest = Some("digest".to_owned());
        ledger.seal(&job, accounts, digest).await.unwrap();
        ledger.job(&job).await.unwrap()
    }

    #[tokio::test(start_paused = true)]
    async fn answer_after_five_minutes_is_too_late() {
        let job = planned().await;
        let typed = json!({ FIELD: 1 });
        for (wait, is_late) in [(TIME, false), (TIME + Duration::from_millis(1), true)] {
            let asks = Asks::new().unwrap();
            asks.planned(&job);
            let token = asks.begin(&job).unwrap();
            tokio::time::advance(wait).await;
            let given = asks.answer(&job, &token, &ElicitationAction::Accept, Some(&typed));
            assert_eq!(given.is_err(), is_late, "{wait:?}");
            assert!(asks.begin(&job).is_err(), "it was the last one");
        }
    }

    #[tokio::test]
    async fn plan_with_another_digest_or_number_is_not_asked_about() {
        let job = planned().await;
        let asks = Asks::new().unwrap();
        assert!(asks.begin(&job).is_err(), "it was planned elsewhere");
        asks.planned(&job);
        let mut other = job.clone();
        other.digest = Some("another".to_owned());
        assert!(asks.begin(&other).is_err());
        let mut more = job.clone();
        more.tickets = 2;
        assert!(asks.begin(&more).is_err());
        let token = asks.begin(&job).unwrap();
        let sealed = asks.seal(&job, &token);
        assert!(asks.open(&other, &sealed).is_err());
        assert_eq!(asks.open(&job, &sealed).unwrap(), token);
    }
}
