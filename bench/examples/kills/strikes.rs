//! What is done to a process in the middle of its work: it is killed, or stopped for a while as by a closed laptop; and the
//! wall clock of all processes moves.

use std::cell::Cell;
use std::path::{Path, PathBuf};
use std::process::{Child, Command};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// The offsets of the wall clock, as libfaketime reads them.
const OFFSETS: [&str; 3] = ["+0", "+3600", "-3600"];

/// What is done to a process.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Strike {
    Kill,
    Stop(Duration),
    /// Nothing but that its clock moves.
    None,
}

impl Strike {
    /// One that these options allow, at random: stops last up to so many seconds.
    pub(crate) fn draw(stops: Option<u64>, moves_clock: bool) -> Self {
        let mut all = vec![Self::Kill];
        all.extend(stops.map(|longest| {
            let millis = fastrand::u64(500..=longest.max(1) * 1_000);
            Self::Stop(Duration::from_millis(millis))
        }));
        all.extend(moves_clock.then_some(Self::None));
        all[fastrand::usize(..all.len())]
    }
}

/// Stops a process, or lets it go on.
pub(crate) fn signal(child: &Child, signal: Signal) {
    kill_process(Pid::from_child(child), signal).unwrap();
}

/// The wall clock of the processes that are started with it. The clocks that count from the machine's start stay as they are.
pub(crate) struct WallClock {
    library: PathBuf,
    offset: PathBuf,
    moved: Cell<usize>,
}

impl WallClock {
    /// A clock whose offset is in this folder; `None` if libfaketime is not installed.
    pub(crate) fn new(folder: &Path) -> Option<Self> {
        let libraries = std::fs::read_dir("/usr/lib").ok()?.flatten();
        let mut libraries = libraries.map(|entry| entry.path());
        let clock = Self {
            library: libraries.find_map(|folder| {
                let library = folder.join("faketime/libfaketimeMT.so.1");
                library.exists().then_some(library)
            })?,
            offset: folder.join("offset"),
            moved: Cell::new(0),
        };
        clock.set(OFFSETS[0]);
        Some(clock)
    }

    /// Lets a process that is to be started ask this clock.
    pub(crate) fn show_to(&self, command: &mut Command) {
        command
            .env("LD_PRELOAD", &self.library)
            .env("FAKETIME_TIMESTAMP_FILE", &self.offset)
            .env("FAKETIME_NO_CACHE", "1")
            .env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
    }

    /// Moves it by one or two hours, forward or back.
    pub(crate) fn move_on(&self) {
        let now = std::fs::read_to_string(&self.offset).unwrap();
        let others = OFFSETS.iter().filter(|offset| **offset != now.trim());
        let others: Vec<_> = others.collect();
        self.set(others[fastrand::usize(..others.len())]);
        self.moved.set(self.moved.get() + 1);
    }

    /// How often it moved.
    pub(crate) fn moved(&self) -> usize {
        self.moved.get()
    }

    /// At once, so that nobody reads an empty file.
    fn set(&self, offset: &str) {
        let next = self.offset.with_extension("next");
        std::fs::write(&next, format!("{offset}\n")).unwrap();
        std::fs::rename(next, &self.offset).unwrap();
    }

    /// Removes what libfaketime leaves behind of a process that was killed.
    pub(crate) fn forget(child: &Child) {
        for name in ["faketime_shm_", "sem.faketime_sem_"] {
            let _ = std::fs::remove_file(format!("/dev/shm/{name}{}", child.id()));
        }
    }
}
