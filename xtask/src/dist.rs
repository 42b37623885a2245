//! `cargo xtask dist`: the command `tickets` as people install it, in `target/dist`: an archive with the binary, man pages,
//! completions and licences, and its digest beside it.
//!
//! The same commit, compiler and platform give the same bytes: no path of this machine is in the binary, and the archive
//! has sorted entries, the time of the commit and no owner.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use flate2::{Compression, GzBuilder};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use tar::{Builder, Header};

use crate::verdict::{Result, Verdict};
use crate::workspace::Workspace;

/// The files of the archive, by path below its folder, and whether each one is a program.
type Files = BTreeMap<String, (Vec<u8>, bool)>;

/// The completions, by shell, under the names that the shells look for.
const COMPLETIONS: [(&str, &str); 3] = [
    ("bash", "completions/bash/tickets"),
    ("zsh", "completions/zsh/_tickets"),
    ("fish", "completions/fish/tickets.fish"),
];

/// Builds the command, packs it, and prints where the archive is.
pub(crate) fn command(ws: &Workspace, arguments: &[String]) -> Result<Verdict> {
    let target = match arguments {
        [] => host()?,
        [option, target] if option == "--target" => target.clone(),
        _ => return Err("`dist` takes `--target TRIPLE` or nothing".into()),
    };
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
    let mut cargo = cargo();
    cargo.args([
        "build",
        "--locked",
        "--release",
        "--package",
        "ticket-cli",
        "--target",
        target,
    ]);
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
    let licences = licences(ws, target)?;
    files.insert(
        "LICENSES-OF-DEPENDENCIES.txt".to_owned(),
        (licences.into_bytes(), false),
    );
    Ok(files)
}

/// The licences of the crates that the binary is built of, each text once.
fn licences(ws: &Workspace, target: &str) -> Result<String> {
    let tree =
        "tree --locked --package ticket-cli --edges normal --prefix none --format {p} --target";
    let mut cargo = cargo();
    let tree = output(
        cargo
            .args(tree.split(' '))
            .arg(target)
            .current_dir(&ws.root),
    )?;
    let tree = String::from_utf8(tree)?;
    let used: BTreeSet<(&str, &str)> = tree
        .lines()
        .filter_map(|line| line.split_once(" v"))
        .collect();
    let used: BTreeSet<(&str, &str)> = used
        .into_iter()
        .map(|(name, rest)| (name, rest.split(' ').next().unwrap_or(rest)))
        .collect();
    let metadata = ["metadata", "--locked", "--format-version", "1"];
    let mut cargo = self::cargo();
    let metadata = output(cargo.args(metadata).current_dir(&ws.root))?;
    let metadata: Value = serde_json::from_slice(&metadata)?;
    let packages = metadata.get("packages").and_then(Value::as_array);
    let packages = packages.ok_or("cargo tells no packages")?;
    let mut texts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut list = String::from("The program is built of these crates:\n\n");
    for package in packages {
        let text = |key| package.get(key).and_then(Value::as_str).unwrap_or_default();
        let (name, version) = (text("name"), text("version"));
        // Ours have no source.
        if !used.contains(&(name, version)) || text("source").is_empty() {
            continue;
        }
        let _ = writeln!(list, "{name} {version}: {}", text("license"));
        let folder = Path::new(text("manifest_path"))
            .parent()
            .unwrap_or(Path::new(""));
        for file in fs::read_dir(folder)? {
            let file = file?;
            let upper = file.file_name().to_string_lossy().to_uppercase();
            let is_licence = ["LICENSE", "LICENCE", "COPYING", "NOTICE", "UNLICENSE"];
            if file.path().is_file() && is_licence.iter().any(|name| upper.starts_with(name)) {
                let licence = String::from_utf8_lossy(&fs::read(file.path())?).into_owned();
                texts
                    .entry(licence)
                    .or_default()
                    .insert(format!("{name} {version}"));
            }
        }
    }
    for (licence, crates) in texts {
        let crates: Vec<_> = crates.into_iter().collect();
        let _ = write!(
            list,
            "\n{}\n{}\n\n{licence}\n",
            "-".repeat(80),
            crates.join(", ")
        );
    }
    Ok(list)
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
    let mut git = Command::new("git");
    let time = output(
        git.args(["log", "-1", "--format=%ct"])
            .current_dir(&ws.root),
    );
    let time = time
        .ok()
        .and_then(|time| String::from_utf8(time).ok()?.trim().parse().ok());
    time.unwrap_or(315_532_800)
}

/// The platform of the compiler.
fn host() -> Result<String> {
    let version = String::from_utf8(output(Command::new("rustc").arg("-vV"))?)?;
    let host = version.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.ok_or("rustc does not tell its host")?.to_owned())
}

fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
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
    fn same_files_give_the_same_bytes_and_others_do_not() {
        let pack = |files: &Files| pack("tickets-1", files, 0).unwrap();
        let first = pack(&files());
        assert_eq!(first, pack(&files()));
        let mut other = files();
        other.insert("x".to_owned(), (Vec::new(), false));
        assert_ne!(first, pack(&other));
        assert_ne!(digest(&first, "a"), digest(&pack(&other), "a"));
    }

    #[test]
    fn licences_name_each_crate_of_the_command_and_none_of_its_tests() {
        let ws = crate::workspace::load(&crate::workspace::root()).unwrap();
        let licences = licences(&ws, "x86_64-unknown-linux-gnu").unwrap();
        for name in ["\nclap ", "\nrusqlite ", "\nrustls "] {
            assert!(licences.contains(name), "{name}");
        }
        for name in ["\nexpect-test ", "\nticket-core ", "\nboon "] {
            assert!(!licences.contains(name), "{name}");
        }
        assert!(licences.contains("Permission is hereby granted"));
    }
}
