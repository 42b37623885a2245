//! What the flawed provider declares.

use std::time::Duration;

use ticket_core::provider::{Capabilities, Field, Fields, IdForm, Limit, Quota, Removal, Support};
use ticket_core::{Operation, ProviderInfo};

use crate::fixture::Extent;
use crate::flaws::Flaw;
use crate::provider::ID;

/// A trash that keeps what is in it.
const TRASH: Removal = Removal::Trash {
    restorable_for: None,
};

fn create_fields() -> Fields {
    Fields::carrying(&[
        Field::Subject,
        Field::Description,
        Field::RequesterName,
        Field::RequesterEmail,
        Field::RequesterPhone,
        Field::Category,
        Field::Priority,
        Field::Tags,
        Field::Attachments,
    ])
    .requiring(&[Field::Subject])
    .max_chars(&[(Field::Subject, 100), (Field::Description, 1000)])
}
fn update_fields() -> Fields {
    Fields::carrying(&[
        Field::Subject,
        Field::Description,
        Field::Category,
        Field::Status,
        Field::Priority,
    ])
    .max_chars(&[(Field::Subject, 100)])
}
fn list_fields() -> Fields {
    Fields::carrying(&[
        Field::State,
        Field::Search,
        Field::Requester,
        Field::Cursor,
        Field::PageLimit,
    ])
    .exact(&[Field::State, Field::RequesterEmail])
}
const LIST_DECIDES: &[Field] = &[
    Field::Subject,
    Field::Description,
    Field::RequesterEmail,
    Field::State,
];
fn messages_fields() -> Fields {
    Fields::carrying(&[Field::Cursor])
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

/// Who it is and what it can do, as far as the flaw lets it say so.
pub(crate) fn info(extent: Extent, flaw: Option<Flaw>) -> ProviderInfo {
    let title = match flaw {
        Some(Flaw::HasNoTitle) => " ",
        _ => "Memory",
    };
    let mut info = ProviderInfo::new(ID, title, capabilities(extent, flaw));
    if flaw == Some(Flaw::AllowsNoCalls) {
        let none = Quota::new(0, Duration::from_secs(60));
        info = info.limit(Limit::new().window(none));
    }
    let has = |known| flaw == Some(known);
    match extent {
        Extent::Narrow | Extent::Later => return info.never_reuses_ids(),
        Extent::Careful => return info.never_reuses_ids().id_form(IdForm::Number),
        Extent::Full => {}
    }
    // What makes an id harmless is not looked at by those that have no form.
    let takes_any = [
        Flaw::PastesIds,
        Flaw::ReadsNumbersOutOfIds,
        Flaw::DeletesByTheNumber,
        Flaw::DeclaresNoForm,
    ];
    if !takes_any.into_iter().any(has) {
        info = info.id_form(IdForm::Number);
    }
    if has(Flaw::ClaimsIdsAreNeverReused) {
        info = info.never_reuses_ids();
    }
    if !has(Flaw::HidesThatIdsRedirect) {
        info = info.redirects_ids();
    }
    info.consistent_reads()
}

fn capabilities(extent: Extent, flaw: Option<Flaw>) -> Capabilities {
    let narrow = Capabilities::none().get();
    match extent {
        Extent::Narrow => narrow.delete(1),
        Extent::Later => narrow.delete(5).with(Operation::Job, Support::new()),
        Extent::Careful => {
            let requests = |requests| match flaw {
                Some(Flaw::DeclaresOneRequest) => 1,
                _ => requests,
            };
            let update = Support::new()
                .fields(update_fields())
                .requests(requests(3))
                .conditional();
            let mut delete = Support::new().requests(requests(2)).conditional();
            if flaw != Some(Flaw::DeclaresNoTrash) {
                delete = delete.removal(TRASH);
            }
            narrow
                .list(list_fields())
                .with(Operation::Update, update)
                .with(Operation::Delete, delete)
                .with(Operation::Purge, Support::new())
                .restore()
        }
        Extent::Full => {
            let list = Support::new().fields(list_fields()).decides(LIST_DECIDES);
            let create = Support::new()
                .fields(create_fields())
                .keeps_keys_for(Duration::from_secs(3600));
            let most = narrow
                .with(Operation::List, list)
                .with(Operation::Create, create)
                .update(update_fields())
                .resolve()
                .delete(5)
                .messages(messages_fields())
                .attachments(Fields::default());
            match flaw {
                Some(Flaw::LosesAnOperation) => most,
                _ => most.comment(comment_fields()),
            }
        }
    }
}
