//! Conditions in jq's language.

use serde_json::json;
use ticket_sandbox::{TicketSeed, Vendor};
use tickets::find::{Find, Jq};
use tickets::model::{Person, RawJson, RawValue};
use tickets::{ErrorKind, Ticket};

use crate::{account, sandbox, search};

fn ticket(subject: &str) -> Ticket {
    let raw = RawValue::from_string(json!({ "Queue": "General" }).to_string()).unwrap();
    let mut ticket = Ticket::new("121", RawJson::from(raw));
    ticket.subject = Some(subject.to_owned());
    ticket.requester = Some(Person::named("Ann"));
    ticket
}

fn holds(expression: &str) -> bool {
    Jq::compile(expression)
        .unwrap()
        .holds_for(&ticket("A \"subject\""))
        .unwrap()
}

#[test]
fn last_output_decides_and_null_false_and_nothing_are_not_true() {
    for expression in [
        "true",
        "0",
        "\"\"",
        "false, 1",
        ".subject",
        "{}",
        "[]",
        ".raw.Queue == \"General\"",
    ] {
        assert!(holds(expression), "{expression}");
    }
    for expression in [
        "false",
        "null",
        "empty",
        "1, null",
        ".no_such_field",
        "select(.id == \"122\")",
    ] {
        assert!(!holds(expression), "{expression}");
    }
}

#[test]
fn condition_sees_the_ticket_as_it_is_printed() {
    for expression in [
        r#".id == "121" and .subject == "A \"subject\"" and .requester.name == "Ann""#,
        r#".subject | test("SUBJECT"; "i")"#,
        r#"has("tags") and (.tags | length == 0)"#,
        r#"(.created_at // "9999") > "2026""#,
        r#"[.subject | ascii_downcase | split(" ")[]] | any(. == "a")"#,
        r#""2026-11-29T00:00:00Z" | fromdate > 0"#,
    ] {
        assert!(holds(expression), "{expression}");
    }
}

#[test]
fn expression_reaches_nothing_but_the_ticket() {
    for expression in [
        "env",
        "$ENV",
        "env.PATH",
        "input",
        "inputs",
        "debug",
        "stderr",
        "input_filename",
        "halt",
        "halt_error",
        "now",
        "input_line_number",
        "$__prog_args",
        "get_search_list",
        "import \"a\" as a; .",
        "include \"a\"; .",
        "",
    ] {
        let error = Jq::compile(expression).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{expression}");
    }
}

#[test]
fn expression_that_does_not_compile_is_told_with_the_place() {
    for (expression, part) in [
        (".a |", "at the end"),
        ("import \"a\" as a; .", "modules"),
        (".a | no_such_function", "no_such_function"),
        (".subject == \"x", "closing quote"),
        (".a | ]", "]"),
    ] {
        let error = Jq::compile(expression).unwrap_err();
        assert!(error.message().contains(part), "{error}");
    }
}

#[test]
fn failure_names_the_ticket_and_none_of_its_texts() {
    let secret = ticket("what voices wrote");
    for expression in [
        ".subject.x",
        ".subject | error",
        "error(.subject)",
        ".subject | tonumber",
        ".subject[0].x",
    ] {
        let error = Jq::compile(expression)
            .unwrap()
            .holds_for(&secret)
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput);
        assert_eq!(error.ticket().unwrap().as_str(), "121");
        let shown = format!(
            "{error} {error:?} {:?}",
            std::error::Error::source(&error).map(ToString::to_string)
        );
        assert!(!shown.contains("voices"), "{shown}");
    }
    // It may catch its own.
    assert!(
        Jq::compile(".subject.x? // true")
            .unwrap()
            .holds_for(&secret)
            .unwrap()
    );
}

#[test]
fn expression_without_an_end_fails() {
    for expression in [
        "def f: f; f",
        "[repeat(1)]",
        "last(range(infinite))",
        "[range(0; 1; 0)]",
        "repeat(.)",
        "reduce repeat(1) as $x (0; . + $x)",
        "until(false; . + 1)",
    ] {
        let jq = Jq::compile(expression).unwrap();
        let error = jq.outputs("1").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{expression}");
        assert!(
            error.message().contains("too much time or memory"),
            "{expression}: {error}"
        );
        let error = jq.holds_for(&ticket("x")).unwrap_err();
        assert!(error.message().contains("fails"), "{expression}: {error}");
    }
}

#[test]
fn expression_that_calls_itself_does_not_overflow_the_stack() {
    for expression in [
        "def f: 1 + f; f",
        "def f: [f]; f",
        "def f: {a: f}; f",
        "def f: . |= f; f",
        "def f: try error catch f; f",
        "def f: f as $x | $x; f",
    ] {
        let error = Jq::compile(expression).unwrap().outputs("[[1]]");
        let error = error.unwrap_err();
        assert!(error.message().contains("too "), "{expression}: {error}");
    }
    let deep = r#"("[" * 100000 + "]" * 100000) | fromjson"#;
    let error = Jq::compile(deep).unwrap().outputs("1").unwrap_err();
    assert!(error.message().contains("nested too deeply"), "{error}");
    let depth = Jq::compile("reduce range(20000) as $i (0; [.]) | 1").unwrap();
    assert_eq!(depth.outputs("1").unwrap(), ["1"]);
}

#[test]
fn expression_that_makes_too_much_of_little_fails() {
    // An array that holds itself twice, forty times over, and what looks at all of its parts.
    let shared = "reduce range(40) as $i (0; [., .])";
    let shared = |then: &str| format!("{shared} | {then}");
    for expression in [
        r#""a" * 4000000000"#.to_owned(),
        r#"reduce range(60) as $i ("a"; . + .)"#.to_owned(),
        r#"reduce range(60) as $i ("a"; "\(.)\(.)")"#.to_owned(),
        r#""a" * 1000000 | [limit(1000; repeat(.))] | add"#.to_owned(),
        "[range(1000000000)]".to_owned(),
        "reduce range(60) as $i ([1]; . + .)".to_owned(),
        "reduce range(60) as $i ([1]; [.[], .[]])".to_owned(),
        "reduce range(60) as $i (10; . * .)".to_owned(),
        "reduce range(40) as $i (0; {a: ., b: .}) | tojson".to_owned(),
        "reduce range(40) as $i (0; {a: ., b: .}) | . * . | 1".to_owned(),
        r#""a" * 1000000 | test("(.*)(.*)(.*)(.*)(.*)(.*)(.*)(.*)x")"#.to_owned(),
        r#""a" * 1000000 | [match("";"g")] | length"#.to_owned(),
        shared("."),
        shared("tojson"),
        shared("tostring"),
        shared("\"\\(.)\""),
        shared(". == (. | [.[]])"),
        shared("[., .] | sort"),
        shared("unique_by(.)"),
        shared("contains([[1]])"),
        shared("indices([0])"),
        shared("index(1)"),
        shared("{(.): 1}"),
        shared(".a"),
        shared("try .a catch ."),
        shared(". + {}"),
        shared("try (. + 1) catch length"),
        shared("try (-.) catch length"),
        shared("try error catch (. | @text)"),
        shared("error"),
        shared("tobytes"),
        shared("flatten"),
        shared("try implode catch ."),
        shared("bsearch(1)"),
        shared("[1] | has($x)").replace("[1]", ". as $x | [1]"),
    ] {
        let error = Jq::compile(&expression).unwrap().outputs("1").map(drop);
        let error = error.expect_err(&expression);
        assert!(
            error.message().contains("too much"),
            "{expression}: {error}"
        );
    }
    for regex in ["((a{100}){100}){100}", "a{5000}"] {
        let jq = Jq::compile(&format!("\"a\" | test(\"{regex}\")")).unwrap();
        let error = jq.outputs("1").unwrap_err();
        assert!(error.message().contains("is too large"), "{error}");
    }
    let digits = format!("[{}]", "1".repeat(20_000));
    let error = Jq::compile("1").unwrap().outputs(&digits).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[test]
fn filters_that_are_counted_answer_as_in_jq() {
    let input =
        r#"{"a":[3,1,2,1],"t":"one two three","o":{"x":1,"y":{"z":2}},"n":-2.5,"b":"aGk="}"#;
    for (expression, expected) in [
        (
            ".a | sort, unique, min, max, length, add, reverse",
            "[1,1,2,3] [1,2,3] 1 3 4 7 [1,2,1,3]",
        ),
        (
            ".a | index(1), rindex(1), indices([2,1]), indices(1)",
            "1 3 [2] [1,3]",
        ),
        (
            ".a | contains([1]), (. - [1]), .[1:3], .[-1:], first, last",
            "true [3,2] [1,2] [1] 3 1",
        ),
        (
            ".a[1:3] |= [9]",
            r#"{"a":[3,9,1],"t":"one two three","o":{"x":1,"y":{"z":2}},"n":-2.5,"b":"aGk="}"#,
        ),
        (".a | .[] |= . + 1", "[4,2,3,2]"),
        (
            ".a | map(select(. > 1)), group_by(.), (sort_by(-.) | .[0])",
            "[3,2] [[1,1],[2],[3]] 3",
        ),
        (".a | bsearch(9), has(3), has(4)", "-5 true false"),
        (
            ".t | split(\" \"), length, explode[0], ltrimstr(\"one \"), ascii_upcase",
            r#"["one","two","three"] 13 111 "two three" "ONE TWO THREE""#,
        ),
        (
            ".t | test(\"TWO\"; \"i\"), [scan(\"t\\\\w+\")], gsub(\"e\"; \"E\"), sub(\"(?<w>t)\"; .w + .w)",
            r#"true ["two","three"] "onE two thrEE" "one ttwo three""#,
        ),
        (
            ".t | [splits(\" +\")], [match(\"(t)(w)\").captures[].string], capture(\"(?<x>two)\").x",
            r#"["one","two","three"] ["t","w"] "two""#,
        ),
        (
            ".t | indices(\"t\"), contains(\"two\"), startswith(\"one\"), . * 2, . / \" \"",
            r#"[4,8] true true "one two threeone two three" ["one","two","three"]"#,
        ),
        (
            ".o | keys, has(\"x\"), to_entries[0].value, del(.x), (. * {y: {w: 3}}).y, tojson",
            r#"["x","y"] true 1 {"y":{"z":2}} {"z":2,"w":3} "{\"x\":1,\"y\":{\"z\":2}}""#,
        ),
        (
            ".o | [paths | join(\".\")]?, getpath([\"y\",\"z\"]), (.y.z |= . + 1).y.z, with_entries(.key |= ascii_upcase).X",
            r#"["x","y","y.z"] 2 3 1"#,
        ),
        (
            ".n | floor, abs, tostring, (. % 2), -.",
            r#"-3 2.5 "-2.5" -0.5 2.5"#,
        ),
        (
            ".b | @base64d, @json, tobytes == ., (try error(\"x\") catch .)",
            r#""hi" "\"aGk=\"" true "x""#,
        ),
        (
            "try (.a |= error(\"no\")) catch ., (label $out | .a[] |= (., break $out)), (.t | try .x catch .)",
            r#""no" "cannot index \"one two three\" with \"x\"""#,
        ),
        (
            "[limit(2; .a[])], [.a[] as $x | $x * 2], ([.a[] | tostring] | join(\"-\")), \"\\(.n)!\"",
            r#"[3,1] [6,2,4,2] "3-1-2-1" "-2.5!""#,
        ),
    ] {
        let jq = Jq::compile(expression).unwrap_or_else(|error| panic!("{expression}: {error}"));
        let outputs = jq
            .outputs(input)
            .unwrap_or_else(|error| panic!("{expression}: {error}"));
        assert_eq!(outputs.join(" "), expected, "{expression}");
    }
}

#[test]
fn usual_expression_has_steps_enough_for_a_page_of_long_tickets() {
    let text = "A text of a ticket, with words.\n".repeat(300);
    let rows: Vec<_> = (0..100)
        .map(|id| json!({ "id": id, "text": text }))
        .collect();
    let page = json!(rows).to_string();
    for expression in [
        r#"[.[] | .text |= gsub("\\n+"; " ")] | length"#,
        r#"[.[] | select(.text | test("(?i)refund|invoice|words")) | .id] | length"#,
        r#"map(.text | ascii_downcase | split("\n") | map(select(length > 0)) | join(" ")) | unique | length"#,
        "sort_by(.text, .id) | group_by(.text) | map(length)",
        "[.[] | tojson | fromjson] == .",
    ] {
        let outputs = Jq::compile(expression).unwrap().outputs(&page);
        assert!(outputs.is_ok(), "{expression}: {outputs:?}");
    }
}

#[test]
fn outputs_are_json_on_one_line_each_and_a_failure_quotes_its_reason() {
    let outputs = |expression: &str| {
        let jq = Jq::compile(expression).unwrap();
        jq.outputs(r#"{"a":"x\ny","n":12345678901234567890123,"l":[1.10,2]}"#)
    };
    assert_eq!(
        outputs(".a, .n, .l, {a}, empty, null").unwrap(),
        [
            r#""x\ny""#,
            "12345678901234567890123",
            "[1.10,2]",
            r#"{"a":"x\ny"}"#,
            "null"
        ]
    );
    assert_eq!(
        outputs("[range(5)], [range(3; 0; -1)]").unwrap(),
        ["[0,1,2,3,4]", "[3,2,1]"]
    );
    assert_eq!(outputs(r#""[1] 2" | fromjson"#).unwrap(), ["[1]", "2"]);
    let error = outputs(".a.b").unwrap_err();
    assert!(error.message().contains("cannot index"), "{error}");
    let long = outputs(r#"error("x" * 10000)"#).unwrap_err();
    assert!(long.message().len() < 400, "{long}");
}

#[tokio::test]
async fn failure_of_the_condition_on_one_ticket_is_told_and_the_others_are_found() {
    let sandbox = sandbox().await;
    let numbers =
        ["1", "none", "3"].map(|subject| sandbox.add_ticket(Vendor::Rt, TicketSeed::new(subject)));
    let find = Find::new().condition(Jq::compile(".subject | tonumber > 2").unwrap());
    let searched = search(&find, &account(&sandbox, Vendor::Rt)).await;
    assert_eq!(searched.ids(), [&numbers[2]]);
    assert_eq!(searched.errors[0].ticket().unwrap().as_str(), numbers[1]);
    assert_eq!(searched.counts.undecided, 1);
}

#[test]
fn debug_of_what_is_looked_for_shows_no_text() {
    let find = Find::new()
        .requester("what@voices.example")
        .domain("voices.example")
        .subject("voices")
        .text("voices")
        .tag("voices")
        .custom("Order", "voices")
        .condition(Jq::compile(".subject == \"voices\"").unwrap());
    let debug = format!("{find:?}");
    assert!(!debug.contains("voices"), "{debug}");
    assert!(debug.contains("Order"), "{debug}");
}
