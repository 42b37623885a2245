//! Why a command ended early: its exit code, the error object for programs, and words for people with
//! what can be done about it. Not for what became of single tickets of many: see `commands/bulk`.

use std::io::{self, Write as _};
use std::process::ExitCode;

use serde::Serialize;
use tickets::{Effect, Error, ErrorKind, Operation, TicketRef};

use crate::accounts::Account;
use crate::args::Form;
use crate::text;

/// How the command ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// All done.
    Done = 0,
    /// Something failed or is unknown.
    Failed = 1,
    /// Wrong usage or input; nothing was sent.
    Refused = 2,
    /// Configuration or credentials are missing; nothing was sent.
    Unconfigured = 3,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// An error as programs read it.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct ErrorObject {
    pub(crate) kind: &'static str,
    pub(crate) effect: &'static str,
    pub(crate) message: String,
    pub(crate) status: Option<u16>,
    pub(crate) retry_after_s: Option<u64>,
}

impl From<&Error> for ErrorObject {
    fn from(error: &Error) -> Self {
        let tried = match error.attempts() {
            0 | 1 => String::new(),
            attempts => format!("; tried {attempts} times"),
        };
        let words = error.vendor_message();
        let words = words.map(|words| format!("; the vendor says: \"{words}\""));
        let message = error.message().to_owned() + &tried + &words.unwrap_or_default();
        Self {
            kind: error.kind().as_str(),
            effect: error.effect().as_str(),
            message: text::line(&message),
            status: error.status(),
            // Rounded up: who waits a little less waits for nothing.
            retry_after_s: error
                .retry_after()
                .map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0)),
        }
    }
}

impl ErrorObject {
    /// The message for people, on one line.
    pub(crate) fn sentence(&self) -> String {
        match self.status {
            Some(status) => format!("{} (HTTP {status})", self.message),
            None => self.message.clone(),
        }
    }
}

/// The same where it ends the command: with what can be done, if anything is known.
#[derive(Serialize)]
struct Hinted {
    #[serde(flatten)]
    object: ErrorObject,
    #[serde(skip_serializing_if = "Option::is_none")]
    hint: Option<String>,
}

/// Why a command ended early.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: Exit,
    /// A ticket, an account, a file: whatever it was about.
    place: Option<String>,
    object: Box<ErrorObject>,
    hint: Option<String>,
    /// The reader of the output went away: there is nobody to tell.
    silent: bool,
}

impl Failure {
    /// Something in the arguments or an input file is wrong.
    pub(crate) fn refused(message: impl Into<String>) -> Self {
        Error::invalid_input(message).into()
    }

    /// A call about one ticket or one account failed.
    pub(crate) fn of_call(error: &Error, account: &Account, ticket: Option<&TicketRef>) -> Self {
        let place = ticket.map_or_else(|| account.name.clone(), ToString::to_string);
        let hint = hint(error, account, ticket);
        Self::from(error).at(place).hinting(hint)
    }

    /// A call was on its way when it was stopped.
    pub(crate) fn not_waited_for(
        operation: Operation,
        account: &Account,
        ticket: Option<&TicketRef>,
    ) -> Self {
        let done = match operation {
            Operation::Create => "the ticket may exist",
            _ => "the ticket may have changed",
        };
        let place = ticket.map_or_else(|| account.name.clone(), ToString::to_string);
        Self::local(format!("stopped while the request was on its way: {done}"))
            .after_a_change()
            .at(place)
            .hinting(look(Some(operation), ticket))
    }

    /// The output could not be written.
    pub(crate) fn output(error: &io::Error) -> Self {
        let mut failure = Self::local(format!("the output cannot be written: {error}"));
        failure.silent = error.kind() == io::ErrorKind::BrokenPipe;
        failure
    }

    /// What was done to a ticket could not be printed.
    pub(crate) fn unsaid(outcome: &str, ticket: &TicketRef, error: &io::Error) -> Self {
        Self::local(format!(
            "{outcome}, but the output cannot be written: {error}"
        ))
        .after_a_change()
        .at(ticket.to_string())
    }

    /// Says that something was or may have been changed before: whoever takes it for undone would do it twice.
    pub(crate) fn after_a_change(mut self) -> Self {
        self.object.effect = Effect::Unknown.as_str();
        self
    }

    /// Something failed on this computer that is neither input nor configuration.
    pub(crate) fn local(message: String) -> Self {
        let object = ErrorObject {
            kind: "local",
            effect: Effect::None.as_str(),
            message,
            status: None,
            retry_after_s: None,
        };
        Self {
            exit: Exit::Failed,
            place: None,
            object: Box::new(object),
            hint: None,
            silent: false,
        }
    }

    /// Says what it was about.
    pub(crate) fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Says what can be done.
    pub(crate) fn hinting(mut self, hint: impl Into<Option<String>>) -> Self {
        self.hint = hint.into().or(self.hint);
        self
    }

    pub(crate) fn exit(&self) -> Exit {
        self.exit
    }

    /// Prints it on stderr. If that fails there is nobody left to tell.
    pub(crate) fn print(&self, form: Form) {
        let mut stderr = anstream::stderr().lock();
        let mut object = self.object.clone();
        object.message = text::line(&object.message);
        let _ = if self.silent {
            Ok(())
        } else if form.is_json() {
            if let Some(place) = &self.place {
                object.message = format!("{}: {}", text::line(place), object.message);
            }
            let hint = self.hint.as_deref().map(text::line);
            match serde_json::to_string(&Hinted {
                object: *object,
                hint,
            }) {
                Ok(json) => writeln!(stderr, "{json}"),
                Err(error) => writeln!(stderr, "error: {error}"),
            }
        } else {
            let place = self.place.iter().map(|place| text::line(place) + ": ");
            let place: String = place.collect();
            writeln!(stderr, "error: {place}{}", object.sentence()).and_then(|()| {
                match &self.hint {
                    Some(hint) => writeln!(stderr, "hint: {}", text::line(hint)),
                    None => Ok(()),
                }
            })
        };
    }
}

impl From<&Error> for Failure {
    fn from(error: &Error) -> Self {
        let exit = match error.kind() {
            ErrorKind::Config => Exit::Unconfigured,
            // Without a status it was refused here, before anything was sent.
            ErrorKind::InvalidInput | ErrorKind::Unsupported
                if error.status().is_none() && error.effect() == Effect::None =>
            {
                Exit::Refused
            }
            _ => Exit::Failed,
        };
        Self {
            exit,
            object: Box::new(error.into()),
            ..Self::local(String::new())
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::from(&error)
    }
}

/// What can be done about an error of a call, in one line.
pub(crate) fn hint(error: &Error, account: &Account, ticket: Option<&TicketRef>) -> Option<String> {
    if error.effect() == Effect::Unknown {
        return Some(look(error.operation(), ticket));
    }
    Some(match error.kind() {
        ErrorKind::Unauthenticated | ErrorKind::TokenExpired => {
            let place = account.place_of(|setting| setting.secret);
            // Providers name their variables themselves, but do not know of files.
            if error.message().contains(&place) {
                return None;
            }
            format!("check {place}")
        }
        ErrorKind::Config => format!("see {}", account.place_of(|setting| setting.default.is_none())),
        ErrorKind::Forbidden => {
            "the credentials are known, but do not allow this; whoever administers the account can change that"
                .to_owned()
        }
        ErrorKind::Connect => format!(
            "the address comes from {}",
            account.place_of(|setting| setting.name == "base_url")
        ),
        ErrorKind::RateLimited => match ErrorObject::from(error).retry_after_s {
            Some(wait) => format!("wait {wait} s, then run it again"),
            None => "wait a little, then run it again".to_owned(),
        },
        ErrorKind::Timeout => "--timeout SECONDS allows more time".to_owned(),
        ErrorKind::Unsupported => "`tickets providers` shows what each provider can do".to_owned(),
        _ => return None,
    })
}

/// How to find out what became of a call.
fn look(operation: Option<Operation>, ticket: Option<&TicketRef>) -> String {
    let place = match (operation, ticket) {
        // What was filed has an id that nobody was told; and not every vendor shows notes among the messages.
        (Some(Operation::Create | Operation::Comment), _) | (_, None) => {
            "at the vendor's".to_owned()
        }
        (_, Some(ticket)) => format!("with `tickets get {}`", text::line(&ticket.to_string())),
    };
    format!("it may have been carried out all the same: look {place} before you repeat it")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_exit_code_says_whether_anything_was_sent() {
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

    #[test]
    fn the_error_object_has_the_vendors_words_and_whole_seconds() {
        let error = Error::new(ErrorKind::RateLimited, "too many calls")
            .with_status(429)
            .with_vendor_message("slow\ndown")
            .with_attempts(3)
            .with_retry_after(Duration::from_millis(1500));
        assert_eq!(
            serde_json::to_string(&ErrorObject::from(&error)).unwrap(),
            r#"{"kind":"rate_limited","effect":"none","message":"too many calls; tried 3 times; the vendor says: \"slow\\ndown\"","status":429,"retry_after_s":2}"#
        );
    }
}
