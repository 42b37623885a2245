//! Runs the command as its users do: as a process, with an environment of its own.

pub(crate) mod ann;
pub(crate) mod erasing;
pub(crate) mod held;
pub(crate) mod help;
pub(crate) mod shells;
pub(crate) mod workers;

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;
use ticket_sandbox::{Sandbox, Vendor};

/// Whether the tests were started with `nohup`. What they start would inherit that, and rightly go on when its
/// terminal is lost.
fn hangup_is_ignored() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask & 1 == 1)
}

/// The command, with nothing of the developer's environment.
pub(crate) fn command(arguments: &[&str]) -> Command {
    let mut command = if hangup_is_ignored() {
        let mut command = Command::new("/usr/bin/env");
        command.args(["--default-signal=HUP", env!("CARGO_BIN_EXE_tickets")]);
        command
    } else {
        Command::new(env!("CARGO_BIN_EXE_tickets"))
    };
    command.env_clear().args(arguments).stdin(Stdio::null());
    // No configuration file of the developer's may be found.
    for folder in ["HOME", "XDG_CONFIG_HOME", "APPDATA", "USERPROFILE"] {
        command.env(folder, env!("CARGO_TARGET_TMPDIR"));
    }
    command.env("XDG_STATE_HOME", state_folder());
    // Sockets on Windows need it.
    if let Some(root) = std::env::var_os("SystemRoot") {
        command.env("SystemRoot", root);
    }
    command
}

/// A folder for the ledger of one command, which does not exist yet: commands of different tests share no quota. Those of
/// earlier test processes are removed.
pub(crate) fn state_folder() -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let folder = FOLDER.get_or_init(|| {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("state");
        for entry in std::fs::read_dir(&all).into_iter().flatten().flatten() {
            let process = Path::new("/proc").join(entry.file_name());
            if cfg!(target_os = "linux") && !process.exists() {
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
        all.join(std::process::id().to_string())
    });
    folder.join(COUNT.fetch_add(1, Ordering::Relaxed).to_string())
}

/// The command, pointed at the sandbox by its environment.
pub(crate) fn at(sandbox: &Sandbox, arguments: &[&str]) -> Command {
    let mut command = command(arguments);
    command.envs(sandbox.environment());
    command
}

/// What a run came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(output: Output) -> Self {
        Self {
            code: output.status.code().expect("it ended by itself"),
            stdout: String::from_utf8(output.stdout).expect("UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("UTF-8"),
        }
    }

    /// The same with the lines of a delete in ndjson in the order asked: between accounts they have none.
    pub(crate) fn in_order(mut self, asked: &[&str]) -> Self {
        let mut lines: Vec<_> = self.stdout.lines().collect();
        lines.sort_by_key(|line| {
            let line = json(line);
            asked.iter().position(|ticket| line["ticket"] == **ticket)
        });
        self.stdout = lines.join("\n") + "\n";
        self
    }

    /// The lines of stderr, except the one that names the job.
    pub(crate) fn notices(&self) -> Vec<&str> {
        let lines = self.stderr.lines();
        lines.filter(|line| !line.starts_with("job ")).collect()
    }

    /// The lines of stdout, each of which must be JSON.
    pub(crate) fn lines(&self) -> Vec<Value> {
        self.stdout.lines().map(json).collect()
    }

    /// `ticket outcome` of each line of a delete in ndjson.
    pub(crate) fn outcomes(&self) -> Vec<(String, String)> {
        let text = |line: &Value, key: &str| line[key].as_str().expect(key).to_owned();
        let lines = self.lines();
        lines
            .iter()
            .map(|line| (text(line, "ticket"), text(line, "outcome")))
            .collect()
    }
}

pub(crate) fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

pub(crate) fn execute(command: &mut Command) -> Run {
    Run::of(command.output().expect("the command starts"))
}

/// Runs it with this on its standard input.
/// Runs a line of a shell at a terminal so many columns wide, where this is typed. What it prints, on whichever of its
/// outputs, is in `stdout`.
pub(crate) fn in_terminal(
    sandbox: &Sandbox,
    state: &Path,
    columns: u16,
    line: &str,
    typed: &str,
) -> Run {
    // What is typed is echoed whenever it arrives, which may be behind the question: so it is not.
    let line = format!("stty -echo cols {columns} && {line}");
    let mut command = Command::new("script");
    command.args(["--quiet", "--return", "--command", &line, "/dev/null"]);
    command.env_clear().envs(sandbox.environment());
    command.env("PATH", std::env::var_os("PATH").unwrap());
    command.env("TERM", "xterm");
    command.env("HOME", env!("CARGO_TARGET_TMPDIR"));
    command.env("XDG_STATE_HOME", state);
    execute_with_input(&mut command, typed)
}

pub(crate) fn execute_with_input(command: &mut Command, input: &str) -> Run {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    let mut stdin = child.stdin.take().expect("stdin is piped");
    match stdin.write_all(input.as_bytes()) {
        // It may have ended before it was told everything.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        written => written.expect("it reads"),
    }
    drop(stdin);
    Run::of(child.wait_with_output().expect("it ends"))
}

/// How many deletes reached the sandbox.
pub(crate) fn deletes(sandbox: &Sandbox) -> usize {
    let journal = sandbox.journal();
    journal.iter().filter(|exchange| exchange.is_write).count()
}

/// Whether what was said of a ticket that was there is true: never `deleted` for one that is still
/// there, never `failed` without effect for one that is gone.
pub(crate) fn is_true(line: &Value, exists: bool) -> bool {
    match line["outcome"].as_str().expect("outcome") {
        "deleted" | "already_gone" | "not_found" => !exists,
        "failed" => exists || line["error"]["effect"] == "unknown",
        "unknown" => line["error"]["effect"] == "unknown",
        _ => false,
    }
}

/// A sample ticket of each vendor, as account and id.
pub(crate) const SAMPLES: [(Vendor, &str); 3] = [
    (Vendor::OneCloud, "121"),
    (Vendor::Sweeppea, "2531581"),
    (Vendor::LeadSquared, "160"),
];

pub(crate) const FORMS: [&str; 4] = ["table", "json", "ndjson", "csv"];

pub(crate) async fn sandbox() -> Sandbox {
    Sandbox::start().await.expect("it starts")
}

/// What each vendor needs for a ticket, and no more.
pub(crate) fn create_arguments(vendor: Vendor) -> Vec<&'static str> {
    let account = vendor.prefix();
    let subject = [
        "create",
        account,
        "--subject",
        "Café — déjà vu",
        "--description",
        "a\nb",
    ];
    let more: &[&str] = match vendor {
        Vendor::OneCloud => &[
            "--requester-name",
            "A B",
            "--requester-email",
            "a@example.com",
            "--category",
            "Request",
        ],
        Vendor::Sweeppea | Vendor::Redmine | Vendor::Zendesk => &["--priority", "high"],
        Vendor::Rt => &[
            "--requester-email",
            "a@example.com",
            "--category",
            "General",
        ],
        _ => &[
            "--requester-email",
            "a@example.com",
            "--field",
            "Channel=Chat",
        ],
    };
    [&subject, more].concat()
}
