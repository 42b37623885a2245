//! What a provider declares of one operation.

use std::borrow::Cow;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::provider::field::{Field, Fields};

/// How a provider supports an operation. See [`Capabilities::with`](crate::provider::Capabilities::with).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Support {
    /// Which fields it carries; none unless changed.
    pub fields: Fields,
    /// How many tickets one call may name. Default 1; at 0 the operation is unsupported.
    pub max_batch: usize,
    /// What the vendor's *not found* proves. Default: that there is no such ticket.
    pub not_found: NotFound,
    /// Whether the vendor changes the ticket only while it has the [version](crate::model::Version) that the
    /// call names. Default: no.
    pub is_conditional: bool,
    /// How many requests one call makes at most, each of which counts in the account's quotas. Default: 1.
    ///
    /// At most one of them changes anything that others can see. The others prepare it, such as a read that the vendor
    /// forces, or confirm it.
    pub requests: usize,
    /// How many more requests each file of a create, an update or a comment costs, such as one that stages it.
    /// Default: 0.
    pub requests_per_file: usize,
    /// What a delete does. Default: unknown.
    pub removal: Removal,
    /// What a delete takes along besides the ticket, its messages and files, such as `subtasks`; in words.
    pub takes_along: Cow<'static, [Cow<'static, str>]>,
    /// Which fields of a ticket the reply of a list, a `get` or the messages tells whole. Default: none.
    ///
    /// See [`decides`](Self::decides).
    pub decides: Cow<'static, [Field]>,
    /// For how long the vendor keeps the [idempotency key](crate::CallContext::idempotency_key) of a create: a repeat with the
    /// same key is answered by the first reply and creates nothing. Default: it has no keys.
    ///
    /// Within this time, and only then, a create of unknown effect is repeated.
    pub keeps_keys_for: Option<Duration>,
    /// Which tickets a list without filters leaves out. Default: none.
    ///
    /// See [`leaves_out`](Self::leaves_out).
    pub leaves_out: Option<LeavesOut>,
}

/// Tickets that a list leaves out.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct LeavesOut {
    /// What they are, in words, such as `archived tickets`.
    pub what: Cow<'static, str>,
    /// The filters with any of which a list has them.
    pub unless: Cow<'static, [Field]>,
}

/// What a delete does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Removal {
    /// The vendor does not document whether deleted tickets can be restored.
    #[default]
    Undocumented,
    /// Deleted tickets cannot be restored.
    Permanent,
    /// Deleted tickets are in a trash, from which they can be restored.
    Trash {
        /// For how long; absent: without a limit that is known. It is written to storage in whole seconds, as `restorable_for_s`.
        #[serde(
            rename = "restorable_for_s",
            with = "seconds",
            default,
            skip_serializing_if = "Option::is_none"
        )]
        restorable_for: Option<Duration>,
    },
}

/// Durations in storage: whole seconds.
mod seconds {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer};

    #[expect(clippy::ref_option, reason = "serde asks for this type")]
    pub(super) fn serialize<S: Serializer>(
        duration: &Option<Duration>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        let seconds = duration.map(|duration| duration.as_secs());
        seconds.serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Duration>, D::Error> {
        let seconds = Option::<u64>::deserialize(deserializer)?;
        Ok(seconds.map(Duration::from_secs))
    }
}

/// What a vendor's *not found* proves.
///
/// After an attempt of unknown effect a delete counts as done only if a read proves that the ticket is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotFound {
    /// There is no such ticket: the vendor documents the form of this reply, and it has that form.
    #[default]
    Gone,
    /// Nothing: the vendor gives the same answer for tickets that exist (closed, or another user's).
    Ambiguous,
    /// Nothing by itself: the vendor documents no form, so a gateway's or a wrong address's *not found* looks the
    /// same. It counts only if the vendor answers another read under the same base URL afterwards.
    Undocumented,
}

impl Default for Support {
    fn default() -> Self {
        Self {
            fields: Fields::default(),
            max_batch: 1,
            not_found: NotFound::default(),
            is_conditional: false,
            requests: 1,
            requests_per_file: 0,
            removal: Removal::default(),
            takes_along: Cow::default(),
            decides: Cow::default(),
            keeps_keys_for: None,
            leaves_out: None,
        }
    }
}

impl Support {
    /// Supported, for one ticket per call, without any fields.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets which fields it carries.
    #[must_use]
    pub fn fields(mut self, fields: Fields) -> Self {
        self.fields = fields;
        self
    }

    /// Sets how many tickets one call may name.
    #[must_use]
    pub fn max_batch(mut self, tickets: usize) -> Self {
        self.max_batch = tickets;
        self
    }

    /// Sets what the vendor's *not found* proves.
    #[must_use]
    pub fn not_found(mut self, proves: NotFound) -> Self {
        self.not_found = proves;
        self
    }

    /// Says that the vendor changes a ticket only while it has the version that the call names.
    #[must_use]
    pub fn conditional(mut self) -> Self {
        self.is_conditional = true;
        self
    }

    /// Sets how many requests one call makes at most.
    #[must_use]
    pub fn requests(mut self, requests: usize) -> Self {
        self.requests = requests;
        self
    }

    /// Sets how many more requests each file costs.
    #[must_use]
    pub fn requests_per_file(mut self, requests: usize) -> Self {
        self.requests_per_file = requests;
        self
    }

    /// Says what a delete does.
    #[must_use]
    pub fn removal(mut self, removal: Removal) -> Self {
        self.removal = removal;
        self
    }

    /// Says what a delete takes along.
    #[must_use]
    pub fn takes_along(mut self, what: impl Into<Cow<'static, [Cow<'static, str>]>>) -> Self {
        self.takes_along = what.into();
        self
    }

    /// Says which fields of a ticket the reply of a list, a `get` or the messages tells whole, so that a filter on
    /// them can be decided from it:
    ///
    /// * `subject`, `description`: the text is neither cut nor left out.
    /// * `requester_email`, `requester_id`, `requester_name`: of all requesters. In a conversation, the requester is
    ///   the author of the earliest message of the customer, and the description is the text of the earliest message.
    /// * `created_after`, `updated_after`: the times of creation and of the last change.
    /// * `state`, `tags`, `custom`: the status, all labels, and all custom fields with a value.
    ///
    /// A requester, a status or a time that is absent all the same is unknown.
    #[must_use]
    pub fn decides(mut self, fields: impl Into<Cow<'static, [Field]>>) -> Self {
        self.decides = fields.into();
        self
    }

    /// Says which tickets a list leaves out, in words, unless it has one of these filters.
    #[must_use]
    pub fn leaves_out(
        mut self,
        what: impl Into<Cow<'static, str>>,
        unless: impl Into<Cow<'static, [Field]>>,
    ) -> Self {
        self.leaves_out = Some(LeavesOut {
            what: what.into(),
            unless: unless.into(),
        });
        self
    }

    /// Says for how long the vendor keeps the idempotency key of a create.
    #[must_use]
    pub fn keeps_keys_for(mut self, time: Duration) -> Self {
        self.keeps_keys_for = Some(time);
        self
    }
}
