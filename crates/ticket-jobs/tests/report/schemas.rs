//! The schemas in `docs/schemas` are those of the types, and real files keep to them.

use boon::{Compiler, Schemas};
use expect_test::{ExpectFile, expect_file};
use schemars::{JsonSchema, schema_for};
use serde_json::Value;
use ticket_jobs::report::{CallRow, Report, TicketRow};

use super::job::{Story, lines, options};
use super::{json_of, report};

/// The schema of a type, which is that of the file. `UPDATE_EXPECT=1` writes the file.
fn schema<T: JsonSchema>(file: &ExpectFile) -> Value {
    let schema = schema_for!(T).to_value();
    file.assert_eq(&(serde_json::to_string_pretty(&schema).unwrap() + "\n"));
    schema
}

/// Why a value does not keep to a schema.
fn faults(schema: &Value, value: &Value) -> Option<String> {
    let mut schemas = Schemas::new();
    let mut compiler = Compiler::new();
    compiler
        .add_resource("schema.json", schema.clone())
        .unwrap();
    let index = compiler.compile("schema.json", &mut schemas).unwrap();
    let faults = schemas.validate(value, index);
    faults.err().map(|error| error.to_string())
}

#[tokio::test]
async fn files_of_a_report_keep_to_their_schemas() {
    let of_report = schema::<Report>(&expect_file!["../../../../docs/schemas/report.json"]);
    let of_outcome = schema::<TicketRow>(&expect_file!["../../../../docs/schemas/outcome.json"]);
    let of_call = schema::<CallRow>(&expect_file!["../../../../docs/schemas/call.json"]);
    for (story, options) in [
        (Story::ended().await, options()),
        (Story::erased().await, options()),
        (Story::planned().await, options().partial(true)),
    ] {
        let files = report(&story, &options).await;
        let mut report = json_of(&files);
        assert_eq!(faults(&of_report, &report), None);
        for row in lines(&files["outcomes.ndjson"]) {
            assert_eq!(faults(&of_outcome, &row), None);
        }
        for row in lines(&files["calls.ndjson"]) {
            assert_eq!(faults(&of_call, &row), None);
        }
        report["outcomes"]["deleted"] = "many".into();
        assert!(faults(&of_report, &report).is_some());
    }
}
