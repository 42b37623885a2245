//! From an account's name to its handle: what a crate needs that works on accounts but does not configure them.

use crate::provider::error::Result;
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

    /// The key of the quota that this account's calls count against, without a secret. It tells accounts apart: if a name
    /// leads to another account one day, the key is another one. Default: the name.
    ///
    /// # Errors
    ///
    /// Those of [`connect`](Self::connect).
    fn key(&self, account: &str) -> Result<String> {
        Ok(account.to_owned())
    }
}
