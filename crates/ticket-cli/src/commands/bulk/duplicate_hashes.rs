//! Finds the numbers that occur more than once with an external merge sort: sorted runs are stored in an
//! unnamed temporary file and merged from there. Memory is constant, and time grows almost linearly.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashSet};
use std::fs::File;
use std::io::{self, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::vec::IntoIter;

/// Size of a number in the file, in bytes.
const WIDTH: usize = size_of::<u64>();

/// Minimum number of numbers that are read from a run at once; fewer would only be slower.
const READ: usize = 64;

/// Collects numbers.
#[derive(Debug)]
pub(super) struct DuplicateHashes {
    /// Number of numbers held in memory.
    held: usize,
    /// Numbers that are not in a run yet.
    last: Vec<u64>,
    /// The runs, one after the other, each with `held` numbers in ascending order.
    file: Option<File>,
    runs: usize,
}

impl DuplicateHashes {
    /// Holds about `held` numbers in memory.
    pub(super) fn with_memory(held: usize) -> Self {
        Self {
            held: held.max(1),
            last: Vec::new(),
            file: None,
            runs: 0,
        }
    }

    pub(super) fn push(&mut self, number: u64) -> io::Result<()> {
        if self.last.len() == self.held {
            self.write_run()?;
        }
        self.last.push(number);
        Ok(())
    }

    fn write_run(&mut self) -> io::Result<()> {
        let file = match self.file.take() {
            Some(file) => file,
            None => tempfile::tempfile()?,
        };
        self.last.sort_unstable();
        let mut run = BufWriter::new(file);
        for number in self.last.drain(..) {
            run.write_all(&number.to_le_bytes())?;
        }
        self.file = Some(run.into_inner().map_err(io::Error::from)?);
        self.runs += 1;
        Ok(())
    }

    /// The numbers that occur more than once.
    pub(super) fn find(mut self) -> io::Result<HashSet<u64>> {
        self.last.sort_unstable();
        let length = self.held.saturating_mul(WIDTH);
        let mut runs: Vec<_> = (0..self.runs)
            .map(|run| Run {
                place: run * length,
                end: (run + 1) * length,
                read: Vec::new().into_iter(),
            })
            .collect();
        let together = (self.held / runs.len().max(1)).max(READ);
        runs.push(Run {
            place: 0,
            end: 0,
            read: self.last.into_iter(),
        });
        let mut smallest = BinaryHeap::with_capacity(runs.len());
        for (index, run) in runs.iter_mut().enumerate() {
            let number = run.next(self.file.as_mut(), together)?;
            smallest.extend(number.map(|number| Reverse((number, index))));
        }
        let mut duplicates = HashSet::new();
        let mut before = None;
        while let Some(Reverse((number, index))) = smallest.pop() {
            if before.replace(number) == Some(number) {
                duplicates.insert(number);
            }
            if let Some(run) = runs.get_mut(index) {
                let number = run.next(self.file.as_mut(), together)?;
                smallest.extend(number.map(|number| Reverse((number, index))));
            }
        }
        Ok(duplicates)
    }
}

/// A run of ascending numbers: the numbers already read, and the position of the others in the file.
#[derive(Debug)]
struct Run {
    read: IntoIter<u64>,
    place: usize,
    end: usize,
}

impl Run {
    /// The next number. Reads `together` numbers at once.
    fn next(&mut self, file: Option<&mut File>, together: usize) -> io::Result<Option<u64>> {
        let left = self.end - self.place;
        let (true, Some(file)) = (self.read.len() == 0 && left > 0, file) else {
            return Ok(self.read.next());
        };
        let mut bytes = vec![0; left.min(together * WIDTH)];
        let place = u64::try_from(self.place).map_err(io::Error::other)?;
        file.seek(SeekFrom::Start(place))?;
        file.read_exact(&mut bytes)?;
        self.place += bytes.len();
        let numbers = bytes.chunks_exact(WIDTH);
        let numbers = numbers.filter_map(|bytes| bytes.first_chunk());
        let numbers: Vec<_> = numbers.map(|bytes| u64::from_le_bytes(*bytes)).collect();
        self.read = numbers.into_iter();
        Ok(self.read.next())
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;
    use proptest::test_runner::RngSeed;

    use super::*;

    fn found(numbers: &[u64], held: usize) -> HashSet<u64> {
        let mut duplicates = DuplicateHashes::with_memory(held);
        for number in numbers {
            duplicates.push(*number).unwrap();
        }
        duplicates.find().unwrap()
    }

    #[test]
    fn sorted_run_in_several_parts_is_read_to_its_end() {
        let mut numbers: Vec<u64> = (0..10_000).rev().collect();
        numbers.extend([0, 9_999, 5_000, u64::MAX]);
        for held in [1, 99, 1_000, 3_334, 10_000, 20_000] {
            assert_eq!(found(&numbers, held), [0, 5_000, 9_999].into(), "{held}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig {
            failure_persistence: None,
            rng_seed: RngSeed::Fixed(1),
            ..ProptestConfig::default()
        })]

        #[test]
        fn only_repeated_hashes_are_found(
            numbers in vec(prop_oneof![0..50_u64, any::<u64>()], 0..300),
            held in 0..100_usize,
        ) {
            let count = |number: &u64| numbers.iter().filter(|other| *other == number).count();
            let expected: HashSet<u64> = numbers.iter().copied().filter(|it| count(it) > 1).collect();
            prop_assert_eq!(found(&numbers, held), expected);
        }
    }
}
