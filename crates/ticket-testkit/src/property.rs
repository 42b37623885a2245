//! Random replies over a real socket: no reply makes a decoder panic, and errors stay readable.
//!
//! Every property uses the same seed in every run.

use std::fmt::Display;

use proptest::prelude::*;
use proptest::test_runner::{RngSeed, TestError, TestRunner};
use ticket_core::{Effect, ErrorKind, Result, TicketProvider};

use crate::call::{Call, CallOutput};
use crate::loopback::Loopback;
use crate::message::Reply;
use crate::vendor_api::Scripted;

/// Regular expressions for the vendor's JSON. Use the vendor's own keys and values, so that unusual values also occur
/// deep inside valid replies.
#[derive(Clone, Copy, Debug)]
pub struct JsonPatterns {
    /// The keys of objects, without quotes.
    pub keys: &'static str,
    /// Values in JSON syntax, such as `"Success"|200`. Other values are added.
    pub values: &'static str,
}

/// Generates JSON as text, including numbers and escapes that no Rust type can hold.
pub fn any_json(patterns: JsonPatterns) -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        patterns.values,
        "null|true|false|-0|1\\.10|1e999|12345678901234567890123|143|\"143\"|\"\\\\ud7ff\"",
        any_text(),
    ];
    leaf.prop_recursive(4, 24, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4)
                .prop_map(|items| format!("[{}]", items.join(" , "))),
            prop::collection::vec((patterns.keys, inner), 0..6).prop_map(|pairs| {
                let pairs = pairs.iter();
                let pairs = pairs.map(|(key, value)| format!("\"{key}\" :{value}"));
                format!("{{\n{}}}", pairs.collect::<Vec<_>>().join(","))
            }),
        ]
    })
}

/// Generates any string in JSON syntax.
pub fn any_text() -> impl Strategy<Value = String> {
    ".*".prop_map(|text: String| serde_json::Value::from(text).to_string())
}

/// Generates pairs of an object that no type models, each with a leading comma, to be appended to another pair.
pub fn any_extras() -> impl Strategy<Value = String> {
    const PATTERNS: JsonPatterns = JsonPatterns {
        keys: "x[a-zA-Z]{0,5}",
        values: "[1-9]|\"x\"",
    };
    let pairs = prop::collection::vec((PATTERNS.keys, any_json(PATTERNS)), 0..4);
    pairs.prop_map(|pairs| {
        let pairs = pairs.iter();
        let pairs = pairs.map(|(key, value)| format!(",\t\"{key}\":{value}"));
        pairs.collect::<Vec<_>>().concat()
    })
}

/// Generates a body: JSON of these patterns, truncated JSON, or any bytes.
pub fn any_body(patterns: JsonPatterns) -> impl Strategy<Value = Vec<u8>> {
    let cut = (any_json(patterns), any::<prop::sample::Index>());
    prop_oneof![
        4 => any_json(patterns).prop_map(String::into_bytes),
        1 => cut.prop_map(|(json, end)| {
            let mut bytes = json.into_bytes();
            bytes.truncate(end.index(bytes.len()));
            bytes
        }),
        1 => prop::collection::vec(any::<u8>(), 0..64),
    ]
}

/// Runs `check` on random inputs, with a scripted server and a provider that is connected to it.
///
/// # Panics
///
/// If `check` fails. The message contains the smallest failing input.
#[expect(clippy::panic, clippy::expect_used, reason = "so a test fails")]
#[expect(
    clippy::needless_pass_by_value,
    reason = "a closure is written in place"
)]
pub fn check<P, S: Strategy>(
    connect: impl FnOnce(&str) -> P,
    inputs: &S,
    check: impl AsyncFn(&Loopback<Scripted>, &P, S::Value) -> std::result::Result<(), TestCaseError>,
) {
    let mut runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = runtime.enable_all().build().expect("a runtime");
    let server = runtime.block_on(Loopback::scripted()).expect("a port");
    let provider = {
        let _inside = runtime.enter();
        connect(&server.base_url())
    };
    let config = ProptestConfig {
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..ProptestConfig::default()
    };
    let result = TestRunner::new(config).run(inputs, |input| {
        runtime.block_on(check(&server, &provider, input))
    });
    match result {
        Ok(()) => {}
        Err(TestError::Fail(why, input)) => panic!("{why}\nfor {input:?}"),
        Err(TestError::Abort(why)) => panic!("{why}"),
    }
}

/// Answers every call with any body and any status, and checks that no decoder panics, that each error is one line
/// and has the right status, and that its effect is unknown if the reply to a write cannot be read.
///
/// `bodies` combines [`any_body`] with bodies that are close to the vendor's format, so that decoders read far into
/// them.
///
/// # Panics
///
/// If a check fails. The message contains the smallest failing reply.
pub fn check_any_reply<P: TicketProvider>(
    bodies: impl Strategy<Value = Vec<u8>>,
    connect: impl FnOnce(&str) -> P,
    calls: &[Call],
) {
    let status = prop::sample::select(vec![200, 200, 200, 201, 400, 404, 429, 500, 503]);
    check(
        connect,
        &(status, bodies),
        async |server, provider, (status, body)| {
            for call in calls {
                server.answer_next(Reply::json_text(status, &body));
                let concluded = call.on(provider).await;
                server.forget_answers();
                // For a single ticket, its own error is compared.
                let concluded = concluded.and_then(|concluded| match concluded {
                    CallOutput::Report(report) => {
                        let mut errors = report.iter().filter_map(|(_, outcome)| outcome.error());
                        errors.next().cloned().map_or(Ok(()), Err)
                    }
                    CallOutput::Json(_) => Ok(()),
                });
                check_result(status, &concluded, call.name())?;
            }
            Ok(())
        },
    );
}

/// The checks of [`check_any_reply`] for calls that are not in the trait.
///
/// # Errors
///
/// Returns what is wrong.
pub fn check_result<T>(
    status: u16,
    concluded: &Result<T>,
    call: impl Display,
) -> std::result::Result<(), TestCaseError> {
    let Err(error) = concluded else {
        prop_assert!(status < 400, "{call}: a success out of {status}");
        return Ok(());
    };
    let words = error.to_string();
    prop_assert!(!words.chars().any(char::is_control), "{call}: {words:?}");
    // An error about a readable success may have no status, but it must not have a wrong one.
    if error.status().is_some() || status >= 300 {
        prop_assert_eq!(error.status(), Some(status), "{}: {}", call, words);
    }
    let is_write = error
        .operation()
        .is_some_and(ticket_core::Operation::is_write);
    // A rejection in another form than the vendor's comes from a server that did nothing.
    let may_have_acted = !(400..500).contains(&status);
    if error.kind() == ErrorKind::BadResponse && is_write && may_have_acted {
        prop_assert_eq!(error.effect(), Effect::Unknown, "{}: {}", call, words);
    }
    Ok(())
}
