//! Conditions in jq's language.

use std::fmt;
use std::sync::Arc;

use jaq_core::load::{self, Arena, File, Loader};
use jaq_core::{Ctx, Vars, compile, data};
use jaq_json::{Val, read};
use ticket_core::model::bounded;
use ticket_core::{Error, Result, Ticket};

/// A condition in the language of [jq](https://jqlang.org), as [jaq](https://docs.rs/jaq-core) understands it.
///
/// It is given a ticket as `serde_json` writes it. As in `jq -e`, the last output decides: the ticket meets the
/// condition unless that is `null` or `false`, or there is none. An expression cannot read files, variables of the
/// environment, the clock or other tickets. How long it computes is not limited.
///
/// Cloning is cheap. `Debug` does not print the expression.
///
/// ```
/// use tickets::find::Jq;
/// use tickets::Ticket;
/// use tickets::model::{RawJson, RawValue};
///
/// let condition = Jq::compile(r#".subject // "" | test("^spam"; "i")"#)?;
/// let raw = RawValue::from_string("{}".to_owned()).unwrap();
/// let mut ticket = Ticket::new("121", RawJson::from(raw));
/// assert!(!condition.holds_for(&ticket)?);
/// ticket.subject = Some("Spam, spam".to_owned());
/// assert!(condition.holds_for(&ticket)?);
/// # Ok::<(), tickets::Error>(())
/// ```
#[derive(Clone)]
pub struct Jq {
    filter: Arc<jaq_core::Filter<Data>>,
}

type Data = data::JustLut<Val>;

/// What the standard library has beyond values: the environment, messages to the terminal, and the end of the process.
const LEFT_OUT: &[&str] = &["env", "debug_empty", "stderr_empty", "halt", "now"];

/// The definitions that need those.
const LEFT_OUT_DEFINITIONS: &[&str] = &["stderr", "debug", "halt", "halt_error"];

impl Jq {
    /// Compiles an expression.
    ///
    /// # Errors
    ///
    /// `InvalidInput`, with what is wrong.
    pub fn compile(expression: &str) -> Result<Self> {
        let definitions = jaq_core::defs()
            .chain(jaq_std::defs().filter(|def| !LEFT_OUT_DEFINITIONS.contains(&def.name)))
            .chain(jaq_json::defs());
        let natives = jaq_core::funs::<Data>()
            .chain(jaq_std::funs().filter(|(name, ..)| !LEFT_OUT.contains(name)))
            .chain(jaq_json::funs());
        let arena = Arena::default();
        let program = File {
            code: expression,
            path: (),
        };
        let modules = Loader::new(definitions).load(&arena, program);
        let modules = modules.map_err(|errors| refused(&not_loaded(&errors)))?;
        let compiler = jaq_core::Compiler::default().with_funs(natives);
        let filter = compiler.compile(modules);
        let filter = filter.map_err(|errors| refused(&not_compiled(&errors)))?;
        Ok(Self {
            filter: Arc::new(filter),
        })
    }

    /// Whether the ticket meets the condition.
    ///
    /// # Errors
    ///
    /// `InvalidInput`, naming the ticket, if the expression fails on it. The message says nothing of the ticket's texts.
    pub fn holds_for(&self, ticket: &Ticket) -> Result<bool> {
        let failed =
            || Error::invalid_input("the condition fails on this ticket").on_ticket(&ticket.id);
        let json = serde_json::to_vec(ticket).map_err(|_| failed())?;
        if is_too_deep(&json) {
            return Err(failed());
        }
        let value = read::parse_single(&json).map_err(|_| failed())?;
        let context = Ctx::<Data>::new(&self.filter.lut, Vars::new([]));
        let mut last = false;
        for output in self.filter.id.run((context, value)) {
            let output = output.map_err(|_| failed())?;
            last = !matches!(output, Val::Null | Val::Bool(false));
        }
        Ok(last)
    }
}

/// How deep the values of a ticket may be nested: jq's own limit is of this size, and each level takes a piece of the stack.
const MAX_DEPTH: usize = 256;

fn is_too_deep(json: &[u8]) -> bool {
    let (mut depth, mut is_text, mut is_escaped) = (0_usize, false, false);
    for byte in json {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_text => is_escaped = true,
            b'"' => is_text = !is_text,
            b'[' | b'{' if !is_text => depth += 1,
            b']' | b'}' if !is_text => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth > MAX_DEPTH {
            return true;
        }
    }
    false
}

fn refused(why: &str) -> Error {
    Error::invalid_input(format!("the condition is not a jq expression: {why}"))
}

/// How many characters of the expression a message shows.
const MAX_SHOWN: usize = 60;

fn not_loaded(errors: &load::Errors<&str, ()>) -> String {
    let expected = |what: &str, rest: &str| match rest {
        "" => format!("{what} expected at the end"),
        rest => format!("{what} expected at `{}`", bounded(rest, MAX_SHOWN)),
    };
    let first = errors.iter().find_map(|(_, error)| match error {
        load::Error::Lex(errors) => errors
            .first()
            .map(|(what, rest)| expected(what.as_str(), rest)),
        load::Error::Parse(errors) => errors
            .first()
            .map(|(what, rest)| expected(what.as_str(), rest)),
        load::Error::Io(_) => Some("modules cannot be read".to_owned()),
    });
    first.unwrap_or_default()
}

fn not_compiled(errors: &compile::Errors<&str, ()>) -> String {
    let first = errors.iter().find_map(|(_, errors)| errors.first());
    first.map_or_else(String::new, |(name, what)| {
        format!(
            "there is no {} `{}`",
            what.as_str(),
            bounded(name, MAX_SHOWN)
        )
    })
}

impl fmt::Debug for Jq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Jq").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use ticket_core::model::RawValue;

    use super::*;

    #[test]
    fn json_that_is_nested_without_end_is_refused_and_brackets_in_texts_do_not_count() {
        let condition = Jq::compile("true").unwrap();
        let holds = |raw: String| {
            let raw = RawValue::from_string(raw).unwrap();
            condition.holds_for(&Ticket::new("1", raw))
        };
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(holds(nested(100)).unwrap());
        assert!(holds(format!("\"\\\"{}\"", "[".repeat(1_000))).unwrap());
        assert!(holds(nested(100_000)).is_err());
    }
}
