//! Every public item of a provider's client, an example's too, says where its facts come from.
//!
//! The convention: its docs name the vendor's page, as in "(page `delete-tickets`)"; or say that something
//! is inferred; or, for what has nothing to do with the vendor, "Sends nothing". The client itself says where
//! the pages are: "The pages named here are those of". Whether a page says so is for people to judge.

use super::Problem;
use crate::workspace::{Place, Workspace};

/// One of them is enough. A page is quoted like code.
const SOURCES: &[&str] = &[
    "page `",
    "pages `",
    "The pages named here are those of",
    "inferred",
    "Sends nothing",
];

/// What begins a public item; fields and methods of traits are parts of theirs.
const ITEMS: &[&str] = &[
    "pub fn ",
    "pub async fn ",
    "pub const ",
    "pub static ",
    "pub struct ",
    "pub enum ",
    "pub trait ",
    "pub type ",
];

/// Finds items without a source.
pub(super) fn check(ws: &Workspace) -> Vec<Problem> {
    let mut problems = Vec::new();
    let examples = ws.crates.iter();
    let examples = examples.filter(|krate| krate.place == Place::Example);
    for provider in ws.providers().chain(examples) {
        let (file, folder) = (provider.path("src/client.rs"), provider.path("src/client/"));
        for (path, text) in ws.rust_files(&provider.dir) {
            if path != file && !path.starts_with(&folder) {
                continue;
            }
            for (line, item) in without_source(text) {
                problems.push(Problem::new(
                    format!("{path}:{line}"),
                    format!("`{item}` does not say where it comes from"),
                    "name the vendor's page in its docs, as in (page `delete-tickets`); say \"inferred\" \
                     where no page says it; or \"Sends nothing\" where no vendor is involved",
                ));
            }
        }
    }
    problems
}

/// The line and the beginning of each.
fn without_source(text: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut docs = String::new();
    let mut in_attribute = false;
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if in_attribute || line.starts_with("#[") {
            in_attribute = !line.ends_with(']');
        } else if let Some(doc) = line.strip_prefix("///") {
            docs.push_str(doc);
        } else {
            let is_item = ITEMS.iter().any(|item| line.starts_with(item));
            if is_item && !SOURCES.iter().any(|source| docs.contains(source)) {
                let end = line
                    .find(['(', '{', '<', ':', '=', ';'])
                    .unwrap_or(line.len());
                let item = line.get(..end).unwrap_or(line).trim_end();
                found.push((number + 1, item.to_owned()));
            }
            docs.clear();
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::{EXAMPLE, Specimen};

    const CLIENT: &str = "crates/ticket-acme/src/client.rs";

    fn places(plant: &str) -> Vec<(String, String)> {
        let specimen = Specimen::new();
        specimen.append(CLIENT, plant);
        let found = check(&specimen.load()).into_iter();
        found.map(|problem| (problem.place, problem.what)).collect()
    }

    #[test]
    fn an_item_without_a_source_is_found() {
        for (item, name) in [
            ("pub async fn get(&self) {}", "pub async fn get"),
            ("pub fn make() -> Self {}", "pub fn make"),
            ("pub struct Acme;", "pub struct Acme"),
            ("pub type A<T> = B<T>;", "pub type A"),
            ("pub const LIMIT: u8 = 1;", "pub const LIMIT"),
        ] {
            let plant = format!("/// A\n/// b (`page`).\n#[derive(\n    Debug,\n)]\n{item}\n");
            let what = format!("`{name}` does not say where it comes from");
            assert_eq!(places(&plant), [(format!("{CLIENT}:7"), what)]);
        }
    }

    #[test]
    fn an_example_says_it_too() {
        let specimen = Specimen::with_example();
        let client = EXAMPLE.replace("Cargo.toml", "src/client.rs");
        specimen.append(&client, "pub fn a() {}\n");
        let found = check(&specimen.load());
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found[0].place, format!("{client}:2"));
    }

    #[test]
    fn a_source_is_not_inherited_from_the_item_above() {
        let plant = "/// A (page `a`).\npub fn a() {}\n\npub fn b() {}\n";
        let what = "`pub fn b` does not say where it comes from";
        assert_eq!(places(plant), [(format!("{CLIENT}:5"), what.to_owned())]);
    }

    #[test]
    fn a_page_a_guess_or_nothing_sent_is_a_source() {
        for doc in [
            "/// `GET /a` (page\n/// `tickets`).",
            "/// The path is inferred.",
            "/// A client. Sends nothing.",
        ] {
            assert_eq!(
                places(&format!("{doc}\n#[must_use]\npub fn a() {{}}\n")),
                []
            );
        }
        assert_eq!(places("pub(crate) fn a() {}\nfn b() {}\n"), []);
    }

    #[test]
    fn a_client_in_several_files_is_read_whole() {
        let specimen = Specimen::new();
        specimen.write("crates/ticket-acme/src/client/calls.rs", "pub fn a() {}\n");
        assert_eq!(check(&specimen.load()).len(), 1);
    }
}
