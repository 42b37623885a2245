//! Who LeadSquared is and what it can do: declared here, enforced by `ticket-core`.

use std::time::Duration;

use ticket_core::provider::{
    Capabilities, Documented, Field, Fields, IdForm, Limit, NotFound, Quota, Removal, Support,
};
use ticket_core::{Operation, ProviderInfo};

pub(crate) const ID: &str = "leadsquared";

/// What the vendor replies, as the contract's files have it.
pub(crate) const DOCUMENTED: &[Documented] = &[
    Documented::new(
        Operation::Get,
        include_str!("../tests/contract/get-ok.json"),
        "/response/body",
    ),
    Documented::new(
        Operation::Messages,
        include_str!("../tests/contract/messages-ok.json"),
        "/response/body/ConversationList",
    ),
];

/// The vendor states no limit; inferred.
pub(crate) const DEFAULT_DELETE_BATCH: usize = 100;
pub(crate) const DEFAULT_DELETE_BATCH_TEXT: &str = "100";

/// Any other field of the account goes as a custom one by its `SchemaName`. The names of the lead's name,
/// of the owner and the format of tags are not documented, so these are refused.
fn create_fields() -> Fields {
    Fields::carrying(&[
        Field::Subject,
        Field::Description,
        Field::Category,
        Field::Priority,
        Field::RequesterId,
        Field::RequesterEmail,
        Field::RequesterPhone,
        Field::Attachments,
    ])
    .requiring(&[Field::Subject])
    .any_custom()
}

/// The name of the owner is not documented, so the assignee is rejected.
fn update_fields() -> Fields {
    Fields::carrying(&[
        Field::Subject,
        Field::Description,
        Field::Status,
        Field::Priority,
        Field::Category,
        Field::Attachments,
    ])
    .any_custom()
}

/// The vendor documents no paging.
fn messages_fields() -> Fields {
    Fields::carrying(&[])
}

/// Sending to the customer is not documented, and neither are files.
fn comment_fields() -> Fields {
    Fields::carrying(&[Field::Body, Field::Internal, Field::Inbound]).requiring(&[Field::Body])
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// What the plan "Pro" allows by the page `rate-limits` in 2026: 10 calls in 5 seconds and 10,000 a day. Whether
/// the vendor counts by account or by key is not stated.
///
/// ```
/// use std::sync::Arc;
/// use ticket_core::call::{Pacer, StackOptions};
///
/// let pacer = Arc::new(Pacer::new([ticket_leadsquared::pro_plan_limit()]));
/// let options = StackOptions::default().pacer(pacer);
/// ```
pub fn pro_plan_limit() -> Limit {
    plan(10, 10_000)
}

/// What the plan "Super" allows by the page `rate-limits` in 2026: 20 calls in 5 seconds and 100,000 a day.
pub fn super_plan_limit() -> Limit {
    plan(20, 100_000)
}

fn plan(in_five_seconds: u32, a_day: u32) -> Limit {
    Limit::new()
        .window(Quota::new(in_five_seconds, Duration::from_secs(5)))
        .window(Quota::new(a_day, DAY))
}

/// Who LeadSquared is and what it can do, with the default batch size.
///
/// 25 calls in 5 seconds (page `delete-tickets`, 2026); some plans have other limits, see [`pro_plan_limit`] and
/// [`super_plan_limit`].
///
/// * Ticket ids are whole numbers: two calls send them as JSON numbers (pages `get-ticket-conversations` and
///   `post-an-internal-note-on-a-ticket-2`).
/// * The id of a deleted ticket is never given to another ticket (inferred: deleted tickets go to the trash, and the
///   pages state nothing).
/// * Deleted tickets go to a trash (inferred: the address of the call ends with `trash`, page `delete-tickets`). For how
///   long they can be restored, and how, is not documented.
/// * The pages document a 404 for a wrong address only, so that of an unknown ticket proves nothing by itself.
pub fn info() -> ProviderInfo {
    info_with_batch(DEFAULT_DELETE_BATCH)
}

const TRASH: Removal = Removal::Trash {
    restorable_for: None,
};

pub(crate) fn info_with_batch(delete_batch: usize) -> ProviderInfo {
    let undocumented = Support::new().not_found(NotFound::Undocumented);
    let capabilities = Capabilities::none()
        .with(Operation::Get, undocumented.clone())
        .create(create_fields())
        .with(
            Operation::Update,
            undocumented.clone().fields(update_fields()),
        )
        .with(Operation::Resolve, undocumented.clone())
        .with(
            Operation::Delete,
            undocumented.clone().max_batch(delete_batch).removal(TRASH),
        )
        .with(
            Operation::Messages,
            undocumented.clone().fields(messages_fields()),
        )
        .with(Operation::Comment, undocumented.fields(comment_fields()));
    let limit = Limit::new().window(Quota::new(25, Duration::from_secs(5)));
    ProviderInfo::new(ID, "LeadSquared", capabilities)
        .id_form(IdForm::Number)
        .never_reuses_ids()
        .limit(limit)
}
