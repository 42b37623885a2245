//! A connected account, and hints for its errors: where its settings are, and which ticket to check.

use std::path::PathBuf;

use ticket_core::model::PageRequest;
use ticket_core::provider::{Documented, Field, Setting};
use ticket_core::{Effect, Error, ErrorKind, Operation, TicketQuery, TicketRef, Tickets};

use crate::diagnosis::{Diagnosis, ErrorObject, Hint};

/// A connected account.
#[derive(Debug)]
#[non_exhaustive]
pub struct Account {
    /// The name that it was connected with.
    pub name: String,
    /// The handle.
    pub tickets: Tickets,
    pub(super) settings: &'static [Setting],
    pub(super) origin: Origin,
    /// Where the API is.
    pub(super) base_url: Option<String>,
    /// Examples of what the vendor replies.
    pub(super) documented: &'static [Documented],
}

/// Where an account's settings come from.
#[derive(Debug)]
pub(super) enum Origin {
    Environment,
    File(PathBuf),
    Given,
}

impl Account {
    /// What a person can do about the error of a call, if known. `ticket` is the ticket that the call was about.
    ///
    /// ```
    /// use tickets::accounts::Accounts;
    /// use tickets::diagnosis::Hint;
    /// use tickets::{AccountConfig, Error, ErrorKind, Registry, TicketRef};
    ///
    /// let eu = AccountConfig::new("sweeppea").setting("api_key", "s3cret");
    /// let accounts = Accounts::given(Registry::new(), [("eu".to_owned(), eu)]);
    /// let eu = accounts.account("eu")?;
    ///
    /// let refused = Error::new(ErrorKind::Unauthenticated, "invalid key");
    /// let place = "api_key of the account eu".to_owned();
    /// assert_eq!(eu.hint(&refused, None), Some(Hint::Credentials(place)));
    /// // A server's failure says nothing of what it did before.
    /// let ticket = TicketRef::new("eu", "121");
    /// let failed = Error::new(ErrorKind::Server, "failed");
    /// assert_eq!(eu.hint(&failed, Some(&ticket)), Some(Hint::Look(Some(ticket))));
    /// # Ok::<(), tickets::diagnosis::Diagnosis>(())
    /// ```
    pub fn hint(&self, error: &Error, ticket: Option<&TicketRef>) -> Option<Hint> {
        if error.effect() == Effect::Unknown {
            return Some(look(error.operation(), ticket));
        }
        Some(match error.kind() {
            ErrorKind::Unauthenticated | ErrorKind::TokenExpired => {
                let place = self.place_of(|setting| setting.secret);
                // Providers name their variables themselves, but do not know of files.
                if error.message().contains(&place) {
                    return None;
                }
                Hint::Credentials(place)
            }
            // Of the store of the slots, which says what to do; the account's settings are no part of it.
            ErrorKind::Config if error.is_not_attempted() => return None,
            ErrorKind::Config => {
                let message = error.message();
                let guards = ["read_only", "max_delete"].into_iter();
                let mut guards = guards.filter(|name| message.contains(&format!("`{name}`")));
                let required = || self.place_of(|setting| setting.default.is_none());
                Hint::Settings(guards.next().map_or_else(required, |name| self.place(name)))
            }
            ErrorKind::Forbidden => Hint::Permission,
            ErrorKind::Connect => {
                Hint::Address(self.place_of(|setting| setting.name == "base_url"))
            }
            ErrorKind::RateLimited => Hint::Wait(ErrorObject::from(error).retry_after_s),
            ErrorKind::Timeout => Hint::MoreTime,
            ErrorKind::Unsupported => Hint::Capabilities,
            _ => return None,
        })
    }

    /// Asks the vendor whether it accepts the credentials, with one cheap read: the first ticket of a list or, where the provider
    /// lists nothing, a ticket that need not exist. Returns the operation; `None` if the provider reads nothing.
    ///
    /// # Errors
    ///
    /// Those of the read.
    pub async fn check(&self) -> Result<Option<Operation>, Diagnosis> {
        let capabilities = &self.tickets.info().capabilities;
        if let Some(fields) = capabilities.fields(Operation::List) {
            let mut page = PageRequest::first();
            if fields.carried().contains(&Field::PageLimit) {
                page = page.limit(1);
            }
            let listed = self.tickets.list(&TicketQuery::new().page(page)).await;
            listed.map_err(|error| self.diagnose(error, None))?;
            return Ok(Some(Operation::List));
        }
        if !capabilities.supports(Operation::Get) {
            return Ok(None);
        }
        // An id of any form.
        match self.tickets.get("1").await {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(self.diagnose(error, None)),
            Ok(_) | Err(_) => Ok(Some(Operation::Get)),
        }
    }

    /// Describes the error of a call about this ticket, or about the account, with a hint.
    pub fn diagnose(&self, error: Error, ticket: Option<&TicketRef>) -> Diagnosis {
        let hint = self.hint(&error, ticket);
        Diagnosis::from(error)
            .at(self.subject(ticket))
            .hinting(hint)
    }

    /// Describes a write that was abandoned after it was sent, so its effect is unknown. The kind is `Cancelled`.
    pub fn unanswered(&self, operation: Operation, ticket: Option<&TicketRef>) -> Diagnosis {
        let done = match operation {
            Operation::Create => "the ticket may exist",
            _ => "the ticket may have changed",
        };
        let message = format!("stopped while the request was on its way: {done}");
        let error = Error::new(ErrorKind::Cancelled, message)
            .with_effect(Effect::Unknown)
            .in_operation(&self.tickets.info().id, operation);
        self.diagnose(error, ticket)
    }

    fn subject(&self, ticket: Option<&TicketRef>) -> String {
        ticket.map_or_else(|| self.name.clone(), ToString::to_string)
    }

    /// Says where settings of this kind are set.
    fn place_of(&self, kind: impl Fn(&Setting) -> bool) -> String {
        let chosen = self.settings.iter().filter(|setting| kind(setting));
        let names: Vec<_> = chosen
            .map(|setting| match self.origin {
                Origin::Environment => setting.env,
                Origin::File(_) | Origin::Given => setting.name,
            })
            .collect();
        self.place(&names.join(", "))
    }

    /// Says where these settings are set.
    fn place(&self, names: &str) -> String {
        let name = &self.name;
        match &self.origin {
            Origin::Environment => names.to_owned(),
            Origin::File(path) => format!("{names} of the account {name} in {}", path.display()),
            Origin::Given => format!("{names} of the account {name}"),
        }
    }
}

/// How to find out whether a call took effect.
fn look(operation: Option<Operation>, ticket: Option<&TicketRef>) -> Hint {
    Hint::Look(match operation {
        // The id of a new ticket is unknown, and not every vendor lists notes among the messages.
        Some(Operation::Create | Operation::Comment) => None,
        _ => ticket.cloned(),
    })
}
