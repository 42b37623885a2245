//! HTML as readable text.
//!
//! A tokenizer instead of a document: it takes time in proportion to the text, however its elements are nested, and
//! nothing that only looks like an element is lost. `<ann@example.com>` and `a<b` stay.

mod elements;
mod writer;

use html5gum::{HtmlString, Token, Tokenizer};

use elements::{known_name, own_marks};
use writer::Writer;

/// The text of a HTML document or of a part of one; `None` if `text` is not HTML.
///
/// Links keep their addresses, quotations begin with `> `, list items with `- ` or a number, and pictures are named. Scripts,
/// style sheets, the title and comments are left out; what a style sheet hides is not.
pub(crate) fn to_text(text: &str) -> Option<String> {
    is_html(text).then(|| convert(text))
}

/// Whether a text is HTML. Vendors rarely say: it is HTML if it has the end of an element or a line break of HTML, and
/// begins with an element, and is a document, ends with an element, or has lines that all do. Plain text that speaks of elements is not: rather is an element shown than a word lost.
fn is_html(text: &str) -> bool {
    let text = text.trim();
    let mut marks = text.match_indices('<').filter_map(|(at, _)| text.get(at..));
    let is_evident = marks.any(|mark| {
        mark.starts_with("</") && known_name(mark).is_some()
            || matches!(
                known_name(mark).as_deref(),
                Some("br" | "hr" | "html" | "!doctype")
            )
    });
    if !is_evident {
        return false;
    }
    let is_document = matches!(
        known_name(text).as_deref(),
        Some("html" | "head" | "body" | "!doctype")
    );
    let is_element = text.starts_with("<!--") || known_name(text).is_some();
    let mut lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .rev()
        .skip(1);
    is_element && (is_document || text.ends_with('>') || lines.all(|line| line.ends_with('>')))
}

fn convert(html: &str) -> String {
    let html = own_marks(html);
    let mut emitter = html5gum::DefaultEmitter::default();
    // Scripts are no elements, and end with their own end.
    emitter.naively_switch_states(true);
    let mut writer = Writer::default();
    for token in Tokenizer::new_with_emitter(&*html, emitter) {
        let token: Token = match token {
            Ok(token) => token,
            Err(impossible) => match impossible {},
        };
        match token {
            Token::StartTag(tag) => {
                let name = String::from_utf8_lossy(&tag.name);
                let attribute = |name: &str| {
                    let value = tag.attributes.get(&HtmlString(name.as_bytes().to_vec()))?;
                    Some(String::from_utf8_lossy(value).into_owned())
                };
                writer.begin(&name, &attribute);
            }
            Token::EndTag(tag) => writer.end(&String::from_utf8_lossy(&tag.name)),
            Token::String(text) => writer.text(&String::from_utf8_lossy(&text)),
            // The tokenizer tells of odd HTML, and goes on as browsers do.
            Token::Comment(_) | Token::Doctype(_) | Token::Error(_) => {}
        }
    }
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_html_is_taken_for_html() {
        for html in [
            "<p>Hello</p>",
            "<div>Hello\nthere</div>\n<div>you</div>",
            "<p>Hello</p>there",
            "<!DOCTYPE html><title>x</title>Hello",
            "<!-- x --><p>Hello</p>",
        ] {
            assert!(to_text(html).is_some(), "{html}");
        }
        for plain in [
            "",
            "Hello",
            "Hello <b>there</b>",
            "Is <script>alert('x')</script> in the subject an attack?",
            "Why does </div> not close my page?",
            "<b>Order</b>\nline 2\nline 3",
            "<pre>\n<script>one()</script>\n</pre>\n\nHello,\n* one\n* two",
            "1 < 2 > 0",
            "Ann <ann@example.com> wrote:\n> Hello\n> there\n",
            "The element <br> is shown\nas it is in <div>s",
            "My page has\n<div>\nand no </div>\nwhat now?",
            "<ann@example.com> wrote",
            "List<String> x; a</b",
        ] {
            assert_eq!(to_text(plain), None, "{plain}");
        }
    }

    /// The text of HTML.
    fn text(html: &str) -> String {
        to_text(html).unwrap()
    }

    #[test]
    fn elements_become_lines() {
        assert_eq!(
            text("<p>One\n two</p><p>three<br>four</p>"),
            "One two\n\nthree\nfour"
        );
        assert_eq!(text("<div>a</div><div><br></div><div>b</div>"), "a\n\nb");
        assert_eq!(
            text("<h1>Hello</h1>a&nbsp;&amp;&#8364;<hr>b</h1>"),
            "Hello\n\na &€\n---\nb"
        );
        assert_eq!(
            text(
                "<ul><li>one<li><p>two</p><ol start=9><li>x</li><li>y<br>z</li></ol></li></ul>end"
            ),
            "- one\n- two\n  9. x\n  10. y\n    z\n\nend"
        );
        assert_eq!(
            text("<p>He wrote:</p><blockquote>a<br><br>b<blockquote>c</blockquote></blockquote>d"),
            "He wrote:\n\n> a\n>\n> b\n>\n> > c\n\nd"
        );
        assert_eq!(
            text("<table><tr><th>A</th><th>B</th></tr>\n<tr><td>1</td><td>2 3</td></tr></table>"),
            "A | B\n1 | 2 3"
        );
        assert_eq!(
            text("<p>x</p><pre>  a\n    b\n\nc</pre><p>y</p>"),
            "x\n\n  a\n    b\n\nc\n\ny"
        );
        assert_eq!(
            text("<p><img alt='the bill' src=x><img src=y><img width=1 height=1 src=z></p>"),
            "[picture: the bill][picture]"
        );
    }

    #[test]
    fn links_keep_their_addresses() {
        assert_eq!(
            text("<p><a href=\"https://example.com/a?b=1&amp;c=2\">our page</a>, see</p>"),
            "our page (https://example.com/a?b=1&c=2), see"
        );
        for same in [
            "<p><a href='https://example.com/'>https://example.com</a></p>",
            "<p><a href='https://example.com'>https://example.com</a>",
        ] {
            assert_eq!(text(&format!("{same}</p>")), "https://example.com");
        }
        assert_eq!(
            text("<p><a href='mailto:a@example.com'>a@example.com</a></p>"),
            "a@example.com"
        );
        assert_eq!(
            text("<p><a href='https://evil.example'>https://bank.example</a></p>"),
            "https://bank.example (https://evil.example)"
        );
        // It never ends.
        assert_eq!(
            text("<p>see <a href='https://a.example'>this</p>"),
            "see this (https://a.example)"
        );
    }

    #[test]
    fn nothing_that_people_wrote_is_lost() {
        assert_eq!(
            text("<p>Ann <ann@example.com> wrote: 1 < 2, a<b and 3 > 2</p>"),
            "Ann <ann@example.com> wrote: 1 < 2, a<b and 3 > 2"
        );
        assert_eq!(text("<p>a</p><a href=\"b>c"), "a\n\n<a href=\"b>c");
        assert_eq!(text("<p>a</p><!-- b"), "a\n\n<!-- b");
        assert_eq!(
            text("<p>a</p><style>b{}</style><script>c()</script>d"),
            "a\n\nd"
        );
        assert_eq!(text("<p>a</p><style>b and the rest"), "a\n\nb and the rest");
        assert_eq!(
            text("<p>a</p><textarea>b</textarea><o:p>c</o:p><my-own>d</my-own>"),
            "a\n\nb\n\nc<my-own>d</my-own>"
        );
        assert_eq!(
            text("<p style='display:none'>hidden</p>shown"),
            "hidden\n\nshown"
        );
    }

    #[test]
    fn nested_elements_take_time_and_room_in_proportion() {
        for (unit, most) in [
            ("<div>", 2),
            ("<blockquote>", 30),
            ("<ul><li>", 400_000),
            ("<table><tr><td>", 400_000),
            ("<a href=\"", 600_000),
            ("<a href=x>", 600_000),
            ("<a \"", 600_000),
            ("<!--", 600_000),
            ("<p <", 600_000),
        ] {
            let html = format!("<p></p>{}x", unit.repeat(20_000));
            let text = text(&html);
            assert!(text.ends_with('x') || text.ends_with("(x)"), "{unit}");
            assert!(text.len() <= most, "{unit}: {}", text.len());
        }
    }
}
