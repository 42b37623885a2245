//! `cargo xtask tables`: the tables and texts that are generated from the code.
//!
//! The code that generates one is a test of the crate that knows the facts. It compares what stands in the
//! file; with [`VARIABLE`] set it writes it instead. So nobody pastes by hand, and this program needs none
//! of the workspace's crates. That each table has such a test is the check `tables`.

use crate::run::{self, Cargo};
use crate::verdict::{Result, Verdict};
use crate::workspace::{Crate, Workspace};

/// What makes such a test write.
pub(crate) const VARIABLE: &str = "UPDATE_TABLES";

/// Runs those tests, comparing or writing.
pub(crate) fn command(ws: &Workspace, arguments: &[String]) -> Result<Verdict> {
    let write = run::writes("tables", arguments)?.then_some((VARIABLE, "1"));
    let mut holds = true;
    for (krate, test, _) in generators(ws) {
        let line = format!("test --locked --quiet -p {} --test {test}", krate.name);
        holds &= Cargo::new(&line).with(write).run(ws);
    }
    Ok(Verdict::of(holds))
}

/// The tests that ask for [`VARIABLE`], each with its crate and its text.
pub(crate) fn generators(ws: &Workspace) -> impl Iterator<Item = (&Crate, &str, &str)> {
    ws.crates.iter().flat_map(|krate| {
        let folder = krate.path("tests");
        ws.files_below(&folder, "rs")
            .filter_map(move |(path, text)| {
                let test = path
                    .strip_prefix(&folder)?
                    .strip_prefix('/')?
                    .strip_suffix(".rs")?;
                (!test.contains('/') && text.contains(VARIABLE)).then_some((krate, test, text))
            })
    })
}
