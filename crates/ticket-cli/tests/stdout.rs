//! Standard output that cannot take an outcome: nothing is sent.

#![cfg(unix)]
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, Stdio};

use crate::common::{Run, at, create_arguments, json, sandbox};
use ticket_sandbox::{Sandbox, Vendor};

/// Everything that changes a ticket.
fn changes() -> Vec<Vec<&'static str>> {
    vec![
        vec!["delete", "--yes", "onecloud:121"],
        vec!["delete", "--yes", "--look", "all", "onecloud:121"],
        vec!["resolve", "--yes", "leadsquared:160"],
        vec!["update", "leadsquared:160", "--subject", "x"],
        vec!["comment", "leadsquared:160", "--body", "x"],
        create_arguments(Vendor::Sweeppea),
    ]
}

fn run(sandbox: &Sandbox, arguments: &[&str], stdout: Stdio) -> Run {
    let mut command = at(sandbox, arguments);
    let child = command
        .stdout(stdout)
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    Run::of(child.wait_with_output().unwrap())
}

/// Only a shell can start a process without a standard output.
fn run_closed(sandbox: &Sandbox, arguments: &[&str]) -> Run {
    let mut command = Command::new("sh");
    command.args(["-c", "exec \"$@\" >&-", "sh", env!("CARGO_BIN_EXE_tickets")]);
    command
        .args(arguments)
        .env_clear()
        .envs(sandbox.environment());
    command.env("HOME", env!("CARGO_TARGET_TMPDIR"));
    command.env("XDG_STATE_HOME", crate::common::state_folder());
    Run::of(command.stdin(Stdio::null()).output().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_output_is_noticed_before_anything_is_sent() {
    let sandbox = sandbox().await;
    for arguments in changes() {
        let said = run_closed(&sandbox, &arguments);
        assert_eq!(said.code, 2, "{arguments:?} {said:?}");
        assert!(
            said.stderr.contains("standard output is closed"),
            "{said:?}"
        );
    }
    let said = run_closed(&sandbox, &["get", "onecloud:121", "--output", "json"]);
    let error = json(&said.stderr);
    assert_eq!(
        (said.code, &error["effect"]),
        (2, &"none".into()),
        "{said:?}"
    );
    assert_eq!(sandbox.journal().len(), 0);
    // Who wants no outcomes says so.
    let null = File::options().read(true).write(true).open("/dev/null");
    let said = run(
        &sandbox,
        &["delete", "--yes", "onecloud:121"],
        null.unwrap().into(),
    );
    assert_eq!(said.code, 0, "{said:?}");
    assert_eq!(sandbox.journal().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_is_gone_is_noticed_before_anything_is_sent() {
    let sandbox = sandbox().await;
    for arguments in changes() {
        let (reader, writer) = UnixStream::pair().unwrap();
        drop(reader);
        let said = run(&sandbox, &arguments, OwnedFd::from(writer).into());
        assert_eq!(said.code, 2, "{arguments:?} {said:?}");
        assert!(
            said.stderr.contains("its reader is gone; nothing was sent"),
            "{said:?}"
        );
    }
    assert_eq!(sandbox.journal().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_output_that_is_full_or_read_only_is_noticed_before_anything_is_sent() {
    let sandbox = sandbox().await;
    let read_only = || File::open("/dev/null");
    #[cfg(target_os = "linux")]
    let full = || File::options().write(true).open("/dev/full");
    for arguments in changes() {
        let said = run(&sandbox, &arguments, read_only().unwrap().into());
        assert_eq!(said.code, 2, "{arguments:?} {said:?}");
        assert!(
            said.stderr.contains("reading only; nothing was sent"),
            "{said:?}"
        );
        #[cfg(target_os = "linux")]
        {
            let said = run(&sandbox, &arguments, full().unwrap().into());
            assert_eq!(said.code, 2, "{arguments:?} {said:?}");
            assert!(said.stderr.contains("No space left"), "{said:?}");
        }
    }
    assert_eq!(sandbox.journal().len(), 0);
}
