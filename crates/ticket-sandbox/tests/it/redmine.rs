//! Redmine as it was observed: the recorded exchanges of a real server, played again in order, and what was seen of it
//! besides.

use serde_json::{Map, Value, json};
use ticket_sandbox::credentials::{
    REDMINE_AGENT_API_KEY, REDMINE_API_KEY, REDMINE_LOGIN, REDMINE_PASSWORD,
};
use ticket_sandbox::{MessageKind, Sandbox, TicketSeed, Vendor};

use crate::client::{Answer, send};

/// What 104 recorded exchanges with Redmine 5.0.4 asked and got, in order. The server had no ticket at first. A date in a
/// filter is the sandbox's, and a byte of a file that is not UTF-8 is a blank.
const EXCHANGES: &str = include_str!("../redmine/exchanges.json");

/// A manager's request, or that of whoever has this key.
async fn request(sandbox: &Sandbox, key: &str, method: &str, path: &str, body: &Value) -> Answer {
    let headers = [
        ("x-redmine-api-key", key),
        ("content-type", "application/json"),
    ];
    let path = format!("/redmine{path}");
    let body = if body.is_null() {
        String::new()
    } else {
        body.to_string()
    };
    send(sandbox, method, &path, &headers, &body).await.unwrap()
}

async fn redmine(sandbox: &Sandbox, method: &str, path: &str, body: Value) -> Answer {
    request(sandbox, REDMINE_API_KEY, method, path, &body).await
}

async fn by_agent(sandbox: &Sandbox, method: &str, path: &str, body: Value) -> Answer {
    request(sandbox, REDMINE_AGENT_API_KEY, method, path, &body).await
}

async fn issue(sandbox: &Sandbox, id: &str) -> Value {
    let answer = redmine(
        sandbox,
        "GET",
        &format!("/issues/{id}.json?include=journals,attachments"),
        Value::Null,
    )
    .await;
    assert_eq!(answer.status, 200, "{id}");
    answer.json()["issue"].take()
}

async fn ids(sandbox: &Sandbox, query: &str) -> Vec<u64> {
    let answer = redmine(
        sandbox,
        "GET",
        &format!("/issues.json?{query}"),
        Value::Null,
    )
    .await;
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    let body = answer.json();
    let issues = body["issues"].as_array().unwrap();
    issues
        .iter()
        .map(|issue| issue["id"].as_u64().unwrap())
        .collect()
}

async fn empty() -> Sandbox {
    Sandbox::builder()
        .seed_tickets(false)
        .start()
        .await
        .unwrap()
}

/// Makes two bodies comparable: times, and what the sandbox names as a difference.
fn comparable(value: &mut Value, base: &str) {
    match value {
        Value::String(text) => {
            if let Some(path) = text.strip_prefix(base) {
                *text = path.to_owned();
            }
            let shape: String = text
                .chars()
                .map(|c| if c.is_ascii_digit() { '0' } else { c })
                .collect();
            if ["0000-00-00T00:00:00Z", "0000-00-00"].contains(&shape.as_str()) {
                *text = shape;
            } else if text.len() > 64
                && text.split('.').next_back().is_some_and(|digest| {
                    digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit())
                })
            {
                text.truncate(text.len() - 64);
            }
        }
        Value::Array(values) => values.iter_mut().for_each(|value| comparable(value, base)),
        Value::Object(fields) => {
            // Only with the module for logged time.
            fields.remove("spent_hours");
            fields.remove("total_spent_hours");
            // When somebody signed in.
            fields.remove("last_login_on");
            fields.remove("api_key");
            for journal in fields
                .get_mut("journals")
                .and_then(Value::as_array_mut)
                .into_iter()
                .flatten()
            {
                journal.as_object_mut().unwrap().remove("id");
            }
            fields
                .values_mut()
                .for_each(|value| comparable(value, base));
        }
        _ => {}
    }
}

/// What the recording had done between its exchanges.
async fn prepare(sandbox: &Sandbox, next: &str) {
    let spam = |number: usize, subject: &str| {
        TicketSeed::new(format!("{subject} {number}"))
            .attribute("tracker", json!({ "id": 3, "name": "Support" }))
    };
    match next.split('-').next().unwrap() {
        "061" => {
            for number in 4..40 {
                let seed = spam(number, "Spam").description("buy now");
                sandbox.add_ticket(Vendor::Redmine, seed);
            }
        }
        "161" => {
            let seed = TicketSeed::new("private").id("114").owned_by_other();
            sandbox.add_ticket(Vendor::Redmine, seed);
            for number in 0..10 {
                sandbox.add_ticket(Vendor::Redmine, spam(number, "drift"));
            }
        }
        "165" => {
            for id in 115..119 {
                let path = format!("/issues/{id}.json");
                assert_eq!(
                    redmine(sandbox, "DELETE", &path, Value::Null).await.status,
                    204
                );
            }
        }
        _ => {}
    }
}

#[tokio::test]
async fn recorded_exchanges_get_the_recorded_answers() {
    let sandbox = empty().await;
    let exchanges: Vec<Value> = serde_json::from_str(EXCHANGES).unwrap();
    let base = sandbox.base_url(Vendor::Redmine);
    let mut token = String::new();
    let mut different = Vec::new();
    for exchange in &exchanges {
        let name = exchange["name"].as_str().unwrap();
        prepare(&sandbox, name).await;
        let text = |key: &str| exchange[key].as_str().unwrap();
        let mut headers = vec![("host", sandbox.address().to_string())];
        headers.extend(match text("by") {
            "manager" => Some(("x-redmine-api-key", REDMINE_API_KEY.to_owned())),
            "agent" => Some(("x-redmine-api-key", REDMINE_AGENT_API_KEY.to_owned())),
            "wrong_key" => Some(("x-redmine-api-key", "nobody's".to_owned())),
            // admin:sandbox-redmine-password
            "password" => {
                assert_eq!(
                    (REDMINE_LOGIN, REDMINE_PASSWORD),
                    ("admin", "sandbox-redmine-password")
                );
                let basic = "Basic YWRtaW46c2FuZGJveC1yZWRtaW5lLXBhc3N3b3Jk";
                Some(("authorization", basic.to_owned()))
            }
            _ => None,
        });
        for (name, value) in exchange["headers"].as_object().into_iter().flatten() {
            headers.push((name, value.as_str().unwrap().to_owned()));
        }
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let body = match &exchange["body"] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            body => body.to_string().replace("***", &token),
        };
        let path = format!("/redmine{}", text("path"));
        let answer = send(&sandbox, text("method"), &path, &headers, &body)
            .await
            .unwrap();

        let expected = &exchange["answer"];
        let mut seen = Map::new();
        for name in expected["headers"].as_object().unwrap().keys() {
            let value = answer.header(name).unwrap_or_default();
            seen.insert(
                name.clone(),
                json!(value.strip_prefix(&base).unwrap_or(value)),
            );
        }
        let mut body = match &expected["body"] {
            // A web page.
            Value::Null => Value::Null,
            Value::String(_) => json!(String::from_utf8_lossy(&answer.body)),
            _ => answer.json(),
        };
        if let Some(new) = body["upload"]["token"].as_str() {
            token = new.to_owned();
        }
        if !expected["body"]["ids"].is_null() {
            let issues = body.as_object_mut().unwrap().remove("issues").unwrap();
            let ids = issues
                .as_array()
                .unwrap()
                .iter()
                .map(|issue| issue["id"].clone());
            body["ids"] = ids.collect();
        }
        let mut seen = json!({ "status": answer.status, "headers": seen, "body": body });
        let mut expected = expected.clone();
        comparable(&mut seen, &base);
        comparable(&mut expected, &base);
        if seen != expected {
            different.push(format!("{name}:\n  seen     {seen}\n  expected {expected}"));
        }
    }
    assert_eq!(exchanges.len(), 104);
    assert!(
        different.is_empty(),
        "{} differ\n{}",
        different.len(),
        different.join("\n")
    );
}

#[tokio::test]
async fn ids_are_read_up_to_the_first_character_that_is_no_digit() {
    let sandbox = empty().await;
    sandbox.add_tickets(Vendor::Redmine, 2);
    for name in ["1", "01", "+1", "1abc", "%201", "1%20"] {
        let path = format!("/issues/{name}.json");
        let answer = redmine(&sandbox, "GET", &path, Value::Null).await;
        assert_eq!(
            (answer.status, &answer.json()["issue"]["id"]),
            (200, &json!(1)),
            "{name}"
        );
    }
    for (name, body) in [
        ("abc", ""),
        ("0x1", ""),
        ("1.0", r#"{"error":"Not Found","status":404}"#),
    ] {
        let path = format!("/issues/{name}.json");
        let answer = redmine(&sandbox, "GET", &path, Value::Null).await;
        assert_eq!((answer.status, answer.text()), (404, body), "{name}");
    }
    let answer = redmine(&sandbox, "DELETE", "/issues/2abc.json", Value::Null).await;
    assert_eq!(answer.status, 204);
    assert_eq!(sandbox.ticket_ids(Vendor::Redmine), ["1"]);
}

#[tokio::test]
async fn a_wrong_key_reads_what_is_public_and_changes_nothing() {
    let sandbox = empty().await;
    sandbox.add_ticket(Vendor::Redmine, TicketSeed::new("Public"));
    sandbox.add_ticket(Vendor::Redmine, TicketSeed::new("Private").owned_by_other());
    for key in ["", "wrong"] {
        let answer = request(&sandbox, key, "GET", "/issues.json", &Value::Null).await;
        assert_eq!(
            (answer.status, &answer.json()["total_count"]),
            (200, &json!(1))
        );
        let answer = request(&sandbox, key, "GET", "/issues/1.json", &Value::Null).await;
        assert_eq!(answer.status, 200);
        for (method, path, status) in [
            ("GET", "/issues/2.json", 401),
            ("GET", "/users/current.json", 401),
            ("POST", "/issues.json", 401),
            ("PUT", "/issues/1.json", 401),
            ("DELETE", "/issues/1.json", 401),
            ("DELETE", "/issues/9.json", 404),
            ("POST", "/uploads.json", 401),
        ] {
            let answer = request(&sandbox, key, method, path, &Value::Null).await;
            assert_eq!(
                (answer.status, answer.text()),
                (status, ""),
                "{method} {path}"
            );
        }
    }
    assert_eq!(sandbox.ticket_ids(Vendor::Redmine).len(), 2);
}

#[tokio::test]
async fn a_private_note_without_the_right_to_it_becomes_public() {
    let sandbox = empty().await;
    let id = sandbox.add_ticket(Vendor::Redmine, TicketSeed::new("Notes"));
    let path = format!("/issues/{id}.json");
    let note = |text: &str| json!({ "issue": { "notes": text, "private_notes": true } });
    assert_eq!(
        by_agent(&sandbox, "PUT", &path, note("the agent's"))
            .await
            .status,
        204
    );
    assert_eq!(
        redmine(&sandbox, "PUT", &path, note("the manager's"))
            .await
            .status,
        204
    );
    let kinds: Vec<_> = sandbox.ticket(Vendor::Redmine, &id).unwrap().messages;
    let kinds: Vec<_> = kinds
        .iter()
        .map(|note| (note.kind, note.text.as_str()))
        .collect();
    let (public, private) = (MessageKind::Outgoing, MessageKind::Note);
    assert_eq!(kinds, [(public, "the agent's"), (private, "the manager's")]);
    let path = format!("{path}?include=journals");
    let seen = by_agent(&sandbox, "GET", &path, Value::Null).await.json();
    assert_eq!(seen["issue"]["journals"].as_array().unwrap().len(), 1);
    assert_eq!(
        issue(&sandbox, &id).await["journals"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
}

#[tokio::test]
async fn note_of_a_reporter_who_edits_is_dropped_and_the_edit_is_not() {
    let builder = Sandbox::builder().redmine_reporter_edits(true);
    let sandbox = builder.seed_tickets(false).start().await.unwrap();
    let id = sandbox.add_ticket(Vendor::Redmine, TicketSeed::new("Old"));
    let both = json!({ "issue": { "subject": "New", "notes": "and a note" } });
    let answer = by_agent(&sandbox, "PUT", "/issues/1.json", both).await;
    assert_eq!(answer.status, 204);
    let issue = issue(&sandbox, &id).await;
    assert_eq!(issue["subject"], "New");
    assert_eq!(issue["journals"][0]["notes"], "");
    let role = by_agent(&sandbox, "GET", "/roles/5.json", Value::Null).await;
    let rights = role.json()["role"]["permissions"].clone();
    assert_eq!(rights, json!(["view_issues", "add_issues", "edit_issues"]));
}

#[tokio::test]
async fn what_an_update_may_not_change_is_dropped_without_a_word() {
    let builder = Sandbox::builder().redmine_forbidden_statuses(["Closed"]);
    let sandbox = builder.seed_tickets(false).start().await.unwrap();
    let id = sandbox.add_ticket(Vendor::Redmine, TicketSeed::new("Parent"));
    let child = TicketSeed::new("Child").attribute("parent", json!({ "id": 1 }));
    let child = sandbox.add_ticket(Vendor::Redmine, child);
    let before = issue(&sandbox, &id).await;
    let all = json!({ "issue": { "subject": "New", "status_id": 6, "notes": "and a note" } });
    let answer = by_agent(&sandbox, "PUT", "/issues/1.json", all).await;
    assert_eq!(answer.status, 204);
    assert_eq!(
        issue(&sandbox, &id).await["journals"][0]["notes"],
        "and a note"
    );
    // The workflow forbids the first, open subtasks the second, subtasks the third, nothing is known of the others.
    for fields in [
        json!({ "status_id": 5 }),
        json!({ "status_id": 6 }),
        json!({ "priority_id": 5 }),
        json!({ "status_id": 77, "tracker_id": 77, "project_id": 77, "frobnicate": 1 }),
        json!({ "custom_fields": [{ "id": 99, "value": "z" }] }),
    ] {
        let answer = redmine(
            &sandbox,
            "PUT",
            "/issues/1.json",
            json!({ "issue": fields }),
        )
        .await;
        assert_eq!((answer.status, answer.text()), (204, ""), "{fields}");
        assert!(!sandbox.journal().last().unwrap().took_effect, "{fields}");
    }
    let after = issue(&sandbox, &id).await;
    for name in [
        "subject",
        "status",
        "priority",
        "tracker",
        "project",
        "custom_fields",
    ] {
        assert_eq!(after[name], before[name], "{name}");
    }
    // Without subtasks below it, the child can be given what the parent could not.
    let fields = json!({ "issue": { "status_id": 6, "priority_id": 5 } });
    redmine(&sandbox, "PUT", &format!("/issues/{child}.json"), fields).await;
    let child = issue(&sandbox, &child).await;
    assert_eq!(
        (&child["status"]["id"], &child["priority"]["id"]),
        (&json!(6), &json!(5))
    );
}

#[tokio::test]
async fn a_delete_takes_everything_below_and_its_id_is_given_out_again() {
    let sandbox = empty().await;
    for parent in [None, Some(1), Some(2), None] {
        let seed = TicketSeed::new("Ticket");
        sandbox.add_ticket(
            Vendor::Redmine,
            match parent {
                Some(parent) => seed.attribute("parent", json!({ "id": parent })),
                None => seed,
            },
        );
    }
    let answer = redmine(
        &sandbox,
        "GET",
        "/issues/1.json?include=children",
        Value::Null,
    )
    .await;
    assert_eq!(
        answer.json()["issue"]["children"][0]["children"][0]["id"],
        3
    );
    redmine(&sandbox, "DELETE", "/issues/1.json", Value::Null).await;
    assert_eq!(sandbox.journal().last().unwrap().deleted, ["3", "2", "1"]);
    assert_eq!(sandbox.ticket_ids(Vendor::Redmine), ["4"]);
    redmine(&sandbox, "DELETE", "/issues/4.json", Value::Null).await;
    let body = json!({ "issue": { "project_id": 1, "subject": "Somebody else's" } });
    let created = redmine(&sandbox, "POST", "/issues.json", body).await;
    assert_eq!(created.json()["issue"]["id"], 1);
}

#[tokio::test]
async fn filters_are_read_in_both_forms() {
    let sandbox = empty().await;
    for (subject, order, labels) in [
        ("filter 1", "F-1", json!(["vip"])),
        ("Filter 2", "F|2", json!(["late", "vip"])),
        ("other", "", json!([])),
    ] {
        let fields = json!([{ "id": 1, "value": order }, { "id": 2, "value": labels }]);
        sandbox.add_ticket(
            Vendor::Redmine,
            TicketSeed::new(subject).attribute("custom_fields", fields),
        );
    }
    sandbox.add_ticket(Vendor::Redmine, TicketSeed::new("filter closed").closed());
    for (query, expected) in [
        ("subject=~FILTER", &[2, 1][..]),
        // Words of one character do not count.
        ("subject=~filter%201", &[2, 1]),
        ("subject=filter%201", &[1]),
        ("subject=!~filter", &[3]),
        ("subject=^filter&status_id=*&sort=id", &[1, 2, 4]),
        ("status_id=c", &[4]),
        ("status_id=1|5&sort=id", &[1, 2, 3, 4]),
        ("status_id=!1", &[4]),
        ("cf_1=F-1|x", &[1]),
        ("cf_1=F|2", &[]),
        ("cf_1=*", &[2, 1]),
        ("cf_2=vip&sort=id", &[1, 2]),
        ("cf_9=x", &[3, 2, 1]),
        ("issue_id=1,4&status_id=*", &[4, 1]),
        ("issue_id=%3E%3D3&status_id=*&sort=id", &[3, 4]),
        ("created_on=%3E%3D2026-01-26T12:32:29Z", &[3, 2, 1]),
        ("created_on=%3E%3D2026-01-27", &[]),
        ("created_on=%3C%3D2026-01-26", &[3, 2, 1]),
        (
            "created_on=%3E%3C2026-01-25|2026-01-26&sort=id&limit=2",
            &[1, 2],
        ),
        ("project_id=support&offset=1&limit=1", &[2]),
        ("author_id=me&assigned_to_id=!*", &[3, 2, 1]),
        // The long form takes any text, and has no filter on the state unless asked.
        ("f[]=cf_1&op[cf_1]==&v[cf_1][]=F|2", &[2]),
        (
            "f[]=subject&op[subject]=~&v[subject][]=filter&sort=id",
            &[1, 2, 4],
        ),
        (
            "f[]=status_id&op[status_id]=o&f[]=issue_id&op[issue_id]=%3E%3D&v[issue_id][]=2&sort=id",
            &[2, 3],
        ),
        (
            "f[]=nonsense&op[nonsense]==&v[nonsense][]=x&sort=id",
            &[1, 2, 3, 4],
        ),
    ] {
        assert_eq!(ids(&sandbox, query).await, expected, "{query}");
    }
    for (query, error) in [
        ("subject=~", "Subject cannot be blank"),
        ("issue_id=abc", "Issue is invalid"),
        (
            "created_on=%3E%3D2026-01-26T12:32:29.5Z",
            "Created is invalid",
        ),
        (
            "updated_on=%3E%3D2026-01-26T12:32:29%2B01:00",
            "Updated is invalid",
        ),
    ] {
        let path = format!("/issues.json?{query}");
        let answer = redmine(&sandbox, "GET", &path, Value::Null).await;
        assert_eq!(
            (answer.status, answer.json()),
            (422, json!({ "errors": [error] })),
            "{query}"
        );
    }
}

#[tokio::test]
async fn a_refused_file_takes_the_whole_update_back() {
    let sandbox = empty().await;
    let id = sandbox.add_ticket(Vendor::Redmine, TicketSeed::new("Files"));
    let headers = [
        ("x-redmine-api-key", REDMINE_API_KEY),
        ("content-type", "application/octet-stream"),
    ];
    let path = "/redmine/uploads.json?filename=a%2Fb%3Fc.txt";
    let staged = send(&sandbox, "POST", path, &headers, "hello")
        .await
        .unwrap();
    assert!(!sandbox.journal().last().unwrap().is_write);
    let token = staged.json()["upload"]["token"].clone();
    let update = |uploads: Value| json!({ "issue": { "subject": "New", "uploads": uploads } });
    let half = update(json!([{ "token": token }, { "token": "7.bad" }]));
    let answer = redmine(&sandbox, "PUT", "/issues/1.json", half).await;
    let words = json!({ "errors": ["1 file(s) could not be saved."] });
    assert_eq!((answer.status, answer.json()), (422, words));
    assert_eq!(issue(&sandbox, &id).await["subject"], "Files");
    let answer = redmine(
        &sandbox,
        "PUT",
        "/issues/1.json",
        update(json!([{ "token": token }])),
    )
    .await;
    assert_eq!(answer.status, 204);
    let record = sandbox.ticket(Vendor::Redmine, &id).unwrap();
    let [file] = &record.attachments[..] else {
        panic!("one file")
    };
    assert_eq!(
        (file.name.as_str(), &file.bytes[..]),
        ("b_c.txt", &b"hello"[..])
    );
    let printed = issue(&sandbox, &id).await;
    assert_eq!(printed["attachments"][0]["filename"], "b_c.txt");
    let answer = redmine(
        &sandbox,
        "GET",
        "/attachments/download/1/other.txt",
        Value::Null,
    )
    .await;
    assert_eq!((answer.status, answer.text()), (404, ""));
}

#[tokio::test]
async fn a_note_added_without_a_request_is_a_journal() {
    let sandbox = empty().await;
    let id = sandbox.add_ticket(Vendor::Redmine, TicketSeed::new("Notes"));
    for (kind, author) in [
        (MessageKind::Incoming, 5),
        (MessageKind::Outgoing, 1),
        (MessageKind::Note, 1),
    ] {
        sandbox
            .add_message(Vendor::Redmine, &id, kind, "Hello")
            .unwrap();
        let issue = issue(&sandbox, &id).await;
        let journal = issue["journals"].as_array().unwrap().last().unwrap();
        assert_eq!(journal["user"]["id"], author);
        assert_eq!(journal["private_notes"], kind == MessageKind::Note);
    }
}
