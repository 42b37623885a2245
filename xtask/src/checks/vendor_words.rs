//! A vendor's own words occur only in its crate and in the sandbox.
//!
//! Elsewhere they would tie general code to one vendor. The rules list the words of each vendor, and the exceptions
//! with their reasons.

use super::words;
use crate::rules::{self, Rules};
use crate::workspace::{Role, Workspace};

/// Finds words of a provider's vendor in other files.
pub(super) fn check(ws: &Workspace) -> Vec<String> {
    let rules = Rules::of(ws);
    let excused = rules.files_with_words();
    let is_excused = |path: &str| excused.iter().any(|excuse| covers(excuse, path));
    let sandbox = ws
        .crate_of(Role::Sandbox)
        .map(|sandbox| format!("{}/", sandbox.dir));
    let mut problems = Vec::new();
    let mut all = Vec::new();
    for provider in ws.providers() {
        let (name, theirs) = (&provider.name, rules.words(provider.feature()));
        if theirs.is_empty() {
            problems.push(format!(
                "{}: has no vendor's words for `{name}`; write under [words] what its client.rs calls things, \
                 and nobody else does",
                rules::PATH
            ));
        }
        let homes = [Some(format!("{}/", provider.dir)), sandbox.clone()];
        let homes: Vec<String> = homes.into_iter().flatten().collect();
        let files = [
            rules::PATH,
            &format!("api/{name}.txt"),
            "api/ticket-sandbox.txt",
        ];
        for (path, text) in &ws.files {
            let is_home = homes.iter().any(|home| path.starts_with(home));
            if is_home || files.contains(&path.as_str()) || is_excused(path) {
                continue;
            }
            // One problem per file is enough.
            if let Some((line, word)) = said(text, &theirs) {
                problems.push(format!(
                    "{path}:{line}: says `{word}`, a word of {name}'s vendor; say it in the workspace's own \
                     terms, or give the file a reason under [files-with-words] of {}",
                    rules::PATH
                ));
            }
        }
        all.extend(theirs);
    }
    for excuse in excused {
        let mut covered = ws.files.iter().filter(|(path, _)| covers(excuse, path));
        if !covered.any(|(_, text)| said(text, &all).is_some()) {
            problems.push(format!(
                "{}: excuses `{excuse}`, which says no vendor's word",
                rules::PATH
            ));
        }
    }
    problems
}

/// The first of the words in a text, with its line.
fn said<'a>(text: &'a str, theirs: &[String]) -> Option<(usize, &'a str)> {
    // Most texts contain no such word, so a substring search avoids splitting them.
    if !theirs.iter().any(|word| text.contains(&**word)) {
        return None;
    }
    (1..).zip(text.lines()).find_map(|(line, text)| {
        let word = words(text).find(|word| theirs.iter().any(|known| known == word))?;
        Some((line, word))
    })
}

/// Whether an exception covers this file: its path, or a folder with a trailing `/`.
fn covers(excuse: &str, path: &str) -> bool {
    excuse == path || (excuse.ends_with('/') && path.starts_with(excuse))
}
