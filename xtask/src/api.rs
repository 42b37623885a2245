//! `cargo xtask api`: each library's public API as a text under `api/`, which people review.
//!
//! The work is done by the test `tests/api.rs`, which `cargo test` leaves out: it needs a younger compiler than the
//! workspace does, and builds the documentation of every library.

use std::ffi::OsStr;
use std::process::{Command, ExitCode};

use crate::run::{self, Cargo};
use crate::verdict::{Result, Verdict};
use crate::workspace::Workspace;

/// Set where this program stands in for rustdoc: the path of the real one.
pub(crate) const RUSTDOC: &str = "XTASK_RUSTDOC";

/// Compares the texts with the code, or writes them.
pub(crate) fn command(ws: &Workspace, arguments: &[String]) -> Result<Verdict> {
    let line = "test --locked --quiet --package xtask --features api --test api -- --nocapture";
    let write = run::writes("api", arguments)?.then_some(("UPDATE_API", "1"));
    Ok(Verdict::of(Cargo::new(line).with(write).run(ws)))
}

/// Runs rustdoc with this program's own arguments and its unstable options allowed. Were the whole of cargo told that it
/// may use them, the build scripts of half of the dependencies would run again.
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
