//! The job of the fleet, and the vendors that it is about.

use ticket_jobs::{JobId, Jobs, NewJob};
use ticket_sandbox::Vendor;
use tickets::accounts::Accounts;
use tickets::{Change, Registry, TicketRef};

use crate::vendors::{Shares, Vendors};

/// Redmine gives ids out again and takes four calls at a time, LeadSquared takes a hundred tickets in a call, OneCloud has no
/// quota. Sweeppea takes one call at a time, so that a lost call holds up all others there until it can no longer act.
pub(crate) const ALL: Shares = &[
    (Vendor::Redmine, 8, Some((20, 1))),
    (Vendor::OneCloud, 70, None),
    (Vendor::LeadSquared, 20, Some((2, 1))),
    (Vendor::Sweeppea, 2, Some((200, 1))),
];

/// A job that deletes all tickets that are named.
pub(crate) async fn job(vendors: &Vendors, jobs: &Jobs) -> JobId {
    let accounts = Accounts::load(Registry::new(), Some(&vendors.config())).unwrap();
    let mut list = jobs.load(NewJob::new(Change::Delete)).await.unwrap();
    for (vendor, id) in vendors.named() {
        let ticket = TicketRef::new(vendor.prefix(), id.as_str());
        list.push(ticket, None).await.unwrap();
    }
    list.seal(&accounts).await.unwrap()
}
