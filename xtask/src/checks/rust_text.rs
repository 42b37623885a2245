//! Rust source without its comments, so that a check does not take prose for code.
//!
//! It knows just enough of the language to tell comments, strings and characters from the rest. It
//! is no parser.

/// What [`keep`] keeps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// Neither comments nor what stands in string and character literals.
    Code,
    /// Everything but comments.
    CodeAndLiterals,
}

/// The text with what is not kept blanked out; every line keeps its number.
pub(super) fn keep(text: &str, kept: Kept) -> String {
    let mut rest = text;
    let mut output = String::with_capacity(text.len());
    let mut before = ' ';
    while let Some(next) = rest.chars().next() {
        let (length, keep) = match next {
            '/' if rest.starts_with("//") => (rest.find('\n').unwrap_or(rest.len()), false),
            '/' if rest.starts_with("/*") => (block_comment(rest), false),
            '"' => (string(rest), kept == Kept::CodeAndLiterals),
            'r' if !in_word(before) || "bc".contains(before) => match raw_string(rest) {
                Some(length) => (length, kept == Kept::CodeAndLiterals),
                None => (1, true),
            },
            '\'' => match character(rest) {
                Some(length) => (length, kept == Kept::CodeAndLiterals),
                None => (1, true),
            },
            _ => (next.len_utf8(), true),
        };
        let (piece, after) = rest.split_at(length);
        if keep {
            output.push_str(piece);
        } else {
            output.extend(piece.chars().map(|c| if c == '\n' { '\n' } else { ' ' }));
        }
        before = piece.chars().next_back().unwrap_or(' ');
        rest = after;
    }
    output
}

/// The identifiers, keywords and numbers of a line.
pub(super) fn words(line: &str) -> impl Iterator<Item = &str> {
    line.split(|c| !in_word(c)).filter(|word| !word.is_empty())
}

fn in_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// Block comments nest.
fn block_comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        if rest.is_empty() {
            break;
        } else if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// The length of `r"..."` or `r#"..."#`; none for an identifier such as `r#type`.
fn raw_string(text: &str) -> Option<usize> {
    let after_r = text.strip_prefix('r')?;
    let opened = after_r.trim_start_matches('#');
    let hashes = after_r.len() - opened.len();
    let body = opened.strip_prefix('"')?;
    let end = format!("\"{}", "#".repeat(hashes));
    let length = body.find(&end).map_or(body.len(), |at| at + end.len());
    Some(text.len() - body.len() + length)
}

/// The length of a character literal; none for a lifetime.
fn character(text: &str) -> Option<usize> {
    let mut chars = text.char_indices().skip(1);
    let (_, first) = chars.next()?;
    if first == '\\' {
        // What is escaped may be the quote itself.
        chars.next()?;
        return chars.find(|(_, c)| *c == '\'').map(|(at, _)| at + 1);
    }
    chars
        .next()
        .filter(|(_, c)| *c == '\'')
        .map(|(at, _)| at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        keep(text, Kept::Code)
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ")
    }

    #[test]
    fn comments_go_and_lines_keep_their_numbers() {
        assert_eq!(keep("a // b\nc", Kept::Code), "a     \nc");
        assert_eq!(code("a /* b /* c */ d */ e"), "a e");
        assert_eq!(
            keep("/* a\nb */c", Kept::Code).lines().nth(1),
            Some("    c")
        );
        assert_eq!(code("a /* never closed"), "a");
        assert_eq!(code("/*é*/a"), "a");
    }

    #[test]
    fn strings_go_and_what_follows_them_stays() {
        assert_eq!(code(r#"f("a\"b // c", d)"#), "f( , d)");
        assert_eq!(code(r##"f(r#"a"b"#, br"c\", d)"##), "f( , b , d)");
        assert_eq!(code("r#type r\"a\" for x"), "r#type for x");
        assert_eq!(
            keep("a(\"b\") // c", Kept::CodeAndLiterals).trim_end(),
            "a(\"b\")"
        );
    }

    #[test]
    fn quotes_of_characters_and_lifetimes_open_no_string() {
        assert_eq!(code(r#"f('"', b, '\'', '\u{22}', "s")"#), "f( , b, , , )");
        assert_eq!(code("fn f<'a>(x: &'a str) // y"), "fn f<'a>(x: &'a str)");
    }

    #[test]
    fn words_are_whole() {
        assert_eq!(
            words("use a_b::c-d;").collect::<Vec<_>>(),
            ["use", "a_b", "c", "d"]
        );
    }
}
