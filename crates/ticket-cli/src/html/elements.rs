//! Which marks of a text belong to HTML.

use std::borrow::Cow;

/// The elements of HTML, those that mail programs still use included.
const ELEMENTS: &[&str] = &[
    "a",
    "abbr",
    "acronym",
    "address",
    "area",
    "article",
    "aside",
    "audio",
    "b",
    "base",
    "bdi",
    "bdo",
    "big",
    "blockquote",
    "body",
    "br",
    "button",
    "canvas",
    "caption",
    "center",
    "cite",
    "code",
    "col",
    "colgroup",
    "data",
    "datalist",
    "dd",
    "del",
    "details",
    "dfn",
    "dialog",
    "dir",
    "div",
    "dl",
    "dt",
    "em",
    "embed",
    "fieldset",
    "figcaption",
    "figure",
    "font",
    "footer",
    "form",
    "frame",
    "frameset",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "head",
    "header",
    "hgroup",
    "hr",
    "html",
    "i",
    "iframe",
    "img",
    "input",
    "ins",
    "kbd",
    "label",
    "legend",
    "li",
    "link",
    "main",
    "map",
    "mark",
    "marquee",
    "menu",
    "meta",
    "meter",
    "nav",
    "nobr",
    "noscript",
    "object",
    "ol",
    "optgroup",
    "option",
    "output",
    "p",
    "param",
    "picture",
    "pre",
    "progress",
    "q",
    "s",
    "samp",
    "script",
    "search",
    "section",
    "select",
    "small",
    "source",
    "span",
    "strike",
    "strong",
    "style",
    "sub",
    "summary",
    "sup",
    "svg",
    "table",
    "tbody",
    "td",
    "template",
    "textarea",
    "tfoot",
    "th",
    "thead",
    "time",
    "title",
    "tr",
    "track",
    "tt",
    "u",
    "ul",
    "var",
    "video",
    "wbr",
];

/// What word processors put before the names of their elements.
const OFFICE: &[&str] = &["m", "o", "st1", "v", "w", "x"];

/// The attributes that have no value.
const VALUELESS: &[&str] = &[
    "/", "checked", "compact", "disabled", "hidden", "multiple", "noshade", "nowrap", "open",
    "readonly", "required", "reversed", "selected",
];

/// The most values in quotation marks that the start of an element has.
const MOST_VALUES: usize = 200;

/// The name of the element, in lower case, that begins or ends with this mark; also `!doctype`. `None` if the mark is none
/// of HTML's.
pub(super) fn known_name(mark: &str) -> Option<String> {
    let inner = mark.strip_prefix('<')?;
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    let is_end = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'>' | b'/');
    // No name is longer.
    let start = inner.as_bytes().iter().take(16);
    let length = start.clone().position(is_end)?;
    let name = inner.get(..length)?.to_ascii_lowercase();
    let is_known = match name.split_once(':') {
        Some((prefix, _)) => OFFICE.contains(&prefix),
        None => name == "!doctype" || ELEMENTS.binary_search(&name.as_str()).is_ok(),
    };
    is_known.then_some(name)
}

/// The text with `&lt;` in place of each `<` that begins nothing of HTML, or something that does not end: a tokenizer would
/// take what follows for a name or a value, and it would be lost.
pub(super) fn own_marks(html: &str) -> Cow<'_, str> {
    let last_comment_end = html.rfind("-->");
    let mut kept = String::new();
    let (mut written, mut at) = (0, 0);
    while let Some(found) = html.get(at..).and_then(|rest| rest.find('<')) {
        let start = at + found;
        let mark = html.get(start..).unwrap_or_default();
        let has_comment_end = last_comment_end.is_some_and(|end| start < end);
        if let Some(length) = length(mark, has_comment_end) {
            at = start + length;
        } else {
            kept.push_str(html.get(written..start).unwrap_or_default());
            kept.push_str("&lt;");
            at = start + 1;
            written = at;
        }
    }
    if written == 0 {
        return Cow::Borrowed(html);
    }
    kept.push_str(html.get(written..).unwrap_or_default());
    Cow::Owned(kept)
}

/// How long the mark is that the text begins with; `None` if it is none of HTML's, or does not end.
fn length(mark: &str, has_comment_end: bool) -> Option<usize> {
    if mark.starts_with("<!--") {
        for empty in ["<!-->", "<!--->"] {
            if mark.starts_with(empty) {
                return Some(empty.len());
            }
        }
        let end = || mark.find("-->").map(|end| end + "-->".len());
        return has_comment_end.then(end).flatten();
    }
    let is_instruction = mark.starts_with("<![") || mark.starts_with("<?xml");
    if !is_instruction && known_name(mark).is_none() {
        return None;
    }
    let bytes = mark.as_bytes();
    let (mut at, mut before, mut values) = (1, b'<', 0);
    loop {
        let byte = *bytes.get(at)?;
        match byte {
            b'>' => {
                let inner = mark.get(1..at)?;
                return (is_instruction || has_attributes(inner)).then_some(at + 1);
            }
            b'<' => return None,
            b'"' | b'\'' if before == b'=' => {
                values += 1;
                let rest = bytes.get(at + 1..).filter(|_| values <= MOST_VALUES)?;
                at += 1 + rest.iter().position(|other| *other == byte)?;
            }
            _ => {}
        }
        if !byte.is_ascii_whitespace() {
            before = byte;
        }
        at += 1;
    }
}

/// Whether attributes follow the name, or nothing: in `a<b and c>d` words do.
fn has_attributes(element: &str) -> bool {
    let name = element.get(..9).unwrap_or_default();
    if element.contains('=') || name.eq_ignore_ascii_case("!doctype ") {
        return true;
    }
    let mut words = element
        .trim_end_matches('/')
        .split_ascii_whitespace()
        .skip(1);
    words.all(|word| VALUELESS.contains(&word.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_sorted() {
        assert!(ELEMENTS.is_sorted());
    }

    #[test]
    fn only_marks_of_html_stay() {
        for (html, kept) in [
            ("<p>a</p><br/><BR ><!-- x --><!DOCTYPE html>", None),
            ("<o:p></o:p><![endif]><?xml:namespace prefix = o />", None),
            ("<a title=\"1 > 0\" href='x'>", None),
            (
                "<ann@example.com> 1 < 2, a<b",
                Some("&lt;ann@example.com> 1 &lt; 2, a&lt;b"),
            ),
            ("<td nowrap><hr noshade /><br / >", None),
            ("a<b and 3>2", Some("a&lt;b and 3>2")),
            ("<p <b>x</b>", Some("&lt;p <b>x</b>")),
            ("<a href=\"x>y", Some("&lt;a href=\"x>y")),
            ("<!-- no end", Some("&lt;!-- no end")),
            ("<my-own>x</my-own>", Some("&lt;my-own>x&lt;/my-own>")),
            ("<", Some("&lt;")),
        ] {
            assert_eq!(own_marks(html), kept.unwrap_or(html), "{html}");
        }
    }
}
