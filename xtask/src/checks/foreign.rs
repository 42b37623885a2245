//! A library's public API shows types of other crates only where that was decided.
//!
//! Every one of them ties the users to that crate's versions. Read from the reviewed texts in `api/`;
//! `cargo xtask api` holds those against the code.

use std::collections::BTreeSet;

use super::Problem;
use crate::api;
use crate::rules::{self, Rules};
use crate::workspace::{Crate, Workspace};

/// What comes with the compiler.
const OF_RUST: &[&str] = &["alloc", "core", "std"];

/// Compares the crates that each text names with the allowed ones.
pub(super) fn check(ws: &Workspace) -> Vec<Problem> {
    let rules = Rules::of(ws);
    let mut problems = Vec::new();
    for krate in ws.libraries() {
        let path = api::path(krate);
        let Some(text) = ws.files.get(&path) else {
            problems.push(Problem::new(
                path,
                "is missing",
                "`cargo xtask api --write`, and read it",
            ));
            continue;
        };
        let allowed = rules.foreign(&krate.name);
        let mut shown = BTreeSet::new();
        for (line, text) in text.lines().enumerate() {
            for name in crates_of(ws, text) {
                let is_new = shown.insert(name.to_owned());
                if is_new && !allowed.contains_key(name) {
                    problems.push(not_allowed(krate, &format!("{path}:{}", line + 1), name));
                }
            }
        }
        for name in allowed.keys().filter(|name| !shown.contains(**name)) {
            problems.push(Problem::new(
                rules::PATH,
                format!("`{}` shows no type of `{name}` any more", krate.name),
                format!("remove `{name}` from [crates.{}.foreign]", krate.name),
            ));
        }
    }
    problems
}

fn not_allowed(krate: &Crate, place: &str, name: &str) -> Problem {
    Problem::new(
        place,
        format!(
            "the public API of `{}` shows a type of `{name}`",
            krate.name
        ),
        format!(
            "hide it behind an own type; if users are better off with it, add `{name} = \"why\"` under \
             [crates.{}.foreign] of {}",
            krate.name,
            rules::PATH
        ),
    )
}

/// The crates from outside that a line names: what begins a path and is no generic parameter.
fn crates_of<'a>(ws: &Workspace, line: &'a str) -> Vec<&'a str> {
    let is_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let paths = line
        .split(|c| !is_path(c))
        .filter(|path| path.contains("::"));
    // Of `<T as serde_core::Serializer>::Ok` the last part begins with nothing.
    let firsts = paths.filter_map(|path| path.split("::").next());
    firsts
        .filter(|first| first.starts_with(|c: char| c.is_lowercase() || c == '_'))
        .filter(|first| !OF_RUST.contains(first))
        .filter(|first| !ws.crates.iter().any(|krate| krate.ident() == *first))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::specimen::Specimen;

    const API: &str = "api/ticket-acme.txt";

    fn found(specimen: &Specimen) -> Vec<(String, String)> {
        let found = check(&specimen.load()).into_iter();
        found.map(|problem| (problem.place, problem.what)).collect()
    }

    #[test]
    fn a_foreign_type_is_found_once_with_its_line() {
        let specimen = Specimen::new();
        specimen.append(
            API,
            "pub fn ticket_acme::a(core::option::Option<jiff::Timestamp>)\n\
             pub fn ticket_acme::b(jiff::Zoned)\n",
        );
        let what = "the public API of `ticket-acme` shows a type of `jiff`";
        assert_eq!(found(&specimen), [(format!("{API}:3"), what.into())]);
    }

    #[test]
    fn own_types_rusts_and_generic_ones_pass() {
        let specimen = Specimen::new();
        specimen.append(
            API,
            "pub fn ticket_acme::a<T: core::iter::Iterator>(std::path::PathBuf, T::Item, &'a Self::B) \
             -> ticket_core::Result<<T as alloc::borrow::ToOwned>::Owned>\n",
        );
        assert_eq!(found(&specimen), []);
    }

    #[test]
    fn what_is_allowed_passes_until_nothing_needs_it() {
        let specimen = Specimen::new();
        specimen.append(API, "pub fn ticket_acme::a(jiff::Zoned)\n");
        specimen.append(
            rules::PATH,
            "[crates.ticket-acme.foreign]\njiff = \"time\"\n",
        );
        assert_eq!(found(&specimen), []);
        specimen.replace(API, "jiff::Zoned", "u8");
        let what = "`ticket-acme` shows no type of `jiff` any more";
        assert_eq!(found(&specimen), [(rules::PATH.into(), what.into())]);
    }

    #[test]
    fn an_allowance_without_a_reason_is_none() {
        let specimen = Specimen::new();
        specimen.append(API, "pub fn ticket_acme::a(jiff::Zoned)\n");
        specimen.append(rules::PATH, "[crates.ticket-acme.foreign]\njiff = \" \"\n");
        assert_eq!(found(&specimen).len(), 1);
    }

    #[test]
    fn a_library_without_a_text_is_found() {
        let specimen = Specimen::new();
        specimen.remove(API);
        assert_eq!(found(&specimen), [(API.into(), "is missing".into())]);
    }
}
