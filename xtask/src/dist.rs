//! `cargo xtask dist`: the command `tickets` as people install it, in `target/dist`: an archive with the binary, man pages,
//! completions and licences, and its digest beside it.
//!
//! The same commit, compiler and platform give the same bytes: no path of this machine is in the binary, and the archive
//! has sorted entries, the time of the commit and no owner.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::{Compression, GzBuilder};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tar::{Builder, Header};

use crate::run;
use crate::verdict::{Result, Verdict};
use crate::workspace::Workspace;

/// The files of the archive, by path below its folder, and whether each one is a program.
type Files = BTreeMap<String, (Vec<u8>, bool)>;

/// The features of the command as people install it. Whoever downloads a binary cannot add one: agents need `mcp`, workers of a
/// fleet `postgres`, and those who watch them `prometheus`.
const FEATURES: &str = "mcp,postgres,prometheus";

/// The completions, by shell, under the names that the shells look for.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "completions/bash/tickets"),
    ("zsh", "completions/zsh/_tickets"),
    ("fish", "completions/fish/tickets.fish"),
];

/// Builds the command, packs it, and prints where the archive is.
pub(crate) fn command(ws: &Workspace, target: Option<&str>) -> Result<Verdict> {
    let target = target.map_or_else(host, |target| Ok(target.to_owned()))?;
    let binary = build(ws, &target)?;
    let version = ws.crates.iter().find(|krate| krate.name == "ticket-cli");
    let version = version
        .ok_or("there is no crate ticket-cli")?
        .version
        .clone();
    let files = files(ws, &binary, &target)?;
    let name = format!("tickets-{version}-{target}");
    let archive = pack(&name, &files, time_of_commit(ws))?;
    let to = ws.root.join("target").join("dist");
    fs::create_dir_all(&to)?;
    let path = to.join(format!("{name}.tar.gz"));
    fs::write(&path, &archive)?;
    fs::write(
        to.join(format!("{name}.tar.gz.sha256")),
        digest(&archive, &name),
    )?;
    println!("{} ({} bytes)", path.display(), archive.len());
    Ok(Verdict::Clean)
}

/// Builds the command, and returns the path of the binary.
fn build(ws: &Workspace, target: &str) -> Result<PathBuf> {
    let variable = |name| std::env::var_os(name).map(PathBuf::from);
    let home = variable("HOME").or_else(|| variable("USERPROFILE"));
    let home = variable("CARGO_HOME").or_else(|| Some(home?.join(".cargo")));
    let mut flags = vec![format!(
        "--remap-path-prefix={}=/tickets",
        ws.root.display()
    )];
    flags.extend(home.map(|home| format!("--remap-path-prefix={}=/cargo", home.display())));
    let folder = ws.root.join("target").join("dist-build");
    let line = format!(
        "cargo build --locked --release --package ticket-cli --features {FEATURES} --target {target}"
    );
    let mut cargo = run::command(&line);
    // Not `RUSTFLAGS`, in which a path with a blank would be two.
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"));
    cargo.env("CARGO_TARGET_DIR", &folder).current_dir(&ws.root);
    if !cargo.status()?.success() {
        return Err("the command cannot be built".into());
    }
    let name = if target.contains("windows") {
        "tickets.exe"
    } else {
        "tickets"
    };
    Ok(folder.join(target).join("release").join(name))
}

/// Everything that is packed. Man pages and completions are the binary's own.
fn files(ws: &Workspace, binary: &Path, target: &str) -> Result<Files> {
    let mut files = Files::new();
    let name = binary.file_name().unwrap_or_default().to_string_lossy();
    files.insert(name.into_owned(), (fs::read(binary)?, true));
    for name in ["CHANGELOG.md", "LICENSE-APACHE", "LICENSE-MIT", "README.md"] {
        files.insert(name.to_owned(), (fs::read(ws.root.join(name))?, false));
    }
    let schemas = ws.root.join("crates/ticket-cli/schemas.json");
    files.insert("schemas.json".to_owned(), (fs::read(schemas)?, false));
    for (shell, path) in COMPLETIONS {
        let script = output(Command::new(binary).args(["completions", shell]))?;
        files.insert(path.to_owned(), (script, false));
    }
    let pages = tempfile::tempdir()?;
    output(Command::new(binary).args([OsStr::new("man"), "--to".as_ref(), pages.path().as_ref()]))?;
    for page in fs::read_dir(pages.path())? {
        let page = page?;
        let path = format!("man/man1/{}", page.file_name().to_string_lossy());
        files.insert(path, (fs::read(page.path())?, false));
    }
    files.append(&mut licences(ws, target)?);
    Ok(files)
}

/// The crates from outside that the binary is built of, with their licences, and the texts of these.
fn licences(ws: &Workspace, target: &str) -> Result<Files> {
    let of_cargo = |line: &str| output(run::command(line).current_dir(&ws.root));
    let tree = format!(
        "cargo tree --locked --package ticket-cli --features {FEATURES} --edges normal --prefix none --no-dedupe --format {{p}}|{{l}} --target {target}"
    );
    let tree = String::from_utf8(of_cargo(&tree)?)?;
    let crates = tree.lines().filter_map(|line| {
        let (package, licence) = line.split_once('|')?;
        let mut words = package.split(' ');
        let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
        Some((format!("{name}-{version}"), licence))
    });
    let crates: BTreeMap<String, &str> = crates.collect();
    let metadata: Value =
        serde_json::from_slice(&of_cargo("cargo metadata --locked --format-version 1")?)?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    let mut files = Files::new();
    let mut list = String::new();
    for package in packages.ok_or("cargo tells no packages")? {
        let manifest = package.get("manifest_path").and_then(Value::as_str);
        let folder = manifest.and_then(|manifest| Path::new(manifest).parent());
        let folder = folder.ok_or("cargo tells a package without a place")?;
        // The registry's folders are named like this, and ours are not.
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let Some(licence) = crates.get(&*name) else {
            continue;
        };
        let _ = writeln!(list, "{name}: {licence}");
        for file in fs::read_dir(folder)? {
            let file = file?;
            let file_name = file.file_name().to_string_lossy().into_owned();
            let begin = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"];
            let upper = file_name.to_uppercase();
            if file.path().is_file() && begin.iter().any(|begin| upper.starts_with(begin)) {
                let path = format!("licenses/{name}/{file_name}");
                files.insert(path, (fs::read(file.path())?, false));
            }
        }
    }
    files.insert("licenses/CRATES.txt".to_owned(), (list.into_bytes(), false));
    Ok(files)
}

/// The archive: below one folder, in order, and with nothing of this machine.
fn pack(folder: &str, files: &Files, time: u64) -> Result<Vec<u8>> {
    // Its header would tell a time and a system.
    let compressed = GzBuilder::new().mtime(0).operating_system(255);
    let mut archive = Builder::new(compressed.write(Vec::new(), Compression::best()));
    for (path, (content, is_program)) in files {
        let mut header = Header::new_ustar();
        header.set_size(u64::try_from(content.len())?);
        header.set_mode(if *is_program { 0o755 } else { 0o644 });
        header.set_mtime(time);
        header.set_uid(0);
        header.set_gid(0);
        archive.append_data(&mut header, format!("{folder}/{path}"), &**content)?;
    }
    Ok(archive.into_inner()?.finish()?)
}

/// The line that `sha256sum -c` reads.
fn digest(archive: &[u8], name: &str) -> String {
    let mut line = String::new();
    for byte in Sha256::digest(archive) {
        let _ = write!(line, "{byte:02x}");
    }
    line + &format!("  {name}.tar.gz\n")
}

/// The time of the last commit, in seconds since 1970; of a copy without a history, 1980.
fn time_of_commit(ws: &Workspace) -> u64 {
    let time = output(run::command("git log -1 --format=%ct").current_dir(&ws.root));
    let time = time
        .ok()
        .and_then(|time| String::from_utf8(time).ok()?.trim().parse().ok());
    time.unwrap_or(315_532_800)
}

/// The platform of the compiler.
fn host() -> Result<String> {
    let host = output(&mut run::command("rustc --print host-tuple"))?;
    Ok(String::from_utf8(host)?.trim().to_owned())
}

/// What a program prints, if it succeeds.
fn output(command: &mut Command) -> Result<Vec<u8>> {
    let output = command
        .output()
        .map_err(|error| format!("{command:?}: {error}"))?;
    if !output.status.success() {
        let error = String::from_utf8_lossy(&output.stderr);
        return Err(format!("{command:?}: {error}").into());
    }
    Ok(output.stdout)
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn files() -> Files {
        let file = |text: &str| (text.as_bytes().to_vec(), false);
        Files::from([
            ("tickets".to_owned(), (b"a program".to_vec(), true)),
            ("man/man1/tickets.1".to_owned(), file("a page")),
            ("README.md".to_owned(), file("a text")),
        ])
    }

    #[test]
    fn archive_has_sorted_entries_with_the_time_of_the_commit_and_no_owner() {
        let archive = pack("tickets-1", &files(), 1_764_000_000).unwrap();
        let mut archive = tar::Archive::new(flate2::read::GzDecoder::new(&archive[..]));
        let mut found = Vec::new();
        for entry in archive.entries().unwrap() {
            let mut entry = entry.unwrap();
            let header = entry.header();
            assert_eq!(header.mtime().unwrap(), 1_764_000_000);
            assert_eq!((header.uid().unwrap(), header.gid().unwrap()), (0, 0));
            let mode = header.mode().unwrap();
            let path = entry.path().unwrap().display().to_string();
            let mut text = String::new();
            entry.read_to_string(&mut text).unwrap();
            found.push((path, mode, text));
        }
        let expected = [
            ("tickets-1/README.md", 0o644, "a text"),
            ("tickets-1/man/man1/tickets.1", 0o644, "a page"),
            ("tickets-1/tickets", 0o755, "a program"),
        ];
        let expected = expected.map(|(path, mode, text)| (path.to_owned(), mode, text.to_owned()));
        assert_eq!(found, expected);
    }

    #[test]
    fn licences_name_each_crate_of_the_command_and_none_of_its_tests() {
        let ws = crate::workspace::load(&crate::workspace::root()).unwrap();
        let licences = licences(&ws, "x86_64-unknown-linux-gnu").unwrap();
        let list = String::from_utf8(licences["licenses/CRATES.txt"].0.clone()).unwrap();
        for name in ["clap-", "rusqlite-", "rustls-"] {
            let begins = |line: &str| line.starts_with(name) && line.contains("MIT");
            assert!(list.lines().any(begins), "{name}");
            let texts = format!("licenses/{name}");
            assert!(licences.keys().any(|path| path.starts_with(&texts)));
        }
        for name in ["expect-test-", "ticket-core-", "boon-"] {
            assert!(!list.contains(name), "{name}");
        }
    }
}
