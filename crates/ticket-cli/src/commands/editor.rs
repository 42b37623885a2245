//! The editor of the person at the terminal, for texts that no option gives.

use std::io::{self, IsTerminal as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tempfile::TempPath;
use tokio::process::Command;

use super::input;
use crate::failure::{Exit, Failure};
use crate::interrupt::Signals;
use crate::text;

/// The variables that name an editor, the first one that is set.
const VARIABLES: [&str; 2] = ["VISUAL", "EDITOR"];

/// The editor where no variable names one.
const USUAL: &str = if cfg!(windows) { "notepad" } else { "vi" };

/// What lines of explanation begin with: the first of these that no line of the text begins with.
const MARKS: [char; 4] = ['#', ';', '%', '@'];

/// Whether somebody can write at the terminal.
pub(super) fn is_possible() -> bool {
    io::stdin().is_terminal() && io::stdout().is_terminal()
}

/// A text that was written in the editor. Its file is there until this value is dropped.
#[derive(Debug)]
pub(super) struct Written {
    pub(super) text: String,
    file: TempPath,
}

impl Written {
    /// The failure of what was to be done with the text, which is kept and named.
    pub(super) fn kept(self, failure: Failure) -> Failure {
        keep(self.file, failure)
    }
}

fn keep(file: TempPath, failure: Failure) -> Failure {
    match file.keep() {
        Ok(path) => failure.hinting(format!("your text is in {}", text::shell(&path))),
        Err(_) => failure,
    }
}

/// Opens the editor on this text. `explanation` stands below it, and is left out of what is written, as are blank lines at
/// the end.
pub(super) async fn write(initial: &str, explanation: &str) -> Result<Written, Failure> {
    let is_free = |mark: &&char| !initial.lines().any(|line| line.starts_with(**mark));
    let mark = MARKS.iter().find(is_free).copied().unwrap_or('#');
    let file = prepare(initial, explanation, mark)
        .map_err(|error| Failure::local(format!("no text can be written: {error}")))?;
    if let Err(failure) = edit(&file).await {
        // What nobody wrote is not kept.
        let written = input::read_text(&file).map(|text| without(&text, mark));
        let is_lost = written.is_ok_and(|text| text.is_empty() || text == initial.trim_end());
        return Err(if is_lost {
            failure
        } else {
            keep(file, failure)
        });
    }
    let text = match input::read_text(&file) {
        Ok(text) => without(&text, mark),
        Err(failure) => return Err(keep(file, failure)),
    };
    if text.trim().is_empty() {
        return Err(Failure::refused(
            "cancelled: the text is empty; nothing was sent",
        ));
    }
    if !initial.is_empty() && text == initial.trim_end() {
        return Err(Failure::refused(
            "cancelled: the text is unchanged; nothing was sent",
        ));
    }
    Ok(Written { text, file })
}

/// Makes the file, which only its owner can read.
fn prepare(initial: &str, explanation: &str, mark: char) -> io::Result<TempPath> {
    let mut file = tempfile::Builder::new()
        .prefix("tickets-")
        .suffix(".txt")
        .tempfile()?;
    writeln!(file, "{}\n", initial.trim_end())?;
    for line in explanation.lines() {
        writeln!(file, "{mark} {}", text::line(line))?;
    }
    writeln!(
        file,
        "{mark} Lines that begin with {mark} are left out. Without any other text, nothing is sent."
    )?;
    Ok(file.into_temp_path())
}

fn without(text: &str, mark: char) -> String {
    let lines = text.lines().filter(|line| !line.starts_with(mark));
    let text = lines.collect::<Vec<_>>().join("\n");
    text.trim_end().trim_start_matches('\n').to_owned()
}

async fn edit(file: &Path) -> Result<(), Failure> {
    let set = VARIABLES.iter().find_map(|name| {
        let value = std::env::var_os(name)?;
        (!value.is_empty()).then_some((*name, value))
    });
    let words = match &set {
        None => Some(vec![USUAL.to_owned()]),
        Some((_, value)) => value.to_str().and_then(shlex::split),
    };
    let words = words.filter(|words| !words.is_empty());
    let Some((program, arguments)) = words.as_deref().and_then(<[_]>::split_first) else {
        let name = set.map_or("", |(name, _)| name);
        return Err(Failure::refused(format!(
            "{name} names no editor; nothing was sent"
        )));
    };
    // Ctrl-C is for the editor, which has the terminal.
    let mut signals = Signals::listen()?;
    let cannot = |why: String| {
        let failure = Failure::refused(format!(
            "the editor {} {why}; nothing was sent",
            text::shell(&PathBuf::from(program))
        ));
        failure.hinting("VISUAL or EDITOR name another one".to_owned())
    };
    let mut editor = Command::new(program)
        .args(arguments)
        .arg(file)
        .stdin(Stdio::inherit())
        .spawn()
        .map_err(|error| cannot(format!("cannot be started: {error}")))?;
    loop {
        tokio::select! {
            biased;
            status = editor.wait() => return match status {
                Ok(status) if status.success() => Ok(()),
                Ok(status) => Err(cannot(format!("failed ({status})"))),
                Err(error) => Err(cannot(format!("failed: {error}"))),
            },
            exit = signals.next() => {
                if exit != Exit::Interrupted {
                    let _ = editor.start_kill();
                    return Err(Failure::stopped("stopped while the text was written; nothing was sent", exit));
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn explained_lines_and_blank_lines_around_are_no_text() {
        assert_eq!(without("\n\nA\n\n # B\n\n# c\n#d\n", '#'), "A\n\n # B");
        assert_eq!(without("# c\n\n", '#'), "");
    }

    #[cfg(unix)]
    #[test]
    fn file_is_for_its_owner_only_and_explains_itself_below_the_text() {
        use std::os::unix::fs::PermissionsExt as _;
        let file = prepare("A\n# B", "Write\u{1b}", ';').unwrap();
        let mode = std::fs::metadata(&file).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let content = std::fs::read_to_string(&file).unwrap();
        assert!(
            content.starts_with("A\n# B\n\n; Write\\u{1b}\n; Lines that begin with ;"),
            "{content}"
        );
    }
}
