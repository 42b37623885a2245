//! What is asked of the vendors besides: lists, reads, creates and updates.

use fastrand::Rng;
use futures_util::StreamExt as _;
use ticket_sandbox::Vendor;
use tickets::model::{Person, Priority, Status};
use tickets::{Effect, NewTicket, TicketPatch, TicketQuery};

use super::super::story::{Filed, Listed, Read, Updated, told_error};
use super::super::tickets::Asked;
use super::Run;

impl Run<'_> {
    pub(super) async fn lists(&self) -> Vec<Listed> {
        let mut all = Vec::new();
        let listing = self
            .accounts
            .iter()
            .filter(|account| account.vendor != Vendor::LeadSquared);
        for account in listing.filter(|_| self.plan.lists) {
            let present = || -> Vec<usize> {
                let places = 0..self.ids.len();
                places
                    .filter(|place| self.is_listed(account.vendor, *place))
                    .collect()
            };
            let all_before = self.sandbox.ticket_ids(account.vendor);
            let before = present();
            let rows: Vec<_> = account.tickets.list_all(TicketQuery::new()).collect().await;
            let after = present();
            let all_after = self.sandbox.ticket_ids(account.vendor);
            let has_removals = all_before.iter().any(|id| !all_after.contains(id));
            let is_shuffled = has_removals && all_after.iter().any(|id| !all_before.contains(id));
            let failed = rows.iter().find_map(|row| row.as_ref().err()).cloned();
            let found: Vec<_> = rows
                .iter()
                .flatten()
                .map(|ticket| ticket.id.as_str())
                .collect();
            let throughout = before.into_iter().filter(|place| after.contains(place));
            let ids = throughout.filter_map(|place| self.ids.get(place));
            let missing = ids.filter(|id| !found.contains(&id.as_str()));
            all.push(Listed {
                vendor: account.vendor,
                missing: missing.cloned().collect(),
                rows: found.len(),
                is_shuffled,
                has_removals,
                failed: failed.map(|error| told_error(&error)),
            });
        }
        all
    }

    fn is_listed(&self, vendor: Vendor, place: usize) -> bool {
        let ticket = self.plan.existing.get(place).zip(self.ids.get(place));
        ticket
            .filter(|(ticket, _)| ticket.vendor == vendor)
            .is_some_and(|(ticket, id)| {
                let now = self.sandbox.ticket_state(vendor, id);
                now.is_some_and(|now| {
                    now.subject == ticket.subject && !now.owned_by_other && !now.deleted
                })
            })
    }

    pub(super) async fn reads(&self) -> Vec<Read> {
        let random = &mut Rng::with_seed(self.plan.fault_seed);
        let mut reads = Vec::new();
        for _ in 0..self.plan.reads {
            let place = random.usize(0..self.ids.len());
            let Some((ticket, id)) = self.plan.existing.get(place).zip(self.ids.get(place)) else {
                continue;
            };
            let Some(account) = self
                .accounts
                .iter()
                .find(|account| account.vendor == ticket.vendor)
            else {
                continue;
            };
            let read = account.tickets.get(id.as_str()).await;
            reads.push(Read {
                vendor: ticket.vendor,
                place,
                result: match read {
                    Ok(read) => Ok((read.id.to_string(), read.subject.unwrap_or_default())),
                    Err(error) => Err(told_error(&error)),
                },
            });
        }
        reads
    }

    pub(super) async fn creates(&self) -> Vec<Filed> {
        let mut filed = Vec::new();
        for number in 0..self.plan.creates {
            for account in &self.accounts {
                let subject = format!("filed {} {number}", account.vendor.prefix());
                let new = NewTicket::new(subject.clone()).description("a text");
                let new = match account.vendor {
                    Vendor::Sweeppea => new.priority(Priority::Low),
                    Vendor::Redmine | Vendor::Zendesk => new,
                    Vendor::Rt => new.category("General"),
                    Vendor::OneCloud => new
                        .category("Request")
                        .requester(Person::named("A customer").email("customer@example.com")),
                    _ => new
                        .category("Request")
                        .requester(Person::default().email("customer@example.com")),
                };
                let result = account.tickets.create(&new).await;
                filed.push(Filed {
                    vendor: account.vendor,
                    subject,
                    result: match result {
                        Ok(created) => Ok(created.id.to_string()),
                        Err(error) => Err((error.effect() == Effect::Unknown, told_error(&error))),
                    },
                });
            }
        }
        filed
    }

    /// Updates the status of some tickets, each once. Not of those that are deleted, since RT would restore them.
    pub(super) async fn updates(&self) -> Vec<Updated> {
        let random = &mut Rng::with_seed(self.plan.retry_seed);
        let mut places: Vec<_> = (0..self.ids.len()).collect();
        let is_asked = |place: &usize| {
            let mut asked = self.plan.asked.iter();
            asked.any(|asked| matches!(asked, Asked::Existing(asked) if asked == place))
        };
        places.retain(|place| self.exists(*place) && !is_asked(place));
        random.shuffle(&mut places);
        let mut updates = Vec::new();
        for place in places.into_iter().take(self.plan.updates) {
            let ticket = self.plan.existing.get(place).zip(self.ids.get(place));
            let Some((vendor, id)) = ticket.map(|(ticket, id)| (ticket.vendor, id)) else {
                continue;
            };
            let mut accounts = self.accounts.iter();
            let Some(account) = accounts.find(|account| account.vendor == vendor) else {
                continue;
            };
            // As the provider names it, and as the vendor does.
            let (status, wanted) = match (vendor, random.u8(0..3)) {
                (Vendor::Rt | Vendor::Zendesk, 0) => (Status::Open, "open"),
                (Vendor::Rt, 1) => (Status::OnHold, "stalled"),
                (Vendor::Rt, _) => (Status::Resolved, "resolved"),
                (Vendor::Zendesk, 1) => (Status::OnHold, "pending"),
                (Vendor::Zendesk, _) => (Status::Resolved, "solved"),
                (_, 0) => (Status::Other("Feedback".to_owned()), "Feedback"),
                (_, 1) => (Status::Other("In Progress".to_owned()), "In Progress"),
                (_, _) => (Status::Other("Rejected".to_owned()), "Rejected"),
            };
            let before = self.status(vendor, place);
            let patch = TicketPatch::new().status(status);
            let result = account.tickets.update(id.as_str(), &patch).await;
            updates.push(Updated {
                vendor,
                id: id.clone(),
                wanted,
                before,
                after: self.status(vendor, place),
                result: result
                    .map_err(|error| (error.effect() == Effect::Unknown, told_error(&error))),
            });
        }
        updates
    }

    /// The vendor's word for the status of a ticket, unless the ticket is gone.
    fn status(&self, vendor: Vendor, place: usize) -> Option<String> {
        if !self.exists(place) {
            return None;
        }
        let ticket = self.sandbox.ticket(vendor, self.ids.get(place)?)?;
        let status = match vendor {
            Vendor::Rt => ticket.attributes.get("Status")?,
            Vendor::Zendesk => ticket.attributes.get("status")?,
            _ => ticket.attributes.get("status")?.get("name")?,
        };
        status.as_str().map(str::to_owned)
    }
}
