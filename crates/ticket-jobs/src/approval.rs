//! The approval of a plan by a second person, as a file that is signed.
//!
//! # Format, version 1
//!
//! ```text
//! {
//!   "format": "tickets-approval",
//!   "version": 1,
//!   "job": "7f3a09c2",
//!   "digest": "…",
//!   "tickets": 3,
//!   "change": "delete",
//!   "reason": "DSR-4711",
//!   "approved_by": "bob@ops2",
//!   "approved_at": "2026-11-29T02:30:00Z",
//!   "signature": "-----BEGIN SSH SIGNATURE-----\n…"
//! }
//! ```
//!
//! What is signed, in the namespace `tickets-approval`, is the same object without `signature`, without white space between
//! its parts and without a line break at the end. Anybody can check it:
//!
//! ```text
//! jq -cj 'del(.signature)' approval.json |
//!   ssh-keygen -Y verify -n tickets-approval -f approvers -I bob@example.com -s <(jq -r .signature approval.json)
//! ```

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use ticket_core::{Change, Error, Result};

use crate::clock::until;
use crate::format::Format;
use crate::model::{Job, JobId};
use crate::plan::Plan;
use crate::signature::{self, Namespace, Signer};
use crate::steer::PLAN_LASTS;

const FORMAT: Format = Format {
    name: "tickets-approval",
    what: "approval",
    version: 1,
};

/// How much two clocks may differ.
const CLOCKS: Duration = Duration::from_secs(5 * 60);

/// An approval.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Approval {
    /// What is approved, by whom and why.
    pub statement: Statement,
    /// The signature of the statement.
    pub signature: String,
}

/// What a second person says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Statement {
    /// The job.
    pub job: JobId,
    /// The digest of its plan.
    pub digest: String,
    /// How many tickets it has.
    pub tickets: u64,
    /// What is done to each of them.
    pub change: Change,
    /// Why it is approved.
    pub reason: String,
    /// Who approves it, as `user@host`.
    pub approved_by: String,
    /// When.
    pub approved_at: Timestamp,
}

/// The whole file; a statement without a signature is what is signed.
#[derive(Serialize, Deserialize)]
struct File {
    format: String,
    version: u64,
    #[serde(flatten)]
    statement: Statement,
    #[serde(skip_serializing_if = "Option::is_none")]
    signature: Option<String>,
}

impl Approval {
    /// The text of the file.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the statement cannot be written as JSON.
    pub fn to_text(&self) -> Result<String> {
        let file = self.statement.file(Some(self.signature.clone()));
        let text = serde_json::to_string_pretty(&file).map_err(|error| unwritable(&error))?;
        Ok(text + "\n")
    }

    /// Reads the text of a file. This checks no signature: [`check`](Self::check) does.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if it is no approval, has a newer version, or is not as it was written.
    pub fn parse(text: &str) -> Result<Self> {
        FORMAT.check(text)?;
        let file: File = serde_json::from_str(text).map_err(|error| {
            Error::invalid_input(format!("the approval cannot be read: {error}"))
        })?;
        let approval = Self {
            statement: file.statement,
            signature: file.signature.unwrap_or_default(),
        };
        let is_signature = signature::as_written(&approval.signature)
            .is_some_and(|text| text == approval.signature);
        if !is_signature || approval.to_text()? != text {
            let message = "the approval was changed after it was written; it must not be edited, nor formatted anew";
            return Err(Error::invalid_input(message));
        }
        Ok(approval)
    }

    /// What a ledger keeps of an approval that was [checked](Self::check): the fields of the file, and who signed it, as
    /// `principal` and `fingerprint`. See [`Confirmed::approval`](crate::Confirmed::approval).
    ///
    /// # Errors
    ///
    /// `InvalidInput` if it cannot be written as JSON.
    pub fn record(&self, signer: &Signer) -> Result<Value> {
        let file = self.statement.file(Some(self.signature.clone()));
        let mut record = serde_json::to_value(&file).map_err(|error| unwritable(&error))?;
        if let Some(fields) = record.as_object_mut() {
            for (name, value) in [
                ("principal", &signer.principal),
                ("fingerprint", &signer.fingerprint),
            ] {
                fields.insert(name.to_owned(), Value::from(value.as_str()));
            }
        }
        Ok(record)
    }

    /// Checks that this approves the plan of this job now, by one of the approvers: an allowed-signers file. Returns who
    /// signed it.
    ///
    /// The job's [`digest`](Job::digest) is taken as it is recorded; [`digest`](crate::plan::digest) computes it again.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if it approves another job or plan, if it or the plan is too old, if it is of the future, if the
    /// planner approved it, and those of [`verify`](signature::verify).
    pub async fn check(&self, job: &Job, approvers: &Path, now: Timestamp) -> Result<Signer> {
        let refused = |message: String| Err(Error::invalid_input(message));
        let statement = &self.statement;
        if statement.job != job.id {
            return refused(format!(
                "the approval is for job {}, not for job {}",
                statement.job, job.id
            ));
        }
        let Some(digest) = &job.digest else {
            return refused(format!("job {} has no plan that could be approved", job.id));
        };
        if statement.digest != *digest {
            return refused(format!(
                "the approval is for another plan of job {}: its digest is {}, that of the job {digest}",
                job.id, statement.digest
            ));
        }
        if (statement.tickets, &statement.change) != (job.tickets, &job.change) {
            return refused(format!(
                "the approval is to {} {} tickets, but job {} is to {} {}",
                statement.change.operation().as_str(),
                statement.tickets,
                job.id,
                job.change.operation().as_str(),
                job.tickets
            ));
        }
        check_age(
            "plan was made",
            job.sealed_at.unwrap_or(job.created_at),
            now,
        )?;
        check_age("approval was given", statement.approved_at, now)?;
        if until(now, statement.approved_at) > CLOCKS {
            return refused(format!(
                "the approval was given at {}, which is in the future: a clock is wrong",
                statement.approved_at
            ));
        }
        let bytes = statement.signed()?;
        let verified = signature::verify(Namespace::Approval, &bytes, &self.signature, approvers);
        let signer = verified.await?;
        check_four_eyes(job.created_by.as_deref(), &statement.approved_by)?;
        check_four_eyes(job.created_by.as_deref(), &signer.principal)?;
        Ok(signer)
    }
}

impl Statement {
    /// Approves a plan as `by`, a `user@host`. It is worth nothing until it is [signed](Self::sign).
    ///
    /// # Errors
    ///
    /// `InvalidInput` if `reason` is blank, or if the approval would be refused: the plan is too old, or `by` made it.
    pub fn new(plan: &Plan, reason: &str, by: &str, now: Timestamp) -> Result<Self> {
        if reason.trim().is_empty() {
            return Err(Error::invalid_input("an approval needs a reason"));
        }
        check_age(
            "plan was made",
            plan.looked_at.unwrap_or(plan.planned_at),
            now,
        )?;
        check_four_eyes(plan.planned_by.as_deref(), by)?;
        Ok(Self {
            job: plan.job.clone(),
            digest: plan.digest.clone(),
            tickets: plan.tickets(),
            change: plan.change.clone(),
            reason: reason.trim().to_owned(),
            approved_by: by.to_owned(),
            approved_at: now,
        })
    }

    /// Signs it with this key. See [`sign`](signature::sign) for `key` and `tell`.
    ///
    /// # Errors
    ///
    /// Those of [`sign`](signature::sign).
    pub async fn sign(self, key: &Path, tell: impl Fn(&str)) -> Result<Approval> {
        let bytes = self.signed()?;
        let signature = signature::sign(Namespace::Approval, &bytes, key, tell).await?;
        Ok(Approval {
            statement: self,
            signature,
        })
    }

    fn file(&self, signature: Option<String>) -> File {
        File {
            format: FORMAT.name.to_owned(),
            version: FORMAT.version,
            statement: self.clone(),
            signature,
        }
    }

    /// The bytes that are signed.
    fn signed(&self) -> Result<Vec<u8>> {
        serde_json::to_vec(&self.file(None)).map_err(|error| unwritable(&error))
    }
}

/// Refuses what is older than a plan may be.
fn check_age(what: &str, at: Timestamp, now: Timestamp) -> Result<()> {
    if until(at, now) <= PLAN_LASTS {
        return Ok(());
    }
    let hours = PLAN_LASTS.as_secs() / 3600;
    let message =
        format!("the {what} at {at}, more than {hours} hours ago; that has to be done again");
    Err(Error::invalid_input(message))
}

/// Refuses an approval by whoever made the plan.
fn check_four_eyes(planned_by: Option<&str>, approved_by: &str) -> Result<()> {
    let message = match planned_by {
        None => "the plan does not say who made it, so nobody can be told to be another person"
            .to_owned(),
        Some(planned_by) if planned_by.eq_ignore_ascii_case(approved_by) => {
            format!("{approved_by} made the plan; another person has to approve it")
        }
        Some(_) => return Ok(()),
    };
    Err(Error::invalid_input(message))
}

fn unwritable(error: &serde_json::Error) -> Error {
    Error::invalid_input(format!("the approval cannot be written: {error}"))
}
