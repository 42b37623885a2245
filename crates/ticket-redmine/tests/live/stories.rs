//! What happens to people, with the outcomes held against the server's own database.

use futures_util::{StreamExt as _, TryStreamExt as _};
use serde_json::{Value, json};
use ticket_core::model::Status;
use ticket_core::{
    DeleteReport, Effect, ErrorKind, NewComment, NewTicket, Operation, Outcome, Ticket, TicketId,
    TicketPatch, TicketQuery, Tickets,
};
use ticket_live::User;
use ticket_redmine::Redmine;
use ticket_testkit::{Loopback, Reply, Request, VendorApi};

use crate::server::{config, file, ids, send, server};

fn handle(base_url: &str, user: &User) -> Tickets {
    Tickets::new(Redmine::new(&config(base_url, user)).unwrap())
}

/// The row of a ticket.
fn row(live: &ticket_live::Redmine, id: u64) -> Value {
    let sql = format!("SELECT id, subject, status_id FROM issues WHERE id = {id}");
    let row = live.server.rows(&sql).unwrap().into_iter().next();
    row.map_or(Value::Null, Value::Object)
}

/// The outcomes as words, printed beside the rows of the tickets.
fn told(live: &ticket_live::Redmine, story: &str, report: &DeleteReport) -> Vec<&'static str> {
    let outcomes = report.iter().map(|(id, outcome)| {
        let row = row(live, id.as_str().parse().unwrap());
        println!("{story}: {id} {} | {row}", outcome.as_str());
        outcome.as_str()
    });
    outcomes.collect()
}

fn names(tickets: &[u64]) -> Vec<TicketId> {
    tickets.iter().map(|id| id.to_string().into()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn second_run_over_a_half_deleted_list_ends_with_the_truth() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let other = file(live, "Bug", "Not on the list");
    let list: Vec<_> = (0..8).map(|_| file(live, "Bug", "On the list")).collect();
    for id in &list[..4] {
        let path = format!("/issues/{id}.json");
        let reply = send(live, &live.admin, "DELETE", &path, Value::Null);
        assert_eq!(reply.status, 204);
    }
    let tickets = handle(live.server.url(), &live.admin);
    let first = tickets.delete(names(&list)).await;
    let (gone, done) = (["not_found"; 4], ["done"; 4]);
    assert_eq!(told(live, "first run", &first), [gone, done].concat());
    let second = tickets.delete(names(&list)).await;
    assert_eq!(told(live, "second run", &second), [gone, gone].concat());
    assert_eq!(ids(live), [other]);
}

/// Forwards everything. The answer to the first delete is lost, and before that somebody files a ticket.
struct Interloper {
    live: &'static ticket_live::Redmine,
    newcomer: Option<u64>,
}

impl VendorApi for Interloper {
    fn answer(&mut self, request: &Request) -> Reply {
        let live = self.live;
        let (method, path) = (request.method.as_str(), request.path.as_str());
        let body = request.json();
        let server = &live.server;
        let reply = server.send(&live.admin, method, path, body.as_ref());
        let reply = reply.unwrap();
        if method == "DELETE" && self.newcomer.is_none() {
            assert_eq!(reply.status, 204);
            self.newcomer = Some(file(live, "Bug", "Of somebody else"));
            return Reply::new(504, "Gateway Timeout");
        }
        match reply.json() {
            Value::Null => Reply::empty(reply.status),
            body => Reply::json(reply.status, &body),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_with_a_lost_answer_spares_a_new_ticket_of_the_same_id() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let id = file(live, "Bug", "To be deleted");
    let newcomer = None;
    let vendor = Loopback::start(Interloper { live, newcomer })
        .await
        .unwrap();
    let report = handle(&vendor.base_url(), &live.admin)
        .delete(names(&[id]))
        .await;
    // Otherwise the story tells nothing.
    assert_eq!(vendor.with_vendor(|vendor| vendor.newcomer), Some(id));
    assert_eq!(told(live, "lost answer, id reused", &report), ["unknown"]);
    assert_eq!(row(live, id)["subject"], "Of somebody else");
    let deletes = vendor.requests().into_iter();
    assert_eq!(deletes.filter(|seen| seen.method == "DELETE").count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_without_the_right_is_forbidden() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let id = file(live, "Bug", "Stays");
    let report = handle(live.server.url(), &live.agent)
        .delete(names(&[id]))
        .await;
    assert_eq!(told(live, "no right to delete", &report), ["failed"]);
    let kinds = report.iter().map(|(_, outcome)| match outcome {
        Outcome::Failed(error) => error.kind(),
        other => panic!("{other:?}"),
    });
    assert_eq!(kinds.collect::<Vec<_>>(), [ErrorKind::Forbidden]);
    assert_eq!(ids(live), [id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn status_that_the_workflow_forbids_is_told_by_name() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let id = file(live, "Support", "Waits for feedback");
    let (feedback, path) = (live.ids.statuses["Feedback"], format!("/issues/{id}.json"));
    let wait = json!({ "status_id": feedback });
    assert_eq!(send(live, &live.admin, "PUT", &path, wait).status, 204);

    let config = config(live.server.url(), &live.agent).resolved_status("Resolved");
    let tickets = Tickets::new(Redmine::new(&config).unwrap());
    let change = TicketPatch::new().status(Status::Resolved);
    let updated = tickets.update(id.to_string(), &change).await;
    let resolved = tickets.resolve(id.to_string()).await;
    for (what, result) in [("update", updated), ("resolve", resolved)] {
        let error = result.unwrap_err();
        println!("forbidden status, {what}: {error} | {}", row(live, id));
        assert!(error.to_string().contains("status"), "{error}");
        assert_eq!(error.effect(), Effect::None);
    }
    assert_eq!(row(live, id)["status_id"], feedback);
}

#[tokio::test(flavor = "multi_thread")]
async fn field_that_does_not_exist_is_told_by_name() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let id = file(live, "Bug", "As it was");
    let tickets = handle(live.server.url(), &live.admin);
    let patch = |name: &str| TicketPatch::new().custom(name, "1");
    for name in ["cf_999", "frobnicate"] {
        let error = tickets.update(id.to_string(), &patch(name)).await;
        let error = error.unwrap_err();
        println!("unknown field, update: {error} | {}", row(live, id));
        assert!(error.to_string().contains(name), "{error}");
        assert_eq!(error.effect(), Effect::None);
    }
    // Whatever else was asked for is done, and the error says so.
    let both = patch("cf_999").subject("As it is");
    let error = tickets.update(id.to_string(), &both).await.unwrap_err();
    println!(
        "unknown field beside a known one: {error} | {}",
        row(live, id)
    );
    assert!(error.to_string().contains("cf_999"), "{error}");
    assert_eq!(error.effect(), Effect::Unknown);
    assert_eq!(row(live, id)["subject"], "As it is");

    let new = NewTicket::new("New").custom("cf_999", "1");
    let error = tickets.create(&new).await.unwrap_err();
    println!("unknown field, create: {error} | {:?}", ids(live));
    assert!(error.to_string().contains("cf_999"), "{error}");
    assert_eq!(ids(live).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn private_note_without_the_right_is_not_sent() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let id = file(live, "Bug", "Among us");
    // Whether the notes of the ticket are private.
    let notes = || {
        let sql = format!(
            "SELECT private_notes FROM journals WHERE journalized_id = {id} AND notes <> ''"
        );
        let rows = live.server.rows(&sql).unwrap().into_iter();
        rows.map(|row| row["private_notes"] != 0)
            .collect::<Vec<_>>()
    };
    let note = NewComment::internal("Among us");
    let stranger = handle(live.server.url(), &live.stranger);
    let error = stranger.comment(id.to_string(), &note).await.unwrap_err();
    println!("private note without the right: {error} | {:?}", notes());
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Forbidden, Effect::None)
    );
    assert_eq!(notes(), [false; 0]);
    for user in [&live.agent, &live.admin] {
        let told = handle(live.server.url(), user)
            .comment(id.to_string(), &note)
            .await;
        println!("private note: {told:?} | {:?}", notes());
        assert!(notes().into_iter().all(|is_private| is_private));
    }
    assert!(!notes().is_empty());
}

/// Takes a right from the agent's role, and returns what gives it back.
fn take_right(live: &ticket_live::Redmine, right: &str) -> String {
    let role = "WHERE name = 'Developer'";
    let rows = live
        .server
        .rows(&format!("SELECT permissions FROM roles {role}"));
    let all = rows.unwrap()[0]["permissions"].as_str().unwrap().to_owned();
    let rest = all.replace(&format!("- :{right}\n"), "");
    assert_ne!(rest, all);
    let set = |rights: &str| format!("UPDATE roles SET permissions = '{rights}' {role}");
    live.server.execute(&set(&rest)).unwrap();
    set(&all)
}

#[tokio::test(flavor = "multi_thread")]
async fn comment_without_the_right_is_not_confirmed_by_an_older_one() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let id = file(live, "Bug", "Twice");
    let notes = || {
        let sql = format!("SELECT id FROM journals WHERE journalized_id = {id} AND notes <> ''");
        live.server.rows(&sql).unwrap().len()
    };
    let note = NewComment::outbound("Duplicate of #12");
    let agent = handle(live.server.url(), &live.agent);
    agent.comment(id.to_string(), &note).await.unwrap();
    let give_back = take_right(live, "add_issue_notes");
    let dropped = agent.comment(id.to_string(), &note).await;
    live.server.execute(&give_back).unwrap();
    let error = dropped.unwrap_err();
    println!("note without the right: {error} | {}", notes());
    assert_eq!(
        (error.kind(), error.effect()),
        (ErrorKind::Conflict, Effect::None)
    );
    assert_eq!(notes(), 1);
    agent.comment(id.to_string(), &note).await.unwrap();
    assert_eq!(notes(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn update_without_the_right_names_an_assignee_and_a_project_given_by_a_word() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let id = file(live, "Bug", "Of the administrator");
    let path = format!("/issues/{id}.json");
    let to_admin = json!({ "assigned_to_id": "me" });
    assert_eq!(send(live, &live.admin, "PUT", &path, to_admin).status, 204);
    let places = || {
        let sql = format!("SELECT assigned_to_id, project_id FROM issues WHERE id = {id}");
        live.server.rows(&sql).unwrap().remove(0)
    };
    let before = places();
    let agent = handle(live.server.url(), &live.agent);
    let give_back = take_right(live, "edit_issues");
    let mine = TicketPatch::new().assignee("me");
    let dropped = agent.update(id.to_string(), &mine).await;
    live.server.execute(&give_back).unwrap();
    let error = dropped.unwrap_err();
    println!("assignee without the right: {error}");
    assert!(error.to_string().contains("assignee"), "{error}");
    assert_eq!(error.effect(), Effect::None);

    // The project is public to read, and nobody but the administrator is a member.
    let public = |is_public: u8| {
        let sql = format!("UPDATE projects SET is_public = {is_public} WHERE name = 'Vault'");
        live.server.execute(&sql).unwrap();
    };
    let away = TicketPatch::new().custom("project_id", "vault");
    let unseen = agent.update(id.to_string(), &away).await.unwrap_err();
    println!("project that is not seen: {unseen}");
    assert_eq!(unseen.kind(), ErrorKind::Forbidden);
    public(1);
    let dropped = agent.update(id.to_string(), &away).await;
    public(0);
    let error = dropped.unwrap_err();
    println!("project without the right: {error}");
    assert!(error.to_string().contains("project_id"), "{error}");
    assert_eq!(error.effect(), Effect::None);
    assert_eq!(places(), before);
    let admin = handle(live.server.url(), &live.admin);
    admin.update(id.to_string(), &away).await.unwrap();
    assert_eq!(places()["project_id"], live.ids.projects["Vault"]);
    let gone = send(live, &live.admin, "DELETE", &path, Value::Null);
    assert_eq!(gone.status, 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn delete_takes_subtasks_and_logged_time_along() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let parent = file(live, "Bug", "Parent");
    let child = file(live, "Bug", "Child");
    let path = format!("/issues/{child}.json");
    let below = json!({ "parent_issue_id": parent });
    assert_eq!(send(live, &live.admin, "PUT", &path, below).status, 204);
    let design = live.ids.activities["Design"];
    let entry = json!({ "issue_id": parent, "hours": 1, "activity_id": design });
    let body = json!({ "time_entry": entry });
    let logged = live
        .server
        .send(&live.admin, "POST", "/time_entries.json", Some(&body));
    assert_eq!(logged.unwrap().status, 201);
    let entries = || {
        live.server
            .rows("SELECT id FROM time_entries")
            .unwrap()
            .len()
    };
    assert_eq!(entries(), 1);
    let tickets = handle(live.server.url(), &live.admin);
    let goes_along = &tickets.info().capabilities.support(Operation::Delete);
    assert_eq!(
        *goes_along.unwrap().takes_along,
        ["subtasks", "logged time"]
    );
    let report = tickets.delete(names(&[parent])).await;
    assert_eq!(told(live, "with a subtask", &report), ["done"]);
    assert_eq!((ids(live).len(), entries()), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn tickets_are_found_by_the_main_address_of_their_author() {
    let Some((live, _guard)) = server().await else {
        return;
    };
    let user = |login: &str, mail: &str| {
        let user = json!({ "user": {
            "login": login, "firstname": "Some", "lastname": "Body", "mail": mail,
            "password": "not-a-secret-4711",
        } });
        let reply = live
            .server
            .send(&live.admin, "POST", "/users.json", Some(&user));
        let reply = reply.unwrap();
        assert_eq!(reply.status, 201, "{}", reply.body);
        reply.json()["user"]["id"].as_u64().unwrap()
    };
    let of = |author: u64| {
        let id = file(live, "Bug", "Of somebody");
        let sql = format!("UPDATE issues SET author_id = {author} WHERE id = {id}");
        live.server.execute(&sql).unwrap();
        id
    };
    let ann = user("ann", "Ann@Example.com");
    let id = of(ann);
    of(user("joann", "joann@example.com"));
    of(user("eve", "ann@example.com.evil.example"));
    // Whose account is locked is an author all the same.
    let lock = format!(
        "UPDATE users SET status = 3 WHERE id = {ann};
         INSERT INTO email_addresses (user_id, address, is_default, notify, created_on, updated_on)
             VALUES ({ann}, 'second@example.org', 0, 1, datetime('now'), datetime('now'));"
    );
    live.server.execute(&lock).unwrap();
    let found = |user: &User, address: &str| {
        let tickets = handle(live.server.url(), user);
        let query = TicketQuery::new().requester(address);
        async move { tickets.list_all(query).try_collect::<Vec<Ticket>>().await }
    };
    let tickets = handle(live.server.url(), &live.admin);
    let query = TicketQuery::new().requester("ann@EXAMPLE.com");
    let mut by_main: Vec<_> = tickets.list_all(query).collect().await;
    // Others have an address with hers in it, and may have hers too.
    let gap = by_main.pop().unwrap().unwrap_err();
    assert_eq!(gap.kind(), ErrorKind::Incomplete, "{gap}");
    let ids: Vec<_> = by_main
        .iter()
        .map(|ticket| ticket.as_ref().unwrap().id.to_string())
        .collect();
    assert_eq!(ids, [id.to_string()]);
    let joann = found(&live.admin, "joann@example.com").await.unwrap();
    assert_eq!(joann.len(), 1);
    assert!(
        found(&live.admin, "nobody@example.net")
            .await
            .unwrap()
            .is_empty()
    );
    let by_second = found(&live.admin, "second@example.org").await.unwrap_err();
    assert_eq!(by_second.kind(), ErrorKind::Unsupported);
    let by_agent = found(&live.agent, "ann@example.com").await.unwrap_err();
    assert_eq!(by_agent.kind(), ErrorKind::Forbidden);
    println!("by a second address: {by_second}; by an agent: {by_agent}");
    let gone = format!(
        "DELETE FROM email_addresses WHERE user_id >= {ann}; DELETE FROM users WHERE id >= {ann};"
    );
    live.server.execute(&gone).unwrap();
}
