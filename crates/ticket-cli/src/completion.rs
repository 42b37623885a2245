//! Completion of command lines. The scripts of `tickets completions` ask the command itself, which knows the names of
//! the accounts.

use std::ffi::OsStr;
use std::io::Write as _;
use std::process::ExitCode;

use clap::{Command, CommandFactory as _, ValueEnum};
use clap_complete::env::Shells;
use clap_complete::{ArgValueCandidates, CompletionCandidate};
use tickets::Registry;
use tickets::accounts::Accounts;

use crate::args::Cli;
use crate::failure::{Exit, Failure};
use crate::output;

/// The environment variable with which the scripts ask: it names the shell.
const VARIABLE: &str = "TICKETS_COMPLETE";

/// A shell whose completion is tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Shell {
    Bash,
    Zsh,
    Fish,
}

impl Shell {
    const fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
        }
    }
}

/// Prints the script of a shell.
pub(crate) fn print_script(shell: Shell) -> Result<Exit, Failure> {
    let shells = Shells::builtins();
    let mut script = Vec::new();
    let completer = shells.completer(shell.name());
    let completer = completer.ok_or_else(|| Failure::local("this shell is not supported"))?;
    completer
        .write_registration(VARIABLE, "tickets", "tickets", "tickets", &mut script)
        .and_then(|()| output::write(String::from_utf8_lossy(&script).trim_start()))
        .map_err(|error| Failure::output(&error))?;
    Ok(Exit::Done)
}

/// Answers the script of a shell, if it was one that started this process. There are no messages: they would stand in
/// the line that is being typed.
pub(crate) fn answer() -> Option<ExitCode> {
    let shell = std::env::var(VARIABLE).ok()?;
    let shells = Shells::builtins();
    let completer = shells.completer(&shell)?;
    // The words of the line that is being typed come after `--`.
    let words: Vec<_> = std::env::args_os()
        .skip_while(|word| word != "--")
        .skip(1)
        .collect();
    if words.is_empty() {
        return None;
    }
    let folder = std::env::current_dir().ok();
    let mut candidates = Vec::new();
    let answered = completer
        .write_complete(&mut command(), words, folder.as_deref(), &mut candidates)
        .and_then(|()| std::io::stdout().write_all(&candidates));
    Some(match answered {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    })
}

/// The parser, with the names of accounts as values. The options of every command are offered for every command.
fn command() -> Command {
    with_accounts(Cli::command())
}

fn with_accounts(command: Command) -> Command {
    let command = command.mut_args(|argument| {
        let end = match argument.get_value_names() {
            Some([name]) if name == "ACCOUNT" => "",
            Some([name]) if name == "REF" => ":",
            _ => return argument,
        };
        argument.add(ArgValueCandidates::new(move || accounts(end)))
    });
    command.mut_subcommands(with_accounts)
}

/// The names of the configured accounts, or of all providers if there are none.
fn accounts(end: &str) -> Vec<CompletionCandidate> {
    let file = std::env::var_os("TICKETS_CONFIG").filter(|path| !path.is_empty());
    let Ok(accounts) = Accounts::load(Registry::new(), file.as_deref().map(OsStr::as_ref)) else {
        return Vec::new();
    };
    let mut names: Vec<_> = accounts.configured().collect();
    if names.is_empty() {
        names = accounts.names().collect();
    }
    let names = names.iter().map(|name| format!("{name}{end}"));
    names.map(CompletionCandidate::new).collect()
}
