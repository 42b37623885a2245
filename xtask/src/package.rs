//! `cargo xtask package`: each published crate as cargo would upload it, built from that alone.
//!
//! `cargo package` can build what it packs, but takes the crates that it needs from the registry, where a name
//! of ours may be a newer crate of somebody else's; and it leaves its sources among those of the registry. So
//! the packages are unpacked here, below the build output, and find each other there. That manifests say what
//! they have to, and in step, are the checks `metadata` and `versions`.

use std::path::{Path, PathBuf};

use crate::run::{self, Cargo};
use crate::workspace::{Crate, Workspace};
use crate::{Result, Verdict};

/// Packs, unpacks and builds them all.
pub(crate) fn command(ws: &Workspace, arguments: &[String]) -> Result<Verdict> {
    if !arguments.is_empty() {
        return Err("`package` takes no arguments".into());
    }
    let published: Vec<&Crate> = ws
        .crates
        .iter()
        .filter(|krate| krate.is_published())
        .collect();
    let list = |prefix: &str| -> String {
        let names = published
            .iter()
            .map(|krate| format!(" {prefix}{}", krate.name));
        names.collect()
    };
    // What is not committed yet is looked at as well.
    let pack = "package --locked --offline --quiet --no-verify --allow-dirty";
    if !Cargo::new(&format!("{pack}{}", list("-p "))).run(ws) {
        println!(
            "mend: what a published crate depends on has a `version`, and is published too where it is ours"
        );
        return Ok(Verdict::Faulty);
    }
    let manifest = unpack(ws, &published)?;
    let features = Workspace::features(published.iter().copied());
    let check = format!("check --offline --quiet --workspace {features} --manifest-path");
    if Cargo::new(&check).and(manifest).run(ws) {
        return Ok(Verdict::Clean);
    }
    println!(
        "mend: what a crate needs has to be in its folder, and not ignored by git or by `exclude`"
    );
    Ok(Verdict::Faulty)
}

/// Makes a workspace of the packages in which they find each other; gives its manifest.
fn unpack(ws: &Workspace, published: &[&Crate]) -> Result<PathBuf> {
    let packages = run::target(ws).join("package");
    let folder = packages.join("unpacked");
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    for krate in published {
        let archive = packages.join(format!("{}.crate", file_name(krate)));
        let (archive, into) = (archive.to_string_lossy(), folder.to_string_lossy());
        // With the time of now: packages are dated alike, and cargo would take what it built from the last ones.
        run::output(ws, "tar", &["-xzmf", &archive, "-C", &into])?;
        find_each_other(&folder.join(file_name(krate)).join("Cargo.toml"), published)?;
    }
    let path = folder.join("Cargo.toml");
    std::fs::write(&path, "[workspace]\nresolver = \"3\"\nmembers = [\"*\"]\n")?;
    // The versions that everything else was built with.
    std::fs::copy(ws.root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    Ok(path)
}

fn file_name(krate: &Crate) -> String {
    format!("{}-{}", krate.name, krate.version)
}

/// Gives the folder to each dependency on another package. cargo writes each as a section of its own.
fn find_each_other(manifest: &Path, published: &[&Crate]) -> Result<()> {
    let mut text = std::fs::read_to_string(manifest)?;
    for krate in published {
        let section = format!("dependencies.{}]\n", krate.name);
        let with_path = format!("{section}path = \"../{}\"\n", file_name(krate));
        text = text.replace(&section, &with_path);
    }
    std::fs::write(manifest, text)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Specimen;

    fn verdict(specimen: &Specimen) -> Verdict {
        command(&specimen.load_locked(), &[]).unwrap()
    }

    #[test]
    fn the_specimen_can_be_packed() {
        assert_eq!(verdict(&Specimen::new()), Verdict::Clean);
    }

    #[test]
    fn a_file_from_outside_the_package_is_found() {
        let specimen = Specimen::new();
        specimen.append(
            "crates/ticket-core/src/lib.rs",
            "/// Text.\npub const TEXT: &str = include_str!(\"../../../README.md\");\n",
        );
        assert_eq!(verdict(&specimen), Verdict::Faulty);
    }

    #[test]
    fn what_was_built_from_older_packages_is_not_taken_for_these() {
        let specimen = Specimen::new();
        assert_eq!(verdict(&specimen), Verdict::Clean);
        specimen.append("crates/ticket-core/src/lib.rs", "broken\n");
        assert_eq!(verdict(&specimen), Verdict::Faulty);
    }

    #[test]
    fn a_file_that_is_left_out_is_found() {
        let specimen = Specimen::new();
        specimen.replace(
            "crates/ticket-acme/Cargo.toml",
            "[package]",
            "[package]\nexclude = [\"src/wire.rs\"]",
        );
        assert_eq!(verdict(&specimen), Verdict::Faulty);
    }

    #[test]
    fn a_dependency_without_a_version_is_found() {
        let specimen = Specimen::new();
        specimen.replace(
            "Cargo.toml",
            "\"crates/ticket-http\", version = \"0.1.0\"",
            "\"crates/ticket-http\"",
        );
        assert_eq!(verdict(&specimen), Verdict::Faulty);
    }
}
