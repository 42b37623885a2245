//! Breaks lines: of this command's own sentences, and of what other people wrote.

use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// The least number of columns that the words of a quotation have.
const NARROWEST: usize = 20;

/// The text with lines of at most so many columns, if its words allow that. What stands in backticks is one word,
/// because people copy it.
pub(crate) fn wrap(text: &str, columns: usize) -> String {
    let mut lines = Vec::new();
    for mut line in text.split('\n') {
        let mut indent = "";
        while indent.len() + line.width() > columns {
            // Only blanks behind the indentation of the line are breaks.
            let begin = line.len() - line.trim_start().len();
            let mut is_quoted = false;
            let blanks = line.char_indices().filter_map(|(index, character)| {
                is_quoted ^= character == '`';
                (character == ' ' && !is_quoted && index > begin).then_some(index)
            });
            let blanks: Vec<_> = blanks.collect();
            let fits = |index: &&usize| {
                let before = line.get(..**index).unwrap_or_default();
                indent.len() + before.trim_end().width() <= columns
            };
            let Some(at) = blanks.iter().rev().find(fits).or(blanks.first()) else {
                break;
            };
            let (before, rest) = line.split_at(*at);
            lines.push(format!("{indent}{}", before.trim_end()));
            line = rest.trim_start();
            indent = "  ";
        }
        lines.push(format!("{indent}{line}"));
    }
    lines.join("\n")
}

/// What other people wrote, with lines of at most so many columns. A line that is quoted (`> `) or indented goes on so.
/// Blanks stay, except where a line is broken. A word that is longer than a line is broken, unless it is an address of the
/// web, which terminals find only whole.
///
/// The text has no control characters. It takes time in proportion to its length.
pub(crate) fn fold(text: &str, columns: usize) -> String {
    let mut folded = String::with_capacity(text.len() + text.len() / 8);
    for (number, line) in text.split('\n').enumerate() {
        if number > 0 {
            folded.push('\n');
        }
        fold_line(line, columns, &mut folded);
    }
    folded
}

/// The columns of what other people wrote, at most. Terminals do not agree on letters that are joined to one, such as lam and
/// alef, and on emoji of several parts: some draw each part.
fn widest(text: &str) -> usize {
    let parts: usize = text.chars().map(width_of).sum();
    parts.max(text.width())
}

fn width_of(character: char) -> usize {
    match character {
        // This selector makes the character before it as wide as an emoji; that may need one more column.
        '\u{fe0f}' => 1,
        _ => character.width().unwrap_or_default(),
    }
}

fn fold_line(line: &str, columns: usize, folded: &mut String) {
    if widest(line) <= columns {
        folded.push_str(line);
        return;
    }
    let words = line.trim_start_matches([' ', '>']);
    let begin = line.strip_suffix(words).unwrap_or_default();
    let is_item = ["- ", "* ", "• "]
        .iter()
        .any(|mark| words.starts_with(mark));
    let mut lead = format!("{begin}{}", if is_item { "  " } else { "" });
    if lead.width() + NARROWEST > columns {
        lead.clear();
    }
    folded.push_str(begin);
    let mut broken = Broken {
        folded,
        lead: &lead,
        columns,
        used: begin.width(),
    };
    let mut blanks = 0;
    for (number, word) in words.split(' ').enumerate() {
        blanks += usize::from(number > 0);
        if word.is_empty() {
            continue;
        }
        broken.word(blanks, word);
        blanks = 0;
    }
}

/// A line that is broken, so far.
struct Broken<'a> {
    folded: &'a mut String,
    /// What the next lines begin with.
    lead: &'a str,
    columns: usize,
    /// How many columns the last line has.
    used: usize,
}

impl Broken<'_> {
    fn word(&mut self, blanks: usize, word: &str) {
        let width = widest(word);
        if blanks > 0 && self.used + blanks + width > self.columns {
            self.next_line();
        } else {
            self.folded.extend(std::iter::repeat_n(' ', blanks));
            self.used += blanks;
        }
        if self.used + width <= self.columns || is_web_address(word) {
            self.folded.push_str(word);
            self.used += width;
            return;
        }
        for character in word.chars() {
            let width = width_of(character);
            let is_own = width > 0 && character != '\u{fe0f}';
            if is_own && self.used + width + 1 > self.columns {
                self.next_line();
            }
            self.folded.push(character);
            self.used += width;
        }
    }

    fn next_line(&mut self) {
        self.folded.push('\n');
        self.folded.push_str(self.lead);
        self.used = self.lead.width();
    }
}

fn is_web_address(word: &str) -> bool {
    word.contains("://") && word.chars().all(|character| character.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_wrap_between_words_but_not_inside_backticks() {
        assert_eq!(wrap("a b c", 5), "a b c");
        assert_eq!(wrap("one two three four", 9), "one two\n  three\n  four");
        assert_eq!(
            wrap("  eu  1  121, 122, 123", 14),
            "  eu  1  121,\n  122, 123"
        );
        assert_eq!(
            wrap("hint: use `tickets get a:1` first", 20),
            "hint: use\n  `tickets get a:1`\n  first"
        );
        assert_eq!(wrap("longer-than-that", 5), "longer-than-that");
        assert_eq!(wrap("世界 世界 x", 5), "世界\n  世界\n  x");
    }

    #[test]
    fn quoted_and_indented_lines_go_on_as_they_begin() {
        assert_eq!(
            fold("one two three four five six", 20),
            "one two three four\nfive six"
        );
        assert_eq!(
            fold("> > one two three four five six seven", 30),
            "> > one two three four five\n> > six seven"
        );
        assert_eq!(
            fold("    one two three four five six", 25),
            "    one two three four\n    five six"
        );
        assert_eq!(fold("> - one two three four", 22), "> - one two three four");
        assert_eq!(
            fold("> - one two three four five", 24),
            "> - one two three four\n>   five"
        );
        // No room is left to go on with that.
        let deep = format!("{}one two three four", "> ".repeat(10));
        let expected = format!("{}one two\nthree four", "> ".repeat(10));
        assert_eq!(fold(&deep, 28), expected);
        assert_eq!(fold("a  b\n\n  c ", 20), "a  b\n\n  c ");
        assert_eq!(fold("", 20), "");
    }

    #[test]
    fn long_word_is_broken_unless_it_is_an_address() {
        let word = "x".repeat(50);
        for text in [
            &word,
            &"世".repeat(50),
            &"❤\u{fe0f}".repeat(50),
            &"e\u{301}".repeat(50),
            &"لا".repeat(50),
            &"👍🏽".repeat(50),
        ] {
            let folded = fold(&format!("a {text} b"), 20);
            let widest = folded.lines().map(widest).max();
            assert!(widest <= Some(20), "{folded}");
            assert_eq!(folded.replace(['\n', ' '], ""), format!("a{text}b"));
        }
        let address = format!("https://example.com/{word}");
        let folded = fold(&format!("see {address} now"), 20);
        assert_eq!(folded, format!("see\n{address}\nnow"));
    }
}
