//! Describes errors to programs ([`ErrorObject`]) and to people ([`Hint`]), the same way in every face.
//!
//! [`Account`](crate::accounts::Account) adds what is known about an account.

mod nearest;
mod one_line;

use std::fmt;

use serde::Serialize;
use ticket_core::{Effect, Error, TicketRef};

pub use nearest::nearest;
pub use one_line::one_line;

/// An error for programs: an object with these five fields. The last two may be `null`.
///
/// ```
/// use tickets::diagnosis::ErrorObject;
/// use tickets::{Error, ErrorKind};
///
/// let error = Error::new(ErrorKind::NotFound, "there is no such ticket").with_status(404);
/// let object = ErrorObject::from(&error);
/// assert_eq!((object.kind, object.effect), ("not_found", "none"));
/// assert_eq!(object.sentence(), "there is no such ticket (HTTP 404)");
/// ```
#[derive(Clone, Debug, Serialize)]
#[non_exhaustive]
pub struct ErrorObject {
    /// The [`ErrorKind`](crate::ErrorKind) in `snake_case`, or `local`.
    pub kind: &'static str,
    /// The [`Effect`] in `snake_case`.
    pub effect: &'static str,
    /// The error, the number of attempts and the vendor's message, on one line of any length.
    pub message: String,
    /// The HTTP status of the vendor's reply.
    pub status: Option<u16>,
    /// The wait that the vendor asked for, in whole seconds, rounded up.
    pub retry_after_s: Option<u64>,
}

impl ErrorObject {
    /// Creates an error of this computer that is neither input nor configuration, such as a full disk. The effect is
    /// none; change [`effect`](Self::effect) if a request may have been sent.
    pub fn local(message: impl AsRef<str>) -> Self {
        Self {
            kind: "local",
            effect: Effect::None.as_str(),
            message: one_line(message.as_ref()),
            status: None,
            retry_after_s: None,
        }
    }

    /// The message for people on one line, with the HTTP status.
    pub fn sentence(&self) -> String {
        match self.status {
            Some(status) => format!("{} (HTTP {status})", self.message),
            None => self.message.clone(),
        }
    }
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
            message: one_line(&message),
            status: error.status(),
            // Rounded up: who waits a little less waits for nothing.
            retry_after_s: error
                .retry_after()
                .map(|wait| wait.as_secs() + u64::from(wait.subsec_nanos() > 0)),
        }
    }
}

/// What a person can do about an error.
///
/// `Display` prints words that fit every face. A face that has a command or an option for a hint uses its own words.
///
/// ```
/// use tickets::TicketRef;
/// use tickets::diagnosis::Hint;
///
/// fn words(hint: &Hint) -> String {
///     match hint {
///         Hint::Look(Some(ticket)) => format!("call get_ticket with {ticket} before you repeat it"),
///         hint => hint.to_string(),
///     }
/// }
///
/// let look = Hint::Look(Some(TicketRef::new("onecloud", "121")));
/// assert_eq!(words(&look), "call get_ticket with onecloud:121 before you repeat it");
/// assert_eq!(words(&Hint::Wait(Some(5))), "wait 5 s, then run it again");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Hint {
    /// The request may have succeeded: check before retrying. Check this ticket or, without one, the vendor's web UI.
    Look(Option<TicketRef>),
    /// The vendor does not accept the credentials, which are set here.
    Credentials(String),
    /// A setting is missing or wrong. Settings are set here.
    Settings(String),
    /// A setting is missing or wrong. Settings come from the provider's environment variables.
    Environment,
    /// There is no account with this name.
    Accounts,
    /// The credentials are valid but do not allow this.
    Permission,
    /// No connection could be made to the address, which is set here.
    Address(String),
    /// Too many calls. Wait this many seconds, if the vendor says how long.
    Wait(Option<u64>),
    /// The vendor did not answer within the account's timeout.
    MoreTime,
    /// The provider does not support the operation or the field.
    Capabilities,
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MAYBE: &str = "the request may have succeeded; check";
        match self {
            Self::Look(Some(ticket)) => {
                let ticket = one_line(&ticket.to_string());
                write!(f, "{MAYBE} {ticket} before retrying")
            }
            Self::Look(None) => write!(f, "{MAYBE} in the vendor's web UI before retrying"),
            Self::Credentials(place) => write!(f, "check {place}"),
            Self::Settings(place) => write!(f, "see {place}"),
            Self::Environment => {
                f.write_str("the settings come from the provider's environment variables")
            }
            Self::Accounts => f.write_str("accounts are named in the configuration file"),
            Self::Permission => f.write_str(
                "the credentials are valid but do not allow this; an administrator of the account can change that",
            ),
            Self::Address(place) => write!(f, "the address comes from {place}"),
            Self::Wait(Some(seconds)) => write!(f, "wait {seconds} s, then run it again"),
            Self::Wait(None) => f.write_str("wait a little, then run it again"),
            Self::MoreTime => f.write_str("`timeout_s` of the account allows more time"),
            Self::Capabilities => f.write_str("the provider does not support this"),
        }
    }
}

/// An error, its subject, and a hint.
///
/// ```
/// use std::path::Path;
///
/// use tickets::config_file::ConfigFile;
/// use tickets::diagnosis::Diagnosis;
/// use tickets::ErrorKind;
///
/// let wrong: Diagnosis = ConfigFile::parse("token = 1", Path::new("c.toml")).unwrap_err();
/// assert_eq!(wrong.error.kind(), ErrorKind::Config);
/// assert_eq!(wrong.place.as_deref(), Some("c.toml:1:1"));
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Diagnosis {
    /// What went wrong.
    pub error: Error,
    /// The subject of the error: a ticket, an account or a position in a file. Not escaped: see [`one_line`].
    pub place: Option<String>,
    /// What can be done about it, if known.
    pub hint: Option<Hint>,
}

impl Diagnosis {
    /// Sets the subject.
    pub(crate) fn at(mut self, place: impl Into<String>) -> Self {
        self.place = Some(place.into());
        self
    }

    /// Sets the hint.
    pub(crate) fn hinting(mut self, hint: Option<Hint>) -> Self {
        self.hint = hint;
        self
    }
}

impl From<Error> for Diagnosis {
    fn from(error: Error) -> Self {
        Self {
            error,
            place: None,
            hint: None,
        }
    }
}

impl fmt::Display for Diagnosis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(place) = &self.place {
            write!(f, "{}: ", one_line(place))?;
        }
        self.error.fmt(f)
    }
}

impl std::error::Error for Diagnosis {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.error.source()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ticket_core::ErrorKind;

    use super::*;

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

    #[test]
    fn foreign_text_cannot_forge_a_line() {
        let ticket = TicketRef::new("eu", "1\n2");
        let look = Hint::Look(Some(ticket)).to_string();
        assert!(look.contains("eu:1\\n2") && !look.contains('\n'), "{look}");
        let local = ErrorObject::local("a\u{1b}[2J");
        assert_eq!(local.sentence(), "a\\u{1b}[2J");
        let wrong = Diagnosis::from(Error::config("wrong")).at("a\nb");
        assert_eq!(wrong.to_string(), "a\\nb: wrong");
    }
}
