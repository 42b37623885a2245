//! The program as a shell sees it: what it prints and its exit code.

#![allow(
    clippy::unwrap_used,
    reason = "a failure here is a failed test, in helpers too"
)]

use std::process::{Command, Output};

fn xtask(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
    command.args(arguments).output().unwrap()
}

#[test]
fn help_is_printed_without_arguments_and_on_request() {
    let help = xtask(&[]);
    assert_eq!(help.status.code(), Some(0));
    assert!(String::from_utf8_lossy(&help.stdout).contains("\n  new-provider NAME"));
    for option in ["help", "--help", "-h"] {
        assert_eq!(xtask(&[option]), help);
    }
}

#[test]
fn wrong_use_exits_with_2_and_says_what_is_wrong() {
    for (arguments, complaint) in [
        (&["checks"][..], "there is no command `checks`"),
        (&["check", "dependencies"], "`check` takes no arguments"),
        (&["tables", "write"], "`tables` takes `--write` or nothing"),
        (&["api", "write"], "`api` takes `--write` or nothing"),
        (&["new-provider"], "`new-provider` takes NAME"),
        (&["new-provider", "Pear"], "`Pear` is no name"),
        (&["live"], "`live` takes `rt` or `redmine`"),
        (&["live", "zendesk"], "`live` takes `rt` or `redmine`"),
        (
            &["dist", "fast"],
            "`dist` takes `--target TRIPLE` or nothing",
        ),
        (&["ci", "fast"], "`ci` takes no arguments"),
    ] {
        let output = xtask(arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text.contains(complaint), "{text}");
    }
}
