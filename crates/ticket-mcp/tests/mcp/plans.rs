//! `plan`, `job_status` and `job_report`.

use futures_util::StreamExt as _;
use serde_json::json;
use ticket_jobs::Confirmed;
use ticket_mcp::Policy;
use ticket_sandbox::{TicketSeed, Vendor};
use tickets::CallContext;
use tickets::bulk::BulkOptions;

use crate::confirm::plan;
use crate::desk::{Desk, ERAS, Era, Person, id};

#[tokio::test]
async fn plan_of_found_tickets_is_a_job_that_a_person_can_confirm_and_run() {
    for era in ERAS {
        let desk = Desk::open().await;
        for number in 0..3 {
            let seed = TicketSeed::new(format!("Cheap pills {number}"));
            desk.sandbox.add_ticket(Vendor::Redmine, seed);
        }
        let before = desk.ids(Vendor::Redmine);
        let client = desk.client(Policy::default(), era, Person::Absent).await;
        let find = json!({ "accounts": ["redmine"], "subject": "cheap pills" });
        let told = client
            .call("plan", json!({ "change": "delete", "find": find }))
            .await
            .ok();
        assert_eq!(
            (&told["tickets"], &told["state"]),
            (&json!(3), &json!("awaiting_confirmation"))
        );
        assert_eq!(told["accounts"][0]["delete"], "permanent");
        assert_eq!(told["looked_at"]["found"], 3);
        assert_eq!(told["sample"][0]["untrusted"]["subject"], "Cheap pills 0");
        let next = told["next_step"].as_str().unwrap();
        assert!(
            next.contains(&format!(
                "`tickets job confirm {}`",
                told["job"].as_str().unwrap()
            )),
            "{next}"
        );
        assert_eq!(
            (desk.ids(Vendor::Redmine), desk.writes()),
            (before.clone(), 0)
        );

        // A person, elsewhere.
        let job = id(&told["job"]);
        let confirmed = Confirmed::new(desk.jobs.ledger().now(), "ann@desk");
        desk.jobs
            .confirm(&job, &*desk.accounts, confirmed)
            .await
            .unwrap();
        let accounts = desk.accounts.clone();
        let run = desk
            .jobs
            .run(&job, accounts, CallContext::new(), &BulkOptions::default());
        run.collect::<Vec<_>>().await;
        assert_eq!(desk.ids(Vendor::Redmine), before[..before.len() - 3]);

        let report = client.call("job_report", json!({ "job": job })).await.ok();
        assert_eq!(
            (&report["counts"], &report["outcomes"]),
            (&json!({ "done": 3 }), &json!([]))
        );
        let all = client
            .call("job_report", json!({ "job": job, "all": true }))
            .await
            .ok();
        assert_eq!(all["outcomes"].as_array().unwrap().len(), 3);
        assert_eq!(all["outcomes"][0]["outcome"], "done");
        client.leave().await;
    }
}

#[tokio::test]
async fn plan_of_more_tickets_than_allowed_leaves_no_job() {
    let desk = Desk::open().await;
    desk.sandbox.add_tickets(Vendor::Redmine, 12);
    let ids = desk.ids(Vendor::Redmine);
    let client = desk
        .client(
            Policy::default().max_per_plan(10),
            Era::Discover,
            Person::Absent,
        )
        .await;
    let tickets: Vec<_> = ids[..11].iter().map(|id| format!("redmine:{id}")).collect();
    for arguments in [
        json!({ "change": "delete", "tickets": tickets }),
        json!({ "change": "resolve", "find": { "accounts": ["redmine"], "subject": "Ticket" } }),
    ] {
        let (kind, message) = client.call("plan", arguments).await.refusal();
        assert_eq!(kind, "not_allowed");
        assert!(message.contains("at most 10 tickets"), "{message}");
    }
    assert!(desk.jobs.ledger().jobs().await.unwrap().is_empty());
    plan(&client, &ids[..10]).await;
    assert_eq!(desk.jobs.ledger().jobs().await.unwrap().len(), 1);
}

#[tokio::test]
async fn ticket_that_the_vendor_does_not_find_is_told_in_the_plan() {
    let desk = Desk::open().await;
    let client = desk
        .client(Policy::default(), Era::Discover, Person::Absent)
        .await;
    let told = plan(&client, &["999999".to_owned()]).await;
    assert_eq!(
        told["looked_at"],
        json!({ "found": 0, "not_found": 1, "failed": 0 })
    );
    assert_eq!(told["sample"][0]["found"], false);
}

#[tokio::test]
async fn change_that_a_vendor_cannot_make_is_not_planned() {
    let desk = Desk::open().await;
    let ids = desk.ids(Vendor::Redmine);
    let client = desk
        .client(Policy::default(), Era::Discover, Person::Absent)
        .await;
    let arguments = json!({ "change": "restore", "tickets": [format!("redmine:{}", ids[0])] });
    let (kind, _) = client.call("plan", arguments).await.refusal();
    assert_eq!(kind, "unsupported");
    assert!(desk.jobs.ledger().jobs().await.unwrap().is_empty());
}

#[tokio::test]
async fn words_of_a_vendor_in_a_report_are_untrusted() {
    let desk = Desk::open().await;
    let client = desk
        .client(Policy::default(), Era::Discover, Person::Absent)
        .await;
    let told = plan(&client, &["999999".to_owned()]).await;
    let job = id(&told["job"]);
    let confirmed = Confirmed::new(desk.jobs.ledger().now(), "ann@desk");
    desk.jobs
        .confirm(&job, &*desk.accounts, confirmed)
        .await
        .unwrap();
    let accounts = desk.accounts.clone();
    let run = desk
        .jobs
        .run(&job, accounts, CallContext::new(), &BulkOptions::default());
    run.collect::<Vec<_>>().await;
    let report = client.call("job_report", json!({ "job": job })).await.ok();
    let row = &report["outcomes"][0];
    assert_eq!(
        (&row["ticket"], &row["outcome"]),
        (&json!("redmine:999999"), &json!("not_found")),
        "{row}"
    );
    assert_eq!(row["error"]["effect"], "none");
}

#[tokio::test]
async fn plan_is_made_by_the_user_so_that_the_user_cannot_approve_it_as_a_second_person() {
    let desk = Desk::open().await;
    let ids = desk.ids(Vendor::Redmine);
    let client = desk
        .client(Policy::default(), Era::Discover, Person::Absent)
        .await;
    let told = plan(&client, &ids[..1]).await;
    let job = desk.jobs.ledger().job(&id(&told["job"])).await.unwrap();
    assert_eq!(job.created_by, Some(ticket_jobs::user_at_host()));
}
