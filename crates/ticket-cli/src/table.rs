//! The layout of tables: in blocks, so that a list of any length needs the memory of one block. The content
//! of the cells is in `output.rs`.

use comfy_table::{
    Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Row, Table, Width, presets,
};

use crate::text;

/// Number of blanks between columns.
const GAP: u16 = 2;

/// Minimum width of a wrapped column, if its content needs it: if there is hardly any room, a long line is
/// easier to read than a tall row.
const NARROWEST: u16 = 24;

/// Minimum width of a cut column, if its content needs it.
const SHORTEST: u16 = 12;

/// Width of a terminal of unknown size.
pub(crate) const USUAL: u16 = 80;

/// The target of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Target {
    /// Plain text with lines of any length.
    File,
    /// A terminal with this many columns.
    Terminal(u16),
}

impl Target {
    /// The type of stdout.
    pub(crate) fn of_stdout() -> Self {
        match Table::new().width() {
            None => Self::File,
            // Terminals of unknown size report 0.
            Some(0) => Self::Terminal(USUAL),
            Some(columns) => Self::Terminal(columns),
        }
    }
}

/// A row: one text per column, and a colour for one of them.
pub(crate) type Texts = (Vec<String>, Option<(usize, Color)>);

/// Lays out a table block by block.
#[derive(Debug)]
pub(crate) struct Blocks {
    target: Target,
    header: &'static [&'static str],
    /// The column that is cut on terminals. Without one, the last column is wrapped.
    cut: Option<usize>,
    /// The widths of the previous blocks. A later block can be wider, never narrower.
    widths: Vec<u16>,
    begun: bool,
}

impl Blocks {
    pub(crate) fn new(target: Target, header: &'static [&'static str], cut: Option<usize>) -> Self {
        Self {
            target,
            header,
            cut,
            widths: Vec::new(),
            begun: false,
        }
    }

    /// Reserves the width of a row that may come later.
    pub(crate) fn expect(&mut self, cells: &[String]) {
        let mut table = self.target.table();
        table.set_header(self.header.iter().map(|name| name.to_uppercase()));
        table.add_row(cells.iter().map(|cell| text::line(cell)));
        self.arrange(&mut table);
    }

    /// Lays out the next rows. The first block has the header.
    pub(crate) fn next(&mut self, rows: impl IntoIterator<Item = Texts>) -> String {
        let mut table = self.target.table();
        let names = self.header.iter().map(|name| {
            let cell = Cell::new(name.to_uppercase());
            match self.target {
                Target::File => cell,
                Target::Terminal(_) => cell.add_attribute(Attribute::Bold),
            }
        });
        if !std::mem::replace(&mut self.begun, true) && !self.header.is_empty() {
            table.set_header(names);
        }
        for (cells, colour) in rows {
            let colour = colour.filter(|_| self.target != Target::File);
            let mut row = Row::from(cells.iter().enumerate().map(|(index, content)| {
                // Only terminals get cells with several lines; in a file, each row is one line.
                let cell = Cell::new(match self.target {
                    Target::Terminal(_) => text::lines(content),
                    Target::File => text::line(&content.replace('\n', ", ")),
                });
                match colour {
                    Some((coloured, colour)) if coloured == index => cell.fg(colour),
                    _ => cell,
                }
            }));
            if self.cut.is_some() {
                row.max_height(1);
            }
            table.add_row(row);
        }
        self.arrange(&mut table);
        table.trim_fmt() + "\n"
    }

    /// Sets the width of each column.
    fn arrange(&mut self, table: &mut Table) {
        let mut widths = table.column_max_content_widths();
        for (width, before) in widths.iter_mut().zip(&self.widths) {
            *width = (*width).max(*before);
        }
        let last = widths.len().saturating_sub(1);
        let yielding = self.cut.unwrap_or(last);
        if let Target::Terminal(columns) = self.target {
            // The other columns are never broken, because people copy from them.
            let others = widths.iter().enumerate();
            let others = others.filter(|(index, _)| *index != yielding);
            let gaps = GAP.saturating_mul(u16::try_from(last).unwrap_or(u16::MAX));
            let taken = others.fold(gaps, |sum, (_, width)| sum.saturating_add(*width));
            if let Some(width) = widths.get_mut(yielding) {
                let minimum = if self.cut.is_some() {
                    SHORTEST
                } else {
                    NARROWEST
                };
                let room = columns.saturating_sub(taken).max(minimum);
                *width = (*width).min(room);
            }
        }
        for (index, (column, width)) in table.column_iter_mut().zip(&widths).enumerate() {
            let gap = if index == last { 0 } else { GAP };
            column.set_padding((0, gap));
            let width = Width::Fixed(width.saturating_add(gap));
            column.set_constraint(ColumnConstraint::Absolute(width));
        }
        self.widths = widths;
    }
}

/// Lays out names and values, one per line. Values with several lines stay in their column.
pub(crate) fn listing(target: Target, names: &[&str], values: &[String]) -> String {
    let mut table = target.table();
    for (name, value) in names.iter().zip(values) {
        if !value.is_empty() {
            table.add_row([(*name).to_owned(), text::lines(value)]);
        }
    }
    let mut blocks = Blocks::new(target, &[], None);
    blocks.arrange(&mut table);
    table.trim_fmt() + "\n"
}

impl Target {
    fn table(self) -> Table {
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        table.set_truncation_indicator("…");
        match self {
            Self::File => {
                table.set_content_arrangement(ContentArrangement::Disabled);
                table.force_no_tty();
            }
            Self::Terminal(_) => {
                table.set_content_arrangement(ContentArrangement::Dynamic);
                table.enforce_styling();
            }
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &[&str] = &["ticket", "why", "state"];

    fn row(cells: [&str; 3]) -> Texts {
        let cells = cells.map(str::to_owned).to_vec();
        (cells, Some((2, Color::Green)))
    }

    /// Without colours.
    fn plain(table: &str) -> String {
        let mut plain = String::new();
        let mut sequences = table.split('\u{1b}');
        plain.extend(sequences.next());
        for sequence in sequences {
            plain.extend(sequence.split_once('m').map(|(_, text)| text));
        }
        plain
    }

    #[test]
    fn a_table_for_a_file_is_plain_and_a_row_is_a_line() {
        let mut blocks = Blocks::new(Target::File, HEADER, None);
        let long = "a word and another ".repeat(20);
        let table = blocks.next([
            row(["onecloud:121", "a\nb\u{1b}[2J", "x"]),
            row(["x:1", &long, ""]),
        ]);
        let lines: Vec<_> = table.lines().collect();
        assert_eq!(lines.len(), 3, "{table}");
        assert!(
            lines[1].starts_with("onecloud:121  a, b\\u{1b}[2J  "),
            "{table}"
        );
        assert!(lines[2].ends_with(long.trim_end()), "{table}");
        assert!(!table.contains('\u{1b}'));
    }

    #[test]
    fn a_table_for_a_terminal_obeys_no_foreign_escape_sequence() {
        let mut blocks = Blocks::new(Target::Terminal(80), HEADER, None);
        let table = blocks.next([row(["x:1", "\u{1b}[2Jb\u{9b}", ""])]);
        assert!(
            !table.contains("\u{1b}[2J") && !table.contains('\u{9b}'),
            "{table}"
        );
        assert!(table.contains("\\u{1b}[2J"), "{table}");
    }

    #[test]
    fn on_a_terminal_one_column_is_cut_and_the_others_stay_whole() {
        for subject in [
            "a word and another ".repeat(20),
            "世界".repeat(100),
            "x".repeat(500),
        ] {
            let mut blocks = Blocks::new(Target::Terminal(40), HEADER, Some(1));
            let table = plain(&blocks.next([row(["sweeppea:2531581", &subject, "closed"])]));
            let lines: Vec<_> = table.lines().collect();
            assert_eq!(lines.len(), 2, "{table}");
            assert!(lines[1].starts_with("sweeppea:2531581  "), "{table}");
            assert!(
                lines[1].contains('…') && lines[1].ends_with("  closed"),
                "{table}"
            );
            assert!(lines[1].chars().count() <= 40, "{table}");
        }
    }

    #[test]
    fn the_header_comes_once_and_columns_never_move_back() {
        let mut blocks = Blocks::new(Target::File, HEADER, Some(1));
        let first = blocks.next([row(["onecloud:121", "long subject", "open"])]);
        let second = blocks.next([row(["a:1", "b", "open"])]);
        assert!(first.starts_with("TICKET"), "{first}");
        let column = first.lines().last().unwrap().find("open");
        assert_eq!(second.find("open"), column, "{first}{second}");
        assert_eq!(second.lines().count(), 1);
    }

    #[test]
    fn a_listing_leaves_out_what_is_empty_and_keeps_columns() {
        let values = ["1".to_owned(), String::new(), "a\nb c d e f".repeat(10)];
        let names = ["id", "x", "text"];
        let file = listing(Target::File, &names, &values);
        assert!(
            file.starts_with("id    1\ntext  a\n      b c d e fa\n"),
            "{file}"
        );
        let terminal = plain(&listing(
            Target::Terminal(40),
            &names,
            &["word ".repeat(30), String::new(), String::new()],
        ));
        assert_eq!(terminal.lines().count(), 5, "{terminal}");
        assert!(
            terminal
                .lines()
                .skip(1)
                .all(|line| line.starts_with("    word")),
            "{terminal}"
        );
    }
}
