//! `xtask/rules.toml`: what the checks allow, crate by crate, each a decision that was made in review.
//!
//! Only read here. A check says itself what a missing or exceeded entry means.

use std::collections::BTreeMap;

use crate::workspace::Workspace;

/// The file, relative to the root.
pub(crate) const PATH: &str = "xtask/rules.toml";

/// What is written down, or nothing where the file is missing or unreadable: then every check that
/// needs an entry misses it.
#[derive(Debug, Default)]
pub(crate) struct Rules(toml::Table);

impl Rules {
    /// The rules of a workspace.
    pub(crate) fn of(ws: &Workspace) -> Self {
        let text = ws.files.get(PATH).map_or("", String::as_str);
        Self(toml::from_str(text).unwrap_or_default())
    }

    /// A crate's number, such as `direct`.
    pub(crate) fn number(&self, krate: &str, name: &str) -> Option<usize> {
        let number = self.get(&["crates", krate, name])?.as_integer()?;
        usize::try_from(number).ok()
    }

    /// The foreign crates whose types a crate may show, with the reasons.
    pub(crate) fn foreign(&self, krate: &str) -> BTreeMap<&str, &str> {
        self.reasons(&["crates", krate, "foreign"])
    }

    /// The words of a provider's vendor that stay in its crate.
    pub(crate) fn words(&self, provider: &str) -> Vec<&str> {
        let words = self
            .get(&["words", provider])
            .and_then(toml::Value::as_array);
        let words = words.into_iter().flatten();
        words.filter_map(toml::Value::as_str).collect()
    }

    /// Files that may hold vendors' words all the same, with the reasons.
    pub(crate) fn files_with_words(&self) -> BTreeMap<&str, &str> {
        self.reasons(&["files-with-words"])
    }

    fn reasons(&self, path: &[&str]) -> BTreeMap<&str, &str> {
        let table = self.get(path).and_then(toml::Value::as_table);
        let entries = table.into_iter().flatten();
        entries
            .filter_map(|(name, reason)| Some((name.as_str(), reason.as_str()?)))
            .filter(|(_, reason)| !reason.trim().is_empty())
            .collect()
    }

    fn get(&self, path: &[&str]) -> Option<&toml::Value> {
        let (first, rest) = path.split_first()?;
        rest.iter()
            .try_fold(self.0.get(*first)?, |value, name| value.get(name))
    }
}
