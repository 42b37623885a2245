//! Deletes for good, and deletes to the trash: chosen, planned, refused by name, and held against what the vendors have.

use crate::common::shells::Shells;
use crate::common::{at, deletes, execute, json};
use jiff::{Span, Timestamp};
use ticket_sandbox::{Sandbox, Vendor};

/// A Zendesk with so many tickets, whose ids begin with 1.
async fn zendesk(tickets: usize) -> Sandbox {
    let sandbox = Sandbox::builder().seed_tickets(false).start().await;
    let sandbox = sandbox.unwrap();
    sandbox.add_tickets(Vendor::Zendesk, tickets);
    sandbox
}

/// What becomes of these tickets if somebody tries to restore them.
fn restored(sandbox: &Sandbox, tickets: &[&str]) -> Vec<String> {
    let restore = ["restore", "--yes", "--output", "ndjson"];
    let run = execute(&mut at(sandbox, &[&restore[..], tickets].concat()));
    let outcomes = run.in_order(tickets).outcomes().into_iter();
    outcomes.map(|(_, outcome)| outcome).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_deleted_permanently_is_not_in_the_trash_and_what_is_deleted_is() {
    let sandbox = zendesk(4).await;
    let delete = ["delete", "--yes", "--output", "ndjson"];
    let to_trash = [&delete[..], &["--trash", "zendesk:1", "zendesk:2"]].concat();
    let run = execute(&mut at(&sandbox, &to_trash));
    assert_eq!(run.code, 0, "{run:?}");
    // The first one is in the trash already.
    let tickets = ["zendesk:2", "zendesk:3"];
    let permanent = [&delete[..], &["--permanent"], &tickets].concat();
    let run = execute(&mut at(&sandbox, &permanent)).in_order(&tickets);
    assert_eq!(run.code, 0, "{run:?}");
    let outcomes: Vec<_> = run.outcomes().into_iter().map(|(_, one)| one).collect();
    assert_eq!(outcomes, ["deleted", "deleted"], "{run:?}");
    let missing = [&delete[..], &["--permanent", "zendesk:99"]].concat();
    let run = execute(&mut at(&sandbox, &missing));
    assert_eq!(run.outcomes()[0].1, "not_found", "{run:?}");
    let tickets = ["zendesk:1", "zendesk:2", "zendesk:3"];
    assert_eq!(
        restored(&sandbox, &tickets),
        ["restored", "not_found", "not_found"]
    );
    assert_eq!(sandbox.ticket_ids(Vendor::Zendesk), ["1", "4"]);
    assert!(sandbox.ticket(Vendor::Zendesk, "3").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn plan_says_how_tickets_are_deleted_and_until_when_that_can_be_undone() {
    let sandbox = zendesk(1).await;
    let shells = Shells::new(&sandbox);
    let plan = |options: &[&str]| {
        let plan = ["delete", "--plan", "zendesk:1", "--output", "json"];
        let run = shells.run(&[&plan[..], options].concat());
        assert_eq!(run.code, 0, "{run:?}");
        json(&run.stdout)[0].clone()
    };
    let exported = |row: &serde_json::Value| {
        let run = shells.run(&["job", "export", row["job"].as_str().unwrap()]);
        let head = run.stdout.lines().next().unwrap().to_owned();
        json(&format!("{head}]}}"))
    };
    let trash = plan(&[]);
    let head = exported(&trash);
    assert_eq!(
        (&trash["removal"], &head["change"]),
        (&"trash".into(), &"delete".into())
    );
    let planned_at: Timestamp = head["planned_at"].as_str().unwrap().parse().unwrap();
    let until: Timestamp = trash["restorable_until"].as_str().unwrap().parse().unwrap();
    assert_eq!(until, planned_at + Span::new().hours(30 * 24));
    let permanent = plan(&["--permanent"]);
    let head = exported(&permanent);
    assert_eq!(permanent["removal"], "permanent");
    assert!(permanent["restorable_until"].is_null(), "{permanent}");
    // What is approved is the digest of this.
    assert_eq!(head["change"], "purge");
    assert_eq!(head["accounts"][0]["removal"], "permanent");

    let day = until.strftime("%Y-%m-%d").to_string();
    for (options, said) in [
        (&["--dry-run"][..], format!("until {day}")),
        (&["--plan"], format!("after 30 d, not before {day}")),
        (&["--dry-run", "--permanent"], "for good".to_owned()),
        (&["--plan", "--permanent"], ", for good".to_owned()),
    ] {
        let run = shells.run(&[&["delete", "zendesk:1"], options].concat());
        assert_eq!(run.code, 0, "{run:?}");
        assert!(run.stderr.contains(&said), "{said}: {run:?}");
    }
    let shown = shells.run(&["job", "show", permanent["job"].as_str().unwrap()]);
    assert!(shown.stdout.contains("permanent delete\n"), "{shown:?}");
    assert_eq!(deletes(&sandbox), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn way_to_delete_that_an_account_does_not_have_is_refused_by_name() {
    let sandbox = crate::common::sandbox().await;
    for (option, ticket, said) in [
        ("--permanent", "rt:1", "no way to delete a ticket for good"),
        (
            "--permanent",
            "onecloud:121",
            "no way to delete a ticket for good",
        ),
        (
            "--trash",
            "sweeppea:2531581",
            "Sweeppea deletes tickets permanently",
        ),
        (
            "--trash",
            "onecloud:121",
            "OneCloud does not document a trash",
        ),
    ] {
        let before = sandbox.journal().len();
        let run = execute(&mut at(&sandbox, &["delete", ticket, option, "--yes"]));
        assert_eq!(run.code, 2, "{run:?}");
        assert!(run.stderr.contains(said), "{said}: {run:?}");
        assert_eq!(sandbox.journal().len(), before);
    }
    // Where deletes are permanent, that is one step.
    let run = execute(&mut at(
        &sandbox,
        &["delete", "sweeppea:2531581", "--permanent", "--yes"],
    ));
    assert_eq!(run.code, 0, "{run:?}");
    assert!(!sandbox.exists(Vendor::Sweeppea, "2531581"));
}
