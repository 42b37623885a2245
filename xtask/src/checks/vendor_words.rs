//! A vendor's own words stay in its crate and in the sandbox, which plays it.
//!
//! Elsewhere they would be one vendor's habits in a place that serves them all. Which words are whose
//! stands in the rules; so do the files that cannot do without, with the reason.

use std::collections::BTreeMap;

use super::{Problem, rust_text};
use crate::rules::{self, Rules};
use crate::workspace::{Place, Workspace};

/// Refuses the words of every provider's vendor elsewhere.
pub(super) fn check(ws: &Workspace) -> Vec<Problem> {
    let rules = Rules::of(ws);
    let excused = rules.files_with_words();
    let mut problems = Vec::new();
    for provider in ws.providers() {
        let words = rules.words(provider.feature());
        if words.is_empty() {
            problems.push(Problem::new(
                rules::PATH,
                format!("has no vendor's words for `{}`", provider.name),
                format!(
                    "write `{} = [\"..\"]` under [words]: what its wire.rs and client.rs call things, \
                     and nobody else does",
                    provider.feature()
                ),
            ));
        }
        let home = format!("{}/", provider.dir);
        let api = format!("api/{}.txt", provider.name);
        for (path, text) in &ws.files {
            let at_home = path.starts_with(&home) || *path == api || path == rules::PATH;
            if at_home || is_sandbox(ws, path) || excused.keys().any(|excuse| covers(excuse, path))
            {
                continue;
            }
            problems.extend(first_word(path, text, &words, &provider.name));
        }
    }
    problems.extend(idle(ws, &rules, &excused));
    problems
}

/// One problem per file: where one word is, there are others.
fn first_word(path: &str, text: &str, words: &[&str], provider: &str) -> Option<Problem> {
    let (line, word) = text.lines().enumerate().find_map(|(line, text)| {
        let word = rust_text::words(text).find(|word| words.contains(word))?;
        Some((line + 1, word))
    })?;
    Some(Problem::new(
        format!("{path}:{line}"),
        format!("says `{word}`, a word of {provider}'s vendor"),
        format!(
            "say it in the workspace's own terms; if it has to be said here, give the file a reason under \
             [files-with-words] of {}",
            rules::PATH
        ),
    ))
}

/// Whether an excuse is for this file: its own path, or a folder's with `/` at the end.
fn covers(excuse: &str, path: &str) -> bool {
    excuse == path || (excuse.ends_with('/') && path.starts_with(excuse))
}

fn is_sandbox(ws: &Workspace, path: &str) -> bool {
    let api = path == "api/ticket-sandbox.txt";
    let sandbox = ws.at(Place::Sandbox);
    api || sandbox.is_some_and(|sandbox| path.starts_with(&format!("{}/", sandbox.dir)))
}

/// Excuses that excuse nothing any more.
fn idle(ws: &Workspace, rules: &Rules, excused: &BTreeMap<&str, &str>) -> Vec<Problem> {
    let words: Vec<&str> = ws
        .providers()
        .flat_map(|provider| rules.words(provider.feature()))
        .collect();
    let holds = |excuse: &str| {
        let mut covered = ws.files.iter().filter(|(path, _)| covers(excuse, path));
        covered.any(|(_, text)| rust_text::words(text).any(|word| words.contains(&word)))
    };
    excused
        .keys()
        .filter(|excuse| !holds(excuse))
        .map(|path| {
            Problem::new(
                rules::PATH,
                format!("excuses `{path}`, which says no vendor's word"),
                "remove the line from [files-with-words]",
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Specimen;

    fn only(specimen: &Specimen) -> (String, String) {
        let mut found = check(&specimen.load());
        assert_eq!(found.len(), 1, "{found:?}");
        let Problem { place, what, .. } = found.remove(0);
        (place, what)
    }

    #[test]
    fn a_vendors_word_elsewhere_is_found_in_code_and_prose() {
        for path in [
            "crates/ticket-core/src/lib.rs",
            "crates/ticket-cli/src/main.rs",
            "README.md",
            "api/tickets.txt",
        ] {
            let specimen = Specimen::new();
            specimen.write(path, "//! A\n//! The `AcmeCase/1` of it.\n");
            let what = "says `AcmeCase`, a word of ticket-acme's vendor";
            assert_eq!(only(&specimen), (format!("{path}:2"), what.into()));
        }
    }

    #[test]
    fn the_crate_itself_its_api_and_the_sandbox_may_say_it() {
        let specimen = Specimen::new();
        for path in [
            "crates/ticket-acme/src/wire.rs",
            "crates/ticket-sandbox/src/acme.rs",
            "api/ticket-acme.txt",
        ] {
            specimen.append(path, "// AcmeCase\n");
        }
        specimen.append("README.md", "AcmeCases\n");
        assert_eq!(check(&specimen.load()), []);
    }

    #[test]
    fn a_file_with_a_reason_may_say_it_and_the_reason_does_not_outlive_it() {
        let specimen = Specimen::new();
        specimen.append("README.md", "AcmeCase\n");
        specimen.append(rules::PATH, "[files-with-words]\n\"README.md\" = \"\"\n");
        assert_eq!(only(&specimen).0, "README.md:10");
        specimen.replace(
            rules::PATH,
            "\"README.md\" = \"\"",
            "\"README.md\" = \"why\"",
        );
        assert_eq!(check(&specimen.load()), []);
        specimen.replace("README.md", "AcmeCase\n", "");
        let what = "excuses `README.md`, which says no vendor's word";
        assert_eq!(only(&specimen), (rules::PATH.into(), what.into()));
    }

    #[test]
    fn a_reason_for_a_folder_is_one_for_its_files() {
        let specimen = Specimen::new();
        specimen.write("fuzz/seeds/1", "AcmeCase AcmeCase\n");
        assert_eq!(only(&specimen).0, "fuzz/seeds/1:1");
        specimen.append(rules::PATH, "[files-with-words]\n\"fuzz/\" = \"why\"\n");
        assert_eq!(check(&specimen.load()), []);
    }

    #[test]
    fn a_provider_without_words_is_found() {
        let specimen = Specimen::new();
        specimen.replace(rules::PATH, "acme = [\"AcmeCase\"]", "");
        let what = "has no vendor's words for `ticket-acme`";
        assert_eq!(only(&specimen), (rules::PATH.into(), what.into()));
    }
}
