//! A ticket to create as JSON.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::Deserialize;
use serde_json::{Map, Value};
use tickets::diagnosis::nearest;
use tickets::model::FieldValue;

use super::input;
use crate::args::Create;
use crate::failure::Failure;
use crate::text as shown;

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
    let draft = read(&text).map_err(|why| {
        let message = format!("this is not a draft of a ticket: {why}; nothing was sent");
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

/// The draft in this JSON, or all that is wrong with it in the words of JSON.
fn read(text: &str) -> Result<Draft, String> {
    let value: Value = serde_json::from_str(text).map_err(|error| {
        if error.is_eof() {
            return "the JSON ends too early".to_owned();
        }
        let (line, column) = (error.line(), error.column());
        format!("line {line}, column {column} is not JSON")
    })?;
    let Value::Object(fields) = &value else {
        let kind = kind_of(&value);
        return Err(format!(
            "it must be one object, such as {{\"subject\": \"Printer\"}}, and is {kind}"
        ));
    };
    let wrong = mistakes(fields, FIELDS, "");
    if !wrong.is_empty() {
        return Err(wrong.join("; "));
    }
    // A field that is given twice is found here only.
    serde_json::from_str(text).map_err(|error| {
        let why = error.to_string().replace('`', "\"");
        why.replace("duplicate field", "two fields are called")
    })
}

/// What a field of a draft holds.
#[derive(Clone, Copy)]
enum Holds {
    Text,
    Texts,
    Person,
    Custom,
}

const FIELDS: &[(&str, Holds)] = &[
    ("subject", Holds::Text),
    ("description", Holds::Text),
    ("requester", Holds::Person),
    ("category", Holds::Text),
    ("priority", Holds::Text),
    ("assignee", Holds::Text),
    ("tags", Holds::Texts),
    ("attachments", Holds::Texts),
    ("custom", Holds::Custom),
];

const PERSON: &[(&str, Holds)] = &[
    ("id", Holds::Text),
    ("name", Holds::Text),
    ("email", Holds::Text),
    ("phone", Holds::Text),
];

/// What is wrong with these fields. `of`: what stands before their names.
fn mistakes(fields: &Map<String, Value>, known: &[(&str, Holds)], of: &str) -> Vec<String> {
    let wrong = fields.iter().flat_map(|(name, value)| {
        let path = shown::line(&format!("{of}{name}"));
        let found = known.iter().find(|(known, _)| known == name);
        let Some((_, holds)) = found else {
            let names: Vec<_> = known.iter().map(|(known, _)| *known).collect();
            let meant = nearest(name, names.iter().copied());
            let meant = meant.map(|meant| format!(" (did you mean \"{of}{meant}\"?)"));
            let (meant, names) = (meant.unwrap_or_default(), names.join(", "));
            return vec![format!(
                "there is no field \"{path}\"{meant}; there are {names}"
            )];
        };
        let must_be = |expected: &str| {
            let kind = kind_of(value);
            vec![format!("\"{path}\" must be {expected}, and is {kind}")]
        };
        match (holds, value) {
            (Holds::Text, Value::String(_) | Value::Null) | (Holds::Person, Value::Null) => {
                Vec::new()
            }
            (Holds::Text, _) => must_be("a string"),
            (Holds::Texts, Value::Array(items)) if items.iter().all(Value::is_string) => Vec::new(),
            (Holds::Texts, Value::Array(_)) => {
                vec![format!("\"{path}\" must be an array of strings only")]
            }
            (Holds::Texts, _) => must_be("an array of strings"),
            (Holds::Person, Value::Object(fields)) => mistakes(fields, PERSON, "requester."),
            (Holds::Custom, Value::Object(fields)) => custom_mistakes(fields),
            (Holds::Person | Holds::Custom, _) => must_be("an object"),
        }
    });
    wrong.collect()
}

fn custom_mistakes(fields: &Map<String, Value>) -> Vec<String> {
    let wrong = fields.iter().filter_map(|(name, value)| {
        let path = shown::line(&format!("custom.{name}"));
        match value {
            value if serde_json::from_value::<FieldValue>(value.clone()).is_ok() => None,
            value => Some(format!(
                "\"{path}\" must be a string, a number, true, false or an array of these, and is {}",
                kind_of(value)
            )),
        }
    });
    wrong.collect()
}

/// The kind of this value in JSON.
const fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draft_that_is_wrong_is_told_in_words_of_json_all_at_once() {
        for (json, why) in [
            (
                "[]",
                "it must be one object, such as {\"subject\": \"Printer\"}, and is an array",
            ),
            (
                r#"["a", "b", null, null, null, null, [], [], {}]"#,
                "it must be one object, such as {\"subject\": \"Printer\"}, and is an array",
            ),
            ("{", "the JSON ends too early"),
            ("{\n\"a\" 1}", "line 2, column 5 is not JSON"),
            (
                r#"{"subject": 1, "tags": "a", "requester": ["x"]}"#,
                "\"subject\" must be a string, and is a number; \"tags\" must be an array of strings, and is a string; \
                 \"requester\" must be an object, and is an array",
            ),
            (
                r#"{"requester": {"email": {}}, "attachments": [1]}"#,
                "\"requester.email\" must be a string, and is an object; \"attachments\" must be an array of strings only",
            ),
            (
                r#"{"requester": {"mail": "a"}}"#,
                "there is no field \"requester.mail\" (did you mean \"requester.email\"?); there are id, name, email, phone",
            ),
            (
                r#"{"custom": {"A": {"b": 1}}}"#,
                "\"custom.A\" must be a string, a number, true, false or an array of these, and is an object",
            ),
        ] {
            let told = read(json).err().unwrap();
            let mut told: Vec<_> = told.split("; \"").collect();
            let mut why: Vec<_> = why.split("; \"").collect();
            told.iter_mut()
                .chain(&mut why)
                .for_each(|part| *part = part.trim_start_matches('"'));
            told.sort_unstable();
            why.sort_unstable();
            assert_eq!(told, why, "{json}");
        }
        let twice = read(r#"{"subject": "a", "subject": "b"}"#).err().unwrap();
        assert!(
            twice.contains("two fields are called \"subject\""),
            "{twice}"
        );
        let unknown = read(r#"{"titel": "a"}"#).err().unwrap();
        assert!(
            unknown.starts_with("there is no field \"titel\"; there are subject, "),
            "{unknown}"
        );
    }

    #[test]
    fn draft_may_have_null_for_what_it_does_not_give() {
        let draft = read(
            r#"{"subject": "a", "requester": null, "priority": null, "custom": {"A": ["b"]}}"#,
        );
        let draft = draft.unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(draft.subject.as_deref(), Some("a"));
        assert_eq!(draft.custom.len(), 1);
    }
}
