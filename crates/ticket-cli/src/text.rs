//! Formats text: escapes control sequences in foreign text, formats JSON without changing values, and formats
//! times and counts. Lines are broken in `text/wrap.rs`, layout is in `output.rs`.

mod wrap;

use std::fmt::Write as _;

use jiff::Timestamp;

pub(crate) use tickets::diagnosis::one_line as line;
use tickets::model::is_misleading;
pub(crate) use wrap::{fold, wrap};

/// Tabulators lead to the next multiple of so many columns.
const TAB: usize = 8;

/// Like [`line()`], but keeps line breaks.
pub(crate) fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let lines: Vec<_> = text.split('\n').map(line).collect();
    lines.join("\n")
}

/// Like [`lines()`], with blanks in place of tabulators: what people wrote, line by line as it is.
pub(crate) fn body(text: &str) -> String {
    if !text.contains('\t') {
        return lines(text);
    }
    let mut blank = String::with_capacity(text.len());
    let mut column = 0;
    for character in text.chars() {
        match character {
            '\t' => {
                let blanks = TAB - column % TAB;
                blank.extend(std::iter::repeat_n(' ', blanks));
                column += blanks;
            }
            '\n' => {
                blank.push(character);
                column = 0;
            }
            _ => {
                blank.push(character);
                column += 1;
            }
        }
    }
    lines(&blank)
}

/// Formats `json` on one line. Numbers, texts and the order of keys stay unchanged, which `serde_json::Value`
/// would not guarantee.
pub(crate) fn compact_json(json: &str) -> String {
    let mut compact = String::with_capacity(json.len());
    let mut text = StringTracker::default();
    for character in json.chars() {
        if text.advance(character) || !character.is_ascii_whitespace() {
            compact.push(character);
        }
    }
    compact
}

/// Deeper values are not indented further: a hostile reply would fill the memory with blanks.
const MAX_INDENT: usize = 64;

/// Formats `json` with one value per line, indented by two spaces. Values stay unchanged, as in
/// [`compact_json`].
pub(crate) fn pretty_json(json: &str) -> String {
    let compact = compact_json(json);
    let mut pretty = String::with_capacity(2 * compact.len());
    let mut text = StringTracker::default();
    let mut depth = 0_usize;
    let mut characters = compact.chars().peekable();
    let new_line = |pretty: &mut String, depth: usize| {
        pretty.push('\n');
        pretty.extend(std::iter::repeat_n("  ", depth.min(MAX_INDENT)));
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

/// Escapes control characters and direction marks in JSON: the values stay the same, and nothing can control
/// a terminal.
pub(crate) fn visible_json(json: &str) -> String {
    let mut visible = String::with_capacity(json.len());
    for character in json.chars() {
        if character != '\n' && is_misleading(character) {
            // All of them have four digits, so no surrogate pair is needed.
            let _ = write!(visible, "\\u{:04x}", u32::from(character));
        } else {
            visible.push(character);
        }
    }
    visible
}

/// The first line of a text that is not blank, with `…` if there is more.
pub(crate) fn first_line(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    match lines.next() {
        Some(_) => format!("{first} …"),
        None => first.to_owned(),
    }
}

/// At most `most` characters of a text, with `…` if it is cut.
pub(crate) fn cut(text: &str, most: usize) -> String {
    let mut characters = text.chars();
    let start: String = characters.by_ref().take(most).collect();
    match characters.next() {
        Some(_) => start + "…",
        None => start,
    }
}

/// Shortens a time such as `2026-04-28T14:05:09Z` to `2026-04-28 14:05Z` for tables. Other texts stay
/// unchanged.
pub(crate) fn minute(time: &str) -> String {
    match (time.split_once('T'), time.ends_with('Z')) {
        (Some((day, clock)), true) => {
            format!("{day} {}Z", clock.get(..5).unwrap_or(clock))
        }
        _ => time.to_owned(),
    }
}

/// The day of a time, in UTC: `2026-04-28`.
pub(crate) fn day(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d").to_string()
}

/// A time beside the present: "3 days ago", "in 2 hours", "just now". Months have 30 days and years 365.
pub(crate) fn ago(time: Timestamp, now: Timestamp) -> String {
    let seconds = now.as_second() - time.as_second();
    let (length, unit) = match seconds.unsigned_abs() {
        0..60 => return "just now".to_owned(),
        60..3600 => (60, "minute"),
        3600..86_400 => (3600, "hour"),
        86_400..2_592_000 => (86_400, "day"),
        2_592_000..31_536_000 => (2_592_000, "month"),
        _ => (31_536_000, "year"),
    };
    let count = usize::try_from(seconds.unsigned_abs() / length).unwrap_or(usize::MAX);
    let words = counted(count, unit);
    if seconds < 0 {
        format!("in {words}")
    } else {
        format!("{words} ago")
    }
}

/// The same in tables: "3 h ago", "in 2 d", "now".
pub(crate) fn briefly_ago(time: Timestamp, now: Timestamp) -> String {
    let long = ago(time, now);
    let units = [
        ("just now", "now"),
        (" minutes", " min"),
        (" minute", " min"),
        (" hours", " h"),
        (" hour", " h"),
        (" days", " d"),
        (" day", " d"),
        (" months", " mo"),
        (" month", " mo"),
        (" years", " y"),
        (" year", " y"),
    ];
    let unit = units.iter().find(|(unit, _)| long.contains(unit));
    unit.map_or_else(|| long.clone(), |(unit, brief)| long.replace(unit, brief))
}

/// Formats a duration in seconds: "40 s", "3 min 20 s", "2 h 5 min", "3 d 2 h".
pub(crate) fn seconds(seconds: u64) -> String {
    let (large, (small, unit)) = match seconds {
        0..60 => return format!("{seconds} s"),
        60..3600 => (format!("{} min", seconds / 60), (seconds % 60, "s")),
        3600..86_400 => (
            format!("{} h", seconds / 3600),
            (seconds % 3600 / 60, "min"),
        ),
        _ => (
            format!("{} d", seconds / 86_400),
            (seconds % 86_400 / 3600, "h"),
        ),
    };
    match small {
        0 => large,
        _ => format!("{large} {small} {unit}"),
    }
}

/// A path as an argument of a POSIX shell.
pub(crate) fn shell(path: &std::path::Path) -> String {
    let path = line(&path.display().to_string());
    let is_plain = |letter: char| letter.is_alphanumeric() || "/._-+,:@%".contains(letter);
    if !path.is_empty() && path.chars().all(is_plain) {
        return path;
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}

/// Formats a number with a comma between each three digits.
pub(crate) fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Formats a count: "1 ticket", "12,500 tickets".
pub(crate) fn counted(count: usize, what: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    let count = grouped(u64::try_from(count).unwrap_or(u64::MAX));
    format!("{count} {what}{plural}")
}

/// A number of tickets: "1 ticket", "12,500 tickets".
pub(crate) fn tickets(count: u64) -> String {
    let tickets = if count == 1 { "ticket" } else { "tickets" };
    format!("{} {tickets}", grouped(count))
}

/// Tracks whether a scan of JSON is inside a string.
#[derive(Default)]
struct StringTracker {
    inside: bool,
    escaped: bool,
}

impl StringTracker {
    /// Takes the next character. Returns whether it belongs to a string, including quotes.
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
    fn time_is_printed_with_at_most_two_units() {
        for (time, words) in [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (1995, "33 min 15 s"),
            (3600, "1 h"),
            (7519, "2 h 5 min"),
            (266_400, "3 d 2 h"),
        ] {
            assert_eq!(seconds(time), words);
        }
    }

    #[test]
    fn only_line_breaks_are_kept_and_other_controls_are_escaped() {
        assert_eq!(lines("a\r\nb\n\u{1b}"), "a\nb\n\\u{1b}");
        assert_eq!(lines("a\rb\r\r\nc\r"), "a\\rb\\r\nc\\r");
    }

    #[test]
    fn time_beside_the_present_has_one_unit() {
        let now: Timestamp = "2026-05-01T12:00:00Z".parse().unwrap();
        for (time, words) in [
            ("2026-05-01T12:00:00Z", "just now"),
            ("2026-05-01T12:00:59Z", "just now"),
            ("2026-05-01T11:59:00Z", "1 minute ago"),
            ("2026-05-01T10:00:01Z", "1 hour ago"),
            ("2026-04-28T12:00:00Z", "3 days ago"),
            ("2026-03-15T12:00:00Z", "1 month ago"),
            ("2025-05-02T12:00:00Z", "12 months ago"),
            ("2020-01-01T00:00:00Z", "6 years ago"),
            ("2026-05-03T12:00:00Z", "in 2 days"),
        ] {
            assert_eq!(ago(time.parse().unwrap(), now), words, "{time}");
        }
    }

    #[test]
    fn tabulators_become_blanks_and_other_controls_are_escaped() {
        assert_eq!(body("a\tb\r\n\tc\u{1b}"), "a       b\n        c\\u{1b}");
        assert_eq!(body("12345678\tx"), "12345678        x");
    }

    #[test]
    fn json_for_a_terminal_has_the_same_values_and_no_controls() {
        let json = "{\n  \"a\": \"\u{9b}31m\u{7f}\u{202e}\\n世\"\n}";
        let visible = visible_json(json);
        assert_eq!(visible, "{\n  \"a\": \"\\u009b31m\\u007f\\u202e\\n世\"\n}");
        let values: [serde_json::Value; 2] =
            [json, &visible].map(|text| serde_json::from_str(text).unwrap());
        assert_eq!(values[0], values[1]);
    }

    #[test]
    fn numbers_are_grouped_and_paths_quoted_where_needed() {
        let numbers = [0, 999, 1_000, 40_000, 1_234_567].map(grouped);
        assert_eq!(numbers, ["0", "999", "1,000", "40,000", "1,234,567"]);
        let quoted = ["/a/b-c.db", "/a b", "it's", ""].map(|path| shell(path.as_ref()));
        assert_eq!(quoted, ["/a/b-c.db", "'/a b'", r"'it'\''s'", "''"]);
    }

    #[test]
    fn shortened_texts_and_times_are_marked() {
        assert_eq!(first_line("\n  a b \r\n\n"), "a b");
        assert_eq!(first_line("a\n\nb"), "a …");
        assert_eq!(first_line(""), "");
        assert_eq!(
            (cut("äöü", 3), cut("äöü", 2)),
            ("äöü".to_owned(), "äö…".to_owned())
        );
        assert_eq!(minute("2026-04-28T14:05:09.5Z"), "2026-04-28 14:05Z");
        assert_eq!(minute(""), "");
    }

    #[test]
    fn reformatted_json_has_the_same_values() {
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

    #[test]
    fn deep_json_is_not_indented_without_end() {
        let json = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
        let pretty = pretty_json(&json);
        assert!(pretty.len() < 200 * json.len(), "{}", pretty.len());
        assert_eq!(compact_json(&pretty), json);
    }
}
