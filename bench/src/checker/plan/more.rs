//! What is drawn after all else, for the vendors of the later plans.

use std::time::Duration;

use fastrand::Rng;
use ticket_sandbox::Fault;

use super::super::faults;
use super::Plan;

impl Plan {
    /// Draws what hosted vendors do not have.
    pub(super) fn draw_more(&mut self, random: &mut Rng) {
        self.restores = random.bool();
        if self.restores {
            self.modes.push("tickets are restored");
        }
        self.updates = random.usize(0..5);
        // Redmine gives the id of a deleted ticket to the next one.
        if random.bool() {
            self.faults.push(Fault::TicketsFiled(random.usize(1..4)));
        }
    }

    /// Draws what only vendors have that accept work and do it later.
    pub(super) fn draw_for_accepting(&mut self, random: &mut Rng) {
        let odd = random.usize(0..3);
        let jobs = (0..odd).filter_map(|_| random.choice(faults::JOBS));
        self.faults.extend(jobs.map(Fault::Job));
        // As who interrupts twice.
        let finishes_before = random.bool().then(|| seconds(random, 30));
        if let Some(stop) = &mut self.stop {
            stop.finishes_before = finishes_before.filter(|_| stop.abandons);
            if stop.finishes_before.is_some() {
                self.modes.push("abandoned after it was asked to finish");
            }
        }
    }
}

fn seconds(random: &mut Rng, most: u64) -> Duration {
    Duration::from_millis(random.u64(1..=most * 1000))
}
