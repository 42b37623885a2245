//! Who OneCloud is and what it can do: declared here once, enforced from here.

use std::num::NonZeroU32;

use ticket_core::ProviderInfo;
use ticket_core::provider::{Capabilities, Field, Fields};

pub(crate) const ID: &str = "onecloud";

/// The vendor's name for where a ticket was filed, as `latitude,longitude`.
pub(crate) const COORDINATE: &str = "coordinate";

/// Priority, assignee and status cannot be set, and how files are sent is not documented (page
/// `tiketcreate`).
fn create_fields() -> Fields {
    const CARRIED: &[Field] = &[
        Field::Subject,
        Field::Description,
        Field::Category,
        Field::RequesterName,
        Field::RequesterEmail,
    ];
    Fields::carrying(CARRIED)
        .requiring(CARRIED)
        .custom([COORDINATE])
}

/// No filter is documented for tickets (page `tiketfind`). Nor is a largest `limit`; 100 is inferred: five times the
/// documented default, and small enough for an answer of one request. Rows are counted as they arrive, so that a
/// server which gives fewer loses none.
fn list_fields() -> Fields {
    Fields::carrying(&[Field::Cursor, Field::PageLimit]).largest_page(LARGEST_PAGE)
}

const LARGEST_PAGE: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);

/// Who OneCloud is and what it can do. No limit on calls per minute is documented; neither are an update, a
/// resolve and a comment.
pub fn info() -> ProviderInfo {
    let capabilities = Capabilities::none()
        .get()
        .list(list_fields())
        .create(create_fields())
        .delete(1)
        .messages(Fields::carrying(&[]));
    ProviderInfo::new(ID, "OneCloud", capabilities)
}
