//! Finds tickets: by the vendor's own filters where these are exact, and otherwise by looking at every ticket.
//!
//! [`Find`] says what is looked for, [`Find::way`] how that would be found with a provider, and [`Find::run`] does it in
//! one account.
//!
//! ```
//! use futures_util::TryStreamExt as _;
//! use tickets::find::Find;
//! use tickets::{Result, Tickets};
//!
//! async fn tickets_of(account: &Tickets, address: &str) -> Result<usize> {
//!     let mut search = Find::new().requester(address).run(account);
//!     let progress = search.progress();
//!     while let Some(found) = search.try_next().await? {
//!         println!("{}", found.ticket.id);
//!     }
//!     Ok(progress.counts().found)
//! }
//! ```

mod condition;
mod conversation;
mod judge;
mod people;
mod search;
mod way;
mod whole;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use ticket_core::model::{State, Times};
use ticket_core::{ProviderInfo, Result, Tickets};

pub use self::condition::Jq;
pub use self::search::{Counts, Found, Progress, Search};
pub use self::way::{Criterion, How, Way};

use self::people::People;

/// What is looked for. A ticket must match every criterion; of several requesters and domains, any.
///
/// * An address is compared whole, without regard to the case of ASCII letters and to blanks around it. A plus-tag, as in
///   `ann+shop@example.com`, is a part of it, unless [ignored](Self::ignoring_plus_tags). Addresses are never searched in
///   texts.
/// * A requester without `@` is an id if it consists of digits, otherwise a name or an id; compared letter by letter.
/// * Texts are searched without regard to case. Those that the vendor sends as HTML are searched as HTML.
///
/// `Debug` prints which criteria there are, and none of their texts.
#[derive(Clone, Default)]
pub struct Find {
    people: People,
    subject: Option<String>,
    text: Option<String>,
    state: Option<State>,
    created: Times,
    updated: Times,
    tags: Vec<String>,
    custom: BTreeMap<String, String>,
    condition: Option<Jq>,
}

impl Find {
    /// Nothing yet: at least one criterion must be added.
    pub fn new() -> Self {
        Self::default()
    }

    /// Tickets of this requester: an e-mail address, a name or an id. Of several requesters, any;
    /// [`Found::requesters`] says which.
    #[must_use]
    pub fn requester(mut self, requester: impl Into<String>) -> Self {
        self.people.add_requester(requester.into());
        self
    }

    /// Tickets of requesters with an address in this domain; not in its subdomains.
    #[must_use]
    pub fn domain(mut self, domain: impl Into<String>) -> Self {
        self.people.add_domain(domain.into());
        self
    }

    /// Also tickets of addresses that differ from the one looked for in what is between `+` and `@`.
    #[must_use]
    pub fn ignoring_plus_tags(mut self) -> Self {
        self.people.ignore_plus_tags();
        self
    }

    /// Tickets with this text in the subject.
    #[must_use]
    pub fn subject(mut self, text: impl Into<String>) -> Self {
        self.subject = Some(text.into());
        self
    }

    /// Tickets with this text in the subject or in the description.
    #[must_use]
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// Tickets in this state.
    #[must_use]
    pub fn state(mut self, state: State) -> Self {
        self.state = Some(state);
        self
    }

    /// Tickets created at this time or later.
    #[must_use]
    pub fn created_after(mut self, time: Timestamp) -> Self {
        self.created.from = Some(time);
        self
    }

    /// Tickets created before this time.
    #[must_use]
    pub fn created_before(mut self, time: Timestamp) -> Self {
        self.created.before = Some(time);
        self
    }

    /// Tickets that last changed at this time or later.
    #[must_use]
    pub fn updated_after(mut self, time: Timestamp) -> Self {
        self.updated.from = Some(time);
        self
    }

    /// Tickets that last changed before this time.
    #[must_use]
    pub fn updated_before(mut self, time: Timestamp) -> Self {
        self.updated.before = Some(time);
        self
    }

    /// Tickets with this label, and those named before; compared letter by letter.
    #[must_use]
    pub fn tag(mut self, tag: impl Into<String>) -> Self {
        self.tags.push(tag.into());
        self
    }

    /// Tickets with this value of a custom field, by the vendor's name of it as [`Ticket::custom`] has it; compared
    /// letter by letter. Of a field with several values, one must be this.
    ///
    /// [`Ticket::custom`]: ticket_core::Ticket::custom
    #[must_use]
    pub fn custom(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.custom.insert(name.into(), value.into());
        self
    }

    /// Tickets whose row in the list meets this condition.
    #[must_use]
    pub fn condition(mut self, condition: Jq) -> Self {
        self.condition = Some(condition);
        self
    }

    /// How tickets would be found with this provider. Sends nothing.
    ///
    /// # Errors
    ///
    /// `Unsupported` if the provider cannot list tickets, or cannot tell what is looked for: the message names every
    /// criterion of which it cannot. `InvalidInput` without any criterion, and for one that is blank.
    ///
    /// ```
    /// use tickets::find::Find;
    ///
    /// let find = Find::new().requester("ann@example.com");
    /// let way = find.way(&tickets::rt::info())?;
    /// assert_eq!(way.to_string(), "filtered by the vendor: requester");
    /// let error = find.way(&tickets::leadsquared::info()).unwrap_err();
    /// assert_eq!(error.message(), "LeadSquared cannot list tickets; name them by their ids");
    /// # Ok::<(), tickets::Error>(())
    /// ```
    pub fn way(&self, info: &ProviderInfo) -> Result<Way> {
        way::of(self, info)
    }

    /// Searches an account, in constant memory. Where a list of the vendor's
    /// [leaves tickets out](ticket_core::provider::Support::leaves_out), a second one that has them is read after it, and the
    /// ids of the first are remembered. Requests are sent only while the search is polled; they have the
    /// [context](Tickets::with) of the handle, with its deadline and stop.
    ///
    /// Do not delete or close tickets while it runs, as with [`Tickets::list_all`].
    ///
    /// # Errors
    ///
    /// An error that [names a ticket](ticket_core::Error::ticket) is about that one, and the search goes on: nobody
    /// knows whether it is one of those looked for, because it could not be read, had vanished after it was listed, or
    /// the vendor does not tell what was needed. Any other error is the last item: those of [`way`](Self::way) and of
    /// [`Tickets::list_all`], with `Incomplete` at the end of a list that contradicts itself, and those that would
    /// hit every ticket.
    pub fn run(&self, account: &Tickets) -> Search {
        search::run(self, account)
    }
}

impl fmt::Debug for Find {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Find")
            .field("people", &self.people)
            .field("subject", &self.subject.is_some())
            .field("text", &self.text.is_some())
            .field("state", &self.state)
            .field("created", &self.created)
            .field("updated", &self.updated)
            .field("tags", &self.tags.len())
            .field("custom", &self.custom.keys())
            .field("condition", &self.condition.is_some())
            .finish()
    }
}
