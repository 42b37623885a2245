//! A small workspace that passes every check, for tests that plant one violation in it.
//!
//! It is a real one, in a folder of its own: cargo reads it, and can build it without any
//! dependency from outside. It holds only what a check or a step of `ci` looks at.

use std::path::{Path, PathBuf};

use crate::workspace::{self, Workspace};

/// The specimen; its folder goes with it.
pub(crate) struct Specimen {
    folder: tempfile::TempDir,
}

impl Specimen {
    /// Writes one that is right.
    pub(crate) fn new() -> Self {
        let specimen = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        for (path, text) in FILES {
            specimen.write(path, text);
        }
        for (name, description, rest) in CRATES {
            let folder = if *name == "xtask" {
                name
            } else {
                &*format!("crates/{name}")
            };
            let publish = match *name {
                "xtask" => "publish = false\n",
                _ => PUBLISHED,
            };
            let manifest = MANIFEST
                .replace("NAME", name)
                .replace("PUBLISH", publish)
                .replace("DESCRIPTION", description);
            specimen.write(
                &format!("{folder}/Cargo.toml"),
                &format!("{manifest}{rest}"),
            );
        }
        specimen
    }

    /// With the suite, and beside it a crate of somebody else's, which is wired nowhere.
    pub(crate) fn with_example() -> Self {
        let specimen = Self::new();
        let suite = EXAMPLE.split("examples/").next().unwrap_or_default();
        let dir = EXAMPLE.trim_end_matches("Cargo.toml");
        let manifest = |name: &str, publish: &str, rest: &str| {
            let manifest = MANIFEST.replace("NAME", name).replace("PUBLISH", publish);
            manifest.replace("DESCRIPTION", "An example") + rest
        };
        for (path, text) in [
            (
                format!("{suite}Cargo.toml"),
                &*manifest("ticket-conformance", PUBLISHED, ""),
            ),
            (format!("{suite}src/lib.rs"), "//! The suite.\n"),
            (
                "api/ticket-conformance.txt".to_owned(),
                "pub mod ticket_conformance\n",
            ),
            (
                "crates/ticket-acme/tests/conformance.rs".to_owned(),
                "ticket_conformance::tests!(start, skips: []);\n",
            ),
            (
                EXAMPLE.to_owned(),
                &manifest(
                    "ticket-pear",
                    "publish = false\n",
                    "[dependencies]\nticket-http.workspace = true\n\n",
                ),
            ),
            (format!("{dir}src/lib.rs"), "//! Pear.\n\nmod client;\n"),
            (format!("{dir}src/client.rs"), "//! Client.\n"),
        ] {
            specimen.write(&path, text);
        }
        specimen.replace(
            "Cargo.toml",
            "\"crates/*\"",
            "\"crates/*\", \"crates/ticket-conformance/examples/*\"",
        );
        specimen.append(
            "xtask/rules.toml",
            "[crates.ticket-conformance]\ndirect = 0\ntree = 0\n\n[crates.ticket-pear]\ndirect = 0\n",
        );
        specimen
    }

    /// With a crate that measures the others.
    pub(crate) fn with_bench() -> Self {
        let specimen = Self::new();
        let manifest = MANIFEST
            .replace("NAME", "ticket-bench")
            .replace("PUBLISH", "publish = false\n")
            .replace("DESCRIPTION", "Measurements");
        specimen.write(BENCH, &manifest);
        let source = BENCH.replace("Cargo.toml", "src/lib.rs");
        specimen.write(&source, "//! Measurements.\n");
        specimen.replace("Cargo.toml", "\"crates/*\"", "\"bench\", \"crates/*\"");
        specimen.append("xtask/rules.toml", "[crates.ticket-bench]\ndirect = 0\n");
        specimen
    }

    /// What the checks see of it.
    pub(crate) fn load(&self) -> Workspace {
        workspace::load(self.folder.path()).unwrap()
    }

    /// Like `load`, with the lock file that building commands insist on.
    pub(crate) fn load_locked(&self) -> Workspace {
        let status = std::process::Command::new(env!("CARGO"))
            .args(["generate-lockfile", "--offline", "--quiet"])
            .current_dir(self.folder.path())
            .status()
            .unwrap();
        assert!(status.success());
        self.load()
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    pub(crate) fn append(&self, path: &str, text: &str) {
        let before = std::fs::read_to_string(self.path(path)).unwrap();
        self.write(path, &format!("{before}{text}"));
    }

    /// Fails where there is nothing to replace, or the test would plant nothing.
    pub(crate) fn replace(&self, path: &str, from: &str, to: &str) {
        let before = std::fs::read_to_string(self.path(path)).unwrap();
        assert!(before.contains(from), "{path} has no {from:?}:\n{before}");
        self.write(path, &before.replace(from, to));
    }

    pub(crate) fn remove(&self, path: &str) {
        std::fs::remove_file(self.path(path)).unwrap();
    }

    /// A second crate, like the first in all but its name.
    pub(crate) fn copy_crate(&self, from: &str, to: &str) {
        let (old, new) = (format!("crates/{from}/"), format!("crates/{to}/"));
        for (path, text) in self.load().files {
            if let Some(file) = path.strip_prefix(&old) {
                let text = text
                    .replace(from, to)
                    .replace(&from.replace('-', "_"), &to.replace('-', "_"));
                self.write(&format!("{new}{file}"), &text);
            }
        }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(Path::new(path))
    }
}

/// What a published crate says beside the rest.
const PUBLISHED: &str = "categories.workspace = true\nkeywords.workspace = true\n";

/// The manifest of what measures.
pub(crate) const BENCH: &str = "bench/Cargo.toml";

/// The manifest of the example.
pub(crate) const EXAMPLE: &str = "crates/ticket-conformance/examples/ticket-pear/Cargo.toml";

const MANIFEST: &str = r#"[package]
name = "NAME"
description = "DESCRIPTION"
version.workspace = true
edition.workspace = true
rust-version.workspace = true
license.workspace = true
PUBLISH
[lints]
workspace = true

"#;

/// Name, description, and the rest of the manifest.
const CRATES: &[(&str, &str, &str)] = &[
    ("ticket-core", "The trait", "[features]\nmock = []\n"),
    (
        "ticket-http",
        "The client",
        "[features]\nrustls = []\nnative-tls = []\n\n[dependencies.ticket-core]\nworkspace = true\n",
    ),
    (
        "ticket-acme",
        "Acme as a ticket provider",
        r#"[features]
rustls = ["ticket-http/rustls"]
native-tls = ["ticket-http/native-tls"]

[dependencies]
ticket-core.workspace = true
ticket-http.workspace = true

[dev-dependencies]
ticket-sandbox.workspace = true

"#,
    ),
    (
        "tickets",
        "The facade",
        r#"[features]
default = ["rustls"]
all = ["acme"]
acme = ["dep:ticket-acme"]
mock = ["ticket-core/mock"]
rustls = ["ticket-acme?/rustls"]
native-tls = ["ticket-acme?/native-tls"]

[dependencies]
ticket-acme = { workspace = true, optional = true }
ticket-core.workspace = true
"#,
    ),
    ("ticket-sandbox", "The sandbox", ""),
    (
        "ticket-cli",
        "The command",
        "[dependencies]\nticket-sandbox.workspace = true\ntickets = { workspace = true, features = [\"all\"] }\n",
    ),
    ("xtask", "Chores", ""),
];

const RULES: &str = r#"[words]
acme = ["AcmeCase"]

[crates.ticket-core]
direct = 0
tree = 0

[crates.ticket-http]
direct = 0
tree = 0

[crates.ticket-acme]
direct = 0
tree = 0

[crates.tickets]
direct = 0
tree = 0

[crates.ticket-sandbox]
direct = 0
tree = 0

[crates.ticket-cli]
direct = 0
tree = 0

[crates.xtask]
direct = 0

"#;

/// A test that generates a table, as short as can be.
const GENERATOR: &str = r#"//! The table of the README.

#[test]
fn the_table_is_the_codes() {
    let readme = std::fs::read_to_string("README.md").unwrap();
    let begin = format!("<!-- generated: {} -->\n", "name");
    let (before, rest) = readme.split_once(&begin).unwrap();
    let (_, after) = rest.split_once("<!-- end generated -->").unwrap();
    let name = ticket_acme::NAME;
    let text = format!("{before}{begin}{name}\n<!-- end generated -->{after}");
    if std::env::var_os("UPDATE_TABLES").is_some() {
        std::fs::write("README.md", &text).unwrap();
    } else {
        assert_eq!(readme, text);
    }
}
"#;

const FILES: &[(&str, &str)] = &[
    (
        "Cargo.toml",
        r#"[workspace]
resolver = "3"
members = ["crates/*", "xtask"]

[workspace.package]
version = "0.1.0"
edition = "2024"
rust-version = "1.85"
license = "MIT"
categories = ["api-bindings"]
keywords = ["specimen"]

[workspace.dependencies]
ticket-core = { path = "crates/ticket-core", version = "0.1.0" }
ticket-http = { path = "crates/ticket-http", version = "0.1.0" }
ticket-acme = { path = "crates/ticket-acme", version = "0.1.0" }
tickets = { path = "crates/tickets", version = "0.1.0" }
ticket-sandbox = { path = "crates/ticket-sandbox", version = "0.1.0" }

[workspace.lints.rust]
missing_docs = "warn"
"#,
    ),
    (
        "README.md",
        "# Specimen\n\n| Vendor | Crate |\n|---|---|\n| Acme | `ticket-acme` |\n\n```sh\ncargo test --workspace\n```\n",
    ),
    (
        "clippy.toml",
        r#"disallowed-methods = [
    "std::time::Instant::now",
    { path = "std::time::SystemTime::now", reason = "a" },
    { path = "std::thread::sleep" },
    { path = "jiff::Timestamp::now", allow-invalid = true },
    { path = "jiff::Zoned::now", allow-invalid = true },
]
"#,
    ),
    (
        ".github/workflows/ci.yml",
        "env:\n  RUST_TOOLCHAIN: \"1.95\"\njobs:\n  ci:\n    steps:\n      - run: .ci/run\n      - run: cargo deny check advisories\n      \
         - run: cargo +1.85 build\n    os: [macos-latest, windows-latest]\n",
    ),
    ("xtask/rules.toml", RULES),
    ("api/ticket-core.txt", "pub mod ticket_core\n"),
    ("api/ticket-http.txt", "pub mod ticket_http\n"),
    (
        "api/ticket-acme.txt",
        "pub mod ticket_acme\npub const ticket_acme::NAME: &str\n",
    ),
    (
        "api/ticket-sandbox.txt",
        "pub mod ticket_sandbox\npub mod ticket_sandbox::acme\n",
    ),
    (
        "api/tickets.txt",
        "pub mod tickets\npub const tickets::PROVIDERS: &[&str]\n",
    ),
    ("CHANGELOG.md", "* **added:** `ticket-acme`\n"),
    (".ci/run", "cargo xtask ci\n"),
    ("crates/ticket-core/src/lib.rs", "//! The trait.\n"),
    ("crates/ticket-http/src/lib.rs", "//! The client.\n"),
    (
        "crates/ticket-acme/src/lib.rs",
        "//! Acme.\n\nmod client;\nmod config;\nmod error;\nmod info;\nmod mapping;\nmod provider;\nmod wire;\n\n\
         /// Its name.\npub const NAME: &str = \"acme\";\n",
    ),
    ("crates/ticket-acme/src/client.rs", "//! Client.\n"),
    ("crates/ticket-acme/src/config.rs", "//! Configuration.\n"),
    ("crates/ticket-acme/src/error.rs", "//! Errors.\n"),
    ("crates/ticket-acme/src/info.rs", "//! Information.\n"),
    ("crates/ticket-acme/src/mapping.rs", "//! Mapping.\n"),
    ("crates/ticket-acme/src/provider.rs", "//! Provider.\n"),
    ("crates/ticket-acme/src/wire.rs", "//! Wire.\n"),
    (
        "crates/ticket-acme/README.md",
        "# Acme\n\n<!-- generated: name -->\nacme\n<!-- end generated -->\n",
    ),
    ("crates/ticket-acme/tests/tables.rs", GENERATOR),
    (
        "crates/ticket-acme/tests/contract.rs",
        "//! Exchanges.\n\n#[test]\nfn name() {\n    assert_eq!(ticket_acme::NAME, \"acme\");\n}\n",
    ),
    ("crates/ticket-acme/tests/contract/get.json", "{}\n"),
    (
        "crates/tickets/src/lib.rs",
        "//! The facade.\n\n#[cfg(feature = \"acme\")]\npub use ticket_acme as acme;\n\n\
         /// Every provider.\npub const PROVIDERS: &[&str] = &[\n    \
         #[cfg(feature = \"acme\")]\n    ticket_acme::NAME,\n];\n",
    ),
    (
        "crates/ticket-sandbox/src/lib.rs",
        "//! The sandbox.\n\npub mod acme;\n",
    ),
    ("crates/ticket-sandbox/src/acme.rs", "//! Plays Acme.\n"),
    (
        "crates/ticket-cli/src/main.rs",
        "//! The command.\n\nfn main() {}\n",
    ),
    ("xtask/src/main.rs", "//! Chores.\n\nfn main() {}\n"),
];
