//! A reader that goes away. A program of its own: a process that another test starts meanwhile would hold the
//! pipe's end for a moment.

#![cfg(unix)]
use std::io::{BufRead as _, BufReader};

use crate::common::held::HeldVendor;

/// More than are sent before a reader that is gone is noticed.
const TICKETS: usize = 300;

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_stops_the_work_and_is_told_what_was_done() {
    for form in ["ndjson", "csv", "table"] {
        let mut vendor = HeldVendor::start().await;
        let mut child = vendor.delete(TICKETS, form);
        vendor.answers.add(1);
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let mut first = String::new();
        // A table comes at the end.
        while form != "table" && !first.contains("deleted") {
            assert_ne!(stdout.read_line(&mut first).unwrap(), 0, "{first}");
        }
        vendor.seen(5).await;
        drop(stdout);
        vendor.answers.add(TICKETS);
        let output = child.wait_with_output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        // A few more are sent before it is noticed that nobody reads.
        let seen = *vendor.seen.borrow();
        assert!((5..TICKETS).contains(&seen), "{form}: {seen}");
        let left = TICKETS - seen;
        let summary = format!("{TICKETS} tickets: {seen} deleted, {left} unattempted");
        assert!(stderr.contains(&summary), "{form}: {stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
        let row = |id: usize| match form {
            "ndjson" => format!(r#"{{"schema":1,"ticket":"onecloud:{id}","outcome":"deleted"}}"#),
            _ => format!("onecloud:{id} deleted"),
        };
        let told = (1..=TICKETS).filter(|id| stderr.lines().any(|line| line == row(*id)));
        // The first one was read.
        let read = usize::from(form != "table");
        assert_eq!(told.count(), seen - read, "{form}: {stderr}");
    }
}
