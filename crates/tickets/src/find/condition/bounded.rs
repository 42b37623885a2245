//! Evaluates expressions that nobody has checked: each evaluation ends, and none overflows the stack.
//!
//! jaq cannot be interrupted. But it asks its data for the table of terms before it evaluates each of them: there the terms
//! are counted and the stack is measured, and an evaluation over the limit is ended by unwinding its thread.

use std::cell::Cell;
use std::cmp::Ordering;
use std::panic::resume_unwind;
use std::thread;

use jaq_core::box_iter::BoxIter;
use jaq_core::native::{Fun, v};
use jaq_core::{Ctx, DataT, Error, Exn, Lut, Native, RunPtr, ValX, Vars, data, unwrap_valr};
use jaq_json::{Val, read};

/// How many terms are evaluated for an input without content. Each byte of the input allows [`STEPS_PER_BYTE`] more.
const STEPS: u64 = 2_000_000;
const STEPS_PER_BYTE: u64 = 8;

/// The stack of an evaluation, of which a part is kept for values that are nested deep: they are dropped recursively.
/// The system's library keeps a stack of this size for the next thread, and none above 40 MiB.
const STACK: usize = 32 * 1024 * 1024;
const USABLE_STACK: usize = STACK / 4;

/// How deep JSON may be nested: jq's own limit is of this size, and each level takes a piece of the stack.
const MAX_DEPTH: usize = 256;

/// Why an evaluation ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It has used up its steps.
    TooLong,
    /// It calls itself too deeply.
    TooDeep,
    /// The input is nested too deeply, or jaq failed.
    Failed,
}

/// The kind of data that filters are evaluated with.
#[derive(Debug)]
pub(super) struct Bounded;

impl DataT for Bounded {
    type V<'a> = Val;
    type Data<'a> = Limits<'a>;
}

/// The table of terms, and what the evaluation may still use.
#[derive(Clone, Copy)]
pub(super) struct Limits<'a> {
    lut: &'a Lut<Bounded>,
    budget: &'a Budget,
}

impl<'a> data::HasLut<'a, Bounded> for Limits<'a> {
    fn lut(&self) -> &'a Lut<Bounded> {
        self.budget.spend(1);
        self.lut
    }
}

pub(super) struct Budget {
    steps: Cell<u64>,
    /// Where the stack of the evaluation begins.
    base: usize,
}

impl Budget {
    fn new(input: usize) -> Self {
        let input = u64::try_from(input).unwrap_or(u64::MAX);
        Self {
            steps: Cell::new(STEPS.saturating_add(input.saturating_mul(STEPS_PER_BYTE))),
            base: stack_pointer(),
        }
    }

    /// Ends the evaluation if it has used up its steps or its stack.
    pub(super) fn spend(&self, steps: u64) {
        let Some(left) = self.steps.get().checked_sub(steps) else {
            end(Ended::TooLong);
        };
        self.steps.set(left);
        if self.base.abs_diff(stack_pointer()) > USABLE_STACK {
            end(Ended::TooDeep);
        }
    }
}

fn end(why: Ended) -> ! {
    // Prints no message, unlike a panic.
    resume_unwind(Box::new(why))
}

#[inline(never)]
fn stack_pointer() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(&here).addr()
}

/// Evaluates the filter on this JSON, and gives its outputs to `take`.
pub(super) fn run<T: Send>(
    filter: &jaq_core::Filter<Bounded>,
    json: &[u8],
    take: impl FnOnce(&mut dyn Iterator<Item = Result<Val, Error<Val>>>, &Budget) -> T + Send,
) -> Result<T, Ended> {
    if is_too_deep(json) {
        return Err(Ended::Failed);
    }
    thread::scope(|scope| {
        let evaluate = || {
            let value = read::parse_single(json).map_err(|_| Ended::Failed)?;
            let budget = Budget::new(json.len());
            let limits = Limits {
                lut: &filter.lut,
                budget: &budget,
            };
            let context = Ctx::<Bounded>::new(limits, Vars::new([]));
            let mut outputs = filter.id.run((context, value)).map(unwrap_valr);
            Ok(take(&mut outputs, &budget))
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

/// The filters of the standard library that run without evaluating terms, or nest values: these are counted too.
pub(super) fn natives() -> impl Iterator<Item = Fun<Bounded>> {
    let range: RunPtr<Bounded> = |mut cv| {
        let by = cv.0.pop_var();
        let to = cv.0.pop_var();
        let from = cv.0.pop_var();
        Box::new(range(cv.0, from, to, by))
    };
    let fromjson: RunPtr<Bounded> = |cv| values(&cv.1);
    let natives: [Fun<Bounded>; 2] = [
        ("range", v(3), Native::<Bounded>::new(range)),
        ("fromjson", v(0), Native::<Bounded>::new(fromjson)),
    ];
    natives.into_iter()
}

fn range(
    context: Ctx<'_, Bounded>,
    from: Val,
    to: Val,
    by: Val,
) -> impl Iterator<Item = ValX<'_, Val>> {
    let direction = by.partial_cmp(&Val::from(0_isize));
    let mut next = Some(from);
    std::iter::from_fn(move || {
        context.data().budget.spend(1);
        let here = next.take()?;
        let is_inside = match direction.unwrap_or(Ordering::Equal) {
            Ordering::Greater => here < to,
            Ordering::Less => here > to,
            Ordering::Equal => here != to,
        };
        if !is_inside {
            return None;
        }
        match here.clone() + by.clone() {
            Ok(after) => next = Some(after),
            Err(error) => return Some(Err(Exn::from(error))),
        }
        Some(Ok(here))
    })
}

/// The values of a text that is JSON.
fn values<'a>(text: &Val) -> BoxIter<'a, ValX<'a, Val>> {
    let fail = |why: &str| Err(Exn::from(Error::str(format!("cannot parse JSON: {why}"))));
    let (Val::TStr(bytes) | Val::BStr(bytes)) = text else {
        return Box::new(std::iter::once(fail("this is not a string")));
    };
    if is_too_deep(bytes) {
        return Box::new(std::iter::once(fail("it is nested too deeply")));
    }
    let mut values = Vec::new();
    // After an error, the reader stays where it is.
    for value in read::parse_many(bytes) {
        match value {
            Ok(value) => values.push(Ok(value)),
            Err(error) => {
                values.push(fail(&error.to_string()));
                break;
            }
        }
    }
    Box::new(values.into_iter())
}

fn is_too_deep(json: &[u8]) -> bool {
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'[' | b'{' if !is_text => depth += 1,
            b']' | b'}' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}
