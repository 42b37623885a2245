//! The second look at tickets of unknown outcome, once all others are settled.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use tokio::time::Instant;
use tracing::Instrument as _;
use tracing::instrument::WithSubscriber as _;

use super::asked::Asked;
use super::called::{Called, Contact, is_accepted, is_refusal};
use super::engine::{Engine, InFlight};
use super::look::{Seen, control, may_settle};
use super::notice::Notice;
use crate::provider::context::SendState;
use crate::provider::error::{Error, ErrorKind};
use crate::provider::outcome::Outcome;
use crate::provider::stop::Stop;

/// How many tickets of unknown outcome are kept for a second look.
const MAX_HELD: usize = 10_000;

/// How long after the last call the second look is: reads may lag behind writes. Each further one takes twice as long.
const SECOND_LOOK: Duration = Duration::from_secs(5);

/// How long tickets are looked at after a stop.
const AFTER_STOP: Duration = Duration::from_secs(30);

/// How often a ticket is looked at, within 35 seconds, whose change the vendor accepted for later.
const LOOKS_FOR_LATER: u32 = 3;

/// How often the read of a ticket may fail although the vendor answers.
const MAX_FAILED_LOOKS: u8 = 12;

/// How often the read of a ticket may be refused.
const MAX_REFUSED_LOOKS: u8 = 3;

impl Engine {
    /// Keeps a ticket of unknown outcome for a second look, if there is one.
    pub(super) fn hold(&mut self, mut asked: Asked) {
        let is_seen = self.change.is_seen_in_reads() && may_settle(self.provider.info());
        if is_seen && self.may_look() && self.held.len() < MAX_HELD {
            if has_failed(&asked) {
                self.teller.tell(&Notice::Held(asked.target.id.clone()));
            }
            asked.turns = 0;
            asked.look_at = Instant::now() + SECOND_LOOK * 2_u32.pow(asked.looks);
            self.held.push_back(asked);
        } else {
            self.settle_unknown(asked);
        }
    }

    /// Whether tickets are looked at: also after a stop, for a short time.
    pub(super) fn may_look(&self) -> bool {
        match self.look_until {
            Some(until) => Instant::now() < until && !is_abandoned(self.context.stop.as_ref()),
            None => self.end.is_none(),
        }
    }

    /// Begins the looks after a stop.
    pub(super) fn look_after_stop(&mut self) {
        self.look_until = Some(Instant::now() + AFTER_STOP);
    }

    /// When the next look is made; after a stop at once, although reads may lag.
    pub(super) fn next_look(&self) -> Option<Instant> {
        let next = self.held.iter().map(|asked| asked.look_at).min()?;
        Some(if self.look_until.is_some() {
            Instant::now()
        } else {
            next
        })
    }

    /// Whether tickets wait for a look, and nothing else does.
    pub(super) fn is_time_to_look(&self, input_is_done: bool) -> bool {
        let has_ended = input_is_done || self.end.is_some();
        let is_idle = self.batch.is_empty() && self.again.is_empty();
        has_ended && is_idle && !self.held.is_empty()
    }

    /// Looks once more at tickets of unknown outcome.
    pub(super) fn fill_with_looks(&mut self) {
        let now = Instant::now();
        let only_looks = self.in_flight.values().all(|call| call.is_look);
        while only_looks && self.has_room() && self.patience.paused_until().is_none() {
            let is_due = |asked: &Asked| asked.look_at <= now || self.look_until.is_some();
            let due = self.held.iter().position(is_due);
            let Some(asked) = due.and_then(|place| self.held.remove(place)) else {
                break;
            };
            let look = self.look(&asked);
            let state = Arc::new(SendState::default());
            let task = self
                .tasks
                .spawn(look.in_current_span().with_current_subscriber());
            let call = InFlight {
                part: vec![asked].into(),
                state,
                is_look: true,
            };
            self.in_flight.insert(task.id(), call);
        }
        if self.in_flight.is_empty() {
            self.tell_long_wait(now);
        }
    }

    /// Tells of a wait for the next looks that is longer than the first one.
    fn tell_long_wait(&mut self, now: Instant) {
        let until = self.next_look();
        if until.is_some_and(|until| until > now + SECOND_LOOK) && until != self.looks_told {
            self.looks_told = until;
            self.teller.tell(&Notice::Looking {
                tickets: self.held.len(),
                until: until.unwrap_or(now),
            });
        }
    }

    /// Looks at one ticket. An error is that of a read without an answer.
    fn look(&self, asked: &Asked) -> impl Future<Output = Called> + Send + use<> {
        let (provider, change) = (Arc::clone(&self.provider), Arc::clone(&self.change));
        let (mut context, id) = (self.context.clone(), asked.target.id.clone());
        if let Some(until) = self.look_until {
            context.stop = None;
            context.deadline = Some(context.deadline.map_or(until, |own| own.min(until)));
        }
        let error = asked.error_or_none();
        // After a stop, it is made sooner.
        let is_apart = asked.look_at <= Instant::now();
        async move {
            // Whoever answered the change did so some time ago.
            let seen = change.look(&*provider, &context, &id, false).await;
            // What the vendor accepted without confirming it may still be carried out.
            // Nor is it proof where another ticket may have the id now.
            let info = provider.info();
            let is_proof =
                info.reads_are_consistent && info.never_reuses_ids && !is_accepted(&error);
            let outcome = match seen {
                Seen::Changed => Outcome::AlreadyDone,
                // A change that is under way can be carried out after one look.
                Seen::Unchanged if is_proof && !(is_apart && error.is_seen_unchanged()) => {
                    Outcome::Unknown(error.seen_unchanged(is_apart))
                }
                Seen::Unchanged if is_proof => {
                    let error = error.with_context("two reads show that it is unchanged");
                    Outcome::Failed(error)
                }
                Seen::NoAnswer(Some(read)) => {
                    let is_there =
                        read.is_transient() && control(&*provider, &context).await.is_ok();
                    return Called {
                        contact: match read.kind() {
                            _ if is_there => Contact::Vendor,
                            // A gateway without a route.
                            ErrorKind::NotFound => Contact::Stranger,
                            _ => Contact::of(&read),
                        },
                        result: Err(read),
                        ..Called::default()
                    };
                }
                _ => Outcome::Unknown(error),
            };
            Called::settled(&id, outcome, Contact::Vendor)
        }
    }

    /// Handles the result of a second look.
    pub(super) fn on_look(&mut self, asked: Vec<Asked>, called: Called) {
        self.note(called.contact);
        match called.result {
            Ok(outcomes) => {
                for (asked, (_, outcome)) in asked.into_iter().zip(outcomes) {
                    match outcome {
                        Outcome::Unknown(error) => self.look_later(asked, error),
                        outcome => self.settle(asked, outcome),
                    }
                }
            }
            Err(error) => {
                // A read that is refused is this ticket's matter, and may be answered another time.
                let is_refused =
                    self.end.is_none() && called.contact == Contact::Vendor && is_refusal(&error);
                let may_answer = is_refused || self.may_answer_later(called.contact, &error);
                let most = if is_refused {
                    MAX_REFUSED_LOOKS
                } else {
                    MAX_FAILED_LOOKS
                };
                for mut asked in asked {
                    let is_sick =
                        called.contact == Contact::Vendor || error.kind() == ErrorKind::Server;
                    asked.turns += u8::from(is_sick);
                    asked.look_at = Instant::now()
                        + if is_refused {
                            SECOND_LOOK
                        } else {
                            Duration::ZERO
                        };
                    if may_answer && asked.turns < most {
                        self.held.push_back(asked);
                    } else {
                        self.settle_unknown(asked);
                    }
                }
                if !may_answer {
                    self.settle_held();
                }
            }
        }
    }

    /// Keeps a ticket that the vendor accepted for later, or that one look saw unchanged where two prove that it is; settles
    /// another one, about which reads tell no more.
    fn look_later(&mut self, mut asked: Asked, error: Error) {
        let is_first_sight =
            error.is_seen_unchanged() && !asked.error_or_none().is_seen_unchanged();
        asked.looks += 1;
        let is_looked_at = is_first_sight || is_for_later(&error) && asked.looks < LOOKS_FOR_LATER;
        if is_first_sight {
            asked.error = Some(error);
        }
        if is_looked_at && self.look_until.is_none() {
            self.hold(asked);
        } else {
            self.settle_unknown(asked);
        }
    }

    /// Whether a read that had no answer is made again, after a pause.
    fn may_answer_later(&mut self, contact: Contact, error: &Error) -> bool {
        if self.end.is_some() {
            return false;
        }
        if error.is_of_the_account() {
            let is_waited_for =
                error.kind() == ErrorKind::QuotaExhausted && self.waits_for_quota(error);
            if !is_waited_for {
                self.end_account(error);
            }
            return is_waited_for;
        }
        if self.patience.is_none() {
            return false;
        }
        match contact {
            Contact::Stranger => self.count_stranger(error),
            _ if error.is_transient() => {}
            _ => return false,
        }
        if self.end.is_none() {
            self.slow_down(error);
        }
        self.end.is_none()
    }

    /// Settles the tickets that would have been looked at.
    pub(super) fn settle_held(&mut self) {
        while let Some(asked) = self.held.pop_front() {
            self.settle_unknown(asked);
        }
    }
}

/// Whether a call about the ticket failed, other than one of an earlier process or one that was stopped.
fn has_failed(asked: &Asked) -> bool {
    let error = asked.error.as_ref();
    error.is_some_and(|error| error.kind() != ErrorKind::Cancelled && !is_for_later(error))
}

/// Whether the vendor accepted a call to carry it out later. Of 200, nothing but a job says so.
fn is_for_later(error: &Error) -> bool {
    is_accepted(error)
        && (error.status() != Some(200)
            || error.job().is_some()
            || error.kind() == ErrorKind::Accepted)
}

fn is_abandoned(stop: Option<&Stop>) -> bool {
    stop.is_some_and(|stop| stop.abandoned().now_or_never().is_some())
}
