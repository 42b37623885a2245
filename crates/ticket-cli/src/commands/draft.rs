//! A ticket to create as JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use tickets::model::FieldValue;

use super::input;
use crate::args::Create;
use crate::failure::Failure;

/// The names are those of the records of `get`. Others are refused, so that nothing is lost by a misspelt one.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Draft {
    subject: Option<String>,
    description: Option<String>,
    requester: Option<Requester>,
    category: Option<String>,
    priority: Option<String>,
    assignee: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    /// Names of files.
    #[serde(default)]
    attachments: Vec<PathBuf>,
    #[serde(default)]
    custom: BTreeMap<String, FieldValue>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Requester {
    id: Option<String>,
    name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
}

/// The options with the draft of `--from-json` for what they do not give, and the draft's custom fields.
pub(super) fn completed(
    mut create: Create,
) -> Result<(Create, BTreeMap<String, FieldValue>), Failure> {
    let Some(path) = create.from_json.take() else {
        return Ok((create, BTreeMap::new()));
    };
    let text = input::read_text(&path)?;
    let draft: Draft = serde_json::from_str(&text).map_err(|error| {
        let message = format!("this is not a draft of a ticket: {error}; nothing was sent");
        Failure::refused(message).at(input::place(&path))
    })?;
    // A draft that another program writes must not send files of this user.
    if path.as_os_str() == "-" && !draft.attachments.is_empty() {
        let message = "a draft from standard input cannot name files; nothing was sent";
        return Err(Failure::refused(message).hinting("--attach names files to send".to_owned()));
    }
    let Requester {
        id,
        name,
        email,
        phone,
    } = draft.requester.unwrap_or_default();
    let content = &mut create.content;
    if content.description_file.is_none() {
        content.description = content.description.take().or(draft.description);
    }
    create.subject = create.subject.or(draft.subject);
    create.requester_id = create.requester_id.or(id);
    create.requester_name = create.requester_name.or(name);
    create.requester_email = create.requester_email.or(email);
    create.requester_phone = create.requester_phone.or(phone);
    content.category = content.category.take().or(draft.category);
    content.priority = content.priority.take().or(draft.priority);
    content.assignee = content.assignee.take().or(draft.assignee);
    create.tags.extend(draft.tags);
    content.attachments.extend(draft.attachments);
    let given = &content.fields;
    let mut custom = draft.custom;
    custom.retain(|name, _| !given.iter().any(|(given, _)| given == name));
    Ok((create, custom))
}
