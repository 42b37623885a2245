//! The real server: behind a proxy for faults and the journal, and with its own database as the truth.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Duration;

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use ticket_conformance::{FixtureResult, Seed, Seeded, SkipReason};
use ticket_core::model::{Person, Priority};
use ticket_core::{NewTicket, Operation, TicketId, TicketPatch, TicketProvider};
use ticket_live::{QUEUES, Reply as LiveReply, User, or_skip};
use ticket_rt::{Rt, RtConfig};
use ticket_testkit::{LoopbackVendor, ProviderUnderTest, Reply, ReplyFormat, VendorApi};
use tokio::sync::{Mutex, MutexGuard};

/// A status that no lifecycle has.
const UNKNOWN_STATUS: &str = "waiting";

/// The server for one test at a time, without tickets; `None` where the test is to be skipped.
pub(crate) async fn server() -> Option<(&'static ticket_live::Rt, MutexGuard<'static, ()>)> {
    static ONE: Mutex<()> = Mutex::const_new(());
    let guard = ONE.lock().await;
    let server = ticket_live::rt()?;
    clear(server);
    Some((server, guard))
}

thread_local! {
    /// The server of a test that does not share the others' one.
    static OWN: OnceCell<&'static ticket_live::Rt> = const { OnceCell::new() };
}

/// A server for the test of this thread alone; `None` where the test is to be skipped.
pub(crate) fn start_own() -> Option<&'static ticket_live::Rt> {
    let live = or_skip(ticket_live::Rt::start())?;
    // It ends with the process.
    Some(OWN.with(|own| *own.get_or_init(|| Box::leak(Box::new(live)))))
}

fn own() -> &'static ticket_live::Rt {
    OWN.with(|own| *own.get().unwrap())
}

/// Deletes all tickets: to the trash, as RT does.
fn clear(live: &ticket_live::Rt) {
    let deleted = "UPDATE Tickets SET Status = 'deleted'";
    live.server.execute(deleted).unwrap();
}

/// The ids of the tickets in the database that are neither deleted nor merged.
pub(crate) fn ids(live: &ticket_live::Rt) -> Vec<u64> {
    let rows = live
        .server
        .rows("SELECT id FROM Tickets WHERE Status != 'deleted' AND id = EffectiveId ORDER BY id");
    let rows = rows.unwrap().into_iter();
    rows.map(|row| row["id"].as_u64().unwrap()).collect()
}

/// The subject of tickets that no test has seen yet.
const SPARE: &str = "Spare";

/// A ticket that no test has seen before. They are filed in bulk, which takes a third of the time.
fn file_spare(live: &ticket_live::Rt) -> u64 {
    let take = format!(
        "UPDATE Tickets SET Status = 'new', Subject = 'Made by the fixture'
             WHERE id = (SELECT min(id) FROM Tickets WHERE Subject = '{SPARE}') RETURNING id"
    );
    loop {
        if let [ticket] = &live.server.execute(&take).unwrap()[..] {
            return ticket["id"].as_u64().unwrap();
        }
        let tickets = vec![new(QUEUES[0], SPARE); 50];
        let filed = send(live, &live.root, "POST", "tickets/bulk", tickets);
        assert_eq!(filed.status, 201, "{}", filed.body);
        let hide = format!("UPDATE Tickets SET Status = 'deleted' WHERE Subject = '{SPARE}'");
        live.server.execute(&hide).unwrap();
    }
}

/// Sends a request past the provider.
pub(crate) fn send(
    live: &ticket_live::Rt,
    user: &User,
    method: &str,
    path: &str,
    body: impl Into<Value>,
) -> LiveReply {
    let body = body.into();
    let path = format!("/REST/2.0/{path}");
    let body = (!body.is_null()).then_some(&body);
    live.server.send(user, method, &path, body).unwrap()
}

fn new(queue: &str, subject: &str) -> Value {
    json!({
        "Queue": queue, "Subject": subject, "Content": "A text", "ContentType": "text/plain",
        "Requestor": "ann@example.com",
    })
}

/// Files a ticket past the provider, and returns its id.
pub(crate) fn file(live: &ticket_live::Rt, queue: &str, subject: &str) -> u64 {
    let reply = send(live, &live.root, "POST", "ticket", new(queue, subject));
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.json()["id"].as_str().unwrap().parse().unwrap()
}

/// The real server as the vendor of a [`LoopbackFixture`](ticket_testkit::LoopbackFixture).
pub(crate) struct Live {
    live: &'static ticket_live::Rt,
}

impl Default for Live {
    fn default() -> Self {
        let live = own();
        clear(live);
        Self { live }
    }
}

impl VendorApi for Live {
    fn upstream(&self) -> Option<&str> {
        Some(self.live.server.url())
    }

    fn error(&self, status: u16, words: &str) -> Reply {
        // What it says where the credentials are wrong, and nothing else (observed).
        let words = if status == 401 { "Unauthorized" } else { words };
        Reply::json(status, &json!({ "message": words }))
    }

    fn reply_format(&self) -> ReplyFormat {
        ReplyFormat::default()
            .rows("/items", "id")
            .subject("Subject")
            .date("Created")
            .total("/total")
    }
}

impl ProviderUnderTest for Live {
    const OPERATIONS: &'static [Operation] = &[
        Operation::Get,
        Operation::List,
        Operation::Create,
        Operation::Update,
        Operation::Resolve,
        Operation::Delete,
        Operation::Restore,
        Operation::Messages,
        Operation::Comment,
        Operation::Attachments,
        Operation::Download,
    ];
    const MISSING_ID: &'static str = "999999";
    /// `["Ticket 3: Permission Denied"]` with 200 (observed).
    const REFUSES_WITH_SUCCESS: bool = true;
    const PAGE_SIZE: Option<usize> = Some(20);

    fn secrets() -> Vec<String> {
        vec![token(&own().root)]
    }

    fn connect(base_url: &str, timeout: Option<Duration>) -> Arc<dyn TicketProvider> {
        let mut config = RtConfig::new(base_url, token(&own().root));
        if let Some(timeout) = timeout {
            // A real server takes its time with the requests that are answered.
            config = config.timeout(timeout.max(Duration::from_secs(2)));
        }
        Arc::new(Rt::new(&config).unwrap())
    }

    fn dropped_update() -> FixtureResult<(TicketPatch, &'static str)> {
        let patch = TicketPatch::new().subject("Changed").custom("Shelf", "x");
        Ok((patch, "Shelf"))
    }

    fn new_ticket() -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("Printer on fire")
            .description("Smoke and flames.")
            .category("General")
            .requester(Person::default().email("ann@example.com"))
            .priority(Priority::High))
    }
}

pub(crate) fn token(user: &User) -> String {
    user.token.expose_secret().to_owned()
}

impl LoopbackVendor for Live {
    fn add_ticket(&mut self) -> String {
        file_spare(self.live).to_string()
    }

    fn add_tickets(&mut self, tickets: usize) -> Vec<String> {
        let ids = file_many(self.live, tickets).into_iter();
        ids.map(|id| id.to_string()).collect()
    }

    fn exists(&self, id: &str) -> bool {
        let ids = ids(self.live);
        ids.iter().any(|known| known.to_string() == id)
    }

    fn names_no_ticket(&self) -> FixtureResult<Reply> {
        Ok(Reply::json(200, &json!([])))
    }

    fn seed(&mut self, seed: Seed) -> FixtureResult<Seeded> {
        let live = self.live;
        let id = file(live, QUEUES[0], "Planted");
        let (method, path, body, text) = match seed {
            Seed::UnknownStatus => {
                let sql = format!("UPDATE Tickets SET Status = '{UNKNOWN_STATUS}' WHERE id = {id}");
                live.server.execute(&sql).unwrap();
                return Ok(Seeded::new(id.to_string(), UNKNOWN_STATUS));
            }
            Seed::UnknownPriority => ("PUT", "", json!({ "Priority": 73 }), "73"),
            Seed::UnmodelledField => ("PUT", "", json!({ "TimeWorked": 12345 }), "12345"),
            Seed::Message => {
                let text = "Nobody called,\n STILL.";
                let body = json!({ "Content": text, "ContentType": "text/plain" });
                ("POST", "/correspond", body, text)
            }
            other => return Err(SkipReason::new(format!("nothing is known of {other:?}"))),
        };
        let reply = send(
            live,
            &live.root,
            method,
            &format!("ticket/{id}{path}"),
            body,
        );
        assert!(reply.status < 300, "{}", reply.body);
        Ok(Seeded::new(id.to_string(), text))
    }

    fn merge(&mut self, from: &TicketId, into: &TicketId) -> FixtureResult<()> {
        merge(self.live, from.as_str(), into.as_str());
        Ok(())
    }

    fn conversation(&mut self) -> FixtureResult<(TicketId, Vec<String>)> {
        let live = self.live;
        let id = file(live, QUEUES[0], "Much was written");
        let mut texts = vec!["A text".to_owned()];
        for number in 1..=24 {
            let text = format!("Message {number}");
            let body = json!({ "Content": text, "ContentType": "text/plain" });
            let path = format!("ticket/{id}/comment");
            assert_eq!(send(live, &live.root, "POST", &path, body).status, 201);
            texts.push(text);
        }
        Ok((id.to_string().into(), texts))
    }
}

pub(crate) fn merge(live: &ticket_live::Rt, from: &str, into: &str) {
    let merge = json!({ "MergeInto": into });
    let reply = send(live, &live.root, "PUT", &format!("ticket/{from}"), merge);
    assert!(reply.body.contains("Merge Successful"), "{}", reply.body);
}

/// Files many tickets, faster than one by one: those of the tests before are taken out of the trash.
fn file_many(live: &ticket_live::Rt, tickets: usize) -> Vec<u64> {
    let kept = format!(
        "UPDATE Tickets SET Status = 'new' WHERE id IN (
             SELECT id FROM Tickets WHERE id = EffectiveId AND Subject != '{SPARE}' ORDER BY id LIMIT {tickets})"
    );
    live.server.execute(&kept).unwrap();
    while ids(live).len() < tickets {
        file(live, QUEUES[0], "One of many");
    }
    ids(live)
}
