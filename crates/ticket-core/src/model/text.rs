//! Checks of foreign text: what may be shown to people, and what may name a ticket.

use std::borrow::Cow;

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

/// Whether a character shows nothing, or only changes the one beside it, besides those that are
/// [misleading](is_misleading): fillers, variation selectors, tags. Text can be hidden in them, which people do not see and
/// programs read.
///
/// ```
/// use ticket_core::model::is_invisible;
///
/// assert!(['\u{e0041}', '\u{fe0f}', '\u{3164}'].into_iter().all(is_invisible));
/// assert!(!"Grüße, 世界".contains(is_invisible));
/// ```
pub fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\u{ad}'
            | '\u{34f}'
            | '\u{115f}'
            | '\u{1160}'
            | '\u{17b4}'
            | '\u{17b5}'
            | '\u{180b}'..='\u{180f}'
            | '\u{2060}'..='\u{2065}'
            | '\u{206a}'..='\u{206f}'
            | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{ffa0}'
            | '\u{fff0}'..='\u{fffc}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0000}'..='\u{e0fff}'
    )
}

/// At most `limit` characters of `text`, including escapes, on one line: misleading characters are escaped, a
/// cut is marked with `…`.
///
/// ```
/// use ticket_core::model::bounded;
///
/// assert_eq!(bounded("a\u{202e}b", 20), "a\\u{202e}b");
/// assert_eq!(bounded("a long subject", 6), "a lon…");
/// ```
pub fn bounded(text: &str, limit: usize) -> String {
    let mut line = String::with_capacity(text.len().min(limit));
    let mut room = limit;
    for character in text.chars() {
        let shown = if is_misleading(character) {
            character.escape_default().to_string()
        } else {
            character.to_string()
        };
        let length = shown.chars().count();
        if length >= room {
            line.push('…');
            break;
        }
        room -= length;
        line.push_str(&shown);
    }
    line
}

/// A cell of a CSV file, with `'` before it if a spreadsheet could take it for a formula.
///
/// Every column can be treated alike: ids, numbers and times begin with no such character, and the words of vendors and
/// customers can stand in any other column.
pub fn escape_formula(cell: &str) -> Cow<'_, str> {
    let is_skipped = |character: char| {
        character.is_whitespace() || is_misleading(character) || matches!(character, '"' | '\'')
    };
    let is_formula = matches!(
        cell.trim_start_matches(is_skipped).chars().next(),
        Some('=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\u{2212}')
    );
    if is_formula || cell.starts_with(['\t', '\r', '\n']) {
        return Cow::Owned(format!("'{cell}"));
    }
    Cow::Borrowed(cell)
}

/// What a character is that cannot be part of a ticket reference, because a reader cannot see it or takes it for
/// another one: control characters, white space outside ASCII, invisible characters, direction marks, full-width
/// forms and digits outside ASCII. Spreadsheets, word processors and chat programs put them into copied text.
pub(crate) fn misread(character: char) -> Option<&'static str> {
    Some(match character {
        ' '..='~' => return None,
        '\r' => "carriage return",
        '\u{a0}' | '\u{202f}' => "no-break space",
        '\u{ad}' => "soft hyphen",
        '\u{200b}' => "zero-width space",
        '\u{200c}' | '\u{200d}' => "zero-width joiner",
        '\u{feff}' => "byte order mark",
        '\u{fffd}' => "replacement character, for text that could not be decoded",
        '\u{2028}' | '\u{2029}' => "line separator",
        '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            "direction mark"
        }
        _ if is_invisible(character) => "invisible character",
        '\u{ff01}'..='\u{ffef}' => "full-width or half-width character",
        _ if character.is_control() => "control character",
        _ if character.is_whitespace() => "white space outside ASCII",
        _ if character.is_numeric() => "digit outside 0 to 9",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn csv_cell_that_looks_like_a_formula_is_escaped() {
        for cell in [
            "=1",
            "+1",
            "-1",
            "@a",
            "\t=1",
            "\r=1",
            "\na",
            "  =1",
            "\"=1",
            "'=1",
            "\u{feff}=1",
            "\u{a0}+1",
            "＝1",
            "＋1",
            "－1",
            "＠a",
            "\u{2212}1",
        ] {
            assert_eq!(escape_formula(cell), format!("'{cell}"));
        }
        for cell in [
            "",
            "onecloud:121",
            "a=1",
            "2025-01-26T10:00:00Z",
            "'",
            " a",
            "14",
            "ü",
        ] {
            assert_eq!(escape_formula(cell), cell);
        }
    }
}
