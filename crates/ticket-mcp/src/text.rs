//! Text that strangers wrote, for answers and for questions: without characters that people do not see, and cut.

use serde_json::Value;
use tickets::model::{is_invisible, is_misleading};

/// The text without control characters, direction marks and invisible characters; line breaks and tabs stay.
pub(crate) fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let shown = |character: &char| {
        matches!(character, '\n' | '\t') || !(is_misleading(*character) || is_invisible(*character))
    };
    text.chars().filter(shown).collect()
}

/// The same on one line, of at most so many characters; `…` marks a cut.
pub(crate) fn line(text: &str, most: usize) -> String {
    let text = clean(text).replace(['\n', '\t'], " ");
    let mut characters = text.chars();
    let mut line: String = characters.by_ref().take(most).collect();
    if characters.next().is_some() {
        line.pop();
        line.push('…');
    }
    line
}

/// How many bytes a character takes in an answer, which has each text twice: in JSON, and in JSON within a string.
const fn cost(character: char) -> usize {
    match character {
        '"' | '\\' => 2 + 4,
        '\n' | '\t' => 2 + 3,
        _ => 2 * character.len_utf8(),
    }
}

/// The characters of a cleaned text from this place on, as many as fit into so many bytes of an answer, and the place of
/// the first one that does not.
pub(crate) fn part(text: &str, from: usize, room: usize) -> (String, Option<usize>) {
    let mut left = room;
    let mut shown = String::new();
    for (place, character) in text.chars().enumerate().skip(from) {
        let Some(rest) = left.checked_sub(cost(character)) else {
            return (shown, Some(place));
        };
        left = rest;
        shown.push(character);
    }
    (shown, None)
}

/// How many bytes a value takes in an answer: its JSON, and its JSON as a string.
pub(crate) fn size(value: &Value) -> usize {
    let json = value.to_string();
    let escaped = json.bytes().filter(|byte| matches!(byte, b'"' | b'\\'));
    2 * json.len() + escaped.count()
}

/// The value with all its texts cleaned and on lines of at most so many characters.
pub(crate) fn value(value: &Value, most: usize) -> Value {
    match value {
        Value::String(text) => Value::String(line(text, most)),
        Value::Array(all) => all.iter().map(|one| self::value(one, most)).collect(),
        Value::Object(all) => {
            let all = all
                .iter()
                .map(|(name, one)| (line(name, most), self::value(one, most)));
            Value::Object(all.collect())
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_people_do_not_see_is_removed() {
        let hidden = "a\u{202e}b\u{1b}[2J\u{200b}\u{e0041}\u{e0042}\u{0}\u{9b}c\r\nd\te";
        assert_eq!(clean(hidden), "ab[2Jc\nd\te");
        assert_eq!(line(hidden, 100), "ab[2Jc d e");
        assert_eq!(line("Grüße, 世界", 5), "Grüß…");
    }

    #[test]
    fn size_of_a_value_is_that_of_both_its_forms() {
        let hostile = json!({ "a": "\"\\\"\\\n\t世😀", "b": [1, null, true, "\"\""] });
        let json = hostile.to_string();
        let both = json.len() + serde_json::to_string(&json).unwrap().len();
        assert_eq!(size(&hostile) + 2, both);
    }

    #[test]
    fn parts_follow_each_other_and_fit() {
        let text = "\"quoted\" \\ Grüße\n世界😀 ".repeat(50);
        let (mut from, mut all) = (Some(0), String::new());
        while let Some(place) = from {
            let (shown, next) = part(&text, place, 300);
            assert!(size(&json!(shown)) <= 300 + 6, "{shown}");
            all += &shown;
            from = next;
        }
        assert_eq!(all, text);
    }
}
