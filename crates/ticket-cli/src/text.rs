//! Text that others wrote, made fit to be shown: escape sequences shown instead of obeyed, JSON spaced
//! anew without touching its values; and small words of our own. Not for layout: see `output.rs`.

/// One line of text: control characters are escaped, so that no vendor, file or argument can move the
/// cursor, colour the screen or forge a line.
pub(crate) fn line(text: &str) -> String {
    escaped(text, |_| false)
}

/// The same with its line breaks kept.
pub(crate) fn lines(text: &str) -> String {
    escaped(&text.replace("\r\n", "\n"), |character| character == '\n')
}

fn escaped(text: &str, keep: impl Fn(char) -> bool) -> String {
    let mut shown = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            _ if keep(character) => shown.push(character),
            '\t' => shown.push(' '),
            // Line separators and direction marks are no control characters, but can mislead as well.
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                shown.extend(character.escape_unicode());
            }
            _ if character.is_control() => shown.extend(character.escape_default()),
            _ => shown.push(character),
        }
    }
    shown
}

/// `json` on one line. Numbers, texts and the order of keys stay to the letter, which a way through
/// `serde_json::Value` would not keep.
pub(crate) fn compact_json(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    let mut text = InText::default();
    for character in json.chars() {
        if text.advance(character) || !character.is_ascii_whitespace() {
            compact.push(character);
        }
    }
    compact
}

/// `json` with one value per line, indented by two spaces; otherwise as [`compact_json`].
pub(crate) fn pretty_json(json: &str) -> String {
    let compact = compact_json(json);
    let mut pretty = String::with_capacity(2 * compact.len());
    let mut text = InText::default();
    let mut depth = 0_usize;
    let mut characters = compact.chars().peekable();
    let new_line = |pretty: &mut String, depth: usize| {
        pretty.push('\n');
        pretty.extend(std::iter::repeat_n("  ", depth));
    };
    while let Some(character) = characters.next() {
        if text.advance(character) {
            pretty.push(character);
            continue;
        }
        match character {
            '{' | '[' => {
                pretty.push(character);
                if let Some(end) = characters.next_if(|next| matches!(next, '}' | ']')) {
                    pretty.push(end);
                } else {
                    depth += 1;
                    new_line(&mut pretty, depth);
                }
            }
            '}' | ']' => {
                depth = depth.saturating_sub(1);
                new_line(&mut pretty, depth);
                pretty.push(character);
            }
            ',' => {
                pretty.push(character);
                new_line(&mut pretty, depth);
            }
            ':' => pretty.push_str(": "),
            _ => pretty.push(character),
        }
    }
    pretty
}

/// "1 ticket", "2 tickets".
pub(crate) fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}

/// Whether a walk through JSON is inside a text.
#[derive(Default)]
struct InText {
    inside: bool,
    escaped: bool,
}

impl InText {
    /// Takes the next character; says whether it belongs to a text, quotes included.
    fn advance(&mut self, character: char) -> bool {
        let was_inside = self.inside;
        match character {
            _ if self.escaped => self.escaped = false,
            '\\' if self.inside => self.escaped = true,
            '"' => self.inside = !self.inside,
            _ => {}
        }
        was_inside || self.inside
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escape_sequences_are_shown_and_not_obeyed() {
        assert_eq!(line("a\u{1b}[2Jb\u{9b}c"), "a\\u{1b}[2Jb\\u{9b}c");
        assert_eq!(line("a\nb\tc\r"), "a\\nb c\\r");
        assert_eq!(line("\u{202e}abc\u{2028}"), "\\u{202e}abc\\u{2028}");
        assert_eq!(lines("a\r\nb\n\u{1b}"), "a\nb\n\\u{1b}");
        assert_eq!(line("Grüße, 世界"), "Grüße, 世界");
    }

    #[test]
    fn json_is_spaced_anew_and_not_changed() {
        let json = r#" { "b" : 1.10 , "a":[ ] , "c":{},"d":[1,
            12345678901234567890123],"e" : "x , {\" \\" } "#;
        let compact =
            r#"{"b":1.10,"a":[],"c":{},"d":[1,12345678901234567890123],"e":"x , {\" \\"}"#;
        assert_eq!(compact_json(json), compact);
        let pretty = pretty_json(json);
        assert_eq!(compact_json(&pretty), compact);
        assert_eq!(
            pretty,
            "{\n  \"b\": 1.10,\n  \"a\": [],\n  \"c\": {},\n  \"d\": [\n    1,\n    \
             12345678901234567890123\n  ],\n  \"e\": \"x , {\\\" \\\\\"\n}"
        );
    }
}
