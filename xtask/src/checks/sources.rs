//! Every public item of a provider's client, including the example's, names the source of its facts, and nothing is
//! left of the guess that a new crate comes with.
//!
//! Its documentation names the vendor's page, as in "(page `delete-tickets`)", says "observed" of a real server,
//! "inferred", or, if it does not involve the vendor, "Sends nothing". The client itself says where the pages are: "The
//! pages named here are those of". Reviewers check whether the page says so.

use crate::workspace::{RULES, Role, Workspace};

/// What `new-provider` writes wherever its guess has to be held against the vendor's pages.
const MARK: &str = "To be done";

/// One of these is enough.
const SOURCES: &[&str] = &[
    "page `",
    "pages `",
    "The pages named here are those of",
    "observed",
    "inferred",
    "Sends nothing",
];

/// The beginnings of public items. Fields and trait methods belong to their item.
const ITEMS: &str =
    "pub fn |pub async fn |pub const |pub static |pub struct |pub enum |pub trait |pub type ";

/// Finds items without a source, and marks.
pub(super) fn check(ws: &Workspace) -> Vec<String> {
    let mut problems = Vec::new();
    let is_vendor_crate = |role| [Role::Provider, Role::Example].contains(&role);
    for provider in ws.crates.iter().filter(|krate| is_vendor_crate(krate.role)) {
        let (file, folder) = (provider.path("src/client.rs"), provider.path("src/client/"));
        for (path, text) in ws.rust_files(&provider.dir) {
            if path == file || path.starts_with(&folder) {
                let items = without_source(text).into_iter();
                problems.extend(items.map(|(line, item)| {
                    format!(
                        "{path}:{line}: `{item}` does not say where it comes from; name the vendor's page, as in \
                         (page `delete-tickets`), or say \"observed\", \"inferred\" or \"Sends nothing\""
                    )
                }));
            }
        }
    }
    let is_marked = |path: &str| path.starts_with("crates/") || path == RULES;
    for (path, text) in ws.files.iter().filter(|(path, _)| is_marked(path)) {
        let lines = text
            .lines()
            .zip(1..)
            .filter(|(line, _)| line.contains(MARK));
        problems.extend(lines.map(|(line, number)| format!("{path}:{number}: {}", line.trim())));
    }
    problems
}

/// The line number and the beginning of each item.
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
            let is_item = ITEMS.split('|').any(|item| line.starts_with(item));
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
