//! `cargo xtask api`: the public API of each library as a text under `api/`, which people review.
//!
//! The test `tests/api.rs` does the work. `cargo test` does not run it: it needs a newer compiler than the workspace,
//! and builds the documentation of every library.

use std::ffi::OsStr;
use std::process::{Command, ExitCode};

use crate::run;
use crate::verdict::Verdict;
use crate::workspace::Workspace;

/// Set if this program runs in place of rustdoc: the path of rustdoc.
pub(crate) const RUSTDOC: &str = "XTASK_RUSTDOC";

/// Compares the texts with the code, or writes them.
pub(crate) fn compare(ws: &Workspace, write: bool) -> Verdict {
    let line =
        "cargo test --locked --quiet --package xtask --features api --test api -- --nocapture";
    let write = write.then_some(("UPDATE_API", "1"));
    Verdict::of(run::succeeds(ws, line, write))
}

/// Runs rustdoc with this program's arguments and with unstable options enabled. Enabling them for all of cargo would
/// run the build scripts of many dependencies again.
pub(crate) fn rustdoc(rustdoc: &OsStr) -> ExitCode {
    let mut command = Command::new(rustdoc);
    command.args(std::env::args_os().skip(1));
    match command.env("RUSTC_BOOTSTRAP", "1").status() {
        Ok(status) if status.success() => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("cannot start rustdoc: {error}");
            ExitCode::FAILURE
        }
    }
}
