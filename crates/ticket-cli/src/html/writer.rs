//! Writes the text of elements, line by line.

/// How many quotations and lists a line shows that it is in.
const DEEPEST: usize = 8;

/// What a mail program puts into a text to steer line breaks, or to fill a preview; nobody sees it.
const INVISIBLE: [char; 7] = [
    '\u{ad}', '\u{34f}', '\u{200b}', '\u{200c}', '\u{200d}', '\u{2060}', '\u{feff}',
];

/// The text so far, and what stands between it and the next word.
#[derive(Default)]
pub(super) struct Writer {
    text: String,
    /// How many line breaks stand before the next word.
    breaks: usize,
    /// Whether a blank stands before the next word of the same line.
    is_apart: bool,
    /// Whether the next word of the same line is in another cell of a table.
    is_next_cell: bool,
    /// What the next line begins with, if it begins an item of a list.
    marker: Option<String>,
    quotes: usize,
    /// `quotes` of the last line.
    last_quotes: usize,
    /// The number of the last item for each list, of those that are numbered.
    lists: Vec<Option<usize>>,
    /// How many elements that keep their line breaks are open.
    verbatim: usize,
    /// The address of the open link, and where its text begins.
    link: Option<(String, usize)>,
    /// The open element that nobody sees, and its text.
    skipped: Option<(String, String)>,
}

impl Writer {
    pub(super) fn begin(&mut self, name: &str, attribute: &dyn Fn(&str) -> Option<String>) {
        if self.skipped.is_some() {
            return;
        }
        match name {
            "script" | "style" | "title" => self.skipped = Some((name.to_owned(), String::new())),
            "br" => self.breaks += 1,
            "hr" => {
                self.block(1);
                self.word("---");
                self.block(1);
            }
            "img" => self.picture(attribute),
            "a" => {
                self.end_link();
                if let Some(address) = attribute("href") {
                    self.link = Some((address, self.text.len()));
                }
            }
            "q" => self.word("\""),
            "blockquote" => {
                self.block(2);
                self.quotes += 1;
            }
            "ul" | "ol" | "menu" | "dir" => {
                self.block(2);
                let start = attribute("start").and_then(|start| start.parse::<usize>().ok());
                let last = start.map_or(0, |start| start.saturating_sub(1));
                self.lists.push((name == "ol").then_some(last));
            }
            "li" => {
                self.block(1);
                self.marker = Some(match self.lists.last_mut() {
                    Some(Some(number)) => {
                        *number = number.saturating_add(1);
                        format!("{number}. ")
                    }
                    _ => "- ".to_owned(),
                });
            }
            "td" | "th" => self.is_next_cell = true,
            "pre" | "textarea" => {
                self.block(2);
                self.verbatim += 1;
            }
            _ => self.block(breaks_around(name)),
        }
    }

    pub(super) fn end(&mut self, name: &str) {
        if let Some((skipped, _)) = &self.skipped {
            if skipped == name {
                self.skipped = None;
            }
            return;
        }
        match name {
            "br" => self.breaks += 1,
            "a" => self.end_link(),
            "q" => self.word("\""),
            "blockquote" => {
                self.block(2);
                self.quotes = self.quotes.saturating_sub(1);
            }
            "ul" | "ol" | "menu" | "dir" => {
                self.lists.pop();
                self.block(2);
            }
            "li" => {
                self.block(1);
                self.marker = None;
            }
            "pre" | "textarea" => {
                self.verbatim = self.verbatim.saturating_sub(1);
                self.block(2);
            }
            _ => self.block(breaks_around(name)),
        }
    }

    pub(super) fn text(&mut self, text: &str) {
        if let Some((_, skipped)) = &mut self.skipped {
            skipped.push_str(text);
            return;
        }
        for character in text.chars() {
            match character {
                '\n' if self.verbatim > 0 => self.breaks += 1,
                '\r' if self.verbatim > 0 => {}
                _ if INVISIBLE.contains(&character) => {}
                _ if self.verbatim > 0 => self.push(character),
                _ if character.is_ascii_whitespace() => self.is_apart = true,
                '\u{a0}' => self.push(' '),
                _ => self.push(character),
            }
        }
    }

    pub(super) fn finish(mut self) -> String {
        self.end_link();
        // An element that nobody sees, and that does not end, would hide the rest.
        if let Some((_, hidden)) = self.skipped.take() {
            self.block(1);
            self.text(&hidden);
        }
        self.text.truncate(self.text.trim_end().len());
        self.text
    }

    /// At least so many line breaks before the next word.
    fn block(&mut self, breaks: usize) {
        // An item stands together.
        let is_in_item = self.marker.is_some() || !self.lists.is_empty();
        let most = if is_in_item { 1 } else { breaks };
        self.breaks = self.breaks.max(breaks.min(most));
    }

    fn word(&mut self, word: &str) {
        word.chars().for_each(|character| self.push(character));
    }

    fn push(&mut self, character: char) {
        self.begin_word();
        self.text.push(character);
    }

    /// Writes what stands before the next word.
    fn begin_word(&mut self) {
        let (breaks, is_apart) = (std::mem::take(&mut self.breaks), self.is_apart);
        let is_next_cell = std::mem::take(&mut self.is_next_cell);
        self.is_apart = false;
        let is_first = self.text.is_empty();
        if breaks > 0 || is_first || self.marker.is_some() {
            if !is_first {
                let depth = self.quotes.min(self.last_quotes).min(DEEPEST);
                let blank = "> ".repeat(depth);
                for _ in 1..breaks {
                    self.text.push('\n');
                    self.text.push_str(blank.trim_end());
                }
                self.text.push('\n');
            }
            self.begin_line();
        } else if is_next_cell {
            self.text.push_str(" | ");
        } else if is_apart && !self.text.ends_with(' ') {
            self.text.push(' ');
        }
    }

    fn begin_line(&mut self) {
        self.last_quotes = self.quotes;
        self.text.push_str(&"> ".repeat(self.quotes.min(DEEPEST)));
        let depth = self.lists.len().min(DEEPEST);
        match self.marker.take() {
            Some(marker) => {
                self.text.push_str(&"  ".repeat(depth.saturating_sub(1)));
                self.text.push_str(&marker);
            }
            None => self.text.push_str(&"  ".repeat(depth)),
        }
    }

    fn picture(&mut self, attribute: &dyn Fn(&str) -> Option<String>) {
        let is_dot = |name| matches!(attribute(name).as_deref().map(str::trim), Some("0" | "1"));
        if is_dot("width") || is_dot("height") {
            return;
        }
        let name = attribute("alt").unwrap_or_default();
        self.word(match name.trim() {
            "" => "[picture",
            _ => "[picture: ",
        });
        self.text(name.trim());
        self.word("]");
    }

    /// Writes the address of the open link, unless that is its text.
    fn end_link(&mut self) {
        let Some((address, start)) = self.link.take() else {
            return;
        };
        let address: String = address.split_whitespace().collect();
        let bare = ["mailto:", "tel:", "https://", "http://"]
            .iter()
            .find_map(|scheme| address.strip_prefix(scheme));
        let bare = bare.unwrap_or(&address).trim_end_matches('/');
        let text = self.text.get(start..).unwrap_or_default().trim();
        let is_told = [bare, address.trim_end_matches('/')].contains(&text.trim_end_matches('/'));
        if !is_told && !bare.is_empty() && !address.starts_with('#') {
            let breaks = std::mem::take(&mut self.breaks);
            self.is_apart = true;
            let shown = address.strip_prefix("mailto:").unwrap_or(&address);
            self.word(&format!("({shown})"));
            self.breaks = breaks;
        }
    }
}

/// How many line breaks stand before and behind an element.
fn breaks_around(name: &str) -> usize {
    match name {
        "p" | "dl" | "h1" | "h2" | "h3" | "h4" | "h5" | "h6" => 2,
        "address" | "article" | "aside" | "body" | "button" | "caption" | "center" | "dd"
        | "details" | "div" | "dt" | "fieldset" | "figcaption" | "figure" | "footer" | "form"
        | "header" | "hgroup" | "html" | "legend" | "main" | "nav" | "optgroup" | "option"
        | "search" | "section" | "select" | "summary" | "table" | "tbody" | "tfoot" | "thead"
        | "tr" => 1,
        _ => 0,
    }
}
