//! Erasures: whose tickets they are, and the look after the pause.

use std::time::Duration;

use ticket_core::{ErrorKind, Outcome};

use super::bench::{ACCOUNT, Bench, CaseResult, fails, listed, same, secs};
use super::plan::{accounts, confirmed};
use crate::model::{
    AccountSearch, Again, Erasure, JobId, LookedAgain, NewJob, PersonHash, WorkerId,
};

const ADA: PersonHash = PersonHash([1; 32]);
const BOB: PersonHash = PersonHash([0xfe; 32]);

fn erasure() -> Erasure {
    let mut search = AccountSearch::new(ACCOUNT, "onecloud")
        .host(Some("api.example.org:8443".to_owned()))
        .how("each \"ticket\" was read")
        .note("closed ones too");
    (search.listed, search.read, search.conversations) = (9, 8, 7);
    (search.found, search.undecided) = (3, 1);
    let mut other = AccountSearch::new("other", "leadsquared");
    other.not_searched = Some("it has no list".to_owned());
    Erasure::new("k1", [BOB, ADA])
        .search(search)
        .search(other)
        .keep_archive(Duration::from_secs(30 * 86_400))
        .look_again_after(Duration::from_secs(90))
}

/// An erasure that is confirmed, with the first of its two tickets deleted; the second is claimed.
async fn begun(bench: &Bench) -> CaseResult<(JobId, WorkerId)> {
    let ledger = &bench.ledger;
    let job = ledger.create(NewJob::erasure(erasure())).await?;
    let mut tickets = listed(0, &[(ACCOUNT, "1"), (ACCOUNT, "2"), (ACCOUNT, "1")]);
    let people = [vec![ADA], vec![ADA, BOB], vec![BOB]];
    for (ticket, people) in tickets.iter_mut().zip(people) {
        ticket.people = people;
    }
    ledger.add(&job, tickets).await?;
    ledger.seal(&job, accounts(), Some("d1".to_owned())).await?;
    ledger.confirm(&job, confirmed(bench.clock.now())).await?;
    let worker = ledger.begin(&job).await?;
    bench.claim(worker).await?;
    ledger.settle(worker, vec![(0, Outcome::Done)]).await?;
    Ok((job, worker))
}

pub(super) async fn erasure_is_read_back_as_planned(bench: &Bench) -> CaseResult {
    let (job, _) = begun(bench).await?;
    let told = bench.state(&job).await?.erasure;
    same("the erasure that a job is", told, Some(erasure()))?;
    let people = bench.tickets(&job).await?.into_iter();
    let people: Vec<_> = people.map(|ticket| ticket.people).collect();
    let what = "whose its tickets are: of one that is named again as it was named first";
    same(what, people, vec![vec![ADA], vec![ADA, BOB], vec![ADA]])?;
    let other = bench.job(&["1"]).await?;
    let told = bench.state(&other).await?.erasure;
    same("another job is none", told, None)
}

pub(super) async fn second_look_is_told_with_its_ticket(bench: &Bench) -> CaseResult {
    let Bench { ledger, clock, .. } = bench;
    let (job, worker) = begun(bench).await?;
    let told = async || {
        let tickets = bench.tickets(&job).await?.into_iter();
        CaseResult::Ok(tickets.map(|one| one.looked_again).collect::<Vec<_>>())
    };
    let mut unknown = LookedAgain::new(clock.now(), Again::Unknown);
    unknown.kind = Some(ErrorKind::Timeout);
    let first = vec![(0, unknown.clone())];
    ledger.looked_again(&job, first).await?;
    let expected = vec![Some(unknown.clone()), None, Some(unknown.clone())];
    same(
        "a ticket was looked at again",
        told().await?,
        expected.clone(),
    )?;
    // The ticket 1 is open, and there is no 9.
    let gone = LookedAgain::new(clock.now(), Again::Gone);
    for stray in [1, 9] {
        let looks = vec![(0, gone.clone()), (stray, gone.clone())];
        let done = ledger.looked_again(&job, looks).await;
        let what = format!("the ticket at place {stray} was looked at again");
        fails(&what, done, ErrorKind::Conflict)?;
        same("nothing was recorded", told().await?, expected.clone())?;
    }
    ledger.settle(worker, vec![(1, Outcome::Done)]).await?;
    bench.advance(secs(90));
    let gone = LookedAgain::new(clock.now(), Again::Gone);
    let looks = [Again::Another, Again::InTrash, Again::There];
    for again in looks
        .into_iter()
        .map(|again| LookedAgain::new(clock.now(), again))
    {
        let looks = vec![(0, gone.clone()), (1, again.clone())];
        ledger.looked_again(&job, looks).await?;
        let expected = vec![Some(gone.clone()), Some(again), Some(gone.clone())];
        same("the latest look counts", told().await?, expected)?;
    }
    let (other, worker) = bench.claimed(&["1"]).await?;
    ledger.settle(worker, vec![(0, Outcome::Done)]).await?;
    let done = ledger.looked_again(&other, vec![(0, gone)]).await;
    let what = "a ticket of a job that is no erasure was looked at again";
    fails(what, done, ErrorKind::Conflict)
}
