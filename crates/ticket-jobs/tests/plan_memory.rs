//! The memory for a plan does not grow with it. A program of its own, since what is measured is that of the process.
#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "helpers of tests are not covered by clippy's exemption for tests"
)]

use std::fs::{self, File};
use std::io::{BufReader, BufWriter};

use serde_json::json;
use ticket_core::Change;
use ticket_jobs::plan::{Plan, PlanWriter, digest};
use ticket_jobs::{Job, JobAccount, JobTicket, Ledger as _, MemoryLedger, NewJob, Seen};

/// How many tickets have a digest, and how many of them are written to a file and read.
const TICKETS: u64 = 1_000_000;
const IN_FILE: u64 = 100_000;

/// The most memory that this process had so far, in KiB.
fn most() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let words = line.unwrap().split_whitespace();
    words.take(1).collect::<String>().parse().unwrap()
}

fn ticket(seq: u64, seen: Option<&Seen>) -> JobTicket {
    JobTicket {
        seq,
        repeats: None,
        account: "eu".to_owned(),
        id: seq.to_string().into(),
        outcome: None,
        decided_at: None,
        in_doubt: false,
        version: None,
        seen: seen.cloned(),
        archived: None,
        attempts: 0,
        last_call: None,
        people: Vec::new(),
        looked_again: None,
    }
}

async fn job() -> Job {
    let ledger = MemoryLedger::new();
    let id = ledger.create(NewJob::new(Change::Delete)).await.unwrap();
    let mut job = ledger.job(&id).await.unwrap();
    job.accounts = vec![JobAccount::new("eu", "sweeppea://api.example.com", 100)];
    job
}

#[tokio::test]
async fn digest_of_a_million_tickets_and_their_plan_take_a_few_megabytes() {
    let job = job().await;
    let seen: Seen = serde_json::from_value(json!({
        "at": "2026-11-29T02:11:00Z",
        "sha256": "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
        "subject": "Cannot log in since this morning",
        "status": "open",
    }))
    .unwrap();
    let before = most();
    let all = (0..TICKETS).map(|seq| Ok(ticket(seq, None)));
    let all = digest(&job, futures_util::stream::iter(all)).await.unwrap();

    let file = tempfile::NamedTempFile::new().unwrap();
    let output = BufWriter::new(File::create(file.path()).unwrap());
    let mut writer = PlanWriter::new(output, &job).unwrap();
    for seq in 0..IN_FILE {
        writer.push(&ticket(seq, Some(&seen))).unwrap();
    }
    let written = writer.finish().unwrap();
    let plan = Plan::read(BufReader::new(File::open(file.path()).unwrap())).unwrap();
    assert_eq!(plan.digest, written);
    assert_ne!(all, written);
    assert_eq!(plan.tickets(), IN_FILE);
    assert_eq!(plan.last.last().unwrap().id.as_str(), "99999");

    let grown = most() - before;
    println!("{grown} KiB for {TICKETS} tickets, and a file with {IN_FILE}");
    assert!(grown < 4 * 1024, "{grown} KiB");
}
