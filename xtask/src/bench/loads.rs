//! The parts `bulk` and `pacing`: many tickets, and a quota on the real clock.

use super::calls::note;
use super::programs::{Programs, words};
use super::sheet::{Cell, Sheet};
use super::{Part, REQWEST, STACK, progress, rotated};
use crate::Result;

/// How many tickets are deleted.
pub(super) const REFS: &[u64] = &[10_000, 100_000, 1_000_000];
/// What is done with them, as a cell says it.
pub(super) const DELETE: &str = "delete";
/// Nobody else deletes many.
pub(super) const BULK: &[&str] = &[STACK, REQWEST];

/// The calls of a second, and for how many seconds there are calls.
pub(super) const QUOTA: (u64, u64) = (500, 6);
/// What is done with them, as a cell says it.
pub(super) const PACED: &str = "get";

/// Both take seconds a run, and more rounds tell no more.
const ROUNDS: usize = 3;

/// Deletes many tickets, by the facade and by hand.
pub(super) fn bulk(programs: &Programs, sheet: &mut Sheet, rounds: usize) -> Result<()> {
    let rounds = rounds.min(ROUNDS);
    for round in 0..rounds {
        progress("bulk: round", round + 1, rounds);
        for refs in REFS {
            for who in rotated(BULK, round) {
                let task = words(&format!("bulk --who {who} --refs {refs}"));
                let figures = programs.contestant(&task)?;
                note(sheet, Cell::new(Part::Bulk, DELETE, *refs), who, &figures);
            }
        }
    }
    Ok(())
}

/// Makes as many calls as a quota allows.
pub(super) fn pacing(programs: &Programs, sheet: &mut Sheet, rounds: usize) -> Result<()> {
    let rounds = rounds.min(ROUNDS);
    let (calls, windows) = QUOTA;
    for round in 0..rounds {
        progress("pacing: round", round + 1, rounds);
        let task = words(&format!("pacing --quota {calls}/1 --windows {windows}"));
        let figures = programs.contestant(&task)?;
        note(
            sheet,
            Cell::new(Part::Pacing, PACED, calls),
            STACK,
            &figures,
        );
    }
    Ok(())
}
