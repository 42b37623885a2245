//! The desk and its provider as a fixture that can give everything.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use ticket_conformance::{
    FILE_TEXT, Fault, FaultTarget, Fixture, FixtureResult, ReceivedRequest, Seed, Seeded,
    SkipReason,
};
use ticket_core::model::{Person, Priority};
use ticket_core::{NewTicket, Operation, TicketId, TicketPatch, TicketProvider};

use crate::careful::Careful;
use crate::desk::{Desk, KEY, Modes, PAGE};
use crate::flaws::Flaw;
use crate::later::Later;
use crate::provider::Memory;
use crate::wire::base64;

/// How much the provider declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Every operation of [`EVERY`].
    Full,
    /// Reading and deleting one at a time.
    Narrow,
    /// Two requests for each write, of a desk that retires tickets.
    Careful,
    /// Reading and deleting, of a desk that carries out the delete of several tickets later.
    Later,
}

/// What a desk can do that deletes tickets for good.
const EVERY: &[Operation] = &[
    Operation::Get,
    Operation::List,
    Operation::Create,
    Operation::Update,
    Operation::Resolve,
    Operation::Delete,
    Operation::Messages,
    Operation::Comment,
    Operation::Attachments,
    Operation::Download,
];

pub(crate) struct DeskFixture {
    desk: Arc<Desk>,
    provider: Arc<dyn TicketProvider>,
    impatient: Arc<dyn TicketProvider>,
    extent: Extent,
}

impl DeskFixture {
    pub(crate) fn new(extent: Extent, flaw: Option<Flaw>) -> Self {
        let desk = Arc::new(Desk::default());
        desk.lock().modes = Modes {
            reuses_ids: extent == Extent::Full,
            lags: flaw == Some(Flaw::ClaimsConsistentReads),
            retires: extent == Extent::Careful,
            is_lenient: flaw == Some(Flaw::DeclaresNoForm),
            ..Modes::default()
        };
        let memory = |limit| -> Arc<dyn TicketProvider> {
            let memory = Memory::new(Arc::clone(&desk), extent, flaw, limit);
            match extent {
                Extent::Careful => Arc::new(Careful(memory)),
                Extent::Later => Arc::new(Later(memory)),
                _ => Arc::new(memory),
            }
        };
        Self {
            provider: memory(None),
            impatient: memory(Some(Duration::from_millis(20))),
            desk,
            extent,
        }
    }

    pub(crate) fn slow_down(&self, by: Duration) {
        self.desk.lock().modes.is_slow_by = by;
    }

    fn number(id: &TicketId) -> u64 {
        id.as_str().parse().unwrap()
    }
}

#[async_trait]
impl Fixture for DeskFixture {
    fn provider(&self) -> Arc<dyn TicketProvider> {
        Arc::clone(&self.provider)
    }

    fn expected_operations(&self) -> &'static [Operation] {
        match self.extent {
            Extent::Full => EVERY,
            Extent::Narrow => &[Operation::Get, Operation::Delete],
            Extent::Later => &[Operation::Get, Operation::Delete, Operation::Job],
            Extent::Careful => &[
                Operation::Get,
                Operation::List,
                Operation::Update,
                Operation::Delete,
                Operation::Restore,
                Operation::Purge,
            ],
        }
    }

    fn new_ticket(&self) -> FixtureResult<NewTicket> {
        match self.extent {
            Extent::Full => Ok(NewTicket::new("Card refused")
                .description("The till says: declined.")
                .requester(Person::named("A customer").email("customer@example.com"))
                .priority(Priority::High)),
            _ => Err(SkipReason::new("the desk takes none")),
        }
    }

    async fn ticket(&self) -> FixtureResult<TicketId> {
        let id = self.desk.add(json!({
            "subject": "Made by the fixture", "description": "Text", "status": "open", "priority": "low",
            "created": "2026-01-26T10:00:00Z",
        }));
        Ok(TicketId::new(id.to_string()))
    }

    async fn ticket_with_file(&self) -> FixtureResult<TicketId> {
        let id = self.ticket().await?;
        let mut state = self.desk.lock();
        let ticket = state.tickets.get_mut(&Self::number(&id)).unwrap();
        ticket.fields["files"] = json!([{ "name": "suite.txt", "data": base64(FILE_TEXT) }]);
        Ok(id)
    }

    fn missing_id(&self) -> FixtureResult<TicketId> {
        Ok(TicketId::new("99"))
    }

    async fn fill(&self, tickets: usize) -> FixtureResult<Vec<TicketId>> {
        let mut ids = Vec::new();
        for _ in 0..tickets {
            ids.push(self.ticket().await?);
        }
        Ok(ids)
    }

    fn page_size(&self) -> FixtureResult<usize> {
        Ok(PAGE)
    }

    async fn inject(&self, fault: Fault, target: FaultTarget) -> FixtureResult<()> {
        self.desk.inject(fault, target);
        Ok(())
    }

    async fn withdraw_faults(&self) {
        self.desk.withdraw_faults();
    }

    async fn restore_connections(&self) -> FixtureResult<()> {
        self.desk.lock().unreachable = false;
        Ok(())
    }

    fn journal(&self) -> FixtureResult<Vec<ReceivedRequest>> {
        Ok(self.desk.lock().journal.clone())
    }

    async fn exists(&self, id: &TicketId) -> FixtureResult<bool> {
        let state = self.desk.lock();
        let ticket = state.tickets.get(&Self::number(id));
        Ok(ticket.is_some_and(|ticket| !ticket.is_retired))
    }

    async fn seed(&self, seed: Seed) -> FixtureResult<Seeded> {
        let id = self.ticket().await?;
        let mut state = self.desk.lock();
        let ticket = state.tickets.get_mut(&Self::number(&id)).unwrap();
        let text = match seed {
            Seed::UnknownStatus => {
                ticket.fields["status"] = json!("waiting-for-godot");
                "waiting-for-godot"
            }
            Seed::UnknownPriority => {
                ticket.fields["priority"] = json!("P0");
                "P0"
            }
            Seed::UnmodelledField => {
                let extra = r#""weight": {"kg":1.10, "n":12345678901234567890123}"#;
                ticket.extra = Some(extra.to_owned());
                extra
            }
            Seed::Message => {
                ticket
                    .messages
                    .push("  Nobody called,\n STILL. ".to_owned());
                "  Nobody called,\n STILL. "
            }
            _ => return Err(SkipReason::new("the desk does not know it")),
        };
        Ok(Seeded::new(id, text))
    }

    async fn conversation(&self) -> FixtureResult<(TicketId, Vec<String>)> {
        let id = self.ticket().await?;
        let written: Vec<_> = (0..=2 * PAGE)
            .map(|number| format!("Message {number}"))
            .collect();
        let mut state = self.desk.lock();
        let ticket = state.tickets.get_mut(&Self::number(&id)).unwrap();
        ticket.messages.clone_from(&written);
        Ok((id, written))
    }

    async fn merge(&self, from: &TicketId, into: &TicketId) -> FixtureResult<()> {
        if self.extent != Extent::Full {
            return Err(SkipReason::new("the desk merges none"));
        }
        let (from, into) = (Self::number(from), Self::number(into));
        self.desk.lock().merged.insert(from, into);
        Ok(())
    }

    async fn dropped_update(&self) -> FixtureResult<(TicketId, TicketPatch, String)> {
        if self.extent != Extent::Careful {
            return Err(SkipReason::new("the desk drops no field"));
        }
        let id = self.desk.add(json!({
            "subject": "Made by the fixture", "category": "Till", "locked": "category", "status": "open",
        }));
        let patch = TicketPatch::new().subject("Changed").category("Shop");
        Ok((TicketId::new(id.to_string()), patch, "category".to_owned()))
    }

    fn writes_that_name_their_ticket(&self) -> &'static [Operation] {
        &[Operation::Update, Operation::Resolve, Operation::Comment]
    }

    fn writes_confirmed_by_a_word(&self) -> &'static [Operation] {
        &[
            Operation::Create,
            Operation::Update,
            Operation::Resolve,
            Operation::Delete,
            Operation::Comment,
            Operation::Restore,
        ]
    }

    fn secrets(&self) -> FixtureResult<Vec<String>> {
        Ok(vec![KEY.to_owned()])
    }

    fn short_timeout_provider(&self) -> FixtureResult<Arc<dyn TicketProvider>> {
        Ok(Arc::clone(&self.impatient))
    }
}
