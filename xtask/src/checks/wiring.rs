//! Every provider is wired everywhere a user or a contributor would look for it.
//!
//! This finds a provider that compiles but is missing in the facade, in the sandbox or in a table.

use super::{code, words};
use crate::workspace::{Crate, Role, Workspace};

/// The files that every provider crate has.
const FILES: &str = "README.md src/lib.rs src/config.rs src/client.rs src/wire.rs src/provider.rs src/error.rs \
                     src/info.rs src/mapping.rs tests/contract.rs tests/conformance.rs";

/// Finds what is missing for each provider.
pub(super) fn check(ws: &Workspace) -> Vec<String> {
    let (Some(facade), Some(sandbox)) = (ws.crate_of(Role::Facade), ws.crate_of(Role::Sandbox))
    else {
        return vec!["crates: `tickets` or `ticket-sandbox` is missing".into()];
    };
    let mut problems = Vec::new();
    for provider in ws.providers() {
        problems.extend(files(ws, provider));
        problems.extend(facade_manifest(facade, provider));
        problems.extend(facade_source(ws, facade, provider));
        problems.extend(sandbox_module(ws, sandbox, provider));
        problems.extend(documents(ws, provider));
    }
    problems
}

fn files(ws: &Workspace, provider: &Crate) -> Vec<String> {
    let paths = FILES.split(' ').map(|file| provider.path(file));
    let missing = paths.filter(|path| !ws.files.contains_key(path));
    let mut problems: Vec<String> = missing
        .map(|path| format!("{path}: is missing; every provider crate has it"))
        .collect();
    let folder = provider.path("tests/contract");
    if ws.files_below(&folder, "json").next().is_none() {
        problems.push(format!(
            "{folder}: holds no exchange; write the vendor's as .json"
        ));
    }
    problems
}

fn facade_manifest(facade: &Crate, provider: &Crate) -> Vec<String> {
    let (manifest, name, feature) = (facade.manifest_path(), &provider.name, provider.feature());
    let mut problems = Vec::new();
    for (feature, entry) in [
        (feature, format!("dep:{name}")),
        ("all", feature.to_owned()),
        ("rustls", format!("{name}?/rustls")),
        ("native-tls", format!("{name}?/native-tls")),
    ] {
        let list = facade.features.get(feature);
        if !list.is_some_and(|list| list.contains(&entry)) {
            problems.push(format!(
                "{manifest}: the feature `{feature}` lacks `{entry}`"
            ));
        }
    }
    problems
}

fn facade_source(ws: &Workspace, facade: &Crate, provider: &Crate) -> Vec<String> {
    let (name, feature) = (&provider.name, provider.feature());
    let (source, ident) = (facade.path("src"), name.replace('-', "_"));
    let sources: Vec<String> = ws.rust_files(&source).map(|(_, text)| code(text)).collect();
    let mut problems = Vec::new();
    let table = sources
        .iter()
        .find_map(|text| text.split_once("PROVIDERS:"));
    let table = table.and_then(|(_, rest)| Some(rest.split_once("];")?.0));
    let gate = format!("feature = \"{feature}\"");
    if !table.is_some_and(|table| table.contains(&gate) && table.contains(&ident)) {
        problems.push(format!(
            "{source}: PROVIDERS has no row for `{name}` under its feature"
        ));
    }
    let mut lines = sources.iter().flat_map(|text| text.lines());
    if !lines.any(|line| words(line).take(3).eq(["pub", "use", &ident])) {
        problems.push(format!("{source}: does not re-export `{name}`"));
    }
    problems
}

fn sandbox_module(ws: &Workspace, sandbox: &Crate, provider: &Crate) -> Option<String> {
    let (source, module) = (sandbox.path("src"), provider.feature().replace('-', "_"));
    let declaration = format!("mod {module};");
    let mut texts = ws.rust_files(&source).map(|(_, text)| text);
    let is_declared =
        texts.any(|text| text.contains(&declaration) && code(text).contains(&declaration));
    (!is_declared).then(|| {
        format!(
            "{source}: has no module `{module}`, which plays the vendor of `{}`",
            provider.name
        )
    })
}

fn documents(ws: &Workspace, provider: &Crate) -> Vec<String> {
    let name = format!("`{}`", provider.name);
    let lines = |file| ws.files.get(file).map_or("", String::as_str).lines();
    let mut problems = Vec::new();
    if !lines("README.md").any(|line| line.starts_with('|') && line.contains(&name)) {
        problems.push(format!(
            "README.md: the table of providers has no row for {name}"
        ));
    }
    if !lines("CHANGELOG.md").any(|line| line.contains(&name)) {
        problems.push(format!("CHANGELOG.md: does not mention {name}"));
    }
    problems
}
