//! Who LeadSquared is and what it can do: declared here once, enforced from here.

use std::time::Duration;

use ticket_core::{Capabilities, Field, Fields, ProviderInfo, Quota, Quotas};

use crate::config::DEFAULT_DELETE_BATCH;

pub(crate) const ID: &str = "leadsquared";

/// Any other field of the account goes as a custom one by its `SchemaName`. The names of the lead's name,
/// of the owner and the format of tags are not documented, so these are refused.
const CREATE: Fields = Fields::carrying(&[
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
.any_custom();

/// As [`CREATE`]: the name of the owner is not documented, so the assignee is refused.
const UPDATE: Fields = Fields::carrying(&[
    Field::Subject,
    Field::Description,
    Field::Status,
    Field::Priority,
    Field::Category,
    Field::Attachments,
])
.any_custom();

/// The vendor documents no paging.
const MESSAGES: Fields = Fields::carrying(&[]);

/// Sending to the customer is not documented, and neither are files.
const COMMENT: Fields =
    Fields::carrying(&[Field::Body, Field::Internal, Field::Inbound]).requiring(&[Field::Body]);

/// Who LeadSquared is and what it can do, with the default batch size.
///
/// 25 calls in 5 seconds (page `delete-tickets`); newer plans have other limits.
pub fn info() -> ProviderInfo {
    info_with_batch(DEFAULT_DELETE_BATCH)
}

pub(crate) fn info_with_batch(delete_batch: usize) -> ProviderInfo {
    let capabilities = Capabilities::none()
        .get()
        .create(CREATE)
        .update(UPDATE)
        .resolve()
        .delete(delete_batch)
        .messages(MESSAGES)
        .comment(COMMENT);
    let quotas = Quotas::none().window(Quota::new(25, Duration::from_secs(5)));
    ProviderInfo::new(ID, "LeadSquared", capabilities).quotas(quotas)
}
