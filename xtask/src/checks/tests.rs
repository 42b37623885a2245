//! This workspace passes every check, and each injected violation is the only problem that is found.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use super::*;
use crate::workspace;

/// The files of this workspace.
static FILES: LazyLock<BTreeMap<String, String>> =
    LazyLock::new(|| workspace::load(&workspace::root()).unwrap().files);

/// What a check finds after changes: in a file, of what stands there to something else, or of nothing to more at the end.
fn after(name: &str, changes: &[(&str, &str, &str)]) -> Vec<String> {
    let mut files = FILES.clone();
    for (file, from, to) in changes {
        let text = files.entry((*file).to_owned()).or_default();
        assert!(text.contains(from), "{file} has no {from:?}");
        *text = match *from {
            "" => format!("{text}{to}"),
            from => text.replace(from, to),
        };
    }
    let (_, check) = CHECKS.iter().find(|(check, _)| *check == name).unwrap();
    check(&Workspace::of(workspace::root(), files).unwrap())
}

/// One line each: a file, what is replaced, by what, and the one problem that is found.
fn each_is_found(check: &str, violations: &str) {
    for violation in violations.trim().lines() {
        let parts: Vec<&str> = violation.split('⇒').map(str::trim).collect();
        let [file, from, to, problem] = parts[..] else {
            panic!("{violation}");
        };
        let found = after(check, &[(file, from, &to.replace("\\n", "\n"))]);
        assert_eq!(found.len(), 1, "{violation}\n{found:#?}");
        assert!(found[0].contains(problem), "{violation}\n{}", found[0]);
    }
}

#[test]
fn this_workspace_has_no_problem() {
    let ws = Workspace::of(workspace::root(), FILES.clone()).unwrap();
    assert_eq!(problems(&ws), [""; 0]);
}

#[test]
fn upward_dependency_is_found() {
    each_is_found(
        "dependencies",
        r#"
crates/ticket-core/Cargo.toml ⇒ ⇒ \n[build-dependencies]\nticket-http.workspace = true ⇒ has the dependency `ticket-http`
crates/ticket-core/Cargo.toml ⇒ ⇒ \n[target.'cfg(windows)'.dependencies]\na = { path = "..", package = "tickets" } ⇒ has the dependency `tickets`
crates/ticket-sweeppea/Cargo.toml ⇒ ⇒ \n[build-dependencies]\nticket-onecloud.workspace = true ⇒ has the dependency `ticket-onecloud`
crates/ticket-sweeppea/Cargo.toml ⇒ ⇒ \n[build-dependencies]\nticket-sandbox.workspace = true ⇒ has the dependency `ticket-sandbox`
crates/ticket-sandbox/Cargo.toml ⇒ [dev-dependencies] ⇒ [dev-dependencies]\nticket-core.workspace = true ⇒ has the dev-dependency `ticket-core`
crates/ticket-cli/Cargo.toml ⇒ ⇒ \n[build-dependencies]\nticket-onecloud.workspace = true ⇒ has the dependency `ticket-onecloud`
crates/ticket-conformance/examples/ticket-pear/Cargo.toml ⇒ ⇒ \n[build-dependencies]\nticket-sandbox.workspace = true ⇒ `ticket-sandbox`
crates/helpers/Cargo.toml ⇒ ⇒ package = { name = "helpers", description = "a", publish = false, version.workspace = true, edition.workspace = true, license.workspace = true, rust-version.workspace = true }\nlints.workspace = true ⇒ `helpers` has no role in the workspace
"#,
    );
}

#[test]
fn missing_wiring_is_found() {
    each_is_found(
        "wiring",
        r#"
crates/tickets/Cargo.toml ⇒ ["dep:ticket-sweeppea"] ⇒ [] ⇒ the feature `sweeppea` lacks `dep:ticket-sweeppea`
crates/tickets/Cargo.toml ⇒ , "sweeppea", ⇒ , ⇒ the feature `all` lacks `sweeppea`
crates/tickets/Cargo.toml ⇒ "ticket-sweeppea?/rustls", ⇒ ⇒ the feature `rustls` lacks `ticket-sweeppea?/rustls`
crates/tickets/src/registry.rs ⇒ #[cfg(feature = "sweeppea")] ⇒ // ⇒ PROVIDERS has no row for `ticket-sweeppea`
crates/tickets/src/lib.rs ⇒ pub use ticket_sweeppea ⇒ // pub use ticket_sweeppea ⇒ does not re-export `ticket-sweeppea`
crates/ticket-sandbox/src/vendors/mod.rs ⇒ mod sweeppea; ⇒ // mod sweeppea; ⇒ has no module `sweeppea`
README.md ⇒ | `ticket-sweeppea` | ⇒ | – | ⇒ README.md: the table of providers has no row for `ticket-sweeppea`
CHANGELOG.md ⇒ `ticket-sweeppea` ⇒ it ⇒ CHANGELOG.md: does not mention `ticket-sweeppea`
"#,
    );
    let without = |lost: &str| {
        let files = FILES.iter().filter(|(path, _)| !path.starts_with(lost));
        let files = files.map(|(path, text)| (path.clone(), text.clone()));
        wiring::check(&Workspace::of(workspace::root(), files.collect()).unwrap())
    };
    let mapping = "crates/ticket-sweeppea/src/mapping.rs";
    assert!(without(mapping)[0].starts_with(&format!("{mapping}: is missing")));
    let exchanges = "crates/ticket-sweeppea/tests/contract/";
    assert!(without(exchanges)[0].contains("tests/contract: holds no exchange"));
}

#[test]
fn crate_without_the_lints_is_found() {
    each_is_found(
        "metadata",
        "crates/ticket-sweeppea/Cargo.toml ⇒ [lints] ⇒ [package.metadata.lints] ⇒ does not take the workspace's lints",
    );
}

#[test]
fn client_item_without_a_source_is_found() {
    each_is_found(
        "sources",
        r"
crates/ticket-sweeppea/src/client/new.rs ⇒ ⇒ pub async fn get(&self) {} ⇒ new.rs:1: `pub async fn get` does not say where it comes from
crates/ticket-sweeppea/src/client/new.rs ⇒ ⇒ /// A (page `a`).\npub fn a() {}\npub struct B<T>; ⇒ new.rs:3: `pub struct B` does not say
crates/ticket-sweeppea/src/client.rs ⇒ ⇒ /// A\n#[derive(\n  Debug\n)]\npub type A = B; ⇒ `pub type A` does not say
crates/ticket-conformance/examples/ticket-pear/src/client.rs ⇒ ⇒ pub fn a() {} ⇒ `pub fn a` does not say
crates/ticket-conformance/examples/ticket-pear/README.md ⇒ # ticket-pear ⇒ A\n * To be done: b ⇒ README.md:2: * To be done: b
",
    );
    let sourced = "/// A (page `a`).\n#[must_use]\npub fn a() {}\n/// B (observed).\npub fn b() {}\n\
                   /// Sends nothing.\npub fn c() {}\npub(crate) fn d() {}\n";
    let client = "crates/ticket-sweeppea/src/client/new.rs";
    assert_eq!(after("sources", &[(client, "", sourced)]), [""; 0]);
}

#[test]
fn vendor_word_elsewhere_is_found() {
    // In two parts, or it would be found here.
    let word = concat!("Case", "Id");
    let violations = r#"
crates/ticket-core/src/new.rs ⇒ ⇒ //! A\n//! The `WORD/1` of it. ⇒ new.rs:2: says `WORD`, a word of ticket-sweeppea's vendor
crates/ticket-onecloud/src/new.rs ⇒ ⇒ WORD ⇒ new.rs:1: says `WORD`
docs/new.md ⇒ ⇒ WORD ⇒ docs/new.md:1: says `WORD`
api/new.txt ⇒ ⇒ WORD ⇒ api/new.txt:1: says `WORD`
xtask/rules.toml ⇒ "bench/" = ⇒ "LICENSE-MIT" = "why"\n"bench/" = ⇒ excuses `LICENSE-MIT`, which says no vendor's word
xtask/rules.toml ⇒ sweeppea = [ ⇒ other = [ ⇒ has no vendor's words for `ticket-sweeppea`
"#;
    each_is_found("words", &violations.replace("WORD", word));
    for (path, text) in [
        ("api/ticket-sweeppea.txt", word),
        ("crates/ticket-sweeppea/src/new.rs", word),
        ("crates/ticket-sandbox/src/new.rs", word),
        ("docs/new.md", &format!("{word}s")),
    ] {
        assert_eq!(after("words", &[(path, "", text)]), [""; 0], "{path}");
    }
    for (excuse, problems) in [
        ("docs/\" = \"a\"", 0),
        ("docs/a.md\" = \"a\"", 0),
        ("docs/a.md\" = \"\"", 1),
    ] {
        let rules = (
            "xtask/rules.toml",
            "\"bench/\" =",
            &*format!("\"{excuse}\n\"bench/\" ="),
        );
        assert_eq!(
            after("words", &[("docs/a.md", "", word), rules]).len(),
            problems,
            "{excuse}"
        );
    }
}
