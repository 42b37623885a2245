//! `tickets providers`: what each provider can do, its limits and its environment variables. Generated
//! from what the providers declare.

use serde::Serialize;
use tickets::{PROVIDERS, ProviderDescriptor, Quota};

use crate::failure::{Exit, Failure};
use crate::output::{Output, Record};

pub(super) fn run(output: &Output) -> Result<Exit, Failure> {
    let mut sheet = output.sheet();
    PROVIDERS
        .iter()
        .map(Row::new)
        .try_for_each(|row| sheet.push(row))
        .and_then(|()| sheet.finish())
        .map_err(|error| Failure::output(&error))?;
    Ok(Exit::Done)
}

#[derive(Serialize)]
struct Row {
    id: &'static str,
    title: &'static str,
    operations: Vec<&'static str>,
    limits: Limits,
    environment: Vec<&'static str>,
}

#[derive(Serialize)]
struct Limits {
    /// How many tickets one delete call may name.
    delete_batch: usize,
    /// All of these hold at once.
    calls: Vec<Window>,
    one_call_per_operation: bool,
}

#[derive(Serialize)]
struct Window {
    calls: u32,
    window_s: f64,
}

impl Row {
    fn new(provider: &ProviderDescriptor) -> Self {
        let info = (provider.info)();
        let calls = info.quotas.windows.iter().map(|quota: &Quota| Window {
            calls: quota.calls,
            window_s: quota.window.as_secs_f64(),
        });
        Self {
            id: info.id,
            title: info.title,
            operations: info
                .capabilities
                .operations()
                .map(tickets::Operation::as_str)
                .collect(),
            limits: Limits {
                delete_batch: info.capabilities.max_delete_batch(),
                calls: calls.collect(),
                one_call_per_operation: info.quotas.one_call_per_operation,
            },
            environment: provider
                .settings
                .iter()
                .map(|setting| setting.env)
                .collect(),
        }
    }
}

impl Limits {
    fn sentences(&self) -> Vec<String> {
        let mut sentences = Vec::new();
        match self.delete_batch {
            0 => {}
            1 => sentences.push("1 ticket per delete".to_owned()),
            many => sentences.push(format!("{many} tickets per delete")),
        }
        let windows = self
            .calls
            .iter()
            .map(|window| format!("{} calls in {} s", window.calls, window.window_s));
        sentences.extend(windows);
        if self.one_call_per_operation {
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
            self.id.to_owned(),
            self.title.to_owned(),
            self.operations.join(" "),
            self.limits.sentences().join("; "),
            self.environment.join(" "),
        ]
    }

    fn table_cells(&self) -> Vec<String> {
        vec![
            self.id.to_owned(),
            self.operations.join("\n"),
            self.limits.sentences().join("\n"),
            self.environment.join("\n"),
        ]
    }
}
