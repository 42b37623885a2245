//! What is sent: the bodies of requests, and the filters of a list.

use serde::Serialize;
use serde_json::Value;
use ticket_http::debug_fields;

/// `{"issue": {..}}`
#[derive(Serialize)]
pub(crate) struct Body<'a> {
    pub(crate) issue: &'a ChangedIssue,
}

/// The fields of a new issue, or those of an issue to change. Redmine drops what it does not know without a word.
/// `Debug` prints no values.
#[derive(Clone, Default, Serialize)]
#[non_exhaustive]
pub struct ChangedIssue {
    /// The id or the identifier of the project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project_id: Option<String>,
    /// The subject line.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The status.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status_id: Option<u64>,
    /// The priority.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub priority_id: Option<u64>,
    /// Who works on it: an id, or `me`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub assigned_to_id: Option<String>,
    /// Custom fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub custom_fields: Vec<NewCustomField>,
    /// Other fields, by Redmine's names: `tracker_id`, `due_date` and so on.
    #[serde(flatten)]
    pub others: serde_json::Map<String, Value>,
    /// A note to add. Not empty: Redmine takes an empty one for none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    /// Whether only people with the right to private notes can read the note. Without that right of the caller, Redmine
    /// makes the note public, without a word.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub private_notes: Option<bool>,
    /// Staged files to attach.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub uploads: Vec<Upload>,
}

debug_fields!(ChangedIssue {
    custom_fields,
    uploads
});

/// The value of a custom field. `Debug` prints the id only.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct NewCustomField {
    /// The field's id.
    pub id: u64,
    /// A text, or a list of texts.
    pub value: Value,
}

debug_fields!(NewCustomField { id });

impl NewCustomField {
    /// The field `id` with this value: a text, or a list of texts.
    pub fn new(id: u64, value: impl Into<Value>) -> Self {
        Self {
            id,
            value: value.into(),
        }
    }
}

/// A staged file to attach. `Debug` prints nothing of it.
#[derive(Clone, Serialize)]
#[non_exhaustive]
pub struct Upload {
    /// What [`stage_file`](crate::Redmine::stage_file) returned. It attaches the file once.
    pub token: String,
    /// The file's name.
    pub filename: String,
    /// The media type. Redmine guesses an absent one by the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content_type: Option<String>,
}

debug_fields!(Upload {});

impl Upload {
    /// The file with this token, to be attached under this name.
    pub fn new(token: impl Into<String>, filename: impl Into<String>) -> Self {
        Self {
            token: token.into(),
            filename: filename.into(),
            content_type: None,
        }
    }
}

/// A filter of a list. `Debug` prints no values.
#[derive(Clone)]
#[non_exhaustive]
pub struct Filter {
    /// The field, such as `status_id`, `subject`, `cf_1`.
    pub field: String,
    /// The operator, such as `=`, `>=`, `~`, `o`.
    pub operator: &'static str,
    /// The values.
    pub values: Vec<String>,
}

debug_fields!(Filter { field, operator });

impl Filter {
    /// The filter on `field` by `operator` with `values`.
    pub fn new<V: Into<String>>(
        field: impl Into<String>,
        operator: &'static str,
        values: impl IntoIterator<Item = V>,
    ) -> Self {
        Self {
            field: field.into(),
            operator,
            values: values.into_iter().map(Into::into).collect(),
        }
    }
}

/// What a list asks for.
///
/// Filters are sent in the long form (`f[]`, `op[..]`, `v[..][]`), in which a value is taken as it is. In the short form,
/// `|` separates values and a value may begin with an operator.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct ListQuery {
    /// The filters. Redmine ignores one that it does not know. Without a filter on `status_id`, it lists issues in any
    /// state.
    pub filters: Vec<Filter>,
    /// The order, such as `id` or `updated_on:desc`.
    pub sort: String,
    /// The number of issues to skip.
    pub offset: u64,
    /// How many issues, at most 100.
    pub limit: Option<u32>,
}

impl ListQuery {
    /// The issues that all filters take, in order of id.
    pub fn new(filters: Vec<Filter>) -> Self {
        Self {
            filters,
            sort: "id".to_owned(),
            offset: 0,
            limit: None,
        }
    }

    /// The query's names and values.
    pub(crate) fn pairs(&self) -> Vec<(String, String)> {
        let mut pairs = Vec::new();
        let mut pair = |name: String, value: &str| pairs.push((name, value.to_owned()));
        for filter in &self.filters {
            let field = &filter.field;
            pair("f[]".to_owned(), field);
            pair(format!("op[{field}]"), filter.operator);
            for value in &filter.values {
                pair(format!("v[{field}][]"), value);
            }
        }
        pair("sort".to_owned(), &self.sort);
        if self.offset > 0 {
            pair("offset".to_owned(), &self.offset.to_string());
        }
        if let Some(limit) = self.limit {
            pair("limit".to_owned(), &limit.to_string());
        }
        pairs
    }
}
