//! Holds arguments against a provider's declared capabilities, before anything is sent.
//!
//! Used by the `Check` layer, and by providers themselves, so that a bare provider refuses the same.

use crate::model::attachment::Attachment;
use crate::model::custom::{CustomFields, FieldValue};
use crate::model::draft::{NewTicket, TicketPatch};
use crate::model::message::{Direction, NewComment};
use crate::model::query::{PageRequest, TicketQuery, Times};
use crate::model::ticket::{Person, TicketId, Version};
use crate::provider::capability::ProviderInfo;
use crate::provider::error::{Error, ErrorKind, Result};
use crate::provider::field::{Field, Fields};
use crate::provider::operation::{Operation, Request};

impl ProviderInfo {
    /// Refuses what this provider does not support or cannot carry.
    ///
    /// # Errors
    ///
    /// `Unsupported` for an operation that the provider does not have, and for attachments where it takes
    /// none. `InvalidInput`, naming the field, for a field that it cannot carry, a required one that is
    /// absent or blank, any other one that is blank, a text over the limit, an id that cannot be one, and too
    /// many ids for one delete.
    /// Always with [`Effect::None`](crate::Effect::None).
    ///
    /// ```
    /// use ticket_core::{ErrorKind, ProviderInfo, TicketId};
    /// use ticket_core::provider::{Capabilities, Request};
    ///
    /// let info = ProviderInfo::new("example", "Example", Capabilities::none().get());
    /// assert!(info.check(&Request::Get(&TicketId::new("1"))).is_ok());
    /// let error = info.check(&Request::Get(&TicketId::new(""))).unwrap_err();
    /// assert_eq!(error.kind(), ErrorKind::InvalidInput);
    /// ```
    pub fn check(&self, request: &Request<'_>) -> Result<()> {
        let operation = request.operation();
        if !self.capabilities.supports(operation) {
            return Err(Error::unsupported(&self.id, operation));
        }
        self.check_arguments(request, operation)
            .map_err(|error| error.in_operation(&self.id, operation))
    }

    /// The fields that the operation requires, and that are absent or blank, in the order declared.
    ///
    /// ```
    /// use ticket_core::provider::{Capabilities, Field, Fields, Request};
    /// use ticket_core::{NewTicket, ProviderInfo};
    ///
    /// const FIELDS: &[Field] = &[Field::Subject, Field::Priority];
    /// let create = Fields::carrying(FIELDS).requiring(FIELDS);
    /// let info = ProviderInfo::new("example", "Example", Capabilities::none().create(create));
    /// let draft = NewTicket::new("Card refused");
    /// assert_eq!(info.missing(&Request::Create(&draft)), [Field::Priority]);
    /// ```
    pub fn missing(&self, request: &Request<'_>) -> Vec<Field> {
        let Some(fields) = self.capabilities.fields(request.operation()) else {
            return Vec::new();
        };
        let given = match request {
            Request::Create(ticket) => ticket.given(),
            Request::Update(_, patch) => patch.given(),
            Request::Comment(_, comment) => comment.given(),
            _ => return Vec::new(),
        };
        missing(fields, &given)
    }

    fn check_arguments(&self, request: &Request<'_>, operation: Operation) -> Result<()> {
        let no_fields = Fields::default();
        let fields = self.capabilities.fields(operation).unwrap_or(&no_fields);
        match request {
            Request::Get(id) | Request::Resolve(id) | Request::Restore(id) => self.check_id(id),
            Request::Download(file) if file.id.is_empty() => {
                Err(Error::invalid_input("the file has no id"))
            }
            Request::Download(_) => Ok(()),
            Request::List(query) => {
                check_limit(&query.page)?;
                self.check_fields(fields, &query.given())
            }
            Request::Create(ticket) => self.check_fields(fields, &ticket.given()),
            Request::Update(id, patch) => {
                self.check_id(id)?;
                let given = patch.given();
                if given.fields.is_empty() && given.custom.is_empty() {
                    return Err(
                        Error::invalid_input("the update names nothing to change").on_ticket(id)
                    );
                }
                self.check_version(operation, id, patch.if_version.as_ref())?;
                self.check_fields(fields, &given)
                    .map_err(|error| error.on_ticket(id))
            }
            Request::Messages(id, page) | Request::Attachments(id, page) => {
                self.check_id(id)?;
                check_limit(page)?;
                let mut given = Given::default();
                given.page(page);
                self.check_fields(fields, &given)
                    .map_err(|error| error.on_ticket(id))
            }
            Request::Comment(id, comment) => {
                self.check_id(id)?;
                self.check_fields(fields, &comment.given())
                    .map_err(|error| error.on_ticket(id))
            }
            Request::Job(_, targets) => {
                let mut targets = targets.iter();
                targets.try_for_each(|target| self.check_id(&target.id))
            }
            Request::Delete(targets) | Request::Purge(targets) => {
                let support = self.capabilities.support(operation);
                let limit = support.map_or(0, |support| support.max_batch);
                if targets.len() > limit {
                    return Err(Error::invalid_input(format!(
                        "{} ids in one call, {} takes at most {limit}",
                        targets.len(),
                        self.title
                    )));
                }
                targets.iter().try_for_each(|target| {
                    self.check_id(&target.id)?;
                    if targets.len() > 1 && target.version.is_some() {
                        let message = "a delete that depends on a version names one ticket";
                        return Err(Error::invalid_input(message).on_ticket(&target.id));
                    }
                    self.check_version(operation, &target.id, target.version.as_ref())
                })
            }
        }
    }

    /// Refuses a version where the vendor cannot depend on one.
    fn check_version(
        &self,
        operation: Operation,
        id: &TicketId,
        version: Option<&Version>,
    ) -> Result<()> {
        let support = self.capabilities.support(operation);
        if version.is_none() || support.is_some_and(|support| support.is_conditional) {
            return Ok(());
        }
        let message = format!(
            "{} cannot {operation} a ticket only if its version is unchanged",
            self.title
        );
        Err(Error::invalid_input(message).on_ticket(id))
    }

    fn check_fields(&self, fields: &Fields, given: &Given<'_>) -> Result<()> {
        let title = &self.title;
        for (field, chars) in &given.fields {
            if !fields.carried.contains(field) {
                let (kind, reason) = match field {
                    Field::Attachments => (ErrorKind::Unsupported, "documents no way to send"),
                    _ => (ErrorKind::InvalidInput, "cannot carry"),
                };
                return Err(Error::new(
                    kind,
                    format!("{title} {reason} `{field}`; leave it out"),
                ));
            }
            if *chars == 0 && !fields.required.contains(field) {
                let message = format!("`{field}` is blank; leave it out, or give it a value");
                return Err(Error::invalid_input(message));
            }
            let limit = fields
                .max_chars
                .iter()
                .find(|(limited, _)| limited == field);
            if let Some((_, limit)) = limit.filter(|(_, limit)| chars > limit) {
                return Err(Error::invalid_input(format!(
                    "`{field}` has {chars} characters, {title} takes at most {limit}"
                )));
            }
        }
        let missing = missing(fields, given);
        if let Some((last, others)) = missing.split_last() {
            let others: Vec<_> = others.iter().map(|field| format!("`{field}`")).collect();
            let (and, value) = match others.as_slice() {
                [] => ("", "it a value"),
                _ => (" and ", "them values"),
            };
            let others = others.join(", ");
            let message = format!("{title} requires {others}{and}`{last}`; give {value}");
            return Err(Error::invalid_input(message));
        }
        match given.custom.iter().find(|(name, _)| {
            !fields.any_custom && !fields.custom.iter().any(|known| known == *name)
        }) {
            None => {}
            Some((name, _)) => {
                return Err(Error::invalid_input(format!(
                    "{title} cannot carry the custom field `{name}`; leave it out"
                )));
            }
        }
        match given.custom.iter().find(|(_, many)| *many && !fields.many) {
            None => Ok(()),
            Some((name, _)) => Err(Error::invalid_input(format!(
                "{title} cannot carry several values of the custom field `{name}`"
            ))),
        }
    }
}

fn missing(fields: &Fields, given: &Given<'_>) -> Vec<Field> {
    let is_given = |required: &Field| {
        let mut given = given.fields.iter();
        given.any(|(field, chars)| field == required && *chars > 0)
    };
    let required = fields.required().iter().copied();
    required.filter(|field| !is_given(field)).collect()
}

/// Refuses pages of nothing, which would never come to an end.
fn check_limit(page: &PageRequest) -> Result<()> {
    match page.limit {
        Some(0) => Err(Error::invalid_input(
            "the `limit` of a page is 0; it must be at least 1",
        )),
        _ => Ok(()),
    }
}

/// What an argument holds: its fields with their lengths in characters (blank texts count as 0), and the
/// names of its custom fields. Each `given` takes its type apart field by field, so that a field added
/// there cannot be forgotten here.
#[derive(Default)]
struct Given<'a> {
    fields: Vec<(Field, usize)>,
    /// With whether they have several values.
    custom: Vec<(&'a str, bool)>,
}

impl<'a> Given<'a> {
    fn custom(&mut self, custom: &'a CustomFields) {
        let is_many = |value: &FieldValue| matches!(value, FieldValue::Many(_));
        let custom = custom.iter();
        self.custom
            .extend(custom.map(|(name, value)| (name.as_str(), is_many(value))));
    }

    fn times(&mut self, times: &Times, from: Field, before: Field) {
        self.count(from, usize::from(times.from.is_some()));
        self.count(before, usize::from(times.before.is_some()));
    }

    fn text(&mut self, field: Field, text: Option<&str>) {
        self.fields.extend(text.map(|text| {
            let blank = text.trim().is_empty();
            (field, if blank { 0 } else { text.chars().count() })
        }));
    }

    fn count(&mut self, field: Field, count: usize) {
        if count > 0 {
            self.fields.push((field, count));
        }
    }

    fn page(&mut self, page: &PageRequest) {
        let PageRequest { cursor, limit } = page;
        self.count(Field::Cursor, usize::from(cursor.is_some()));
        self.count(Field::PageLimit, usize::from(limit.is_some()));
    }

    fn attachments(&mut self, attachments: &[Attachment]) {
        self.count(Field::Attachments, attachments.len());
    }
}

impl NewTicket {
    fn given(&self) -> Given<'_> {
        let Self {
            subject,
            description,
            requester,
            category,
            priority,
            assignee,
            tags,
            attachments,
            custom,
        } = self;
        let mut given = Given::default();
        given.text(Field::Subject, Some(subject));
        given.text(Field::Description, description.as_deref());
        if let Some(Person {
            id,
            name,
            email,
            phone,
        }) = requester
        {
            given.text(Field::RequesterId, id.as_deref());
            given.text(Field::RequesterName, name.as_deref());
            given.text(Field::RequesterEmail, email.as_deref());
            given.text(Field::RequesterPhone, phone.as_deref());
        }
        given.text(Field::Category, category.as_deref());
        given.text(
            Field::Priority,
            priority
                .as_ref()
                .map(crate::model::ticket::Priority::as_str),
        );
        given.text(Field::Assignee, assignee.as_deref());
        given.count(Field::Tags, tags.len());
        given.attachments(attachments);
        given.custom(custom);
        given
    }
}

impl TicketPatch {
    fn given(&self) -> Given<'_> {
        let Self {
            subject,
            description,
            status,
            priority,
            category,
            assignee,
            attachments,
            custom,
            if_version: _,
        } = self;
        let mut given = Given::default();
        given.text(Field::Subject, subject.as_deref());
        given.text(Field::Description, description.as_deref());
        given.text(
            Field::Status,
            status.as_ref().map(crate::model::ticket::Status::as_str),
        );
        given.text(
            Field::Priority,
            priority
                .as_ref()
                .map(crate::model::ticket::Priority::as_str),
        );
        given.text(Field::Category, category.as_deref());
        given.text(Field::Assignee, assignee.as_deref());
        given.attachments(attachments);
        given.custom(custom);
        given
    }
}

impl TicketQuery {
    /// Whether it takes some tickets only.
    pub(crate) fn has_filters(&self) -> bool {
        let given = self.given();
        let is_filter =
            |field: &Field| !matches!(field, Field::Cursor | Field::PageLimit | Field::Order);
        given.fields.iter().any(|(field, _)| is_filter(field)) || !given.custom.is_empty()
    }

    fn given(&self) -> Given<'_> {
        let Self {
            state,
            search,
            priority,
            category,
            requester,
            created,
            updated,
            tags,
            custom,
            order,
            raw,
            page,
        } = self;
        let mut given = Given::default();
        given.count(Field::State, usize::from(state.is_some()));
        given.text(Field::Search, search.as_deref());
        given.text(
            Field::Priority,
            priority
                .as_ref()
                .map(crate::model::ticket::Priority::as_str),
        );
        given.text(Field::Category, category.as_deref());
        given.text(Field::Requester, requester.as_deref());
        given.times(created, Field::CreatedAfter, Field::CreatedBefore);
        given.times(updated, Field::UpdatedAfter, Field::UpdatedBefore);
        given.count(Field::Tags, tags.len());
        given
            .custom
            .extend(custom.keys().map(|name| (name.as_str(), false)));
        given.count(Field::Order, usize::from(order.is_some()));
        given.text(Field::RawQuery, raw.as_deref());
        given.page(page);
        given
    }
}

impl NewComment {
    fn given(&self) -> Given<'_> {
        let Self {
            body,
            direction,
            attachments,
        } = self;
        let mut given = Given::default();
        given.text(Field::Body, Some(body));
        let direction = match direction {
            Direction::Internal => Field::Internal,
            Direction::Inbound => Field::Inbound,
            Direction::Outbound => Field::Outbound,
        };
        given.count(direction, 1);
        given.attachments(attachments);
        given
    }
}
