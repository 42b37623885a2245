//! A vendor in this process that deletes tickets as it is told, and the accounts at it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use ticket_core::account_source::AccountFacts;
use ticket_core::call::{Pacer, RetryPolicy, StackOptions};
use ticket_core::model::{PageRequest, RawValue, Status};
use ticket_core::provider::{
    Capabilities, Field, Fields, Limit, NotFound, Quota, Removal, Support, VendorJob,
};
use ticket_core::{
    AccountSource, CallContext, DeleteReport, DeleteTarget, Effect, Error, ErrorKind, Message,
    Operation, Outcome, Page, ProviderInfo, Result, Ticket, TicketId, TicketPatch, TicketProvider,
    TicketQuery, Tickets,
};
use ticket_jobs::Jobs;
use tokio::sync::Notify;

/// What a delete does, instead of what it should.
#[derive(Clone)]
pub(crate) enum Answer {
    /// Fails with this error. `true`: the tickets are deleted all the same.
    Error(Error, bool),
    /// Never comes. The tickets are deleted.
    Never,
    /// Is a panic.
    Panic,
    /// Comes when it is let go.
    Held(Arc<Notify>),
}

/// What one account's vendor holds and saw.
#[derive(Default)]
pub(crate) struct State {
    pub(crate) there: BTreeSet<String>,
    /// The statuses of tickets, other than `open`.
    pub(crate) statuses: BTreeMap<String, Status>,
    pub(crate) answers: VecDeque<Answer>,
    /// When tickets were created, by the vendor's clock.
    pub(crate) created: BTreeMap<String, Timestamp>,
    /// What tickets hold besides.
    pub(crate) texts: BTreeMap<String, String>,
    /// The subjects of tickets that were changed.
    pub(crate) subjects: BTreeMap<String, String>,
    /// Deletes are accepted, and not carried out before this is false.
    pub(crate) is_queued: bool,
    /// Tickets that are not deleted, and why.
    pub(crate) refused: BTreeMap<String, Error>,
    /// The tickets below others.
    pub(crate) below: BTreeMap<String, Vec<TicketId>>,
    /// How long each call takes.
    pub(crate) latency: Duration,
    /// Tickets in whose calls the provider panics.
    pub(crate) panics: BTreeSet<String>,
    /// Tickets whose calls never come back, and change nothing.
    pub(crate) hangs: BTreeSet<String>,
    /// Whether reads panic and hang as well.
    pub(crate) reads_too: bool,
    /// What reads fail with, if they do.
    pub(crate) reads_fail: Option<Error>,
    /// What reads of messages fail with, if they do.
    pub(crate) messages_fail: Option<Error>,
    /// Deleted tickets that are not purged, of a vendor with a trash.
    pub(crate) trash: BTreeSet<String>,
    /// Tickets that are not purged, and why.
    pub(crate) not_purged: BTreeMap<String, Error>,
    /// Purges that are never answered: whether each is carried out.
    pub(crate) unanswered_purges: VecDeque<bool>,
    /// What each delete takes along, as the vendor says, although nobody asked for it.
    pub(crate) takes: VecDeque<Vec<String>>,
    /// `delete 1,2`, `delete 1,2 after unknown`, `get 1`, `messages 1`.
    pub(crate) log: Vec<String>,
}

#[derive(Clone)]
pub(crate) struct Vendor {
    pub(crate) info: ProviderInfo,
    state: Arc<Mutex<State>>,
}

impl std::fmt::Debug for Vendor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Vendor")
    }
}

impl Vendor {
    /// A vendor with these tickets that deletes two at once, allows ten calls a second, and never reuses ids.
    pub(crate) fn new(tickets: &[&str]) -> Self {
        let delete = Support::new().max_batch(2).not_found(NotFound::Gone);
        let capabilities = Capabilities::none()
            .with(Operation::Get, Support::new().not_found(NotFound::Gone))
            .with(Operation::Delete, delete);
        let mut info = ProviderInfo::new("desk", "Desk", capabilities)
            .never_reuses_ids()
            .consistent_reads();
        info.limits = vec![Limit::new().window(Quota::new(10, Duration::from_secs(1)))];
        let there = tickets.iter().map(|id| (*id).to_owned()).collect();
        Self {
            info,
            state: Arc::new(Mutex::new(State {
                there,
                ..State::default()
            })),
        }
    }

    /// The same vendor with a trash, from which it deletes two at once.
    pub(crate) fn with_trash(mut self) -> Self {
        let trash = Removal::Trash {
            restorable_for: None,
        };
        let two = || Support::new().max_batch(2).not_found(NotFound::Gone);
        let capabilities = self.info.capabilities;
        self.info.capabilities = capabilities
            .with(Operation::Delete, two().removal(trash))
            .with(Operation::Purge, two());
        self
    }

    /// The same vendor, which changes subjects.
    pub(crate) fn with_updates(mut self) -> Self {
        let update = Support::new().fields(Fields::carrying(&[Field::Subject]));
        self.info.capabilities = self.info.capabilities.with(Operation::Update, update);
        self
    }

    /// The same vendor, which accepts each delete as a job, and carries it out when it is asked about that.
    pub(crate) fn with_jobs(mut self) -> Self {
        self.info.capabilities = self.info.capabilities.with(Operation::Job, Support::new());
        self
    }

    /// The same vendor, whose *not found* has no documented form, and which lists tickets.
    pub(crate) fn with_list(mut self) -> Self {
        let get = Support::new().not_found(NotFound::Undocumented);
        let capabilities = self.info.capabilities.with(Operation::Get, get);
        self.info.capabilities = capabilities.with(Operation::List, Support::new());
        self
    }

    /// The same vendor, whose reads may lag behind its writes.
    pub(crate) fn with_lagging_reads(mut self) -> Self {
        self.info.reads_are_consistent = false;
        self
    }

    fn ticket(state: &State, id: &str) -> Ticket {
        let status = state.statuses.get(id);
        let status = status.cloned().unwrap_or(Status::Open);
        let text = state.texts.get(id);
        let text = text.map_or_else(String::new, |text| format!(r#","text":"{text}""#));
        let subject = state.subjects.get(id);
        let changed = subject.map_or_else(String::new, |new| format!(r#","subject":"{new}""#));
        let raw = format!(r#"{{"status":"{status}"{text}{changed}}}"#);
        let mut ticket = Ticket::new(id, RawValue::from_string(raw).unwrap());
        let subject = subject.cloned();
        ticket.subject = Some(subject.unwrap_or_else(|| format!("Subject of {id}")));
        ticket.status = Some(status);
        ticket.subtickets = state.below.get(id).cloned().unwrap_or_default();
        ticket.created_at = state.created.get(id).copied();
        ticket
    }

    /// The same vendor, which shows the messages of tickets.
    pub(crate) fn with_messages(mut self) -> Self {
        let capabilities = self.info.capabilities;
        self.info.capabilities = capabilities.with(Operation::Messages, Support::new());
        self
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    pub(crate) fn answer(&self, answer: Answer) {
        self.state().answers.push_back(answer);
    }

    pub(crate) fn log(&self) -> Vec<String> {
        self.state().log.clone()
    }

    async fn take_time(&self) {
        let latency = self.state().latency;
        if !latency.is_zero() {
            tokio::time::sleep(latency).await;
        }
    }

    /// Panics or hangs, if one of these tickets does.
    async fn takes_down(&self, ids: &[&str]) {
        let is_among = |tickets: &BTreeSet<String>| ids.iter().any(|id| tickets.contains(*id));
        let (panics, hangs) = {
            let state = self.state();
            (is_among(&state.panics), is_among(&state.hangs))
        };
        assert!(!panics, "a mistake of the provider");
        if hangs {
            std::future::pending::<()>().await;
        }
    }

    fn delete_now(&self, targets: &[DeleteTarget]) -> DeleteReport {
        let mut state = self.state();
        let others = state.takes.pop_front().unwrap_or_default();
        let report = DeleteReport::from_fn(targets, |id| {
            if let Some(error) = state.refused.get(id.as_str()) {
                Outcome::Failed(error.clone())
            } else if state.there.remove(id.as_str()) {
                state.trash.insert(id.as_str().to_owned());
                Outcome::Done
            } else {
                Outcome::NotFound(Error::new(ErrorKind::NotFound, "no such ticket"))
            }
        });
        report.with_unasked(others.into_iter().map(TicketId::from))
    }
}

#[async_trait]
impl TicketProvider for Vendor {
    fn info(&self) -> &ProviderInfo {
        &self.info
    }

    async fn get(&self, _: &CallContext, id: &TicketId) -> Result<Ticket> {
        self.take_time().await;
        let reads_too = {
            let mut state = self.state();
            state.log.push(format!("get {id}"));
            state.reads_too
        };
        if reads_too {
            self.takes_down(&[id.as_str()]).await;
        }
        let state = self.state();
        if let Some(error) = &state.reads_fail {
            return Err(error.clone());
        }
        if state.there.contains(id.as_str()) {
            return Ok(Self::ticket(&state, id.as_str()));
        }
        Err(Error::new(ErrorKind::NotFound, "no such ticket"))
    }

    async fn list(&self, _: &CallContext, _: &TicketQuery) -> Result<Page<Ticket>> {
        let mut state = self.state();
        state.log.push("list".to_owned());
        if let Some(error) = &state.reads_fail {
            return Err(error.clone());
        }
        let first = state.there.first().map(|id| Self::ticket(&state, id));
        Ok(Page::last(first.into_iter().collect()))
    }

    async fn update(&self, _: &CallContext, id: &TicketId, patch: &TicketPatch) -> Result<()> {
        let answer = {
            let mut state = self.state();
            state.log.push(format!("update {id}"));
            let subject = patch.subject.clone().unwrap_or_default();
            state.subjects.insert(id.to_string(), subject);
            state.answers.pop_front()
        };
        match answer {
            Some(_) => std::future::pending().await,
            None => Ok(()),
        }
    }

    async fn job(
        &self,
        _: &CallContext,
        job: &VendorJob,
        targets: &[DeleteTarget],
    ) -> Result<Option<DeleteReport>> {
        let is_queued = {
            let mut state = self.state();
            state.log.push(format!("job {}", job.id()));
            state.is_queued
        };
        Ok((!is_queued).then(|| self.delete_now(targets)))
    }

    async fn messages(
        &self,
        _: &CallContext,
        id: &TicketId,
        _: &PageRequest,
    ) -> Result<Page<Message>> {
        self.take_time().await;
        let mut state = self.state();
        state.log.push(format!("messages {id}"));
        if let Some(error) = &state.messages_fail {
            return Err(error.clone());
        }
        let text = format!("\"a message of {id}\"");
        let raw = RawValue::from_string(text).unwrap();
        Ok(Page::last(vec![Message::new("a message", raw)]))
    }

    async fn purge(&self, _: &CallContext, targets: &[DeleteTarget]) -> Result<DeleteReport> {
        let ids: Vec<_> = targets.iter().map(|target| target.id.as_str()).collect();
        let (report, is_answered) = {
            let mut state = self.state();
            state.log.push(format!("purge {}", ids.join(",")));
            let unanswered = state.unanswered_purges.pop_front();
            let report = DeleteReport::from_fn(targets, |id| {
                if let Some(error) = state.not_purged.get(id.as_str()) {
                    Outcome::Failed(error.clone())
                } else if unanswered != Some(false) && state.trash.remove(id.as_str()) {
                    Outcome::Done
                } else {
                    Outcome::NotFound(Error::new(ErrorKind::NotFound, "not in the trash"))
                }
            });
            (report, unanswered.is_none())
        };
        if !is_answered {
            return std::future::pending().await;
        }
        Ok(report)
    }

    async fn delete(
        &self,
        context: &CallContext,
        targets: &[DeleteTarget],
    ) -> Result<DeleteReport> {
        self.take_time().await;
        let ids: Vec<_> = targets.iter().map(|target| target.id.as_str()).collect();
        let after = match context.earlier_attempt {
            Effect::None => "",
            Effect::Unknown => " after unknown",
        };
        let answer = {
            let mut state = self.state();
            state.log.push(format!("delete {}{after}", ids.join(",")));
            state.answers.pop_front()
        };
        self.takes_down(&ids).await;
        if self.info.capabilities.supports(Operation::Job) {
            return Err(Error::accepted(VendorJob::new("j1")));
        }
        match answer {
            None => Ok(self.delete_now(targets)),
            Some(Answer::Error(error, is_deleted)) => {
                if is_deleted {
                    self.delete_now(targets);
                }
                Err(error)
            }
            Some(Answer::Panic) => panic!("a mistake of the provider"),
            Some(Answer::Never) => {
                self.delete_now(targets);
                std::future::pending().await
            }
            Some(Answer::Held(go)) => {
                go.notified().await;
                Ok(self.delete_now(targets))
            }
        }
    }
}

/// Accounts by name. Their calls are recorded.
pub(crate) struct Accounts {
    pub(crate) jobs: Jobs,
    pub(crate) vendors: BTreeMap<String, Vendor>,
    /// What comes before each name in its key.
    pub(crate) keys: String,
    pub(crate) read_only: bool,
    pub(crate) max_delete: Option<u64>,
}

impl Accounts {
    pub(crate) fn new<const N: usize>(jobs: &Jobs, vendors: [(&str, &Vendor); N]) -> Arc<Self> {
        let vendors = vendors.into_iter();
        Arc::new(Self {
            jobs: jobs.clone(),
            vendors: vendors
                .map(|(name, vendor)| (name.to_owned(), vendor.clone()))
                .collect(),
            keys: "desk#".to_owned(),
            read_only: false,
            max_delete: None,
        })
    }
}

impl AccountSource for Accounts {
    fn connect(&self, account: &str) -> Result<Tickets> {
        let vendor = self.vendors.get(account);
        let vendor = vendor.ok_or_else(|| Error::config(format!("there is no {account}")))?;
        let limits = vendor.info.limits.clone();
        let slots = self.jobs.slots(&self.facts(account)?.key, &limits);
        let mut options = StackOptions::default().pacer(Arc::new(Pacer::with_slots(limits, slots)));
        options.retry = RetryPolicy::default().max_attempts(NonZeroU32::MIN);
        Ok(Tickets::with_options(Arc::new(vendor.clone()), &options))
    }

    fn facts(&self, account: &str) -> Result<AccountFacts> {
        let mut facts = AccountFacts::new(format!("{}{account}", self.keys));
        facts.read_only = self.read_only;
        facts.max_delete = self.max_delete;
        Ok(facts)
    }
}
