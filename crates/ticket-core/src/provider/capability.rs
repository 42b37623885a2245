//! What a provider can do, declared once.
//!
//! The declaration is data: operations, each with its [`Support`], and [limits](Limit) on calls. It is enforced in `check.rs`,
//! before anything is sent.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::provider::field::Fields;
use crate::provider::limit::Limit;
use crate::provider::operation::Operation;
use crate::provider::support::Support;

/// What a provider can do: a table of operations, each with its [`Support`]. The default can do nothing.
///
/// ```
/// use ticket_core::Operation;
/// use ticket_core::provider::{Capabilities, Field, Fields, Support};
///
/// let create = Fields::carrying(&[Field::Subject, Field::Description]).requiring(&[Field::Subject]);
/// let capabilities = Capabilities::none()
///     .get()
///     .create(create)
///     .with(Operation::Delete, Support::new().max_batch(20).not_found_is_ambiguous());
/// assert!(capabilities.supports(Operation::Delete));
/// assert!(!capabilities.supports(Operation::Comment));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    table: BTreeMap<Operation, Support>,
}

impl Capabilities {
    /// Nothing.
    pub const fn none() -> Self {
        Self {
            table: BTreeMap::new(),
        }
    }

    /// Can do this operation, as `support` says, in place of what was declared of it before.
    #[must_use]
    pub fn with(mut self, operation: Operation, support: Support) -> Self {
        self.table.insert(operation, support);
        self
    }

    fn carrying(self, operation: Operation, fields: Fields) -> Self {
        self.with(operation, Support::new().fields(fields))
    }

    /// Can read one ticket.
    #[must_use]
    pub fn get(self) -> Self {
        self.with(Operation::Get, Support::new())
    }

    /// Can list tickets by these filters.
    #[must_use]
    pub fn list(self, fields: Fields) -> Self {
        self.carrying(Operation::List, fields)
    }

    /// Can create tickets with these fields.
    #[must_use]
    pub fn create(self, fields: Fields) -> Self {
        self.carrying(Operation::Create, fields)
    }

    /// Can change these fields.
    #[must_use]
    pub fn update(self, fields: Fields) -> Self {
        self.carrying(Operation::Update, fields)
    }

    /// Can mark a ticket as solved.
    #[must_use]
    pub fn resolve(self) -> Self {
        self.with(Operation::Resolve, Support::new())
    }

    /// Can delete, at most `max_batch` tickets per call; not at all if that is 0.
    #[must_use]
    pub fn delete(self, max_batch: usize) -> Self {
        self.with(Operation::Delete, Support::new().max_batch(max_batch))
    }

    /// Can read a ticket's messages, in pages by these fields; in one page without any.
    #[must_use]
    pub fn messages(self, fields: Fields) -> Self {
        self.carrying(Operation::Messages, fields)
    }

    /// Can add comments with these fields.
    #[must_use]
    pub fn comment(self, fields: Fields) -> Self {
        self.carrying(Operation::Comment, fields)
    }

    /// What is declared of the operation; `None` where it is unsupported.
    pub fn support(&self, operation: Operation) -> Option<&Support> {
        self.table
            .get(&operation)
            .filter(|support| support.max_batch > 0)
    }

    /// What is declared of the operation, to change it: an account may have custom fields of its own, which are known
    /// only when it is connected.
    ///
    /// ```
    /// use ticket_core::Operation;
    /// use ticket_core::provider::{Capabilities, Fields};
    ///
    /// let mut capabilities = Capabilities::none().create(Fields::carrying(&[]));
    /// if let Some(create) = capabilities.support_mut(Operation::Create) {
    ///     create.fields.add_custom(["colour"]);
    /// }
    /// # assert_ne!(capabilities, Capabilities::none().create(Fields::carrying(&[])));
    /// ```
    pub fn support_mut(&mut self, operation: Operation) -> Option<&mut Support> {
        self.table
            .get_mut(&operation)
            .filter(|support| support.max_batch > 0)
    }

    /// Whether the operation is supported.
    pub fn supports(&self, operation: Operation) -> bool {
        self.support(operation).is_some()
    }

    /// The supported operations, in the order of the trait.
    pub fn operations(&self) -> impl Iterator<Item = Operation> {
        let declared = self.table.keys().copied();
        declared.filter(|operation| self.supports(*operation))
    }

    /// How many tickets one delete call may name; 0 where deleting is unsupported.
    pub fn max_delete_batch(&self) -> usize {
        self.support(Operation::Delete)
            .map_or(0, |support| support.max_batch)
    }

    /// Which fields the operation carries; `None` where it is unsupported.
    pub fn fields(&self, operation: Operation) -> Option<&Fields> {
        self.support(operation).map(|support| &support.fields)
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
