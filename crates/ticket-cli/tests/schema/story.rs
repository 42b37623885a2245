//! Runs of commands that tests/golden has no files of.

use std::path::Path;

use ticket_sandbox::{Sandbox, Vendor, credentials};

use super::schemas::Printed;
use crate::common::ann::ADDRESS;
use crate::common::erasing::{Case, erase};
use crate::common::shells::Shells;
use crate::common::{create_arguments, execute_with_input, json, sandbox};

/// Runs commands in both formats, and keeps what they print.
struct Story<'a> {
    shells: Shells<'a>,
    printed: Vec<Printed>,
}

impl<'a> Story<'a> {
    fn new(sandbox: &'a Sandbox) -> Self {
        let shells = Shells::new(sandbox);
        Self {
            shells,
            printed: Vec::new(),
        }
    }

    /// Once, in this format. Returns what stdout got.
    fn run(&mut self, form: &str, words: &[&str]) -> String {
        let words = [words, &["--output", form]].concat();
        let run = self.shells.run(&words);
        assert!([0, 1, 4].contains(&run.code), "{words:?}: {run:?}");
        assert!(!run.stdout.is_empty(), "{words:?}: {run:?}");
        self.printed.push(Printed::new(&words, &run));
        run.stdout
    }

    /// In both formats.
    fn both(&mut self, words: &[&str]) {
        self.run("json", words);
        self.run("ndjson", words);
    }
}

/// All of it.
pub(crate) async fn all() -> Vec<Printed> {
    let mut printed = jobs().await;
    printed.extend(archives().await);
    printed.extend(erasure().await);
    printed.extend(accounts().await);
    printed
}

async fn jobs() -> Vec<Printed> {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let mut story = Story::new(&sandbox);
    story.run("ndjson", &["version"]);
    story.run("json", &["version"]);
    story.both(&["demo"]);

    let update = ["update", "rt:1", "rt:2", "--subject", "Till 4"];
    story.run("json", &[&update[..], &["--plan"]].concat());
    let plan = story.shells.job();
    story.both(&["job", "show", &plan]);
    story.run("json", &["job", "cancel", &plan]);
    story.run("ndjson", &[&update[..], &["--yes"]].concat());
    story.run(
        "json",
        &["comment", "--yes", "rt:1", "rt:2", "--body", "Sorry"],
    );

    story.run("json", &["delete", "--plan", "rt:1"]);
    let plan = story.shells.job();
    story.both(&["job", "list"]);
    story.both(&["job", "show", &plan]);
    story.both(&["job", "show", &plan, "--tickets"]);
    story.run("json", &["job", "cancel", &plan]);

    story.run(
        "json",
        &["delete", "--yes", "rt:1", "sweeppea:2531581", "sweeppea:9"],
    );
    let job = story.shells.job();
    story.both(&["job", "watch", &job]);
    story.both(&["job", "priority", &job, "1"]);
    story.both(&["job", "show", &job, "--tickets"]);
    story.both(&["job", "accounts"]);
    let report = path("report");
    story.run("json", &["job", "report", &job, "--to", &report]);
    story.both(&["verify", &report]);
    story.run("ndjson", &["restore", "--yes", "rt:1"]);
    story.run("json", &["verify", &report]);
    story.run("ndjson", &["job", "retry", "--yes", &plan]);
    story.run("json", &["job", "prune", "--older-than", "2100-01-01"]);
    story.printed
}

async fn archives() -> Vec<Printed> {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let archive = folder.path().join("archive");
    let archive = archive.to_str().unwrap();
    let mut story = Story::new(&sandbox);
    let note = folder.path().join("note.txt");
    std::fs::write(&note, "a note").unwrap();
    let note = note.to_str().unwrap();
    let with_file = [&create_arguments(Vendor::Rt)[..], &["--attach", note]].concat();
    let created = story.run("json", &with_file);
    let ticket = json(&created)["ticket"].as_str().unwrap().to_owned();
    story.both(&["attachments", &ticket]);
    let saved = folder.path().join("saved");
    std::fs::create_dir(&saved).unwrap();
    story.run(
        "json",
        &[
            "attachments",
            &ticket,
            "--download",
            saved.to_str().unwrap(),
        ],
    );
    story.run("json", &["view", &ticket]);
    story.both(&["export", "rt", "--to", archive, "--attachments"]);
    let list = folder.path().join("list.txt");
    std::fs::write(&list, "leadsquared:160\nleadsquared:nobody\n").unwrap();
    let list = list.to_str().unwrap();
    story.run("json", &["export", "--from", list, "--to", archive]);
    story.both(&["archive", "show", archive]);
    story.both(&["archive", "show", archive, "rt:1"]);
    for file in files(Path::new(archive), "ticket.json") {
        std::fs::write(file, "{}").unwrap();
    }
    story.both(&["archive", "verify", archive]);
    story.run(
        "ndjson",
        &[
            "archive",
            "prune",
            archive,
            "--older-than",
            "2100-01-01",
            "--yes",
        ],
    );
    story.printed
}

async fn erasure() -> Vec<Printed> {
    let case = Case::new().await;
    case.ann.tickets(&[Vendor::Rt, Vendor::Sweeppea]);
    let mut story = Story::new(&case.ann.sandbox);
    let words = erase(
        &["rt", "sweeppea", "leadsquared"],
        &["--requester", ADDRESS],
    );
    let words: Vec<_> = words
        .iter()
        .map(|word| if *word == "0" { "1" } else { word })
        .collect();
    story.run("json", &words);
    let job = story.shells.job();
    let run = story.shells.at_terminal(&["job", "confirm", &job], "2\n");
    assert_eq!(run.code, 0, "{run:?}");
    story.run("json", &["job", "pause", &job]);
    story.run("ndjson", &["job", "resume", &job]);
    story.run("json", &["job", "run", &job]);
    story.run("json", &["job", "show", &job]);
    story.printed
}

async fn accounts() -> Vec<Printed> {
    let sandbox = sandbox().await;
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.toml");
    let config = config.to_str().unwrap();
    let url = format!("base_url={}", sandbox.base_url(Vendor::Sweeppea));
    let mut story = Story::new(&sandbox);
    let login = [
        "--config",
        config,
        "auth",
        "login",
        "eu",
        "--provider",
        "sweeppea",
    ];
    let login = [
        &login[..],
        &["--set", &url, "--with-token", "--output", "json"],
    ]
    .concat();
    let mut command = story.shells.command(&login);
    let run = execute_with_input(&mut command, credentials::SWEEPPEA_API_KEY);
    assert_eq!(run.code, 0, "{run:?}");
    story.printed.push(Printed::new(&login, &run));
    story.both(&["--config", config, "auth", "status"]);
    story.both(&["--config", config, "doctor"]);
    story.run("json", &["--config", config, "auth", "logout", "eu"]);
    story.run("json", &["--config", config, "auth", "status", "eu"]);
    story.printed
}

/// The files of this name below a folder.
fn files(folder: &Path, name: &str) -> Vec<std::path::PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path, name));
        } else if path.ends_with(name) {
            found.push(path);
        }
    }
    found
}
