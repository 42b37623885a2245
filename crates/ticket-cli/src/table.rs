//! The layout of tables: in blocks, so that a list of any length needs the memory of one block. The content
//! of the cells is in `output.rs`.

mod target;

use comfy_table::{
    Attribute, Cell, Color, ColumnConstraint, ContentArrangement, Row, Table, Width, presets,
};

use tickets::model::Status;

use crate::text;

pub(crate) use target::{Target, USUAL, columns_of_stderr, rows_of_stderr};

/// Number of blanks between columns.
const GAP: u16 = 2;

/// Minimum width of a wrapped column, if its content needs it: if there is hardly any room, a cut line is easier
/// to read than a tall row.
const NARROWEST: u16 = 24;

/// Minimum width of a cut column, if its content needs it.
const SHORTEST: u16 = 12;

/// How narrow columns become, one step after the other, until a row fits: the yielding column, the columns
/// between, the first one. People copy from the first column, so it is cut last.
const STEPS: [(u16, u16, u16); 6] = [
    (SHORTEST, u16::MAX, u16::MAX),
    (8, u16::MAX, u16::MAX),
    (8, 8, u16::MAX),
    (8, 8, SHORTEST),
    (4, 4, SHORTEST),
    (1, 1, 1),
];

/// The colour of a ticket's status on terminals: the vendors' own words have none.
pub(crate) fn colour_of(status: &Status) -> Option<Color> {
    Some(match status {
        Status::Open => Color::Green,
        Status::OnHold => Color::Yellow,
        Status::Resolved => Color::Blue,
        Status::Closed => Color::Magenta,
        Status::Deleted => Color::Red,
        _ => return None,
    })
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
    /// The widths of the previous blocks. A later block can be wider, never narrower, unless it would not fit.
    widths: Vec<u16>,
    /// Number of columns that are shown. Those on the right of the cut column are left out if there is no room.
    shown: usize,
    has_header: bool,
    begun: bool,
}

impl Blocks {
    pub(crate) fn new(target: Target, header: &'static [&'static str], cut: Option<usize>) -> Self {
        Self {
            target,
            header,
            cut,
            widths: Vec::new(),
            shown: header.len(),
            has_header: !header.is_empty(),
            begun: false,
        }
    }

    /// Prints the names of the columns, or does not.
    pub(crate) fn with_header(mut self, has_header: bool) -> Self {
        self.has_header &= has_header;
        self
    }

    /// Reserves the width of a row that may come later.
    pub(crate) fn expect(&mut self, cells: &[String]) {
        let mut table = self.target.table();
        if self.has_header {
            table.set_header(self.header.iter().map(|name| name.to_uppercase()));
        }
        table.add_row(cells.iter().map(|cell| text::line(cell)));
        let widths = self.widths(&table);
        self.arrange(&mut table, widths);
    }

    /// Lays out the next rows. The first block has the header.
    pub(crate) fn next(&mut self, rows: impl IntoIterator<Item = Texts>) -> String {
        let rows: Vec<_> = rows.into_iter().collect();
        let is_first = !std::mem::replace(&mut self.begun, true);
        let has_header = is_first && self.has_header;
        if is_first {
            self.omit_columns(&rows, has_header);
        }
        let mut table = self.table(&rows, has_header, false);
        let widths = self.widths(&table);
        if self.is_cut(&widths) {
            table = self.table(&rows, has_header, true);
        }
        self.arrange(&mut table, widths);
        table.trim_fmt() + "\n"
    }

    /// Whether these rows fit without cutting what is not meant to be cut.
    pub(crate) fn fits(&self, rows: &[Texts]) -> bool {
        let Target::Terminal(columns) = self.target else {
            return true;
        };
        let mut widths = self.widths(&self.table(rows, self.has_header, false));
        if let Some(last) = widths.last_mut() {
            *last = (*last).min(NARROWEST);
        }
        total(&widths) <= columns
    }

    /// Leaves out columns on the right of the cut column until the rest fits.
    fn omit_columns(&mut self, rows: &[Texts], has_header: bool) {
        let (Target::Terminal(columns), Some(cut)) = (self.target, self.cut) else {
            return;
        };
        while self.shown > cut + 1 {
            let mut widths = self.widths(&self.table(rows, has_header, false));
            if let Some(width) = widths.get_mut(cut) {
                *width = (*width).min(SHORTEST);
            }
            if total(&widths) <= columns {
                return;
            }
            self.shown -= 1;
            self.widths.truncate(self.shown);
        }
    }

    fn table(&self, rows: &[Texts], has_header: bool, one_line: bool) -> Table {
        let mut table = self.target.table();
        if has_header {
            let mut header = Row::from(self.header.iter().take(self.shown).map(|name| {
                let cell = Cell::new(name.to_uppercase());
                match self.target {
                    Target::File => cell,
                    Target::Terminal(_) => cell.add_attribute(Attribute::Bold),
                }
            }));
            header.max_height(1);
            table.set_header(header);
        }
        let shown = if self.header.is_empty() {
            usize::MAX
        } else {
            self.shown
        };
        for (cells, colour) in rows {
            let colour = colour.filter(|_| self.target != Target::File);
            let mut row = Row::from(cells.iter().take(shown).enumerate().map(
                |(index, content)| {
                    // Only terminals get cells with several lines; in a file, each row is one line.
                    let cell = Cell::new(match self.target {
                        Target::Terminal(_) => text::lines(content),
                        Target::File => text::line(&content.replace('\n', ", ")),
                    });
                    match colour {
                        Some((coloured, colour)) if coloured == index => cell.fg(colour),
                        _ => cell,
                    }
                },
            ));
            if one_line {
                row.max_height(1);
            }
            table.add_row(row);
        }
        table
    }

    /// The widths of the columns with all of their content, including that of previous blocks.
    fn widths(&self, table: &Table) -> Vec<u16> {
        let mut widths = table.column_max_content_widths();
        for (width, before) in widths.iter_mut().zip(&self.widths) {
            *width = (*width).max(*before);
        }
        widths
    }

    /// Whether each row is cut to one line, because a column is meant to be cut, or there is no room for the last
    /// one to be wrapped in.
    fn is_cut(&self, widths: &[u16]) -> bool {
        let Target::Terminal(columns) = self.target else {
            return self.cut.is_some();
        };
        let mut narrow = widths.to_vec();
        if let Some(last) = narrow.last_mut() {
            *last = (*last).min(NARROWEST);
        }
        self.cut.is_some() || (!self.header.is_empty() && total(&narrow) > columns)
    }

    /// Sets the width of each column.
    fn arrange(&mut self, table: &mut Table, mut widths: Vec<u16>) {
        let last = widths.len().saturating_sub(1);
        if let Target::Terminal(columns) = self.target {
            narrow(&mut widths, columns, self.cut.unwrap_or(last));
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

/// The width of a row with gaps.
fn total(widths: &[u16]) -> u16 {
    let gaps = u16::try_from(widths.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let gaps = gaps.saturating_mul(GAP);
    widths
        .iter()
        .fold(gaps, |sum, width| sum.saturating_add(*width))
}

/// Reduces widths until a row fits into so many columns.
fn narrow(widths: &mut [u16], columns: u16, yielding: usize) {
    for (of_yielding, of_others, of_first) in STEPS {
        // The last column gives first, and a listing keeps its names.
        let order =
            std::iter::once(yielding).chain((0..widths.len()).rev().filter(|it| *it != yielding));
        for index in order {
            let least = match index {
                _ if index == yielding => of_yielding,
                0 => of_first,
                _ => of_others,
            };
            let excess = total(widths).saturating_sub(columns);
            if let Some(width) = widths.get_mut(index) {
                *width = width.saturating_sub(excess).max((*width).min(least));
            }
        }
    }
}

/// Lays out names and values, one per line. Values with several lines stay in their column.
pub(crate) fn listing(target: Target, names: &[&str], (values, colour): &Texts) -> String {
    let mut table = target.table();
    for (index, (name, value)) in names.iter().zip(values).enumerate() {
        if !value.is_empty() {
            let mut cell = Cell::new(text::lines(value));
            if let Some((_, colour)) = colour.filter(|(coloured, _)| *coloured == index) {
                cell = cell.fg(colour);
            }
            table.add_row([Cell::new(name), cell]);
        }
    }
    let mut blocks = Blocks::new(target, &[], None);
    let widths = blocks.widths(&table);
    blocks.arrange(&mut table, widths);
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
    fn table_for_a_file_is_plain_with_one_line_per_row() {
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
    fn table_for_a_terminal_escapes_foreign_sequences() {
        let mut blocks = Blocks::new(Target::Terminal(80), HEADER, None);
        let table = blocks.next([row(["x:1", "\u{1b}[2Jb\u{9b}", ""])]);
        assert!(
            !table.contains("\u{1b}[2J") && !table.contains('\u{9b}'),
            "{table}"
        );
        assert!(table.contains("\\u{1b}[2J"), "{table}");
    }

    #[test]
    fn narrow_terminal_cuts_one_column_and_keeps_the_others() {
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
    fn header_is_printed_once_and_columns_never_shrink() {
        let mut blocks = Blocks::new(Target::File, HEADER, Some(1));
        let first = blocks.next([row(["onecloud:121", "long subject", "open"])]);
        let second = blocks.next([row(["a:1", "b", "open"])]);
        assert!(first.starts_with("TICKET"), "{first}");
        let column = first.lines().last().unwrap().find("open");
        assert_eq!(second.find("open"), column, "{first}{second}");
        assert_eq!(second.lines().count(), 1);
    }

    #[test]
    fn listing_omits_empty_values_and_keeps_columns() {
        let values = ["1".to_owned(), String::new(), "a\nb c d e f".repeat(10)];
        let names = ["id", "x", "text"];
        let file = listing(Target::File, &names, &(values.to_vec(), None));
        assert!(
            file.starts_with("id    1\ntext  a\n      b c d e fa\n"),
            "{file}"
        );
        let terminal = plain(&listing(
            Target::Terminal(40),
            &names,
            &(vec!["word ".repeat(30), String::new(), String::new()], None),
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
