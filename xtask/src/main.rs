//! `cargo xtask <command>`: the workspace's own checks and chores.
//!
//! This file picks a command and turns its answer into an exit code. What a command does lives in
//! the module of its name. Nothing here is part of a published crate.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a terminal program: printing is its output"
)]

mod api;
mod bench;
mod budget;
mod checks;
mod ci;
mod features;
mod new_provider;
mod package;
mod rules;
mod run;
mod semver;
#[cfg(test)]
mod specimen;
mod tables;
mod workspace;

use std::io::Write as _;
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
    /// It could not be looked at here; the reason has been printed.
    Skipped,
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
        name: "tables",
        arguments: "[--write]",
        summary: "the tables and texts that are generated from the code; the tests hold them too",
        run: tables::command,
    },
    Command {
        name: "api",
        arguments: "[--write]",
        summary: "the public API of each library against its reviewed text in api/",
        run: api::command,
    },
    Command {
        name: "budget",
        arguments: "",
        summary: "how many crates each crate brings along, against xtask/rules.toml",
        run: budget::command,
    },
    Command {
        name: "package",
        arguments: "",
        summary: "each published crate as cargo would upload it",
        run: package::command,
    },
    Command {
        name: "semver",
        arguments: "",
        summary: "the public API against the last release's, once there is one",
        run: semver::command,
    },
    Command {
        name: "bench",
        arguments: "[--only PART]... [--write]",
        summary: "what calls and builds cost, in 15 rounds or `--rounds N`; `--write` renews BENCHMARKS.md",
        run: bench::command,
    },
    Command {
        name: "new-provider",
        arguments: "NAME [--path DIR]",
        summary: "a provider crate, wired everywhere, or with --path one outside this repository",
        run: new_provider::command,
    },
    Command {
        name: "ci",
        arguments: "",
        summary: "all that CI runs: every one of these, format, clippy, tests, docs, cargo deny",
        run: ci::command,
    },
];

fn main() -> ExitCode {
    if let Some(rustdoc) = std::env::var_os(api::RUSTDOC) {
        return run::rustdoc(&rustdoc);
    }
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
        Ok(Verdict::Clean | Verdict::Skipped) => ExitCode::SUCCESS,
        Ok(Verdict::Faulty) => ExitCode::FAILURE,
        Err(error) => {
            // Not `eprintln!`, which panics where nobody reads any more.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

/// Whether `cargo xtask NAME` is one of ours.
fn is_command(name: &str) -> bool {
    COMMANDS.iter().any(|command| command.name == name)
}

/// The text of `cargo xtask help`.
fn help() -> String {
    use std::fmt::Write as _;

    let mut text = String::from("Usage: cargo xtask <command>\n\nCommands:\n");
    for command in COMMANDS {
        let usage = format!("{} {}", command.name, command.arguments);
        let _ = writeln!(text, "  {usage:<32} {}", command.summary);
    }
    text.push_str(
        "\nExit codes: 0 all is well, 1 something is to be mended, 2 wrong use or cannot run.\n",
    );
    text
}
