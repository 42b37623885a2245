//! Makes foreign text safe to print: escape sequences are shown, not executed.

use ticket_core::model::is_misleading;

/// The text on one line: control characters and misleading characters are escaped, a tab becomes a space. So a vendor,
/// a file or an argument cannot move the cursor, change colours or forge a line.
///
/// ```
/// use tickets::diagnosis::one_line;
///
/// assert_eq!(one_line("a\nb\u{1b}[2J"), "a\\nb\\u{1b}[2J");
/// ```
pub fn one_line(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\t' => shown.push(' '),
            _ if is_misleading(character) => shown.extend(character.escape_default()),
            _ => shown.push(character),
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_shown_not_executed() {
        assert_eq!(one_line("a\u{1b}[2Jb\u{9b}c"), "a\\u{1b}[2Jb\\u{9b}c");
        assert_eq!(one_line("a\nb\tc\r"), "a\\nb c\\r");
        assert_eq!(one_line("\u{202e}abc\u{2028}"), "\\u{202e}abc\\u{2028}");
        assert_eq!(one_line("a\u{200b}\u{feff}"), "a\\u{200b}\\u{feff}");
        assert_eq!(one_line("Grüße, 世界"), "Grüße, 世界");
    }
}
