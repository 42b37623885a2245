//! The program as a shell sees it: what it prints and its exit code.

#![allow(
    clippy::unwrap_used,
    reason = "a failure here is a failed test, in helpers too"
)]

use std::process::{Command, Output};

fn xtask(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn without_arguments_it_prints_help_and_succeeds() {
    for arguments in [&[][..], &["help"], &["--help"]] {
        let output = xtask(arguments);
        let text = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(0));
        for command in [
            "check",
            "features",
            "tables",
            "api",
            "budget",
            "package",
            "semver",
            "bench",
            "new-provider",
            "ci",
        ] {
            assert!(text.contains(&format!("\n  {command} ")), "{text}");
        }
    }
}

#[test]
fn wrong_use_exits_with_2_and_says_what_is_wrong() {
    for (arguments, complaint) in [
        (&["chekc"][..], "there is no command `chekc`"),
        (&["check", "arows"], "there is no check `arows`"),
        (&["features", "all"], "`features` takes no arguments"),
        (&["tables", "write"], "`tables` takes `--write` or nothing"),
        (&["api", "write"], "`api` takes `--write` or nothing"),
        (&["budget", "up"], "`budget` takes no arguments"),
        (&["package", "all"], "`package` takes no arguments"),
        (&["semver", "v1"], "`semver` takes no arguments"),
        (&["bench", "--only", "call"], "`--only` takes one of calls,"),
        (
            &["bench", "--only", "calls", "--write"],
            "leave `--only` out",
        ),
        (&["new-provider"], "`new-provider` takes NAME"),
        (&["new-provider", "Pear"], "`Pear` is no name"),
        (&["ci", "fast"], "`ci` takes no arguments"),
    ] {
        let output = xtask(arguments);
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text.contains(complaint), "{text}");
    }
}

#[test]
fn the_checks_are_listed_with_their_promises() {
    let output = xtask(&["check", "--list"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    for check in [
        "arrows", "reqwest", "wiring", "metadata", "versions", "budget", "foreign", "tables",
        "sources", "words", "clock", "workflow", "shared",
    ] {
        assert!(
            text.lines().any(|line| line.starts_with(check)),
            "{check}\n{text}"
        );
    }
}
