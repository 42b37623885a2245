//! `job_confirm`: tickets go if a person types their number, and otherwise none does.

use serde_json::{Value, json};
use ticket_mcp::{Deletes, Policy};
use ticket_sandbox::Vendor;

use crate::desk::{Client, Desk, ERAS, Person, id};

pub(crate) fn ask() -> Policy {
    Policy::default().deletes(Deletes::Ask)
}

/// Plans to delete these tickets of Redmine. Returns the answer.
pub(crate) async fn plan(client: &Client, ids: &[String]) -> Value {
    let tickets: Vec<_> = ids.iter().map(|id| format!("redmine:{id}")).collect();
    let arguments = json!({ "change": "delete", "tickets": tickets });
    client.call("plan", arguments).await.ok()
}

/// Waits until a job is over, by the ledger.
pub(crate) async fn over(client: &Client, job: &Value) -> Value {
    loop {
        let told = client.call("job_status", json!({ "job": job })).await.ok();
        if told["state"] == "completed" {
            return told;
        }
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn number_typed_by_a_person_deletes_what_was_planned_and_nothing_else() {
    for era in ERAS {
        for person in [Person::Types(3), Person::TypesText(" 3 ")] {
            let desk = Desk::open().await;
            let kept = desk.ids(Vendor::Redmine);
            desk.sandbox.add_tickets(Vendor::Redmine, 3);
            let before = desk.all();
            let planned = &desk.ids(Vendor::Redmine)[kept.len()..];
            let client = desk.client(ask(), era, person).await;
            let job = plan(&client, planned).await["job"].clone();
            assert_eq!(desk.all(), before, "a plan changes nothing");
            client.call("job_confirm", json!({ "job": job })).await.ok();
            let told = over(&client, &job).await;
            assert_eq!(told["counts"], json!({ "done": 3 }), "{era:?}");
            assert_eq!(desk.ids(Vendor::Redmine), kept);
            let question = client.questions()[0]["message"]
                .as_str()
                .unwrap()
                .to_owned();
            assert!(question.starts_with("delete 3 tickets?\n"), "{question}");
            let digest = told["digest"].as_str().unwrap();
            assert!(
                question.contains(digest) && question.contains("127.0.0.1"),
                "{question}"
            );
            let confirmed = desk
                .jobs
                .ledger()
                .job(&id(&job))
                .await
                .unwrap()
                .confirmed
                .unwrap();
            assert!(
                confirmed.by.contains("asked by testclient 1 (MCP)"),
                "{}",
                confirmed.by
            );
            client.leave().await;
        }
    }
}

#[tokio::test]
async fn any_other_answer_deletes_nothing_and_is_the_last_one_for_the_plan() {
    for era in ERAS {
        for (person, words) in [
            (Person::Declines, "declined"),
            (Person::Dismisses, "did not answer"),
            (Person::Types(2), "did not type the number"),
            (Person::Types(0), "did not type the number"),
            (Person::TypesText("yes"), "did not type the number"),
            (Person::TypesText("3 tickets"), "did not type the number"),
            (Person::LeavesEmpty, "did not type the number"),
        ] {
            let desk = Desk::open().await;
            let before = desk.all();
            let ids = desk.ids(Vendor::Redmine);
            let client = desk.client(ask(), era, person).await;
            let job = plan(&client, &ids[..3]).await["job"].clone();
            let confirm = || client.call("job_confirm", json!({ "job": job }));
            let (kind, message) = confirm().await.refusal();
            assert_eq!(kind, "not_allowed");
            assert!(message.contains(words), "{person:?}: {message}");
            assert!(message.contains("tickets job confirm"), "{message}");
            // A person who was asked once is not asked again.
            let (_, message) = confirm().await.refusal();
            assert!(
                message.contains("was asked about this plan before"),
                "{message}"
            );
            assert_eq!(client.questions().len(), 1, "{era:?} {person:?}");
            client.leave().await;
            assert_eq!(
                (desk.all(), desk.writes()),
                (before, 0),
                "{era:?} {person:?}"
            );
            let job = desk.jobs.ledger().job(&id(&job)).await.unwrap();
            assert_eq!(job.state.as_str(), "awaiting_confirmation");
        }
    }
}

#[tokio::test]
async fn client_that_cannot_ask_is_refused_and_told_what_a_person_can_do() {
    for era in ERAS {
        let desk = Desk::open().await;
        let before = desk.all();
        let ids = desk.ids(Vendor::Redmine);
        let client = desk.client(ask(), era, Person::Absent).await;
        let job = plan(&client, &ids[..1]).await["job"].clone();
        let (kind, message) = client
            .call("job_confirm", json!({ "job": job }))
            .await
            .refusal();
        assert_eq!(kind, "not_allowed");
        assert!(
            message.contains("cannot ask a person") && message.contains("in a terminal"),
            "{message}"
        );
        client.leave().await;
        assert_eq!((desk.all(), desk.writes()), (before, 0));
    }
}

#[tokio::test]
async fn confirmed_job_goes_on_after_the_call_and_ends_in_order_with_the_client() {
    let desk = Desk::open().await;
    desk.sandbox.add_tickets(Vendor::Redmine, 30);
    let ids = desk.ids(Vendor::Redmine);
    let client = desk.client(ask(), ERAS[1], Person::Types(20)).await;
    let job = plan(&client, &ids[..20]).await["job"].clone();
    client.call("job_confirm", json!({ "job": job })).await.ok();
    client.leave().await;
    let job = desk.jobs.ledger().job(&id(&job)).await.unwrap();
    assert_eq!(job.workers, 0, "nobody is left behind");
    let gone = u64::try_from(ids.len() - desk.ids(Vendor::Redmine).len()).unwrap();
    assert_eq!(
        job.tickets - job.open,
        gone,
        "each ticket that is gone is recorded"
    );
}
