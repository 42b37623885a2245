//! A table, for a terminal and for a document. What stands in it is decided elsewhere.

use std::fmt::Write as _;

/// The widest line of a terminal's table.
pub(super) const WIDTH: usize = 100;

/// A table with what belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Table {
    pub(super) title: String,
    /// What the columns mean: for the document.
    pub(super) about: String,
    /// Those that begin with `<` are set left, which is not shown.
    pub(super) columns: Vec<&'static str>,
    pub(super) rows: Vec<Vec<String>>,
    /// What is missing, and why.
    pub(super) notes: Vec<String>,
}

impl Table {
    /// For a terminal.
    pub(super) fn text(&self) -> String {
        let columns = self.columns.iter().enumerate();
        let widths: Vec<usize> = columns
            .map(|(at, title)| {
                let cells = self.rows.iter().filter_map(|row| row.get(at));
                let widest = cells.map(|cell| cell.chars().count()).max();
                shown(title).chars().count().max(widest.unwrap_or(0))
            })
            .collect();
        let mut text = format!("{}\n", self.title);
        let titles: Vec<String> = self.titles().map(str::to_owned).collect();
        for row in std::iter::once(&titles).chain(&self.rows) {
            let mut line = String::from(" ");
            for ((cell, width), column) in row.iter().zip(&widths).zip(&self.columns) {
                let _ = if column.starts_with('<') {
                    write!(line, " {cell:<width$}")
                } else {
                    write!(line, " {cell:>width$}")
                };
            }
            let _ = writeln!(text, "{}", line.trim_end());
        }
        for note in &self.notes {
            for line in wrapped(note, WIDTH - 2) {
                let _ = writeln!(text, "  {line}");
            }
        }
        text
    }

    /// For a document.
    pub(super) fn markdown(&self) -> String {
        let mut text = format!("## {}\n\n", self.title);
        for line in wrapped(&self.about, 118) {
            let _ = writeln!(text, "{line}");
        }
        if !self.rows.is_empty() {
            let titles: Vec<&str> = self.titles().collect();
            let _ = writeln!(text, "\n| {} |", titles.join(" | "));
            let rules = self
                .columns
                .iter()
                .map(|column| match column.strip_prefix('<') {
                    Some(_) => "---",
                    None => "--:",
                });
            let _ = writeln!(text, "|{}|", rules.collect::<Vec<_>>().join("|"));
            for row in &self.rows {
                let cells: Vec<String> = row.iter().map(|cell| cell.replace('|', "\\|")).collect();
                let _ = writeln!(text, "| {} |", cells.join(" | "));
            }
        }
        for note in &self.notes {
            let _ = writeln!(text, "\n*{note}*");
        }
        text
    }

    fn titles(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|title| shown(title))
    }
}

fn shown(title: &str) -> &str {
    title.trim_start_matches('<')
}

/// The words of a text in lines of so many characters; a longer word has its own line.
pub(super) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        Table {
            title: "Calls".to_owned(),
            about: "What a call takes.".to_owned(),
            columns: vec!["<who", "CPU µs", "×"],
            rows: vec![row(["stack", "20.1", "1.02"]), row(["by|hand", "9.0", ""])],
            notes: vec!["python: skipped, there is no python3".to_owned()],
        }
    }

    #[test]
    fn numbers_stand_below_each_other() {
        let expected = "Calls\n  who     CPU µs    ×\n  stack     20.1 1.02\n  by|hand    9.0\n  \
                        python: skipped, there is no python3\n";
        assert_eq!(table().text(), expected);
    }

    #[test]
    fn a_document_has_the_same_rows() {
        let expected = "## Calls\n\nWhat a call takes.\n\n| who | CPU µs | × |\n|---|--:|--:|\n\
                        | stack | 20.1 | 1.02 |\n| by\\|hand | 9.0 |  |\n\n\
                        *python: skipped, there is no python3*\n";
        assert_eq!(table().markdown(), expected);
    }

    #[test]
    fn long_notes_are_wrapped() {
        let note = "word ".repeat(60);
        let table = Table {
            notes: vec![note],
            ..table()
        };
        let text = table.text();
        assert!(
            text.lines().all(|line| line.chars().count() <= WIDTH),
            "{text}"
        );
        assert_eq!(text.matches("word").count(), 60);
    }
}
