//! Evaluates expressions that nobody has checked: each evaluation ends, in bounded memory, and none overflows the stack.
//!
//! jaq cannot be interrupted. But it asks its data for the table of terms before it evaluates each of them: there the terms
//! are counted and the stack is measured. Values count what operators make of them ([`super::counted`]), and the native
//! filters that could look at more than they pay for are replaced ([`super::natives`]). An evaluation over the limit is
//! ended by unwinding its thread.

use std::thread;

use jaq_core::{Ctx, DataT, Error, Lut, Vars, data, unwrap_valr};
use jaq_json::read;

use super::budget::{self, Ended, STACK, spend};
use super::counted::Counted;

/// How deep JSON may be nested: jq's own limit is of this size, and each level takes a piece of the stack.
const MAX_DEPTH: usize = 256;

/// How many digits a number of JSON may have: reading it takes time by their square.
const MAX_DIGITS: usize = 10_000;

/// The kind of data that filters are evaluated with.
#[derive(Debug)]
pub(super) struct Bounded;

impl DataT for Bounded {
    type V<'a> = Counted;
    type Data<'a> = Terms<'a>;
}

/// The table of terms.
#[derive(Clone, Copy)]
pub(super) struct Terms<'a>(&'a Lut<Bounded>);

impl<'a> data::HasLut<'a, Bounded> for Terms<'a> {
    fn lut(&self) -> &'a Lut<Bounded> {
        spend(1);
        self.0
    }
}

/// Evaluates the filter on this JSON, and gives its outputs to `take`.
pub(super) fn run<T: Send>(
    filter: &jaq_core::Filter<Bounded>,
    json: &[u8],
    take: impl FnOnce(&mut dyn Iterator<Item = Result<Counted, Error<Counted>>>) -> T + Send,
) -> Result<T, Ended> {
    if is_unreadable(json) {
        return Err(Ended::Failed);
    }
    thread::scope(|scope| {
        let evaluate = || {
            let value = read::parse_single(json).map_err(|_| Ended::Failed)?;
            budget::begin(json.len());
            let context = Ctx::<Bounded>::new(Terms(&filter.lut), Vars::new([]));
            let mut outputs = filter.id.run((context, Counted(value))).map(unwrap_valr);
            Ok(take(&mut outputs))
        };
        let thread = thread::Builder::new().stack_size(STACK);
        let evaluation = thread
            .spawn_scoped(scope, evaluate)
            .map_err(|_| Ended::Failed)?;
        evaluation.join().unwrap_or_else(|unwound| {
            Err(unwound
                .downcast_ref::<Ended>()
                .copied()
                .unwrap_or(Ended::Failed))
        })
    })
}

/// Whether this is JSON that is nested too deeply, or has numbers that are too long.
pub(super) fn is_unreadable(json: &[u8]) -> bool {
    let (mut depth, mut digits, mut is_text, mut is_escaped) = (0_usize, 0_usize, false, false);
    for byte in json {
        digits = match byte {
            b'0'..=b'9' if !is_text => digits + 1,
            _ => 0,
        };
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'[' | b'{' if !is_text => depth += 1,
            b']' | b'}' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH || digits > MAX_DIGITS {
            return true;
        }
    }
    false
}
