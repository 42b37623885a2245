//! The rules by which the tickets of an account are checked before they are changed.

use ticket_core::model::Status;
use ticket_core::{Change, Error, ErrorKind, Operation, Result, Ticket, Tickets};

use crate::archive::{Archive, Place};
use crate::model::{Claimed, Guards, Job, JobAccount, JobState};
use crate::words::{ANOTHER, PERHAPS_ANOTHER, TAKES_ALONG};

/// What is checked before the tickets of one account are changed.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    pub(crate) change: Change,
    pub(crate) guards: Guards,
    /// The archive, if tickets are archived.
    pub(crate) archive: Option<(Archive, Place)>,
    /// Whether nothing is sent any more, since the job is cancelled: what is in doubt is only looked at.
    only_looks: bool,
    /// Whether the job is an erasure.
    pub(crate) is_erasure: bool,
}

impl Rules {
    /// # Errors
    ///
    /// The archive cannot be opened.
    pub(crate) fn new(job: &Job, account: &JobAccount) -> Result<Self> {
        let guards = &job.guards;
        let open = |folder: &str| {
            let place = Place::new(&account.name, &account.provider).host(account.host.clone());
            Archive::open(folder).map(|archive| (archive, place))
        };
        let only_looks = job.state == JobState::Cancelling;
        let archive = guards.archive.as_ref().filter(|_| !only_looks);
        Ok(Self {
            change: job.change.clone(),
            guards: guards.clone(),
            archive: archive.map(|archive| open(&archive.folder)).transpose()?,
            only_looks,
            is_erasure: job.erasure.is_some(),
        })
    }

    /// Whether something is checked.
    pub(crate) fn is_any(&self, tickets: &Tickets) -> bool {
        let is_guarded = self.guards.only_state.is_some()
            || self.guards.if_unchanged
            || self.archive.is_some()
            || self.tells_apart(tickets)
            || self.spares_subtickets(tickets);
        is_guarded && !self.only_looks
    }

    /// Whether a ticket is held against the one that was found: of an erasure, where another one may have got its id since.
    fn tells_apart(&self, tickets: &Tickets) -> bool {
        self.is_erasure && !tickets.info().never_reuses_ids
    }

    /// Whether this ticket is read before it is changed. It need not be where the vendor compares the version that was seen.
    pub(crate) fn read(&self, claimed: &Claimed, tickets: &Tickets) -> bool {
        let seen = claimed.seen.as_ref();
        let has_version =
            claimed.version.is_some() || seen.is_some_and(|seen| seen.version.is_some());
        self.guards.only_state.is_some()
            || self.archive.is_some()
            || self.tells_apart(tickets)
            || self.spares_subtickets(tickets)
            || (self.guards.if_unchanged && !(has_version && self.is_conditional(tickets)))
    }

    /// Whether a delete takes other tickets along, which an erasure must not.
    fn spares_subtickets(&self, tickets: &Tickets) -> bool {
        let capabilities = &tickets.info().capabilities;
        let delete = capabilities.support(Operation::Delete);
        self.is_erasure && delete.is_some_and(|delete| !delete.takes_along.is_empty())
    }

    /// Whether the vendor itself compares versions.
    pub(crate) fn is_conditional(&self, tickets: &Tickets) -> bool {
        let capabilities = &tickets.info().capabilities;
        let operation = match &self.change {
            Change::Purge => Operation::Delete,
            other => other.operation(),
        };
        let has_version = self.change.is_delete() || matches!(self.change, Change::Update(_));
        let support = capabilities.support(operation);
        has_version && support.is_some_and(|support| support.is_conditional)
    }

    /// Why a ticket is not changed, if a guard says so.
    pub(crate) fn refusal(
        &self,
        claimed: &Claimed,
        ticket: &Ticket,
        tickets: &Tickets,
    ) -> Option<Error> {
        let conflict = |message: String| Some(Error::new(ErrorKind::Conflict, message));
        if self.tells_apart(tickets) {
            let seen = claimed.seen.as_ref();
            match seen.and_then(|seen| seen.is_of(ticket)) {
                Some(true) => {}
                Some(false) => return conflict(ANOTHER.to_owned()),
                None => return conflict(PERHAPS_ANOTHER.to_owned()),
            }
        }
        if self.spares_subtickets(tickets) && !ticket.subtickets.is_empty() {
            return conflict(TAKES_ALONG.to_owned());
        }
        if let Some(state) = self.guards.only_state {
            let status = ticket.status.as_ref();
            let name = status.map_or("unknown", Status::as_str);
            match status.and_then(|status| state.covers(status)) {
                Some(true) => {}
                Some(false) => {
                    return conflict(format!(
                        "not changed: its status is {name}, and only {} tickets are to be changed",
                        state.as_str()
                    ));
                }
                None => {
                    return conflict(format!(
                        "not changed: nobody knows whether its status, {name}, means {}",
                        state.as_str()
                    ));
                }
            }
        }
        if self.guards.if_unchanged {
            match &claimed.seen {
                None => {
                    return conflict(
                        "not changed: it was not looked at when it was planned".to_owned(),
                    );
                }
                Some(seen) if !seen.is_same(ticket) => {
                    return conflict(
                        "not changed: it is not as it was when it was planned".to_owned(),
                    );
                }
                Some(_) => {}
            }
        }
        None
    }
}
