//! The tables of a run: which figures stand beside which, and what the columns mean.

use super::build::{BUILDS, BUILT, PLAIN, STRIPPED};
use super::calls::{CALLS, GET, LIST, LOADS, ROWS, SHORT, STEADY};
use super::goals::{Goal, Verdict};
use super::loads::{BULK, DELETE, PACED, QUOTA, REFS};
use super::sheet::{Cell, Metric, Of, Sheet, Summary, count};
use super::table::Table;
use super::{CONTESTANTS, INSTRUCTIONS, PER_CALL, PYTHON, Part, REQWEST, SCRIPT, STACK};

/// The tables of the parts that were run.
pub(super) fn tables(sheet: &Sheet, parts: &[Part]) -> Vec<Table> {
    let mut tables = Vec::new();
    for part in parts {
        let notes = |of: &[&str]| notes(sheet, *part, of);
        match part {
            Part::Calls => {
                tables.push(latency(sheet, notes(&[PYTHON, SCRIPT])));
                tables.push(throughput(sheet));
            }
            Part::Counts => {
                tables.push(counts(sheet, notes(&[INSTRUCTIONS])));
                tables.push(decode(sheet, notes(&[INSTRUCTIONS])));
            }
            Part::Bulk => tables.push(bulk(sheet)),
            Part::Pacing => tables.push(pacing(sheet)),
            Part::Build => tables.push(build(sheet, notes(&[STRIPPED]))),
        }
    }
    tables
}

fn notes(sheet: &Sheet, part: Part, of: &[&str]) -> Vec<String> {
    let skipped = sheet.skipped.iter().filter(|skipped| skipped.part == part);
    let skipped = skipped.filter(|skipped| skipped.what.is_none_or(|what| of.contains(&what)));
    skipped.map(ToString::to_string).collect()
}

fn latency(sheet: &Sheet, mut notes: Vec<String>) -> Table {
    notes.push("The other two vendors print no code.".to_owned());
    let mut rows = Vec::new();
    for case in CALLS {
        let cell = Cell::new(Part::Calls, case, 1);
        for who in CONTESTANTS.iter().chain(&[PER_CALL, PYTHON, SCRIPT]) {
            if sheet.rounds(cell, (who, Metric::CpuNs)).is_none() {
                continue;
            }
            let ratio = ratio(sheet, cell, (who, Metric::CpuNs), REQWEST);
            rows.push(vec![
                (*case).to_owned(),
                (*who).to_owned(),
                scaled(sheet, cell, (who, Metric::LatencyNs), 1e3, 1),
                scaled(sheet, cell, (who, Metric::CpuNs), 1e3, 1),
                number(ratio, 1.0, 2),
                quartiles(ratio, 2),
                scaled(sheet, cell, (who, Metric::PerSecond), 1.0, 0),
            ]);
        }
    }
    Table {
        title: "One call at a time".to_owned(),
        about: "Latency is the median over the calls of a run; CPU is user and system time of the whole \
                process by call; × is that CPU time by `reqwest`'s of the same round, with the quartiles \
                of these ratios. One thread, one connection, no TLS."
            .to_owned(),
        columns: vec![
            "<call", "<who", "latency µs", "CPU µs", "×", "quartiles", "calls/s",
        ],
        rows,
        notes,
    }
}

fn throughput(sheet: &Sheet) -> Table {
    let mut rows = Vec::new();
    for case in CALLS {
        for who in CONTESTANTS {
            let mut row = vec![(*case).to_owned(), (*who).to_owned()];
            for load in LOADS {
                let cell = Cell::new(Part::Calls, case, *load);
                let of = (*who, Metric::PerSecond);
                row.push(scaled(sheet, cell, of, 1.0, 0));
                row.push(number(ratio(sheet, cell, of, REQWEST), 1.0, 2));
            }
            let (cell, of) = (Cell::new(Part::Calls, case, 64), (*who, Metric::PeakRssKib));
            row.push(scaled(sheet, cell, of, 1024.0, 1));
            row.push(number(ratio(sheet, cell, of, REQWEST), 1.0, 2));
            rows.push(row);
        }
    }
    Table {
        title: "Calls per second on one core, and memory".to_owned(),
        about: "With 1, 16 and 64 calls on their way at once, all by one thread; × is by `reqwest`'s of the \
                same round, and more is better. MiB is the largest memory of the process with 64 at once."
            .to_owned(),
        columns: vec![
            "<call", "<who", "1", "×", "16", "×", "64", "×", "MiB", "×",
        ],
        rows,
        notes: Vec::new(),
    }
}

fn counts(sheet: &Sheet, notes: Vec<String>) -> Table {
    let mut rows = Vec::new();
    for case in CALLS {
        let cell = Cell::new(Part::Counts, case, 1);
        for who in CONTESTANTS {
            let mut row = vec![(*case).to_owned(), (*who).to_owned()];
            for metric in [
                Metric::Instructions,
                Metric::Allocations,
                Metric::AllocatedBytes,
            ] {
                row.push(scaled(sheet, cell, (*who, metric), 1.0, 0));
                row.push(number(ratio(sheet, cell, (*who, metric), REQWEST), 1.0, 2));
            }
            rows.push(row);
        }
    }
    Table {
        title: "Counted by call".to_owned(),
        about: "Instructions as callgrind counts them, outside the kernel, start and end left out; allocations \
                with reallocations, and their bytes. These hardly change from run to run; × is by `reqwest`'s."
            .to_owned(),
        columns: vec![
            "<call", "<who", "instructions", "×", "allocations", "×", "bytes", "×",
        ],
        rows,
        notes,
    }
}

fn decode(sheet: &Sheet, notes: Vec<String>) -> Table {
    let cell = |case| Cell::new(Part::Counts, case, 1);
    let mut rows = Vec::new();
    for who in CONTESTANTS {
        let fields = |metric, load| {
            let of = |case| Cell::new(Part::Counts, case, load);
            sheet.difference((who, metric), of(GET), of(SHORT))
        };
        let list = (*who, Metric::CpuNs);
        let per_row = sheet.summary(cell(LIST), (who, Metric::Instructions));
        rows.push(vec![
            (*who).to_owned(),
            number(fields(Metric::CpuNs, STEADY), 1e3, 1),
            number(fields(Metric::Instructions, 1), 1.0, 0),
            scaled(sheet, cell(LIST), list, 1e6, 1),
            number(ratio(sheet, cell(LIST), list, REQWEST), 1.0, 2),
            number(per_row, count(ROWS), 0),
        ]);
    }
    Table {
        title: "Decoding: 55 fields, 10,000 rows".to_owned(),
        about: "A ticket with all 55 fields less the same call of a ticket that has an id and nothing else \
                (CPU time with 64 calls at once, instructions); a reply of 10,000 tickets from the call to the last ticket (CPU time, \
                × by `reqwest`'s, instructions by row). `reqwest`, `hyper` and `omnitrack` decode into the \
                vendor's types and stop there; `provider` and `stack` give tickets, with what the vendor sent."
            .to_owned(),
        columns: vec![
            "<who", "55 fields µs", "instructions", "10,000 rows ms", "×", "instructions/row",
        ],
        rows,
        notes,
    }
}

fn bulk(sheet: &Sheet) -> Table {
    let cell = |refs| Cell::new(Part::Bulk, DELETE, refs);
    let mut rows = Vec::new();
    for who in BULK {
        for refs in REFS {
            let of = |metric| ratio(sheet, cell(*refs), (*who, metric), REQWEST);
            let figure =
                |metric, by, digits| scaled(sheet, cell(*refs), (*who, metric), by, digits);
            rows.push(vec![
                (*who).to_owned(),
                grouped(&refs.to_string()),
                figure(Metric::CpuNs, 1e3, 2),
                number(of(Metric::CpuNs), 1.0, 2),
                figure(Metric::PerSecond, 1.0, 0),
                figure(Metric::PeakRssKib, 1024.0, 1),
                number(of(Metric::PeakRssKib), 1.0, 2),
            ]);
        }
        if let (Some(few), Some(many)) = (REFS.first(), REFS.last()) {
            let growth = |metric| {
                let of = |refs| (cell(refs), (*who, metric));
                number(sheet.ratio(of(*many), of(*few)), 1.0, 2)
            };
            rows.push(vec![
                (*who).to_owned(),
                "10^6 by 10^4".to_owned(),
                growth(Metric::CpuNs),
                String::new(),
                growth(Metric::PerSecond),
                growth(Metric::PeakRssKib),
                String::new(),
            ]);
        }
    }
    Table {
        title: "Many tickets".to_owned(),
        about: "`delete_everywhere` (`stack`) beside a loop by hand, both with 100 tickets a call and four calls \
                at once, the ids made up on the way. The last row of each is what a hundred times as many \
                tickets change: 1.00 is nothing, so the work grows with the tickets, and memory does not."
            .to_owned(),
        columns: vec![
            "<who", "tickets", "CPU µs/ticket", "×", "tickets/s", "MiB", "×",
        ],
        rows,
        notes: Vec::new(),
    }
}

fn pacing(sheet: &Sheet) -> Table {
    let (calls, windows) = QUOTA;
    let share = sheet.summary(
        Cell::new(Part::Pacing, PACED, calls),
        (STACK, Metric::ShareOfRate),
    );
    let percent = share.map(|share| Summary {
        median: share.median * 100.0,
        lower: share.lower * 100.0,
        upper: share.upper * 100.0,
    });
    Table {
        title: "Pacing".to_owned(),
        about: "How much of an allowed rate is used, on the real clock, with more calls waiting than are \
                allowed. Whether a quota is ever exceeded is asked elsewhere, of four kinds of servers: \
                `cargo run -p tickets --example pacing`."
            .to_owned(),
        columns: vec!["<quota", "<calls", "share of the rate", "quartiles"],
        rows: vec![vec![
            format!("{calls} calls in 1 s"),
            grouped(&(calls * windows).to_string()),
            format!("{} %", number(percent, 1.0, 1)),
            quartiles(percent, 1),
        ]],
        notes: Vec::new(),
    }
}

fn build(sheet: &Sheet, notes: Vec<String>) -> Table {
    let mut rows = Vec::new();
    for program in BUILDS {
        if sheet.rounds(BUILT, (program, Metric::Crates)).is_none() {
            continue;
        }
        let mut row = vec![(*program).to_owned()];
        for (metric, by, digits, has_ratio) in [
            (Metric::BuildCpuSeconds, 1.0, 1, true),
            (Metric::BuildWallSeconds, 1.0, 1, true),
            (Metric::Crates, 1.0, 0, true),
            (Metric::BinaryBytes, 1_048_576.0, 2, false),
            (Metric::StrippedBytes, 1_048_576.0, 2, true),
        ] {
            row.push(scaled(sheet, BUILT, (*program, metric), by, digits));
            if has_ratio {
                row.push(number(
                    ratio(sheet, BUILT, (*program, metric), PLAIN),
                    1.0,
                    2,
                ));
            }
        }
        rows.push(row);
    }
    Table {
        title: "What a small program costs to build".to_owned(),
        about: "A release build from nothing, everything downloaded before. `with-tickets` (the facade with one \
                provider) and `with-reqwest` (the same TLS) delete a ticket at one vendor; \
                `with-reqwest-default` is the same code with reqwest as it comes; `with-omnitrack` \
                lists issues as its readme does, `with-octocrab` reads one. CPU is user and system time of the whole build, \
                s the time on the clock, MiB the program, stripped without its symbols; × is by \
                `with-reqwest`'s of the same round."
            .to_owned(),
        columns: vec![
            "<program", "CPU s", "×", "s", "×", "crates", "×", "MiB", "stripped", "×",
        ],
        rows,
        notes,
    }
}

/// The goals, with what became of each.
pub(super) fn goals(goals: &[&Goal]) -> Table {
    let mut notes: Vec<String> = Vec::new();
    let rows = goals.iter().map(|goal| {
        let verdict = match &goal.verdict {
            Verdict::Skipped(reason) => {
                let note = format!("{}: skipped, {reason}", goal.what);
                if !notes.contains(&note) {
                    notes.push(note);
                }
                "skipped".to_owned()
            }
            verdict => verdict.text(),
        };
        vec![
            goal.what.clone(),
            goal.cell.case.to_owned(),
            goal.limit.text(),
            number(goal.found, 1.0, 3),
            quartiles(goal.found, 2),
            verdict,
        ]
    });
    Table {
        title: "Goals".to_owned(),
        rows: rows.collect(),
        about: "Ratios to `reqwest`, or to `with-reqwest` for a build, where nothing else is said: the median \
                of the rounds, which is what is judged, and the quartiles."
            .to_owned(),
        columns: vec!["<goal", "<of", "limit", "found", "quartiles", "<verdict"],
        notes,
    }
}

fn ratio(sheet: &Sheet, cell: Cell, (who, metric): Of, base: &'static str) -> Option<Summary> {
    sheet.ratio((cell, (who, metric)), (cell, (base, metric)))
}

fn scaled(sheet: &Sheet, cell: Cell, of: Of, by: f64, digits: usize) -> String {
    number(sheet.summary(cell, of), by, digits)
}

/// The median, with commas between thousands, or a dash where there is none.
fn number(summary: Option<Summary>, by: f64, digits: usize) -> String {
    let Some(summary) = summary else {
        return "–".to_owned();
    };
    grouped(&format!("{:.digits$}", summary.median / by))
}

fn quartiles(summary: Option<Summary>, digits: usize) -> String {
    summary.map_or_else(String::new, |Summary { lower, upper, .. }| {
        format!("{lower:.digits$}–{upper:.digits$}")
    })
}

/// Commas between thousands.
fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut text = String::new();
    for (at, digit) in whole.chars().enumerate() {
        let left = whole.len() - at;
        if at > 0 && left % 3 == 0 && digit.is_ascii_digit() && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    if !fraction.is_empty() {
        text.push('.');
        text.push_str(fraction);
    }
    text
}
