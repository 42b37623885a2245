//! What is checked and archived before the change of a ticket that an earlier call may have changed.

use std::path::Path;
use std::sync::Arc;

use ticket_core::{CallContext, Change, Error, ErrorKind, TicketPatch, TicketRef};
use ticket_jobs::archive::Archive;
use ticket_jobs::{Guards, JobId, Jobs, Look, NewJob, Step, Which};
use tokio::sync::Notify;

use crate::guards::{archived_in, deletes, guarded, list};
use crate::vendor::{Accounts, Answer, Vendor};
use crate::{jobs, killed, recorded, run, told};

/// A delete of the ticket 1 that is changed only as long as it is as it was.
async fn unchanged(jobs: &Jobs, accounts: &Accounts) -> JobId {
    let mut guards = Guards::default();
    guards.if_unchanged = true;
    let list = list(jobs, NewJob::new(Change::Delete).guards(guards), &["eu:1"]).await;
    let context = CallContext::new();
    let looked = list.look(accounts, &context, Look::All, |_| {});
    assert_eq!(looked.await.unwrap().found, 1);
    list.seal(accounts).await.unwrap()
}

/// Why the ticket 1 has the outcome that is recorded.
async fn reason(jobs: &Jobs, job: &JobId) -> String {
    let rows = jobs.ledger().tickets(job, Which::Named, None, 1).await;
    let outcome = rows.unwrap().remove(0).outcome.unwrap();
    outcome.error().unwrap().message().to_owned()
}

/// What the archive holds of the ticket 1.
fn archived(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("eu/1/ticket.json")).unwrap()
}

/// A delete that was sent and did not come back before its process ended. It is not carried out.
async fn sent_for_nothing(jobs: &Jobs, job: &JobId, accounts: &Arc<Accounts>, vendor: &Vendor) {
    vendor.answer(Answer::Held(Arc::new(Notify::new())));
    killed(jobs, job, accounts).await;
    assert_eq!(deletes(vendor), ["delete 1"]);
    assert_eq!(recorded(jobs, job).await, ["1 in doubt"]);
    vendor.state().log.clear();
}

#[tokio::test(start_paused = true)]
async fn refused_ticket_in_doubt_is_unknown_unless_reads_prove_that_it_was_not_deleted() {
    for (vendor, word) in [
        (Vendor::new(&["1"]), "failed"),
        (Vendor::new(&["1"]).with_lagging_reads(), "unknown"),
    ] {
        let jobs = jobs();
        let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
        let id = unchanged(&jobs, &accounts).await;
        sent_for_nothing(&jobs, &id, &accounts, &vendor).await;
        let comment = ("1".to_owned(), "a new comment".to_owned());
        vendor.state().texts.extend([comment]);
        let outcomes = run(&jobs, &id, &accounts).await;
        assert_eq!(told(&outcomes), [format!("eu:1 {word}")]);
        assert_eq!(vendor.log(), ["get 1"]);
        let reason = reason(&jobs, &id).await;
        let says_so = reason.contains("an earlier call may have changed it");
        assert_eq!(says_so, word == "unknown", "{reason}");
        assert!(reason.ends_with("it is not as it was when it was planned"));
    }
}

#[tokio::test(start_paused = true)]
async fn accepted_delete_is_asked_about_before_any_check() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1"]).with_jobs();
    vendor.state().is_queued = true;
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = unchanged(&jobs, &accounts).await;
    killed(&jobs, &id, &accounts).await;
    assert_eq!(recorded(&jobs, &id).await, ["1 in doubt"]);
    let comment = ("1".to_owned(), "a new comment".to_owned());
    vendor.state().texts.extend([comment]);
    vendor.state().log.clear();
    vendor.state().is_queued = false;
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(told(&outcomes), ["eu:1 deleted"]);
    assert_eq!(vendor.log(), ["job j1"]);
}

#[tokio::test(start_paused = true)]
async fn ticket_in_doubt_that_cannot_be_read_or_archived_is_unknown() {
    for is_read in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let jobs = jobs();
        let vendor = Vendor::new(&["1"]).with_messages().with_lagging_reads();
        let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
        let id = guarded(&jobs, &accounts, archived_in(folder.path()), &["eu:1"]).await;
        sent_for_nothing(&jobs, &id, &accounts, &vendor).await;
        let refused = Some(Error::new(ErrorKind::Forbidden, "not for you"));
        if is_read {
            // Somebody has removed its entry.
            std::fs::remove_dir_all(folder.path().join("eu")).unwrap();
            vendor.state().messages_fail = refused;
        } else {
            vendor.state().reads_fail = refused;
        }
        let outcomes = run(&jobs, &id, &accounts).await;
        assert_eq!(told(&outcomes), ["eu:1 unknown"]);
        let expected: &[_] = if is_read {
            &["get 1", "messages 1"]
        } else {
            &["get 1"]
        };
        assert_eq!(vendor.log(), expected);
        let reason = reason(&jobs, &id).await;
        assert!(
            reason.starts_with("an earlier call may have changed it"),
            "{reason}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn check_of_a_ticket_in_doubt_that_fails_for_a_passing_reason_is_made_again() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs();
    let vendor = Vendor::new(&["1"]).with_messages().with_lagging_reads();
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = guarded(&jobs, &accounts, archived_in(folder.path()), &["eu:1"]).await;
    sent_for_nothing(&jobs, &id, &accounts, &vendor).await;
    std::fs::remove_dir_all(folder.path().join("eu")).unwrap();
    vendor.state().messages_fail = Some(Error::new(ErrorKind::Connect, "no connection"));
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(told(&outcomes), ["eu:1 (unknown)"]);
    assert_eq!(recorded(&jobs, &id).await, ["1 in doubt"]);
    assert!(deletes(&vendor).is_empty());
    vendor.state().messages_fail = None;
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(told(&outcomes), ["eu:1 deleted"]);
    assert_eq!(deletes(&vendor), ["delete 1 after unknown"]);
}

#[tokio::test(start_paused = true)]
async fn archive_keeps_the_state_from_before_an_update_that_is_in_doubt() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs();
    let vendor = Vendor::new(&["1"]).with_updates();
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let patch = TicketPatch::new().subject("new");
    let job = NewJob::new(Change::Update(patch.into())).guards(archived_in(folder.path()));
    let mut list = jobs.load(job).await.unwrap();
    let ticket: TicketRef = "eu:1".parse().unwrap();
    list.push(ticket, None).await.unwrap();
    let id = list.seal(&*accounts).await.unwrap();
    let entry = async || {
        let rows = jobs.ledger().tickets(&id, Which::Named, None, 1).await;
        rows.unwrap().remove(0).archived.unwrap().sha256
    };
    vendor.answer(Answer::Never);
    killed(&jobs, &id, &accounts).await;
    assert_eq!(vendor.log(), ["get 1", "update 1"]);
    let (before, recorded) = (archived(folder.path()), entry().await);
    assert_eq!(before, r#"{"status":"open"}"#);
    let outcomes = run(&jobs, &id, &accounts).await;
    assert!(
        outcomes[0].as_ref().unwrap().outcome.is_done(),
        "{outcomes:?}"
    );
    assert_eq!(vendor.state().subjects["1"], "new");
    assert_eq!(archived(folder.path()), before);
    assert_eq!(entry().await, recorded);
}

#[tokio::test(start_paused = true)]
async fn delete_in_doubt_of_a_ticket_that_is_as_it_was_archived_needs_no_other_entry() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs();
    let vendor = Vendor::new(&["1"]).with_messages().with_lagging_reads();
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = guarded(&jobs, &accounts, archived_in(folder.path()), &["eu:1"]).await;
    sent_for_nothing(&jobs, &id, &accounts, &vendor).await;
    // The read is of the time before the delete, and its messages are gone.
    vendor.state().messages_fail = Some(Error::new(ErrorKind::NotFound, "no such ticket"));
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(told(&outcomes), ["eu:1 deleted"]);
    assert_eq!(vendor.log(), ["get 1", "delete 1 after unknown"]);
    let archive = Archive::read(folder.path()).unwrap();
    let entry = archive.find("eu", &"1".into()).unwrap().unwrap().entry;
    assert_eq!(entry.messages, Some(1));
}

#[tokio::test(start_paused = true)]
async fn delete_in_doubt_of_a_ticket_that_changed_is_archived_again_only_if_it_was_not_touched() {
    for (vendor, is_proven) in [
        (Vendor::new(&["1"]), true),
        (Vendor::new(&["1"]).with_lagging_reads(), false),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let jobs = jobs();
        let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
        let id = guarded(&jobs, &accounts, archived_in(folder.path()), &["eu:1"]).await;
        sent_for_nothing(&jobs, &id, &accounts, &vendor).await;
        let before = archived(folder.path());
        let comment = ("1".to_owned(), "a new comment".to_owned());
        vendor.state().texts.extend([comment]);
        let outcomes = run(&jobs, &id, &accounts).await;
        let after = archived(folder.path());
        if is_proven {
            assert_eq!(told(&outcomes), ["eu:1 deleted"]);
            assert!(after.contains("a new comment"), "{after}");
        } else {
            assert_eq!(told(&outcomes), ["eu:1 unknown"]);
            assert_eq!(vendor.log(), ["get 1"]);
            assert_eq!(after, before);
            let reason = reason(&jobs, &id).await;
            assert!(reason.ends_with("when it was archived"), "{reason}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn cancelled_job_checks_and_archives_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let jobs = jobs();
    let vendor = Vendor::new(&["1"]).with_messages();
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = guarded(&jobs, &accounts, archived_in(folder.path()), &["eu:1"]).await;
    sent_for_nothing(&jobs, &id, &accounts, &vendor).await;
    let before = archived(folder.path());
    let comment = ("1".to_owned(), "a new comment".to_owned());
    vendor.state().texts.extend([comment]);
    jobs.steer(&id, Step::Cancel).await.unwrap();
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(told(&outcomes), ["eu:1 failed"]);
    let log = vendor.log();
    assert!(log.iter().all(|call| call == "get 1"), "{log:?}");
    assert_eq!(archived(folder.path()), before);
}
