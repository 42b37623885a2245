//! What a provider can do, declared once.
//!
//! The declaration is data: operations, each with its [`Support`], and [limits](Limit) on calls. It is enforced in `check.rs`,
//! before anything is sent.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::provider::field::Fields;
use crate::provider::id_form::IdForm;
use crate::provider::learned::LearnedLimits;
use crate::provider::limit::Limit;
use crate::provider::operation::{Operation, Request};
use crate::provider::support::Support;

/// What a provider can do: a table of operations, each with its [`Support`]. The default can do nothing.
///
/// ```
/// use ticket_core::Operation;
/// use ticket_core::provider::{Capabilities, Field, Fields, NotFound, Support};
///
/// let create = Fields::carrying(&[Field::Subject, Field::Description]).requiring(&[Field::Subject]);
/// let capabilities = Capabilities::none()
///     .get()
///     .create(create)
///     .with(Operation::Delete, Support::new().max_batch(20).not_found(NotFound::Ambiguous));
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

    /// Can take a ticket out of the trash.
    #[must_use]
    pub fn restore(self) -> Self {
        self.with(Operation::Restore, Support::new())
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

    /// Can list a ticket's files, in pages by these fields, and read them.
    #[must_use]
    pub fn attachments(self, fields: Fields) -> Self {
        self.carrying(Operation::Attachments, fields)
            .with(Operation::Download, Support::new())
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
    /// What the vendor's replies tell of its limits, which the pacer keeps besides the declared ones. Default: nothing is learned.
    ///
    /// Not declared, but live: the provider records it, and clones share it.
    pub learned: Option<LearnedLimits>,
    /// The form of its ticket ids. Default: any text.
    pub id_form: IdForm,
    /// Whether the id of a deleted ticket is never given to another ticket. Default: unknown, so no.
    ///
    /// Only then is a delete of unknown effect repeated, unless it [depends on a
    /// version](crate::provider::Support::is_conditional): otherwise the repeat could delete somebody else's
    /// ticket.
    pub never_reuses_ids: bool,
    /// Whether an id may lead to another ticket, for example after a merge. Default: no.
    ///
    /// If so, each ticket is read before it is deleted, and a ticket whose id leads elsewhere is refused.
    pub redirects_ids: bool,
    /// Whether a read sees every write that ended before it. Default: unknown, so no.
    ///
    /// Only then does a read that still finds a ticket prove that it was not deleted.
    pub reads_are_consistent: bool,
    /// The versions of the vendor's software on which it is tested, such as `RT 5.0.3`. Empty if it has never met a
    /// real server.
    pub verified_against: Cow<'static, str>,
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
            learned: None,
            id_form: IdForm::default(),
            never_reuses_ids: false,
            redirects_ids: false,
            reads_are_consistent: false,
            verified_against: Cow::default(),
        }
    }

    /// Sets the form of the ticket ids.
    #[must_use]
    pub fn id_form(mut self, form: IdForm) -> Self {
        self.id_form = form;
        self
    }

    /// Says that the id of a deleted ticket is never given to another ticket.
    #[must_use]
    pub fn never_reuses_ids(mut self) -> Self {
        self.never_reuses_ids = true;
        self
    }

    /// Says that an id may lead to another ticket, for example after a merge.
    #[must_use]
    pub fn redirects_ids(mut self) -> Self {
        self.redirects_ids = true;
        self
    }

    /// Says that a read sees every write that ended before it.
    #[must_use]
    pub fn consistent_reads(mut self) -> Self {
        self.reads_are_consistent = true;
        self
    }

    /// Names the versions of the vendor's software on which it is tested.
    #[must_use]
    pub fn verified_against(mut self, versions: impl Into<Cow<'static, str>>) -> Self {
        self.verified_against = versions.into();
        self
    }

    /// Whether this call may be made again although an earlier attempt may have been carried out: the operation is
    /// idempotent and, for a delete or a purge, the repeat cannot meet another ticket.
    pub fn may_repeat(&self, request: &Request<'_>) -> bool {
        match request {
            Request::Delete(targets) | Request::Purge(targets) => {
                self.never_reuses_ids || targets.iter().all(|target| target.version.is_some())
            }
            other => other.operation().is_idempotent(),
        }
    }

    /// How many requests this call makes at most: see [`Support::requests`].
    pub fn requests(&self, request: &Request<'_>) -> usize {
        let support = self.capabilities.support(request.operation());
        support.map_or(1, |support| {
            let files = support.requests_per_file * request.attachments();
            support.requests.max(1) + files
        })
    }

    /// Adds a limit on calls.
    #[must_use]
    pub fn limit(mut self, limit: Limit) -> Self {
        self.limits.push(limit);
        self
    }

    /// Says that the provider learns limits from the vendor's replies: it records them in [`learned`](Self::learned).
    #[must_use]
    pub fn learns_limits(mut self) -> Self {
        self.learned = Some(LearnedLimits::default());
        self
    }
}
