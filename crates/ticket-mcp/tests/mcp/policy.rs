//! What a policy allows is checked where a tool is called, not only where it is listed.

use std::io::{self, Write};
use std::sync::Arc;

use serde_json::json;
use ticket_mcp::{Deletes, Policy, Server};
use ticket_sandbox::Vendor;
use tickets::ErrorKind;

use crate::confirm::{ask, plan};
use crate::desk::{Desk, ERAS, Era, Person};

#[tokio::test]
async fn tool_that_is_not_listed_is_refused_when_it_is_called() {
    let everything = ask().allow_writes(true);
    for era in ERAS {
        let desk = Desk::open().await;
        let before = desk.all();
        let ids = desk.ids(Vendor::Redmine);
        let ticket = format!("redmine:{}", ids[0]);
        let maker = desk.client(ask(), era, Person::Types(1)).await;
        let job = plan(&maker, &ids[..1]).await["job"].clone();
        let calls = [
            ("plan", json!({ "change": "resolve", "tickets": [ticket] })),
            ("plan", json!({ "change": "delete", "tickets": [ticket] })),
            (
                "ticket_write",
                json!({ "action": "resolve", "ticket": ticket }),
            ),
            ("job_confirm", json!({ "job": job })),
        ];
        for (policy, refused) in [
            (everything.clone().read_only(true), &calls[..]),
            (Policy::default().read_only(true), &calls),
            (Policy::default(), &calls[2..]),
            (Policy::default().deletes(Deletes::Off), &calls[1..]),
        ] {
            let client = desk.client(policy.clone(), era, Person::Types(1)).await;
            for (tool, arguments) in refused {
                let (kind, message) = client.call(tool, arguments.clone()).await.refusal();
                assert_eq!(kind, "not_allowed", "{policy:?} {tool}: {message}");
                assert!(message.contains("a person"), "{message}");
            }
            client.leave().await;
        }
        maker.leave().await;
        assert_eq!((desk.all(), desk.writes()), (before, 0));
        assert_eq!(
            desk.jobs.ledger().jobs().await.unwrap().len(),
            1,
            "nothing was planned"
        );
    }
}

#[tokio::test]
async fn policy_that_names_no_account_is_refused_before_anything_is_served() {
    let desk = Desk::open().await;
    let policy = Policy::default().accounts(["redmine", "nowhere"]);
    let accounts = Arc::clone(&desk.accounts);
    let server = Server::new(accounts, desk.jobs.clone(), policy, io::sink());
    assert_eq!(server.unwrap_err().kind(), ErrorKind::Config);
}

#[tokio::test]
async fn audit_has_a_line_for_each_call_and_no_value_of_an_argument() {
    for era in ERAS {
        let desk = Desk::open().await;
        let ids = desk.ids(Vendor::Redmine);
        let client = desk
            .client(ask().allow_writes(true), era, Person::Declines)
            .await;
        let told = plan(&client, &ids[..2]).await;
        client
            .call("job_confirm", json!({ "job": told["job"] }))
            .await
            .refusal();
        client
            .call("find", json!({ "subject": "s3cret words" }))
            .await
            .ok();
        client.call("s3cret tool", json!({})).await.refusal();
        let write = json!({ "action": "comment", "ticket": format!("redmine:{}", ids[0]), "text": "s3cret words" });
        client.call("ticket_write", write).await.ok();
        client
            .call("ticket_write", json!({ "action": "s3cret" }))
            .await
            .refusal();
        client.leave().await;
        let entries = desk.audit.entries();
        let seen: Vec<_> = entries
            .iter()
            .map(|one| {
                (
                    one["tool"].as_str().unwrap(),
                    one["result"].as_str().unwrap(),
                )
            })
            .collect();
        let mut expected = vec![("plan", "ok")];
        // The question of the later protocol is a call of its own.
        expected.extend((era == Era::Discover).then_some(("job_confirm", "asked")));
        expected.extend([
            ("job_confirm", "not_allowed"),
            ("find", "ok"),
            ("unknown", "invalid_input"),
            ("ticket_write", "ok"),
            ("ticket_write", "invalid_input"),
        ]);
        assert_eq!(seen, expected, "{era:?}");
        assert_eq!(entries[0]["job"], told["job"]);
        assert_eq!(entries[0]["digest"], told["digest"]);
        assert_eq!(entries[0]["tickets"], 2);
        let confirm = entries
            .iter()
            .find(|one| one["answer"] == "declined")
            .unwrap();
        assert_eq!(
            (&confirm["job"], &confirm["client"]),
            (&told["job"], &json!("testclient 1"))
        );
        let text = desk.audit.text();
        assert!(
            !text.contains("s3cret") && !text.contains(&format!("redmine:{}", ids[0])),
            "{text}"
        );
    }
}

/// A disk that is full after some lines.
struct Full(usize);

impl Write for Full {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.0 -= 1;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn server_whose_audit_cannot_be_written_does_nothing_more() {
    let desk = Desk::open().await;
    let before = desk.all();
    let ids = desk.ids(Vendor::Redmine);
    let client = desk
        .client_with(ask(), Era::Discover, Person::Types(1), Full(1))
        .await;
    let job = plan(&client, &ids[..1]).await["job"].clone();
    client.call("accounts", json!({})).await.ok();
    for (tool, arguments) in [
        ("accounts", json!({})),
        ("job_confirm", json!({ "job": job })),
    ] {
        let (kind, message) = client.call(tool, arguments).await.refusal();
        assert_eq!(kind, "not_allowed");
        assert!(message.contains("audit"), "{message}");
    }
    assert_eq!((desk.all(), desk.writes()), (before, 0));
}
