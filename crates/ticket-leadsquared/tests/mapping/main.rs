//! Domain field ↔ wire field ↔ refused: a table per direction, driven through the wire. Each row sets one
//! thing and states all that arrives.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "helpers of tests may panic"
)]

#[path = "../common/mod.rs"]
mod common;

mod read;
mod sent;

use std::collections::BTreeSet;

use serde_json::Value;
use ticket_core::provider::Field;
use ticket_core::{Effect, Error, Operation};
use ticket_leadsquared::info;
use ticket_sandbox::{Exchange, Sandbox};

use common::{form, ticket_dto};

const CREATED: &str = r#"{"Status":"Success","Id":"163"}"#;
const UPDATED: &str = r#"{"Status":"Success","Id":"143"}"#;
const NOTED: &str = r#"{"Message":"Activity Created","RelatedTicketId":"143"}"#;

/// In a table: the field is refused by its name, and nothing is sent.
const REFUSED: &str = "refused";

/// All that was sent, but for what every create or update has in common, which is checked here.
fn sent(seen: &Exchange) -> String {
    let ticket = ticket_dto(seen);
    let files = form(seen);
    let keys: BTreeSet<&str> = ticket
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    let mut expected = BTreeSet::from(["Fields", "RelatedTicketTypeId", "TypeId"]);
    assert_eq!(ticket["TypeId"], "1");
    assert_eq!(ticket["RelatedTicketTypeId"], 1);
    let mut lines = Vec::new();
    if seen.method == "PUT" {
        assert_eq!(
            seen.path,
            "/leadsquared/api/tenants/22824/tickets/143/update"
        );
        assert_eq!(ticket["Id"], "143");
        assert!(files.is_some(), "an update is always a form");
        expected.insert("Id");
    } else {
        assert_eq!(
            (seen.method.as_str(), seen.path.as_str()),
            ("POST", "/leadsquared/api/tenants/22824/tickets")
        );
        if let Some(parts) = &files {
            assert!(parts.len() > 1, "a create is a form where it has files");
        } else {
            assert_eq!(ticket["Id"], Value::Null);
            expected.insert("Id");
        }
    }
    if let Some(lead) = ticket.get("LeadId") {
        lines.push(format!("LeadId={}", lead.as_str().unwrap()));
        expected.insert("LeadId");
    }
    assert_eq!(keys, expected);
    for field in ticket["Fields"].as_array().unwrap() {
        assert_eq!(field.as_object().unwrap().len(), 2, "{field}");
        let text = |key: &str| field[key].as_str().unwrap();
        lines.push(format!("{}={}", text("SchemaName"), text("Value")));
    }
    for file in files.unwrap_or_default().into_iter().skip(1) {
        lines.push(format!(
            "{}={} {} {}",
            file.name,
            file.file_name.unwrap(),
            file.media_type.as_deref().unwrap_or("-"),
            String::from_utf8(file.content).unwrap(),
        ));
    }
    lines.join("; ")
}

/// What became of a call: what was sent, or that it was refused by the name of the field.
fn outcome(sandbox: &Sandbox, before: usize, name: &str, result: Result<(), Error>) -> String {
    let journal = sandbox.journal();
    match (result, &journal[before..]) {
        (Ok(()), [seen]) => sent(seen),
        (Err(error), []) => {
            assert_eq!(error.effect(), Effect::None);
            assert_eq!(error.provider(), Some("leadsquared"));
            let words = error.to_string();
            assert!(words.contains(&format!("`{name}`")), "{words} names {name}");
            REFUSED.to_owned()
        }
        (result, seen) => panic!("{result:?} after {} requests", seen.len()),
    }
}

/// The fields that the table shows to be carried are those declared, and it has every field of the type.
fn agrees_with_declaration(operation: Operation, rows: &[(Field, &str)], all: &[Field]) {
    let of = |rows: &mut dyn Iterator<Item = Field>| rows.collect::<BTreeSet<Field>>();
    let capabilities = info().capabilities;
    let fields = capabilities.fields(operation).unwrap();
    let carried = of(&mut rows
        .iter()
        .filter(|(_, arrives)| *arrives != REFUSED)
        .map(|(field, _)| *field));
    assert_eq!(carried, of(&mut fields.carried().iter().copied()));
    assert_eq!(
        of(&mut rows.iter().map(|(field, _)| *field)),
        of(&mut all.iter().copied())
    );
}
