//! The ledger of a user: all commands keep one quota, and what becomes of a command that has none.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use crate::common::shells::Shells;
use crate::common::{Run, at, deletes, execute, sandbox};
use ticket_sandbox::{Quota, Sandbox, Vendor, WindowModel};

/// Sweeppea with this many calls in two seconds, and tickets enough.
async fn small_quota(calls: u32) -> Sandbox {
    let quota = Quota {
        calls,
        window: Duration::from_secs(2),
        model: WindowModel::SlidingCountingRefused,
    };
    let sandbox = Sandbox::builder().sweeppea_quota(quota).start().await;
    let sandbox = sandbox.unwrap();
    sandbox.add_tickets(Vendor::Sweeppea, 20);
    sandbox
}

/// Tickets that each sandbox has, not all of which can be deleted, come first.
const SAMPLES: usize = 6;

/// How many calls the sandbox answered, none of which it refused for its quota.
fn calls_within_quota(sandbox: &Sandbox) -> usize {
    let journal = sandbox.journal();
    assert!(journal.iter().all(|exchange| exchange.status != Some(429)));
    journal.len()
}

#[tokio::test(flavor = "multi_thread")]
async fn two_processes_keep_one_quota() {
    let sandbox = small_quota(5).await;
    let shells = Shells::new(&sandbox);
    let ids = sandbox.ticket_ids(Vendor::Sweeppea);
    let tickets: Vec<_> = ids[SAMPLES..]
        .iter()
        .map(|id| format!("sweeppea:{id}"))
        .collect();
    let halves: Vec<_> = tickets[..16].chunks(8).collect();
    let children: Vec<_> = halves
        .iter()
        .map(|half| {
            let mut command = shells.command(&["delete", "--yes", "--rate", "5/2"]);
            command.args(half.iter());
            command.stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().unwrap()
        })
        .collect();
    for child in children {
        let run = Run::of(child.wait_with_output().unwrap());
        assert_eq!(run.code, 0, "{run:?}");
    }
    assert_eq!(calls_within_quota(&sandbox), 16);
    assert_eq!(shells.jobs().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn get_keeps_the_quota_of_a_job_that_is_over() {
    let sandbox = small_quota(2).await;
    let shells = Shells::new(&sandbox);
    let ids = sandbox.ticket_ids(Vendor::Sweeppea);
    let tickets: Vec<_> = ids[SAMPLES..]
        .iter()
        .map(|id| format!("sweeppea:{id}"))
        .collect();
    let delete = ["delete", "--yes", "--rate", "2/2", &tickets[0], &tickets[1]];
    assert_eq!(shells.run(&delete).code, 0);
    let get = shells.run(&["get", "--rate", "2/2", &tickets[2]]);
    assert_eq!(get.code, 0, "{get:?}");
    assert_eq!(calls_within_quota(&sandbox), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_state_folder_a_command_says_so_and_works_alone() {
    let sandbox = sandbox().await;
    let delete = ["delete", "--yes", "onecloud:121", "sweeppea:2531581"];
    let mut command = at(&sandbox, &delete);
    let run = execute(command.env("XDG_STATE_HOME", "/dev/null"));
    assert_eq!(run.code, 0, "{run:?}");
    let said = run
        .stderr
        .matches("cannot be resumed if it ends early")
        .count();
    assert_eq!(said, 1, "{run:?}");
    assert!(!run.stderr.contains("tickets job run"), "{run:?}");
    assert_eq!(deletes(&sandbox), 2);
    // It has limits; OneCloud documents none.
    for (ticket, said) in [("leadsquared:160", 1), ("onecloud:1212", 0)] {
        let mut command = at(&sandbox, &["get", ticket]);
        let run = execute(command.env("XDG_STATE_HOME", "/dev/null"));
        assert_eq!(run.code, 0, "{run:?}");
        assert_eq!(
            run.stderr.matches("not shared with other commands").count(),
            said,
            "{run:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn read_at_an_account_without_limits_opens_no_ledger() {
    let sandbox = sandbox().await;
    let shells = Shells::new(&sandbox);
    for (ticket, is_opened) in [("onecloud:121", false), ("sweeppea:2531581", true)] {
        assert_eq!(shells.run(&["get", ticket]).code, 0);
        assert_eq!(
            shells.state.join("tickets/jobs.db").exists(),
            is_opened,
            "{ticket}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ledger_that_is_refused_ends_a_change_before_anything_is_sent() {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("text.db");
    std::fs::write(&text, "no ledger, but as long as one\n".repeat(500)).unwrap();
    let refused = |path: &Path| {
        let mut command = at(&sandbox, &["delete", "--yes", "onecloud:121"]);
        let run = execute(command.env("TICKETS_LEDGER", path));
        assert_eq!((run.code, run.stdout.as_str()), (3, ""), "{run:?}");
        let folder = path.parent().unwrap().to_str().unwrap();
        assert!(run.stderr.contains(folder), "{run:?}");
    };
    refused(&text);
    // Whoever names a ledger wants that one.
    refused(Path::new("/dev/null/jobs.db"));
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let open = folder.path().join("open");
        std::fs::create_dir(&open).unwrap();
        std::fs::set_permissions(&open, std::fs::Permissions::from_mode(0o777)).unwrap();
        refused(&open.join("jobs.db"));
    }
    assert_eq!(sandbox.journal().len(), 0);
}
