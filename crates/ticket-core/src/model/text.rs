//! Text that others wrote, where people read it.

/// Whether a character, printed as it is, does something to a terminal or misleads who reads: a control character, a
/// line separator, a direction mark or an invisible one. Each of these can forge a line of a log.
/// All of them have four hexadecimal digits at most.
///
/// ```
/// use ticket_core::is_misleading;
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
