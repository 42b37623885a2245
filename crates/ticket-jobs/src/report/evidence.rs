//! Which call decided what became of a ticket, in words.

use std::collections::HashMap;

use jiff::Timestamp;
use ticket_core::{Effect, ErrorKind, Operation, Outcome, TicketId};

use crate::model::{JobCall, JobTicket};

/// What is kept of a call until the tickets are read: a few bytes, so that a million calls fit into memory.
#[derive(Clone, Copy, Debug)]
pub(super) struct Brief {
    id: u64,
    /// Whole seconds, rounded down.
    taken_at: i64,
    operation: Operation,
    end: End,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    None,
    Answered,
    Failed(ErrorKind, Effect, Option<u16>),
}

impl Brief {
    pub(super) fn new(call: &JobCall) -> Self {
        let end = match (call.ended_at, call.kind) {
            (None, _) => End::None,
            (Some(_), None) => End::Answered,
            (Some(_), Some(kind)) => {
                End::Failed(kind, call.effect.unwrap_or(Effect::Unknown), call.status)
            }
        };
        Self {
            id: call.id.0,
            taken_at: call.taken_at.as_second(),
            operation: call.operation,
            end,
        }
    }

    /// Whether it may have changed a ticket although no answer says so.
    fn is_lost_write(&self) -> bool {
        let is_lost = matches!(self.end, End::None | End::Failed(_, Effect::Unknown, _));
        self.operation.is_write() && is_lost
    }

    /// How it ended, such as `get answered 404 not found`.
    fn words(&self) -> String {
        let operation = self.operation;
        match self.end {
            End::None => format!("{operation} has no recorded answer"),
            End::Answered => format!("{operation} answered"),
            End::Failed(kind, _, Some(status)) => {
                format!("{operation} answered {status} {}", words(kind))
            }
            End::Failed(ErrorKind::Timeout, ..) => format!("{operation} got no answer in time"),
            End::Failed(ErrorKind::Connect, ..) => format!("{operation} could not connect"),
            End::Failed(kind, Effect::Unknown, None) => {
                format!("{operation} got no answer ({})", words(kind))
            }
            End::Failed(kind, Effect::None, None) => format!("{operation} failed: {}", words(kind)),
        }
    }
}

fn words(kind: ErrorKind) -> String {
    kind.as_str().replace('_', " ")
}

/// The calls of a job, by their ids.
#[derive(Debug, Default)]
pub(super) struct Calls {
    all: Vec<Brief>,
    /// By the key of their account.
    open: HashMap<String, HashMap<TicketId, Open>>,
}

/// What is kept of the writes of a ticket whose answers did not tell what became of it. A later call does.
#[derive(Debug, Default)]
struct Open {
    /// The last one whose answer was lost.
    lost: Option<Brief>,
    /// When the first delete was recorded whose answer was lost, or that was only accepted: in whole seconds.
    deleted_from: Option<i64>,
}

impl Calls {
    /// Adds a call. Calls come in the order of their ids. `account` is the key of its quota.
    pub(super) fn push(&mut self, call: &JobCall) {
        let brief = Brief::new(call);
        self.all.push(brief);
        let is_lost = brief.is_lost_write();
        let is_delete = call.operation == Operation::Delete;
        if !(is_lost || is_delete && call.accepted.is_some()) {
            return;
        }
        if !self.open.contains_key(&call.account) {
            self.open.insert(call.account.clone(), HashMap::new());
        }
        let Some(tickets) = self.open.get_mut(&call.account) else {
            return;
        };
        for ticket in &call.tickets {
            let open = tickets.entry(ticket.clone()).or_default();
            if is_lost {
                open.lost = Some(brief);
            }
            if is_delete {
                open.deleted_from.get_or_insert(brief.taken_at);
            }
        }
    }

    fn open(&self, ticket: &JobTicket, key: &str) -> Option<&Open> {
        self.open.get(key)?.get(&ticket.id)
    }

    /// From when on a ticket that is deleted may have been: when the first delete was recorded that may have done it, just
    /// before it was sent, or up to a second before. `key` is that of its account's quota.
    pub(super) fn deleted_from(&self, ticket: &JobTicket, key: &str) -> Option<Timestamp> {
        let open = self.open(ticket, key).and_then(|open| open.deleted_from);
        let last = self.last(ticket);
        let last = last.filter(|last| last.operation == Operation::Delete);
        let second = open.or_else(|| last.map(|last| last.taken_at))?;
        Timestamp::from_second(second).ok()
    }

    /// The last call about a ticket.
    fn last(&self, ticket: &JobTicket) -> Option<&Brief> {
        let id = ticket.last_call?.0;
        let index = self.all.binary_search_by_key(&id, |brief| brief.id).ok()?;
        self.all.get(index)
    }

    /// What decided the outcome of a ticket, or why there is none. `key` is that of its account's quota.
    pub(super) fn evidence(&self, ticket: &JobTicket, key: &str) -> String {
        let write = self.open(ticket, key).and_then(|open| open.lost);
        let Some(last) = self.last(ticket) else {
            return without_call(ticket).to_owned();
        };
        let answer = last.words();
        let is_lost = last.is_lost_write();
        let is_read = !last.operation.is_write();
        let after = match write {
            Some(write) if write.id < last.id => {
                format!(" after a lost answer to {}", write.operation)
            }
            _ => String::new(),
        };
        let more = match &ticket.outcome {
            None if ticket.in_doubt => "; nobody has looked at what came of it yet",
            None => "; not decided yet",
            Some(Outcome::AlreadyDone) if is_lost => "; a read that is not recorded found it done",
            Some(Outcome::NotFound(error)) if error.is_confirmed() && !is_read => {
                "; a read that is not recorded confirmed it"
            }
            Some(Outcome::NotFound(_)) if last.end == End::Answered && !is_read => {
                " that there is no such ticket"
            }
            Some(Outcome::Failed(_)) if last.end == End::Answered && !is_read => {
                " that it did not change this ticket"
            }
            Some(Outcome::Unknown(_)) if last.end == End::Answered => {
                ", which does not prove what became of it"
            }
            Some(Outcome::Unknown(_)) => "; no read proved what became of it",
            Some(Outcome::Unattempted(_)) => {
                "; the job ended before a change of it was carried out"
            }
            Some(_) => "",
        };
        match more.strip_prefix("; ") {
            Some(more) => format!("{answer}{after}; {more}"),
            None => format!("{answer}{more}{after}"),
        }
    }
}

/// What is known of a ticket about which no call is recorded.
fn without_call(ticket: &JobTicket) -> &'static str {
    match &ticket.outcome {
        None => "nothing was sent yet",
        Some(Outcome::Unattempted(_)) => "nothing was sent",
        Some(Outcome::Failed(error)) if error.status().is_none() => "refused before a call",
        // Reads that no limit counts are not recorded.
        Some(Outcome::AlreadyDone | Outcome::NotFound(_)) => "a read that is not recorded",
        Some(_) => "no call about it is recorded",
    }
}
