//! Who Redmine is and what it can do: declared here, enforced by `ticket-core`.

use std::num::{NonZeroU32, NonZeroUsize};
use std::time::Duration;

use ticket_core::provider::{
    Capabilities, Documented, Field, Fields, IdForm, Limit, NotFound, Quota, Removal, Support,
};
use ticket_core::{Operation, ProviderInfo};

pub(crate) const ID: &str = "redmine";

/// What the vendor replies, as the contract's files have it.
pub(crate) const DOCUMENTED: &[Documented] = &[
    Documented::new(
        Operation::Get,
        include_str!("../tests/contract/get-ok.json"),
        "/response/body/issue",
    ),
    Documented::new(
        Operation::List,
        include_str!("../tests/contract/list-ok.json"),
        "/exchanges/1/response/body/issues",
    ),
    // What only some tickets have, a read of them need not show either.
    Documented::new(
        Operation::Get,
        include_str!("../tests/contract/list-ok.json"),
        "/exchanges/1/response/body/issues",
    ),
    Documented::new(
        Operation::Messages,
        include_str!("../tests/contract/messages-ok.json"),
        "/response/body/issue/journals",
    ),
    Documented::new(
        Operation::Attachments,
        include_str!("../tests/contract/attachments-ok.json"),
        "/response/body/issue/attachments",
    ),
];

/// The most issues in a page; the server takes a larger number for this one (observed).
pub(crate) const LARGEST_PAGE: u32 = 100;

/// How many issues a page has where nothing is asked for (observed).
pub(crate) const USUAL_PAGE: u64 = 25;

/// How many roles of the caller a comment looks up at most.
pub(crate) const MAX_ROLES: usize = 2;

fn create_fields() -> Fields {
    Fields::carrying(&[
        Field::Subject,
        Field::Description,
        Field::Priority,
        Field::Assignee,
        Field::Attachments,
    ])
    .requiring(&[Field::Subject])
    .max_chars(&[(Field::Subject, 255)])
    .any_custom()
    .many_values()
}

fn update_fields() -> Fields {
    Fields::carrying(&[
        Field::Subject,
        Field::Description,
        Field::Status,
        Field::Priority,
        Field::Assignee,
        Field::Attachments,
    ])
    .max_chars(&[(Field::Subject, 255)])
    .any_custom()
    .many_values()
}

fn list_fields() -> Fields {
    let fields = Fields::carrying(&[
        Field::State,
        Field::Search,
        Field::Priority,
        Field::Requester,
        Field::CreatedAfter,
        Field::CreatedBefore,
        Field::UpdatedAfter,
        Field::UpdatedBefore,
        Field::Cursor,
        Field::PageLimit,
    ]);
    let fields = fields.any_custom().exact(EXACT);
    match NonZeroU32::new(LARGEST_PAGE) {
        Some(largest) => fields.largest_page(largest),
        None => fields,
    }
}

/// Redmine compares ids and whole seconds, and every status is open or closed (observed). Whose an address is, an
/// administrator's key looks up: users are found by a part of any of their addresses, and the main one is compared here
/// (observed). A ticket that came by mail from somebody who is no user has the author `Anonymous`, and tells no address
/// (inferred).
const EXACT: &[Field] = &[
    Field::State,
    Field::RequesterEmail,
    Field::RequesterId,
    Field::CreatedAfter,
    Field::CreatedBefore,
    Field::UpdatedAfter,
    Field::UpdatedBefore,
];

/// A row and an issue tell the same (observed): whole texts, the author's id and name, and the custom fields. Nothing
/// tells the author's address. An issue has no labels, and a status by its name only.
const DECIDES: &[Field] = &[
    Field::Subject,
    Field::Description,
    Field::RequesterId,
    Field::RequesterName,
    Field::CreatedAfter,
    Field::UpdatedAfter,
    Field::Custom,
];

fn comment_fields() -> Fields {
    Fields::carrying(&[
        Field::Body,
        Field::Internal,
        Field::Outbound,
        Field::Attachments,
    ])
    .requiring(&[Field::Body])
}

/// Who Redmine is and what it can do.
///
/// Redmine documents no limit. Ten requests a second and four at once are this crate's (inferred): a server on one machine
/// answers in 5 to 100 ms.
///
/// * Ticket ids are numbers. Redmine reads `12abc` as 12, so another form is never sent (observed).
/// * On `SQLite`, the id of the last deleted ticket is given to the next one (observed), so a delete is never repeated
///   without a look.
/// * *Not found* is a 404 without a body (observed), which any server on the way can send.
/// * A delete is permanent. It takes subtasks, logged time and files along (observed).
pub fn info() -> ProviderInfo {
    let undocumented = Support::new().not_found(NotFound::Undocumented);
    let capabilities = Capabilities::none()
        .with(Operation::Get, undocumented.clone().decides(DECIDES))
        // The first page is preceded by a look at the key: with a wrong one, a list is that of the public tickets. Each is
        // preceded by a look at the users, if it is of an address.
        .with(
            Operation::List,
            Support::new()
                .fields(list_fields())
                .requests(3)
                .decides(DECIDES),
        )
        // The id of the priority is looked up.
        .with(
            Operation::Create,
            Support::new()
                .fields(create_fields())
                .requests(2)
                .requests_per_file(1),
        )
        // The ids of the project, the account, the status and the priority are looked up, and the ticket is read back.
        .with(
            Operation::Update,
            undocumented
                .clone()
                .fields(update_fields())
                .requests(6)
                .requests_per_file(1),
        )
        .with(Operation::Resolve, undocumented.clone().requests(3))
        .with(
            Operation::Delete,
            undocumented
                .clone()
                .removal(Removal::Permanent)
                .takes_along(vec!["subtasks".into(), "logged time".into()]),
        )
        .with(Operation::Messages, undocumented.clone())
        // The notes before, who the caller is, the caller's roles in the project, the note itself, the notes afterwards.
        .with(
            Operation::Comment,
            undocumented
                .clone()
                .fields(comment_fields())
                .requests(4 + MAX_ROLES)
                .requests_per_file(1),
        )
        .with(Operation::Attachments, undocumented.clone())
        .with(Operation::Download, undocumented);
    let limit = Limit::new().window(Quota::new(10, Duration::from_secs(1)));
    let limit = match NonZeroUsize::new(4) {
        Some(four) => limit.max_concurrent(four),
        None => limit,
    };
    ProviderInfo::new(ID, "Redmine", capabilities)
        .id_form(IdForm::Number)
        .verified_against("Redmine 5.0.4")
        .limit(limit)
}
