//! Parses the arguments, and prints usage errors like all other errors: as one line of JSON if a JSON format
//! is requested. The arguments are defined in `args.rs`.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{FromArgMatches as _, ValueEnum as _};

use crate::args::{self, Cli, OutputFormat};
use crate::completion;
use crate::failure::Failure;

/// The environment variable with the default of `--output`.
const OUTPUT: &str = "TICKETS_OUTPUT";

/// Parses the arguments of this process. If they are wrong or only request help or completions, prints that and
/// returns the exit code.
pub(crate) fn arguments() -> Result<Cli, ExitCode> {
    if let Some(exit) = completion::answer() {
        return Err(exit);
    }
    let default = default_output();
    let usual = default
        .as_ref()
        .map_or(OutputFormat::default(), |format| *format);
    let mut command = args::command();
    let parsed = command.try_get_matches_from_mut(std::env::args_os());
    let parsed = parsed.and_then(|matches| {
        let cli = Cli::from_arg_matches(&matches)?;
        let is_given = matches.value_source("output") != Some(ValueSource::DefaultValue);
        Ok((cli, is_given))
    });
    let (mut cli, is_given) = parsed.map_err(|error| {
        let format = requested_format(std::env::args_os(), usual);
        refused(error.format(&mut command), format)
    })?;
    if !is_given {
        cli.global.output = default.map_err(|wrong| {
            wrong.print(usual);
            wrong.exit()
        })?;
    }
    Ok(cli.with_implied_format(is_given))
}

/// The output format of commands without `--output`. An empty variable counts as absent.
fn default_output() -> Result<OutputFormat, Failure> {
    let value = std::env::var_os(OUTPUT).unwrap_or_default();
    let value = value.to_string_lossy();
    if value.is_empty() {
        return Ok(OutputFormat::default());
    }
    OutputFormat::from_str(&value, false).map_err(|_| {
        let forms = OutputFormat::value_variants().iter();
        let forms = forms.filter_map(|form| Some(form.to_possible_value()?.get_name().to_owned()));
        let forms = forms.collect::<Vec<_>>().join(", ");
        Failure::refused(format!(
            "{OUTPUT}: {value:?} is not an output format; use one of {forms}"
        ))
    })
}

/// Prints what clap says instead of the arguments: an error or a help text.
fn refused(mut error: clap::Error, format: OutputFormat) -> ExitCode {
    if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        // Not an error for people who look around.
        anstream::print!("{}", error.render().ansi());
        return ExitCode::SUCCESS;
    }
    drop_tip(&mut error);
    if error.use_stderr() && format.is_json() {
        let failure = Failure::refused(first_paragraph(&error.to_string()));
        failure.print(format);
        return failure.exit().into();
    }
    error.exit()
}

/// Drops clap's tip to pass a mistyped option "as a value": after `--`, `tickets delete` would take it for a ticket.
fn drop_tip(error: &mut clap::Error) {
    if let Some(ContextValue::StyledStrs(tips)) = error.remove(ContextKind::Suggested) {
        let is_useful = |tip: &StyledStr| !tip.to_string().contains("as a value");
        let tips: Vec<_> = tips.into_iter().filter(is_useful).collect();
        if !tips.is_empty() {
            error.insert(ContextKind::Suggested, ContextValue::StyledStrs(tips));
        }
    }
}

/// The output format that wrong arguments request: clap stops at the first mistake, which may come before
/// `--output`.
fn requested_format(
    arguments: impl Iterator<Item = OsString>,
    usual: OutputFormat,
) -> OutputFormat {
    let mut arguments = arguments.take_while(|argument| argument != "--");
    let mut implied = usual;
    while let Some(argument) = arguments.next() {
        let argument = argument.to_string_lossy();
        let is_implying = |option: &str| argument.split('=').next() == Some(option);
        if is_implying("--json") || is_implying("--jq") {
            implied = OutputFormat::Json;
        }
        let long = argument.strip_prefix("--output");
        let value = match long.or_else(|| argument.strip_prefix("-o")) {
            Some("") => arguments
                .next()
                .map(|value| value.to_string_lossy().into_owned()),
            Some(rest) if long.is_none() => Some(rest.trim_start_matches('=').to_owned()),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        let format = value.and_then(|value| OutputFormat::from_str(&value, false).ok());
        if let Some(format) = format {
            return format;
        }
    }
    implied
}

/// The error on one line, without the usage after it.
fn first_paragraph(error: &str) -> String {
    let error = error.strip_prefix("error: ").unwrap_or(error);
    let lines = error.lines().map(str::trim);
    let first: Vec<_> = lines.take_while(|line| !line.is_empty()).collect();
    first.join(" ")
}
