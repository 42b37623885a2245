//! Which approvals are accepted.

use std::fs;
use std::path::PathBuf;

use jiff::{SignedDuration, Timestamp};
use ticket_core::{Change, Error, ErrorKind};
use ticket_jobs::Job;
use ticket_jobs::approval::{Approval, Statement};
use ticket_jobs::plan::Plan;

use crate::job::{LOOKED_AT, SEALED_AT, fixture, planned, text, time};
use crate::keys::{Keys, tool_is_there};

const APPROVED_AT: &str = "2026-11-29T03:00:00Z";

/// What somebody changes of a job.
type Damage = fn(&mut Job);

/// A job, its plan, and two people of whom bob may approve.
struct Case {
    job: Job,
    plan: Plan,
    keys: Keys,
    approvers: PathBuf,
}

impl Case {
    async fn new() -> Self {
        let (job, tickets) = planned().await;
        let keys = Keys::new(&["bob", "eve"]);
        let approvers = keys.allowed(&[format!("bob@example.com {}", keys.public("bob"))]);
        let plan = Plan::read(text(&job, &tickets).0.as_bytes()).unwrap();
        Self {
            job,
            plan,
            keys,
            approvers,
        }
    }

    async fn approve(&self, by: &str, key: &str, now: Timestamp) -> Result<Approval, Error> {
        let statement = Statement::new(&self.plan, " DSR-4711\n", by, now)?;
        statement.sign(&self.keys.path(key), |_| {}).await
    }

    /// Bob's approval.
    async fn approved(&self) -> Approval {
        self.approve("bob@ops2", "bob", time(APPROVED_AT))
            .await
            .unwrap()
    }

    /// Why an approval is refused.
    async fn refusal(&self, approval: &Approval) -> String {
        self.refusal_at(approval, &self.job, time(APPROVED_AT))
            .await
    }

    async fn refusal_at(&self, approval: &Approval, job: &Job, now: Timestamp) -> String {
        let error = approval.check(job, &self.approvers, now).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
        error.to_string()
    }
}

#[tokio::test]
async fn approval_of_an_approver_is_accepted_and_tells_who_it_was() {
    if !tool_is_there() {
        return;
    }
    let case = Case::new().await;
    let approval = case.approved().await;
    let text = approval.to_text().unwrap();
    let read = Approval::parse(&text).unwrap();
    assert_eq!(read, approval);
    let signer = read
        .check(&case.job, &case.approvers, time(APPROVED_AT))
        .await
        .unwrap();
    assert_eq!(signer.principal, "bob@example.com");
    assert_eq!(signer.fingerprint, case.keys.fingerprint("bob"));
    let record = read.record(&signer).unwrap();
    assert_eq!(record["principal"], "bob@example.com");
    assert_eq!(record["fingerprint"], signer.fingerprint);
    assert_eq!(record["signature"], read.signature);
    let statement = read.statement;
    assert_eq!(statement.reason, "DSR-4711");
    assert_eq!(statement.approved_by, "bob@ops2");
    assert_eq!(statement.tickets, 3);
    assert_eq!(Some(statement.digest), case.job.digest);
}

#[tokio::test]
async fn approval_of_version_1_is_read_and_checked_as_ever() {
    let (job, tickets) = planned().await;
    let fixed = fs::read_to_string(fixture("approval-1.json")).unwrap();
    let approval = Approval::parse(&fixed).unwrap();
    assert_eq!(approval.to_text().unwrap(), fixed);
    let plan = Plan::read(text(&job, &tickets).0.as_bytes()).unwrap();
    assert_eq!(approval.statement.digest, plan.digest);
    assert_eq!(approval.statement.job, job.id);
    assert_eq!(approval.statement.approved_by, "bob@ops2");
    assert_eq!(approval.statement.approved_at, time(APPROVED_AT));
    if !tool_is_there() {
        return;
    }
    let approvers = fixture("approvers-1");
    let signer = approval.check(&job, &approvers, time(APPROVED_AT)).await;
    assert_eq!(signer.unwrap().principal, "bob@example.com");
}

#[tokio::test]
async fn approval_of_another_plan_or_job_is_refused() {
    if !tool_is_there() {
        return;
    }
    let case = Case::new().await;
    let approval = case.approved().await;
    let now = time(APPROVED_AT);
    let changes: [(Damage, &str); 5] = [
        (
            |job| job.id = "7f3a09c3".parse().unwrap(),
            "the approval is for job 7f3a09c2, not for job 7f3a09c3",
        ),
        (
            |job| job.digest = None,
            "job 7f3a09c2 has no plan that could be approved",
        ),
        (
            |job| job.digest = Some("0".repeat(64)),
            "the approval is for another plan of job 7f3a09c2: its digest is ",
        ),
        (
            |job| job.tickets = 4,
            "the approval is to delete 3 tickets, but job 7f3a09c2 is to delete 4",
        ),
        (
            |job| job.change = Change::Resolve,
            "the approval is to delete 3 tickets, but job 7f3a09c2 is to resolve 3",
        ),
    ];
    for (change, says) in changes {
        let mut job = case.job.clone();
        change(&mut job);
        let error = case.refusal_at(&approval, &job, now).await;
        assert!(error.starts_with(says), "{error}");
    }
    assert!(
        approval
            .check(&case.job, &case.approvers, now)
            .await
            .is_ok()
    );
}

#[tokio::test]
async fn approval_of_somebody_else_or_for_another_purpose_is_refused() {
    if !tool_is_there() {
        return;
    }
    let case = Case::new().await;
    let eves = case
        .approve("bob@ops2", "eve", time(APPROVED_AT))
        .await
        .unwrap();
    let error = case.refusal(&eves).await;
    assert!(
        error.contains("is not among the allowed signers"),
        "{error}"
    );
    // Eve's statement with Bob's signature of another one, and Bob's signature for another purpose.
    let mut approval = case.approved().await;
    approval.statement.reason = "because".to_owned();
    let error = case.refusal(&approval).await;
    assert!(error.contains("something else was signed"), "{error}");
    let key = case.keys.path("bob");
    approval.signature = case.keys.sign_by_hand(&key, "git", b"{}");
    let error = case.refusal(&approval).await;
    assert!(error.contains("is for \"git\""), "{error}");
}

#[tokio::test]
async fn whoever_made_the_plan_cannot_approve_it() {
    if !tool_is_there() {
        return;
    }
    let mut case = Case::new().await;
    let says = "alice@ops1 made the plan; another person has to approve it";
    for by in ["alice@ops1", "alice@OPS1"] {
        let error = case.approve(by, "bob", time(APPROVED_AT)).await;
        let error = error.unwrap_err().to_string();
        assert_eq!(error.to_lowercase(), says);
    }
    let mut anonymous = case.job.clone();
    let mut approval = case.approved().await;
    anonymous.created_by = None;
    let error = case
        .refusal_at(&approval, &anonymous, time(APPROVED_AT))
        .await;
    assert!(error.contains("does not say who made it"), "{error}");
    // The check does not trust that the approval was made here: signed by the planner, and by the planner's own key under
    // another name.
    approval.statement.approved_by = "alice@ops1".to_owned();
    let signed = serde_json::to_string(&approval.statement).unwrap();
    let signed = signed.replacen('{', r#"{"format":"tickets-approval","version":1,"#, 1);
    let key = case.keys.path("bob");
    approval.signature = case
        .keys
        .sign_by_hand(&key, "tickets-approval", signed.as_bytes());
    assert_eq!(case.refusal(&approval).await, says);
    case.approvers = case
        .keys
        .allowed(&[format!("alice@ops1 {}", case.keys.public("bob"))]);
    let approval = case.approved().await;
    assert_eq!(case.refusal(&approval).await, says);
}

#[tokio::test]
async fn plan_and_approval_are_valid_for_a_day() {
    if !tool_is_there() {
        return;
    }
    let case = Case::new().await;
    let (day, second) = (SignedDuration::from_hours(24), SignedDuration::from_secs(1));
    let (looked_at, sealed_at) = (time(LOOKED_AT), time(SEALED_AT));
    let too_late = case
        .approve("bob@ops2", "bob", looked_at + day + second)
        .await;
    let error = too_late.unwrap_err().to_string();
    let says = |what: &str, at: &str| {
        format!("the {what} at {at}, more than 24 hours ago; that has to be done again")
    };
    assert_eq!(error, says("plan was made", LOOKED_AT));
    let late = case.approve("bob@ops2", "bob", looked_at + day).await;
    let late = late.unwrap();
    let accepted = late.check(&case.job, &case.approvers, sealed_at + day);
    assert!(accepted.await.is_ok());
    let now = sealed_at + day + second;
    let error = case.refusal_at(&late, &case.job, now).await;
    assert_eq!(error, says("plan was made", SEALED_AT));
    let mut job = case.job.clone();
    job.sealed_at = Some(sealed_at + day);
    let early = case.approve("bob@ops2", "bob", looked_at).await.unwrap();
    let error = case
        .refusal_at(&early, &job, looked_at + day + second)
        .await;
    assert_eq!(error, says("approval was given", LOOKED_AT));
}

#[tokio::test]
async fn approval_of_the_future_is_refused_beyond_what_clocks_differ() {
    if !tool_is_there() {
        return;
    }
    let case = Case::new().await;
    let approval = case.approved().await;
    let five = SignedDuration::from_mins(5);
    let now = time(APPROVED_AT) - five;
    assert!(
        approval
            .check(&case.job, &case.approvers, now)
            .await
            .is_ok()
    );
    let error = case
        .refusal_at(&approval, &case.job, now - SignedDuration::from_secs(1))
        .await;
    assert!(
        error.contains("is in the future: a clock is wrong"),
        "{error}"
    );
}

#[tokio::test]
async fn approval_without_a_reason_is_refused() {
    let (job, tickets) = planned().await;
    let plan = Plan::read(text(&job, &tickets).0.as_bytes()).unwrap();
    let blank = Statement::new(&plan, " \n", "bob@ops2", time(APPROVED_AT));
    let error = blank.unwrap_err().to_string();
    assert_eq!(error, "an approval needs a reason");
}

#[tokio::test]
async fn approval_with_one_byte_changed_is_refused_wherever_it_is() {
    if !tool_is_there() {
        return;
    }
    let case = Case::new().await;
    let text = case.approved().await.to_text().unwrap();
    let mut random = fastrand::Rng::with_seed(15);
    let (mut unread, mut unchecked) = (0, 0);
    for place in 0..text.len() {
        let mut changed = text.clone().into_bytes();
        // Letters and digits stay such, so that many of them get as far as the signature.
        changed[place] = loop {
            let byte = random.alphanumeric() as u8;
            if byte != changed[place] {
                break byte;
            }
        };
        let Ok(changed) = String::from_utf8(changed) else {
            unread += 1;
            continue;
        };
        match Approval::parse(&changed) {
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::InvalidInput, "{changed}");
                unread += 1;
            }
            Ok(approval) => {
                let checked = approval.check(&case.job, &case.approvers, time(APPROVED_AT));
                let refused = checked.await.map(|signer| signer.principal);
                assert!(refused.is_err(), "{place}: {changed}");
                unchecked += 1;
            }
        }
    }
    // Both were tried.
    assert!(unread > 100 && unchecked > 100, "{unread} {unchecked}");
}

#[test]
fn file_that_is_no_approval_of_this_version_is_refused_with_words() {
    let fixed = fs::read_to_string(fixture("approval-1.json")).unwrap();
    let compact: serde_json::Value = serde_json::from_str(&fixed).unwrap();
    for (text, says) in [
        (
            fixed.replace("\"version\": 1,", "\"version\": 2,"),
            "this approval has version 2 of its format",
        ),
        (
            fixed.replace("tickets-approval", "tickets-plan"),
            "this is no approval",
        ),
        (compact.to_string(), "this is no approval"),
        (
            fixed.replace("  \"", "\""),
            "the approval was changed after it was written",
        ),
        (
            fixed.trim().to_owned(),
            "the approval was changed after it was written",
        ),
        (
            fixed.replace("\"reason\"", "\"note\": 1,\n  \"reason\""),
            "the approval was changed",
        ),
        (
            fixed.replace("\"reason\"", "\"grund\""),
            "the approval cannot be read",
        ),
        (
            fixed.replace("END SSH", "END\\tSSH"),
            "the approval was changed",
        ),
        (String::new(), "this is no approval"),
    ] {
        let error = Approval::parse(&text).unwrap_err().to_string();
        assert!(error.contains(says), "{says}: {error}");
    }
}
