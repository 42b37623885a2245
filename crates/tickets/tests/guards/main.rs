//! What must hold for any input, on inputs of a fixed seed: see `bodies`.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "bodies panic where a promise is broken"
)]

mod bodies;

use std::cell::Cell;
use std::sync::Once;

use bodies::{accounts, config_file, documented, replies, requests, sandbox, texts};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, RngSeed, TestRunner};

/// Runs a body on so many inputs, the same ones each time.
fn run<S: Strategy>(cases: u32, inputs: &S, body: impl Fn(&S::Value)) {
    let config = Config {
        cases,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(1),
        ..Config::default()
    };
    let test = |input| {
        body(&input);
        Ok(())
    };
    if let Err(why) = TestRunner::new(config).run(inputs, test) {
        panic!("{why}");
    }
}

/// Whatever a person or a vendor may write: a word that means something somewhere, or any text.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        2 => select(vec![
            "", " ", "1", "160", "A1", "0160", "+160", "-1", "18446744073709551616", ".", "..", "../x", "a/b",
            "..%2f", "%2e%2e", "%252e%252e", "%00", "..;x", "1?x=2", "1#f", "a\\..\\b", "x\r\ny: z", "\u{2028}",
            "\u{feff}1", "25/5", "1/1e30", "1/5e-324", "4294967296/1", "open:2:20", "closed:0:0",
            "closed:18446744073709551615:18446744073709551615", "onecloud:121", "desk::b", "High", "2.5", "120",
            "Thu, 01 Jan 1970 00:00:00 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
            "2026-01-26T12:32:29Z", "0000-00-00 00:00:00", "9999-12-31 23:59:59", "text/html", "application/json",
            "multipart/form-data; boundary=X", "127.0.0.1", "http://127.0.0.1:1/x", "[::1]:80/?q#f", "x@y",
            "expired token", "quota", "closed ticket", "Invalid API Token", "@@", "TS7", "1", "0",
        ]).prop_map(str::to_owned),
        2 => "[0-9]{1,20}",
        2 => "[a-zA-Z0-9:./%@ -]{0,16}",
        3 => ".*",
    ]
}

/// JSON as text, with numbers and escapes that no type holds.
fn json() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        select(vec![
            "null",
            "true",
            "false",
            "0",
            "-0",
            "1",
            "160",
            "401",
            "200",
            "1.10",
            "1e999",
            "-9223372036854775809",
            "12345678901234567890123",
            "\"\\ud800\"",
            "\"160\"",
            "\"Success\"",
            "\"\"",
            "[]",
            "{}",
        ])
        .prop_map(str::to_owned),
        text().prop_map(|text| serde_json::Value::from(text).to_string()),
    ];
    leaf.prop_recursive(3, 12, 3, |inner| {
        let key = "Id|Data|data|Status|Message|token|[a-zA-Z_]{0,8}|@@";
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|items| format!("[{}]", items.join(","))),
            vec((key, inner), 0..3).prop_map(|pairs| {
                let pairs: Vec<_> = pairs
                    .iter()
                    .map(|(key, value)| format!("\"{key}\":{value}"))
                    .collect();
                format!("{{ {}}}", pairs.join(" ,"))
            }),
        ]
    })
}

/// A template with its holes filled in turn.
fn filled(template: &str, values: &[String]) -> String {
    let mut parts = template.split('%');
    let mut body = parts.next().unwrap_or_default().to_owned();
    for (part, value) in parts.zip(values.iter().cycle()) {
        body.push_str(value);
        body.push_str(part);
    }
    body
}

fn reply() -> impl Strategy<Value = replies::Case> {
    let documented = (select(documented::TEMPLATES), vec(json(), 4)).prop_map(
        |((provider, operation, status, template), values)| {
            (
                provider,
                operation,
                status,
                filled(template, &values).into_bytes(),
            )
        },
    );
    let body = prop_oneof![
        json().prop_map(String::into_bytes),
        text().prop_map(String::into_bytes),
        vec(any::<u8>(), 0..64),
        (0..320_usize, text())
            .prop_map(|(before, text)| { format!("{}@@{text}", "x".repeat(before)).into_bytes() }),
    ];
    let other = (any::<u8>(), any::<u8>(), select(replies::STATUSES), body);
    let headers = (text(), text(), prop_oneof![Just(String::new()), text()]);
    let cut = prop_oneof![4 => Just(None), 1 => any::<prop::sample::Index>().prop_map(Some)];
    (
        prop_oneof![2 => documented, 1 => other],
        any::<u8>(),
        headers,
        cut,
    )
        .prop_map(
            |((provider, operation, status, mut body), variant, headers, cut)| {
                if let Some(cut) = cut {
                    body.truncate(cut.index(body.len() + 1));
                }
                replies::Case {
                    choice: [provider, operation, variant],
                    status,
                    retry_after: headers.0,
                    date: headers.1,
                    content_type: headers.2,
                    body,
                }
            },
        )
}

#[test]
fn any_reply_is_read_to_the_byte_or_is_an_honest_error() {
    run(1_500, &reply(), replies::check);
}

#[test]
fn any_id_cursor_or_text_reaches_the_meant_address_or_nothing_is_sent() {
    let call = (any::<[u8; 2]>(), text(), text());
    let call = call.prop_map(|(choice, id, text)| requests::Case { choice, id, text });
    run(1_500, &call, requests::check);
}

#[test]
fn any_text_of_a_person_is_read_or_refused_in_one_line() {
    run(3_000, &text(), |text| texts::check(text));
}

#[test]
fn any_account_file_is_connected_or_refused_and_shows_no_value() {
    let value = prop_oneof![
        text().prop_map(|text| serde_json::Value::from(text).to_string()),
        "-?[0-9]{1,20}|[0-9]e[0-9]{1,3}|true|false|nan|inf|1979-05-27|\\[\"1/1\"\\]|\\[\\]|\\{\\}",
        "secret-[a-z]{12}".prop_map(|text| format!("\"{text}\"")),
    ];
    let name = "provider|timeout_s|max_attempts|rate|token|token_env|base_url|api_key|api_key_env|org_id|access_key|\
        secret_key|delete_batch|time_zone|[a-z_]{1,6}";
    let line = (name, value).prop_map(|(name, value)| format!("{name} = {value}\n"));
    let provider = select(vec!["onecloud", "sweeppea", "leadsquared", "acme", ""]);
    let file = (provider, vec(line, 0..5))
        .prop_map(|(provider, lines)| format!("provider = \"{provider}\"\n{}", lines.concat()));
    run(1_500, &file, |file| accounts::check(file));
}

/// A line of a configuration file, right or wrong.
fn line() -> impl Strategy<Value = String> {
    let name = "provider|timeout_s|max_attempts|rate|quota_key|concurrency|page_size|token|token_env|[a-z_.]{1,6}|\\[accounts.[a-z]{0,3}\\]|@@";
    let value = prop_oneof![
        "@@|[0-9]{1,20}|-?[0-9.]{1,6}(e[0-9]{1,3})?|nan|-inf|true|1979-05-27|\\[@@\\]|\\{ ?a = @@ ?\\}|0x1f|1_0",
        "\"(25/5|1/0|x|sweeppea|)\"|\\[(\"1/1\", ?)*1?\\]",
        ".*",
    ];
    prop_oneof![
        1 => "\\[accounts\\.[a-c]\\]\nprovider = \"sweeppea\"".prop_map(String::from),
        1 => "\\[?\\[?[a-z.\"@]{0,12}\\]?".prop_map(String::from),
        4 => (name, value).prop_map(|(name, value)| format!("{name} = {value}")),
    ]
}

#[test]
fn any_configuration_file_is_read_or_refused_by_a_message_without_values() {
    let file = (vec(line(), 0..5), any::<bool>()).prop_map(|(lines, begun)| {
        let begin = if begun {
            "[accounts.x]\nprovider = \"x\"\n"
        } else {
            ""
        };
        format!("{begin}{}", lines.join("\n"))
    });
    run(1_000, &file, |file| config_file::check(file));
}

thread_local! {
    static PANICS: Cell<u32> = const { Cell::new(0) };
}

/// Counts each thread's panics: one of a connection's task reaches nobody.
fn watch_panics() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let usual = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            PANICS.set(PANICS.get() + 1);
            usual(panic);
        }));
    });
}

fn sent() -> impl Strategy<Value = sandbox::Case> {
    let bytes = prop_oneof![
        json().prop_map(String::into_bytes),
        vec(any::<u8>(), 0..64),
        (json(), "GET|POST|PUT|[A-Z]{1,8}", text(), "1|[0-9]{1,3}|chunked").prop_map(|(body, method, text, length)| {
            format!("{method} /sweeppea/tickets/{text} HTTP/1.1\r\ncontent-length: {length}\r\n\r\n{body}")
                .into_bytes()
        }),
    ];
    let form = (text(), json()).prop_map(|(name, value)| {
        format!("--X\r\nContent-Disposition: form-data; name=\"ticketDTO\"; x=\"{name}\"\r\n\r\n{value}\r\n--X--\r\n")
            .into_bytes()
    });
    let request = (
        any::<u8>(),
        text(),
        text(),
        prop_oneof![3 => bytes.clone(), 1 => form],
    );
    prop_oneof![
        1 => bytes.clone().prop_map(sandbox::Case::Raw),
        1 => bytes.prop_map(sandbox::Case::Recording),
        1 => (any::<u16>(), text(), vec(any::<u8>(), 0..32)).prop_map(|(status, header, body)| {
            sandbox::Case::Scripted { status, header, body }
        }),
        4 => request.prop_map(|(endpoint, target, content_type, body)| {
            sandbox::Case::Request { endpoint, target, content_type, body }
        }),
    ]
}

#[test]
fn any_bytes_leave_the_sandbox_serving() {
    watch_panics();
    run(800, &sent(), |case| {
        let before = PANICS.get();
        sandbox::check(case);
        assert_eq!(PANICS.get(), before, "a panic in the sandbox");
    });
}

/// The fuzzer's bytes, read as it reads them.
#[test]
fn any_bytes_of_the_fuzzer_are_a_case_of_each_body() {
    run(200, &vec(any::<u8>(), 0..96), |bytes| {
        replies::check(&replies::Case::from_bytes(bytes));
        requests::check(&requests::Case::from_bytes(bytes));
        sandbox::check(&sandbox::Case::from_bytes(bytes));
    });
}
