//! Each library's public API is the text in `api/` that people reviewed, and it shows types of other crates only where
//! `xtask/rules.toml` says why. `cargo xtask api` runs this; with `UPDATE_API` set it writes the texts.
//!
//! A text is made from rustdoc's JSON, an unstable format that changes with the compiler.

#![allow(
    clippy::unwrap_used,
    reason = "a failure here is a failed test, in helpers too"
)]

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use cargo_metadata::{Metadata, MetadataCommand, Package, Target};
use public_api::Builder;

/// The format that the pinned `public-api` reads, and the release of Rust that writes it.
const FORMAT: (&str, &str) = ("\"format_version\":57", "1.95");

/// What comes with the compiler.
const OF_RUST: &[&str] = &["alloc", "core", "std"];

#[test]
fn public_apis_are_as_reviewed() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../Cargo.toml");
    let metadata = MetadataCommand::new()
        .manifest_path(manifest)
        .no_deps()
        .exec();
    let metadata = metadata.unwrap();
    let folder = metadata.workspace_root.as_std_path().join("api");
    let rules = std::fs::read_to_string(metadata.workspace_root.join("xtask/rules.toml")).unwrap();
    let rules: toml::Table = toml::from_str(&rules).unwrap();
    let write = std::env::var_os("UPDATE_API").is_some();
    let mut findings = Vec::new();
    let libraries: Vec<&Package> = libraries(&metadata).collect();
    document(&metadata, &libraries);
    for library in libraries {
        let Some(text) = text(&metadata, library) else {
            let rust = FORMAT.1;
            let told = format!(
                "this rustdoc writes another format than that of Rust {rust}: use `cargo +{rust} xtask api`"
            );
            assert!(std::env::var("CI").is_err(), "{told}");
            println!("skipped: {told}");
            return;
        };
        let file = folder.join(format!("{}.txt", library.name));
        let reviewed = std::fs::read_to_string(&file).unwrap_or_default();
        if write {
            std::fs::write(&file, &text).unwrap();
        } else if reviewed != text {
            findings.push(format!("{} is not what the code has:", file.display()));
            findings.extend(difference(&reviewed, &text));
        }
        findings.extend(foreign(&metadata, &rules, &library.name, &text));
    }
    assert!(
        findings.is_empty(),
        "\n{}\nIf this is meant: `cargo xtask api --write`, read the difference, and write a line in CHANGELOG.md: \
         **breaking:** where something goes or changes.",
        findings.join("\n")
    );
}

fn libraries(metadata: &Metadata) -> impl Iterator<Item = &Package> {
    let published = |package: &&Package| package.publish.is_none();
    let is_library = |package: &&Package| package.targets.iter().any(Target::is_lib);
    let packages = metadata.workspace_packages().into_iter();
    packages.filter(published).filter(is_library)
}

/// Writes the JSON of all these libraries, with one command, so that what they depend on is checked once.
fn document(metadata: &Metadata, libraries: &[&Package]) {
    // Not the second TLS library, which needs headers to be installed, and not the mock, whose items are generated.
    let unwanted = ["default", "native-tls", "mock"];
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["doc", "--locked", "--quiet", "--lib", "--no-deps"]);
    for library in libraries {
        cargo.args(["--package", &library.name]);
        let features = library.features.keys();
        let features = features.filter(|name| !unwanted.contains(&name.as_str()));
        // Without the package: the testkit depends on itself, and `ticket-testkit/property` would be a feature of that.
        cargo.args(features.flat_map(|feature| ["--features", feature]));
    }
    // This program stands in for rustdoc and allows it, and nothing else, its unstable options. Lints are the business of
    // other steps, and without the mock a link to it leads nowhere.
    let rustdoc = std::env::var("RUSTDOC").unwrap_or_else(|_| "rustdoc".into());
    let flags = "--cap-lints allow -Z unstable-options --output-format json";
    cargo
        .current_dir(&metadata.workspace_root)
        .env("RUSTDOC", env!("CARGO_BIN_EXE_xtask"))
        .env("XTASK_RUSTDOC", rustdoc)
        .env("RUSTDOCFLAGS", flags);
    assert!(cargo.status().unwrap().success(), "rustdoc failed");
}

/// The API as the code has it; none where the compiler's format is not the reader's.
fn text(metadata: &Metadata, library: &Package) -> Option<String> {
    let name = library.name.replace('-', "_");
    let json = metadata.target_directory.join(format!("doc/{name}.json"));
    // Rustdoc writes the version of its format last.
    let end = std::fs::read_to_string(&json).unwrap();
    let mut end = end.rsplit(',').take(2);
    end.find(|field| field.contains(FORMAT.0))?;
    // Of what the compiler adds by itself only what is worth a review: which traits are derived, and which types are
    // not `Send` or not `Sync`.
    let builder = || Builder::from_rustdoc_json(&json).omit_blanket_impls(true);
    let own = builder()
        .omit_auto_trait_impls(true)
        .omit_auto_derived_impls(true);
    let (own, all) = (own.build().unwrap(), builder().build().unwrap());
    let own: BTreeSet<String> = own.items().map(ToString::to_string).collect();
    let lines = all.items().map(ToString::to_string);
    let lines = lines.filter(|line| own.contains(line) || is_worth_a_line(line));
    // Guides are pages, which only rustdoc compiles.
    let guide = format!("pub mod {name}::guide");
    let lines = lines.filter(|line| !line.starts_with(&guide));
    Some(lines.map(|line| line + "\n").collect())
}

fn is_worth_a_line(line: &str) -> bool {
    let auto = "Freeze Unpin UnsafeUnpin StructuralPartialEq RefUnwindSafe UnwindSafe";
    let is_for = |name: &str| line.contains(&format!("::{name} for "));
    let is_thread = (is_for("Send") || is_for("Sync")) && !line.contains(" !core::");
    line.starts_with("impl") && !is_thread && !auto.split(' ').any(is_for)
}

fn difference(reviewed: &str, text: &str) -> Vec<String> {
    let (before, after): (BTreeSet<_>, BTreeSet<_>) =
        (reviewed.lines().collect(), text.lines().collect());
    let gone = before.difference(&after).map(|line| format!("  - {line}"));
    let new = after.difference(&before).map(|line| format!("  + {line}"));
    gone.chain(new).collect()
}

/// What differs between the crates that a library's API shows types of, and those that it may show.
fn foreign(metadata: &Metadata, rules: &toml::Table, library: &str, text: &str) -> Vec<String> {
    let allowed = rules["foreign"]
        .get(library)
        .and_then(toml::Value::as_table);
    let allowed: BTreeSet<&str> = allowed
        .into_iter()
        .flatten()
        .map(|(name, _)| &**name)
        .collect();
    let members = metadata.workspace_packages().into_iter();
    let members: BTreeSet<String> = members.map(|one| one.name.replace('-', "_")).collect();
    let paths = text.split(|c: char| !c.is_alphanumeric() && c != '_' && c != ':');
    // What begins a path and is no generic parameter. Of `<T as serde_core::Serializer>::Ok` the last part begins with nothing.
    let firsts = paths.filter_map(|path| Some(path.split_once("::")?.0));
    let firsts = firsts.filter(|first| first.starts_with(|c: char| c.is_lowercase() || c == '_'));
    let firsts = firsts.filter(|first| !OF_RUST.contains(first) && !members.contains(*first));
    let shown: BTreeSet<&str> = firsts.collect();
    let rule = format!("[foreign.{library}] of xtask/rules.toml");
    let new = shown.difference(&allowed);
    let new = new
        .map(|name| format!("{library} shows a type of {name}: hide it, or say why under {rule}"));
    let old = allowed.difference(&shown);
    new.chain(
        old.map(|name| {
            format!("{library} shows no type of {name} any more: remove it from {rule}")
        }),
    )
    .collect()
}
