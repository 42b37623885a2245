//! Whether a ticket matches, as far as it is known.

use std::collections::HashSet;

use jiff::Timestamp;
use ticket_core::model::{FieldValue, Times};
use ticket_core::provider::Field;
use ticket_core::{ProviderInfo, Result, Ticket};

use super::Find;
use super::conversation::Conversation;
use super::people::{Index, Wanted};
use super::way::{How, is_exact, level, vendor_finds_people};

/// What is looked for, prepared for many tickets of one provider.
pub(super) struct Judge {
    find: Find,
    info: ProviderInfo,
    people: Index,
    /// The lists to read, each of one requester; empty where one list is read of all.
    queries: Vec<Wanted>,
}

/// What is known of a ticket: its row, and what was read because the row was not enough.
pub(super) struct Known<'a> {
    pub(super) row: &'a Ticket,
    /// Which of the queries listed it.
    pub(super) query: Option<usize>,
    pub(super) read: Option<&'a Ticket>,
    pub(super) conversation: Option<&'a Conversation>,
}

/// Whether a ticket matches.
pub(super) enum Verdict {
    No,
    /// With the places of the requesters it is of.
    Yes(Vec<usize>),
    /// It was listed before, for another requester.
    Again,
    /// More must be read.
    Open(How),
    /// The vendor does not tell this.
    Unknown(&'static str),
}

/// Whether a ticket matches one criterion.
enum Answer {
    No,
    Yes,
    Open(How),
    Unknown(&'static str),
}

impl From<bool> for Answer {
    fn from(is: bool) -> Self {
        if is { Self::Yes } else { Self::No }
    }
}

/// Where a field is told.
enum Source<'a> {
    Ticket(&'a Ticket),
    Conversation(&'a Conversation),
    /// Not read yet.
    Open(How),
    /// Nowhere.
    Nowhere,
}

impl Judge {
    pub(super) fn new(find: &Find, info: &ProviderInfo) -> Self {
        let mut queries = Vec::new();
        if vendor_finds_people(find, info) {
            let mut known = HashSet::new();
            queries.extend(
                find.people
                    .wanted()
                    .filter(|wanted| known.insert(wanted.clone())),
            );
        }
        Self {
            people: find.people.index(),
            find: find.clone(),
            info: info.clone(),
            queries,
        }
    }

    pub(super) fn queries(&self) -> &[Wanted] {
        &self.queries
    }

    /// # Errors
    ///
    /// If the condition fails on the ticket.
    pub(super) fn judge(&self, known: &Known<'_>) -> Result<Verdict> {
        let mut places = Vec::new();
        let answers = [
            self.span(
                known,
                &self.find.created,
                Field::CreatedAfter,
                Field::CreatedBefore,
            ),
            self.span(
                known,
                &self.find.updated,
                Field::UpdatedAfter,
                Field::UpdatedBefore,
            ),
            self.state(known),
            self.subject(known),
            self.tags(known),
            self.custom(known),
            match self.people(known, &mut places) {
                None => return Ok(Verdict::Again),
                Some(answer) => answer,
            },
            self.text(known),
        ];
        let (mut open, mut unknown) = (None, None);
        for answer in answers {
            match answer {
                Answer::No => return Ok(Verdict::No),
                Answer::Yes => {}
                Answer::Open(how) => open = Some(open.map_or(how, |least: How| least.min(how))),
                Answer::Unknown(what) => unknown = Some(what),
            }
        }
        if known.read.is_none() && known.conversation.is_none() {
            if let Some(condition) = &self.find.condition {
                if !condition.holds_for(known.row)? {
                    return Ok(Verdict::No);
                }
            }
        }
        Ok(match (open, unknown) {
            (Some(how), _) => Verdict::Open(how),
            (None, Some(what)) => Verdict::Unknown(what),
            (None, None) => Verdict::Yes(places),
        })
    }

    fn source<'a>(&self, known: &Known<'a>, field: Field) -> Source<'a> {
        match level(&self.info, field) {
            Some(How::Rows) => Source::Ticket(known.row),
            Some(how @ How::Read) => known.read.map_or(Source::Open(how), Source::Ticket),
            Some(how) => known
                .conversation
                .map_or(Source::Open(how), Source::Conversation),
            None => Source::Nowhere,
        }
    }

    /// `None` for a ticket that was listed before.
    fn people(&self, known: &Known<'_>, places: &mut Vec<usize>) -> Option<Answer> {
        if self.find.people.is_empty() {
            return Some(Answer::Yes);
        }
        let people = &self.people;
        let (mut is_found, mut open, mut unknown) = (false, None, None);
        for &field in &people.fields {
            // Whether it could be compared.
            let mut take = |email: &str| {
                let Some((at, is_in_domain)) = people.by_address(email) else {
                    return false;
                };
                places.extend(at);
                is_found |= is_in_domain;
                true
            };
            match self.source(known, field) {
                Source::Ticket(ticket) if field == Field::RequesterEmail => {
                    let mut is_untold = ticket.requester.is_none();
                    for person in ticket.requesters() {
                        is_untold |= !person.email.as_deref().is_some_and(&mut take);
                    }
                    if is_untold {
                        unknown = Some("the requester's address");
                    }
                }
                Source::Ticket(ticket) => {
                    if ticket.requester.is_none() {
                        unknown = Some("the requester");
                    }
                    let requesters = ticket.requesters();
                    places.extend(requesters.flat_map(|person| people.by_name_or_id(person)));
                }
                Source::Conversation(conversation) => match conversation.requester() {
                    Some(email) if take(email) => {}
                    _ => unknown = Some("the requester's address"),
                },
                Source::Open(how) => open = open.max(Some(how)),
                Source::Nowhere => {}
            }
        }
        places.sort_unstable();
        places.dedup();
        if let Some(query) = known.query {
            return self.listed(query, places);
        }
        Some(match (open, unknown) {
            _ if is_found || !places.is_empty() => Answer::Yes,
            (Some(how), _) => Answer::Open(how),
            (None, Some(what)) => Answer::Unknown(what),
            (None, None) => Answer::No,
        })
    }

    /// Of a ticket that the vendor listed for a requester. A row that tells the requesters must show this one; where
    /// there are several, it belongs to the first list. `None` if that was an earlier one.
    fn listed(&self, query: usize, places: &mut Vec<usize>) -> Option<Answer> {
        let wanted = self.queries.get(query)?;
        let first = self.people.at(wanted).first();
        if level(&self.info, wanted.field()) != Some(How::Rows) {
            places.extend(self.people.at(wanted));
            return Some(Answer::Yes);
        }
        if first.is_none_or(|first| places.binary_search(first).is_err()) {
            return Some(Answer::Unknown(
                "that it is of the requester for whom the vendor listed it",
            ));
        }
        // The lists are in the order of the requesters.
        (places.first() == first).then_some(Answer::Yes)
    }

    fn subject(&self, known: &Known<'_>) -> Answer {
        let Some(text) = &self.find.subject else {
            return Answer::Yes;
        };
        match self.source(known, Field::Subject) {
            Source::Ticket(ticket) => has_text(ticket.subject.as_deref(), text).into(),
            Source::Open(how) => Answer::Open(how),
            _ => Answer::Unknown("the subject"),
        }
    }

    fn text(&self, known: &Known<'_>) -> Answer {
        let Some(text) = &self.find.text else {
            return Answer::Yes;
        };
        let mut open = None;
        for field in [Field::Subject, Field::Description] {
            let told = match self.source(known, field) {
                Source::Ticket(ticket) if field == Field::Subject => ticket.subject.as_deref(),
                Source::Ticket(ticket) => ticket.description.as_deref(),
                Source::Conversation(conversation) => conversation.text(),
                Source::Open(how) => {
                    open = open.max(Some(how));
                    continue;
                }
                Source::Nowhere => return Answer::Unknown("the text"),
            };
            if has_text(told, text) {
                return Answer::Yes;
            }
        }
        open.map_or(Answer::No, Answer::Open)
    }

    fn state(&self, known: &Known<'_>) -> Answer {
        let Some(state) = self.find.state else {
            return Answer::Yes;
        };
        let is_exact = is_exact(&self.info, Field::State);
        match self.source(known, Field::State) {
            Source::Ticket(ticket) => {
                let status = ticket.status.as_ref();
                match status.and_then(|status| state.covers(status)) {
                    Some(is_in) => is_in.into(),
                    None if is_exact => Answer::Yes,
                    None => Answer::Unknown("whether it is open or closed"),
                }
            }
            _ if is_exact => Answer::Yes,
            Source::Open(how) => Answer::Open(how),
            _ => Answer::Unknown("its state"),
        }
    }

    fn span(&self, known: &Known<'_>, span: &Times, from: Field, before: Field) -> Answer {
        if span.from.is_none() && span.before.is_none() {
            return Answer::Yes;
        }
        let is_exact = (span.from.is_none() || is_exact(&self.info, from))
            && (span.before.is_none() || is_exact(&self.info, before));
        let is_creation = from == Field::CreatedAfter;
        let what = if is_creation {
            "the time of creation"
        } else {
            "the time of the last change"
        };
        match self.source(known, from) {
            Source::Ticket(ticket) => {
                let time = if is_creation {
                    ticket.created_at
                } else {
                    ticket.updated_at
                };
                match time {
                    Some(time) => is_within(span, time).into(),
                    None if is_exact => Answer::Yes,
                    None => Answer::Unknown(what),
                }
            }
            _ if is_exact => Answer::Yes,
            Source::Open(how) => Answer::Open(how),
            _ => Answer::Unknown(what),
        }
    }

    fn tags(&self, known: &Known<'_>) -> Answer {
        let tags = &self.find.tags;
        if tags.is_empty() {
            return Answer::Yes;
        }
        match self.source(known, Field::Tags) {
            Source::Ticket(ticket) => tags.iter().all(|tag| ticket.tags.contains(tag)).into(),
            Source::Open(how) => Answer::Open(how),
            _ => Answer::Unknown("its labels"),
        }
    }

    fn custom(&self, known: &Known<'_>) -> Answer {
        let custom = &self.find.custom;
        if custom.is_empty() {
            return Answer::Yes;
        }
        match self.source(known, Field::Custom) {
            Source::Ticket(ticket) => {
                let has = |(name, value): (&String, &String)| {
                    ticket
                        .custom
                        .get(name)
                        .is_some_and(|known| has_value(known, value))
                };
                custom.iter().all(has).into()
            }
            Source::Open(how) => Answer::Open(how),
            _ => Answer::Unknown("its custom fields"),
        }
    }
}

fn has_text(text: Option<&str>, wanted: &str) -> bool {
    let text = text.unwrap_or_default().to_lowercase();
    text.contains(&wanted.to_lowercase())
}

fn has_value(known: &FieldValue, wanted: &str) -> bool {
    match known {
        FieldValue::Many(values) => values.iter().any(|value| has_value(value, wanted)),
        value => value.to_text().is_some_and(|text| text == wanted),
    }
}

fn is_within(span: &Times, time: Timestamp) -> bool {
    span.from.is_none_or(|from| time >= from) && span.before.is_none_or(|before| time < before)
}
