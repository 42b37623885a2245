//! What is done to each ticket, and what can be said of it in the end: all that tells deleting and resolving
//! apart. Not for how many there are, nor for how they are printed.

use comfy_table::Color;
use futures_util::stream::{BoxStream, Stream, StreamExt as _};
use tickets::{DeleteOutcome, Effect, Error, ErrorKind, Operation, Request, TicketId, Tickets};

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
    pub(super) fn request(self, id: &TicketId) -> Request<'_> {
        match self {
            Self::Resolve => Request::Resolve(id),
            Self::Delete => Request::Delete(std::slice::from_ref(id)),
        }
    }

    /// Does it as the ids are taken, one call after the other: one answer per id, in their order.
    pub(super) fn run<'a>(
        self,
        tickets: Tickets,
        ids: impl Stream<Item = TicketId> + Send + 'a,
    ) -> BoxStream<'a, (TicketId, Answer)> {
        match self {
            Self::Delete => tickets
                .delete_all(ids)
                .map(|(id, outcome)| (id, outcome.into()))
                .boxed(),
            Self::Resolve => ids
                .then(move |id| {
                    let tickets = tickets.clone();
                    async move {
                        let answer = tickets.resolve(&id).await.into();
                        (id, answer)
                    }
                })
                .boxed(),
        }
    }

    /// An answer in `snake_case`.
    pub(super) fn word(self, answer: &Answer) -> &'static str {
        match (answer, self) {
            (Answer::Would, Self::Resolve) => "would_resolve",
            (Answer::Would, Self::Delete) => "would_delete",
            (Answer::Unattempted, _) => "unattempted",
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
    /// The work was stopped before its turn: nothing was sent.
    Unattempted,
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
}

impl From<DeleteOutcome> for Answer {
    fn from(outcome: DeleteOutcome) -> Self {
        match outcome {
            DeleteOutcome::Deleted => Self::Done,
            DeleteOutcome::AlreadyGone => Self::AlreadyGone,
            DeleteOutcome::NotFound(error) => Self::NotFound(error),
            DeleteOutcome::Failed(error) => Self::Failed(error),
            DeleteOutcome::Unknown(error) => Self::Unknown(error),
            other => Self::Unknown(Error::new(
                ErrorKind::BadResponse,
                format!("the outcome `{other}` is not known here"),
            )),
        }
    }
}

impl From<tickets::Result<()>> for Answer {
    fn from(result: tickets::Result<()>) -> Self {
        match result {
            Ok(()) => Self::Done,
            Err(error) if error.effect() == Effect::Unknown => Self::Unknown(error),
            Err(error) if error.kind() == ErrorKind::NotFound => Self::NotFound(error),
            Err(error) => Self::Failed(error),
        }
    }
}

impl Answer {
    /// Why it was not done, or why nobody knows.
    pub(super) fn error(&self) -> Option<&Error> {
        match self {
            Self::Would | Self::Unattempted | Self::Done | Self::AlreadyGone => None,
            Self::NotFound(error) | Self::Failed(error) | Self::Unknown(error) => Some(error),
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
            Self::Unattempted | Self::Unknown(_) => Color::Yellow,
            Self::NotFound(_) | Self::Failed(_) => Color::Red,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_have_happened_is_unknown_whatever_the_kind() {
        let word = |result: tickets::Result<()>| Deed::Resolve.word(&result.into());
        let error = |kind, effect| Error::new(kind, "x").with_effect(effect);
        assert_eq!(word(Ok(())), "resolved");
        assert_eq!(
            word(Err(error(ErrorKind::NotFound, Effect::None))),
            "not_found"
        );
        assert_eq!(
            word(Err(error(ErrorKind::NotFound, Effect::Unknown))),
            "unknown"
        );
        assert_eq!(
            word(Err(error(ErrorKind::Timeout, Effect::Unknown))),
            "unknown"
        );
        assert_eq!(
            word(Err(error(ErrorKind::Conflict, Effect::None))),
            "failed"
        );
    }
}
