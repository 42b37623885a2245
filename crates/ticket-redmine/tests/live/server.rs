//! The real server: behind a proxy for faults and the journal, and with its own database as the truth.

use std::cell::OnceCell;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use ticket_conformance::{FixtureResult, Seed, Seeded, SkipReason};
use ticket_core::{NewTicket, Operation, TicketPatch, TicketProvider};
use ticket_live::{Reply as LiveReply, User, or_skip};
use ticket_redmine::{Redmine, RedmineConfig};
use ticket_testkit::{LoopbackVendor, ProviderUnderTest, Reply, ReplyFormat, VendorApi};
use tokio::sync::{Mutex, MutexGuard};

/// A status that no default data has.
const UNKNOWN_STATUS: &str = "Waiting for parts";

/// The server for one test at a time, without tickets; `None` where the test is to be skipped.
pub(crate) async fn server() -> Option<(&'static ticket_live::Redmine, MutexGuard<'static, ()>)> {
    static ONE: Mutex<()> = Mutex::const_new(());
    let guard = ONE.lock().await;
    let server = ticket_live::redmine()?;
    server.clear().unwrap();
    Some((server, guard))
}

thread_local! {
    /// The server of a test that does not share the others' one.
    static OWN: OnceCell<&'static ticket_live::Redmine> = const { OnceCell::new() };
}

/// A server for the test of this thread alone; `None` where the test is to be skipped.
pub(crate) fn start_own() -> Option<&'static ticket_live::Redmine> {
    let live = or_skip(ticket_live::Redmine::start())?;
    // It ends with the process.
    Some(OWN.with(|own| *own.get_or_init(|| Box::leak(Box::new(live)))))
}

fn own() -> &'static ticket_live::Redmine {
    OWN.with(|own| *own.get().unwrap())
}

/// The ids in the database.
pub(crate) fn ids(live: &ticket_live::Redmine) -> Vec<u64> {
    let rows = live.server.rows("SELECT id FROM issues ORDER BY id");
    let rows = rows.unwrap().into_iter();
    rows.map(|row| row["id"].as_u64().unwrap()).collect()
}

/// Sends a request past the provider.
pub(crate) fn send(
    live: &ticket_live::Redmine,
    user: &User,
    method: &str,
    path: &str,
    issue: impl Into<Value>,
) -> LiveReply {
    let issue = issue.into();
    let body = (!issue.is_null()).then(|| json!({ "issue": issue }));
    live.server.send(user, method, path, body.as_ref()).unwrap()
}

/// Files a ticket past the provider, and returns its id.
pub(crate) fn file(live: &ticket_live::Redmine, tracker: &str, subject: &str) -> u64 {
    let issue = json!({
        "project_id": live.ids.projects["Support"], "tracker_id": live.ids.trackers[tracker],
        "subject": subject, "description": "A text",
    });
    let reply = send(live, &live.admin, "POST", "/issues.json", issue);
    assert_eq!(reply.status, 201, "{}", reply.body);
    reply.json()["issue"]["id"].as_u64().unwrap()
}

/// The real server as the vendor of a [`LoopbackFixture`](ticket_testkit::LoopbackFixture).
pub(crate) struct Live {
    live: &'static ticket_live::Redmine,
}

impl Default for Live {
    fn default() -> Self {
        let live = own();
        live.clear().unwrap();
        Self { live }
    }
}

impl VendorApi for Live {
    fn upstream(&self) -> Option<&str> {
        Some(self.live.server.url())
    }

    fn error(&self, status: u16, words: &str) -> Reply {
        Reply::json(status, &json!({ "errors": [words] }))
    }

    fn reply_format(&self) -> ReplyFormat {
        ReplyFormat::default()
            .rows("/issues", "id")
            .subject("subject")
            .date("created_on")
            .total("/total_count")
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
        Operation::Messages,
        Operation::Comment,
        Operation::Attachments,
        Operation::Download,
    ];
    const MISSING_ID: &'static str = "999999999";
    /// A 204 has no body, and a file may have any.
    const OPAQUE_REPLIES: &'static [Operation] = &[
        Operation::Update,
        Operation::Resolve,
        Operation::Delete,
        Operation::Comment,
        Operation::Download,
    ];
    const PAGE_SIZE: Option<usize> = Some(25);

    fn secrets() -> Vec<String> {
        vec![key(&own().admin)]
    }

    fn connect(base_url: &str, timeout: Option<Duration>) -> Arc<dyn TicketProvider> {
        let mut config = config(base_url, &own().admin);
        if let Some(timeout) = timeout {
            // A real server takes its time with the requests that are answered.
            config = config.timeout(timeout.max(Duration::from_secs(2)));
        }
        Arc::new(Redmine::new(&config).unwrap())
    }

    fn dropped_update() -> FixtureResult<(TicketPatch, &'static str)> {
        let patch = TicketPatch::new().subject("Changed").custom("cf_99", "x");
        Ok((patch, "cf_99"))
    }

    fn new_ticket() -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("No call back").description("Since Monday."))
    }
}

pub(crate) fn key(user: &User) -> String {
    secrecy::ExposeSecret::expose_secret(&user.token).to_owned()
}

pub(crate) fn config(base_url: &str, user: &User) -> RedmineConfig {
    RedmineConfig::new(base_url, key(user)).project("support")
}

impl LoopbackVendor for Live {
    fn add_ticket(&mut self) -> String {
        self.add_tickets(1).remove(0)
    }

    fn add_tickets(&mut self, tickets: usize) -> Vec<String> {
        let ids = self.live.file_many(tickets).unwrap().into_iter();
        ids.map(|id| id.to_string()).collect()
    }

    fn exists(&self, id: &str) -> bool {
        let ids = ids(self.live);
        ids.iter().any(|known| known.to_string() == id)
    }

    fn seed(&mut self, seed: Seed) -> FixtureResult<Seeded> {
        let id = file(self.live, "Bug", "Planted");
        let path = format!("/issues/{id}.json");
        let (issue, text) = match seed {
            Seed::UnknownStatus => {
                self.set_unknown_status(id);
                return Ok(Seeded::new(id.to_string(), UNKNOWN_STATUS));
            }
            Seed::UnknownPriority => {
                let priority = self.live.ids.priorities["Immediate"];
                (json!({ "priority_id": priority }), "Immediate")
            }
            Seed::UnmodelledField => (json!({ "estimated_hours": 12345.5 }), "12345.5"),
            Seed::Message => {
                let text = "Nobody called,\r\n STILL.";
                (json!({ "notes": text }), text)
            }
            other => return Err(SkipReason::new(format!("nothing is known of {other:?}"))),
        };
        let reply = send(self.live, &self.live.admin, "PUT", &path, issue);
        assert_eq!(reply.status, 204, "{}", reply.body);
        Ok(Seeded::new(id.to_string(), text))
    }
}

impl Live {
    /// Redmine has no call that adds a status.
    fn set_unknown_status(&self, id: u64) {
        let sql = format!(
            "INSERT INTO issue_statuses (name, is_closed, position)
                 SELECT '{UNKNOWN_STATUS}', 0, 99
                 WHERE NOT EXISTS (SELECT 1 FROM issue_statuses WHERE name = '{UNKNOWN_STATUS}');
             UPDATE issues
                 SET status_id = (SELECT id FROM issue_statuses WHERE name = '{UNKNOWN_STATUS}')
                 WHERE id = {id};"
        );
        self.live.server.execute(&sql).unwrap();
    }
}
