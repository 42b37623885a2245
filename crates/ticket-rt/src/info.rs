//! Who Request Tracker is and what it can do: declared here, enforced by `ticket-core`.
//!
//! Facts were observed with a real RT 5.0.3, unless they say *inferred*.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use ticket_core::provider::{
    Capabilities, Documented, Field, Fields, IdForm, Limit, NotFound, Quota, Removal, Support,
};
use ticket_core::{Operation, ProviderInfo};

pub(crate) const ID: &str = "rt";

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
        "/response/body/items",
    ),
    Documented::new(
        Operation::Attachments,
        include_str!("../tests/contract/attachments-ok.json"),
        "/exchanges/0/response/body/items",
    ),
];

/// RT cuts larger pages to this without a word (observed).
pub(crate) const LARGEST_PAGE: u32 = 100;

/// How many bytes of a subject RT keeps (observed).
pub(crate) const MAX_SUBJECT: usize = 200;

/// How many tickets one bulk call names. RT states no maximum; each takes it about a tenth of a second (inferred).
const BATCH: usize = 50;

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
        Field::Category,
        Field::Requester,
        Field::CreatedAfter,
        Field::CreatedBefore,
        Field::UpdatedAfter,
        Field::UpdatedBefore,
        Field::Order,
        Field::RawQuery,
    ])
    .any_custom()
    .exact(EXACT)
}

/// Every status is active or not, addresses are compared without their case, and a ticket is found by each of its
/// requesters (observed). Times are compared here too, since RT reads them in the zone of the account.
const EXACT: &[Field] = &[
    Field::State,
    Field::RequesterEmail,
    Field::CreatedAfter,
    Field::CreatedBefore,
    Field::UpdatedAfter,
    Field::UpdatedBefore,
];

/// What a row tells (observed): all requesters with their addresses, login names and names.
const LIST_DECIDES: &[Field] = &[
    Field::Subject,
    Field::RequesterEmail,
    Field::RequesterId,
    Field::RequesterName,
    Field::CreatedAfter,
    Field::UpdatedAfter,
    Field::Custom,
];

/// The text of a ticket is its first message (observed).
const MESSAGES_DECIDE: &[Field] = &[Field::Description];

fn create_fields() -> Fields {
    const CARRIED: &[Field] = &[
        Field::Subject,
        Field::Description,
        Field::RequesterEmail,
        Field::Category,
        Field::Priority,
        Field::Assignee,
        Field::Attachments,
    ];
    Fields::carrying(CARRIED)
        .requiring(&[Field::Category])
        .max_chars(&[(Field::Subject, MAX_SUBJECT)])
        .any_custom()
        .many_values()
}

fn update_fields() -> Fields {
    const CARRIED: &[Field] = &[
        Field::Subject,
        Field::Status,
        Field::Priority,
        Field::Category,
        Field::Assignee,
    ];
    Fields::carrying(CARRIED)
        .max_chars(&[(Field::Subject, MAX_SUBJECT)])
        .any_custom()
        .many_values()
}

fn comment_fields() -> Fields {
    const CARRIED: &[Field] = &[
        Field::Body,
        Field::Internal,
        Field::Outbound,
        Field::Attachments,
    ];
    Fields::carrying(CARRIED).requiring(&[Field::Body])
}

/// Who Request Tracker is and what it can do.
///
/// * An id of a merged ticket leads to its target in every call, deletes included (observed).
/// * Ids are never given out again: deleted tickets stay in the database (observed; what `rt-shredder` removes is inferred).
/// * RT has no limits of its own. 10 requests a second and 4 at once are a courtesy (inferred).
/// * A 404 is `{"message":"Not Found"}`, which other servers say too, so that another read must confirm it.
pub fn info() -> ProviderInfo {
    let unconfirmed = || Support::new().not_found(NotFound::Undocumented);
    let trash = Removal::Trash {
        restorable_for: None,
    };
    let capabilities = Capabilities::none()
        .with(Operation::Get, unconfirmed())
        .with(
            Operation::List,
            Support::new().fields(list_fields()).decides(LIST_DECIDES),
        )
        // What RT dropped shows only in a read afterwards (observed).
        .with(
            Operation::Create,
            Support::new().fields(create_fields()).requests(2),
        )
        // A read before, since a merged id would change another ticket, and one after where RT's words are no proof.
        .with(
            Operation::Update,
            unconfirmed()
                .fields(update_fields())
                .requests(3)
                .conditional(),
        )
        .with(Operation::Resolve, unconfirmed().requests(3))
        .with(
            Operation::Delete,
            unconfirmed().max_batch(BATCH).conditional().removal(trash),
        )
        // The status that restores a deleted ticket would reopen a resolved one (observed).
        .with(Operation::Restore, unconfirmed().requests(2))
        // The ticket, its history, and up to two pages of texts, which RT keeps as attachments (observed).
        .with(
            Operation::Messages,
            unconfirmed()
                .fields(pages(&[]))
                .requests(4)
                .decides(MESSAGES_DECIDE),
        )
        // A read before: a merged id leads elsewhere, and a message to the customer would restore a deleted ticket.
        .with(
            Operation::Comment,
            unconfirmed().fields(comment_fields()).requests(2),
        )
        // The list, and the ticket: an empty list may be a missing one's, and a merged id lists the target's (observed).
        .with(
            Operation::Attachments,
            unconfirmed().fields(pages(&[])).requests(2),
        )
        .with(Operation::Download, Support::new());
    let polite = Limit::new().window(Quota::new(10, Duration::from_secs(1)));
    let polite = match NonZeroUsize::new(4) {
        Some(at_once) => polite.max_concurrent(at_once),
        None => polite,
    };
    ProviderInfo::new(ID, "Request Tracker", capabilities)
        .id_form(IdForm::Number)
        .never_reuses_ids()
        .redirects_ids()
        .consistent_reads()
        .verified_against("RT 5.0.3")
        .limit(polite)
}
