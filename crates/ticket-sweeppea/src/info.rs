//! Who Sweeppea is and what it can do: declared here once, enforced from here.

use std::num::NonZeroUsize;
use std::time::Duration;

use ticket_core::provider::{Capabilities, Field, Fields, Limit, NotFound, Quota, Support};
use ticket_core::{Operation, ProviderInfo};

pub(crate) const ID: &str = "sweeppea";

/// No requester (it is the caller), no category and no files can be sent (page `support/create.md`). What
/// the vendor does with longer texts is not stated, so they are refused here.
fn create_fields() -> Fields {
    Fields::carrying(&[
        Field::Subject,
        Field::Description,
        Field::Priority,
        Field::Assignee,
    ])
    .requiring(&[Field::Subject, Field::Description, Field::Priority])
    .max_chars(&[(Field::Subject, 200), (Field::Description, 20_000)])
}

/// The category is what the vendor calls the platform.
fn list_fields() -> Fields {
    Fields::carrying(&[
        Field::State,
        Field::Search,
        Field::Priority,
        Field::Category,
        Field::Cursor,
    ])
}

/// Nothing else can be changed (page `support/update.md`).
fn update_fields() -> Fields {
    Fields::carrying(&[Field::Subject, Field::Description])
        .max_chars(&[(Field::Subject, 200), (Field::Description, 20_000)])
}

/// The operations that share an endpoint, by endpoint.
const ENDPOINTS: &[&[Operation]] = &[
    &[Operation::Get, Operation::Messages],
    &[Operation::List],
    &[Operation::Create],
    &[Operation::Update],
    &[Operation::Resolve],
    &[Operation::Delete],
];

/// Who Sweeppea is and what it can do. No way to comment is documented: notes are read only.
///
/// 150 calls a minute and one at a time per endpoint, as documented in 2026 (page `concurrency.md`); other
/// samples say 60 a minute. A ticket and its notes come from one endpoint.
pub fn info() -> ProviderInfo {
    let capabilities = Capabilities::none()
        .get()
        .list(list_fields())
        .create(create_fields())
        .update(update_fields())
        .resolve()
        // "Ticket Not Found, Already Closed, or Not Owned by User" (page `support/delete.md`).
        .with(
            Operation::Delete,
            Support::new().not_found(NotFound::Ambiguous),
        )
        .messages(Fields::carrying(&[]));
    let info = ProviderInfo::new(ID, "Sweeppea", capabilities)
        .limit(Limit::new().window(Quota::new(150, Duration::from_secs(60))));
    ENDPOINTS.iter().fold(info, |info, operations| {
        info.limit(Limit::of(*operations).max_concurrent(NonZeroUsize::MIN))
    })
}
