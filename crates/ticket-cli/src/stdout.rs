//! Whether standard output can be written, as far as that is known without writing: asked before anything is
//! sent, so that no change is made whose outcome nobody can learn.

use std::io;

use crate::failure::Failure;

/// Refuses to start where standard output is closed.
pub(crate) fn refuse_closed() -> Result<(), Failure> {
    if system::is_closed() {
        let reason = "standard output is closed; nothing was sent";
        return Err(Failure::refused(reason)
            .hinting("`> FILE` keeps the outcomes, `> /dev/null` does without them".to_owned()));
    }
    Ok(())
}

/// Refuses to start a change where standard output cannot take its outcome.
pub(crate) fn refuse_unwritable() -> Result<(), Failure> {
    refuse_closed()?;
    system::probe().map_err(|error| {
        Failure::refused(format!(
            "standard output cannot be written: {error}; nothing was sent"
        ))
    })
}

/// Whether the reader of standard output is gone.
pub(crate) fn is_broken() -> bool {
    matches!(system::probe_reader(), Err(error) if error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(unix)]
mod system {
    use std::io;
    use std::sync::atomic::AtomicBool;
    use std::sync::atomic::Ordering::Relaxed;

    use rustix::event::{PollFd, PollFlags, Timespec, poll};
    use rustix::fs::{FileType, OFlags};
    use rustix::stdio::stdout;

    static CLOSED: AtomicBool = AtomicBool::new(false);

    /// Runs before `main`, because the standard library opens /dev/null for each standard stream that is
    /// closed, and afterwards nobody can tell that from the /dev/null of the user.
    #[ctor::ctor]
    fn record_closed_stdout() {
        CLOSED.store(rustix::io::fcntl_getfd(stdout()).is_err(), Relaxed);
    }

    pub(super) fn is_closed() -> bool {
        CLOSED.load(Relaxed)
    }

    pub(super) fn probe() -> io::Result<()> {
        let flags = rustix::fs::fcntl_getfl(stdout())?;
        if flags.intersection(OFlags::ACCMODE) == OFlags::RDONLY {
            return Err(io::Error::other("it is open for reading only"));
        }
        probe_reader()?;
        probe_space()
    }

    pub(super) fn probe_reader() -> io::Result<()> {
        let out = stdout();
        let mut asked = [PollFd::new(&out, PollFlags::OUT)];
        poll(&mut asked, Some(&Timespec::default()))?;
        let gone = PollFlags::ERR | PollFlags::HUP | PollFlags::NVAL;
        if asked.iter().any(|asked| asked.revents().intersects(gone)) {
            return Err(io::Error::new(
                io::ErrorKind::BrokenPipe,
                "its reader is gone",
            ));
        }
        Ok(())
    }

    /// Reserves a little room behind the end of a file, which changes nothing that its readers see.
    #[cfg(target_os = "linux")]
    fn probe_space() -> io::Result<()> {
        use rustix::fs::{FallocateFlags, fallocate, fstat};
        use rustix::io::Errno;

        const ROOM: u64 = 4096;
        /// /dev/full, on which every write fails as on a full disk.
        const FULL: (u32, u32) = (1, 7);

        let about = fstat(stdout())?;
        match FileType::from_raw_mode(about.st_mode) {
            FileType::RegularFile => {}
            FileType::CharacterDevice => {
                let device = (
                    rustix::fs::major(about.st_rdev),
                    rustix::fs::minor(about.st_rdev),
                );
                return if device == FULL {
                    Err(Errno::NOSPC.into())
                } else {
                    Ok(())
                };
            }
            _ => return Ok(()),
        }
        let end = u64::try_from(about.st_size).unwrap_or(0);
        match fallocate(stdout(), FallocateFlags::KEEP_SIZE, end, ROOM) {
            Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG | Errno::IO)) => {
                Err(error.into())
            }
            // Not every file system can reserve room.
            _ => Ok(()),
        }
    }

    #[cfg(not(target_os = "linux"))]
    fn probe_space() -> io::Result<()> {
        Ok(())
    }
}

#[cfg(not(unix))]
mod system {
    use std::io;

    pub(super) fn is_closed() -> bool {
        false
    }

    pub(super) fn probe() -> io::Result<()> {
        Ok(())
    }

    pub(super) fn probe_reader() -> io::Result<()> {
        Ok(())
    }
}
