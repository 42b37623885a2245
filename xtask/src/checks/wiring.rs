//! Every provider is wired everywhere a user or a contributor would look for it.
//!
//! A provider that compiles but cannot be reached through the facade, is not played by the sandbox
//! or stands in no table is lost without a word; here it is told what is missing.

use super::Problem;
use super::rust_text::{self, Kept};
use crate::workspace::{Crate, Place, Workspace};

/// The files that all provider crates have, so that whoever knows one knows all.
const FILES: &[&str] = &[
    "src/lib.rs",
    "src/config.rs",
    "src/client.rs",
    "src/wire.rs",
    "src/provider.rs",
    "src/error.rs",
    "src/info.rs",
    "src/mapping.rs",
    "README.md",
    "tests/contract.rs",
];

/// What a file of tests has to say, or it tests nothing; one of each is enough.
const TESTS: &[(&str, &[&str])] = &[
    ("tests/contract.rs", &["#[test]", "#[tokio::test]"]),
    ("tests/conformance.rs", &["ticket_conformance::tests!"]),
];
/// The features of the facade and of every provider that choose the TLS library.
const TLS: &[&str] = &["rustls", "native-tls"];

/// Tells what is missing for each provider.
pub(super) fn check(ws: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    for provider in ws.providers() {
        problems.extend(files(ws, provider));
        problems.extend(facade_manifest(ws, provider));
        problems.extend(facade_source(ws, provider));
        problems.extend(sandbox(ws, provider));
        problems.extend(documents(ws, provider));
    }
    problems
}

fn files(ws: &Workspace, provider: &Crate) -> Vec<Problem> {
    let mut wanted = FILES.to_vec();
    // The suite binds from the day it exists.
    if ws.at(Place::Conformance).is_some() {
        wanted.push("tests/conformance.rs");
    }
    let mut problems: Vec<Problem> = wanted
        .into_iter()
        .map(|file| provider.path(file))
        .filter(|path| !ws.files.contains_key(path))
        .map(|path| {
            Problem::new(
                path,
                "is missing",
                "every provider crate has this file; see another one's",
            )
        })
        .collect();
    for (file, calls) in TESTS {
        let path = provider.path(file);
        let Some(text) = ws.files.get(&path) else {
            continue;
        };
        let code = rust_text::keep(text, Kept::Code);
        if !calls.iter().any(|call| code.contains(call)) {
            problems.push(Problem::new(
                path,
                "tests nothing",
                format!(
                    "write `{}` there; see another provider's",
                    calls.join("` or `")
                ),
            ));
        }
    }
    let folder = provider.path("tests/contract");
    if ws.files_below(&folder, "json").next().is_none() {
        problems.push(Problem::new(
            folder,
            "holds no exchange",
            "write the vendor's exact requests and replies as .json files",
        ));
    }
    problems
}

fn facade_manifest(ws: &Workspace, provider: &Crate) -> Vec<Problem> {
    let Some(facade) = ws.at(Place::Facade) else {
        return vec![Problem::new(
            "crates/tickets",
            "is missing",
            "the facade is the crate `tickets`",
        )];
    };
    let (name, feature) = (&provider.name, provider.feature());
    let mut problems = Vec::new();
    let mut report = |what: String, mend: String| {
        problems.push(Problem::new(facade.manifest_path(), what, mend));
    };
    if !facade
        .dependencies
        .iter()
        .any(|found| found.name == *name && found.optional && !found.dev)
    {
        report(
            format!("has no optional dependency `{name}`"),
            format!(
                "write `{name} = {{ workspace = true, optional = true }}` under [dependencies]"
            ),
        );
    }
    let switches_on = |feature: &str, what: &str| {
        facade
            .features
            .get(feature)
            .is_some_and(|list| list.iter().any(|entry| entry == what))
    };
    let mut wanted = vec![
        (feature, format!("dep:{name}")),
        ("all", feature.to_owned()),
    ];
    wanted.extend(TLS.iter().map(|tls| (*tls, format!("{name}?/{tls}"))));
    for (feature, entry) in wanted {
        if !switches_on(feature, &entry) {
            report(
                format!("the feature `{feature}` lacks `{entry}`"),
                format!("add \"{entry}\" to `{feature}` under [features]"),
            );
        }
    }
    problems
}

fn facade_source(ws: &Workspace, provider: &Crate) -> Vec<Problem> {
    let Some(facade) = ws.at(Place::Facade) else {
        return Vec::new();
    };
    let (feature, ident) = (provider.feature(), provider.ident());
    let sources: Vec<(&str, String)> = ws
        .rust_files(&facade.path("src"))
        .map(|(path, text)| (path, rust_text::keep(text, Kept::CodeAndLiterals)))
        .collect();
    let mut problems = Vec::new();

    let table = sources
        .iter()
        .find_map(|(path, text)| Some((*path, providers_table(text)?)));
    let gate = format!("feature = \"{feature}\"");
    let has_row = table.is_some_and(|(_, table)| table.contains(&gate));
    let is_used = sources
        .iter()
        .any(|(_, text)| text.contains(&format!("{ident}::")));
    if !has_row || !is_used {
        problems.push(Problem::new(
            table.map_or_else(|| facade.path("src"), |(path, _)| path.to_owned()),
            format!("PROVIDERS has no row for `{}`", provider.name),
            format!("add one under `#[cfg({gate})]` that is built from `{ident}::`"),
        ));
    }

    let is_exported = sources.iter().any(|(_, text)| {
        let export = format!("pub use {ident}");
        text.match_indices(&export)
            .any(|(at, found)| ends_a_word(text, at + found.len()))
    });
    if !is_exported {
        problems.push(Problem::new(
            facade.path("src/lib.rs"),
            format!("does not re-export `{}`", provider.name),
            format!(
                "write `#[cfg({gate})]` and `pub use {ident} as {};`",
                feature.replace('-', "_")
            ),
        ));
    }
    problems
}

/// The text of the facade's table, from its name to the end of its value.
fn providers_table(text: &str) -> Option<&str> {
    let (_, table) = text.split_once("PROVIDERS:")?;
    table.split_once("];").map(|(table, _)| table)
}

fn ends_a_word(text: &str, at: usize) -> bool {
    text.get(at..)
        .and_then(|rest| rest.chars().next())
        .is_none_or(|c| !c.is_alphanumeric() && c != '_')
}

fn sandbox(ws: &Workspace, provider: &Crate) -> Option<Problem> {
    let Some(sandbox) = ws.at(Place::Sandbox) else {
        return Some(Problem::new(
            "crates/ticket-sandbox",
            "is missing",
            "the sandbox plays every vendor",
        ));
    };
    let module = provider.feature().replace('-', "_");
    let endings = [format!("/{module}.rs"), format!("/{module}/mod.rs")];
    let source = sandbox.path("src");
    let is_there = ws
        .rust_files(&source)
        .any(|(path, _)| endings.iter().any(|end| path.ends_with(end)));
    let is_declared = ws.rust_files(&source).any(|(_, text)| {
        let code = rust_text::keep(text, Kept::Code);
        let words: Vec<&str> = rust_text::words(&code).collect();
        words
            .windows(2)
            .any(|pair| pair == ["mod", module.as_str()])
    });
    (!is_there || !is_declared).then(|| {
        Problem::new(
            source,
            format!("has no module `{module}` for `{}`", provider.name),
            format!(
                "write {module}.rs, which plays the vendor, and declare it with `mod {module};`"
            ),
        )
    })
}

fn documents(ws: &Workspace, provider: &Crate) -> Vec<Problem> {
    let name = &provider.name;
    let names_it = |line: &str| {
        line.split(|c: char| !c.is_alphanumeric() && c != '-')
            .any(|word| word == name)
    };
    let any_line = |file: &str, in_table: bool| {
        ws.files.get(file).is_some_and(|text| {
            text.lines()
                .any(|line| names_it(line) && (!in_table || line.trim_start().starts_with('|')))
        })
    };
    let mut problems = Vec::new();
    if !any_line("README.md", true) {
        problems.push(Problem::new(
            "README.md",
            format!("the table of providers has no row for `{name}`"),
            format!("add a row with `{name}`"),
        ));
    }
    if !any_line("CHANGELOG.md", false) {
        problems.push(Problem::new(
            "CHANGELOG.md",
            format!("does not mention `{name}`"),
            format!("add the line `**added:** {name}` with what it can do"),
        ));
    }
    problems
}

#[cfg(test)]
mod tests;
