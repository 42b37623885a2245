//! What a command that reads prints of each record.

use clap::Args;

use super::{Cli, Command, OutputFormat};

#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct Reading {
    /// Print only these fields as JSON, e.g. ticket,subject
    ///
    /// Separated by commas; requester.email is a field of a field. Prints one JSON document, or a line for each record with
    /// --output ndjson. A wrong name is refused with the right ones.
    #[arg(id = "json", long, value_name = "FIELDS", value_delimiter = ',')]
    pub(crate) fields: Vec<String>,
    /// Print what this jq expression makes of the JSON
    ///
    /// Strings are printed without quotes. The expression is applied to the whole JSON document, or to each record with
    /// --output ndjson.
    #[arg(long, value_name = "EXPR")]
    pub(crate) jq: Option<String>,
    /// Include the vendor's own JSON
    ///
    /// In json and ndjson, as the field `raw`.
    #[arg(hide_short_help = true, long)]
    pub(crate) raw: bool,
    /// Print tables and csv without a header line
    #[arg(hide_short_help = true, long)]
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
    /// The same with JSON in place of a table where `--json` or `--jq` ask for it.
    pub(crate) fn with_implied_format(mut self) -> Self {
        let is_asked = |reading: &Reading| !reading.fields.is_empty() || reading.jq.is_some();
        if self.global.output == OutputFormat::Table && self.command.reading().is_some_and(is_asked)
        {
            self.global.output = OutputFormat::Json;
        }
        self
    }
}
