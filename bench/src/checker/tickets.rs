//! The tickets of a plan: those that exist in the beginning, and those that are asked for.

use fastrand::Rng;
use ticket_sandbox::{TicketFault, TicketSeed, Vendor};

/// A ticket that exists in the beginning.
#[derive(Debug)]
pub(super) struct Existing {
    pub(super) vendor: Vendor,
    pub(super) subject: String,
    pub(super) seed: TicketSeed,
    pub(super) fault: Option<TicketFault>,
    /// The place of the ticket whose subtask it is (Redmine).
    pub(super) parent: Option<usize>,
}

/// A ticket that is asked for.
#[derive(Clone, Debug)]
pub(super) enum Asked {
    /// The ticket at this place of the plan.
    Existing(usize),
    /// An id that the vendor has never given out, or that is none.
    Other(Vendor, String),
}

pub(super) fn draw_tickets(vendors: &[Vendor], random: &mut Rng) -> (Vec<Existing>, Vec<Asked>) {
    let (mut existing, mut asked) = (Vec::new(), Vec::new());
    for vendor in vendors.iter().copied() {
        let count = match vendor {
            // Its pages have 20 rows.
            Vendor::Sweeppea if random.u8(0..4) == 0 => random.usize(30..50),
            Vendor::LeadSquared => random.usize(4..24),
            _ => random.usize(3..14),
        };
        let mut places = Vec::new();
        for number in 0..count {
            let subject = format!("{} {number}", vendor.prefix());
            let mut seed = TicketSeed::new(subject.clone()).description("a text");
            let (mut fault, mut parent) = (None, None);
            match random.u8(0..24) {
                0 if vendor == Vendor::Sweeppea => seed = seed.closed(),
                1 if vendor == Vendor::Sweeppea => seed = seed.owned_by_other(),
                2 if vendor == Vendor::Sweeppea => seed = seed.locked(),
                3 => {
                    fault = random
                        .choice([400, 403, 409, 422, 500])
                        .map(TicketFault::Refused);
                }
                4 => {
                    fault = random
                        .choice([400, 403, 409, 500])
                        .map(TicketFault::GoneIsError);
                }
                0 if matches!(vendor, Vendor::Rt | Vendor::Redmine | Vendor::Zendesk) => {
                    seed = seed.closed();
                }
                1 if vendor == Vendor::Rt || vendor == Vendor::Redmine => {
                    seed = seed.owned_by_other();
                }
                2 if matches!(vendor, Vendor::Rt | Vendor::Zendesk) => seed = seed.locked(),
                5 | 6 if vendor == Vendor::Rt => seed = seed.attribute("Status", "deleted"),
                5..=8 if vendor == Vendor::Redmine => parent = random.choice(&places).copied(),
                _ => {}
            }
            places.push(existing.len());
            existing.push(Existing {
                vendor,
                subject,
                seed,
                fault,
                parent,
            });
        }
        random.shuffle(&mut places);
        places.truncate(random.usize(1..=places.len().min(16)));
        let again = places.first().copied().filter(|_| random.u8(0..4) == 0);
        asked.extend(places.into_iter().chain(again).map(Asked::Existing));
        for other in ["999001", "1.23E+07", "121;Spam", "0140"] {
            if random.u8(0..8) == 0 {
                asked.push(Asked::Other(vendor, other.to_owned()));
            }
        }
    }
    random.shuffle(&mut asked);
    (existing, asked)
}
