//! A command line, and what surrounds it: its input, environment and files, the sandbox and its faults.

use ticket_sandbox::{Endpoint, Fault, Rule, Sandbox, SandboxBuilder};

/// A command line to record. In its arguments, environment and files, `{sandbox}` stands for the sandbox's address,
/// `{port}` for its port and `{key}` for the key that Sweeppea accepts.
pub(crate) struct Case {
    /// Of the golden file.
    pub(crate) name: &'static str,
    /// The arguments as a shell takes them, with single quotes only.
    pub(crate) line: &'static str,
    pub(crate) stdin: Option<&'static str>,
    /// Variables beside, or in place of, those that point the command at the sandbox.
    pub(crate) env: Vec<(&'static str, &'static str)>,
    /// Whether the environment points the command at the sandbox.
    pub(crate) configured: bool,
    /// Files in the folder the command runs in.
    pub(crate) files: Vec<(&'static str, Vec<u8>)>,
    pub(crate) settings: fn(SandboxBuilder) -> SandboxBuilder,
    pub(crate) rules: Vec<Rule>,
    pub(crate) prepare: fn(&Sandbox),
    pub(crate) refuses_connections: bool,
    pub(crate) order: Order,
    /// The longest wait that is named, in seconds, where it is what is left of a window on the real clock.
    pub(crate) wait: Option<u64>,
    /// Interrupt it after a line of stdout with these words.
    pub(crate) interrupt_after: Option<&'static str>,
}

/// Whether the order of requests, and of lines in ndjson and csv, is recorded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    /// As they came.
    Kept,
    /// Sorted: several requests are in flight at once.
    Sorted,
}

/// A case with nothing special around it.
pub(crate) fn case(name: &'static str, line: &'static str) -> Case {
    Case {
        name,
        line,
        stdin: None,
        env: Vec::new(),
        configured: true,
        files: Vec::new(),
        settings: |builder| builder,
        rules: Vec::new(),
        prepare: |_| {},
        refuses_connections: false,
        order: Order::Kept,
        wait: None,
        interrupt_after: None,
    }
}

impl Case {
    pub(crate) fn stdin(mut self, text: &'static str) -> Self {
        self.stdin = Some(text);
        self
    }

    pub(crate) fn env(mut self, name: &'static str, value: &'static str) -> Self {
        self.env.push((name, value));
        self
    }

    pub(crate) fn unconfigured(mut self) -> Self {
        self.configured = false;
        self
    }

    pub(crate) fn file(mut self, name: &'static str, content: impl Into<Vec<u8>>) -> Self {
        self.files.push((name, content.into()));
        self
    }

    pub(crate) fn settings(mut self, settings: fn(SandboxBuilder) -> SandboxBuilder) -> Self {
        self.settings = settings;
        self
    }

    pub(crate) fn prepare(mut self, prepare: fn(&Sandbox)) -> Self {
        self.prepare = prepare;
        self
    }

    pub(crate) fn rule(mut self, rule: Rule) -> Self {
        self.rules.push(rule);
        self
    }

    /// This fault on every request.
    pub(crate) fn always(self, fault: Fault) -> Self {
        self.rule(Rule::new(fault).times(u64::MAX))
    }

    /// This fault on the first request to an endpoint.
    pub(crate) fn once(self, fault: Fault, endpoint: Endpoint) -> Self {
        self.rule(Rule::new(fault).endpoint(endpoint))
    }

    pub(crate) fn refusing_connections(mut self) -> Self {
        self.refuses_connections = true;
        self
    }

    pub(crate) fn in_any_order(mut self) -> Self {
        self.order = Order::Sorted;
        self
    }

    pub(crate) fn waiting_up_to(mut self, seconds: u64) -> Self {
        self.wait = Some(seconds);
        self
    }

    pub(crate) fn interrupted_after(mut self, words: &'static str) -> Self {
        self.interrupt_after = Some(words);
        self
    }
}

/// Splits a command line at its blanks; within single quotes everything is as it is.
pub(crate) fn split(line: &str) -> Vec<String> {
    let mut arguments = Vec::new();
    let mut argument: Option<String> = None;
    let mut is_quoted = false;
    for letter in line.chars() {
        match letter {
            '\'' => {
                is_quoted = !is_quoted;
                argument.get_or_insert_default();
            }
            ' ' if !is_quoted => arguments.extend(argument.take()),
            _ => argument.get_or_insert_default().push(letter),
        }
    }
    arguments.extend(argument);
    arguments
}
