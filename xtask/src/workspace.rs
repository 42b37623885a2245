//! What the checks look at: the workspace's crates with their place in the house, and its texts.
//!
//! Everything is read once, here, so that a check is a plain function of a [`Workspace`]. This
//! module judges nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use crate::Result;

/// What a crate is for; its place decides what it may depend on and where it has to be wired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// `ticket-core`.
    Core,
    /// `ticket-http`.
    Http,
    /// A vendor's crate: any `crates/ticket-*` that is none of the others.
    Provider,
    /// `tickets`.
    Facade,
    /// `ticket-sandbox`.
    Sandbox,
    /// `ticket-conformance`.
    Conformance,
    /// `ticket-testkit`.
    Testkit,
    /// A crate as others write one, for a vendor that does not exist: any
    /// `crates/ticket-conformance/examples/ticket-*`. No provider of the house: it is wired nowhere.
    Example,
    /// `ticket-cli`.
    Cli,
    /// `bench/`: what `cargo xtask bench` measures, never published.
    Bench,
    /// This program.
    Xtask,
    /// A crate that DESIGN knows nothing of.
    Unknown,
}

/// A dependency of a crate, whatever it is renamed to.
#[derive(Debug, Clone)]
pub(crate) struct Dependency {
    /// The package's own name.
    pub(crate) name: String,
    /// Only for tests, examples and benches.
    pub(crate) dev: bool,
    /// Switched on by a feature.
    pub(crate) optional: bool,
    /// The versions it may have, as cargo writes them: `*` where none is given.
    pub(crate) requirement: String,
    /// A folder, not a registry.
    pub(crate) by_path: bool,
}

/// One member of the workspace.
#[derive(Debug, Clone)]
pub(crate) struct Crate {
    /// The package's name.
    pub(crate) name: String,
    /// Its version, inherited or not.
    pub(crate) version: String,
    /// Its place in the house.
    pub(crate) place: Place,
    /// Its folder, relative to the root, with `/` between the parts.
    pub(crate) dir: String,
    /// Its manifest as written, before cargo fills in what is inherited.
    pub(crate) manifest: toml::Table,
    /// Its dependencies of every kind and target.
    pub(crate) dependencies: Vec<Dependency>,
    /// Its features and what each switches on.
    pub(crate) features: BTreeMap<String, Vec<String>>,
    /// The readme that cargo would publish.
    pub(crate) readme: Option<String>,
}

impl Crate {
    /// The path of one of the crate's files, relative to the root.
    pub(crate) fn path(&self, file: &str) -> String {
        format!("{}/{file}", self.dir)
    }

    /// The crate's manifest, relative to the root.
    pub(crate) fn manifest_path(&self) -> String {
        self.path("Cargo.toml")
    }

    /// Its features for a build of what people use: not the second TLS library, which needs headers to be
    /// installed, and not the mock, whose items are generated and not ours.
    pub(crate) fn usual_features(&self) -> String {
        let features = self.features_but(&["default", "native-tls", "mock"]);
        option(&features.map(str::to_owned).collect::<Vec<_>>())
    }

    fn features_but<'a>(&'a self, unwanted: &'a [&str]) -> impl Iterator<Item = &'a str> {
        let names = self.features.keys().map(String::as_str);
        names.filter(move |name| !unwanted.contains(name))
    }

    /// Whether it is meant for others.
    pub(crate) fn is_published(&self) -> bool {
        let publish = self
            .manifest
            .get("package")
            .and_then(|package| package.get("publish"));
        publish.and_then(toml::Value::as_bool) != Some(false)
    }

    /// A provider's feature in the facade: its name without `ticket-`.
    pub(crate) fn feature(&self) -> &str {
        self.name.strip_prefix("ticket-").unwrap_or(&self.name)
    }

    /// The crate's name as Rust code writes it.
    pub(crate) fn ident(&self) -> String {
        self.name.replace('-', "_")
    }
}

/// The workspace as the checks see it.
#[derive(Debug)]
pub(crate) struct Workspace {
    /// Its folder.
    pub(crate) root: PathBuf,
    /// Where cargo builds.
    pub(crate) target: PathBuf,
    /// Its members, by name.
    pub(crate) crates: Vec<Crate>,
    /// Its files by path relative to the root, with `/` between the parts. What is not UTF-8 is
    /// there with replacement characters.
    pub(crate) files: BTreeMap<String, String>,
}

impl Workspace {
    /// The crate in a place that only one crate has.
    pub(crate) fn at(&self, place: Place) -> Option<&Crate> {
        self.crates.iter().find(|krate| krate.place == place)
    }

    /// The published libraries.
    pub(crate) fn libraries(&self) -> impl Iterator<Item = &Crate> {
        self.crates.iter().filter(|krate| {
            krate.is_published() && self.files.contains_key(&krate.path("src/lib.rs"))
        })
    }

    /// The crates of the vendors.
    pub(crate) fn providers(&self) -> impl Iterator<Item = &Crate> {
        self.crates
            .iter()
            .filter(|krate| krate.place == Place::Provider)
    }

    /// Every feature of these crates. `--all-features` would ask for `native-tls` as well, and with it
    /// for OpenSSL's headers; `features` builds that where they are installed.
    pub(crate) fn features<'a>(crates: impl IntoIterator<Item = &'a Crate>) -> String {
        let mut features = Vec::new();
        for krate in crates {
            let own = krate.features_but(&["default", "native-tls"]);
            features.extend(own.map(|feature| format!("{}/{feature}", krate.name)));
        }
        option(&features)
    }

    /// The Rust files below a folder.
    pub(crate) fn rust_files(&self, dir: &str) -> impl Iterator<Item = (&str, &str)> {
        self.files_below(dir, "rs")
    }

    /// The files below a folder whose names end in `.extension`.
    pub(crate) fn files_below(
        &self,
        dir: &str,
        extension: &str,
    ) -> impl Iterator<Item = (&str, &str)> {
        let folder = format!("{dir}/");
        let extension = std::ffi::OsString::from(extension);
        self.files
            .iter()
            .filter(move |(path, _)| {
                path.starts_with(&folder) && Path::new(path).extension() == Some(&extension)
            })
            .map(|(path, text)| (path.as_str(), text.as_str()))
    }
}

/// As cargo takes them.
fn option(features: &[String]) -> String {
    if features.is_empty() {
        String::new()
    } else {
        format!("--features {}", features.join(","))
    }
}

/// The root of the workspace that this program is run in. Where cargo runs it, cargo says so; what was true when
/// it was built may be another checkout, where both build into one folder.
pub(crate) fn root() -> PathBuf {
    let here = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
    let here = here.unwrap_or_else(|| env!("CARGO_MANIFEST_DIR").into());
    here.parent()
        .map_or_else(|| here.clone(), Path::to_path_buf)
}

/// Reads the workspace at `root`.
pub(crate) fn load(root: &Path) -> Result<Workspace> {
    let metadata = MetadataCommand::new()
        .manifest_path(root.join("Cargo.toml"))
        .no_deps()
        .exec()?;
    // As cargo spells it, or else the crates' folders would not be below it.
    let root = metadata.workspace_root.clone().into_std_path_buf();
    let mut files = BTreeMap::new();
    read_files(&root, &root, &mut files)?;
    let mut crates = Vec::new();
    for package in metadata.workspace_packages() {
        crates.push(read_crate(&root, package, &files)?);
    }
    crates.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Workspace {
        root,
        target: metadata.target_directory.into_std_path_buf(),
        crates,
        files,
    })
}

fn read_crate(root: &Path, package: &Package, files: &BTreeMap<String, String>) -> Result<Crate> {
    let manifest_path = package.manifest_path.as_std_path();
    let dir = relative(root, manifest_path.parent().unwrap_or(root));
    let manifest = files
        .get(&format!("{dir}/Cargo.toml"))
        .ok_or_else(|| format!("cannot read {}", manifest_path.display()))?;
    let dependencies = package
        .dependencies
        .iter()
        .map(|dependency| Dependency {
            name: dependency.name.clone(),
            dev: dependency.kind == DependencyKind::Development,
            optional: dependency.optional,
            requirement: dependency.req.to_string(),
            by_path: dependency.path.is_some(),
        })
        .collect();
    Ok(Crate {
        name: package.name.to_string(),
        version: package.version.to_string(),
        place: place(package.name.as_str(), &dir),
        manifest: toml::from_str(manifest)?,
        dependencies,
        features: package.features.clone(),
        readme: package.readme.as_ref().map(ToString::to_string),
        dir,
    })
}

/// Where the examples of providers are.
const EXAMPLES: &str = "crates/ticket-conformance/examples";

fn place(name: &str, dir: &str) -> Place {
    match name {
        "xtask" if dir == "xtask" => Place::Xtask,
        "ticket-bench" if dir == "bench" => Place::Bench,
        _ if name.starts_with("ticket-") && dir == format!("{EXAMPLES}/{name}") => Place::Example,
        _ if dir != format!("crates/{name}") => Place::Unknown,
        "ticket-core" => Place::Core,
        "ticket-http" => Place::Http,
        "tickets" => Place::Facade,
        "ticket-sandbox" => Place::Sandbox,
        "ticket-conformance" => Place::Conformance,
        "ticket-testkit" => Place::Testkit,
        "ticket-cli" => Place::Cli,
        _ if name.starts_with("ticket-") => Place::Provider,
        _ => Place::Unknown,
    }
}

/// Adds the files below `dir`, without version control and build output.
fn read_files(root: &Path, dir: &Path, files: &mut BTreeMap<String, String>) -> Result<()> {
    let skipped: BTreeSet<&str> = BTreeSet::from([".git", "target"]);
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let path = entry.path();
        let kind = entry.file_type()?;
        if kind.is_dir() {
            let name = entry.file_name();
            if !skipped.contains(name.to_string_lossy().as_ref()) {
                read_files(root, &path, files)?;
            }
        } else if kind.is_file() {
            let bytes = match std::fs::read(&path) {
                Ok(bytes) => bytes,
                // Somebody's temporary file.
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            files.insert(
                relative(root, &path),
                String::from_utf8_lossy(&bytes).into_owned(),
            );
        }
    }
    Ok(())
}

fn relative(root: &Path, path: &Path) -> String {
    let parts = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = parts.iter().map(|part| part.to_string_lossy()).collect();
    parts.join("/")
}
