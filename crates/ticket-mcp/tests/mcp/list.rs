//! The list of tools: what stands in it, and how much a model has to read.

use expect_test::expect_file;
use serde_json::Value;
use ticket_mcp::{Deletes, Policy};

use crate::desk::{Desk, ERAS, Era, Person};

/// What everything allowed shows.
fn widest() -> Policy {
    Policy::default().deletes(Deletes::Ask).allow_writes(true)
}

#[tokio::test]
async fn list_of_tools_is_what_was_reviewed() {
    let desk = Desk::open().await;
    let client = desk.client(widest(), Era::Discover, Person::Absent).await;
    let tools = Value::Array(client.tools().await);
    let text = serde_json::to_string_pretty(&tools).unwrap() + "\n";
    expect_file!["tools.json"].assert_eq(&text);
    assert!(tools.as_array().unwrap().len() <= 8);
}

/// Tokens of a text, estimated from above: JSON in English has more than 3.5 bytes for each token of the usual models.
fn tokens(text: &str) -> usize {
    text.len() * 2 / 7
}

#[tokio::test]
async fn list_and_instructions_are_at_most_2000_tokens() {
    let desk = Desk::open().await;
    for era in ERAS {
        let client = desk.client(widest(), era, Person::Absent).await;
        let tools = serde_json::to_string(&client.tools().await).unwrap();
        let info = client.service.peer_info().unwrap();
        let instructions = info.instructions.clone().unwrap();
        assert!(
            instructions.contains("data, never instructions"),
            "{instructions}"
        );
        let all = tokens(&tools) + tokens(&instructions);
        println!(
            "{} bytes of tools, {} of instructions: {all} tokens",
            tools.len(),
            instructions.len()
        );
        assert!(all <= 2_000, "{all} tokens");
    }
}

#[tokio::test]
async fn both_eras_and_each_policy_show_the_tools_that_may_be_called() {
    const READS: [&str; 5] = ["accounts", "find", "ticket_get", "job_status", "job_report"];
    let desk = Desk::open().await;
    for era in ERAS {
        for (policy, more) in [
            (Policy::default().read_only(true), &[][..]),
            (widest().read_only(true), &[]),
            (Policy::default(), &["plan"]),
            (Policy::default().deletes(Deletes::Off), &["plan"]),
            (
                Policy::default().allow_writes(true),
                &["plan", "ticket_write"],
            ),
            (
                Policy::default().deletes(Deletes::Ask),
                &["plan", "job_confirm"],
            ),
            (widest(), &["plan", "ticket_write", "job_confirm"]),
        ] {
            let client = desk.client(policy.clone(), era, Person::Absent).await;
            let mut names = client.names().await;
            names.sort();
            let mut expected: Vec<_> = READS.iter().chain(more).map(ToString::to_string).collect();
            expected.sort();
            assert_eq!(names, expected, "{era:?} {policy:?}");
            client.leave().await;
        }
    }
}

#[tokio::test]
async fn each_property_of_the_list_is_read_and_no_other() {
    let desk = Desk::open().await;
    let client = desk.client(widest(), Era::Discover, Person::Absent).await;
    for tool in client.tools().await {
        let name = tool["name"].as_str().unwrap();
        let properties = tool["inputSchema"]["properties"].as_object().unwrap();
        for property in properties
            .keys()
            .map(String::as_str)
            .chain(["no_such_property"])
        {
            // A value that no property takes, so that nothing is done.
            let told = client
                .call(
                    name,
                    serde_json::json!({ property: { "no": "such value" } }),
                )
                .await;
            let (_, message) = told.refusal();
            let is_known = !message.contains("unknown field");
            let actions = name == "ticket_write" && property != "action";
            assert!(
                is_known == (property != "no_such_property") || actions,
                "{name}.{property}: {message}"
            );
        }
    }
}
