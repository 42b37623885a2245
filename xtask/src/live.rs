//! `cargo xtask live rt|redmine`: runs a private server until the input ends. The work is in `live/`.

use std::process::Command;

use crate::verdict::{Result, Verdict};
use crate::workspace::Workspace;

/// Runs the program of `live/`, with the input and output of this one.
pub(crate) fn command(ws: &Workspace, arguments: &[String]) -> Result<Verdict> {
    let [system @ ("rt" | "redmine")] =
        arguments.iter().map(String::as_str).collect::<Vec<_>>()[..]
    else {
        return Err("`live` takes `rt` or `redmine`".into());
    };
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    let status = cargo
        .args([
            "run",
            "--locked",
            "--quiet",
            "--package",
            "ticket-live",
            "--",
            system,
        ])
        .current_dir(&ws.root)
        .status()?;
    Ok(Verdict::of(status.success()))
}
