//! `cargo xtask new-provider NAME`: creates a provider crate that compiles and is wired everywhere. The failing cases
//! of the conformance suite show what is left to do.
//!
//! The crate is a copy of `templates/provider/`, a provider named Acme, with the name replaced. All texts are
//! prepared before the first is written, so an error changes nothing. Edits of existing files are in
//! `new_provider/edit.rs`.

mod edit;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::workspace::{self, Role, Workspace};
use crate::{Result, Verdict, api, run, tables};

/// Paths in the crate and the template of each.
macro_rules! templates {
    ($($path:literal)*) => { &[$(($path, include_str!(concat!("../templates/provider/", $path)))),*] };
}

/// The files of the crate, both inside and outside this repository.
const FILES: &[(&str, &str)] = templates! {
    "README.md"
    "src/lib.rs"
    "src/client.rs"
    "src/config.rs"
    "src/error.rs"
    "src/info.rs"
    "src/mapping.rs"
    "src/provider.rs"
    "src/wire.rs"
    "tests/conformance.rs"
    "tests/contract.rs"
    "tests/contract/get-ok.json"
    "tests/live.rs"
};

/// What a crate outside this repository has in addition: in place of the checks, the registry and the workspace here.
const FILES_OUTSIDE: &[(&str, &str)] = templates! {
    "tests/marks.rs"
    "tests/registry.rs"
};

const MANIFEST: &str = include_str!("../templates/provider/Cargo.toml");
const MANIFEST_OUTSIDE: &str = include_str!("../templates/provider/Cargo.outside.toml");
const SANDBOX: &str = include_str!("../templates/provider/sandbox.rs");
const API: &str = include_str!("../templates/provider/api.txt");

/// Names that already have another meaning in Rust, in the facade or among the crates.
const RESERVED: &str = "\
    abstract account acme alloc as async await become box break const continue core crate default do dyn \
    else enum everywhere extern false final fn for gen if impl in let loop macro match mod move mut \
    override priv pub ref reference registry return self static std struct super test ticket tickets \
    trait true try type typeof unsafe unsized use vendor virtual where while wire yield";

/// Creates the crate here, or in this folder outside the repository.
pub(crate) fn command(ws: &Workspace, name: &str, path: Option<&Path>) -> Result<Verdict> {
    match path {
        None => inside(ws, &Name::new(ws, name, &[])?),
        // Outside, the name of an example is allowed.
        Some(dir) => outside(ws, &Name::new(ws, name, &[Role::Example])?, dir),
    }
}

fn inside(ws: &Workspace, name: &Name) -> Result<Verdict> {
    let krate = name.krate();
    write(&ws.root, &edits(ws, name)?)?;
    let format = format!("cargo fmt -p {krate} -p tickets -p ticket-sandbox");
    // Updates the lock file before commands that use `--locked`.
    let prepared = [format.as_str(), "cargo update --workspace --offline"]
        .into_iter()
        .all(|line| run::succeeds(ws, line, None));
    let ws = workspace::load(&ws.root)?;
    let generated = prepared
        && tables::compare(&ws, true) == Verdict::Clean
        && api::compare(&ws, true) != Verdict::Faulty;
    println!("\ncrates/{krate} is there and wired. Next:");
    if !generated {
        println!(
            "  cargo fmt --all; cargo update --workspace; cargo xtask tables --write; cargo xtask api --write"
        );
    }
    println!(
        "  cargo xtask check              what must hold across crates, and what is left of the guess\n  \
         cargo test -p {krate} --no-fail-fast    red cases say what is still to do\n\
         CONTRIBUTING.md leads on from here."
    );
    Ok(if generated {
        Verdict::Clean
    } else {
        Verdict::Faulty
    })
}

fn outside(ws: &Workspace, name: &Name, dir: &Path) -> Result<Verdict> {
    let absolute = std::path::absolute(dir)?;
    let (beside, last) = (absolute.parent(), absolute.file_name());
    let (Some(beside), Some(last)) = (beside, last) else {
        return Err("`--path` names the folder of the crate".into());
    };
    let root = beside.canonicalize()?.join(last);
    if root.starts_with(ws.root.canonicalize()?) {
        return Err("`--path` is for a crate outside this repository".into());
    }
    let is_empty = std::fs::read_dir(&root).map_or(true, |mut entries| entries.next().is_none());
    if !is_empty {
        return Err(format!("{} is there and not empty", root.display()).into());
    }
    let checkout = ws.root.display().to_string().replace('\\', "/");
    let manifest = name.in_place(MANIFEST_OUTSIDE);
    let manifest = manifest.replace("VERSION", edit::version(ws)?);
    let manifest = manifest.replace("CHECKOUT", &checkout);
    let mut files = files(name, &[FILES, FILES_OUTSIDE].concat(), "");
    files.insert("Cargo.toml".to_owned(), manifest);
    files.insert(".gitignore".to_owned(), "/target\n".to_owned());
    write(&root, &files)?;
    println!(
        "{} is there. Next, in it:\n  cargo fmt\n  \
         cargo test --no-fail-fast     red cases say what is still to do, tests/marks.rs what is left of the guess\n\
         Of the steps in {checkout}/CONTRIBUTING.md, 2 to 5 hold for this crate, with `cargo test` in place of\n\
         `cargo test -p`; 1 is done, and of 6 only README.md is left. ticket-core and its sisters are taken from\n\
         {checkout}. An application adds the provider as tests/registry.rs does.",
        root.display(),
    );
    Ok(Verdict::Clean)
}

/// A vendor's name that is valid for a crate.
#[derive(Debug)]
struct Name(String);

impl Name {
    /// Refuses an invalid or taken name. Crates with the roles in `beside` do not count as taken.
    fn new(ws: &Workspace, name: &str, beside: &[Role]) -> Result<Self> {
        let is_plain = name.starts_with(|c: char| c.is_ascii_lowercase())
            && name
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
        if !is_plain || name.len() > 40 {
            return Err(format!(
                "`{name}` is no name for a provider: at most 40 lower-case letters and digits, a letter first"
            )
            .into());
        }
        let krate = format!("ticket-{name}");
        let mut known = ws.crates.iter();
        let known = known.find(|known| known.name == krate && !beside.contains(&known.role));
        let folder = known.map_or_else(|| format!("crates/{krate}"), |known| known.dir.clone());
        if known.is_some() || ws.root.join(&folder).exists() {
            return Err(format!("there is a crate `{krate}` already, in {folder}").into());
        }
        let facade = ws.crate_of(Role::Facade);
        let is_feature = facade.is_some_and(|facade| facade.features.contains_key(name));
        if RESERVED.split(' ').any(|word| word == name) || is_feature {
            return Err(format!("`{name}` means something else here; choose another name").into());
        }
        Ok(Self(name.to_owned()))
    }

    fn krate(&self) -> String {
        format!("ticket-{}", self.0)
    }

    /// As a type name: the first letter in upper case.
    fn title(&self) -> String {
        let (first, rest) = self.0.split_at(1);
        format!("{}{rest}", first.to_ascii_uppercase())
    }

    /// A template with the name in place of Acme.
    fn in_place(&self, template: &str) -> String {
        template
            .replace("acme", &self.0)
            .replace("Acme", &self.title())
            .replace("ACME", &self.0.to_ascii_uppercase())
    }
}

/// The templates in place, below `folder`.
fn files(name: &Name, files: &[(&str, &str)], folder: &str) -> BTreeMap<String, String> {
    let files = files.iter();
    files
        .map(|(path, text)| (format!("{folder}{path}"), name.in_place(text)))
        .collect()
}

/// Every file that is written for a provider of this workspace, with its complete new text.
fn edits(ws: &Workspace, name: &Name) -> Result<BTreeMap<String, String>> {
    let krate = name.krate();
    let mut edits = files(name, FILES, &format!("crates/{krate}/"));
    edits.insert(
        format!("crates/{krate}/Cargo.toml"),
        name.in_place(MANIFEST),
    );
    edits.insert(format!("api/{krate}.txt"), name.in_place(API));
    let (list, module) = edit::sandbox(ws, name)?;
    edits.insert(module, name.in_place(SANDBOX));
    for (path, text) in [
        edit::root_manifest(ws, name)?,
        edit::facade_manifest(ws, name)?,
        list,
        edit::readme(ws, name)?,
        edit::changelog(ws, name)?,
        edit::rules(ws, name)?,
    ] {
        edits.insert(path, text);
    }
    edit::facade_sources(ws, &mut edits, name)?;
    Ok(edits)
}

fn write(root: &Path, files: &BTreeMap<String, String>) -> Result<()> {
    for (path, text) in files {
        let path: PathBuf = root.join(path);
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        std::fs::write(&path, text).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("wrote {}", path.display());
    }
    Ok(())
}
