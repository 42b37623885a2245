//! What the provider does and what the server sees of it, where Redmine itself says nothing: dropped changes, notes that
//! would become public, ids that are given out again, lists that would be of everything.
#![allow(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests may panic"
)]

use serde_json::json;
use ticket_core::model::{Attachment, FieldValue, PageRequest, Priority, State, Status};
use ticket_core::{
    CallContext, Effect, Error, ErrorKind, NewComment, NewTicket, Outcome, TicketId, TicketPatch,
    TicketProvider, TicketQuery, Tickets,
};
use ticket_redmine::{Redmine, RedmineConfig};
use ticket_sandbox::credentials::{
    REDMINE_AGENT_API_KEY, REDMINE_API_KEY, REDMINE_LOGIN, REDMINE_PASSWORD,
};
use ticket_sandbox::{Endpoint, Fault, MessageKind, Rule, Sandbox, TicketSeed, Vendor};

const REDMINE: Vendor = Vendor::Redmine;

async fn started(forbidden: &[&str]) -> Sandbox {
    let builder = Sandbox::builder().seed_tickets(false);
    let builder = builder.redmine_forbidden_statuses(forbidden.iter().copied());
    builder.start().await.unwrap()
}

fn with_key(sandbox: &Sandbox, key: &str) -> Redmine {
    let config = RedmineConfig::new(sandbox.base_url(REDMINE), key).project("support");
    Redmine::new(&config).unwrap()
}

fn manager(sandbox: &Sandbox) -> Redmine {
    with_key(sandbox, REDMINE_API_KEY)
}

fn reporter(sandbox: &Sandbox) -> Redmine {
    with_key(sandbox, REDMINE_AGENT_API_KEY)
}

fn context() -> CallContext {
    CallContext::new()
}

/// Method and path of each request so far, without the vendor's prefix.
fn requests(sandbox: &Sandbox) -> Vec<String> {
    let seen = sandbox.journal().into_iter();
    let path = |path: &str| path.trim_start_matches("/redmine").to_owned();
    seen.map(|seen| format!("{} {}", seen.method, path(&seen.path)))
        .collect()
}

fn assert_dropped(error: &Error, fields: &[&str], effect: Effect) {
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Conflict, effect),
        "{error}"
    );
    let named: Vec<&str> = error.message().split('`').skip(1).step_by(2).collect();
    assert_eq!(named, fields, "{error}");
}

#[tokio::test]
async fn update_without_right_names_every_field_and_changes_nothing() {
    let sandbox = started(&[]).await;
    let id = TicketId::new(sandbox.add_ticket(REDMINE, TicketSeed::new("As it was")));
    let patch = TicketPatch::new()
        .subject("New")
        .description("Text")
        .status(Status::Closed)
        .priority(Priority::High)
        .custom("cf_1", "A-1");
    let result = reporter(&sandbox).update(&context(), &id, &patch).await;
    let fields = ["subject", "description", "status", "priority", "cf_1"];
    assert_dropped(&result.unwrap_err(), &fields, Effect::None);
    let ticket = sandbox.ticket(REDMINE, id.as_str()).unwrap();
    assert_eq!(
        (ticket.subject.as_str(), ticket.closed),
        ("As it was", false)
    );
    assert_eq!(
        requests(&sandbox),
        [
            "GET /issue_statuses.json",
            "GET /enumerations/issue_priorities.json",
            "PUT /issues/1.json",
            "GET /issues/1.json",
        ]
    );
}

#[tokio::test]
async fn update_to_me_that_leaves_the_ticket_with_somebody_else_names_the_assignee() {
    let sandbox = started(&[]).await;
    let somebody = json!({ "id": 1, "name": "Redmine Admin" });
    let seed = TicketSeed::new("Theirs").attribute("assigned_to", somebody);
    let id = TicketId::new(sandbox.add_ticket(REDMINE, seed));
    let assignee = || sandbox.ticket(REDMINE, "1").unwrap().attributes["assigned_to"]["id"].clone();
    let patch = TicketPatch::new().assignee("me");
    let reporter = reporter(&sandbox);
    for _ in 0..2 {
        let error = reporter.update(&context(), &id, &patch).await.unwrap_err();
        assert_dropped(&error, &["assignee"], Effect::None);
        assert_eq!(assignee(), 1);
    }
    // Who the account is, is asked once.
    assert_eq!(
        requests(&sandbox),
        [
            "GET /users/current.json?include=memberships",
            "PUT /issues/1.json",
            "GET /issues/1.json",
            "PUT /issues/1.json",
            "GET /issues/1.json",
        ]
    );
    sandbox.add_ticket(REDMINE, TicketSeed::new("Nobody's"));
    let mine = manager(&sandbox);
    mine.update(&context(), &"2".into(), &patch).await.unwrap();
    let ticket = sandbox.ticket(REDMINE, "2").unwrap();
    assert_eq!(ticket.attributes["assigned_to"]["id"], 1);
    let new = NewTicket::new("Mine").assignee("me");
    mine.create(&context(), &new).await.unwrap();
}

#[tokio::test]
async fn move_to_a_project_by_its_identifier_is_held_against_the_ticket() {
    let sandbox = started(&[]).await;
    let sales = json!({ "id": 7, "name": "Sales" });
    let seed = TicketSeed::new("Stays").attribute("project", sales);
    let id = TicketId::new(sandbox.add_ticket(REDMINE, seed));
    let project = || sandbox.ticket(REDMINE, "1").unwrap().attributes["project"]["id"].clone();
    let to = |project: &str| TicketPatch::new().custom("project_id", project);
    let result = reporter(&sandbox)
        .update(&context(), &id, &to("support"))
        .await;
    assert_dropped(&result.unwrap_err(), &["project_id"], Effect::None);
    assert_eq!(project(), 7);
    assert_eq!(
        requests(&sandbox),
        [
            "GET /projects/support.json",
            "PUT /issues/1.json",
            "GET /issues/1.json",
        ]
    );
    let manager = manager(&sandbox);
    manager
        .update(&context(), &id, &to("support"))
        .await
        .unwrap();
    assert_eq!(project(), 1);
}

#[tokio::test]
async fn move_to_a_project_that_the_account_does_not_see_is_refused_and_not_sent() {
    let sandbox = started(&[]).await;
    let id = TicketId::new(sandbox.add_ticket(REDMINE, TicketSeed::new("Stays")));
    for (name, kind, asked) in [
        ("nowhere", ErrorKind::InvalidInput, 1),
        ("private", ErrorKind::Forbidden, 1),
        ("Support Desk", ErrorKind::InvalidInput, 0),
        ("", ErrorKind::InvalidInput, 0),
    ] {
        let before = sandbox.journal().len();
        let patch = TicketPatch::new().custom("project_id", name);
        let result = reporter(&sandbox).update(&context(), &id, &patch).await;
        let error = result.unwrap_err();
        assert_eq!(
            (error.kind(), error.effect()),
            (kind, Effect::None),
            "{name}"
        );
        assert!(error.message().contains(&format!("{name:?}")), "{error}");
        assert_eq!(sandbox.journal().len() - before, asked, "{name}");
    }
    assert!(sandbox.journal().iter().all(|seen| !seen.is_write));
}

#[tokio::test]
async fn update_against_the_workflow_names_the_status_and_says_that_the_rest_is_changed() {
    let sandbox = started(&["Closed", "Rejected"]).await;
    let id = TicketId::new(sandbox.add_ticket(REDMINE, TicketSeed::new("Old")));
    let redmine = manager(&sandbox);
    let patch = TicketPatch::new().subject("New").status(Status::Closed);
    let error = redmine.update(&context(), &id, &patch).await.unwrap_err();
    assert_dropped(&error, &["status"], Effect::Unknown);
    assert_eq!(sandbox.ticket(REDMINE, "1").unwrap().subject, "New");
    let error = redmine.resolve(&context(), &id).await.unwrap_err();
    assert_dropped(&error, &["status"], Effect::None);
    assert!(!sandbox.ticket(REDMINE, "1").unwrap().closed);
}

#[tokio::test]
async fn update_that_cannot_be_read_back_has_unknown_effect() {
    let sandbox = started(&[]).await;
    let id = TicketId::new(sandbox.add_ticket(REDMINE, TicketSeed::new("Old")));
    sandbox.inject(Rule::new(Fault::Status(503)).endpoint(Endpoint::Get));
    let patch = TicketPatch::new().subject("New");
    let error = manager(&sandbox)
        .update(&context(), &id, &patch)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Unavailable, Effect::Unknown)
    );
    assert_eq!(sandbox.ticket(REDMINE, "1").unwrap().subject, "New");
}

#[tokio::test]
async fn update_whose_result_cannot_be_read_is_not_called_dropped() {
    let sandbox = started(&[]).await;
    let id = sandbox.add_ticket(REDMINE, TicketSeed::new("Printer"));
    sandbox.inject(Rule::new(Fault::WrongTypes).endpoint(Endpoint::Get));
    let patch = TicketPatch::new().status(Status::Other("Feedback".to_owned()));
    let manager = manager(&sandbox);
    let updated = manager
        .update(&context(), &id.as_str().into(), &patch)
        .await;
    let error = updated.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::BadResponse, Effect::Unknown),
        "{error}"
    );
    let status = sandbox.ticket(REDMINE, &id).unwrap().attributes["status"].clone();
    assert_eq!(status["name"], "Feedback");
}

#[tokio::test]
async fn resolve_sets_the_configured_status() {
    let sandbox = started(&[]).await;
    for (configured, status) in [
        (None, "Closed"),
        (Some("resolved"), "Resolved"),
        (Some("6"), "Rejected"),
    ] {
        let id = sandbox.add_ticket(REDMINE, TicketSeed::new("To do"));
        let mut config = RedmineConfig::new(sandbox.base_url(REDMINE), REDMINE_API_KEY);
        config.resolved_status = configured.map(str::to_owned);
        let redmine = Redmine::new(&config).unwrap();
        redmine
            .resolve(&context(), &TicketId::new(&id))
            .await
            .unwrap();
        let attributes = sandbox.ticket(REDMINE, &id).unwrap().attributes;
        assert_eq!(attributes["status"]["name"], status);
    }
    let config =
        RedmineConfig::new(sandbox.base_url(REDMINE), REDMINE_API_KEY).resolved_status("Done");
    let redmine = Redmine::new(&config).unwrap();
    let error = redmine.resolve(&context(), &"1".into()).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Config, Effect::None)
    );
}

#[tokio::test]
async fn created_ticket_without_a_field_is_an_error_that_names_the_ticket() {
    let sandbox = started(&[]).await;
    let new = NewTicket::new("Odd")
        .custom("cf_99", "x")
        .custom("cf_1", "A-1");
    let error = manager(&sandbox)
        .create(&context(), &new)
        .await
        .unwrap_err();
    assert_dropped(&error, &["cf_99"], Effect::Unknown);
    assert_eq!(error.ticket(), Some(&TicketId::new("1")));
    assert!(sandbox.exists(REDMINE, "1"));
}

#[tokio::test]
async fn unknown_fields_and_filters_are_refused_and_nothing_is_sent() {
    let sandbox = started(&[]).await;
    let redmine = manager(&sandbox);
    for name in ["frobnicate", "status_id", "cf_", "cf_x", "cf_01", "subject"] {
        let new = NewTicket::new("New").custom(name, "x");
        let error = redmine.create(&context(), &new).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
        assert!(error.message().contains(name), "{error}");
    }
    for (name, value) in [
        ("frobnicate", "1"),
        ("tracker_id", "Bug"),
        ("cf_1", ""),
        ("status_id", "1"),
    ] {
        let query = TicketQuery::new().custom(name, value);
        let error = redmine.list(&context(), &query).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name}");
    }
    for query in [
        TicketQuery::new().requester("Ann"),
        // Not even the users are looked up.
        TicketQuery::new()
            .requester("ann@example.com")
            .state(State::Deleted),
        TicketQuery::new().state(State::Deleted),
    ] {
        let error = redmine.list(&context(), &query).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
    }
    let mut config = RedmineConfig::new(sandbox.base_url(REDMINE), REDMINE_API_KEY);
    config.project = None;
    let error = Redmine::new(&config)
        .unwrap()
        .create(&context(), &NewTicket::new("New"))
        .await;
    assert!(error.unwrap_err().message().contains("project_id"));
    assert!(requests(&sandbox).is_empty());
}

#[tokio::test]
async fn filters_hold_whatever_their_values_contain() {
    let sandbox = started(&[]).await;
    for order in ["A|B", "~A", "A", ">=A", "*"] {
        let fields = json!([{ "id": 1, "name": "Order", "value": order }]);
        sandbox.add_ticket(
            REDMINE,
            TicketSeed::new(format!("Order {order}")).attribute("custom_fields", fields),
        );
    }
    let redmine = manager(&sandbox);
    for (id, order) in [
        ("1", "A|B"),
        ("2", "~A"),
        ("3", "A"),
        ("4", ">=A"),
        ("5", "*"),
    ] {
        let query = TicketQuery::new().custom("cf_1", order);
        let page = redmine.list(&context(), &query).await.unwrap();
        let ids: Vec<&str> = page.items.iter().map(|ticket| ticket.id.as_str()).collect();
        assert_eq!(ids, [id], "{order}");
        assert_eq!(page.items[0].custom["cf_1"], FieldValue::from(order));
    }
}

#[tokio::test]
async fn ignored_filter_is_told_instead_of_a_list_of_everything() {
    let sandbox = started(&[]).await;
    sandbox.add_tickets(REDMINE, 3);
    // A custom field that is not used as a filter.
    let query = TicketQuery::new().custom("cf_9", "x");
    let error = manager(&sandbox)
        .list(&context(), &query)
        .await
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BadResponse);
    assert!(error.message().contains("`cf_9`"), "{error}");
}

#[tokio::test]
async fn list_by_time_takes_the_first_second_and_leaves_the_last_out() {
    let sandbox = started(&[]).await;
    sandbox.add_ticket(REDMINE, TicketSeed::new("At 12:32:29"));
    let redmine = manager(&sandbox);
    let listed =
        async |query: TicketQuery| redmine.list(&context(), &query).await.unwrap().items.len();
    let at = |second: &str| format!("2026-01-26T12:32:{second}Z").parse().unwrap();
    assert_eq!(listed(TicketQuery::new().created_after(at("29"))).await, 1);
    assert_eq!(
        listed(TicketQuery::new().created_after(at("29.1"))).await,
        0
    );
    assert_eq!(listed(TicketQuery::new().created_before(at("29"))).await, 0);
    assert_eq!(
        listed(TicketQuery::new().created_before(at("29.1"))).await,
        1
    );
    let span = TicketQuery::new()
        .updated_after(at("29"))
        .updated_before(at("30"));
    assert_eq!(listed(span).await, 1);
}

#[tokio::test]
async fn deletes_between_pages_hide_no_ticket() {
    let sandbox = started(&[]).await;
    sandbox.add_tickets(REDMINE, 10);
    let redmine = manager(&sandbox);
    let mut seen = Vec::new();
    let mut page = PageRequest::first().limit(4);
    loop {
        let query = TicketQuery::new().page(page);
        let listed = redmine.list(&context(), &query).await.unwrap();
        for ticket in &listed.items {
            redmine.delete_issue(ticket.id.as_str()).await.unwrap();
            seen.push(ticket.id.to_string());
        }
        match listed.next {
            Some(cursor) => page = PageRequest::first().limit(4).at(cursor),
            None => break,
        }
    }
    let all: Vec<String> = (1..=10).map(|id| id.to_string()).collect();
    assert_eq!(seen, all);
    assert!(sandbox.ticket_ids(REDMINE).is_empty());
}

#[tokio::test]
async fn list_with_a_wrong_key_is_refused() {
    let sandbox = started(&[]).await;
    sandbox.add_tickets(REDMINE, 2);
    let error = with_key(&sandbox, "nobody's")
        .list(&context(), &TicketQuery::new())
        .await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Unauthenticated);
    assert_eq!(requests(&sandbox), ["GET /users/current.json"]);
}

#[tokio::test]
async fn login_and_password_are_accepted() {
    let sandbox = started(&[]).await;
    sandbox.add_tickets(REDMINE, 1);
    let base_url = sandbox.base_url(REDMINE);
    let config = RedmineConfig::with_login(&base_url, REDMINE_LOGIN, REDMINE_PASSWORD);
    let page = Redmine::new(&config)
        .unwrap()
        .list(&context(), &TicketQuery::new())
        .await;
    assert_eq!(page.unwrap().items.len(), 1);
    for config in [
        {
            let mut config = RedmineConfig::new(&base_url, "key");
            config.login = Some("admin".to_owned());
            config
        },
        {
            let mut config = RedmineConfig::new(&base_url, "key");
            config.api_key = None;
            config
        },
        {
            let mut config = config.clone();
            config.password = None;
            config
        },
    ] {
        assert_eq!(Redmine::new(&config).unwrap_err().kind(), ErrorKind::Config);
    }
}

#[tokio::test]
async fn internal_comment_that_would_become_public_is_not_sent() {
    let sandbox = started(&[]).await;
    let id = TicketId::new(sandbox.add_ticket(REDMINE, TicketSeed::new("Notes")));
    let note = NewComment::internal("Among us");
    let error = reporter(&sandbox)
        .comment(&context(), &id, &note)
        .await
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Forbidden, Effect::None)
    );
    assert!(error.message().contains("public"), "{error}");
    assert!(sandbox.ticket(REDMINE, "1").unwrap().messages.is_empty());
    assert!(sandbox.journal().iter().all(|seen| !seen.is_write));

    manager(&sandbox)
        .comment(&context(), &id, &note)
        .await
        .unwrap();
    reporter(&sandbox)
        .comment(&context(), &id, &NewComment::outbound("To all"))
        .await
        .unwrap();
    let messages = sandbox.ticket(REDMINE, "1").unwrap().messages;
    let kinds: Vec<_> = messages.iter().map(|note| note.kind).collect();
    assert_eq!(kinds, [MessageKind::Note, MessageKind::Outgoing]);
}

#[tokio::test]
async fn dropped_comment_is_not_confirmed_by_an_older_one_with_the_same_text() {
    let builder = Sandbox::builder().seed_tickets(false);
    let sandbox = builder.redmine_reporter_edits(true).start().await.unwrap();
    let id = TicketId::new(sandbox.add_ticket(REDMINE, TicketSeed::new("Notes")));
    let note = NewComment::outbound("Duplicate of #12");
    let manager = manager(&sandbox);
    manager.comment(&context(), &id, &note).await.unwrap();
    let before = requests(&sandbox).len();
    let result = reporter(&sandbox).comment(&context(), &id, &note).await;
    assert_dropped(&result.unwrap_err(), &["body"], Effect::None);
    assert_eq!(
        requests(&sandbox)[before..],
        [
            "GET /issues/1.json?include=journals",
            "PUT /issues/1.json",
            "GET /issues/1.json?include=journals",
        ]
    );
    let notes = || sandbox.ticket(REDMINE, "1").unwrap().messages.len();
    assert_eq!(notes(), 1);
    // With the right, the same text is a second note.
    manager.comment(&context(), &id, &note).await.unwrap();
    assert_eq!(notes(), 2);
}

#[tokio::test]
async fn files_go_to_the_ticket_and_come_back() {
    let sandbox = started(&[]).await;
    let redmine = manager(&sandbox);
    let file = |name: &str| Attachment::new(name, *b"\x1f\x8b any bytes \xff");
    let new = NewTicket::new("Files")
        .attachment(file("a b.gz"))
        .attachment(file("ä.txt"));
    let id = redmine.create(&context(), &new).await.unwrap().id;
    assert_eq!(
        requests(&sandbox),
        [
            "POST /uploads.json?filename=a%20b.gz",
            "POST /uploads.json?filename=%C3%A4.txt",
            "POST /issues.json"
        ]
    );
    let note = NewComment::outbound("And one more").attachment(file("c.txt"));
    redmine.comment(&context(), &id, &note).await.unwrap();
    let files = redmine
        .attachments(&context(), &id, &PageRequest::first())
        .await
        .unwrap();
    let names: Vec<_> = files
        .items
        .iter()
        .map(|file| file.name.as_deref().unwrap())
        .collect();
    assert_eq!(names, ["a b.gz", "ä.txt", "c.txt"]);
    for stored in &files.items {
        let bytes = redmine
            .download(&context(), stored)
            .await
            .unwrap()
            .read(100)
            .await
            .unwrap();
        assert_eq!(bytes.as_deref(), Some(&b"\x1f\x8b any bytes \xff"[..]));
        assert_eq!(stored.size, Some(14));
    }
}

#[tokio::test]
async fn file_that_cannot_be_staged_leaves_the_ticket_as_it_was() {
    let sandbox = started(&[]).await;
    let id = TicketId::new(sandbox.add_ticket(REDMINE, TicketSeed::new("Files")));
    let patch = TicketPatch::new()
        .subject("New")
        .attachment(Attachment::new("a.txt", *b"x"));
    sandbox.inject(Rule::new(Fault::LostResponse).endpoint(Endpoint::Stage));
    let redmine = manager(&sandbox);
    let error = redmine.update(&context(), &id, &patch).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Unavailable, Effect::None)
    );
    let large =
        TicketPatch::new().attachment(Attachment::new("a.txt", vec![0; 5 * 1024 * 1024 + 1]));
    let error = redmine.update(&context(), &id, &large).await.unwrap_err();
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::InvalidInput, Effect::None)
    );
    assert!(sandbox.journal().iter().all(|seen| !seen.is_write));
    assert_eq!(sandbox.ticket(REDMINE, "1").unwrap().subject, "Files");
}

#[tokio::test]
async fn lost_delete_spares_the_ticket_that_got_the_id() {
    let sandbox = started(&[]).await;
    sandbox.add_ticket(REDMINE, TicketSeed::new("Spam"));
    let rule = Rule::new(Fault::StatusAfterEffect(504)).endpoint(Endpoint::Delete);
    sandbox.inject(rule);
    // Somebody files as soon as the id is free: before the ticket is looked at.
    sandbox.inject(Rule::new(Fault::TicketsFiled(1)).endpoint(Endpoint::Get));
    let tickets = Tickets::new(manager(&sandbox));
    let report = tickets.delete(["1"]).await;
    let outcome = report.outcome(&"1".into()).unwrap();
    assert!(matches!(outcome, Outcome::Unknown(_)), "{outcome}");
    assert_eq!(
        sandbox.ticket(REDMINE, "1").unwrap().subject,
        "Filed in the meantime"
    );
    let deletes = sandbox
        .journal()
        .iter()
        .filter(|seen| seen.method == "DELETE")
        .count();
    assert_eq!(deletes, 1);
}

#[tokio::test]
async fn delete_of_a_gone_ticket_is_settled_and_reaches_the_rest() {
    let sandbox = started(&[]).await;
    sandbox.add_tickets(REDMINE, 3);
    let redmine = manager(&sandbox);
    redmine.delete_issue("2").await.unwrap();
    let report = Tickets::new(redmine).delete(["1", "2", "3"]).await;
    let outcomes: Vec<String> = report
        .into_iter()
        .map(|(_, outcome)| outcome.as_str().to_owned())
        .collect();
    assert_eq!(outcomes, ["done", "not_found", "done"]);
    assert!(sandbox.ticket_ids(REDMINE).is_empty());
}

#[tokio::test]
async fn notes_are_messages_and_the_log_is_not() {
    let sandbox = started(&[]).await;
    let id = TicketId::new(sandbox.add_ticket(REDMINE, TicketSeed::new("Notes")));
    let redmine = manager(&sandbox);
    redmine
        .update(&context(), &id, &TicketPatch::new().subject("Logged"))
        .await
        .unwrap();
    sandbox
        .add_message(REDMINE, "1", MessageKind::Incoming, "It burns")
        .unwrap();
    let page = redmine
        .messages(&context(), &id, &PageRequest::first())
        .await
        .unwrap();
    let [message] = &page.items[..] else {
        panic!("one note")
    };
    assert_eq!(message.body, "It burns");
    assert_eq!(message.author.as_ref().unwrap().id.as_deref(), Some("5"));
}

#[test]
fn address_of_a_page_follows_from_the_id() {
    let config = RedmineConfig::new("https://example.com/redmine", "key").project("support");
    let redmine = Redmine::new(&config).unwrap();
    let address = redmine.web_url(&"14".into());
    assert_eq!(
        address.as_deref(),
        Some("https://example.com/redmine/issues/14")
    );
    for id in ["", "1?x", "../1", "one"] {
        assert_eq!(redmine.web_url(&id.into()), None, "{id}");
    }
}
