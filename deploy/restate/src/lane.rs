//! The services: `Jobs` starts the lanes of a job, and a `Lane` works on one account of it.
//!
//! What `ctx.run` runs may run again, also while an earlier run of it still works: its result is in the journal only once
//! the server has it. So the journal holds what to do next and nothing else, and each step asks the ledger what is left.
//!
//! Whatever fails, such as a ledger that cannot be reached, is tried again as the server's configuration says.

use std::sync::Arc;
use std::time::Duration;

use restate_sdk::prelude::*;
use serde::{Deserialize, Serialize};

use crate::step::Steps;

/// How many steps one journal holds. It is read again after each interruption.
const STEPS: usize = 50;

/// How many lanes each account of a job has. While one waits for its last answers, another one uses the quota.
const LANES: usize = 2;

/// What a lane does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Next {
    /// Takes the next tickets.
    GoOn,
    /// Asks again after this time.
    Wait(Duration),
    /// Ends: each ticket of the account has an outcome.
    End,
}

/// Starts the lanes of jobs.
pub struct Jobs(pub Arc<Steps>);

#[restate_sdk::service]
impl Jobs {
    /// Works on the job with this id. Harmless if it is asked for again: a lane that has nothing to do ends.
    #[handler]
    async fn work(&self, ctx: Context<'_>, job: String) -> HandlerResult<()> {
        let (steps, id) = (Arc::clone(&self.0), job.clone());
        let accounts = ctx.run(move || async move {
            let accounts = steps.job(&id).await?.accounts;
            let names = accounts.into_iter().map(|account| account.name);
            Ok(Json(names.collect::<Vec<_>>()))
        });
        let Json(accounts) = accounts.name("accounts").await?;
        for account in accounts {
            for lane in 0..LANES {
                let key = format!("{job}/{lane}/{account}");
                ctx.object_client::<LaneClient<'_>>(key).work().send();
            }
        }
        Ok(())
    }
}

/// Works on one account of a job. Its key is `JOB/LANE/ACCOUNT`: an object runs one handler at a time.
pub struct Lane(pub Arc<Steps>);

// Far longer than a step takes. The server cuts the connection of a handler that writes no entry for so long.
#[restate_sdk::object(inactivity_timeout = "5m", abort_timeout = "5m")]
impl Lane {
    #[handler]
    async fn work(&self, ctx: ObjectContext<'_>) -> HandlerResult<()> {
        for _ in 0..STEPS {
            let (steps, key) = (Arc::clone(&self.0), ctx.key().to_owned());
            let step = ctx.run(move || async move { steps.step(&key).await });
            match step.name("step").await? {
                Json(Next::GoOn) => {}
                Json(Next::Wait(time)) => ctx.sleep(time).await?,
                Json(Next::End) => return Ok(()),
            }
        }
        // Goes on with a new journal.
        ctx.object_client::<LaneClient<'_>>(ctx.key()).work().send();
        Ok(())
    }
}
