//! Properties of reading replies, each case over a real socket: nothing that the vendor sends is lost, and
//! nothing that anybody sends is too odd.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use ticket_core::{PageRequest, TicketPatch, TicketProvider as _, TicketQuery};
use ticket_sandbox::Sandbox;
use ticket_sweeppea::Sweeppea;

use common::{answer, connected, new_ticket};

fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        ".*".prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 32, 6, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..6).prop_map(Value::from),
            btree_map("[A-Za-z_]{0,12}", inner, 0..6).prop_map(|map| json!(map)),
        ]
    })
}

/// Runs `check` on seeded random inputs, in one runtime.
fn property<T: std::fmt::Debug>(
    cases: u32,
    inputs: impl Strategy<Value = T>,
    check: &impl AsyncFn(&Sandbox, &Sweeppea, T),
) {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let (sandbox, provider) = runtime.block_on(connected());
    let mut runner = TestRunner::new_with_rng(
        Config {
            cases,
            failure_persistence: None,
            rng_seed: proptest::test_runner::RngSeed::Fixed(1),
            ..Config::default()
        },
        proptest::test_runner::TestRng::deterministic_rng(
            proptest::test_runner::RngAlgorithm::ChaCha,
        ),
    );
    runner
        .run(&inputs, |input| {
            runtime.block_on(check(&sandbox, &provider, input));
            Ok(())
        })
        .unwrap();
}

#[test]
fn raw_loses_nothing() {
    let rest = btree_map("x[A-Za-z]{0,8}", any_json(), 0..8);
    property(300, rest, &async |sandbox, provider, rest| {
        let mut ticket = json!(rest);
        ticket["CaseNumber"] = json!("ABC1234");
        let row = ticket.to_string();
        ticket["Notes"] = json!([rest]);
        let text = json!({"Response": true, "Data": ticket, "Telemetry": rest}).to_string();
        answer(sandbox, 200, text.clone());
        assert_eq!(
            provider.get(&"ABC1234".into()).await.unwrap().raw.get(),
            text
        );
        answer(sandbox, 200, text);
        let page = provider
            .messages(&"ABC1234".into(), &PageRequest::first())
            .await
            .unwrap();
        assert_eq!(page.items[0].raw.get(), json!(rest).to_string());
        answer(
            sandbox,
            200,
            format!(r#"{{"Response":true,"Data":{{"Tickets":[{row}]}}}}"#),
        );
        let page = provider.list(&TicketQuery::new()).await.unwrap();
        assert_eq!(page.items[0].raw.get(), row);
    });
}

#[test]
fn no_reply_makes_a_decoder_panic() {
    let body = prop_oneof![
        any_json().prop_map(|json| json.to_string().into_bytes()),
        vec(any::<u8>(), 0..64),
        any_json().prop_map(|json| json!({"Response": true, "Data": json, "Ticket": json}).to_string().into_bytes()),
        any_json().prop_map(|json| json!({"Response": true, "Data": {"CaseNumber": json, "Tickets": [json], "Notes": json}}).to_string().into_bytes()),
        any_json().prop_map(|json| json!({"Response": false, "Message": json, "Code": json}).to_string().into_bytes()),
    ];
    property(300, body, &async |sandbox, provider, body| {
        for operation in 0..7 {
            answer(sandbox, 200, body.clone());
            let result = match operation {
                0 => provider.get(&"1".into()).await.map(drop),
                1 => provider.list(&TicketQuery::new()).await.map(drop),
                2 => provider.create(&new_ticket()).await.map(drop),
                3 => {
                    provider
                        .update(&"1".into(), &TicketPatch::new().subject("x"))
                        .await
                }
                4 => provider.resolve(&"1".into()).await,
                5 => provider.delete(&["1".into()]).await.map(drop),
                _ => provider
                    .messages(&"1".into(), &PageRequest::first())
                    .await
                    .map(drop),
            };
            if let Err(error) = result {
                assert_eq!(error.to_string().lines().count(), 1);
            }
        }
    });
}
