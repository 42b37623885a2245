//! A vendor's own words occur only in its crate and in the sandbox.
//!
//! Elsewhere they would tie general code to one vendor. The rules list the words of each vendor, and the exceptions
//! with their reasons.

use toml::Table;

use super::words;
use crate::workspace::{RULES, Role, Workspace, entries, strings};

/// Finds words of a provider's vendor in other files.
pub(super) fn check(ws: &Workspace) -> Vec<String> {
    // Without rules every provider lacks its words.
    let rules = ws.files.get(RULES).map_or("", String::as_str);
    let rules: Table = toml::from_str(rules).unwrap_or_default();
    // An entry without a reason is ignored.
    let is_reason = |reason: &str| !reason.trim().is_empty();
    let excused = entries(&rules, "files-with-words");
    let excused = excused.filter(|(_, reason)| reason.as_str().is_some_and(is_reason));
    let excused: Vec<&str> = excused.map(|(file, _)| file.as_str()).collect();
    let is_excused = |path: &str| excused.iter().any(|excuse| covers(excuse, path));
    let sandbox = ws
        .crate_of(Role::Sandbox)
        .map(|sandbox| format!("{}/", sandbox.dir));
    let mut problems = Vec::new();
    let mut all = Vec::new();
    for provider in ws.providers() {
        let name = &provider.name;
        let theirs = entries(&rules, "words").find(|(name, _)| *name == provider.feature());
        let theirs = theirs.map(|(_, words)| strings(words)).unwrap_or_default();
        if theirs.is_empty() {
            problems.push(format!(
                "{RULES}: has no vendor's words for `{name}`; write under [words] what its client.rs calls things, \
                 and nobody else does"
            ));
        }
        let homes = [Some(format!("{}/", provider.dir)), sandbox.clone()];
        let homes: Vec<String> = homes.into_iter().flatten().collect();
        let files = [RULES, &format!("api/{name}.txt"), "api/ticket-sandbox.txt"];
        for (path, text) in &ws.files {
            let is_home = homes.iter().any(|home| path.starts_with(home));
            if is_home || files.contains(&path.as_str()) || is_excused(path) {
                continue;
            }
            // One problem per file is enough.
            if let Some((line, word)) = said(text, &theirs) {
                problems.push(format!(
                    "{path}:{line}: says `{word}`, a word of {name}'s vendor; say it in the workspace's own \
                     terms, or give the file a reason under [files-with-words] of {RULES}"
                ));
            }
        }
        all.extend(theirs);
    }
    for excuse in excused {
        let mut covered = ws.files.iter().filter(|(path, _)| covers(excuse, path));
        if !covered.any(|(_, text)| said(text, &all).is_some()) {
            problems.push(format!(
                "{RULES}: excuses `{excuse}`, which says no vendor's word"
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
