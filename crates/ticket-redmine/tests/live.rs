//! The conformance suite and what Redmine does to tickets, on a real Redmine that these tests start: see CONTRIBUTING.md,
//! "On a server or an account of yours". Skipped with a word where it is not installed.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may panic"
)]

use std::fmt::Write as _;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use ticket_conformance::{
    Fault, FaultTarget, Fixture, FixtureResult, ReceivedRequest, Seed, Seeded, SkipReason, Suite,
};
use ticket_core::model::Status;
use ticket_core::{
    CallContext, Effect, ErrorKind, NewComment, NewTicket, Operation, TicketId, TicketPatch,
    TicketProvider, Tickets,
};
use ticket_live::{Redmine as Server, User};
use ticket_redmine::{Redmine, RedmineConfig};
use ticket_testkit::{Loopback, Reply, ReplyFormat, Request, VendorApi};

/// For one answer of a server on a busy machine.
const SHORT: Duration = Duration::from_secs(2);

/// The proxy in front of the server.
struct Front {
    url: String,
    /// Whether the fault that waits is one of a list's rows or total.
    awaits_a_list: bool,
}

impl VendorApi for Front {
    fn upstream(&self) -> Option<&str> {
        Some(&self.url)
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

    /// Whether faults of reads hit the request. Those of a list do not hit the look at the key before it.
    fn is_read(&self, request: &Request) -> bool {
        is_read(request) && !(self.awaits_a_list && request.path == "/users/current.json")
    }
}

/// Whether a request reads. No ticket shows a staged file.
fn is_read(request: &Request) -> bool {
    request.method == "GET" || request.path.starts_with("/uploads.json")
}

struct Live {
    server: &'static Server,
    proxy: Loopback<Front>,
    provider: Arc<dyn TicketProvider>,
}

fn connect(base_url: &str, user: &User, timeout: Option<Duration>) -> Redmine {
    let mut config = RedmineConfig::new(base_url, user.token.clone()).project("support");
    if let Some(timeout) = timeout {
        config = config.timeout(timeout);
    }
    Redmine::new(&config).unwrap()
}

impl Live {
    /// A server without tickets.
    async fn start(server: &'static Server) -> Self {
        let ids = rows(
            server,
            "SELECT id FROM issues WHERE parent_id IS NULL ORDER BY id",
        );
        for hundred in ids.chunks(100) {
            let mut path = "/issues.json?".to_owned();
            for row in hundred {
                _ = write!(path, "ids[]={}&", row["id"]);
            }
            send(server, "DELETE", &path, None);
        }
        let proxy = Loopback::start(Front {
            url: server.server.url().to_owned(),
            awaits_a_list: false,
        })
        .await
        .unwrap();
        let provider = Arc::new(connect(&proxy.base_url(), &server.admin, None));
        Self {
            server,
            proxy,
            provider,
        }
    }

    fn file(&self, fields: Value) -> TicketId {
        file(self.server, fields)
    }
}

/// Asks the server directly, as its administrator.
fn send(server: &Server, method: &str, path: &str, body: Option<&Value>) -> Value {
    let reply = server
        .server
        .send(&server.admin, method, path, body)
        .unwrap();
    assert!(reply.status < 300, "{method} {path}: {}", reply.status);
    reply.json()
}

fn rows(server: &Server, sql: &str) -> Vec<serde_json::Map<String, Value>> {
    server.server.rows(sql).unwrap()
}

fn file(server: &Server, fields: Value) -> TicketId {
    let mut issue = json!({ "project_id": "support", "subject": "Made by the fixture" });
    issue
        .as_object_mut()
        .unwrap()
        .extend(fields.as_object().unwrap().clone());
    let created = send(
        server,
        "POST",
        "/issues.json",
        Some(&json!({ "issue": issue })),
    );
    TicketId::new(created["issue"]["id"].to_string())
}

/// The tickets in the database.
fn stored(server: &Server, columns: &str, id: &TicketId) -> Vec<serde_json::Map<String, Value>> {
    rows(
        server,
        &format!("SELECT {columns} FROM issues WHERE id = {id}"),
    )
}

#[async_trait]
impl Fixture for Live {
    fn provider(&self) -> Arc<dyn TicketProvider> {
        Arc::clone(&self.provider)
    }

    fn expected_operations(&self) -> &'static [Operation] {
        &[
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
        ]
    }

    fn new_ticket(&self) -> FixtureResult<NewTicket> {
        Ok(NewTicket::new("No call back").description("Since Monday."))
    }

    async fn ticket(&self) -> FixtureResult<TicketId> {
        Ok(self.file(json!({ "description": "A text" })))
    }

    fn missing_id(&self) -> FixtureResult<TicketId> {
        Ok("999999999".into())
    }

    async fn fill(&self, tickets: usize) -> FixtureResult<Vec<TicketId>> {
        for _ in 0..tickets {
            self.file(json!({}));
        }
        let all = rows(self.server, "SELECT id FROM issues ORDER BY id");
        Ok(all
            .iter()
            .map(|row| TicketId::new(row["id"].to_string()))
            .collect())
    }

    fn page_size(&self) -> FixtureResult<usize> {
        Ok(25)
    }

    async fn inject(&self, fault: Fault, target: FaultTarget) -> FixtureResult<()> {
        match fault {
            Fault::NoConnection => self.proxy.refuse_connections(),
            Fault::NamesNoTicket | Fault::OtherWord | Fault::OddId(_) => {
                return Err(SkipReason::new("the reply to a delete has no body"));
            }
            Fault::FreshTokenRefused => {
                return Err(SkipReason::new("Redmine issues no tokens"));
            }
            Fault::AboutAnother { .. } => {
                return Err(SkipReason::new("Redmine merges no tickets"));
            }
            other => {
                let awaits_a_list = matches!(other, Fault::OddRow(_) | Fault::WrongTotal(_));
                self.proxy
                    .with_vendor(|front| front.awaits_a_list = awaits_a_list);
                self.proxy.inject(other, target);
            }
        }
        Ok(())
    }

    async fn withdraw_faults(&self) {
        self.proxy.withdraw_faults();
    }

    async fn restore_connections(&self) -> FixtureResult<()> {
        self.proxy.accept_connections().await.unwrap();
        Ok(())
    }

    fn journal(&self) -> FixtureResult<Vec<ReceivedRequest>> {
        let requests = self.proxy.requests().into_iter();
        let received = requests.map(|request| {
            let received = if is_read(&request) {
                ReceivedRequest::read()
            } else {
                ReceivedRequest::write()
            };
            let received = received
                .took_effect(request.took_effect)
                .text(request.text());
            let status = request.status;
            let received = received.path(request.path);
            match status {
                Some(status) => received.status(status),
                None => received,
            }
        });
        Ok(received.collect())
    }

    async fn exists(&self, id: &TicketId) -> FixtureResult<bool> {
        Ok(!stored(self.server, "id", id).is_empty())
    }

    async fn seed(&self, seed: Seed) -> FixtureResult<Seeded> {
        match seed {
            Seed::Message => {
                let id = self.file(json!({}));
                let text = "  Nobody called,\n STILL. ";
                let note = json!({ "issue": { "notes": text } });
                send(
                    self.server,
                    "PUT",
                    &format!("/issues/{id}.json"),
                    Some(&note),
                );
                Ok(Seeded::new(id, text))
            }
            Seed::UnknownPriority => {
                let immediate = self.server.ids.priorities["Immediate"];
                let id = self.file(json!({ "priority_id": immediate }));
                Ok(Seeded::new(id, "Immediate"))
            }
            Seed::UnmodelledField => {
                let id = self.file(json!({ "estimated_hours": 4321.5 }));
                Ok(Seeded::new(id, "4321.5"))
            }
            other => Err(SkipReason::new(format!(
                "the site has nothing for {other:?}"
            ))),
        }
    }

    fn operations_with_opaque_replies(&self) -> &'static [Operation] {
        &[
            Operation::Update,
            Operation::Resolve,
            Operation::Delete,
            Operation::Comment,
            Operation::Download,
        ]
    }

    fn secrets(&self) -> FixtureResult<Vec<String>> {
        Ok(vec![self.server.admin.token.expose_secret().to_owned()])
    }

    fn short_timeout_provider(&self) -> FixtureResult<Arc<dyn TicketProvider>> {
        let base_url = self.proxy.base_url();
        Ok(Arc::new(connect(
            &base_url,
            &self.server.admin,
            Some(SHORT),
        )))
    }
}

/// All of it in one test: the tickets of the server are everybody's.
#[tokio::test(flavor = "multi_thread")]
async fn real_redmine_keeps_the_contract() {
    let Some(server) = ticket_live::redmine() else {
        return;
    };
    let report = Suite::new(|| Live::start(server))
        .limit(Duration::from_secs(120))
        .run()
        .await;
    // Not `println!`, which the tests' runner hides.
    _ = writeln!(std::io::stderr(), "Redmine {}\n{report}", server.version);
    assert_eq!(report.failed(), 0);

    rights_and_workflow_that_drop_changes_are_told(server).await;
    private_note_without_the_right_is_not_sent(server).await;
    second_run_over_a_half_deleted_list_ends_with_the_truth(server).await;
    delete_takes_subtasks_and_logged_time_along(server).await;
}

async fn rights_and_workflow_that_drop_changes_are_told(server: &'static Server) {
    let redmine = connect(server.server.url(), &server.agent, None);
    let feedback = server.ids.statuses["Feedback"];
    let support = server.ids.trackers["Support"];
    let id = file(server, json!({ "subject": "Old", "tracker_id": support }));
    let change = json!({ "issue": { "status_id": feedback } });
    send(server, "PUT", &format!("/issues/{id}.json"), Some(&change));
    // The workflow forbids this step.
    let patch = TicketPatch::new()
        .subject("New")
        .status(Status::Resolved)
        .custom("cf_99", "x");
    let error = redmine
        .update(&CallContext::new(), &id, &patch)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Conflict, Effect::Unknown),
        "{error}"
    );
    assert!(error.message().contains("`status`, `cf_99`"), "{error}");
    let row = &stored(server, "subject, status_id", &id)[0];
    assert_eq!(
        (&row["subject"], &row["status_id"]),
        (&json!("New"), &json!(feedback))
    );
    // Nor may the agent delete.
    let report = Tickets::new(redmine).delete([&id]).await;
    let outcome = report.outcome(&id).unwrap();
    assert_eq!(
        outcome.error().unwrap().kind(),
        ErrorKind::Forbidden,
        "{outcome}"
    );
    assert_eq!(stored(server, "id", &id).len(), 1);
}

async fn private_note_without_the_right_is_not_sent(server: &'static Server) {
    let id = file(server, json!({}));
    let note = NewComment::internal("Among us");
    let agent = connect(server.server.url(), &server.agent, None);
    let told = agent.comment(&CallContext::new(), &id, &note).await;
    let sql =
        format!("SELECT private_notes FROM journals WHERE journalized_id = {id} AND notes <> ''");
    let notes = rows(server, &sql);
    match told {
        Ok(()) => assert_eq!(notes.len(), 1),
        Err(error) => assert_eq!((error.kind(), notes.len()), (ErrorKind::Forbidden, 0)),
    }
    // Whoever may write it: no note of these is public.
    let admin = connect(server.server.url(), &server.admin, None);
    admin
        .comment(&CallContext::new(), &id, &note)
        .await
        .unwrap();
    for row in rows(server, &sql) {
        assert_ne!(row["private_notes"], 0);
    }
}

async fn second_run_over_a_half_deleted_list_ends_with_the_truth(server: &'static Server) {
    let tickets = Tickets::new(connect(server.server.url(), &server.admin, None));
    let ids: Vec<TicketId> = (0..10).map(|_| file(server, json!({}))).collect();
    let first = tickets.delete(&ids[..5]).await;
    assert!(first.all_deleted());
    let second = tickets.delete(&ids).await;
    let words: Vec<String> = second
        .into_iter()
        .map(|(_, outcome)| outcome.as_str().to_owned())
        .collect();
    assert_eq!(words[..5], ["not_found"; 5]);
    assert_eq!(words[5..], ["done"; 5]);
    for id in &ids {
        assert!(stored(server, "id", id).is_empty(), "{id}");
    }
}

async fn delete_takes_subtasks_and_logged_time_along(server: &'static Server) {
    let parent = file(server, json!({ "subject": "Parent" }));
    let number: u64 = parent.as_str().parse().unwrap();
    let child = file(server, json!({ "parent_issue_id": number }));
    let design = server.ids.activities["Design"];
    let time = json!({ "issue_id": number, "hours": 1, "activity_id": design });
    send(
        server,
        "POST",
        "/time_entries.json",
        Some(&json!({ "time_entry": time })),
    );
    assert_eq!(rows(server, "SELECT id FROM time_entries").len(), 1);
    let tickets = Tickets::new(connect(server.server.url(), &server.admin, None));
    assert!(tickets.delete([&parent]).await.all_deleted());
    assert!(stored(server, "id", &child).is_empty());
    assert!(rows(server, "SELECT id FROM time_entries").is_empty());
    // The highest id is free again, and given to the next ticket.
    assert_eq!(file(server, json!({})), parent);
}
