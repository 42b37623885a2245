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
mod new_provider;
mod run;
mod tables;
mod verdict;
mod workspace;

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use verdict::{Result, Verdict};

/// The checks and tasks of this workspace.
///
/// Exit codes: 0 no problem, 1 a problem was found, 2 wrong usage or the command cannot run.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask")]
enum Command {
    /// Check the rules across crates; `cargo test` does this too
    Check,
    /// Compare the generated tables and texts; `cargo test` compares them too
    Tables {
        /// Write them instead
        #[arg(long)]
        write: bool,
    },
    /// Compare the public API of each library with the text in api/
    Api {
        /// Write the texts instead
        #[arg(long)]
        write: bool,
    },
    /// Create a provider crate and wire it everywhere
    NewProvider {
        /// The vendor's name, in lower-case letters and digits
        name: String,
        /// Create the crate outside this repository, in this folder
        #[arg(long, value_name = "DIR")]
        path: Option<PathBuf>,
    },
    /// Build the command and pack it with man pages and completions into target/dist
    Dist {
        /// For this platform instead of the compiler's
        #[arg(long, value_name = "TRIPLE")]
        target: Option<String>,
    },
    /// Run everything that CI runs
    Ci,
}

fn main() -> ExitCode {
    if let Some(rustdoc) = std::env::var_os(api::RUSTDOC) {
        return api::rustdoc(&rustdoc);
    }
    match run(&Command::parse()) {
        Ok(Verdict::Clean | Verdict::Skipped) => ExitCode::SUCCESS,
        Ok(Verdict::Faulty) => ExitCode::FAILURE,
        Err(error) => {
            // Not `eprintln!`, which panics if stderr is closed.
            let _ = writeln!(std::io::stderr(), "error: {error}");
            ExitCode::from(2)
        }
    }
}

fn run(command: &Command) -> Result<Verdict> {
    let ws = workspace::load(&workspace::root())?;
    match command {
        Command::Check => Ok(checks::command(&ws)),
        Command::Tables { write } => Ok(tables::compare(&ws, *write)),
        Command::Api { write } => Ok(api::compare(&ws, *write)),
        Command::NewProvider { name, path } => new_provider::command(&ws, name, path.as_deref()),
        Command::Dist { target } => dist::command(&ws, target.as_deref()),
        Command::Ci => Ok(ci::command(&ws)),
    }
}
