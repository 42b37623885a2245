//! The users of RT, their credentials and their rights.

use crate::credentials::{RT_AGENT_TOKEN, RT_PASSWORD, RT_STRANGER_TOKEN, RT_TOKEN, RT_USER};
use crate::store::Ticket;
use crate::vendors::call::Call;

/// Whose credentials a call has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum User {
    /// May do everything.
    Root,
    /// May read, create and comment, but not change or delete.
    Agent,
    /// May do nothing.
    Stranger,
    /// RT itself, which has no credentials.
    System,
}

impl User {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Agent => "agent",
            Self::Stranger => "stranger",
            Self::System => "RT_System",
        }
    }

    pub(super) fn of(call: &Call<'_>) -> Option<Self> {
        if let Some((name, password)) = call.basic() {
            return (name == RT_USER && password == RT_PASSWORD).then_some(Self::Root);
        }
        let (scheme, secret) = call.header("authorization")?.split_once(' ')?;
        if !scheme.eq_ignore_ascii_case("token") {
            return None;
        }
        match secret.trim() {
            RT_TOKEN => Some(Self::Root),
            RT_AGENT_TOKEN => Some(Self::Agent),
            RT_STRANGER_TOKEN => Some(Self::Stranger),
            _ => None,
        }
    }

    /// Whether this user sees the ticket.
    pub(super) fn sees(self, ticket: &Ticket) -> bool {
        self != Self::Stranger && !ticket.owned_by_other
    }

    /// Whether this user may change the ticket, if it is seen.
    pub(super) fn changes(self, ticket: &Ticket) -> bool {
        self == Self::System || (self == Self::Root && !ticket.locked)
    }
}
