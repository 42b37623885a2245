//! What an erasure is made of, and what is refused.

use std::time::Duration;

use futures_util::TryStreamExt as _;
use ticket_core::provider::Removal;
use ticket_core::{CallContext, Change, Error, ErrorKind, Operation};
use ticket_jobs::{AccountSearch, ArchiveGuard, Erasure, Guards, JobState, NewJob, Which};

use super::{ada, bob, confirm, created, erasure, fates, person, planned, vendor};
use crate::vendor::Accounts;
use crate::{jobs, run, state, told};

#[tokio::test(start_paused = true)]
async fn erasure_is_complete_only_if_each_account_was_searched() {
    let jobs = jobs();
    let eu = vendor(&[], Removal::Permanent);
    let accounts = Accounts::new(&jobs, [("eu", &eu)]);
    let unsupported = Error::unsupported("leadsquared", Operation::List);
    let quoting = Error::new(ErrorKind::Unsupported, "no way to find ada@example.org");
    let vague = Error::new(ErrorKind::Server, "failed for ada@example.org")
        .with_status(500)
        .with_vendor_message("ada@example.org is not known");
    let mut undecided = AccountSearch::new("us", "desk");
    undecided.undecided = 1;
    for (search, words) in [
        (AccountSearch::new("us", "desk"), None),
        (undecided, Some(None)),
        (
            AccountSearch::new("us", "desk").not_searched(&unsupported),
            Some(Some("the vendor documents no way to list tickets")),
        ),
        (
            AccountSearch::new("us", "desk").not_searched(&quoting),
            Some(Some("the vendor has no documented way to do this")),
        ),
        (
            AccountSearch::new("us", "desk").not_searched(&vague),
            Some(Some("the vendor failed (HTTP 500)")),
        ),
    ] {
        let id = planned(&jobs, &accounts, erasure().search(search), &[]).await;
        assert_eq!(state(&jobs, &id).await, JobState::Completed);
        // Before its list is complete nothing is.
        let list = jobs.erase(NewJob::erasure(erasure()), []).await.unwrap();
        let loading = jobs.erased(list.id()).await.unwrap();
        assert!(!loading.is_over && !loading.is_complete());
        let erased = jobs.erased(&id).await.unwrap();
        let told: Vec<_> = erased.not_searched().collect();
        let told = told.first().map(|search| search.not_searched.as_deref());
        assert_eq!(told, words);
        assert_eq!(erased.is_complete(), words.is_none());
        assert!(erased.people.iter().all(|person| person.fates.is_empty()));
    }
    assert_eq!(eu.log(), Vec::<String>::new());
}

#[tokio::test(start_paused = true)]
async fn erasure_that_says_too_little_or_too_much_is_refused_and_leaves_no_job() {
    let jobs = jobs();
    let mut archived = Guards::default();
    archived.archive = Some(ArchiveGuard {
        folder: "/srv/archive".to_owned(),
        missing_ok: false,
    });
    let noted = |note: &str| erasure().search(AccountSearch::new("us", "desk").note(note));
    let thirty_days = Duration::from_secs(30 * 86_400);
    let mut unconfirmed = NewJob::erasure(erasure());
    unconfirmed.awaits_confirmation = false;
    for (new, ticket, person) in [
        (
            NewJob::new(Change::Delete).awaiting_confirmation(),
            "eu:1",
            ada(),
        ),
        (unconfirmed, "eu:1", ada()),
        (NewJob::erasure(Erasure::new("key", [])), "eu:1", ada()),
        (NewJob::erasure(erasure()), "us:1", ada()),
        (NewJob::erasure(erasure()), "eu:1", person("c")),
        (
            NewJob::erasure(noted("by Requestor = ada@example.org")),
            "eu:1",
            ada(),
        ),
        (
            NewJob::erasure(noted("?email=ada%40example.org")),
            "eu:1",
            ada(),
        ),
        (
            NewJob::erasure(erasure()).guards(archived.clone()),
            "eu:1",
            ada(),
        ),
        (
            NewJob::erasure(erasure().keep_archive(thirty_days)),
            "eu:1",
            ada(),
        ),
    ] {
        let found = [(ticket.parse().unwrap(), vec![person])];
        let refused = jobs.erase(new, found).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::InvalidInput, "{refused}");
        assert!(!refused.to_string().contains("example.org"), "{refused}");
    }
    let nobodys = [("eu:1".parse().unwrap(), Vec::new())];
    let refused = jobs.erase(NewJob::erasure(erasure()), nobodys).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert!(jobs.ledger().jobs().await.unwrap().is_empty());
    let kept = NewJob::erasure(erasure().keep_archive(thirty_days)).guards(archived);
    jobs.erase(kept, []).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn erasure_counts_what_was_found_of_each_account() {
    let jobs = jobs();
    let mut wrong = AccountSearch::new("us", "desk");
    wrong.found = 7;
    let found = [
        ("eu:1", ada()),
        ("us:1", ada()),
        ("eu:1", bob()),
        ("eu:2", bob()),
    ];
    let found = found.map(|(ticket, person)| (ticket.parse().unwrap(), vec![person, person]));
    let list = jobs.erase(NewJob::erasure(erasure().search(wrong)), found);
    let list = list.await.unwrap();
    let job = jobs.ledger().job(list.id()).await.unwrap();
    let counts = job.erasure.as_ref().unwrap().searches.iter();
    let counts: Vec<_> = counts.map(|search| search.found).collect();
    assert_eq!((counts, job.tickets, job.repeated), (vec![2, 1], 3, 0));
    let tickets: Vec<_> = jobs.erased_tickets(&job).try_collect().await.unwrap();
    let people: Vec<_> = tickets.into_iter().map(|ticket| ticket.people).collect();
    assert_eq!(people, [vec![ada(), bob()], vec![ada()], vec![bob()]]);
}

#[tokio::test(start_paused = true)]
async fn job_that_is_no_erasure_is_refused() {
    let jobs = jobs();
    let eu = vendor(&["1"], Removal::Permanent);
    let accounts = Accounts::new(&jobs, [("eu", &eu)]);
    let id = crate::job(&jobs, &accounts, &["eu:1"]).await;
    let context = CallContext::new();
    let looked = jobs.look_again(&id, &*accounts, &context, |_, _| {}).await;
    assert_eq!(looked.unwrap_err().kind(), ErrorKind::InvalidInput);
    let erased = jobs.erased(&id).await;
    assert_eq!(erased.unwrap_err().kind(), ErrorKind::InvalidInput);
    assert_eq!(fates(&jobs, &id).await, ["1 open"]);
}

#[tokio::test(start_paused = true)]
async fn ticket_that_got_the_id_of_the_one_found_is_not_deleted() {
    let jobs = jobs();
    let eu = vendor(&["1", "2", "3"], Removal::Permanent);
    let accounts = Accounts::new(&jobs, [("eu", &eu)]);
    let found = ["eu:1", "eu:2", "eu:3"].map(|ticket| (ticket, ada()));
    let id = planned(&jobs, &accounts, erasure(), &found).await;
    {
        let mut state = eu.state();
        // The customer wrote once more to 1, and 2 and 3 are others by now, of which one does not tell its age.
        state.texts.insert("1".to_owned(), "more".to_owned());
        state.created.insert("2".to_owned(), created(2));
        state.created.remove("3");
        state.texts.insert("3".to_owned(), "other".to_owned());
    }
    confirm(&jobs, &accounts, &id).await;
    let outcomes = run(&jobs, &id, &accounts).await;
    let mut said = told(&outcomes);
    said.sort();
    assert_eq!(said, ["eu:1 deleted", "eu:2 failed", "eu:3 failed"]);
    let log = eu.log();
    let deletes: Vec<_> = log
        .iter()
        .filter(|call| call.starts_with("delete"))
        .collect();
    assert_eq!(deletes, ["delete 1"]);
    let rows = jobs.ledger().tickets(&id, Which::Named, None, 9).await;
    let why = rows.unwrap();
    let why = why.iter().filter_map(|row| row.outcome.as_ref()?.error());
    let why: Vec<_> = why.map(|error| error.message().to_owned()).collect();
    assert_eq!(
        why,
        [
            "not changed: another ticket has its id now",
            "not changed: another ticket may have its id now, since the vendor gives out ids again"
        ]
    );
    assert_eq!(
        fates(&jobs, &id).await,
        ["1 not_looked_at_again", "2 failed", "3 failed"]
    );
}

#[tokio::test(start_paused = true)]
async fn ticket_with_others_below_it_is_deleted_only_once_they_are_gone() {
    let jobs = jobs();
    let mut eu = vendor(&["1", "2"], Removal::Permanent);
    let capabilities = eu.info.capabilities.clone();
    let delete = capabilities.support(Operation::Delete).unwrap().clone();
    let delete = delete.takes_along(vec!["subtasks".into()]);
    eu.info.capabilities = capabilities.with(Operation::Delete, delete);
    eu.info.never_reuses_ids = true;
    eu.state().below = [("1".to_owned(), vec!["3".into()])].into();
    let accounts = Accounts::new(&jobs, [("eu", &eu)]);
    let found = ["eu:1", "eu:2"].map(|ticket| (ticket, ada()));
    let id = planned(&jobs, &accounts, erasure(), &found).await;
    confirm(&jobs, &accounts, &id).await;
    let outcomes = run(&jobs, &id, &accounts).await;
    let mut said = told(&outcomes);
    said.sort();
    assert_eq!(said, ["eu:1 failed", "eu:2 deleted"]);
    assert_eq!(eu.state().there.iter().collect::<Vec<_>>(), ["1"]);
    let rows = jobs.ledger().tickets(&id, Which::Named, None, 9).await;
    let rows = rows.unwrap();
    let why = rows[0].outcome.as_ref().and_then(|outcome| outcome.error());
    assert!(
        why.unwrap()
            .message()
            .contains("take along the tickets below it")
    );
    eu.state().below.clear();
    let id = planned(&jobs, &accounts, erasure(), &[("eu:1", ada())]).await;
    confirm(&jobs, &accounts, &id).await;
    assert_eq!(told(&run(&jobs, &id, &accounts).await), ["eu:1 deleted"]);
}
