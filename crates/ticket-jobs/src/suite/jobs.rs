//! Jobs, their lists and their states.

use ticket_core::model::{Priority, Version};
use ticket_core::{Change, ErrorKind, Operation, Outcome, TicketPatch};

use super::bench::{
    ACCOUNT, Bench, CaseResult, KEY, delete, each, fails, listed, no_job, same, secs, wrong,
};
use super::plan::unconfirmed;
use crate::model::{
    Claim, Confirmed, Event, EventKind, JobAccount, JobId, JobState, Listed, NewJob, Step, Which,
    WorkerId,
};

pub(super) async fn job_is_loading_until_it_is_sealed(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let job = bench.loading(&[(ACCOUNT, "1")]).await?;
    let state = bench.state(&job).await?.state;
    same("a job was created", state, JobState::Loading)?;
    let begun = ledger.begin(&job).await;
    fails(
        "a worker began before the list was complete",
        begun,
        ErrorKind::Conflict,
    )?;
    ledger.add(&job, listed(1, &[(ACCOUNT, "2")])).await?;
    let accounts = || vec![JobAccount::new(ACCOUNT, KEY, 3)];
    ledger.seal(&job, accounts(), None).await?;
    let sealed = bench.state(&job).await?;
    same("the job was sealed", sealed.state, JobState::Ready)?;
    same("it has two tickets", (sealed.tickets, sealed.open), (2, 2))?;
    let more = ledger.add(&job, listed(2, &[(ACCOUNT, "3")])).await;
    fails(
        "a ticket was added to a complete list",
        more,
        ErrorKind::Conflict,
    )?;
    let again = ledger.seal(&job, accounts(), None).await;
    fails("a job was sealed twice", again, ErrorKind::Conflict)?;
    let discarded = ledger.discard(&job).await;
    fails("a sealed job was discarded", discarded, ErrorKind::Conflict)?;
    same("its list is as before", bench.state(&job).await?.tickets, 2)
}

pub(super) async fn closed_list_tells_repetitions_apart(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let job = bench.loading(&[(ACCOUNT, "1"), (ACCOUNT, "1")]).await?;
    ledger.close_list(&job).await?;
    ledger.close_list(&job).await?;
    let state = bench.state(&job).await?;
    let told = (state.state, state.tickets, state.repeated);
    let what = "a list of two mentions of a ticket was closed";
    same(what, told, (JobState::Loading, 1, 1))?;
    let mentions = bench.tickets(&job).await?;
    let repeats: Vec<_> = mentions.iter().map(|ticket| ticket.repeats).collect();
    same("the mentions are told apart", repeats, vec![None, Some(0)])?;
    let more = ledger.add(&job, listed(2, &[(ACCOUNT, "2")])).await;
    let what = "a ticket was added to a closed list";
    fails(what, more, ErrorKind::Conflict)?;
    let accounts = vec![JobAccount::new(ACCOUNT, KEY, 3)];
    ledger.seal(&job, accounts, None).await?;
    let state = bench.state(&job).await?;
    let told = (state.state, state.tickets, state.repeated);
    same("the job was sealed", told, (JobState::Ready, 1, 1))
}

pub(super) async fn job_without_tickets_is_completed(bench: &Bench) -> CaseResult {
    let job = bench.job(&[]).await?;
    let state = bench.state(&job).await?.state;
    same(
        "a job without tickets was sealed",
        state,
        JobState::Completed,
    )?;
    let new = NewJob::new(Change::Delete).awaiting_confirmation();
    let job = bench.ledger.create(new).await?;
    bench.ledger.seal(&job, Vec::new(), None).await?;
    let state = bench.state(&job).await?.state;
    let what = "a job without tickets has nothing to confirm";
    same(what, state, JobState::Completed)
}

pub(super) async fn discarded_job_is_gone(bench: &Bench) -> CaseResult {
    let job = bench.loading(&[(ACCOUNT, "1")]).await?;
    bench.ledger.discard(&job).await?;
    let jobs = bench.ledger.jobs().await?;
    same("a job was discarded, and jobs were listed", jobs.len(), 0)?;
    no_job("a discarded job was read", bench.ledger.job(&job).await)
}

pub(super) async fn unknown_job_is_not_found(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let job = JobId::random();
    no_job("`job`", ledger.job(&job).await)?;
    no_job(
        "`add`",
        ledger.add(&job, listed(0, &[(ACCOUNT, "1")])).await,
    )?;
    no_job("`seal`", ledger.seal(&job, Vec::new(), None).await)?;
    no_job("`close_list`", ledger.close_list(&job).await)?;
    no_job("`discard`", ledger.discard(&job).await)?;
    no_job("`steer`", ledger.steer(&job, Step::Cancel).await)?;
    no_job("`begin`", ledger.begin(&job).await)?;
    no_job(
        "`tickets`",
        ledger.tickets(&job, Which::Named, None, 1).await,
    )?;
    no_job("`calls`", ledger.calls(&job, None, 1).await)?;
    no_job("`see`", ledger.see(&job, Vec::new()).await)?;
    let (now, by) = (ledger.now(), "ada@host");
    let confirmed = ledger.confirm(&job, Confirmed::new(now, by)).await;
    no_job("`confirm`", confirmed)?;
    let event = Event::new(now, EventKind::Began);
    no_job("`note`", ledger.note(&job, event).await)?;
    no_job("`events`", ledger.events(&job).await)?;
    no_job("`verify`", ledger.verify(&job).await)
}

pub(super) async fn repeated_tickets_are_one_ticket(bench: &Bench) -> CaseResult {
    let named = [
        (ACCOUNT, "1"),
        (ACCOUNT, "2"),
        (ACCOUNT, "1"),
        ("other", "1"),
        (ACCOUNT, "1"),
    ];
    let job = bench.job_of(&named).await?;
    let state = bench.state(&job).await?;
    let counts = (state.tickets, state.open, state.repeated);
    same(
        "three tickets were named, one of them three times",
        counts,
        (3, 3, 2),
    )?;
    let of = |name: &str| {
        let account = state.accounts.iter().find(|account| account.name == name);
        account.map(|account| (account.tickets, account.open))
    };
    same(
        "each account has its tickets",
        (of(ACCOUNT), of("other")),
        (Some((2, 2)), Some((1, 1))),
    )?;
    let worker = bench.ledger.begin(&job).await?;
    let claimed = bench.claim(worker).await?;
    same("the tickets were claimed once each", claimed.len(), 2)?;
    bench
        .ledger
        .settle(worker, vec![(0, Outcome::Done)])
        .await?;
    let found = bench.tickets(&job).await?;
    let repeats: Vec<_> = found
        .iter()
        .map(|ticket| (ticket.seq, ticket.repeats))
        .collect();
    let expected = vec![(0, None), (1, None), (2, Some(0)), (3, None), (4, Some(0))];
    same(
        "each mention is listed, with the first one that it repeats",
        repeats,
        expected,
    )?;
    let outcomes = bench.outcomes(&job).await?;
    let expected = vec!["done", "open", "done", "open", "done"];
    same(
        "a repetition has the outcome of its ticket",
        outcomes,
        expected,
    )?;
    let open = bench.ledger.tickets(&job, Which::Open, None, 10).await?;
    let open: Vec<_> = open.iter().map(|ticket| ticket.seq).collect();
    same("open tickets are listed once each", open, vec![1, 3])
}

pub(super) async fn job_keeps_what_it_was_created_with(bench: &Bench) -> CaseResult {
    let Bench { ledger, clock, .. } = bench;
    let created_at = clock.now();
    // A text that a store could take for something else.
    let patch = TicketPatch::new()
        .description("'; -- \"\u{1F4A5}\"\n\\")
        .priority(Priority::Other("P0".to_owned()))
        .custom("Owner \"2\"", vec!["a", "b"]);
    let change = Change::Update(Box::new(patch));
    let job = ledger
        .create(NewJob::new(change.clone()).created_by("Zoë <z@example.org>"))
        .await?;
    let odd = Listed {
        seq: 7,
        account: "Büro \"2\"".to_owned(),
        id: "a'b;\u{1F4A5}\n".into(),
        version: Some(Version::new("W/\"3\"")),
        people: Vec::new(),
    };
    ledger.add(&job, vec![odd.clone()]).await?;
    ledger
        .seal(&job, vec![JobAccount::new(&odd.account, KEY, 3)], None)
        .await?;
    bench.advance(secs(60));
    let read = bench.state(&job).await?;
    let found = (read.change, read.created_by.as_deref(), read.created_at);
    let expected = (change, Some("Zoë <z@example.org>"), created_at);
    same("a job was read back", found, expected)?;
    let worker = ledger.begin(&job).await?;
    match ledger.claim(worker, &odd.account).await? {
        Claim::Tickets(tickets) => {
            let found: Vec<_> = tickets
                .into_iter()
                .map(|ticket| (ticket.seq, ticket.id, ticket.version))
                .collect();
            let expected = vec![(odd.seq, odd.id, odd.version)];
            same("its ticket was claimed", found, expected)
        }
        other => wrong("its ticket was claimed", "the ticket", other),
    }
}

pub(super) async fn jobs_are_listed_newest_first(bench: &Bench) -> CaseResult {
    let mut created = Vec::new();
    for _ in 0..4 {
        created.insert(0, bench.job(&["1"]).await?);
        bench.advance(secs(1));
    }
    let jobs = bench.ledger.jobs().await?;
    let jobs: Vec<_> = jobs.into_iter().map(|job| job.id).collect();
    same("four jobs were created a second apart", jobs, created)
}

pub(super) async fn lists_are_read_in_pages(bench: &Bench) -> CaseResult {
    let named = ["1", "2", "1", "3", "2", "4"].map(|id| (ACCOUNT, id));
    let job = bench.job_of(&named).await?;
    for (which, expected) in [
        (Which::Named, vec![0, 1, 2, 3, 4, 5]),
        (Which::Open, vec![0, 1, 3, 5]),
    ] {
        let (mut found, mut after) = (Vec::new(), None);
        loop {
            let page = bench.ledger.tickets(&job, which, after, 2).await?;
            if page.len() > 2 {
                return wrong("a page of two was read", "at most two tickets", page.len());
            }
            let Some(last) = page.last() else { break };
            after = Some(last.seq);
            found.extend(page.iter().map(|ticket| ticket.seq));
        }
        same("a list was read in pages of two", found, expected)?;
    }
    Ok(())
}

pub(super) async fn steps_change_the_state(bench: &Bench) -> CaseResult {
    use JobState::{
        AwaitingConfirmation, Cancelled, Cancelling, Completed, Loading, Paused, Ready,
    };
    use Step::{Cancel, Pause, Release, Resume};
    for (from, step, to) in [
        (Loading, Pause, None),
        (Loading, Resume, None),
        (Loading, Cancel, None),
        (Loading, Release, None),
        (AwaitingConfirmation, Pause, None),
        (AwaitingConfirmation, Resume, None),
        (AwaitingConfirmation, Cancel, Some(Cancelled)),
        (AwaitingConfirmation, Release, None),
        (Ready, Pause, Some(Paused)),
        (Ready, Resume, Some(Ready)),
        (Ready, Cancel, Some(Cancelling)),
        (Ready, Release, Some(Ready)),
        (Paused, Pause, Some(Paused)),
        (Paused, Resume, Some(Ready)),
        (Paused, Cancel, Some(Cancelling)),
        (Paused, Release, Some(Paused)),
        (Cancelling, Pause, None),
        (Cancelling, Resume, None),
        (Cancelling, Cancel, Some(Cancelling)),
        (Cancelling, Release, None),
        (Completed, Pause, None),
        (Completed, Resume, None),
        (Completed, Cancel, None),
        (Completed, Release, None),
        (Cancelled, Pause, None),
        (Cancelled, Resume, None),
        (Cancelled, Cancel, Some(Cancelled)),
        (Cancelled, Release, None),
    ] {
        let job = in_state(bench, from).await?;
        let what = format!("{step:?} of a job that is {from}");
        let steered = bench.ledger.steer(&job, step).await;
        match to {
            Some(to) => same(&what, steered?, to)?,
            None => fails(&what, steered, ErrorKind::Conflict)?,
        }
        let state = bench.state(&job).await?.state;
        same(
            &format!("{what}, and its state afterwards"),
            state,
            to.unwrap_or(from),
        )?;
    }
    Ok(())
}

/// A job in this state. A worker has its ticket if it is not over.
async fn in_state(bench: &Bench, state: JobState) -> CaseResult<JobId> {
    let Bench { ledger, .. } = bench;
    if state == JobState::Loading {
        return bench.loading(&[(ACCOUNT, "1")]).await;
    }
    if state == JobState::AwaitingConfirmation {
        return unconfirmed(bench).await;
    }
    let (job, worker) = bench.claimed(&["1"]).await?;
    match state {
        JobState::Paused => _ = ledger.steer(&job, Step::Pause).await?,
        JobState::Cancelling => _ = ledger.steer(&job, Step::Cancel).await?,
        JobState::Completed => ledger.settle(worker, vec![(0, Outcome::Done)]).await?,
        JobState::Cancelled => {
            ledger.finish(worker).await?;
            ledger.steer(&job, Step::Cancel).await?;
        }
        _ => {}
    }
    same(
        "a job was brought into a state",
        bench.state(&job).await?.state,
        state,
    )?;
    Ok(job)
}

pub(super) async fn paused_job_makes_no_new_call(bench: &Bench) -> CaseResult {
    let Bench { ledger, .. } = bench;
    let job = bench.job(&["1", "2", "3", "4"]).await?;
    let worker = ledger.begin(&job).await?;
    bench.claim(worker).await?;
    let call = bench.slot(&delete(&job, worker, &["1", "2", "3"])).await?;
    ledger.steer(&job, Step::Pause).await?;
    same(
        "a worker of a paused job told that it is alive",
        ledger.beat(worker).await?,
        JobState::Paused,
    )?;
    stopped(bench, worker, JobState::Paused).await?;
    let mut other = delete(&job, worker, &["1"]);
    fails(
        "a write of a paused job",
        ledger.take(other.clone()).await,
        ErrorKind::Cancelled,
    )?;
    other.operation = Operation::Get;
    fails(
        "a read of a paused job",
        ledger.take(other).await,
        ErrorKind::Cancelled,
    )?;
    // What is in flight ends.
    ledger.end(call, crate::model::Ended::Answered).await?;
    ledger
        .settle(worker, each(&[0, 1, 2], &Outcome::Done))
        .await?;
    let outcomes = bench.outcomes(&job).await?;
    same(
        "the call in flight ended",
        outcomes,
        vec!["done", "done", "done", "open"],
    )?;
    ledger.steer(&job, Step::Resume).await?;
    let rest = bench.claim(worker).await?;
    same("the job was resumed, and the rest claimed", rest.len(), 1)
}

/// Fails unless a claim says that the job makes no new call.
async fn stopped(bench: &Bench, worker: WorkerId, state: JobState) -> CaseResult {
    match bench.ledger.claim(worker, ACCOUNT).await? {
        Claim::Stopped(found) if found == state => Ok(()),
        other => wrong(
            format!("a worker claimed of a job that is {state}"),
            "stopped",
            other,
        ),
    }
}

pub(super) async fn last_outcome_completes_the_job(bench: &Bench) -> CaseResult {
    for is_paused in [false, true] {
        let (job, worker) = bench.claimed(&["1", "2"]).await?;
        bench
            .ledger
            .settle(worker, vec![(0, Outcome::Done)])
            .await?;
        let state = bench.state(&job).await?.state;
        same("one of two tickets has an outcome", state, JobState::Ready)?;
        if is_paused {
            bench.ledger.steer(&job, Step::Pause).await?;
        }
        bench
            .ledger
            .settle(worker, vec![(1, Outcome::AlreadyDone)])
            .await?;
        let state = bench.state(&job).await?.state;
        same("both tickets have an outcome", state, JobState::Completed)?;
        match bench.ledger.claim(worker, ACCOUNT).await? {
            Claim::Nothing => {}
            other => return wrong("a worker claimed of a completed job", "nothing", other),
        }
    }
    Ok(())
}
