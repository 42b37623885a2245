//! What a provider can do, declared once: operations, fields, limits, quotas.
//!
//! The declaration is data. It is enforced in `check.rs`, before anything is sent.

use std::fmt;
use std::num::NonZeroUsize;
use std::str::FromStr;
use std::time::Duration;

use crate::error::{Error, bounded};
use crate::operation::Operation;

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
    /// Files.
    Attachments,
    /// The state that a list is restricted to.
    State,
    /// The text that a list is searched for.
    Search,
    /// Where a page begins.
    Cursor,
    /// How many items a page may have.
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

impl Field {
    /// The field's name in `snake_case`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Subject => "subject",
            Self::Description => "description",
            Self::RequesterId => "requester_id",
            Self::RequesterName => "requester_name",
            Self::RequesterEmail => "requester_email",
            Self::RequesterPhone => "requester_phone",
            Self::Category => "category",
            Self::Status => "status",
            Self::Priority => "priority",
            Self::Assignee => "assignee",
            Self::Tags => "tags",
            Self::Attachments => "attachments",
            Self::State => "state",
            Self::Search => "search",
            Self::Cursor => "cursor",
            Self::PageLimit => "limit",
            Self::Body => "body",
            Self::Internal => "internal",
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
        }
    }
}

impl fmt::Display for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Which fields an operation carries to the vendor. The default carries none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fields {
    pub(crate) carried: &'static [Field],
    pub(crate) required: &'static [Field],
    pub(crate) max_chars: &'static [(Field, usize)],
    pub(crate) custom: &'static [&'static str],
    pub(crate) any_custom: bool,
}

impl Fields {
    /// Carries these and refuses all others.
    pub const fn carrying(carried: &'static [Field]) -> Self {
        Self {
            carried,
            required: &[],
            max_chars: &[],
            custom: &[],
            any_custom: false,
        }
    }

    /// Refuses a call without these.
    #[must_use]
    pub const fn requiring(mut self, required: &'static [Field]) -> Self {
        self.required = required;
        self
    }

    /// Refuses longer texts; lengths in characters.
    #[must_use]
    pub const fn max_chars(mut self, max_chars: &'static [(Field, usize)]) -> Self {
        self.max_chars = max_chars;
        self
    }

    /// Carries custom fields of these names.
    #[must_use]
    pub const fn custom(mut self, names: &'static [&'static str]) -> Self {
        self.custom = names;
        self
    }

    /// Carries custom fields of any name.
    #[must_use]
    pub const fn any_custom(mut self) -> Self {
        self.any_custom = true;
        self
    }

    /// The fields carried.
    pub const fn carried(&self) -> &'static [Field] {
        self.carried
    }

    /// The fields without which a call is refused.
    pub const fn required(&self) -> &'static [Field] {
        self.required
    }
}

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

/// At most `calls` calls in any `window`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quota {
    /// How many calls.
    pub calls: u32,
    /// In how long a time.
    pub window: Duration,
}

impl Quota {
    /// At most `calls` calls in any `window`.
    pub const fn new(calls: u32, window: Duration) -> Self {
        Self { calls, window }
    }
}

/// In words, such as `25 calls in 5 s`.
impl fmt::Display for Quota {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let calls = if self.calls == 1 { "call" } else { "calls" };
        let seconds = self.window.as_secs_f64();
        write!(f, "{} {calls} in {seconds} s", self.calls)
    }
}

/// From calls and seconds with a slash between them.
///
/// ```
/// use std::time::Duration;
/// use ticket_core::Quota;
///
/// assert_eq!("25/5".parse::<Quota>()?, Quota::new(25, Duration::from_secs(5)));
/// assert!("25".parse::<Quota>().is_err());
/// # Ok::<(), ticket_core::Error>(())
/// ```
impl FromStr for Quota {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let parsed = text.split_once('/').and_then(|(calls, seconds)| {
            let calls = calls.trim().parse().ok().filter(|calls| *calls > 0)?;
            let seconds = seconds.trim().parse().ok()?;
            let window = Duration::try_from_secs_f64(seconds).ok()?;
            (!window.is_zero()).then_some(Self::new(calls, window))
        });
        parsed.ok_or_else(|| {
            let message = format!(
                "{:?} is no rate; write calls and seconds as in 25/5",
                bounded(text, 40)
            );
            Error::invalid_input(message)
        })
    }
}

/// How many calls a vendor allows, as far as it documents that. The default knows of no limit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Quotas {
    /// All of these hold at once.
    pub windows: Vec<Quota>,
    /// Whether the vendor answers only one call at a time to each of its endpoints.
    pub one_call_per_operation: bool,
    /// How many calls may be on their way at once; any number where absent.
    pub max_concurrent: Option<NonZeroUsize>,
}

impl Quotas {
    /// No known limit.
    pub const fn none() -> Self {
        Self {
            windows: Vec::new(),
            one_call_per_operation: false,
            max_concurrent: None,
        }
    }

    /// Adds a limit.
    #[must_use]
    pub fn window(mut self, quota: Quota) -> Self {
        self.windows.push(quota);
        self
    }

    /// The vendor answers only one call at a time to each of its endpoints.
    #[must_use]
    pub fn one_call_per_operation(mut self) -> Self {
        self.one_call_per_operation = true;
        self
    }

    /// At most so many calls on their way at once.
    #[must_use]
    pub fn max_concurrent(mut self, calls: NonZeroUsize) -> Self {
        self.max_concurrent = Some(calls);
        self
    }

    /// The least time in which these windows let so many calls begin, were every answer to come at once.
    /// [`Duration::MAX`] where a window allows none, or time would run out.
    ///
    /// ```
    /// use std::time::Duration;
    /// use ticket_core::{Quota, Quotas};
    ///
    /// let quotas = Quotas::none().window(Quota::new(25, Duration::from_secs(5)));
    /// assert_eq!(quotas.least_time(25), Duration::ZERO);
    /// assert_eq!(quotas.least_time(10_000), Duration::from_secs(1995));
    /// ```
    pub fn least_time(&self, calls: u64) -> Duration {
        let of_window = |quota: &Quota| match (calls, quota.calls) {
            (0, _) => Duration::ZERO,
            (_, 0) => Duration::MAX,
            // The first ones at once, as many more each time the window has passed.
            (calls, per_window) => {
                let windows = u128::from((calls - 1) / u64::from(per_window));
                let nanos = windows.saturating_mul(quota.window.as_nanos());
                u64::try_from(nanos).map_or(Duration::MAX, Duration::from_nanos)
            }
        };
        self.windows.iter().map(of_window).max().unwrap_or_default()
    }
}

/// Who a provider is and what it can do.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct ProviderInfo {
    /// A short name in lower case, unique among providers, such as `onecloud`.
    pub id: &'static str,
    /// The name for people.
    pub title: &'static str,
    /// What it can do.
    pub capabilities: Capabilities,
    /// How many calls it allows.
    pub quotas: Quotas,
}

impl ProviderInfo {
    /// The provider `id`, called `title`, that can do this.
    pub const fn new(id: &'static str, title: &'static str, capabilities: Capabilities) -> Self {
        Self {
            id,
            title,
            capabilities,
            quotas: Quotas::none(),
        }
    }

    /// Says how many calls it allows.
    #[must_use]
    pub fn quotas(mut self, quotas: Quotas) -> Self {
        self.quotas = quotas;
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_that_allows_nothing_or_is_none_is_refused_by_its_text() {
        for text in [
            "", "/", "25", "25/", "/5", "0/5", "25/0", "-1/5", "25/-5", "a/b", "25/5/1", "25/NaN",
            "1/1e30",
        ] {
            let error = text.parse::<Quota>().unwrap_err().to_string();
            assert!(error.contains(text) && error.contains("25/5"), "{error}");
        }
        let half: Quota = " 3 / 0.5 ".parse().unwrap();
        assert_eq!(half, Quota::new(3, Duration::from_millis(500)));
        assert_eq!(half.to_string(), "3 calls in 0.5 s");
    }

    #[test]
    fn the_least_time_is_the_slowest_windows() {
        let second = Duration::from_secs(1);
        let quotas = Quotas::none()
            .window(Quota::new(10, 5 * second))
            .window(Quota::new(100, 600 * second));
        for (calls, seconds) in [
            (0, 0),
            (10, 0),
            (11, 5),
            (100, 45),
            (101, 600),
            (1000, 5400),
        ] {
            assert_eq!(quotas.least_time(calls), seconds * second, "{calls}");
        }
        let never = Quotas::none().window(Quota::new(0, second));
        assert_eq!(never.least_time(0), Duration::ZERO);
        assert_eq!(never.least_time(1), Duration::MAX);
        let slow = Quotas::none().window(Quota::new(1, Duration::MAX));
        assert_eq!(slow.least_time(u64::MAX), Duration::MAX);
        assert_eq!(Quotas::none().least_time(u64::MAX), Duration::ZERO);
    }
}
