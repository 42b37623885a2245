//! The tables of the workspace's README and of this crate's guides are those of the code. With `UPDATE_TABLES` set they are written
//! instead of compared: `cargo xtask tables --write`.
#![allow(clippy::unwrap_used, reason = "helpers of tests may panic")]

use std::fmt::Write as _;
use std::path::Path;

use tickets::find::{Find, How, Jq};
use tickets::model::State;
use tickets::provider::{Limit, Removal};
use tickets::{Operation, PROVIDERS, ProviderInfo};

/// One column per provider, one row per thing to know.
fn providers() -> String {
    let infos: Vec<ProviderInfo> = PROVIDERS.iter().map(|known| (known.info)()).collect();
    let row = |name: &str, cell: &dyn Fn(&ProviderInfo) -> String| {
        let cells = infos.iter().map(cell).collect::<Vec<_>>().join(" | ");
        format!("| {name} | {cells} |\n")
    };
    let mut table = row("", &|info| info.title.to_string());
    table.push_str(&"|---".repeat(infos.len() + 1));
    table.push_str("|\n");
    table += &row("crate", &|info| format!("`ticket-{}`", info.id));
    for operation in Operation::ALL {
        table += &row(operation.as_str(), &|info| {
            let is_supported = info.capabilities.supports(*operation);
            if is_supported { "yes" } else { "–" }.to_owned()
        });
    }
    table += &row("tickets per delete", &|info| {
        info.capabilities.max_delete_batch().to_string()
    });
    table += &row("a delete is", &removal);
    table += &row("calls allowed by default", &limits);
    table += &row("verified against", &|info| match &*info.verified_against {
        "" => "sandbox and recorded pages only".to_owned(),
        versions => versions.to_owned(),
    });
    table
}

fn removal(info: &ProviderInfo) -> String {
    let Some(delete) = info.capabilities.support(Operation::Delete) else {
        return "–".to_owned();
    };
    let what = match delete.removal {
        Removal::Permanent => "permanent".to_owned(),
        Removal::Trash { restorable_for } => match restorable_for {
            None => "to the trash".to_owned(),
            Some(time) => format!("to the trash, for {} days", time.as_secs() / 86_400),
        },
        _ => "not documented".to_owned(),
    };
    match delete.takes_along.join(", ").as_str() {
        "" => what,
        along => format!("{what}, with {along}"),
    }
}

fn limits(info: &ProviderInfo) -> String {
    let mut limits: Vec<_> = info
        .limits
        .iter()
        .flat_map(|limit| &limit.windows)
        .map(|quota| format!("{} calls in {} s", quota.calls, quota.window.as_secs()))
        .collect();
    let at_an_endpoint =
        |limit: &Limit| !limit.operations.is_empty() && limit.max_concurrent.is_some();
    if info.limits.iter().any(at_an_endpoint) {
        limits.push("one call at a time per endpoint".to_owned());
    }
    let accepted = info.limits.iter().filter_map(|limit| limit.max_accepted);
    limits.extend(accepted.map(|most| format!("{most} accepted jobs at a time")));
    if limits.is_empty() {
        "none".to_owned()
    } else {
        limits.join("; ")
    }
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

/// One column per provider, one row per criterion.
fn find() -> String {
    let now = jiff::Timestamp::UNIX_EPOCH;
    let rows = [
        (
            "requester: an address",
            Find::new().requester("ann@example.com"),
        ),
        (
            "the same, ignoring plus-tags",
            Find::new()
                .requester("ann@example.com")
                .ignoring_plus_tags(),
        ),
        ("requester: a name", Find::new().requester("Ann")),
        ("requester: an id", Find::new().requester("1")),
        ("domain", Find::new().domain("example.com")),
        ("subject", Find::new().subject("x")),
        ("text", Find::new().text("x")),
        ("state", Find::new().state(State::Open)),
        (
            "created",
            Find::new().created_after(now).created_before(now),
        ),
        (
            "updated",
            Find::new().updated_after(now).updated_before(now),
        ),
        ("tag", Find::new().tag("x")),
        ("custom field", Find::new().custom("x", "x")),
        (
            "condition",
            Find::new().condition(Jq::compile(".").unwrap()),
        ),
    ];
    let infos: Vec<ProviderInfo> = PROVIDERS.iter().map(|known| (known.info)()).collect();
    let titles: Vec<_> = infos.iter().map(|info| info.title.to_string()).collect();
    let mut table = format!("| | {} |\n", titles.join(" | "));
    table.push_str(&"|---".repeat(infos.len() + 1));
    table.push_str("|\n");
    for (name, find) in rows {
        let cell = |info: &ProviderInfo| match find.way(info).map(|way| way.most()) {
            Ok(How::Vendor) => "vendor",
            Ok(How::Rows) => "rows",
            Ok(How::Read) => "a read of each",
            Ok(How::Conversation) => "the conversation of each",
            _ => "–",
        };
        let cells: Vec<_> = infos.iter().map(cell).collect();
        writeln!(table, "| {name} | {} |", cells.join(" | ")).unwrap();
    }
    table
}

#[test]
fn tables_of_the_workspaces_readme_are_those_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../README.md");
    if !path.exists() {
        // A published crate comes without the workspace's README.
        let xtask = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../xtask");
        assert!(!xtask.exists());
        return;
    }
    compare(
        &path,
        [("providers", providers()), ("settings", settings())],
    );
}

#[test]
fn table_of_the_guide_to_finding_is_that_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/guide/finding.md");
    compare(&path, [("find", find())]);
}

fn compare<const N: usize>(path: &Path, tables: [(&str, String); N]) {
    let readme = std::fs::read_to_string(path).unwrap();
    let mut right = readme.clone();
    for (name, table) in tables {
        let begin = format!("<!-- generated: {name} -->\n");
        let (before, rest) = right.split_once(&begin).unwrap();
        let (_, after) = rest.split_once("<!-- end generated -->").unwrap();
        right = format!("{before}{begin}{table}<!-- end generated -->{after}");
    }
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write(path, right).unwrap();
    } else {
        assert_eq!(readme, right, "`cargo xtask tables --write` mends this");
    }
}
