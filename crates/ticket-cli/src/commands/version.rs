//! `tickets version`: prints the version, as `tickets --version` does.

use serde::Serialize;

use crate::args::OutputFormat;
use crate::failure::{Exit, Failure};
use crate::output::{self, Output};
use crate::record::Record;

#[derive(Serialize)]
struct Row {
    version: &'static str,
}

impl Record for Row {
    const COLUMNS: &'static [&'static str] = &["version"];

    fn cells(&self) -> Vec<String> {
        vec![self.version.to_owned()]
    }
}

pub(super) fn run(output: &Output) -> Result<Exit, Failure> {
    let version = env!("CARGO_PKG_VERSION");
    let printed = match output.format {
        OutputFormat::Table => output::write(&format!("tickets {version}\n")),
        _ => output.one(&Row { version }),
    };
    printed.map_err(|error| Failure::output(&error))?;
    Ok(Exit::Done)
}
