//! The grammar of `TicketSQL`, as RT's parser reads it: what it does not recognise between two tokens, it skips.

/// A query as parsed.
#[derive(Debug)]
pub(super) enum Parsed {
    Is(Condition),
    /// Conditions at the same level of parentheses. The last `AND` or `OR` between them joins them all.
    All(Vec<Parsed>),
    Any(Vec<Parsed>),
}

#[derive(Debug)]
pub(super) struct Condition {
    pub(super) key: String,
    /// In capital letters.
    pub(super) operator: String,
    pub(super) value: String,
}

/// What RT's parser expects next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Want {
    Keyword,
    Operator,
    Value,
    Aggregator,
}

impl Want {
    fn told(self) -> &'static str {
        match self {
            Self::Keyword => "OPEN_PAREN or KEYWORD",
            Self::Operator => "OPERATOR",
            Self::Value => "VALUE",
            Self::Aggregator => "AGGREGATOR",
        }
    }
}

/// Longer ones first.
const OPERATORS: [&str; 14] = [
    "NOT STARTSWITH",
    "NOT ENDSWITH",
    "NOT LIKE",
    "STARTSWITH",
    "ENDSWITH",
    "IS NOT",
    "LIKE",
    "IS",
    "!=",
    ">=",
    "<=",
    "=",
    ">",
    "<",
];

/// The conditions of a level of parentheses so far, and whether `OR` joins them.
#[derive(Default)]
struct Level {
    conditions: Vec<Parsed>,
    is_or: bool,
}

impl Level {
    fn parsed(self) -> Parsed {
        if self.is_or {
            Parsed::Any(self.conditions)
        } else {
            Parsed::All(self.conditions)
        }
    }
}

/// A message with the place in RT's source that its replies name.
pub(super) fn told(message: &str, line: u32) -> String {
    format!("{message} at /usr/share/request-tracker5/lib/RT/Tickets.pm line {line}.\n")
}

pub(super) fn parse(text: &str) -> Result<Parsed, String> {
    let mut want = Want::Keyword;
    let mut outer: Vec<Level> = Vec::new();
    let mut level = Level::default();
    let (mut key, mut operator) = (String::new(), String::new());
    let mut last = "";
    let mut rest = text;
    while let Some((skipped, token)) = next(rest) {
        let start = text.len() - rest.len() + skipped;
        let end = start + token.len();
        let wrong = || {
            let (before, after) = (text.get(..start).unwrap_or_default(), text.get(end..));
            let after = after.unwrap_or_default();
            let place = format!("{before}>{token}<--here{after}");
            let want = want.told();
            told(
                &format!("Wrong query, expecting a {want} in '{place}'"),
                3187,
            )
        };
        rest = text.get(end..).unwrap_or_default();
        let upper = token.to_uppercase();
        match want {
            Want::Keyword if token == "(" => {
                outer.push(std::mem::take(&mut level));
                last = "OPEN_PAREN";
            }
            Want::Keyword if is_word(token) => {
                key = unquoted(token);
                (want, last) = (Want::Operator, "KEYWORD");
            }
            Want::Operator if OPERATORS.contains(&upper.as_str()) => {
                operator = upper;
                (want, last) = (Want::Value, "OPERATOR");
            }
            Want::Value if is_word(token) => {
                let is_name = token.starts_with(|first: char| first.is_ascii_alphabetic());
                if is_name && upper != "NULL" && !upper.starts_with("CF.") {
                    let message = format!("Wrong query, no such column '{token}' in '{text}'");
                    return Err(told(&message, 3462));
                }
                let condition = Parsed::Is(Condition {
                    key: std::mem::take(&mut key),
                    operator: std::mem::take(&mut operator),
                    value: unquoted(token),
                });
                level.conditions.push(condition);
                (want, last) = (Want::Aggregator, "VALUE");
            }
            Want::Aggregator if upper == "AND" || upper == "OR" => {
                level.is_or = upper == "OR";
                (want, last) = (Want::Keyword, "AGGREGATOR");
            }
            Want::Aggregator if token == ")" => {
                let Some(around) = outer.pop() else {
                    return Err(wrong());
                };
                let inner = std::mem::replace(&mut level, around);
                level.conditions.push(inner.parsed());
                last = "CLOSE_PAREN";
            }
            _ => return Err(wrong()),
        }
    }
    if want != Want::Aggregator {
        let message = format!(
            "Incomplete query, last element ({last}) is not close paren or value in '{text}'"
        );
        return Err(told(&message, 3187));
    }
    if !outer.is_empty() {
        let message = format!(
            "Incomplete query, {} unclosed paren in '{text}'",
            outer.len()
        );
        return Err(told(&message, 3187));
    }
    Ok(level.parsed())
}

/// The first token of a text, after how many bytes that are none.
fn next(text: &str) -> Option<(usize, &str)> {
    let mut places = text.char_indices();
    places.find_map(|(start, _)| {
        let rest = text.get(start..)?;
        Some((start, rest.get(..length(rest)?)?))
    })
}

/// The length of the token that a text begins with.
fn length(text: &str) -> Option<usize> {
    let begins = |word: &&str| {
        text.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    if let Some(operator) = OPERATORS.iter().find(|operator| begins(operator)) {
        let is_word = operator.ends_with(|last: char| last.is_alphabetic());
        let follows = text
            .get(operator.len()..)
            .and_then(|rest| rest.chars().next());
        if !is_word || !follows.is_some_and(is_of_word) {
            return Some(operator.len());
        }
    }
    if begins(&"CF.{") {
        // At least one character, up to the first brace.
        let name = text.get(4..)?;
        let close = name
            .char_indices()
            .skip(1)
            .find(|(_, letter)| *letter == '}')?;
        return Some(4 + close.0 + 1);
    }
    let first = text.chars().next()?;
    match first {
        '(' | ')' => Some(1),
        '\'' | '"' => quoted(text, first),
        '+' | '-' => {
            let digits = text
                .get(1..)?
                .bytes()
                .take_while(u8::is_ascii_digit)
                .count();
            (digits > 0).then_some(digits + 1)
        }
        _ if is_of_word(first) => {
            let word = text.chars().take_while(|next| is_of_word(*next));
            Some(word.map(char::len_utf8).sum())
        }
        _ => None,
    }
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || "_.{}".contains(letter)
}

/// The length of a quoted text, in which a backslash keeps the next character from ending it.
fn quoted(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    let mut places = text.char_indices().skip(1);
    let end = places.find(|(_, letter)| {
        let is_end = !escaped && *letter == quote;
        escaped = !escaped && *letter == '\\';
        is_end
    });
    end.map(|(place, _)| place + 1)
}

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| is_of_word(first) || "'\"+-".contains(first))
}

/// A token without its quotes and backslashes.
fn unquoted(token: &str) -> String {
    let inner = match token.chars().next() {
        Some('\'' | '"') => token.get(1..token.len() - 1).unwrap_or_default(),
        _ => token,
    };
    let mut plain = String::new();
    let mut letters = inner.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '\\' => plain.extend(letters.next()),
            _ => plain.push(letter),
        }
    }
    plain
}
