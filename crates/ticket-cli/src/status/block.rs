//! Lines at the bottom of a terminal that are erased and drawn again.

use std::fmt::Write as _;
use std::io::Write;

use unicode_width::UnicodeWidthStr as _;

use super::Line;
use crate::text;

/// What is between the parts of a line.
const BETWEEN: &str = " · ";

/// What comes before the further lines of an account.
const INDENT: &str = "  ";

/// The most lines that are drawn, also on a high terminal: what has left the screen at its top cannot be erased.
const MOST: usize = 12;

/// Erases the row of the cursor.
const ROW: &str = "\u{1b}[2K";

/// Moves the cursor one row up.
const UP: &str = "\u{1b}[1A";

/// The lines that are drawn. The cursor is at the beginning of the line below them.
#[derive(Debug)]
pub(super) struct Block(Vec<String>);

impl Block {
    pub(super) const fn new() -> Self {
        Self(Vec::new())
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Erases the lines and draws these. Errors are ignored: nothing depends on these lines.
    pub(super) fn renew(&mut self, terminal: &mut impl Write, lines: Vec<String>, columns: u16) {
        let mut drawn = self.erasing(columns);
        for line in &lines {
            let _ = writeln!(drawn, "{line}");
        }
        self.0 = lines;
        // At once, so that the terminal shows no moment without lines.
        let _ = terminal.write_all(drawn.as_bytes());
        let _ = terminal.flush();
    }

    /// Erases the lines and returns them.
    pub(super) fn take(&mut self, terminal: &mut impl Write, columns: u16) -> Vec<String> {
        let lines = self.0.clone();
        self.renew(terminal, Vec::new(), columns);
        lines
    }

    /// What erases the lines, and a `^C` below them.
    ///
    /// A terminal that has become narrower has broken its lines, so they take more rows than when they were drawn. Row by
    /// row, because some terminals keep what is erased of a whole screen.
    fn erasing(&self, columns: u16) -> String {
        let columns = usize::from(columns.max(1));
        let rows = self.0.iter();
        let rows = rows.map(|line| line.width().div_ceil(columns).max(1));
        match rows.sum::<usize>() {
            0 => String::new(),
            rows => format!("\r{ROW}{}", format!("{UP}{ROW}").repeat(rows)),
        }
    }
}

/// A line in words.
pub(super) fn words(line: &Line) -> String {
    let parts = line.parts.join(BETWEEN);
    if line.name.is_empty() {
        return parts;
    }
    format!("{}: {parts}", text::line(&line.name))
}

/// Lays these out on a terminal of this size: each account on one line, or on several if there is no room.
pub(super) fn lay_out(lines: &[Line], columns: u16, rows: Option<u16>) -> Vec<String> {
    // The cursor is below the lines.
    let high = rows.map_or(MOST, |rows| usize::from(rows).saturating_sub(1).max(1));
    let most = MOST.min(high);
    // Some terminals break a line that fills them.
    let room = usize::from(columns).saturating_sub(1).max(1);
    let mut laid = Vec::new();
    for (number, line) in lines.iter().enumerate() {
        let account = of_account(line, room);
        // One line is left to say that there are more.
        if laid.len() + account.len() + usize::from(number + 1 < lines.len()) > most {
            laid.push(format!("… and {} more", lines.len() - number));
            break;
        }
        laid.extend(account);
    }
    laid
}

fn of_account(line: &Line, room: usize) -> Vec<String> {
    let mut rows = Vec::new();
    let mut row = match line.name.as_str() {
        "" => String::new(),
        name => text::line(name) + ": ",
    };
    let mut is_first = true;
    for part in &line.parts {
        let between = if is_first { "" } else { BETWEEN };
        if !row.trim().is_empty() && row.width() + between.width() + part.width() > room {
            rows.push(std::mem::replace(&mut row, INDENT.to_owned()));
        } else {
            row.push_str(between);
        }
        row.push_str(part);
        is_first = false;
    }
    rows.push(row);
    let rows = rows.iter().map(|row| fit(row.trim_end(), room));
    rows.collect()
}

/// The beginning of a text that fits, with `…` if it is cut.
fn fit(text: &str, room: usize) -> String {
    if text.width() <= room {
        return text.to_owned();
    }
    let mut fitting = String::new();
    for character in text.chars() {
        fitting.push(character);
        // Characters combine, so the width of the whole counts.
        if fitting.width() >= room {
            fitting.pop();
            break;
        }
    }
    fitting + "…"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str, parts: &[&str]) -> Line {
        Line::new(name, parts.iter().map(|&part| part.to_owned()).collect())
    }

    fn drawn(block: &mut Block, lines: &[&str], columns: u16) -> String {
        let mut terminal = Vec::new();
        let lines = lines.iter().map(|&line| line.to_owned()).collect();
        block.renew(&mut terminal, lines, columns);
        String::from_utf8(terminal).unwrap()
    }

    #[test]
    fn lines_are_erased_before_others_are_drawn() {
        let mut block = Block::new();
        assert_eq!(drawn(&mut block, &["a", "b"], 80), "a\nb\n");
        // The row of the cursor, and those of both lines.
        let row = "\u{1b}[2K";
        let erased = format!("\r{row}\u{1b}[1A{row}\u{1b}[1A{row}");
        assert_eq!(drawn(&mut block, &["c"], 80), format!("{erased}c\n"));
        assert_eq!(drawn(&mut block, &[], 80), format!("\r{row}\u{1b}[1A{row}"));
        assert_eq!(drawn(&mut block, &[], 80), "");
    }

    #[test]
    fn terminal_that_became_narrower_is_erased_with_its_broken_lines() {
        let mut block = Block::new();
        let wide = "x".repeat(79);
        drawn(&mut block, &[&wide, "short", "世界"], 80);
        // 79 columns take two rows of 40, three of 30, and "世界" two of 3.
        let mut rows =
            |lines: &[&str], columns| drawn(&mut block, lines, columns).matches(UP).count();
        assert_eq!(rows(&[&wide], 40), 4);
        assert_eq!(rows(&["世界"], 30), 3);
        assert_eq!(rows(&[], 3), 2);
    }

    #[test]
    fn account_is_on_one_line_or_on_several_narrow_ones() {
        let parts = [
            "12,500 deleted",
            "3 failed",
            "27,497 left",
            "rate-limited, resuming in 58 s",
        ];
        let lines = [line("onecloud", &parts)];
        assert_eq!(
            lay_out(&lines, 100, None),
            ["onecloud: 12,500 deleted · 3 failed · 27,497 left · rate-limited, resuming in 58 s"]
        );
        assert_eq!(
            lay_out(&lines, 40, None),
            [
                "onecloud: 12,500 deleted · 3 failed",
                "  27,497 left",
                "  rate-limited, resuming in 58 s"
            ]
        );
        for columns in 1..100 {
            let laid = lay_out(&lines, columns, None);
            let widest = laid.iter().map(|line| line.width()).max();
            assert!(
                widest < Some(usize::from(columns.max(2))),
                "{columns} {laid:?}"
            );
        }
    }

    #[test]
    fn names_cannot_drive_the_terminal_and_wide_ones_are_cut() {
        let lines = [line("e\u{1b}u", &["1 deleted"]), line("世界世界世界", &[])];
        assert_eq!(
            lay_out(&lines, 20, None),
            ["e\\u{1b}u: 1 deleted", "世界世界世界:"]
        );
        assert_eq!(lay_out(&lines[1..], 10, None), ["世界世界…"]);
    }

    #[test]
    fn more_lines_than_a_screen_has_are_counted() {
        let many: Vec<_> = (0..20).map(|_| line("eu", &["1 deleted"])).collect();
        let laid = lay_out(&many, 80, None);
        assert_eq!(laid.len(), MOST);
        assert_eq!(laid.last().unwrap(), "… and 9 more");
        assert_eq!(lay_out(&many[..MOST], 80, None).len(), MOST);
        // The last row is the cursor's.
        for rows in [2, 5, 12] {
            let laid = lay_out(&many, 80, Some(rows));
            assert_eq!(laid.len(), usize::from(rows) - 1);
        }
        assert_eq!(lay_out(&many, 80, Some(1)), ["… and 20 more"]);
        assert_eq!(lay_out(&many, 80, Some(60)).len(), MOST);
    }
}
