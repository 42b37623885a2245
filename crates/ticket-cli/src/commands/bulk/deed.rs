//! What is done to each ticket, and what can be said of it in the end: all that tells deleting and resolving
//! apart. Not for how many there are, nor for how they are printed.

use comfy_table::Color;
use futures_util::stream::{BoxStream, Stream, StreamExt as _};
use tickets::{
    BulkOptions, DeleteOutcome, DeleteTarget, Effect, Error, ErrorKind, Operation, ProviderInfo,
    Request, ResolveOutcome, TicketId, Tickets,
};

/// What is done to each ticket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// Mark it as solved.
    Resolve,
    /// Remove it.
    Delete,
}

impl Deed {
    pub(super) fn operation(self) -> Operation {
        match self {
            Self::Resolve => Operation::Resolve,
            Self::Delete => Operation::Delete,
        }
    }

    /// "delete", to which "s" and "d" can be added.
    pub(super) fn verb(self) -> &'static str {
        self.operation().as_str()
    }

    /// The verb at the beginning of a sentence.
    pub(super) fn imperative(self) -> &'static str {
        match self {
            Self::Resolve => "Resolve",
            Self::Delete => "Delete",
        }
    }

    /// The call for one ticket, as it is checked before anything is sent.
    pub(super) fn request(self, target: &DeleteTarget) -> Request<'_> {
        match self {
            Self::Resolve => Request::Resolve(&target.id),
            Self::Delete => Request::Delete(std::slice::from_ref(target)),
        }
    }

    /// How many calls so many tickets take.
    pub(super) fn calls(self, tickets: usize, info: &ProviderInfo) -> u64 {
        let batch = match self {
            Self::Resolve => 1,
            Self::Delete => info.capabilities.max_delete_batch().max(1),
        };
        u64::try_from(tickets.div_ceil(batch)).unwrap_or(u64::MAX)
    }

    /// Does it as the ids are taken: one answer per id, with the id's place among them, as the answers come.
    pub(super) fn run<'a>(
        self,
        tickets: &Tickets,
        ids: impl Stream<Item = TicketId> + Send + 'a,
        options: &BulkOptions,
    ) -> BoxStream<'a, (usize, TicketId, Answer)> {
        match self {
            Self::Delete => tickets
                .delete_all(ids, options)
                .map(|settled| (settled.index, settled.id, settled.outcome.into()))
                .boxed(),
            Self::Resolve => tickets
                .resolve_all(ids, options)
                .map(|settled| (settled.index, settled.id, settled.outcome.into()))
                .boxed(),
        }
    }

    /// An answer in `snake_case`.
    pub(super) fn word(self, answer: &Answer) -> &'static str {
        match (answer, self) {
            (Answer::Would, Self::Resolve) => "would_resolve",
            (Answer::Would, Self::Delete) => "would_delete",
            (Answer::Unattempted(_), _) => "unattempted",
            (Answer::Done, Self::Resolve) => "resolved",
            (Answer::Done, Self::Delete) => "deleted",
            (Answer::AlreadyGone, _) => "already_gone",
            (Answer::NotFound(_), _) => "not_found",
            (Answer::Failed(_), _) => "failed",
            (Answer::Unknown(_), _) => "unknown",
        }
    }
}

/// What can be said of a ticket in the end.
#[derive(Clone, Debug)]
pub(super) enum Answer {
    /// A dry run: nothing was sent.
    Would,
    /// The vendor confirmed it.
    Done,
    /// An earlier attempt had deleted it already.
    AlreadyGone,
    /// The vendor says that there is no such ticket.
    NotFound(Error),
    /// It was not done.
    Failed(Error),
    /// Nobody knows.
    Unknown(Error),
    /// It was never tried, and why: nothing was sent.
    Unattempted(Error),
}

impl From<DeleteOutcome> for Answer {
    fn from(outcome: DeleteOutcome) -> Self {
        match outcome {
            DeleteOutcome::Deleted => Self::Done,
            DeleteOutcome::AlreadyGone => Self::AlreadyGone,
            DeleteOutcome::NotFound(error) => Self::NotFound(error),
            DeleteOutcome::Failed(error) => Self::Failed(error),
            DeleteOutcome::Unknown(error) => Self::Unknown(error),
            DeleteOutcome::Unattempted(error) => Self::Unattempted(error),
            other => not_known_here(&other),
        }
    }
}

impl From<ResolveOutcome> for Answer {
    fn from(outcome: ResolveOutcome) -> Self {
        match outcome {
            ResolveOutcome::Resolved => Self::Done,
            ResolveOutcome::NotFound(error) => Self::NotFound(error),
            ResolveOutcome::Failed(error) => Self::Failed(error),
            ResolveOutcome::Unknown(error) => Self::Unknown(error),
            ResolveOutcome::Unattempted(error) => Self::Unattempted(error),
            other => not_known_here(&other),
        }
    }
}

fn not_known_here(outcome: &dyn std::fmt::Display) -> Answer {
    Answer::Unknown(Error::new(
        ErrorKind::BadResponse,
        format!("the outcome `{outcome}` is not known here"),
    ))
}

impl Answer {
    /// Why it was not done or not tried, or why nobody knows.
    pub(super) fn error(&self) -> Option<&Error> {
        match self {
            Self::Would | Self::Done | Self::AlreadyGone => None,
            Self::NotFound(error)
            | Self::Failed(error)
            | Self::Unknown(error)
            | Self::Unattempted(error) => Some(error),
        }
    }

    /// Its place in a summary: from what is as it should be to what is left to do.
    pub(super) fn rank(&self) -> u8 {
        match self {
            Self::Would | Self::Done => 0,
            Self::AlreadyGone => 1,
            Self::NotFound(_) => 2,
            Self::Failed(_) => 3,
            Self::Unknown(_) => 4,
            Self::Unattempted(_) => 5,
        }
    }

    /// Whether it is worth doing another time, as it was asked for: nothing has happened, and what was in the way
    /// passes.
    pub(super) fn remains(&self) -> bool {
        match self {
            Self::Unattempted(_) => true,
            Self::Failed(error) => error.is_retryable() && error.effect() == Effect::None,
            _ => false,
        }
    }

    /// Whether all is as it was asked for.
    pub(super) fn is_done(&self) -> bool {
        matches!(self, Self::Would | Self::Done | Self::AlreadyGone)
    }

    pub(super) fn colour(&self) -> Color {
        match self {
            Self::Would => Color::Reset,
            Self::Done | Self::AlreadyGone => Color::Green,
            Self::Unattempted(_) | Self::Unknown(_) => Color::Yellow,
            Self::NotFound(_) | Self::Failed(_) => Color::Red,
        }
    }
}

#[cfg(test)]
mod tests {
    use tickets::Capabilities;

    use super::*;

    #[test]
    fn a_call_deletes_a_batch_but_resolves_one_ticket() {
        let info = ProviderInfo::new("x", "X", Capabilities::none().delete(100).resolve());
        for (tickets, deletes) in [(0, 0), (1, 1), (100, 1), (101, 2), (250, 3)] {
            assert_eq!(Deed::Delete.calls(tickets, &info), deletes);
            assert_eq!(Deed::Resolve.calls(tickets, &info), tickets as u64);
        }
    }
}
