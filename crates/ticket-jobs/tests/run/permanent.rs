//! Jobs that delete for good where a delete moves tickets to a trash.

use ticket_core::provider::Removal;
use ticket_core::{CallContext, Change, Error, ErrorKind, TicketRef};
use ticket_jobs::{Look, NewJob, Which, report};

use crate::erase::{ada, confirm, erasure, vendor};
use crate::vendor::{Accounts, Vendor};
use crate::{jobs, killed, recorded, run, told};

#[tokio::test(start_paused = true)]
async fn permanent_delete_killed_between_its_steps_begins_again_and_ends_with_the_purge() {
    for is_carried_out in [false, true] {
        let jobs = jobs();
        let eu = Vendor::new(&["1", "2"]).with_trash();
        let accounts = Accounts::new(&jobs, [("eu", &eu)]);
        let mut list = jobs.load(NewJob::new(Change::Purge)).await.unwrap();
        for id in ["1", "2"] {
            list.push(TicketRef::new("eu", id), None).await.unwrap();
        }
        let id = list.seal(&*accounts).await.unwrap();
        let job = jobs.ledger().job(&id).await.unwrap();
        assert_eq!(job.accounts[0].removal, Removal::Permanent);
        eu.state().unanswered_purges.push_back(is_carried_out);
        killed(&jobs, &id, &accounts).await;
        assert_eq!(recorded(&jobs, &id).await, ["1 in doubt", "2 in doubt"]);
        let outcomes = run(&jobs, &id, &accounts).await;
        let word = if is_carried_out {
            "already_gone"
        } else {
            "deleted"
        };
        let expected = ["1", "2"].map(|id| format!("eu:{id} {word}"));
        assert_eq!(told(&outcomes), expected);
        let state = eu.state();
        assert!(state.there.is_empty() && state.trash.is_empty());
        // A second delete does not find what is in the trash, and the purge follows it.
        let of_two = state.log.iter().filter(|call| call.contains("1,2"));
        let of_two: Vec<_> = of_two.map(|call| call.split(' ').next().unwrap()).collect();
        assert_eq!(of_two, ["delete", "purge", "delete", "purge"]);
    }
}

#[tokio::test(start_paused = true)]
async fn guard_holds_back_a_permanent_delete_of_what_it_cannot_read() {
    let jobs = jobs();
    let eu = Vendor::new(&["1"]).with_trash();
    eu.state().trash.insert("2".to_owned());
    let accounts = Accounts::new(&jobs, [("eu", &eu)]);
    let mut guards = ticket_jobs::Guards::default();
    guards.only_state = Some(ticket_core::model::State::Open);
    let new = NewJob::new(Change::Purge).guards(guards);
    let mut list = jobs.load(new).await.unwrap();
    for id in ["1", "2"] {
        list.push(TicketRef::new("eu", id), None).await.unwrap();
    }
    let id = list.seal(&*accounts).await.unwrap();
    let outcomes = run(&jobs, &id, &accounts).await;
    // A read does not find what is in the trash, so that nobody knows in which state it is.
    assert_eq!(told(&outcomes), ["eu:1 deleted", "eu:2 failed"]);
    assert!(eu.state().trash.contains("2"));
}

/// What is told of each ticket that failed is what a report says.
#[tokio::test(start_paused = true)]
async fn permanent_erasure_whose_purge_fails_says_what_is_in_the_trash_in_words_of_this_program() {
    let jobs = jobs();
    let mut eu = vendor(&["1", "2", "3"], Removal::Permanent).with_trash();
    eu.info.never_reuses_ids = true;
    let accounts = Accounts::new(&jobs, [("eu", &eu)]);
    let found = ["1", "2", "3"].map(|id| (TicketRef::new("eu", id), vec![ada()]));
    let new = NewJob::erasure(erasure()).permanent();
    let list = jobs.erase(new, found).await.unwrap();
    let context = CallContext::new();
    let looked = list.look(&*accounts, &context, Look::All, |_| {});
    assert_eq!(looked.await.unwrap().found, 3);
    let id = list.seal(&*accounts).await.unwrap();
    confirm(&jobs, &accounts, &id).await;
    let of_ada = || Error::new(ErrorKind::Forbidden, "refused for ada@example.org");
    {
        let mut state = eu.state();
        // The delete of 2 is refused, and of 3 only the purge.
        state.refused = [("2".to_owned(), of_ada())].into();
        state.not_purged = [("3".to_owned(), of_ada())].into();
    }
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(
        told(&outcomes),
        ["eu:1 deleted", "eu:2 failed", "eu:3 failed"]
    );
    let (there, trash) = {
        let state = eu.state();
        (state.there.clone(), state.trash.clone())
    };
    assert_eq!(
        (there, trash),
        (["2".to_owned()].into(), ["3".to_owned()].into())
    );

    let rows = jobs.ledger().tickets(&id, Which::Named, None, 9);
    let rows = rows.await.unwrap();
    let words = rows
        .iter()
        .map(|row| row.outcome.as_ref()?.error().map(Error::message));
    let refused = "the credentials do not allow this";
    let in_trash = format!("{refused}; it was deleted before, and may still be in the trash");
    assert_eq!(
        words.collect::<Vec<_>>(),
        [None, Some(refused), Some(&*in_trash)]
    );
    let folder = tempfile::tempdir().unwrap();
    let options = report::Options::new(jobs.ledger().now(), "alice@ops1", "tickets 0.1.0");
    let to = folder.path().join("report");
    let (report, _) = report::write(&**jobs.ledger(), &id, &to, &options)
        .await
        .unwrap();
    for sentence in [
        "1 ticket failed after a delete: not deleted for good, and may still be in the vendor's trash.",
        "1 ticket failed: not deleted for good, and not changed as far as is known.",
    ] {
        let said = &report.not_proven;
        assert!(said.iter().any(|one| one == sentence), "{said:?}");
    }
}
