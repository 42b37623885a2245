//! An archive of tickets in a folder: each with its JSON as the vendor sent it, all messages and all attached files that
//! the vendor lets one read.
//!
//! ```text
//! DIR/archive.json                       {"format":"tickets-archive","version":1}
//! DIR/ACCOUNT/ID/ticket.json             the vendor's JSON of the ticket, unmodified
//! DIR/ACCOUNT/ID/messages.json           an array of the vendor's JSON of each message, unmodified
//! DIR/ACCOUNT/ID/entry.json              an `Entry`: what there is, the digests of all of it, and what is lacking
//! DIR/files/SHA256                       the attached files
//! ```
//!
//! `ACCOUNT` and `ID` are themselves where they consist of small letters, digits, `_` and `-`; every other byte is written
//! as `%` and two digits, and what is too long ends with a digest. `entry.json` names the account and the id as they are.
//!
//! * **An entry is whole or not there.** It appears with all its parts, which are on the disk by then, whenever a writer is
//!   killed and however many there are. While an entry is replaced, there is a moment in which a reader finds neither the
//!   earlier one nor the new one. The next writer removes what a killed one left.
//! * **Nothing in an archive depends on when or how often it was made.** One that was made in one go is byte for byte the
//!   same as one whose writer was killed and started again. Only the time of a file says when a ticket was archived;
//!   [`prune`](Archive::prune) goes by that.
//! * **What is lacking is said**, in the entry: see [`Lack`]. Messages and files that were archived and cannot be read any
//!   more stay in the entry, which says so too.
//! * **Digests protect against damage**: [`verify`](Archive::verify) compares every byte. Against somebody who changes an
//!   archive on purpose, compare the digest of `entry.json` with the one in the ledger or in a report.
//!
//! Memory does not grow with the number of tickets or messages, nor with the size of attached files as far as the provider
//! hands them on as they arrive.
//!
//! ```no_run
//! use ticket_core::{Result, TicketId, Tickets};
//! use ticket_jobs::archive::{Archive, KeepOptions, Place};
//!
//! async fn archive(tickets: &Tickets, id: TicketId) -> Result<()> {
//!     let archive = Archive::open("/srv/archive")?;
//!     let place = Place::new("support-eu", &*tickets.info().id);
//!     let ticket = tickets.get(id).await?;
//!     let kept = archive.keep(&place, tickets, &ticket, KeepOptions::default()).await?;
//!     for lack in &kept.lacks {
//!         println!("{}: {}", lack.what, lack.why);
//!     }
//!     Ok(())
//! }
//! ```

mod disk;
mod draft;
mod entry;
mod keep;
mod name;
mod place;
mod prune;
mod read;
mod verify;

use std::path::Path;
use std::sync::Arc;

use ticket_core::Result;

use self::disk::Folder;
pub use self::entry::{Entry, KeptFile, Lack, LackReason, Part, TicketState};
pub(crate) use self::keep::is_about_all;
pub use self::keep::{KeepOptions, Kept};
pub use self::place::Place;
pub use self::prune::{Pruned, Removed};
pub use self::read::{Entries, Found};
pub use self::verify::{Contradiction, Verified};

/// An archive of tickets in a folder. Cloning is cheap.
///
/// Several processes may write and read one archive at the same time. All functions but [`keep`](Self::keep) block while
/// they read and write files.
#[derive(Clone, Debug)]
pub struct Archive {
    folder: Arc<Folder>,
}

impl Archive {
    /// Opens the archive in this folder to write, and creates it if there is none. Folders and files can be read by their
    /// owner only. What writers that were killed left behind is removed.
    ///
    /// # Errors
    ///
    /// `Config` if the folder holds something else or an archive of a newer version, if others can write it, or if it cannot
    /// be written.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        Ok(Self {
            folder: Arc::new(Folder::create(dir.as_ref())?),
        })
    }

    /// Opens an archive that exists to read. Writes nothing.
    ///
    /// # Errors
    ///
    /// `Config` if there is no archive, or one of a newer version.
    pub fn read(dir: impl AsRef<Path>) -> Result<Self> {
        Ok(Self {
            folder: Arc::new(Folder::read(dir.as_ref())?),
        })
    }

    /// The archive's folder.
    pub fn dir(&self) -> &Path {
        &self.folder.dir
    }
}
