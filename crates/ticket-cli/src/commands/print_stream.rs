//! Prints a list as it arrives from the vendor, in constant memory. If the list ends early, the output is
//! still well-formed and contains the rows so far.

use std::pin::pin;

use futures_util::stream::{Stream, StreamExt as _};

use crate::args::OutputFormat;
use crate::failure::{Exit, Failure};
use crate::interrupt;
use crate::output::{Output, Record, say};
use crate::status::{Line, Status};
use crate::text;

/// Prints the records until the end, the first error or Ctrl-C. `none` is the message for an empty list.
pub(super) async fn print_stream<R: Record>(
    records: impl Stream<Item = Result<R, Failure>>,
    output: &Output,
    none: &str,
) -> Result<Exit, Failure> {
    let interruption = interrupt::stop_on_ctrl_c()?;
    let mut status = Status::unless(output.is_terminal());
    let mut records = pin!(records);
    let mut writer = output.writer();
    let mut count = 0_usize;
    let failure = loop {
        let record = tokio::select! {
            biased;
            // A list changes nothing, so its reply can be dropped.
            () = interruption.stop.finishing() => break Some(Failure::stopped(
                "stopped before the end of the list",
                interruption.exit().unwrap_or(Exit::Interrupted),
            )),
            () = status.due() => {
                let listed = text::grouped(u64::try_from(count).unwrap_or(u64::MAX));
                status.show(vec![Line::new("", vec![format!("{listed} listed")])]);
                continue;
            }
            record = records.next() => record,
        };
        match record {
            Some(Ok(record)) => writer
                .push(record)
                .map_err(|error| Failure::output(&error))?,
            Some(Err(failure)) => break Some(failure),
            None => break None,
        }
        count += 1;
    };
    drop(status);
    match failure {
        // Nothing is printed: an error before the first record prints no list.
        Some(failure) if count == 0 => Err(failure),
        failure => {
            writer.finish().map_err(|error| Failure::output(&error))?;
            if count == 0 && output.format == OutputFormat::Table {
                say(none);
            }
            failure.map_or(Ok(Exit::Done), Err)
        }
    }
}
