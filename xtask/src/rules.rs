//! `xtask/rules.toml`: what the checks allow. Each entry was decided in review.

use crate::workspace::Workspace;

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
    pub(crate) fn words(&self, provider: &str) -> Vec<&str> {
        let words = self.0.get("words").and_then(|words| words.get(provider));
        let words = words.and_then(toml::Value::as_array).into_iter().flatten();
        words.filter_map(toml::Value::as_str).collect()
    }

    /// Files that may contain vendors' words. An entry without a reason is ignored.
    pub(crate) fn files_with_words(&self) -> Vec<&str> {
        let files = self
            .0
            .get("files-with-words")
            .and_then(toml::Value::as_table);
        let reasoned = files.into_iter().flatten().filter(|(_, reason)| {
            reason
                .as_str()
                .is_some_and(|reason| !reason.trim().is_empty())
        });
        reasoned.map(|(file, _)| file.as_str()).collect()
    }
}
