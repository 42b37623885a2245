//! Redmine.

use secrecy::ExposeSecret as _;
use serde_json::{Value, json};
use ticket_live::{Redmine, or_skip};
use ticket_sandbox::credentials::{
    REDMINE_AGENT_API_KEY, REDMINE_API_KEY, REDMINE_LOGIN, REDMINE_PASSWORD,
};
use ticket_sandbox::{Sandbox, Vendor};

use crate::compare::{Named, comparable, differences, judge};
use crate::http::{Reply, Side};

/// The calls of the recorded exchanges, and more of them.
const RECORDED: &str = include_str!("../redmine/exchanges.json");
const MORE: &str = include_str!("redmine.json");

const NAMED: &[Named] = &[
    (
        "101-html-instead-of-json-without-suffix/body",
        "the page that Redmine shows to people is not played",
    ),
    (
        "112 \"agent\" \"GET\" \"/users/current.json?include=memberships\"/body/user/memberships/0/id",
        "memberships are numbered as they were made",
    ),
    (
        "114 \"manager\" \"GET\" \"/roles/3.json\"/body/role/permissions",
        "only rights that concern tickets are played",
    ),
    (
        "115 \"agent\" \"GET\" \"/roles/5.json\"/body/role/permissions",
        "only rights that concern tickets are played",
    ),
];

/// The real server is set up as the one that was recorded, which the sandbox is.
const SET_UP: &str = "
UPDATE projects SET name = 'Private', identifier = 'private' WHERE name = 'Vault';
UPDATE users SET firstname = 'Ann', lastname = 'Agent' WHERE login = 'agent';
UPDATE member_roles SET role_id = (SELECT id FROM roles WHERE name = 'Reporter')
    WHERE member_id IN (SELECT members.id FROM members JOIN users ON users.id = user_id WHERE login = 'agent');
DELETE FROM enabled_modules WHERE name = 'time_tracking';
";

/// A side with what it takes to speak to it, and the latest token of a file and tag.
struct Caller {
    side: Side,
    manager: String,
    agent: String,
    basic: String,
    token: String,
    etag: String,
}

impl Caller {
    fn send(&mut self, by: &str, call: &Value) -> Reply {
        let mut headers = match by {
            "manager" => vec![("x-redmine-api-key".to_owned(), self.manager.clone())],
            "agent" => vec![("x-redmine-api-key".to_owned(), self.agent.clone())],
            "wrong_key" => vec![("x-redmine-api-key".to_owned(), "nobody's".to_owned())],
            "password" => vec![("authorization".to_owned(), self.basic.clone())],
            _ => Vec::new(),
        };
        for (name, value) in call["headers"].as_object().into_iter().flatten() {
            let value = match value.as_str().unwrap() {
                "$etag" => &self.etag,
                value => value,
            };
            headers.push((name.clone(), value.to_owned()));
        }
        let body = match &call["body"] {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            body => body.to_string().replace("***", &self.token),
        };
        let (method, path) = (call["method"].as_str(), call["path"].as_str());
        let reply = self
            .side
            .send(method.unwrap(), path.unwrap(), &headers, &body);
        if let Some(token) = reply.body()["upload"]["token"].as_str() {
            token.clone_into(&mut self.token);
        }
        if let Some(etag) = reply.headers.get("etag") {
            self.etag.clone_from(etag);
        }
        reply
    }

    fn file(&mut self, project: &str, subject: &str, description: &str) {
        let issue = json!({
            "project_id": project, "tracker_id": 3, "subject": subject, "description": description,
        });
        let call = json!({
            "method": "POST", "path": "/issues.json", "body": { "issue": issue },
            "headers": { "content-type": "application/json" },
        });
        let reply = self.send("manager", &call);
        assert_eq!(reply.status, 201, "{}", reply.text);
    }

    /// What the recording had done between its exchanges.
    fn prepare(&mut self, next: &str) {
        match next.split('-').next().unwrap() {
            "061" => (4..40).for_each(|number| {
                self.file("support", &format!("Spam {number}"), "buy now");
            }),
            "161" => {
                self.file("private", "private", "");
                (0..10).for_each(|number| self.file("support", &format!("drift {number}"), ""));
            }
            "165" => (115..119).for_each(|id| {
                let path = format!("/issues/{id}.json");
                self.send("manager", &json!({ "method": "DELETE", "path": path }));
            }),
            _ => {}
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_of_the_sandbox_are_those_of_a_real_redmine() {
    let Some(live) = or_skip(Redmine::start()) else {
        return;
    };
    live.server.execute(SET_UP).unwrap();
    let builder = Sandbox::builder().seed_tickets(false);
    let sandbox = builder.start().await.unwrap();
    let basic = |name: &str, password: &str| {
        use base64::Engine as _;
        let pair = format!("{name}:{password}");
        let pair = base64::engine::general_purpose::STANDARD.encode(pair);
        format!("Basic {pair}")
    };
    let mut real = Caller {
        side: Side {
            base_url: live.server.url().to_owned(),
        },
        manager: live.admin.token.expose_secret().to_owned(),
        agent: live.agent.token.expose_secret().to_owned(),
        basic: basic(&live.admin.name, live.admin.password.expose_secret()),
        token: String::new(),
        etag: String::new(),
    };
    let mut ours = Caller {
        side: Side {
            base_url: sandbox.base_url(Vendor::Redmine),
        },
        manager: REDMINE_API_KEY.to_owned(),
        agent: REDMINE_AGENT_API_KEY.to_owned(),
        basic: basic(REDMINE_LOGIN, REDMINE_PASSWORD),
        token: String::new(),
        etag: String::new(),
    };
    let mut calls: Vec<Value> = serde_json::from_str(RECORDED).unwrap();
    calls.extend(serde_json::from_str::<Vec<Value>>(MORE).unwrap());
    let mut found = Vec::new();
    for (number, call) in calls.iter().enumerate() {
        let name = match call["name"].as_str() {
            Some(name) => name.to_owned(),
            None => format!(
                "{} {} {} {}",
                number + 1,
                call["by"],
                call["method"],
                call["path"]
            ),
        };
        let name = name.as_str();
        let by = call["by"].as_str().unwrap();
        let [real, ours] = [&mut real, &mut ours].map(|caller| {
            caller.prepare(name);
            let reply = caller.send(by, call);
            comparable(&caller.side, &reply)
        });
        differences(name, &real, &ours, &mut found);
    }
    judge("Redmine", calls.len(), &found, NAMED);
}
