//! Finds duplicate tickets: each is sent once, and its outcome is printed once per occurrence. Memory grows
//! only with the number of duplicates, because the ids are not held at the same time.

use std::collections::hash_map::{Entry, RandomState};
use std::collections::{HashMap, HashSet};
use std::hash::BuildHasher as _;
use std::io;

use super::duplicate_hashes::DuplicateHashes;
use super::spool::{Spool, SpoolReader};

/// Number of hashes that are held in memory.
pub(super) const TOGETHER: usize = 50_000;

/// The duplicates in a spool.
#[derive(Debug, Default)]
pub(super) struct Duplicates {
    /// The later places of a ticket, by its first place.
    later: HashMap<usize, Vec<usize>>,
    /// All later places, in ascending order.
    skipped: Vec<usize>,
}

impl Duplicates {
    /// Finds the duplicates, with at most `together` hashes in memory.
    pub(super) fn find(spool: &Spool, together: usize) -> io::Result<Self> {
        let hasher = RandomState::new();
        let repeated_hashes = repeated_hashes(spool, together, &hasher)?;
        if repeated_hashes.is_empty() {
            return Ok(Self::default());
        }
        let mut firsts: HashMap<String, usize> = HashMap::new();
        let mut duplicates = Self::default();
        let mut reader = spool.read()?;
        while let Some(place) = reader.advance()? {
            if !repeated_hashes.contains(&hasher.hash_one(reader.id())) {
                continue;
            }
            match firsts.entry(reader.id().to_owned()) {
                Entry::Vacant(first) => {
                    first.insert(place);
                }
                Entry::Occupied(first) => {
                    duplicates
                        .later
                        .entry(*first.get())
                        .or_default()
                        .push(place);
                    duplicates.skipped.push(place);
                }
            }
        }
        Ok(duplicates)
    }

    /// The number of later occurrences.
    pub(super) fn len(&self) -> usize {
        self.skipped.len()
    }

    /// The later places of the ticket whose first place is `first`.
    pub(super) fn of(&self, first: usize) -> &[usize] {
        self.later.get(&first).map_or(&[], Vec::as_slice)
    }

    /// Moves to the next first occurrence and returns its place.
    pub(super) fn advance(&self, reader: &mut SpoolReader) -> io::Result<Option<usize>> {
        loop {
            match reader.advance()? {
                Some(place) if self.skipped.binary_search(&place).is_ok() => {}
                found => return Ok(found),
            }
        }
    }
}

/// The hashes that occur more than once: those of all duplicate ids, and possibly a few collisions.
fn repeated_hashes(
    spool: &Spool,
    together: usize,
    hasher: &RandomState,
) -> io::Result<HashSet<u64>> {
    let mut duplicates = DuplicateHashes::with_memory(together);
    let mut reader = spool.read()?;
    while reader.advance()?.is_some() {
        duplicates.push(hasher.hash_one(reader.id()))?;
    }
    duplicates.find()
}

#[cfg(test)]
mod tests {
    use super::super::spool::tests::spool;
    use super::*;

    /// The places of what is sent, and of each repetition with its first.
    fn found(ids: &[String], together: usize) -> (Vec<usize>, Vec<(usize, usize)>) {
        let spool = spool(ids);
        let duplicates = Duplicates::find(&spool, together).unwrap();
        let mut reader = spool.read().unwrap();
        let mut sent = Vec::new();
        let mut repetitions = Vec::new();
        while let Some(place) = duplicates.advance(&mut reader).unwrap() {
            assert_eq!(reader.id(), ids[place]);
            sent.push(place);
            repetitions.extend(duplicates.of(place).iter().map(|later| (place, *later)));
        }
        assert_eq!(duplicates.len(), repetitions.len());
        (sent, repetitions)
    }

    #[test]
    fn distant_repetitions_are_found() {
        let mut ids: Vec<_> = (0..1000).map(|id| format!("{id}")).collect();
        ids.push("0".to_owned());
        ids.extend((500..510).map(|id| format!("{id}")));
        ids.extend(["0".to_owned(), "999".to_owned()]);
        let mut expected = vec![(0, 1000), (0, 1011)];
        expected.extend((500..510).map(|id| (id, id + 501)));
        expected.push((999, 1012));
        for together in [1, 7, 100, 1000, usize::MAX] {
            let (sent, repetitions) = found(&ids, together);
            assert_eq!(sent, (0..1000).collect::<Vec<_>>(), "{together}");
            assert_eq!(repetitions, expected, "{together}");
        }
    }

    #[test]
    fn repeated_ticket_is_sent_once() {
        let same = vec!["1".to_owned(); 300];
        let (sent, repetitions) = found(&same, 10);
        assert_eq!((sent, repetitions.len()), (vec![0], 299));
        let different: Vec<_> = (0..300).map(|id| format!("{id}")).collect();
        let (sent, repetitions) = found(&different, 10);
        assert_eq!((sent.len(), repetitions.len()), (300, 0));
    }
}
