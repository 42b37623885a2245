//! The parts `bulk` and `pacing`: many tickets, and a quota on the real clock.

use ticket_bench::Error;

use super::calls::note;
use super::programs::Programs;
use super::sheet::{Cell, Sheet};
use super::{REQWEST, STACK, rotated};
use crate::Part;

/// How many tickets are deleted.
pub(crate) const REFS: &[&str] = &["10,000", "100,000", "1,000,000"];
/// Nobody else deletes many.
pub(crate) const BULK: &[&str] = &[STACK, REQWEST];
/// Where the figure of 500 calls in a second is, for six seconds.
pub(crate) const PACED: Cell = Cell::new(Part::Pacing, "500 calls in 1 s", 1);

/// Both take seconds a run, and more rounds tell no more.
const ROUNDS: u64 = 3;

/// Deletes many tickets, by the facade and by hand.
pub(crate) fn bulk(programs: &Programs, sheet: &mut Sheet, rounds: u64) -> Result<(), Error> {
    for round in 0..rounds.min(ROUNDS) {
        eprintln!("bulk: round {}", round + 1);
        for refs in REFS {
            for who in rotated(BULK, round) {
                let task = format!("bulk --who {who} --refs {}", refs.replace(',', ""));
                let figures = programs.run("contestant", &task)?;
                note(sheet, Cell::new(Part::Bulk, refs, 1), who, &figures);
            }
        }
    }
    Ok(())
}

/// Makes as many calls as a quota allows.
pub(crate) fn pacing(programs: &Programs, sheet: &mut Sheet, rounds: u64) -> Result<(), Error> {
    for round in 0..rounds.min(ROUNDS) {
        eprintln!("pacing: round {}", round + 1);
        let figures = programs.run("contestant", "pacing --quota 500/1 --windows 6")?;
        note(sheet, PACED, STACK, &figures);
    }
    Ok(())
}
