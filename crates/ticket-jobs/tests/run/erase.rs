//! Erasures: whose tickets are deleted, what the look after the pause finds, and what may be said then.

mod looks;
mod people;
mod plans;

use futures_util::TryStreamExt as _;
use jiff::Timestamp;
use ticket_core::provider::Removal;
use ticket_core::{CallContext, Error, Operation, TicketRef};
use ticket_jobs::{AccountSearch, Confirmed, Erasure, JobId, Jobs, Look, NewJob, PersonHash};

use crate::vendor::{Accounts, Vendor};

fn person(digit: &str) -> PersonHash {
    digit.repeat(64).parse().unwrap()
}

pub(crate) fn ada() -> PersonHash {
    person("a")
}

fn bob() -> PersonHash {
    person("b")
}

/// A vendor whose deletes do this, and that may give out ids again.
pub(crate) fn vendor(tickets: &[&str], removal: Removal) -> Vendor {
    let mut vendor = Vendor::new(tickets);
    let capabilities = vendor.info.capabilities.clone();
    let delete = capabilities.support(Operation::Delete).unwrap().clone();
    vendor.info.capabilities = capabilities.with(Operation::Delete, delete.removal(removal));
    vendor.info.never_reuses_ids = false;
    let created = tickets.iter().map(|id| ((*id).to_owned(), created(1)));
    vendor.state().created = created.collect();
    vendor
}

/// A time by the vendor's clock, which is years late.
fn created(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

pub(crate) fn erasure() -> Erasure {
    Erasure::new("key", [ada(), bob()])
        .search(AccountSearch::new("eu", "desk").how("each ticket was read"))
}

/// An erasure that is planned.
pub(crate) async fn planned(
    jobs: &Jobs,
    accounts: &Accounts,
    erasure: Erasure,
    found: &[(&str, PersonHash)],
) -> JobId {
    let found = found.iter().map(|(ticket, person)| {
        let ticket: TicketRef = ticket.parse().unwrap();
        (ticket, vec![*person])
    });
    let list = jobs.erase(NewJob::erasure(erasure), found).await.unwrap();
    let context = CallContext::new();
    list.look(accounts, &context, Look::All, |_| {})
        .await
        .unwrap();
    list.seal(accounts).await.unwrap()
}

pub(crate) async fn confirm(jobs: &Jobs, accounts: &Accounts, job: &JobId) {
    let confirmed = Confirmed::new(jobs.ledger().now(), "ada@host");
    jobs.confirm(job, accounts, confirmed).await.unwrap();
}

async fn look_again(jobs: &Jobs, accounts: &Accounts, job: &JobId) -> Vec<(String, Error)> {
    let context = CallContext::new();
    let looked = jobs.look_again(job, accounts, &context, |_, _| {}).await;
    looked.unwrap()
}

/// What is said of each ticket.
async fn fates(jobs: &Jobs, job: &JobId) -> Vec<String> {
    let of = jobs.ledger().job(job).await.unwrap();
    let tickets: Vec<_> = jobs.erased_tickets(&of).try_collect().await.unwrap();
    let tickets = tickets.into_iter();
    tickets
        .map(|one| format!("{} {}", one.ticket.id, one.fate))
        .collect()
}
