//! Writes JSON piece by piece: an object whose lists are as long as they come, and the document that an expression is
//! applied to.

use std::io;

use serde::Serialize;

use super::Output;
use crate::args::OutputFormat;
use crate::text;

/// A JSON document: printed piece by piece, or kept until it is whole if an expression is applied to it.
#[derive(Debug, Default)]
pub(super) struct Document(String);

impl Document {
    pub(super) fn write(&mut self, output: &Output, text: &str) -> io::Result<()> {
        if output.shape.is_filtered() {
            self.0.push_str(text);
            return Ok(());
        }
        output.write_data(text)
    }

    /// Prints the outputs of the expression, if there is one.
    pub(super) fn finish(&self, output: &Output) -> io::Result<()> {
        if output.shape.is_filtered() {
            output.write_filtered(&self.0)?;
        }
        Ok(())
    }
}

/// Writes fields behind those of a record, lists item by item. The object is on one line, unless it is pretty.
#[derive(Debug)]
pub(crate) struct ObjectWriter<'o> {
    output: &'o Output,
    is_pretty: bool,
    /// Whether the list has items.
    has_items: bool,
    /// What an expression will be applied to.
    document: Document,
}

impl<'o> ObjectWriter<'o> {
    /// Starts an object with the fields of this JSON.
    pub(super) fn begin(output: &'o Output, object: &str) -> io::Result<Self> {
        let is_pretty = output.format == OutputFormat::Json;
        let mut document = Document::default();
        let open = object.strip_suffix('}').unwrap_or(object).trim_end();
        document.write(output, open)?;
        Ok(Self {
            output,
            is_pretty,
            has_items: false,
            document,
        })
    }

    fn write(&mut self, text: &str) -> io::Result<()> {
        self.document.write(self.output, text)
    }

    /// Writes a field with a value that is JSON.
    pub(crate) fn field(&mut self, name: &str, json: &str) -> io::Result<()> {
        let (line, blank) = if self.is_pretty {
            ("\n  ", " ")
        } else {
            ("", "")
        };
        self.write(&format!(",{line}\"{name}\":{blank}{json}"))
    }

    pub(crate) fn begin_list(&mut self, name: &str) -> io::Result<()> {
        self.has_items = false;
        self.field(name, "[")
    }

    pub(crate) fn push(&mut self, item: &impl Serialize) -> io::Result<()> {
        let comma = if std::mem::replace(&mut self.has_items, true) {
            ","
        } else {
            ""
        };
        let item = self
            .output
            .shape
            .select_item(serde_json::to_string(item)?)?;
        let item = if self.is_pretty {
            let item = text::pretty_json(&item);
            format!("\n    {}", item.replace('\n', "\n    "))
        } else {
            text::compact_json(&item)
        };
        self.write(&format!("{comma}{item}"))
    }

    pub(crate) fn end_list(&mut self) -> io::Result<()> {
        let line = if self.is_pretty && self.has_items {
            "\n  "
        } else {
            ""
        };
        self.write(&format!("{line}]"))
    }

    pub(crate) fn finish(mut self) -> io::Result<()> {
        self.write(if self.is_pretty { "\n}\n" } else { "}\n" })?;
        self.document.finish(self.output)
    }
}
