//! The tables of the workspace's README are those of the code. With `UPDATE_TABLES` set they are written
//! instead of compared: `cargo xtask tables --write`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::fmt::Write as _;
use std::path::Path;

use tickets::provider::Limit;
use tickets::{Operation, PROVIDERS};

fn providers() -> String {
    let mut table = "| Provider | Crate |".to_owned();
    for operation in Operation::ALL {
        write!(table, " {operation} |").unwrap();
    }
    table.push_str(" tickets per delete | documented limits |\n");
    table.push_str(&"|---".repeat(Operation::ALL.len() + 4));
    table.push_str("|\n");
    for descriptor in PROVIDERS {
        let info = (descriptor.info)();
        write!(table, "| {} | `ticket-{}` |", info.title, info.id).unwrap();
        for operation in Operation::ALL {
            let mark = if info.capabilities.supports(*operation) {
                "yes"
            } else {
                "–"
            };
            write!(table, " {mark} |").unwrap();
        }
        let mut limits: Vec<_> = info
            .limits
            .iter()
            .flat_map(|limit| &limit.windows)
            .map(|quota| format!("{} calls in {} s", quota.calls, quota.window.as_secs()))
            .collect();
        let at_an_endpoint = |limit: &Limit| !limit.operations.is_empty();
        if info.limits.iter().any(at_an_endpoint) {
            limits.push("one call at a time per endpoint".to_owned());
        }
        let limits = if limits.is_empty() {
            "none".to_owned()
        } else {
            limits.join("; ")
        };
        writeln!(
            table,
            " {} | {limits} |",
            info.capabilities.max_delete_batch()
        )
        .unwrap();
    }
    table
}

fn settings() -> String {
    let mut table =
        "| Provider | Variable | Setting | | Meaning |\n|---|---|---|---|---|\n".to_owned();
    for descriptor in PROVIDERS {
        for setting in descriptor.settings {
            let secret = if setting.secret { ", secret" } else { "" };
            let need = match setting.default {
                Some(default) => format!("default `{default}`"),
                None if setting.required => format!("required{secret}"),
                None => format!("one way{secret}"),
            };
            let title = (descriptor.info)().title;
            writeln!(
                table,
                "| {title} | `{}` | `{}` | {need} | {} |",
                setting.env, setting.name, setting.help
            )
            .unwrap();
        }
    }
    table
}

#[test]
fn the_tables_of_the_readme_are_those_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    let Ok(readme) = std::fs::read_to_string(&path) else {
        // A published crate comes without the workspace's README.
        assert!(
            !Path::new(env!("CARGO_MANIFEST_DIR"))
                .join("../../xtask")
                .exists()
        );
        return;
    };
    let mut right = readme.clone();
    for (name, table) in [("providers", providers()), ("settings", settings())] {
        let begin = format!("<!-- generated: {name} -->\n");
        let (before, rest) = right.split_once(&begin).unwrap();
        let (_, after) = rest.split_once("<!-- end generated -->").unwrap();
        right = format!("{before}{begin}{table}<!-- end generated -->{after}");
    }
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(&path, right).unwrap();
    } else {
        assert_eq!(readme, right, "`cargo xtask tables --write` mends this");
    }
}
