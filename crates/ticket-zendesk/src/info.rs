//! Who Zendesk is and what it can do: declared here, enforced by `ticket-core`.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use ticket_core::provider::{
    Capabilities, Documented, Field, Fields, IdForm, Limit, Quota, Removal, Support,
};
use ticket_core::{Operation, ProviderInfo};

use crate::plan::Plan;

pub(crate) const ID: &str = "zendesk";

/// What the vendor replies, as the contract's files have it.
pub(crate) const DOCUMENTED: &[Documented] = &[
    Documented::new(
        Operation::Get,
        include_str!("../tests/contract/get-ok.json"),
        "/response/body/ticket",
    ),
    Documented::new(
        Operation::List,
        include_str!("../tests/contract/list-ok.json"),
        "/response/body/tickets",
    ),
    Documented::new(
        Operation::Messages,
        include_str!("../tests/contract/messages-ok.json"),
        "/response/body/comments",
    ),
    Documented::new(
        Operation::Attachments,
        include_str!("../tests/contract/attachments-ok.json"),
        "/response/body/comments/0/attachments",
    ),
];

/// The most records in a page (page `pagination`).
pub(crate) const LARGEST_PAGE: u32 = 100;

/// How long a deleted ticket can be restored (`OpenAPI` text).
pub(crate) const RESTORABLE_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How many tickets one bulk delete names (recordings: more are refused).
const BATCH: usize = 100;

/// For how long the key of a create is kept (page `introduction`).
const KEYS_KEPT: Duration = Duration::from_secs(2 * 60 * 60);

const MINUTE: Duration = Duration::from_secs(60);

fn pages(fields: &[Field]) -> Fields {
    let fields = Fields::carrying([fields, &[Field::Cursor, Field::PageLimit]].concat());
    match NonZeroU32::new(LARGEST_PAGE) {
        Some(largest) => fields.largest_page(largest),
        None => fields,
    }
}

fn list_fields() -> Fields {
    pages(&[
        Field::State,
        Field::Search,
        Field::Priority,
        Field::Requester,
        Field::CreatedAfter,
        Field::CreatedBefore,
        Field::UpdatedAfter,
        Field::UpdatedBefore,
        Field::Tags,
        Field::RawQuery,
    ])
    .any_custom()
    .exact(EXACT)
}

/// Alone, these are no search: the incremental export tells every ticket that changed since a time (page
/// `incremental_exports`), and what is before a time is compared here. The search's index lags behind (inferred), so that
/// a new ticket may be missing. The list of all tickets leaves out those that Zendesk archived, some 120 days after they were
/// closed; the export has them (public clients).
const EXACT: &[Field] = &[Field::UpdatedAfter, Field::UpdatedBefore];

/// What a row tells. Its description is the text of the first comment (page `tickets`).
const LIST_DECIDES: &[Field] = &[
    Field::Subject,
    Field::Description,
    Field::RequesterId,
    Field::CreatedAfter,
    Field::UpdatedAfter,
    Field::State,
    Field::Tags,
    Field::Custom,
];

/// A read of one ticket tells the people as well.
const GET_DECIDES: &[Field] = &[
    Field::Subject,
    Field::Description,
    Field::RequesterId,
    Field::RequesterEmail,
    Field::RequesterName,
    Field::CreatedAfter,
    Field::UpdatedAfter,
    Field::State,
    Field::Tags,
    Field::Custom,
];

fn create_fields() -> Fields {
    Fields::carrying(&[
        Field::Subject,
        Field::Description,
        Field::RequesterId,
        Field::RequesterName,
        Field::RequesterEmail,
        Field::Priority,
        Field::Assignee,
        Field::Tags,
        Field::Attachments,
    ])
    .requiring(&[Field::Subject, Field::Description])
    .any_custom()
    .many_values()
}

/// Not the description: it is the first comment and cannot change, which the vendor does not say (observed by others in
/// recordings: the log of such an update shows the other fields only).
fn update_fields() -> Fields {
    Fields::carrying(&[
        Field::Subject,
        Field::Status,
        Field::Priority,
        Field::Assignee,
    ])
    .any_custom()
    .many_values()
}

fn comment_fields() -> Fields {
    Fields::carrying(&[
        Field::Body,
        Field::Internal,
        Field::Outbound,
        Field::Attachments,
    ])
    .requiring(&[Field::Body])
}

/// How many jobs are queued or working at once (page `job_statuses`).
fn jobs() -> Limit {
    let jobs = Limit::of([Operation::Delete, Operation::Purge]);
    match NonZeroUsize::new(30) {
        Some(most) => jobs.max_accepted(most),
        None => jobs,
    }
}

/// Who Zendesk is and what it can do, on the smallest plan.
///
/// Sources are the vendor's `OpenAPI` text, its developer pages, and public recordings of the real service. Nothing was
/// tried on it by this project.
///
/// * Ids are numbers, and never given out again (inferred: a deleted ticket is scrubbed, not removed; the setting
///   `reuses_ids` says otherwise).
/// * *Not found* is a 404 with `RecordNotFound` (recordings).
/// * A delete moves a ticket to the trash for 30 days; then it is scrubbed (`OpenAPI` text). A purge deletes what is in the
///   trash for good.
/// * Reads are not declared to show every write.
/// * Limits are learned from the headers of replies (page `usage_limits`; recordings), and the smaller ones hold.
pub fn info() -> ProviderInfo {
    info_of(Plan::default(), false)
}

pub(crate) fn info_of(plan: Plan, reuses_ids: bool) -> ProviderInfo {
    let trash = Removal::Trash {
        restorable_for: Some(RESTORABLE_FOR),
    };
    let capabilities = Capabilities::none()
        .with(Operation::Get, Support::new().decides(GET_DECIDES))
        .with(
            Operation::List,
            Support::new()
                .fields(list_fields())
                .decides(LIST_DECIDES)
                .leaves_out("archived tickets", EXACT),
        )
        .with(
            Operation::Create,
            Support::new()
                .fields(create_fields())
                .requests_per_file(1)
                .keeps_keys_for(KEYS_KEPT),
        )
        .with(
            Operation::Update,
            Support::new().fields(update_fields()).conditional(),
        )
        .with(Operation::Resolve, Support::new())
        // One ticket is deleted at once, several are accepted as a job.
        .with(
            Operation::Delete,
            Support::new().max_batch(BATCH).removal(trash),
        )
        // Also of one ticket accepted as a job.
        .with(Operation::Purge, Support::new().max_batch(BATCH))
        .with(Operation::Job, Support::new())
        // What is not in the trash is read.
        .with(Operation::Restore, Support::new().requests(2))
        .with(Operation::Messages, Support::new().fields(pages(&[])))
        .with(
            Operation::Comment,
            Support::new().fields(comment_fields()).requests_per_file(1),
        )
        .with(Operation::Attachments, Support::new().fields(pages(&[])))
        // The record of the file, and its content.
        .with(Operation::Download, Support::new().requests(2));
    let info = ProviderInfo::new(ID, "Zendesk", capabilities)
        .id_form(IdForm::Number)
        .learns_limits()
        .limit(Limit::new().window(Quota::new(plan.calls_per_minute(), MINUTE)))
        // Of the list as it was seen in a recording, and of the search export (`OpenAPI` text).
        .limit(Limit::of([Operation::List]).window(Quota::new(100, MINUTE)))
        // One endpoint (page `usage_limits`). Of one ticket, 30 in 10 minutes, which is not counted here.
        .limit(
            Limit::of([Operation::Update, Operation::Resolve, Operation::Comment])
                .window(Quota::new(100, MINUTE)),
        )
        // `OpenAPI` text.
        .limit(Limit::of([Operation::Delete]).window(Quota::new(400, MINUTE)))
        // A recording.
        .limit(Limit::of([Operation::Purge]).window(Quota::new(1000, MINUTE)))
        .limit(jobs());
    if reuses_ids {
        info
    } else {
        info.never_reuses_ids()
    }
}
