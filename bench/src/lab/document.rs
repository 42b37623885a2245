//! The tables of BENCHMARKS.md: which figures stand beside which. What they mean is written there by hand, around the
//! marks.

use std::fmt::Write as _;

use ticket_bench::Error;

use super::build::{BUILDS, BUILT, PLAIN};
use super::calls::{CALLS, FIELDS, LIST, LISTED, STEADY};
use super::loads::{BULK, PACED, REFS};
use super::sheet::Metric::{
    AllocatedBytes, Allocations, BinaryBytes, BuildCpuSeconds, BuildWallSeconds, CpuNs, Crates,
    Instructions, LatencyNs, PeakRssKib, PerSecond, ShareOfRate, StrippedBytes,
};
use super::sheet::{Cell, Metric, Sheet};
use super::{CONTESTANTS, PER_CALL, PYTHON, REQWEST, SCRIPT, STACK};
use crate::Part;

/// A name and what stands between its marks.
pub(crate) type Block = (&'static str, String);

/// Figures below each other, of which every row has its own.
struct Column(&'static str, Cell, Metric, f64, usize, Beside);

/// What stands to the right of a figure.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Beside {
    Nothing,
    /// By the figure that the table compares with.
    Ratio,
    /// And where half of the ratios lie.
    Quartiles,
}
use Beside::{Nothing, Quartiles, Ratio};

const MIB: f64 = 1_048_576.0;

/// Everything that was measured.
pub(crate) fn blocks(
    sheet: &Sheet,
    head: &[String],
    is_asked_for: impl Fn(Part) -> bool,
) -> Vec<Block> {
    let everybody = [CONTESTANTS, &[PER_CALL, PYTHON, SCRIPT]].concat();
    let at = |case, load| Cell::new(Part::Calls, case, load);
    let of = |case| Cell::new(Part::Counts, case, 1);
    let calls = table(sheet, "call | who", CALLS, &everybody, REQWEST, |case| {
        vec![
            Column("latency µs", at(case, 1), LatencyNs, 1e3, 1, Nothing),
            Column("CPU µs", at(case, 1), CpuNs, 1e3, 1, Quartiles),
            Column("calls/s", at(case, 1), PerSecond, 1.0, 0, Nothing),
        ]
    });
    let throughput = table(sheet, "call | who", CALLS, CONTESTANTS, REQWEST, |case| {
        vec![
            Column("1", at(case, 1), PerSecond, 1.0, 0, Ratio),
            Column("16", at(case, 16), PerSecond, 1.0, 0, Ratio),
            Column("64", at(case, STEADY), PerSecond, 1.0, 0, Ratio),
            Column("MiB", at(case, STEADY), PeakRssKib, 1024.0, 1, Ratio),
        ]
    });
    let counts = table(sheet, "call | who", CALLS, CONTESTANTS, REQWEST, |case| {
        vec![
            Column("instructions", of(case), Instructions, 1.0, 0, Ratio),
            Column("allocations", of(case), Allocations, 1.0, 0, Ratio),
            Column("bytes", of(case), AllocatedBytes, 1.0, 0, Ratio),
        ]
    });
    let decoding = table(sheet, "reply | who", &[LIST], CONTESTANTS, REQWEST, |_| {
        vec![
            Column("55 fields µs", FIELDS, CpuNs, 1e3, 1, Nothing),
            Column("instructions", FIELDS, Instructions, 1.0, 0, Nothing),
            Column("10,000 rows ms", LISTED, CpuNs, 1e6, 1, Ratio),
            Column("instructions/row", LISTED, Instructions, 1e4, 0, Nothing),
        ]
    });
    let bulk = table(sheet, "tickets | who", REFS, BULK, REQWEST, |refs| {
        let cell = Cell::new(Part::Bulk, refs, 1);
        vec![
            Column("CPU µs/ticket", cell, CpuNs, 1e3, 2, Ratio),
            Column("tickets/s", cell, PerSecond, 1.0, 0, Nothing),
            Column("MiB", cell, PeakRssKib, 1024.0, 1, Ratio),
        ]
    });
    let pacing = table(sheet, "quota | who", &[PACED.case], &[STACK], STACK, |_| {
        vec![Column("% used", PACED, ShareOfRate, 0.01, 1, Nothing)]
    });
    let build = table(
        sheet,
        "build | program",
        &[BUILT.case],
        BUILDS,
        PLAIN,
        |_| {
            vec![
                Column("CPU s", BUILT, BuildCpuSeconds, 1.0, 1, Ratio),
                Column("s", BUILT, BuildWallSeconds, 1.0, 1, Ratio),
                Column("crates", BUILT, Crates, 1.0, 0, Ratio),
                Column("MiB", BUILT, BinaryBytes, MIB, 2, Nothing),
                Column("stripped", BUILT, StrippedBytes, MIB, 2, Ratio),
            ]
        },
    );
    let tables = [
        (Part::Calls, "calls", calls),
        (Part::Calls, "throughput", throughput),
        (Part::Counts, "counts", counts),
        (Part::Counts, "decoding", decoding),
        (Part::Bulk, "bulk", bulk),
        (Part::Pacing, "pacing", pacing),
        (Part::Build, "build", build),
    ];
    let mut blocks = vec![("machine", format!("```text\n{}\n```\n", head.join("\n")))];
    for (_, name, mut text) in tables.into_iter().filter(|(part, ..)| is_asked_for(*part)) {
        for (_, reason) in sheet.skipped.iter().filter(|(block, _)| *block == name) {
            let _ = writeln!(text, "\n*Not measured: {reason}.*");
        }
        blocks.push((name, text));
    }
    blocks
}

/// The document with every block renewed.
pub(crate) fn renewed(document: &str, blocks: &[Block]) -> Result<String, Error> {
    let mut document = document.to_owned();
    for (name, block) in blocks {
        let (begin, end) = (
            format!("<!-- measured: {name} -->\n"),
            "<!-- end measured -->",
        );
        let place = document.split_once(&begin);
        let place = place.and_then(|(before, rest)| Some((before, rest.split_once(end)?.1)));
        let (before, after) =
            place.ok_or_else(|| format!("the document has no place for `{name}`"))?;
        document = format!("{before}{begin}{block}{end}{after}");
    }
    Ok(document)
}

/// A row for each case and each of those that were measured in it.
fn table(
    sheet: &Sheet,
    titles: &'static str,
    cases: &[&'static str],
    all: &[&'static str],
    base: &'static str,
    columns: impl Fn(&'static str) -> Vec<Column>,
) -> String {
    let mut titles = vec![titles];
    for Column(title, .., beside) in cases
        .first()
        .map(|case| columns(case))
        .into_iter()
        .flatten()
    {
        titles.push(title);
        titles.extend((beside >= Ratio).then_some("×"));
        titles.extend((beside >= Quartiles).then_some("quartiles"));
    }
    let rule = "--:|".repeat(titles.len().saturating_sub(1));
    let mut text = format!("| {} |\n|---|---|{rule}\n", titles.join(" | "));
    for case in cases {
        for who in all {
            let mut row = vec![(*case).to_owned(), (*who).to_owned()];
            for Column(_, cell, metric, unit, digits, beside) in columns(case) {
                let ratio = sheet.ratio((cell, who, metric), (cell, base, metric));
                let number = |value: f64, digits| grouped(&format!("{value:.digits$}"));
                let or_dash = |text: Option<String>| text.unwrap_or_else(|| "–".to_owned());
                let found = sheet.summary((cell, who, metric));
                row.push(or_dash(
                    found.map(|found| number(found.median / unit, digits)),
                ));
                if beside >= Ratio {
                    row.push(or_dash(ratio.map(|ratio| number(ratio.median, 2))));
                }
                if beside >= Quartiles {
                    let between =
                        ratio.map(|ratio| format!("{:.2}–{:.2}", ratio.lower, ratio.upper));
                    row.push(or_dash(between));
                }
            }
            if row.iter().skip(2).any(|cell| cell != "–") {
                let _ = writeln!(text, "| {} |", row.join(" | "));
            }
        }
    }
    text
}

/// Commas between thousands.
fn grouped(number: &str) -> String {
    let whole = number.find('.').unwrap_or(number.len());
    let mut text = String::new();
    for (at, digit) in number.char_indices() {
        if at > 0 && at < whole && (whole - at).is_multiple_of(3) && !text.ends_with('-') {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn document_has_a_place_for_every_block_and_keeps_its_words() {
        let document = include_str!("../../../BENCHMARKS.md");
        let blocks = blocks(&Sheet::default(), &["today".to_owned()], |_| true);
        // The first block is of the program `felt`.
        let places = document.matches("<!-- measured: ").count() - 1;
        assert_eq!(blocks.len(), places);
        let text = renewed(document, &blocks).unwrap();
        assert!(
            text.contains("<!-- measured: machine -->\n```text\ntoday\n```\n<!-- end measured -->")
        );
        let (_, end) = document.rsplit_once("<!-- end measured -->").unwrap();
        assert!(text.ends_with(end));
        // The heads of the tables are those of the program: the document was not left behind.
        for (_, block) in blocks.iter().skip(1) {
            assert!(document.contains(block), "{block}");
        }
        assert!(renewed("no marks", &blocks).is_err());
    }

    #[test]
    fn ratio_stands_beside_its_figure() {
        let mut sheet = Sheet::default();
        for (who, cpu) in [(STACK, 2_460_000.0), (REQWEST, 1_230_000.0)] {
            sheet.add(
                (Cell::new(Part::Calls, CALLS[0], 1), who, Metric::CpuNs),
                cpu,
            );
        }
        let blocks = blocks(&sheet, &[], |part| part == Part::Calls);
        let rows = "|---|---|--:|--:|--:|--:|--:|\n\
                    | sweeppea-delete | stack | – | 2,460.0 | 2.00 | 2.00–2.00 | – |\n\
                    | sweeppea-delete | reqwest | – | 1,230.0 | 1.00 | 1.00–1.00 | – |\n";
        assert!(blocks[1].1.ends_with(rows), "{}", blocks[1].1);
    }
}
