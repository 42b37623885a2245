//! From an account's name to its handle: what a crate needs that works on accounts but does not configure them.

use crate::bulk::change::Change;
use crate::provider::error::{Error, Result};
use crate::tickets::Tickets;

/// Accounts by name.
///
/// Code that works on tickets of several accounts takes `&dyn AccountSource` and needs to know nothing of settings,
/// files and providers.
///
/// ```
/// use std::collections::BTreeMap;
///
/// use ticket_core::{Error, ErrorKind, Result, TicketRef, Tickets, AccountSource};
///
/// /// Handles that were made elsewhere.
/// struct Handles(BTreeMap<String, Tickets>);
///
/// impl AccountSource for Handles {
///     fn connect(&self, account: &str) -> Result<Tickets> {
///         let known = self.0.get(account).cloned();
///         known.ok_or_else(|| Error::config(format!("there is no account {account:?}")))
///     }
/// }
///
/// fn handle_of(ticket: &TicketRef, accounts: &dyn AccountSource) -> Result<Tickets> {
///     accounts.connect(&ticket.account)
/// }
///
/// let none = Handles(BTreeMap::new());
/// let error = handle_of(&TicketRef::new("eu", "1"), &none).unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::Config);
/// ```
pub trait AccountSource: Send + Sync {
    /// A handle of the account with this name. Sends nothing.
    ///
    /// All handles of one account keep its quotas together, however often it is connected and by whatever name.
    ///
    /// # Errors
    ///
    /// `Config` where there is no such account, or its settings are missing or wrong.
    fn connect(&self, account: &str) -> Result<Tickets>;

    /// What is known of the account without sending anything. Default: the name as the [key](AccountFacts::key).
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    fn facts(&self, account: &str) -> Result<AccountFacts> {
        Ok(AccountFacts::new(account))
    }
}

/// What an [`AccountSource`] knows of an account beside its handle. Nothing of it is a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct AccountFacts {
    /// The key of the quota that the account's calls count against. It tells accounts apart: if a name leads to another
    /// account one day, the key is another one.
    pub key: String,
    /// The host of the account's base URL, and its port unless it is the default one: `api.example.com`,
    /// `127.0.0.1:8080`. No path and no user. `None` for an account that is called in another way.
    pub host: Option<String>,
    /// Whether the account's handle [refuses every write](crate::call::StackOptions::read_only).
    pub read_only: bool,
    /// How many tickets of the account one job may delete at most. `None` is no limit.
    pub max_delete: Option<u64>,
}

impl AccountFacts {
    /// The facts of an account with this key.
    pub fn new(key: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            host: None,
            read_only: false,
            max_delete: None,
        }
    }

    /// Sets the host.
    #[must_use]
    pub fn host(mut self, host: impl Into<String>) -> Self {
        self.host = Some(host.into());
        self
    }

    /// Sets whether the account's handle refuses every write.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.read_only = read_only;
        self
    }

    /// Sets how many tickets of the account one job may delete at most.
    #[must_use]
    pub fn max_delete(mut self, tickets: u64) -> Self {
        self.max_delete = Some(tickets);
        self
    }

    /// Refuses a change of so many tickets of the account that its settings do not allow.
    ///
    /// ```
    /// use ticket_core::account_source::AccountFacts;
    /// use ticket_core::{Change, ErrorKind};
    ///
    /// let facts = AccountFacts::new("onecloud#eu").max_delete(500);
    /// assert!(facts.check(&Change::Delete, 500).is_ok());
    /// assert!(facts.check(&Change::Resolve, 501).is_ok());
    /// let error = facts.check(&Change::Delete, 501).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::Config);
    /// ```
    ///
    /// # Errors
    ///
    /// `Config`, naming the setting.
    pub fn check(&self, change: &Change, tickets: u64) -> Result<()> {
        if self.read_only && change.operation().is_write() {
            return Err(Error::read_only());
        }
        match self.max_delete {
            Some(most) if change.is_delete() && tickets > most => Err(Error::config(format!(
                "`max_delete` of this account is {most}, and {tickets} of its tickets would be deleted"
            ))),
            _ => Ok(()),
        }
    }
}
