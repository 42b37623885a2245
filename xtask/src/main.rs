//! `cargo xtask <command>`: the checks and tasks of this workspace.
//!
//! This file selects a command and turns its verdict into an exit code. Each command is in the module of its name.
//! xtask contains only what no maintained tool does; `ci` lists the tools.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a terminal program: printing is its output"
)]

mod api;
mod checks;
mod ci;
mod dist;
mod live;
mod new_provider;
mod rules;
mod run;
mod tables;
mod verdict;
mod workspace;

use std::io::Write as _;
use std::process::ExitCode;

use verdict::{Result, Verdict};

const HELP: &str = "\
Usage: cargo xtask <command>

Commands:
  check                           check the rules across crates; `cargo test` does this too
  tables [--write]                compare or write the generated tables and texts; `cargo test` compares them too
  api [--write]                   compare or write the public API of each library in api/
  new-provider NAME [--path DIR]  create a provider crate and wire it, or with --path create one outside this repository
  live rt|redmine                 run a private server of this system until Ctrl-C, and print the variables that point
                                  the command `tickets` at it
  dist [--target TRIPLE]          build the command for this platform and pack it with man pages and completions into
                                  target/dist
  ci                              run everything that CI runs

Exit codes: 0 no problem, 1 a problem was found, 2 wrong usage or the command cannot run.
";

fn main() -> ExitCode {
    if let Some(rustdoc) = std::env::var_os(api::RUSTDOC) {
        return api::rustdoc(&rustdoc);
    }
    match run() {
        Ok(Verdict::Clean | Verdict::Skipped) => ExitCode::SUCCESS,
        Ok(Verdict::Faulty) => ExitCode::FAILURE,
        Err(error) => {
            // Not `eprintln!`, which panics if stderr is closed.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run() -> Result<Verdict> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (name, arguments) = match arguments.split_first() {
        Some((name, arguments)) => (name.as_str(), arguments),
        None => ("help", &[][..]),
    };
    let command = match name {
        "check" => checks::command,
        "tables" => tables::command,
        "api" => api::command,
        "new-provider" => new_provider::command,
        "live" => live::command,
        "dist" => dist::command,
        "ci" => ci::command,
        "help" | "-h" | "--help" => {
            print!("{HELP}");
            return Ok(Verdict::Clean);
        }
        _ => return Err(format!("there is no command `{name}`\n\n{HELP}").into()),
    };
    command(&workspace::load(&workspace::root())?, arguments)
}
