//! Plans: how tickets were seen, confirmation, what is archived, which calls name a ticket, events.

use jiff::Timestamp;
use ticket_core::model::Version;
use ticket_core::provider::Removal;
use ticket_core::{Change, ErrorKind, Operation, Outcome};

use super::bench::{
    ACCOUNT, Bench, CHUNK, CaseResult, KEY, LONGEST, call, delete, fails, listed, places, same,
    secs,
};
use crate::ledger::LOST_AFTER;
use crate::model::{
    ArchiveGuard, Archived, CallId, Confirmed, Ended, Event, EventKind, Guards, JobAccount, JobId,
    JobState, NewCall, NewJob, Seen, Step, Unasked, Work,
};

pub(super) fn accounts() -> Vec<JobAccount> {
    vec![JobAccount::new(ACCOUNT, KEY, CHUNK)]
}

/// A job of two tickets that awaits confirmation.
pub(super) async fn unconfirmed(bench: &Bench) -> CaseResult<JobId> {
    let new = NewJob::new(Change::Delete).awaiting_confirmation();
    let job = bench.ledger.create(new).await?;
    let tickets = listed(0, &[(ACCOUNT, "1"), (ACCOUNT, "2")]);
    bench.ledger.add(&job, tickets).await?;
    let digest = Some("d1".to_owned());
    bench.ledger.seal(&job, accounts(), digest).await?;
    Ok(job)
}

pub(super) fn confirmed(at: Timestamp) -> Confirmed {
    let approval = serde_json::json!({"reason": "DSR-4711", "signature": ["a", 1, null]});
    Confirmed::new(at, "ada@host").approval(approval)
}

pub(super) async fn unconfirmed_job_cannot_be_worked_on(bench: &Bench) -> CaseResult {
    let job = unconfirmed(bench).await?;
    let state = bench.state(&job).await?;
    let told = (state.state, state.confirmed, state.open);
    let what = "the list of a job that is to be confirmed was completed";
    same(what, told, (JobState::AwaitingConfirmation, None, 2))?;
    let begun = bench.ledger.begin(&job).await;
    let what = "a worker began on a job that nobody confirmed";
    fails(what, begun, ErrorKind::Conflict)?;
    let state = bench.state(&job).await?;
    same(
        "it still awaits confirmation, without a worker",
        (state.state, state.workers),
        (JobState::AwaitingConfirmation, 0),
    )
}

pub(super) async fn confirmed_job_is_ready(bench: &Bench) -> CaseResult {
    let Bench { ledger, clock, .. } = bench;
    let job = unconfirmed(bench).await?;
    let first = confirmed(clock.now());
    ledger.confirm(&job, first.clone()).await?;
    let told = bench.state(&job).await?;
    let what = "a job was confirmed";
    let expected = (JobState::Ready, Some(first.clone()));
    same(what, (told.state, told.confirmed), expected)?;
    let again = ledger
        .confirm(&job, Confirmed::new(clock.now(), "eve@host"))
        .await;
    fails("it was confirmed again", again, ErrorKind::Conflict)?;
    let told = bench.state(&job).await?.confirmed;
    same("the first confirmation stays", told, Some(first))?;
    let worker = ledger.begin(&job).await?;
    let claimed = places(&bench.claim(worker).await?);
    same("a worker claimed its tickets", claimed, vec![0, 1])?;
    for (what, job) in [
        ("a job that is loading", bench.loading(&[]).await?),
        ("a job that needs no confirmation", bench.job(&["1"]).await?),
    ] {
        let done = ledger.confirm(&job, confirmed(clock.now())).await;
        fails(&format!("{what} was confirmed"), done, ErrorKind::Conflict)?;
        let told = bench.state(&job).await?.confirmed;
        same(&format!("{what} has no confirmation"), told, None)?;
    }
    Ok(())
}

pub(super) async fn unconfirmed_job_can_be_cancelled(bench: &Bench) -> CaseResult {
    let Bench { ledger, clock, .. } = bench;
    let job = unconfirmed(bench).await?;
    let state = ledger.steer(&job, Step::Cancel).await?;
    let what = "a job that nobody confirmed was cancelled";
    same(what, state, JobState::Cancelled)?;
    let outcomes = bench.outcomes(&job).await?;
    let expected = vec!["unattempted"; 2];
    same("none of its tickets was attempted", outcomes, expected)?;
    let done = ledger.confirm(&job, confirmed(clock.now())).await;
    fails("it was confirmed then", done, ErrorKind::Conflict)
}

pub(super) async fn job_is_read_back_as_planned(bench: &Bench) -> CaseResult {
    let Bench { ledger, clock, .. } = bench;
    let guards = Guards {
        only_state: Some(ticket_core::model::State::Closed),
        if_unchanged: true,
        max_failures: Some("5%".parse()?),
        canary: Some(u64::MAX),
        archive: Some(ArchiveGuard {
            folder: "/srv/a \"quoted\" folder".to_owned(),
            missing_ok: true,
        }),
        retry_for: Some(secs(90)),
    };
    let new = NewJob::new(Change::Delete).guards(guards.clone());
    let job = ledger.create(new.awaiting_confirmation()).await?;
    let tickets = listed(0, &[("other", "1"), (ACCOUNT, "1")]);
    ledger.add(&job, tickets).await?;
    let mut account = JobAccount::new(ACCOUNT, KEY, CHUNK);
    "onecloud".clone_into(&mut account.provider);
    account.host = Some("api.example.org:8443".to_owned());
    account.removal = Removal::Permanent;
    account.takes_along = vec!["subtasks".to_owned(), "time entries".to_owned()];
    let other = JobAccount::new("other", "vendor/other", 1);
    bench.advance(secs(60));
    let sealed_at = Some(clock.now());
    let digest = Some("d1".to_owned());
    ledger
        .seal(&job, vec![account.clone(), other.clone()], digest.clone())
        .await?;
    bench.advance(secs(60));
    let read = bench.state(&job).await?;
    same("its guards", read.guards, guards)?;
    same("when its list was sealed", read.sealed_at, sealed_at)?;
    same("its digest", read.digest, digest)?;
    let expected: Vec<_> = [other, account]
        .into_iter()
        .map(|mut account| {
            (account.tickets, account.open) = (1, 1);
            account
        })
        .collect();
    let what = "its accounts, in the order of first appearance";
    same(what, read.accounts, expected)?;
    let what = "a canary of more tickets than there are holds back none";
    same(what, read.held_from, None)
}

pub(super) async fn tickets_are_read_back_as_seen(bench: &Bench) -> CaseResult {
    let Bench { ledger, clock, .. } = bench;
    let named = [
        (ACCOUNT, "1"),
        (ACCOUNT, "2"),
        (ACCOUNT, "1"),
        (ACCOUNT, "3"),
    ];
    let job = bench.loading(&named).await?;
    ledger.close_list(&job).await?;
    let missing = Seen::missing(clock.now());
    let mut found = missing.clone();
    found.sha256 = Some("ab12".to_owned());
    found.subject = Some("Don't \"panic\"".to_owned());
    found.status = Some("closed".to_owned());
    found.version = Some(Version::new("W/\"3\""));
    ledger
        .see(&job, vec![(0, missing.clone()), (1, missing.clone())])
        .await?;
    // The latest look counts; place 2 is a repetition, and there is no place 9.
    let more = vec![
        (0, found.clone()),
        (2, missing.clone()),
        (9, missing.clone()),
    ];
    ledger.see(&job, more).await?;
    ledger.seal(&job, accounts(), None).await?;
    let late = ledger.see(&job, vec![(3, missing.clone())]).await;
    let what = "a ticket was seen after the list was sealed";
    fails(what, late, ErrorKind::Conflict)?;
    let seen: Vec<_> = bench.tickets(&job).await?;
    let seen: Vec<_> = seen.into_iter().map(|ticket| ticket.seen).collect();
    let (found, missing) = (Some(found), Some(missing));
    let expected = vec![found.clone(), missing.clone(), found.clone(), None];
    same("how the tickets were seen", seen, expected)?;
    let worker = ledger.begin(&job).await?;
    let seen = bench.claim(worker).await?.into_iter();
    let seen: Vec<_> = seen.map(|ticket| ticket.seen).collect();
    let what = "a worker that claims them is told";
    same(what, seen, vec![found, missing, None])
}

pub(super) async fn archived_tickets_are_told(bench: &Bench) -> CaseResult {
    let Bench { ledger, clock, .. } = bench;
    let (job, worker) = bench.claimed(&["1", "2", "3"]).await?;
    let entry = |sha256: &str| {
        let (at, sha256) = (clock.now(), sha256.to_owned());
        Some(Archived { at, sha256 })
    };
    let archived = async || {
        let tickets = bench.tickets(&job).await?.into_iter();
        CaseResult::Ok(tickets.map(|ticket| ticket.archived).collect::<Vec<_>>())
    };
    ledger
        .archived(worker, vec![(0, "aa".to_owned()), (2, "cc".to_owned())])
        .await?;
    let expected = vec![entry("aa"), None, entry("cc")];
    let what = "two of three tickets were archived";
    same(what, archived().await?, expected.clone())?;
    bench.advance(LOST_AFTER);
    let late = ledger.archived(worker, vec![(1, "bb".to_owned())]).await;
    let what = "a lost worker archived a ticket";
    fails(what, late, ErrorKind::Conflict)?;
    same("nothing more is archived", archived().await?, expected)
}

pub(super) async fn worker_archives_only_what_it_has(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let (job, worker) = bench.claimed(&["1", "2", "3", "4"]).await?;
    ledger.settle(worker, vec![(0, Outcome::Done)]).await?;
    // It has the tickets 1 and 2. The ticket 0 has an outcome, 3 is nobody's, and there is no 9.
    for stray in [0, 3, 9] {
        let entries = vec![(1, "bb".to_owned()), (stray, "xx".to_owned())];
        let done = ledger.archived(worker, entries).await;
        let what = format!("a worker archived the ticket {stray}, which it does not have");
        fails(&what, done, ErrorKind::Conflict)?;
    }
    let tickets = bench.tickets(&job).await?;
    let archived = tickets.iter().any(|ticket| ticket.archived.is_some());
    same("nothing of that was recorded", archived, false)?;
    ledger.archived(worker, vec![(1, "bb".to_owned())]).await?;
    ledger.settle(worker, vec![(1, Outcome::Done)]).await?;
    let archived = bench.tickets(&job).await?.into_iter();
    let archived: Vec<_> = archived
        .map(|ticket| ticket.archived.map(|archived| archived.sha256))
        .collect();
    let expected = vec![None, Some("bb".to_owned()), None, None];
    same(
        "what is archived stays with its outcome",
        archived,
        expected,
    )
}

/// How many calls name each ticket, and the last one.
async fn attempts(bench: &Bench, job: &JobId) -> CaseResult<Vec<(u64, Option<CallId>)>> {
    let tickets = bench.tickets(job).await?.into_iter();
    let told = tickets.map(|ticket| (ticket.attempts, ticket.last_call));
    Ok(told.collect())
}

pub(super) async fn calls_about_a_ticket_are_counted(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let (job, worker) = bench.claimed(&["1", "2", "3"]).await?;
    let first = bench.slot(&delete(&job, worker, &["1", "2"])).await?;
    let refused = Ended::Failed {
        kind: ErrorKind::RateLimited,
        effect: ticket_core::Effect::None,
        status: Some(429),
    };
    ledger.end(first, refused).await?;
    let look = NewCall {
        operation: Operation::Get,
        ..delete(&job, worker, &["2"])
    };
    let second = bench.slot(&look).await?;
    let single = NewCall {
        tickets: vec!["3".into()],
        longest: LONGEST,
        ..call(Operation::Delete)
    };
    bench.slot(&single).await?;
    let told = attempts(bench, &job).await?;
    let expected = vec![(1, Some(first)), (2, Some(second)), (0, None)];
    same("a delete was refused, and a ticket read", told, expected)?;
    ledger.settle(worker, vec![(0, Outcome::Done)]).await?;
    // The same ticket twice in one call is one call, and a ticket with an outcome is counted too.
    let third = bench.slot(&delete(&job, worker, &["1", "1"])).await?;
    let told = attempts(bench, &job).await?;
    let expected = vec![(2, Some(third)), (2, Some(second)), (0, None)];
    same("a ticket was named twice in a call", told, expected)
}

pub(super) async fn unsent_call_is_no_attempt(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let named = [(ACCOUNT, "1"), ("alias", "1"), (ACCOUNT, "2")];
    let job = bench.loading(&named).await?;
    // Two names of one account.
    let both = [ACCOUNT, "alias"].map(|name| JobAccount::new(name, KEY, CHUNK));
    ledger.seal(&job, both.to_vec(), None).await?;
    let worker = ledger.begin(&job).await?;
    let alias = NewCall {
        work: Some(Work {
            job: job.clone(),
            worker,
            account: "alias".to_owned(),
        }),
        ..delete(&job, worker, &["1"])
    };
    let of_alias = bench.slot(&alias).await?;
    let first = bench.slot(&delete(&job, worker, &["1"])).await?;
    let second = bench.slot(&delete(&job, worker, &["1", "2"])).await?;
    let third = bench.slot(&delete(&job, worker, &["1"])).await?;
    ledger.end(second, Ended::Unsent).await?;
    let told = attempts(bench, &job).await?;
    let expected = vec![(2, Some(third)), (1, Some(of_alias)), (0, None)];
    same("a call was not sent, and a later one was", told, expected)?;
    ledger.end(third, Ended::Unsent).await?;
    let told = attempts(bench, &job).await?;
    let expected = vec![(1, Some(first)), (1, Some(of_alias)), (0, None)];
    same("that one was not sent either", told, expected)?;
    ledger.end(of_alias, Ended::Unsent).await?;
    ledger.end(first, Ended::Unsent).await?;
    let told = attempts(bench, &job).await?;
    same("nothing was sent", told, vec![(0, None); 3])
}

pub(super) async fn events_are_read_back_in_order(bench: &Bench) -> CaseResult {
    let Bench { ledger, clock, .. } = bench;
    let job = bench.loading(&[(ACCOUNT, "1")]).await?;
    let other = bench.job(&["1"]).await?;
    let mut planned = Event::new(clock.now(), EventKind::Planned);
    planned.by = Some("Zoë@host, tickets 0.1.0".to_owned());
    planned.detail = Some("\"two\" tickets\n".to_owned());
    let mut unasked = Event::new(clock.now(), EventKind::Unasked);
    let mut others = Unasked::new(ACCOUNT);
    others.add(&["77".into()], 2);
    unasked.unasked = Some(others);
    // The order is that in which they were noted, whatever their time.
    let earlier = Timestamp::UNIX_EPOCH;
    let events = vec![
        planned,
        Event::new(earlier, EventKind::Began),
        Event::new(clock.now(), EventKind::TooManyFailures),
        unasked,
    ];
    for event in &events {
        ledger.note(&job, event.clone()).await?;
        ledger
            .note(&other, Event::new(earlier, EventKind::Paused))
            .await?;
    }
    same("the events of a job", ledger.events(&job).await?, events)?;
    let fresh = bench.job(&["1"]).await?;
    let events = ledger.events(&fresh).await?;
    same("nothing happened to a new job yet", events, Vec::new())
}
