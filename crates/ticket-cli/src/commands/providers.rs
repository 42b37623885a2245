//! `tickets providers`: prints the operations, the limits and the environment variables of each provider,
//! from the providers' declarations.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;

use serde::Serialize;
use tickets::provider::{Field, Quota};
use tickets::{PROVIDERS, ProviderDescriptor};

use crate::failure::{Exit, Failure};
use crate::output::Output;
use crate::record::Record;
use crate::shape::{ANY, Known};

pub(super) const FIELDS: &[Known] = &[
    ("id", &[]),
    ("title", &[]),
    ("operations", &[]),
    ("fields", ANY),
    (
        "limits",
        &["delete_batch", "calls", "one_call_per_endpoint"],
    ),
    ("environment", &[]),
];

pub(super) fn run(output: &Output) -> Result<Exit, Failure> {
    let mut writer = output.writer();
    PROVIDERS
        .iter()
        .map(Row::new)
        .try_for_each(|row| writer.push(row))
        .and_then(|()| writer.finish())
        .map_err(|error| Failure::output(&error))?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Row {
    id: Cow<'static, str>,
    title: Cow<'static, str>,
    operations: Vec<&'static str>,
    /// The fields that each operation supports. All other fields are rejected.
    fields: BTreeMap<&'static str, Vec<&'static str>>,
    limits: Limits,
    environment: Vec<&'static str>,
}

#[derive(Serialize)]
struct Limits {
    /// Maximum number of tickets in one delete call.
    delete_batch: usize,
    /// All of these apply.
    calls: Vec<Window>,
    one_call_per_endpoint: bool,
}

#[derive(Serialize)]
struct Window {
    calls: u32,
    window_s: f64,
}

impl Row {
    fn new(provider: &ProviderDescriptor) -> Self {
        let info = (provider.info)();
        let quotas = info.limits.iter().flat_map(|limit| &limit.windows);
        let calls = quotas.map(|quota: &Quota| Window {
            calls: quota.calls,
            window_s: quota.window.as_secs_f64(),
        });
        let fields = info.capabilities.operations().filter_map(|operation| {
            let carried = info.capabilities.fields(operation)?.carried().iter();
            let carried: Vec<_> = carried.map(|field| field.as_str()).collect();
            (!carried.is_empty()).then_some((operation.as_str(), carried))
        });
        Self {
            id: info.id,
            title: info.title,
            operations: info
                .capabilities
                .operations()
                .map(tickets::Operation::as_str)
                .collect(),
            fields: fields.collect(),
            limits: Limits {
                delete_batch: info.capabilities.max_delete_batch(),
                calls: calls.collect(),
                one_call_per_endpoint: info.limits.iter().any(|limit| {
                    !limit.operations.is_empty() && limit.max_concurrent == Some(NonZeroUsize::MIN)
                }),
            },
            environment: provider
                .settings
                .iter()
                .map(|setting| setting.env)
                .collect(),
        }
    }
}

impl Row {
    /// The operations; those that accept files have ` +files`.
    fn operations(&self) -> Vec<String> {
        let takes_files = |operation: &str| {
            let carried = self.fields.get(operation);
            carried.is_some_and(|fields| fields.contains(&Field::Attachments.as_str()))
        };
        let operations = self.operations.iter();
        operations
            .map(|operation| {
                let files = if takes_files(operation) {
                    " +files"
                } else {
                    ""
                };
                format!("{operation}{files}")
            })
            .collect()
    }
}

impl Limits {
    fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        match self.delete_batch {
            0 => {}
            batch => sentences.push(format!("{batch} per delete")),
        }
        let windows = self
            .calls
            .iter()
            .map(|window| format!("{} calls in {} s", window.calls, window.window_s));
        sentences.extend(windows);
        if self.one_call_per_endpoint {
            sentences.push("1 call at a time".to_owned());
        }
        sentences
    }
}

impl Record for Row {
    const COLUMNS: &'static [&'static str] =
        &["id", "title", "operations", "limits", "environment"];
    const TABLE_COLUMNS: &'static [&'static str] =
        &["provider", "operations", "limits", "environment"];

    fn cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.title.to_string(),
            self.operations.join(" "),
            self.limits.sentences().join("; "),
            self.environment.join(" "),
        ]
    }

    fn table_cells(&self) -> Vec<String> {
        vec![
            self.id.to_string(),
            self.operations().join("\n"),
            self.limits.sentences().join("\n"),
            self.environment.join("\n"),
        ]
    }
}
