//! Accounts and jobs that are refused.

use std::sync::Arc;

use ticket_core::{Change, Effect, Error, ErrorKind};
use ticket_jobs::{JobState, Jobs, NewJob};

use crate::vendor::{Accounts, Answer, Vendor};
use crate::{job, jobs, killed, recorded, run, state, told};

#[tokio::test(start_paused = true)]
async fn account_whose_name_leads_elsewhere_is_refused_and_others_go_on() {
    let jobs = jobs();
    let (eu, us) = (Vendor::new(&["1"]), Vendor::new(&["1"]));
    let accounts = Accounts::new(&jobs, [("eu", &eu), ("us", &us)]);
    let id = job(&jobs, &accounts, &["eu:1", "us:1"]).await;
    let mut moved = Accounts::new(&jobs, [("us", &us)]);
    let outcomes = run(&jobs, &id, &moved).await;
    let error = outcomes.iter().find_map(|one| one.as_ref().err()).unwrap();
    assert_eq!(error.to_string(), "there is no eu");
    assert_eq!(told(&outcomes), ["us:1 deleted"]);
    Arc::get_mut(&mut moved).unwrap().keys = "other#".to_owned();
    let outcomes = run(&jobs, &id, &moved).await;
    let error = outcomes[0].as_ref().unwrap_err();
    assert_eq!(
        error.to_string(),
        "the account eu was desk#eu when the job was made and is other#eu now; nothing is sent to it"
    );
    assert!(eu.log().is_empty());
    assert_eq!(recorded(&jobs, &id).await, ["1 open", "1 deleted"]);
}

/// Why this list cannot be made a job, and that nobody can work on it.
async fn refusal(jobs: &Jobs, accounts: &Arc<Accounts>, change: Change, named: &[&str]) -> String {
    let mut list = jobs.load(NewJob::new(change)).await.unwrap();
    for ticket in named {
        list.push(ticket.parse().unwrap(), None).await.unwrap();
    }
    let id = list.id().clone();
    let error = list.seal(&**accounts).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Config, Effect::None)
    );
    assert_eq!(state(jobs, &id).await, JobState::Loading);
    assert!(run(jobs, &id, accounts).await[0].is_err());
    error.to_string()
}

#[tokio::test(start_paused = true)]
async fn job_that_deletes_more_than_an_account_allows_is_refused_before_it_can_be_worked_on() {
    let jobs = jobs();
    let (eu, us) = (Vendor::new(&["1", "2", "3"]), Vendor::new(&["1"]));
    let mut accounts = Accounts::new(&jobs, [("eu", &eu), ("us", &us)]);
    Arc::get_mut(&mut accounts).unwrap().max_delete = Some(2);
    let named = ["us:1", "eu:1", "eu:2", "eu:3"];
    let error = refusal(&jobs, &accounts, Change::Delete, &named).await;
    assert_eq!(
        error,
        "eu: `max_delete` of this account is 2, and 3 of its tickets would be deleted"
    );
    assert!(eu.log().is_empty() && us.log().is_empty());

    // A ticket that is named twice is deleted once, and the limit is that of each account.
    let named = ["us:1", "eu:1", "eu:2", "eu:1", "eu:2"];
    let id = job(&jobs, &accounts, &named).await;
    Arc::get_mut(&mut accounts).unwrap().max_delete = Some(1);
    let outcomes = run(&jobs, &id, &accounts).await;
    let error = outcomes.iter().find_map(|one| one.as_ref().err()).unwrap();
    assert!(error.to_string().starts_with("eu: `max_delete`"), "{error}");
    assert_eq!(told(&outcomes), ["us:1 deleted"]);
    assert!(eu.log().is_empty());
    Arc::get_mut(&mut accounts).unwrap().max_delete = Some(2);
    run(&jobs, &id, &accounts).await;
    assert_eq!(eu.log(), ["delete 1,2"]);
}

#[tokio::test(start_paused = true)]
async fn job_of_a_read_only_account_is_refused_and_one_made_before_stays_as_it_is() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2"]);
    let mut accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1", "eu:2"]).await;
    Arc::get_mut(&mut accounts).unwrap().read_only = true;
    let read_only = "eu: `read_only` is set for this account: nothing is changed at it";
    for change in [Change::Delete, Change::Resolve, Change::Restore] {
        let error = refusal(&jobs, &accounts, change, &["eu:1"]).await;
        assert_eq!(error, read_only);
    }
    let outcomes = run(&jobs, &id, &accounts).await;
    assert_eq!(outcomes[0].as_ref().unwrap_err().to_string(), read_only);
    assert_eq!(recorded(&jobs, &id).await, ["1 open", "2 open"]);
    assert!(vendor.log().is_empty());
}

#[tokio::test(start_paused = true)]
async fn tickets_in_doubt_are_told_unknown_and_stay_in_doubt_if_the_account_is_refused() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1", "2"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let id = job(&jobs, &accounts, &["eu:1", "eu:2"]).await;
    vendor.answer(Answer::Never);
    killed(&jobs, &id, &accounts).await;
    let refused = Error::new(ErrorKind::Unauthenticated, "the key is wrong");
    vendor.state().reads_fail = Some(refused.clone());
    vendor.answer(Answer::Error(refused, false));
    let second = run(&jobs, &id, &accounts).await;
    assert_eq!(told(&second), ["eu:1 (unknown)", "eu:2 (unknown)"]);
    assert_eq!(recorded(&jobs, &id).await, ["1 in doubt", "2 in doubt"]);
    let suspended = jobs.ledger().accounts().await.unwrap()[0].suspended.clone();
    assert!(suspended.unwrap().because.contains("the key is wrong"));
    vendor.state().reads_fail = None;
    let third = run(&jobs, &id, &accounts).await;
    assert_eq!(told(&third), ["eu:1 already_gone", "eu:2 already_gone"]);
}

#[tokio::test(start_paused = true)]
async fn job_whose_list_is_not_complete_is_refused() {
    let jobs = jobs();
    let vendor = Vendor::new(&["1"]);
    let accounts = Accounts::new(&jobs, [("eu", &vendor)]);
    let mut list = jobs.load(NewJob::new(Change::Delete)).await.unwrap();
    list.push("eu:1".parse().unwrap(), None).await.unwrap();
    list.flush().await.unwrap();
    let id = list.id().clone();
    let outcomes = run(&jobs, &id, &accounts).await;
    let error = outcomes[0].as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("is not complete"), "{error}");
    list.discard().await.unwrap();
    assert!(jobs.ledger().jobs().await.unwrap().is_empty());
    assert!(vendor.log().is_empty());
}
