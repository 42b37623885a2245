//! How tickets are found with a provider, from what it declares.

use std::fmt;

use serde::Serialize;
use ticket_core::model::Times;
use ticket_core::provider::Field;
use ticket_core::{Error, ErrorKind, Operation, ProviderInfo, Result};

use super::Find;
use super::people::Wanted;

/// What tickets are looked for by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Criterion {
    /// The requester's address, name or id.
    Requester,
    /// The domain of the requester's address.
    Domain,
    /// A text in the subject.
    Subject,
    /// A text in the subject or the description.
    Text,
    /// The state.
    State,
    /// The time of creation.
    Created,
    /// The time of the last change.
    Updated,
    /// A label.
    Tag,
    /// The value of a custom field.
    Custom,
    /// A condition in jq's language.
    Condition,
}

impl Criterion {
    /// The name in `snake_case`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requester => "requester",
            Self::Domain => "domain",
            Self::Subject => "subject",
            Self::Text => "text",
            Self::State => "state",
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Tag => "tag",
            Self::Custom => "custom",
            Self::Condition => "condition",
        }
    }
}

impl Criterion {
    /// The fields of a ticket that it is about, and in words what they are.
    const fn told_by(self) -> (&'static [Field], &'static str) {
        match self {
            Self::Requester => (&[], "the requester"),
            Self::Domain => (
                &[Field::RequesterEmail],
                "the domain of the requester's address",
            ),
            Self::Subject => (&[Field::Subject], "the subject"),
            Self::Text => (&[Field::Subject, Field::Description], "the text"),
            Self::State => (&[Field::State], "the state"),
            Self::Created => (&[Field::CreatedAfter], "the time of creation"),
            Self::Updated => (&[Field::UpdatedAfter], "the time of the last change"),
            Self::Tag => (&[Field::Tags], "labels"),
            Self::Custom => (&[Field::Custom], "custom fields"),
            Self::Condition => (&[], "the condition"),
        }
    }
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Who decides whether a ticket matches a criterion, the cheapest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum How {
    /// The vendor: its own filter is exact.
    Vendor,
    /// The rows of the list tell it.
    Rows,
    /// Each ticket that the rest does not rule out must be read.
    Read,
    /// The conversation of each ticket that the rest does not rule out must be read.
    Conversation,
}

/// How tickets are found with a provider. Its `Display` is one line for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Way {
    /// Each criterion, with who decides it.
    pub criteria: Vec<(Criterion, How)>,
    /// How many lists are read: one, or one for each requester where the vendor filters by them. One for what these
    /// [leave out](ticket_core::provider::Support::leaves_out) is not counted.
    pub lists: usize,
}

impl Way {
    /// The most that must be read of a ticket.
    pub fn most(&self) -> How {
        let each = self.criteria.iter().map(|(_, how)| *how);
        each.max().unwrap_or(How::Rows)
    }
}

impl fmt::Display for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            (How::Vendor, "filtered by the vendor"),
            (How::Rows, "filtered here"),
            (How::Read, "filtered here, after reading each ticket"),
            (
                How::Conversation,
                "filtered here, after reading each conversation",
            ),
        ];
        let mut separator = "";
        for (how, words) in parts {
            let of = self.criteria.iter().filter(|(_, by)| *by == how);
            let names: Vec<_> = of.map(|(criterion, _)| criterion.as_str()).collect();
            if names.is_empty() {
                continue;
            }
            write!(f, "{separator}{words}: {}", names.join(", "))?;
            if how == How::Vendor && self.lists > 1 {
                write!(f, " ({} lists)", self.lists)?;
            }
            separator = "; ";
        }
        Ok(())
    }
}

/// Which reply tells a field first; `None` if none does.
pub(super) fn level(info: &ProviderInfo, field: Field) -> Option<How> {
    let levels = [
        (Operation::List, How::Rows),
        (Operation::Get, How::Read),
        (Operation::Messages, How::Conversation),
    ];
    let tells = |operation| {
        let support = info.capabilities.support(operation);
        support.is_some_and(|support| support.decides.contains(&field))
    };
    levels
        .into_iter()
        .find_map(|(operation, how)| tells(operation).then_some(how))
}

/// Whether the vendor's filter of lists is exact.
pub(super) fn is_exact(info: &ProviderInfo, field: Field) -> bool {
    let fields = info.capabilities.fields(Operation::List);
    fields.is_some_and(|fields| fields.is_exact(field))
}

/// Whether the vendor can filter by all the people who are looked for, one list for each.
pub(super) fn vendor_finds_people(find: &Find, info: &ProviderInfo) -> bool {
    let is_exact = |wanted: Wanted| match wanted {
        Wanted::Address(_) if find.people.ignores_plus_tags() => false,
        wanted if wanted.has_two_forms() => false,
        wanted => is_exact(info, wanted.field()),
    };
    !find.people.is_empty() && !find.people.has_domains() && find.people.wanted().all(is_exact)
}

pub(super) fn of(find: &Find, info: &ProviderInfo) -> Result<Way> {
    check(find)?;
    let failed = |message: String| {
        let error = Error::new(ErrorKind::Unsupported, message);
        Err(error.in_operation(&info.id, Operation::List))
    };
    if !info.capabilities.supports(Operation::List) {
        return failed(format!(
            "{} cannot list tickets; name them by their ids",
            info.title
        ));
    }
    let mut draft = Draft {
        info,
        way: Way {
            criteria: Vec::new(),
            lists: 1,
        },
        untold: Vec::new(),
    };
    draft.people(find);
    draft.criteria(find);
    if draft.untold.is_empty() {
        return Ok(draft.way);
    }
    draft.untold.dedup();
    failed(format!(
        "{} does not tell {}",
        info.title,
        draft.untold.join(", ")
    ))
}

/// A way as far as it is known.
struct Draft<'a> {
    info: &'a ProviderInfo,
    way: Way,
    /// What the provider does not tell, in words.
    untold: Vec<&'static str>,
}

impl Draft<'_> {
    fn people(&mut self, find: &Find) {
        if vendor_finds_people(find, self.info) {
            self.way.criteria.push((Criterion::Requester, How::Vendor));
            let mut people: Vec<_> = find.people.wanted().collect();
            people.sort_unstable();
            people.dedup();
            self.way.lists = people.len();
            return;
        }
        let mut hardest = None;
        for wanted in find.people.wanted() {
            match level(self.info, wanted.field()) {
                None => self.untold.push(match wanted {
                    Wanted::Address(_) => "the requester's address",
                    Wanted::Name(_) => "the requester's name",
                    Wanted::Id(_) => "the requester's id",
                }),
                told => hardest = hardest.max(told),
            }
        }
        let hardest = hardest.map(|how| (Criterion::Requester, how));
        self.way.criteria.extend(hardest);
        self.add(Criterion::Domain, find.people.has_domains(), &[]);
    }

    fn criteria(&mut self, find: &Find) {
        let created = used(&find.created, Field::CreatedAfter, Field::CreatedBefore);
        let updated = used(&find.updated, Field::UpdatedAfter, Field::UpdatedBefore);
        for (criterion, is_asked, filters) in [
            (Criterion::Subject, find.subject.is_some(), &[][..]),
            (Criterion::Text, find.text.is_some(), &[]),
            (Criterion::State, find.state.is_some(), &[Field::State]),
            (Criterion::Created, !created.is_empty(), &created),
            (Criterion::Updated, !updated.is_empty(), &updated),
            (Criterion::Tag, !find.tags.is_empty(), &[]),
            (Criterion::Custom, !find.custom.is_empty(), &[]),
        ] {
            self.add(criterion, is_asked, filters);
        }
        if find.condition.is_some() {
            self.way.criteria.push((Criterion::Condition, How::Rows));
        }
    }

    /// Adds a criterion, which these filters of the vendor's decide if all are exact, and otherwise the fields that it is
    /// about.
    fn add(&mut self, criterion: Criterion, is_asked: bool, filters: &[Field]) {
        if !is_asked {
            return;
        }
        let is_exact =
            !filters.is_empty() && filters.iter().all(|filter| is_exact(self.info, *filter));
        let (fields, words) = criterion.told_by();
        let levels = fields.iter().map(|field| level(self.info, *field));
        let levels: Option<Vec<_>> = levels.collect();
        match levels.and_then(|levels| levels.into_iter().max()) {
            _ if is_exact => self.way.criteria.push((criterion, How::Vendor)),
            Some(how) => self.way.criteria.push((criterion, how)),
            None => self.untold.push(words),
        }
    }
}

/// The filters that a span of time uses.
fn used(span: &Times, from: Field, before: Field) -> Vec<Field> {
    let used = [span.from.map(|_| from), span.before.map(|_| before)];
    used.into_iter().flatten().collect()
}

/// Refuses what would find everything or nothing.
fn check(find: &Find) -> Result<()> {
    let Find {
        people,
        subject,
        text,
        state,
        created,
        updated,
        tags,
        custom,
        condition,
    } = find;
    let spans = [created.from, created.before, updated.from, updated.before];
    let is_anything_asked = !people.is_empty()
        || subject.is_some()
        || text.is_some()
        || state.is_some()
        || spans.iter().any(Option::is_some)
        || !tags.is_empty()
        || !custom.is_empty()
        || condition.is_some();
    if !is_anything_asked {
        return Err(Error::invalid_input("nothing is looked for"));
    }
    let is_blank = |text: &String| text.trim().is_empty();
    let blank = [
        ("requester", people.wanted().any(|wanted| wanted.is_blank())),
        (
            "domain",
            people
                .domains()
                .any(|domain| domain.is_empty() || domain.contains('@')),
        ),
        ("subject", subject.as_ref().is_some_and(is_blank)),
        ("text", text.as_ref().is_some_and(is_blank)),
        ("tag", tags.iter().any(is_blank)),
        (
            "custom",
            custom
                .iter()
                .any(|(name, value)| is_blank(name) || is_blank(value)),
        ),
    ];
    match blank.into_iter().find(|(_, is_blank)| *is_blank) {
        None => Ok(()),
        Some((name, _)) => {
            let message = format!("the `{name}` that is looked for is blank, or not a {name}");
            Err(Error::invalid_input(message))
        }
    }
}
