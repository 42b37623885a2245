//! `cargo xtask api`: each library's public API as a text under `api/`, which people review.
//!
//! The text is made from rustdoc's JSON, an unstable format that changes with the compiler: where the
//! compiler writes another than the reader knows, nothing is compared, and this is said. Whether an item
//! may name another crate's types is decided by the check `foreign`, from the same texts.

use std::collections::{BTreeMap, BTreeSet};

use crate::run::{self, Cargo};
use crate::workspace::{Crate, Workspace};
use crate::{Result, Verdict};

/// The format that the pinned `public-api` reads, and the release of Rust that writes it.
pub(crate) const FORMAT: (u32, &str) = (57, "1.95");

/// Set for the program that stands in for rustdoc.
pub(crate) const RUSTDOC: &str = "XTASK_RUSTDOC";

/// Where a library's text is kept.
pub(crate) fn path(krate: &Crate) -> String {
    format!("api/{}.txt", krate.name)
}

/// Compares the texts with the code, or writes them.
pub(crate) fn command(ws: &Workspace, arguments: &[String]) -> Result<Verdict> {
    let write = match arguments {
        [] => false,
        [option] if option == "--write" => true,
        _ => return Err("`api` takes `--write` or nothing".into()),
    };
    let mut texts = BTreeMap::new();
    for krate in ws.libraries() {
        match text(ws, krate)? {
            Some(text) => texts.insert(path(krate), text),
            None => return Ok(Verdict::Skipped),
        };
    }
    let findings = compare(ws, &texts);
    if findings.is_empty() {
        println!("{} libraries are as reviewed", texts.len());
        return Ok(Verdict::Clean);
    }
    for finding in findings {
        println!("{finding}");
    }
    if write {
        std::fs::create_dir_all(ws.root.join("api"))?;
        for (path, text) in texts {
            std::fs::write(ws.root.join(path), text)?;
        }
        println!(
            "written; read the difference, and give what users will notice a line in CHANGELOG.md"
        );
        return Ok(Verdict::Clean);
    }
    println!(
        "mend: if this is meant, `cargo xtask api --write`, read the difference, and write a line in \
         CHANGELOG.md: **breaking:** where something goes or changes"
    );
    Ok(Verdict::Faulty)
}

/// The API as the code has it; none where the compiler's format is not the reader's.
fn text(ws: &Workspace, krate: &Crate) -> Result<Option<String>> {
    let name = &krate.name;
    let features = krate.usual_features();
    // Lints are the business of other steps, and without the mock a link to it leads nowhere.
    let rustdoc = Cargo::new(&format!(
        "rustdoc --locked --quiet -p {name} --lib {features} -- --cap-lints allow \
         -Z unstable-options --output-format json"
    ));
    // As rustdoc, this very program lets rustdoc alone think that it is a nightly one: where cargo thought so
    // too, the build scripts of dependencies would run again, and half of them be built again.
    let real = std::env::var("RUSTDOC").unwrap_or_else(|_| "rustdoc".into());
    // By the name it was started with: in the course of `ci` cargo puts a newer one there.
    let this = std::env::args_os().next().unwrap_or_default();
    let this = std::path::absolute(this)?.to_string_lossy().into_owned();
    if !rustdoc.with("RUSTDOC", this).with(RUSTDOC, real).run(ws) {
        return Err(format!("rustdoc failed for `{name}`").into());
    }
    let json = run::target(ws).join(format!("doc/{}.json", krate.ident()));
    let found = format_version(&std::fs::read_to_string(&json)?);
    let (format, rust) = FORMAT;
    if found != Some(format) {
        println!(
            "skipped: this rustdoc writes format {}, and the reader knows {format}, that of Rust {rust}: \
             `rustup toolchain install {rust}`, then `cargo +{rust} xtask api`",
            found.map_or("unknown".into(), |found| found.to_string())
        );
        return Ok(None);
    }
    let text = json.with_extension("txt");
    let reader = "run --locked --quiet --package xtask --features api --bin api-text --";
    if !Cargo::new(reader).and(&json).and(&text).run(ws) {
        return Err(format!("the API of `{name}` cannot be read").into());
    }
    Ok(Some(std::fs::read_to_string(&text)?))
}

/// Rustdoc writes the version of its format last.
fn format_version(json: &str) -> Option<u32> {
    let (_, rest) = json.rsplit_once("\"format_version\":")?;
    let digits: String = rest
        .trim_start()
        .chars()
        .take_while(char::is_ascii_digit)
        .collect();
    digits.parse().ok()
}

/// What differs between the reviewed texts and the code's, by file.
fn compare(ws: &Workspace, texts: &BTreeMap<String, String>) -> Vec<String> {
    let mut findings = Vec::new();
    for (path, text) in texts {
        match ws.files.get(path) {
            None => findings.push(format!("{path} is missing")),
            Some(reviewed) if reviewed != text => {
                findings.push(format!("{path} is not what the code has:"));
                findings.extend(difference(reviewed, text));
            }
            Some(_) => {}
        }
    }
    let kept = ws.files.keys().filter(|path| path.starts_with("api/"));
    findings.extend(
        kept.filter(|path| !texts.contains_key(*path))
            .map(|path| format!("{path} belongs to no library; remove it")),
    );
    findings
}

fn difference(reviewed: &str, text: &str) -> Vec<String> {
    let (before, after): (BTreeSet<_>, BTreeSet<_>) =
        (reviewed.lines().collect(), text.lines().collect());
    let gone = before.difference(&after).map(|line| format!("  - {line}"));
    let new = after.difference(&before).map(|line| format!("  + {line}"));
    let lines: Vec<_> = gone.chain(new).collect();
    if lines.is_empty() {
        return vec!["  the order of lines alone".into()];
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Specimen;

    const PATH: &str = "api/ticket-acme.txt";

    /// What is found where the code of the specimen's libraries has these texts.
    fn found(
        specimen: &Specimen,
        change: impl FnOnce(&mut BTreeMap<String, String>),
    ) -> Vec<String> {
        let mut texts: BTreeMap<_, _> = Specimen::new()
            .load()
            .files
            .into_iter()
            .filter(|(path, _)| path.starts_with("api/"))
            .collect();
        change(&mut texts);
        compare(&specimen.load(), &texts)
    }

    #[test]
    fn reviewed_texts_pass() {
        let specimen = Specimen::new();
        assert_eq!(
            found(&specimen, |texts| assert_eq!(texts.len(), 5)),
            [""; 0]
        );
        assert_eq!(specimen.load().libraries().count(), 5);
    }

    #[test]
    fn an_item_that_nobody_reviewed_is_found_and_one_that_went_too() {
        let specimen = Specimen::new();
        let changed = found(&specimen, |texts| {
            let text = texts.get_mut(PATH).unwrap();
            *text = text.replace("NAME: &str", "TITLE: &str");
        });
        assert_eq!(
            changed,
            [
                "api/ticket-acme.txt is not what the code has:",
                "  - pub const ticket_acme::NAME: &str",
                "  + pub const ticket_acme::TITLE: &str",
            ]
        );
    }

    #[test]
    fn a_library_without_a_text_and_a_text_without_a_library_are_found() {
        let specimen = Specimen::new();
        specimen.remove(PATH);
        specimen.write("api/ticket-gone.txt", "");
        assert_eq!(
            found(&specimen, |_| {}),
            [
                "api/ticket-acme.txt is missing",
                "api/ticket-gone.txt belongs to no library; remove it",
            ]
        );
    }

    #[test]
    fn the_format_is_read_from_the_end_of_the_json() {
        assert_eq!(
            format_version(r#"{"docs":"\"format_version\":1","format_version":57}"#),
            Some(57)
        );
        assert_eq!(format_version("{}"), None);
    }

    #[test]
    fn wrong_use_is_said() {
        let error = command(&Specimen::new().load(), &["write".into()]).unwrap_err();
        assert_eq!(error.to_string(), "`api` takes `--write` or nothing");
    }
}
