//! Lists that change while they are read, that contradict themselves, or that have odd rows.

use std::collections::BTreeSet;

use serde_json::Value;
use ticket_sandbox::{Fault, OddRow, Rule, Sandbox, Vendor, WrongTotal};

use super::{name, vendor_with};
use crate::common::{Run, at, execute};

/// Lists three pages of 20 tickets.
fn list(sandbox: &Sandbox, vendor: Vendor) -> Run {
    let mut command = at(
        sandbox,
        &["list", vendor.prefix(), "--output", "ndjson", "--raw"],
    );
    command.args(["--rate", "1000/1"]);
    match vendor {
        Vendor::Sweeppea => command.args(["--state", "open"]),
        _ => command.args(["--page-size", "20"]),
    };
    execute(&mut command)
}

fn listed(run: &Run) -> BTreeSet<String> {
    let name = |row: &Value| row["ticket"].as_str().unwrap().to_owned();
    run.lines().iter().map(name).collect()
}

fn assert_incomplete(run: &Run, about: &str) {
    assert_eq!(run.code, 4, "{about} {run:?}");
    assert!(!run.stderr.is_empty(), "{about}");
}

const LISTING: [Vendor; 2] = [Vendor::OneCloud, Vendor::Sweeppea];

#[tokio::test(flavor = "multi_thread")]
async fn list_that_shrinks_between_pages_exits_4() {
    for vendor in LISTING {
        let (sandbox, _) = vendor_with(vendor, 60).await;
        sandbox.inject(Rule::new(Fault::TicketsRemoved(5)).skip(1));
        let run = list(&sandbox, vendor);
        let listed = listed(&run);
        let there = sandbox.ticket_ids(vendor);
        assert_eq!(there.len(), 55);
        // Five tickets have moved to the page that was read before.
        assert!(there.iter().any(|id| !listed.contains(&name(vendor, id))));
        assert_incomplete(&run, vendor.prefix());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn wrong_total_costs_no_ticket_and_exits_4() {
    for vendor in LISTING {
        for total in [
            WrongTotal::PageSize,
            WrongTotal::Zero,
            WrongTotal::TooSmall,
            WrongTotal::TooLarge,
            WrongTotal::Changing,
        ] {
            let (sandbox, tickets) = vendor_with(vendor, 60).await;
            sandbox.inject(Rule::new(Fault::WrongTotal(total)).always());
            let run = list(&sandbox, vendor);
            let about = format!("{vendor:?} {total:?}");
            assert_eq!(listed(&run), tickets.into_iter().collect(), "{about}");
            assert_incomplete(&run, &about);
            assert!(run.stderr.contains("total"), "{about} {run:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn row_that_comes_twice_exits_4() {
    for vendor in LISTING {
        for fault in [Fault::OddRow(OddRow::Repeated), Fault::ReversedOrder] {
            let (sandbox, tickets) = vendor_with(vendor, 60).await;
            sandbox.inject(Rule::new(fault.clone()).skip(1).always());
            let run = list(&sandbox, vendor);
            assert!(listed(&run).len() <= tickets.len());
            assert_incomplete(&run, &format!("{vendor:?} {fault:?}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn half_a_surrogate_pair_costs_no_ticket() {
    for vendor in LISTING {
        let (sandbox, tickets) = vendor_with(vendor, 60).await;
        sandbox.inject(Rule::new(Fault::OddRow(OddRow::LoneSurrogate)).always());
        let run = list(&sandbox, vendor);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{run:?}");
        assert_eq!(run.lines().len(), 60);
        let is_odd = |row: &Value| {
            row["raw"]["Subject"]
                .as_str()
                .unwrap()
                .ends_with('\u{fffd}')
        };
        // One on each page; OneCloud's pages overlap, so that it has one more.
        let pages = if vendor == Vendor::OneCloud { 4 } else { 3 };
        assert_eq!(run.lines().iter().filter(|row| is_odd(row)).count(), pages);
        assert_eq!(listed(&run), tickets.into_iter().collect(), "{vendor:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn odd_date_costs_no_ticket() {
    for vendor in LISTING {
        for date in [
            OddRow::EmptyDate,
            OddRow::YearOneDate,
            OddRow::NumberDate,
            OddRow::ZonelessDate,
        ] {
            let (sandbox, tickets) = vendor_with(vendor, 60).await;
            sandbox.inject(Rule::new(Fault::OddRow(date)).always());
            let run = list(&sandbox, vendor);
            assert_eq!(run.code, 0, "{vendor:?} {date:?} {run:?}");
            assert_eq!(
                listed(&run),
                tickets.into_iter().collect(),
                "{vendor:?} {date:?}"
            );
        }
    }
}
