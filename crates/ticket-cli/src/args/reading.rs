//! What a command that reads prints of each record.

use clap::Args;

use super::{Cli, Command, OutputFormat};

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Reading {
    /// Print only these fields, e.g. ticket,subject
    ///
    /// Separated by commas; a dot leads to an inner field, as in requester.email. Implies --output json unless ndjson is
    /// chosen. If a name is wrong, the error lists the right ones.
    #[arg(id = "json", long, value_name = "FIELDS", value_delimiter = ',')]
    pub(crate) fields: Vec<String>,
    /// Print the results of this jq expression
    ///
    /// Strings are printed without quotes. With --output ndjson the expression is applied to each record, otherwise to the
    /// whole JSON document.
    #[arg(long, value_name = "EXPR")]
    pub(crate) jq: Option<String>,
    /// Include the vendor's own JSON in json and ndjson, as `raw`
    #[arg(long, hide_short_help = true)]
    pub(crate) raw: bool,
    /// Print tables and csv without their header line
    #[arg(long, hide_short_help = true)]
    pub(crate) no_headers: bool,
}

impl Command {
    /// What is printed of each record, if the command reads.
    pub(crate) fn reading(&self) -> Option<&Reading> {
        Some(match self {
            Self::Providers(reading) => reading,
            Self::View(view) => &view.reading,
            Self::Get(get) => &get.reading,
            Self::List(list) => &list.reading,
            Self::Find(find) => &find.reading,
            Self::Create(create) => &create.reading,
            Self::Messages(messages) => &messages.reading,
            Self::Attachments(attachments) => &attachments.reading,
            _ => return None,
        })
    }
}

impl Cli {
    /// The same with JSON where `--json` or `--jq` ask for it: in place of a table, and of CSV that only a variable asks for.
    pub(crate) fn with_implied_format(mut self, is_given: bool) -> Self {
        let is_asked = |reading: &Reading| !reading.fields.is_empty() || reading.jq.is_some();
        let gives_way = match self.global.output {
            OutputFormat::Table => true,
            OutputFormat::Csv => !is_given,
            OutputFormat::Json | OutputFormat::Ndjson => false,
        };
        if gives_way && self.command.reading().is_some_and(is_asked) {
            self.global.output = OutputFormat::Json;
        }
        self
    }
}
