//! What happens under one seed: the vendors' tickets, modes and faults, and what is asked of them.

mod more;

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use fastrand::Rng;
use ticket_sandbox::{Endpoint, Fault, Quota, Rule, SandboxBuilder, TicketFault, Vendor};

use super::tickets::{Asked, Existing, draw_tickets};
use super::{faults, modes};

/// The vendors of a seed's first plan: those who run their service themselves.
const HOSTED: &[Vendor] = &[Vendor::OneCloud, Vendor::Sweeppea, Vendor::LeadSquared];

/// The vendors of a seed's second plan: those whose servers others run. It has a sandbox of its own, so that a seed means
/// the same for the hosted vendors whatever is drawn here.
const SELF_HOSTED: &[Vendor] = &[Vendor::Rt, Vendor::Redmine];

/// The names of a seed's plans.
pub const PLANS: [&str; 3] = ["hosted", "self-hosted", "accepting"];

/// The vendors of a seed's third plan: those who accept work and do it later.
const ACCEPTING: &[Vendor] = &[Vendor::Zendesk];

/// Which function of the library deletes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum How {
    /// `apply_in_each`, all accounts at once.
    InEach,
    /// `apply_everywhere`, all accounts at once.
    Everywhere,
    /// `Tickets::delete`, one account after the other.
    Delete,
}

/// What the providers declare of their vendors, so that it is true of the modes that are drawn.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// Ids are never given out again.
    pub never_reuses_ids: bool,
    /// A read sees every write.
    pub reads_are_consistent: bool,
    /// An id may lead to another ticket.
    pub redirects_ids: bool,
}

/// When and how the bulk change is stopped.
#[derive(Clone, Copy, Debug)]
pub(super) struct StopAfter {
    pub(super) time: Duration,
    pub(super) abandons: bool,
    /// How long before it is abandoned it is asked to finish.
    pub(super) finishes_before: Option<Duration>,
}

/// All that is drawn for one seed.
#[expect(
    clippy::struct_excessive_bools,
    reason = "independent properties with names, not states"
)]
#[derive(Debug)]
pub(super) struct Plan {
    pub(super) vendors: &'static [Vendor],
    pub(super) sandbox: SandboxBuilder,
    /// The names of the modes that were drawn.
    pub(super) modes: Vec<&'static str>,
    pub(super) existing: Vec<Existing>,
    pub(super) asked: Vec<Asked>,
    pub(super) rules: Vec<Rule>,
    pub(super) faults: Vec<Fault>,
    pub(super) probability: f64,
    /// How often the vendor's answer is lost besides, so that this comes together with other faults.
    pub(super) loss: f64,
    pub(super) fault_seed: u64,
    pub(super) retry_seed: u64,
    pub(super) declared: Declared,
    pub(super) quotas: Vec<(Vendor, Quota)>,
    pub(super) delete_batch: usize,
    pub(super) how: How,
    pub(super) concurrency: Option<NonZeroUsize>,
    pub(super) give_up_after: Duration,
    pub(super) max_attempts: NonZeroU32,
    pub(super) page_size: NonZeroU32,
    pub(super) deadline: Option<Duration>,
    pub(super) stop: Option<StopAfter>,
    pub(super) creates: usize,
    pub(super) reads: usize,
    /// Whether reads and creates go on while tickets are deleted.
    pub(super) at_once: bool,
    pub(super) lists: bool,
    /// Whether one ticket of each vendor with messages is merged into another one before.
    pub(super) merges: bool,
    /// Whether tickets are restored from the trash after the deletes (RT, Zendesk).
    pub(super) restores: bool,
    pub(super) updates: usize,
}

impl Plan {
    /// Draws the plans of this seed, where this many calls of 100 fail.
    ///
    /// Whatever is drawn anew or in another order changes the meaning of all seeds, also of those that are kept as tests.
    /// So what is new comes last.
    pub(super) fn draw(seed: u64, rate: u32) -> [Self; PLANS.len()] {
        let random = &mut Rng::with_seed(seed.wrapping_mul(1_000_003).wrapping_add(rate.into()));
        [HOSTED, SELF_HOSTED, ACCEPTING].map(|vendors| Self::draw_for(vendors, rate, random))
    }

    #[expect(clippy::too_many_lines, reason = "one list of what is drawn, in order")]
    fn draw_for(vendors: &'static [Vendor], rate: u32, random: &mut Rng) -> Self {
        let is_hosted = vendors == HOSTED;
        let accepts = vendors == ACCEPTING;
        let mut modes = Vec::new();
        let mut faults = draw_faults(random);
        let is_odd = |random: &mut Rng| random.u8(0..8) == 0;

        // Zendesk keeps the ids of merged tickets.
        let merges = is_odd(random) && !accepts;
        let mut rules = Vec::new();
        if merges {
            modes.push("merged before");
            let merge = Fault::Ticket(TicketFault::MergedInto(None));
            for vendor in vendors.iter().filter(|vendor| **vendor != Vendor::Sweeppea) {
                let rule = Rule::new(merge.clone()).vendor(*vendor);
                rules.push(rule.endpoint(Endpoint::Messages));
            }
        }
        // Not together: the first rule wins.
        let always_lags = is_odd(random);
        let always_defers = !always_lags && is_odd(random);
        if always_lags || always_defers {
            let time = Duration::from_secs(random.u64(1..20));
            let (mode, fault) = if always_lags {
                ("reads always lag", Fault::LaggingReads(time))
            } else {
                let later = Fault::AcceptedForLater {
                    status: 202,
                    after: time,
                };
                ("deletes are always accepted for later", later)
            };
            modes.push(mode);
            rules.push(Rule::new(fault).endpoint(Endpoint::Delete).always());
        }
        if is_odd(random) {
            modes.push("a gateway answers for a time");
            if let Some(gateway) = random.choice(faults::GATEWAYS) {
                let rule = Rule::new(Fault::Gateway(gateway)).skip(random.u64(0..8));
                rules.push(match random.u8(0..3) {
                    0 => rule.always(),
                    _ => rule.times(random.u64(3..40)),
                });
            }
        }
        if is_odd(random) {
            modes.push("ids are given out again");
            // It lasts from the first request on.
            let again = |vendor: &Vendor| Rule::new(Fault::IdsGivenOutAgain).vendor(*vendor);
            rules.extend(vendors.iter().map(again));
            faults.extend([
                Fault::TicketsFiled(1),
                Fault::TicketsFiled(2),
                Fault::TicketsFiled(3),
            ]);
        }
        let loss = if is_odd(random) {
            modes.push("answers are lost besides");
            random.f64() / 2.0
        } else {
            0.0
        };
        let every = || faults.iter().cloned();
        let reuses = modes.contains(&"ids are given out again")
            || every().any(|fault| fault == Fault::IdsGivenOutAgain);
        let lags = modes.contains(&"reads always lag")
            || every().any(|fault| matches!(fault, Fault::LaggingReads(_)));
        // Who does later what was accepted, and whose answer is lost, has no consistent reads.
        let defers = modes.contains(&"deletes are always accepted for later")
            || every().any(|fault| matches!(fault, Fault::AcceptedForLater { .. }));
        let lags = lags || accepts || (defers && loss > 0.0);
        let (mut existing, asked) = draw_tickets(vendors, random);
        if merges {
            for ticket in &mut existing {
                if ticket.vendor == Vendor::Sweeppea && ticket.fault.is_none() && is_odd(random) {
                    ticket.fault = Some(TicketFault::MergedInto(None));
                    break;
                }
            }
        }
        let (sandbox, quotas) = if is_hosted {
            modes::draw_hosted(random, &mut modes)
        } else if accepts {
            modes::draw_accepting(random, &mut modes)
        } else {
            modes::draw_self_hosted(random, &mut modes)
        };
        let mut plan = Self {
            vendors,
            sandbox,
            existing,
            asked,
            rules,
            faults,
            probability: f64::from(rate) / 100.0,
            loss,
            fault_seed: random.u64(..),
            retry_seed: random.u64(..),
            declared: Declared {
                never_reuses_ids: !reuses,
                reads_are_consistent: !lags && random.bool(),
                redirects_ids: merges && is_hosted,
            },
            quotas,
            delete_batch: random.usize(1..=12),
            how: match random.u8(0..5) {
                0 => How::Everywhere,
                1 => How::Delete,
                _ => How::InEach,
            },
            concurrency: random
                .bool()
                .then(|| NonZeroUsize::MIN.saturating_add(random.usize(0..8))),
            give_up_after: match random.u8(0..4) {
                0 => Duration::ZERO,
                1 => Duration::from_secs(random.u64(1..120)),
                _ => Duration::from_secs(900),
            },
            max_attempts: NonZeroU32::MIN.saturating_add(random.u32(0..5)),
            page_size: NonZeroU32::MIN.saturating_add(random.u32(2..9)),
            deadline: (random.u8(0..6) == 0).then(|| Duration::from_secs(random.u64(1..120))),
            stop: (random.u8(0..6) == 0).then(|| StopAfter {
                time: Duration::from_millis(random.u64(0..40_000)),
                abandons: random.bool(),
                finishes_before: None,
            }),
            creates: random.usize(0..3),
            reads: random.usize(0..4),
            at_once: random.bool(),
            lists: random.u8(0..3) > 0,
            merges,
            restores: false,
            updates: 0,
            modes,
        };
        if !is_hosted {
            plan.draw_more(random);
        }
        if accepts {
            plan.draw_for_accepting(random);
        }
        plan
    }

    /// Whether the vendor may give out the id of a deleted ticket again.
    pub(super) fn reuses_ids(&self, vendor: Vendor) -> bool {
        vendor == Vendor::Redmine || !self.declared.never_reuses_ids
    }

    /// Whether reads may show tickets as they were before.
    pub(super) fn lags(&self) -> bool {
        let mut faults = self.faults.iter();
        faults.any(|fault| matches!(fault, Fault::LaggingReads(_)))
            || self.modes.contains(&"reads always lag")
    }

    /// Whether the vendor may accept a change and carry it out later.
    pub(super) fn defers(&self) -> bool {
        let mut faults = self.faults.iter();
        self.vendors == ACCEPTING
            || faults.any(|fault| matches!(fault, Fault::AcceptedForLater { .. }))
            || self
                .modes
                .contains(&"deletes are always accepted for later")
    }

    /// The ticket at this place and all those whose subtask it is, directly or not.
    pub(super) fn lineage(&self, place: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(Some(place), |place| self.existing.get(*place)?.parent)
    }

    /// The id of what is asked, by the ids of the existing tickets.
    pub(super) fn id<'a>(&self, asked: &'a Asked, ids: &'a [String]) -> (Vendor, &'a str) {
        match asked {
            Asked::Existing(place) => {
                let vendor = self.existing.get(*place).map(|ticket| ticket.vendor);
                let id = ids.get(*place).map_or("", String::as_str);
                (vendor.unwrap_or(Vendor::OneCloud), id)
            }
            Asked::Other(vendor, id) => (*vendor, id),
        }
    }
}

/// A few kinds of faults, so that each seed has a character of its own.
fn draw_faults(random: &mut Rng) -> Vec<Fault> {
    let every = faults::every(random);
    let mut drawn: Vec<Fault> = (0..random.usize(1..=8))
        .filter_map(|_| random.choice(&every).cloned())
        .collect();
    // Without one that concerns each endpoint, a seed would be too quiet.
    drawn.push(
        random
            .choice([
                Fault::LostResponse,
                Fault::ConnectionReset,
                Fault::Status(503),
            ])
            .unwrap_or(Fault::LostResponse),
    );
    drawn
}
