//! Errors that end a command: the exit code, the output for programs and for people, and the hint. Outcomes
//! of single tickets are in `commands/bulk`.

use std::io::{self, IsTerminal as _, Write as _};
use std::process::ExitCode;

use serde::Serialize;
use tickets::diagnosis::{Diagnosis, ErrorObject, Hint};
use tickets::{Effect, Error, ErrorKind, TicketRef};

use crate::args::OutputFormat;
use crate::status::say;
use crate::{options, record, text};

/// Maximum number of hints.
const HINTS: usize = 4;

/// The exit code of the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Everything succeeded.
    Done = 0,
    /// Something failed or is unknown.
    Failed = 1,
    /// Wrong usage or input; nothing was sent.
    Refused = 2,
    /// Configuration or credentials are missing; nothing was sent.
    Unconfigured = 3,
    /// A list is incomplete.
    Incomplete = 4,
    /// A job was stopped by SIGHUP and can be continued.
    HungUp = 129,
    /// A job was stopped by Ctrl-C and can be continued.
    Interrupted = 130,
    /// A job was stopped by SIGTERM and can be continued.
    Terminated = 143,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// The JSON of an error that ends the command, with a hint if there is one.
#[derive(Serialize)]
pub(crate) struct ErrorWithHint {
    #[serde(flatten)]
    object: ErrorObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// An error that ends the command.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    /// What the error is about: a ticket, an account, a file.
    place: Option<String>,
    object: Box<ErrorObject>,
    hint: Option<String>,
    /// The reader of the output is gone, so nothing is printed.
    silent: bool,
    /// Further errors, which are printed after this one.
    others: Vec<Failure>,
}

impl Failure {
    /// Creates the error for wrong arguments or a wrong input file.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Error::invalid_input(message).into()
    }

    /// Creates the error for a configuration that cannot be used.
    pub(crate) fn unconfigured(message: impl Into<String>) -> Self {
        Error::config(message).into()
    }

    /// Creates the error for a call in flight that the user stopped.
    pub(crate) fn not_waited_for(unanswered: Diagnosis) -> Self {
        let mut failure = Self::from(unanswered);
        failure.object.kind = "local";
        failure
    }

    /// Creates the error for output that cannot be written.
    pub(crate) fn output(error: &io::Error) -> Self {
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref());
        if let Some(Diagnosis { place, error, .. }) = inner {
            return Self {
                place: place.clone(),
                ..Self::local(error.message())
            };
        }
        let mut failure = Self::local(format!("the output cannot be written: {error}"));
        failure.silent = error.kind() == io::ErrorKind::BrokenPipe;
        failure
    }

    /// Creates the error for a change whose outcome could not be printed.
    pub(crate) fn changed_but_unprinted(
        outcome: &str,
        ticket: &TicketRef,
        error: &io::Error,
    ) -> Self {
        Self::local(format!(
            "{outcome}, but the output cannot be written: {error}"
        ))
        .after_a_change()
        .at(ticket.to_string())
    }

    /// Sets the effect to unknown, because something was or may have been changed before the error.
    pub(crate) fn after_a_change(mut self) -> Self {
        self.object.effect = Effect::Unknown.as_str();
        self
    }

    /// Creates the error for a local failure that is neither input nor configuration.
    pub(crate) fn local(message: impl AsRef<str>) -> Self {
        Self {
            exit: Exit::Failed,
            place: None,
            object: Box::new(ErrorObject::local(message)),
            hint: None,
            silent: false,
            others: Vec::new(),
        }
    }

    /// Creates the error for work that a signal ended, with its exit code.
    pub(crate) fn stopped(message: &str, exit: Exit) -> Self {
        Self {
            exit,
            ..Self::local(message)
        }
    }

    /// All of these errors as one, and a message after them if there are several. The exit code is that for
    /// wrong input if one of them is that.
    pub(crate) fn all(failures: Vec<Self>, end: String) -> Option<Self> {
        let mut failures = failures.into_iter();
        let mut first = failures.next()?;
        first.others = failures.collect();
        if !first.others.is_empty() {
            if first.others.iter().any(|other| other.exit == Exit::Refused) {
                first.exit = Exit::Refused;
            }
            first.others.push(Self::refused(end));
        }
        Some(first)
    }

    /// Sets what the error is about.
    pub(crate) fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Adds where that is: a line of a file.
    pub(crate) fn within(self, place: String) -> Self {
        let place = match &self.place {
            Some(inner) => format!("{place}: {inner}"),
            None => place,
        };
        self.at(place)
    }

    /// Sets the hint, if there is one.
    pub(crate) fn hinting(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into().or(self.hint);
        self
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Whether the vendor does not accept the credentials.
    pub(crate) fn is_refusal_of_credentials(&self) -> bool {
        let kinds = [ErrorKind::Unauthenticated, ErrorKind::TokenExpired];
        kinds.iter().any(|kind| kind.as_str() == self.object.kind)
    }

    /// What went wrong, without the hint.
    pub(crate) fn sentence(&self) -> String {
        let place = self.place.iter().map(|place| text::line(place) + ": ");
        place.collect::<String>() + &text::line(&self.object.sentence())
    }

    /// What went wrong, without the place and the hint.
    pub(crate) fn message(&self) -> String {
        text::line(&self.object.sentence())
    }

    /// What can be done about it, if that is known.
    pub(crate) fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The error for programs.
    pub(crate) fn to_json(&self) -> ErrorWithHint {
        let mut object = self.object.clone();
        object.message = text::line(&object.message);
        if let Some(place) = &self.place {
            object.message = format!("{}: {}", text::line(place), object.message);
        }
        let hint = self.hint.as_deref().map(text::line);
        ErrorWithHint {
            object: *object,
            hint,
        }
    }

    /// Prints the error on stderr, and each hint once: as JSON if a program reads it. Errors of stderr are ignored.
    pub(crate) fn print(&self, format: OutputFormat) {
        let is_json = format.is_json() && !io::stderr().is_terminal();
        let all = || std::iter::once(self).chain(&self.others);
        all().for_each(|failure| failure.print_one(is_json));
        if !is_json && !self.silent {
            let mut hints: Vec<&str> = Vec::new();
            for hint in all().filter_map(|one| one.hint.as_deref()) {
                if hints.len() < HINTS && !hints.contains(&hint) {
                    hints.push(hint);
                }
            }
            for hint in hints {
                say(&format!("hint: {}", text::line(hint)));
            }
        }
    }

    fn print_one(&self, is_json: bool) {
        if self.silent {
            return;
        }
        if !is_json {
            return say(&format!("error: {}", self.sentence()));
        }
        let mut stderr = anstream::stderr().lock();
        let _ = match record::json(&self.to_json()) {
            Ok(json) => writeln!(stderr, "{json}"),
            Err(error) => writeln!(stderr, "error: {error}"),
        };
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let exit = match error.kind() {
            ErrorKind::Incomplete => Exit::Incomplete,
            ErrorKind::Config => Exit::Unconfigured,
            // Without a status, this process rejected it before anything was sent.
            ErrorKind::InvalidInput | ErrorKind::Unsupported
                if error.status().is_none() && error.effect() == Effect::None =>
            {
                Exit::Refused
            }
            _ => Exit::Failed,
        };
        let mut object: Box<ErrorObject> = Box::new(error.into());
        if exit == Exit::Refused {
            object.message = options::named_in(&object.message);
        }
        Self {
            exit,
            object,
            ..Self::local("")
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

impl From<Diagnosis> for Failure {
    fn from(wrong: Diagnosis) -> Self {
        Self {
            place: wrong.place,
            hint: wrong.hint.as_ref().map(words),
            ..Self::from(wrong.error)
        }
    }
}

/// The hint, with the names of this command and its options.
pub(crate) fn words(hint: &Hint) -> String {
    match hint {
        Hint::Look(Some(ticket)) => format!(
            "the request may have succeeded; check with `tickets get {}` before retrying",
            text::line(&ticket.to_string())
        ),
        Hint::Look(None) => {
            "the request may have succeeded; check in the vendor's web UI before retrying"
                .to_owned()
        }
        Hint::Environment => {
            "`tickets providers` lists the environment variables; --sandbox needs none".to_owned()
        }
        Hint::Accounts => format!("{hint}; `tickets auth login` adds one"),
        Hint::MoreTime => "--timeout SECONDS allows more time".to_owned(),
        Hint::Capabilities => "`tickets providers` shows what each provider can do".to_owned(),
        hint => hint.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use tickets::Operation;

    use super::*;

    #[test]
    fn exit_code_is_2_or_3_only_if_nothing_was_sent() {
        let exit = |error: Error| Failure::from(error).exit();
        assert_eq!(exit(Error::config("x")), Exit::Unconfigured);
        assert_eq!(exit(Error::invalid_input("x")), Exit::Refused);
        assert_eq!(
            exit(Error::invalid_input("x").with_status(400)),
            Exit::Failed
        );
        assert_eq!(
            exit(Error::invalid_input("x").with_effect(Effect::Unknown)),
            Exit::Failed
        );
        assert_eq!(exit(Error::unsupported("x", Operation::Get)), Exit::Refused);
        assert_eq!(
            exit(Error::new(ErrorKind::Unauthenticated, "x")),
            Exit::Failed
        );
        assert_eq!(exit(Error::new(ErrorKind::Connect, "x")), Exit::Failed);
    }
}
