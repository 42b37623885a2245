//! What the files of this crate begin with: their format and its version.

use ticket_core::{Error, Result};

/// A format of a file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Format {
    /// Its name in the file.
    pub(crate) name: &'static str,
    /// What such a file is, such as "plan".
    pub(crate) what: &'static str,
    /// The version that is written, and the newest one that is read.
    pub(crate) version: u64,
}

impl Format {
    /// Checks how a file begins, whatever white space is there.
    ///
    /// # Errors
    ///
    /// `InvalidInput` if the file has another format or a newer version.
    pub(crate) fn check(self, text: &str) -> Result<()> {
        let Self {
            name,
            what,
            version,
        } = self;
        let found = version_of(text, name).ok_or_else(|| {
            let message = format!("this is no {what}: it does not begin with the format {name}");
            Error::invalid_input(message)
        })?;
        if found <= version {
            return Ok(());
        }
        let message = format!(
            "this {what} has version {found} of its format, and this program knows version {version}: use a newer \
             version of tickets"
        );
        Err(Error::invalid_input(message))
    }
}

/// The version in a JSON object that begins with this format and its version.
fn version_of(text: &str, format: &str) -> Option<u64> {
    let format = format!("\"{format}\"");
    let tokens = ["{", "\"format\"", ":", &format, ",", "\"version\"", ":"];
    let rest = tokens
        .into_iter()
        .try_fold(text, |rest, token| rest.trim_start().strip_prefix(token));
    let rest = rest?.trim_start();
    let digits = rest.find(|character: char| !character.is_ascii_digit());
    rest.get(..digits.unwrap_or(rest.len()))?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn newer_version_and_other_format_are_refused_with_words() {
        let plan = Format {
            name: "tickets-plan",
            what: "plan",
            version: 2,
        };
        for text in [
            r#"{"format":"tickets-plan","version":1,"#,
            "{\n  \"format\": \"tickets-plan\",\n  \"version\": 2\n}",
        ] {
            plan.check(text).unwrap();
        }
        let newer = plan.check(r#"{"format":"tickets-plan","version":13,"#);
        assert_eq!(
            newer.unwrap_err().to_string(),
            "this plan has version 13 of its format, and this program knows version 2: use a newer version of tickets"
        );
        for text in [
            "",
            "[]",
            r#"{"format":"tickets-approval","version":1,"#,
            r#"{"version":1,"format":"tickets-plan""#,
            r#"{"format":"tickets-plan","version":"1","#,
            r#"{"format":"tickets-plan","version":-1,"#,
        ] {
            let error = plan.check(text).unwrap_err().to_string();
            assert!(error.starts_with("this is no plan: "), "{text}: {error}");
        }
    }
}
