//! `xtask/rules.toml`: what the checks allow. Each entry was decided in review.

use crate::workspace::{Workspace, entries, strings};

/// The file, relative to the root.
pub(crate) const PATH: &str = "xtask/rules.toml";

/// The entries; empty if the file is missing or unreadable, so that every check that needs an entry fails.
#[derive(Debug, Default)]
pub(crate) struct Rules(toml::Table);

impl Rules {
    /// The rules of a workspace.
    pub(crate) fn of(ws: &Workspace) -> Self {
        let text = ws.files.get(PATH).map_or("", String::as_str);
        Self(toml::from_str(text).unwrap_or_default())
    }

    /// The words of a provider's vendor that may occur only in its crate.
    pub(crate) fn words(&self, provider: &str) -> Vec<String> {
        let mut words = entries(&self.0, "words");
        let words = words.find(|(name, _)| *name == provider);
        words.map(|(_, words)| strings(words)).unwrap_or_default()
    }

    /// Files that may contain vendors' words. An entry without a reason is ignored.
    pub(crate) fn files_with_words(&self) -> Vec<&str> {
        let is_reason = |reason: &str| !reason.trim().is_empty();
        let files = entries(&self.0, "files-with-words");
        let files = files.filter(|(_, reason)| reason.as_str().is_some_and(is_reason));
        files.map(|(file, _)| file.as_str()).collect()
    }
}
