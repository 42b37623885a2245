//! What a change sets or adds, in words.

use super::change::Change;
use crate::model::custom::FieldValue;
use crate::model::draft::TicketPatch;
use crate::model::message::{Direction, NewComment};

impl Change {
    /// What an update sets and what a comment says, by name, for people who confirm it. Empty for other changes.
    ///
    /// Values are whole, so whoever prints them cuts them. Names are those of the fields of [`TicketPatch`], custom fields
    /// as `custom.NAME`; of a comment `direction` and `text`.
    ///
    /// ```
    /// use ticket_core::model::Priority;
    /// use ticket_core::{Change, TicketPatch};
    ///
    /// let patch = TicketPatch::new().priority(Priority::High).custom("Owner", "ann");
    /// let details = Change::Update(patch.into()).details();
    /// let details: Vec<_> = details.iter().map(|(name, value)| (&**name, &**value)).collect();
    /// assert_eq!(details, [("priority", "high"), ("custom.Owner", "ann")]);
    /// ```
    pub fn details(&self) -> Vec<(String, String)> {
        match self {
            Self::Delete | Self::Purge | Self::Resolve | Self::Restore => Vec::new(),
            Self::Update(patch) => of_patch(patch),
            Self::Comment(comment) => of_comment(comment),
        }
    }
}

fn of_patch(patch: &TicketPatch) -> Vec<(String, String)> {
    let TicketPatch {
        subject,
        description,
        status,
        priority,
        category,
        assignee,
        attachments: _,
        custom,
        if_version,
    } = patch;
    let status = status.as_ref().map(ToString::to_string);
    let priority = priority.as_ref().map(ToString::to_string);
    let version = if_version
        .as_ref()
        .map(|version| version.as_str().to_owned());
    let named = [
        ("subject", subject),
        ("description", description),
        ("status", &status),
        ("priority", &priority),
        ("category", category),
        ("assignee", assignee),
        ("if_version", &version),
    ];
    let named = named
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value.clone()?)));
    let custom = custom
        .iter()
        .map(|(name, value)| (format!("custom.{name}"), in_words(value)));
    named.chain(custom).collect()
}

fn of_comment(comment: &NewComment) -> Vec<(String, String)> {
    let direction = match comment.direction {
        Direction::Inbound => "inbound",
        Direction::Outbound => "outbound",
        Direction::Internal => "internal",
    };
    vec![
        ("direction".to_owned(), direction.to_owned()),
        ("text".to_owned(), comment.body.clone()),
    ]
}

fn in_words(value: &FieldValue) -> String {
    match value {
        FieldValue::Many(values) => {
            let values: Vec<_> = values.iter().map(in_words).collect();
            values.join(", ")
        }
        value => value.to_text().unwrap_or_default().into_owned(),
    }
}
