//! What must be true of each story. Each rule returns the lies that it finds.

mod deletes;
mod each;
mod limits;
mod others;
mod restores;
mod settled;

use super::plan::Plan;
use super::rule::Lie;
use super::story::Story;

pub(super) use deletes::{count_indistinguishable, count_taken_along};
pub(super) use others::hidden_because;
pub(super) use settled::unsettled_because;

/// All lies of a story.
pub(super) fn lies(plan: &Plan, story: &Story) -> Vec<Lie> {
    let mut lies = Vec::new();
    if story.hangs {
        lies.push(("hangs", "the run did not end".to_owned()));
        return lies;
    }
    deletes::check(plan, story, &mut lies);
    restores::check(plan, story, &mut lies);
    others::check(plan, story, &mut lies);
    limits::check(plan, story, &mut lies);
    settled::check(plan, story, &mut lies);
    lies
}
