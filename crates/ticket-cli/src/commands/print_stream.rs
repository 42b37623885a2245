//! Prints a list as it arrives from the vendor, in constant memory. If the list ends early, the output is
//! still well-formed and contains the rows so far.

use std::pin::pin;

use futures_util::stream::{Stream, StreamExt as _};

use crate::args::OutputFormat;
use crate::failure::{Exit, Failure};
use crate::output::{Output, TableWriter};
use crate::pager::{Ended, Pager};
use crate::record::Record;
use crate::status::{Line, Status, say};
use crate::text;

/// Prints the records until the end, the first error or Ctrl-C. `none` is the message for an empty list. `is_paged`: a table
/// on a terminal goes through the pager.
pub(super) async fn print_stream<R: Record>(
    records: impl Stream<Item = Result<R, Failure>>,
    output: &Output,
    none: &str,
    is_paged: bool,
) -> Result<Exit, Failure> {
    let mut pager = Pager::start(output, is_paged)?;
    let mut records = pin!(records);
    let mut list = List {
        writer: output.writer(),
        status: Status::unless(output.is_terminal()),
        count: 0,
    };
    if pager.is_running() {
        list.writer.collect();
    }
    let printed = list.print(&mut records, &mut pager).await;
    let List {
        mut writer,
        status,
        count,
    } = list;
    drop(status);
    let stop = match &printed {
        Err(Ended::Stopped(exit)) => Some(*exit),
        _ => None,
    };
    let failure = match printed {
        Ok(failure) => failure,
        Err(Ended::ReaderLeft) => None,
        Err(Ended::Stopped(exit)) => {
            Some(Failure::stopped("stopped before the end of the list", exit))
        }
        Err(Ended::Failed(error)) => {
            pager.finish(stop).await;
            return Err(Failure::output(&error));
        }
    };
    let is_empty = count == 0;
    if !(is_empty && failure.is_some()) {
        let finished = writer.finish();
        finished.map_err(|error| Failure::output(&error))?;
        // Nobody reads it if the pager has ended.
        let _ = pager.write(&writer.collected()).await;
    }
    let ended_by = pager.finish(stop).await;
    if let Some(failure) = failure {
        return Err(failure);
    }
    if is_empty && output.format == OutputFormat::Table {
        say(none);
    }
    Ok(ended_by.unwrap_or(Exit::Done))
}

struct List<'o, R> {
    writer: TableWriter<'o, R>,
    status: Status,
    count: usize,
}

impl<R: Record> List<'_, R> {
    /// Prints the records to the end, or to the first error, which is returned.
    async fn print(
        &mut self,
        records: &mut (impl Stream<Item = Result<R, Failure>> + Unpin),
        pager: &mut Pager,
    ) -> Result<Option<Failure>, Ended> {
        loop {
            let next = async {
                tokio::select! {
                    biased;
                    () = self.status.due() => None,
                    record = records.next() => Some(record),
                }
            };
            // A list changes nothing, so its reply can be dropped.
            match pager.during(next).await? {
                None => {
                    let listed = text::grouped(u64::try_from(self.count).unwrap_or(u64::MAX));
                    let line = Line::new("", vec![format!("{listed} listed")]);
                    self.status.show(vec![line]);
                }
                Some(Some(Ok(record))) => {
                    self.writer.push(record).map_err(Ended::Failed)?;
                    self.count += 1;
                    let collected = self.writer.collected();
                    if !collected.is_empty() {
                        pager.write(&collected).await?;
                    }
                }
                Some(Some(Err(failure))) => return Ok(Some(failure)),
                Some(None) => return Ok(None),
            }
        }
    }
}
