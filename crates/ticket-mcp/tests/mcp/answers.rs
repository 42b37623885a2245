//! Answers: small, complete over their cursors, without what people do not see, and without `raw`.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use ticket_mcp::Policy;
use ticket_sandbox::{MessageKind, TicketSeed, Vendor};

use crate::attacks::only_untrusted;
use crate::desk::{Desk, ERAS, Era, Person};

/// A text that takes the most room in JSON, and more in JSON within JSON.
fn wide(characters: usize) -> String {
    "\"\\世😀\t".chars().cycle().take(characters).collect()
}

#[tokio::test]
async fn list_of_hostile_tickets_comes_whole_in_answers_of_bounded_size() {
    for era in ERAS {
        let desk = Desk::open().await;
        for number in 0..120 {
            let seed =
                TicketSeed::new(format!("{number} {}", wide(2_000))).description(wide(5_000));
            desk.sandbox.add_ticket(Vendor::OneCloud, seed);
        }
        let client = desk.client(Policy::default(), era, Person::Absent).await;
        let (mut seen, mut largest) = (BTreeSet::new(), 0);
        let mut arguments = json!({ "accounts": ["onecloud"], "limit": 50 });
        loop {
            let told = client.call("find", arguments).await;
            largest = largest.max(told.bytes);
            let told = told.ok();
            for row in told["tickets"].as_array().unwrap() {
                assert!(
                    seen.insert(row["ticket"].as_str().unwrap().to_owned()),
                    "{row} comes once"
                );
            }
            assert_eq!(told.get("incomplete"), None);
            let Some(next) = told.get("next") else { break };
            arguments = json!({ "cursor": next });
        }
        let all = desk
            .ids(Vendor::OneCloud)
            .into_iter()
            .map(|id| format!("onecloud:{id}"));
        assert_eq!(seen, all.collect());
        println!("largest answer of find: {largest} bytes");
        client.leave().await;
    }
}

#[tokio::test]
async fn long_ticket_comes_whole_part_by_part() {
    for era in ERAS {
        let desk = Desk::open().await;
        let description = wide(20_000);
        let seed = TicketSeed::new("Long").description(&description);
        let ticket = desk.sandbox.add_ticket(Vendor::Redmine, seed);
        for number in 0..12 {
            let text = format!("{number} {}", wide(3_000));
            desk.sandbox
                .add_message(Vendor::Redmine, &ticket, MessageKind::Incoming, text)
                .unwrap();
        }
        let client = desk.client(Policy::default(), era, Person::Absent).await;
        let name = format!("redmine:{ticket}");
        let (mut described, mut bodies, mut largest) = (String::new(), vec![String::new(); 12], 0);
        let mut cursor = Value::Null;
        loop {
            let arguments = json!({ "ticket": name, "conversation": true, "cursor": cursor });
            let told = client.call("ticket_get", arguments).await;
            largest = largest.max(told.bytes);
            let told = told.ok();
            described += told["untrusted"]["description"]
                .as_str()
                .unwrap_or_default();
            for message in told["messages"].as_array().into_iter().flatten() {
                let number = usize::try_from(message["message"].as_u64().unwrap()).unwrap();
                bodies[number - 1] += message["untrusted"]["body"].as_str().unwrap();
            }
            match told.get("next") {
                Some(next) => cursor = next.clone(),
                None => break,
            }
        }
        assert_eq!(described, description);
        for (number, body) in bodies.iter().enumerate() {
            assert_eq!(*body, format!("{number} {}", wide(3_000)));
        }
        println!("largest answer of ticket_get: {largest} bytes");
        client.leave().await;
    }
}

#[tokio::test]
async fn answers_have_no_hidden_characters_and_no_raw() {
    const HIDDEN: [char; 7] = [
        '\u{202e}',
        '\u{2066}',
        '\u{1b}',
        '\u{200b}',
        '\u{e0041}',
        '\u{0}',
        '\u{fe0f}',
    ];
    let hidden: String = HIDDEN.iter().collect();
    let desk = Desk::open().await;
    let seed = TicketSeed::new(format!("Sub{hidden}ject of evil"))
        .description(format!("De{hidden}scription of evil"));
    let ticket = desk.sandbox.add_ticket(Vendor::OneCloud, seed);
    let text = format!("Mes{hidden}sage of evil");
    desk.sandbox
        .add_message(Vendor::OneCloud, &ticket, MessageKind::Incoming, text)
        .unwrap();
    let client = desk
        .client(Policy::default(), Era::Discover, Person::Absent)
        .await;
    let name = format!("onecloud:{ticket}");
    let calls = [
        (
            "find",
            json!({ "accounts": ["onecloud"], "subject": "of evil" }),
            "Subject of evil",
        ),
        (
            "ticket_get",
            json!({ "ticket": name, "conversation": true }),
            "Message of evil",
        ),
        (
            "ticket_get",
            json!({ "ticket": name }),
            "Description of evil",
        ),
        (
            "plan",
            json!({ "change": "delete", "tickets": [name] }),
            "Subject of evil",
        ),
    ];
    for (tool, arguments, text) in calls {
        let told = client.call(tool, arguments).await.ok();
        assert!(only_untrusted(&told, text), "{tool}: {told}");
        let words = told.to_string();
        assert!(!words.contains(HIDDEN), "{tool}: {words}");
        assert!(
            !words.contains("\"raw\"") && !words.contains("\\u001b"),
            "{tool}: {words}"
        );
    }
}

#[tokio::test]
async fn cursor_goes_on_with_its_own_search_and_once() {
    let desk = Desk::open().await;
    desk.sandbox.add_tickets(Vendor::Redmine, 5);
    let client = desk
        .client(Policy::default(), Era::Discover, Person::Absent)
        .await;
    let find = json!({ "accounts": ["redmine"], "subject": "Ticket", "limit": 2 });
    let first = client.call("find", find).await.ok();
    let mut same = json!({ "accounts": ["redmine"], "subject": "Ticket", "cursor": first["next"] });
    let second = client.call("find", same.clone()).await.ok();
    assert_eq!(second["tickets"].as_array().unwrap().len(), 3);
    let (_, used) = client.call("find", same.clone()).await.refusal();
    assert!(used.contains("was used"), "{used}");
    let first = client
        .call("find", json!({ "accounts": ["redmine"], "limit": 1 }))
        .await
        .ok();
    same["cursor"] = first["next"].clone();
    let (_, other) = client.call("find", same).await.refusal();
    assert!(other.contains("leave the criteria out"), "{other}");
}

#[tokio::test]
async fn account_that_cannot_be_searched_is_named() {
    let desk = Desk::open().await;
    let client = desk
        .client(Policy::default(), Era::Discover, Person::Absent)
        .await;
    let told = client.call("find", json!({ "text": "printer" })).await.ok();
    let incomplete = told["incomplete"].to_string();
    assert!(
        incomplete.contains("LeadSquared cannot list tickets"),
        "{incomplete}"
    );
}

#[tokio::test]
async fn accounts_say_what_they_can_do_and_what_the_server_allows() {
    let desk = Desk::open().await;
    let client = desk
        .client(Policy::default(), Era::Discover, Person::Absent)
        .await;
    let told = client.call("accounts", json!({})).await.ok();
    assert_eq!(told["server"]["writes"], false);
    let redmine = told["accounts"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["account"] == "redmine")
        .unwrap();
    assert_eq!(redmine["delete"], "permanent");
    assert!(
        redmine["can"]
            .as_array()
            .unwrap()
            .contains(&json!("delete"))
    );
    let text = told.to_string();
    assert!(!text.contains(ticket_sandbox::credentials::REDMINE_API_KEY));
}
