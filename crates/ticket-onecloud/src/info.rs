//! Who OneCloud is and what it can do: declared here, enforced by `ticket-core`.

use std::num::NonZeroU32;

use ticket_core::provider::{Capabilities, Documented, Field, Fields, IdForm, NotFound, Support};
use ticket_core::{Operation, ProviderInfo};

pub(crate) const ID: &str = "onecloud";

/// What the vendor replies, as the contract's files have it.
pub(crate) const DOCUMENTED: &[Documented] = &[
    Documented::new(
        Operation::Get,
        include_str!("../tests/contract/get-ok.json"),
        "/response/body",
    ),
    Documented::new(
        Operation::List,
        include_str!("../tests/contract/list-ok.json"),
        "/response/body/data",
    ),
    Documented::new(
        Operation::Messages,
        include_str!("../tests/contract/messages-ok-flat.json"),
        "/response/body/data",
    ),
    Documented::new(
        Operation::Messages,
        include_str!("../tests/contract/messages-ok-nested.json"),
        "/response/body/data",
    ),
];

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

/// How many rows come if no `limit` is sent (page `tiketfind`).
pub(crate) const DEFAULT_PAGE: u32 = 20;

const LARGEST_PAGE: NonZeroU32 = NonZeroU32::MIN.saturating_add(99);

/// Rows have names where a ticket has ids (pages `tiketfind`, `tiketget`). Their description may be empty where the
/// ticket has a content, and how several labels are written is not documented. That the subject is whole is inferred.
const LIST_DECIDES: &[Field] = &[
    Field::Subject,
    Field::RequesterName,
    Field::State,
    Field::CreatedAfter,
    Field::UpdatedAfter,
];

/// A ticket has the text, and the requester as the id of a contact (page `tiketget`).
const GET_DECIDES: &[Field] = &[Field::Subject, Field::Description, Field::RequesterId];

/// Nothing but the messages tells an address: `From`, with an `@` where it is one (page `tiketconversations`; that the
/// first incoming message is the requester's is inferred).
const MESSAGES_DECIDE: &[Field] = &[Field::RequesterEmail];

/// Who OneCloud is and what it can do. The vendor documents no limit on calls per minute, and no update, resolve or
/// comment.
///
/// * Ticket ids are whole numbers (inferred: every vendor page shows such ids and states no form). See
///   [`OneCloudConfig::id_form`](crate::OneCloudConfig::id_form).
/// * The id of a deleted ticket is never given to another ticket (inferred: the pages show one growing sequence and
///   state nothing).
/// * The vendor documents no reply for an unknown id, so a 404 proves nothing by itself.
pub fn info() -> ProviderInfo {
    info_with_id_form(DEFAULT_ID_FORM)
}

pub(crate) const DEFAULT_ID_FORM: IdForm = IdForm::Number;

pub(crate) fn info_with_id_form(form: IdForm) -> ProviderInfo {
    let undocumented = Support::new().not_found(NotFound::Undocumented);
    let capabilities = Capabilities::none()
        .with(Operation::Get, undocumented.clone().decides(GET_DECIDES))
        .with(
            Operation::List,
            Support::new().fields(list_fields()).decides(LIST_DECIDES),
        )
        .create(create_fields())
        .with(Operation::Delete, undocumented.clone())
        .with(Operation::Messages, undocumented.decides(MESSAGES_DECIDE));
    ProviderInfo::new(ID, "OneCloud", capabilities)
        .id_form(form)
        .never_reuses_ids()
}
