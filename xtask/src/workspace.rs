//! The input of the checks: the workspace's crates with their roles, and its files.
//!
//! Everything is read once, so that a check is a function of a [`Workspace`]. Manifests are parsed as written,
//! because cargo does not report which fields are inherited.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use toml::{Table, Value};

use crate::verdict::Result;

/// What the checks allow, relative to the root. Each entry was decided in review.
pub(crate) const RULES: &str = "xtask/rules.toml";

/// What a crate is for. The role decides what it may depend on and where it must be wired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Core,
    Http,
    /// A provider: any other `crates/ticket-*`.
    Provider,
    Facade,
    Jobs,
    /// A ledger of jobs in a database.
    Store,
    Sandbox,
    Conformance,
    Testkit,
    /// An example of a third-party provider, for a fictional vendor. It is not wired anywhere.
    Example,
    Cli,
    Mcp,
    Bench,
    /// Real servers for tests.
    Live,
    Xtask,
    /// Any other crate.
    Unknown,
}

/// A dependency of a crate, of any kind and for any target.
#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    /// The name of the package, even if the dependency is renamed.
    pub(crate) name: String,
    /// Only for tests, examples and benches.
    pub(crate) dev: bool,
}

/// One member of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Crate {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) role: Role,
    /// Its folder, relative to the root, with `/` between the parts.
    pub(crate) dir: String,
    pub(crate) manifest: Table,
    pub(crate) dependencies: Vec<Dependency>,
    pub(crate) features: BTreeMap<String, Vec<String>>,
}

impl Crate {
    /// The path of one of the crate's files, relative to the root.
    pub(crate) fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.dir)
    }

    pub(crate) fn manifest_path(&self) -> String {
        self.path("Cargo.toml")
    }

    /// Whether it is published.
    pub(crate) fn is_published(&self) -> bool {
        let mut package = entries(&self.manifest, "package");
        !package.any(|(key, value)| key == "publish" && value.as_bool() == Some(false))
    }

    /// A provider's feature in the facade: its name without `ticket-`.
    pub(crate) fn feature(&self) -> &str {
        self.name.strip_prefix("ticket-").unwrap_or(&self.name)
    }
}

/// The workspace as the checks see it.
#[derive(Debug)]
pub(crate) struct Workspace {
    pub(crate) root: PathBuf,
    pub(crate) crates: Vec<Crate>,
    /// Its files by path relative to the root, with `/` between the parts. Invalid UTF-8 is replaced.
    pub(crate) files: BTreeMap<String, String>,
}

impl Workspace {
    /// Creates the workspace from its files.
    pub(crate) fn of(root: PathBuf, files: BTreeMap<String, String>) -> Result<Self> {
        let text = files.get("Cargo.toml").ok_or("there is no Cargo.toml")?;
        let manifest: Table = toml::from_str(text)?;
        let shared = manifest.get("workspace").and_then(Value::as_table);
        let shared = shared.ok_or("Cargo.toml is no workspace's")?;
        let members = shared.get("members").map(strings).unwrap_or_default();
        let mut crates = Vec::new();
        for (path, text) in &files {
            let Some(dir) = path.strip_suffix("/Cargo.toml") else {
                continue;
            };
            if members.iter().any(|pattern| matches(pattern, dir)) {
                let read = |error| format!("{path}: {error}");
                crates.push(read_crate(dir, toml::from_str(text).map_err(read)?, shared));
            }
        }
        crates.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(Self {
            root,
            crates,
            files,
        })
    }

    /// The crate with this role. Only for roles that a single crate has.
    pub(crate) fn crate_of(&self, role: Role) -> Option<&Crate> {
        self.crates.iter().find(|krate| krate.role == role)
    }

    /// The crates of the vendors.
    pub(crate) fn providers(&self) -> impl Iterator<Item = &Crate> {
        let crates = self.crates.iter();
        crates.filter(|krate| krate.role == Role::Provider)
    }

    /// The Rust files below a folder.
    pub(crate) fn rust_files(&self, dir: &str) -> impl Iterator<Item = (&str, &str)> {
        self.files_below(dir, "rs")
    }

    /// The files below a folder, or below the root, whose names end in `.extension`.
    pub(crate) fn files_below<'a>(
        &'a self,
        dir: &str,
        extension: &'static str,
    ) -> impl Iterator<Item = (&'a str, &'a str)> + use<'a> {
        let folder = format!("{dir}/");
        let is_there = move |path: &str| folder == "/" || path.starts_with(&folder);
        let files = self
            .files
            .iter()
            .map(|(path, text)| (path.as_str(), text.as_str()));
        let is_kind = move |path: &str| Path::new(path).extension() == Some(OsStr::new(extension));
        files.filter(move |(path, _)| is_there(path) && is_kind(path))
    }
}

/// The root of the workspace in which this program runs. Cargo passes it at run time; the path at build time may be
/// another checkout that shares the target folder.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = here.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    here.parent().map(Path::to_path_buf).unwrap_or(here)
}

/// Reads the workspace at `root`.
pub(crate) fn load(root: &Path) -> Result<Workspace> {
    let mut files = BTreeMap::new();
    read_files(root, "", &mut files)?;
    Workspace::of(root.to_path_buf(), files)
}

/// Adds the files below `dir`, without version control and build output.
fn read_files(root: &Path, dir: &str, files: &mut BTreeMap<String, String>) -> Result<()> {
    for entry in std::fs::read_dir(root.join(dir))? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = if dir.is_empty() {
            name.clone()
        } else {
            format!("{dir}/{name}")
        };
        let kind = entry.file_type()?;
        if kind.is_dir() && name != ".git" && name != "target" {
            read_files(root, &path, files)?;
        } else if kind.is_file() {
            // A temporary file may have been deleted in the meantime.
            if let Ok(bytes) = std::fs::read(entry.path()) {
                files.insert(path, String::from_utf8_lossy(&bytes).into_owned());
            }
        }
    }
    Ok(())
}

fn read_crate(dir: &str, manifest: Table, shared: &Table) -> Crate {
    let text = |table, key| {
        let value = entries(table, "package").find(|(name, _)| *name == key);
        value
            .and_then(|(_, value)| value.as_str())
            .unwrap_or_default()
            .to_owned()
    };
    let name = text(&manifest, "name");
    let features = entries(&manifest, "features").map(|(name, on)| (name.clone(), strings(on)));
    Crate {
        version: text(shared, "version"),
        role: role_of(&name, dir),
        dir: dir.to_owned(),
        dependencies: dependencies(&manifest, shared),
        features: features.collect(),
        manifest,
        name,
    }
}

fn dependencies(manifest: &Table, shared: &Table) -> Vec<Dependency> {
    let targets = entries(manifest, "target").filter_map(|(_, target)| target.as_table());
    let mut found = Vec::new();
    for table in std::iter::once(manifest).chain(targets) {
        for section in ["dependencies", "dev-dependencies", "build-dependencies"] {
            for (key, value) in entries(table, section) {
                let is_inherited = value.get("workspace").is_some();
                let mut inherited = entries(shared, "dependencies").filter(|_| is_inherited);
                let inherited = inherited.find(|(name, _)| *name == key);
                let whole = inherited.map_or(value, |(_, inherited)| inherited);
                let package = whole.get("package").and_then(Value::as_str);
                found.push(Dependency {
                    name: package.unwrap_or(key).to_owned(),
                    dev: section == "dev-dependencies",
                });
            }
        }
    }
    found
}

/// The entries of a nested table; none if it is missing.
pub(crate) fn entries<'a>(table: &'a Table, key: &str) -> toml::map::Iter<'a, String, Value> {
    static NONE: LazyLock<Table> = LazyLock::new(Table::new);
    table
        .get(key)
        .and_then(Value::as_table)
        .unwrap_or(&NONE)
        .iter()
}

pub(crate) fn strings(list: &Value) -> Vec<String> {
    let list = list.as_array().into_iter().flatten();
    let list = list.filter_map(|value| value.as_str().map(str::to_owned));
    list.collect()
}

/// Whether a folder is one of the workspace's `members`: `*` is any one name.
fn matches(pattern: &str, dir: &str) -> bool {
    let (wanted, found) = (pattern.split('/'), dir.split('/'));
    let is_deep_enough = wanted.clone().count() == found.clone().count();
    is_deep_enough
        && wanted
            .zip(found)
            .all(|(wanted, found)| wanted == "*" || wanted == found)
}

/// The folder of the example providers.
const EXAMPLES: &str = "crates/ticket-conformance/examples";

fn role_of(name: &str, dir: &str) -> Role {
    match name {
        "xtask" if dir == "xtask" => Role::Xtask,
        "ticket-bench" if dir == "bench" => Role::Bench,
        "ticket-live" if dir == "live" => Role::Live,
        _ if name.starts_with("ticket-") && dir == format!("{EXAMPLES}/{name}") => Role::Example,
        _ if dir != format!("crates/{name}") => Role::Unknown,
        "ticket-core" => Role::Core,
        "ticket-http" => Role::Http,
        "tickets" => Role::Facade,
        "ticket-jobs" => Role::Jobs,
        "ticket-jobs-postgres" => Role::Store,
        "ticket-sandbox" => Role::Sandbox,
        "ticket-conformance" => Role::Conformance,
        "ticket-testkit" => Role::Testkit,
        "ticket-cli" => Role::Cli,
        "ticket-mcp" => Role::Mcp,
        _ if name.starts_with("ticket-") => Role::Provider,
        _ => Role::Unknown,
    }
}
