//! Parses the arguments, and prints usage errors like all other errors: as one line of JSON if a JSON format
//! is requested. The arguments are defined in `args.rs`.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser as _, ValueEnum as _};

use crate::args::{Cli, OutputFormat};
use crate::failure::Failure;

/// Parses the arguments of this process. If they are wrong or only request help, prints that and returns the
/// exit code.
pub(crate) fn arguments() -> Result<Cli, ExitCode> {
    Cli::try_parse().map_err(|error| {
        let format = requested_format(std::env::args_os());
        if error.use_stderr() && format.is_json() {
            let failure = Failure::refused(first_paragraph(&error.to_string()));
            failure.print(format);
            return failure.exit().into();
        }
        error.exit()
    })
}

/// The output format that wrong arguments request: clap stops at the first mistake, which may come before
/// `--output`.
fn requested_format(arguments: impl Iterator<Item = OsString>) -> OutputFormat {
    let mut arguments = arguments.take_while(|argument| argument != "--");
    while let Some(argument) = arguments.next() {
        let argument = argument.to_string_lossy();
        let value = match argument.strip_prefix("--output") {
            Some("") => arguments
                .next()
                .map(|value| value.to_string_lossy().into_owned()),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        let format = value.and_then(|value| OutputFormat::from_str(&value, false).ok());
        if let Some(format) = format {
            return format;
        }
    }
    OutputFormat::default()
}

/// The error on one line, without the usage after it.
fn first_paragraph(error: &str) -> String {
    let error = error.strip_prefix("error: ").unwrap_or(error);
    let lines = error.lines().map(str::trim);
    let first: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    first.join(" ")
}
