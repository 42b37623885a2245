//! The programs of `src/does_not_compile.md`, which run as doctests, fail for the reason that is meant: each
//! is one that compiles with one line changed. The compiler's own words are not compared, since they differ
//! from version to version.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

const PROGRAMS: &str = include_str!("../src/does_not_compile.md");

#[test]
fn every_program_that_must_not_compile_differs_from_one_that_does_in_one_line() {
    let parts: Vec<_> = PROGRAMS.split("```").collect();
    // Prose, program, prose, program, ..., prose.
    let programs: Vec<_> = parts.chunks(2).filter_map(|two| two.get(1)).collect();
    assert_eq!((programs.len() % 2, parts.len() % 2), (0, 1));
    assert!(programs.len() >= 20, "{}", programs.len());
    for pair in programs.chunks(2) {
        let [good, bad] = pair else {
            panic!("a program without its twin: {pair:?}");
        };
        let bad = bad.strip_prefix("compile_fail\n");
        let bad: Vec<_> = bad
            .unwrap_or_else(|| panic!("compiles: {good}"))
            .lines()
            .collect();
        let good: Vec<_> = good.trim_start_matches('\n').lines().collect();
        assert_eq!(good.len(), bad.len(), "{bad:?}");
        let changed = good.iter().zip(&bad).filter(|(good, bad)| good != bad);
        assert_eq!(changed.count(), 1, "{bad:?}");
    }
}
