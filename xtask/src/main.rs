//! `cargo xtask <command>`: the workspace's own checks and chores.
//!
//! This file picks a command and turns its answer into an exit code. What a command does lives in
//! the module of its name. Only what no well-kept tool does is here; `ci` lists the tools.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a terminal program: printing is its output"
)]

mod api;
mod checks;
mod ci;
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
  check                           what must hold across crates; `cargo test` checks it too
  tables [--write]                the tables and texts that are generated from the code; `cargo test` compares them too
  api [--write]                   the public API of each library against its reviewed text in api/
  new-provider NAME [--path DIR]  a provider crate, wired everywhere, or with --path one outside this repository
  ci                              everything that CI runs

Exit codes: 0 all is well, 1 something has to be fixed, 2 wrong use or cannot run.
";

fn main() -> ExitCode {
    if let Some(rustdoc) = std::env::var_os(api::RUSTDOC) {
        return api::rustdoc(&rustdoc);
    }
    match run() {
        Ok(Verdict::Clean | Verdict::Skipped) => ExitCode::SUCCESS,
        Ok(Verdict::Faulty) => ExitCode::FAILURE,
        Err(error) => {
            // Not `eprintln!`, which panics where nobody reads any more.
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
        "ci" => ci::command,
        "help" | "-h" | "--help" => {
            print!("{HELP}");
            return Ok(Verdict::Clean);
        }
        _ => return Err(format!("there is no command `{name}`\n\n{HELP}").into()),
    };
    command(&workspace::load(&workspace::root())?, arguments)
}
