//! Who Sweeppea is and what it can do: declared here, enforced by `ticket-core`.

use std::num::NonZeroUsize;
use std::time::Duration;

use ticket_core::provider::{
    Capabilities, Documented, Field, Fields, IdForm, Limit, NotFound, Quota, Removal, Support,
};
use ticket_core::{Operation, ProviderInfo};

pub(crate) const ID: &str = "sweeppea";

/// What the vendor replies, as the contract's files have it.
pub(crate) const DOCUMENTED: &[Documented] = &[
    Documented::new(
        Operation::Get,
        include_str!("../tests/contract/get-ok.json"),
        "/response/body",
    ),
    Documented::new(
        Operation::Get,
        include_str!("../tests/contract/get-ok-closed.json"),
        "/response/body",
    ),
    Documented::new(
        Operation::List,
        include_str!("../tests/contract/list-open-ok.json"),
        "/response/body/Data/Tickets",
    ),
    Documented::new(
        Operation::List,
        include_str!("../tests/contract/list-closed-ok-new.json"),
        "/response/body/Data/Tickets",
    ),
];

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

/// The category is what the vendor calls the platform. Open and closed tickets are two lists (pages `support/open.md`,
/// `support/closed.md`). How `search` and `platform` compare is not documented in full.
fn list_fields() -> Fields {
    Fields::carrying(&[
        Field::State,
        Field::Search,
        Field::Priority,
        Field::Category,
        Field::Cursor,
    ])
    .exact(&[Field::State])
}

/// A row has the time of creation, no requester, and a subject cut to 100 characters (page `support/open.md`). Which
/// list it is from tells its state.
const LIST_DECIDES: &[Field] = &[Field::State, Field::CreatedAfter];

/// Whose account the ticket is of, and the texts (page `support/single.md`). No time of the last change is documented.
const GET_DECIDES: &[Field] = &[
    Field::Subject,
    Field::Description,
    Field::RequesterEmail,
    Field::RequesterName,
    Field::State,
    Field::CreatedAfter,
];

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
///
/// * Ticket ids consist of ASCII letters and digits (inferred: the pages show such ids, of 7 characters, and state no
///   form). See [`SweeppeaConfig::id_form`](crate::SweeppeaConfig::id_form).
/// * The id of a deleted ticket is never given to another ticket (inferred: the pages state nothing).
/// * A delete "is permanent and cannot be undone" (page `support/delete.md`).
/// * A 404 does not prove that a ticket is gone: to reads and deletes the vendor answers the same for another user's
///   ticket, and to deletes and resolves for a closed one (pages `support/single.md`, `support/delete.md`,
///   `support/resolve.md`).
pub fn info() -> ProviderInfo {
    info_with_id_form(DEFAULT_ID_FORM)
}

pub(crate) const DEFAULT_ID_FORM: IdForm = IdForm::Alphanumeric;

pub(crate) fn info_with_id_form(form: IdForm) -> ProviderInfo {
    let ambiguous = Support::new().not_found(NotFound::Ambiguous);
    let capabilities = Capabilities::none()
        // "Ticket Not Found or Access Denied" (page `support/single.md`).
        .with(Operation::Get, ambiguous.clone().decides(GET_DECIDES))
        .with(
            Operation::List,
            Support::new().fields(list_fields()).decides(LIST_DECIDES),
        )
        .create(create_fields())
        // "Ticket not found" (page `support/update.md`), beside a 403 for another user's ticket. Which of the two a
        // server sends is not certain: its other calls answer 404 (inferred).
        .with(Operation::Update, ambiguous.clone().fields(update_fields()))
        // "Ticket Not Found or Already Closed" (page `support/resolve.md`).
        .with(Operation::Resolve, ambiguous.clone())
        // "Ticket Not Found, Already Closed, or Not Owned by User" (page `support/delete.md`).
        .with(
            Operation::Delete,
            ambiguous.clone().removal(Removal::Permanent),
        )
        .with(Operation::Messages, ambiguous);
    let info = ProviderInfo::new(ID, "Sweeppea", capabilities)
        .id_form(form)
        .never_reuses_ids()
        .limit(Limit::new().window(Quota::new(150, Duration::from_secs(60))));
    ENDPOINTS.iter().fold(info, |info, operations| {
        info.limit(Limit::of(*operations).max_concurrent(NonZeroUsize::MIN))
    })
}
