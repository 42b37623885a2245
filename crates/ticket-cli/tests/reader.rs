//! A reader that goes away. A program of its own: a process that another test starts meanwhile would hold the
//! pipe's end for a moment.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests are not covered by clippy's exemption for tests"
)]

mod common;

use std::io::{BufRead as _, BufReader};

use common::held::HeldVendor;

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_stops_the_work_and_is_told_what_was_done() {
    for form in ["ndjson", "csv", "table"] {
        let mut vendor = HeldVendor::start().await;
        let mut child = vendor.delete(9, form);
        vendor.answers.add(1);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        // A table comes at the end.
        while form != "table" && !first.contains("deleted") {
            assert_ne!(stdout.read_line(&mut first).unwrap(), 0, "{first}");
        }
        vendor.seen(5).await;
        drop(stdout);
        vendor.answers.add(100);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        // What is printed at the end learns a little later that nobody reads it.
        let most = if form == "table" { 8 } else { 5 };
        let seen = *vendor.seen.borrow();
        assert!((5..=most).contains(&seen), "{form}: {seen}");
        let summary = format!("9 tickets: {seen} deleted, {} unattempted", 9 - seen);
        assert!(stderr.contains(&summary), "{form}: {stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
        for id in 1..=seen {
            if id == 1 && form != "table" {
                continue;
            }
            let told = match form {
                "ndjson" => format!(r#"{{"ticket":"onecloud:{id}","outcome":"deleted"}}"#),
                _ => format!("onecloud:{id} deleted"),
            };
            assert!(stderr.lines().any(|line| line == told), "{told}: {stderr}");
        }
    }
}
