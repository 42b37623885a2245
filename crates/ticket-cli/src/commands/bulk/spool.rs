//! Stores the tickets of one account until they are sent: a few in memory, more in an unnamed temporary file,
//! so that memory does not grow with their number. The change applies to exactly the confirmed tickets, even
//! if the input file changes.

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Cursor, Seek as _, Write as _};
use std::sync::Arc;

use tempfile::{SpooledData, SpooledTempFile};
use tickets::TicketId;

/// Maximum size in memory, in bytes.
const IN_MEMORY: usize = 256 * 1024;

/// A spool that is being written.
#[derive(Debug)]
pub(super) struct SpoolWriter {
    lines: BufWriter<SpooledTempFile>,
    len: usize,
}

/// Tickets in the order of the input, each with its place in the whole input.
#[derive(Debug)]
pub(super) struct Spool {
    data: Data,
    len: usize,
}

#[derive(Debug)]
enum Data {
    Memory(Arc<[u8]>),
    File(File),
}

impl SpoolWriter {
    pub(super) fn new() -> Self {
        Self::with_memory(IN_MEMORY)
    }

    /// Creates a spool that holds up to `in_memory` bytes in memory.
    fn with_memory(in_memory: usize) -> Self {
        Self {
            lines: BufWriter::new(SpooledTempFile::new(in_memory)),
            len: 0,
        }
    }

    /// Adds a ticket. Its id has no line break, which was checked before.
    pub(super) fn push(&mut self, place: usize, id: &TicketId) -> io::Result<()> {
        self.len += 1;
        writeln!(self.lines, "{place}\t{id}")
    }

    /// Ends writing.
    pub(super) fn finish(self) -> io::Result<Spool> {
        let file = self.lines.into_inner().map_err(io::Error::from)?;
        let data = match file.into_inner() {
            SpooledData::InMemory(text) => Data::Memory(text.into_inner().into()),
            SpooledData::OnDisk(file) => Data::File(file),
        };
        Ok(Spool {
            data,
            len: self.len,
        })
    }
}

impl Spool {
    /// The number of tickets, including duplicates.
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// Reads the spool from the start. Only one reader at a time: readers share the position in the file.
    pub(super) fn read(&self) -> io::Result<SpoolReader> {
        let lines: Box<dyn BufRead + Send> = match &self.data {
            Data::Memory(text) => Box::new(Cursor::new(Arc::clone(text))),
            Data::File(file) => {
                let mut file = file.try_clone()?;
                file.rewind()?;
                Box::new(BufReader::new(file))
            }
        };
        Ok(SpoolReader {
            lines,
            line: String::new(),
            id: 0,
        })
    }
}

/// Reads the tickets of a spool.
pub(super) struct SpoolReader {
    lines: Box<dyn BufRead + Send>,
    line: String,
    /// The start of the id in the line.
    id: usize,
}

impl SpoolReader {
    /// Moves to the next ticket and returns its place; `None` after the last one.
    pub(super) fn advance(&mut self) -> io::Result<Option<usize>> {
        self.line.clear();
        self.id = 0;
        if self.lines.read_line(&mut self.line)? == 0 {
            return Ok(None);
        }
        // No other process can open the file: only a faulty disk can have changed it.
        let changed = || io::Error::new(io::ErrorKind::InvalidData, "it is not what was written");
        if self.line.pop() != Some('\n') {
            return Err(changed());
        }
        let (place, _) = self.line.split_once('\t').ok_or_else(changed)?;
        self.id = place.len() + 1;
        place.parse().map(Some).map_err(|_| changed())
    }

    /// The id of the current ticket.
    pub(super) fn id(&self) -> &str {
        self.line.get(self.id..).unwrap_or_default()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A spool of these ids, at the places 0, 1, 2 and so on.
    pub(in super::super) fn spool<T: AsRef<str>>(ids: impl IntoIterator<Item = T>) -> Spool {
        let mut writer = SpoolWriter::new();
        for (place, id) in ids.into_iter().enumerate() {
            writer.push(place, &id.as_ref().into()).unwrap();
        }
        writer.finish().unwrap()
    }

    fn all(spool: &Spool) -> Vec<(usize, String)> {
        let mut reader = spool.read().unwrap();
        let mut all = Vec::new();
        while let Some(place) = reader.advance().unwrap() {
            all.push((place, reader.id().to_owned()));
        }
        all
    }

    #[test]
    fn spool_in_memory_or_file_can_be_read_repeatedly() {
        let ids: Vec<_> = (0..1000).map(|id| format!("é:{id}")).collect();
        let expected: Vec<_> = ids.iter().cloned().enumerate().collect();
        for in_memory in [0, 100, usize::MAX] {
            let mut writer = SpoolWriter::with_memory(in_memory);
            for (place, id) in ids.iter().enumerate() {
                writer.push(place, &id.as_str().into()).unwrap();
            }
            let spool = writer.finish().unwrap();
            assert_eq!(matches!(spool.data, Data::Memory(_)), in_memory > 100);
            assert_eq!(spool.len(), ids.len());
            assert_eq!(all(&spool), expected);
            // A reader that stopped in the middle is no hindrance.
            spool.read().unwrap().advance().unwrap();
            assert_eq!(all(&spool), expected);
        }
    }
}
