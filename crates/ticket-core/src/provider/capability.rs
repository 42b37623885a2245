//! What a provider can do, declared once.
//!
//! The declaration is data: operations, their [fields](Fields), [limits](Limit) on calls. It is enforced in `check.rs`,
//! before anything is sent.

use std::borrow::Cow;

use crate::provider::field::Fields;
use crate::provider::limit::Limit;
use crate::provider::operation::Operation;

/// What a provider can do. The default can do nothing.
///
/// ```
/// use ticket_core::{Capabilities, Field, Fields, Operation};
///
/// const CAPABILITIES: Capabilities = Capabilities::none()
///     .get()
///     .create(Fields::carrying(&[Field::Subject, Field::Description]).requiring(&[Field::Subject]))
///     .delete(1);
/// assert!(CAPABILITIES.supports(Operation::Delete));
/// assert!(!CAPABILITIES.supports(Operation::Comment));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    get: bool,
    list: Option<Fields>,
    create: Option<Fields>,
    update: Option<Fields>,
    resolve: bool,
    max_delete_batch: usize,
    not_found_is_vague: bool,
    messages: Option<Fields>,
    comment: Option<Fields>,
}

impl Capabilities {
    /// Nothing.
    pub const fn none() -> Self {
        Self {
            get: false,
            list: None,
            create: None,
            update: None,
            resolve: false,
            max_delete_batch: 0,
            not_found_is_vague: false,
            messages: None,
            comment: None,
        }
    }

    /// Can read one ticket.
    #[must_use]
    pub const fn get(mut self) -> Self {
        self.get = true;
        self
    }

    /// Can list tickets by these filters.
    #[must_use]
    pub const fn list(mut self, fields: Fields) -> Self {
        self.list = Some(fields);
        self
    }

    /// Can create tickets with these fields.
    #[must_use]
    pub const fn create(mut self, fields: Fields) -> Self {
        self.create = Some(fields);
        self
    }

    /// Can change these fields.
    #[must_use]
    pub const fn update(mut self, fields: Fields) -> Self {
        self.update = Some(fields);
        self
    }

    /// Can mark a ticket as solved.
    #[must_use]
    pub const fn resolve(mut self) -> Self {
        self.resolve = true;
        self
    }

    /// Can delete, at most `max_batch` tickets per call.
    #[must_use]
    pub const fn delete(mut self, max_batch: usize) -> Self {
        self.max_delete_batch = max_batch;
        self
    }

    /// A delete finds no ticket also where there is one: closed, or somebody else's.
    ///
    /// So a repeated delete that finds nothing is no proof that the attempt before it worked.
    /// [`Tickets`](crate::Tickets) asks for such a ticket, where it can be read.
    #[must_use]
    pub const fn not_found_is_vague(mut self) -> Self {
        self.not_found_is_vague = true;
        self
    }

    /// Can read a ticket's messages, in pages by these fields; in one page without any.
    #[must_use]
    pub const fn messages(mut self, fields: Fields) -> Self {
        self.messages = Some(fields);
        self
    }

    /// Can add comments with these fields.
    #[must_use]
    pub const fn comment(mut self, fields: Fields) -> Self {
        self.comment = Some(fields);
        self
    }

    /// Whether the operation is supported.
    pub const fn supports(&self, operation: Operation) -> bool {
        match operation {
            Operation::Get => self.get,
            Operation::List => self.list.is_some(),
            Operation::Create => self.create.is_some(),
            Operation::Update => self.update.is_some(),
            Operation::Resolve => self.resolve,
            Operation::Delete => self.max_delete_batch > 0,
            Operation::Messages => self.messages.is_some(),
            Operation::Comment => self.comment.is_some(),
        }
    }

    /// The supported operations, in the order of the trait.
    pub fn operations(&self) -> impl Iterator<Item = Operation> {
        Operation::ALL
            .iter()
            .copied()
            .filter(|operation| self.supports(*operation))
    }

    /// How many tickets one delete call may name; 0 where deleting is unsupported.
    pub const fn max_delete_batch(&self) -> usize {
        self.max_delete_batch
    }

    /// Whether a delete finds no ticket also where there is one.
    pub const fn is_not_found_vague(&self) -> bool {
        self.not_found_is_vague
    }

    /// Which fields the operation carries; `None` where it has none or is unsupported.
    pub const fn fields(&self, operation: Operation) -> Option<Fields> {
        match operation {
            Operation::List => self.list,
            Operation::Create => self.create,
            Operation::Update => self.update,
            Operation::Messages => self.messages,
            Operation::Comment => self.comment,
            Operation::Get | Operation::Resolve | Operation::Delete => None,
        }
    }
}

/// Who a provider is and what it can do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderInfo {
    /// A short name in lower case, unique among providers, such as `onecloud`.
    pub id: Cow<'static, str>,
    /// The name for people.
    pub title: Cow<'static, str>,
    /// What it can do.
    pub capabilities: Capabilities,
    /// How many calls it allows, as far as it documents that; none where it knows of no limit.
    pub limits: Vec<Limit>,
}

impl ProviderInfo {
    /// The provider `id`, called `title`, that can do this.
    ///
    /// Both may be made at run time, for a provider that is described by a file.
    pub fn new(
        id: impl Into<Cow<'static, str>>,
        title: impl Into<Cow<'static, str>>,
        capabilities: Capabilities,
    ) -> Self {
        Self {
            id: id.into(),
            title: title.into(),
            capabilities,
            limits: Vec::new(),
        }
    }

    /// Adds a limit on calls.
    #[must_use]
    pub fn limit(mut self, limit: Limit) -> Self {
        self.limits.push(limit);
        self
    }
}
