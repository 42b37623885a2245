//! Whatever is answered, nothing of it is lost, no decoder panics, and a list is not taken for an object.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "helpers of tests may panic"
)]

mod common;

use proptest::collection::{btree_map, vec};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use secrecy::SecretString;
use serde_json::{Value, json};
use ticket_core::{Effect, Error, ErrorKind, PageRequest, TicketProvider as _, TicketQuery};
use ticket_onecloud::OneCloud;
use ticket_sandbox::Sandbox;

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
    check: &impl AsyncFn(&Sandbox, &OneCloud, T),
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
        let mut body = json!(rest);
        body["Id"] = json!("1");
        body["Subject"] = json!("a subject");
        let text = body.to_string();
        answer(sandbox, 200, text.clone());
        let ticket = provider.get(&"1".into()).await.unwrap();
        assert_eq!(ticket.raw.get(), text);
        answer(sandbox, 200, format!(r#"{{"total":1,"data":[{text}]}}"#));
        let page = provider.list(&TicketQuery::new()).await.unwrap();
        assert_eq!(page.items[0].raw.get(), text);
        answer(
            sandbox,
            200,
            format!(r#"{{"data":[{text},{{"type":"message","data":[{text}]}}]}}"#),
        );
        let page = provider
            .messages(&"1".into(), &PageRequest::first())
            .await
            .unwrap();
        assert_eq!(
            page.items.iter().map(|it| it.raw.get()).collect::<Vec<_>>(),
            [&text, &text]
        );
    });
}

#[test]
fn no_reply_makes_a_decoder_panic() {
    let body = prop_oneof![
        any_json().prop_map(|json| json.to_string().into_bytes()),
        vec(any::<u8>(), 0..64),
        any_json().prop_map(|json| {
            json!({"Id": json, "data": [json], "_meta": {"status": json}, "ticketId": json})
                .to_string()
                .into_bytes()
        }),
        any_json().prop_map(
            |json| json!({"_meta": {"status": "ERROR"}, "records": json})
                .to_string()
                .into_bytes()
        ),
    ];
    property(300, body, &async |sandbox, provider, body| {
        for operation in 0..6 {
            answer(sandbox, 200, body.clone());
            let effect = match operation {
                0 => provider.get(&"1".into()).await.map(drop),
                1 => provider.list(&TicketQuery::new()).await.map(drop),
                2 => provider.create(&new_ticket()).await.map(drop),
                3 => provider.delete(&["1".into()]).await.map(drop),
                4 => provider
                    .messages(&"1".into(), &PageRequest::first())
                    .await
                    .map(drop),
                _ => {
                    let password = SecretString::from("a password");
                    provider.authenticate("x", &password, "1").await.map(drop)
                }
            };
            if let Err(error) = effect {
                assert_eq!(error.to_string().lines().count(), 1);
            }
        }
    });
}

/// serde would take the items for the fields, by their order.
#[tokio::test]
async fn a_list_in_the_place_of_an_object_is_none() {
    let (sandbox, provider) = connected().await;
    let refused = |error: Error| {
        assert_eq!(error.kind(), ErrorKind::BadResponse, "{error}");
        error.effect()
    };
    let row = |fields: usize| format!("[\"121\"{}]", ",null".repeat(fields - 1));
    for body in [format!(r#"{{"data":[{}]}}"#, row(13)), "[1,[]]".to_owned()] {
        answer(&sandbox, 200, body);
        refused(provider.list(&TicketQuery::new()).await.unwrap_err());
    }
    for body in [
        format!(r#"{{"data":[{}]}}"#, row(9)),
        r#"[[{"Id":"1"}]]"#.to_owned(),
        r#"{"data":[[[{"Id":"1"}]]]}"#.to_owned(),
    ] {
        answer(&sandbox, 200, body);
        let page = PageRequest::first();
        refused(provider.messages(&"121".into(), &page).await.unwrap_err());
    }
    // A user of several sites gets a list of them in the place of a token.
    answer(&sandbox, 200, r#"["1691"]"#);
    let password = SecretString::from("a password");
    refused(provider.authenticate("x", &password, "").await.unwrap_err());
    let envelope = r#"[{"status":"ERROR"},{"errorCode":404,"userMessage":"_meta"}]"#;
    answer(&sandbox, 200, envelope);
    let error = provider.delete(&["121".into()]).await.unwrap_err();
    assert_eq!(refused(error), Effect::Unknown);
    answer(&sandbox, 500, envelope);
    let error = provider.delete(&["121".into()]).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Server);
    answer(&sandbox, 404, "[]");
    let error = provider.get(&"121".into()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound);
}
