//! Expressions in jq's language.

mod bounded;
mod budget;
mod counted;
mod natives;
mod regexes;

use std::fmt;
use std::sync::Arc;

use jaq_core::ValT as _;
use jaq_core::compile;
use jaq_core::load::{self, Arena, File, Loader};
use ticket_core::model::bounded;
use ticket_core::{Error, Result, Ticket};

use self::bounded::Bounded;
use self::budget::Ended;
use self::counted::Counted;

/// An expression in the language of [jq](https://jqlang.org), as [jaq](https://docs.rs/jaq-core) understands it: a
/// condition of tickets, or a filter of JSON.
///
/// An expression cannot read files, variables of the environment, the clock or other tickets. It always comes to an end:
/// after two million steps, and 24 more for each byte of the input, it fails. Eight bytes of text, a place in an array,
/// and each value that is compared or written are a step too, so its memory has a limit: a few hundred megabytes for a small
/// input. It also fails if it calls itself too deeply, or if a regular expression is too large.
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
    filter: Arc<jaq_core::Filter<Bounded>>,
}

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
        let natives = jaq_core::funs::<Bounded>()
            .chain(jaq_std::funs())
            .filter(|(name, ..)| {
                !LEFT_OUT.contains(name) && natives::replaced().all(|replaced| replaced != *name)
            })
            .chain(natives::natives());
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

    /// Whether the ticket, as `serde_json` writes it, meets this condition. As in `jq -e`, the last output decides: the
    /// ticket meets the condition unless that is `null` or `false`, or there is none.
    ///
    /// # Errors
    ///
    /// `InvalidInput`, naming the ticket, if the expression fails on it. The message says nothing of the ticket's texts.
    pub fn holds_for(&self, ticket: &Ticket) -> Result<bool> {
        let failed = |why: &str| {
            let message = format!("the condition fails on this ticket{why}");
            Error::invalid_input(message).on_ticket(&ticket.id)
        };
        let json = serde_json::to_vec(ticket).map_err(|_| failed(""))?;
        let last = bounded::run(&self.filter, &json, |outputs| {
            let mut last = false;
            for output in outputs {
                last = output?.as_bool();
            }
            Ok::<_, jaq_core::Error<Counted>>(last)
        });
        last.map_err(|ended| failed(reason(ended)))?
            .map_err(|_| failed(""))
    }

    /// The outputs for this JSON, each as JSON on one line.
    ///
    /// ```
    /// use tickets::find::Jq;
    ///
    /// let subjects = Jq::compile(".[].subject")?;
    /// assert_eq!(subjects.outputs(r#"[{"subject":"Printer"}]"#)?, [r#""Printer""#]);
    /// # Ok::<(), tickets::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the expression fails, or `json` is not JSON. The message may quote the input.
    pub fn outputs(&self, json: &str) -> Result<Vec<String>> {
        let outputs = bounded::run(&self.filter, json.as_bytes(), |outputs| {
            let texts = outputs.map(|output| match output {
                Ok(value) => Ok(value.to_string()),
                Err(error) => Err(error.to_string()),
            });
            texts.collect::<std::result::Result<Vec<_>, String>>()
        });
        let failed = |why: &str| Error::invalid_input(format!("the expression fails{why}"));
        outputs
            .map_err(|ended| failed(reason(ended)))?
            .map_err(|why| failed(&format!(": {}", bounded(&why, MAX_REASON))))
    }
}

/// Why an expression ended early, behind the words that it failed.
fn reason(ended: Ended) -> &'static str {
    match ended {
        Ended::TooMuch => ": it takes too much time or memory",
        Ended::TooDeep => ": it calls itself too deeply",
        Ended::Failed => "",
    }
}

/// How many characters of jaq's own reason a message shows: it may quote the input.
const MAX_REASON: usize = 200;

fn refused(why: &str) -> Error {
    Error::invalid_input(format!("this is not a jq expression: {why}"))
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
