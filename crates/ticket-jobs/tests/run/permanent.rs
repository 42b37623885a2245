//! Jobs that delete for good where a delete moves tickets to a trash.

use ticket_core::provider::Removal;
use ticket_core::{Change, TicketRef};
use ticket_jobs::NewJob;

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
