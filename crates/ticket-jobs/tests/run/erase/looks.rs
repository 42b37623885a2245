//! The look after the pause, and what may be said then.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use ticket_core::model::Status;
use ticket_core::provider::{NotFound, Removal, Support};
use ticket_core::{CallContext, Error, ErrorKind, Operation, Stop, TicketRef};
use ticket_jobs::{AccountSearch, Again, Guards, JobState, Jobs, Look, NewJob, Step, Which};
use tokio::time::Instant;

use super::{ada, bob, confirm, created, erasure, fates, look_again, person, planned, vendor};
use crate::vendor::Accounts;
use crate::{jobs, run, state, told};

#[tokio::test(start_paused = true)]
async fn ticket_is_erased_only_once_it_was_looked_at_after_the_pause() {
    let jobs = jobs();
    let eu = vendor(&["1", "2", "3"], Removal::Permanent);
    let accounts = Accounts::new(&jobs, [("eu", &eu)]);
    let found = [("eu:1", ada()), ("eu:2", bob()), ("eu:1", bob())];
    let id = planned(&jobs, &accounts, erasure(), &found).await;
    assert_eq!(state(&jobs, &id).await, JobState::AwaitingConfirmation);
    assert!(!jobs.erased(&id).await.unwrap().is_complete());
    confirm(&jobs, &accounts, &id).await;
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(told(&outcomes), ["eu:1 deleted", "eu:2 deleted"]);
    let said = ["1 not_looked_at_again", "2 not_looked_at_again"];
    assert_eq!(fates(&jobs, &id).await, said);
    let erased = jobs.erased(&id).await.unwrap();
    let ended = jobs.ledger().now();
    assert_eq!(erased.look_again_at, Some(ended + Duration::from_secs(300)));
    assert!(erased.is_over && !erased.is_complete());
    eu.state().log.clear();
    let begun = Instant::now();
    assert!(look_again(&jobs, &accounts, &id).await.is_empty());
    assert!(begun.elapsed() >= Duration::from_secs(300));
    let mut log = eu.log();
    log.sort();
    assert_eq!(log, ["get 1", "get 2"]);
    assert_eq!(fates(&jobs, &id).await, ["1 erased", "2 erased"]);
    let erased = jobs.erased(&id).await.unwrap();
    assert!(erased.is_complete());
    assert_eq!(
        (erased.look_again_at, erased.not_searched().count()),
        (None, 0)
    );
    assert_eq!(erased.fates, BTreeMap::from([("erased", 2)]));
    // The ticket 1 is of both.
    let of = |person| erased.of(&person).unwrap().fates["erased"];
    assert_eq!((of(ada()), of(bob())), (1, 2));
    assert!(erased.of(&person("c")).is_none());
    // Nothing is left to look at.
    assert!(look_again(&jobs, &accounts, &id).await.is_empty());
    assert_eq!(eu.log().len(), 2);
    assert_eq!(jobs.verify(&id).await.unwrap(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn second_look_before_the_end_of_the_pause_reads_nothing_and_goes_on_later() {
    let jobs = jobs();
    let eu = vendor(&["1"], Removal::Permanent);
    let accounts = Accounts::new(&jobs, [("eu", &eu)]);
    let erasure = erasure().look_again_after(Duration::from_secs(3600));
    let id = planned(&jobs, &accounts, erasure, &[("eu:1", ada())]).await;
    let context = CallContext::new();
    let early = jobs.look_again(&id, &*accounts, &context, |_, _| {}).await;
    assert_eq!(early.unwrap_err().kind(), ErrorKind::Conflict);
    confirm(&jobs, &accounts, &id).await;
    run(&jobs, &id, &accounts).await;
    eu.state().log.clear();
    let begun = Instant::now();
    let stop = Stop::new();
    let context = CallContext::new().stop(stop.clone());
    let look = jobs.look_again(&id, &*accounts, &context, |_, _| {});
    let stops = async {
        tokio::time::sleep(Duration::from_secs(600)).await;
        stop.finish();
    };
    let (stopped, ()) = tokio::join!(look, stops);
    assert_eq!(stopped.unwrap_err().kind(), ErrorKind::Cancelled);
    assert_eq!(eu.log(), Vec::<String>::new());
    assert_eq!(fates(&jobs, &id).await, ["1 not_looked_at_again"]);
    // Another process goes on with what is left of the pause.
    let jobs = Jobs::new(Arc::clone(jobs.ledger()));
    look_again(&jobs, &accounts, &id).await;
    assert_eq!(fates(&jobs, &id).await, ["1 erased"]);
    let waited = begun.elapsed().as_secs();
    assert!((3600..3700).contains(&waited), "{waited}");
}

#[tokio::test(start_paused = true)]
async fn what_the_second_look_finds_decides() {
    let jobs = jobs();
    let eu = vendor(&["1", "2", "3", "4", "5"], Removal::Permanent);
    let accounts = Accounts::new(&jobs, [("eu", &eu)]);
    let found = ["eu:1", "eu:2", "eu:3", "eu:4", "eu:5", "eu:9"].map(|one| (one, ada()));
    let id = planned(&jobs, &accounts, erasure(), &found).await;
    confirm(&jobs, &accounts, &id).await;
    // The ticket 5 is refused.
    let refused = Error::new(ErrorKind::Conflict, "locked");
    eu.state().refused.insert("5".to_owned(), refused);
    run(&jobs, &id, &accounts).await;
    {
        let mut state = eu.state();
        // 1 is back; 2 and 3 are the ids of other tickets, of which one tells when it was created; 4 is in a trash.
        for id in ["1", "2", "3", "4"] {
            state.there.insert(id.to_owned());
        }
        state.created.insert("2".to_owned(), created(2));
        state.created.remove("3");
        state.texts.insert("3".to_owned(), "another".to_owned());
        state.statuses.insert("4".to_owned(), Status::Deleted);
    }
    let context = CallContext::new();
    let seen = Mutex::default();
    let tell = |ticket: &TicketRef, again| {
        let mut seen: MutexGuard<'_, BTreeMap<String, Again>> = seen.lock().unwrap();
        seen.insert(ticket.id.to_string(), again);
    };
    let looked = jobs.look_again(&id, &*accounts, &context, tell).await;
    assert!(looked.unwrap().is_empty());
    let seen = seen.into_inner().unwrap();
    let expected = [
        ("1", Again::There),
        ("2", Again::Another),
        ("3", Again::Unknown),
        ("4", Again::InTrash),
        ("9", Again::Gone),
    ];
    let expected = expected.map(|(id, again)| (id.to_owned(), again));
    assert_eq!(seen, BTreeMap::from(expected));
    let said = [
        "1 still_there",
        "2 erased",
        "3 not_confirmed",
        "4 in_trash",
        "5 failed",
        "9 already_gone",
    ];
    assert_eq!(fates(&jobs, &id).await, said);
    let erased = jobs.erased(&id).await.unwrap();
    assert!(!erased.is_complete() && !erased.of(&ada()).unwrap().is_erased());
    assert!(erased.of(&bob()).unwrap().is_erased());
    assert!(erased.look_again_at.is_some());
    // What was there and what nobody could tell is looked at again, and nothing else.
    eu.state().there.clear();
    eu.state().log.clear();
    look_again(&jobs, &accounts, &id).await;
    let mut log = eu.log();
    log.sort();
    assert_eq!(log, ["get 1", "get 3"]);
    let said = ["1 erased", "2 erased", "3 erased", "4 in_trash"];
    assert_eq!(fates(&jobs, &id).await[..4], said);
}

#[tokio::test(start_paused = true)]
async fn ticket_that_has_the_same_json_or_is_older_than_its_delete_is_still_there() {
    for is_told in [true, false] {
        let jobs = jobs();
        let eu = vendor(&["1", "2"], Removal::Permanent);
        if !is_told {
            eu.state().created.clear();
        }
        let accounts = Accounts::new(&jobs, [("eu", &eu)]);
        let found = [("eu:1", ada()), ("eu:2", ada())];
        let id = planned(&jobs, &accounts, erasure(), &found).await;
        confirm(&jobs, &accounts, &id).await;
        run(&jobs, &id, &accounts).await;
        {
            let mut state = eu.state();
            state.there = ["1".to_owned(), "2".to_owned()].into();
            state.created.insert("2".to_owned(), created(1));
            state.texts.insert("2".to_owned(), "changed".to_owned());
        }
        look_again(&jobs, &accounts, &id).await;
        let said = ["1 still_there", "2 still_there"];
        assert_eq!(fates(&jobs, &id).await, said, "{is_told}");
    }
}

#[tokio::test(start_paused = true)]
async fn ticket_in_a_trash_or_perhaps_kept_is_not_erased() {
    let limited = Removal::Trash {
        restorable_for: Some(Duration::from_secs(86_400)),
    };
    let unlimited = Removal::Trash {
        restorable_for: None,
    };
    for (removal, is_shown, word, has_limit) in [
        (limited, Some(true), "in_trash", true),
        (limited, Some(false), "in_trash", true),
        (limited, None, "in_trash", true),
        (unlimited, Some(true), "in_trash", false),
        (unlimited, None, "in_trash", false),
        (Removal::Undocumented, Some(false), "undocumented", false),
        (Removal::Undocumented, Some(true), "in_trash", false),
        (Removal::Undocumented, None, "not_confirmed", false),
    ] {
        let jobs = jobs();
        let eu = vendor(&["1"], removal);
        let accounts = Accounts::new(&jobs, [("eu", &eu)]);
        let id = planned(&jobs, &accounts, erasure(), &[("eu:1", ada())]).await;
        confirm(&jobs, &accounts, &id).await;
        run(&jobs, &id, &accounts).await;
        let deleted_at = jobs.ledger().now();
        match is_shown {
            Some(true) => {
                let mut state = eu.state();
                state.there.insert("1".to_owned());
                state.statuses.insert("1".to_owned(), Status::Deleted);
            }
            Some(false) => {}
            // A look tells nothing.
            None => eu.state().reads_fail = Some(Error::new(ErrorKind::Forbidden, "no")),
        }
        look_again(&jobs, &accounts, &id).await;
        assert_eq!(fates(&jobs, &id).await, [format!("1 {word}")]);
        let erased = jobs.erased(&id).await.unwrap();
        assert!(!erased.is_complete());
        let is_left = word == "not_confirmed";
        assert_eq!(erased.look_again_at.is_some(), is_left, "{removal:?}");
        let until = erased.of(&ada()).unwrap().in_trash_until;
        let limit = deleted_at + Duration::from_secs(86_400);
        assert_eq!(until, has_limit.then_some(limit), "{removal:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn ticket_that_somebody_else_deleted_is_not_said_to_be_erased() {
    let jobs = jobs();
    let eu = vendor(&["1", "2"], Removal::Permanent);
    let accounts = Accounts::new(&jobs, [("eu", &eu)]);
    let found = [("eu:1", ada()), ("eu:2", ada())];
    let id = planned(&jobs, &accounts, erasure(), &found).await;
    confirm(&jobs, &accounts, &id).await;
    eu.state().there.remove("1");
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(told(&outcomes), ["eu:1 not_found", "eu:2 deleted"]);
    look_again(&jobs, &accounts, &id).await;
    assert_eq!(fates(&jobs, &id).await, ["1 already_gone", "2 erased"]);
    assert!(!jobs.erased(&id).await.unwrap().is_complete());
}

#[tokio::test(start_paused = true)]
async fn not_found_that_proves_nothing_confirms_no_erasure() {
    for (proves, word) in [
        (NotFound::Ambiguous, "not_confirmed"),
        // No other read is answered.
        (NotFound::Undocumented, "not_confirmed"),
        (NotFound::Gone, "erased"),
    ] {
        let jobs = jobs();
        let mut eu = vendor(&["1"], Removal::Permanent);
        let capabilities = eu.info.capabilities.clone();
        let get = Support::new().not_found(proves);
        eu.info.capabilities = capabilities.with(Operation::Get, get);
        let accounts = Accounts::new(&jobs, [("eu", &eu)]);
        let id = planned(&jobs, &accounts, erasure(), &[("eu:1", ada())]).await;
        confirm(&jobs, &accounts, &id).await;
        run(&jobs, &id, &accounts).await;
        look_again(&jobs, &accounts, &id).await;
        assert_eq!(fates(&jobs, &id).await, [format!("1 {word}")]);
    }
}

#[tokio::test(start_paused = true)]
async fn account_that_does_not_answer_is_told_and_the_others_are_looked_at() {
    let jobs = jobs();
    let ids: Vec<_> = (1..=40).map(|id| id.to_string()).collect();
    let ids: Vec<_> = ids.iter().map(String::as_str).collect();
    let eu = vendor(&ids, Removal::Permanent);
    let (us, uk) = (
        vendor(&["1"], Removal::Permanent),
        vendor(&["1"], Removal::Permanent),
    );
    let accounts = Accounts::new(&jobs, [("eu", &eu), ("us", &us), ("uk", &uk)]);
    let erasure = ["us", "uk"].into_iter().fold(erasure(), |erasure, name| {
        erasure.search(AccountSearch::new(name, "desk"))
    });
    let eus: Vec<_> = ids.iter().map(|id| format!("eu:{id}")).collect();
    let mut found: Vec<_> = eus.iter().map(|one| (one.as_str(), ada())).collect();
    found.extend([("us:1", ada()), ("uk:1", ada())]);
    let id = planned(&jobs, &accounts, erasure, &found).await;
    confirm(&jobs, &accounts, &id).await;
    run(&jobs, &id, &accounts).await;
    let down = Error::new(ErrorKind::Connect, "no way to ada@example.org");
    eu.state().reads_fail = Some(down);
    eu.state().log.clear();
    // One of the names leads to nothing any more.
    let left = Accounts::new(&jobs, [("eu", &eu), ("us", &us)]);
    let looked = look_again(&jobs, &left, &id).await;
    let names: Vec<_> = looked.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["uk", "eu"]);
    let words = looked[1].1.to_string();
    assert!(words.ends_with(": no connection"), "{words}");
    assert!(eu.log().len() < 20, "{}", eu.log().len());
    let erased = jobs.erased(&id).await.unwrap();
    assert_eq!(erased.fates["erased"], 1);
    assert!(erased.fates["not_confirmed"] >= 9 && erased.fates["not_looked_at_again"] >= 20);
    let rows = jobs.ledger().tickets(&id, Which::Named, None, 99).await;
    let rows = rows.unwrap();
    let looks: Vec<_> = rows
        .iter()
        .filter_map(|row| row.looked_again.as_ref())
        .collect();
    let unknown = looks.iter().filter(|look| look.found == Again::Unknown);
    assert!(unknown.clone().count() >= 9);
    assert!(
        unknown
            .clone()
            .all(|look| look.kind == Some(ErrorKind::Connect))
    );
    // Later it does.
    eu.state().reads_fail = None;
    assert!(look_again(&jobs, &accounts, &id).await.is_empty());
    assert!(jobs.erased(&id).await.unwrap().is_complete());
}

#[tokio::test(start_paused = true)]
async fn account_of_another_key_is_not_looked_at() {
    let jobs = jobs();
    let eu = vendor(&["1"], Removal::Permanent);
    let accounts = Accounts::new(&jobs, [("eu", &eu)]);
    let id = planned(&jobs, &accounts, erasure(), &[("eu:1", ada())]).await;
    confirm(&jobs, &accounts, &id).await;
    run(&jobs, &id, &accounts).await;
    let mut other = Accounts::new(&jobs, [("eu", &vendor(&[], Removal::Permanent))]);
    Arc::get_mut(&mut other).unwrap().keys = "other#".to_owned();
    let looked = look_again(&jobs, &other, &id).await;
    assert_eq!(looked[0].1.kind(), ErrorKind::Config);
    assert_eq!(fates(&jobs, &id).await, ["1 not_looked_at_again"]);
}

#[tokio::test(start_paused = true)]
async fn cancelled_erasure_looks_again_at_what_was_deleted_alone() {
    let jobs = jobs();
    let eu = vendor(&["1", "2", "3", "4"], Removal::Permanent);
    let accounts = Accounts::new(&jobs, [("eu", &eu)]);
    let found = ["eu:1", "eu:2", "eu:3", "eu:4"].map(|one| (one, ada()));
    let mut guards = Guards::default();
    guards.canary = Some(2);
    let found = found.map(|(ticket, person)| (ticket.parse().unwrap(), vec![person]));
    let new = NewJob::erasure(erasure()).guards(guards);
    let list = jobs.erase(new, found).await.unwrap();
    let context = CallContext::new();
    let looked = list.look(&*accounts, &context, Look::All, |_| {}).await;
    assert_eq!(looked.unwrap().found, 4);
    let id = list.seal(&*accounts).await.unwrap();
    confirm(&jobs, &accounts, &id).await;
    run(&jobs, &id, &accounts).await;
    jobs.steer(&id, Step::Cancel).await.unwrap();
    eu.state().log.clear();
    look_again(&jobs, &accounts, &id).await;
    let mut log = eu.log();
    log.sort();
    assert_eq!(log, ["get 1", "get 2"]);
    let said = ["1 erased", "2 erased", "3 unattempted", "4 unattempted"];
    assert_eq!(fates(&jobs, &id).await, said);
    assert!(!jobs.erased(&id).await.unwrap().is_complete());
}

#[tokio::test(start_paused = true)]
async fn ticket_that_was_not_there_is_not_said_to_be_in_the_trash() {
    let jobs = jobs();
    let trash = Removal::Trash {
        restorable_for: None,
    };
    let eu = vendor(&["1"], trash);
    let accounts = Accounts::new(&jobs, [("eu", &eu)]);
    let id = planned(&jobs, &accounts, erasure(), &[("eu:1", ada())]).await;
    confirm(&jobs, &accounts, &id).await;
    eu.state().there.clear();
    assert_eq!(told(&run(&jobs, &id, &accounts).await), ["eu:1 not_found"]);
    look_again(&jobs, &accounts, &id).await;
    assert_eq!(fates(&jobs, &id).await, ["1 already_gone"]);
}
