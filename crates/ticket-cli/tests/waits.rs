//! Nothing waits in silence: what a command waits for is said on stderr, at once where it is known.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use crate::common::{at, sandbox};
use ticket_sandbox::{Fault, Rule, Sandbox, Vendor};

/// Runs the command until it says that it waits; returns that line.
fn wait_of(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let mut command = at(sandbox, arguments);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let stderr = BufReader::new(child.stderr.take().unwrap());
    let line = stderr
        .lines()
        .map(Result::unwrap)
        .find(|line| line.contains("resuming"));
    child.kill().unwrap();
    child.wait().unwrap();
    line.unwrap_or_else(|| panic!("not a word: {arguments:?}"))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_pause_of_the_vendor_is_said_by_every_command() {
    // A single call gives up at once if the pause is longer than its deadline.
    for (seconds, arguments) in [
        (
            600,
            &["delete", "--yes", "sweeppea:2531581", "sweeppea:2650478"][..],
        ),
        (
            600,
            &["delete", "--yes", "sweeppea:2531581", "--output", "json"],
        ),
        (20, &["get", "sweeppea:2531581"]),
        (
            20,
            &["list", "sweeppea", "--state", "open", "--output", "ndjson"],
        ),
        (20, &["messages", "sweeppea:2531581"]),
        (20, &["update", "sweeppea:2531581", "--subject", "x"]),
    ] {
        let sandbox = sandbox().await;
        let pause = Fault::RateLimited {
            retry_after: Some(seconds),
        };
        sandbox.inject(Rule::new(pause).times(u64::MAX).vendor(Vendor::Sweeppea));
        let line = wait_of(&sandbox, arguments);
        let said = line.strip_prefix("sweeppea: rate-limited by the vendor, resuming in ");
        // The first look may come a moment after the answer.
        let expected = if seconds == 600 {
            ["10 min", "9 min 5"]
        } else {
            ["20 s", "1"]
        };
        let is_said = expected
            .iter()
            .any(|time| said.is_some_and(|said| said.starts_with(time)));
        assert!(is_said, "{arguments:?} {line}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_wait_for_the_quota_is_said() {
    let sandbox = sandbox().await;
    for arguments in [
        &["list", "onecloud", "--page-size", "1", "--rate", "1/20"][..],
        &[
            "delete",
            "--yes",
            "onecloud:121",
            "onecloud:122",
            "--rate",
            "1/3600",
        ],
    ] {
        let line = wait_of(&sandbox, arguments);
        assert!(
            line.starts_with("onecloud: waiting for the quota, resuming in "),
            "{line}"
        );
    }
}

/// Short waits are the usual case, and no news.
#[tokio::test(flavor = "multi_thread")]
async fn a_short_wait_is_not_said() {
    let sandbox = sandbox().await;
    let pause = Fault::RateLimited {
        retry_after: Some(1),
    };
    sandbox.inject(Rule::new(pause).vendor(Vendor::Sweeppea));
    let mut command = at(&sandbox, &["get", "sweeppea:2531581"]);
    let mut child = command
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut said = String::new();
    child
        .stderr
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert_eq!((child.wait().unwrap().code(), said.as_str()), (Some(0), ""));
}
