//! `cargo xtask <command>`: the workspace's own checks and chores.
//!
//! This file picks a command and turns its answer into an exit code. What a command does lives in
//! the module of its name. Nothing here is part of a published crate.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a terminal program: printing is its output"
)]

mod checks;
mod ci;
mod features;
mod run;
#[cfg(test)]
mod specimen;
mod workspace;

use std::process::ExitCode;

use workspace::Workspace;

/// An error that ends the program; its text is for the person at the terminal.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

/// Whether everything that was looked at is right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    /// Nothing to mend.
    Clean,
    /// Something is wrong and has been printed.
    Faulty,
}

/// One command of `cargo xtask`.
struct Command {
    /// As typed.
    name: &'static str,
    /// What follows the name, for the help.
    arguments: &'static str,
    /// One line for the help.
    summary: &'static str,
    /// Does it.
    run: fn(&Workspace, &[String]) -> Result<Verdict>,
}

/// Every command, in the order of the help.
const COMMANDS: &[Command] = &[
    Command {
        name: "check",
        arguments: "[--list | NAME...]",
        summary: "the checks across crates, all or those named; `cargo test` runs them too",
        run: checks::command,
    },
    Command {
        name: "features",
        arguments: "",
        summary: "every crate and every feature of the facade by itself, warnings as errors",
        run: features::command,
    },
    Command {
        name: "ci",
        arguments: "",
        summary: "all that CI runs: format, clippy, tests, check, features, docs, cargo deny",
        run: ci::command,
    },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let Some((name, rest)) = arguments.split_first() else {
        print!("{}", help());
        return ExitCode::SUCCESS;
    };
    if ["help", "-h", "--help"].contains(&name.as_str()) {
        print!("{}", help());
        return ExitCode::SUCCESS;
    }
    let Some(command) = COMMANDS.iter().find(|command| command.name == name) else {
        eprint!("error: there is no command `{name}`\n\n{}", help());
        return ExitCode::from(2);
    };
    match workspace::load(&workspace::root()).and_then(|ws| (command.run)(&ws, rest)) {
        Ok(Verdict::Clean) => ExitCode::SUCCESS,
        Ok(Verdict::Faulty) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::from(2)
        }
    }
}

/// The text of `cargo xtask help`.
fn help() -> String {
    use std::fmt::Write as _;

    let mut text = String::from("Usage: cargo xtask <command>\n\nCommands:\n");
    for command in COMMANDS {
        let usage = format!("{} {}", command.name, command.arguments);
        let _ = writeln!(text, "  {usage:<25} {}", command.summary);
    }
    text.push_str(
        "\nExit codes: 0 all is well, 1 something is to be mended, 2 wrong use or cannot run.\n",
    );
    text
}
