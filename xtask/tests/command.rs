//! The program as a shell sees it: its exit codes.

#![allow(
    clippy::unwrap_used,
    reason = "a failure here is a failed test, in helpers too"
)]

use std::process::Command;

#[test]
fn wrong_use_exits_with_2_and_says_what_is_wrong() {
    for (arguments, complaint) in [
        (&["checks"][..], "unrecognized subcommand 'checks'"),
        (&["new-provider", "Pear"], "`Pear` is no name"),
    ] {
        let mut xtask = Command::new(env!("CARGO_BIN_EXE_xtask"));
        let output = xtask.args(arguments).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text.contains(complaint), "{text}");
    }
}
