//! The fields of the domain types by name, and which of them an operation carries.

use std::borrow::Cow;
use std::num::NonZeroU32;

use crate::model::names::names;

/// A field of the domain types that a provider may or may not be able to carry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Field {
    /// The subject line.
    Subject,
    /// The text.
    Description,
    /// The requester's id in the vendor's system.
    RequesterId,
    /// The requester's name.
    RequesterName,
    /// The requester's e-mail address.
    RequesterEmail,
    /// The requester's phone number.
    RequesterPhone,
    /// The category.
    Category,
    /// The status.
    Status,
    /// The priority.
    Priority,
    /// The assignee.
    Assignee,
    /// Labels.
    Tags,
    /// Custom fields.
    Custom,
    /// Files.
    Attachments,
    /// The state that a list is restricted to.
    State,
    /// The text that a list is searched for.
    Search,
    /// The requester that a list is restricted to.
    Requester,
    /// The earliest time of creation in a list.
    CreatedAfter,
    /// The time before which the tickets of a list were created.
    CreatedBefore,
    /// The earliest time of the last change in a list.
    UpdatedAfter,
    /// The time before which the tickets of a list last changed.
    UpdatedBefore,
    /// The order of a list.
    Order,
    /// A query in the vendor's own language: [`TicketQuery::raw`](crate::TicketQuery::raw).
    RawQuery,
    /// Where a page begins.
    Cursor,
    /// How many items a page may have: [`PageRequest::limit`](crate::model::PageRequest::limit).
    PageLimit,
    /// A comment's text.
    Body,
    /// A comment among the people who work on the ticket.
    Internal,
    /// A comment in the customer's name.
    Inbound,
    /// A comment to the customer.
    Outbound,
}

names!(Field {
    Subject => "subject",
    Description => "description",
    RequesterId => "requester_id",
    RequesterName => "requester_name",
    RequesterEmail => "requester_email",
    RequesterPhone => "requester_phone",
    Category => "category",
    Status => "status",
    Priority => "priority",
    Assignee => "assignee",
    Tags => "tags",
    Custom => "custom",
    Attachments => "attachments",
    State => "state",
    Search => "search",
    Requester => "requester",
    CreatedAfter => "created_after",
    CreatedBefore => "created_before",
    UpdatedAfter => "updated_after",
    UpdatedBefore => "updated_before",
    Order => "order",
    RawQuery => "query",
    Cursor => "cursor",
    PageLimit => "limit",
    Body => "body",
    Internal => "internal",
    Inbound => "inbound",
    Outbound => "outbound",
});

/// Which fields an operation carries to the vendor. The default carries none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    pub(crate) carried: Cow<'static, [Field]>,
    pub(crate) required: Cow<'static, [Field]>,
    pub(crate) max_chars: Cow<'static, [(Field, usize)]>,
    pub(crate) custom: Vec<Cow<'static, str>>,
    pub(crate) any_custom: bool,
    pub(crate) many: bool,
    pub(crate) exact: Cow<'static, [Field]>,
    pub(crate) largest_page: Option<NonZeroU32>,
}

impl Fields {
    /// Carries these and refuses all others.
    pub fn carrying(carried: impl Into<Cow<'static, [Field]>>) -> Self {
        Self {
            carried: carried.into(),
            ..Self::default()
        }
    }

    /// Refuses a call without these.
    #[must_use]
    pub fn requiring(mut self, required: impl Into<Cow<'static, [Field]>>) -> Self {
        self.required = required.into();
        self
    }

    /// Refuses longer texts; lengths in characters.
    #[must_use]
    pub fn max_chars(mut self, max_chars: impl Into<Cow<'static, [(Field, usize)]>>) -> Self {
        self.max_chars = max_chars.into();
        self
    }

    /// Carries custom fields of these names too.
    #[must_use]
    pub fn custom<N: Into<Cow<'static, str>>>(
        mut self,
        names: impl IntoIterator<Item = N>,
    ) -> Self {
        self.add_custom(names);
        self
    }

    /// Carries custom fields of these names too, such as those that an account has of its own.
    pub fn add_custom<N: Into<Cow<'static, str>>>(&mut self, names: impl IntoIterator<Item = N>) {
        self.custom.extend(names.into_iter().map(Into::into));
    }

    /// Carries custom fields of any name.
    #[must_use]
    pub fn any_custom(mut self) -> Self {
        self.any_custom = true;
        self
    }

    /// Carries custom fields with several values. Without it, a custom field has a single text, number or boolean.
    #[must_use]
    pub fn many_values(mut self) -> Self {
        self.many = true;
        self
    }

    /// These filters of a list take exactly the tickets that they should, so that nobody has to look at the others: no
    /// ticket is missing, whatever the case of an address and however many requesters a ticket has.
    ///
    /// For [`requester`](crate::TicketQuery::requester), say which of its forms: [`Field::RequesterEmail`],
    /// [`Field::RequesterId`] and [`Field::RequesterName`].
    #[must_use]
    pub fn exact(mut self, filters: impl Into<Cow<'static, [Field]>>) -> Self {
        self.exact = filters.into();
        self
    }

    /// The vendor documents no larger page than this. Not a limit: a caller who names another size gets that.
    ///
    /// [`Tickets::list_all`](crate::Tickets::list_all) asks for pages of this size, unless it is told another.
    #[must_use]
    pub fn largest_page(mut self, items: NonZeroU32) -> Self {
        self.largest_page = Some(items);
        self
    }

    /// The fields carried.
    pub fn carried(&self) -> &[Field] {
        &self.carried
    }

    /// Whether a filter of a list takes [exactly](Self::exact) the tickets that it should.
    pub fn is_exact(&self, filter: Field) -> bool {
        self.exact.contains(&filter)
    }

    /// The fields without which a call is refused.
    pub fn required(&self) -> &[Field] {
        &self.required
    }

    /// How many items to ask for in a page where nobody names a size: the largest page, where one can be asked for.
    pub(crate) fn page_size(&self) -> Option<NonZeroU32> {
        self.largest_page
            .filter(|_| self.carried.contains(&Field::PageLimit))
    }
}
