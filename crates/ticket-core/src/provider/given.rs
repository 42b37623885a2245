//! What the arguments of a call hold, field by field, for the checks against what a provider declares.

use crate::model::attachment::Attachment;
use crate::model::custom::{CustomFields, FieldValue};
use crate::model::draft::{NewTicket, TicketPatch};
use crate::model::message::{Direction, NewComment};
use crate::model::query::{PageRequest, TicketQuery, Times};
use crate::model::status::{Priority, Status};
use crate::model::ticket::Person;
use crate::provider::field::Field;

/// What an argument holds: its fields with their lengths in characters (blank texts count as 0), and the
/// names of its custom fields. Each `given` takes its type apart field by field, so that a field added
/// there cannot be forgotten here.
#[derive(Default)]
pub(super) struct Given<'a> {
    pub(super) fields: Vec<(Field, usize)>,
    /// With whether they have several values.
    pub(super) custom: Vec<(&'a str, bool)>,
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

    pub(super) fn page(&mut self, page: &PageRequest) {
        let PageRequest { cursor, limit } = page;
        self.count(Field::Cursor, usize::from(cursor.is_some()));
        self.count(Field::PageLimit, usize::from(limit.is_some()));
    }

    fn attachments(&mut self, attachments: &[Attachment]) {
        self.count(Field::Attachments, attachments.len());
    }
}

impl NewTicket {
    pub(super) fn given(&self) -> Given<'_> {
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
        given.text(Field::Priority, priority.as_ref().map(Priority::as_str));
        given.text(Field::Assignee, assignee.as_deref());
        given.count(Field::Tags, tags.len());
        given.attachments(attachments);
        given.custom(custom);
        given
    }
}

impl TicketPatch {
    pub(super) fn given(&self) -> Given<'_> {
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
        given.text(Field::Status, status.as_ref().map(Status::as_str));
        given.text(Field::Priority, priority.as_ref().map(Priority::as_str));
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

    pub(super) fn given(&self) -> Given<'_> {
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
        given.text(Field::Priority, priority.as_ref().map(Priority::as_str));
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
    pub(super) fn given(&self) -> Given<'_> {
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
