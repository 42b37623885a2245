//! The options of this command by which fields are given, for messages about fields.

use tickets::provider::Field;

/// The option that gives this field; `None` if there is none of its own.
const fn option(field: Field) -> Option<&'static str> {
    Some(match field {
        Field::Subject => "--subject",
        Field::Description => "--description",
        Field::RequesterId => "--requester-id",
        Field::RequesterName => "--requester-name",
        Field::RequesterEmail => "--requester-email",
        Field::RequesterPhone => "--requester-phone",
        Field::Category => "--category",
        Field::Status => "--status",
        Field::Priority => "--priority",
        Field::Assignee => "--assignee",
        Field::Tags => "--tag",
        Field::Custom => "--field",
        Field::Attachments => "--attach",
        Field::State => "--state",
        Field::Search => "--search",
        Field::Requester => "--requester",
        Field::CreatedAfter => "--created-after",
        Field::CreatedBefore => "--created-before",
        Field::UpdatedAfter => "--updated-after",
        Field::UpdatedBefore => "--updated-before",
        Field::Order => "--sort",
        Field::RawQuery => "--query",
        Field::PageLimit => "--page-size",
        Field::Body => "--body",
        Field::Inbound => "--inbound",
        Field::Outbound => "--outbound",
        _ => return None,
    })
}

/// A list of options: "--subject, --category and --priority".
pub(crate) fn list(fields: &[Field]) -> String {
    let names = fields.iter().map(|field| {
        let name = option(*field).map(str::to_owned);
        name.unwrap_or_else(|| format!("`{field}`"))
    });
    let names: Vec<_> = names.collect();
    match names.split_last() {
        Some((last, others)) if !others.is_empty() => {
            format!("{} and {last}", others.join(", "))
        }
        _ => names.concat(),
    }
}

/// A message of the libraries with the options in place of the fields that it names.
pub(crate) fn named_in(message: &str) -> String {
    let mut named = message.to_owned();
    for field in Field::ALL {
        if let Some(option) = option(*field) {
            named = named.replace(&format!("`{field}`"), option);
        }
    }
    named
}
