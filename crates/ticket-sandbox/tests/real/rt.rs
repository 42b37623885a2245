//! Request Tracker.

use secrecy::ExposeSecret as _;
use serde_json::Value;
use ticket_live::{Rt, or_skip};
use ticket_sandbox::credentials::{
    RT_AGENT_TOKEN, RT_PASSWORD, RT_STRANGER_TOKEN, RT_TOKEN, RT_USER,
};
use ticket_sandbox::{Sandbox, Vendor};

use crate::compare::{Named, comparable, differences, judge};
use crate::http::{Reply, Side};

/// The calls of the recorded exchanges, and more of them.
const RECORDED: &str = include_str!("../rt/exchanges.json");
const MORE: &str = include_str!("rt.json");

const NAMED: &[Named] = &[
    (
        "334 GET /ticket/15/history?fields=OldValue,NewValue&per_page=50/body/items/",
        "the log has a person's address in place of a number, and a time as it is kept in place of as it was sent",
    ),
    (
        "380 PUT /ticket/14/body",
        "the time that was worked on a ticket is not kept",
    ),
];

/// The real server is set up as the one that was recorded, which the sandbox is.
const SET_UP: &str = "
UPDATE Queues SET Name = 'Billing', Lifecycle = 'default' WHERE Name = 'Support';
DELETE FROM ACL WHERE RightName IN ('ModifyTicket', 'SeeCustomField', 'ModifyCustomField');
";

/// A side with what it takes to speak to it, and the latest tag.
struct Caller {
    side: Side,
    root: String,
    agent: String,
    stranger: String,
    basic: String,
    etag: String,
}

impl Caller {
    fn send(&mut self, call: &Value) -> Reply {
        let authorization = match call["user"].as_str().unwrap() {
            "none" => None,
            "password" => Some(self.basic.clone()),
            "root" => Some(format!("token {}", self.root)),
            "agent" => Some(format!("token {}", self.agent)),
            "stranger" => Some(format!("token {}", self.stranger)),
            _ => Some("token nonsense".to_owned()),
        };
        let mut headers = vec![("accept-language".to_owned(), "en".to_owned())];
        headers.extend(authorization.map(|value| ("authorization".to_owned(), value)));
        for (name, value) in call["headers"].as_object().into_iter().flatten() {
            let value = match value.as_str().unwrap() {
                "$etag" => &self.etag,
                value => value,
            };
            headers.push((name.clone(), value.to_owned()));
        }
        let body = match &call["body"] {
            Value::Null => call["text"].as_str().unwrap_or_default().to_owned(),
            body => {
                headers.push(("content-type".to_owned(), "application/json".to_owned()));
                body.to_string()
            }
        };
        let method = call["method"].as_str().unwrap();
        let path = format!("/REST/2.0{}", call["path"].as_str().unwrap());
        let reply = self.side.send(method, &path, &headers, &body);
        if let Some(etag) = reply.headers.get("etag") {
            self.etag.clone_from(etag);
        }
        reply
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn replies_of_the_sandbox_are_those_of_a_real_request_tracker() {
    let Some(live) = or_skip(Rt::start()) else {
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
    let token = |user: &ticket_live::User| user.token.expose_secret().to_owned();
    let mut real = Caller {
        side: Side {
            base_url: live.server.url().to_owned(),
        },
        root: token(&live.root),
        agent: token(&live.agent),
        stranger: token(&live.stranger),
        basic: basic(&live.root.name, live.root.password.expose_secret()),
        etag: String::new(),
    };
    let mut ours = Caller {
        side: Side {
            base_url: sandbox.base_url(Vendor::Rt),
        },
        root: RT_TOKEN.to_owned(),
        agent: RT_AGENT_TOKEN.to_owned(),
        stranger: RT_STRANGER_TOKEN.to_owned(),
        basic: basic(RT_USER, RT_PASSWORD),
        etag: String::new(),
    };
    let mut calls: Vec<Value> = serde_json::from_str(RECORDED).unwrap();
    calls.extend(serde_json::from_str::<Vec<Value>>(MORE).unwrap());
    let mut found = Vec::new();
    for (number, call) in calls.iter().enumerate() {
        let name = format!(
            "{} {} {}",
            number + 1,
            call["method"].as_str().unwrap(),
            call["path"].as_str().unwrap()
        );
        let [real, ours] = [&mut real, &mut ours].map(|caller| {
            let reply = caller.send(call);
            comparable(&caller.side, &reply)
        });
        differences(&name, &real, &ours, &mut found);
    }
    judge("Request Tracker", calls.len(), &found, NAMED);
}
