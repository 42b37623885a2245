//! The laboratory: who runs what, how often, and what the figures come to.

pub(crate) mod build;
pub(crate) mod calls;
pub(crate) mod document;
pub(crate) mod loads;
pub(crate) mod machine;
pub(crate) mod programs;
pub(crate) mod sheet;
mod snippets;

/// Who makes every call; `reqwest` is what the others are compared with.
const CONTESTANTS: &[&str] = &["provider", STACK, REQWEST, "hyper", "omnitrack"];
const STACK: &str = "stack";
const REQWEST: &str = "reqwest";
/// Who makes a few.
const PER_CALL: &str = "reqwest-per-call";
const PYTHON: &str = "python";
const SCRIPT: &str = "javascript";

/// All of them; who begins changes from round to round.
fn rotated<T>(all: &[T], round: u64) -> impl Iterator<Item = &T> {
    let first = usize::try_from(round).unwrap_or(0).checked_rem(all.len());
    all.iter().cycle().skip(first.unwrap_or(0)).take(all.len())
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_begins_once_and_nobody_is_left_out() {
        let all = ["a", "b", "c"];
        let round = |round| super::rotated(&all, round).copied().collect::<String>();
        assert_eq!([0, 1, 2, 3].map(round), ["abc", "bca", "cab", "abc"]);
    }
}
