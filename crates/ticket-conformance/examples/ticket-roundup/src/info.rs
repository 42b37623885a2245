//! Who Roundup is and what it can do: declared here once, enforced from here.

use ticket_core::provider::{Capabilities, Field, Fields, IdForm, Removal, Support};
use ticket_core::{Operation, ProviderInfo};

pub(crate) const ID: &str = "roundup";

/// Requests of one write: the row of the list, since only lists hide retired issues; the version; the write.
const WRITE: usize = 3;

/// Who Roundup is and what it can do. Each tracker has its own limit on requests, so none is declared: set the account's
/// `rate`.
pub(crate) fn info() -> ProviderInfo {
    let trash = Removal::Trash {
        restorable_for: None,
    };
    let subject = Fields::carrying(&[Field::Subject]);
    let pages = Fields::carrying(&[Field::Cursor, Field::PageLimit]);
    let write = || Support::new().requests(WRITE);
    let capabilities = Capabilities::none()
        .get()
        .list(pages)
        .create(subject.clone().requiring(&[Field::Subject]))
        .with(Operation::Update, write().fields(subject))
        .with(Operation::Resolve, write())
        .with(Operation::Delete, write().removal(trash))
        // Reads by id show retired issues: no look.
        .with(Operation::Restore, write().requests(WRITE - 1));
    ProviderInfo::new(ID, "Roundup", capabilities)
        .id_form(IdForm::Number)
        .never_reuses_ids()
        .consistent_reads()
}
