//! What happened on real servers, replayed on the sandbox: each story with what was told and what the server did.
//!
//! The real provider of one vendor stands for each, with a declaration that is true of the other server.

#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::sync::Arc;

use futures_util::{StreamExt as _, stream};
use ticket_bench::checker::{Checked, Declared};
use ticket_http::HttpConfig;
use ticket_onecloud::{OneCloud, OneCloudConfig};
use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, TicketFault, Vendor, credentials};
use ticket_testkit::InProcess;
use tickets::bulk::BulkOptions;
use tickets::call::StackOptions;
use tickets::{Change, ErrorKind, Outcome, Tickets};

const VENDOR: Vendor = Vendor::OneCloud;

/// As RT and Redmine are, where a story says nothing else.
const DECLARED: Declared = Declared {
    never_reuses_ids: true,
    reads_are_consistent: false,
    redirects_ids: false,
};

/// A sandbox with this many tickets, an account in the standard stack, and the tickets' ids.
fn account(tickets: usize, declared: Declared) -> (Arc<Sandbox>, Tickets, Vec<String>) {
    let sandbox = Arc::new(Sandbox::builder().seed_tickets(false).in_process());
    sandbox.add_tickets(VENDOR, tickets);
    let ids = sandbox.ticket_ids(VENDOR);
    let config = OneCloudConfig::new(sandbox.base_url(VENDOR), credentials::ONECLOUD_TOKEN);
    let transport = InProcess::new(Arc::clone(&sandbox));
    let http = HttpConfig::default().transport(transport);
    let provider = Arc::new(OneCloud::new(&config.http(http)).unwrap());
    let provider = Arc::new(Checked::new(provider, declared, None, None));
    let mut options = StackOptions::default();
    options.seed = Some(1);
    (sandbox, Tickets::with_options(provider, &options), ids)
}

/// The outcome of each ticket, in the order of `ids`.
async fn delete(tickets: &Tickets, ids: &[String]) -> Vec<Outcome> {
    let asked = stream::iter(ids.to_vec()).enumerate();
    let work = tickets.apply(Change::Delete, asked, &BulkOptions::default());
    let mut settled: Vec<_> = work.collect().await;
    settled.sort_by_key(|settled| settled.key);
    settled.into_iter().map(|settled| settled.outcome).collect()
}

fn words(outcomes: &[Outcome]) -> Vec<&'static str> {
    let words = outcomes.iter().map(|outcome| Change::Delete.word(outcome));
    words.collect()
}

fn deletes(sandbox: &Sandbox, id: &str) -> usize {
    let journal = sandbox.journal();
    let of_it = journal
        .iter()
        .filter(|seen| seen.path.ends_with(&format!("/{id}")));
    of_it
        .filter(|seen| seen.endpoint == Some(Endpoint::Delete))
        .count()
}

/// RT answers 500 to each delete of a ticket that is deleted already. A second run ended after five of them.
#[tokio::test(start_paused = true)]
async fn second_run_over_tickets_whose_second_delete_fails_reaches_the_rest() {
    let (sandbox, tickets, ids) = account(24, DECLARED);
    for id in &ids {
        sandbox.set_ticket_fault(VENDOR, id, TicketFault::GoneIsError(500));
    }
    let (first, rest) = ids.split_at(12);
    assert_eq!(words(&delete(&tickets, first).await), ["deleted"; 12]);
    assert_eq!(sandbox.ticket_ids(VENDOR), rest);
    let again = words(&delete(&tickets, &ids).await);
    assert_eq!(again, [["already_gone"; 12], ["deleted"; 12]].concat());
    assert_eq!(sandbox.ticket_ids(VENDOR), Vec::<String>::new());
    assert_eq!(sandbox.deletions(VENDOR).len(), 24);
}

/// RT deletes the ticket into which the one asked for was merged.
#[tokio::test(start_paused = true)]
async fn ticket_into_which_another_was_merged_is_not_deleted_by_the_others_id() {
    let declared = Declared {
        redirects_ids: true,
        ..DECLARED
    };
    let (sandbox, tickets, ids) = account(3, declared);
    let (merged, target) = (&ids[0], &ids[1]);
    let fault = TicketFault::MergedInto(Some(target.clone()));
    sandbox.set_ticket_fault(VENDOR, merged, fault);
    let outcomes = delete(&tickets, &[merged.clone(), ids[2].clone()]).await;
    assert_eq!(words(&outcomes), ["failed", "deleted"]);
    let error = outcomes[0].error().unwrap();
    assert_eq!(error.kind(), ErrorKind::Conflict);
    let words = error.to_string();
    assert!(words.contains(merged) && words.contains(target), "{words}");
    assert!(sandbox.exists(VENDOR, target));
    assert_eq!(deletes(&sandbox, merged), 0);
}

/// The answer to a delete is lost; Redmine on `SQLite` gives the id to the next ticket, which a repeat would delete.
#[tokio::test(start_paused = true)]
async fn newcomer_with_the_id_of_a_deleted_ticket_is_not_deleted_by_a_repeat() {
    let declared = Declared {
        never_reuses_ids: false,
        ..DECLARED
    };
    let (sandbox, tickets, ids) = account(2, declared);
    let last = ids[1].clone();
    sandbox.inject(Rule::new(Fault::IdsGivenOutAgain).endpoint(Endpoint::Messages));
    let page = tickets::model::PageRequest::first();
    tickets.messages(last.as_str(), &page).await.unwrap();
    sandbox.inject(Rule::new(Fault::LostResponse).endpoint(Endpoint::Delete));
    sandbox.inject(Rule::new(Fault::TicketsFiled(1)).endpoint(Endpoint::Get));
    let before = sandbox.ticket(VENDOR, &last).unwrap().subject;
    let outcomes = delete(&tickets, std::slice::from_ref(&last)).await;
    assert_eq!(words(&outcomes), ["unknown"]);
    let newcomer = sandbox.ticket(VENDOR, &last).unwrap();
    assert_ne!(newcomer.subject, before);
    assert_eq!(deletes(&sandbox, &last), 1);
    let deleted = sandbox.deletions(VENDOR);
    assert_eq!(
        deleted.iter().map(|(id, _)| id).collect::<Vec<_>>(),
        [&last]
    );
}
