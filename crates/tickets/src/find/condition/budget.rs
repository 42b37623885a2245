//! What an evaluation may still use. An evaluation has a thread of its own, so its budget belongs to the thread, where also
//! the operators of values find it.

use std::cell::Cell;
use std::panic::resume_unwind;

use jaq_json::{Num, Val};

/// The steps for an input without content. Each byte of the input allows [`STEPS_PER_BYTE`] more.
const STEPS: u64 = 2_000_000;
const STEPS_PER_BYTE: u64 = 24;

/// The stack of an evaluation, of which a part is kept for values that are nested deep: they are dropped recursively.
/// The system's library keeps a stack of this size for the next thread, and none above 40 MiB.
pub(super) const STACK: usize = 32 * 1024 * 1024;
const USABLE_STACK: usize = STACK / 4;

/// How many bytes of text are a step.
const BYTES_PER_STEP: usize = 8;

/// How many bytes of a text that becomes longer are copied in a step: the copy takes the place of the text, mostly.
const COPIED_PER_STEP: usize = 64;

/// How many steps an entry of an object is: it takes about a hundred bytes.
pub(super) const STEPS_PER_ENTRY: u64 = 4;

/// Why an evaluation ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// It has used up its steps.
    TooMuch,
    /// It calls itself too deeply.
    TooDeep,
    /// The input cannot be read, or jaq failed.
    Failed,
}

#[derive(Clone, Copy)]
struct Budget {
    steps: u64,
    /// Where the stack of the evaluation begins.
    base: usize,
}

thread_local! {
    static BUDGET: Cell<Option<Budget>> = const { Cell::new(None) };
}

/// Begins the evaluation of this thread, whose input has so many bytes.
pub(super) fn begin(input: usize) {
    let input = u64::try_from(input).unwrap_or(u64::MAX);
    BUDGET.set(Some(Budget {
        steps: STEPS.saturating_add(input.saturating_mul(STEPS_PER_BYTE)),
        base: stack_pointer(),
    }));
}

/// Ends the evaluation if it has used up its steps or its stack. Does nothing on a thread without an evaluation, where
/// expressions are compiled.
pub(super) fn spend(steps: u64) {
    let Some(budget) = BUDGET.get() else { return };
    let Some(steps) = budget.steps.checked_sub(steps) else {
        end(Ended::TooMuch);
    };
    BUDGET.set(Some(Budget { steps, ..budget }));
    if budget.base.abs_diff(stack_pointer()) > USABLE_STACK {
        end(Ended::TooDeep);
    }
}

/// The same for so many places of a list.
pub(super) fn spend_places(places: usize) {
    spend(u64::try_from(places).unwrap_or(u64::MAX));
}

/// The same for so many bytes of text.
pub(super) fn spend_bytes(bytes: usize) {
    spend_places(bytes / BYTES_PER_STEP + 1);
}

/// The same for so many bytes that are copied to append others.
pub(super) fn spend_copied(bytes: usize) {
    spend_places(bytes / COPIED_PER_STEP + 1);
}

/// The same for a whole value, as large as it is in JSON: parts that are shared count each time. Returns how much it was.
pub(super) fn spend_value(value: &Val) -> u64 {
    let own = match value {
        Val::Null | Val::Bool(_) | Val::Arr(_) => 1,
        Val::Num(number) => steps_of_number(number),
        Val::BStr(text) | Val::TStr(text) => {
            u64::try_from(text.len() / BYTES_PER_STEP + 1).unwrap_or(u64::MAX)
        }
        Val::Obj(entries) => {
            let entries = u64::try_from(entries.len()).unwrap_or(u64::MAX);
            entries.saturating_mul(STEPS_PER_ENTRY).saturating_add(1)
        }
    };
    spend(own);
    let parts = match value {
        Val::Arr(items) => items.iter().map(spend_value).sum(),
        Val::Obj(entries) => entries
            .iter()
            .map(|(key, value)| spend_value(key).saturating_add(spend_value(value)))
            .sum(),
        _ => 0_u64,
    };
    own.saturating_add(parts)
}

/// Numbers without bounds take time by the square of their digits.
fn steps_of_number(number: &Num) -> u64 {
    match number {
        Num::Int(_) | Num::Float(_) => 1,
        Num::BigInt(number) => {
            let words = number.bits() / 64 + 1;
            words.saturating_mul(words)
        }
        Num::Dec(digits) => u64::try_from(digits.len() / BYTES_PER_STEP + 1).unwrap_or(u64::MAX),
    }
}

/// Ends the evaluation.
pub(super) fn end(why: Ended) -> ! {
    // Prints no message, unlike a panic.
    resume_unwind(Box::new(why))
}

#[inline(never)]
fn stack_pointer() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(&here).addr()
}
