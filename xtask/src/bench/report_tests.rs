//! What a report says, from figures that are made up.

use super::super::PARTS;
use super::super::build::BUILT;
use super::super::calls::{CALLS, GET, LIST, LOADS, SHORT, STEADY};
use super::super::loads::{BULK, DELETE, PACED, QUOTA, REFS};
use super::super::sheet::{Cell, Metric};
use super::super::table::WIDTH;
use super::super::{CONTESTANTS, INSTRUCTIONS, PER_CALL, PYTHON, SCRIPT, STACK};
use super::*;

fn machine() -> Machine {
    Machine {
        date: "2026-01-02".to_owned(),
        cpu: "A CPU with a rather long name @ 2.20GHz".to_owned(),
        cores: 4,
        system: "linux 6.1 x86_64".to_owned(),
        load_before: "0.10".to_owned(),
        placing: Some("contestants on core 2".to_owned()),
        versions: [("rustc", "rustc 1.95.0"), ("reqwest", "0.13.5")]
            .map(|(name, version)| (name.to_owned(), version.to_owned()))
            .to_vec(),
    }
}

/// Every figure there is, the largest that are to be expected.
fn whole() -> Sheet {
    let mut sheet = Sheet::default();
    for case in CALLS {
        for load in LOADS {
            let cell = Cell::new(Part::Calls, case, *load);
            for who in CONTESTANTS.iter().chain(&[PER_CALL, PYTHON, SCRIPT]) {
                sheet.add(cell, (who, Metric::LatencyNs), 12_345_600.0);
                sheet.add(cell, (who, Metric::CpuNs), 12_345_600.0);
                sheet.add(cell, (who, Metric::PerSecond), 123_456.0);
                sheet.add(cell, (who, Metric::PeakRssKib), 123_456.0);
            }
        }
    }
    for case in CALLS.iter().chain(&[SHORT, LIST]) {
        let cell = Cell::new(Part::Counts, case, 1);
        for who in CONTESTANTS {
            let short = if *case == SHORT { 1.0 } else { 2.0 };
            sheet.add(cell, (who, Metric::CpuNs), 12_345_600.0 * short);
            sheet.add(cell, (who, Metric::Instructions), 123_456_789.0 * short);
            sheet.add(cell, (who, Metric::Allocations), 123_456.0);
            sheet.add(cell, (who, Metric::AllocatedBytes), 12_345_678.0);
        }
    }
    for (case, cpu) in [(GET, 24_691_200.0), (SHORT, 12_345_600.0)] {
        for who in CONTESTANTS {
            let cell = Cell::new(Part::Counts, case, STEADY);
            sheet.add(cell, (who, Metric::CpuNs), cpu);
        }
    }
    for who in BULK {
        for refs in REFS {
            let cell = Cell::new(Part::Bulk, DELETE, *refs);
            sheet.add(cell, (who, Metric::CpuNs), 12_345.0);
            sheet.add(cell, (who, Metric::PerSecond), 1_234_567.0);
            sheet.add(cell, (who, Metric::PeakRssKib), 123_456.0);
        }
    }
    let cell = Cell::new(Part::Pacing, PACED, QUOTA.0);
    sheet.add(cell, (STACK, Metric::ShareOfRate), 0.987);
    for program in build::BUILDS {
        for metric in [
            Metric::BuildCpuSeconds,
            Metric::BuildWallSeconds,
            Metric::Crates,
        ] {
            sheet.add(BUILT, (program, metric), 123.4);
        }
        sheet.add(BUILT, (program, Metric::BinaryBytes), 12_345_678.0);
        sheet.add(BUILT, (program, Metric::StrippedBytes), 12_345_678.0);
    }
    sheet
}

fn report(sheet: Sheet) -> Report {
    Report::new(machine(), 15, PARTS, sheet)
}

#[test]
fn no_line_is_wider_than_a_terminal() {
    let text = report(whole()).text();
    let wide: Vec<_> = text
        .lines()
        .filter(|line| line.chars().count() > WIDTH)
        .collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn every_figure_has_its_place_in_both_texts() {
    let report = report(whole());
    for text in [report.text(), report.markdown()] {
        for found in [
            "12,345.6",
            "123,456",
            "123,456,789",
            "12,345,678",
            "120.6",
            "98.7 %",
            "10^6 by 10^4",
            "with-octocrab",
            "A CPU with a rather long name",
            "contestants on core 2",
            "reqwest 0.13.5",
        ] {
            assert!(text.contains(found), "{found}\n{text}");
        }
        assert!(!text.contains("rustc rustc"), "{text}");
        assert!(!text.contains(" – "), "{text}");
    }
}

#[test]
fn what_is_missing_is_said_in_the_table_the_goals_and_the_json() {
    let mut sheet = whole();
    sheet
        .series
        .retain(|series| series.metric != Metric::Instructions && series.who != PYTHON);
    sheet.skip(Part::Counts, Some(INSTRUCTIONS), "there is no valgrind");
    sheet.skip(Part::Calls, Some(PYTHON), "there is no python3");
    let report = report(sheet);
    for text in [report.text(), report.markdown()] {
        for found in [
            "instructions: skipped, there is no valgrind",
            "python: skipped, there is no python3",
            "stack: instructions per call: skipped, there is no valgrind",
        ] {
            assert!(text.contains(found), "{found}\n{text}");
        }
    }
    assert!(report.text().contains(", 4 skipped\n"), "{}", report.text());
    let json: serde_json::Value = serde_json::from_str(&report.json().unwrap()).unwrap();
    assert_eq!(json["skipped"][1]["what"], "python");
    assert_eq!(json["skipped"][1]["reason"], "there is no python3");
}

#[test]
fn goals_of_parts_that_were_not_asked_for_are_left_to_the_json() {
    let report = Report::new(machine(), 15, &[Part::Build], whole());
    let text = report.text();
    assert!(text.contains("with-tickets: crates"), "{text}");
    assert!(!text.contains("CPU per call"), "{text}");
    assert!(text.contains("goals: 3 met, 0 missed, 0 skipped"), "{text}");
    assert!(report.json().unwrap().contains("stack: CPU per call"));
}

#[test]
fn the_json_holds_every_round_and_its_summaries() {
    let mut sheet = Sheet::default();
    let cell = Cell::new(Part::Calls, GET, 1);
    for (ours, theirs) in [(2.0, 1.0), (6.0, 2.0)] {
        sheet.add(cell, (STACK, Metric::CpuNs), ours);
        sheet.add(cell, (REQWEST, Metric::CpuNs), theirs);
    }
    let json: serde_json::Value = serde_json::from_str(&report(sheet).json().unwrap()).unwrap();
    let figure = &json["figures"][0];
    let text = |name: &str| figure[name].as_str().unwrap().to_owned();
    let named = ["part", "case", "who", "metric"].map(text);
    assert_eq!(named, ["calls", GET, "stack", "cpu_ns"]);
    assert_eq!(figure["load"], 1);
    assert_eq!(figure["rounds"], serde_json::json!([2.0, 6.0]));
    assert_eq!(figure["summary"]["median"], 4.0);
    assert_eq!(figure["ratio"]["median"], 2.5);
    let mut goals = json["goals"].as_array().unwrap().iter();
    let goal = goals.find(|goal| goal["case"] == GET && goal["who"] == "stack");
    assert_eq!(goal.unwrap()["verdict"]["missed"], 2.5 / 1.05 - 1.0);
    assert_eq!(json["machine"]["date"], "2026-01-02");
}

#[test]
fn the_document_says_what_it_is_shows_the_chart_and_how_to_repeat_it() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("bench")).unwrap();
    let report = report(whole());
    let files = report.write(folder.path()).unwrap();
    let document = std::fs::read_to_string(&files[0]).unwrap();
    for found in [
        "(bench/chart.svg)",
        "cargo xtask bench --write",
        "What is not measured",
        "2026-01-02",
        "## Goals",
    ] {
        assert!(document.contains(found), "{found}");
    }
    assert!(folder.path().join("bench/chart.svg").is_file());
    let [results, chart] = report.leave(&folder.path().join("target/bench")).unwrap();
    assert!(results.is_file() && chart.is_file());
}
