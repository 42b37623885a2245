//! Text that others wrote, made fit to be shown: escape sequences are shown instead of obeyed.

/// The text on one line: control characters and misleading ones are escaped, a tab is a blank. So no vendor, file or
/// argument can move a cursor, colour a screen, or forge a line.
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

/// Whether a character does something to a terminal or to its reader. Line separators and direction marks are
/// no control characters, but can mislead as well. All of them have four hexadecimal digits at most.
///
/// ```
/// use tickets::diagnosis::is_misleading;
///
/// assert!(is_misleading('\u{202e}') && is_misleading('\n'));
/// assert!(!is_misleading('ü'));
/// ```
pub fn is_misleading(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_shown_and_not_obeyed() {
        assert_eq!(one_line("a\u{1b}[2Jb\u{9b}c"), "a\\u{1b}[2Jb\\u{9b}c");
        assert_eq!(one_line("a\nb\tc\r"), "a\\nb c\\r");
        assert_eq!(one_line("\u{202e}abc\u{2028}"), "\\u{202e}abc\\u{2028}");
        assert_eq!(one_line("a\u{200b}\u{feff}"), "a\\u{200b}\\u{feff}");
        assert_eq!(one_line("Grüße, 世界"), "Grüße, 世界");
    }
}
