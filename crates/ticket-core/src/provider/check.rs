//! Holds arguments against a provider's declared capabilities, before anything is sent.
//!
//! Used by the `Check` layer, and by providers themselves, so that a bare provider refuses the same.

use crate::model::query::{PageRequest, TicketQuery};
use crate::model::ticket::TicketId;
use crate::provider::capability::ProviderInfo;
use crate::provider::error::{Error, ErrorKind, Result, bounded};
use crate::provider::field::{Field, Fields};
use crate::provider::given::Given;
use crate::provider::id_form::IdForm;
use crate::provider::operation::{Operation, Request};
use crate::provider::support::{LeavesOut, Support};

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
        let Some(support) = self.capabilities.support(operation) else {
            return Err(Error::unsupported(&self.id, operation));
        };
        self.check_arguments(request, support)
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

    /// What the list of this query [leaves out](super::Support::leaves_out).
    pub fn left_out(&self, query: &TicketQuery) -> Option<&LeavesOut> {
        let list = self.capabilities.support(Operation::List)?;
        let given = query.given();
        let has = |field: &Field| given.fields.iter().any(|(given, _)| given == field);
        let leaves_out = list.leaves_out.as_ref()?;
        (!leaves_out.unless.iter().any(has)).then_some(leaves_out)
    }

    /// Rejects an answer about another ticket than the one that was asked for: the id was merged into another or
    /// redirected.
    ///
    /// # Errors
    ///
    /// `Conflict`, naming the other ticket.
    pub fn check_same(&self, asked: &TicketId, answered: &TicketId) -> Result<()> {
        let [one, other] = [asked, answered].map(TicketId::as_str);
        let is_same = match self.id_form {
            IdForm::Alphanumeric => one.eq_ignore_ascii_case(other),
            _ => one == other,
        };
        if is_same {
            return Ok(());
        }
        let other = bounded(other, 40);
        let message = format!(
            "the vendor answered about another ticket, {other}; this one may have been merged into it"
        );
        Err(Error::new(ErrorKind::Conflict, message).on_ticket(asked))
    }

    /// Rejects a text that cannot be the id of a ticket of this provider. Every call checks its ids with this
    /// function; a program that plans calls can use it before the first one.
    ///
    /// # Errors
    ///
    /// `InvalidInput`, with the id, if it does not have the declared [form](IdForm).
    pub fn check_id(&self, id: &TicketId) -> Result<()> {
        match self.id_form.objection(id.as_str()) {
            None => Ok(()),
            Some(objection) => Err(Error::invalid_input(objection).on_ticket(id)),
        }
    }

    fn check_arguments(&self, request: &Request<'_>, support: &Support) -> Result<()> {
        let fields = &support.fields;
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
                if patch.if_version.is_some() {
                    self.check_conditional(request.operation(), support, id)?;
                }
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
                let limit = support.max_batch;
                if targets.len() > limit {
                    return Err(Error::invalid_input(format!(
                        "{} ids in one call, {} takes at most {limit}",
                        targets.len(),
                        self.title
                    )));
                }
                targets.iter().try_for_each(|target| {
                    self.check_id(&target.id)?;
                    match target.version {
                        None => Ok(()),
                        Some(_) if targets.len() == 1 => {
                            self.check_conditional(request.operation(), support, &target.id)
                        }
                        Some(_) => {
                            let message = "a delete that depends on a version names one ticket";
                            Err(Error::invalid_input(message).on_ticket(&target.id))
                        }
                    }
                })
            }
        }
    }

    /// Refuses a version where the vendor cannot depend on one.
    fn check_conditional(
        &self,
        operation: Operation,
        support: &Support,
        id: &TicketId,
    ) -> Result<()> {
        if support.is_conditional {
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
