//! The command lines that are recorded, by what they are about.

mod bulk;
mod bulk_faults;
mod configuration;
mod find;
mod single;
mod single_faults;
mod usage;
mod viewing;

pub(crate) use bulk::{deleting, listing, resolving};
pub(crate) use bulk_faults::bulk_faults;
pub(crate) use configuration::configuration;
pub(crate) use find::finding;
pub(crate) use single::{changing, reading, showing};
pub(crate) use single_faults::single_faults;
pub(crate) use usage::usage;
pub(crate) use viewing::viewing;

use crate::golden::case::Case;

/// All of them.
pub(crate) fn all() -> Vec<Case> {
    let groups = [
        showing(),
        viewing(),
        reading(),
        changing(),
        deleting(),
        resolving(),
        listing(),
        usage(),
        configuration(),
        finding(),
        single_faults(),
        bulk_faults(),
    ];
    groups.into_iter().flatten().collect()
}
