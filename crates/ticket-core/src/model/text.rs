//! Checks of foreign text that is shown to people.

/// Whether printing a character unescaped can control a terminal or mislead the reader: control characters,
/// line separators, direction marks and invisible characters. Each of them can forge a line of a log. Their
/// code points have at most four hexadecimal digits.
///
/// ```
/// use ticket_core::model::is_misleading;
///
/// assert!(['\n', '\u{1b}', '\u{202e}', '\u{2060}'].into_iter().all(is_misleading));
/// assert!(!"Grüße, 世界".contains(is_misleading));
/// ```
pub fn is_misleading(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'
                | '\u{2066}'..='\u{2069}'
                | '\u{feff}'
        )
}
